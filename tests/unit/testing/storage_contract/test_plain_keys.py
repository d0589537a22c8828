"""The plain version of the keys of trials, which storages are held to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scriptune.core.trial import Phase, Suggestion, Trial, TrialState
from scriptune.storage.base import Condition
from scriptune.testing.storage_contract.plain_keys import fits, key_of, sort_trials
from scriptune.testing.storage_contract.samples import NOW

TRIAL = Trial(
    3,
    {"x": 0.5, "a.b": "adam", "on": True},
    TrialState.COMPLETED,
    metrics={"loss": 0.25},
    suggestion=Suggestion({}, "tpe", Phase.MODEL),
    started_at=NOW,
    finished_at=NOW + timedelta(seconds=90),
)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("number", 3),
        ("value", None),
        ("state", "completed"),
        ("duration", 90.0),
        ("sampler", "tpe"),
        ("phase", "model"),
        ("params.x", 0.5),
        ("params.a.b", "adam"),
        ("params.on", "true"),
        ("params.y", None),
        ("metrics.loss", 0.25),
    ],
)
def test_a_key_is_a_number_a_text_or_missing(key: str, value: object) -> None:
    assert key_of(TRIAL, key) == value


def test_what_is_missing_fulfils_nothing() -> None:
    assert not fits(TRIAL, Condition("params.y", "!=", "1", 1.0))
    assert not fits(TRIAL, Condition("value", "<", "1", 1.0))
    assert not fits(TRIAL, Condition("started_at", "!=", "1", 1.0))


def test_turned_round_missing_ones_stay_last_and_equal_ones_by_number() -> None:
    trials = [Trial(i, {} if x is None else {"x": x}, TrialState.COMPLETED) for i, x in enumerate([1, None, 2, 1])]
    assert [trial.number for trial in sort_trials(trials, "-params.x")] == [2, 0, 3, 1]
