"""What the files that a command names say about its options, read and not run.

Options declared for argparse or click, constants of a module, variables of a Makefile, defaults of shell variables.
"""

from __future__ import annotations

import ast
import configparser
import re
import shlex
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from scriptune.core.job import JobSpec
from scriptune.core.parameters import Scalar
from scriptune.inspection.options_found import ProgramOption, kind_of, name_of
from scriptune.jobfile.parser import plain_scalar
from scriptune.jobfile.program_names import runs_another

__all__ = ["asked_command", "is_compiled", "may_have_help", "options_in_source", "source_options", "with_subcommand"]

_OPTION_READERS = re.compile(
    rb"argparse|optparse|docopt|getopt|simple_parsing|HfArgumentParser|LightningCLI|--help"
    rb"|\b(?:import|from) (?:click|typer|absl|fire|hydra|tyro|jsonargparse)\b"
)
# Where a parser does so, the default that an option is declared with may not be the one that counts.
_SETS_DEFAULTS = re.compile(rb"set_defaults|configargparse|argument_default|fromfile_prefix_chars|default_map")
_MAX_SCRIPT_BYTES = 1 << 20
_ELF = b"\x7fELF"
_MAX_FILES = 50  # of a script and what it imports beside itself
_SCRIPTS = frozenset({".py", ".sh", ".bash", ".R", ".r", ".jl", ".pl", ".rb", ".js"})
# A script that assigns its arguments to its globals: python train.py --batch_size=32.
_ASSIGNS_GLOBALS = re.compile(r"globals\(\)\s*(?:\[|\.update)")
_EXECUTED = re.compile(r"exec\(open\(['\"]([^'\"]+)['\"]\)")
_MAKE_VARIABLE = re.compile(
    r"^(?P<name>[A-Za-z_]\w*)[ \t]*(?:\?=|:=|::=|=)[ \t]*(?P<value>[^\s#]+)[ \t]*(?:#.*)?$", re.M
)
_MAKE_OWN = re.compile(r"^(?:CC|CXX|LD|AR|AS|RM|SHELL|PREFIX|DESTDIR|PYTHON|MAKE\w*|\w*FLAGS|\w*LIBS)$")
_SHELL_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*):?[-=](?P<value>[^{}$\s]+)\}")


def options_in_source(spec: JobSpec) -> list[ProgramOption]:
    """Options that the files of a job's command declare."""
    return [] if spec.shell else source_options(spec.command, spec.workdir)[0]


def source_options(argv: Sequence[str], workdir: Path) -> tuple[list[ProgramOption], list[ProgramOption]]:
    """The options that a command's files declare, and the constants of its script that no option changes."""
    found: dict[str, ProgramOption] = {}
    constants: list[ProgramOption] = []
    takes_globals = False
    for path in _named_files(argv, workdir):
        if path.suffix == ".py":
            with suppress(SyntaxError, RecursionError, MemoryError, ValueError):
                tree = ast.parse(_read(path))
                _take_declared(tree, _SETS_DEFAULTS.search(_read(path)) is None, found)
                listed = list(_constants(tree))
                if takes_globals:  # a second file is one of settings: it changes the script's globals
                    found |= {one.flag: replace(one, found_in=path.name) for one in listed if one.flag in found}
                elif _takes_globals(path):
                    takes_globals = True
                    found |= {one.flag: one for one in listed}
                else:
                    constants += listed
        elif path.suffix in (".cfg", ".ini"):
            settings = {one.flag: one for one in _settings(_read(path).decode("utf-8", "replace"), path.name)}
            # A command that overrides one of them, as in --training.max_epochs, can override all of them.
            found |= settings if any(word.partition("=")[0] in settings for word in argv) else {}
        elif path.suffix in (".sh", ".bash"):
            found |= {one.flag: one for one in _shell_variables(_read(path).decode("utf-8", "replace"), path.name)}
    makefile = _makefile(argv, workdir)
    if makefile is not None:
        found |= {one.flag: one for one in _make_variables(_read(makefile).decode("utf-8", "replace"), makefile.name)}
    return list(found.values()), constants


def _named_files(argv: Sequence[str], workdir: Path) -> Iterator[Path]:
    """The files that a command names, and the modules behind ``-m``."""
    for before, word in zip(("", *argv), argv, strict=False):
        with suppress(OSError, ValueError):
            paths = [workdir / word]
            if before == "-m":
                module = workdir.joinpath(*word.split("."))
                paths = [module.with_suffix(".py"), module / "__main__.py"]
            yield from (path for path in paths if path.is_file() and path.stat().st_size <= _MAX_SCRIPT_BYTES)


def _read(path: Path) -> bytes:
    with suppress(OSError), path.open("rb") as file:
        return file.read(_MAX_SCRIPT_BYTES)
    return b""


# --- parsers -------------------------------------------------------------------------------------------------


def _take_declared(tree: ast.Module, is_final: bool, found: dict[str, ProgramOption]) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            for option in _declared(node.func.attr, node):
                first = found.setdefault(option.flag, option if is_final else replace(option, default=None))
                if first.default != option.default:  # of another subcommand
                    found[option.flag] = replace(first, default=None)


def _declared(called: str, call: ast.Call) -> Iterator[ProgramOption]:
    """The flags declared in ``parser.add_argument("--lr", type=float)`` or ``@click.option("--lr", type=float)``."""
    if called not in ("add_argument", "option"):
        return
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    kind = keywords.get("type")
    type_name = kind.id if isinstance(kind, ast.Name) else ""
    default = keywords.get("default")
    if not type_name and called == "option" and isinstance(default, ast.Constant):
        type_name = type(default.value).__name__
    action, is_flag = keywords.get("action"), keywords.get("is_flag")
    is_switch = isinstance(action, ast.Constant) and action.value in ("store_true", "store_false")
    is_switch = is_switch or (isinstance(is_flag, ast.Constant) and is_flag.value is True)
    for argument in call.args:
        if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
            continue
        for flag in argument.value.split("/"):
            if flag.startswith("-"):
                known = type_name if type_name in ("float", "int") else "text"
                style = "switch" if is_switch else ""
                type_found = "bool" if is_switch else known
                yield ProgramOption(name_of(flag), flag, type_found, _constant(default), style=style, found_in="source")


def _constant(node: ast.expr | None) -> Scalar | None:
    """A number, text or truth value that is written down; None for anything that has to be computed."""
    with suppress(ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        value = None if node is None else ast.literal_eval(node)
        return value if isinstance(value, (bool, int, float, str)) else None
    return None


# --- constants and variables ---------------------------------------------------------------------------------


def _constants(tree: ast.Module) -> Iterator[ProgramOption]:
    """Numbers, texts and truth values that a module assigns to names at its top level, the last of each name."""
    values: dict[str, Scalar] = {}
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = _constant(getattr(node, "value", None))
        for target in targets:
            if isinstance(target, ast.Name) and not target.id.startswith("_"):
                values.pop(target.id, None)
                if value is not None:
                    values[target.id] = value
    for name, value in values.items():
        yield ProgramOption(name, f"--{name}", kind_of(value), value, found_in="source")


def _takes_globals(path: Path) -> bool:
    """Whether a script, or a file that it executes, assigns ``--name=value`` to the script's globals."""
    text = _read(path).decode("utf-8", "replace")
    for name in _EXECUTED.findall(text):
        with suppress(OSError, ValueError):
            text += _read(path.parent / name).decode("utf-8", "replace")
    return "sys.argv" in text or "import argv" in text if _ASSIGNS_GLOBALS.search(text) else False


def _makefile(argv: Sequence[str], workdir: Path) -> Path | None:
    if not argv or Path(argv[0]).name not in ("make", "gmake"):
        return None
    named = [after for word, after in pairwise(argv) if word in ("-f", "--file")]
    folders = [workdir / after for word, after in pairwise(argv) if word in ("-C", "--directory")]
    paths = [
        folder / name for folder in folders or [workdir] for name in named or ["GNUmakefile", "makefile", "Makefile"]
    ]
    return next((path for path in paths if path.is_file()), None)


def _make_variables(text: str, file: str) -> Iterator[ProgramOption]:
    """Variables of a Makefile with a plain value: ``make LR=0.1`` changes them."""
    for match in _MAKE_VARIABLE.finditer(text):
        value = plain_scalar(match["value"])
        if value is not None and not _MAKE_OWN.match(match["name"]) and "$" not in match["value"]:
            yield ProgramOption(match["name"], match["name"], kind_of(value), value, style="hydra", found_in=file)


def _settings(text: str, file: str) -> Iterator[ProgramOption]:
    """Numbers and truth values of a config file by section and key: ``--training.optimizer.learn_rate``."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
    with suppress(configparser.Error):
        parser.read_string(text)
    for section in parser.sections():
        for key, said in parser.items(section):
            value = {"true": True, "false": False}.get(said, plain_scalar(said))
            if isinstance(value, (bool, int, float)):
                name = f"{section}.{key}"
                yield ProgramOption(name, f"--{name}", kind_of(value), value, found_in=file)


def _shell_variables(text: str, file: str) -> Iterator[ProgramOption]:
    """Variables that a shell script takes from its environment: ``LR=${LR:-0.1}``."""
    for match in _SHELL_VARIABLE.finditer(text):
        value = plain_scalar(match["value"].strip("\"'"))
        if value is not None:
            yield ProgramOption(match["name"], match["name"], kind_of(value), value, style="env", found_in=file)


# --- whether to ask ------------------------------------------------------------------------------------------


def may_have_help(spec: JobSpec) -> bool:
    """Whether one of the command's files parses options in a way that supports --help.

    A program that ignores the option would begin to train instead.
    """
    if spec.shell or any("{" in word for word in spec.command[:1]):
        return False
    program = shutil.which(spec.command[0], path=spec.run.env.get("PATH"))
    for word in [*([program] if program else []), *spec.command]:
        path = spec.workdir / word
        if runs_another(path.name):
            continue  # it reads options itself
        with suppress(OSError, ValueError):
            if path.is_file() and _OPTION_READERS.search(_read(path)):
                return True
    return False


def asked_command(argv: Sequence[str], workdir: Path) -> list[str] | None:
    """What to run with ``--help`` to learn the options of a command; None if nothing there reads options.

    A script that reads none would begin to train, and a compiled program could take ``--help`` for a file to write.
    Modules beside a Python script that it imports count as the script.
    """
    if is_compiled(argv, workdir):
        return with_subcommand(argv, workdir)
    scripts = [path for path in _named_files(argv, workdir) if path.suffix in _SCRIPTS]
    left, known = list(scripts), set(scripts)
    while left:
        path = left.pop()
        source = _read(path)
        if _OPTION_READERS.search(source):
            return list(argv)
        if path.suffix in (".sh", ".bash") and (inner := _passed_on(source.decode("utf-8", "replace"))):
            return asked_command(inner, workdir)
        for other in _imported_files(path, source) if path.suffix == ".py" else ():
            if other not in known and len(known) < _MAX_FILES:
                known.add(other)
                left.append(other)
    return None if scripts else list(argv)


def is_compiled(argv: Sequence[str], workdir: Path) -> bool:
    """Whether a command runs a compiled program, and that program runs no other one."""
    path = Path(shutil.which(argv[0]) or workdir / argv[0])
    with suppress(OSError), path.open("rb") as file:
        return not runs_another(Path(argv[0]).name) and file.read(len(_ELF)) == _ELF
    return False


def with_subcommand(argv: Sequence[str], workdir: Path) -> list[str]:
    """A program and the words after it that are neither options nor files: ``fasttext supervised``."""
    kept = [argv[0]]
    for word in argv[1:]:
        if not re.fullmatch(r"[a-z][a-z_-]*", word) or (workdir / word).exists():
            break
        kept.append(word)
    return kept


def _passed_on(script: str) -> list[str]:
    """The command to which a shell script passes its own arguments: ``fasttext supervised`` before a ``"$@"``."""
    for line in script.splitlines():
        before, is_passed, _ = re.sub(r"\"?\$\{?[@*]\}?\"?", "\0", line).partition("\0")
        with suppress(ValueError):
            words = shlex.split(before, comments=True) if is_passed else []
            while words and (words[0] == "exec" or re.fullmatch(r"[A-Za-z_]\w*=.*", words[0])):
                words.pop(0)
            if words and "$" not in words[0]:
                return words
    return []


def _imported_files(path: Path, source: bytes) -> Iterator[Path]:
    """Modules beside a script that it imports."""
    with suppress(SyntaxError, RecursionError, MemoryError, ValueError):
        for node in ast.walk(ast.parse(source)):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or "", *(f"{node.module or ''}.{one.name}".strip(".") for one in node.names)]
            for name in names:
                module = path.parent.joinpath(*name.split("."))
                for other in (module.with_suffix(".py"), module / "__init__.py"):
                    if name and other.is_file():
                        yield other
