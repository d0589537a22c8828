"""Shared by the tests of the console: a program to tune, servers, and what one does with a page.

Screenshots for the documentation come from here: SCRIPTUNE_SCREENSHOTS=docs/images/console writes them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize

from servers import RunningServer

ROOT = Path(__file__).resolve().parents[1]
CONSOLE = ROOT / "src" / "scriptune" / "console" / "index.html"
AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"
# Without a sandbox because tests may run as root; nothing but our own page is opened.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHOTS = os.environ.get("SCRIPTUNE_SCREENSHOTS")
WAIT_MS = 90_000  # several tests share two cores

TRAIN = """
import argparse, math, time
parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=6, help="how long to train")
parser.add_argument("--lr", type=float, default=0.01, help="learning rate (default: 0.01)")
parser.add_argument("--dropout", type=float, default=0.1, help="share of units left out (default: 0.1)")
parser.add_argument("--optimizer", choices=["sgd", "adam"], default="adam")
parser.add_argument("--pause", type=float, default=0.03)
args = parser.parse_args()
if args.dropout > 0.45:
    raise SystemExit("the loss is nan: too much dropout")
top = 0.95 - 0.08 * abs(math.log10(args.lr) + 1.2) - 0.4 * abs(args.dropout - 0.1) - 0.02 * (args.optimizer == "sgd")
for epoch in range(1, args.epochs + 1):
    accuracy = top * (1 - math.exp(-0.9 * epoch))
    print(f"epoch {epoch}/{args.epochs}  val_loss={1.2 - accuracy:.4f}  val_acc={accuracy:.4f}", flush=True)
    time.sleep(args.pause)
"""


class Windows:
    """Windows of a browser, which stay open: a new one costs a second of a processor, and a tab a third.

    Tests share them, but no cookies, which are removed, and no stored data, as every server has a port of its own.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._windows: dict[str, tuple[BrowserContext, Page]] = {}

    def new_page(self, viewport: ViewportSize, **options: Any) -> Page:
        """A tab in the window with these options."""
        key = repr(sorted(options.items()))
        if key not in self._windows:
            context = self._browser.new_context(**options)
            self._windows[key] = (context, context.new_page())  # a window without a tab would be closed
        page = self._windows[key][0].new_page()
        page.set_viewport_size(viewport)
        return page

    def clear(self) -> None:
        """Close all tabs but the first ones, and sign out."""
        for context, first in self._windows.values():
            for page in context.pages:
                if page is not first:
                    page.close()
            context.clear_cookies()


def start_server(home: Path) -> RunningServer:
    """A server whose jobs find this interpreter as ``python``, as in an activated environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return RunningServer(home, environ={**os.environ, "PATH": path})


def anonymous(route: Route) -> None:
    """The answer without the name of the machine that the pictures are taken on."""
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), "hostname": "workstation"})


def at(page: Page, server: RunningServer, route: str) -> None:
    page.goto(f"{server.url}/#/{route}")


# Texts and fields in which the test's folder stands are shown with a user's folder, and put back afterwards.
_RENAME_FOLDER = """
([pattern, folder]) => {
  const put = [];
  const rename = (part, key) => {
    const text = part[key];
    if (!text || !RegExp(pattern).test(text)) return;
    put.push(() => { part[key] = text; });
    part[key] = text.replaceAll(RegExp(pattern, "g"), folder);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) rename(texts.currentNode, "data");
  for (const field of document.querySelectorAll("input, textarea")) rename(field, "value");
  window.putFoldersBack = () => { for (const one of put) one(); };
}
"""
_TEST_FOLDER = r"/tmp/pytest-of-[^/\s]+/pytest-[^/\s]+(?:/popen-gw\d+)?/[^/\s'\"]+"


def shot(page: Page, name: str, *, full: bool = True) -> None:
    """A picture for the documentation, when it is wanted."""
    if SHOTS:
        page.evaluate("window.scrollTo(0, 0)")
        page.wait_for_timeout(4000)  # charts draw when the page is idle, and compared ones one after the other
        path = Path(SHOTS)
        path.mkdir(parents=True, exist_ok=True)
        page.evaluate(_RENAME_FOLDER, [_TEST_FOLDER, "/home/ada/two-knobs"])
        page.screenshot(path=path / f"{name}.png", full_page=full)
        page.evaluate("putFoldersBack()")


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page, rule and element."""
    assert AXE.is_file(), "axe-core is missing: npm ci in console/."
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("async () => (await axe.run({ resultTypes: ['violations'] })).violations")
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def document(
    folder: Path, *, trials: int = 8, pause: float = 0.03, parallel: int = 2, epochs: int = 6
) -> dict[str, Any]:
    (folder / "train.py").write_text(TRAIN)
    return {
        "name": "two-knobs",
        "command": ["python", "train.py", f"--epochs={epochs}", f"--pause={pause}"],
        "workdir": str(folder),
        "parameters": {
            "lr": {"type": "float", "min": 1e-4, "max": 1.0, "log": True},
            "dropout": {"type": "float", "min": 0.0, "max": 0.5},
            "optimizer": {"type": "categorical", "values": ["sgd", "adam"]},
        },
        "metrics": {"val_acc": {"regex": r"val_acc=(\S+)"}, "val_loss": {"regex": r"val_loss=(\S+)"}},
        "objective": {"metric": "val_acc", "goal": "maximize"},
        "search": {"sampler": "tpe", "trials": trials, "seed": 1},
        "run": {"parallel": parallel, "max_failed": None},
    }


def submit(server: RunningServer, job: dict[str, Any]) -> str:
    return str(server.call("POST", "/jobs", json=job)["id"])


def store(server: RunningServer, job: dict[str, Any]) -> None:
    """Keep the program of a job."""
    parameters = {name: {"domain": domain} for name, domain in job["parameters"].items()}
    kept = {key: job[key] for key in ("name", "command", "workdir", "metrics", "objective")}
    server.call("POST", "/programs", json={**kept, "parameters": parameters})


def summary(server: RunningServer, job_id: str) -> Any:
    return server.call("GET", f"/jobs/{job_id}")["summary"]


def has_ended(server: RunningServer, job_id: str) -> bool:
    return summary(server, job_id)["job"]["state"] in ("completed", "failed", "stopped")
