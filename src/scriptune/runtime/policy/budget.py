"""The budget of a search in full trainings: what its attempts have cost."""

from __future__ import annotations

from collections.abc import Iterable

from scriptune.core.job import JobSpec, SearchJob

__all__ = ["budget_of", "cost"]


def budget_of(job: SearchJob, spec: JobSpec) -> float | None:
    """The whole budget in full trainings; None if it is one of trials, as always without early stopping."""
    if spec.search.budget is None or spec.stopping.rule == "none":
        return None
    return spec.search.budget + job.extra_trials


def cost(lengths: Iterable[float], max_step: float | None) -> float:
    """What attempts cost, in full trainings.

    Args:
        lengths: How long each was, in steps.
        max_step: Length of a training; while it is not known, each attempt costs a whole one.
    """
    return sum(min(1.0, length / max_step) if max_step else 1.0 for length in lengths)
