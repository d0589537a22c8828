"""A search is steered while it runs, by command line, API and console, and its server is killed at each change.

Seen in the number of programs that run, and in a diary in which each of them writes a line when it starts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from commands import run_command
from consoles import at, submit, summary
from servers import RunningServer, until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

PROGRAM = """
trap 'exit 1' TERM
echo "$SCRIPTUNE_TRIAL" >> diary
i=0
while [ $i -lt 25 ]; do touch "running/$SCRIPTUNE_TRIAL"; sleep 0.1; i=$((i + 1)); done
rm "running/$SCRIPTUNE_TRIAL"
echo "loss=0.$SCRIPTUNE_TRIAL"
"""


class Counter:
    """Counts the programs that run, ten times a second."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stop = threading.Event()
        self.counts: list[tuple[float, int]] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        began = time.monotonic()
        while not self._stop.wait(0.1):
            self.counts.append((round(time.monotonic() - began, 1), self.now))

    @property
    def now(self) -> int:
        return len(list(self._folder.iterdir()))

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def changes(self) -> list[tuple[float, int]]:
        """When another number of programs ran, and how many."""
        return [pair for i, pair in enumerate(self.counts) if i == 0 or pair[1] != self.counts[i - 1][1]]


def killed_during(server: RunningServer, change: Callable[[], Any]) -> None:
    """Kill the server while something is changed, start it again, and make the change again."""
    thread = threading.Thread(target=change, daemon=True)
    thread.start()
    server.kill()
    server.start()
    thread.join(60)


def test_a_search_is_steered_and_its_server_killed_at_each_change(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    (tmp_path / "running").mkdir()
    (tmp_path / "program.sh").write_text(PROGRAM)
    job_id = submit(
        server,
        {
            "name": "steered",
            "command": ["/bin/sh", "program.sh"],
            "workdir": str(tmp_path),
            "parameters": {"x": {"type": "float", "min": 0, "max": 1, "style": "env"}},
            "metrics": {"loss": {"regex": r"loss=(\S+)"}},
            "objective": {"metric": "loss", "goal": "minimize"},
            "search": {"sampler": "tpe", "trials": 40, "seed": 1},
            "run": {"parallel": 2},
        },
    )
    counter = Counter(tmp_path / "running")
    until(lambda: counter.now == 2, "two programs run")

    def by_command_line(n: int) -> None:
        # The home's database is open to it, whether the server lives or not.
        assert run_command("change", job_id, "--parallel", str(n), "--home", str(server.home)).returncode == 0

    killed_during(server, lambda: by_command_line(6))
    until(lambda: counter.now == 6, "six programs run")

    def by_api(n: int) -> None:
        until(lambda: _patched(server, job_id, n), "the server changes it")

    killed_during(server, lambda: by_api(4))
    until(lambda: counter.now <= 4, "four programs run")

    page = open_page(server)
    at(page, server, f"jobs/{job_id}")
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Change limits").click()
    dialog.get_by_label("Parallel trials").fill("1")
    dialog.get_by_role("button", name="Change limits").click()
    server.kill()
    server.start()
    if summary(server, job_id)["job"]["document"]["run"]["parallel"] != 1:  # killed before it arrived
        page.reload()
        page.get_by_role("button", name="Change limits").click()
        dialog.get_by_label("Parallel trials").fill("1")
        dialog.get_by_role("button", name="Change limits").click()
        expect(dialog).to_be_hidden()
    until(lambda: counter.now <= 1, "one program runs")
    until(lambda: len((tmp_path / "diary").read_text().split()) >= 20, "it goes on with one")
    assert server.call("PATCH", f"/jobs/{job_id}", json={"parallel": 6})["document"]["run"]["parallel"] == 6
    until(lambda: summary(server, job_id)["job"]["state"] == "completed", "the search ends", 240)
    counter.stop()
    print("seconds and running programs:", counter.changes)

    started = sorted(map(int, (tmp_path / "diary").read_text().split()))
    assert started == list(range(40)), "each trial ran exactly once"
    assert summary(server, job_id)["counts"]["completed"] == 40
    assert server.call("POST", f"/jobs/{job_id}/replay")["first_difference"] is None
    assert max(n for _, n in counter.counts) == 6


def _patched(server: RunningServer, job_id: str, n: int) -> bool:
    try:
        server.call("PATCH", f"/jobs/{job_id}", json={"parallel": n})
    except (AssertionError, httpx.HTTPError):  # it is away, or just coming
        return False
    return True
