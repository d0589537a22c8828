"""One worker for many jobs, and many workers for one installation."""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from memory import memory_storage
from plugin_packages import SAMPLER, install
from scriptune.core.job import JobState
from scriptune.engine.engine import Engine
from scriptune.errors import CommandError, LeaseLostError, SamplerError, StorageUnavailableError
from scriptune.runtime import worker as worker_module
from scriptune.runtime.runner import runner
from scriptune.runtime.worker import Worker
from worlds import Killed, Program, World, quadratic

LIMIT = 20_000  # turns after which a test gives up


def slow(given: Mapping[str, str]) -> Program:
    return Program((b"working\n",) * 10 + tuple(quadratic(given).pieces))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, memory_storage())


def serve_until_all_ended(world: World, *workers: Worker) -> None:
    """Give the workers turns in this thread until every job has ended."""
    stops = [threading.Event() for _ in workers]
    turns = 0

    def look() -> None:
        nonlocal turns
        turns += 1
        states = {summary.job.state for summary in world.storage.jobs(limit=1000).items}
        if states <= {JobState.COMPLETED, JobState.FAILED, JobState.STOPPED} or turns > LIMIT:
            for stop in stops:
                stop.set()

    world.executor.on_wait = look
    for worker, stop in zip(workers, stops, strict=True):
        worker.serve(stop)
    assert turns <= LIMIT


def test_a_serving_worker_runs_every_job_to_its_end(world: World) -> None:
    jobs = [world.submit(name=f"job-{i}") for i in range(5)]
    serve_until_all_ended(world, Worker(world.engine.context))
    assert {world.storage.job(job.id).state for job in jobs} == {JobState.COMPLETED}
    assert set(world.executor.runs.values()) == {1}
    assert len(world.executor.runs) == 30


def test_all_jobs_together_keep_the_servers_limit_and_take_turns(world: World) -> None:
    world.executor.program = slow
    jobs = [world.submit(search={"trials": 4}, run={"parallel": 4}) for _ in range(3)]
    serve_until_all_ended(world, Worker(world.engine.context, max_parallel=3))
    assert world.executor.max_running == 3
    starts = {job.id: min(t.started_at for t in world.storage.trials(job.id).items if t.started_at) for job in jobs}
    ends = {job.id: world.storage.job(job.id).finished_at for job in jobs}
    first_end = min(end for end in ends.values() if end)
    assert all(start < first_end for start in starts.values()), "each job started before any other had ended"


def test_a_worker_takes_over_the_jobs_of_a_dead_one(world: World) -> None:
    world.executor.program = slow
    job = world.submit()
    world.killer.calls = 0
    world.killer.kill_at = 25
    with pytest.raises(Killed):
        Worker(world.engine.context).serve(threading.Event())
    world.die()
    serve_until_all_ended(world, Worker(world.engine.context))
    assert world.storage.job(job.id).state is JobState.COMPLETED
    assert set(world.executor.runs.values()) == {1}


def test_an_unexpected_error_ends_one_job_and_not_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = world.submit(name="broken"), world.submit(name="sound")
    step = runner.JobRunner.step

    def failing_step(runner: runner.JobRunner, news: frozenset[Path]) -> bool:
        if runner.job.id == broken.id:
            raise ZeroDivisionError
        return step(runner, news)

    monkeypatch.setattr(runner.JobRunner, "step", failing_step)
    serve_until_all_ended(world, Worker(world.engine.context))
    assert world.storage.job(sound.id).state is JobState.COMPLETED
    failed = world.storage.job(broken.id)
    assert failed.state is JobState.FAILED
    assert "scriptune resume" in failed.message


def test_a_job_whose_sampler_is_not_installed_any_more_says_so_and_continues_once_it_is(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    install(site, "their-samplers", {"scriptune.samplers": {"low": "low_for_worker:Low"}}, {"low_for_worker": SAMPLER})
    with monkeypatch.context() as patch:
        patch.syspath_prepend(str(site))
        theirs = world.submit(name="theirs", search={"sampler": "low"})
    ours = world.submit(name="ours")
    serve_until_all_ended(world, Worker(world.engine.context))
    assert world.storage.job(ours.id).state is JobState.COMPLETED
    failed = world.storage.job(theirs.id)
    assert failed.state is JobState.FAILED
    assert failed.message.startswith("The search cannot continue: There is no sampler 'low'.")
    with pytest.raises(SamplerError, match="There is no sampler 'low'"):
        world.engine.resume(theirs.id, trials="+2")
    assert world.storage.job(theirs.id) == failed, "no budget was added"
    monkeypatch.syspath_prepend(str(site))
    world.engine.resume(theirs.id)
    serve_until_all_ended(world, Worker(world.engine.context))
    assert world.storage.job(theirs.id).state is JobState.COMPLETED


def test_a_suspended_owner_finds_its_lease_taken_and_changes_nothing(world: World) -> None:
    world.executor.program = slow
    job = world.submit()
    first = Worker(world.engine.context)
    states: list[int] = []

    def sleep_too_long() -> None:
        """The first process is suspended; another one takes the job, and ends it."""
        world.executor.on_wait = lambda: None
        world.clock.now += timedelta(seconds=world.settings.lease_ttl_s + 1)
        other = World(world.home, world.storage)
        other.executor, other.clock = world.executor, world.clock
        other.engine = other.new_engine()
        assert other.run(job).state is JobState.COMPLETED
        states.append(world.storage.job(job.id).last_event)

    world.executor.on_wait = sleep_too_long
    with pytest.raises(LeaseLostError):
        first.run_job(job.id)
    assert world.storage.job(job.id).last_event == states[0]
    assert set(world.executor.runs.values()) == {1}


def test_a_worker_waits_for_its_database_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, memory_storage())
    monkeypatch.setattr("scriptune.runtime.worker._STORAGE_PAUSES_S", (0.0,))
    transaction = world.storage.transaction
    calls = 0

    def sometimes_away(lease=None, *, durable=False):  # type: ignore[no-untyped-def]  # as the protocol
        nonlocal calls
        calls += 1
        notices.append(worker.notice)
        if calls % 7 == 0:
            raise StorageUnavailableError("the server is away")
        return transaction(lease, durable=durable)

    job = world.submit()
    world.storage.transaction = sometimes_away  # type: ignore[method-assign]  # the storage of this test alone
    notices: list[str] = []
    worker = Worker(world.engine.context)
    ended = worker.run_job(job.id)
    assert ended.state is JobState.COMPLETED
    assert "Waiting for the database: the server is away" in notices
    assert worker.notice == ""
    assert set(world.executor.runs.values()) == {1}
    assert len(world.executor.runs) == 6


def test_the_engine_of_a_server_leaves_stopping_to_its_worker(world: World) -> None:
    engine: Engine = world.engine
    job = world.submit()
    engine.context.is_served = True
    assert engine.stop(job.id).state is JobState.QUEUED
    serve_until_all_ended(world, Worker(engine.context))
    assert world.storage.job(job.id).state is JobState.STOPPED
    assert not world.executor.runs


def test_every_step_of_a_job_can_be_watched_from_the_first_to_the_last(world: World) -> None:
    job = world.submit()
    states: list[JobState] = []
    world.run(job, on_step=lambda: states.append(world.storage.job(job.id).state))
    assert set(states[:-1]) == {JobState.RUNNING}
    assert states[-1] is JobState.COMPLETED


def test_a_worker_that_lost_its_job_does_not_try_to_hand_it_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.executor.program = slow
    job = world.submit()
    tried: list[runner.JobRunner] = []
    monkeypatch.setattr(runner.JobRunner, "leave", tried.append)

    def lose() -> None:
        with world.storage.transaction() as tx:
            tx.update_job(job.id, lease_owner="another")

    world.executor.on_wait = lose
    with pytest.raises(LeaseLostError):
        world.run(job)
    assert not tried
    assert world.storage.job(job.id).lease_owner == "another"


def test_a_serving_worker_whose_database_was_away_goes_on_from_the_record(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scriptune.runtime.worker._STORAGE_PAUSES_S", (0.0,))
    monkeypatch.setattr("scriptune.runtime.worker._LOOK_FOR_JOBS_EVERY_S", 0.0)
    step = runner.JobRunner.step
    failed: list[runner.JobRunner] = []

    def failing_step(runner: runner.JobRunner, news: frozenset[Path]) -> bool:
        assert runner not in failed, "what it knows may not be what is stored"
        changed = step(runner, news)
        if runner._job.running and len(failed) < 3:
            failed.append(runner)
            raise StorageUnavailableError("the server is away")
        return changed

    monkeypatch.setattr(runner.JobRunner, "step", failing_step)
    jobs = [world.submit() for _ in range(2)]
    serve_until_all_ended(world, Worker(world.engine.context, max_parallel=2))
    assert len(failed) == 3
    assert {world.storage.job(job.id).state for job in jobs} == {JobState.COMPLETED}
    assert set(world.executor.runs.values()) == {1}
    assert world.executor.max_running == 2


def test_a_job_that_the_system_refuses_to_take_up_is_taken_up_later_and_that_is_said_once(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("scriptune.runtime.worker._LOOK_FOR_JOBS_EVERY_S", 0.0)
    begin, n_refused = runner.JobRunner.__init__, 0

    def refused(*args: object) -> None:
        nonlocal n_refused
        n_refused += 1
        if n_refused <= 3:
            raise OSError(errno.EMFILE, "Too many open files")
        begin(*args)  # type: ignore[arg-type]  # those of a runner

    monkeypatch.setattr(runner.JobRunner, "__init__", refused)
    job = world.submit()
    with caplog.at_level(logging.WARNING):
        serve_until_all_ended(world, Worker(world.engine.context))
    assert world.storage.job(job.id).state is JobState.COMPLETED
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        f"job {job.id} will be retried soon: the system refuses an operation that the search needs (Too many "
        f"open files)"
    ]


def test_a_job_whose_step_the_system_refuses_goes_on_from_the_record_and_keeps_no_place_of_others(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("scriptune.runtime.worker._LOOK_FOR_JOBS_EVERY_S", 0.0)
    step = runner.JobRunner.step
    refused: list[runner.JobRunner] = []

    def refused_step(runner: runner.JobRunner, news: frozenset[Path]) -> bool:
        assert runner not in refused, "what it knows may not be what is stored"
        changed = step(runner, news)
        if runner._job.running and len(refused) < 3:
            refused.append(runner)
            raise OSError(errno.EMFILE, "Too many open files")
        return changed

    monkeypatch.setattr(runner.JobRunner, "step", refused_step)
    job = world.submit()
    with caplog.at_level(logging.WARNING):
        serve_until_all_ended(world, Worker(world.engine.context, max_parallel=1))
    assert len(refused) == 3
    assert world.storage.job(job.id).state is JobState.COMPLETED
    assert set(world.executor.runs.values()) == {1}
    assert len([record for record in caplog.records if "will be retried soon" in record.getMessage()]) == 1


def test_a_job_whose_step_the_system_refuses_makes_no_other_one_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = world.submit(), world.submit()
    step, done = runner.JobRunner.step, list[str]()
    stop = threading.Event()

    def refused_step(runner: runner.JobRunner, news: frozenset[Path]) -> bool:
        done.append(runner.job.id)
        if runner.job.id == first.id:
            raise OSError(errno.EMFILE, "Too many open files")
        return step(runner, news)

    def wait() -> None:
        done.append("wait")
        stop.set()

    monkeypatch.setattr(runner.JobRunner, "step", refused_step)
    world.executor.on_wait = wait
    Worker(world.engine.context).serve(stop)
    assert done[:2] == [first.id, second.id]


def test_a_template_that_cannot_be_read_now_is_waited_for_and_a_missing_one_is_an_error(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scriptune.runtime.worker._STORAGE_PAUSES_S", (0.0,))
    template = world.home / "conf.tmpl"
    template.write_text("x: {x}\n")
    job = world.submit(files={"conf.yaml": str(template)}, command=["/bin/true", "--x={x}"])
    read, n_refused = Path.read_bytes, 0

    def refused(path: Path) -> bytes:
        nonlocal n_refused
        if path == template and n_refused < 3:
            n_refused += 1
            raise OSError(errno.EIO, "Input/output error")
        return read(path)

    other = world.submit(files={"conf.yaml": str(template)}, command=["/bin/true", "--x={x}"])
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refused)
        assert world.run(job).state is JobState.COMPLETED
    assert n_refused == 3
    template.unlink()
    with pytest.raises(CommandError, match=r"the template '.*conf\.tmpl' cannot be read"):
        world.run(other)


def test_a_worker_looks_for_jobs_at_once_even_on_a_machine_that_has_just_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scriptune.runtime.worker.time", SimpleNamespace(monotonic=lambda: 0.0))
    job = world.submit()
    serve_until_all_ended(world, Worker(world.engine.context))
    assert world.storage.job(job.id).state is JobState.COMPLETED


def test_a_worker_that_runs_every_unfinished_job_asks_for_more_only_when_an_event_was_recorded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scriptune.runtime.worker._LOOK_FOR_JOBS_EVERY_S", 0.0)
    world.executor.program = slow
    looks: list[int] = []
    claim = world.storage.claim_next
    newest = world.storage.newest_events

    def ask(*args: Any, **options: Any) -> Any:  # Any: as the storage's
        looks.append(newest(())[None] or 0)
        return claim(*args, **options)

    monkeypatch.setattr(world.storage, "claim_next", ask)
    jobs = [world.submit() for _ in range(2)]
    serve_until_all_ended(world, Worker(world.engine.context))
    assert {world.storage.job(job.id).state for job in jobs} == {JobState.COMPLETED}
    assert max(map(looks.count, looks)) <= 3  # the two that it got, and that there is no third


def test_an_idle_worker_asks_for_jobs_only_when_an_event_of_one_was_recorded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scriptune.runtime.worker._LOOK_FOR_JOBS_EVERY_S", 0.0)
    looks: list[object] = []
    jobs = world.storage.jobs
    n_waits = 0

    def wait() -> None:
        nonlocal n_waits
        n_waits += 1
        if n_waits == 5:
            assert looks == [0]  # none is there, and this is known
            world.submit()
        if n_waits > LIMIT or {summary.job.state for summary in jobs().items} == {JobState.COMPLETED}:
            stop.set()

    class NewWork(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            wait()  # without a job there is no executor to wait for
            return super().wait(0.0 if timeout else timeout)

    world.engine.context.new_work = NewWork()
    stop = threading.Event()

    def look(*args: Any, **options: Any) -> Any:  # Any: as the storage's
        page = jobs(*args, **options)
        looks.append(len(page.items))
        return page

    monkeypatch.setattr(world.storage, "jobs", look)
    world.executor.on_wait = wait
    Worker(world.engine.context).serve(stop)
    assert [summary.job.state for summary in jobs().items] == [JobState.COMPLETED]


def test_a_sleeping_worker_leaves_at_once_when_it_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "_LOOK_FOR_FIRST_JOB_EVERY_S", 3600.0)
    worker = Worker(world.engine.context)
    thread = threading.Thread(target=worker.serve, args=(threading.Event(),), daemon=True)
    thread.start()
    worker.leave()
    thread.join(60.0)
    assert not thread.is_alive()
