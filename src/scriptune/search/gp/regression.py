"""Gaussian process regression for P sets of hyperparameters at once.

Notation of Rasmussen & Williams (2006), chapter 2:
    n, C    training points, candidates
    K       k(X, X) + nu I, shape (P, n, n);  K = L L'
    k_*     k(X, x_*) for a candidate
    alpha   K^-1 y
    mu, v   posterior mean k_*' alpha (2.25) and variance k(x_*, x_*) - |L^-1 k_*|^2 (2.26) of the latent function

Each particle has its own y, shape (P, n): particles may see different views of the output.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scriptune.search import linear_algebra
from scriptune.search.encoding import Array
from scriptune.search.gp.kernels import MEAN_VARIANCE, Hyperparameters, gram
from scriptune.search.linear_algebra import ONE_THREAD, inverse_of_lower, matmul

__all__ = ["FAILED", "Pairs", "Posterior", "cholesky", "fit", "log_likelihood"]

FAILED = -1e30
"""Log likelihood of hyperparameters whose Gram matrix has no Cholesky factor."""

_JITTERS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)  # times the diagonal, in turn
# Candidates are predicted in chunks: of so many kernel values (512 KiB) that they stay in the cache, and of so few
# that their product with L^-1 is one piece (`linear_algebra.matmul`).
_CACHED, _MIN_CHUNK = 65_536, 32
_V_MIN = 1e-12  # at a point observed without noise v rounds to -1e-16; log sd needs it positive


@dataclass(frozen=True)
class Pairs:
    """Squared distances between n points, as the lower triangle only: half the kernel evaluations.

    Attributes:
        n: Number of points.
        D: ``(d, n (n - 1) / 2)``.
        i, j: The two points of each pair, i > j.
    """

    n: int
    D: Array
    i: npt.NDArray[np.intp]
    j: npt.NDArray[np.intp]

    @classmethod
    def of(cls, distances: Array) -> Pairs:
        """From full squared distances, shape (d, n, n)."""
        n = distances.shape[1]
        i, j = np.tril_indices(n, -1)
        return cls(n, np.ascontiguousarray(distances[:, i, j]), i, j)


def _lower_gram(hyper: Hyperparameters, pairs: Pairs, size: int, more_noise: Array | None = None) -> Array:
    """K with noise in the lower triangle of the leading n x n block, zeros elsewhere, shape (P, size, size)."""
    P = len(hyper.s2)
    K = np.zeros((P, size, size))
    flat = K.reshape(P, size * size)
    flat[:, pairs.i * size + pairs.j] = gram(hyper, pairs.D)
    diagonal = (hyper.s2 + MEAN_VARIANCE + hyper.noise)[:, None]
    flat[:, np.arange(pairs.n) * (size + 1)] = diagonal if more_noise is None else diagonal + more_noise
    return K


def cholesky(K: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Lower Cholesky factors of P matrices, of which only the lower triangles are read.

    A matrix that is not positive definite is tried again with growing jitter on its diagonal.

    Returns:
        ``(L, ok)``: factors, shape (P, n, n), identity where nothing helped; which of them are real, shape (P,).
    """
    P, n, _ = K.shape
    ok = np.ones(P, dtype=bool)
    try:
        L = linear_algebra.cholesky(K)
        if np.isfinite(L[:, -1, -1]).all():
            return L, ok
    except np.linalg.LinAlgError:
        pass
    L = np.empty_like(K)
    for p in range(P):
        diagonal = np.diag(np.diag(K[p]))
        for jitter in (0.0, *_JITTERS):
            try:
                L[p] = linear_algebra.cholesky(K[p] + jitter * diagonal)
            except np.linalg.LinAlgError:
                continue
            if np.isfinite(L[p]).all():
                break
        else:
            L[p], ok[p] = np.eye(n), False
    return L, ok


def log_likelihood(hyper: Hyperparameters, pairs: Pairs, y: Array, more_noise: Array | None = None) -> Array:
    """log p(y | X, theta) up to a constant (2.30), shape (P,); `FAILED` where K cannot be factored.

    Args:
        hyper: P sets of hyperparameters.
        pairs: Distances between the n points.
        y: Values per particle, shape (P, n).
        more_noise: Variance of each value beyond that of all, shape (P, n), all >= 0.
    """
    n = pairs.n
    # Factor K bordered by y: the last row of the factor is then (L^-1 y)', without a triangular solve, which
    # numpy does not have in batches. The corner only has to exceed |L^-1 y|^2 <= |y|^2 / noise.
    K = _lower_gram(hyper, pairs, n + 1, more_noise)
    K[:, n, :n] = y
    K[:, n, n] = 1.0 + 2.0 * np.sum(y * y, axis=1) / hyper.noise
    L, ok = cholesky(K)
    diagonal = np.diagonal(L, axis1=1, axis2=2)[:, :n]
    ll = -0.5 * np.sum(L[:, n, :n] ** 2, axis=1) - np.sum(np.log(diagonal), axis=1)
    return np.where(ok & np.isfinite(ll), ll, FAILED)


@dataclass(frozen=True)
class Posterior:
    """Posterior of P particles given n values and m pending points.

    Attributes:
        hyper: The particles.
        alpha: ``(P, n)``.
        L_inverse: ``(P, n + m, n + m)``.
        at_observed: ``(P, n)`` posterior mean at the observed points.
        at_pending: ``(P, m)`` posterior mean at the pending points.
    """

    hyper: Hyperparameters
    alpha: Array
    L_inverse: Array
    at_observed: Array
    at_pending: Array

    def predict(self, D: Array) -> tuple[Array, Array]:
        """Mean and variance at C candidates.

        Args:
            D: Squared distances per column of observed and pending points to candidates, (d, n + m, C).

        Returns:
            ``(mu, v)``, each (P, C), v > 0.
        """
        d, N, C = D.shape
        P, n = self.alpha.shape
        mu, v = np.empty((P, C)), np.empty((P, C))
        chunk = max(_MIN_CHUNK, min(_CACHED // (P * N), ONE_THREAD // (N * N)))
        buffers = np.empty((2, P * N * min(chunk, C)))
        for start in range(0, C, chunk):
            some = slice(start, min(start + chunk, C))
            c = some.stop - start
            k, work = buffers[:, : P * N * c].reshape(2, P, N * c)
            gram(self.hyper, D[:, :, some].reshape(d, N * c), out=k, work=work)
            K = k.reshape(P, N, c)
            mu[:, some] = np.matmul(self.alpha[:, None, :], K[:, :n])[:, 0]
            half = matmul(self.L_inverse, K, out=work.reshape(P, N, c))
            half *= half
            v[:, some] = half.sum(axis=1)
        v = (self.hyper.s2 + MEAN_VARIANCE)[:, None] - v
        return mu, np.maximum(v, _V_MIN)


def fit(
    hyper: Hyperparameters, distances: Array, y: Array, more_noise: Array | None = None
) -> tuple[Posterior, npt.NDArray[np.bool_]]:
    """Condition on values and pending points.

    A pending point is believed to yield its own posterior mean, particle by particle (Kriging believer,
    Ginsbourger et al. 2010): that leaves the mean as it is everywhere and shrinks the variance.

    Args:
        hyper: P sets of hyperparameters.
        distances: Squared distances per column between all points, observed first, (d, n + m, n + m).
        y: Values of the n observed points, per particle, (P, n).
        more_noise: Variance of each point's value beyond that of all, shape (P, n + m), all >= 0.

    Returns:
        The posterior, and which particles have a Cholesky factor, shape (P,).
    """
    n = y.shape[1]
    N = distances.shape[1]
    pairs = Pairs.of(distances)
    K = _lower_gram(hyper, pairs, N, more_noise)
    L, ok = cholesky(K)
    L_inverse = inverse_of_lower(L)
    top = L_inverse[:, :n, :n]
    alpha = np.einsum("pji,pj->pi", top, np.einsum("pij,pj->pi", top, y))
    noise = hyper.noise[:, None] if more_noise is None else hyper.noise[:, None] + more_noise[:, :n]
    at_observed = y - noise * alpha
    # K is stored as its lower triangle, so rows of pending points hold k(x_pending, X).
    at_pending = np.einsum("pmn,pn->pm", K[:, n:, :n], alpha)
    return Posterior(hyper, alpha, L_inverse, at_observed, at_pending), ok
