"""cli/foreground.py: what a progress view is told, and exit codes. Signals are proven in tests/e2e/test_cli.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from scriptune.analysis.results import HistoryPoint
from scriptune.cli.foreground import Feed, Outcome
from scriptune.core.job import Event, JobState, SearchJob
from scriptune.core.trial import Trial, TrialState
from scriptune.engine.engine import Engine
from scriptune.errors import StorageUnavailableError
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
    """Has trials and a diary, and sometimes no database."""

    def __init__(self, trials: Sequence[Trial], events: Sequence[Event]) -> None:
        self.all_trials = list(trials)
        self.all_events = list(events)
        self.is_away = False

    def trials(self, _ref: str, *, states: Any = (), offset: int = 0, limit: int = 50, sort: str = "number") -> Any:
        if sort == "-finished_at":
            rows = [trial for trial in reversed(self.all_trials) if trial.state in states]
        else:
            rows = self.all_trials
        return Page(rows[offset : offset + limit], len(rows), offset)

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
    return Feed(cast(Engine, engine), JOB)


def test_trials_are_told_once_in_the_order_in_which_they_ended() -> None:
    engine = FakeEngine(
        [_trial(0, 0.5), _trial(1, 0.7), _trial(2, 0.3), _trial(3, None, TrialState.RUNNING)],
        [_ended(9, 0), _ended(11, 2), _ended(12, 1), _ended(13, 3, "running")],
    )
    feed = _feed(engine)
    moment = feed.look(None, "")
    assert [trial.number for trial in moment.ended] == [2, 1]
    assert list(moment.history) == [0.5, 0.3, 0.3]
    assert feed.look(None, "").ended == []


def test_a_trial_that_waits_again_after_a_failure_has_not_ended() -> None:
    engine = FakeEngine([_trial(0, None, TrialState.WAITING)], [_ended(11, 0, "failed"), _ended(12, 0, "waiting")])
    assert _feed(engine).look(None, "").ended == []


def test_while_the_database_is_away_nothing_is_new_and_nothing_is_lost() -> None:
    engine = FakeEngine([_trial(0, 0.5)], [_ended(11, 0)])
    feed = _feed(engine)
    engine.is_away = True
    assert feed.look(None, "wait").notice == "wait"
    engine.is_away = False
    assert [trial.number for trial in feed.look(None, "").ended] == [0]


@pytest.mark.parametrize(
    ("state", "code"),
    [(JobState.COMPLETED, 0), (JobState.FAILED, 1), (JobState.STOPPED, 130), (JobState.RUNNING, 130)],
)
def test_exit_codes_say_how_the_search_ended(state: JobState, code: int) -> None:
    assert Outcome(SearchJob("x", "x", {}, state, AT), interrupted=False).exit_code == code
