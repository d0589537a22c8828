"""What the console asks for by names that it makes is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scriptune.core.job import JobState
from scriptune.core.trial import Cause, ExitReason, Phase, TrialState
from scriptune.engine.installed import samplers
from scriptune.messages.catalogue import catalogue

ROOT = Path(__file__).resolve().parents[1]
WORDS = ROOT / "console" / "src" / "i18n"


def test_samplers_and_their_options_are_described_in_the_catalogue() -> None:
    rows = samplers()
    codes = [f"sampler_description.{row.name}" for row in rows]
    codes += [f"sampler_option.{row.name}_{option.name}" for row in rows for option in row.options]
    # The console asks for them by these names.
    assert [code for code in codes if code not in catalogue("zh")] == []
    assert [row.name for row in rows if row.description != catalogue("en")[f"sampler_description.{row.name}"]] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_states_causes_reasons_and_phases_have_their_words(language: str) -> None:
    keys = set(re.findall(r'^  "?([\w.]+)"?:', (WORDS / f"{language}.ts").read_text("utf-8"), re.MULTILINE))
    kinds = {"state": [*JobState, *TrialState], "cause": Cause, "reason": ExitReason, "phase": Phase}
    assert [f"{kind}.{one}" for kind, all_of in kinds.items() for one in all_of if f"{kind}.{one}" not in keys] == []
