from __future__ import annotations

import pytest

from scriptune.core.job import JobState, SearchJob
from scriptune.engine.conditions import check_sort, parse_conditions
from scriptune.errors import NotFoundError
from scriptune.storage.base import Condition
from scriptune.testing.storage_contract.samples import NOW

JOB = SearchJob(
    id="1",
    name="digits",
    document={
        "parameters": {"lr": {}, "a<b": {}, "optimizer": {}},
        "metrics": {"val loss": {}},
        "objective": {"metric": "val loss"},
        "search": {"trials": 1},
    },
    state=JobState.RUNNING,
    created_at=NOW,
)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("params.lr<0.01", Condition("params.lr", "<", "0.01", 0.01)),
        (" params.lr >= 1e-3 ", Condition("params.lr", ">=", "1e-3", 0.001)),
        ("params.a<b<=2", Condition("params.a<b", "<=", "2", 2.0)),
        ("params.optimizer!=a=b", Condition("params.optimizer", "!=", "a=b", None)),
        ("metrics.val loss=0.5", Condition("metrics.val loss", "=", "0.5", 0.5)),
        ("cause=nan", Condition("cause", "=", "nan", None)),
    ],
)
def test_a_condition_is_a_key_an_operator_and_what_is_compared(text: str, condition: Condition) -> None:
    assert parse_conditions(JOB, [text]) == [condition]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lr", "is not a condition"),
        ("params.l<1", "no parameter 'l'. Did you mean 'lr'"),
        ("metrics.loss<1", "no metric 'loss'"),
        ("lr<1", "have no key 'lr'"),
        ("params.lr<fast", "expected a number"),
        ("params.lr<nan", "expected a number"),
        ("started_at=1", "sort by it instead"),
    ],
)
def test_a_wrong_condition_is_refused_with_what_is_known(text: str, message: str) -> None:
    with pytest.raises(NotFoundError, match=message):
        parse_conditions(JOB, [text])


def test_an_order_names_something_of_the_job() -> None:
    assert check_sort(JOB, "-params.lr") == "-params.lr"
    with pytest.raises(NotFoundError, match="no parameter 'learning'"):
        check_sort(JOB, "params.learning")
