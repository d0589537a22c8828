"""Finding the job that a user means."""

from __future__ import annotations

import pytest

from scriptune.errors import ConflictError, NotFoundError
from scriptune.storage import refusals


def test_an_id_goes_before_a_prefix_and_a_prefix_before_a_name() -> None:
    found = [("ab12", "ab"), ("ab", "x"), ("cd", "ab1")]
    assert refusals.choose_job("ab", found) == "ab"
    assert refusals.choose_job("ab1", found) == "ab12"
    assert refusals.choose_job("x", found) == "ab"
    assert refusals.choose_job("none", []) is None


def test_a_name_settles_an_ambiguous_prefix() -> None:
    assert refusals.choose_job("ab", [("ab1", "x"), ("ab2", "x"), ("cd", "ab")]) == "cd"
    with pytest.raises(ConflictError, match="2 job ids: ab1, ab2; give more"):
        refusals.choose_job("ab", [("ab2", "x"), ("ab1", "x")])


def test_an_order_is_split_or_refused_with_the_known_ones() -> None:
    assert refusals.sort_key("-name", refusals.JOB_SORTS) == ("name", True)
    assert refusals.sort_key("name", refusals.JOB_SORTS) == ("name", False)
    with pytest.raises(NotFoundError, match=r"'nmae'; expected one of created_at, name, state.* Did you mean 'name'"):
        refusals.sort_key("nmae", refusals.JOB_SORTS)
