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

__all__ = ["elliptical_slice"]

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
    P = len(Z)
    ll = log_likelihood(Z, np.arange(P))
    for _ in range(n_sweeps):
        N = rng.standard_normal(Z.shape)
        threshold = ll + np.log(1.0 - rng.random(P))  # 1 - u is in (0, 1]: no log of zero
        t = 2.0 * np.pi * rng.random(P)
        lo, hi = t - 2.0 * np.pi, t.copy()
        Z = Z.copy()
        moving = np.arange(P)
        for _ in range(_MAX_TRIES):
            proposal = Z[moving] * np.cos(t[moving])[:, None] + N[moving] * np.sin(t[moving])[:, None]
            ll_proposal = log_likelihood(proposal, moving)
            accepted = ll_proposal > threshold[moving]
            done = moving[accepted]
            Z[done], ll[done] = proposal[accepted], ll_proposal[accepted]
            moving = moving[~accepted]
            if not moving.size:
                break
            angle = t[moving]
            lo[moving] = np.where(angle < 0.0, angle, lo[moving])
            hi[moving] = np.where(angle >= 0.0, angle, hi[moving])
            t[moving] = lo[moving] + rng.random(moving.size) * (hi[moving] - lo[moving])
    return Z
