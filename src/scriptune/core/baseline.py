"""The baseline of a job: whether its trial 0 is one to compare the best trial with, and how much better that is."""

from __future__ import annotations

from scriptune.core.first_points import Origin
from scriptune.core.job import Baseline, Goal, SearchJob
from scriptune.core.space import params_key
from scriptune.core.trial import Phase, Trial
from scriptune.messages import Message

__all__ = ["baseline_of", "rounded"]


def baseline_of(job: SearchJob, trial: Trial | None, best: Trial | None) -> Baseline | None:
    """The baseline of a job; None while it has no value, and when trial 0 is nothing that anybody would run.

    Args:
        job: The job.
        trial: Its trial 0.
        best: Its best trial.
    """
    kind = None if trial is None else _kind(job, trial)
    if trial is None or kind is None or trial.value is None or best is None or best.value is None:
        return None
    gain = max(0.0, (trial.value - best.value) * job.goal.sign)
    what = Message("gain.defaults") if kind == "defaults" else Message("gain.usual")
    if gain <= 0:
        said = Message("gain.none", what=what, number=trial.number)
    elif _is_share(job, trial.value, best.value):
        factor = 1 if _unit(job) == "%" else 100
        said = Message("gain.points", by=rounded(gain * factor, 2), what=what, number=trial.number)
    else:
        said = Message("gain.better", by=rounded(gain, 3), what=what, number=trial.number)
    return Baseline(trial.number, trial.value, kind, gain, said)


def _kind(job: SearchJob, trial: Trial) -> str | None:
    if job.confirms is not None:
        return None  # its trials are no search: their mean says more than their best
    if not job.first_points:
        # Of a job of 0.1.0: what has no default was drawn for trial 0, which makes it no one's own configuration.
        is_default = trial.suggestion is not None and trial.suggestion.phase is Phase.DEFAULT
        entries = job.document.get("parameters", {}).values() if is_default else ()
        searched = [entry for entry in entries if entry.get("value") is None]
        return "defaults" if searched and all(entry.get("default") is not None for entry in searched) else None
    first = job.first_points[0]
    if params_key(first.params) != params_key(trial.params):
        return None
    if first.has_defaults:
        return "defaults"
    return "usual" if Origin.USUAL in first.origin.values() else None


def rounded(gain: float, n_digits: int) -> str:
    """Format a difference with so many significant digits, and no exponent below a million: ``100``, not ``1e+02``."""
    return f"{float(f'{gain:.{n_digits}g}'):g}"


def _unit(job: SearchJob) -> str:
    unit = job.units.get(job.metric)
    return unit.unit if unit else ""


def _is_share(job: SearchJob, *values: float) -> bool:
    """Whether differences are read as percentage points: of accuracies and the like."""
    return _unit(job) == "%" or (job.goal is Goal.MAXIMIZE and all(0 <= value <= 1 for value in values))
