"""Hyperparameters: fixed values and search ranges, as ``parameters`` of a job file.

Values that are not searched are passed on letter by letter, so that ``0.10`` stays ``0.10``. Searched values get the
type of the hyperparameter: an Integer with continuous bounds is searched over integers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from scriptune.core.parameters import Scalar
from scriptune.messages import Message, did_you_mean
from scriptune.modelarts.errors import refused
from scriptune.modelarts.schemas import HyperParameter, SearchParam

__all__ = ["PARAM_TYPES", "check_hyperparameters", "fixed_entry", "search_entry"]

_RANGES = {"range"}
_CHOICES = {"enum", "choice", "enumeration"}
_FREE = {"", "none", "null"}
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_MAX_POINTS = 10_000

PARAM_TYPES: Mapping[str, str] = {
    "continuous": "a range with lower_bound and upper_bound",
    "discrete": "the list discrete_values",
    "log": "a range on a log scale",
    "integer": "integers of a range",
    "log_integer": "integers of a range, on a log scale",
    "boolean": "True and False",
}
"""``param_type`` in words; the first two are ModelArts', the others scriptune's."""


def check_hyperparameters(parameters: Sequence[HyperParameter]) -> None:
    """Reject contradictory definitions.

    Raises:
        ModelArtsError: A name twice, a default of the wrong type or outside its range, a range that is none.
    """
    seen: set[str] = set()
    for parameter in parameters:
        if parameter.name in seen:
            raise refused(2767, Message("modelarts.defined_twice", name=parameter.name))
        seen.add(parameter.name)
        _check_definition(parameter)


def _check_definition(parameter: HyperParameter) -> None:
    kind = _kind_of(parameter)
    if parameter.value not in (None, ""):
        _typed(parameter.name, str(parameter.value), kind, 2768)
    constraint = parameter.constraint
    if constraint is None:
        return
    limits = constraint.valid_range or []
    valid_type = (constraint.valid_type or "").strip().lower()
    if valid_type in _FREE or not limits:
        return
    if valid_type in _RANGES:
        _check_in_range(parameter, kind, limits)
    elif valid_type in _CHOICES:
        if parameter.value not in (None, "") and parameter.value not in limits:
            raise refused(
                2769, Message("modelarts.default_not_listed", name=parameter.name, value=parameter.value, limits=limits)
            )
    else:
        raise refused(
            2770,
            Message("modelarts.bad_valid_type", name=parameter.name, value=constraint.valid_type),
        )


def _check_in_range(parameter: HyperParameter, kind: str, limits: Sequence[str]) -> None:
    if len(limits) != 2:
        raise refused(2770, Message("modelarts.bad_valid_range", name=parameter.name, limits=limits))
    low, high = (_number(parameter.name, text, 2770) for text in limits)
    if low > high:
        raise refused(2770, Message("modelarts.valid_range_turned", name=parameter.name, limits=limits))
    if parameter.value not in (None, "") and kind in ("Integer", "Float"):
        value = _number(parameter.name, str(parameter.value), 2768)
        if not low <= value <= high:
            raise refused(
                2769, Message("modelarts.default_outside", name=parameter.name, value=parameter.value, limits=limits)
            )


def fixed_entry(text: str) -> dict[str, Any]:
    """A fixed value that is passed on exactly as written."""
    return {"value": text}


def search_entry(param: SearchParam, parameter: HyperParameter | None) -> dict[str, Any]:
    """The domain of a searched hyperparameter as an entry of ``parameters``.

    Args:
        param: Its range.
        parameter: Its definition with the value of the job; None when the algorithm has none.

    Raises:
        ModelArtsError: The range cannot be searched.
    """
    kind = "Float" if parameter is None else _kind_of(parameter)
    param_type = _param_type(param)
    if param_type == "boolean":
        entry = {"type": "categorical", "values": ["True", "False"]}
    elif param_type == "discrete":
        entry = _discrete(param, kind if parameter is not None else "")
    else:
        entry = _range(param, kind, param_type)
    if parameter is not None:
        _check_declared(parameter, entry)
    default = None if parameter is None else parameter.value
    return _with_default(entry, default)


def _check_declared(parameter: HyperParameter, entry: Mapping[str, Any]) -> None:
    """Refuse a search beyond the values that a hyperparameter's definition allows."""
    constraint = parameter.constraint
    limits = (constraint.valid_range if constraint else None) or []
    if constraint is None or not limits:
        return
    wanted = [entry["min"], entry["max"]] if "min" in entry else entry["values"]
    if (constraint.valid_type or "").strip().lower() in _CHOICES:
        kind = _kind_of(parameter)
        # Numbers by value: 16 and 16.0, 0.10 and 0.1 are the same.
        known = {str(value).lower() for value in (_typed(parameter.name, text, kind, 2770) for text in limits)}
        outside = [value for value in wanted if str(value).lower() not in known]
    elif len(limits) == 2 and _kind_of(parameter) in ("Integer", "Float"):
        low, high = (_number(parameter.name, text, 2770) for text in limits)
        outside = [value for value in wanted if not low <= Decimal(repr(value)) <= high]
    else:
        return
    if outside:
        raise refused(
            2826,
            Message("modelarts.outside_declared", name=parameter.name, values=outside, limits=limits),
            hint=Message("modelarts.narrow_search"),
        )


def _param_type(param: SearchParam) -> str:
    given = (param.param_type or "").strip().lower()
    if not given:
        # The documented create example leaves it out and gives only bounds.
        return "discrete" if param.discrete_values else "continuous"
    if given not in PARAM_TYPES:
        raise refused(
            2826,
            Message(
                "modelarts.bad_param_type",
                name=param.name,
                value=param.param_type,
                near=did_you_mean(given, PARAM_TYPES),
                known=list(PARAM_TYPES),
            ),
        )
    return given


def _discrete(param: SearchParam, kind: str) -> dict[str, Any]:
    texts = param.discrete_values or []
    if not texts:
        raise refused(2826, Message("modelarts.no_discrete_values", name=param.name))
    # Without a definition the type shows in the values: 16 and 32 are to have an order and a distance.
    kind = kind or _guessed_kind(texts)
    values: list[Scalar] = []
    for text in texts:
        value = text if kind in ("String", "Boolean") else _typed(param.name, text, kind, 2826)
        if value in values:
            raise refused(2826, Message("modelarts.discrete_twice", name=param.name, text=text))
        values.append(value)
    return {"type": "categorical", "values": values}


def _guessed_kind(texts: Iterable[str]) -> str:
    try:
        numbers = [Decimal(text) for text in texts]
    except InvalidOperation:
        return "String"
    if not all(number.is_finite() for number in numbers):
        return "String"
    return "Integer" if all(text.lstrip("+-").isdigit() for text in texts) else "Float"


def _range(param: SearchParam, kind: str, param_type: str) -> dict[str, Any]:
    if param.lower_bound in (None, "") or param.upper_bound in (None, ""):
        raise refused(
            2826,
            Message(
                "modelarts.bounds_not_numbers",
                name=param.name,
                low=param.lower_bound,
                high=param.upper_bound,
                type=param_type,
            ),
        )
    if kind not in ("Integer", "Float"):
        raise refused(2826, Message("modelarts.no_range", name=param.name, kind=kind))
    low = _number(param.name, str(param.lower_bound), 2826)
    high = _number(param.name, str(param.upper_bound), 2826)
    if low > high:
        raise refused(2826, Message("modelarts.bounds_turned", name=param.name, low=low, high=high))
    is_log = param_type.startswith("log")
    if is_log and low <= 0:
        raise refused(2826, Message("modelarts.log_bound", name=param.name, low=low))
    is_whole = kind == "Integer" or param_type.endswith("integer")
    if is_whole and any(bound != bound.to_integral_value() for bound in (low, high)):
        raise refused(2826, Message("modelarts.bounds_not_integers", name=param.name, low=low, high=high))
    if param.discrete_points_num not in (None, ""):
        return _points(param, low, high, is_log=is_log, is_whole=is_whole)
    convert = int if is_whole else float
    entry = {"type": "int" if is_whole else "float", "min": convert(low), "max": convert(high)}
    return {**entry, "log": True} if is_log else entry


def _points(param: SearchParam, low: Decimal, high: Decimal, *, is_log: bool, is_whole: bool) -> dict[str, Any]:
    """Divide a range into a number of evenly spaced values (on the search's scale), both ends included."""
    n = _typed(param.name, str(param.discrete_points_num), "Integer", 2826)
    if not isinstance(n, int) or not 1 <= n <= _MAX_POINTS:
        raise refused(
            2826, Message("modelarts.bad_points", name=param.name, n=param.discrete_points_num, most=_MAX_POINTS)
        )
    if n == 1 or low == high:
        return {"type": "categorical", "values": [int(low) if is_whole else float(low)]}
    step = (high - low) / (n - 1)
    # A stepped range keeps order and distance for the sampler; only where its last value is exactly the upper end.
    if not is_log and low + step * (n - 1) == high and step == Decimal(repr(float(step))):
        if not is_whole:
            return {"type": "float", "min": float(low), "max": float(high), "step": float(step)}
        if step == step.to_integral_value():
            return {"type": "int", "min": int(low), "max": int(high), "step": int(step)}
    values: list[float] = [_point(low, high, i / (n - 1), is_log) for i in range(n)]
    values[0], values[-1] = float(low), float(high)
    shown = [round(value) for value in values] if is_whole else values
    return {"type": "categorical", "values": list(dict.fromkeys(shown))}


def _point(low: Decimal, high: Decimal, share: float, is_log: bool) -> float:
    if is_log:
        return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    return float(low + (high - low) * Decimal(repr(share)))


def _with_default(entry: dict[str, Any], default: str | None) -> dict[str, Any]:
    """Add the user's own value as default if it belongs to the domain; otherwise drop it."""
    if default in (None, ""):
        return entry
    assert default is not None
    for value in entry.get("values", ()):
        if str(value) == default or (isinstance(value, str) and value.lower() == default.lower() and value != default):
            return {**entry, "default": value}
    if "values" in entry:
        return entry
    try:
        number = Decimal(default)
    except InvalidOperation:
        return entry
    if not number.is_finite() or not entry["min"] <= number <= entry["max"]:
        return entry
    if "step" in entry and (number - Decimal(repr(entry["min"]))) % Decimal(repr(entry["step"])) != 0:
        return entry
    if entry["type"] == "int":
        return {**entry, "default": int(number)} if number == number.to_integral_value() else entry
    return {**entry, "default": float(number)}


def _kind_of(parameter: HyperParameter) -> str:
    """``String``, ``Integer``, ``Float`` or ``Boolean``; inferred from the value if the definition does not say."""
    given = None if parameter.constraint is None else parameter.constraint.type
    if not given:
        return _guessed_kind([parameter.value]) if parameter.value else "Float"
    for kind in ("String", "Integer", "Float", "Boolean"):
        if given.strip().lower() == kind.lower():
            return kind
    raise refused(2765, Message("modelarts.bad_constraint", name=parameter.name, given=given))


def _number(name: str, text: str, code: int) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation as err:
        raise refused(code, Message("modelarts.not_a_number", name=name, text=text)) from err
    if not number.is_finite() or not math.isfinite(float(number)):
        raise refused(code, Message("modelarts.not_finite", name=name, text=text))
    return number


def _typed(name: str, text: str, kind: str, code: int) -> Scalar:
    """Convert a string to a value of its type."""
    if kind == "String":
        return text
    if kind == "Boolean":
        if text.strip().lower() not in _TRUTHS:
            raise refused(code, Message("modelarts.not_a_bool", name=name, text=text))
        return _TRUTHS[text.strip().lower()]
    number = _number(name, text, code)
    if kind == "Float":
        return float(number)
    if number != number.to_integral_value():
        raise refused(code, Message("modelarts.not_an_integer", name=name, text=text))
    return int(number)
