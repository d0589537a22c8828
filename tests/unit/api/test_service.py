"""What the service remembers between requests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from scriptune.api.service import Memory


def body(memory: Memory, key: str | int, version: str, compute: Callable[[], Any]) -> bytes:
    return asyncio.run(memory.body((key,), version, compute))


def test_a_value_is_computed_once_per_version() -> None:
    memory = Memory()
    assert body(memory, "history", "1", lambda: "old") == b'"old"'
    assert body(memory, "history", "1", lambda: "never asked for") == b'"old"'
    assert body(memory, "history", "2", lambda: "new") == b'"new"'
    assert body(memory, "history", "1", lambda: "old again") == b'"old again"'


def test_old_versions_and_keys_that_nobody_asked_for_lately_are_forgotten() -> None:
    memory = Memory(max_bytes=1000)
    body(memory, "first", "1", lambda: "kept")
    for version in range(1000):
        body(memory, "busy", str(version), lambda: "passing")
    assert body(memory, "first", "1", lambda: "computed again") == b'"kept"'
    for key in range(1000):
        body(memory, key, "1", lambda: "passing")
    assert body(memory, "first", "1", lambda: "computed again") == b'"computed again"'


def test_no_more_bytes_are_remembered_than_allowed() -> None:
    memory = Memory(max_bytes=1000)
    body(memory, "small", "1", lambda: "kept")
    body(memory, "large", "1", lambda: [7] * 480)
    assert body(memory, "small", "1", lambda: "computed again") == b'"kept"'
    body(memory, "other", "1", lambda: "x" * 100)
    assert body(memory, "large", "1", lambda: "computed again") == b'"computed again"'
    assert body(memory, "small", "1", lambda: "never asked for") == b'"kept"'


def test_a_body_that_is_too_large_is_given_and_not_remembered() -> None:
    memory = Memory(max_bytes=10)
    assert body(memory, "large", "1", lambda: "x" * 20) == b'"' + b"x" * 20 + b'"'
    assert body(memory, "large", "1", lambda: "y" * 20) == b'"' + b"y" * 20 + b'"'
    assert body(memory, "small", "1", lambda: "x") == b'"x"'
    assert body(memory, "small", "1", lambda: "never asked for") == b'"x"'


def test_a_history_does_not_wait_for_an_importance_and_who_waits_holds_no_thread() -> None:
    async def play() -> None:
        memory, over = Memory(), threading.Event()
        n_computed: list[str] = []

        def compute_long() -> str:
            n_computed.append("long")
            assert over.wait(30)
            return "done"

        many = [asyncio.create_task(memory.body(("importance", i % 2), "1", compute_long)) for i in range(100)]
        async with asyncio.timeout(30):
            while not n_computed:
                await asyncio.sleep(0.01)
            assert await memory.body(("history", 1), "1", lambda: "quick") == b'"quick"'
            assert await asyncio.to_thread(lambda: "threads are left") == "threads are left"
            assert n_computed == ["long"]
            over.set()
            assert set(await asyncio.gather(*many)) == {b'"done"'}
        assert len(n_computed) == 2

    asyncio.run(play())
