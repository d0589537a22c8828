from __future__ import annotations

import json
from pathlib import Path

import pytest

from plugin_packages import SAMPLER, install
from scriptune.cli.main import main
from scriptune.search.registry import SAMPLERS


@pytest.fixture
def two_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with a sampler named ``low``, and one that cannot be imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    install(tmp_path, "good", {"scriptune.samplers": {"low": "low_for_cli:Low"}}, {"low_for_cli": SAMPLER})
    install(tmp_path, "bad", {"scriptune.samplers": {"x": "broken_for_cli:X"}}, {"broken_for_cli": "raise SystemExit"})


@pytest.mark.usefixtures("two_plugins")
def test_samplers_of_packages_are_listed_and_broken_ones_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["samplers"]) == 0
    out = capsys.readouterr().out
    assert "low  good\n  Draws low values.\n\n  power  How much it prefers low values." in out
    assert "Warning: The sampler 'x' of the package 'bad' cannot be used: importing 'broken_for_cli:X' raised" in out
    assert main(["samplers", "--json"]) == 0
    printed = capsys.readouterr()
    assert [row["name"] for row in json.loads(printed.out)] == [*SAMPLERS, "low"]
    assert "The sampler 'x' of the package 'bad' cannot be used" in printed.err


@pytest.mark.usefixtures("two_plugins")
def test_one_sampler_of_a_package_is_shown_or_its_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["samplers", "low"]) == 0
    assert "Warning" not in "".join(capsys.readouterr())
    assert main(["samplers", "x"]) == 2
    assert "The sampler 'x' of the package 'bad' cannot be used" in capsys.readouterr().err
    assert main(["samplers", "lo"]) == 2
    assert "There is no sampler 'lo'. Did you mean 'low'?" in capsys.readouterr().err
