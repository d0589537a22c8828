"""Parameters at the limits of their types."""

from __future__ import annotations

import pytest

from scriptune.core.parameters import Categorical, Float, Int
from scriptune.core.space import SearchSpace
from scriptune.errors import SpaceError


@pytest.mark.parametrize("value", [2**53 - 1, -(2**53) + 1, 2**53, 3])
def test_neighbours_of_huge_whole_numbers_stay_what_they_are(value: int) -> None:
    # A quotient of floats took 2**53 - 1 for a number off the step.
    assert Int(-(2**53), 2**53).coerce(value) == value


def test_whole_numbers_beyond_the_reach_of_floats_are_refused() -> None:
    with pytest.raises(SpaceError, match=r"an integer of at most 2\*\*53"):
        Int(0, 2**60)


def test_a_whole_number_off_the_step_is_refused_with_the_nearest() -> None:
    with pytest.raises(SpaceError, match="value 4 is not on the step 4; the nearest is 5"):
        Int(1, 10, step=4).coerce(4)


def test_a_step_finer_than_floats_is_refused() -> None:
    # It ended in an OverflowError of the sampler.
    with pytest.raises(SpaceError, match=r"step 1e-300 divides 0.0 .. 1e\+300 into more than 2\*\*53 values"):
        Float(0.0, 1e300, step=1e-300)


def test_ten_thousand_choices_are_found_by_type_and_value() -> None:
    # Comparing each with all before it took ten seconds.
    many = Categorical([*range(5000), *map(str, range(5000))])
    assert (many.index(4999), many.index("4999")) == (4999, 9999)
    assert many.coerce(7.0) == 7
    assert not many.contains(True)
    assert not many.contains([7])


def test_a_choice_given_twice_is_refused_but_types_differ() -> None:
    assert Categorical([1, 1.0, True, "1"]).n_values == 4
    with pytest.raises(SpaceError, match="values contains 'a' twice"):
        Categorical(["a", "b", "a"])


def test_null_is_a_choice_that_is_not_the_string() -> None:
    parameter = Categorical(["cosine", None])
    assert parameter.coerce(None) is None
    assert parameter.contains(None)
    assert parameter.has_null
    assert parameter.default is None
    assert not Categorical(["cosine", "null"]).has_null
    assert not Categorical(["cosine", "null"]).contains(None)
    with pytest.raises(SpaceError, match="not one of"):
        Categorical(["cosine", "step"]).coerce(None)
    with pytest.raises(SpaceError, match="not one of"):
        parameter.coerce("null")


def test_a_condition_may_name_null() -> None:
    space = SearchSpace({"scheduler": Categorical(["step", None]), "lr": Float(0.0, 1.0, when={"scheduler": None})})
    assert space.validate({"scheduler": None, "lr": 0.5}) == {"scheduler": None, "lr": 0.5}
    assert space.validate({"scheduler": "step"}) == {"scheduler": "step"}


@pytest.mark.parametrize(("low", "high"), [(0.9, 1.0), (-0.1, 0.5), (0.9, 0.9)])
def test_a_reverse_log_scale_needs_a_range_below_one(low: float, high: float) -> None:
    with pytest.raises(SpaceError, match="0 <= min < max < 1"):
        Float(low, high, log="reverse")
    assert Float(0.0, 0.9999, log="reverse").log == "reverse"


def test_other_words_for_a_scale_are_refused() -> None:
    with pytest.raises(SpaceError, match="'reversed', expected true, false"):
        Float(0.9, 0.99, log="reversed")  # type: ignore[arg-type]
    with pytest.raises(SpaceError, match="not near 1"):
        Int(1, 9, log="reverse")  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [10**400, -(10**400)])
def test_an_integer_that_no_float_can_hold_is_not_finite(value: int) -> None:
    for parameter in (Float(0.0, 1.0), Int(0, 5)):
        with pytest.raises(SpaceError, match="expected a finite number"):
            parameter.coerce(value)
