"""The normal distribution for arrays, in numpy alone.

    ndtr(z)      Phi(z), the distribution function
    log_ndtr(z)  log Phi(z), finite far into the lower tail
    ndtri(p)     the inverse of Phi
    erfcx(x)     exp(x^2) erfc(x) for x >= 0

Written here because importing scipy.special more than doubles the start-up time of a sampler. Rational
approximations of W. J. Cody (1969, "Rational Chebyshev approximations for the error function"; the scheme of his
CALERF) and M. J. Wichura (1988, algorithm AS 241); relative errors below 1e-14 where not said otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scriptune.search.encoding import Array

__all__ = ["erfcx", "log_ndtr", "ndtr", "ndtri"]

_SQRT_HALF = np.sqrt(0.5)
_INV_SQRT_PI = 1.0 / np.sqrt(np.pi)

# Cody: erf on [0, 0.46875], erfcx on [0.46875, 4], x erfcx - 1/sqrt(pi) in 1/x^2 beyond. Highest power first.
_SMALL, _MEDIUM = 0.46875, 4.0
_ERF_P = (
    *(1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2),
    3.20937758913846947e3,
)
_ERF_Q = (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3)
_ERFCX_P = (
    *(2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1),
    *(2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3),
    1.23033935479799725e3,
)
_ERFCX_Q = (
    *(1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3),
    *(3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
)
_TAIL_P = (
    *(1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1),
    *(1.60837851487422766e-2, 6.58749161529837803e-4),
)
_TAIL_Q = (
    *(1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1),
    *(6.05183413124413191e-2, 2.33520497626869185e-3),
)

# Wichura: |p - 1/2| <= 0.425; r = sqrt(-log(min(p, 1 - p))) up to 5; beyond. Highest power first.
_CENTRAL, _FAR = 0.425, 5.0
_CENTRAL_P = (
    *(2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4),
    *(1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0),
)
_CENTRAL_Q = (
    *(5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4),
    *(5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0),
)
_NEAR_P = (
    *(7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0),
    *(3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0),
)
_NEAR_Q = (
    *(1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1),
    *(6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0),
)
_FAR_P = (
    *(2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2),
    *(2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0),
)
_FAR_Q = (
    *(2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4),
    *(1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0),
)


def _ratio(x: Array, p: Sequence[float], q: Sequence[float]) -> Array:
    """p(x) / q(x), coefficients from the highest power."""
    above, below = np.full_like(x, p[0]), np.full_like(x, q[0])
    for coefficient in p[1:]:
        above *= x
        above += coefficient
    for coefficient in q[1:]:
        below *= x
        below += coefficient
    above /= below
    return above


def erfcx(x: Array) -> Array:
    """exp(x^2) erfc(x) for x >= 0, any shape; no overflow or underflow below 1e300."""
    x = np.asarray(x, dtype=np.float64)
    out = np.empty_like(x)
    small, large = x <= _SMALL, x > _MEDIUM
    medium = ~(small | large)
    if medium.any():
        out[medium] = _ratio(x[medium], _ERFCX_P, _ERFCX_Q)
    if small.any():
        xs = x[small]
        out[small] = np.exp(xs * xs) * (1.0 - xs * _ratio(xs * xs, _ERF_P, _ERF_Q))
    if large.any():
        xl = x[large]
        u = (1.0 / xl) ** 2
        out[large] = (_INV_SQRT_PI - u * _ratio(u, _TAIL_P, _TAIL_Q)) / xl
    return out


def _lower(z: Array) -> Array:
    """Phi(-|z|)."""
    return np.asarray(0.5 * np.exp(-0.5 * z * z) * erfcx(np.abs(z) * _SQRT_HALF))


def ndtr(z: Array) -> Array:
    """Phi(z), any shape. Below z = -5 the relative error grows like 1e-16 z^2; below -38 the result is 0."""
    z = np.asarray(z, dtype=np.float64)
    lower = _lower(z)
    return np.where(z < 0.0, lower, 1.0 - lower)


def log_ndtr(z: Array) -> Array:
    """log Phi(z), any shape; finite for every z > -1e150."""
    z = np.asarray(z, dtype=np.float64)
    tail = np.log(0.5 * erfcx(np.abs(z) * _SQRT_HALF)) - 0.5 * z * z
    return np.where(z < 0.0, tail, np.log1p(-np.exp(tail)))


def ndtri(p: Array) -> Array:
    """The z with Phi(z) = p, any shape, for 0 < p < 1; -inf at 0 and inf at 1."""
    p = np.asarray(p, dtype=np.float64)
    q = p - 0.5
    out = np.empty_like(p)
    central = np.abs(q) <= _CENTRAL
    if central.any():
        qc = q[central]
        out[central] = qc * _ratio(_CENTRAL * _CENTRAL - qc * qc, _CENTRAL_P, _CENTRAL_Q)
    if not central.all():
        tail = ~central
        least = np.minimum(p[tail], 1.0 - p[tail])
        with np.errstate(divide="ignore"):
            r = np.sqrt(-np.log(least))
        finite = np.minimum(r, 1e3)  # the infinity at 0 and 1 would be a quotient of infinities
        z = np.where(r <= _FAR, _ratio(finite - 1.6, _NEAR_P, _NEAR_Q), _ratio(finite - _FAR, _FAR_P, _FAR_Q))
        out[tail] = np.copysign(np.where(np.isinf(r), np.inf, z), q[tail])
    return out
