"""Elliptical slice sampling of whitened hyperparameters, many particles at once.

Notation of Murray, Adams & MacKay (2010), figure 2, for a prior N(0, I):
    Z       states f, one per row
    N       the auxiliary draw nu that spans the ellipse
    t       angle theta on it, shrinking bracket [lo, hi]

Only the likelihood is needed: no gradients, no step size, nothing that can diverge.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from scriptune.search.encoding import Array

__all__ = ["LogLikelihood", "elliptical_slice"]

_MAX_TRIES = 12  # the bracket has shrunk by 2^-12 on average; a particle that still fails stays where it is

LogLikelihood = Callable[[Array, npt.NDArray[np.intp]], Array]
"""Of states (m, k) that belong to the particles with the given numbers (m,); returns (m,)."""


def elliptical_slice(Z: Array, log_likelihood: LogLikelihood, n_sweeps: int, rng: np.random.Generator) -> Array:
    """Move every particle ``n_sweeps`` times; leaves N(0, I) times the likelihood invariant.

    Args:
        Z: States, shape (P, k).
        log_likelihood: See `LogLikelihood`; a very low value for states that are impossible.
        n_sweeps: Transitions per particle.
        rng: Source of randomness.

    Returns:
        New states, shape (P, k).
    """
    P, k = Z.shape
    Z = Z.copy()
    ll = log_likelihood(Z, np.arange(P))
    N = np.empty((P, k))
    threshold, t, lo, hi = (np.empty(P) for _ in range(4))
    sweeps_left, tries = np.full(P, n_sweeps), np.zeros(P, dtype=int)

    def draw_ellipses(which: npt.NDArray[np.intp]) -> None:
        N[which] = rng.standard_normal((len(which), k))
        u, angle = rng.random((2, len(which)))
        threshold[which] = ll[which] + np.log(1.0 - u)  # 1 - u is in (0, 1]: no log of zero
        t[which] = hi[which] = 2.0 * np.pi * angle
        lo[which] = t[which] - 2.0 * np.pi
        tries[which] = 0

    moving = np.arange(P) if n_sweeps else np.arange(0)
    draw_ellipses(moving)
    # Particles do not wait for each other: anyone who is accepted begins its next sweep at once. That halves the
    # number of batches, and with few points a batch costs the same however small it is.
    while moving.size:
        angle = t[moving]
        proposal = Z[moving] * np.cos(angle)[:, None] + N[moving] * np.sin(angle)[:, None]
        ll_proposal = log_likelihood(proposal, moving)
        tries[moving] += 1
        accepted = ll_proposal > threshold[moving]
        done = moving[accepted]
        Z[done], ll[done] = proposal[accepted], ll_proposal[accepted]
        lo[moving] = np.where(angle < 0.0, angle, lo[moving])
        hi[moving] = np.where(angle >= 0.0, angle, hi[moving])
        t[moving] = lo[moving] + rng.random(moving.size) * (hi[moving] - lo[moving])
        ended = moving[accepted | (tries[moving] >= _MAX_TRIES)]
        sweeps_left[ended] -= 1
        draw_ellipses(ended[sweeps_left[ended] > 0])
        moving = moving[sweeps_left[moving] > 0]
    return Z
