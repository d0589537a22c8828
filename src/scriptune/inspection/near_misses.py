"""Suggestions for a regex that captured nothing: the closest log lines, and a regex that matches them.

A proposal is verified on the log before it is shown; see `scriptune.metrics.suggest`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from scriptune.errors import MetricPatternError
from scriptune.inspection.proposed_metric import ProposedMetric
from scriptune.jobfile.metric_names import goal_of_name, name_before, text_before_value
from scriptune.metrics.excerpt import GAP, head_and_tail
from scriptune.metrics.suggest import NUMBER, Example, readable, suggest_pattern, test_pattern

__all__ = ["NearMiss", "described", "near_miss", "propose_from_example"]

_LOOKED_AT_BYTES = 32 * 1024  # at either end of a log: of a failed trial, this is done while others run
_EXAMPLE_BYTES = 256 * 1024
_MAX_LINES = 400
_MAX_LINE_CHARS = 300
_N_LINES = 3
_N_VALUES = 5

_PLAIN_NUMBER = r"(\S+)"  # what people write; proposed where it reads the same
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?%?(?![\w]|\.\d)")
_WORD = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d+")
_SHORTEST = 2  # letters of a word that is compared
_ALIKE = 0.75  # of difflib: `acuracy` and `accuracy`
_LEAST = 0.3  # of a line's score; below, nothing but a number speaks for it


@dataclass(frozen=True)
class NearMiss:
    """The log lines closest to a regex that matched nothing, and a proposed regex.

    Attributes:
        lines: The nearest lines with a number, blanks as they were printed.
        proposal: A regex that is proven on the log; None when none could be found.
    """

    lines: tuple[str, ...]
    proposal: ProposedMetric | None


def near_miss(log: Path, metric: str, regex: str) -> NearMiss:
    """Find the lines of a log that come closest to a regex that captured nothing in it."""
    try:
        text = readable(head_and_tail(log, _LOOKED_AT_BYTES))
    except OSError:  # what a trial became does not depend on it
        return NearMiss((), None)
    wanted = {word.lower() for word in _WORD.findall(f"{metric} {text_before_value(regex)}") if len(word) >= _SHORTEST}
    lines = text.split("\n")
    scored: dict[str, tuple[float, int, tuple[int, int]]] = {}
    first = max(0, len(lines) - _MAX_LINES)
    for i, line in enumerate(lines[first:], first):
        if line == GAP or len(line) > _MAX_LINE_CHARS:
            continue
        found = _score(line, wanted)
        shape = _DIGITS.sub("0", line)
        # The last of its kind: what a program prints at its end is what it is judged by.
        if found is not None and found[0] >= scored.get(shape, (0.0, 0, (0, 0)))[0]:
            scored[shape] = (found[0], i, found[1])
    best = sorted(scored.values(), key=lambda entry: (-entry[0], -entry[1]))[:_N_LINES]
    if not best:
        return NearMiss((), None)
    best = [entry for entry in best if entry[0] >= best[0][0] / 2]
    score, i, (start, end) = best[0]
    proposal = _proposal(text, Example(i + 1, start, end)) if score >= _LEAST else None
    return NearMiss(tuple(lines[i] for _, i, _ in best), proposal)


def propose_from_example(log: Path, example: str) -> ProposedMetric:
    """Generate a regex for the number in an example such as ``0.91`` or ``val_acc=0.91``, verified on a log.

    Raises:
        MetricPatternError: The example is not in the log, or no simple regex tells it from other numbers.
    """
    text = readable(head_and_tail(log, _EXAMPLE_BYTES))
    return described(text, suggest_pattern(text, [example]).regex)


def _proposal(text: str, example: Example) -> ProposedMetric | None:
    try:
        return described(text, suggest_pattern(text, [example]).regex)
    except MetricPatternError:
        return None


def described(text: str, regex: str) -> ProposedMetric:
    """A verified regex in its simplest form, with a metric name and what it captures."""
    captures = test_pattern(regex, text)
    plain = regex.replace(NUMBER, _PLAIN_NUMBER)
    if plain != regex:
        try:
            others = test_pattern(plain, text)
        except MetricPatternError:
            others = []
        if [(c.line_no, c.value, c.problem) for c in others] == [(c.line_no, c.value, c.problem) for c in captures]:
            regex = plain
    good = [capture for capture in captures if capture.value is not None]
    first = good[0]
    return ProposedMetric(
        name=name_before(first.line[: first.start]),
        regex=regex,
        line=first.line,
        n_captures=len(good),
        values=tuple(capture.value for capture in good[:_N_VALUES] if capture.value is not None),
    )


def _score(line: str, wanted: set[str]) -> tuple[float, tuple[int, int]] | None:
    """How close a line is, and the number on it that was probably meant; None without a number."""
    numbers = list(_NUMBER.finditer(line))
    if not numbers:
        return None
    words = list(_WORD.finditer(line))
    score, best, meant, begin = 0.0, 0.0, numbers[-1], 0
    for number in numbers:
        # The words that a number follows speak for it alone: of `acc 0.93 loss 0.2`, 0.93 is the accuracy.
        own = sum(_word_score(word[0].lower(), wanted) for word in words if begin <= word.start() < number.start())
        score += own
        if own > 0.0 and own >= best:
            best, meant = own, number
        begin = number.end()
    # A value has a fraction more often than a step or a count has.
    return score + 0.1 * ("." in meant[0]), meant.span()


def _word_score(word: str, wanted: set[str]) -> float:
    likeness = max((_likeness(word, one) for one in wanted), default=0.0)
    return _LEAST if likeness == 0.0 and goal_of_name(word) is not None else likeness


def _likeness(word: str, wanted: str) -> float:
    if word == wanted:
        return 1.0
    if min(len(word), len(wanted)) >= _SHORTEST + 1 and (word.startswith(wanted) or wanted.startswith(word)):
        return 0.7
    return 0.6 if SequenceMatcher(None, word, wanted).ratio() >= _ALIKE else 0.0
