"""Acts on jobs from outside their worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.core.job import JobState
from scriptune.core.trial import Cause, TrialState
from scriptune.errors import ConflictError, ExecutorError, JobFileError, SamplerError
from worlds import Program, World, quadratic


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, memory_storage())


def broken(_: object) -> Program:
    return Program((b"no luck\n",), exit_code=1)


def test_a_request_to_stop_at_once_is_not_weakened_by_a_later_one(world: World) -> None:
    world.engine.context.is_served = True  # a worker reads the requests
    job = world.submit()
    requests = [world.engine.stop(job.id, drain=drain).stop_requested for drain in (True, False, True)]
    assert requests == ["drain", "now", "now"]


def test_each_verb_that_leaves_work_wakes_the_worker_of_the_process(world: World) -> None:
    new_work = world.engine.context.new_work
    world.executor.program = broken
    job = world.submit()
    assert new_work.is_set()
    world.run(job)
    world.engine.context.is_served = True
    second = world.submit(name="second")
    for verb in (
        lambda: world.engine.retry(job.id, 0),
        lambda: world.engine.stop(job.id, 0),
        lambda: world.engine.stop(job.id),
        lambda: world.engine.resume(second.id, trials="+1"),
    ):
        new_work.clear()
        verb()
        assert new_work.is_set()


@pytest.mark.parametrize(("trials", "budget"), [("+4", 10), ("10", 10), (10, 10), (" +1 ", 7), ("7", 7)])
def test_a_budget_grows_by_so_many_or_to_a_total(world: World, trials: str | int, budget: int) -> None:
    job = world.run(world.submit())
    resumed = world.engine.resume(job.id, trials=trials)
    assert (resumed.state, resumed.n_trials, resumed.stop_requested, resumed.message) == (
        JobState.QUEUED,
        budget,
        "",
        "",
    )
    assert resumed.finished_at is None
    assert len(world.storage.trials(world.run(job).id).items) == budget


def test_a_budget_that_grew_grows_again_from_there(world: World) -> None:
    job = world.run(world.submit(search={"trials": 2}))
    for trials, budget in (("+1", 3), ("+2", 5), ("6", 6)):
        world.engine.resume(job.id, trials=trials)
        assert world.run(job).n_trials == budget


@pytest.mark.parametrize("trials", ["", "+", "-3", "ten", "1.5", "+1234567890"])
def test_what_is_no_number_of_trials_is_refused(world: World, trials: str) -> None:
    job = world.run(world.submit(search={"trials": 2}))
    with pytest.raises(JobFileError, match="expected \\+N for N more trials"):
        world.engine.resume(job.id, trials=trials)
    assert world.storage.job(job.id).state is JobState.COMPLETED


def test_a_budget_can_only_grow(world: World) -> None:
    job = world.run(world.submit(search={"trials": 3}))
    with pytest.raises(ConflictError, match="a budget can only grow"):
        world.engine.resume(job.id, trials=2)
    with pytest.raises(ConflictError, match="used up its budget of 3 trials"):
        world.engine.resume(job.id, trials=3)


def test_failed_trials_are_retried_by_cause(world: World) -> None:
    causes = iter([broken(None), Program((b"nothing\n",)), broken(None)])
    world.executor.program = lambda _: next(causes)
    job = world.run(world.submit(search={"trials": 3}, run={"parallel": 1, "max_failed": None}))
    assert [trial.cause for trial in world.storage.trials(job.id).items] == [
        Cause.EXIT_CODE,
        Cause.NO_METRIC,
        Cause.EXIT_CODE,
    ]
    with pytest.raises(ConflictError, match=r"has failed with the cause timeout; there is nothing to retry"):
        world.engine.retry(job.id, causes=[Cause.TIMEOUT])
    assert world.engine.retry(job.id, causes=[Cause.NO_METRIC]) == [1]
    trial = world.storage.trial(job.id, 1)
    assert (trial.state, trial.n_attempts, trial.cause, trial.message) == (TrialState.WAITING, 2, None, "")
    assert (trial.n_reports, trial.started_at, trial.finished_at, trial.stop_requested) == (0, None, None, False)
    assert world.storage.job(job.id).state is JobState.QUEUED
    assert world.engine.retry(job.id) == [0, 2]


def test_only_a_trial_that_failed_or_was_stopped_is_retried(world: World) -> None:
    world.executor.program = lambda given: quadratic(given) if len(world.executor.runs) else broken(given)
    job = world.run(world.submit(search={"trials": 2}, run={"parallel": 1}))
    with pytest.raises(ConflictError, match="Trial 1 is completed; only failed and stopped trials can be retried"):
        world.engine.retry(job.id, 1)
    world.executor.program = quadratic
    assert world.engine.retry(job.id, 0) == [0]
    world.run(job)
    trials = world.storage.trials(job.id).items
    assert [(trial.state, trial.n_attempts) for trial in trials] == [
        (TrialState.COMPLETED, 2),
        (TrialState.COMPLETED, 1),
    ]


def test_wishes_of_two_processes_at_once_are_both_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job = world.submit(search={"trials": 3}, run={"parallel": 1})
    put_item = world.storage.put_item

    def put_after_another(*args, **kwargs):  # type: ignore[no-untyped-def]  # as the protocol
        monkeypatch.undo()
        world.engine.enqueue(job.id, {"x": 0.75})
        return put_item(*args, **kwargs)

    monkeypatch.setattr(world.storage, "put_item", put_after_another)
    world.engine.enqueue(job.id, {"x": 0.25})
    world.run(job)
    assert [trial.params["x"] for trial in world.storage.trials(job.id).items][:2] == [0.75, 0.25]


def test_a_search_whose_worker_died_goes_on_as_it_was_asked_to(world: World) -> None:
    world.executor.program = lambda given: Program((b"working\n",) * 20 + tuple(quadratic(given).pieces))
    job = world.submit()
    world.engine.context.is_served = True
    world.engine.stop(job.id, drain=True)
    resumed = world.engine.resume(job.id)
    assert (resumed.stop_requested, resumed.n_trials, resumed.state) == ("", 6, JobState.QUEUED)
    world.engine.context.is_served = False
    assert world.run(job).state is JobState.COMPLETED


def test_attempts_that_resume_and_retry_promise_are_on_the_disk_before_that_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.executor.program = broken
    job = world.run(world.submit(search={"trials": 2}, run={"max_failed": None}))
    transaction, durables = world.storage.transaction, list[bool]()

    def noted(lease=None, *, durable=False):  # type: ignore[no-untyped-def]  # as the protocol
        durables.append(durable)
        return transaction(lease, durable=durable)

    monkeypatch.setattr(world.storage, "transaction", noted)
    world.engine.resume(job.id, trials="+1")
    world.engine.retry(job.id)
    assert durables == [True, True]


def test_a_job_that_is_held_for_its_asker_belongs_to_the_process_that_asked(world: World) -> None:
    job = world.run(world.submit())
    held = world.engine.resume(job.id, trials="+1", hold=True)
    assert held.lease_owner is not None
    assert held.lease_owner == world.engine.owner


def test_a_stop_of_a_job_that_another_process_takes_in_that_instant_is_left_to_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = world.submit()
    monkeypatch.setattr(world.storage, "claim", lambda *_, **__: None)
    stopped = world.engine.stop(job.id)
    assert (stopped.id, stopped.state, stopped.stop_requested) == (job.id, JobState.QUEUED, "now")


@pytest.mark.parametrize("section", [{"search": {"sampler": "gone"}}, {"run": {"executor": "gone"}}])
def test_failed_trials_of_a_job_whose_plug_in_is_gone_are_not_retried(world: World, section: dict[str, Any]) -> None:
    world.executor.program = broken
    job = world.run(world.submit(search={"trials": 1}))
    document = dict(job.document)
    for name, keys in section.items():
        document[name] = {**document[name], **keys}
    with world.storage.transaction() as tx:
        tx.update_job(job.id, document=document)
    with pytest.raises((SamplerError, ExecutorError), match="gone"):
        world.engine.retry(job.id)
    assert world.storage.trial(job.id, 0).state is TrialState.FAILED
