"""Sort and filter tests: trials by any key, and their outlines."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from scriptune.core.space import Params
from scriptune.core.trial import Attempt, Cause, Phase, Report, Suggestion, Trial, TrialState
from scriptune.errors import NotFoundError
from scriptune.storage import trial_keys
from scriptune.storage.base import Condition, Lease, Storage, TrialFilter
from scriptune.testing.storage_contract import plain_keys
from scriptune.testing.storage_contract.samples import NOW, StorageFixtures, add_attempts, add_job, reports_of

__all__ = ["SortKeyContract"]

# Names and texts that would end a quotation in SQL or in a JSON path, or mean something in one.
_ODD_NAMES = (
    "x",
    'a"b',
    "it's",
    "$.x",
    "学习率",
    "back\\slash",
    "a.b",
    "%",
    "x'); DROP TABLE trials; --",
    "0",
    "a b/c-d:e",
    "",
)
_ODD_TEXTS = ("adam", "Adam", "élan", "z", "10", "true", "", "'; --", "\U0001f600", "\uffee")
_KEYS = (*trial_keys.FIELDS, *(f"params.{name}" for name in _ODD_NAMES if name), "params.none", "metrics.val loss")
_SEED = 5


def _odd_trial(rng: random.Random, number: int) -> Trial:
    def scalar() -> Any:  # Any: every kind of value that a parameter can have
        kinds = [rng.randint(-3, 3), rng.uniform(-3, 3), 1e-300, 2**53 + 1, rng.random() < 0.5, rng.choice(_ODD_TEXTS)]
        return rng.choice(kinds)

    params: Params = {name: scalar() for name in _ODD_NAMES if rng.random() < 0.7}
    suggestion = Suggestion(params, rng.choice(["tpe", "random"]), rng.choice(list(Phase)))
    times = [NOW + timedelta(microseconds=rng.randint(0, 3)) if rng.random() < 0.7 else None for _ in range(2)]
    return Trial(
        number,
        params,
        rng.choice(list(TrialState)),
        value=rng.choice([None, -1.0, 0.5, 0.25]),
        metrics={"val loss": rng.uniform(0, 1)} if rng.random() < 0.5 else {},
        n_reports=rng.randint(0, 2),
        cause=rng.choice([None, *Cause]),
        suggestion=suggestion if rng.random() < 0.8 else None,
        started_at=times[0],
        finished_at=times[1] and times[1] + timedelta(seconds=1),
    )


def _add(storage: Storage, lease: Lease, trials: Sequence[Trial]) -> None:
    with storage.transaction(lease) as tx:
        for trial in trials:
            tx.insert_trial(lease.job_id, trial)


def _params(storage: Storage, params: Sequence[Params]) -> None:
    _add(storage, add_job(storage), [Trial(i, one, TrialState.COMPLETED) for i, one in enumerate(params)])


def _numbers(storage: Storage, **options: Any) -> list[int]:  # Any: passed on
    return [trial.number for trial in storage.trials("job-1", **options).items]


class SortKeyContract(StorageFixtures):
    """Tests of the queries behind the table and charts of a large job."""

    def test_trials_are_sorted_by_a_parameter_with_missing_ones_last(self, storage: Storage) -> None:
        _params(storage, [{"x": 0.5}, {}, {"x": 2}, {"x": "b"}, {"x": "B"}, {"x": 0.5}, {"x": True}, {"x": 10}])
        assert _numbers(storage, sort="params.x") == [0, 5, 2, 7, 4, 3, 6, 1]
        assert _numbers(storage, sort="-params.x") == [6, 3, 4, 7, 2, 0, 5, 1]
        page = storage.trials("job-1", sort="params.x", offset=2, limit=2)
        assert ([trial.number for trial in page.items], page.total, page.offset) == ([2, 7], 8, 2)
        assert _numbers(storage, sort="params.nothing") == list(range(8))
        assert _numbers(storage, sort="params.x", filter=TrialFilter(numbers=[1, 7, 2, 99])) == [2, 7, 1]

    def test_conditions_choose_numbers_by_size_and_texts_by_equality(self, storage: Storage) -> None:
        _params(storage, [{"x": 0.5}, {}, {"x": 2}, {"x": "b"}, {"x": "2"}, {"x": False}])

        def chosen(operator: Any, text: str, number: float | None = None) -> list[int]:
            return _numbers(storage, filter=TrialFilter(where=[Condition("params.x", operator, text, number)]))

        assert chosen("<", "2", 2.0) == [0]
        assert chosen("<=", "2", 2.0) == [0, 2]
        assert chosen(">", "0.5", 0.5) == [2]
        assert chosen("=", "2", 2.0) == [2, 4]
        assert chosen("!=", "2", 2.0) == [0, 3, 5]
        assert chosen("=", "b") == [3]
        assert chosen("=", "false") == [5]
        assert chosen("<", "b") == []
        both = [Condition("params.x", ">", "0", 0.0), Condition("number", "<", "2", 2.0)]
        page = storage.trials("job-1", TrialFilter([TrialState.COMPLETED], both), limit=1)
        assert ([trial.number for trial in page.items], page.total) == ([0], 1)

    def test_odd_names_and_values_are_sorted_and_filtered_as_defined(self, storage: Storage) -> None:
        rng = random.Random(_SEED)
        trials = [_odd_trial(rng, number) for number in range(60)]
        _add(storage, add_job(storage), trials)
        for key in _KEYS:
            for sort in (key, f"-{key}"):
                wanted = [trial.number for trial in plain_keys.sort_trials(trials, sort)]
                assert _numbers(storage, sort=sort) == wanted, sort
                assert _numbers(storage, sort=sort, offset=3, limit=40) == wanted[3:43], sort
            for operator in ("<", "<=", ">", ">=", "=", "!="):
                for text, number in [("1", 1.0), ("1.0", 1.0), ("adam", None), ("true", None), ("'; --", None)]:
                    condition = Condition(key, operator, text, number)
                    wanted = [trial.number for trial in trials if plain_keys.fits(trial, condition)]
                    assert _numbers(storage, filter=TrialFilter(where=[condition])) == wanted, condition

    def test_an_unknown_key_is_refused(self, storage: Storage) -> None:
        for key in ("valu", "params.", "param.x", "job_id", "", "params"):
            with pytest.raises(NotFoundError, match="have no key"):
                storage.trials("job-1", sort=key)
            with pytest.raises(NotFoundError, match="have no key"):
                storage.trials("job-1", TrialFilter(where=[Condition(key, "=", "1", 1.0)]))

    def test_outlines_are_those_of_the_trials(self, storage: Storage) -> None:
        rng = random.Random(_SEED)
        trials = [_odd_trial(rng, number) for number in range(20)]
        _add(storage, add_job(storage), trials)
        found = storage.outlines("job-1")
        assert [tuple(outline) for outline in found] == [
            (one.number, one.state, one.value, one.params, one.metrics, one.n_reports, one.started_at, one.finished_at)
            for one in trials
        ]
        assert list(storage.outlines("nowhere")) == []

    def test_outlines_since_a_moment_are_those_that_changed(self, storage: Storage) -> None:
        lease = add_attempts(storage, 1)
        _add(storage, lease, [Trial(number, {"x": 0.5}, TrialState.WAITING) for number in (1, 2, 3)])

        def changed(since: tuple[int, int]) -> list[int]:
            return [outline.number for outline in storage.outlines("job-1", since=since)]

        def moment() -> tuple[int, int]:
            job = storage.job("job-1")
            return (job.last_event, job.n_told)

        assert changed((0, 0)) == [0, 1, 2, 3]
        before = moment()
        assert changed(before) == []
        with storage.transaction(lease) as tx:
            tx.update_trial("job-1", 3, state=TrialState.RUNNING)
            tx.add_reports("job-1", 0, 1, [Report("loss", 0.5, 0.0, 0, NOW)], from_offset=0, to_offset=9)
        assert changed(before) == [0, 3]
        middle = moment()
        with storage.transaction(lease) as tx:
            tx.append_tell("job-1", 2, 0.5)
        assert changed(middle) == [2]
        assert changed(before) == [0, 2, 3]
        assert list(storage.outlines("nowhere", since=(0, 0))) == []

    def test_reports_of_a_metric_are_those_of_the_latest_attempts(self, storage: Storage) -> None:
        lease = add_attempts(storage, 2)
        _add(storage, lease, [Trial(number, {}, TrialState.RUNNING) for number in (1, 2)])
        with storage.transaction(lease) as tx:
            tx.insert_attempt("job-1", Attempt(2, 1, TrialState.RUNNING, "f"))
            for number, attempt, values in [(0, 1, [9.0]), (0, 2, [0.5, math.nan, -math.inf]), (2, 1, [1.0])]:
                reports = [*reports_of(values), *reports_of([7.0], "other", 100)]
                tx.add_reports("job-1", number, attempt, reports, from_offset=0, to_offset=200)
        found = storage.metric_reports("job-1", "loss", [0, 1, 2, 99])
        assert repr(dict(found)) == repr({0: [(0.0, 0.5), (1.0, math.nan), (2.0, -math.inf)], 2: [(0.0, 1.0)]})
        assert dict(storage.metric_reports("job-1", "loss", [2])) == {2: [(0.0, 1.0)]}
        assert dict(storage.metric_reports("job-1", "loss", [])) == {}
        assert dict(storage.metric_reports("nowhere", "loss", [0])) == {}
