from __future__ import annotations

from typing import Any

import pytest

from scriptune.core.parameters import Float, Int
from scriptune.core.space import SearchSpace
from scriptune.errors import SpaceError


def test_a_list_of_parameters_is_no_space_and_says_what_is() -> None:
    with pytest.raises(SpaceError, match="expected a mapping of names"):
        SearchSpace([Int(1, 2)])  # type: ignore[arg-type]  # the mistake that is tried


def test_a_long_chain_of_conditions_is_not_counted() -> None:
    # Counting went as deep as the chain, and beyond what Python's stack holds.
    chain = {f"x{i}": Int(0, 9, when={f"x{i - 1}": 1} if i else {}) for i in range(1200)}
    assert SearchSpace(chain).size() is None


@pytest.mark.parametrize("params", [None, "lr", [0.1]])
def test_params_that_are_no_mapping_were_an_error_about_something_else(params: Any) -> None:
    with pytest.raises(SpaceError, match="expected a mapping of names to values"):
        SearchSpace({"lr": Float(0.0, 1.0)}).validate(params)


def test_a_parameter_whose_name_is_a_number_is_refused_like_any_other() -> None:
    with pytest.raises(SpaceError, match=r"5 is not a parameter of this search"):
        SearchSpace({"lr": Float(0.0, 1.0)}).validate({5: 0.1})  # type: ignore[dict-item]  # what is tested
