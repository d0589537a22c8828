"""Trials and what samplers are told of them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from scriptune.core.trial import Observation
from scriptune.errors import SamplerError


@pytest.mark.parametrize("value", ["0.5", True, [1.0], b"1", {"loss": 1.0}, object()])
def test_an_observation_whose_value_is_not_a_number_is_refused(value: object) -> None:
    with pytest.raises(SamplerError, match=r"The value of trial 3 is .*, expected a number"):
        Observation(3, {"x": 0.5}, value)  # type: ignore[arg-type]  # the mistake


@pytest.mark.parametrize("value", [1, 1.0, Fraction(1)])
def test_a_value_of_any_kind_of_number_is_a_float(value: float) -> None:
    assert type(Observation(0, {}, value).value) is float
    assert Observation(0, {}, None).value is None


@pytest.mark.parametrize("value", [10**400, -(10**5000), Fraction(10**400)], ids=["large", "many", "fraction"])
def test_a_number_that_no_float_holds_is_refused_without_its_digits(value: float) -> None:
    with pytest.raises(SamplerError, match="trial 3 has more than 308 digits") as refused:
        Observation(3, {}, value)
    assert len(str(refused.value)) < 200
