"""What the world does to a search: full disks, read-only homes, broken databases, a server that goes away."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from commands import run_command
from killing import Damage, Engine, Search
from postgres import PostgresServer

LIMIT_S = 120.0


def cli(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return run_command(*words, env={**os.environ, **environ}, timeout=LIMIT_S)


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A small file system; root may not mount one everywhere, least of all in containers."""
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"needs the right to mount a file system: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def halted(process: Engine) -> Iterator[None]:
    """An engine that stands still: it must not come to its end while the disaster is prepared."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MB."""
    with mounted(tmp_path / "small", "size=6m") as folder:
        yield folder


def test_a_full_disk_pauses_the_search_and_room_lets_it_go_on(small_disk: Path) -> None:
    search = Search(small_disk / "s", trials=20, parallel=2, pause=0.05)
    process = search.start("run", str(search.job_file))
    wait_for(lambda: search.diary.read_text().count("end") >= 2)
    ballast = small_disk / "ballast"
    with halted(process):
        fill(ballast)
    time.sleep(3)  # long enough that running trials end and new ones are tried on the full disk
    assert process.poll() is None
    ballast.unlink()
    assert process.wait(90) == 0
    damage = search.examine(Damage(), {})
    assert not damage.orphans
    assert not damage.duplicate_numbers
    values = [trial["value"] for trial in search.trials_now() if trial["state"] == "completed"]
    # A program that could not write its own output has no metric to lose; the others all count.
    assert len(values) >= 16


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def wait_for(condition, limit_s: float = 60.0) -> None:  # type: ignore[no-untyped-def]  # any callable
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "the condition was not reached"
        time.sleep(0.05)


def test_a_search_in_a_read_only_home_is_refused_with_its_path_and_the_way_on(tmp_path: Path) -> None:
    with mounted(tmp_path / "home", "ro,size=1m") as home:
        looked = cli("list", "--home", str(home))
        search = Search(tmp_path / "s")
        started = cli("run", str(search.job_file), "--home", str(home))
    assert looked.returncode == 0  # nothing is written to look at nothing
    assert started.returncode != 0
    assert str(home) in started.stderr
    assert "--home" in started.stderr
    assert "Traceback" not in started.stderr


def test_a_damaged_database_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    search = Search(tmp_path / "s", trials=3, pause=0.01)
    assert search.start("run", str(search.job_file)).wait(LIMIT_S) == 0
    database = search.home / "home" / "scriptune.db"
    content = bytearray(database.read_bytes())
    content[:4096] = random.Random(0).randbytes(4096)
    database.write_bytes(content)
    before = hashlib.sha256(database.read_bytes()).hexdigest()
    for words in (("list",), ("show",), ("resume",), ("run", str(search.job_file))):
        answer = cli(*words, "--home", str(search.home / "home"))
        assert answer.returncode != 0
        assert "scriptune.db" in answer.stderr
        assert "Traceback" not in answer.stderr
    assert hashlib.sha256(database.read_bytes()).hexdigest() == before


@pytest.mark.postgres
def test_a_search_waits_for_postgresql_and_goes_on(tmp_path: Path) -> None:
    server = PostgresServer()
    try:
        search = Search(tmp_path / "s", database=server.new_url(), trials=18, parallel=3, pause=0.1)
        process = search.start("run", str(search.job_file))
        wait_for(lambda: search.diary.read_text().count("end") >= 3)
        with halted(process):
            server.stop()
        time.sleep(float(os.environ.get("SCRIPTUNE_OUTAGE_S", "4")))
        assert process.poll() is None
        server.start()
        assert process.wait(LIMIT_S) == 0
        assert search.examine(Damage(), {}).none
    finally:
        server.close()


@pytest.mark.postgres
def test_killing_the_engine_on_postgresql_loses_nothing(tmp_path: Path, postgres_url: str) -> None:
    search = Search(tmp_path / "s", database=postgres_url, trials=10, parallel=4)
    damage = search.run_and_kill(random.Random(5), max_kills=4)
    assert damage.none, damage
    assert damage.kills
