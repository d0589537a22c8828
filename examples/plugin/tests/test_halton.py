"""The sampler keeps scriptune's contract, and its points are Halton's."""

from __future__ import annotations

from itertools import pairwise

import pytest
from scriptune_example.halton import HaltonOptions, HaltonSampler

from scriptune import Float, SearchSpace
from scriptune.testing.samplers import SamplerContract

SQUARE = SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)})


class TestHalton(SamplerContract):
    sampler, beats_random = "halton", False


def test_points_differ_from_each_other_as_in_the_sequence_of_bases_2_and_3() -> None:
    points = [HaltonSampler(SQUARE, 0, HaltonOptions(skip=0)).ask(number) for number in range(4)]
    steps = {name: [(b[name] - a[name]) % 1.0 for a, b in pairwise(points)] for name in SQUARE}
    # Points 1 to 4: 1/2, 1/4, 3/4, 1/8 and 1/3, 2/3, 1/9, 4/9.
    assert steps["x"] == pytest.approx([3 / 4, 1 / 2, 3 / 8])
    assert steps["y"] == pytest.approx([1 / 3, 4 / 9, 1 / 3])


def test_any_nine_points_in_a_row_leave_no_third_of_a_side_empty() -> None:
    sampler = HaltonSampler(SQUARE, 3)
    for name in SQUARE:
        assert {int(3 * sampler.ask(number)[name]) for number in range(40, 49)} == {0, 1, 2}
