#!/usr/bin/env python3
"""Mutation testing: change one thing in the source, run the tests, and see whether one of them notices.

    tools/mutate.py src/scriptune/runtime --count 150 --seed 1 --tests tests/unit/runtime tests/unit/engine
    tools/mutate.py src/scriptune/runtime/runner/runner.py --list

Mutants are drawn at random from all that the operators below can make, evenly over the lines, the same ones for the
same seed and sources. Docstrings, messages, ``__all__`` and log entries are left alone, and unless ``--constants`` is
given also the numbers assigned to names in capitals at the top of a module: sizes, pauses and limits are chosen, and a
test that held them to the unit would only repeat them.

The tests run once without a mutant, and every line remembers the tests that execute it. A mutant then runs only
those, the module's own test file first, then the quick ones. A line that is executed when its module is imported runs
all tests; a line that no test executes (tests that start another process are not followed there) survives at once,
marked ``not reached``. Every run is a fork of a process that has imported the libraries.

One JSON line per mutant goes to ``--out``; what survives is printed with its line. The source file is restored after
every mutant, also after Ctrl-C; run this in a work tree of its own, since the files change while it runs.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

_COMPARISONS = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
_ARITHMETIC = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "*", ast.BitOr: "&"}
_UNTESTED_CALLS = ("_log.", "logging.", "warnings.", "super().__init__")  # what they say is for people
_PLUGINS = ("-p", "pytest_timeout", "-p", "_hypothesis_pytestplugin")  # others cost more than most tests
_LIBRARIES = (  # imported once; not those that bring pytest plugins, which pytest wants to import itself
    "numpy", "scipy.stats", "scipy.optimize", "scipy.linalg", "scipy.special", "sqlalchemy.orm", "alembic.command",
    "pydantic", "ruamel.yaml", "click", "rich.console", "rich.table", "re2", "regex", "psutil", "sqlite3", "httpx",
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One replacement of a span of a file.

    Attributes:
        path: The file.
        line: First line, counted from 1.
        start: Offset in bytes of the UTF-8 source.
        end: Offset after the last byte.
        before: What is there.
        after: What replaces it.
        operator: Name of the kind of change.
    """

    path: str
    line: int
    start: int
    end: int
    before: str
    after: str
    operator: str


class _Finder(ast.NodeVisitor):
    def __init__(self, path: Path, constants: bool) -> None:
        self.path = path
        self.constants = constants
        self.source = path.read_bytes()
        self.starts = [0]
        for line in self.source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.mutants: list[Mutant] = []

    def _text(self, node: ast.AST) -> str:
        start, end = self._span(node)
        return self.source[start:end].decode()

    def _span(self, node: ast.AST) -> tuple[int, int]:
        assert isinstance(node, (ast.expr, ast.stmt))
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self.starts[node.lineno - 1] + node.col_offset,
            self.starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def _add(self, node: ast.AST, after: str, operator: str) -> None:
        start, end = self._span(node)
        line = getattr(node, "lineno", 0)
        before = self._text(node)
        if before != after:
            self.mutants.append(Mutant(str(self.path), line, start, end, before, after, operator))

    # Annotations, docstrings and messages are not behaviour that a test of the orchestration should hold.

    def visit_Module(self, node: ast.Module) -> None:
        for statement in node.body:
            if self.constants or not _is_tuning(statement):
                self.visit(statement)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        pass

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:  # not the decorators: `frozen=True` is a promise to mypy
            self.visit(statement)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for default in [*node.args.defaults, *[d for d in node.args.kw_defaults if d is not None]]:
            self.visit(default)
        for statement in node.body:
            self.visit(statement)

    def visit_Raise(self, node: ast.Raise) -> None:
        pass

    def visit_Assign(self, node: ast.Assign) -> None:
        if any(isinstance(target, ast.Name) and target.id in ("__all__", "_log") for target in node.targets):
            return
        if any(isinstance(target, ast.Attribute) for target in node.targets):
            self._add(node, "pass", "drop assignment")
        self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._add(node, "pass", "drop assignment")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Call):
            return
        if self._text(node.value).startswith(_UNTESTED_CALLS):
            return
        self._add(node, "pass", "drop call")
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
            self._add(node, "return None", "return None")
            self.visit(node.value)

    def visit_If(self, node: ast.If) -> None:
        self._add(node.test, f"(not ({self._text(node.test)}))", "negate condition")
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._add(node.test, f"(not ({self._text(node.test)}))", "negate condition")
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        if len(node.ops) == 1 and type(node.ops[0]) in _COMPARISONS:
            left, right = self._text(node.left), self._text(node.comparators[0])
            self._add(node, f"{left} {_COMPARISONS[type(node.ops[0])]} {right}", "comparison")
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        word = " or " if isinstance(node.op, ast.And) else " and "
        self._add(node, word.join(f"({self._text(value)})" for value in node.values), "and/or")
        for index in range(len(node.values)):
            rest = [self._text(value) for place, value in enumerate(node.values) if place != index]
            kept = " and " if isinstance(node.op, ast.And) else " or "
            self._add(node, kept.join(f"({text})" for text in rest), "drop operand")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if type(node.op) in _ARITHMETIC:
            left, right = self._text(node.left), self._text(node.right)
            self._add(node, f"{left} {_ARITHMETIC[type(node.op)]} {right}", "arithmetic")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._add(node, f"({self._text(node.operand)})", "drop not")
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        pass

    def visit_Constant(self, node: ast.Constant) -> None:
        if node.value is True or node.value is False:
            self._add(node, str(not node.value), "constant")
        elif isinstance(node.value, (int, float)):
            self._add(node, repr(node.value + 1), "constant")

    def visit_keyword(self, node: ast.keyword) -> None:
        self.visit(node.value)

    def visit_Continue(self, node: ast.Continue) -> None:
        self._add(node, "break", "continue/break")

    def visit_Break(self, node: ast.Break) -> None:
        self._add(node, "continue", "continue/break")


def _is_tuning(statement: ast.stmt) -> bool:
    """Whether this assigns a number to a name in capitals."""
    if isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets, value = [statement.target], statement.value
    else:
        return False
    arithmetic = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop)
    return all(isinstance(target, ast.Name) and target.id.isupper() for target in targets) and all(
        isinstance(part, arithmetic) for part in ast.walk(value)
    )


def mutants_of(path: Path, *, constants: bool = False) -> list[Mutant]:
    """All mutants of one file, in the order of the source. Some may not compile."""
    finder = _Finder(path, constants)
    finder.visit(ast.parse(finder.source))
    return finder.mutants


def _compiles(mutant: Mutant) -> bool:
    try:
        compile(_mutated(Path(mutant.path).read_bytes(), mutant), mutant.path, "exec")
    except SyntaxError:
        return False
    return True


def _mutated(source: bytes, mutant: Mutant) -> bytes:
    return source[: mutant.start] + mutant.after.encode() + source[mutant.end :]


def draw(paths: list[Path], count: int, seed: int, *, constants: bool = False) -> list[Mutant]:
    """At most ``count`` mutants that compile, one per line as far as the lines suffice.

    Their order is random, so that what a run has done when it is cut short is a sample too.
    """
    chance = random.Random(seed)
    by_line: dict[tuple[str, int], list[Mutant]] = {}
    for path in paths:
        for mutant in mutants_of(path, constants=constants):
            by_line.setdefault((mutant.path, mutant.line), []).append(mutant)
    first, rest = [], []
    for candidates in by_line.values():
        chance.shuffle(candidates)
        first.append(candidates[0])
        rest += candidates[1:]
    chance.shuffle(first)
    chance.shuffle(rest)
    return list(islice(filter(_compiles, first + rest), count))


class _Recorder:
    """A pytest plugin: which lines of the sources each test executes, and how long it takes."""

    def __init__(self, paths: list[Path]) -> None:
        self.names = {str(path.resolve()): str(path) for path in paths}
        self.test = ""  # while modules are imported
        self.lines: dict[str, set[str]] = {}
        self.seconds: dict[str, float] = {}
        self.trace: Callable[[FrameType, str, Any], Any] = self._call

    def _call(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        name = self.names.get(frame.f_code.co_filename)
        if name is None:
            return None

        def line(frame: FrameType, event: str, _argument: Any) -> Any:
            if event == "line":
                self.lines.setdefault(f"{name}:{frame.f_lineno}", set()).add(self.test)
            return line

        return line

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.test, started = item.nodeid, time.perf_counter()
        result = yield
        self.seconds[self.test], self.test = time.perf_counter() - started, ""
        return result


class _Selection:
    """A pytest plugin: run only these tests, in this order."""

    def __init__(self, tests: list[str]) -> None:
        self.place = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self.place]
        items.sort(key=lambda item: self.place[item.nodeid])


@dataclass(frozen=True)
class Coverage:
    """Who executes what.

    Attributes:
        lines: Tests per ``path:line``; the empty name stands for an import.
        seconds: Per test.
    """

    lines: dict[str, list[str]]
    seconds: dict[str, float]

    def tests_of(self, mutant: Mutant) -> list[str]:
        """The tests that execute the mutant: first the module's own, then the quick ones."""
        first, last = _statement(mutant)
        found = {test for line in range(first, last + 1) for test in self.lines.get(f"{mutant.path}:{line}", ())}
        if not found - {""} and "" in found:
            found = set(self.seconds)  # the value of a constant, a default or a field
        own = str(_own_tests(mutant))
        return sorted(found - {""}, key=lambda test: (not test.startswith(own + "::"), self.seconds[test]))


def _statement(mutant: Mutant) -> tuple[int, int]:
    """The first line of the innermost statement around the mutant, and the mutant's last line."""
    last = mutant.line + mutant.before.count("\n")
    first = 1
    for node in ast.walk(ast.parse(Path(mutant.path).read_bytes())):
        if isinstance(node, ast.stmt) and node.lineno <= mutant.line and last <= (node.end_lineno or 0):
            first = max(first, node.lineno)
    return first, last


def _own_tests(mutant: Mutant) -> Path:
    relative = Path(mutant.path).relative_to("src/scriptune")
    return Path("tests/unit") / relative.parent / f"test_{relative.name}"


def _run(arguments: list[str], limit_s: float, plugin: object, trace: Any = None, out: Path | None = None) -> bool:
    """Whether pytest passes in a fork of this process. A run over the limit has failed and is ended with its children.

    Args:
        arguments: Of pytest.
        limit_s: For the whole run.
        plugin: For pytest.
        trace: Follows every call.
        out: Takes what the recorder saw.
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setsid()
            quiet = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(quiet, descriptor)
            if trace is not None:
                threading.settrace(trace)
                sys.settrace(trace)
            code = pytest.main(["-q", "-x", "-p", "no:cacheprovider", *_PLUGINS, *arguments], plugins=[plugin])
            sys.settrace(None)
            if out is not None and isinstance(plugin, _Recorder):
                lines = {line: sorted(tests) for line, tests in plugin.lines.items()}
                out.write_text(json.dumps({"lines": lines, "seconds": plugin.seconds}))
        finally:
            os._exit(int(code))
    ends = time.monotonic() + limit_s
    try:
        while time.monotonic() < ends:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status) == 0
            time.sleep(0.01)
        return False
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)


def record(paths: list[Path], tests: list[str], limit_s: float) -> Coverage | None:
    """Run all tests without a mutant; None when one fails."""
    recorder = _Recorder(paths)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "lines.json")
        if not _run(tests, limit_s, recorder, recorder.trace, out):
            return None
        return Coverage(**json.loads(out.read_text()))


def survives(mutant: Mutant, tests: list[str], limit_s: float) -> bool:
    """Put the mutant in place, run the tests, and restore the file."""
    path = Path(mutant.path)
    source, status = path.read_bytes(), path.stat()
    files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
    try:
        path.write_bytes(_mutated(source, mutant))
        return _run(files, limit_s, _Selection(tests))
    finally:
        path.write_bytes(source)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # its compiled file is right again


def main() -> int:
    """Draw or read the mutants, run them, print what survives."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", type=Path, help="files or folders below src/scriptune")
    parser.add_argument("--count", type=int, default=150, help="how many mutants (default: 150)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", nargs="+", default=["tests/unit"], help="files and folders of tests")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for one run of the tests (default: 300)")
    parser.add_argument("--out", type=Path, help="append one JSON line per mutant")
    parser.add_argument("--again", type=Path, help="run the survivors of this file instead of drawing")
    parser.add_argument("--constants", action="store_true", help="also numbers assigned to names in capitals")
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    options = parser.parse_args()

    paths = [
        path for source in options.sources for path in ([source] if source.is_file() else sorted(source.rglob("*.py")))
    ]
    if options.again:
        mutants = _again(options.again)
    else:
        mutants = draw(paths, options.count, options.seed, constants=options.constants)
    if options.list:
        for mutant in mutants:
            print(_line(mutant))
        return 0
    os.environ.update(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    for name in _LIBRARIES:
        importlib.import_module(name)
    sys.dont_write_bytecode = False  # what is compiled now serves all runs
    coverage = record(paths, options.tests, 10 * options.limit)
    if coverage is None:
        print("The tests fail without any mutant: nothing can be learned.", file=sys.stderr)
        return 2
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    alive: list[Mutant] = []
    for index, mutant in enumerate(mutants):
        tests = coverage.tests_of(mutant)
        survived = not tests or survives(mutant, tests, options.limit)
        alive += [mutant] if survived else []
        word = "killed  " if not survived else "SURVIVED" if tests else "SURVIVED (not reached)"
        print(f"{index + 1}/{len(mutants)} {word} {_line(mutant)}", flush=True)
        if options.out:
            with options.out.open("a") as out:
                out.write(json.dumps({**asdict(mutant), "survived": survived}) + "\n")
    print(f"{len(mutants) - len(alive)} of {len(mutants)} mutants killed, {len(alive)} survived")
    return 1 if alive else 0


def _again(path: Path) -> list[Mutant]:
    """The survivors of an earlier run, looked up by their text, since lines move when tests and code are added."""
    found: list[Mutant] = []
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        if not entry.pop("survived"):
            continue
        wanted = Mutant(**entry)
        if not Path(wanted.path).is_file():
            continue
        alike = [
            m
            for m in mutants_of(Path(wanted.path), constants=True)
            if (m.before, m.after) == (wanted.before, wanted.after)
        ]
        if alike:
            found.append(min(alike, key=lambda mutant: abs(mutant.line - wanted.line)))
    return found


def _line(mutant: Mutant) -> str:
    before, after = (" ".join(text.split()) for text in (mutant.before, mutant.after))
    return f"{mutant.path}:{mutant.line} [{mutant.operator}] {before[:70]!r} -> {after[:70]!r}"


if __name__ == "__main__":
    sys.exit(main())
