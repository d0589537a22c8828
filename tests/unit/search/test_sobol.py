from __future__ import annotations

import numpy as np

from scriptune.search.sobol import _BITS, MAX_DIMENSIONS, ScrambledSobol, _direction_numbers


def test_direction_numbers_give_the_published_sequence_in_all_dimensions() -> None:
    from scipy.stats import qmc  # the independent source; the package itself never imports scipy.stats

    v = _direction_numbers(MAX_DIMENSIONS)
    expected = qmc.Sobol(MAX_DIMENSIONS, scramble=False, bits=32).random(256)
    points = np.zeros((256, MAX_DIMENSIONS), dtype=np.uint64)
    for number in range(256):
        for k in range(_BITS):
            if (number ^ (number >> 1)) >> k & 1:  # scipy goes in Gray code order
                points[number] ^= v[:, k]
    np.testing.assert_array_equal(points / 2.0**_BITS, expected)


def test_a_scrambled_sequence_has_one_point_in_every_slice() -> None:
    sobol = ScrambledSobol(20, np.random.default_rng(0))
    points = np.array([sobol.point(number) for number in range(128)])
    assert (np.sort(np.floor(points * 128), axis=0) == np.arange(128)[:, None]).all()


def test_it_covers_the_cube_more_evenly_than_independent_draws() -> None:
    from scipy.stats import qmc  # the independent source; the package itself never imports scipy.stats

    sobol = ScrambledSobol(5, np.random.default_rng(1))
    points = np.array([sobol.point(number) for number in range(64)])
    assert qmc.discrepancy(points) < 0.5 * qmc.discrepancy(np.random.default_rng(1).random((64, 5)))


def test_every_scramble_makes_each_point_uniform() -> None:
    first = np.array([ScrambledSobol(2, np.random.default_rng(seed)).point(5) for seed in range(2000)])
    np.testing.assert_allclose(first.mean(axis=0), 0.5, atol=4 * np.sqrt(1 / 12 / 2000))
    np.testing.assert_allclose(first.var(axis=0), 1 / 12, rtol=0.12)
