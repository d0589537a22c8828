"""The data of events, and the validation of changes, shared by all storages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from scriptune.core.decision import Comparison, Decision, StoppingCall
from scriptune.core.job import JOB_TRANSITIONS, Event, JobState, SearchJob
from scriptune.core.trial import ENDED, Report, Trial, TrialState, check_transition
from scriptune.errors import ConflictError
from scriptune.messages import Message
from scriptune.storage.rows import encode_message, encode_units, finite_or_name

__all__ = [
    "change_data",
    "check_job_change",
    "check_trial_change",
    "is_event",
    "job_data",
    "notices_data",
    "reports_data",
    "stopping_call",
    "stopping_data",
    "trial_data",
    "units_data",
    "utc_now",
]


def utc_now() -> datetime:
    """The current time, aware and in UTC."""
    return datetime.now(UTC)


def job_data(job: SearchJob) -> dict[str, Any]:
    """Data of a ``job`` event."""
    return {"state": str(job.state), "message": job.message, "reason": encode_message(job.reason)}


def notices_data(job: SearchJob) -> dict[str, Any]:
    """Data of a ``notices`` event: all current notices of the job."""
    return {"notices": [encode_message(notice) for notice in job.notices]}


def units_data(job: SearchJob) -> dict[str, Any]:
    """Data of a ``units`` event: the current units of all metrics, and the log lines that determined them."""
    return {"units": encode_units(job.units) or {}}


def change_data(by: str, changes: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    """Data of a ``change`` event: who changed what, as ``{"parallel": [2, 6]}``."""
    return {"by": by, "changes": {name: list(pair) for name, pair in changes.items()}}


def trial_data(trial: Trial) -> dict[str, Any]:
    """Data of a ``trial`` event."""
    cause = None if trial.cause is None else str(trial.cause)
    return {"state": str(trial.state), "value": trial.value, "cause": cause, "attempt": trial.n_attempts}


def reports_data(attempt: int, reports: Sequence[Report]) -> dict[str, Any]:
    """Data of a ``reports`` event: per metric the number of new values and the last ``[step, value]``.

    A value that is not finite is stored as ``"nan"``, ``"inf"`` or ``"-inf"``, as JSON has no such numbers.
    """
    metrics: dict[str, dict[str, Any]] = {}
    for report in reports:
        entry = metrics.setdefault(report.metric, {"n": 0, "last": []})
        entry["n"] += 1
        entry["last"] = [report.step, finite_or_name(report.value)]
    return {"attempt": attempt, "metrics": metrics}


def stopping_data(call: StoppingCall) -> dict[str, Any]:
    """Data of a ``stopping`` event: a trial reached a rung, and what was decided; or it has ended."""
    data: dict[str, Any] = {"attempt": call.attempt, "step": call.step}
    if call.value is not None:
        data["value"] = finite_or_name(call.value)
    if call.decision is None:
        return data | {"completed": call.completed}
    if call.comparison is not None:
        data["comparison"] = asdict(call.comparison)
    return data | {"protected": call.protected, "decision": str(call.decision)}


def stopping_call(event: Event) -> StoppingCall:
    """The call of a ``stopping`` event."""
    data = event.data
    assert event.number is not None
    comparison = data.get("comparison")
    return StoppingCall(
        event.number,
        data["attempt"],
        float(data["step"]),
        value=float(data["value"]) if "value" in data else None,
        protected=data.get("protected", False),
        decision=Decision(data["decision"]) if "decision" in data else None,
        completed=data.get("completed", False),
        comparison=None if comparison is None else Comparison(**comparison),
    )


def check_job_change(job: SearchJob, expected: Collection[JobState], new: JobState | None) -> None:
    """Reject a change that does not start from the current state, or is not a legal transition.

    Raises:
        ConflictError: Either is so.
    """
    if expected and job.state not in expected:
        raise ConflictError(
            Message("job.other_state", name=job.name, id=job.id, state=job.state, expected=_listed(expected))
        )
    if new is not None and new not in JOB_TRANSITIONS[job.state]:
        legal = _listed(JOB_TRANSITIONS[job.state])
        raise ConflictError(
            Message("job.no_transition", name=job.name, id=job.id, state=job.state, new=new, legal=legal)
        )


def check_trial_change(trial: Trial, expected: Collection[TrialState], new: TrialState | None) -> None:
    """Like `check_job_change`, for a trial.

    Raises:
        ConflictError: The state is another one than expected, or the transition is not legal.
    """
    if expected and trial.state not in expected:
        raise ConflictError(
            Message("trial.other_state", number=trial.number, state=trial.state, expected=_listed(expected))
        )
    if new is not None:
        check_transition(trial.number, trial.state, new)


def is_event(before: Trial, after: Trial) -> bool:
    """Whether a change of a trial is logged as an event: a change of state, and any change after its end."""
    return after.state is not before.state or (before.state in ENDED and after != before)


def _listed(states: Collection[str]) -> str:
    return " or ".join(sorted(states))
