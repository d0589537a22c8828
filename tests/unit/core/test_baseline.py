"""What the best trial of a job is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from scriptune.core.baseline import baseline_of, compared_numbers
from scriptune.core.first_points import FirstPoint, Origin
from scriptune.core.job import JobState, SearchJob
from scriptune.core.trial import Phase, Suggestion, Trial, TrialState

NOW = datetime(2030, 1, 1, tzinfo=UTC)
DEFAULTS = FirstPoint({"lr": 0.1}, {"lr": Origin.YOURS})
USUAL = FirstPoint({"lr": 0.02}, {"lr": Origin.USUAL})
EARLIER_AND_USUAL = FirstPoint({"lr": 0.05}, {"lr": Origin.EARLIER, "dropout": Origin.USUAL})
USUAL_AND_DEFAULT = FirstPoint({"lr": 0.02}, {"lr": Origin.USUAL, "dropout": Origin.YOURS})
EARLIER = FirstPoint({"lr": 0.05}, {"lr": Origin.EARLIER})


def trial_of(number: int, lr: float, value: float | None, phase: Phase = Phase.DEFAULT) -> Trial:
    suggestion = Suggestion({"lr": lr}, "auto", phase)
    state = TrialState.FAILED if value is None else TrialState.COMPLETED
    return Trial(number, {"lr": lr}, state, value=value, suggestion=suggestion)


def job_of(*points: FirstPoint, goal: str = "minimize", starts: Sequence[dict[str, Any]] = ()) -> SearchJob:
    objective = {"metric": "m", "goal": goal}
    document = {"objective": objective, "metrics": {"m": {}}, "search": {"start_with": list(starts)}}
    return SearchJob("id", "name", document, JobState.RUNNING, NOW, first_points=points)


@pytest.mark.parametrize(
    ("goal", "first", "best", "said"),
    [
        ("maximize", 0.9743, 0.9833, "0.9 points better than the defaults (trial 0)"),
        ("maximize", 0.0, 1.0, "100 points better than the defaults (trial 0)"),
        ("minimize", 1530.0, 20.0, "1510 better than the defaults (trial 0)"),
        ("minimize", 0.5, 0.4567, "0.0433 better than the defaults (trial 0)"),
        ("minimize", 0.5, 0.5, "nothing was better than the defaults (trial 0) so far"),
    ],
)
def test_a_gain_is_said_in_plain_digits(goal: str, first: float, best: float, said: str) -> None:
    job = job_of(DEFAULTS, goal=goal)
    trial, best_trial = trial_of(0, 0.1, first), trial_of(1, 0.2, best)
    baseline = baseline_of(job, [trial], best_trial)
    assert baseline is not None
    assert baseline.comparison == said


@pytest.mark.parametrize(
    ("points", "goal", "values", "said"),
    [
        (
            (DEFAULTS, EARLIER, USUAL),
            "minimize",
            (0.5, 0.45, 0.4, 0.1),
            "The best trial beats the usual values by 0.3 and your defaults by 0.4.",
        ),
        (
            (replace(DEFAULTS, origin={"lr": Origin.HELP}), USUAL),
            "maximize",
            (0.5, 0.6, 0.75),
            "The best trial beats the usual values by 15 points and the program's defaults by 25 points.",
        ),
        # Points keep defaults, or usual values, where they have nothing of their own.
        (
            (DEFAULTS, EARLIER_AND_USUAL, USUAL_AND_DEFAULT),
            "minimize",
            (0.5, 0.3, 0.4, 0.1),
            "The best trial beats the usual values by 0.3 and your defaults by 0.4.",
        ),
        ((DEFAULTS, USUAL), "minimize", (0.5, 0.1, 0.1), None),  # usual values are the best
        ((DEFAULTS, USUAL), "minimize", (0.5, None, 0.1), None),
        ((DEFAULTS, EARLIER), "minimize", (0.5, 0.4, 0.1), None),
    ],
)
def test_the_best_is_told_against_usual_values_and_defaults(
    points: tuple[FirstPoint, ...], goal: str, values: tuple[float | None, ...], said: str | None
) -> None:
    job = job_of(*points, goal=goal)
    *first, best = [
        trial_of(number, lr, value)
        for number, (lr, value) in enumerate(zip([*(float(p.params["lr"]) for p in points), 0.9], values, strict=True))
    ]
    baseline = baseline_of(job, first, best)
    assert baseline is not None
    assert (baseline.number, baseline.kind, baseline.both) == (0, "defaults", said)


def test_behind_enqueued_params_the_defaults_are_still_the_baseline() -> None:
    starts = [{"params": {"lr": 0.7}}, *({"params": {"lr": lr}, "value": 0.3} for lr in (0.8, 0.9))]
    job = job_of(DEFAULTS, USUAL, starts=starts)
    assert compared_numbers(job) == [0, 1, 2]
    enqueued = trial_of(0, 0.7, 0.2, Phase.ENQUEUED)
    best = trial_of(3, 0.3, 0.1)
    baseline = baseline_of(job, [trial_of(1, 0.1, 0.5), enqueued], best)
    assert baseline is not None
    assert baseline.comparison == "0.4 better than the defaults (trial 1)"


@pytest.mark.parametrize("points", [(), (DEFAULTS,)])
def test_without_defaults_the_baseline_is_what_the_user_queued_first(points: tuple[FirstPoint, ...]) -> None:
    job = job_of(*points, starts=[{"params": {"lr": 0.7}}])
    best = trial_of(1, 0.3, 0.1)
    baseline = baseline_of(job, [trial_of(0, 0.7, 0.2, Phase.ENQUEUED)], best)
    assert baseline is not None
    assert (baseline.kind, baseline.comparison) == ("enqueued", "0.1 better than what you queued first (trial 0)")
    assert baseline_of(job, [trial_of(1, 0.7, 0.2, Phase.ENQUEUED)], best) is None
    assert baseline_of(job, [trial_of(0, 0.7, 0.2, Phase.INITIAL)], best) is None


def test_where_the_defaults_failed_usual_values_are_the_baseline() -> None:
    best = trial_of(2, 0.3, 0.1)
    baseline = baseline_of(job_of(DEFAULTS, USUAL), [trial_of(0, 0.1, None), trial_of(1, 0.02, 0.2)], best)
    assert baseline is not None
    assert (baseline.number, baseline.kind) == (1, "usual")


def test_of_defaults_that_ran_twice_the_first_run_counts() -> None:
    baseline = baseline_of(job_of(DEFAULTS), [trial_of(1, 0.1, 0.3), trial_of(0, 0.1, 0.5)], trial_of(2, 0.2, 0.1))
    assert baseline is not None
    assert (baseline.number, baseline.value) == (0, 0.5)
