"""Command-line shorthand for searches: converts ``-p`` and ``-m`` to the content of a job file.

A parameter is ``NAME=WHAT[:MODIFIER...]``::

    lr=1e-5..1e-1:log                 a range; integers when both ends (and the step) are
    x=0..1:step=0.1:default=0.5       steps and default
    n=1..8:float                      a range of fractions in spite of whole ends
    optimizer=adam,sgd                a choice; quotes around what holds , or :
    scheduler=cosine,step:null        a choice, or the flag is left out
    layers=1,2,4,8:ordered            a choice of values that are alike where they are neighbours
    beta2=0.9..0.9999:log=reverse     logarithmic in 1 - value
    nesterov=true,false               yes or no
    batch_size=64                     a fixed value
    momentum=0..0.99:when=optimizer=sgd|rmsprop

A metric is a regex, whose name is the word before its number, as in ``val_acc=([0-9.]+)``; or a pair of a name and a
regex, which is how ``--metric NAME REGEX`` comes here. ``NAME=REGEX`` is read as a name and a regex where what follows
the first ``=`` begins as a regex of its own does, with text to look for or with ``^``: ``acc=val_acc: (\\S+)``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain, count
from typing import Any

from scriptune.core.job import Style
from scriptune.core.parameters import Scalar
from scriptune.errors import JobFileError
from scriptune.jobfile.flags import apply_flags
from scriptune.jobfile.kinds import GOALS
from scriptune.jobfile.metric_names import goal_of_name, name_in_regex
from scriptune.jobfile.parser import plain_scalar
from scriptune.jobfile.problems import shown
from scriptune.messages import Message, did_you_mean

__all__ = ["from_command_line", "parse_metric", "parse_parameter"]

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.(?!\.)({_NUMBER})")  # three dots are a foreign range, never ``..`` and ``.1``
# `0.001-0.1`, `1 to 5`, `1~5`, `1...5`: how others write a range.
_FOREIGN_RANGE = re.compile(rf"({_NUMBER})\s*(?:-|–|—|~|\.{{3,}}|…|->|\s\.\.\s*|\s*\.\.\s|\bto\b|\s)\s*({_NUMBER})")
_LOOKS_LIKE_RANGE = re.compile(r"[^./]+\.\.[^./]+(?:\.\d+)?|" + rf"{_NUMBER}\.\..*|.*\.\.{_NUMBER}")
# `sgd|adam`, `16;32`: how others write a choice.
_FOREIGN_CHOICE = re.compile(r"[\w.+-]+(?:\s*\|\s*[\w.+-]+)+|[\w.+-]+(?:\s*;\s*[\w.+-]+)+")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_NAME = re.compile(r"[^=:,\s'\"{}]+")
_WORDS = {
    "log": ("log", True),
    "int": ("type", "int"),
    "float": ("type", "float"),
    "ordered": ("ordered", True),
    "null": ("null", True),
}
_VALUED = ("step", "default", "when", "flag", "style")

_OPENERS = ("", ",", ":", "=", "|")  # a quotation begins after one of these, or at the start

_METRIC_NAME = re.compile(r"([A-Za-z_][\w.-]*)=(.*)", re.DOTALL)
# What begins a regex and cannot be the value after a `=`: the start of a line, or text to look for.
_OWN_REGEX = re.compile(r"(?:\(\?[aimsx]+\))?(?:\^|\\A|(?:\\b)*(?:[\"'<#@%&!~ _-]|\\[^\w\s])*[^\W\d_])")


class _ShorthandError(ValueError):
    """A syntax error in one ``-p`` or ``-m``."""


def from_command_line(
    params: Sequence[str],
    metrics: Sequence[str | tuple[str, str]],
    goal: str | None,
    command: Sequence[str],
    **flags: Any,
) -> dict[str, Any]:
    """Build the content of a job file from command-line arguments; `check_document` checks it.

    Args:
        params: What followed each ``-p``.
        metrics: What followed each ``-m``, and the two texts that followed each ``--metric``; the first metric is the
            objective unless ``objective`` names one.
        goal: ``maximize`` or ``minimize``; None when neither was given.
        command: The program's argument list, after ``--``.
        **flags: Values by the names of `flags.FLAGS`; None means not given.

    Raises:
        JobFileError: Lists every error in the shorthand.
    """
    problems: list[str] = []
    parameters = _collect("-p", params, parse_parameter, problems)
    found = _collect_metrics(metrics, problems)
    document: dict[str, Any] = {"command": list(command), "parameters": parameters, "metrics": found, "objective": {}}
    if found:
        document["objective"]["metric"] = next(iter(found))
    if not params:
        problems.append(Message("shorthand.no_parameter"))
    if not metrics:
        problems.append(Message("shorthand.no_metric"))
    if goal is None or goal.lower() not in GOALS:
        objective = flags.get("objective") or next(iter(found), "")
        usual = goal_of_name(objective)
        advice = "" if usual is None else Message("shorthand.usual_goal", metric=objective, goal=usual)
        problems.append(
            Message("shorthand.no_goal", advice=advice)
            if goal is None
            else Message("shorthand.bad_goal", goal=goal, advice=advice)
        )
    if not command:
        problems.append(Message("shorthand.no_program"))
    if flags.get("shell") and len(command) == 1:
        document["command"] = command[0]
    if problems:
        raise JobFileError(problems)
    changed: dict[str, Any] = apply_flags(document, {"goal": goal, **flags})
    return changed


def _collect(flag: str, texts: Sequence[str], parse: Any, problems: list[str]) -> dict[str, Any]:
    """Parse every argument of a flag with a function that returns (name, section)."""
    found: dict[str, Any] = {}
    for text in texts:
        try:
            name, section = parse(text)
        except _ShorthandError as err:
            problems.append(Message("shorthand.at", flag=flag, text=shown(text), problem=err.args[0]))
            continue
        if name in found:
            problems.append(
                Message("shorthand.at", flag=flag, text=shown(text), problem=Message("shorthand.twice", name=name))
            )
        found[name] = section
    return found


def _collect_metrics(metrics: Sequence[str | tuple[str, str]], problems: list[str]) -> dict[str, Any]:
    """Collect metrics by name; a name derived from a regex yields to an explicit one."""
    found: dict[str, Any] = {}
    unnamed: list[tuple[str, str]] = []
    order: list[tuple[str, bool]] = []  # name or regex, and whether it is a name
    for metric in metrics:
        flag, text = ("-m", metric) if isinstance(metric, str) else ("--metric", " ".join(metric))
        try:
            name, section = parse_metric(metric) if isinstance(metric, str) else _named_metric(*metric)
        except _ShorthandError as err:
            problems.append(Message("shorthand.at", flag=flag, text=shown(text), problem=err.args[0]))
            continue
        if section["regex"] == metric:
            unnamed.append((name, metric))
            order.append((metric, False))
            continue
        if name in found:
            problems.append(
                Message(
                    "shorthand.at", flag=flag, text=shown(text), problem=Message("shorthand.metric_twice", name=name)
                )
            )
        found[name] = section
        order.append((name, True))
    names: dict[str, str] = {}
    for name, regex in unnamed:
        free = next(one for one in chain([name], (f"{name}_{n}" for n in count(2))) if one not in found)
        names.setdefault(regex, free)
        found[names[regex]] = {"regex": regex}
    return {name: found[name] for name in dict.fromkeys(text if is_name else names[text] for text, is_name in order)}


def _named_metric(name: str, regex: str) -> tuple[str, dict[str, str]]:
    """Parse ``--metric NAME REGEX``."""
    if not name.strip() or not regex.strip():
        raise _ShorthandError(Message("shorthand.name_and_regex"))
    return name, {"regex": regex}


# --- parameters --------------------------------------------------------------------------------------------


def parse_parameter(text: str) -> tuple[str, dict[str, Any]]:
    """Parse ``lr=1e-5..1e-1:log`` to a name and an entry of ``parameters``.

    Raises:
        ValueError: It is invalid; the message says why, without quoting it.
    """
    name, equals, rest = text.partition("=")
    if not equals:
        raise _ShorthandError(Message("shorthand.name_and_values", text=text))
    if not _NAME.fullmatch(name):
        raise _ShorthandError(Message("shorthand.bad_name", name=name))
    what, *modifiers = _split(rest, ":")
    if not what.strip():
        raise _ShorthandError(Message("shorthand.no_values", name=name))
    section = _values(what)
    _refuse_ranges_with_colons(section, what, modifiers)
    if "log" in modifiers and "values" in section:
        _refuse_log_of_choices(section["values"], what)
    for modifier in modifiers:
        _modify(section, modifier)
    if section.pop("null", False):
        _add_null(section)
    if section.get("type") == "float" and "values" in section:
        section |= {"type": "categorical", "values": [_as_float(value) for value in section["values"]]}
    elif "values" in section and section.get("type", "categorical") == "int":
        section["type"] = "categorical"
        if not all(value is None or type(value) is int for value in section["values"]):
            raise _ShorthandError(Message("shorthand.not_integers", values=section["values"]))
    return name, section


def _as_float(value: Scalar) -> float | None:
    if isinstance(value, (bool, str)):
        raise _ShorthandError(Message("shorthand.not_numbers", value=value))
    return None if value is None else float(value)


def _add_null(section: dict[str, Any]) -> None:
    """Add null to the choices, of which a single value and a truth are some too."""
    if "min" in section:
        raise _ShorthandError(Message("shorthand.null_of_range"))
    if section.get("type") == "bool":
        section |= {"type": "categorical", "values": [True, False]}
    elif "value" in section:
        section |= {"type": section.get("type", "categorical"), "values": [section.pop("value")]}
    section["values"] = [*section["values"], None]


def _values(what: str) -> dict[str, Any]:
    if limits := _RANGE.fullmatch(what.strip()):
        return {"min": plain_scalar(limits[1]), "max": plain_scalar(limits[2])}
    if (
        _LOOKS_LIKE_RANGE.fullmatch(what)
        and not _FOREIGN_RANGE.fullmatch(what.strip())
        and what.strip()[0] not in "\"'"
    ):
        raise _ShorthandError(Message("shorthand.not_a_range", text=what))
    parts = _split(what, ",")
    _refuse_foreign_ranges(what, parts)
    if len(parts) == 1:
        return {"value": _scalar(parts[0])}
    if not all(part.strip() for part in parts):
        raise _ShorthandError(Message("shorthand.empty_choice"))
    values = [_scalar(part) for part in parts]
    if len(values) == 2 and set(map(type, values)) == {bool} and values[0] != values[1]:
        return {"type": "bool"}
    return {"type": "categorical", "values": values}


def _refuse_foreign_ranges(what: str, parts: Sequence[str]) -> None:
    """Reject ranges and lists in the syntax of other tools, which would be read as strings."""
    text = what.strip()
    if text[:1] in ("'", '"'):
        return
    numbers = re.findall(_NUMBER, text)
    if len(parts) > 1 and any(_is_torn(part) for part in parts):
        words = [part.strip(" ()[]{}") for part in parts]
        advice: str = Message("shorthand.for_choices", choices=",".join(numbers or words))
        if len(numbers) == 2:
            advice = Message("shorthand.for_range", range="..".join(numbers), otherwise=advice)
        raise _ShorthandError(Message("shorthand.cut_bracket", text=text, advice=advice))
    if (ends := _FOREIGN_RANGE.fullmatch(text)) is not None:
        raise _ShorthandError(Message("shorthand.string_not_range", text=text, low=ends[1], high=ends[2]))
    if _FOREIGN_CHOICE.fullmatch(text):
        choices = ",".join(re.split(r"\s*[|;]\s*", text))
        raise _ShorthandError(Message("shorthand.string_not_choice", text=text, choices=choices))


def _refuse_ranges_with_colons(section: Mapping[str, Any], what: str, modifiers: Sequence[str]) -> None:
    """Reject ``0.001:0.1`` and ``1..8:2``, whose second number would be an unknown modifier."""
    numbers = [modifier.strip() for modifier in modifiers if re.fullmatch(_NUMBER, modifier.strip())]
    if not numbers:
        return
    whole = ":".join([what, *modifiers])
    if "min" in section:
        raise _ShorthandError(Message("shorthand.not_stepped", text=whole, step=numbers[0], range=what))
    ends = [what.strip(), *numbers] if re.fullmatch(_NUMBER, what.strip()) else numbers
    if len(ends) > 1:
        log = ":log" if "log" in (word for text in (what, *modifiers) for word in re.findall("log", text)) else ""
        raise _ShorthandError(Message("shorthand.colon_range", log=log, text=whole, low=ends[0], high=ends[1]))


def _refuse_log_of_choices(values: Sequence[Scalar], what: str) -> None:
    if len(values) == 2 and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        low, high = (part.strip() for part in _split(what, ","))
        raise _ShorthandError(Message("shorthand.log_of_choices", low=low, high=high, text=what))


def _is_torn(part: str) -> bool:
    """Whether a comma-separated value contains an unmatched bracket."""
    if part.strip()[:1] in ("'", '"'):
        return False
    return any(part.count(opening) != part.count(closing) for opening, closing in ("[]", "()", "{}"))


def _modify(section: dict[str, Any], modifier: str) -> None:
    word, equals, value = modifier.partition("=")
    word = word.strip()
    if not equals and word in _WORDS:
        key, setting = _WORDS[word]
        if section.get(key, setting) != setting and key in section and section[key] in ("int", "float"):
            raise _ShorthandError(Message("shorthand.int_and_float"))
        section[key] = setting
    elif word == "log" and value.strip() == "reverse":
        section["log"] = "reverse"
    elif equals and word in _VALUED:
        if not value.strip():
            raise _ShorthandError(Message("shorthand.empty_modifier", word=word))
        if word == "when":
            _add_condition(section, value)
        elif word in ("flag", "style"):
            section[word] = _unquoted(value)
        else:
            section[word] = _scalar(value)
    else:
        known = [*_WORDS, *(f"{name}=..." for name in _VALUED), *Style]
        near = did_you_mean(word, [*_WORDS, *_VALUED])
        raise _ShorthandError(
            Message(
                "shorthand.unknown_modifier", modifier=modifier, near=near, known=known[: len(_WORDS) + len(_VALUED)]
            )
        )


def _add_condition(section: dict[str, Any], text: str) -> None:
    parent, equals, values = text.partition("=")
    if not equals or not parent or not values:
        raise _ShorthandError(Message("shorthand.bad_condition", text=text))
    section.setdefault("when", {})[parent] = [_condition_value(value) for value in _split(values, "|")]


def _condition_value(text: str) -> Scalar:
    return None if text.strip() == "null" else _scalar(text)


def _split(text: str, separator: str) -> list[str]:
    """Split at a separator outside of quotes."""
    parts = [""]
    quote = before = ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and before in _OPENERS:
            quote = character  # at the start of a value only: don't is a word
        elif character == separator:
            parts.append("")
            before = character
            continue
        parts[-1] += character
        before = character if character != " " else before
    if quote:
        raise _ShorthandError(Message("shorthand.open_quotation", quote=quote))
    return parts


def _unquoted(text: str) -> str:
    quoted = _QUOTED.fullmatch(text.strip())
    return (quoted[1] if quoted[1] is not None else quoted[2]) if quoted else text


def _scalar(text: str) -> Scalar:
    """Parse a scalar: quoted means string, else YAML 1.2 without null."""
    quoted = _QUOTED.fullmatch(text.strip())
    if quoted:
        return quoted[1] if quoted[1] is not None else quoted[2]
    value = plain_scalar(text.strip())
    return text.strip() if value is None else value  # null is no value: `:null` adds it to the choices


# --- metrics -----------------------------------------------------------------------------------------------


def parse_metric(text: str) -> tuple[str, dict[str, str]]:
    """Parse ``val_acc=([0-9.]+)`` or ``acc=val_acc: (\\S+)`` to a name and an entry of ``metrics``.

    Raises:
        ValueError: It is empty.
    """
    if not text.strip():
        raise _ShorthandError(Message("shorthand.regex_expected"))
    named = _METRIC_NAME.fullmatch(text)
    if named and _OWN_REGEX.match(named[2]):
        return named[1], {"regex": named[2]}
    return name_in_regex(text), {"regex": text}
