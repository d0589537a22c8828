from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from scriptune.errors import SettingsError
from scriptune.settings import Settings, load_settings


def in_file(home: Path, text: str) -> Settings:
    (home / "settings.toml").write_text(text, "utf-8")
    return load_settings(home, environ={})


def test_without_anything_the_database_is_a_file_in_the_home(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, environ={})
    assert settings == Settings(home=tmp_path, database=f"sqlite:///{tmp_path / 'scriptune.db'}")
    assert not list(tmp_path.iterdir()), "nothing is created"


def test_a_flag_beats_the_environment_and_the_environment_the_file(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[scriptune]\nhost = "file"\nport = 1\nmax_parallel = 1\n', "utf-8")
    environ = {"SCRIPTUNE_HOST": "environment", "SCRIPTUNE_PORT": "2"}
    settings = load_settings(tmp_path, environ=environ, host="flag", port=None)
    assert (settings.host, settings.port, settings.max_parallel) == ("flag", 2, 1)


def test_the_home_is_the_flag_or_the_variable_or_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"SCRIPTUNE_HOME": str(tmp_path / "there")}
    assert load_settings("here", environ=environ).home == tmp_path / "here"
    assert load_settings(environ=environ).home == tmp_path / "there"
    assert load_settings(environ={}).home == tmp_path / ".scriptune"


def test_a_whole_number_of_seconds_is_a_number_of_seconds(tmp_path: Path) -> None:
    assert in_file(tmp_path, "[scriptune]\nlease_ttl_s = 20\n").lease_ttl_s == 20.0
    assert load_settings(tmp_path, environ={"SCRIPTUNE_LEASE_TTL_S": "2.5"}).lease_ttl_s == 2.5


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("port = 3.7", "3.7, expected an integer from 0 to 65535"),
        ("port = 70000", "70000, expected an integer from 0 to 65535"),
        ("port = true", "True, expected an integer"),
        ("host = 8", "8, expected a string"),
        ("max_parallel = 0", "0, expected an integer of 1 or more"),
        ("lease_ttl_s = nan", "nan, expected a number of seconds from 1 to 86400"),
        ("lease_ttl_s = 0", "0, expected a number of seconds from 1 to 86400"),
        ('sqlite_busy_s = "soon"', "'soon', expected a number of seconds"),
        ("prot = 1", "unknown setting 'prot'. Did you mean 'port'?"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, line: str, expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        in_file(tmp_path, f"[scriptune]\n{line}\n")
    assert str(tmp_path / "settings.toml") in str(caught.value)
    assert expected in str(caught.value)


@pytest.mark.parametrize("text", ["scriptune = 3", "port = 8000", "[scripttune]\nport = 8000"])
def test_settings_outside_their_table_were_ignored_or_ended_in_a_traceback(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"under \[scriptune\]"):
        in_file(tmp_path, text)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[scriptune"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "settings.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"settings\.toml is not valid TOML"):
        load_settings(tmp_path, environ={})


@pytest.mark.parametrize("text", ["70000", "3.7", "many", "1e400"])
def test_a_variable_is_checked_like_the_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=f"SCRIPTUNE_PORT: port is '{text}', expected an integer"):
        load_settings(tmp_path, environ={"SCRIPTUNE_PORT": text})


def test_the_documentation_names_every_setting_in_all_its_spellings() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
    for field in fields(Settings):
        if field.name != "home":  # which is where the file lies
            assert f"`{field.name}`" in page
        assert f"`SCRIPTUNE_{field.name.upper()}`" in page
