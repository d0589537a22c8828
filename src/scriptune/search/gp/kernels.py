"""The covariance function, its hyperparameters and their priors.

Notation:
    P       particles: sets of hyperparameters that are handled together
    d       columns of the encoding that vary
    D_j     squared distance of two points in column j (`Encoding.column_distances`)
    l_j     length scale of column j;  w_j = 1 / l_j^2
    s2, nu  variance of the varying part, variance of the observation noise
    r^2     sum_j D_j / l_j^2

    k(x, x') = s2 * M52(r) + 1,   M52(r) = (1 + sqrt5 r + 5 r^2 / 3) exp(-sqrt5 r)

(Rasmussen & Williams 2006, eq. 4.17). The 1 is a N(0, 1) prior on the constant mean of standardised values.

All hyperparameters are positive and have log-normal priors. Inference works on the whitened vector z,
theta = mu + sd z with z ~ N(0, I), theta = (log l_1 .. log l_d, log nu, log s2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scriptune.search.encoding import Array, Encoding
from scriptune.search.linear_algebra import matmul

__all__ = ["MEAN_VARIANCE", "Hyperparameters", "Prior", "gram", "matern52"]

MEAN_VARIANCE = 1.0
"""Prior variance of the constant mean, in standardised units."""

# Medians and sd of the logs, docs/algorithms/bayes.md. sqrt(d): Hvarfner et al. (2024); their median 4.1 sqrt(d) and a
# wider prior were worse at 20 trials.
_LENGTH_MEDIAN, _CATEGORY_MEDIAN, _LENGTH_SD = 0.6, 0.9, 0.8
_NOISE_MEDIAN, _NOISE_SD = 1e-3, 1.5
_S2_MEDIAN, _S2_SD = 1.0, 0.5
_NOISE_FLOOR = 1e-6  # keeps a Gram matrix with repeated points positive definite


@dataclass(frozen=True)
class Hyperparameters:
    """P sets of hyperparameters.

    Attributes:
        w: ``(P, d)`` inverse squared length scales.
        noise: ``(P,)`` observation noise variance, floor included.
        s2: ``(P,)`` variance of the varying part.
    """

    w: Array
    noise: Array
    s2: Array

    def __getitem__(self, which: slice) -> Hyperparameters:
        """Select hyperparameter sets by index."""
        return Hyperparameters(self.w[which], self.noise[which], self.s2[which])


@dataclass(frozen=True)
class Prior:
    """Normal priors of theta.

    Attributes:
        mean, sd: ``(d + 2,)``, order log l, log nu, log s2.
    """

    mean: Array
    sd: Array

    @classmethod
    def for_encoding(cls, encoding: Encoding, *, with_step: bool = False) -> Prior:
        """The priors for the varying columns of an encoding.

        Args:
            encoding: The encoding.
            with_step: Whether one more column follows them: the logarithm of the step (`joint`).
        """
        is_category = encoding.is_category[encoding.varying]
        if with_step:
            is_category = np.append(is_category, False)
        d = max(len(is_category), 1)
        median = np.where(is_category, _CATEGORY_MEDIAN, _LENGTH_MEDIAN) * np.sqrt(d)
        return cls(
            mean=np.concatenate([np.log(median), np.log([_NOISE_MEDIAN, _S2_MEDIAN])]),
            sd=np.concatenate([np.full(len(is_category), _LENGTH_SD), [_NOISE_SD, _S2_SD]]),
        )

    def unwhiten(self, Z: Array) -> Hyperparameters:
        """Convert whitened vectors Z, shape (P, d + 2), to hyperparameters."""
        theta = self.mean + self.sd * Z
        return Hyperparameters(
            w=np.exp(-2.0 * theta[:, :-2]), noise=np.exp(theta[:, -2]) + _NOISE_FLOOR, s2=np.exp(theta[:, -1])
        )


def matern52(R2: Array, out: Array | None = None, work: Array | None = None) -> Array:
    """M52 of squared scaled distances r^2, any shape; 1 at 0.

    ``out`` (may be R2 itself) and ``work`` are buffers of the same shape: fresh ones cost more than the arithmetic.
    """
    out = np.multiply(R2, 5.0, out=out)
    t = np.sqrt(out, out=work)  # sqrt5 r
    out *= 1.0 / 3.0
    out += t
    out += 1.0
    np.negative(t, out=t)
    np.exp(t, out=t)
    out *= t
    return out


def gram(hyper: Hyperparameters, D: Array, out: Array | None = None, work: Array | None = None) -> Array:
    """k without noise for any list of pairs of points.

    Args:
        hyper: P sets of hyperparameters.
        D: Squared distances per column, shape (d, m).
        out: Buffer for the result.
        work: Buffer of the same shape.

    Returns:
        Shape (P, m).
    """
    R2 = matmul(hyper.w, D, out=out)
    K = matern52(R2, out=R2, work=work)
    K *= hyper.s2[:, None]
    K += MEAN_VARIANCE
    return K
