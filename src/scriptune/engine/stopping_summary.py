"""What early stopping did in a search: steps that it saved, and how often it erred."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scriptune.core.decision import Decision, StoppingCall
from scriptune.core.job import JobSpec, SearchJob
from scriptune.engine.views import StoppingSummary
from scriptune.errors import StoppingRuleError
from scriptune.jobfile.spec import job_spec
from scriptune.messages import Message
from scriptune.runtime.history import effective_tells
from scriptune.runtime.policy.budget import cost
from scriptune.search.stopping.registry import make_stopping_rule
from scriptune.storage.base import Storage

__all__ = ["stopping_summary", "wilson_interval"]

_Z_90 = 1.6449  # of a two-sided interval that holds 90 %


def stopping_summary(storage: Storage, job: SearchJob) -> StoppingSummary:
    """What the stopping rule of a job did so far."""
    spec = job_spec(job.document)
    calls = storage.stopping_calls(job.id)
    max_step = _max_step(spec, calls)
    told = [tell for tell in effective_tells(storage.tells(job.id)) if tell.lengths]
    spent = cost((length for tell in told for length in tell.lengths), max_step)
    saved = max(0.0, 1.0 - spent / len(told)) if told else 0.0
    n_audited, n_errors = _audit(calls)
    notes = []
    if max_step is not None and spent:
        percent, times = round(100 * saved), f"{len(told) / spent:.1f}"
        notes.append(Message("stopping.saved", percent=percent, times=times, n=len(told), spent=f"{spent:.1f}"))
    if n_audited:
        low, high = (round(100 * bound) for bound in wilson_interval(n_errors, n_audited))
        notes.append(Message("stopping.audited", n=n_audited, errors=n_errors, low=low, high=high))
    return StoppingSummary(
        rule=spec.stopping.rule,
        max_step=max_step,
        rungs=_rungs(spec, max_step),
        n_stopped=len({call.number for call in calls if call.decision is Decision.STOP}),
        spent=spent,
        saved=saved,
        n_audited=n_audited,
        n_errors=n_errors,
        notes=tuple(notes),
    )


def _max_step(spec: JobSpec, calls: Sequence[StoppingCall]) -> int | None:
    """T: given, or that of the first completed trial."""
    first = next((call for call in calls if call.completed), None)
    return spec.stopping.max_step or (None if first is None else max(1, round(first.step)))


def _rungs(spec: JobSpec, max_step: int | None) -> tuple[int, ...]:
    try:
        rule = make_stopping_rule(spec.stopping.rule, max_step=max_step, seed=0, **spec.stopping.options)
    except StoppingRuleError:  # of a package that is not installed any more
        return ()
    return rule.rungs


def _audit(calls: Sequence[StoppingCall]) -> tuple[int, int]:
    """How many trials the audit let run to their ends, and how many of them were better than all before."""
    spared: set[int] = set()
    best = math.inf
    n_audited = n_errors = 0
    for call in calls:
        if call.comparison is not None and call.comparison.is_spared:
            spared.add(call.number)
        if call.completed and call.value is not None:
            if call.number in spared:
                n_audited += 1
                n_errors += call.value < best
            best = min(best, call.value)
    return n_audited, n_errors


def wilson_interval(k: int, n: int) -> tuple[float, float]:
    """The 90 % interval of a share of which k of n were seen (Wilson 1927); n above 0."""
    z2 = _Z_90**2
    centre = (k + z2 / 2) / (n + z2)
    half = _Z_90 / (n + z2) * math.sqrt(k * (n - k) / n + z2 / 4)
    # At the ends rounding would leave 1e-17 of nothing.
    return max(0.0, centre - half) if k else 0.0, min(1.0, centre + half) if k < n else 1.0
