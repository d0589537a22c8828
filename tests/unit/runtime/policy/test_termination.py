"""When a search ends, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from scriptune.core.job import Goal, JobState, SearchJob
from scriptune.core.trial import TrialState
from scriptune.runtime.policy.termination import Outcome, Scoreboard, budget_ending, early_ending, is_at_its_end

DONE, FAILED, STOPPED = TrialState.COMPLETED, TrialState.FAILED, TrialState.STOPPED


def tally(*outcomes: Outcome, goal: Goal = Goal.MINIMIZE) -> Scoreboard:
    result = Scoreboard(goal)
    for outcome in outcomes:
        result.add(outcome)
    return result


def early(of: Scoreboard, **limits: object):  # type: ignore[no-untyped-def]  # Ending or None; tests look at both
    defaults = {
        "target": None,
        "max_failed": None,
        "resumed_at_tell": 0,
        "active_s": 0.0,
        "job_timeout_s": None,
    }
    return early_ending(of, **{**defaults, **limits})  # type: ignore[arg-type]  # names are checked by the call


def test_a_search_without_a_reason_goes_on() -> None:
    assert early(tally(Outcome(0, 0, DONE, 1.0)), target=0.5, max_failed=1, job_timeout_s=10.0) is None


def test_the_target_counts_in_the_direction_of_the_goal() -> None:
    assert early(tally(Outcome(0, 0, DONE, 0.4)), target=0.5).state is JobState.COMPLETED
    assert early(tally(Outcome(0, 0, DONE, 0.4), goal=Goal.MAXIMIZE), target=0.5) is None
    assert early(tally(Outcome(0, 0, DONE, 0.5), goal=Goal.MAXIMIZE), target=0.5).cut


def test_a_success_breaks_a_row_of_failures_and_a_stopped_trial_does_not() -> None:
    row = [Outcome(0, 0, FAILED, None), Outcome(1, 1, STOPPED, None), Outcome(2, 2, FAILED, None)]
    assert early(tally(*row), max_failed=2).state is JobState.FAILED
    assert (
        early(tally(Outcome(0, 0, FAILED, None), Outcome(1, 1, DONE, 1.0), Outcome(2, 2, FAILED, None)), max_failed=2)
        is None
    )


def test_failures_before_the_last_resume_are_forgiven() -> None:
    row = [Outcome(i, i, FAILED, None) for i in range(3)]
    assert early(tally(*row), max_failed=3) is not None
    assert early(tally(*row), max_failed=3, resumed_at_tell=1) is None


def test_a_single_failure_that_ends_a_search_was_said_in_the_plural() -> None:
    ending = early(tally(Outcome(0, 0, FAILED, None)), max_failed=1)
    assert ending.message.startswith("A trial failed, and run.max_failed is 1;")
    assert budget_ending(tally(Outcome(0, 0, DONE, 1.0)), budget=1, exhausted=False).message.endswith("(1 of 1 trial).")


def test_incurable_failures_are_compared_without_their_numbers() -> None:
    lines = [f"error: unrecognized arguments: --lr={lr}" for lr in ("0.1", "2.73e-05")]
    ending = early(tally(*(Outcome(i, i, FAILED, None, line) for i, line in enumerate(lines))))
    assert ending.message.count(lines[0] + ".") == 1


def test_only_two_equal_incurable_failures_at_the_start_end_the_job() -> None:
    line = "No module named 'x'"
    assert early(tally(Outcome(0, 0, FAILED, None, line), Outcome(1, 1, FAILED, None, line))).cut
    assert early(tally(Outcome(0, 0, FAILED, None, line), Outcome(1, 1, FAILED, None, "other"))) is None
    assert (
        early(tally(Outcome(0, 0, DONE, 1.0), Outcome(1, 1, FAILED, None, line), Outcome(2, 2, FAILED, None, line)))
        is None
    )


def test_running_out_of_time_keeps_a_search_that_has_a_value() -> None:
    assert early(tally(Outcome(0, 0, DONE, 1.0)), active_s=5.0, job_timeout_s=5.0).state is JobState.COMPLETED
    assert early(tally(), active_s=5.0, job_timeout_s=5.0).state is JobState.FAILED


def test_a_later_outcome_of_a_trial_replaces_the_earlier_one() -> None:
    changed = tally(Outcome(0, 0, DONE, 1.0), Outcome(1, 1, DONE, 2.0), Outcome(2, 0, DONE, 3.0))
    assert changed.best is not None
    assert changed.best.number == 1
    assert len(changed) == 2


def test_a_used_up_budget_without_any_value_is_a_failure_that_says_how_to_go_on() -> None:
    ending = budget_ending(tally(Outcome(0, 0, FAILED, None)), budget=1, exhausted=False)
    assert ending.state is JobState.FAILED
    assert "scriptune reparse" in ending.message


def test_of_equal_trials_the_first_is_the_best() -> None:
    best = tally(Outcome(0, 0, DONE, 1.0), Outcome(1, 1, DONE, 1.0)).best
    assert best is not None
    assert best.number == 0


def test_a_best_trial_that_is_run_again_gives_its_place_to_the_next_best() -> None:
    values = [1.0, None, 3.0, 2.0]
    changed = tally(*(Outcome(i, i, FAILED if v is None else DONE, v) for i, v in enumerate(values)))
    changed.add(Outcome(4, 0, FAILED, None))
    assert changed.best is not None
    assert changed.best.number == 3
    changed.add(Outcome(5, 2, DONE, 0.5))
    assert changed.best.number == 2


def test_incurable_failures_count_from_the_last_resume_on() -> None:
    line = "No module named 'x'"
    row = tally(*(Outcome(i, i, FAILED, None, line) for i in range(4)))
    assert early(row, resumed_at_tell=2).state is JobState.FAILED
    assert early(row, resumed_at_tell=3) is None


def test_the_failures_since_the_last_resume_end_a_search_by_themselves() -> None:
    row = tally(*(Outcome(i, i, FAILED, None) for i in range(3)))
    assert early(row, max_failed=2, resumed_at_tell=1) is not None
    assert early(row, max_failed=2, resumed_at_tell=2) is None


def test_what_runs_is_cut_off_by_the_time_and_the_target_and_not_by_failures() -> None:
    assert early(tally(), active_s=5.0, job_timeout_s=5.0).cut
    assert early(tally(Outcome(0, 0, DONE, 0.5)), target=0.5).cut
    assert not early(tally(Outcome(0, 0, FAILED, None)), max_failed=1).cut
    assert not budget_ending(tally(Outcome(0, 0, DONE, 1.0)), budget=1, exhausted=False).cut


def test_a_search_at_its_end_is_known_by_what_it_said_then() -> None:
    job = SearchJob("id", "name", {}, JobState.COMPLETED, datetime(2030, 1, 1, tzinfo=UTC))
    one = tally(Outcome(0, 0, DONE, 1.0))
    said = [
        budget_ending(one, budget=1, exhausted=False),
        budget_ending(one, budget=2, exhausted=True),
        budget_ending(one, budget=2, exhausted=True, is_divided=True),
        budget_ending(tally(), budget=2, exhausted=False),
    ]
    assert [ending.message.split(" (")[0] for ending in said[:3]] == [
        "The budget is used up",
        "Every configuration in the search space has been tried",
        "Every point of the grid has been tried",
    ]
    assert all(is_at_its_end(replace(job, state=ending.state, message=ending.message)) for ending in said)
    stopped = replace(job, state=JobState.STOPPED, message=said[0].message)
    early_end = early(one, target=2.0)
    assert not is_at_its_end(stopped)
    assert not is_at_its_end(replace(job, state=early_end.state, message=early_end.message))


def test_patience_counts_completed_trials_without_an_improvement() -> None:
    row = [Outcome(i, i, DONE, value) for i, value in enumerate([3.0, 2.0, 2.0, 2.5])]
    assert early(tally(*row), patience=3) is None
    ending = early(tally(*row), patience=2)
    assert (ending.state, ending.cut) == (JobState.COMPLETED, False)
    assert ending.message.startswith("No improvement in 2 completed trials (search.patience); the best is trial 1")
    maximized = [Outcome(i, i, DONE, value) for i, value in enumerate([3.0, 2.0, 2.5])]
    assert early(tally(*maximized, goal=Goal.MAXIMIZE), patience=2) is not None


def test_failed_and_cut_trials_do_not_count_for_patience() -> None:
    row = [
        Outcome(0, 0, DONE, 1.0),
        Outcome(1, 1, FAILED, None),
        Outcome(2, 2, TrialState.EARLY_STOPPED, 4.0),
        Outcome(3, 3, DONE, 2.0),
    ]
    assert early(tally(*row), patience=2) is None
    assert early(tally(*row), patience=1) is not None
    assert early(tally(*[Outcome(i, i, FAILED, None) for i in range(4)]), patience=1) is None


def test_small_improvements_count_once_they_add_up_to_the_smallest_gain() -> None:
    values = [1.0, 0.96, 0.93, 0.89, 0.86]
    row = [Outcome(i, i, DONE, value) for i, value in enumerate(values)]
    assert tally(*row).stalled(0.1, 0) == 1  # 0.89 is 0.1 better than 1.0
    assert tally(*row).stalled(0.2, 0) == 4
    assert tally(*row).stalled(0.0, 0) == 0
    assert tally(Outcome(0, 0, DONE, 1.0), Outcome(1, 1, DONE, 0.5)).stalled(0.5, 0) == 0  # as much as is needed
    assert "with min_gain 0.2" in early(tally(*row), patience=4, min_gain=0.2).message


def test_a_resumed_search_is_patient_again_and_compares_with_all_trials() -> None:
    row = [Outcome(i, i, DONE, value) for i, value in enumerate([1.0, 2.0, 2.0, 1.5])]
    assert early(tally(*row), patience=2) is not None
    assert early(tally(*row), patience=2, resumed_at_tell=3) is None
    assert tally(*row).stalled(0.0, 3) == 1
