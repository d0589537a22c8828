"""What every importer builds: a job document, and what is said about each part of the original."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from scriptune.messages import Message

_SCALARS = (bool, int, float, str)

__all__ = [
    "Draft",
    "ImportNote",
    "NoteKind",
    "as_list",
    "as_mapping",
    "as_mappings",
    "as_number",
    "as_whole",
    "number_text",
    "printed_value",
]

_NAME_CHARS = re.compile(r"[\s{}=,:\"']+")  # what a parameter's name may not have
_NUMBER = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"


class NoteKind(StrEnum):
    """What became of a part of a description."""

    TAKEN = "taken"
    APPROXIMATED = "approximated"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True)
class ImportNote:
    """What became of one part of the description of another tool.

    Attributes:
        kind: Taken over as it is, approximated, or not possible here.
        place: Its place in the original, such as ``spec.algorithm``.
        message: What was done, and why.
    """

    kind: NoteKind
    place: str
    message: str


@dataclass
class Draft:
    """A job file in the making.

    Attributes:
        document: In the form of a job file.
        notes: In the order in which they were found.
        files: Further files to write beside the job file: name -> text.
        unranged: Parameters with a default of which the original names no range: name -> default.
    """

    document: dict[str, Any] = field(default_factory=lambda: {"parameters": {}, "metrics": {}})
    notes: list[ImportNote] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    unranged: dict[str, Any] = field(default_factory=dict)

    # notes

    def taken(self, place: str, message: str) -> None:
        """Note what was taken over without a change in meaning."""
        self.notes.append(ImportNote(NoteKind.TAKEN, place, message))

    def approximated(self, place: str, message: str) -> None:
        """Note what means something slightly different now."""
        self.notes.append(ImportNote(NoteKind.APPROXIMATED, place, message))

    def impossible(self, place: str, message: str) -> None:
        """Note what was left out."""
        self.notes.append(ImportNote(NoteKind.IMPOSSIBLE, place, message))

    def left_out(self, place: str, keys: Mapping[str, Any], known: Sequence[str] = ()) -> None:
        """Note the keys that nothing here corresponds to, without those that the importer has read."""
        for key in keys:
            if key not in known and keys[key] not in (None, "", [], {}):
                self.impossible(f"{place}.{key}" if place else key, Message("import.no_counterpart"))

    # sections

    def section(self, name: str) -> dict[str, Any]:
        """A section of the document, made when it is first needed."""
        made: dict[str, Any] = self.document.setdefault(name, {})
        return made

    # parameters

    def add_parameter(self, name: str, entry: Mapping[str, Any], place: str, **passing: Any) -> str:
        """Add a parameter; returns its name here, which differs if the original has signs that no name may have."""
        own = _NAME_CHARS.sub("_", str(name).strip()).strip("_-") or "value"
        parameters = self.document["parameters"]
        base, i = own, 2
        while own in parameters:
            own, i = f"{base}_{i}", i + 1
        if own != name:
            self.approximated(place, Message("import.renamed", name=name, new=own))
        parameters[own] = {**entry, **passing}
        return own

    def add_fixed(self, name: str, value: Any, place: str, **passing: Any) -> str | None:
        """Add a parameter with one value; None if the value is no scalar."""
        if not isinstance(value, _SCALARS):
            self.impossible(place, Message("import.not_scalar", name=name, value=_short(value)))
            return None
        self.taken(place, Message("import.fixed", name=name, value=value))
        return self.add_parameter(name, {"value": value}, place, **passing)

    def add_range(
        self,
        name: str,
        low: Any,
        high: Any,
        place: str,
        *,
        whole: bool = False,
        log: bool | str = False,
        step: Any = None,
        default: Any = None,
        note: str = "",
        **passing: Any,
    ) -> str | None:
        """Add a range of numbers, or say why it is none; returns the parameter's name here.

        Args:
            name: In the original.
            low, high: Inclusive ends, as numbers or the texts of numbers.
            place: In the original.
            whole: Only integers.
            log: On a log scale; ``"reverse"``: logarithmic in 1 - value.
            step: Distance of values.
            default: The program's value.
            note: What was approximated, if anything was.
            passing: Keys such as ``style``.
        """
        convert = as_whole if whole else as_number
        ends = convert(low), convert(high)
        if ends[0] is None or ends[1] is None:
            self.impossible(place, Message("import.bad_range", name=name, low=_short(low), high=_short(high)))
            return None
        first, last = ends[0], ends[1]
        if first > last:
            self.impossible(place, Message("import.empty_range", name=name, low=first, high=last))
            return None
        if first == last:
            self.approximated(place, Message("import.one_value", name=name, value=first))
            return self.add_parameter(name, {"value": first}, place, **passing)
        entry: dict[str, Any] = {"type": "int" if whole else "float", "min": first, "max": last}
        if log is True and first <= 0:
            self.approximated(place, Message("import.log_of_zero", name=name, low=first))
        elif log == "reverse" and not 0 <= first < last < 1:
            self.approximated(place, Message("import.reverse_log_ends", name=name, low=first, high=last))
        elif log:
            entry["log"] = log
        distance = convert(step) if step not in (None, "") else None
        if distance is not None and distance > 0 and not (whole and distance == 1):
            if distance > last - first:
                self.approximated(place, Message("import.step_too_large", name=name, step=distance))
            else:
                entry["step"] = distance
        usual = convert(default) if default not in (None, "") else None
        if usual is not None and first <= usual <= last and "step" not in entry:
            entry["default"] = usual
        if note:
            self.approximated(place, note)
        else:
            self.taken(place, Message("import.range", name=name, low=first, high=last))
        return self.add_parameter(name, entry, place, **passing)

    def add_choice(
        self, name: str, values: Sequence[Any], place: str, *, default: Any = None, note: str = "", **passing: Any
    ) -> str | None:
        """Add a choice of values; what is no value is left out."""
        kept: list[Any] = []
        for value in values:
            if (value is not None and not isinstance(value, _SCALARS)) or (
                isinstance(value, float) and not math.isfinite(value)
            ):
                self.impossible(place, Message("import.not_scalar", name=name, value=_short(value)))
            elif not any(value == known and type(value) is type(known) for known in kept):
                kept.append(value)
        if not kept:
            self.impossible(place, Message("import.no_values", name=name))
            return None
        if len(kept) == 1 and kept[0] is not None:
            self.taken(place, Message("import.fixed", name=name, value=kept[0]))
            return self.add_parameter(name, {"value": kept[0]}, place, **passing)
        entry: dict[str, Any] = {"type": "categorical", "values": kept}
        if default is not None and any(default == known and type(default) is type(known) for known in kept):
            entry["default"] = default
        if note:
            self.approximated(place, note)
        else:
            self.taken(place, Message("import.choice", name=name, n=len(kept)))
        return self.add_parameter(name, entry, place, **passing)

    # the rest

    def set_sampler(self, word: str, samplers: Mapping[str, str], place: str) -> None:
        """Set the sampler that corresponds to an algorithm, or `auto` where none does."""
        known = samplers.get(word.lower().replace("_", "").replace("-", ""))
        if known is None:
            self.approximated(place, Message("import.other_sampler", algorithm=word))
        else:
            self.section("search")["sampler"] = known
            self.taken(place, Message("import.sampler", algorithm=word, sampler=known))

    def set_goal(self, metric: str, goal: str, place: str, target: Any = None) -> None:
        """Set the objective."""
        objective = self.section("objective")
        objective |= {"metric": metric, "goal": "maximize" if str(goal).lower().startswith("max") else "minimize"}
        number = as_number(target) if target not in (None, "") else None
        if number is not None:
            objective["target"] = number
        self.taken(place, Message("import.goal", metric=metric, goal=objective["goal"]))

    def guess_metric(self, name: str, place: str) -> None:
        """Add a metric that the original does not say how to find: by the way most programs print it."""
        self.document["metrics"][name] = {"regex": printed_value(name)}
        self.approximated(place, Message("import.metric_guessed", name=name))

    def no_command(self, place: str, why: str) -> None:
        """Write a command to be replaced."""
        self.document["command"] = ["./train"]
        self.impossible(place, why)


def as_mapping(value: Any) -> Mapping[str, Any]:
    """A mapping as it is; an empty one in place of anything else."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: Any) -> list[Any]:
    """A list as it is; an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def as_mappings(value: Any) -> list[Mapping[str, Any]]:
    """The mappings in a list."""
    return [entry for entry in as_list(value) if isinstance(entry, Mapping)]


def as_number(value: Any) -> float | int | None:
    """A finite number from a number or its text, in the kind that it is written in; None if it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip().replace("_", "")
        try:
            value = int(text)
        except ValueError:
            try:
                value = float(text)
            except ValueError:
                return None
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value


def as_whole(value: Any) -> int | None:
    """An integer from a number or its text; None if it is none."""
    number = as_number(value)
    return int(number) if number is not None and float(number).is_integer() else None


def number_text(value: float) -> float:
    """A computed number at the 12 digits that its exponents gave it: exp(-6.9) without the noise."""
    return float(f"{value:.12g}")


def printed_value(name: str) -> str:
    """A regex for ``name=0.1`` and ``name: 0.1``, the ways most programs print a metric."""
    escaped = re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", name)
    return rf"(?:^|[^\w/-]){escaped}['\"]?\s*[=:]\s*({_NUMBER})"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}..."
