"""The rules of the house that no type checker knows: floors, public names, documents, what may be committed."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import click
import pytest

from scriptune.cli.main import cli

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "scriptune"

FLOORS = [
    {"messages"},
    {"errors", "regular_files"},
    {"settings"},
    {"core"},
    {"plugins"},
    {"search"},
    {"analysis", "metrics", "executors", "storage"},
    {"jobfile"},
    {"inspection"},
    {"runtime"},
    {"engine"},
    {"api", "client"},
    {"modelarts"},
    {"cli"},
    {"__main__"},
]
# Sees every floor, and no floor sees it: it is published for the authors of plug-ins.
ABOVE_ALL = "testing"

# What a floor may import beside the standard library. Later floors are free: they are where such packages live.
THIRD_PARTY = {
    "errors": set(),
    "messages": set(),
    "regular_files": set(),
    "settings": set(),
    "core": set(),
    "plugins": set(),
    "search": {"numpy", "sklearn"},
    "analysis": {"numpy"},
    "metrics": {"re2", "regex"},
    "executors": {"psutil", "ray"},
    "storage": {"sqlalchemy", "alembic", "psycopg"},
}

MODULES = sorted(PACKAGE.rglob("*.py"))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def _dotted(path: Path) -> list[str]:
    """The parts of a module's name below the package; the package itself has none."""
    parts = list(path.relative_to(PACKAGE).with_suffix("").parts)
    return parts[:-1] if parts[-1] == "__init__" else parts


@cache
def _imports(path: Path) -> Sequence[tuple[int, str]]:
    """Line and absolute name of everything a module imports, inside functions and type checks included."""
    return list(_each_import(path))


def _each_import(path: Path) -> Iterator[tuple[int, str]]:
    package = ["scriptune", *_dotted(path)]
    if path.name != "__init__.py":
        package.pop()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # `from scriptune import engine` imports a floor, `from scriptune import Client` a name.
            if module == "scriptune":
                yield from ((node.lineno, f"scriptune.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, module


def _floor(component: str) -> int | None:
    return next((number for number, names in enumerate(FLOORS) if component in names), None)


def _tracked(*patterns: str) -> list[Path]:
    """Files that git knows or would add."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    paths = (ROOT / name for name in done.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


# --- floors ------------------------------------------------------------------------------------------------


def test_every_part_of_the_package_stands_on_a_floor() -> None:
    parts = {_dotted(path)[0] for path in MODULES if _dotted(path)}
    assert parts - {ABOVE_ALL} == set().union(*FLOORS) & parts
    assert {"errors", "settings", "core", "search"} <= parts


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_imports_from_lower_floors_only(path: Path) -> None:
    component = (_dotted(path) or [""])[0]
    if component in ("", ABOVE_ALL):
        # The package's own __init__ is the façade: it names modules of all floors and loads them on demand.
        return
    floor = _floor(component)
    assert floor is not None, f"{_name(path)}: {component!r} is on no floor."
    wrong = []
    for line, name in _imports(path):
        parts = name.split(".")
        if parts[0] != "scriptune" or len(parts) == 1 or parts[1] == component:
            continue
        target = _floor(parts[1])
        if parts[1] == "errors":
            continue  # everybody may raise, the settings beside it too
        if parts[1] == ABOVE_ALL or (target is not None and target >= floor):
            wrong.append(f"{_name(path)}:{line} imports {name}")
    assert not wrong


def _modules_imported(path: Path) -> set[Path]:
    """The modules that a module names: in imports of every kind, and in `lazy_module`."""
    names = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names |= {name if _module_file(name) else node.module for name in inner}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "lazy_module":
            names |= {str(arg.value) for arg in node.args if isinstance(arg, ast.Constant)}
    files = {_module_file(name) for name in names}
    return {file for file in files if file is not None and file != path}


def _module_file(name: str) -> Path | None:
    top, *parts = name.split(".")
    base = PACKAGE.joinpath(*parts)
    candidates = (base.with_name(f"{base.name}.py"), base / "__init__.py") if top == "scriptune" and parts else ()
    return next((file for file in candidates if file.is_file()), None)


def test_no_import_goes_round_in_a_circle() -> None:
    """Type checks and imports in functions count: whoever reads one module of a circle has to read them all."""
    left = {path: _modules_imported(path) for path in MODULES}
    while outside := {path for path in left if not left[path] & left.keys()} | left.keys() - set().union(
        *left.values()
    ):
        left = {path: targets for path, targets in left.items() if path not in outside}
    assert not [_name(path) for path in left]


def test_every_import_of_the_package_is_absolute() -> None:
    relative = [
        f"{_name(path)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not relative


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_third_party_packages_stay_on_their_floor(path: Path) -> None:
    component = (_dotted(path) or [""])[0]
    allowed = THIRD_PARTY.get(component)
    if allowed is None:
        return
    known = {*sys.stdlib_module_names, "scriptune", *allowed}
    wrong = [f"{_name(path)}:{line} imports {name}" for line, name in _imports(path) if name.split(".")[0] not in known]
    assert not wrong


@pytest.mark.parametrize(
    "path", [path for path in MODULES if (_dotted(path) or [""])[0] in ("cli", "api", "client", "modelarts")], ids=_name
)
def test_a_front_end_calls_the_verbs_and_never_the_database(path: Path) -> None:
    reached = [node for node in ast.walk(_tree(path)) if isinstance(node, ast.Attribute) and node.attr == "storage"]
    assert not [f"{_name(path)}:{node.lineno}" for node in reached]


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, scriptune; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    heavy = {"numpy", "scipy", "sqlalchemy", "pydantic", "ruamel", "rich", "click", "fastapi", "re2", "psutil"}
    assert not heavy & set(done.stdout.split())


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "helpers", "misc", "common"}
    assert not [_name(path) for path in MODULES if drawers & set(_dotted(path))]


# --- public names ------------------------------------------------------------------------------------------


def _declared(tree: ast.Module) -> list[str] | None:
    """The names in ``__all__``, or None when the module has none."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return list(ast.literal_eval(node.value))  # type: ignore[attr-defined]  # an assignment has a value
    return None


def _defined(tree: ast.Module) -> set[str]:
    """Public functions, classes and constants of a module, defined there."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not _is_registered(node, names):
                names.add(node.name)
        elif isinstance(node, ast.Assign):
            if not _is_type_variable(node.value):
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return {name for name in names if not name.startswith("_")}


def _is_registered(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, names: set[str]) -> bool:
    """Whether it is given to an object of its own module (``@router.get(...)``), which is how others reach it."""
    calls = (decorator.func for decorator in node.decorator_list if isinstance(decorator, ast.Call))
    owners = (call.value for call in calls if isinstance(call, ast.Attribute))
    return any(isinstance(owner, ast.Name) and owner.id in names for owner in owners)


def _is_type_variable(value: ast.expr) -> bool:
    return (
        isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in ("TypeVar", "ParamSpec")
    )


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_lists_exactly_its_public_names(path: Path) -> None:
    if any(part.startswith("_") for part in _dotted(path)) or "migrations" in _dotted(path):
        return  # private, or scripts that Alembic calls by their names
    tree = _tree(path)
    defined, declared = _defined(tree), _declared(tree)
    if declared is None:
        assert not defined, f"{_name(path)} has public names and no __all__."
        return
    assert declared == sorted(declared, key=_isort_key), "Ruff's order (RUF022) keeps the list easy to read."
    assert len(declared) == len(set(declared))
    reexported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert defined - set(declared) == set(), f"{_name(path)}: public by name, missing in __all__."
    assert set(declared) - defined - reexported - {"__version__"} == set(), f"{_name(path)}: in __all__ only."


def test_a_public_class_has_its_name_for_itself() -> None:
    homes: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(_name(path))
    assert not {name: paths for name, paths in homes.items() if len(paths) > 1}


def _isort_key(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2, name)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(_tree(path)), f"{_name(path)} has no docstring."


def _classes() -> dict[str, ast.ClassDef]:
    """The classes of the package by name; public names are unique."""
    return {node.name: node for path in MODULES for node in ast.walk(_tree(path)) if isinstance(node, ast.ClassDef)}


def _is_inherited(method: str, bases: list[ast.expr], classes: dict[str, ast.ClassDef]) -> bool:
    """Whether a base class of the package documents a method."""
    for base in bases:
        node = classes.get(base.id) if isinstance(base, ast.Name) else None
        if node is None:
            continue
        members = [member for member in node.body if isinstance(member, ast.FunctionDef) and member.name == method]
        if any(map(ast.get_docstring, members)) or _is_inherited(method, node.bases, classes):
            return True
    return False


def _undocumented(node: ast.stmt, classes: dict[str, ast.ClassDef]) -> Iterator[str]:
    """A function or class without a docstring, or public methods of a class; properties are named by what they give."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    if not ast.get_docstring(node):
        yield node.name
    for member in node.body if isinstance(node, ast.ClassDef) else []:
        if (
            isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef)
            and not member.name.startswith("_")
            and not member.decorator_list
            and not ast.get_docstring(member)
            and not _is_inherited(member.name, node.bases, classes)
        ):
            yield f"{node.name}.{member.name}"


def test_what_another_package_imports_has_a_docstring() -> None:
    used: dict[Path, set[str]] = {}
    for path in MODULES:
        for node in ast.walk(_tree(path)):
            if not (isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("scriptune.")):
                continue
            home = _module_file(node.module)
            if home is not None and _dotted(home)[:1] != _dotted(path)[:1]:
                used.setdefault(home, set()).update(alias.name for alias in node.names)
    classes = _classes()
    missing = [
        f"{_name(path)}: {name}"
        for path, names in sorted(used.items())
        for node in _tree(path).body
        if getattr(node, "name", None) in names
        for name in _undocumented(node, classes)
    ]
    assert not missing


def test_every_silenced_type_check_has_a_code_and_in_the_package_a_reason() -> None:
    no_code = re.compile(r"#\s*type:\s*ignore(?!\[[\w, -]+\])")
    no_reason = re.compile(r"#\s*type:\s*ignore(?!\[[\w, -]+\]\s+#\s*\S)")
    wrong = [
        f"{_name(path)}:{number}"
        for path in _tracked("*.py")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (no_reason if path.is_relative_to(PACKAGE) else no_code).search(line)
    ]
    assert not wrong


# --- what may be committed ---------------------------------------------------------------------------------

# Put together here, so that this file does not hold what it forbids.
_FORBIDDEN = re.compile(
    "|".join(
        [
            r"\b(?:files\.)?py" + r"thonhosted\.org",
            r"\bpy" + r"pi\.org",
            r"\bregistry\.np" + r"mjs\.org",
            r"\bdeb\.deb" + r"ian\.org",
            r"(?<![\w.])/(?:wo" + r"rk|ro" + r"ot)/",
            r"(?<![\w.])/t" + r"mp/(?:bash|brief)",
        ]
    )
)
_BINARY = {".db", ".png", ".ico", ".woff2", ".gz", ".onnx", ".npz", ".bin", ".log"}


def test_no_committed_file_names_a_package_registry_or_a_path_of_one_machine() -> None:
    wrong = []
    for path in _tracked():
        if path.suffix in _BINARY:
            continue
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1):
            if _FORBIDDEN.search(line):
                wrong.append(f"{_name(path)}:{number}: {line.strip()[:100]}")
    assert not wrong


def test_lock_files_name_no_host() -> None:
    locks = [path for path in _tracked() if path.name.endswith((".lock", "-lock.json")) or "requirements" in path.name]
    assert ROOT / "requirements.lock" in locks
    # npm notes where to thank authors ("funding"); what must not be there is where it got the files from.
    word = {".json": '"resolved"', ".lock": "://"}
    named = [_name(path) for path in locks if word.get(path.suffix, "://") in path.read_text("utf-8")]
    assert not named


def test_every_locked_package_is_pinned_and_hashed() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert not [line for line in lines if "==" not in line or "--hash=sha256:" not in line]


def test_no_unfinished_work_is_marked_in_the_package() -> None:
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    assert not [_name(path) for path in MODULES if marks.search(path.read_text("utf-8"))]


def test_every_script_of_the_tests_is_named_by_a_test() -> None:
    tests = "".join(path.read_text("utf-8") for path in _tracked("tests/*.py") if "scripts" not in path.parts)
    assert not [_name(path) for path in _tracked("tests/scripts/*") if path.name not in tests]


# --- documents ---------------------------------------------------------------------------------------------

_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")


def _anchors(path: Path) -> set[str]:
    """The anchors that a Markdown file's headings make."""
    text = _FENCE.sub("", path.read_text("utf-8"))
    titles = re.findall(r"^#+\s+(.*?)\s*#*$", text, re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", title.replace("`", "")).strip().lower() for title in titles)
    return {title.replace(" ", "-") for title in plain}


@pytest.mark.parametrize("path", _tracked("*.md"), ids=_name)
def test_every_link_of_a_page_leads_somewhere(path: Path) -> None:
    broken = []
    for target in _LINK.findall(_FENCE.sub("", path.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        page = (path.parent / name) if name else path
        if not page.exists() or (anchor and page.suffix == ".md" and anchor not in _anchors(page)):
            broken.append(target)
    assert not broken


def test_every_page_of_the_documentation_can_be_found_from_its_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked, queue = set(), [index]
    while queue:
        page = queue.pop()
        if page in linked or not page.is_file():
            continue
        linked.add(page)
        if page.suffix == ".md":
            targets = (t.partition("#")[0] for t in _LINK.findall(_FENCE.sub("", page.read_text("utf-8"))))
            queue += [(page.parent / t).resolve() for t in targets if t and not re.match(r"[a-z]+:", t)]
    assert not [_name(page) for page in _tracked("docs/*.md", "docs/**/*.md") if page not in linked]


_COMMAND_LINE = re.compile(r"(\$ )?([A-Z]+=\S+ |\S+/)*scriptune( |$)")


def _documented_commands() -> list[tuple[str, str]]:
    """Page and line of every scriptune command line in a fenced block."""
    found = []
    for page in _tracked("*.md"):
        for block in _FENCE.finditer(page.read_text("utf-8")):
            lines = block.group().replace("\\\n", " ").splitlines()[1:-1]
            found += [(_name(page), line) for line in lines if _COMMAND_LINE.match(line)]
    return found


@pytest.mark.parametrize(("page", "line"), _documented_commands())
def test_every_command_line_in_the_documentation_names_real_commands_and_options(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)
    words = words[next(i for i, word in enumerate(words) if word.rpartition("/")[2] == "scriptune") + 1 :]
    words = words[: words.index("--")] if "--" in words else words
    context = click.Context(cli)
    command: click.Command = cli
    known = {"--help"}
    flags = [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]
    for word in words:
        if isinstance(command, click.Group) and not word.startswith("-") and word != "COMMAND":
            child = command.get_command(context, word)
            assert child is not None, f"{page}: there is no command {word!r}."
            known |= {name for option in command.params for name in option.opts}
            command = child
    known |= {name for option in command.params for name in [*option.opts, *option.secondary_opts]}
    assert not set(flags) - known, f"{page}: unknown options."


_CODE = re.compile(r"`([^`\n]+)`")
_PLACE = re.compile(r"(?<![\w.<>*/-])(?:[\w-]+/)*[\w-]+\.(?:py|tsx?|md|toml)\b|(?<![\w.<>*/-])(?:[\w-]+/)+(?![\w<>*])")
_MODULE = re.compile(r"\bscriptune(?:\.[a-z_]\w*)+")


def _is_there(name: str) -> bool:
    """Whether a file or folder is in the repository or the package; one without a path may be anywhere in these."""
    if (PACKAGE / name).exists() or (ROOT / name).exists():
        return True
    return "/" not in name.rstrip("/") and any(PACKAGE.rglob(name.rstrip("/")))


def _is_defined(name: str) -> bool:
    """Whether a dotted name is a module, or something that its module holds."""
    module, _, attribute = name.rpartition(".")
    file = _module_file(module)
    return _module_file(name) is not None or (file is not None and attribute in file.read_text("utf-8"))


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_every_file_and_module_that_the_guides_and_the_architecture_name_exists(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    code = "\n".join([*_CODE.findall(_FENCE.sub("", text)), *(block.group() for block in _FENCE.finditer(text))])
    places = {name for name in _PLACE.findall(code) if "NAME" not in name}
    assert len(places) > 20
    assert sorted(name for name in places if not _is_there(name)) == []
    assert sorted(name for name in set(_MODULE.findall(code)) if not _is_defined(name)) == []


@pytest.mark.parametrize("page", [_name(path) for path in _tracked("docs/design/*.md")])
def test_every_module_that_a_design_note_names_exists(page: str) -> None:
    named = re.findall(r"[\w/]+/\w+\.py\b", (ROOT / page).read_text("utf-8"))
    assert [name for name in named if not _is_there(name)] == []


def test_the_architecture_has_the_floors_in_their_order() -> None:
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", (ROOT / "docs/architecture.md").read_text("utf-8"), re.MULTILINE)
    shown = {Path(name).stem: int(number) for number, cell in rows for name in _CODE.findall(cell)}
    assert shown.keys() == set().union(*FLOORS) - {"__main__"}
    assert sorted(shown, key=lambda name: (shown[name], _floor(name))) == sorted(
        shown, key=lambda name: _floor(name) or 0
    )
