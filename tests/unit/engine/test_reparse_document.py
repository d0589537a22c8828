"""engine/reparse_document.py: the job file with what a re-parse changes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from scriptune.core.job import JobState, SearchJob
from scriptune.engine.reparse_document import ReparseChanges, changed_document, name_now
from scriptune.errors import ConflictError, JobFileError, MetricPatternError, NotFoundError

DOCUMENT: dict[str, Any] = {
    "metrics": {"loss": {"regex": r"loss=(\S+)"}, "time": {"regex": r"time=(\S+)"}},
    "objective": {"metric": "loss", "goal": "minimize", "reduce": "mean_last_k", "last_k": 3},
}
JOB = SearchJob("x", "x", DOCUMENT, JobState.COMPLETED, datetime(2026, 1, 1, tzinfo=UTC))


def test_without_changes_it_is_an_equal_copy() -> None:
    document = changed_document(JOB, ReparseChanges())
    assert document == DOCUMENT
    assert document["metrics"] is not DOCUMENT["metrics"]


def test_a_renamed_metric_keeps_its_place_and_regexes_may_be_given_by_either_name() -> None:
    for given in ("", "loss", "error"):
        changes = ReparseChanges({given: r"error=(\S+)"}, name="error")
        document = changed_document(JOB, changes)
        assert list(document["metrics"]) == ["error", "time"]
        assert document["metrics"]["error"]["regex"] == r"error=(\S+)"
        assert document["objective"]["metric"] == "error"
    assert (name_now("loss", JOB, changes), name_now("time", JOB, changes)) == ("error", "time")


def test_another_reduction_drops_the_option_of_the_old_one() -> None:
    objective = changed_document(JOB, ReparseChanges(reduce="last", goal="maximize"))["objective"]
    assert (objective["reduce"], objective["goal"], objective.get("last_k")) == ("last", "maximize", None)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        (ReparseChanges(name="time"), ConflictError),
        (ReparseChanges(name=" "), JobFileError),
        (ReparseChanges(name="x" * 201), JobFileError),
        (ReparseChanges(name="two\nlines"), JobFileError),
        (ReparseChanges({"lost": r"(\S+)"}), NotFoundError),
        (ReparseChanges({"loss": "("}), MetricPatternError),
        (ReparseChanges(reduce="median"), JobFileError),
        (ReparseChanges(goal="up"), JobFileError),
    ],
)
def test_what_cannot_be_used_is_refused(changes: ReparseChanges, error: type[Exception]) -> None:
    with pytest.raises(error):
        changed_document(JOB, changes)
