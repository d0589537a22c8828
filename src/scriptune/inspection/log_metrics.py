"""Every number in a log that could be a metric, with a regex that is proven on that log, the most promising first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scriptune.core.job import Goal
from scriptune.errors import MetricPatternError
from scriptune.inspection.near_misses import described
from scriptune.jobfile.metric_names import DEFAULT_NAME, goal_of_name, name_before
from scriptune.metrics.excerpt import GAP, head_and_tail
from scriptune.metrics.suggest import NUMBER, Example, readable, suggest_pattern, test_pattern

__all__ = [
    "MetricCandidate",
    "is_of_training",
    "is_of_validation",
    "is_progress",
    "metrics_in_log",
    "named_apart",
    "promise",
]

_READ_BYTES = 48 * 1024  # at either end of the log
_MAX_LINES = 3000
_MAX_LINE_CHARS = 1000
_MAX_PROVEN = 24  # kinds of numbers for which a regex is looked for; each takes some dozen scans of the text
_MAX_EXAMPLES = 3
_MAX_AVOIDED = 60
_N_VALUES = 5
_CONTEXT_CHARS = 48  # before a number, that tell one kind of number from another

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?%?(?![\w]|\.\d)")
_CLOCK = re.compile(r"\d+:\d\d(?::\d\d)?(?:[.,]\d+)?|\d{4}-\d\d-\d\d|\d+/\d+")
_VALIDATION = re.compile(
    r"(?<![a-z])(val|valid|validation|eval|evaluation|dev|test|testing|heldout|cv|cross)(?![a-z])", re.I
)
# The result of something simpler, for comparison.
_BASELINE = re.compile(r"(?<![a-z])(constant|baseline|chance|random|initial)(?![a-z])", re.I)
_AT_K = re.compile(r"(?P<what>[PR])@(?P<k>\d+)\W*$")  # precision and recall, as fastText prints them
_PER_SECOND = re.compile(r"\s?([A-Za-z]+)/s(?:ec)?\b")
_TRAINING = re.compile(r"(?<![a-z])(train|training|tr)(?![a-z])", re.I)
_LITERAL = re.compile(r"(?<![\w\\])(?:\d+(?:\\\.\d+)+|\d{2,})(?!\w)")
_ANY_NUMBER = r"[\\d.]+"
# What a program prints to say how far it is, or how fast.
_PROGRESS = re.compile(
    r"(?<![a-z])(epochs?|steps?|iter(ation)?s?|lr|learning_?rate|time|times|elapsed|eta|sec|secs|seconds|min|mins|ms|speed|batch"
    r"|throughput|memory|mem|mfu|param(eter)?s?|seed|size|counts?|total|progress|norm|grad_norm|tokens?|examples?|samples?"
    r"|runtime|per_second|ratio_done|rank|device|gpu|cpu|world|layers?|vocab|dim|length|n|i|it|num|number|label|weight|features"
    r"|version|port|pid|line|patience|fold|runs?|date|warmup|weight_decay|momentum|dropout|trials?|words?|txt|per_s)$",
    re.I,
)


@dataclass(frozen=True)
class MetricCandidate:
    """A number that a program writes and that could be its metric.

    Attributes:
        name: A proposed name.
        entry: The metric as in a job file: a regex, or the place in a file.
        goal: Which way is good, as its name tells; None: unknown.
        found_in: ``log``, or the name of a file.
        line: The first line with it in the log, blanks as they were printed; "" of a file.
        n_values: How many numbers were found.
        values: The first of them.
        changes: Whether the numbers differ.
    """

    name: str
    entry: Mapping[str, str]
    goal: Goal | None
    found_in: str
    line: str
    n_values: int
    values: tuple[float, ...]
    changes: bool


@dataclass
class _Kind:
    """Numbers behind the same words."""

    prefix: str
    suffix: str
    places: list[Example] = field(default_factory=list)
    texts: set[str] = field(default_factory=set)
    lines: set[int] = field(default_factory=set)


def metrics_in_log(log: Path) -> list[MetricCandidate]:
    """The candidates in a log, the most promising first; [] if it cannot be read."""
    try:
        text = readable(head_and_tail(log, _READ_BYTES))
    except OSError:
        return []
    lines = text.split("\n")
    kinds = sorted(_kinds(lines).values(), key=lambda kind: _first_look(kind), reverse=True)[:_MAX_PROVEN]
    shapes = {_shape(line): number for number, line in enumerate(lines, 1) if _NUMBER.search(line)}
    found: dict[str, MetricCandidate] = {}
    for candidate in [*_of_tables(text, lines), *(one for kind in kinds if (one := _proven(text, kind, shapes)))]:
        found.setdefault(candidate.entry["regex"], candidate)
    return named_apart(sorted(found.values(), key=promise, reverse=True))


def promise(candidate: MetricCandidate) -> tuple[Any, ...]:
    """A sort key: greater for a number that is more probably the metric."""
    name = candidate.name
    has_goal, progress = candidate.goal is not None, is_progress(candidate)
    return (
        2 * has_goal + (not progress),
        _BASELINE.search(candidate.name) is None,
        is_of_validation(candidate) - is_of_training(candidate),
        name != DEFAULT_NAME,
        candidate.changes,
        candidate.goal is Goal.MAXIMIZE,
        min(candidate.n_values, 2),
        not candidate.name.startswith("recall"),  # says little alone
    )


def is_progress(candidate: MetricCandidate) -> bool:
    """Whether a number says how far the program is, or how fast, rather than how good."""
    return _PROGRESS.search(candidate.name) is not None


def is_of_validation(candidate: MetricCandidate) -> bool:
    """Whether a number was measured on data that the program did not train on."""
    return _VALIDATION.search(candidate.name) is not None


def is_of_training(candidate: MetricCandidate) -> bool:
    """Whether a number was measured on the data that the program trains on."""
    return _TRAINING.search(candidate.name) is not None


# --- kinds of numbers ----------------------------------------------------------------------------------------


def _kinds(lines: Sequence[str]) -> dict[str, _Kind]:
    kinds: dict[str, _Kind] = {}
    for number, line in enumerate(lines[-_MAX_LINES:], max(0, len(lines) - _MAX_LINES) + 1):
        if line == GAP or len(line) > _MAX_LINE_CHARS:
            continue
        clocks = [match.span() for match in _CLOCK.finditer(line)]
        for match in _NUMBER.finditer(line):
            if any(start < match.end() and match.start() < stop for start, stop in clocks):
                continue
            unit = _PER_SECOND.match(line, match.end())
            key = _shape(line[: match.start()])[-_CONTEXT_CHARS:] + (unit[0] if unit else "")
            kind = kinds.setdefault(key, _Kind(line[: match.start()], line[match.end() :]))
            kind.places.append(Example(number, match.start(), match.end()))
            kind.texts.add(match[0])
            kind.lines.add(number)
    return kinds


def _shape(text: str) -> str:
    """A text with all numbers and lengths of blanks made equal."""
    return re.sub(r"\s+", " ", re.sub(r"[-+]?\d[\d.eE+-]*", "0", text))


def _first_look(kind: _Kind) -> tuple[Any, ...]:
    """How promising a kind is before a regex is looked for."""
    name = name_before(kind.prefix)
    return (
        goal_of_name(name) is not None and not _PROGRESS.search(name),
        not _PROGRESS.search(name),
        name != DEFAULT_NAME,
        any("." in text for text in kind.texts),
        len(kind.texts) > 1,
        max(kind.lines),
    )


def _proven(text: str, kind: _Kind, shapes: Mapping[str, int]) -> MetricCandidate | None:
    avoid = [number for number in shapes.values() if number not in kind.lines][:_MAX_AVOIDED]
    middle = kind.places[len(kind.places) // 2]
    choices = [[middle], [kind.places[0], middle, kind.places[-1]]]
    for examples in choices if len(kind.places) >= _MAX_EXAMPLES else choices[:1]:
        try:
            regex = suggest_pattern(text, list(dict.fromkeys(examples)), avoid=avoid).regex
        except MetricPatternError:
            continue
        proposed = described(text, _without_numbers(text, regex, avoid))
        name = _name(kind, proposed.name)
        captures = [capture.value for capture in test_pattern(proposed.regex, text) if capture.value is not None]
        return _candidate(name, proposed.regex, proposed.line, captures)
    return None


def _without_numbers(text: str, regex: str, avoid: Sequence[int]) -> str:
    """The regex without numbers of this very run, such as the 270.3 of ``MB/s, 270.3``, if it finds the same then."""
    before, group, after = regex.partition(NUMBER)
    other = f"{_LITERAL.sub(_ANY_NUMBER, before)}{group}{_LITERAL.sub(_ANY_NUMBER, after)}"
    if other == regex:
        return regex
    found, expected = test_pattern(other, text), test_pattern(regex, text)
    wanted = {(capture.line_no, capture.start) for capture in expected}
    is_same = wanted <= {(capture.line_no, capture.start) for capture in found}
    return other if is_same and not {capture.line_no for capture in found} & set(avoid) else regex


def _candidate(name: str, regex: str, line: str, captures: Sequence[float]) -> MetricCandidate:
    goal = "maximize" if name.endswith("_per_s") else goal_of_name(name)
    return MetricCandidate(
        name=name,
        entry={"regex": regex},
        goal=None if goal is None else Goal(goal),
        found_in="log",
        line=line,
        n_values=len(captures),
        values=tuple(captures[:_N_VALUES]),
        changes=len(set(captures)) > 1,
    )


def _name(kind: _Kind, name: str) -> str:
    """A name with what its line says of the data: ``test_loss`` for ``Test set: Average loss:``."""
    if (at := _AT_K.search(kind.prefix)) is not None:
        return f"{'precision' if at['what'] == 'P' else 'recall'}_at_{at['k']}"
    if (unit := _PER_SECOND.match(kind.suffix)) is not None:
        return f"{unit[1]}_per_s".lower()
    if _VALIDATION.search(name) or _TRAINING.search(name):
        return name.lower()
    for pattern in (_BASELINE, _VALIDATION, _TRAINING):
        if match := pattern.search(kind.prefix):
            return f"{match[1].lower()}_{name}".lower()
    return name


def named_apart(candidates: Sequence[MetricCandidate]) -> list[MetricCandidate]:
    """The candidates with different names: the second ``loss`` is ``loss_2``."""
    taken: set[str] = set()
    apart = []
    for candidate in candidates:
        name, n = candidate.name, 1
        while name in taken:
            n += 1
            name = f"{candidate.name}_{n}"
        taken.add(name)
        apart.append(replace(candidate, name=name))
    return apart


# --- tables --------------------------------------------------------------------------------------------------


def _of_tables(text: str, lines: Sequence[str]) -> Iterator[MetricCandidate]:
    """The columns of a table with a line of names above its numbers."""
    for i, line in enumerate(lines):
        titles = _cells(line)
        if len(titles) < 2 or any(_NUMBER.fullmatch(title) for title in titles) or not all(map(_is_title, titles)):
            continue
        below = [row for row in lines[i + 1 : i + 4] if row.strip(" -=+|")]
        if not below or not all(_is_row(row, len(titles)) for row in below):
            continue
        for column, title in enumerate(titles):
            before = rf"(?:\S+\s+){{{column}}}" if column else ""
            after = rf"(?:\s+\S+){{{len(titles) - 1 - column}}}" if column < len(titles) - 1 else ""
            regex = rf"^\s*{before}{NUMBER}{after}\s*$"
            captures = [capture.value for capture in test_pattern(regex, text) if capture.value is not None]
            name = re.sub(r"\W+", "_", title).strip("_").lower()
            if captures and name:
                yield _candidate(name, described(text, regex).regex, below[0], captures)
        return


def _cells(line: str) -> list[str]:
    return [cell for cell in re.split(r"\s{2,}|\t|\s*\|\s*", line.strip()) if cell]


def _is_title(cell: str) -> bool:
    return re.match(r"[^\W_]|#", cell) is not None and len(cell) <= 24


def _is_row(line: str, n: int) -> bool:
    words = line.split()
    return len(words) == n and all(_NUMBER.fullmatch(word) for word in words)
