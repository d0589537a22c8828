"""engine/stopping_summary.py: the interval of the rule's errors."""

from __future__ import annotations

import math

import pytest

from scriptune.engine.stopping_summary import wilson_interval


@pytest.mark.parametrize(("k", "n"), [(0, 5), (1, 4), (5, 10), (3, 3)])
def test_the_interval_holds_the_shares_that_are_not_rejected(k: int, n: int) -> None:
    """Its bounds are the shares p for which k / n is 1.645 standard errors of p away."""
    low, high = wilson_interval(k, n)
    assert 0.0 <= low <= k / n <= high <= 1.0
    for bound in (low, high):
        if 1e-9 < bound < 1.0 - 1e-9:
            assert math.isclose(abs(k / n - bound), 1.6449 * math.sqrt(bound * (1.0 - bound) / n), abs_tol=1e-9)
