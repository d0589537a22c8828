from __future__ import annotations

import pytest

from scriptune.errors import counted


@pytest.mark.parametrize(
    ("n", "text"),
    [(0, "0 GPUs"), (1, "1 GPU"), (1.0, "1 GPU"), (2, "2 GPUs"), (0.5, "0.5 GPUs"), (1_500_000, "1500000 GPUs")],
)
def test_one_thing_was_counted_in_the_plural(n: float, text: str) -> None:
    assert counted(n, "GPU") == text


def test_a_word_can_have_a_plural_of_its_own() -> None:
    assert (counted(1, "entry", "entries"), counted(3, "entry", "entries")) == ("1 entry", "3 entries")
