"""The runner and its worker, in a world without processes."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from scriptune.core.job import JobState, SearchJob
from scriptune.core.trial import Attempt, Cause, ExitReason, ExitStatus, TrialState
from scriptune.errors import ConflictError, ExecutorError
from scriptune.executors.base import Handle, LaunchSpec
from scriptune.metrics.sources.log import Batch
from scriptune.runtime.attempts import RunningAttempt
from scriptune.runtime.runner.runner import JobRunner
from scriptune.runtime.shared_limit import SharedLimit
from scriptune.storage.memory import MemoryStorage
from worlds import Killed, Program, World, quadratic


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    return World(tmp_path, MemoryStorage())


def table(world: World, job_id: str) -> list[tuple[int, dict[str, object], str, float | None]]:
    return [(t.number, dict(t.params), str(t.state), t.value) for t in world.storage.trials(job_id).items]


def slow(given: Mapping[str, str]) -> Program:
    """Long enough that the engine has to wait for it."""
    return Program((b"epoch 0\n",) * 40 + tuple(quadratic(given).pieces))


def test_a_search_uses_its_budget_and_knows_its_best_trial(world: World) -> None:
    job = world.run(world.submit())
    assert job.state is JobState.COMPLETED
    trials = world.storage.trials(job.id).items
    assert [t.number for t in trials] == list(range(6))
    for trial in trials:
        assert trial.value == (float(trial.params["x"]) - 0.3) ** 2
        assert trial.n_reports == 2
    best = world.engine.best(job.id)
    assert best is not None
    assert best.trial.value == min(t.value for t in trials if t.value is not None)


def test_no_more_trials_than_allowed_run_side_by_side(world: World) -> None:
    world.run(world.submit(search={"trials": 12}, run={"parallel": 3}))
    assert world.executor.max_running == 3


def test_the_same_seed_gives_the_same_search(world: World) -> None:
    first, second = (world.run(world.submit(run={"parallel": 1})) for _ in range(2))
    assert table(world, first.id) == table(world, second.id)


def test_replay_derives_every_suggestion_of_a_parallel_search(world: World) -> None:
    job = world.run(world.submit(search={"sampler": "bayes", "trials": 10}, run={"parallel": 4}))
    report = world.engine.replay(job.id)
    assert (report.n_trials, report.n_derived, report.first_difference) == (10, 10, None)


def test_replay_names_the_first_suggestion_that_was_changed_by_hand(world: World) -> None:
    job = world.run(world.submit())
    with world.storage.transaction() as tx:
        tx.update_trial(job.id, 3, params={"x": 0.5})
    report = world.engine.replay(job.id)
    assert report.first_difference == 3
    assert report.found == {"x": 0.5}


@pytest.mark.parametrize("parallel", [1, 3])
def test_killed_at_every_step_nothing_is_lost_run_twice_or_left_running(tmp_path: Path, parallel: int) -> None:
    unbroken = World(tmp_path / "unbroken", MemoryStorage())
    unbroken.home.mkdir()
    reference = unbroken.run(unbroken.submit(run={"parallel": parallel}))
    n_steps = unbroken.killer.calls
    assert n_steps > 30
    for kill_at in range(1, n_steps + 1):
        home = tmp_path / f"{kill_at}"
        home.mkdir()
        world = World(home, MemoryStorage())
        job = world.submit(run={"parallel": parallel})
        world.killer.calls = 0
        world.killer.kill_at = kill_at
        try:
            ended = world.run(job)
        except Killed:
            finished_then = {t[0]: t for t in table(world, job.id) if t[2] == "completed"}
            world.die()
            ended = world.engine.storage.job(job.id)
            if ended.state not in (JobState.COMPLETED, JobState.FAILED):
                ended = world.run(ended)
            now = {t[0]: t for t in table(world, job.id)}
            assert {n: now[n] for n in finished_then} == finished_then
        assert ended.state is JobState.COMPLETED, kill_at
        assert all(n == 1 for n in world.executor.runs.values()), kill_at
        assert len(world.executor.runs) == 6
        assert not world.executor.running
        if parallel == 1:
            assert table(world, job.id) == table(unbroken, reference.id)
        assert world.engine.replay(job.id).first_difference is None


def test_killed_again_and_again_at_ever_other_steps(tmp_path: Path) -> None:
    world = World(tmp_path, MemoryStorage())
    job = world.submit(search={"trials": 12}, run={"parallel": 4})
    kills = 0
    for step in range(3, 400):
        world.killer.calls = 0
        world.killer.kill_at = 3 + step % 17
        try:
            ended = world.run(world.storage.job(job.id))
            break
        except Killed:
            kills += 1
            world.die()
    assert ended.state is JobState.COMPLETED
    assert kills > 5
    assert len(world.executor.runs) == 12
    assert set(world.executor.runs.values()) == {1}
    assert world.engine.replay(job.id).first_difference is None


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


def test_the_count_of_warnings_that_were_left_out_was_left_out_too(world: World) -> None:
    names = [f"m{i}" for i in range(8)]
    lines = "".join(f"{name}=oops\n" for name in names) * 5
    world.executor.program = lambda _: Program((lines.encode(), b"loss=1.0\n"))
    metrics = {name: {"regex": rf"\b{name}=(\S+)"} for name in [*names, "loss"]}
    job = world.run(world.submit(metrics=metrics, search={"trials": 1}))
    [attempt] = world.storage.attempts(job.id)
    assert len(attempt.warnings) == 3 * len(names) + 1
    assert "were left out: 16" in attempt.warnings[-1]


def test_consecutive_failures_end_the_job_and_say_why(world: World) -> None:
    world.executor.program = lambda given: Program((b"some odd thing " + given["x"].encode() + b"\n",), exit_code=1)
    job = world.run(world.submit(search={"trials": 50}, run={"parallel": 1, "max_failed": 4}))
    assert job.state is JobState.FAILED
    assert "4 trials failed one after the other" in job.message
    assert len(world.storage.trials(job.id).items) == 4


def test_two_failures_that_no_hyperparameter_can_cure_end_the_job_at_once(world: World) -> None:
    world.executor.program = lambda _: Program((b"ModuleNotFoundError: No module named 'torch'\n",), exit_code=1)
    job = world.run(world.submit(search={"trials": 50}, run={"parallel": 1}))
    assert job.state is JobState.FAILED
    assert "No module named 'torch'" in job.message
    assert len(world.storage.trials(job.id).items) == 2


def test_the_search_ends_when_the_target_is_reached(world: World) -> None:
    job = world.run(world.submit(objective={"target": 0.05}, search={"trials": 200}))
    assert job.state is JobState.COMPLETED
    assert "target" in job.message
    assert len(world.storage.trials(job.id).items) < 200


def test_an_exhausted_space_ends_the_search_and_says_so(world: World) -> None:
    world.executor.program = lambda given: Program((f"loss={given['x']}\n".encode(),))
    job = world.run(world.submit(parameters={"x": {"type": "int", "min": 1, "max": 4}}, search={"trials": 50}))
    assert job.state is JobState.COMPLETED
    assert "Every configuration" in job.message
    assert sorted(t.params["x"] for t in world.storage.trials(job.id).items) == [1, 2, 3, 4]


def test_a_grid_over_a_continuous_range_has_not_tried_every_configuration(world: World) -> None:
    job = world.run(world.submit(search={"sampler": "grid", "trials": 50, "options": {"resolution": 3}}))
    assert job.message == "Every point of the grid was tried (3 of 50 trials)."


def test_a_grid_that_is_larger_than_its_budget_says_before_the_run_what_is_left_out(world: World) -> None:
    parameters = {"x": {"type": "float", "min": 0.0, "max": 1.0, "step": 0.1}}
    job = world.submit(parameters=parameters, search={"sampler": "grid", "trials": 4})
    (notice,) = job.notices
    assert (notice.code, dict(notice.params)) == (
        "grid_cut",
        {"points": 11, "trials": 4, "left": 7, "last": {"x": 0.3}},
    )
    assert "7 points are left out, all that come after x=0.3" in notice.message
    assert world.run(job).notices == (notice,)
    extended = world.run(world.engine.resume(job.id, trials="+20"))
    assert extended.notices == ()
    assert extended.message == "Every configuration of the search space was tried (11 of 24 trials)."


def test_duplicates_are_run_again_when_asked_for(world: World) -> None:
    world.executor.program = lambda given: Program((f"loss={given['x']}\n".encode(),))
    document = {"parameters": {"x": {"type": "int", "min": 1, "max": 3}}}
    job = world.run(world.submit(**document, search={"trials": 7, "allow_duplicates": True}))
    assert len(world.storage.trials(job.id).items) == 7
    assert world.engine.replay(job.id).first_difference is None


def test_the_first_trial_uses_the_defaults(world: World) -> None:
    document = {"parameters": {"x": {"type": "float", "min": 0.0, "max": 1.0, "default": 0.125}}}
    for sampler in ("bayes", "tpe", "anneal", "random"):
        job = world.run(world.submit(**document, search={"sampler": sampler, "trials": 2}))
        assert world.storage.trial(job.id, 0).params == {"x": 0.125}, sampler


def test_enqueued_params_are_tried_first_and_known_results_are_not_run(world: World) -> None:
    starts = [{"params": {"x": 0.75}}, {"params": {"x": 0.25}, "value": 0.01}, {"x": 0.5}]
    job = world.run(world.submit(search={"trials": 4, "start_with": starts}, run={"parallel": 1}))
    tried = [t.params["x"] for t in world.storage.trials(job.id).items]
    assert tried[:2] == [0.75, 0.5]
    assert 0.25 not in tried
    report = world.engine.replay(job.id)
    assert (report.n_enqueued, report.first_difference) == (2, None)


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
    monkeypatch.setattr("scriptune.runtime.runner.runner._REQUESTS_EVERY_S", 1e9)
    monkeypatch.setattr("scriptune.runtime.runner.runner._RENEWALS_PER_TTL", 1e-9)
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


def test_a_completed_search_is_not_resumed_without_more_budget(world: World) -> None:
    job = world.run(world.submit())
    with pytest.raises(ConflictError, match="used up its budget"):
        world.engine.resume(job.id)


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


def test_retried_trials_that_are_cut_off_with_their_job_run_when_it_is_resumed(world: World) -> None:
    world.executor.program = lambda given: Program((b"no luck\n",), exit_code=1)
    job = world.run(world.submit(search={"trials": 6}, run={"parallel": 1, "max_failed": None}))
    world.engine.retry(job.id)
    world.executor.on_wait = lambda: world.engine.stop(job.id)
    assert world.run(job).state is JobState.STOPPED
    stopped = [t for t in world.storage.trials(job.id).items if t.state is TrialState.STOPPED]
    assert [t.message for t in stopped[1:]] == ["Stopped before it was started."] * (len(stopped) - 1)
    assert not [t for t in stopped[1:] if t.started_at is not None]  # else it seems to have run all the time between

    world.executor.on_wait = lambda: None
    world.executor.program = quadratic
    world.engine.resume(job.id)
    assert world.run(job).state is JobState.COMPLETED
    again = [t.number for t in world.storage.trials(job.id).items if t.state is TrialState.COMPLETED]
    assert again == [t.number for t in stopped]
    assert world.engine.replay(job.id).first_difference is None


def test_a_trial_that_was_cut_off_by_the_target_stays_so_when_the_search_is_extended(world: World) -> None:
    def program(given: Mapping[str, str]) -> Program:
        return Program((b"loss=0.0\n",) if len(world.executor.runs) == 1 else (b"working\n",) * 500)

    world.executor.program = program
    goal = {"metric": "loss", "goal": "minimize", "target": 0.5}
    job = world.run(world.submit(search={"trials": 6}, run={"parallel": 2}, objective=goal))
    states = [t.state for t in world.storage.trials(job.id).items]
    assert TrialState.STOPPED in states
    world.engine.resume(job.id, trials="+1")
    world.run(job)
    assert [t.state for t in world.storage.trials(job.id).items][: len(states)] == states


def test_a_job_that_is_being_run_is_not_run_by_another_process(world: World) -> None:
    job = world.submit()
    world.executor.program = slow
    other = World(world.home, world.storage)
    other.clock.now = world.clock.now

    def intrude() -> None:
        with pytest.raises(ConflictError):
            run_elsewhere(other, job.id)

    world.executor.on_wait = intrude
    assert world.run(job).state is JobState.COMPLETED


def run_elsewhere(world: World, job_id: str) -> None:
    from scriptune.runtime.worker import Worker

    Worker(world.engine.context).run_job(job_id)


def test_leaving_lets_trials_run_on_and_the_next_process_adopts_them(world: World) -> None:
    from scriptune.runtime.worker import Worker

    world.executor.program = slow
    job = world.submit()
    worker = Worker(world.engine.context)
    world.executor.on_wait = worker.leave
    left = worker.run_job(job.id)
    assert left.state is JobState.RUNNING
    assert left.lease_owner is None
    assert world.executor.running
    world.executor.on_wait = lambda: None
    assert world.run(job).state is JobState.COMPLETED
    assert set(world.executor.runs.values()) == {1}


def test_the_time_for_the_search_ends_it_and_keeps_what_is_there(world: World) -> None:
    job = world.run(world.submit(search={"trials": 10000}, run={"job_timeout": 20}))
    assert job.state is JobState.COMPLETED
    assert "job_timeout" in job.message
    assert 0 < len(world.storage.trials(job.id).items) < 10000


def test_a_metric_that_is_never_finite_is_a_failure_with_that_cause(world: World) -> None:
    world.executor.program = lambda _: Program((b"loss=nan\n",))
    job = world.run(world.submit(search={"trials": 1}))
    trial = world.storage.trial(job.id, 0)
    assert (trial.cause, trial.value) == (Cause.NON_FINITE, None)


def test_stopping_a_job_whose_engine_died_ends_its_trials(world: World) -> None:
    world.executor.program = slow
    job = world.submit()
    world.killer.calls = 0
    world.killer.kill_at = 20
    with pytest.raises(Killed):
        world.run(job)
    assert world.executor.running
    world.die()
    stopped = world.engine.stop(job.id)
    assert stopped.state is JobState.STOPPED
    assert not world.executor.running


def test_deleting_a_job_whose_engine_died_leaves_no_process_and_no_folder(world: World) -> None:
    world.executor.program = slow
    job = world.submit()
    world.killer.calls = 0
    world.killer.kill_at = 20
    with pytest.raises(Killed):
        world.run(job)
    world.die()
    world.engine.delete(job.id)
    assert not world.executor.running
    assert not (world.settings.jobs_folder / job.id).exists()
    assert world.engine.jobs().total == 0


def test_half_a_number_of_a_stopped_trial_is_not_its_value(world: World) -> None:
    world.executor.program = lambda _: Program((b"loss=0.75\n", b"loss=0.0", *[b""] * 500))
    job = world.submit(search={"trials": 1}, run={"parallel": 1})

    def stop_once_reported() -> None:
        trial = world.storage.trial(job.id, 0)
        if trial.n_reports and trial.state is TrialState.RUNNING:
            world.engine.stop(job.id, 0)

    world.executor.on_wait = stop_once_reported
    world.run(job)
    assert (world.storage.trial(job.id, 0).state, world.storage.trial(job.id, 0).value) == (
        TrialState.EARLY_STOPPED,
        0.75,
    )


# --- what the results say of the job ---------------------------------------------------------------------------


def deaf(_given: Mapping[str, str]) -> Program:
    """A program that never looks at its parameters."""
    return Program((b"loss=1.5\n", b"loss=1.25\n"))


def test_a_program_that_prints_the_same_whatever_it_is_given_is_noticed_and_said_in_an_event(world: World) -> None:
    world.executor.program = deaf
    job = world.run(world.submit())
    assert [notice.code for notice in job.notices] == ["parameters_unread", "equal_values"]
    assert job.notices[0].params == {"numbers": [0, 1, 2]}
    assert world.engine.show(job.id).notices == job.notices
    assert job.notices[0].message in world.engine.show(job.id).warnings
    said = [event.data["notices"] for event in world.storage.events(job.id) if event.kind == "notices"]
    assert [[notice["code"] for notice in notices] for notices in said] == [
        ["equal_values"],
        ["parameters_unread", "equal_values"],
    ]


def test_notices_are_derived_from_the_record_when_a_search_is_resumed(world: World) -> None:
    world.executor.program = deaf
    job = world.run(world.submit())
    with world.storage.transaction() as tx:
        tx.update_job(job.id, notices=())
    resumed = world.run(world.engine.resume(job.id, trials="+1"))
    assert resumed.notices == job.notices


def test_a_program_that_listens_is_not_suspected(world: World) -> None:
    assert world.run(world.submit()).notices == ()


def test_the_digest_of_an_adopted_trial_is_that_of_all_it_printed(world: World) -> None:
    whole = world.run(world.submit(search={"trials": 1}))
    killed = world.submit(search={"trials": 1})
    world.killer.calls, world.killer.kill_at = 0, 12
    with pytest.raises(Killed):
        world.run(killed)
    world.die()
    world.run(killed)
    digests = {world.storage.trial(job.id, 0).report_digest for job in (whole, killed)}
    assert len(digests) == 1
    assert None not in digests


# --- a database and folders of different moments ------------------------------------------------------------


def test_what_a_launch_relies_on_is_on_the_disk_before_it(world: World) -> None:
    # Without that, a power failure leaves folders of trials that the database does not know, and takes their results
    # for those of the next trials with these numbers.
    flushed: list[bool] = []
    launched: list[bool] = []
    transaction, submit = world.storage.transaction, world.executor.submit

    def noted(lease=None, *, durable=False):  # type: ignore[no-untyped-def]  # as the protocol
        return _Noted(transaction(lease, durable=durable), flushed, durable)

    def submitted(order):  # type: ignore[no-untyped-def]  # as the fake it replaces
        launched.append(flushed[-1])
        return submit(order)

    calls: list[str] = []

    def program(given: Mapping[str, str]) -> Program:
        calls.append(given["x"])
        return quadratic(given) if len(calls) % 2 == 0 else Program((b"flaky\n",), exit_code=1)

    world.executor.program = program
    world.storage.transaction = noted  # type: ignore[method-assign]  # the storage of this test alone
    world.executor.submit = submitted  # type: ignore[method-assign]
    job = world.run(world.submit(search={"trials": 3}, run={"parallel": 1, "retries": 1}))
    world.engine.resume(job.id, trials="+1")
    world.run(job)
    assert launched == [True] * 8


class _Noted:
    """A transaction that says of every attempt that it inserts whether a power failure could take it."""

    def __init__(self, inner, flushed, durable):  # type: ignore[no-untyped-def]  # around any transaction
        self._inner, self._flushed, self._durable = inner, flushed, durable

    def __enter__(self):  # type: ignore[no-untyped-def]
        tx = self._inner.__enter__()
        insert = tx.insert_attempt

        def noted(*args):  # type: ignore[no-untyped-def]
            self._flushed.append(self._durable)
            insert(*args)

        tx.insert_attempt = noted
        return tx

    def __exit__(self, *args):  # type: ignore[no-untyped-def]
        return self._inner.__exit__(*args)


def interrupted(world: World, number: int) -> Attempt:
    """Kill the engine while a trial runs; its attempt."""
    job = world.submit(search={"trials": 3}, run={"parallel": 1})
    world.executor.program = slow

    def kill() -> None:
        if any(f"/{number}/" in folder for folder in world.executor.running):
            world.executor.on_wait = lambda: None
            raise Killed

    world.executor.on_wait = kill
    with pytest.raises(Killed):
        world.run(job)
    world.die()
    return world.storage.attempts(job.id, number)[0]


@pytest.mark.parametrize("damage", ["another command", "no command", "no folder"])
def test_a_running_trial_is_lost_and_run_again_when_its_folder_is_not_its_own(world: World, damage: str) -> None:
    attempt = interrupted(world, 1)
    folder = world.home / attempt.folder
    if damage == "no folder":
        shutil.rmtree(folder)
    elif damage == "no command":
        (folder / "command.json").unlink()
    else:
        document = json.loads((folder / "command.json").read_text())
        document["env"]["SCRIPTUNE_ATTEMPT_KEY"] = "of another hand-over"
        (folder / "command.json").write_text(json.dumps(document))
        (folder / "output.log").write_bytes(b"loss=-99\n" * 100)
        world.executor.exits[str(folder)] = ExitStatus(ExitReason.EXITED, exit_code=0)
    job = world.run(world.engine.show().summary.job)
    assert job.state is JobState.COMPLETED
    trial = world.storage.trial(job.id, 1)
    assert (trial.state, trial.n_attempts) == (TrialState.COMPLETED, 2)
    assert trial.value == (float(trial.params["x"]) - 0.3) ** 2
    [first, _] = world.storage.attempts(job.id, 1)
    assert first.exit is not None
    assert first.exit.reason is ExitReason.LOST
    assert "restored from another moment" in first.exit.message
    assert str(folder) in world.executor.cancelled, "what runs there belongs to nobody any more"


def test_a_folder_is_recognised_once_and_may_be_tidied_up_by_its_program_later(world: World) -> None:
    attempt = interrupted(world, 1)
    job = world.engine.show().summary.job
    runner = new_runner(world, job)
    runner.step()
    (world.home / attempt.folder / "command.json").unlink()
    while not runner.done:
        runner.step()
    trial = world.storage.trial(job.id, 1)
    assert (trial.state, trial.n_attempts) == (TrialState.COMPLETED, 1)


def test_folders_that_were_set_aside_are_told_with_each_trial_and_once_with_the_job(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = world.executor.submit

    def setting_aside(launch_spec: LaunchSpec) -> Handle:
        aside = launch_spec.folder.with_name(f"{launch_spec.folder.name}.aside")
        return replace(submit(launch_spec), set_aside=(aside,))

    monkeypatch.setattr(world.executor, "submit", setting_aside)
    job = world.run(world.submit())
    assert [(notice.code, notice.params) for notice in job.notices] == [("folders_set_aside", {"number": 0})]
    for trial in world.storage.trials(job.id).items:
        [notice] = trial.notices
        assert notice.code == "folder_set_aside"
        assert notice.params == {"folders": [f"jobs/{job.id}/{trial.number}/1.aside"]}


def test_a_waiting_trial_that_is_stopped_takes_no_value_from_a_folder_of_another_command(world: World) -> None:
    attempt = interrupted(world, 1)
    folder = world.home / attempt.folder
    job = world.engine.show().summary.job
    # The database is of a moment before the start, the folder of another search's end.
    with world.storage.transaction() as tx:
        tx.update_trial(job.id, 1, state=TrialState.WAITING)
        tx.update_attempt(job.id, 1, 1, state=TrialState.WAITING, handle=None)
    document = json.loads((folder / "command.json").read_text())
    document["params"] = {"x": 0.999}
    (folder / "command.json").write_text(json.dumps(document))
    (folder / "output.log").write_bytes(b"loss=-99\n")
    world.executor.exits[str(folder)] = ExitStatus(ExitReason.EXITED, exit_code=0)
    world.engine.stop(job.id)
    assert world.run(job).state is JobState.STOPPED
    trial = world.storage.trial(job.id, 1)
    assert (trial.state, trial.value) == (TrialState.STOPPED, None)


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


def test_a_trial_whose_log_lost_its_end_is_run_again_instead_of_taking_a_value_from_the_rest(world: World) -> None:
    # A copy of the folder that was taken while the program wrote, or a power failure: exit.json is there, the log not.
    attempt = interrupted(world, 1)
    log = world.home / attempt.folder / "output.log"
    log.write_bytes(b"loss=-99\n")
    ended = ExitStatus(ExitReason.EXITED, exit_code=0, log_size=log.stat().st_size + 9)
    world.executor.exits[str(log.parent)] = ended
    job = world.run(world.engine.show().summary.job)
    trial = world.storage.trial(job.id, 1)
    assert (trial.state, trial.n_attempts) == (TrialState.COMPLETED, 2)
    assert trial.value == (float(trial.params["x"]) - 0.3) ** 2


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


def new_runner(world: World, job: SearchJob) -> JobRunner:
    """A runner of a job, to be stepped by hand."""
    context = world.engine.context
    lease = context.storage.claim(job.id, "me", now=context.clock(), ttl_s=world.settings.lease_ttl_s)
    assert lease is not None
    return JobRunner(world.settings, context.storage, context.make_executor(), lease, context.clock)


def test_a_trial_waits_for_room_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = new_runner(world, world.submit())
    monkeypatch.setattr(world.executor, "has_room", lambda _: False)
    assert not runner.step()
    assert runner.progress().notice.startswith("Waiting for free slots")
    assert not world.executor.runs
    monkeypatch.undo()
    assert runner.step()
    assert runner.progress().notice == ""
    assert len(world.executor.runs) == 1


def test_a_trial_that_the_system_refuses_to_start_is_started_after_a_pause(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = new_runner(world, world.submit())
    tries = 0

    def refuse(_: object) -> Handle:
        nonlocal tries
        tries += 1
        raise ExecutorError("No process can be made.")

    monkeypatch.setattr(world.executor, "submit", refuse)
    assert not runner.step()
    assert runner.progress().notice == "Trial 0 cannot be started now: No process can be made."
    refused_at = world.clock.now
    while world.clock.now < refused_at + timedelta(seconds=1.5):
        assert not runner.step()
    assert tries == 1
    monkeypatch.undo()
    while not world.executor.runs:
        runner.step()
    assert world.clock.now >= refused_at + timedelta(seconds=1.9)
    assert [t.state for t in world.storage.trials(runner.job.id).items] == [TrialState.RUNNING]
    assert runner.progress().notice == ""


def test_a_trial_that_cannot_be_looked_at_is_followed_again_when_it_can(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = new_runner(world, world.submit(search={"trials": 1}))
    assert runner.step()

    def refuse(_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(world.executor, "poll", refuse)
        for _ in range(3):
            assert not runner.step()
        assert "Trial 0 cannot be looked at now" in runner.progress().notice
        assert "Too many open files" in runner.progress().notice
        world.clock.now += timedelta(hours=1)  # however long: nothing is known of its end
        assert not runner.step()
    while not runner.done:
        runner.step()
    assert runner.progress().notice == ""
    assert runner.job.state is JobState.COMPLETED
    assert world.storage.trial(runner.job.id, 0).state is TrialState.COMPLETED


@pytest.mark.parametrize(("stop", "patience_s"), [(False, 900), (True, 10)])
def test_a_log_that_stays_unreadable_after_the_end_is_given_up_in_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch, stop: bool, patience_s: int
) -> None:
    world.executor.program = lambda _: Program((b"loss=0.5\n",))
    runner = new_runner(world, world.submit(search={"trials": 1}))
    assert runner.step()

    def unreadable(run: RunningAttempt, *_: object) -> object:
        if run.exit is None:
            return Batch(from_offset=0, to_offset=0)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(RunningAttempt, "read", unreadable)
    while world.executor.running:
        runner.step()
    runner.step()
    if stop:
        world.engine.stop(runner.job.id)
    world.clock.now += timedelta(seconds=1)
    runner.step()
    since = world.clock.now
    while not runner.done:
        assert world.clock.now < since + timedelta(seconds=patience_s + 60)
        world.clock.now += timedelta(seconds=patience_s / 20)
        runner.step()
    assert world.clock.now >= since + timedelta(seconds=patience_s * 0.8)
    attempt = world.storage.attempts(runner.job.id, 0)[0]
    assert attempt.warnings == (
        "Its log could not be read to its end: Input/output error; scriptune reparse reads it again.",
    )
    assert attempt.state is TrialState.FAILED


def test_the_rate_of_ended_trials_foretells_when_a_search_ends(world: World) -> None:
    runner = new_runner(world, world.submit(search={"trials": 4}, run={"parallel": 1}))
    first = runner.progress()
    assert (first.trials_per_hour, first.remaining_s, first.budget) == (None, None, 4)
    while sum(trial.state is TrialState.COMPLETED for trial in world.storage.trials(runner.job.id).items) < 1:
        runner.step()
    at = runner.progress()
    assert at.trials_per_hour == pytest.approx(3600 / at.elapsed_s)
    assert at.remaining_s == pytest.approx(3 * at.elapsed_s)
    while not runner.done:
        runner.step()
    assert runner.progress().remaining_s == 0.0
    assert list(runner.progress().running) == []


def test_a_lease_is_renewed_and_the_time_kept_before_a_quarter_of_it_has_passed_twice(world: World) -> None:
    world.executor.program = lambda _: Program((b"working\n",) * 10_000)
    runner = new_runner(world, world.submit())
    began = world.clock.now
    ttl_s = world.settings.lease_ttl_s
    while world.clock.now < began + timedelta(seconds=ttl_s * 3):
        runner.step()
        stored = world.storage.job(runner.job.id)
        assert stored.lease_until is not None
        assert stored.lease_until - world.clock.now > timedelta(seconds=ttl_s / 2)
        lived_s = (world.clock.now - began).total_seconds()
        assert stored.active_s == pytest.approx(lived_s, abs=ttl_s / 2)


def test_a_runner_that_leaves_gives_its_places_back_and_keeps_the_time(world: World) -> None:
    world.executor.program = slow
    limit = SharedLimit(2)
    context = world.engine.context
    job = world.submit()
    lease = context.storage.claim(job.id, "me", now=context.clock(), ttl_s=world.settings.lease_ttl_s)
    assert lease is not None
    runner = JobRunner(world.settings, context.storage, context.make_executor(), lease, context.clock, limit)
    while limit.has_room:
        runner.step()
    assert len(runner.handles) == 2
    runner.leave()
    assert runner.handles == []
    assert limit.has_room
    stored = world.storage.job(job.id)
    assert stored.lease_owner is None
    assert stored.active_s > 0


def test_an_attempt_that_waits_to_be_run_again_says_why_the_one_before_it_failed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = iter([3, 0])
    world.executor.program = lambda given: Program(quadratic(given).pieces, exit_code=next(codes))
    runner = new_runner(world, world.submit(search={"trials": 1}, run={"retries": 1}))
    runner.step()
    with monkeypatch.context() as patched:
        patched.setattr(world.executor, "has_room", lambda _: False)
        while world.storage.trial(runner.job.id, 0).n_attempts < 2:
            runner.step()
        trial = world.storage.trial(runner.job.id, 0)
    assert trial.message.startswith("Ended with exit code 3.")
    assert (trial.state, trial.cause, trial.value) == (TrialState.WAITING, None, None)
    assert (trial.started_at, trial.finished_at) == (None, None)
    while not runner.done:
        runner.step()
    trial = world.storage.trial(runner.job.id, 0)
    assert (trial.state, trial.message, trial.cause, trial.n_attempts) == (TrialState.COMPLETED, "", None, 2)
    assert [a.attempt for a in world.storage.attempts(runner.job.id, 0)] == [1, 2]


def test_reports_that_follow_each_other_closely_are_stored_together(world: World) -> None:
    world.executor.program = lambda _: Program((b"loss=1.0\n",) * 100)
    runner = new_runner(world, world.submit(search={"trials": 1}))
    runner.step()
    runner._clock = lambda: world.clock.now  # time stands still but for what follows

    def n_stored() -> int:
        return world.storage.reports(runner.job.id, 0).total

    for n_steps, expected in ((10, 1), (1, 11), (10, 11), (1, 22)):
        if n_steps == 1:
            world.clock.now += timedelta(seconds=0.15)
        for _ in range(n_steps):
            runner.step()
        assert n_stored() == expected


def test_a_search_that_only_waits_for_its_running_trials_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = new_runner(world, world.submit(run={"parallel": 1}))
    runner.step()
    with monkeypatch.context() as patched:
        patched.setattr(world.executor, "poll", lambda _: None)  # it prints nothing and does not end
        assert not runner.step()
        with world.storage.transaction() as tx:
            tx.update_job(runner.job.id, stop_requested="drain")
        world.clock.now += timedelta(seconds=1)
        assert [runner.step() for _ in range(3)] == [False] * 3
        assert runner.job.state is JobState.STOPPING
    while not runner.done:
        runner.step()
    assert runner.job.state is JobState.STOPPED


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


def test_the_sampler_is_not_told_of_a_trial_that_ends_with_its_job_before_it_was_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = new_runner(world, world.submit())
    monkeypatch.setattr(world.executor, "has_room", lambda _: False)
    runner.step()
    with world.storage.transaction() as tx:
        tx.update_job(runner.job.id, stop_requested="drain")
    world.clock.now += timedelta(seconds=1)
    while not runner.done:
        runner.step()
    assert [trial.state for trial in world.storage.trials(runner.job.id).items] == [TrialState.STOPPED]
    assert list(world.storage.tells(runner.job.id)) == []


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
    assert [notice.code for notice in ended.notices] == ["parameters_unread", "equal_values"]


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
    now = world.clock.now
    monkeypatch.setattr(runner, "_clock", lambda: now)
    for _ in range(5):
        runner.step()
    assert n_looks == 1
    now += timedelta(seconds=1)
    runner.step()
    assert n_looks == 2
