#!/usr/bin/env python3
"""Mutation testing: change one thing in the source, run the tests, and see whether one of them notices.

    tools/mutate.py src/scriptune/engine --count 150 --seed 1 --tests tests/unit/engine
    tools/mutate.py src/scriptune/runtime/runner/runner.py --list

Mutants are drawn at random from all that the operators below can make, evenly over the lines, the same ones for the
same seed and sources. Each runs against the module's own test file first, then against all ``--tests``. One JSON line
per mutant goes to ``--out``; what survives is printed with its line. The source file is restored after every mutant,
also after Ctrl-C; run this in a work tree of its own, since the files change while it runs.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

_COMPARISONS = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
_ARITHMETIC = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "*", ast.BitOr: "&"}
_UNTESTED_CALLS = ("_log.", "logging.", "warnings.", "super().__init__")  # what they say is for people


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
    def __init__(self, path: Path) -> None:
        self.path = path
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


def mutants_of(path: Path) -> list[Mutant]:
    """All mutants of one file that compile, in the order of the source."""
    finder = _Finder(path)
    finder.visit(ast.parse(finder.source))
    return [mutant for mutant in finder.mutants if _compiles(finder.source, mutant)]


def _compiles(source: bytes, mutant: Mutant) -> bool:
    try:
        compile(_mutated(source, mutant), mutant.path, "exec")
    except SyntaxError:
        return False
    return True


def _mutated(source: bytes, mutant: Mutant) -> bytes:
    return source[: mutant.start] + mutant.after.encode() + source[mutant.end :]


def draw(paths: list[Path], count: int, seed: int) -> list[Mutant]:
    """At most ``count`` mutants, one per line as far as the lines suffice."""
    chance = random.Random(seed)
    by_line: dict[tuple[str, int], list[Mutant]] = {}
    for path in paths:
        for mutant in mutants_of(path):
            by_line.setdefault((mutant.path, mutant.line), []).append(mutant)
    first, rest = [], []
    for candidates in by_line.values():
        chance.shuffle(candidates)
        first.append(candidates[0])
        rest += candidates[1:]
    chance.shuffle(first)
    chance.shuffle(rest)
    return sorted((first + rest)[:count], key=lambda mutant: (mutant.path, mutant.line))


def _passes(arguments: list[str], limit_s: float) -> bool:
    """Whether pytest passes. A run over the limit has failed; it is ended with all that it started."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", *arguments]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, env=environment, start_new_session=True) as process:
        try:
            return process.wait(limit_s) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _stages(mutant: Mutant, tests: list[str]) -> Iterator[list[str]]:
    relative = Path(mutant.path).relative_to("src/scriptune")
    own = Path("tests/unit") / relative.parent / f"test_{relative.name}"
    if own.is_file():
        yield [str(own)]
    yield tests


def survives(mutant: Mutant, tests: list[str], limit_s: float) -> bool:
    """Put the mutant in place, run the tests, and restore the file."""
    path = Path(mutant.path)
    source = path.read_bytes()
    try:
        path.write_bytes(_mutated(source, mutant))
        return all(_passes(stage, limit_s) for stage in _stages(mutant, tests))
    finally:
        path.write_bytes(source)


def main() -> int:
    """Draw or read the mutants, run them, print what survives."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", type=Path, help="files or folders below src/scriptune")
    parser.add_argument("--count", type=int, default=150, help="how many mutants (default: 150)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", nargs="+", default=["tests/unit"], help="pytest arguments after the module's own")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for one run of the tests (default: 300)")
    parser.add_argument("--out", type=Path, help="append one JSON line per mutant")
    parser.add_argument("--again", type=Path, help="run the survivors of this file instead of drawing")
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    options = parser.parse_args()

    paths = [
        path for source in options.sources for path in ([source] if source.is_file() else sorted(source.rglob("*.py")))
    ]
    mutants = _again(options.again) if options.again else draw(paths, options.count, options.seed)
    if options.list:
        for mutant in mutants:
            print(_line(mutant))
        return 0
    if not _passes(options.tests, options.limit):
        print("The tests fail without any mutant: nothing can be learned.", file=sys.stderr)
        return 2
    alive: list[Mutant] = []
    for index, mutant in enumerate(mutants):
        survived = survives(mutant, options.tests, options.limit)
        alive += [mutant] if survived else []
        print(f"{index + 1}/{len(mutants)} {'SURVIVED' if survived else 'killed  '} {_line(mutant)}", flush=True)
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
        alike = [m for m in mutants_of(Path(wanted.path)) if (m.before, m.after) == (wanted.before, wanted.after)]
        if alike:
            found.append(min(alike, key=lambda mutant: abs(mutant.line - wanted.line)))
    return found


def _line(mutant: Mutant) -> str:
    before, after = (" ".join(text.split()) for text in (mutant.before, mutant.after))
    return f"{mutant.path}:{mutant.line} [{mutant.operator}] {before[:70]!r} -> {after[:70]!r}"


if __name__ == "__main__":
    sys.exit(main())
