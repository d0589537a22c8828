from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI

from scriptune.api.console_files import console_router
from service import TestClient


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "console" / "assets").mkdir(parents=True)
    (tmp_path / "console" / "index.html").write_text("the page")
    (tmp_path / "console" / "icon.svg").write_text("<svg/>")
    (tmp_path / "console" / "assets" / "a-1b2c.js").write_text("script")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "console" / "assets" / "link.js").symlink_to(tmp_path / "secret")
    return tmp_path / "console"


def _client(folder: Path) -> TestClient:
    app = FastAPI(openapi_url=None)
    app.include_router(console_router(folder))
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def client(folder: Path) -> TestClient:
    return _client(folder)


def test_files_are_served_and_those_with_a_hash_are_kept(client: TestClient) -> None:
    assert client.get("/").text == client.get("/index.html").text == "the page"
    assert client.get("/icon.svg").headers["cache-control"] == "private, no-cache"
    assert "immutable" in client.get("/assets/a-1b2c.js").headers["cache-control"]
    for path in ("/", "/icon.svg", "/assets/a-1b2c.js"):
        assert "script-src 'self'" in client.get(path).headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/assets/link.js",
        "/../secret",
        "/%2e%2e/secret",
        "/assets/..%2f..%2fsecret",
        "/" + "n" * 5000,
        "/" + "n/" * 2500,
        "/assets",
    ],
)
def test_what_is_no_file_of_the_console_is_not_found(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_people_with_another_address_are_led_to_the_page(client: TestClient) -> None:
    page = {"accept": "text/html,*/*"}
    answer = client.get("/jobs/of/old/links", headers=page)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    for path in ("/assets/gone.js", "/api/nothing", "/v2/nothing", "/metrics/x"):
        assert client.get(path, headers=page).status_code == 404


def test_without_a_built_console_the_page_says_how_to_build_it(tmp_path: Path) -> None:
    assert "make setup" in _client(tmp_path).get("/").text
