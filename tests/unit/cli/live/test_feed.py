"""cli/live/feed.py: what a progress view is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from scriptune.analysis.results import HistoryPoint
from scriptune.cli.live.feed import Feed, running_s
from scriptune.core.job import Event, JobState, JobSummary, SearchJob
from scriptune.core.trial import Trial, TrialState
from scriptune.engine.engine import Engine
from scriptune.errors import StorageUnavailableError
from scriptune.settings import Settings
from scriptune.storage.base import Page

AT = datetime(2026, 1, 1, tzinfo=UTC)
JOB = SearchJob(
    "x",
    "x",
    {"objective": {"metric": "loss", "goal": "minimize"}, "search": {"trials": 9}},
    JobState.RUNNING,
    AT,
    last_event=10,
)


class FakeEngine:
    """Has trials and an event log, and sometimes no database."""

    settings = Settings(home=Path("/nowhere"), database="memory:")

    def __init__(self, trials: Sequence[Trial], events: Sequence[Event]) -> None:
        self.all_trials = list(trials)
        self.all_events = list(events)
        self.is_away = False
        self.now = AT
        self.n_summaries = 0

    def clock(self) -> datetime:
        return self.now

    def job(self, _ref: str) -> JobSummary:
        self.n_summaries += 1
        counts = {state: sum(trial.state is state for trial in self.all_trials) for state in TrialState}
        return JobSummary(JOB, counts, None)

    def trials(
        self,
        _ref: str,
        *,
        states: Any = (),
        numbers: Any = (),
        limit: int | None = None,
        sort: str = "number",
    ) -> Any:
        if sort == "-finished_at":
            rows = [trial for trial in reversed(self.all_trials) if trial.state in states]
        else:
            rows = [trial for trial in self.all_trials if not states or trial.state in states]
        if sort == "-number":
            rows.reverse()
        rows = [trial for trial in rows if not numbers or trial.number in numbers]
        return Page(rows[:limit], len(rows), 0)

    def events(self, _ref: str, *, after: int, limit: int) -> list[Event]:
        if self.is_away:
            raise StorageUnavailableError("away")
        return [event for event in self.all_events if event.seq > after][:limit]

    def history(self, _ref: str) -> list[HistoryPoint]:
        return [HistoryPoint(0, 0.5, 0.5)]


def _ended(seq: int, number: int, state: str = "completed") -> Event:
    return Event("x", seq, AT, "trial", number, {"state": state})


def _trial(number: int, value: float | None, state: TrialState = TrialState.COMPLETED) -> Trial:
    return Trial(number, {}, state, value)


def _feed(engine: FakeEngine) -> Feed:
    return Feed(cast(Engine, engine), JobSummary(JOB, dict.fromkeys(TrialState, 0), None))


def test_trials_are_told_once_in_the_order_in_which_they_ended() -> None:
    engine = FakeEngine(
        [_trial(0, 0.5), _trial(1, 0.7), _trial(2, 0.3), _trial(3, None, TrialState.RUNNING)],
        [_ended(9, 0), _ended(11, 2), _ended(12, 1), _ended(13, 3, "running")],
    )
    feed = _feed(engine)
    moment = feed.look()
    assert [trial.number for trial in moment.ended] == [2, 1]
    assert list(moment.history) == [0.5, 0.3, 0.3]
    assert feed.look().ended == []


def test_a_trial_that_waits_again_after_a_failure_has_not_ended() -> None:
    engine = FakeEngine([_trial(0, None, TrialState.WAITING)], [_ended(11, 0, "failed"), _ended(12, 0, "waiting")])
    assert _feed(engine).look().ended == []


def test_while_the_database_is_away_nothing_is_new_and_nothing_is_lost() -> None:
    engine = FakeEngine([_trial(0, 0.5)], [_ended(11, 0)])
    feed = _feed(engine)
    engine.is_away = True
    assert feed.look(["wait"]).notices == ["wait"]
    engine.is_away = False
    assert [trial.number for trial in feed.look().ended] == [0]


def test_the_summary_is_read_again_with_new_events_and_otherwise_once_per_second() -> None:
    engine = FakeEngine([_trial(0, 0.5), _trial(1, None, TrialState.RUNNING)], [])
    feed = _feed(engine)
    moments = [feed.look() for _ in range(3)]
    assert engine.n_summaries == 1
    assert [trial.number for trial in moments[-1].running] == [1]
    assert moments[-1].summary.counts[TrialState.COMPLETED] == 1
    engine.all_events.append(_ended(11, 0))
    feed.look()
    assert engine.n_summaries == 2
    engine.now += timedelta(seconds=1)
    feed.look()
    assert engine.n_summaries == 3


@pytest.mark.parametrize(
    ("lease_left_s", "expected"),
    [(None, 60.0), (15.0, 60.0), (11.0, 64.0), (-100.0, 75.0), (99.0, 60.0)],
    ids=["nobody works on it", "just renewed", "some seconds ago", "run out", "another clock"],
)
def test_the_running_time_is_counted_on_from_the_last_renewal_of_the_lease(
    lease_left_s: float | None, expected: float
) -> None:
    until = None if lease_left_s is None else AT + timedelta(seconds=lease_left_s)
    job = replace(JOB, active_s=60.0, lease_until=until)
    assert running_s(job, AT, 15.0) == expected
