"""Any error of the system that may pass means "later": a search ends as it would have ended, whatever fails once."""

from __future__ import annotations

import errno
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from faulty_files import Faults, Site, failing
from memory import memory_storage
from scriptune.core.job import SearchJob
from scriptune.engine.engine import Engine
from scriptune.executors.local.executor import LocalExecutor
from scriptune.runtime import worker
from scriptune.runtime.runner import launch
from scriptune.runtime.worker import Worker
from scriptune.settings import Settings

# These say something about the file or the process itself: that it is not there, or is something else.
STATEMENTS = {
    *(errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ESRCH, errno.ECHILD, errno.EINVAL),
    *(errno.ELOOP, errno.EBADF, errno.ENOTEMPTY, errno.ENAMETOOLONG),
}
# What a program, a disk, a network file system and other users of the machine can really cause.
LIKELY = [errno.EMFILE, errno.ENFILE, errno.EIO, errno.ESTALE, errno.EACCES, errno.ENOMEM, errno.EPERM, errno.EAGAIN]
EVERY = sorted(set(errno.errorcode) - STATEMENTS)

SCRIPT = 'echo "$1" >>"$2"; echo "loss=$1"; until [ -e "$3" ]; do sleep 0.01; done; echo "loss=$1"; echo end'


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "_LAUNCH_PAUSE_S", 0.0)
    monkeypatch.setattr(worker, "_STORAGE_PAUSES_S", (0.01,))
    monkeypatch.setattr(worker, "_IDLE_S", 0.01)


class Search:
    """A search of three trials, two at a time, by real programs. The first two are left running and are adopted."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self.home = home
        (home / "conf.tmpl").write_text("lr: {x}\n")
        storage = memory_storage()
        self.engine = Engine(Settings(home=home, database="memory:"), storage, lambda _: LocalExecutor())
        self.job: SearchJob = self.engine.submit(self.document(), base_dir=home)

    def document(self) -> dict[str, Any]:
        return {
            "name": "faults",
            "command": ["/bin/sh", "-c", SCRIPT, "sh", "{x}", str(self.home / "runs"), str(self.home / "go")],
            "workdir": str(self.home),
            "parameters": {"x": {"type": "float", "min": 0.0, "max": 1.0}},
            "metrics": {"loss": {"regex": r"loss=(\S+)"}},
            "objective": {"metric": "loss", "goal": "minimize"},
            "search": {"sampler": "random", "trials": 3, "seed": 1},
            "run": {"parallel": 2},
            "files": {"conf.yaml": "conf.tmpl"},
        }

    def run(self, faults: Faults) -> None:
        """From the start to the end, with a change of the process in between."""
        first, second = (
            Worker(self.engine.context),
            Worker(self.engine.context),
        )  # a process that cannot even begin says so and ends

        def leave_when_two_run() -> None:
            if len(first.runners[self.job.id]._job.running) == 2:
                first.leave()

        with failing(faults):
            first.run_job(self.job.id, on_step=leave_when_two_run)
            (self.home / "go").touch()
            second.run_job(self.job.id)

    def table(self) -> list[tuple[Any, ...]]:
        """What there is to know of each trial, without times."""
        rows = self.engine.trials(self.job.id).items
        return [(t.number, dict(t.params), t.state, t.value, t.n_attempts, t.n_reports, t.message) for t in rows]

    def check(self, expected: list[tuple[Any, ...]]) -> None:
        assert self.table() == expected
        runs = Counter((self.home / "runs").read_text().split())
        assert runs == Counter(str(row[1]["x"]) for row in expected)
        assert self.engine.job(self.job.id).job.state == "completed"


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[tuple[Any, ...]], list[Site]]:
    """The table of a search in which nothing fails, and the sites that it reached."""
    search = Search(tmp_path_factory.mktemp("unbroken") / "home")
    faults = Faults()
    search.run(faults)
    table = search.table()
    assert [row[2] for row in table] == ["completed"] * 3
    return table, sorted(faults.seen)


def test_the_search_reaches_the_accesses_that_are_to_fail(unbroken: tuple[list[Any], list[Site]]) -> None:
    calls = Counter((call, module) for call, module, _ in unbroken[1])
    assert len(unbroken[1]) >= 20
    for call, module in [
        ("open", "scriptune.regular_files"),
        ("stat", "scriptune.regular_files"),
        ("read", "scriptune.regular_files"),
        ("pread", "scriptune.metrics.sources.tail"),
        ("pidfd_open", "scriptune.executors.local.pidfds"),
        ("open", "scriptune.executors.local.processes"),
        ("rename", "scriptune.executors.folder"),
    ]:
        assert calls[call, module], f"{call} in {module} is not reached"


@pytest.mark.parametrize("number", LIKELY, ids=errno.errorcode.get)
def test_a_search_in_which_every_access_fails_twice_ends_as_it_would_have(
    tmp_path: Path, unbroken: tuple[list[Any], list[Site]], number: int
) -> None:
    search = Search(tmp_path / "home")
    search.run(Faults(number, times=2))
    search.check(unbroken[0])


def test_a_search_in_which_any_single_access_fails_ends_as_it_would_have(
    tmp_path: Path, unbroken: tuple[list[Any], list[Site]]
) -> None:
    for index, site in enumerate(unbroken[1]):
        search = Search(tmp_path / str(index))
        faults = Faults(LIKELY[index % len(LIKELY)], times=3, only=site)
        search.run(faults)
        search.check(unbroken[0])


@pytest.mark.slow
@pytest.mark.parametrize("number", EVERY, ids=errno.errorcode.get)
def test_every_error_of_the_system_at_every_access_means_later(
    tmp_path: Path, unbroken: tuple[list[Any], list[Site]], number: int
) -> None:
    search = Search(tmp_path / "home")
    search.run(Faults(number))
    search.check(unbroken[0])


@pytest.mark.slow
@pytest.mark.parametrize("number", LIKELY, ids=errno.errorcode.get)
def test_every_likely_error_at_every_single_access_means_later(
    tmp_path: Path, unbroken: tuple[list[Any], list[Site]], number: int
) -> None:
    for index, site in enumerate(unbroken[1]):
        search = Search(tmp_path / str(index))
        search.run(Faults(number, times=3, only=site))
        search.check(unbroken[0])


def test_a_folder_in_the_place_of_the_exit_file_is_not_the_end(tmp_path: Path) -> None:
    search = Search(tmp_path / "home")
    command = search.document()["command"]
    command[2] = 'mkdir "$SCRIPTUNE_TRIAL_DIR/../exit.json"; ' + SCRIPT
    job = search.engine.submit({**search.document(), "command": command}, base_dir=search.home)
    (search.home / "go").touch()
    ended = Worker(search.engine.context).run_job(job.id)
    assert ended.state == "completed"
    assert [trial.state for trial in search.engine.trials(job.id).items] == ["completed"] * 3
    assert os.path.isfile(search.home / search.engine.trial(job.id, 0).attempts[0].folder / "exit.json")
