from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.engine.engine import Engine
from scriptune.executors.local.executor import LocalExecutor
from scriptune.modelarts.algorithm_store import AlgorithmStore
from scriptune.modelarts.errors import ModelArtsError
from scriptune.settings import Settings
from scriptune.storage.base import Storage

_seconds = count()


def _clock() -> datetime:
    return datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=next(_seconds))


def _body(name: str, **fields: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, **fields}}


@pytest.fixture
def storage() -> Storage:
    return memory_storage()


def _engine(storage: Storage) -> Engine:
    return Engine(
        Settings(home=Path("/nonexistent"), database="memory:"), storage, lambda _: LocalExecutor(), clock=_clock
    )


@pytest.fixture
def store(storage: Storage) -> AlgorithmStore:
    return AlgorithmStore(_engine(storage), "p")


def _code_of(store: AlgorithmStore, name: str) -> str:
    try:
        store.create(_body(name))
    except ModelArtsError as err:
        return err.code
    return "created"


def test_of_many_who_ask_for_a_name_at_once_one_gets_it(store: AlgorithmStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _code_of(store, "a"), range(8)))
    assert sorted(answers) == ["ModelArts.2821"] * 7 + ["created"]
    assert len(store.all()) == 1


def test_a_name_is_free_again_when_its_algorithm_is_renamed_or_deleted(store: AlgorithmStore) -> None:
    first = store.create(_body("a"))
    renamed = store.change(first.id, _body("b"))
    assert (renamed.id, renamed.created_ms) == (first.id, first.created_ms)
    second = store.create(_body("a"))
    with pytest.raises(ModelArtsError, match="already has an algorithm 'b'") as refused:
        store.change(second.id, _body("b"))
    assert refused.value.code == "ModelArts.2821"
    assert store.get(second.id).name == "a"
    store.delete(first.id)
    assert store.change(second.id, _body("b")).id == second.id
    assert [algorithm.name for algorithm in store.all()] == ["b"]


def test_an_algorithm_may_keep_its_name(store: AlgorithmStore) -> None:
    made = store.create(_body("a"))
    store.change(made.id, _body("a", description="new"))
    assert store.get(made.id).body["metadata"]["description"] == "new"


def test_projects_do_not_see_each_other(store: AlgorithmStore, storage: Storage) -> None:
    made = store.create(_body("a"))
    other = AlgorithmStore(_engine(storage), "q")
    with pytest.raises(ModelArtsError) as refused:
        other.get(made.id)
    assert refused.value.code == "ModelArts.2755"
    assert other.create(_body("a")).id != made.id


def test_a_process_that_died_while_it_renamed_leaves_one_algorithm(
    store: AlgorithmStore, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = store.create(_body("a"))

    def die(kind: str, key: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(storage, "delete_item", die)
        with pytest.raises(KeyboardInterrupt):
            store.change(made.id, _body("b"))
    assert [algorithm.name for algorithm in store.all()] == ["b"]
    assert store.get(made.id).name == "b"
    store.delete(made.id)
    assert store.all() == []
    assert storage.items("modelarts_algorithm").total == 0
