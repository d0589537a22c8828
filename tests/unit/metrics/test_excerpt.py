from __future__ import annotations

from pathlib import Path

from scriptune.metrics.excerpt import GAP, excerpt, head_and_tail, read_chunk

SAMPLES = Path(__file__).parents[2] / "data" / "logs"


def test_the_last_lines_are_as_on_a_screen(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"first\n\n 10%\r 20%\r100%\r\n\x1b[31mError:\x1b[0m caf\xe9\n\n")
    assert excerpt(log, 2) == ["100%", "Error: caf\ufffd"]
    assert excerpt(log, 10) == ["first", "100%", "Error: caf\ufffd"]
    assert excerpt(log, 0) == []


def test_there_is_nothing_to_show_of_a_missing_log(tmp_path: Path) -> None:
    assert excerpt(tmp_path / "none", 5) == []
    assert read_chunk(tmp_path / "none", 5, 100).text == ""


def test_a_huge_log_is_read_at_its_end_only(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as file:
        file.seek(2 << 30)  # a hole: 2 GiB that take no room
        file.write(b"\nlast words\n")
    assert excerpt(log, 3)[-1] == "last words"


def test_an_endless_line_keeps_its_beginning_and_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * 3_000_000 + b" the end")
    (line,) = excerpt(log, 5)
    assert len(line) < 510
    assert line.endswith(" the end")


def test_chunks_join_to_the_whole_log_without_tearing_characters(tmp_path: Path) -> None:
    log = tmp_path / "log"
    text = "".join(f"Zeile {n}: Größe ✓ \N{GRINNING FACE}{'—' * (n % 50)}\n" for n in range(300))
    log.write_text(text, encoding="utf-8")
    for limit in (16, 37, 64, 1000, 10**6):
        offset, parts = 0, []
        while True:
            chunk = read_chunk(log, offset, limit)
            parts.append(chunk.text)
            assert chunk.size_bytes == len(text.encode())
            if chunk.at_end:
                break
            assert chunk.next_offset > offset
            offset = chunk.next_offset
        assert "".join(parts) == text


def test_a_negative_offset_counts_from_the_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("one\ntwo\n")
    chunk = read_chunk(log, -4, 100)
    assert (chunk.text, chunk.offset, chunk.next_offset, chunk.at_end) == ("two\n", 4, 8, True)
    assert read_chunk(log, 99, 100).text == ""


def test_a_chunk_has_no_escape_sequences() -> None:
    text = read_chunk(SAMPLES / "keras.log", 0, 100_000).text
    assert "\x1b" not in text
    assert "val_accuracy: 0.8611" in text


def test_an_unfinished_character_waits_for_its_rest(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes("aé".encode()[:2])
    first = read_chunk(log, 0, 100)
    assert (first.text, first.next_offset) == ("a", 1)
    log.write_bytes("aé".encode())
    assert read_chunk(log, 1, 100).text == "é"


def test_a_short_log_is_shown_whole_and_a_long_one_by_its_beginning_and_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    lines = [f"epoch {n} of many" for n in range(1000)]
    log.write_text("\n".join(lines) + "\n")
    assert head_and_tail(log, 1 << 20).splitlines() == lines
    assert head_and_tail(log, log.stat().st_size - 20).splitlines() == lines
    shown = head_and_tail(log, 100).splitlines()
    gap = shown.index(GAP)
    assert shown[:gap] == lines[:gap]
    assert shown[gap + 1 :] == lines[-(len(shown) - gap - 1) :]
    assert 3 < gap < 8
    assert head_and_tail(tmp_path / "none", 100) == ""


def test_a_raw_chunk_keeps_what_a_terminal_needs(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b" 10%\r100%\n\x1b[31mError\x1b[0m caf\xe9\n")
    assert read_chunk(log, 0, 100, raw=True).text == " 10%\r100%\n\x1b[31mError\x1b[0m caf\ufffd\n"
    assert read_chunk(log, 0, 100).text == " 10%\n100%\nError caf\ufffd\n"
