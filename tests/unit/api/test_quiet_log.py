"""A flood of one kind of message is a few lines a minute, and the others are there as they were."""

from __future__ import annotations

import logging

from scriptune.api.quiet_log import QuietFilter


def record(name: str, text: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, "f", 1, text, args, None)


def test_a_flood_of_one_message_is_ten_lines_and_a_count() -> None:
    now = 0.0
    quiet = QuietFilter(clock=lambda: now)
    flood = [record("scriptune.api.guard", "wrong token from %s", number) for number in range(1000)]
    assert sum(quiet.filter(one) for one in flood) == 10
    now = 61.0
    last = record("scriptune.api.guard", "wrong token from %s", "x")
    assert quiet.filter(last)
    assert last.getMessage() == "wrong token from x (990 more like this were left out)"


def test_what_strangers_cannot_cause_is_always_written() -> None:
    quiet = QuietFilter(clock=lambda: 0.0)
    assert all(
        quiet.filter(record("scriptune.runtime.runner.runner", "trial %s failed", number)) for number in range(100)
    )


def test_other_messages_are_not_left_out_with_a_flood() -> None:
    quiet = QuietFilter(clock=lambda: 0.0)
    for _ in range(100):
        quiet.filter(record("uvicorn.error", "Invalid HTTP request received."))
    assert quiet.filter(record("uvicorn.error", "Shutting down"))


def test_kinds_beyond_number_do_not_fill_the_memory() -> None:
    quiet = QuietFilter(clock=lambda: 0.0)
    for number in range(2000):
        quiet.filter(record("asyncio", f"message {number}"))
    assert len(quiet._seen) <= 500
