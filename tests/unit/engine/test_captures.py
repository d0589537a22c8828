from __future__ import annotations

from pathlib import Path

import pytest

from scriptune.engine import captures
from scriptune.engine.captures import search_log


def lines(path: Path, text: str, offset: int = 0, limit: int = 100) -> list[tuple[int, int]]:
    return [(match.line_no, match.offset) for match in search_log(path, text, offset, limit).items]


def test_each_line_is_found_once_whatever_the_case(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"Error error\nfine\nERROR\nlast error")
    assert lines(path, "error") == [(1, 0), (3, 17), (4, 23)]


def test_a_search_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("".join(f"line {i} x\n" for i in range(1, 11)))
    first = search_log(path, "x", 0, 4)
    assert [match.line_no for match in first.items] == [1, 2, 3, 4]
    assert first.next_offset is not None
    for line_no in (None, first.next_line_no):
        rest = search_log(path, "x", first.next_offset, 100, line_no)
        assert [match.line_no for match in rest.items] == list(range(5, 11))
        assert (rest.next_offset, rest.next_line_no) == (None, None)


def test_a_large_log_is_searched_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captures, "_BLOCK_BYTES", 64)
    monkeypatch.setattr(captures, "_MAX_SEARCHED_BYTES", 200)
    path = tmp_path / "log"
    path.write_text("".join(f"line {i} {'Needle' if i == 97 else 'straw'}\n" for i in range(1, 101)))
    offset, line_no, n_parts = 0, 1, 0
    while True:
        part = search_log(path, "needle", offset, 10, line_no)
        n_parts += 1
        if part.items or part.next_offset is None or part.next_line_no is None:
            break
        offset, line_no = part.next_offset, part.next_line_no
    assert [match.line_no for match in part.items] == [97]
    assert n_parts > 3


@pytest.mark.parametrize("block", [7, 64, 1 << 20])
def test_blocks_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(captures, "_BLOCK_BYTES", block)
    path = tmp_path / "log"
    text = "".join(f"{i}{' needle' if i % 3 == 0 else ''}\n" for i in range(50))
    path.write_text(text)
    expected = [i + 1 for i, line in enumerate(text.splitlines()) if "needle" in line]
    found = [line_no for line_no, _ in lines(path, "needle")]
    if block >= 16:
        assert found == expected
    else:  # a line longer than a block is cut, and the text may be where it is cut
        assert set(found) <= set(expected)


def test_a_regex_is_searched_as_a_text_and_a_long_line_is_shortened(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"a" * 5000 + b"[x]+" + b"b" * 5000 + b"\xff\n")
    [match] = search_log(path, "[x]+", 0, 10).items
    assert len(match.line) < 500
    assert "[x]+" in match.line


def test_a_log_that_is_not_there_yet_holds_nothing(tmp_path: Path) -> None:
    assert search_log(tmp_path / "none", "a", 0, 10).items == []
