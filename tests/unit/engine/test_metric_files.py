"""Searches for metrics that programs write into files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from event_writer import scalar, version
from memory import memory_storage
from scriptune.core.job import JobState
from scriptune.core.job_changes import JobChanges
from scriptune.core.trial import Cause, ExitReason, ExitStatus, TrialState
from scriptune.errors import JobFileError
from scriptune.executors.base import Handle
from scriptune.jobfile.spec import job_spec
from scriptune.metrics.units import MetricUnits
from scriptune.runtime.attempts import RunningAttempt, compile_patterns
from worlds import Killed, World, table

METRICS = {
    "loss": {"csv": "metrics.csv", "column": "val_loss", "step": "epoch"},
    "f1": {"json": "results.json", "path": "eval.f1"},
    "ppl": {"jsonl": "{trial_dir}/log.jsonl", "path": "ppl", "step": "step"},
    "bleu": {"tensorboard": "runs", "tag": "val/bleu"},
    "shown": {"regex": r"shown=(\S+)"},
}


class Writing(World):
    """A world whose programs write into their folder, a piece at each poll, and print next to nothing."""

    def __init__(self, home: Path, write: Any = None) -> None:
        home.mkdir(exist_ok=True)
        super().__init__(home, memory_storage())
        self.write = write or write_all
        submit = self.executor.submit

        def submit_and_write(launch_spec: Any) -> Any:
            is_new = str(launch_spec.folder) not in self.executor.runs
            handle = submit(launch_spec)
            if is_new:
                given = dict(arg.removeprefix("--").split("=", 1) for arg in launch_spec.argv if "=" in arg)
                work = launch_spec.folder / "work"
                work.mkdir(exist_ok=True)
                self.executor.running[str(launch_spec.folder)] = self.write(work, float(given["x"]))
            return handle

        self.executor.submit = submit_and_write  # type: ignore[method-assign]  # of this world

    def submit_files(self, **changes: Any) -> Any:
        return self.submit(**{"metrics": METRICS, "search": {"trials": 4}, **changes})


def write_all(work: Path, x: float) -> Iterator[bytes]:
    """Three epochs: a CSV file that is cut in a number, documents that are rewritten, lines, and events."""
    events = work / "runs/version_0/events.out.tfevents.1.host"
    events.parent.mkdir(parents=True)
    events.write_bytes(version())
    (work / "metrics.csv").write_text("epoch,train_loss,val_loss\n")
    for epoch in range(3):
        loss = (x - 0.3) ** 2 + 1 / (epoch + 1)
        row = f"{epoch},{loss!r},{loss!r}\n"
        with (work / "metrics.csv").open("a") as file:
            file.write(row[:-5])
        yield b""
        with (work / "metrics.csv").open("a") as file:
            file.write(row[-5:])
        (work / "results.json").write_text(json.dumps({"eval": {"f1": epoch / 10}}))
        with (work / "log.jsonl").open("a") as file:
            file.write(json.dumps({"step": epoch, "ppl": 10.0 - epoch}) + "\n")
        with events.open("ab") as binary:
            binary.write(scalar("val/bleu", 30.5 + epoch, epoch))
        yield b"shown=1.5\n"


def test_a_search_reads_files_beside_the_log(tmp_path: Path) -> None:
    world = Writing(tmp_path)
    job = world.run(world.submit_files())
    assert job.state is JobState.COMPLETED
    for trial in world.storage.trials(job.id).items:
        reports = world.storage.reports(job.id, trial.number).items
        x = float(trial.params["x"])
        by_metric: dict[str, list[tuple[float, float]]] = {}
        for report in reports:
            by_metric.setdefault(report.metric, []).append((report.step, report.value))
        assert by_metric["loss"] == [(e, (x - 0.3) ** 2 + 1 / (e + 1)) for e in range(3)]
        assert by_metric["ppl"] == [(0, 10.0), (1, 9.0), (2, 8.0)]
        assert by_metric["bleu"] == [(0, 30.5), (1, 31.5), (2, 32.5)]
        assert by_metric["shown"] == [(0, 1.5), (1, 1.5), (2, 1.5)]
        assert by_metric["f1"][-1][1] == 0.2
        files = {report.metric: report.file for report in reports}
        assert files == {
            "loss": "metrics.csv",
            "f1": "results.json",
            "ppl": "log.jsonl",
            "bleu": "runs/version_0/events.out.tfevents.1.host",
            "shown": "",
        }
        # Every value is where its report says.
        folder = world.home / world.storage.attempts(job.id, trial.number)[-1].folder / "work"
        csv = (folder / "metrics.csv").read_bytes()
        rows = [csv[r.offset :].partition(b"\n")[0] for r in reports if r.metric == "loss"]
        assert [float(row.split(b",")[2]) for row in rows] == [value for _, value in by_metric["loss"]]
        document = (folder / "results.json").read_bytes()
        last = [r for r in reports if r.metric == "f1"][-1]
        assert document[last.offset :].startswith(b"0.2")
    assert world.engine.replay(job.id).contradictions == ()


@pytest.mark.parametrize("kill_at", range(3, 40, 4))
def test_a_search_that_is_killed_reads_the_same_values(tmp_path: Path, kill_at: int) -> None:
    metrics = {"loss": METRICS["loss"], "ppl": METRICS["ppl"], "bleu": METRICS["bleu"]}
    unbroken = Writing(tmp_path / "unbroken")
    wanted = unbroken.run(unbroken.submit_files(metrics=metrics, search={"trials": 3}, run={"parallel": 1}))
    world = Writing(tmp_path / "killed")
    job = world.submit_files(metrics=metrics, search={"trials": 3}, run={"parallel": 1})
    world.killer.kill_at = world.killer.calls + kill_at
    try:
        world.run(job)
    except Killed:
        world.die()
        world.run(job)
    assert table(world, job.id) == table(unbroken, wanted.id)
    for number in range(3):
        found, expected = (
            [(r.metric, r.step, r.value, r.file, r.offset) for r in w.storage.reports(i, number).items]
            for w, i in ((world, job.id), (unbroken, wanted.id))
        )
        assert sorted(found) == sorted(expected)
    assert set(world.executor.runs.values()) == {1}


def test_reparse_reads_files_again_and_keeps_what_is_not_there_any_more(tmp_path: Path) -> None:
    world = Writing(tmp_path)
    job = world.run(world.submit_files())
    before = table(world, job.id)
    report = world.engine.reparse(job.id, reduce="last")
    assert [change[0] for change in report.changed] == []  # the last is the best here
    assert world.engine.reparse(job.id, reduce="mean_last_k").changed
    world.engine.undo_reparse(job.id)
    # A file that is gone, one that is cut, and one that another process has changed: their values stay.
    works = [world.home / world.storage.attempts(job.id, n)[-1].folder / "work" for n in range(3)]
    (works[0] / "metrics.csv").unlink()
    os.truncate(works[1] / "metrics.csv", 30)
    (works[2] / "metrics.csv").write_text("epoch,val_loss\n" + "9,0.0\n" * 30)
    world.engine.reparse(job.id)
    assert table(world, job.id) == before
    # And what was appended later does not count as another trial's or as a second reading.
    assert [r.metric for r in world.storage.reports(job.id, 0).items].count("loss") == 3


def test_a_file_outside_of_the_trials_folder_counts_from_the_start_of_each_trial(tmp_path: Path) -> None:
    shared = tmp_path / "shared.csv"
    shared.write_text("epoch,val_loss\n0,-9.0\n")

    def write(work: Path, x: float) -> Iterator[bytes]:
        for epoch in range(2):
            with shared.open("a") as file:
                file.write(f"{epoch},{x + epoch!r}\n")
            yield b""

    world = Writing(tmp_path / "home", write)
    metrics = {"loss": {"csv": str(shared), "column": "val_loss"}}
    job = world.run(world.submit_files(metrics=metrics, run={"parallel": 1}))
    trials = world.storage.trials(job.id).items
    assert [trial.value for trial in trials] == [trial.params["x"] for trial in trials]
    assert {r.file for r in world.storage.reports(job.id, 0).items} == {str(shared)}
    shared.unlink()
    world.engine.reparse(job.id)
    assert [trial.value for trial in world.storage.trials(job.id).items] == [trial.params["x"] for trial in trials]


def test_a_file_that_each_trial_rewrites_counts_though_it_says_the_same(tmp_path: Path) -> None:
    shared, document = tmp_path / "shared.csv", tmp_path / "shared.json"

    def write(work: Path, x: float) -> Iterator[bytes]:
        for path, text in ((shared, "val_loss\n0.5\n"), (document, '{"f1": 0.25}')):
            path.write_text(text)
            status = path.stat()
            world.n_writes += 1
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + world.n_writes))
        yield b""

    world: Any = Writing(tmp_path / "home", write)
    world.n_writes = 0
    metrics = {"loss": {"csv": str(shared), "column": "val_loss"}, "f1": {"json": str(document), "path": "f1"}}
    job = world.run(world.submit_files(metrics=metrics, run={"parallel": 1}))
    trials = world.storage.trials(job.id).items
    assert [(trial.value, trial.metrics["f1"]) for trial in trials] == [(0.5, 0.25)] * 4


def test_a_metric_that_is_not_in_its_file_says_what_is(tmp_path: Path) -> None:
    world = Writing(tmp_path)
    metrics = {"loss": {"csv": "metrics.csv", "column": "valloss"}, "bleu": {"tensorboard": "runs", "tag": "bleu"}}
    job = world.run(world.submit_files(metrics=metrics))
    trial = world.storage.trials(job.id).items[0]
    assert (trial.state, trial.cause) == (TrialState.FAILED, Cause.NO_METRIC)
    assert "'metrics.csv' has no column 'valloss'" in trial.message
    assert "Did you mean 'val_loss'?" in trial.message
    warnings = " ".join(world.storage.attempts(job.id, 0)[-1].warnings)
    assert "have no tag 'bleu'. They have 'val/bleu'." in warnings


def test_files_of_a_silent_program_are_followed_while_it_runs(tmp_path: Path) -> None:
    def write(work: Path, x: float) -> Iterator[bytes]:
        (work / "metrics.csv").write_text(f"epoch,val_loss\n0,{x!r}\n")
        while True:
            yield b""

    world = Writing(tmp_path, write)
    job = world.submit_files(metrics={"loss": METRICS["loss"]}, search={"trials": 1}, run={"parallel": 1})
    world.executor.wait = lambda timeout_s: frozenset()  # type: ignore[method-assign]  # no news: it prints nothing
    world.clock.tick = timedelta(milliseconds=200)
    looks = 0

    class Seen(Exception):  # noqa: N818 - ends the search
        pass

    def on_step() -> None:
        nonlocal looks
        looks += 1
        assert looks < 200
        if world.storage.trials(job.id).items and world.storage.trials(job.id).items[0].metrics:
            raise Seen

    with pytest.raises(Seen):
        world.run(job, on_step=on_step)
    assert looks < 40  # a few seconds of this clock, not half a minute


def test_a_search_whose_trials_share_a_file_stays_one_at_a_time(tmp_path: Path) -> None:
    world = Writing(tmp_path)
    metrics = {"loss": {"csv": str(tmp_path / "shared.csv"), "column": "val_loss"}}
    with pytest.raises(JobFileError, match="run in parallel"):
        world.submit_files(metrics=metrics, run={"parallel": 2})
    job = world.submit_files(metrics=metrics, run={"parallel": 1})
    with pytest.raises(JobFileError, match="run in parallel"):
        world.engine.change(job.id, JobChanges(parallel=2))


def test_a_regex_of_a_reparse_takes_the_place_of_a_file(tmp_path: Path) -> None:
    world = Writing(tmp_path)
    job = world.run(world.submit_files())
    world.engine.reparse(job.id, regexes={"loss": r"shown=(\S+)"})
    assert world.storage.job(job.id).document["metrics"]["loss"] == {"regex": r"shown=(\S+)"}
    assert [trial.value for trial in world.storage.trials(job.id).items] == [1.5] * 4
    assert {r.file for r in world.storage.reports(job.id, 0).items if r.metric == "loss"} == {""}
    world.engine.undo_reparse(job.id)
    assert [trial.value for trial in world.storage.trials(job.id).items] != [1.5] * 4


@pytest.mark.parametrize("kill_at", range(2, 24, 3))
def test_a_killed_search_counts_what_was_written_to_a_shared_file_since_the_start(tmp_path: Path, kill_at: int) -> None:
    shared = tmp_path / "shared.csv"
    shared.write_text("val_loss\n-9.0\n")

    def write(work: Path, x: float) -> Iterator[bytes]:
        with shared.open("a") as file:  # at once, before anyone looks
            file.write(f"{x!r}\n")
        return iter((b"", b""))

    world = Writing(tmp_path / "home", write)
    metrics = {"loss": {"csv": str(shared), "column": "val_loss"}}
    job = world.submit_files(metrics=metrics, search={"trials": 3}, run={"parallel": 1})
    world.killer.kill_at = world.killer.calls + kill_at
    try:
        world.run(job)
    except Killed:
        world.die()
        world.run(job)
    trials = world.storage.trials(job.id).items
    assert [trial.value for trial in trials] == [trial.params["x"] for trial in trials]
    assert [len(world.storage.reports(job.id, trial.number).items) for trial in trials] == [1, 1, 1]


def test_what_was_read_of_files_stays_when_a_log_was_read_too_far(tmp_path: Path) -> None:
    world = Writing(tmp_path)
    job = world.run(world.submit_files())
    attempt = world.storage.attempts(job.id, 0)[-1]
    stored = world.storage.reports(job.id, 0).items
    spec = job_spec(job.document)
    handle = Handle(world.home / attempt.folder)
    for end in (10, 0):
        run = RunningAttempt.begin(spec, compile_patterns(spec), attempt, handle, stored, units=MetricUnits())
        run.exit = ExitStatus(ExitReason.EXITED, exit_code=0, log_size=end)
        run.go_back(stored)
        assert run.n_reports["loss"] == 3
        assert run.n_reports["shown"] == end // 10
