from __future__ import annotations

import asyncio
import json
import logging
import signal
import socket
import sys
from pathlib import Path

import pytest

from scriptune.api import server as serving
from scriptune.api.connections import Gate
from scriptune.api.hub import EventHub
from scriptune.api.server import HttpServer, JsonLines, Server, ServerOptions
from scriptune.errors import SettingsError
from scriptune.settings import Settings, load_settings


def loopback(_: Settings) -> socket.socket:
    """Stands in for the address of the settings: tests listen on loopback only."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


def make_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, options: ServerOptions) -> Server:
    monkeypatch.setattr(serving, "_listen", lambda settings, gate: loopback(settings))
    server = Server(load_settings(tmp_path, environ={}, host=host), options)
    server.close()
    return server


@pytest.mark.parametrize(
    ("host", "options", "warned"),
    [
        ("127.0.0.1", ServerOptions(), False),
        ("localhost", ServerOptions(), False),
        ("::1", ServerOptions(), False),
        ("0.0.0.0", ServerOptions(), True),
        ("192.0.2.7", ServerOptions(), True),
        ("0.0.0.0", ServerOptions(behind_proxy=True), False),
        ("0.0.0.0", ServerOptions(certfile="cert.pem"), False),
    ],
)
def test_a_server_that_the_network_reaches_without_tls_warns_loudly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, options: ServerOptions, warned: bool
) -> None:
    warnings = make_server(tmp_path, monkeypatch, host, options).warnings
    assert bool(warnings) == warned
    assert all("--behind-proxy" in warning for warning in warnings)


def test_the_link_names_host_port_prefix_and_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_listen", lambda settings, gate: loopback(settings))
    server = Server(load_settings(tmp_path, environ={}, host="::1", root_path="/x"))
    server.close()
    assert server.link == f"http://[::1]:{server.port}/x/?token={server.token}"
    assert server.token == (tmp_path / "token").read_text().strip()


def test_an_answer_does_not_wait_for_the_acknowledgement_of_its_head(tmp_path: Path) -> None:
    server = Server(load_settings(tmp_path, environ={}, port=0))
    # What asyncio looks at before it turns the waiting off.
    assert server._socket.proto == socket.IPPROTO_TCP
    server.close()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = load_settings(tmp_path, environ={}, port=taken.getsockname()[1])
        with pytest.raises(SettingsError, match=f"port {settings.port}") as caught:
            Server(settings)
    assert "--port" in str(caught.value)


def test_a_line_of_the_log_is_one_json_object() -> None:
    try:
        raise ValueError("broken\nin two lines")
    except ValueError:
        record = logging.LogRecord("a.b", logging.ERROR, "f", 1, "went %s", ("wrong",), sys.exc_info())
    line = JsonLines().format(record)
    assert "\n" not in line
    parsed = json.loads(line)
    assert (parsed["level"], parsed["logger"], parsed["message"]) == ("error", "a.b", "went wrong")
    assert "broken" in parsed["error"]


def test_a_server_ends_when_it_is_told_to_and_not_at_its_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_LOOK_S", 3600.0)

    async def run() -> None:
        http = HttpServer(None, EventHub(lambda *_: (), lambda _: {}), Gate(1))
        asyncio.get_running_loop().call_soon(http.handle_exit, signal.SIGINT, None)
        await http.main_loop()

    asyncio.run(asyncio.wait_for(run(), 60))
