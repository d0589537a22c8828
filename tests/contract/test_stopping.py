"""Every stopping rule through the same tests."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import pytest

from plugin_packages import STOPPING_RULE
from scriptune.search.stopping.base import StoppingRule
from scriptune.search.stopping.registry import STOPPING_RULES
from scriptune.testing.stopping import StoppingRuleContract


class TestNone(StoppingRuleContract):
    rule = "none"


class TestMedian(StoppingRuleContract):
    rule = "median"


class TestAsha(StoppingRuleContract):
    rule = "asha"


class TestModel(StoppingRuleContract):
    rule = "model"


class TestModelWithAudit(StoppingRuleContract):
    rule = "model"
    options: ClassVar[dict[str, Any]] = {"audit": 0.5, "keep": 0.3, "first_rung": 2}


class TestStrangers(StoppingRuleContract):
    """Written by somebody who has read the protocol, and nothing else."""

    @pytest.fixture(autouse=True)
    def _module(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "strict_for_contract.py").write_text(STOPPING_RULE)
        monkeypatch.syspath_prepend(tmp_path)
        self.module = import_module("strict_for_contract")

    def make(self, max_step: int | None, seed: int) -> StoppingRule:
        made: StoppingRule = self.module.OnlyTheBest(self.module.Options(), max_step=max_step, seed=seed)
        return made


def test_every_rule_of_the_registry_keeps_the_contract() -> None:
    assert {contract.rule for contract in StoppingRuleContract.__subclasses__()} >= STOPPING_RULES.keys()
