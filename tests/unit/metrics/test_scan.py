from __future__ import annotations

from scriptune.metrics.pattern import compile_pattern
from scriptune.metrics.scan import Scanner
from scriptune.metrics.sources.tail import Piece, raw_of, to_lines


def scanner(**regexes: str) -> Scanner:
    return Scanner({name: compile_pattern(name, regex) for name, regex in regexes.items()}, clock=lambda: 1.0)


def piece(text: bytes, start: int = 0) -> Piece:
    return Piece(start, start + len(text), text)


def test_captures_come_in_the_order_of_the_log_with_offsets_in_the_file() -> None:
    scan = scanner(b=r"b=(\S+)", a=r"a=(\S+)").scan(piece(b"a=1 b=2\n\x1b[1mb=3\x1b[0m\na=4\n", start=100))
    assert [(c.metric, c.value, c.line_at) for c in scan.captures] == [
        ("a", 1.0, 100),
        ("b", 2.0, 100),
        ("b", 3.0, 108),
        ("a", 4.0, 120),
    ]


def test_all_patterns_stop_at_the_same_line_when_time_is_over() -> None:
    text = b"a=1 b=2\n" * 200
    scan = scanner(a=r"a=(\S+)", b=r"b=(\S+)").scan(piece(text), deadline=0.0)
    n_lines = scan.end // 8
    assert 0 < n_lines < 200
    assert [c.metric for c in scan.captures] == ["a", "b"] * n_lines


def test_rare_and_frequent_literals_are_searched_alike() -> None:
    rare = b"".join(b"acc=%d\n" % n + b"x" * 1000 + b"\n" for n in range(40))
    frequent = b"".join(b"acc=%d\n" % n for n in range(40))
    for text in (rare, frequent):
        scan = scanner(acc=r"acc=(\d+)").scan(piece(text))
        assert [c.value for c in scan.captures] == [float(n) for n in range(40)]


def test_a_long_line_in_a_warning_is_shortened_around_the_capture() -> None:
    (capture,) = scanner(acc=r"acc=(\S+)").scan(piece(b"x" * 500 + b" acc=oops " + b"y" * 500 + b"\n")).captures
    assert "acc=oops" in capture.line
    assert capture.line.startswith("...")
    assert capture.line.endswith("...")
    assert len(capture.line) < 200


def test_digits_that_a_shorter_run_of_backspaces_touches_are_refused_and_redrawn_ones_are_read() -> None:
    text = b"loss: 0.76" + b"\b\b" + b"81\n" + b"loss: 0.7688" + b"\b" * 12 + b"\rloss: 0.5\n"
    piece_of_it = Piece(0, len(text), to_lines(text), raw=raw_of(text))
    captures = scanner(loss=r"loss: ([0-9.]+)").scan(piece_of_it).captures
    assert [capture.value for capture in captures] == [None, 0.7688, 0.5]


def test_a_hyphen_that_the_regex_names_before_the_step_is_not_a_minus_sign() -> None:
    scan = scanner(speed=r"^-(?P<step>\d+) +(?P<value>[0-9.]+) MB/s").scan(piece(b"-3   95.87 MB/s\n"))
    assert [(capture.step, capture.value, capture.unit) for capture in scan.captures] == [(3.0, 95.87, "MB/s")]
