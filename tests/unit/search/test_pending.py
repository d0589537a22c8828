from __future__ import annotations

import random

from scriptune.core.space import Params, params_key
from scriptune.search.pending import Pending, taken_keys


def params(number: int) -> Params:
    return {"x": number % 7 / 8}


def test_equal_sets_have_one_order() -> None:
    many: list[Params] = [{"x": 2.0}, {"x": 10.0}, {"x": -1.0}]
    assert Pending.of(many).in_canonical_order() == Pending.of(many[::-1]).in_canonical_order()


def test_after_any_sequence_of_changes_it_is_what_one_made_of_what_is_left_would_be() -> None:
    rng = random.Random(0)
    kept, left = Pending(), dict[int, Params]()
    for number in range(200):
        kept.add(number, params(number))
        left[number] = params(number)
        for ended in rng.sample(sorted(left), rng.choice([0, 0, min(3, len(left))])):
            kept.discard(ended)
            del left[ended]
        made = Pending.of(list(left.values()))
        assert list(kept) == list(made) == list(left.values())
        assert kept.keys == made.keys
        assert kept.in_canonical_order() == made.in_canonical_order()
        by_text = sorted((repr(params_key(p)), n) for n, p in left.items())
        assert kept.numbers_in_canonical_order() == [n for _, n in by_text]
        assert made.numbers_in_canonical_order() is None


def test_a_configuration_that_runs_twice_stays_taken_until_both_have_ended() -> None:
    pending = Pending()
    for number in range(2):
        pending.add(number, {"x": 0.5})
    pending.discard(0)
    assert params_key({"x": 0.5}) in pending.keys
    pending.discard(1)
    pending.discard(1)
    assert not pending.keys
    assert len(pending) == 0


def test_trials_below_a_number_keep_their_numbers() -> None:
    pending = Pending()
    for number in (4, 0, 2):
        pending.add(number, params(number))
    assert pending.below(5) is pending
    assert list(pending.below(4)) == [params(0), params(2)]
    assert pending.below(4).numbers_in_canonical_order() == [0, 2]
    assert list(pending.below(0)) == []


def test_it_is_a_sequence_of_params() -> None:
    pending = Pending.of([params(0), params(1)])
    assert (pending[1], pending[:1], len(pending)) == (params(1), [params(0)], 2)
    assert Pending.of(pending) is pending
    assert repr(pending) == f"Pending({[params(0), params(1)]!r})"


def test_what_is_told_and_what_is_pending_is_taken_and_counted_once() -> None:
    told = {params_key(params(n)) for n in (0, 1)}
    taken = taken_keys(told, [params(1), params(2)])
    assert [params_key(params(n)) in taken for n in range(4)] == [True, True, True, False]
    assert len(taken) == 3
    assert set(taken) == {params_key(params(n)) for n in range(3)}
