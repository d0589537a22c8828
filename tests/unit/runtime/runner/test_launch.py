"""runtime/runner/launch.py: which trials are started, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from scriptune.core.trial import TrialState
from scriptune.errors import ExecutorError
from scriptune.executors.base import Handle, LaunchSpec
from scriptune.runtime.runner.launch import Launch
from worlds import Program, World, new_runner, new_running_job, quadratic, slow


def test_a_grid_that_is_larger_than_its_budget_says_before_the_run_what_is_left_out(world: World) -> None:
    parameters = {"x": {"type": "float", "min": 0.0, "max": 1.0, "step": 0.1}}
    job = world.submit(parameters=parameters, search={"sampler": "grid", "trials": 4})
    (notice,) = job.notices
    assert (notice.code, dict(notice.params)) == (
        "notice.grid_cut",
        {"points": 11, "trials": 4, "left": 7, "last": {"x": 0.3}},
    )
    assert "the 7 points after x=0.3 will not be tried" in notice
    assert world.run(job).notices == (notice,)
    extended = world.run(world.engine.resume(job.id, trials="+20"))
    assert extended.notices == ()
    assert extended.message == "Every configuration in the search space has been tried (11 of 24 trials)."


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
    world.executor.submit = submitted  # type: ignore[method-assign]  # as above
    job = world.run(world.submit(search={"trials": 3}, run={"parallel": 1, "retries": 1}))
    world.engine.resume(job.id, trials="+1")
    world.run(job)
    assert launched == [True] * 8


class _Noted:
    """A transaction that says of every attempt that it inserts whether a power failure could take it."""

    def __init__(self, inner, flushed, durable):  # type: ignore[no-untyped-def]  # around any transaction
        self._inner, self._flushed, self._durable = inner, flushed, durable

    def __enter__(self):  # type: ignore[no-untyped-def]  # as above
        tx = self._inner.__enter__()
        insert = tx.insert_attempt

        def noted(*args):  # type: ignore[no-untyped-def]  # as above
            self._flushed.append(self._durable)
            insert(*args)

        tx.insert_attempt = noted
        return tx

    def __exit__(self, *args):  # type: ignore[no-untyped-def]  # as above
        return self._inner.__exit__(*args)


def test_folders_that_were_set_aside_are_told_with_each_trial_and_once_with_the_job(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = world.executor.submit

    def setting_aside(launch_spec: LaunchSpec) -> Handle:
        aside = launch_spec.folder.with_name(f"{launch_spec.folder.name}.aside")
        return replace(submit(launch_spec), set_aside=(aside,))

    monkeypatch.setattr(world.executor, "submit", setting_aside)
    job = world.run(world.submit())
    assert [(notice.code, notice.params) for notice in job.notices] == [("notice.folders_set_aside", {"number": 0})]
    for trial in world.storage.trials(job.id).items:
        [notice] = trial.notices
        assert notice.code == "notice.folder_set_aside"
        assert notice.params == {"folders": [f"jobs/{job.id}/{trial.number}/1.aside"]}


def test_a_trial_waits_for_room_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = new_runner(world, world.submit())
    monkeypatch.setattr(world.executor, "room", lambda *_: 0)
    assert not runner.step()
    assert runner.notice == "Nothing is free."
    assert not world.executor.runs
    monkeypatch.undo()
    assert runner.step()
    assert runner.notice == ""
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
    assert runner.notice == "Cannot start trial 0 at the moment: No process can be made."
    refused_at = world.clock.now
    while world.clock.now < refused_at + timedelta(seconds=1.5):
        assert not runner.step()
    assert tries == 1
    monkeypatch.undo()
    while not world.executor.runs:
        runner.step()
    assert world.clock.now >= refused_at + timedelta(seconds=1.9)
    runner.step()
    world.clock.now += timedelta(seconds=0.1)
    runner.step()
    assert world.storage.trial(runner.job.id, 0).state is TrialState.RUNNING
    assert runner.notice == ""


def test_the_sampler_is_asked_only_where_a_trial_may_start(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.executor.program = slow
    job = new_running_job(world, world.submit(search={"trials": 3}, run={"parallel": 2}), 1)
    launch = Launch(job)
    assert launch.start(world.clock())
    assert not launch.start(world.clock()), "the shared limit is reached"
    assert (job.n_trials, world.storage.trials(job.id).total) == (1, 1)


def test_a_step_starts_what_there_is_room_for_and_its_turn_has_time_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = SimpleNamespace(thread_time=lambda: 0.0, monotonic=lambda: 0.0)
    monkeypatch.setattr("scriptune.runtime.runner.launch.time", stopped)  # a slow machine ends a turn early
    world.executor.program = slow
    job = new_running_job(world, world.submit(search={"trials": 40}, run={"parallel": 30}))
    launch = Launch(job)
    assert launch.start(world.clock())
    assert len(job.running) == 1, "how long a start takes is not known yet"
    launch._start_s = 0.05 / 10
    assert launch.start(world.clock())
    assert len(job.running) == 11
    launch._start_s = 0.0
    assert launch.start(world.clock())
    assert len(job.running) == 30
    assert not launch.start(world.clock())


def test_a_free_slot_of_an_ordered_search_says_which_trial_it_waits_for(world: World) -> None:
    world.executor.program = slow
    job = new_running_job(world, world.submit(search={"trials": 5, "ordered": True}, run={"parallel": 3}))
    launch = Launch(job)
    while launch.start(world.clock()):
        pass
    assert (job.n_trials, launch.notice) == (3, ""), "all slots are taken"
    last = job.running.pop(2)
    assert not launch.start(world.clock())
    assert launch.notice == "Trial 3 waits for trial 0, because the search is ordered."
    job.running[2] = last
    assert not launch.start(world.clock())
    assert launch.notice == ""


def test_no_params_are_chosen_without_room_for_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job = new_running_job(world, world.submit())
    wanted: list[int] = []
    monkeypatch.setattr(world.executor, "room", lambda _, n: wanted.append(n) or 0)
    launch = Launch(job)
    assert not launch.start(world.clock())
    assert (job.n_trials, wanted[0], launch.notice) == (0, 2, "Nothing is free.")


def test_the_executor_is_asked_for_what_all_attempts_of_the_job_need(world: World) -> None:
    run = {"cpus": 3, "gpus": 0.5, "gpu_ids": ["7"], "memory": "2GB"}
    job = new_running_job(world, world.submit(run=run))
    Launch(job).start(world.clock())
    [attempt] = world.storage.attempts(job.id)
    names = ("cpus", "gpus", "gpu_ids", "memory_bytes", "setup")
    real = job.launch_spec(attempt)
    assert [getattr(job.sample, name) for name in names] == [getattr(real, name) for name in names]
    assert real.key == f"{job.id}/0/1"
