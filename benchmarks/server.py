"""Load on a server: many jobs in the store, pollers and event streams at once, and one job of 50,000 trials.

    python benchmarks/server.py [--seconds 30]
    python benchmarks/server.py --soak --seconds 240       # the events of an hour in minutes: is its memory flat?
    python benchmarks/server.py --soak --jobs 1            # the same in a single job, which grows all the while

Starts a server of its own on loopback, in a temporary home with SQLite.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil

from scriptune.core.job import JobState
from scriptune.core.trial import Attempt, Report, Trial, TrialState
from scriptune.engine.build import build_engine
from scriptune.engine.engine import Engine
from scriptune.settings import load_settings

N_JOBS, N_TRIALS, N_REPORTS = 50, 200, 10
N_POLLERS, N_STREAMS, N_RUNNING = 20, 20, 8
N_LARGE = 50_000
N_SOAK = N_RUNNING * 2 * 3600  # events of an hour: every running trial reports twice a second
POLL_EVERY_S = 2.0  # four reads each time
IS_OVER = b'"kind":"job","number":null,"data":{"state":"completed"'  # in the last event of a job
PROGRAM = "for i in $(seq 1 1000); do echo step $i loss=0.$i; sleep 0.5; done"
START = datetime(2030, 1, 1, tzinfo=UTC)


def document(name: str, trials: int) -> dict[str, Any]:
    return {
        "name": name,
        "command": ["/bin/sh", "-c", PROGRAM, "sh"],
        "parameters": {"x": {"type": "float", "min": 0.0, "max": 1.0}, "y": {"type": "float", "min": 0.0, "max": 1.0}},
        "metrics": {"loss": {"regex": r"loss=(\S+)"}},
        "objective": {"metric": "loss", "goal": "minimize"},
        "search": {"sampler": "random", "trials": trials, "seed": 1},
        "run": {"parallel": N_RUNNING},
    }


def fill(engine: Engine, name: str, n_trials: int, n_reports: int) -> str:
    """A finished job, written as the engine would have."""
    job = engine.submit(document(name, n_trials), base_dir=engine.settings.home, hold=True)  # no server takes it
    rng = random.Random(n_trials)
    for begin in range(0, n_trials, 1000):
        with engine.storage.transaction() as tx:
            if begin == 0:
                tx.update_job(job.id, state=JobState.RUNNING, started_at=START, lease_until=START)
            for number in range(begin, min(n_trials, begin + 1000)):
                write_trial(tx, job.id, number, rng, n_reports)
    with engine.storage.transaction() as tx:
        tx.update_job(job.id, state=JobState.COMPLETED, finished_at=START, lease_owner=None, lease_until=None)
    return job.id


def write_trial(tx: Any, job_id: str, number: int, rng: random.Random, n_reports: int) -> None:
    params = {"x": rng.random(), "y": rng.random()}
    value = (params["x"] - 0.3) ** 2 + params["y"]
    tx.insert_trial(job_id, Trial(number=number, params=params, state=TrialState.WAITING, created_at=START))
    tx.insert_attempt(job_id, Attempt(number, 1, TrialState.RUNNING, f"jobs/{job_id}/{number}/1"))
    tx.update_trial(job_id, number, state=TrialState.RUNNING, n_attempts=1, started_at=START)
    if n_reports:
        reports = [Report("loss", value + 1 / (i + 1), float(i), i * 20, START) for i in range(n_reports)]
        tx.add_reports(job_id, number, 1, reports, from_offset=0, to_offset=n_reports * 20)
    tx.append_tell(job_id, number, value)
    tx.update_trial(
        job_id,
        number,
        state=TrialState.COMPLETED,
        value=value,
        metrics={"loss": value},
        n_reports=n_reports,
        finished_at=START + timedelta(seconds=number),
    )


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, str, psutil.Process]]:
    """A server's address, its token and its process."""
    command = [sys.executable, "-m", "scriptune", "serve", "--home", str(home), "--port", "0", "--json"]
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    with (
        (home / "server.log").open("a") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environ) as process,
    ):
        assert process.stdout is not None
        text = ""
        while not text.rstrip().endswith("}"):
            text += process.stdout.readline()
        url = json.loads(text)["url"].rstrip("/")
        while True:
            try:
                httpx.get(f"{url}/health")
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        try:
            yield url, (home / "token").read_text().strip(), psutil.Process(process.pid)
        finally:
            process.terminate()


def percentile(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000


class Client:
    """HTTP/1.1 with little work of its own: 40 connections in one process must not wait for the one who measures."""

    def __init__(self, url: str, token: str) -> None:
        self._host, self._port = url.removeprefix("http://").split(":")
        self._head = f"Host: {self._host}\r\nAuthorization: Bearer {token}\r\nAccept-Encoding: gzip\r\n"

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self._host, int(self._port))

    async def get(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, tag: str = ""
    ) -> tuple[int, str]:
        """Read one answer to its last byte; gives its status and its tag."""
        condition = f"If-None-Match: {tag}\r\n" if tag else ""
        writer.write(f"GET {path} HTTP/1.1\r\n{self._head}{condition}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        await reader.readexactly(int(headers.get("content-length", "0")))
        return int(head.split(" ", 2)[1]), headers.get("etag", "").replace("w/", "W/")


async def poll(client: Client, which: Callable[[], str], until: float, times: list[float], rng: random.Random) -> None:
    """What a page of the console asks for, again and again; half of the readers send the tag they have."""
    tags: dict[str, str] = {}
    await asyncio.sleep(rng.uniform(1, 1 + POLL_EVERY_S))
    connection = await client.connect()
    while time.monotonic() < until:
        job_id = which()
        for path in ("/jobs", f"/jobs/{job_id}", f"/jobs/{job_id}/trials?sort=value", f"/jobs/{job_id}/history"):
            tag = tags.get(path, "") if rng.random() < 0.5 else ""
            start = time.perf_counter()
            status, tags[path] = await client.get(*connection, f"/api/v1{path}", tag)
            times.append(time.perf_counter() - start)
            assert status in (200, 304), (status, path)
        await asyncio.sleep(POLL_EVERY_S)


async def listen(client: Client, job_id: str, until: float, ids: list[int], is_over: bytes = b"\0") -> None:
    """Note the numbers of a job's events as they come, no further than one that says `is_over`."""
    reader, writer = await client.connect()
    try:
        async with asyncio.timeout(until - time.monotonic()):
            writer.write(f"GET /api/v1/jobs/{job_id}/events HTTP/1.1\r\n{client._head}\r\n".encode())
            while line := await reader.readline():
                ids += [int(line[4:])] if line.startswith(b"id: ") else []
                if is_over in line:
                    return
    except TimeoutError:
        return
    finally:
        writer.close()


async def watch(until: float, delays: list[float]) -> None:
    """How late this process itself is: every time it measures is too long by about so much."""
    while time.monotonic() < until:
        start = time.perf_counter()
        await asyncio.sleep(0.01)
        delays.append(time.perf_counter() - start - 0.01)


@dataclass
class Load:
    """What the readers saw: times of reads and delays of the readers' own process in seconds, ids per stream.

    `in_turn`: for streams that follow one job after the other, the ids by job.
    """

    times: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    streams: list[list[int]] = field(default_factory=lambda: [[] for _ in range(N_STREAMS)])
    in_turn: list[dict[str, list[int]]] = field(default_factory=lambda: [{} for _ in range(N_STREAMS)])


async def load(url: str, token: str, job_ids: list[str], running: str, seconds: float) -> Load:
    seen = Load()
    until = time.monotonic() + seconds
    client = Client(url, token)
    pollers = [
        poll(client, partial(str, running if i % 4 == 0 else job_ids[i]), until, seen.times, random.Random(i))
        for i in range(N_POLLERS)
    ]
    listeners = [listen(client, running if i % 2 else job_ids[i], until, ids) for i, ids in enumerate(seen.streams)]
    await asyncio.gather(*pollers, *listeners, watch(until, seen.delays))
    return seen


def time_large(home: Path, job_id: str) -> None:
    """Times of reads of a large job: the first one of a server that was just started, and the median of later ones."""
    for path, most in (
        ("trials?limit=50", 200),
        ("history", 200),
        ("trials?limit=50&sort=value", None),
        ("trials?limit=50&offset=49000&sort=-value", None),
        ("", None),
        ("importance", None),
    ):
        with serving(home) as (url, token, process), httpx.Client(base_url=url, timeout=60) as client:
            headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
            time.sleep(1)  # a server's start is another matter
            times, cpu = [], 0.0
            for _ in range(5):
                before = sum(process.cpu_times()[:2])
                start = time.perf_counter()
                client.get(f"/api/v1/jobs/{job_id}/{path}".rstrip("/"), headers=headers).raise_for_status()
                times.append(1000 * (time.perf_counter() - start))
                cpu = cpu or sum(process.cpu_times()[:2]) - before
        verdict = "" if most is None else f"; asked: below {most}, {'yes' if times[0] < most else 'NO'}"
        later = statistics.median(times[1:])
        print(f"  /{path:42} cold {times[0]:7.1f} ms ({cpu:.2f} s of cpu), then {later:7.1f} ms{verdict}")


def write_events(engine: Engine, n_jobs: int, seconds: float, begun: list[str]) -> None:
    """An hour's events or a little more at an even pace, job after job; notes in `begun` which jobs have begun."""
    rng = random.Random(1)
    begin = time.monotonic()
    written = 0
    for i in range(n_jobs):
        job = engine.submit(document(f"soak-{i}", 100_000), base_dir=engine.settings.home, hold=True)
        with engine.storage.transaction() as tx:
            tx.update_job(job.id, state=JobState.RUNNING, started_at=START, lease_until=START)
        begun.append(job.id)
        number = last = 0
        while last < N_SOAK / n_jobs:
            with engine.storage.transaction() as tx:
                write_trial(tx, job.id, number, rng, N_REPORTS)
            number += 1
            last = engine.storage.job(job.id).last_event
            time.sleep(max(0.0, begin + seconds * (written + last) / N_SOAK - time.monotonic()))
        written += last
        with engine.storage.transaction() as tx:
            tx.update_job(job.id, state=JobState.COMPLETED, finished_at=START, lease_owner=None, lease_until=None)


async def listen_in_turn(
    client: Client, n_jobs: int, begun: list[str], until: float, ids: dict[str, list[int]]
) -> None:
    """Follow each job to its last event, then the next."""
    for i in range(n_jobs):
        while len(begun) <= i:
            await asyncio.sleep(0.05)
        await listen(client, begun[i], until, ids.setdefault(begun[i], []), IS_OVER)


async def soak_load(url: str, token: str, n_jobs: int, begun: list[str], seconds: float) -> Load:
    """Pollers on the job that runs now, and streams that follow one job after the other."""
    seen = Load()
    until = time.monotonic() + seconds
    client = Client(url, token)
    await asyncio.gather(
        *(poll(client, lambda: begun[-1], until, seen.times, random.Random(i)) for i in range(N_POLLERS)),
        *(listen_in_turn(client, n_jobs, begun, until, ids) for ids in seen.in_turn),
    )
    return seen


def soak(engine: Engine, seconds: float, n_jobs: int) -> None:
    """Streams and pollers beside an hour's events, the list of jobs as long as ever; memory at each tenth."""
    for i in range(N_JOBS):
        fill(engine, f"job-{i}", N_TRIALS, N_REPORTS)
    begun: list[str] = []
    with serving(engine.settings.home) as (url, token, process):
        sizes = [process.memory_info().rss]
        with ThreadPoolExecutor(2) as pool:
            writing = pool.submit(write_events, engine, n_jobs, seconds, begun)
            reading = pool.submit(asyncio.run, soak_load(url, token, n_jobs, begun, seconds + 20.0))
            for _ in range(10):
                time.sleep(seconds / 10)
                sizes.append(process.memory_info().rss)
            writing.result()
            seen = reading.result()
        last = {job_id: engine.storage.job(job_id).last_event for job_id in begun}
        followed = [(job_id, ids) for stream in seen.in_turn for job_id, ids in stream.items()]
        broken = sum(ids != list(range(1, len(ids) + 1)) for _, ids in followed)
        behind = N_STREAMS * n_jobs - sum(len(ids) == last[job_id] for job_id, ids in followed)
        print(f"{sum(last.values())} events of {n_jobs} jobs in {seconds:g} s to {N_STREAMS} streams,", end=" ")
        print(f"{len(seen.times)} reads beside them")
        print(f"  {sum(len(ids) for _, ids in followed)} events delivered; lost or repeated in {broken} event logs,")
        print(f"  not delivered to the end 20 s later: {behind} of {N_STREAMS * n_jobs} event logs")
        print(f"  memory in MB, at each tenth: {' '.join(f'{size / 1e6:.0f}' for size in sizes)}")
        # The first tenths fill caches that are bounded; growth after them would go on for ever.
        growth = (sizes[-1] - sizes[len(sizes) // 2]) / 1e6
        print(
            f"  asked: below 300 MB, {'yes' if max(sizes) < 300e6 else 'NO'}; flat, {growth:+.0f} MB in the second half"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--soak", action="store_true", help="only look whether memory stays flat")
    parser.add_argument("--jobs", type=int, default=96, help="over how many jobs the events of --soak are spread")
    arguments = parser.parse_args()
    seconds = arguments.seconds
    with tempfile.TemporaryDirectory(prefix="scriptune-bench-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        engine = build_engine(load_settings(home))
        if arguments.soak:
            soak(engine, seconds, arguments.jobs)
            return
        job_ids = [fill(engine, f"job-{i}", N_TRIALS, N_REPORTS) for i in range(N_JOBS)]
        with serving(home) as (url, token, process):
            running = engine.submit(document("running", 1000), base_dir=home).id
            time.sleep(3)
            before = process.memory_info().rss
            cpu = sum(process.cpu_times()[:2])
            own = time.process_time()
            seen = asyncio.run(load(url, token, job_ids, running, seconds))
            own = (time.process_time() - own) / seconds
            after = process.memory_info().rss
            print(f"{N_JOBS} jobs x {N_TRIALS} trials, {N_RUNNING} running, {N_POLLERS} pollers, {N_STREAMS} streams")
            print(
                f"  {len(seen.times)} reads in {seconds:g} s; p50 {percentile(seen.times, 0.5):.1f}, "
                f"p95 {percentile(seen.times, 0.95):.1f}, p99 {percentile(seen.times, 0.99):.1f} ms"
            )
            print(
                f"  of these, the readers' own process: p50 {percentile(seen.delays, 0.5):.1f}, "
                f"p95 {percentile(seen.delays, 0.95):.1f} ms; it used {own:.2f} of a core"
            )
            cpu = (sum(process.cpu_times()[:2]) - cpu) / seconds
            print(f"  the server used {cpu:.2f} of a core; load of the machine {os.getloadavg()[0]:.1f}")
            broken = sum(ids != list(range(1, len(ids) + 1)) for ids in seen.streams)
            print(f"  {sum(map(len, seen.streams))} events delivered; streams with a lost or repeated event: {broken}")
            print(f"  memory {before / 1e6:.0f} MB before, {after / 1e6:.0f} MB after")
            p95 = percentile(seen.times, 0.95)
            print(f"  asked: p95 below 100 ms, {'yes' if p95 < 100 else 'NO'};", end=" ")
            print(f"no lost or repeated event, {'NO' if broken else 'yes'};", end=" ")
            print(f"memory below 300 MB, {'yes' if after < 300e6 else 'NO'}")
            engine.stop(running)
            while engine.job(running).job.state in (JobState.RUNNING, JobState.STOPPING):
                time.sleep(0.2)
        large = fill(engine, "large", N_LARGE, 0)
        print(f"one job of {N_LARGE} trials, each read the first of a server that was just started")
        time_large(home, large)
        engine.close()


if __name__ == "__main__":
    main()
