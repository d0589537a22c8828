"""engine/confirmed.py: what further runs say of the best configurations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.analysis.results import Confirmation
from scriptune.core.job import SearchJob
from worlds import Program, World


class Scripted:
    """A program that prints given values, one run after the other; None: no value."""

    def __init__(self) -> None:
        self.values: Iterator[float | None] = iter(())

    def __call__(self, given: Mapping[str, str]) -> Program:
        value = next(self.values)
        return Program((b"nothing\n",) if value is None else (f"loss={value!r}\n".encode(),))

    def then(self, *values: float | None) -> None:
        self.values = iter(values)


@pytest.fixture
def program() -> Scripted:
    return Scripted()


@pytest.fixture
def world(tmp_path: Path, program: Scripted) -> World:
    return World(tmp_path, memory_storage(), program)


def searched(world: World, program: Scripted, *values: float, goal: str = "minimize") -> SearchJob:
    program.then(*values)
    changes = {"trials": len(values)}
    return world.run(world.submit(search=changes, run={"parallel": 1}, objective={"goal": goal}))


def confirmed(world: World, program: Scripted, job: SearchJob, *values: float | None, **how: object) -> Confirmation:
    program.then(*values)
    world.run(world.engine.confirm(job.id, **how))  # type: ignore[arg-type]  # as the test says
    found = world.engine.show(job.id).confirmation
    assert found is not None
    return found


def test_mean_spread_and_optimism_are_told_the_best_mean_first(world: World, program: Scripted) -> None:
    job = searched(world, program, 0.9, 0.1, 0.2)
    found = confirmed(world, program, job, 0.3, 0.2, 0.5, 0.22, top=2, repeats=2, seed_flag="--seed")
    second, first = found.trials
    assert (first.number, first.value, first.values, first.n) == (1, 0.1, [0.3, 0.5], 2)
    assert (first.mean, first.std) == (pytest.approx(0.4), pytest.approx(0.1 * math.sqrt(2)))
    assert first.optimism == pytest.approx(0.3)
    assert (second.number, second.mean, second.optimism) == (2, pytest.approx(0.21), pytest.approx(0.01))
    assert first.chance is not None
    assert second.chance is not None
    assert first.chance + second.chance == pytest.approx(1.0)
    assert second.chance > 0.8
    assert found.n_left == 0
    assert [str(note) for note in found.notes] == [
        "Trial 1: the search found 0.1, which is 0.3 better than the mean of 2 runs, 0.4 ± 0.14.",
        f"Trial 2 is better on average than trial 1, the best of the search (chance to be the best: "
        f"{second.chance:.0%}).",
    ]


def test_of_a_maximized_metric_lower_means_were_too_good(world: World, program: Scripted) -> None:
    job = searched(world, program, 0.9, 0.5, goal="maximize")
    found = confirmed(world, program, job, 0.8, 0.3, 0.8, 0.4, repeats=2)
    assert [(row.number, row.optimism) for row in found.trials] == [
        (0, pytest.approx(0.1)),
        (1, pytest.approx(0.15)),
    ]
    assert str(found.notes[1]).startswith("Trial 0 is confirmed as the best (chance to be the best: ")


def test_a_single_run_says_nothing_about_the_spread(world: World, program: Scripted) -> None:
    job = searched(world, program, 0.2, 0.3)
    found = confirmed(world, program, job, 0.15, 0.3, repeats=1)
    assert [(row.std, row.chance) for row in found.trials] == [(None, None), (None, None)]
    assert [str(note) for note in found.notes] == [
        "Trial 0: the search found 0.2; the mean of 1 run is no worse, 0.15.",
        "Trial 0 is confirmed as the best.",
    ]


def test_confirmations_are_taken_together_by_configuration(world: World, program: Scripted) -> None:
    job = searched(world, program, 0.2, 0.3)
    confirmed(world, program, job, 0.2, 0.4, top=1, repeats=2, seed_flag="--seed")
    found = confirmed(world, program, job, 0.6, 0.31, top=2, repeats=1, seed_flag="--seed")
    assert {row.number: row.values for row in found.trials} == {0: [0.2, 0.4, 0.6], 1: [0.31]}
    assert len(found.jobs) == 2


def test_runs_without_a_seed_do_not_count_beside_those_with_one(world: World, program: Scripted) -> None:
    job = searched(world, program, 0.2, 0.3)
    without = confirmed(world, program, job, 0.2, 0.3, repeats=1)
    assert [str(note) for note in without.notes] == [
        "Every run of a configuration had the same value: the program has a fixed seed, or none. If it takes one, name "
        "it: --seed-flag."
    ]
    found = confirmed(world, program, job, 0.25, 0.35, repeats=1, seed_flag="--seed")
    assert {row.number: row.values for row in found.trials} == {0: [0.25], 1: [0.35]}
    assert len(found.jobs) == 1


def test_a_program_that_heeds_no_seed_is_told(world: World, program: Scripted) -> None:
    job = searched(world, program, 0.2, 0.3)
    found = confirmed(world, program, job, 0.2, 0.3, 0.2, 0.3, repeats=2, seed_flag="--seed")
    assert str(found.notes[-1]).startswith("Every run of a configuration had the same value: the program does not")
    assert [row.chance for row in found.trials] == [None, None]


def test_failed_runs_are_counted_and_a_configuration_without_a_value_comes_last(
    world: World, program: Scripted
) -> None:
    job = searched(world, program, 0.2, 0.3)
    found = confirmed(world, program, job, None, 0.4, None, 0.5, repeats=2)
    last = found.trials[1]
    assert (last.number, last.n, last.n_failed, last.mean, last.optimism) == (0, 0, 2, None, None)
    assert (found.trials[0].number, found.trials[0].n_failed) == (1, 0)


def test_runs_that_are_left_are_counted(world: World, program: Scripted) -> None:
    job = searched(world, program, 0.2, 0.3)
    confirming = world.engine.confirm(job.id, top=2, repeats=3)
    found = world.engine.show(job.id).confirmation
    assert found is not None
    assert (found.n_left, [row.number for row in found.trials], found.notes) == (6, [0, 1], ())
    assert world.engine.show(confirming.id).confirmation == found


def test_of_a_confirmation_that_was_stopped_none_are_left(world: World, program: Scripted) -> None:
    job = searched(world, program, 0.2, 0.3)
    world.engine.stop(world.engine.confirm(job.id, top=1, repeats=3).id)
    found = world.engine.show(job.id).confirmation
    assert found is not None
    assert (found.n_left, found.trials[0].n) == (0, 0)


def test_a_search_that_was_not_confirmed_has_none(world: World, program: Scripted) -> None:
    assert world.engine.show(searched(world, program, 0.2).id).confirmation is None
