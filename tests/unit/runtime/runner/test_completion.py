"""runtime/runner/completion.py: when a search ends, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from scriptune.core.job import JobState
from scriptune.core.trial import TrialState
from scriptune.errors import ConflictError
from scriptune.runtime.policy.termination import Ending, budget_ending
from scriptune.runtime.runner.completion import close_job, ending_of, wind_up
from scriptune.runtime.runner.heartbeat import Heartbeat
from scriptune.runtime.runner.launch import Launch
from scriptune.runtime.runner.requests import Requests
from scriptune.runtime.runner.running_job import RunningJob
from worlds import Program, World, new_running_job


def test_consecutive_failures_end_the_job_and_say_why(world: World) -> None:
    world.executor.program = lambda given: Program((b"some odd thing " + given["x"].encode() + b"\n",), exit_code=1)
    job = world.run(world.submit(search={"trials": 50}, run={"parallel": 1, "max_failed": 4}))
    assert job.state is JobState.FAILED
    assert "4 trials failed in a row" in job.message
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


def test_a_search_ends_without_improvement_and_a_resumed_one_is_patient_again(world: World) -> None:
    world.executor.program = lambda _: Program((b"loss=0.5\n",))
    job = world.run(world.submit(search={"trials": 50, "patience": 3}, run={"parallel": 1}))
    assert job.state is JobState.COMPLETED
    assert job.message.startswith("No improvement in 3 completed trials (search.patience); the best is trial 0")
    assert len(world.storage.trials(job.id).items) == 4
    world.engine.resume(job.id)
    job = world.run(job)
    assert job.state is JobState.COMPLETED
    assert len(world.storage.trials(job.id).items) == 7


def test_a_space_is_exhausted_when_all_that_satisfies_the_constraints_was_tried(world: World) -> None:
    world.executor.program = lambda given: Program((f"loss={given['x']}\n".encode(),))
    parameters = {"x": {"type": "int", "min": 1, "max": 9}}
    job = world.run(world.submit(parameters=parameters, constraints=["x % 4 == 1"], search={"trials": 50}))
    assert "Every configuration" in job.message
    assert sorted(t.params["x"] for t in world.storage.trials(job.id).items) == [1, 5, 9]


def test_an_exhausted_space_ends_the_search_and_says_so(world: World) -> None:
    world.executor.program = lambda given: Program((f"loss={given['x']}\n".encode(),))
    job = world.run(world.submit(parameters={"x": {"type": "int", "min": 1, "max": 4}}, search={"trials": 50}))
    assert job.state is JobState.COMPLETED
    assert "Every configuration" in job.message
    assert sorted(t.params["x"] for t in world.storage.trials(job.id).items) == [1, 2, 3, 4]


def test_a_grid_over_a_continuous_range_has_not_tried_every_configuration(world: World) -> None:
    job = world.run(world.submit(search={"sampler": "grid", "trials": 50, "options": {"resolution": 3}}))
    assert job.message == "Every point of the grid has been tried (3 of 50 trials)."


def test_a_completed_search_is_not_resumed_without_more_budget(world: World) -> None:
    job = world.run(world.submit())
    with pytest.raises(ConflictError, match="used up its budget"):
        world.engine.resume(job.id)


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


def test_the_time_for_the_search_ends_it_and_keeps_what_is_there(world: World) -> None:
    job = world.run(world.submit(search={"trials": 10000}, run={"job_timeout": 20}))
    assert job.state is JobState.COMPLETED
    assert "job_timeout" in job.message
    assert 0 < len(world.storage.trials(job.id).items) < 10000


def test_a_search_with_budget_left_does_not_end(world: World) -> None:
    job = new_running_job(world, world.submit())
    assert ending_of(job, 0.0) is None
    Launch(job).start(world.clock())
    job.n_trials = job.record.n_trials
    assert ending_of(job, 0.0) is None, "the last trial is running"


def an_ending(job: RunningJob, *, cut: bool = False) -> Ending:
    ending = budget_ending(job.scoreboard, budget=6, exhausted=False, is_divided=False)
    return replace(ending, cut=cut)


def test_an_ending_that_cuts_asks_the_running_trials_to_end(world: World) -> None:
    job = new_running_job(world, world.submit())
    Launch(job).start(world.clock())
    assert not wind_up(job, an_ending(job))
    assert not job.running[0].is_asked
    assert not wind_up(job, an_ending(job, cut=True))
    assert job.running[0].stop == "trial"
    job.remove_running(0)
    assert wind_up(job, an_ending(job))


def test_closing_gives_the_lease_back_unless_more_was_asked_for(world: World) -> None:
    job = new_running_job(world, world.submit())
    heartbeat, requests = Heartbeat(job, world.clock()), Requests(job)
    ending = an_ending(job)
    world.engine.resume(job.id, trials="+1")
    assert not close_job(job, ending, heartbeat, requests, world.clock())
    assert world.storage.job(job.id).lease_owner == "me"
    assert close_job(job, ending, heartbeat, requests, world.clock())
    stored = world.storage.job(job.id)
    assert (stored.state, stored.lease_owner, stored.active_s > 0) == (ending.state, None, True)
