"""Scrambled Sobol sequences with random access by index.

Notation of Joe & Kuo (2008), "Constructing Sobol sequences with better two-dimensional projections":
    p_j     primitive polynomial of dimension j over GF(2), as its coefficients' bits
    m_k     initial direction numbers, odd and below 2^k
    v_k     direction numbers m_k / 2^k as integers of _BITS bits
The scramble is Matousek's (1998) random linear matrix scramble with a random digital shift: points stay a
(t, m, s)-net and each is uniform. Written here because importing scipy.stats costs 0.6 s.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["MAX_DIMENSIONS", "ScrambledSobol"]

_BITS = 32  # numbers up to 2^32 - 1; beyond that points repeat

# p_j: m_1 m_2 ... of dimensions 2 to 64 (new-joe-kuo-6.21201); dimension 1 is van der Corput's sequence.
_TABLE = """
    3: 1; 7: 1 3; 11: 1 3 1; 13: 1 1 1; 19: 1 1 3 3; 25: 1 3 5 13; 37: 1 1 5 5 17; 41: 1 1 5 5 5
    47: 1 1 7 11 19; 55: 1 1 5 1 1; 59: 1 1 1 3 11; 61: 1 3 5 5 31; 67: 1 3 3 9 7 49; 91: 1 1 1 15 21 21
    97: 1 3 1 13 27 49; 103: 1 1 1 15 7 5; 109: 1 3 1 15 13 25; 115: 1 1 5 5 19 61; 131: 1 3 7 11 23 15 103
    137: 1 3 7 13 13 15 69; 143: 1 1 3 13 7 35 63; 145: 1 3 5 9 1 25 53; 157: 1 3 1 13 9 35 107
    167: 1 3 1 5 27 61 31; 171: 1 1 5 11 19 41 61; 185: 1 3 5 3 3 13 69; 191: 1 1 7 13 1 19 1
    193: 1 3 7 5 13 19 59; 203: 1 1 3 9 25 29 41; 211: 1 3 5 13 23 1 55; 213: 1 3 7 3 13 59 17
    229: 1 3 1 3 5 53 69; 239: 1 1 5 5 23 33 13; 241: 1 1 7 7 1 61 123; 247: 1 1 7 9 13 61 49
    253: 1 3 3 5 3 55 33; 285: 1 3 1 15 31 13 49 245; 299: 1 3 5 15 31 59 63 97; 301: 1 3 1 11 11 11 77 249
    333: 1 3 1 11 27 43 71 9; 351: 1 1 7 15 21 11 81 45; 355: 1 3 7 3 25 31 65 79; 357: 1 3 1 1 19 11 3 205
    361: 1 1 5 9 19 21 29 157; 369: 1 3 7 11 1 33 89 185; 391: 1 3 3 3 15 9 79 71
    397: 1 3 7 11 15 39 119 27; 425: 1 1 3 1 11 31 97 225; 451: 1 1 1 3 23 43 57 177
    463: 1 3 7 7 17 17 37 71; 487: 1 3 1 5 27 63 123 213; 501: 1 1 3 5 11 43 53 133
    529: 1 3 5 5 29 17 47 173 479; 539: 1 3 3 11 3 1 109 9 69; 545: 1 1 1 5 17 39 23 5 343
    557: 1 3 1 5 25 15 31 103 499; 563: 1 1 1 11 11 17 63 105 183; 601: 1 1 5 11 9 29 97 231 363
    607: 1 1 5 15 19 45 41 7 383; 617: 1 3 7 7 31 19 83 137 221; 623: 1 1 1 3 23 15 111 223 83
    631: 1 1 5 13 31 15 55 25 161; 637: 1 1 3 13 25 47 39 87 257
"""
MAX_DIMENSIONS = 1 + _TABLE.count(":")
"""Dimensions the table covers; a user of more fills the rest with independent uniform numbers."""


class ScrambledSobol:
    """A scrambled Sobol sequence.

    Args:
        d: Dimensions, up to `MAX_DIMENSIONS`.
        rng: Source of the scramble.
    """

    def __init__(self, d: int, rng: np.random.Generator) -> None:
        assert d <= MAX_DIMENSIONS, d
        # Lower triangular bit matrices with ones on the diagonal, one per dimension.
        below = np.tril(rng.integers(0, 2, size=(d, _BITS, _BITS)), -1) + np.eye(_BITS, dtype=np.int64)
        columns = _bits(_direction_numbers(d))  # (d, k, bit): v_k of each dimension, most significant bit first
        self._v = _pack(np.einsum("jbc,jkc->jkb", below, columns) % 2)
        self._shift = rng.integers(0, 2**_BITS, size=d, dtype=np.uint64)

    def point(self, number: int) -> npt.NDArray[np.float64]:
        """Point ``number`` (from 0), shape (d,), in [0, 1)."""
        x = self._shift.copy()
        for k in range(_BITS):
            if number >> k & 1:
                x ^= self._v[:, k]
        return x / 2.0**_BITS

    def points(self, first: int, n: int) -> npt.NDArray[np.float64]:
        """Points ``first`` to ``first + n - 1``, shape (n, d)."""
        numbers = np.arange(first, first + n, dtype=np.uint64)
        x = np.repeat(self._shift[None], n, axis=0)
        for k in range(_BITS):
            x[(numbers >> np.uint64(k) & np.uint64(1)) == 1] ^= self._v[:, k]
        return np.asarray(x / 2.0**_BITS)


def _direction_numbers(d: int) -> npt.NDArray[np.uint64]:
    """The direction numbers v_k of every dimension, shape (d, _BITS)."""
    v = np.zeros((d, _BITS), dtype=np.uint64)
    rows = _TABLE.replace("\n", ";").split(";")
    table = [row.split(":") for row in rows if row.strip()]
    for j in range(d):
        polynomial, m = (
            (1, [1] * _BITS) if j == 0 else (int(table[j - 1][0]), [int(x) for x in table[j - 1][1].split()])
        )
        s = polynomial.bit_length() - 1
        for k in range(len(m), _BITS):  # the recurrence of eq. 3, with k counted from 0
            new = m[k - s] ^ (m[k - s] << s)
            for i in range(1, s):
                if polynomial >> (s - i) & 1:
                    new ^= m[k - i] << i
            m.append(new)
        v[j] = [m[k] << (_BITS - 1 - k) for k in range(_BITS)]
    return v


def _bits(v: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Bits of each number along a new last axis, most significant first."""
    places = np.arange(_BITS - 1, -1, -1, dtype=np.uint64)
    return ((v[..., None] >> places) & np.uint64(1)).astype(np.int64)


def _pack(bits: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Inverse of `_bits`."""
    places = np.arange(_BITS - 1, -1, -1, dtype=np.uint64)
    return np.asarray((bits.astype(np.uint64) << places).sum(axis=-1, dtype=np.uint64))
