"""Notices: what people should know about a job or a trial that is not an error.

A notice is data: a code and parameters, from which each front end renders its own language. It is stored with the job
or the trial, so every process that looks at it says the same. `TEXTS` is the one place that gives a code its English
text; a new notice is a new row there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["TEXTS", "Notice", "notice_from_json", "notice_to_json"]

TEXTS: Mapping[str, str] = {
    "parameters_unread": "All trials printed exactly the same values, though trials {numbers} have different "
    "parameters: the parameters may never reach the program. Compare how it reads its options with the command "
    "line that scriptune show --trial prints.",
    "identical_reports": "Trials {numbers} have different parameters and printed exactly the same values: either what "
    "differs in them has no effect there, or it does not reach the program.",
    "parameter_unread": "{parameters}: possibly not read by the program. Trials that differ in nothing else printed "
    "exactly the same values, such as {numbers}.",
    "grid_cut": "The grid has {points} points and the budget is {trials} trials: {left} points are left out, all that "
    "come after {last}. Raise the number of trials to {points}, or search fewer values.",
    "grid_uncountable": "The grid has more points than can be counted, and the budget is {trials} trials: all points "
    "after {last} are left out. Search fewer values.",
    "grid_divided": "{parameters}: too many values to list, so the grid takes some at equal distances.",
    "check_unread": "A second run, with {params}, printed exactly the same: the parameters may never reach the "
    "program. Compare how it reads its options with the command line above.",
    "check_same_numbers": "A second run, with {params}, reported exactly the same numbers; only other parts of its "
    "output differ. The parameters may not reach the program, or have no effect.",
    "check_second_failed": "A second run, with {params}, failed, so nothing was compared: {message}",
    "check_second_cut": "A second run, with {params}, was stopped after {seconds} s, so nothing was compared; --twice "
    "waits for its end.",
    "metric_not_found": "No number was found for the metric {metric!r}; see its regex.",
    "equal_values": "All trials with a value have the same one ({metric} {value}), so none of them is the best.",
    "command_differs": "Trial {number}: the command in its attempt folder {folder} is not the one its params give: "
    "{difference}.",
    "value_differs": "Trial {number}: its stored value is {stored}, but its log gives {found}.",
    "folder_set_aside": "The attempt folder of this trial already existed and belongs to another command; it "
    "was renamed to {folders} and is ignored. The database is older than the folder: it was restored from a backup, or "
    "a power failure lost its last writes.",
    "log_freed": "The log of attempt {attempt} had grown beyond the limit (max_log_bytes): its bytes {start} to {end} "
    "were freed once they had been read. Its values are kept; what it printed there cannot be read again.",
    "folders_set_aside": "Attempt folders of this job already existed and belong to other commands, the "
    "first that of trial {number}; they were renamed and are ignored. The database is older than the "
    "folders: it was restored from a backup, or a power failure lost its last writes.",
    "same_whole_number": "{metric!r} was {value} in every line, an integer right next to letters (as in {line!r}): "
    "it may be part of a name or a type. Add the text right before the number to the regex.",
    "metric_silent": "No completed trial has a value of the metric {metric!r}: its regex found no finite number. See "
    "what it finds: scriptune check JOBFILE --log FILE; then read the kept logs again: scriptune reparse.",
}
"""Code -> English text, with the parameters in braces."""


@dataclass(frozen=True)
class Notice:
    """One thing to know about a job or a trial.

    Attributes:
        code: What it is, for programs.
        params: What its message names: JSON values only.
    """

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """In English, made from code and params."""
        template = TEXTS.get(self.code)
        shown = {name: _Shown(value) for name, value in self.params.items()}
        # A database that a newer version has written may hold codes that this one does not know.
        return f"{self.code}: {dict(self.params)!r}" if template is None else template.format_map(shown)


class _Shown:
    """A parameter as texts show it: lists in words, numbers in their shortest form; ``!r`` quotes it."""

    def __init__(self, value: Any) -> None:  # Any: a JSON value
        self._value = value

    def __format__(self, _spec: str) -> str:
        return _words(self._value)

    def __repr__(self) -> str:
        return repr(self._value)


def _words(value: Any) -> str:  # Any: a JSON value
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={item}" for name, item in value.items()) or "the first"
    if isinstance(value, Sequence) and not isinstance(value, str):
        *first, last = [_words(item) for item in value] or ["none"]
        return f"{', '.join(first)} and {last}" if first else last
    return str(value)


def notice_to_json(notice: Notice) -> dict[str, Any]:
    """What is stored of a notice."""
    return {"code": notice.code, "params": dict(notice.params)}


def notice_from_json(data: Mapping[str, Any]) -> Notice:
    """A notice as it was stored."""
    return Notice(data["code"], data["params"])
