"""The attacks that ``docs/security.md`` lists are really carried out, and are answered as it says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from attacks import ATTACKS, BUDGET_S, Attack, Target, attacked_server, table
from memory import memory_storage
from worlds import World

PAGE = Path(__file__).resolve().parents[2] / "docs" / "security.md"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with attacked_server(World(tmp_path_factory.mktemp("attacked"), memory_storage())) as target:
        yield target


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_is_answered_as_the_manual_says(target: Target, attack: Attack) -> None:
    before = target.world.storage.jobs().total
    began = time.process_time()  # the server is in this process
    answers = list(attack.run(target))
    assert time.process_time() - began < BUDGET_S
    assert answers
    assert answers == [attack.answer] * len(answers)
    assert target.world.storage.jobs().total == before
    assert target.world.storage.job(target.job.id).stop_requested == ""


def test_the_manual_has_the_table_of_all_attacks() -> None:
    # python tests/attacks.py prints it.
    assert table() in PAGE.read_text("utf-8")
