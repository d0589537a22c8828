"""How fast the console is in Chromium: the first page, a job of 10,000 trials, and frames under a stream of events.

    python benchmarks/console.py

Needs the built console and Chromium. Times are from the navigation until the content stands on the screen; frames are
counted by the page itself while a search of chatty trials runs.
"""

from __future__ import annotations

import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from scriptune.core.job import JobState
from scriptune.core.trial import Phase, Suggestion, Trial, TrialState
from scriptune.engine.build import build_engine
from scriptune.engine.engine import Engine
from scriptune.settings import load_settings
from servers import RunningServer

N_TRIALS = 10_000
N_ROUNDS = 5
FRAMES_S = 10.0
EVENTS_PER_S = 20
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
START = datetime(2030, 1, 1, tzinfo=UTC)

# Gaps between frames, in milliseconds, while the page lives.
_FRAMES = """
async (seconds) => {
  const gaps = [];
  let last = performance.now();
  const end = last + 1000 * seconds;
  await new Promise((done) => {
    const step = (now) => { gaps.push(now - last); last = now; now < end ? requestAnimationFrame(step) : done(); };
    requestAnimationFrame(step);
  });
  return gaps;
}
"""


def document(n_trials: int, command: list[str], parallel: int = 1) -> dict[str, Any]:
    unit = {"type": "float", "min": 0.0, "max": 1.0}
    return {
        "name": "measured",
        "command": command,
        "parameters": {"a": unit, "b": unit, "c": unit},
        "metrics": {"loss": {"regex": r"loss=(\S+)"}},
        "objective": {"metric": "loss", "goal": "minimize"},
        "search": {"sampler": "random", "trials": n_trials, "seed": 1},
        "run": {"parallel": parallel},
    }


def fill(engine: Engine, n_trials: int) -> str:
    """A finished job, written as the engine would have."""
    job = engine.submit(document(n_trials, ["/bin/true"]), base_dir=engine.settings.home)
    rng = random.Random(1)
    for begin in range(0, n_trials, 1000):
        with engine.storage.transaction() as tx:
            if begin == 0:
                tx.update_job(job.id, state=JobState.RUNNING, started_at=START)
            for number in range(begin, min(n_trials, begin + 1000)):
                params = {name: rng.random() for name in "abc"}
                value = (params["a"] - 0.3) ** 2 + params["b"] / 10
                suggestion = Suggestion(params, "random", Phase.MODEL)
                tx.insert_trial(job.id, Trial(number, params, TrialState.WAITING, suggestion=suggestion))
                began = START + timedelta(seconds=number)
                tx.update_trial(job.id, number, state=TrialState.RUNNING, n_attempts=1, started_at=began)
                tx.append_tell(job.id, number, value)
                tx.update_trial(
                    job.id, number, state=TrialState.COMPLETED, value=value, metrics={"loss": value}, finished_at=began
                )
    with engine.storage.transaction() as tx:
        tx.update_job(job.id, state=JobState.COMPLETED, finished_at=START)
    return job.id


def until_seen(page: Page, url: str, *selectors: str) -> float:
    """Seconds from the navigation until all of it stands on the screen."""
    page.goto("about:blank")
    begin = time.perf_counter()
    page.goto(url, wait_until="commit")
    for selector in selectors:
        page.locator(selector).first.wait_for()
    return time.perf_counter() - begin


def main() -> None:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder) / "home"
        engine = build_engine(load_settings(str(home)))
        job_id = fill(engine, N_TRIALS)
        engine.close()
        server = RunningServer(home)
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{server.url}/?token={server.token}")
        job = f"{server.url}/#/jobs/{job_id}"
        views = {
            "first_page_s": (f"{server.url}/", ["tbody tr"]),
            "job_overview_s": (job, [".headline .value", "canvas >> nth=0", "canvas >> nth=1"]),
            "job_trials_s": (f"{job}/trials", ["canvas", ".trials .rows a"]),
        }
        for name, (url, selectors) in views.items():
            figures[name] = round(statistics.median(until_seen(page, url, *selectors) for _ in range(N_ROUNDS)), 3)

        program = f"for i in $(seq 1 100000); do echo loss=0.$i; sleep {4 / EVENTS_PER_S}; done"
        live = server.call("POST", "/jobs", json=document(8, ["/bin/sh", "-c", program, "sh"], parallel=4))
        page.goto(f"{server.url}/#/jobs/{live['id']}")
        page.locator("canvas").first.wait_for()
        first = server.call("GET", f"/jobs/{live['id']}")["summary"]["job"]["last_event"]
        gaps = page.evaluate(_FRAMES, FRAMES_S)
        last = server.call("GET", f"/jobs/{live['id']}")["summary"]["job"]["last_event"]
        figures["events_per_s"] = round((last - first) / FRAMES_S, 1)
        figures["frames_per_s"] = round(1000 * len(gaps) / sum(gaps), 1)
        figures["worst_frame_ms"] = round(max(gaps), 1)
        server.call("POST", f"/jobs/{live['id']}/stop", json={"drain": False})
        browser.close()
        time.sleep(1.0)
        server.stop()
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
