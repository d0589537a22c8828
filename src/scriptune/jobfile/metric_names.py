r"""Guess a metric's name and goal from the text before its number.

val_acc=([0-9.]+)             val_acc
epoch \d+ val loss: (\S+)     val_loss
([0-9.]+)                     metric
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["DEFAULT_NAME", "goal_of_name", "name_before", "name_in_regex", "text_before_value"]

DEFAULT_NAME = "metric"
"""Of a metric that has no word before its number."""

# `val loss` and `train loss` are two metrics.
_WORD = re.compile(
    r"(?:\b(?:train|training|val|valid|validation|eval|test|dev)\s+)?[^\W\d_](?:[\w/-]*\w)?", re.IGNORECASE
)
_NOT_IN_NAMES = re.compile(r"\W+")

_MARK = re.compile(
    r"""
      \\Q(?P<quoted>.*?)(?:\\E|$)
    | \\x\{(?P<long>[0-9A-Fa-f]{1,6})\} | \\x(?P<hex>[0-9A-Fa-f]{2}) | \\u(?P<unicode>[0-9A-Fa-f]{4})
    | \\[pP](?:\{[^}]*\}|.) | \\k<\w+> | \\(?P<escaped>.)
    | (?P<class>\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\])
    | \(\?\#[^)]*\) | \(\?P[=>]\w+\) | (?P<flags>\(\?[a-zA-Z-]+\))
    | (?P<look>\(\?<?[=!])
    | \((?:\?P?<(?P<name>\w+)>|(?P<plain>(?!\?)))
    | (?P<group>\(\?[a-zA-Z-]*:|\(\?>)
    | (?P<close>\)) | (?P<bar>\|)
    | (?P<count>\{\d*,?\d*\}[?+]?|[*+?]) | (?P<gap>[.^$])
    | (?P<text>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_NO_TEXT = frozenset("AbBCdDGhHKNRsSvVwWXzZ123456789")  # escapes that stand for no character of their own
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b", "0": "\0"}


def name_before(text: str) -> str:
    """The last word of a text, as a metric name; `DEFAULT_NAME` if there is none."""
    words = _WORD.findall(text)
    return (_NOT_IN_NAMES.sub("_", words[-1]).strip("_") if words else "") or DEFAULT_NAME


def name_in_regex(regex: str) -> str:
    """The metric name in a regex: the last literal word before the captured group."""
    return name_before(text_before_value(regex))


def text_before_value(regex: str) -> str:
    """The letters that a regex matches before its value, with blanks for everything else."""
    value_is_named = re.search(r"(?<!\\)\(\?P?<value>", regex) is not None
    text = ""
    groups: list[tuple[int, bool]] = []  # where each open group began, and whether it is left out
    for mark in _MARK.finditer(regex):
        kind = mark.lastgroup
        if kind in ("plain", "name"):
            name = mark["name"]
            if name == "value" or (not value_is_named and name != "step"):
                return text
            groups.append((len(text), True))
        elif kind in ("group", "look"):
            groups.append((len(text), kind == "look"))
        elif kind == "close" and groups:
            start, is_left_out = groups.pop()
            text = text[:start] + " " if is_left_out else text
        elif kind == "bar":
            # Of alternatives in a group, none is the name; at the top, the value is in one that follows.
            start, _ = groups[-1] if groups else (0, False)
            text = text[:start] + " "
            if groups:
                groups[-1] = (start, True)
        elif kind != "count":
            text += _characters(mark)
    return text


def _characters(mark: re.Match[str]) -> str:
    """The characters that a part of a regex matches, if that is certain."""
    if mark["quoted"] is not None:
        return mark["quoted"]
    digits = mark["long"] or mark["hex"] or mark["unicode"]
    if digits is not None:
        return chr(int(digits, 16)) if int(digits, 16) < 0x110000 else " "
    if mark["escaped"] is not None:
        return " " if mark["escaped"] in _NO_TEXT else _CONTROLS.get(mark["escaped"], mark["escaped"])
    if mark["flags"] is not None:
        return ""
    return mark["text"] if mark["text"] is not None else " "


# --- which way is good ---------------------------------------------------------------------------------------

_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+|\d+")
_NEGATED = ("neg", "negative", "minus")


@dataclass(frozen=True)
class _Words:
    """The vocabulary of metric names: `metric_words.json`, which the console reads too."""

    goals: Mapping[str, str]
    circumstances: frozenset[str]
    phrases: Mapping[str, str]
    n_longest: int

    @classmethod
    @cache
    def load(cls) -> _Words:
        table = json.loads(files(__package__).joinpath("metric_words.json").read_text("utf-8"))
        goals = {word: goal for goal in ("maximize", "minimize") for word in " ".join(table[goal]).split()}
        phrases = table["phrases"]
        longest = max(len(phrase.split()) for phrase in phrases)
        return cls(goals, frozenset(" ".join(table["circumstances"]).split()), phrases, longest)

    def knows(self, word: str) -> bool:
        return word in self.goals or word in self.circumstances

    def of(self, name: str) -> list[str]:
        """Split a name into lower-case words; digits stay with a known word: ``f1``, ``r2``."""
        words: list[str] = []
        for piece in re.split(r"[\W_]+", name):
            if self.knows(piece.lower()):
                words.append(piece.lower())
                continue
            for part in _CAMEL.findall(piece):
                joined = words[-1] + part if words and part.isdigit() else ""
                if joined and self.knows(joined):
                    words[-1] = joined
                else:
                    words.append(self._ending(part.lower()))
        return words

    def _ending(self, word: str) -> str:
        """The last word of a string without blanks: Chinese."""
        if word.isascii():
            return word
        return next((word[i:] for i in range(len(word)) if word[i:] in self.goals), word)


def goal_of_name(name: str) -> str | None:
    """``maximize`` or ``minimize`` as implied by a metric's name; None if it implies neither.

    Names are split into words (snake case, camel case, dots), and the last word that says what is measured decides:
    ``flower_acc`` is an accuracy though it holds "low", ``brier_score`` an error. The console does the same
    (`console/src/pages/new/metricNames.ts`); a list of names keeps the two equal.
    """
    table = _Words.load()
    words = table.of(name)
    while words:
        for n in range(table.n_longest, 1, -1):
            if (goal := table.phrases.get(" ".join(words[-n:]))) is not None and len(words) >= n:
                return goal
        if words[-1] in table.circumstances or words[-1].isdigit():
            words.pop()  # says where or how it was measured; before it stands what
        elif (cut := _place_of_relation(words)) > 0:
            words = words[:cut]
        else:
            break
    if not words:
        return None
    goal = table.goals.get(words[-1])
    before = words[-2] if len(words) > 1 else ""
    if goal is not None and before in _NEGATED:
        return "minimize" if goal == "maximize" else "maximize"
    if words[-1] == "score" and table.goals.get(before) == "minimize":
        return "minimize"  # a Brier score, an FID score
    return goal


def _place_of_relation(words: Sequence[str]) -> int:
    """Index of ``to`` or ``per`` (a time to accuracy is a time, a loss per token a loss); -1 if absent."""
    return max((i for i, word in enumerate(words) if word in ("to", "per")), default=-1)
