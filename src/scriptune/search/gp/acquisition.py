"""Acquisition functions for minimisation, as pure functions of the posteriors of P particles.

Notation of Jones, Schonlau & Welch (1998), Ament et al. (2023):
    C       candidates
    mu, v   posterior mean and variance per particle, shape (P, C), in that particle's units
    s       sqrt(v)
    best    incumbent per particle, shape (P,)
    z       (best - mu) / s
    h(z)    phi(z) + z Phi(z);  EI = s h(z)

All return shape (C,); larger is better.
"""

from __future__ import annotations

import numpy as np

from scriptune.search.encoding import Array
from scriptune.search.normal import erfcx, log_ndtr, ndtr

__all__ = ["log_expected_improvement", "log_h", "log_probability_of_improvement", "mixture", "upper_confidence"]

_LOG_SQRT_2PI = 0.5 * np.log(2.0 * np.pi)
_DIRECT = -1.0  # above, phi + z Phi has no cancellation worth mentioning
_ASYMPTOTIC = -25.0  # below, h(z) = phi(z) / z^2 to 0.5 %, and 1 - x erfcx(x) has lost its digits


def log_h(z: Array) -> Array:
    """log(phi(z) + z Phi(z)), finite for every finite z down to -1e150.

    Relative error of h below 1e-10 for z > -25, below 0.5 % beyond (where EI is below 1e-138 of s).
    """
    out = np.empty_like(z)
    direct = z > _DIRECT
    zd = z[direct]
    out[direct] = np.log(np.exp(-0.5 * zd**2 - _LOG_SQRT_2PI) + zd * ndtr(zd))
    zn = z[~direct]
    middle = np.maximum(zn, _ASYMPTOTIC)
    # h = phi (1 - |z| Phi(z) / phi(z)), and Phi(z) / phi(z) = sqrt(pi/2) erfcx(|z| / sqrt2): nothing underflows.
    ratio = -middle * np.sqrt(0.5 * np.pi) * erfcx(-middle / np.sqrt(2.0))
    log_tail = np.where(zn > _ASYMPTOTIC, np.log1p(-ratio), -2.0 * np.log(-zn))
    out[~direct] = -0.5 * zn**2 - _LOG_SQRT_2PI + log_tail
    return out


def log_expected_improvement(mu: Array, v: Array, best: Array) -> Array:
    """log of the particle-averaged EI, each particle in its own units."""
    s = np.sqrt(v)
    log_ei = log_h((best[:, None] - mu) / s) + np.log(s)
    return _log_mean_exp(log_ei)


def log_probability_of_improvement(mu: Array, v: Array, best: Array) -> Array:
    """log of the particle-averaged probability to beat the incumbent."""
    return _log_mean_exp(log_ndtr((best[:, None] - mu) / np.sqrt(v)))


def _log_mean_exp(x: Array) -> Array:
    """log of the mean of exp(x) over the first axis; x is finite."""
    top = x.max(axis=0)
    return np.asarray(top + np.log(np.exp(x - top).mean(axis=0)))


def mixture(mu: Array, v: Array) -> tuple[Array, Array]:
    """Mean and variance of the mixture of particles, each (C,) (law of total variance)."""
    mean = mu.mean(axis=0)
    return mean, np.asarray(v.mean(axis=0) + ((mu - mean) ** 2).mean(axis=0))


def upper_confidence(mu: Array, v: Array, kappa: float) -> Array:
    """kappa sqrt(V) - M with M and V of the mixture: how good a candidate may yet turn out."""
    mean, variance = mixture(mu, v)
    return np.asarray(kappa * np.sqrt(variance) - mean)
