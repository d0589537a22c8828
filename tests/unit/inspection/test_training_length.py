"""inspection/training_length.py: the proposal for ``max_step``."""

from __future__ import annotations

import pytest

from scriptune.inspection.training_length import training_length


@pytest.mark.parametrize(
    ("n_values", "last_step", "expected"),
    [(52, None, 52), (52, 51.0, 51), (10, 5000.0, 5000), (1, None, None), (2, 100.0, None), (3, 0.2, 1)],
)
def test_it_is_the_last_step_or_the_number_of_values(
    n_values: int, last_step: float | None, expected: int | None
) -> None:
    assert training_length(n_values, last_step) == expected
