"""Generated logs are read as anybody reads them, but for the differences that the manual tells."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from plain_reading import DOCUMENTED, compare, generate

MANUAL = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_each_difference_from_a_plain_reading_is_in_the_manual() -> None:
    text = " ".join(MANUAL.read_text("utf-8").split())
    assert [words for words in DOCUMENTED.values() if words not in text] == []


@pytest.mark.parametrize("count", [3_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_generated_lines_are_read_as_plainly_as_the_manual_says(count: int) -> None:
    differences = [found for line in generate(7, count) if (found := compare(line)) is not None]
    assert [found for found in differences if found.line.kind not in DOCUMENTED] == []
    # Where the plain reading is wrong, nothing may be read wrongly in another way: what is refused has a reason.
    assert [found for found in differences if not found.read and not found.reasons] == []
    assert set(Counter(found.line.kind for found in differences)) <= set(DOCUMENTED)
