from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from memory import memory_storage
from scriptune.core.job import JobState, SearchJob
from scriptune.core.trial import Trial, TrialState
from scriptune.engine.columns import columns_version, trial_columns
from scriptune.storage.base import Storage
from scriptune.testing.storage_contract.samples import NOW

DOCUMENT = {
    "parameters": {"x": {"type": "float"}, "fixed": {"value": 3}, "y": {"type": "int", "value": None}},
    "metrics": {"loss": {"regex": "a"}},
    "objective": {"metric": "loss", "goal": "minimize"},
    "search": {"trials": 3},
}


@pytest.fixture
def storage() -> Storage:
    made = memory_storage()
    with made.transaction() as tx:
        tx.insert_job(SearchJob("1", "digits", DOCUMENT, JobState.RUNNING, NOW))
        end = NOW + timedelta(seconds=1.5)
        tx.insert_trial(
            "1",
            Trial(
                0, {"x": 0.5}, TrialState.COMPLETED, value=1.0, metrics={"loss": 1.0}, started_at=NOW, finished_at=end
            ),
        )
        tx.insert_trial("1", Trial(1, {"x": 0.25, "y": 2}, TrialState.WAITING))
    return made


def test_columns_hold_searched_parameters_and_metrics_with_none_where_there_is_nothing(storage: Storage) -> None:
    columns = trial_columns(storage, storage.job("1"))
    assert (columns.is_whole, columns.number, columns.value) == (True, [0, 1], [1.0, None])
    assert columns.params == {"x": [0.5, 0.25], "y": [None, 2]}
    assert columns.metrics == {"loss": [1.0, None]}
    start = round(NOW.timestamp() * 1000)
    assert (columns.started_at, columns.finished_at) == ([start, None], [start + 1500, None])


def test_a_later_question_is_answered_with_what_changed(storage: Storage) -> None:
    version = trial_columns(storage, storage.job("1")).version
    assert trial_columns(storage, storage.job("1"), version).number == []
    with storage.transaction() as tx:
        tx.update_trial("1", 1, state=TrialState.RUNNING)
    columns = trial_columns(storage, storage.job("1"), version)
    assert (columns.is_whole, columns.number, columns.state) == (False, [1], [TrialState.RUNNING])
    assert trial_columns(storage, storage.job("1"), columns.version).number == []


def test_other_regexes_make_everything_new(storage: Storage) -> None:
    version = columns_version(storage.job("1"))
    with storage.transaction() as tx:
        tx.update_job("1", document={**DOCUMENT, "metrics": {"loss": {"regex": "b"}}})
    assert trial_columns(storage, storage.job("1"), version).is_whole


@pytest.mark.parametrize("text", ["", "x", "1.2", "-1.0.{}", "9.0.{}", "0.9.{}", "²..{}", f"{'9' * 90}.0.{{}}"])
def test_a_version_of_no_use_gives_all_trials(storage: Storage, text: str) -> None:
    digest = columns_version(storage.job("1")).rpartition(".")[2]
    assert trial_columns(storage, storage.job("1"), text.format(digest)).is_whole


def test_a_version_changes_with_the_diary_and_the_told_history(storage: Storage) -> None:
    job = storage.job("1")
    others = [replace(job, n_told=job.n_told + 1), replace(job, last_event=job.last_event + 1)]
    assert len({columns_version(one) for one in [job, *others]}) == 3
