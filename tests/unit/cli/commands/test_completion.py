"""``scriptune completion``, and what a shell is offered."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import scriptune
from scriptune.cli.commands.completion import VARIABLE
from scriptune.cli.main import COMMANDS, cli, main

DOCUMENT = {
    "name": "digits-mlp",
    "command": ["/bin/echo", "loss={x}"],
    "parameters": {"x": {"min": 0.0, "max": 1.0}},
    "metrics": {"loss": {"regex": "loss=(.*)"}},
    "objective": {"metric": "loss", "goal": "minimize"},
    "search": {"trials": 1, "sampler": "random"},
}


def offered(words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What bash is offered for the last word of a command line."""
    monkeypatch.setenv(VARIABLE, "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
    with pytest.raises(SystemExit):
        main([])
    return [line.partition(",")[2] for line in capsys.readouterr().out.split()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_names_the_variable(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert VARIABLE in script
    assert main(["completion", shell, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["script"] == script.removesuffix("\n")
    if shutil.which(shell):
        subprocess.run([shell, "-n", "/dev/stdin"], input=script.encode(), check=True)


def test_commands_are_offered_without_being_imported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(cli), "get_command", None)
    assert offered("scriptune re", capsys, monkeypatch) == [name for name in COMMANDS if name.startswith("re")]


def test_options_and_names_of_jobs_are_offered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    scriptune.run(DOCUMENT, home=home, progress=False)
    monkeypatch.setenv("SCRIPTUNE_HOME", str(home))
    assert "--trial" in offered("scriptune stop --t", capsys, monkeypatch)
    assert offered("scriptune show dig", capsys, monkeypatch) == ["digits-mlp"]
    assert offered("scriptune show other", capsys, monkeypatch) == []
    monkeypatch.setenv("SCRIPTUNE_HOME", str(tmp_path / "nowhere"))
    assert offered("scriptune show dig", capsys, monkeypatch) == []
    assert not (tmp_path / "nowhere").exists()
