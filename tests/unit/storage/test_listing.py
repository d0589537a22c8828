"""The quick list gives what the storage gives."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from scriptune.core.job import JobState
from scriptune.core.trial import Cause, Phase, Suggestion, Trial, TrialState
from scriptune.errors import NotFoundError, StorageUnavailableError
from scriptune.storage.base import JobFilter
from scriptune.storage.listing import DeferredStorage
from scriptune.storage.opening import open_storage
from scriptune.testing.storage_contract.samples import NOW, add_job, add_trials, new_job

FILTERS = [
    JobFilter(),
    JobFilter("run"),
    JobFilter("JOB-1"),
    JobFilter("%"),
    JobFilter("Ü"),
    JobFilter(states=[JobState.QUEUED, JobState.FAILED]),
    JobFilter("o", {JobState.RUNNING}),
    JobFilter(labels={"of": "x"}),
    JobFilter("run", labels={"of": "x", "none": ""}),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("home") / "scriptune.db"
    storage = open_storage(f"sqlite:///{path}")
    states = list(JobState)
    for i in range(12):
        labels = {"i": i, "of": "xy"[i % 2]}
        fields = {"state": states[i % len(states)], "started_at": NOW if i % 2 else None, "labels": labels}
        name = ["run", "Run Ü", "100%", "other"][i % 4]
        goal = "maximize" if i % 3 else "minimize"
        lease = add_job(storage, f"job-{i}", name=name, goal=goal, created_at=NOW + timedelta(seconds=i // 2), **fields)
        add_trials(storage, lease, [None, 0.5, 0.25, 0.5][: i % 5])
    full = Trial(
        0, {"x": True, "y": 1.0}, TrialState.FAILED, 0.125, {"loss": 0.1}, 3, Cause.TIMEOUT, "slow",
        Suggestion({"x": True}, "tpe", Phase.MODEL, mean=0.5, acquisition=float("inf")), 1, 2, True, NOW, NOW, NOW,
    )  # fmt: skip
    with storage.transaction() as tx:
        tx.insert_job(new_job("full"))
        tx.insert_trial("full", full)
    storage.close()
    return path


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "name", "-name", "state", "-state"])
@pytest.mark.parametrize("filter", FILTERS, ids=repr)
def test_the_quick_list_equals_the_storages(path: Path, filter: JobFilter, sort: str) -> None:
    quick, whole = open_storage(f"sqlite:///{path}"), open_storage(f"sqlite:///{path}")
    whole.find_job(None)  # makes it whole
    for offset, limit in [(0, 50), (2, 3), (99, 5), (0, 0)]:
        assert quick.jobs(filter, offset=offset, limit=limit, sort=sort) == whole.jobs(
            filter, offset=offset, limit=limit, sort=sort
        )
    assert quick.jobs(JobFilter("run"), offset=1, limit=2).total > 0
    quick.close()
    whole.close()


def test_an_unknown_order_is_refused(path: Path) -> None:
    with pytest.raises(NotFoundError, match="expected one of created_at, name, state"):
        open_storage(f"sqlite:///{path}").jobs(sort="id")


def test_a_file_that_vanished_is_unavailable(tmp_path: Path) -> None:
    storage = open_storage(f"sqlite:///{tmp_path}/scriptune.db")
    storage.close()
    storage = open_storage(f"sqlite:///{tmp_path}/scriptune.db")
    (tmp_path / "scriptune.db").unlink()
    with pytest.raises(StorageUnavailableError, match="--home"):
        storage.jobs()
    storage.close()


def test_a_storage_that_was_never_used_says_what_it_is(path: Path) -> None:
    storage = open_storage(f"sqlite:///{path}")
    assert isinstance(storage, DeferredStorage)
    assert str(path) in repr(storage)
    with pytest.raises(AttributeError):
        getattr(storage, "_nothing")  # noqa: B009 - a bare expression would look forgotten
    storage.close()
