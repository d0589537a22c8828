"""The console behind a reverse proxy with a prefix, in a real browser; the proxy takes the prefix off, or does not."""

from __future__ import annotations

import http.client
import os
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page

from consoles import WAIT_MS, Windows
from ports import free_port
from servers import Listener, RunningServer, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PREFIX = "/lab/scriptune"
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}


class Proxy:
    """Passes on what is below the prefix, as it is or without the prefix; streams as it comes."""

    def __init__(self, backend: RunningServer, *, strips: bool) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"  # the end of an answer is the end of its connection

            def pass_on(self) -> None:
                if not urlsplit(self.path).path.startswith(PREFIX):
                    self.send_error(404)
                    return
                path = (self.path.removeprefix(PREFIX) or "/") if strips else self.path
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
                upstream = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=60)
                try:
                    upstream.request(self.command, path, body, headers)
                    answer = upstream.getresponse()
                    self.send_response(answer.status)
                    for name, value in answer.getheaders():
                        if name.lower() not in _HOP_BY_HOP:
                            self.send_header(name, value)
                    self.end_headers()
                    while piece := answer.read1(65536):
                        self.wfile.write(piece)
                        self.wfile.flush()
                except OSError:
                    pass  # one of the two has gone
                finally:
                    upstream.close()

            do_GET = do_POST = do_PUT = do_DELETE = pass_on  # noqa: N815 - names of the standard library

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{PREFIX}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    environ = {**os.environ, "SCRIPTUNE_ROOT_PATH": PREFIX}
    running = RunningServer(tmp_path_factory.mktemp("proxy") / "home", environ=environ)
    yield running
    running.stop()


@pytest.fixture(scope="module", params=[True, False], ids=["strips", "keeps"])
def proxy(server: RunningServer, request: pytest.FixtureRequest) -> Iterator[Proxy]:
    running = Proxy(server, strips=request.param)
    yield running
    running.close()


@pytest.fixture
def page(windows: Windows) -> Iterator[Page]:
    yield windows.new_page({"width": 1280, "height": 720}, locale="en-GB")
    windows.clear()


def document(name: str, folder: Path) -> dict[str, Any]:
    return {
        "name": name,
        "command": [sys.executable, "-c", "import sys; print('loss=' + sys.argv[1].split('=')[1])"],
        "workdir": str(folder),
        "parameters": {"x": {"type": "float", "min": 0.0, "max": 1.0}},
        "metrics": {"loss": {"regex": r"loss=(\S+)"}},
        "objective": {"metric": "loss", "goal": "minimize"},
        "search": {"sampler": "random", "trials": 3, "seed": 1},
    }


@pytest.mark.parametrize("entry", ["/", "", "/jobs/of/old/links"])
def test_the_console_finds_its_files_its_data_and_its_events(
    proxy: Proxy, page: Page, server: RunningServer, tmp_path: Path, entry: str
) -> None:
    answers: list[tuple[int, str]] = []
    mistakes: list[str] = []
    page.on("response", lambda answer: answers.append((answer.status, answer.url)))
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.goto(f"{proxy.url}{entry}?token={server.token}")
    name = f"live{len(server.call('GET', '/jobs')['items'])}"
    until(lambda: any("/events" in url for _, url in answers) or page.wait_for_timeout(50), "it listens")
    server.call("POST", "/jobs", json=document(name, tmp_path))
    # It appears without being asked for: the stream of events comes through.
    page.get_by_text(name).first.wait_for(timeout=WAIT_MS)
    page.get_by_text(name).first.click()
    page.get_by_text("completed").first.wait_for(timeout=WAIT_MS)
    assert page.url.startswith(f"{proxy.url}/#")
    assert [answer for answer in answers if answer[0] >= 400] == []
    assert {url for _, url in answers if not url.startswith((proxy.url, "data:", "blob:"))} == set()
    assert mistakes == []


def test_a_change_from_the_console_s_own_page_passes_and_one_from_elsewhere_does_not(
    proxy: Proxy, page: Page, server: RunningServer
) -> None:
    page.goto(f"{proxy.url}/?token={server.token}")
    script = """async (url) => (await fetch(url, {method: "POST", headers: {"Content-Type": "application/json"},
        body: '{"regex": "a(b)", "text": "ab"}'})).status"""
    assert page.evaluate(script, f"{proxy.url}/api/v1/patterns/test") == 200
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    assert [cookie["path"] for cookie in page.context.cookies()] == [f"{PREFIX}/"]
    answer = httpx.post(
        f"{proxy.url}/api/v1/patterns/test", json={}, cookies=cookies, headers={"Origin": "http://evil.example"}
    )
    assert answer.status_code == 403


def test_programs_speak_through_the_proxy_too(proxy: Proxy, server: RunningServer, tmp_path: Path) -> None:
    from scriptune import Client

    with Client(proxy.url, token=server.token) as client:
        job = client.submit(document("remote", tmp_path)).wait(progress=False)
        assert job.state == "completed"
        assert len(job.trials()) == 3
    answer = httpx.post(f"{proxy.url}/api/v1/jobs", json=document("again", tmp_path), headers=server.headers)
    assert answer.headers["location"] == f"{PREFIX}/api/v1/jobs/{answer.json()['id']}"
    docs = httpx.get(f"{proxy.url}/api/v1/docs", headers=server.headers)
    assert f'href="{PREFIX}/api/v1/openapi.json"' in docs.text

    through = RunningServer.__new__(RunningServer)
    through.url, through.token = proxy.url, server.token
    listener = Listener(through, f"/jobs/{answer.json()['id']}/events")
    until(lambda: "job" in listener.kinds, "events come")
    listener.close()
    assert listener.ids == list(range(1, len(listener.ids) + 1))
