"""runtime/runner/requests.py: what other processes ask of a running job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from scriptune.core.job import JobState
from scriptune.core.trial import TrialState
from scriptune.runtime.runner.launch import Launch
from scriptune.runtime.runner.requests import Requests
from worlds import Program, World, new_runner, new_running_job, quadratic, refuse_to_start, slow, table


def test_params_enqueued_later_are_tried_next(world: World) -> None:
    job = world.run(world.submit(search={"trials": 2}))
    world.engine.resume(job.id, trials="+1")
    world.engine.enqueue(job.id, {"x": 0.625})
    world.run(job)
    assert world.storage.trial(job.id, 2).params == {"x": 0.625}
    assert world.engine.replay(job.id).first_difference is None


def test_extending_a_search_goes_on_where_it_ended_and_replays(world: World) -> None:
    job = world.run(world.submit(search={"sampler": "tpe", "trials": 5}))
    world.engine.resume(job.id, trials="+5")
    job = world.run(job)
    assert job.state is JobState.COMPLETED
    assert len(world.storage.trials(job.id).items) == 10
    assert world.engine.replay(job.id).first_difference is None


@pytest.mark.parametrize("ask", ["extend", "retry"])
def test_what_was_asked_for_just_before_the_end_was_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch, ask: str
) -> None:
    monkeypatch.setattr("scriptune.runtime.runner.requests._REQUESTS_EVERY_S", 1e9)
    monkeypatch.setattr("scriptune.runtime.runner.heartbeat._RENEWALS_PER_TTL", 1e-9)
    world.executor.program = slow if ask == "extend" else lambda _: Program((b"x\n",) * 40, exit_code=1)
    job = world.submit(search={"trials": 3}, run={"parallel": 1, "max_failed": None})

    def ask_late() -> None:
        if len(world.executor.runs) == 3:
            world.executor.on_wait = lambda: None
            if ask == "extend":
                world.engine.resume(job.id, trials="+2")
            else:
                world.executor.program = slow
                assert world.engine.retry(job.id) == [0, 1]

    world.executor.on_wait = ask_late
    ended = world.run(job)
    assert ended.state is JobState.COMPLETED
    states = [str(t.state) for t in world.storage.trials(job.id).items]
    assert states == (["completed"] * 5 if ask == "extend" else ["completed", "completed", "failed"])


def test_draining_lets_running_trials_end_and_starts_no_more(world: World) -> None:
    world.executor.program = slow
    job = world.submit(search={"trials": 20})
    world.executor.on_wait = lambda: world.engine.stop(job.id, drain=True)
    ended = world.run(job)
    assert ended.state is JobState.STOPPED
    states = [t.state for t in world.storage.trials(job.id).items]
    assert 0 < len(states) < 20
    assert set(states) == {TrialState.COMPLETED}


def test_a_search_drained_while_its_last_trials_run_is_completed(world: World) -> None:
    world.executor.program = slow
    job = world.submit(search={"trials": 2}, run={"parallel": 2})

    def drain_the_last() -> None:
        if len(world.executor.running) == 2:
            world.engine.stop(job.id, drain=True)

    world.executor.on_wait = drain_the_last
    ended = world.run(job)
    assert (ended.stop_requested, ended.state) == ("drain", JobState.COMPLETED)


def test_stopped_trials_run_again_when_the_job_is_resumed_and_numbers_stay(world: World) -> None:
    world.executor.program = slow
    reference = world.run(world.submit(run={"parallel": 1}))
    job = world.submit(run={"parallel": 1})
    seen = 0

    def stop_soon() -> None:
        nonlocal seen
        seen += 1
        if seen == 30:
            world.engine.stop(job.id)

    world.executor.on_wait = stop_soon
    stopped = world.run(job)
    assert stopped.state is JobState.STOPPED
    assert world.storage.trials(job.id).items[-1].state is TrialState.STOPPED
    assert not world.executor.running
    world.executor.on_wait = lambda: None
    world.engine.resume(job.id)
    assert world.run(job).state is JobState.COMPLETED
    assert table(world, job.id) == table(world, reference.id)
    assert world.engine.replay(job.id).first_difference is None


def test_a_trial_stopped_by_the_user_counts_with_what_it_printed(world: World) -> None:
    world.executor.program = lambda given: Program((b"loss=0.5\n",) + (b"working\n",) * 500)
    job = world.submit(search={"trials": 2}, run={"parallel": 1})
    asked: set[int] = set()

    def stop_running() -> None:
        for trial in world.storage.trials(job.id).items:
            if trial.state is TrialState.RUNNING and trial.n_reports and trial.number not in asked:
                asked.add(trial.number)
                world.engine.stop(job.id, trial.number)

    world.executor.on_wait = stop_running
    ended = world.run(job)
    assert [(t.state, t.value) for t in world.storage.trials(job.id).items] == [(TrialState.EARLY_STOPPED, 0.5)] * 2
    assert ended.state is JobState.COMPLETED


def test_retry_runs_failed_trials_again_and_the_later_result_replaces_the_failure(world: World) -> None:
    broken = True

    def program(given: Mapping[str, str]) -> Program:
        if broken and float(given["x"]) > 0.5:
            return Program((b"no luck\n",), exit_code=1)
        return quadratic(given)

    world.executor.program = program
    job = world.run(world.submit(search={"sampler": "bayes", "trials": 8}))
    failed = [t.number for t in world.storage.trials(job.id).items if t.state is TrialState.FAILED]
    assert failed
    broken = False
    assert world.engine.retry(job.id) == failed
    assert world.run(job).state is JobState.COMPLETED
    assert all(t.state is TrialState.COMPLETED for t in world.storage.trials(job.id).items)
    world.engine.resume(job.id, trials="+2")
    world.run(job)
    assert world.engine.replay(job.id).first_difference is None


def test_an_enqueued_configuration_that_was_run_before_is_run_again(world: World) -> None:
    job = world.run(world.submit())
    before = dict(world.storage.trial(job.id, 2).params)
    for _ in range(2):
        world.engine.enqueue(job.id, before)
    world.run(world.engine.resume(job.id, trials="+3"))
    trials = world.storage.trials(job.id).items
    assert [trial.number for trial in trials if dict(trial.params) == before] == [2, 6, 7]
    assert world.engine.replay(job.id).first_difference is None
    resumed = world.run(world.engine.resume(job.id, trials="+1"))
    assert dict(world.storage.trial(resumed.id, 9).params) != before


def test_a_deleted_job_leaves_no_enqueued_configurations(world: World) -> None:
    job = world.run(world.submit())
    world.engine.enqueue(job.id, {"x": 0.5})
    world.engine.delete(job.id)
    assert world.storage.items(f"enqueued/{job.id}").total == 0


def test_wishes_that_are_made_one_after_the_other_are_all_tried(world: World) -> None:
    runner = new_runner(world, world.submit(search={"trials": 8}, run={"parallel": 1}))
    for x in (0.125, 0.25, 0.375):
        world.engine.enqueue(runner.job.id, {"x": x})
        world.clock.now += timedelta(seconds=1)
        runner.step()  # it looks for requests
    while not runner.done:
        runner.step()
    tried = [trial.params["x"] for trial in world.storage.trials(runner.job.id).items]
    assert tried[:3] == [0.125, 0.25, 0.375]
    assert len(set(tried)) == 8


def test_a_trial_that_is_run_again_while_its_search_runs_is_judged_by_its_later_result(world: World) -> None:
    def program(_: object) -> Program:
        working = (b"working\n",) * 50
        return Program((*working, b"loss=0.25\n") if world.executor.runs else (b"loss=0.5\n", *working * 10))

    def again() -> None:
        trial = world.storage.trial(job.id, 0)
        if trial.state is TrialState.RUNNING and trial.n_reports and trial.n_attempts == 1:
            world.engine.stop(job.id, 0)
        elif trial.state is TrialState.EARLY_STOPPED:
            world.engine.retry(job.id, 0)

    world.executor.program = program
    world.executor.on_wait = again
    job = world.submit(search={"trials": 3}, run={"parallel": 1})
    ended = world.run(job)
    trials = world.storage.trials(job.id).items
    assert [(trial.value, trial.n_attempts) for trial in trials] == [(0.25, 2), (0.25, 1), (0.25, 1)]
    assert [notice.code for notice in ended.notices] == ["notice.parameters_unread", "notice.equal_values"]


def test_what_others_ask_for_is_looked_up_a_few_times_per_second_and_not_at_every_step(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.executor.program = slow
    runner = new_runner(world, world.submit())
    items, n_looks = world.storage.items, 0

    def counted(kind: str, **page: int):  # type: ignore[no-untyped-def]  # a page
        nonlocal n_looks
        n_looks += 1
        return items(kind, **page)

    monkeypatch.setattr(world.storage, "items", counted)
    world.clock.tick = timedelta(0)
    for _ in range(5):
        runner.step()
    assert n_looks == 1
    world.clock.now += timedelta(seconds=1)
    runner.step()
    assert n_looks == 2


def test_a_waiting_trial_that_is_stopped_while_nobody_runs_the_job_is_never_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = new_runner(world, world.submit(search={"trials": 2}, run={"parallel": 1}))
    with monkeypatch.context() as patched:
        refuse_to_start(world, patched)
        runner.step()
    world.engine.stop(runner.job.id, 0)
    world.die()
    world.run(runner.job)
    assert [trial.state for trial in world.storage.trials(runner.job.id).items] == [
        TrialState.STOPPED,
        TrialState.COMPLETED,
    ]
    assert len(world.executor.runs) == 1


def test_attempts_are_added_once_however_often_one_looks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_to_start(world, monkeypatch)
    job = new_running_job(world, world.submit())
    Launch(job).start(world.clock())
    requests = Requests(job)
    for _ in range(3):
        requests.read_now(world.clock())
    assert [attempt.number for attempt in job.waiting] == [0]
