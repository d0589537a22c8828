"""What the sources say: every message is one of the catalogue, with the parameters that its text shows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from scriptune import errors
from scriptune.messages.catalogue import catalogue, codes, fields

SOURCES = Path(__file__).resolve().parents[3] / "src" / "scriptune"

# `note` is what the launcher has in place of `Message`, which it does not import. A refusal of a number names at most
# one thing, and its message is made when it is shown.
LAUNCHER = ("launcher.py", "program.py")
MAKERS = {"Message": 0, "note": 0, "partial": 1, "Refusal": 1}
REFUSALS = "numbers.py"

# Packages and modules whose errors and warnings all are messages.
CONVERTED = (
    "core",
    "search",
    "executors",
    "metrics",
    "analysis",
    "jobfile",
    "inspection",
    "settings.py",
    "storage",
    "runtime",
    "engine",
    "api",
    "client",
    "modelarts",
    "cli",
)

# Mistakes of our own code, which nobody but its authors sees.
INTERNAL: set[str] = set()

ERRORS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.ScriptuneError) and kind is not errors.JobFileError
}


def _modules(*names: str) -> list[Path]:
    paths = [SOURCES / name for name in names]
    return sorted(path for root in paths for path in ([root] if root.is_file() else root.rglob("*.py")))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _calls(path: Path) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(_tree(path)) if isinstance(node, ast.Call))


def _place(path: Path, node: ast.expr) -> str:
    return f"{path.relative_to(SOURCES)}:{node.lineno}"


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


# The contract of storages keeps messages of newer versions too.
@pytest.mark.parametrize(
    "path",
    [path for path in _modules(".") if "testing" not in path.parts],
    ids=lambda path: str(path.relative_to(SOURCES)),
)
def test_a_message_has_a_code_of_the_catalogue_and_the_parameters_of_its_text(path: Path) -> None:
    texts = catalogue("en")
    wrong = []
    for call in _calls(path):
        maker = _name(call)
        at = MAKERS.get(maker, 0)
        if maker not in MAKERS or len(call.args) <= at or path.parent.name == "messages":
            continue
        is_another = maker == "partial" and ast.unparse(call.args[0]) != "Message"
        if is_another or (maker == "note" and path.name not in LAUNCHER):
            continue
        code = _text(call.args[at])
        names = {keyword.arg for keyword in call.keywords} | ({"what"} if len(call.args) > at + 1 else set())
        if code is None:
            # A code that is looked up in a table: its text shows nothing.
            if names and path.name != REFUSALS:
                wrong.append(f"{_place(path, call)}: {ast.unparse(call)}: the code is not a literal.")
        elif code not in texts:
            wrong.append(f"{_place(path, call)}: {code!r} is not in the catalogue.")
        elif names != fields(texts[code]):
            wrong.append(f"{_place(path, call)}: {code!r} has {sorted(map(str, names))}, its text {texts[code]!r}.")
    assert wrong == []


def test_every_code_of_the_catalogue_is_used() -> None:
    used = {
        node.value
        for path in _modules(".")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert [code for code in codes() if code not in used] == []


def _is_message(node: ast.expr) -> bool:
    """Whether an expression is a message, as far as it can be seen: no string is written there."""
    if isinstance(node, ast.IfExp):
        return _is_message(node.body) and _is_message(node.orelse)
    if isinstance(node, ast.List):
        return all(map(_is_message, node.elts))
    return not isinstance(node, ast.JoinedStr | ast.Constant | ast.BinOp)


@pytest.mark.parametrize("path", _modules(*CONVERTED), ids=lambda path: str(path.relative_to(SOURCES)))
def test_errors_and_warnings_are_messages(path: Path) -> None:
    wrong = []
    for call in _calls(path):
        said: list[ast.expr] = []
        if _name(call) in ERRORS or _name(call) in ("JobFileError", "_ShorthandError"):
            said = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "hint")]
        elif isinstance(call.func, ast.Attribute) and call.func.attr in ("add", "warn") and len(call.args) == 2:
            said = call.args[1:]
        wrong += [f"{_place(path, node)}: {ast.unparse(node)}" for node in said if not _is_message(node)]
    assert [text for text in wrong if text.partition(": ")[2] not in INTERNAL] == []
