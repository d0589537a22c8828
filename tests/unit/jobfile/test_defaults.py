from __future__ import annotations

from typing import Any

from scriptune.jobfile import check_document
from scriptune.jobfile.defaults import job_file_defaults


def test_the_defaults_are_what_a_job_file_is_filled_up_with() -> None:
    least: dict[str, Any] = {
        "command": ["true"],
        "parameters": {"lr": {"min": 0.0, "max": 1.0}},
        "metrics": {"loss": {"regex": "loss=(.*)"}},
        "objective": {"metric": "loss", "goal": "minimize"},
    }
    complete = check_document(least).document
    defaults = job_file_defaults()
    assert defaults.run == complete["run"]
    for section in ("objective", "search"):
        assert getattr(defaults, section).items() <= complete[section].items()
