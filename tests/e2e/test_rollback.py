"""A database and attempt folders of different moments: after a power failure, or a backup that was restored."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

import pytest

from rollback import SAMPLERS, WHAT, Found, roll_back_and_go_on


@pytest.mark.parametrize(("sampler", "what"), [*zip(SAMPLERS, cycle(WHAT)), ("bayes", "database")])
def test_a_search_that_is_rolled_back_stores_no_value_of_other_params(tmp_path: Path, what: str, sampler: str) -> None:
    found = roll_back_and_go_on(tmp_path / "s", what, sampler, seed=1, trials=9, rounds=1)
    assert (found.wrong, found.problems) == (0, [])
    assert found.checked


@pytest.mark.slow
def test_fifty_searches_rolled_back_again_and_again_store_no_wrong_value(tmp_path: Path) -> None:
    total = Found()
    for number in range(50):
        sampler = SAMPLERS[number % len(SAMPLERS)]
        total += roll_back_and_go_on(tmp_path / str(number), WHAT[number % len(WHAT)], sampler, seed=number)
    assert (total.wrong, total.problems) == (0, [])
    assert total.rollbacks >= 50
    assert total.set_aside >= 5  # the folders of other commands that it is about were really met
