from __future__ import annotations

import numpy as np
import pytest

from scriptune.search.gp.crowd import MAX_PENDING, chosen_pending


def test_up_to_a_hundred_points_all_count() -> None:
    assert chosen_pending(np.arange(100.0), list(range(100))).tolist() == list(range(100))


def test_of_more_the_nearest_and_the_oldest_of_the_others_count() -> None:
    distances = np.arange(250.0)[::-1]  # the last fifty are nearest
    numbers = list(range(1000, 1250))
    assert chosen_pending(distances, numbers).tolist() == [*range(50), *range(200, 250)]
    assert chosen_pending(distances, numbers[::-1]).tolist() == list(range(150, 250))


def test_without_numbers_the_others_are_spread_over_their_order() -> None:
    chosen = chosen_pending(np.arange(250.0)[::-1], None)
    assert len(set(chosen)) == MAX_PENDING
    assert (chosen[0], chosen[49], chosen[50]) == (0, 199, 200)
    assert np.diff(chosen[:50]).max() <= 5


@pytest.mark.parametrize("is_numbered", [True, False])
def test_the_choice_is_one_of_equally_distant_points_whatever_their_number(is_numbered: bool) -> None:
    for m in (101, 149, 150, 1000):
        chosen = chosen_pending(np.zeros(m), list(range(m)) if is_numbered else None)
        assert len(set(chosen.tolist())) == MAX_PENDING
        assert (np.diff(chosen) > 0).all()
