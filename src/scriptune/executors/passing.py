"""Pass one parameter in its style: as a flag, a switch, a variable or a Hydra override."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import NoneType

from scriptune.core.job import ParameterSpec, Style
from scriptune.core.parameters import Categorical, Scalar
from scriptune.errors import CommandError
from scriptune.executors.own_variables import OWN_PREFIX
from scriptune.executors.values import as_argument, as_hydra
from scriptune.messages import Message

__all__ = ["arguments_of", "check_parameter", "flag_of", "plain_name", "refuse_nul", "variable_name"]

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def variable_name(name: str, parameter: ParameterSpec) -> str:
    """The environment variable for a parameter with style ``env``."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name).upper() if parameter.flag is None else parameter.flag


def plain_name(name: str, parameter: ParameterSpec) -> str:
    """A second variable with the parameter's exact spelling, for programs that read that; "" if not needed."""
    return name if parameter.flag is None and _VARIABLE.fullmatch(name) else ""


def arguments_of(name: str, parameter: ParameterSpec, value: Scalar) -> list[str]:
    """The arguments that pass one parameter in its style."""
    match parameter.style:
        case Style.ENV:
            return []
        case Style.SWITCH:
            return [flag_of(name, parameter)] if value is True else []
        case Style.HYDRA:
            return [f"{flag_of(name, parameter)}={as_hydra(value)}"]
    flag, text = flag_of(name, parameter), as_argument(value)
    # `--lr -0.1` reads as two flags to many parsers; long flags can always be joined.
    if parameter.style is Style.SPACE and not (text.startswith("-") and flag.startswith("--")):
        return [flag, text]
    return [f"{flag}={text}"]


def flag_of(name: str, parameter: ParameterSpec) -> str:
    """The flag of a parameter, or its key if it is passed as ``name=value``."""
    if parameter.flag is not None:
        return parameter.flag
    return name if parameter.style is Style.HYDRA else f"--{name}"


def refuse_nul(name: str, value: Scalar) -> None:
    """Reject a NUL character, which no argument or variable can hold."""
    if isinstance(value, str) and "\0" in value:
        raise CommandError(Message("passing.nul", name=name, value=value))


def _possible_values(parameter: ParameterSpec) -> Sequence[Scalar]:
    """The values of a fixed, categorical or boolean parameter; empty for ranges."""
    match parameter.domain:
        case None:
            return () if parameter.value is None else (parameter.value,)
        case Categorical():
            return parameter.domain.choices
    return (0.5,)


def check_parameter(name: str, parameter: ParameterSpec, *, is_placed: bool) -> None:
    """Reject settings that do not determine, or contradict each other on, how a parameter is passed."""
    style, flag = parameter.style, parameter.flag
    for value in _possible_values(parameter):
        refuse_nul(name, value)
        if style is Style.SWITCH and not isinstance(value, (bool, NoneType)):
            raise CommandError(Message("passing.switch_needs_bool", name=name))
    if style is Style.SWITCH and {False, None} <= set(_possible_values(parameter)):
        raise CommandError(Message("passing.switch_null", name=name))
    if is_placed and (flag is not None or style is not Style.EQUALS):
        given = Message("passing.flag") if flag is not None else Message("passing.style", style=style)
        raise CommandError(
            Message("passing.twice", name=name, given=given),
            hint=Message("passing.once", name=name, given=given),
        )
    if style is Style.ENV:
        _check_variable(name, variable_name(name, parameter))
    elif not is_placed:
        _check_flag(name, flag_of(name, parameter), style)


def _check_variable(name: str, variable: str) -> None:
    if not _VARIABLE.fullmatch(variable):
        raise CommandError(Message("passing.bad_variable", name=name, variable=variable))
    if variable.startswith(OWN_PREFIX):
        raise CommandError(Message("passing.own_variable", name=name, prefix=OWN_PREFIX))


def _check_flag(name: str, flag: str, style: Style) -> None:
    if not flag or any(character.isspace() for character in flag) or "=" in flag or "\0" in flag:
        raise CommandError(Message("passing.bad_flag", name=name, flag=flag))
    if style is Style.HYDRA:
        return
    if not flag.startswith("-"):
        raise CommandError(Message("passing.flag_without_dash", name=name, flag=flag))
