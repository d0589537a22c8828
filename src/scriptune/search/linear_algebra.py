"""Matrix products, factors and inverses whose results do not depend on the number of BLAS threads.

OpenBLAS spreads work above some size over its threads, and then adds in a different order: a search resumed on a
machine with other cores, or with another OMP_NUM_THREADS, would diverge at the first suggestion where the rounding
matters (seen with 50 parameters at the 64th suggestion). Everything here is cut into pieces that it computes on one
thread. That is no loss: for matrices of this size its threads burn more than they save (70 instead of 15 ms of cpu at
n = 50 on two cores). Measured with OpenBLAS 0.3.31 on 1, 2, 4 and 8 threads; other libraries have similar limits.
"""

from __future__ import annotations

import numpy as np

from scriptune.search.encoding import Array

__all__ = ["ONE_THREAD", "cholesky", "inverse_of_lower", "matmul"]

ONE_THREAD = 2**18
"""Multiplications of a product that OpenBLAS leaves to one thread."""

_COLUMNS = 32  # fewer columns at a time make the calls dearer than the products
_ALIGNED = 64  # columns in multiples of it are computed alike in any cut
_BLOCK = 96  # rows of a matrix that is factored or inverted in one piece; its threads set in above 100


def matmul(A: Array, B: Array, out: Array | None = None) -> Array:
    """A @ B, shapes (..., m, k) and (..., k, c) with equal or missing batch dimensions.

    Args:
        A, B: The factors.
        out: Buffer for the result.
    """
    m, k = A.shape[-2:]
    c = B.shape[-1]
    if m * k * c <= ONE_THREAD:
        return np.asarray(np.matmul(A, B, out=out))
    if out is None:
        out = np.empty((*np.broadcast_shapes(A.shape[:-2], B.shape[:-2]), m, c))
    columns = ONE_THREAD // (m * k)
    if columns > _ALIGNED:
        columns -= columns % _ALIGNED
    columns = max(columns, _COLUMNS)
    rows = max(1, min(m, ONE_THREAD // (k * columns)))
    for i in range(0, m, rows):
        for j in range(0, c, columns):
            piece = out[..., i : i + rows, j : j + columns]
            np.matmul(A[..., i : i + rows, :], B[..., j : j + columns], out=piece)
    return out


def cholesky(K: Array) -> Array:
    """Lower Cholesky factors of matrices (..., n, n), of which only the lower triangles are read.

    Raises:
        LinAlgError: One of them is not positive definite.
    """
    n = K.shape[-1]
    if n <= _BLOCK:
        return np.asarray(np.linalg.cholesky(K), dtype=np.float64)
    #     | K11  .  |   | L11  0  | | L11' L21' |
    #     | K21 K22 | = | L21 L22 | | 0    L22' |
    h = n // 2
    L = np.zeros_like(K)
    L[..., :h, :h] = cholesky(K[..., :h, :h])
    L21 = matmul(K[..., h:, :h], _transposed(inverse_of_lower(L[..., :h, :h])))
    L[..., h:, :h] = L21
    L[..., h:, h:] = cholesky(K[..., h:, h:] - matmul(L21, _transposed(L21)))
    return L


def inverse_of_lower(L: Array) -> Array:
    """Inverses of lower triangular matrices (..., n, n) without zeros on the diagonal."""
    n = L.shape[-1]
    if n <= _BLOCK:
        return np.asarray(np.linalg.inv(L), dtype=np.float64)
    h = n // 2
    inverse = np.zeros_like(L)
    top, bottom = inverse_of_lower(L[..., :h, :h]), inverse_of_lower(L[..., h:, h:])
    inverse[..., :h, :h], inverse[..., h:, h:] = top, bottom
    inverse[..., h:, :h] = -matmul(matmul(bottom, L[..., h:, :h]), top)
    return inverse


def _transposed(A: Array) -> Array:
    return np.swapaxes(A, -1, -2)
