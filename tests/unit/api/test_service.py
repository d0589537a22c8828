"""What the service remembers between requests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from scriptune.api.service import ResponseCache


def body(cache: ResponseCache, key: str | int, version: str, compute: Callable[[], Any]) -> bytes:
    return asyncio.run(cache.body((key,), version, compute))


def test_a_value_is_computed_once_per_version() -> None:
    cache = ResponseCache()
    assert body(cache, "history", "1", lambda: "old") == b'"old"'
    assert body(cache, "history", "1", lambda: "never asked for") == b'"old"'
    assert body(cache, "history", "2", lambda: "new") == b'"new"'
    assert body(cache, "history", "1", lambda: "old again") == b'"old again"'


def test_old_versions_and_keys_that_nobody_asked_for_lately_are_forgotten() -> None:
    cache = ResponseCache(max_bytes=1000)
    body(cache, "first", "1", lambda: "kept")
    for version in range(1000):
        body(cache, "busy", str(version), lambda: "passing")
    assert body(cache, "first", "1", lambda: "computed again") == b'"kept"'
    for key in range(1000):
        body(cache, key, "1", lambda: "passing")
    assert body(cache, "first", "1", lambda: "computed again") == b'"computed again"'


def test_no_more_bytes_are_remembered_than_allowed() -> None:
    cache = ResponseCache(max_bytes=1000)
    body(cache, "small", "1", lambda: "kept")
    body(cache, "large", "1", lambda: [7] * 480)
    assert body(cache, "small", "1", lambda: "computed again") == b'"kept"'
    body(cache, "other", "1", lambda: "x" * 100)
    assert body(cache, "large", "1", lambda: "computed again") == b'"computed again"'
    assert body(cache, "small", "1", lambda: "never asked for") == b'"kept"'


def test_a_body_that_is_too_large_is_given_and_not_remembered() -> None:
    cache = ResponseCache(max_bytes=10)
    assert body(cache, "large", "1", lambda: "x" * 20) == b'"' + b"x" * 20 + b'"'
    assert body(cache, "large", "1", lambda: "y" * 20) == b'"' + b"y" * 20 + b'"'
    assert body(cache, "small", "1", lambda: "x") == b'"x"'
    assert body(cache, "small", "1", lambda: "never asked for") == b'"x"'


def test_a_history_does_not_wait_for_an_importance_and_who_waits_holds_no_thread() -> None:
    async def play() -> None:
        cache, over = ResponseCache(), threading.Event()
        n_computed: list[str] = []

        def compute_long() -> str:
            n_computed.append("long")
            assert over.wait(30)
            return "done"

        many = [asyncio.create_task(cache.body(("importance", i % 2), "1", compute_long)) for i in range(100)]
        async with asyncio.timeout(30):
            while not n_computed:
                await asyncio.sleep(0.01)
            assert await cache.body(("history", 1), "1", lambda: "quick") == b'"quick"'
            assert await asyncio.to_thread(lambda: "threads are left") == "threads are left"
            assert n_computed == ["long"]
            over.set()
            assert set(await asyncio.gather(*many)) == {b'"done"'}
        assert len(n_computed) == 2

    asyncio.run(play())
