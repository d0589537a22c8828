"""The baseline of a job: what anyone would have run without a search, and how much better the best trial is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scriptune.core.first_points import FirstPoint, Origin
from scriptune.core.job import Baseline, Goal, SearchJob
from scriptune.core.space import params_key
from scriptune.core.trial import Phase, Trial
from scriptune.messages import Message

__all__ = ["baseline_of", "compared_numbers", "rounded"]


def compared_numbers(job: SearchJob) -> Sequence[int]:
    """The trials that may be the program as it is, or usual values: the first ones, behind enqueued params."""
    starts = job.document.get("search", {}).get("start_with") or ()
    n_enqueued = sum(start.get("value") is None for start in starts)
    return sorted({0, *range(n_enqueued, n_enqueued + len(job.first_points))})


def baseline_of(job: SearchJob, trials: Iterable[Trial], best: Trial | None) -> Baseline | None:
    """The baseline of a job; None while it has no value, and when its first trials are no one's choice.

    That is the program as it is, else usual values, else what the user enqueued as the first trial.

    Args:
        job: The job.
        trials: Its trials of `compared_numbers`.
        best: Its best trial.
    """
    if best is None or best.value is None or job.confirms is not None:
        return None  # the trials of a confirmation are no search: their mean says more than their best
    found: dict[str, Trial] = {}
    for trial in sorted(trials, key=lambda trial: trial.number):
        kind = _kind(job, trial)
        if kind is not None and trial.value is not None:
            found.setdefault(kind, trial)
    kind = next((kind for kind in ("defaults", "usual", "enqueued") if kind in found), None)
    if kind is None:
        return None
    trial = found[kind]
    assert trial.value is not None
    gain = _gain(job, trial, best)
    what = _what(kind)
    if gain <= 0:
        said = Message("gain.none", what=what, number=trial.number)
    elif _is_share(job, trial.value, best.value):
        said = Message("gain.points", by=_points(job, gain), what=what, number=trial.number)
    else:
        said = Message("gain.better", by=rounded(gain, 3), what=what, number=trial.number)
    return Baseline(trial.number, trial.value, kind, gain, said, _against_both(job, found, best))


def _what(kind: str) -> Message:
    if kind == "defaults":
        return Message("gain.defaults")
    return Message("gain.usual") if kind == "usual" else Message("gain.enqueued")


def _against_both(job: SearchJob, found: dict[str, Trial], best: Trial) -> Message | None:
    """How much better the best trial is than usual values and than the defaults; None unless it beats both."""
    if not {"usual", "defaults"} <= found.keys():
        return None
    gains = [_gain(job, found[kind], best) for kind in ("usual", "defaults")]
    if min(gains) <= 0:
        return None
    usual, defaults = (_difference(job, found[kind], best) for kind in ("usual", "defaults"))
    if Origin.YOURS in job.first_points[0].origin.values():
        return Message("gain.both_yours", usual=usual, defaults=defaults)
    return Message("gain.both", usual=usual, defaults=defaults)


def _gain(job: SearchJob, trial: Trial, best: Trial) -> float:
    assert trial.value is not None
    assert best.value is not None
    return max(0.0, (trial.value - best.value) * job.goal.sign)


def _difference(job: SearchJob, trial: Trial, best: Trial) -> str | Message:
    assert trial.value is not None
    assert best.value is not None
    gain = _gain(job, trial, best)
    is_share = _is_share(job, trial.value, best.value)
    return Message("gain.n_points", by=_points(job, gain)) if is_share else rounded(gain, 3)


def _points(job: SearchJob, gain: float) -> str:
    return rounded(gain * (1 if _unit(job) == "%" else 100), 2)


def _kind(job: SearchJob, trial: Trial) -> str | None:
    phase = None if trial.suggestion is None else trial.suggestion.phase
    if not job.first_points:
        # Of a job of 0.1.0: what has no default was drawn for trial 0, which makes it no one's own configuration.
        entries = job.document.get("parameters", {}).values() if phase is Phase.DEFAULT else ()
        searched = [entry for entry in entries if entry.get("value") is None]
        if searched and all(entry.get("default") is not None for entry in searched):
            return "defaults"
    key = params_key(trial.params)
    point = next((point for point in job.first_points if params_key(point.params) == key), None)
    if point is not None and (kind := _kind_of(point, is_first=point is job.first_points[0])) is not None:
        return kind
    return "enqueued" if trial.number == 0 and phase is Phase.ENQUEUED else None


def _kind_of(point: FirstPoint, *, is_first: bool) -> str | None:
    if is_first and point.has_defaults:
        return "defaults"
    origins = set(point.origin.values())
    return "usual" if Origin.USUAL in origins and Origin.EARLIER not in origins else None


def rounded(gain: float, n_digits: int) -> str:
    """Format a difference with so many significant digits, and no exponent below a million: ``100``, not ``1e+02``."""
    return f"{float(f'{gain:.{n_digits}g}'):g}"


def _unit(job: SearchJob) -> str:
    unit = job.units.get(job.metric)
    return unit.unit if unit else ""


def _is_share(job: SearchJob, *values: float) -> bool:
    """Whether differences are read as percentage points: of accuracies and the like."""
    return _unit(job) == "%" or (job.goal is Goal.MAXIMIZE and all(0 <= value <= 1 for value in values))
