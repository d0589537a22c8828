from __future__ import annotations

import errno
import os
import random
from pathlib import Path

import pytest

from scriptune.metrics.sources.tail import LOOK_BACK_BYTES, Lines, Tail, to_lines


def read_all(tail: Tail, *, final: bool = False) -> list[bytes]:
    pieces = []
    while (piece := tail.read(final=final)) is not None:
        if piece.text:
            pieces.append(piece.text)
        tail.advance(piece, piece.end)
    return pieces


def test_a_missing_file_is_nothing_yet(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "none")
    assert tail.read() is None
    assert tail.notes == []


def test_what_is_no_regular_file_is_not_read_and_noted_once(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("loss=1\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "dangling").symlink_to(tmp_path / "none")
    (tmp_path / "endless").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    found = {
        "folder": "a folder",
        "link": "a symbolic link",
        "dangling": "a symbolic link",
        "endless": "a symbolic link",
        "pipe": "a named pipe",
    }
    for name, kind in found.items():
        tail = Tail(tmp_path / name)
        assert tail.read() is tail.read(final=True) is None
        assert tail.notes == [f"The log is not read: it was replaced by {kind}, expected a regular file."]


def test_a_passing_error_is_raised_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\ntwo\n")
    tail = Tail(log)
    for call in ("open", "pread", "stat", "fstat"):
        with monkeypatch.context() as patch:

            def refuse(*_: object, **__: object) -> None:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

            patch.setattr(os, call, refuse)
            with pytest.raises(OSError, match="Too many open files"):
                tail.read(final=True)
    assert tail.notes == []
    assert read_all(tail, final=True) == [b"one\ntwo\n"]


def test_what_is_written_behind_the_end_is_not_read(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\ntw")
    tail = Tail(log)
    tail.end = 6
    with log.open("ab") as file:
        file.write(b"o\nthree\n")
    assert read_all(tail, final=True) == [b"one\n" + b"tw"]
    assert tail.offset == 6


def test_only_complete_lines_are_given_until_the_end_is_final(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\ntwo")
    tail = Tail(log)
    assert read_all(tail) == [b"one\n"]
    assert tail.offset == 4
    assert read_all(tail, final=True) == [b"two"]
    assert tail.offset == 7


def test_carriage_returns_backspaces_and_nuls_end_lines() -> None:
    assert to_lines(b"a\r\nb\rc\b\bd\0e") == b"a\n\nb\nc\n\nd\ne"


def test_the_same_lines_come_again_until_they_are_taken(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\ntwo\n")
    tail = Tail(log)
    first = tail.read()
    assert first == tail.read()
    assert first is not None
    tail.advance(first, 4)
    second = tail.read()
    assert second is not None
    assert (second.start, second.text) == (4, b"two\n")


def test_of_an_overlong_line_the_head_is_given(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"short\n" + b"x" * 100 + b"\nshort\n" + b"y" * 10 + b"\n")
    tail = Tail(log, block_bytes=16, max_line_bytes=10)
    pieces = []
    while (piece := tail.read()) is not None:
        pieces.append((piece.text, piece.line_bytes, piece.start))
        tail.advance(piece, piece.end)
    assert pieces == [(b"short\n", 0, 0), (b"x" * 10, 100, 6), (b"short\n", 0, 107), (b"y" * 10 + b"\n", 0, 113)]


def test_an_overlong_line_is_given_only_when_it_has_ended(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * 100)
    tail = Tail(log, block_bytes=16, max_line_bytes=10)
    assert tail.read() is None
    assert tail.offset == 0
    with log.open("ab") as file:
        file.write(b"x" * 50 + b"\n")
    piece = tail.read()
    assert piece is not None
    assert (piece.text, piece.line_bytes, piece.end) == (b"x" * 10, 150, 151)


def test_an_emptied_log_is_read_from_its_start_with_a_note(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\ntwo\n")
    tail = Tail(log)
    read_all(tail)
    log.write_bytes(b"new\n")
    assert read_all(tail) == [b"new\n"]
    assert "truncated or replaced" in tail.notes[0]


def test_a_log_that_was_emptied_and_grew_beyond_the_offset_is_noticed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\ntwo\n")
    tail = Tail(log)
    read_all(tail)
    log.write_bytes(b"other text\nand more\n")
    assert read_all(tail) == [b"other text\nand more\n"]


def test_the_hole_of_a_truncated_log_is_skipped(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as file:
        file.seek(3_000_000)
        file.write(b"acc=1\n")
    text = b"".join(read_all(Tail(log)))
    assert text.strip(b"\n") == b"acc=1"


def test_a_line_of_a_hundred_megabytes_is_passed_in_several_calls(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as file:
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b"\nacc=1\n")
    tail, texts, n_calls = Tail(log), [], 0
    while (piece := tail.read()) is not None:
        n_calls += 1
        texts.append(piece.text[:10])
        tail.advance(piece, piece.end)
    assert texts[-2:] == [b"x" * 10, b"acc=1\n"]
    assert n_calls > 4


@pytest.mark.parametrize("seed", range(20))
def test_what_is_before_a_piece_is_what_the_file_holds_there(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    log = tmp_path / "log"
    lengths = [rng.choice([3, 40, 90, 700, 9_000, 20_000]) for _ in range(150)]
    ends = [rng.choice([b"\n", b"\r\n", b"\r", b"\b\b", b"\0"]) for _ in lengths]
    data = b"".join(b"%d" % length * (length // 3 + 1) + end for length, end in zip(lengths, ends, strict=True))
    log.write_bytes(data)
    tail = Tail(log, block_bytes=rng.choice([200, 1_000, 20_000]), max_line_bytes=99)
    while (piece := tail.read(final=True)) is not None:
        if piece.text:
            there = data[max(0, piece.start - LOOK_BACK_BYTES) : piece.start]
            assert piece.before.replace(b"\r", b"\n") == there.replace(b"\r", b"\n")
        end = piece.end
        if not piece.line_bytes and rng.random() < 0.5:  # time was over after the first line
            end = piece.start + piece.text.find(b"\n") + 1 or piece.end
        tail.advance(piece, end)
        if rng.random() < 0.1:
            tail = Tail(log, tail.offset, block_bytes=1_000, max_line_bytes=99)
    assert tail.offset == len(data)


def test_a_block_must_hold_a_line() -> None:
    with pytest.raises(ValueError, match="make it longer"):
        Tail(Path("log"), block_bytes=10, max_line_bytes=10)


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        (b"\x1b[1;31mred\x1b[0m", b"red"),
        (b"\x1b[2K\x1b[?25lacc", b"acc"),
        (b"\x1b]0;title\x07acc", b"acc"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", b"link"),
        (b"\x1b(Bacc\x1b7", b"acc"),
        (b"acc\x1b[3C5", b"acc    5"),
        (b"acc 5\x1b[2A6", b"acc 5\n\n\n\n6"),
        (b"\xff\xfeacc", "\ufffd\ufffdacc".encode()),
        (b"\xc3", "\ufffd".encode()),
        ("é ✓".encode(), "é ✓".encode()),
        (b"half \x1b[3", b"half [3"),
    ],
)
def test_lines_are_cleaned(raw: bytes, cleaned: bytes) -> None:
    assert Lines(raw).text == cleaned


def test_places_in_cleaned_lines_are_led_back_to_the_file() -> None:
    raw = b"\x1b[31mone\x1b[0m\ntw\xffo\nthree\n"
    lines = Lines(raw)
    assert lines.line_start(lines.text.index(b"one")) == 0
    assert lines.line_start(lines.text.index(b"three")) == raw.index(b"three")
    assert lines.next_line(0) == (raw.index(b"tw"), lines.text.index(b"tw"))
    assert lines.next_line(lines.text.index(b"three")) == (len(raw), len(lines.text))


@pytest.mark.parametrize("edit", ["[P", "[2@", "[X", "[1b", "[S", "c", "[?1049h", "[2K", "[1J", "[2K\x1b[31m"])
def test_digits_behind_what_edits_the_screen_are_of_another_number(edit: str) -> None:
    assert b"\0" in Lines(f"m=0.9\x1b{edit}3\n".encode()).marked


@pytest.mark.parametrize("line", ["\r\x1b[2K0.5\n", "\x1b[2K0.5\n", "acc=\x1b[2K0.5\n", "acc \x1b[1J\x1b[31m0.5\n"])
def test_a_line_that_is_erased_before_its_number_was_refused(line: str) -> None:
    assert b"\0" not in Lines(to_lines(line.encode())).marked


@pytest.mark.parametrize("edit", ["[K", "[0K", "[J", "[31m", "[2K\r"])
def test_digits_before_what_erases_to_the_right_stay_whole(edit: str) -> None:
    assert b"\0" not in Lines(to_lines(f"m=0.9\x1b{edit}3\n".encode())).marked
