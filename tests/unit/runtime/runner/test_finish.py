"""runtime/runner/finish.py: the end of an attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from scriptune.core.job import JobState
from scriptune.core.trial import Cause, ExitReason, ExitStatus, TrialState
from scriptune.runtime.policy.verdict import Verdict
from scriptune.runtime.runner.finish import finish
from scriptune.runtime.runner.launch import Launch
from worlds import Program, World, interrupted, new_runner, new_running_job, quadratic


def test_a_failed_trial_keeps_its_cause_and_last_lines_and_the_search_goes_on(world: World) -> None:
    def program(given: Mapping[str, str]) -> Program:
        if float(given["x"]) > 0.5:
            return Program((b"Traceback\nValueError: x is too large\n",), exit_code=3)
        return quadratic(given)

    world.executor.program = program
    job = world.run(world.submit(search={"trials": 10}))
    failed = [t for t in world.storage.trials(job.id).items if t.state is TrialState.FAILED]
    assert failed
    assert all(t.cause is Cause.EXIT_CODE and "x is too large" in t.message and t.value is None for t in failed)
    assert job.state is JobState.COMPLETED


def test_retries_are_further_attempts_of_the_same_trial(world: World) -> None:
    calls: list[str] = []

    def program(given: Mapping[str, str]) -> Program:
        calls.append(given["x"])
        return quadratic(given) if len(calls) % 2 == 0 else Program((b"flaky\n",), exit_code=1)

    world.executor.program = program
    job = world.run(world.submit(search={"trials": 3}, run={"parallel": 1, "retries": 1}))
    trials = world.storage.trials(job.id).items
    assert [(t.state, t.n_attempts) for t in trials] == [(TrialState.COMPLETED, 2)] * 3
    assert calls[0] == calls[1]


@pytest.mark.parametrize(("n", "state"), [(2, TrialState.COMPLETED), (3, TrialState.FAILED)])
def test_a_preempted_attempt_is_run_again_until_it_was_too_often(world: World, n: int, state: TrialState) -> None:
    poll = world.executor.poll

    def preempting_poll(handle):  # type: ignore[no-untyped-def]  # as the fake it replaces
        status = poll(handle)
        if status is None or handle.folder.parent.name != "2" or int(handle.folder.name) > n:
            return status
        return replace(status, reason=ExitReason.PREEMPTED)  # after it had printed all its values

    world.executor.poll = preempting_poll  # type: ignore[method-assign]  # the fake of this test alone
    job = world.run(world.submit(run={"max_preempted": 2}))
    trial = world.storage.trial(job.id, 2)
    assert (trial.state, trial.n_attempts) == (state, 3)
    assert trial.cause is (Cause.PREEMPTED if state is TrialState.FAILED else None)
    tells = [tell.value for tell in world.storage.tells(job.id) if tell.number == 2]
    assert len(tells) == 1
    assert (tells[0] is None) == (state is TrialState.FAILED)


def test_a_lost_attempt_is_run_again_even_without_retries(world: World) -> None:
    lost_once: set[str] = set()
    poll = world.executor.poll

    def losing_poll(handle):  # type: ignore[no-untyped-def]  # as the fake it replaces
        if handle.folder.name == "1" and handle.folder.parent.name == "2" and not lost_once:
            lost_once.add(str(handle.folder))
            return world.executor._end(str(handle.folder), ExitStatus(ExitReason.LOST))
        return poll(handle)

    world.executor.poll = losing_poll  # type: ignore[method-assign]  # the fake of this test alone
    job = world.run(world.submit())
    trial = world.storage.trial(job.id, 2)
    assert (trial.state, trial.n_attempts) == (TrialState.COMPLETED, 2)


def test_a_metric_that_is_never_finite_is_a_failure_with_that_cause(world: World) -> None:
    world.executor.program = lambda _: Program((b"loss=nan\n",))
    job = world.run(world.submit(search={"trials": 1}))
    trial = world.storage.trial(job.id, 0)
    assert (trial.cause, trial.value) == (Cause.NON_FINITE, None)


def test_a_trial_that_had_ended_before_it_was_found_did_not_start_after_its_end(world: World) -> None:
    attempt = interrupted(world, 1)
    job = world.engine.show().summary.job
    began, ended = world.clock.now - timedelta(hours=2), world.clock.now - timedelta(hours=1)
    folder = world.home / attempt.folder
    (folder / "output.log").write_bytes(b"loss=0.5\n")
    world.executor.exits[str(folder)] = ExitStatus(ExitReason.EXITED, exit_code=0, started_at=began, finished_at=ended)
    world.run(job)
    trial = world.storage.trial(job.id, 1)
    assert (trial.value, trial.started_at, trial.finished_at) == (0.5, began, ended)


def test_an_attempt_that_waits_to_be_run_again_says_why_the_one_before_it_failed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = iter([3, 0])
    world.executor.program = lambda given: Program(quadratic(given).pieces, exit_code=next(codes))
    runner = new_runner(world, world.submit(search={"trials": 1}, run={"retries": 1}))
    runner.step()
    with monkeypatch.context() as patched:
        patched.setattr(world.executor, "room", lambda *_: 0)
        while world.storage.trial(runner.job.id, 0).n_attempts < 2:
            runner.step()
        trial = world.storage.trial(runner.job.id, 0)
    assert trial.message.startswith("Failed with exit code 3.")
    assert (trial.state, trial.cause, trial.value) == (TrialState.WAITING, None, None)
    assert (trial.started_at, trial.finished_at) == (None, None)
    while not runner.done:
        runner.step()
    trial = world.storage.trial(runner.job.id, 0)
    assert (trial.state, trial.message, trial.cause, trial.n_attempts) == (TrialState.COMPLETED, "", None, 2)
    assert [a.attempt for a in world.storage.attempts(runner.job.id, 0)] == [1, 2]


@pytest.mark.parametrize(
    ("state", "stop", "retries", "is_told", "is_again"),
    [
        (TrialState.COMPLETED, "", 0, True, False),
        (TrialState.FAILED, "", 0, True, False),
        (TrialState.FAILED, "", 1, False, True),
        (TrialState.FAILED, "trial", 1, True, False),
        (TrialState.STOPPED, "trial", 0, True, False),
        (TrialState.STOPPED, "job", 0, False, False),
    ],
)
def test_an_end_is_told_or_followed_by_another_attempt_or_kept_for_a_resume(
    world: World, state: TrialState, stop: str, retries: int, is_told: bool, is_again: bool
) -> None:
    job = new_running_job(world, world.submit(run={"retries": retries}))
    Launch(job).start(world.clock())
    run = job.running[0]
    run.exit, run.stop = ExitStatus(ExitReason.EXITED, exit_code=1), stop
    value = 0.5 if state is TrialState.COMPLETED else None
    cause = Cause.EXIT_CODE if state is TrialState.FAILED else None
    finish(job, run, Verdict(state, value, cause), world.clock())
    assert list(world.storage.tells(job.id)) == [], "it is stored with the step"
    job.flush()
    assert (len(world.storage.tells(job.id)), job.history.n_told) == (is_told, is_told)
    assert [(attempt.number, attempt.attempt) for attempt in job.waiting] == ([(0, 2)] if is_again else [])
    trial = world.storage.trial(job.id, 0)
    assert trial.state is (TrialState.WAITING if is_again else state)
    assert trial.stop_requested is (stop == "trial")
    assert job.running == {}
