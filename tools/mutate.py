#!/usr/bin/env python3
"""Mutation testing: change one thing in the source, run the tests, and see whether one of them notices.

    tools/mutate.py src/scriptune/runtime --count 150 --seed 1 --tests tests/unit/runtime tests/unit/engine
    tools/mutate.py src/scriptune/runtime/runner/runner.py --list

Mutants are drawn at random from all that the operators below can make, evenly over the lines, the same ones for the
same seed and sources. Docstrings, messages, ``__all__`` and log entries are left alone, and unless ``--constants`` is
given also the numbers assigned to names in capitals at the top of a module: sizes, pauses and limits are chosen, and a
test that held them to the unit would only repeat them.

The tests are collected and run once without a mutant, and every line remembers the tests that execute it. A mutant
then runs only those, the module's own test file first, then the quick ones, in a fork of that process in which the
code of the changed function is replaced. A line that no test executes (tests that start another process are not
followed there) survives at once, marked ``not reached``. What is executed when a module or a class is made is changed
in the file instead, which then runs all tests in a new process.

One JSON line per mutant goes to ``--out``; what survives is printed with its line. The source file is restored after
every mutant, also after Ctrl-C; run this in a work tree of its own, since the files change while it runs.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import gc
import importlib
import inspect
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

_COMPARISONS = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
_ARITHMETIC = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "*", ast.BitOr: "&"}
_UNTESTED_CALLS = ("_log.", "logging.", "warnings.", "super().__init__")  # what they say is for people
_PLUGINS = ("-p", "pytest_timeout", "-p", "_hypothesis_pytestplugin")  # others cost more than most tests


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


@dataclass(frozen=True)
class Coverage:
    """Who executes what.

    Attributes:
        lines: Tests per ``path:line``.
        seconds: Per test.
    """

    lines: dict[str, list[str]]
    seconds: dict[str, float]

    def tests_of(self, mutant: Mutant) -> list[str]:
        """The tests that execute the mutant: first the module's own, then the quick ones."""
        first, last = _statement(mutant)
        found = {test for line in range(first, last + 1) for test in self.lines.get(f"{mutant.path}:{line}", ())}
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


def _fork(work: Callable[[], bool], limit_s: float) -> bool:
    """What some work returns in a fork of this process. Over the limit it is ended and has failed."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setsid()
            quiet = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(quiet, descriptor)
            code = 0 if work() else 1
        finally:
            os._exit(code)
    ends = time.monotonic() + limit_s
    try:
        while time.monotonic() < ends:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status) == 0
            time.sleep(0.005)
        return False
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)


def _pass(session: pytest.Session, items: list[pytest.Item]) -> bool:
    """Run tests in this process until one fails."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return False
    return True


def record(session: pytest.Session, paths: list[Path], limit_s: float) -> Coverage | None:
    """Run all tests without a mutant; None when one fails."""
    recorder = _Recorder(paths)

    def work() -> bool:
        session.config.pluginmanager.register(recorder)
        threading.settrace(recorder.trace)
        sys.settrace(recorder.trace)
        passed = _pass(session, session.items)
        sys.settrace(None)
        lines = {line: sorted(tests) for line, tests in recorder.lines.items()}
        out.write_text(json.dumps({"lines": lines, "seconds": recorder.seconds}))
        return passed

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "lines.json")
        return Coverage(**json.loads(out.read_text())) if _fork(work, limit_s) else None


def _functions(old: CodeType, new: CodeType) -> list[tuple[CodeType, CodeType]] | None:
    """The outermost functions of a module whose code differs; None when that of the module or of a class does."""
    if (old.co_code, old.co_names) != (new.co_code, new.co_names) or len(old.co_consts) != len(new.co_consts):
        return None
    found: list[tuple[CodeType, CodeType]] = []
    for one, other in zip(old.co_consts, new.co_consts, strict=True):
        if not isinstance(one, CodeType) or not isinstance(other, CodeType):
            if repr(one) != repr(other):
                return None
        elif one.co_flags & inspect.CO_NEWLOCALS:
            found += [(one, other)] if one != other else []
        else:
            inner = _functions(one, other)  # the body of a class
            if inner is None:
                return None
            found += inner
    return found


def survives(session: pytest.Session, mutant: Mutant, tests: list[str], limit_s: float) -> bool | None:
    """Whether all tests of a mutant pass; None when no test executes it."""
    path = Path(mutant.path)
    source = path.read_bytes()
    name = str(path.resolve())
    pairs = _functions(compile(source, name, "exec"), compile(_mutated(source, mutant), name, "exec"))
    if pairs is None:
        return _survives_on_disk(mutant, [str(path) for path in session.config.args], limit_s)
    if not tests:
        return None
    by_name = {item.nodeid: item for item in session.items}

    def work() -> bool:
        for function in filter(inspect.isfunction, gc.get_objects()):
            if function.__code__.co_filename == name:
                for old, new in pairs:
                    if function.__code__ == old:
                        function.__code__ = new
        return _pass(session, [by_name[test] for test in tests])

    return _fork(work, limit_s)


def _survives_on_disk(mutant: Mutant, tests: list[str], limit_s: float) -> bool:
    """Put a mutant in place, run the tests in new processes, and restore the file."""
    path = Path(mutant.path)
    source, status = path.read_bytes(), path.stat()
    own = _own_tests(mutant)
    stages = [*([[str(own)]] if own.is_file() else []), tests]
    try:
        path.write_bytes(_mutated(source, mutant))
        command = [sys.executable, "-m", "pytest", "-qx", "-p", "no:cacheprovider", *_PLUGINS]

        def work() -> bool:
            return all(subprocess.run([*command, *stage], check=False).returncode == 0 for stage in stages)

        return _fork(work, limit_s)
    finally:
        path.write_bytes(source)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # its compiled file is right again


class _Run:
    """A pytest plugin: mutants instead of the tests themselves, once these were collected."""

    def __init__(self, options: argparse.Namespace, paths: list[Path], mutants: list[Mutant]) -> None:
        self.options = options
        self.paths = paths
        self.mutants = mutants
        self.alive: list[Mutant] | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for path in self.paths:
            importlib.import_module(".".join(path.relative_to("src").with_suffix("").parts).removesuffix(".__init__"))
        coverage = record(session, self.paths, 10 * self.options.limit)
        if coverage is None:
            print("The tests fail without any mutant: nothing can be learned.", file=sys.stderr)
            return True
        self.alive = []
        for index, mutant in enumerate(self.mutants):
            survived = survives(session, mutant, coverage.tests_of(mutant), self.options.limit)
            word = "SURVIVED (not reached)" if survived is None else "SURVIVED" if survived else "killed  "
            self.alive += [] if survived is False else [mutant]
            print(f"{index + 1}/{len(self.mutants)} {word} {_line(mutant)}", flush=True)
            if self.options.out:
                with self.options.out.open("a") as out:
                    out.write(json.dumps({**asdict(mutant), "survived": survived is not False}) + "\n")
        return True


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
    run = _Run(options, paths, mutants)
    pytest.main(["-qs", "-p", "no:cacheprovider", *_PLUGINS, *options.tests], plugins=[run])
    if run.alive is None:
        return 2
    print(f"{len(mutants) - len(run.alive)} of {len(mutants)} mutants killed, {len(run.alive)} survived")
    return 1 if run.alive else 0


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
