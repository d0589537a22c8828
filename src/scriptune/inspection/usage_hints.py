"""Hints about parameters that a program does not accept as given, from its --help and its usage errors.

Each hint names the parameter, what the program wants, and what to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from scriptune.core.job import JobSpec, ParameterSpec, Style
from scriptune.core.parameters import Bool, Categorical, Float, Int
from scriptune.executors.own_variables import FACTS
from scriptune.executors.passing import flag_of
from scriptune.executors.placeholders import holes, parse
from scriptune.inspection.help_text import read_help
from scriptune.inspection.options_found import ProgramOption
from scriptune.messages import Message, did_you_mean

__all__ = ["hints_from_help", "hints_from_output", "placeholders_in"]

_MAX_HINTS = 5
_UNKNOWN = re.compile(
    r"(?:unrecogni[sz]ed|unknown|invalid|unexpected)\s+(?:command[- ]line\s+)?(?:arguments?|options?|flags?)\b:?(.*)"
    r"|no such option:?(.*)|found argument(.*)",
    re.IGNORECASE,
)
_NO_VALUE = re.compile(
    r"argument ([^:\n]+): ignored explicit argument"
    r"|option '?(-[\w-]+)'? (?:does not|doesn't) (?:take|allow) (?:an argument|a value)",
    re.IGNORECASE,
)
_NO_INTEGER = re.compile(
    r"argument ([^:\n]+): invalid int(?:eger)? value|invalid value for '?(-[^':]+)'?: .*not a valid integer",
    re.IGNORECASE,
)
_FLAG = re.compile(r"-{1,2}[A-Za-z][\w.-]*")


def hints_from_help(spec: JobSpec, options: Sequence[ProgramOption]) -> list[str]:
    """Compare the parameters appended to the command with the program's list of options.

    Args:
        spec: The job.
        options: Of the program; when it lists none, nothing is known.
    """
    known = {option.flag: option for option in options if option.style != "hydra" and option.flag.startswith("-")}
    if not known:
        return []
    return list(_hints(spec, known))[:_MAX_HINTS]


def hints_from_output(spec: JobSpec, text: str) -> list[str]:
    """Hints from the usage error of a failed program; [] if it is not a usage error."""
    unknown = set(_flags_of(_UNKNOWN, text))
    no_value, no_integer = set(_flags_of(_NO_VALUE, text)), set(_flags_of(_NO_INTEGER, text))
    known = {option.flag: option for option in read_help(text)[1] if option.flag.startswith("-")}
    hints = []
    for name, flag, parameter in _appended(spec):
        if flag in unknown:
            hints.append(_unknown_hint(name, flag, known) or _no_such_flag(name, flag))
        elif flag in no_value:
            hints.append(_no_value_hint(name, flag, parameter, text))
        elif flag in no_integer and isinstance(parameter.domain, Float):
            hints.append(_integer_hint(name, flag, parameter.domain))
    return hints[:_MAX_HINTS]


def _hints(spec: JobSpec, known: Mapping[str, ProgramOption]) -> Iterator[str]:
    for name, flag, parameter in _appended(spec):
        option = known.get(flag)
        if isinstance(parameter.domain, Bool) and _opposite(flag) in known:
            yield _no_value_hint(name, flag, parameter, known)
            continue
        if option is None:
            # argparse and others take the beginning of an option too.
            if not any(one.startswith(flag) for one in known) and (hint := _unknown_hint(name, flag, known)):
                yield hint
            continue
        domain = parameter.domain
        if option.style == "switch" and parameter.style is not Style.SWITCH:
            yield _no_value_hint(name, flag, parameter, known)
        elif option.type == "float" and isinstance(domain, Int):
            yield (Message("hint.fractions", name=name, flag=flag, low=float(domain.low), high=float(domain.high)))
        elif option.type == "int" and isinstance(domain, Float):
            yield _integer_hint(name, flag, domain)
        elif option.choices and isinstance(domain, Categorical):
            allowed = {str(choice) for choice in option.choices}
            wrong = [choice for choice in domain.choices if str(choice) not in allowed]
            if wrong:
                yield (
                    Message("hint.choices", name=name, flag=flag, wrong=wrong, choices=list(map(str, option.choices)))
                )


def _appended(spec: JobSpec) -> Iterator[tuple[str, str, ParameterSpec]]:
    """The parameters passed as flags of the command: name, flag, and specification."""
    placed = {name for word in spec.command for name in placeholders_in(spec, word)}
    for name, parameter in spec.parameters.items():
        if name not in placed and parameter.style in (Style.EQUALS, Style.SPACE, Style.SWITCH):
            yield name, flag_of(name, parameter), parameter


def placeholders_in(spec: JobSpec, word: str) -> set[str]:
    """The parameters and facts that a word of the command has placeholders for."""
    return holes(parse(word, {*spec.parameters, *FACTS}, strict=False)) if "{" in word else set()


def _unknown_hint(name: str, flag: str, known: Iterable[str]) -> str:
    """A hint with the program's closest option for an unknown flag; "" if none is close."""
    known = list(known)
    same = next((one for one in known if _plain(one) == _plain(flag)), "")
    # Without the dashes, which all flags have in common.
    flags = {one.lstrip("-"): one for one in known}
    nearest = did_you_mean(flag.lstrip("-"), flags)
    near = same or (flags[str(nearest.params["name"])] if isinstance(nearest, Message) else "")
    if not near:
        return ""
    return Message("hint.flag_known_as", near=near, flag=flag, name=name)


def _opposite(flag: str) -> str:
    """The other half of a pair such as ``--amp / --no-amp``."""
    return f"--no-{flag.removeprefix('--')}"


def _no_such_flag(name: str, flag: str) -> str:
    return Message("hint.unknown_flag", flag=flag, name=name)


def _no_value_hint(name: str, flag: str, parameter: ParameterSpec, said: str | Iterable[str]) -> str:
    """How to search over an option that takes no value.

    Args:
        name: Of the parameter.
        flag: Of the option.
        parameter: What passes a value to it.
        said: The usage that the program printed, or its flags.
    """
    opposite = _opposite(flag)
    if opposite in (_FLAG.findall(said) if isinstance(said, str) else said):
        # Left out, such an option has its default, which may be true.
        return Message("hint.two_flags", name=name, flag=flag, opposite=opposite)
    if isinstance(parameter.domain, Bool) or isinstance(parameter.value, bool):
        advice = Message("hint.give_or_leave_out", name=name)
    else:
        advice = Message("hint.as_switch", name=name)
    return Message("hint.no_value", name=name, flag=flag, advice=advice)


def _integer_hint(name: str, flag: str, domain: Float) -> str:
    return Message("hint.integers", name=name, flag=flag, low=f"{domain.low:.0f}", high=f"{domain.high:.0f}")


def _plain(flag: str) -> str:
    return re.sub(r"[-_.]", "", flag).lower()


def _flags_of(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    for match in pattern.finditer(text):
        for group in match.groups():
            yield from _FLAG.findall(group or "")
            # absl names it without dashes: Unknown command line flag 'lr'.
            yield from (f"--{word}" for word in re.findall(r"'(\w[\w.-]*)'", group or ""))
