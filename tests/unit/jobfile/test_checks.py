from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plugin_packages import STOPPING_RULE, install
from scriptune.errors import JobFileError
from scriptune.executors.local.executor import LocalExecutor
from scriptune.jobfile import check_document


def problems_of(folder: Path, **changes: Any) -> tuple[str, ...]:
    document = {
        "command": "python train.py",
        "parameters": {"lr": {"min": 0.1, "max": 1.0}},
        "metrics": {"loss": {"regex": r"loss=(\S+)"}},
        "objective": {"goal": "minimize"},
        **changes,
    }
    try:
        check_document(document, base_dir=folder)
    except JobFileError as err:
        return err.problems
    return ()


def test_a_program_is_looked_for_on_the_path_that_it_will_have(folder: Path) -> None:
    (folder / "tools").mkdir()
    (folder / "tools" / "trainer").write_text("#!/bin/sh\n")
    (folder / "tools" / "trainer").chmod(0o755)
    assert problems_of(folder, command="trainer", run={"env": {"PATH": str(folder / "tools")}}) == ()
    assert problems_of(folder, command="trainer") == ("job: command: the program 'trainer' is not on the PATH.",)


@pytest.mark.parametrize("command", ["python -m trainer", "python {lr}", "./run.sh missing.py", "python ./train.py"])
def test_only_what_surely_fails_is_refused(command: str, folder: Path) -> None:
    assert problems_of(folder, command=command) == ()


def test_the_program_is_looked_for_in_the_working_folder(folder: Path) -> None:
    (folder / "sub").mkdir()
    assert problems_of(folder, workdir="sub", command="../run.sh") == ()
    (message,) = problems_of(folder, workdir="sub", command="./run.sh")
    assert str(folder / "sub" / "run.sh") in message


def test_several_mistakes_of_the_plan_are_found_at_once(folder: Path) -> None:
    parameters = {
        "a": {"min": 0.0, "max": 1.0, "style": "switch"},
        "b": {"values": ["x", "y"], "style": "switch"},
        "c": {"min": 0.0, "max": 1.0, "style": "env", "flag": "NO-NAME"},
    }
    places = [problem.split(": ")[1] for problem in problems_of(folder, parameters=parameters)]
    assert places == ["parameters.a", "parameters.b", "parameters.c"]


def test_the_table_of_options_follows_the_first_wrong_option_only(folder: Path) -> None:
    found = problems_of(folder, search={"sampler": "tpe", "options": {"gama": 0.2, "gamma": 7}})
    assert ["Options of 'tpe'" in problem for problem in found] == [True, False]


def test_so_it_does_for_a_stopping_rule(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    group = {"scriptune.stopping_rules": {"strict": "strict_for_checks:OnlyTheBest"}}
    install(folder, "strict-for-checks", group, {"strict_for_checks": STOPPING_RULE})
    found = problems_of(folder, stopping={"rule": "strict", "slak": 0.2, "slack": -1})
    assert [problem.split(": ")[1] for problem in found] == ["stopping.slak", "stopping.slack"]
    assert ["Options of 'strict'" in problem for problem in found] == [True, False]


def test_trials_are_paused_only_where_the_executor_can_suspend_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(LocalExecutor, "suspend", raising=False)
    (problem,) = problems_of(folder, stopping={"rule": "model", "on_cut": "pause"})
    assert "stopping.on_cut: trials cannot be paused where they run: the executor 'local'" in problem
    monkeypatch.setattr(LocalExecutor, "suspend", lambda self, handle: None, raising=False)
    assert problems_of(folder, stopping={"rule": "model", "on_cut": "pause"}) == ()


def test_a_trial_that_holds_a_gpu_is_not_paused_unless_that_is_allowed(folder: Path) -> None:
    keys = {"rule": "model", "on_cut": "pause"}
    found = problems_of(folder, stopping=keys, run={"gpus": 1})
    assert any("keeps the memory of its GPUs" in problem for problem in found)
    found = problems_of(folder, stopping=keys | {"pause_gpu": True}, run={"gpus": 1})
    assert not any("keeps the memory of its GPUs" in problem for problem in found)


def test_what_becomes_of_a_cut_trial_is_one_of_two_words(folder: Path) -> None:
    (problem,) = problems_of(folder, stopping={"rule": "model", "on_cut": "freeze"})
    assert "stopping.on_cut: got 'freeze', expected stop or pause" in problem


def test_a_search_has_one_budget(folder: Path) -> None:
    (problem,) = problems_of(folder, search={"budget": 2.5, "trials": 20})
    assert "search.budget: got 2.5 beside trials: 20" in problem
