"""All values of a metric in a job are in one unit: that of its first recorded report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.core.job import JobState, MetricUnit, SearchJob
from worlds import Program, World

MICRO, MILLI = b"latency=572.0us\n", b"latency=1.67ms\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, memory_storage())


def submit(world: World, lines: list[bytes], unit: str | None = None, **changes: Any) -> SearchJob:
    """A job whose trials print these lines, one each."""
    started: list[bytes] = []

    def program(_given: Mapping[str, str]) -> Program:
        started.append(lines[len(started) % len(lines)])
        return Program((started[-1],))

    world.executor.program = program
    metric = {"regex": r"latency=([0-9.]+|nan)"} if unit is None else {"regex": r"latency=([0-9.]+|nan)", "unit": unit}
    changes = {"run": {"parallel": 1, "max_failed": None}, "search": {"trials": 2, "sampler": "random"}, **changes}
    return world.submit(metrics={"latency": metric}, objective={"metric": "latency", "goal": "minimize"}, **changes)


def values(world: World, job: SearchJob) -> list[float | None]:
    return [trial.value for trial in world.storage.trials(job.id).items]


def test_milliseconds_do_not_win_over_fewer_microseconds(world: World) -> None:
    job = world.run(submit(world, [MICRO, MILLI]))
    assert values(world, job) == [572.0, 1670.0]
    assert job.units == {"latency": MetricUnit("us", "latency=572.0us")}
    assert [world.storage.reports(job.id, number).items[0].unit for number in (0, 1)] == ["us", "ms"]
    (event,) = [event for event in world.storage.events(job.id) if event.kind == "units"]
    assert event.data == {"units": {"latency": {"unit": "us", "line": "latency=572.0us"}}}


def test_the_report_that_decides_is_stored_with_the_unit_before_any_other(world: World) -> None:
    job = world.run(
        submit(world, [MILLI, MICRO, MICRO], run={"parallel": 3}, search={"trials": 3, "sampler": "random"})
    )
    kinds = [event.kind for event in world.storage.events(job.id) if event.kind in ("units", "reports")]
    assert kinds == ["units", "reports", "reports", "reports"]
    first = next(event for event in world.storage.events(job.id) if event.kind == "reports")
    assert world.storage.reports(job.id, first.number or 0).items[0].unit == job.units["latency"].unit


def test_another_unit_is_refused_with_both_lines(world: World) -> None:
    job = world.run(submit(world, [b"latency=97 %\n", b"latency=0.97\n"]))
    assert values(world, job) == [97.0, None]
    message = world.storage.trial(job.id, 1).message
    assert "'latency=0.97'" in message
    assert "'latency=97 %'" in message
    assert "metrics.latency.unit" in message


def test_the_job_file_sets_the_unit(world: World) -> None:
    job = world.run(submit(world, [MICRO, MILLI], unit="ms"))
    assert values(world, job) == [0.572, 1.67]
    assert (
        "as metrics.latency.unit says"
        in world.storage.trial(world.run(submit(world, [b"latency=5\n"], unit="ms")).id, 0).message
    )


def test_reparse_and_replay_read_in_the_stored_unit(world: World) -> None:
    # In no log does a value decide on seconds: only who reads the stored unit comes to them.
    job = world.run(submit(world, [MILLI, MICRO]))
    with world.storage.transaction() as tx:
        tx.update_job(job.id, units={"latency": MetricUnit("s", "latency=1s")})
    world.engine.reparse(job.id, reduce="last")
    assert values(world, job) == [0.00167, 0.000572]
    assert world.engine.replay(job.id).first_difference is None


def test_another_regex_decides_the_unit_again(world: World) -> None:
    job = world.run(submit(world, [b"latency=572.0us size=3kB\n", b"latency=1.67ms size=5MB\n"]))
    world.engine.reparse(job.id, regexes={"latency": r"size=([0-9.]+)"})
    assert values(world, job) == [3.0, 5000.0]
    assert world.storage.job(job.id).units["latency"].unit == "kB"
    world.engine.reparse(job.id, regexes={"latency": r"latency=([0-9.]+)"})
    assert values(world, job) == [572.0, 1670.0]


def test_a_resumed_search_reads_in_the_unit_of_its_first_report(world: World) -> None:
    job = world.run(submit(world, [MICRO, MILLI, MILLI], search={"trials": 1, "sampler": "random"}))
    world.engine.resume(job.id, trials="+2")
    assert world.run(job).state is JobState.COMPLETED
    assert values(world, job) == [572.0, 1670.0, 1670.0]


def test_reports_of_version_0_1_0_decide_the_unit_by_their_line(world: World) -> None:
    job = world.run(submit(world, [MICRO, MILLI], search={"trials": 1, "sampler": "random"}))
    with world.storage.transaction() as tx:  # as it was stored then
        old = [replace(report, unit=None) for report in world.storage.reports(job.id, 0).items]
        tx.replace_reports(job.id, 0, 1, old, world.storage.attempts(job.id, 0)[0].log_offset)
        tx.update_job(job.id, units={})
    world.engine.resume(job.id, trials="+1")
    world.run(job)
    assert values(world, job) == [572.0, 1670.0]
    assert world.storage.job(job.id).units["latency"] == MetricUnit("us", "latency=572.0us")
    assert world.engine.replay(job.id).first_difference is None


def test_nan_fits_every_unit_and_decides_none(world: World) -> None:
    job = world.run(submit(world, [b"latency=nan\nlatency=nan\nlatency=1.5ms\n", MICRO]))
    assert job.units["latency"].unit == "ms"
    assert values(world, job) == [1.5, 0.572]
