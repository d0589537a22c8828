"""A server in this process for tests, and the client that talks to it."""

from __future__ import annotations

import warnings
from dataclasses import replace

with warnings.catch_warnings():
    # Starlette wants a successor of httpx there; our client library and everybody else's is still httpx.
    warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient` is deprecated")
    from fastapi.testclient import TestClient

from scriptune.api.app import create_app
from scriptune.api.guard import cookie_name
from scriptune.engine.sessions import SessionStore
from scriptune.modelarts.routes import router as modelarts_router
from worlds import World

__all__ = ["TOKEN", "URL", "V1", "TestClient", "cookie_of_a_browser", "make_client"]

TOKEN = "a-token-for-tests-only-0123456789"
URL = "http://127.0.0.1:8265"
V1 = "/api/v1"


def make_client(world: World, *, root_path: str = "", **headers: str) -> TestClient:
    """A client without a token unless a header brings one."""
    settings = replace(world.settings, root_path=root_path)
    app = create_app(world.engine, settings, TOKEN, run_jobs=False, routers=[modelarts_router])
    return TestClient(app, base_url=URL, headers=headers, raise_server_exceptions=False, follow_redirects=False)


def cookie_of_a_browser(world: World, browser: str = "Test/1.0") -> str:
    """The header ``Cookie`` of a browser that has opened the link."""
    store = SessionStore(world.storage, TOKEN, clock=world.clock)
    return f"{cookie_name(TOKEN)}={store.create(browser)}"
