"""A limit per log: what is freed, what is kept, and that no result depends on it."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.core.job import SearchJob
from scriptune.core.trial import ExitReason, ExitStatus, TrialState
from scriptune.messages import Message
from scriptune.runtime import log_limit
from scriptune.runtime.log_limit import FreedPart, free, freed_notices, freed_part, part_to_free
from worlds import Killed, Program, World

LIMIT = 1_000_000
NOISE = (b"x" * 99 + b"\n") * 2000  # 200 kB without a number
N_PIECES = 40


def chatty(given: Mapping[str, str]) -> Program:
    """Prints 8 MB, and a value of its metric in each 200 kB."""
    return Program([b"loss=%d.5\n" % n + NOISE for n in range(N_PIECES)])


def small_world(home: Path, program: Callable[[Mapping[str, str]], Program] = chatty, limit: int = LIMIT) -> World:
    home.mkdir(exist_ok=True)
    world = World(home, memory_storage(), program)
    world.settings = replace(world.settings, max_log_bytes=limit)
    world.engine = world.new_engine()
    return world


def submit(world: World) -> SearchJob:
    return world.submit(search={"trials": 1}, objective={"metric": "loss", "goal": "minimize", "reduce": "best"})


def log_of(world: World, job: SearchJob, attempt: int = 1) -> Path:
    return world.home / "jobs" / job.id / "0" / str(attempt) / "output.log"


def blocks(path: Path) -> int:
    return path.stat().st_blocks * 512


def can_free(folder: Path) -> bool:
    probe = folder / "probe"
    probe.write_bytes(b"x" * 65536)
    try:
        return free(probe, FreedPart(4096, 61440))
    finally:
        log_limit._unable.clear()


@pytest.fixture(autouse=True)
def _able(tmp_path: Path) -> None:
    if not can_free(tmp_path):  # pragma: no cover - tmpfs, ext4, xfs and btrfs can
        pytest.skip("this file system cannot free a part of a file")


def test_a_log_beyond_the_limit_loses_its_middle_and_no_result(tmp_path: Path) -> None:
    world, endless = small_world(tmp_path / "a"), small_world(tmp_path / "b", limit=0)
    job, whole = world.run(submit(world)), endless.run(submit(endless))
    log, all_of = log_of(world, job), log_of(endless, whole)
    assert log.stat().st_size == all_of.stat().st_size == N_PIECES * len(NOISE) + sum(map(len, _lines()))
    assert blocks(log) < 2 * LIMIT
    assert blocks(all_of) >= all_of.stat().st_size
    told = [(r.metric, r.value, r.step, r.offset) for r in world.storage.reports(job.id, 0).items]
    assert told == [(r.metric, r.value, r.step, r.offset) for r in endless.storage.reports(whole.id, 0).items]
    assert (world.storage.trial(job.id, 0).value, len(told)) == (0.5, N_PIECES)
    data = log.read_bytes()
    (notice,) = world.storage.trial(job.id, 0).notices
    start, end = notice.params["start"], notice.params["end"]
    assert (data[:start], data[end:]) == (all_of.read_bytes()[:start], all_of.read_bytes()[end:])
    assert not data[start:end].strip(b"\0")
    assert "max_log_bytes" in notice


def _lines() -> list[bytes]:
    return [b"loss=%d.5\n" % n for n in range(N_PIECES)]


def test_the_log_view_has_one_line_in_the_place_of_what_was_freed(tmp_path: Path) -> None:
    world = small_world(tmp_path)
    job = world.run(submit(world))
    freed = freed_part(world.storage.trial(job.id, 0).notices, 1)
    assert freed is not None
    texts, offset = [], 0
    while (chunk := world.engine.log(job.id, 0, offset=offset, limit=100_000)).next_offset > offset:
        assert chunk.offset == offset
        texts.append(chunk.text)
        offset = chunk.next_offset
    assert offset == log_of(world, job).stat().st_size
    text = "".join(texts)
    assert text.count(f"[scriptune freed bytes {freed.start} to {freed.end} of this log") == 1
    assert text.startswith("loss=0.5\n")
    assert "\0" not in text
    assert len(text) < LIMIT
    inside = world.engine.log(job.id, 0, offset=(freed.start + freed.end) // 2)
    assert (inside.offset, inside.next_offset) == (freed.start, freed.end)


def test_a_log_that_lost_its_middle_is_neither_reparsed_nor_replayed(tmp_path: Path) -> None:
    world = small_world(tmp_path)
    job = world.run(submit(world))
    before = world.storage.reports(job.id, 0).items
    report = world.engine.reparse(job.id)
    assert (report.n_trials, report.n_without_log, report.n_freed, list(report.changed)) == (0, 1, 1, [])
    assert world.storage.reports(job.id, 0).items == before
    replayed = world.engine.replay(job.id)
    assert (replayed.agrees, replayed.n_checked, replayed.n_not_checked, replayed.n_freed) == (True, 0, 1, 1)


def test_an_engine_that_is_killed_at_any_step_gets_the_same_results_from_a_log_that_is_freed(tmp_path: Path) -> None:
    once = small_world(tmp_path / "once")
    job = once.run(submit(once))
    expected = [(r.value, r.step, r.offset) for r in once.storage.reports(job.id, 0).items]
    for kill_at in range(5, once.killer.calls, 3):
        world = small_world(tmp_path / str(kill_at))
        job = submit(world)
        world.killer.kill_at = world.killer.calls + kill_at
        try:
            world.run(job)
        except Killed:
            world.die()
            world.run(job)
        assert [(r.value, r.step, r.offset) for r in world.storage.reports(job.id, 0).items] == expected
        assert world.storage.trial(job.id, 0).value == 0.5


def test_what_others_print_after_the_end_does_not_count_when_the_log_was_freed_since(tmp_path: Path) -> None:
    world = small_world(tmp_path)
    job = submit(world)
    ended_at = sum(map(len, _lines()[:10])) + 10 * len(NOISE)

    def end_late(key: str, status: ExitStatus) -> ExitStatus:
        return end(key, replace(status, log_size=ended_at))

    end = world.executor._end
    world.executor._end = end_late  # type: ignore[method-assign]
    world.run(job)
    assert [r.value for r in world.storage.reports(job.id, 0).items] == [n + 0.5 for n in range(10)]
    trial = world.storage.trial(job.id, 0)
    assert (trial.value, trial.n_reports, trial.state) == (0.5, 10, TrialState.COMPLETED)
    no_others = small_world(tmp_path / "no-others", lambda given: Program(chatty(given).pieces[:10]))
    alone = no_others.run(submit(no_others))
    assert trial.report_digest == no_others.storage.trial(alone.id, 0).report_digest


def test_a_program_that_empties_its_log_has_a_whole_one_again(tmp_path: Path) -> None:
    world = small_world(tmp_path)
    job = submit(world)
    polls = 0

    def poll_and_empty(handle: object) -> ExitStatus | None:
        nonlocal polls
        polls += 1
        if polls == 30:
            os.truncate(log_of(world, job), 0)
        if polls == 33:
            return ExitStatus(ExitReason.EXITED, exit_code=0)
        return poll(handle)  # type: ignore[arg-type]

    poll = world.executor.poll
    world.executor.poll = poll_and_empty  # type: ignore[method-assign, assignment]
    world.run(job)
    assert world.storage.trial(job.id, 0).notices == ()
    assert world.engine.log(job.id, 0).text.startswith("loss=29.5")


def test_a_trial_without_a_value_says_that_the_middle_of_its_log_was_not_looked_at(tmp_path: Path) -> None:
    world = small_world(tmp_path, lambda given: Program([NOISE] * 20))
    job = world.run(submit(world))
    assert "The middle of its log was discarded (max_log_bytes)" in world.storage.trial(job.id, 0).message


def test_a_file_system_that_cannot_free_a_part_says_so_once_and_all_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> int:
        ctypes.set_errno(errno.EOPNOTSUPP)
        return -1

    monkeypatch.setattr(log_limit, "_fallocate", lambda: refuse)
    monkeypatch.setattr(log_limit, "_unable", [])
    world = small_world(tmp_path)
    job = world.run(submit(world))
    assert blocks(log_of(world, job)) > N_PIECES * len(NOISE)
    assert world.storage.trial(job.id, 0).value == 0.5
    assert world.storage.trial(job.id, 0).notices == ()
    assert world.engine.replay(job.id).n_checked == 1
    assert len([r for r in caplog.records if "max_log_bytes" in r.message]) == 1


def test_something_else_in_the_place_of_a_log_is_never_written_to(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"s" * 65536)
    (tmp_path / "output.log").symlink_to(secret)
    with pytest.raises(OSError, match="a symbolic link"):
        free(tmp_path / "output.log", FreedPart(0, 65536))
    assert secret.read_bytes() == b"s" * 65536


def test_the_part_to_free_is_of_whole_blocks_and_leaves_both_ends() -> None:
    assert part_to_free(0, 10**12, None) is None
    assert part_to_free(LIMIT, LIMIT, None) is None
    freed: FreedPart | None = None
    for read in range(0, 20 * LIMIT, 12_345):
        part = part_to_free(LIMIT, read, freed)
        if part is not None:
            assert part.start % 4096 == part.end % 4096 == 0
            assert part.start >= LIMIT // 4
            assert read - part.end >= LIMIT // 4
            assert freed is None or (part.start == freed.start and part.end > freed.end)
            freed = part
        assert read - (freed.end - freed.start if freed else 0) <= LIMIT


def test_a_notice_keeps_what_each_attempt_lost() -> None:
    other = Message("notice.folder_set_aside", folders=["1.aside"])
    notices = freed_notices((other,), 1, FreedPart(1, 2))
    notices = freed_notices(notices, 2, FreedPart(3, 4))
    notices = freed_notices(notices, 1, FreedPart(1, 9))
    assert (freed_part(notices, 1), freed_part(notices, 2), freed_part(notices, 3)) == (
        FreedPart(1, 9),
        FreedPart(3, 4),
        None,
    )
    assert freed_notices(notices, 1, None)[0] == other
