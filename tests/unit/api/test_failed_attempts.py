"""Failed attempts are logged and answered late; the right token never is."""

from __future__ import annotations

import asyncio

import pytest

from scriptune.api import failed_attempts
from scriptune.api.failed_attempts import FailedAttempts


def test_failures_are_logged_without_the_credentials_and_answered_later_and_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def main() -> None:
        failed = FailedAttempts(clock=lambda: 0.0, sleep=sleep)
        for _ in range(30):
            await failed.note("192.0.2.7", "a wrong token")
        await failed.note("192.0.2.8", "a wrong token")  # its first

    asyncio.run(main())
    assert len(waited) == 20
    assert waited == sorted(waited)
    assert waited[-1] == 1.0
    assert caplog.messages[0] == "192.0.2.7 was refused: a wrong token."


def test_an_address_is_forgiven_after_a_minute() -> None:
    now = 0.0
    failed = FailedAttempts(clock=lambda: now)
    delays = [failed._delay("a") for _ in range(12)]
    assert delays[-1] > 0
    now = 61.0
    assert failed._delay("a") == 0.0


def test_few_answers_are_held_back_at_once_for_each_holds_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failed_attempts, "_FREE", 0)
    monkeypatch.setattr(failed_attempts, "_MAX_DELAYED", 3)

    async def main() -> None:
        release = asyncio.Event()

        async def sleep(_: float) -> None:
            await release.wait()

        failed = FailedAttempts(clock=lambda: 0.0, sleep=sleep)
        held = [asyncio.create_task(failed.note("a", "x")) for _ in range(3)]
        await asyncio.sleep(0)
        await failed.note("a", "x")  # comes back at once
        assert failed._n_delayed == 3
        release.set()
        await asyncio.gather(*held)
        assert failed._n_delayed == 0

    asyncio.run(main())


def test_addresses_beyond_number_do_not_fill_the_memory() -> None:
    failed = FailedAttempts(clock=lambda: 0.0)
    for number in range(5000):
        failed._delay(str(number))
    assert len(failed._seen) <= 1000
