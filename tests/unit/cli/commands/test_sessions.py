from __future__ import annotations

import json
from pathlib import Path

import pytest

from scriptune.cli.main import main
from scriptune.engine.build import build_engine
from scriptune.engine.sessions import SessionStore
from scriptune.settings import load_settings

TOKEN = "a-token-for-tests-only-0123456789"


@pytest.fixture
def cookies(tmp_path: Path) -> list[str]:
    """Cookies of two browsers, in the home at ``tmp_path``."""
    (tmp_path / "token").write_text(TOKEN + "\n")
    engine = build_engine(load_settings(str(tmp_path)), create=True)
    store = SessionStore(engine.storage, TOKEN)
    made = [store.create("Lynx/2.9"), store.create("evil\x1b[2J\nbrowser")]
    engine.close()
    return made


def run(capsys: pytest.CaptureFixture[str], home: Path, *words: str) -> str:
    assert main(["sessions", *words, "--home", str(home)]) == 0
    return capsys.readouterr().out


def test_a_session_is_listed_without_its_secret_and_revoked(
    tmp_path: Path, cookies: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    listed = run(capsys, tmp_path, "list")
    ids, secrets = zip(*(cookie.split(".") for cookie in cookies), strict=True)
    assert all(session_id in listed for session_id in ids)
    assert not any(secret in listed for secret in secrets)
    assert [line.split()[-1] for line in listed.splitlines()[1:]] == ["Lynx/2.9", "evil"]
    assert "\x1b[2J" not in listed
    assert run(capsys, tmp_path, "revoke", ids[0]) == "Revoked 1 session.\n"
    assert [row["id"] for row in json.loads(run(capsys, tmp_path, "list", "--json"))] == [ids[1]]


@pytest.mark.usefixtures("cookies")
def test_all_sessions_are_revoked_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(run(capsys, tmp_path, "revoke", "--all", "--json")) == {"revoked": 2}
    assert "No browser is signed in" in run(capsys, tmp_path, "list")


@pytest.mark.usefixtures("cookies")
def test_sessions_of_an_older_token_are_not_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "token").write_text("another-token-0123456789\n")
    assert json.loads(run(capsys, tmp_path, "list", "--json")) == []


@pytest.mark.parametrize("words", [[], ["0123456789abcdef", "--all"], ["0123456789abcdef"]])
def test_what_names_no_session_is_refused(
    tmp_path: Path, cookies: list[str], capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main(["sessions", "revoke", *words, "--home", str(tmp_path)]) == 2
    assert "session" in capsys.readouterr().err
    assert len(json.loads(run(capsys, tmp_path, "list", "--json"))) == len(cookies)
