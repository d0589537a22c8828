"""runtime/runner/early_stopping.py: a rule of a package stops trials; its decisions survive kills and are replayed."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from plugin_packages import STOPPING_RULE, install
from scriptune.core.decision import Decision
from scriptune.core.job import JobState, SearchJob
from scriptune.core.trial import Tell, TrialState
from scriptune.errors import ConflictError
from scriptune.messages import Message
from scriptune.storage import rows
from worlds import Killed, Program, World

EPOCHS = 8


@pytest.fixture(autouse=True)
def _installed_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with the rule ``strict``: rungs 1, 2 and 4 of 8 steps, and only the best so far continues."""
    site = tmp_path / "site"
    group = {"scriptune.stopping_rules": {"strict": "strict_for_runner:OnlyTheBest"}}
    install(site, "strict-package", group, {"strict_for_runner": STOPPING_RULE})
    monkeypatch.syspath_prepend(str(site))


def training(given: Mapping[str, str]) -> Program:
    """Eight epochs; the loss is smallest at x = 0.3, and its order never changes."""
    loss = (float(given["x"]) - 0.3) ** 2
    return Program([f"loss={loss + 1 / (epoch + 1)!r}\n".encode() for epoch in range(EPOCHS)])


def submit(world: World, **changes: Any) -> SearchJob:
    """Store a search that stops trials."""
    world.executor.program = training
    return world.submit(**{"run": {"parallel": 1}, "stopping": {"rule": "strict", "max_step": EPOCHS}} | changes)


def decisions(world: World, job: SearchJob) -> list[tuple[int, float, Decision]]:
    """Trial, step and answer of each question to the rule."""
    calls = world.storage.stopping_calls(job.id)
    return [(call.number, call.step, call.decision) for call in calls if call.decision is not None]


def test_trials_that_the_rule_stops_end_early_and_count_with_what_they_printed(world: World) -> None:
    job = world.run(submit(world))
    assert job.state is JobState.COMPLETED
    trials = world.storage.trials(job.id).items
    stopped = [trial for trial in trials if trial.state is TrialState.EARLY_STOPPED]
    assert 0 < len(stopped) < len(trials)
    assert [trial.state for trial in trials if trial not in stopped] == [TrialState.COMPLETED] * (6 - len(stopped))
    for trial in stopped:
        assert trial.value is not None
        assert trial.n_reports < EPOCHS
        assert trial.message == "Stopped at step 1 by the stopping rule 'strict'; the values printed until then count."
        assert (trial.number, 1.0, Decision.STOP) in decisions(world, job)
    best = min(trials, key=lambda trial: (trial.params["x"] - 0.3) ** 2)  # type: ignore[operator]  # a number
    assert best not in stopped


def test_a_decision_is_stored_with_the_report_that_caused_it(world: World) -> None:
    job = world.run(submit(world))
    events = world.storage.events(job.id)
    for event in events:
        if event.kind == "stopping" and "decision" in event.data:
            earlier = [other for other in events if other.seq < event.seq and other.number == event.number]
            newest = next(other for other in reversed(earlier) if other.kind == "reports")
            assert newest.data["metrics"]["loss"]["last"][0] >= event.data["step"]


def test_the_first_trial_and_what_the_user_asked_for_and_the_last_one_run_to_their_ends(world: World) -> None:
    job = submit(world, search={"trials": 3})
    for x in (0.31, 0.9, 0.95):  # the best first, so that the rule would stop the others
        world.engine.enqueue(job.id, {"x": x})
    world.run(job)
    assert {trial.state for trial in world.storage.trials(job.id).items} == {TrialState.COMPLETED}
    assert {decision for _, _, decision in decisions(world, job)} == {Decision.CONTINUE}


def test_the_length_of_a_training_is_learned_from_the_first_completed_trial(world: World) -> None:
    job = world.run(submit(world, stopping={"rule": "strict"}, search={"trials": 12}, run={"parallel": 3}))
    calls = world.storage.stopping_calls(job.id)
    first = next(i for i, call in enumerate(calls) if call.completed)
    assert calls[first].step == EPOCHS - 1
    assert all(call.decision is None for call in calls[:first])
    assert calls[first + 1].protected
    assert Decision.STOP in [call.decision for call in calls]
    assert world.engine.replay(job.id).agrees


def test_replay_derives_every_decision_again_and_names_the_first_that_differs(world: World) -> None:
    job = world.run(submit(world))
    report = world.engine.replay(job.id)
    asked = decisions(world, job)
    assert (report.agrees, report.n_decisions, report.different_decision) == (True, len(asked), None)
    calls = world.storage.stopping_calls(job.id)
    at = next(i for i, call in enumerate(calls) if call.decision is Decision.STOP)
    with world.storage.transaction() as tx:
        sql: Any = tx
        events = [event for event in world.storage.events(job.id) if event.kind == "stopping"]
        data = json.dumps({**events[at].data, "decision": "continue"})
        sql._connection.execute(
            "UPDATE events SET data = :data WHERE job_id = :job_id AND seq = :seq",
            {"data": data, "job_id": job.id, "seq": events[at].seq},
        )
    report = world.engine.replay(job.id)
    assert not report.agrees
    assert report.n_decisions == at - sum(call.decision is None for call in calls[:at])
    number = calls[at].number
    said = f"Trial {number}: at step 1.0 the stopping rule now decides stop, but the record says continue."
    assert report.different_decision == said


def test_a_search_that_is_killed_anywhere_decides_what_it_would_have_decided(tmp_path: Path) -> None:
    unbroken = World(tmp_path / "0", memory_storage())
    unbroken.home.mkdir()
    expected = decisions(unbroken, unbroken.run(submit(unbroken, search={"trials": 4})))
    n_calls = unbroken.killer.calls
    assert Decision.STOP in [decision for _, _, decision in expected]
    for kill_at in range(2, n_calls, 7):
        world = World(tmp_path / str(kill_at), memory_storage())
        world.home.mkdir()
        job = submit(world, search={"trials": 4})
        world.killer.kill_at = kill_at
        with pytest.raises(Killed):
            world.run(job)
        world.die()
        job = world.run(job)
        assert job.state is JobState.COMPLETED
        calls = world.storage.stopping_calls(job.id)
        # How far a trial comes until it hears of a stop may differ, and is recorded.
        asked = [one for one in decisions(world, job) if one in expected]
        assert [one for one in expected if one in asked] == asked
        assert [one for one in asked if one[2] is Decision.STOP] == [one for one in expected if one[2] is Decision.STOP]
        rungs = [(call.number, call.attempt, call.step) for call in calls if call.decision]
        assert len(rungs) == len(set(rungs))
        assert world.engine.replay(job.id).agrees
        assert all(n == 1 for n in world.executor.runs.values())


def test_a_retried_trial_is_judged_again(world: World) -> None:
    job = world.run(submit(world, search={"trials": 4}))
    stopped = [trial.number for trial in world.storage.trials(job.id).items if trial.state is TrialState.EARLY_STOPPED]
    world.executor.program = lambda given: Program([b"loss=-9\n"] * EPOCHS)  # better than all before
    world.engine.retry(job.id, stopped[0])
    world.run(world.storage.job(job.id))
    trial = world.storage.trial(job.id, stopped[0])
    assert (trial.state, trial.n_attempts) == (TrialState.COMPLETED, 2)
    assert world.engine.replay(job.id).agrees


def test_a_search_without_a_rule_asks_nothing(world: World) -> None:
    job = world.run(submit(world, stopping={"rule": "none"}))
    assert world.storage.stopping_calls(job.id) == []
    assert {trial.state for trial in world.storage.trials(job.id).items} == {TrialState.COMPLETED}


def test_a_trial_that_is_stopped_is_told_with_its_values_at_rungs(world: World) -> None:
    stopping = {"rule": "model", "max_step": EPOCHS, "first_rung": 1, "audit": 0}
    job = world.run(submit(world, stopping=stopping, search={"trials": 8}))
    trials = {trial.number: trial for trial in world.storage.trials(job.id).items}
    tells = {tell.number: tell for tell in world.storage.tells(job.id)}
    cut = [number for number, trial in trials.items() if trial.state is TrialState.EARLY_STOPPED]
    assert cut
    for number, tell in tells.items():
        assert tell.is_final == (number not in cut)
        given = {"x": str(trials[number].params["x"])}
        printed = [float(line.split(b"=")[1]) for line in training(given).pieces]
        best = [min(printed[: step + 1]) for step in range(EPOCHS)]
        assert tell.rungs
        assert all(reached == best[int(rung)] for rung, reached in tell.rungs)
        assert len(tell.rungs) == 3 or number in cut
        assert tell.lengths == (trials[number].n_reports,)
    reason = trials[cut[0]].reason
    assert reason is not None
    assert reason.code == "trial.stopped_at_rung"
    assert world.engine.replay(job.id).agrees


def test_suggestions_from_values_of_running_trials_are_derived_again(world: World) -> None:
    stopping = {"rule": "model", "max_step": EPOCHS, "first_rung": 1}
    job = world.run(submit(world, stopping=stopping, search={"trials": 14}, run={"parallel": 3}))
    trials = world.storage.trials(job.id).items
    compared = [trial.suggestion.n_compared for trial in trials if trial.suggestion is not None]
    assert compared == sorted(compared)
    assert compared[-1] > 0
    assert world.engine.replay(job.id).agrees


def test_a_trial_that_the_user_stops_is_told_as_partial(world: World) -> None:
    world.executor.program = lambda given: Program([b"loss=0.5\n", *training(given).pieces] * 20)
    job = world.submit(run={"parallel": 1}, search={"trials": 2})

    def stop() -> None:
        if world.storage.trial(job.id, 0).n_reports > 2:
            world.engine.stop(job.id, 0)
            world.executor.on_wait = lambda: None

    world.executor.on_wait = stop
    world.run(job)
    stopped, final = world.storage.tells(job.id)
    n_reports = world.storage.trial(job.id, 0).n_reports
    assert 2 < n_reports < 20 * EPOCHS
    assert (stopped.is_final, stopped.rungs) == (False, ((n_reports - 1, stopped.value),))
    assert (final.is_final, final.rungs, final.lengths) == (True, (), (20 * (EPOCHS + 1),))
    assert world.engine.replay(job.id).agrees


def test_what_was_told_without_values_at_rungs_counts_as_final() -> None:
    """Jobs of 0.1.0 are replayed as they were."""
    assert rows.tell_of({"position": 0, "number": 3, "value": 1.5, "steps": None}) == Tell(0, 3, 1.5)
    told = Tell(1, 4, 0.5, ((4.0, 1.0), (8.0, math.inf)), False, (3.0, 9.0))
    columns = rows.encode_tell(told)
    assert rows.tell_of(columns) == told
    assert rows.encode_tell(Tell(0, 3, 1.5))["steps"] is None


def test_a_budget_of_trainings_buys_more_trials_when_some_are_stopped(world: World) -> None:
    stopping = {"rule": "model", "max_step": EPOCHS, "first_rung": 1, "audit": 0}
    job = world.run(submit(world, stopping=stopping, search={"budget": 6, "trials": None}))
    tells = world.storage.tells(job.id)
    assert len(tells) > 6
    spent = sum(min(1.0, tell.lengths[-1] / EPOCHS) for tell in tells)
    assert 6.0 <= spent < 7.0
    assert sum(min(1.0, tell.lengths[-1] / EPOCHS) for tell in tells[:-1]) < 6.0
    assert job.reason == Message("job.trainings_used_up", done=len(tells), budget="6")
    assert world.engine.replay(job.id).agrees
    with pytest.raises(ConflictError):
        world.engine.resume(job.id)
    world.engine.resume(job.id, trials="+2")
    world.run(world.storage.job(job.id))
    tells = world.storage.tells(job.id)
    assert 8.0 <= sum(min(1.0, tell.lengths[-1] / EPOCHS) for tell in tells) < 9.0


def test_without_a_rule_a_budget_of_trainings_is_one_of_trials(world: World) -> None:
    job = world.run(submit(world, stopping={"rule": "none"}, search={"budget": 2.5, "trials": None}))
    assert job.n_trials == len(world.storage.tells(job.id)) == 3
    assert job.reason is not None
    assert job.reason.code == "job.budget_used_up"


def test_a_failed_training_costs_what_it_ran(world: World) -> None:
    job = submit(
        world,
        stopping={"rule": "model", "max_step": 2 * EPOCHS, "first_rung": EPOCHS},
        search={"budget": 2, "trials": None},
    )
    world.executor.program = lambda given: replace(training(given), exit_code=1)
    world.run(job)
    assert len(world.storage.tells(job.id)) == 4


def test_a_search_says_what_stopping_saved_and_how_often_it_erred(world: World) -> None:
    stopping = {"rule": "model", "max_step": EPOCHS, "first_rung": 1, "audit": 0.5}
    job = world.run(submit(world, stopping=stopping, search={"trials": 14}))
    summary = world.engine.show(job.id).stopping
    assert summary is not None
    tells = world.storage.tells(job.id)
    spent = sum(tell.lengths[-1] / EPOCHS for tell in tells)
    assert abs(summary.spent - spent) < 1e-9
    assert abs(summary.saved - (1 - spent / 14)) < 1e-9
    assert (summary.rule, summary.max_step, summary.rungs) == ("model", EPOCHS, (1, 2, 4))
    stopped = [trial for trial in world.storage.trials(job.id).items if trial.state is TrialState.EARLY_STOPPED]
    assert summary.n_stopped == len(stopped) > 0
    calls = world.storage.stopping_calls(job.id)
    spared = {call.number for call in calls if call.comparison is not None and call.comparison.is_spared}
    assert summary.n_audited == len(spared) > 0
    assert summary.n_errors == 0, "The order never changes."
    assert [note.code for note in summary.notes] == ["stopping.saved", "stopping.audited"]


def test_a_search_without_a_rule_has_nothing_to_say_of_stopping(world: World) -> None:
    job = world.run(submit(world, stopping={"rule": "none"}))
    assert world.engine.show(job.id).stopping is None


def test_importance_counts_stopped_trials_with_their_estimates(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = {"rule": "model", "max_step": EPOCHS, "first_rung": 1, "audit": 0}
    job = world.run(submit(world, stopping=stopping, search={"trials": 10}))
    values: list[float | None] = []
    monkeypatch.setattr(
        "scriptune.engine.importance.importance", lambda space, params, given, goal: values.extend(given) or []
    )
    world.engine.importance(job.id)
    trials = world.storage.trials(job.id).items
    for trial, value in zip(trials, values, strict=True):
        final = (float(trial.params["x"]) - 0.3) ** 2 + 1 / EPOCHS
        assert value is not None
        assert abs(value - final) < 1e-9, "All trainings gain the same from rung to rung."


def test_a_search_whose_program_prints_once_says_that_stopping_cannot_help(world: World) -> None:
    job = submit(world, search={"trials": 2})
    world.executor.program = lambda given: Program([b"loss=" + given["x"].encode() + b"\n"])
    codes = [notice.code for notice in world.run(job).notices]
    assert "notice.stopping_cannot_help" in codes
    plain = submit(world, search={"trials": 2})
    assert "notice.stopping_cannot_help" not in [notice.code for notice in world.run(plain).notices]
