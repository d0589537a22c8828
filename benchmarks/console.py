"""How fast the console is in Chromium: the first page, large jobs, and frames under a stream of events.

    python benchmarks/console.py
    python benchmarks/console.py --trials 50000 --log-gib 2

Needs the built console and Chromium. Times are from the navigation until the content stands on the screen. Frames are
those of the browser's own trace while a search of chatty trials runs and the page asks for every frame there is, as it
does while one scrolls: presented and dropped ones in each round, and the tasks that kept the page's main thread busy.
The settings beside the same search, which show nothing of it, tell what the machine itself drops.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from scriptune.core.job import JobState
from scriptune.core.trial import Phase, Suggestion, Trial, TrialState
from scriptune.engine.build import build_engine
from scriptune.engine.engine import Engine
from scriptune.settings import load_settings
from servers import RunningServer, until

N_TRIALS = 10_000
N_ROUNDS = 5
FRAMES_S = 10.0
SETTLE_S = 3.0  # loading is measured elsewhere
EVENTS_PER_S = 20
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
START = datetime(2030, 1, 1, tzinfo=UTC)

# As while one scrolls: a frame is owed at every refresh of the screen, and each has something new to show.
_ASK_FOR_FRAMES = """
() => {
  if (document.getElementById("asks-for-frames")) return;
  const mark = document.createElement("div");
  mark.id = "asks-for-frames";
  mark.style.cssText = "position:fixed;left:0;top:0;width:16px;height:16px;z-index:9999";
  document.body.append(mark);
  const step = (now) => {
    mark.style.background = `hsl(${Math.floor(now) % 360} 80% 50%)`;
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}
"""
_TRACED = ["disabled-by-default-devtools.timeline", "disabled-by-default-devtools.timeline.frame"]
_FRAME_EVENTS = ("DrawFrame", "DroppedFrame")
_LONG_TASK_MS = 50.0  # what browsers call one


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


def traced(browser: Browser, page: Page) -> dict[str, Any]:
    """What a trace of some seconds says of the page's frames and of its main thread."""
    page.evaluate(_ASK_FOR_FRAMES)
    browser.start_tracing(page=page, categories=_TRACED)
    page.wait_for_timeout(1000 * FRAMES_S)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    # Pages that were left have frames too; ours is the one that draws.
    counts = Counter((e["name"], e["pid"], e["args"]["layerTreeId"]) for e in events if e["name"] in _FRAME_EVENTS)
    (_, *ours), n_drawn = max(((k, n) for k, n in counts.items() if k[0] == "DrawFrame"), key=lambda pair: pair[1])
    threads = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    tasks = [
        e["dur"] / 1000
        for e in events
        if e["name"] == "RunTask" and "dur" in e and threads.get((e["pid"], e["tid"])) == "CrRendererMain"
    ]
    return {
        "frames_drawn": n_drawn,
        "frames_dropped": counts["DroppedFrame", *ours],
        "long_tasks": sum(task > _LONG_TASK_MS for task in tasks),
        "longest_task_ms": round(max(tasks), 1),
        "main_thread_busy": round(sum(tasks) / 1000 / FRAMES_S, 3),
    }


def live_frames(server: RunningServer, browser: Browser, page: Page) -> dict[str, Any]:
    """Frames of a job's pages while its trials report, and of a page that has nothing to show of them."""
    program = f"for i in $(seq 1 100000); do echo loss=0.$i; sleep {4 / EVENTS_PER_S}; done"
    live = server.call("POST", "/jobs", json=document(8, ["/bin/sh", "-c", program, "sh"], parallel=4))["id"]
    views = {
        "overview": (f"jobs/{live}", "canvas"),
        "trials": (f"jobs/{live}/trials", ".trials a"),
        "control": ("settings", "h2"),
    }
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in views}
    until(lambda: summary_of(server, live)["counts"]["running"] == 4, "the trials run")
    first, begin = last_event(server, live), time.perf_counter()
    for _ in range(N_ROUNDS):
        for name, (route, selector) in views.items():
            page.goto(f"{server.url}/#/{route}")
            page.locator(selector).first.wait_for()
            page.wait_for_timeout(1000 * SETTLE_S)
            rounds[name].append(traced(browser, page))
    events_per_s = (last_event(server, live) - first) / (time.perf_counter() - begin)
    server.call("POST", f"/jobs/{live}/stop", json={"drain": False})
    figures = {name: {key: [one[key] for one in ones] for key in ones[0]} for name, ones in rounds.items()}
    return {"events_per_s": round(events_per_s, 1), **figures}


# A log of so many bytes, then a line three times per second.
_CHATTY = """
import sys, time
lines, size = "".join(f"batch {i:09d} " + "x" * 100 + chr(10) for i in range(10_000)), 0
while size < SIZE:
    size += sys.stdout.write(lines)
print("the needle", flush=True)
for step in range(100_000):
    print(f"loss={1 / (step + 1):.4f} step", flush=True)
    time.sleep(0.3)
"""


def large_log(server: RunningServer, page: Page, gib: float) -> dict[str, Any]:
    """A trial's page with a log of gigabytes: its end, a search through all of it, and what is held in memory."""
    program = _CHATTY.replace("SIZE", str(int(gib * 2**30)))
    job = server.call("POST", "/jobs", json=document(1, [sys.executable, "-c", program]))
    log = f"/jobs/{job['id']}/trials/0/log?offset=-100"
    until(lambda: summary_of(server, job["id"])["counts"]["running"] == 1, "the trial runs")
    until(lambda: "step" in server.call("GET", log)["text"], "the log is written")
    figures = {"size_gib": round(server.call("GET", log)["size_bytes"] / 2**30, 2)}
    url = f"{server.url}/#/jobs/{job['id']}/trials/0"
    figures["end_s"] = round(until_seen(page, url, ".log .line:has-text('step')"), 3)
    field = page.locator(".panel:has(.log) input[type=search]")
    field.fill("NEEDLE")
    begin = time.perf_counter()
    field.press("Enter")
    page.locator(".matches button").first.wait_for()
    figures["search_s"] = round(time.perf_counter() - begin, 3)
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    resident_kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    server.call("POST", f"/jobs/{job['id']}/stop", json={"drain": False})
    return {**figures, "page_heap_mib": round(heap / 2**20, 1), "server_peak_mib": round(resident_kib / 1024)}


def summary_of(server: RunningServer, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = server.call("GET", f"/jobs/{job_id}")["summary"]
    return found


def last_event(server: RunningServer, job_id: str) -> int:
    return int(summary_of(server, job_id)["job"]["last_event"])


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the console in Chromium.")
    parser.add_argument("--trials", type=int, default=N_TRIALS, help=f"of the large job (default: {N_TRIALS})")
    parser.add_argument("--log-gib", type=float, default=0.0, help="also measure a trial with a log of this size")
    chosen = parser.parse_args()
    n_trials = chosen.trials
    found = shutil.which("chromium") or shutil.which("google-chrome")
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder) / "home"
        engine = build_engine(load_settings(str(home)))
        job_id = fill(engine, n_trials)
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

        figures["live"] = live_frames(server, browser, page)
        if chosen.log_gib:
            figures["log"] = large_log(server, page, chosen.log_gib)
        browser.close()
        time.sleep(1.0)
        server.stop()
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
