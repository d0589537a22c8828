"""What the best trial of a job is compared with."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scriptune.core.baseline import baseline_of
from scriptune.core.first_points import FirstPoint, Origin
from scriptune.core.job import JobState, SearchJob
from scriptune.core.trial import Trial, TrialState

NOW = datetime(2030, 1, 1, tzinfo=UTC)


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
    document = {"objective": {"metric": "m", "goal": goal}, "metrics": {"m": {}}}
    points = (FirstPoint({"lr": 0.1}, {"lr": Origin.YOURS}),)
    job = SearchJob("id", "name", document, JobState.RUNNING, NOW, first_points=points)
    trials = [
        Trial(number, {"lr": lr}, TrialState.COMPLETED, value=value)
        for number, lr, value in ((0, 0.1, first), (1, 0.2, best))
    ]
    baseline = baseline_of(job, *trials)
    assert baseline is not None
    assert baseline.comparison == said
