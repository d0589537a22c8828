"""How a search went, and its live events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from scriptune.api.schemas.answer import Answer, Scalar
from scriptune.core.trial import TrialState

__all__ = ["Curve", "Event", "HistoryPoint", "ImportanceRow", "Marginal", "Surface"]


class HistoryPoint(Answer):
    """One trial in the history of a job."""

    number: int
    value: float | None
    best: float | None = Field(description="Best value of the trials up to this one.")


class ImportanceRow(Answer):
    """How much a parameter mattered."""

    name: str
    mean: float = Field(description="Share of the metric's variance that it explains alone (fANOVA).")
    std: float
    good: float | None = Field(
        description="Share in telling good trials from the rest (PED-ANOVA). Null when the trials hold one value of "
        "it at most: then nothing is known of it."
    )


class Marginal(Answer):
    """The effect of one parameter, averaged over the others."""

    name: str
    values: list[Scalar]
    mean: list[float]
    std: list[float]


class Surface(Answer):
    """The model's prediction over two parameters, averaged over the others."""

    x: str
    y: str
    x_values: list[Scalar]
    y_values: list[Scalar]
    mean: list[list[float]] = Field(description="One row per value of y, one column per value of x.")


class Curve(Answer):
    """The learning curve of a trial, thinned."""

    number: int
    state: TrialState
    value: float | None
    n_reports: int = Field(description="Values captured, before thinning.")
    steps: list[float]
    values: list[float | None]


class Event(Answer):
    """One line of a job's event log; the `data` of a server-sent event."""

    job_id: str
    seq: int = Field(description="The event's id: from 1 per job; in `/events` counted over all jobs.")
    at: datetime
    kind: str = Field(description="`job`, `trial` or `reports`.")
    number: int | None = Field(description="The trial.")
    data: dict[str, Any] = Field(description="What changed.")
