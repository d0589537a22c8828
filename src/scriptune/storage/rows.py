"""Convert table rows to dataclasses of `core`, and back.

``encode`` functions take fields by the nouns' names and give columns; the others take a row's mapping. Whatever
JSON cannot say (times, NaN in a prediction) is written as text here and nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Protocol

from scriptune.core.confirmation import Confirms
from scriptune.core.first_points import FirstPoint, Origin
from scriptune.core.job import Event, Goal, JobState, MetricUnit, SearchJob
from scriptune.core.trial import (
    Attempt,
    Cause,
    ExitReason,
    ExitStatus,
    Phase,
    Report,
    Suggestion,
    Tell,
    Trial,
    TrialState,
)
from scriptune.messages import Message, message_from_json, message_to_json
from scriptune.storage.columns import storable_text

__all__ = [
    "ATTEMPT_FIELDS",
    "JOB_FIELDS",
    "TRIAL_FIELDS",
    "Row",
    "attempt_of",
    "check_changes",
    "check_finite",
    "encode_attempt",
    "encode_job",
    "encode_message",
    "encode_report",
    "encode_tell",
    "encode_trial",
    "encode_units",
    "event_of",
    "finite_or_name",
    "goal_of",
    "job_of",
    "message_of",
    "report_of",
    "tell_of",
    "told_value",
    "trial_of",
]


class Row(Protocol):
    """A row, as a mapping of column names; a dictionary is one too."""

    def __getitem__(self, name: str, /) -> Any: ...


JOB_FIELDS = tuple(field.name for field in fields(SearchJob))
TRIAL_FIELDS = tuple(field.name for field in fields(Trial))
ATTEMPT_FIELDS = tuple(field.name for field in fields(Attempt))

_KEYS = {"id", "number", "attempt"}
_COUNTED = {"n_told", "last_event"}  # of a job; counted by the storage itself


def check_changes(changes: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Reject changes of unknown or immutable fields.

    Raises:
        TypeError: A name is unknown, or one that cannot be changed.
    """
    fixed = _KEYS | (_COUNTED if known is JOB_FIELDS else set())
    for name in changes:
        if name not in known or name in fixed:
            raise TypeError(f"{name!r} cannot be changed; expected one of {sorted(set(known) - fixed)!r}.")


def check_finite(value: float | None, what: str) -> None:
    """Reject NaN and infinities in results.

    Raises:
        ValueError: The value is not finite.
    """
    if value is not None and not math.isfinite(value):
        raise ValueError(f"{what} is {value!r}, expected a finite number; a trial without one has the value None.")


def told_value(value: float | None) -> float | None:
    """Normalise a told value to what every database returns: SQLite turns -0.0 into 0.0, and replay is bit for bit.

    Raises:
        ValueError: The value is not finite.
    """
    check_finite(value, "A told value")
    return None if value is None else value + 0.0


def finite_or_name(value: float) -> float | str:
    """A finite number as it is, others as ``"nan"``, ``"inf"`` or ``"-inf"`` for JSON."""
    return value if math.isfinite(value) else str(value)


def _number(value: float | str | None) -> float | None:
    return None if value is None else float(value)


def _encode_notices(notices: Iterable[Message]) -> list[dict[str, Any]] | None:
    return [message_to_json(notice) for notice in notices] or None


def _notices(column: Iterable[Mapping[str, Any]] | None) -> tuple[Message, ...]:
    said = map(message_from_json, column or ())
    return tuple(notice for notice in said if isinstance(notice, Message))


def encode_message(message: str | None) -> Any:
    """Convert a message to JSON for storage, with storable parameters; a plain string is kept."""
    return _storable(message_to_json(message)) if isinstance(message, Message) else message


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, Mapping):
        return {storable_text(name): _storable(item) for name, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, list) else value


def _encode_reason(message: str) -> dict[str, Any] | None:
    """The code and parameters of a message, stored beside its text."""
    if not isinstance(message, Message):
        return None
    kept = encode_message(message)
    return {"code": kept["code"], "params": kept["params"]}


def message_of(text: str, reason: Mapping[str, Any] | None) -> str:
    """Restore the message of a job or a trial from its two columns."""
    return text if reason is None else message_from_json({**reason, "message": text})


def encode_units(units: Mapping[str, MetricUnit]) -> dict[str, dict[str, str]] | None:
    """Convert the units of metrics to JSON."""
    return {metric: asdict(unit) for metric, unit in units.items()} or None


def _units(column: Mapping[str, Mapping[str, str]] | None) -> dict[str, MetricUnit]:
    return {metric: MetricUnit(**data) for metric, data in (column or {}).items()}


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


# jobs


def encode_job(values: Mapping[str, Any]) -> dict[str, Any]:
    """Convert fields of a job to columns."""
    columns = dict(values)
    if "document" in columns:
        columns["document"] = dict(columns["document"])
        columns["goal"] = goal_of(columns["document"])
    if "labels" in columns:
        columns["labels"] = dict(columns["labels"])
    if "notices" in columns:
        columns["notices"] = _encode_notices(columns["notices"])
    if "earlier_goals" in columns:
        columns["earlier_goals"] = [[until, str(goal)] for until, goal in columns["earlier_goals"]] or None
    if "units" in columns:
        columns["units"] = encode_units(columns["units"])
    if "first_points" in columns:
        columns["first_points"] = [_encode_first_point(point) for point in columns["first_points"]] or None
    if columns.get("confirms") is not None:
        columns["confirms"] = asdict(columns["confirms"])
    if "tags" in columns:
        columns["tags"] = list(columns["tags"]) or None
    if "submitted_run" in columns:
        columns["submitted_run"] = dict(columns["submitted_run"]) or None
    if "state" in columns:
        columns["state"] = str(columns["state"])
    if "message" in columns:
        columns["reason"] = _encode_reason(columns["message"])
    return columns


def _confirms(column: Mapping[str, Any] | None) -> Confirms | None:
    return None if column is None else Confirms(column["job_id"], tuple(column["numbers"]), column["seed"])


def _encode_first_point(point: FirstPoint) -> dict[str, Any]:
    origin = {name: str(origin) for name, origin in point.origin.items()}
    return {"params": dict(point.params), "origin": origin, "note": encode_message(point.note)}


def _first_point(column: Mapping[str, Any]) -> FirstPoint:
    origin = {name: Origin(origin) for name, origin in column["origin"].items()}
    return FirstPoint(column["params"], origin, message_from_json(column["note"]))


def goal_of(document: Mapping[str, Any]) -> str:
    """The goal in a job file; minimize if it has none, as in tests."""
    return str(document.get("objective", {}).get("goal", Goal.MINIMIZE))


def job_of(row: Row) -> SearchJob:
    """Build a job from its row."""
    values = {name: row[name] for name in JOB_FIELDS}
    values["state"] = JobState(values["state"])
    values["message"] = message_of(values["message"], row["reason"])
    values["notices"] = _notices(values["notices"])
    values["earlier_goals"] = tuple((until, Goal(goal)) for until, goal in values["earlier_goals"] or ())
    values["units"] = _units(values["units"])
    values["search_rules"] = values["search_rules"] or 1
    values["first_points"] = tuple(map(_first_point, values["first_points"] or ()))
    values["confirms"] = _confirms(values["confirms"])
    values["note"] = values["note"] or ""
    values["tags"] = tuple(values["tags"] or ())
    values["star"] = bool(values["star"])
    values["submitted_run"] = values["submitted_run"] or {}
    return SearchJob(**values)


# trials


def encode_trial(values: Mapping[str, Any]) -> dict[str, Any]:
    """Convert fields of a trial to columns.

    Raises:
        ValueError: A value or metric is not finite.
    """
    columns = dict(values)
    check_finite(columns.get("value"), "The value of a trial")
    for name, value in columns.get("metrics", {}).items():
        check_finite(value, f"Metric {name!r} of a trial")
    for name in ("params", "metrics"):
        if name in columns:
            columns[name] = dict(columns[name])
    if "state" in columns:
        columns["state"] = str(columns["state"])
    if columns.get("cause") is not None:
        columns["cause"] = str(columns["cause"])
    if "notices" in columns:
        columns["notices"] = _encode_notices(columns["notices"])
    if "message" in columns:
        columns["reason"] = _encode_reason(columns["message"])
    if columns.get("suggestion") is not None:
        columns["suggestion"] = _encode_suggestion(columns["suggestion"])
    if "place" in columns:
        columns["place"] = str(columns["place"]) or None
    if "waits" in columns:
        columns["waits"] = _encode_waits(columns["waits"])
    return columns


def _encode_waits(waits: str) -> Any:
    """A reason as JSON; what a plug-in says gets a code, too."""
    if not waits:
        return None
    return encode_message(waits if isinstance(waits, Message) else Message("trial.waits_because", why=waits))


def _encode_suggestion(suggestion: Suggestion) -> dict[str, Any]:
    columns: dict[str, Any] = {
        **asdict(suggestion),
        "phase": str(suggestion.phase),
        "note": encode_message(suggestion.note),
    }
    for name in ("mean", "std", "acquisition"):
        # The logarithm of an expected improvement of zero is minus infinity.
        if columns[name] is not None:
            columns[name] = finite_or_name(columns[name])
    if suggestion.fixed is None:
        del columns["fixed"]
    return columns


def _suggestion(columns: Mapping[str, Any] | None) -> Suggestion | None:
    if columns is None:
        return None
    return Suggestion(
        params=columns["params"],
        sampler=columns["sampler"],
        phase=Phase(columns["phase"]),
        mean=_number(columns["mean"]),
        std=_number(columns["std"]),
        acquisition=_number(columns["acquisition"]),
        note=message_from_json(columns["note"]),
        n_compared=columns.get("n_compared", 0),
        fixed=columns.get("fixed"),
    )


_TRIAL_STATES = {str(state): state for state in TrialState}  # quicker than the enumeration's call, 50,000 times


def trial_of(row: Row) -> Trial:
    """Build a trial from its row."""
    values = {name: row[name] for name in TRIAL_FIELDS}
    values["state"] = _TRIAL_STATES[values["state"]]
    values["stop_requested"] = bool(values["stop_requested"])  # SQLite has numbers for them
    values["cause"] = None if values["cause"] is None else Cause(values["cause"])
    values["suggestion"] = _suggestion(values["suggestion"])
    values["message"] = message_of(values["message"], row["reason"])
    values["notices"] = _notices(values["notices"])
    values["place"] = values["place"] or ""
    values["waits"] = message_from_json(values["waits"] or "") if values["state"] is TrialState.WAITING else ""
    return Trial(**values)


# attempts


def encode_attempt(values: Mapping[str, Any]) -> dict[str, Any]:
    """Convert fields of an attempt to columns."""
    columns = dict(values)
    if "state" in columns:
        columns["state"] = str(columns["state"])
    if columns.get("handle") is not None:
        columns["handle"] = dict(columns["handle"])
    if columns.get("exit") is not None:
        columns["exit"] = _encode_exit(columns["exit"])
    if "placed" in columns:
        columns["placed"] = str(columns["placed"]) or None
    if "sources" in columns:
        columns["sources"] = dict(columns["sources"]) or None
    if "warnings" in columns:
        columns["warnings"] = [encode_message(warning) for warning in columns["warnings"]]
    return columns


def _encode_exit(status: ExitStatus) -> dict[str, Any]:
    columns: dict[str, Any] = {**asdict(status), "reason": str(status.reason)}
    for name in ("started_at", "finished_at"):
        if columns[name] is not None:
            columns[name] = columns[name].isoformat()
    return columns


def _exit(columns: Mapping[str, Any] | None) -> ExitStatus | None:
    if columns is None:
        return None
    return ExitStatus(
        **{
            **columns,
            "reason": ExitReason(columns["reason"]),
            "started_at": _time(columns["started_at"]),
            "finished_at": _time(columns["finished_at"]),
        }
    )


def attempt_of(row: Row) -> Attempt:
    """Build an attempt from its row."""
    values = {name: row[name] for name in ATTEMPT_FIELDS}
    values["state"] = TrialState(values["state"])
    values["exit"] = _exit(values["exit"])
    values["placed"] = values["placed"] or ""
    values["sources"] = values["sources"] or {}
    values["warnings"] = tuple(map(message_from_json, values["warnings"]))
    return Attempt(**values)


# reports, tells, events


def encode_report(report: Report) -> dict[str, Any]:
    """Convert a report to columns.

    Raises:
        ValueError: The step is not finite.
    """
    if not math.isfinite(report.step):
        raise ValueError(f"The step of a report of {report.metric!r} is {report.step!r}, expected a finite number.")
    is_finite = math.isfinite(report.value)
    return {
        "metric": report.metric,
        "value": report.value if is_finite else None,
        "non_finite": None if is_finite else str(report.value),
        "step": report.step,
        "offset": report.offset,
        "at": report.at,
        "unit": report.unit,
        "file": report.file or None,
    }


def report_of(row: Row) -> Report:
    """Build a report from its row."""
    value = row["value"] if row["non_finite"] is None else float(row["non_finite"])
    step, offset, at, unit, file = (row[name] for name in ("step", "offset", "at", "unit", "file"))
    return Report(metric=row["metric"], value=value, step=step, offset=offset, at=at, unit=unit, file=file or "")


def tell_of(row: Row) -> Tell:
    """Build an entry of the told history from its row."""
    steps = row["steps"] or {}
    return Tell(
        order=row["position"],
        number=row["number"],
        value=row["value"],
        rungs=tuple((float(step), float(value)) for step, value in steps.get("rungs", ())),
        is_final=steps.get("is_final", True),
        lengths=tuple(steps.get("lengths", ())),
    )


def encode_tell(tell: Tell) -> dict[str, Any]:
    """Convert an entry of the told history to columns."""
    steps = {
        "rungs": [[step, finite_or_name(value)] for step, value in tell.rungs],
        "is_final": tell.is_final,
        "lengths": list(tell.lengths),
    }
    is_plain = tell.is_final and not tell.rungs and not tell.lengths
    return {"position": tell.order, "number": tell.number, "value": tell.value, "steps": None if is_plain else steps}


def event_of(row: Row, seq: str = "seq") -> Event:
    """Build an event from its row; ``seq`` names the column of its number."""
    return Event(
        job_id=row["job_id"], seq=row[seq], at=row["at"], kind=row["kind"], number=row["number"], data=row["data"]
    )
