from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.search.gp.outputs import clip_outliers, half_rank, impute_failures, rescaled, standardise

values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30).map(np.array)


def test_failures_count_a_tenth_of_the_range_worse_than_the_worst() -> None:
    np.testing.assert_allclose(impute_failures(np.array([1.0, np.nan, 3.0])), [1.0, 3.2, 3.0])


@pytest.mark.parametrize("value", [0.8, -3.0, 0.0, 1e90])
def test_crashes_beside_one_success_were_worth_as_much_as_it(value: float) -> None:
    imputed = impute_failures(np.array([np.nan, value, np.nan]))
    assert imputed[1] == value
    assert imputed[0] == imputed[2] > value
    assert standardise(imputed).v[1] < 0.0 < standardise(imputed).v[0]


def test_nothing_is_imputed_where_nothing_failed() -> None:
    y = np.array([1.0, 2.0])
    assert impute_failures(y) is y


def test_a_diverged_trial_does_not_flatten_the_others() -> None:
    y = np.array([0.1, 0.2, 0.3, 0.4, 1e12])
    np.testing.assert_allclose(clip_outliers(y), [0.1, 0.2, 0.3, 0.4, 0.3 + 20 * 0.2])


def test_values_on_a_plateau_are_not_clipped_onto_it() -> None:
    y = np.array([0.5, 0.5, 0.5, 0.9])
    np.testing.assert_array_equal(clip_outliers(y), y)


def test_only_values_whose_squares_overflow_or_vanish_are_rescaled() -> None:
    usual, factor = rescaled(np.array([1.0, np.nan, -2.0]))
    assert factor == 1.0
    assert usual[2] == -2.0
    for unit in (1e300, 1e-300):
        y, factor = rescaled(np.array([unit, -0.5 * unit, np.nan]))
        assert factor == unit
        np.testing.assert_allclose(y[:2], [1.0, -0.5])
    assert rescaled(np.zeros(3))[1] == 1.0


@pytest.mark.parametrize("unit", [1e-30, 1e-12, 1.0, 1e12])
def test_small_values_are_as_good_a_signal_as_large_ones(unit: float) -> None:
    view = standardise(unit * np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(view.v, [-np.sqrt(1.5), 0.0, np.sqrt(1.5)])


@given(y=values)
def test_a_view_has_mean_zero_and_deviation_one_and_a_way_back(y: np.ndarray) -> None:
    view = standardise(y)
    np.testing.assert_allclose(view.center + view.scale * view.v, y, atol=1e-9 * max(1.0, np.abs(y).max()))
    if view.v.any():
        assert view.v.mean() == pytest.approx(0.0, abs=1e-7)
        assert view.v.std() == pytest.approx(1.0)


def test_differences_below_rounding_are_no_signal() -> None:
    assert not standardise(np.array([1.0, 1.0 + 2e-16, 1.0])).v.any()


def test_half_rank_keeps_the_better_half_and_ranks_the_worse() -> None:
    from scipy.stats import norm  # the independent source; the package itself never imports scipy.stats

    y = np.array([5.0, 1.0, 2.0, 100.0, 3.0])  # median 3, better half 1, 2, 3
    s = np.sqrt((4.0 + 1.0 + 0.0) / 3.0)
    expected = [s * norm.ppf(3.5 / 5), -2.0, -1.0, s * norm.ppf(4.5 / 5), 0.0]
    np.testing.assert_allclose(half_rank(y), expected, rtol=1e-12)


def test_tied_values_share_their_mean_rank() -> None:
    out = half_rank(np.array([0.0, 1.0, 2.0, 7.0, 7.0]))
    assert out[3] == out[4]


@given(y=values)
def test_half_rank_never_turns_an_order_around(y: np.ndarray) -> None:
    out = half_rank(y)
    order = np.argsort(y, kind="stable")
    assert (np.diff(out[order]) >= -1e-9).all()
