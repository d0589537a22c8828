"""runtime/runner/contact.py: where trials run, when they were last heard of, and why others wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scriptune.core.trial import TrialState
from scriptune.engine.serialise import to_json
from scriptune.messages import Message
from scriptune.runtime.runner.runner import JobRunner
from worlds import World, new_runner, slow


def test_a_running_trial_says_where_it_runs_and_when_it_was_last_heard_of(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.executor.program = slow
    monkeypatch.setattr(world.executor, "place", lambda handle: f"gpu{handle.folder.parent.name}")
    runner = new_runner(world, world.submit(run={"parallel": 2}))
    _start(world, runner, 2)
    for trial in world.storage.trials(runner.job.id).items:
        [attempt] = world.storage.attempts(runner.job.id, trial.number)
        assert trial.place == attempt.placed == f"gpu{trial.number}"
        assert trial.contact_at == attempt.contact_at == trial.started_at
        assert (trial.waits, trial.waits_reason) == ("", None)
    world.clock.now += timedelta(seconds=60)
    runner.step()
    world.clock.now += timedelta(seconds=10)  # what may be lost waits for company
    runner.step()
    for trial in world.storage.trials(runner.job.id).items:
        assert trial.started_at is not None
        assert trial.contact_at is not None
        assert trial.contact_at >= trial.started_at + timedelta(seconds=60)


def test_a_place_that_is_known_later_is_stored_then(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.executor.program = slow
    heard = datetime(2029, 12, 31, tzinfo=UTC)
    monkeypatch.setattr(world.executor, "contact_at", lambda _: heard, raising=False)
    runner = new_runner(world, world.submit(run={"parallel": 1}))
    _start(world, runner, 1)
    assert world.storage.trial(runner.job.id, 0).place == ""
    monkeypatch.setattr(world.executor, "place", lambda _: "n1")
    for _ in range(2):
        world.clock.now += timedelta(seconds=60)
        runner.step()
    trial, [attempt] = world.storage.trial(runner.job.id, 0), world.storage.attempts(runner.job.id, 0)
    assert (trial.place, attempt.placed) == ("n1", "n1")
    assert (trial.contact_at, attempt.contact_at) == (heard, heard)


@pytest.mark.parametrize(
    ("said", "code"), [(Message("slots.waiting"), "slots.waiting"), ("5 jobs (Priority)", "trial.waits_because")]
)
def test_a_waiting_trial_says_why_it_waits(world: World, monkeypatch: pytest.MonkeyPatch, said: str, code: str) -> None:
    job = world.run(world.submit(search={"trials": 2}, run={"parallel": 1}))
    with world.storage.transaction() as tx:
        tx.update_trial(job.id, 1, state=TrialState.FAILED, value=None)
    world.engine.retry(job.id)
    assert world.storage.trial(job.id, 1).waits_reason == Message("trial.waits_to_start")
    monkeypatch.setattr(world.executor, "room", lambda _spec, _wanted: 0)
    monkeypatch.setattr(world.executor, "why", lambda _: said)
    runner = new_runner(world, world.storage.job(job.id))
    for _ in range(2):
        world.clock.now += timedelta(seconds=10)
        runner.step()
    trial = world.storage.trial(job.id, 1)
    assert (trial.state, trial.waits, trial.place) == (TrialState.WAITING, said, "")
    assert trial.waits_reason is not None
    assert trial.waits_reason.code == code


def test_the_api_s_answer_has_the_same_shape_whichever_executor_runs_a_trial(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shapes() -> list[object]:
        job = world.run(world.submit(search={"trials": 2}, run={"parallel": 1}))
        return [world.engine.trial(job.id, trial.number) for trial in world.storage.trials(job.id).items]

    plain = shapes()
    monkeypatch.setattr(world.executor, "place", lambda _: Message("slots.place", machine="gpu3", devices=["1"]))
    monkeypatch.setattr(world.executor, "contact_at", lambda _: None, raising=False)
    other = shapes()
    assert [_shape(to_json(one)) for one in plain] == [_shape(to_json(one)) for one in other]


def _start(world: World, runner: JobRunner, n: int) -> None:
    """Step until the database says that so many trials run."""
    for _ in range(20):
        runner.step()
        if len(world.storage.attempts(runner.job.id, states=(TrialState.RUNNING,))) == n:
            return
    pytest.fail("they do not run")


def _shape(value: object) -> object:
    """The keys of JSON, and the types of its values."""
    if isinstance(value, dict):
        return {key: _shape(item) for key, item in value.items() if key not in ("params", "handle")}
    return [_shape(item) for item in value] if isinstance(value, list) else type(value).__name__
