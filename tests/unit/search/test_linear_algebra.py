from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from scriptune.search.encoding import Array
from scriptune.search.linear_algebra import cholesky, inverse_of_lower, matmul

# Shapes of both sides of every limit: kernels of 6 and 12 particles, factors with and without many pending points.
PRODUCTS = [((6, 20), (20, 5000)), ((6, 50), (50, 1770)), ((12, 10), (10, 1770)), ((64, 500), (500, 201))]
BATCHES = [((2, 106, 106), (2, 106, 300)), ((2, 300, 300), (2, 300, 7)), ((3, 5, 4), (3, 4, 6)), ((2, 1, 9), (2, 9, 0))]
SIZES = [5, 96, 97, 150, 260]


def positive_definite(n: int) -> Array:
    A = np.random.default_rng(n).random((2, n, n))
    # Not A @ A': that product is BLAS's, and on some processors the matrix itself would depend on the threads.
    return np.asarray(np.einsum("pik,pjk->pij", A, A) + np.eye(n))


def everything() -> list[str]:
    rng = np.random.default_rng(0)
    products = [matmul(rng.random(a), rng.random(b)) for a, b in PRODUCTS + BATCHES]
    factors = [cholesky(positive_definite(n)) for n in SIZES]
    return [array.tobytes().hex() for array in (*products, *factors, *map(inverse_of_lower, factors))]


def test_products_cut_into_pieces_are_the_products() -> None:
    rng = np.random.default_rng(1)
    for a, b in PRODUCTS + BATCHES:
        A, B = rng.random(a), rng.random(b)
        out = np.empty((*a[:-1], b[-1]))
        assert matmul(A, B, out=out) is out
        np.testing.assert_allclose(out, np.einsum("...mk,...kc->...mc", A, B), rtol=1e-12)
        np.testing.assert_array_equal(matmul(A, B), out)


@pytest.mark.parametrize("n", SIZES)
def test_factors_and_inverses_of_blocks_are_those_of_the_whole(n: int) -> None:
    K = positive_definite(n)
    L = cholesky(np.tril(K))  # the upper triangle is not read
    # Factors of size 10 with condition numbers near 1e5.
    np.testing.assert_allclose(L, np.linalg.cholesky(K), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(inverse_of_lower(L) @ L, np.tile(np.eye(n), (2, 1, 1)), atol=1e-9)


@pytest.mark.parametrize("n", [4, 150])
def test_an_indefinite_matrix_is_refused_in_any_block(n: int) -> None:
    K = positive_definite(n)
    K[1, n - 1, n - 1] = -1.0
    with pytest.raises(np.linalg.LinAlgError):
        cholesky(K)


def test_the_number_of_threads_changes_no_digit() -> None:
    """A search of 50 parameters that was resumed on a machine with other cores asked something else."""
    code = "import json, test_linear_algebra as t; print(json.dumps(t.everything()))"
    results = []
    for threads in ("1", "2", "5"):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([os.path.dirname(__file__), *sys.path])}
        environment |= {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment).stdout
        results.append(json.loads(printed))
    assert results[0] == results[1] == results[2]
