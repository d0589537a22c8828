"""search/stopping/registry.py: stopping rules by name, built in or of installed packages."""

from __future__ import annotations

from pathlib import Path

import pytest

import scriptune
from plugin_packages import STOPPING_RULE, install
from scriptune.errors import StoppingRuleError
from scriptune.search.stopping.registry import STOPPING_RULE_REGISTRY, STOPPING_RULES, make_stopping_rule


@pytest.mark.parametrize("name", STOPPING_RULES)
def test_every_rule_is_found_and_described(name: str) -> None:
    assert make_stopping_rule(name, max_step=9, seed=0)
    assert STOPPING_RULE_REGISTRY.description(name)


def test_the_rule_none_stops_no_trial() -> None:
    rule = scriptune.make_stopping_rule("none", max_step=52)
    assert rule.rungs == ()
    assert rule.record(number=7, step=4, value=0.41, protected=False) is scriptune.Decision.CONTINUE
    rule.finish(number=7, step=52, completed=True)
    assert str(scriptune.Decision.STOP) == "stop"


def test_a_rule_of_a_package_is_made_with_its_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    group = {"scriptune.stopping_rules": {"strict": "strict_for_registry:OnlyTheBest", "bad": "strict_for_registry:x"}}
    install(tmp_path, "strict-package", group, {"strict_for_registry": STOPPING_RULE + "\nx = 1\n"})
    rule = make_stopping_rule("strict", max_step=10, seed=0, slack=0.5)
    assert rule.rungs == (1, 2, 4)
    assert [rule.record(n, 2, value) for n, value in enumerate([1.0, 1.5, 1.6])] == ["continue", "continue", "stop"]
    with pytest.raises(StoppingRuleError, match="Option 'slack' of stopping rule 'strict' is -1"):
        make_stopping_rule("strict", slack=-1)
    with pytest.raises(StoppingRuleError, match="is of the type 'int', expected a class with the methods record"):
        make_stopping_rule("bad")


def test_unknown_rules_and_bad_lengths_are_refused() -> None:
    with pytest.raises(StoppingRuleError, match=r"There is no stopping rule 'nine'. Did you mean 'none'\?"):
        make_stopping_rule("nine")
    with pytest.raises(StoppingRuleError, match="max_step, is 0, expected an integer above 0"):
        make_stopping_rule("none", max_step=0)
