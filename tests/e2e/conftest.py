"""A browser for the tests of the console, and pages in it that must break nothing and ask nobody else."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from consoles import CONSOLE, FLAGS, WAIT_MS, Windows, anonymous, start_server
from servers import RunningServer


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    assert CONSOLE.is_file(), "The console is not built: make setup, or npm ci && npm run build in console/."
    names = ("chromium-headless-shell", "chromium", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, "There is no Chromium: apt-get install chromium-headless-shell"
    opened = playwright.chromium.launch(executable_path=found, args=FLAGS)
    yield opened
    opened.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    running = start_server(tmp_path / "home")
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Windows:
    return Windows(browser)


@pytest.fixture
def open_page(windows: Windows) -> Iterator[Callable[..., Page]]:
    """Opens pages, and at the end of the test proves that they broke nothing and asked nobody else."""
    mistakes: list[str] = []

    def make(server: RunningServer, **options: Any) -> Page:
        page = windows.new_page(**{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", **options})
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.on(
            "console",
            lambda message: mistakes.append(message.text) if "Content Security" in message.text else None,
        )
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((server.url, "data:", "blob:")) else mistakes.append(request.url)
            ),
        )
        page.route("**/api/v1/system", anonymous)
        page.goto(f"{server.url}/?token={server.token}")
        return page

    yield make
    windows.clear()
    assert mistakes == []
