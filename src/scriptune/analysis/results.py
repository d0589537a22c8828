"""Result types of the analyses: plain data, without numpy, because front ends read them too."""

from __future__ import annotations

from dataclasses import dataclass

from scriptune.core.parameters import Scalar
from scriptune.core.trial import AnyFloat

__all__ = ["Calibration", "HistoryPoint", "Importance", "Marginal", "Surface"]


@dataclass(frozen=True)
class HistoryPoint:
    """One trial in the history of a job.

    Attributes:
        number: The trial.
        value: Its value; None without one.
        best: Best value of the trials up to this one; None before the first one.
    """

    number: int
    value: float | None
    best: float | None


@dataclass(frozen=True)
class Calibration:
    """How often results fell into the bands of their predictions.

    Attributes:
        n: Completed trials whose result was predicted.
        within_50: Share of them inside the 50 % band, 0.5 if the model is right about what it does not know; None
            without any.
        within_90: The same of the 90 % band.
    """

    n: int
    within_50: float | None
    within_90: float | None


@dataclass(frozen=True)
class Importance:
    """The importance of one parameter.

    Attributes:
        name: The parameter.
        mean: Share of the metric's variance over the space that it explains alone (fANOVA), mean over the trees; in
            [0, 1]. The shares of all parameters leave the rest to their interactions.
        std: Standard deviation of that share over the trees.
        good: Share in telling the best tenth of the trials from all (PED-ANOVA); the shares sum to 1. None when the
            trials hold one value of it at most, of several: then nothing is known of it, and 0 is not an answer.
    """

    name: str
    mean: float
    std: float
    good: float | None


@dataclass(frozen=True)
class Marginal:
    """The effect of one parameter, averaged over the others.

    Attributes:
        name: The parameter.
        values: Its values, in order.
        mean: Predicted metric at each, averaged over all configurations that have the parameter; in the metric's
            own units and sign.
        std: Standard deviation over the trees.
    """

    name: str
    values: list[Scalar]
    mean: list[float]
    std: list[float]


@dataclass(frozen=True)
class Surface:
    """The joint effect of two parameters, averaged over the others.

    Attributes:
        x, y: The parameters.
        x_values, y_values: Their values, in order.
        mean: Predicted metric, in its own units and sign: one row per value of y, one column per value of x; NaN, in
            JSON null, where the two values never occur together.
    """

    x: str
    y: str
    x_values: list[Scalar]
    y_values: list[Scalar]
    mean: list[list[AnyFloat]]
