"""Result types of the analyses: plain data, without numpy, because front ends read them too."""

from __future__ import annotations

from dataclasses import dataclass

from scriptune.core.parameters import Scalar
from scriptune.core.space import Params
from scriptune.core.trial import AnyFloat
from scriptune.messages import Message

__all__ = ["Calibration", "Confirmation", "ConfirmedTrial", "HistoryPoint", "Importance", "Marginal", "Surface"]


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
        note: Whether the shares are those of bands that are right, as far as so many results can tell; None for
            fewer than five.
    """

    n: int
    within_50: float | None
    within_90: float | None
    note: Message | None = None


@dataclass(frozen=True)
class ConfirmedTrial:
    """A configuration of a search that confirmations ran again.

    Attributes:
        number: Its trial in the search.
        params: The configuration, without a seed of ours.
        value: The value of that trial, which the search found; None after a re-parse that found none.
        values: Those of the runs, in their order.
        n: How many runs have a value.
        n_failed: How many ended without one.
        mean, std: Mean and standard deviation of the runs' values; None with none, with fewer than two.
        chance: The chance that it is the best of these configurations; None while nothing is known of the spread.
        optimism: By how much the search's value is better than the mean, in the metric's units; negative: worse.
    """

    number: int
    params: Params
    value: float | None
    values: list[float]
    n: int
    n_failed: int
    mean: float | None
    std: float | None
    chance: float | None
    optimism: float | None


@dataclass(frozen=True)
class Confirmation:
    """What the confirmations of a search found: all runs together.

    Attributes:
        trials: The configurations, the best mean first.
        jobs: The ids of the confirmations, oldest first.
        n_left: Runs that are not over.
        notes: What follows from it, for people.
    """

    trials: list[ConfirmedTrial]
    jobs: list[str]
    n_left: int
    notes: tuple[Message, ...] = ()


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
