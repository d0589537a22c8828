"""Names and metrics that no tool says in our way."""

from __future__ import annotations

import re

import pytest

from scriptune.jobfile.importers.draft import Draft, as_number, as_whole, printed_value


def test_a_name_that_no_parameter_may_have_is_changed_and_that_is_said() -> None:
    draft = Draft()
    names = [draft.add_fixed(name, 1, "here") for name in ("a b", "a=b", "{a}", "a_b")]
    assert names == ["a_b", "a_b_2", "a", "a_b_3"]
    assert [note.message.code for note in draft.notes if note.kind == "approximated"] == ["import.renamed"] * 4  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "line", "value"),
    [
        ("loss", "epoch 3 loss=0.25", "0.25"),
        ("loss", "loss: 1e-3, acc: 2", "1e-3"),
        ("loss", "{'loss': -.5}", "-.5"),
        ("loss", "val_loss=0.1", None),
        ("eval/loss", "eval/loss = 3", "3"),
        ("f(x)", "f(x)=7.", "7."),
    ],
)
def test_the_usual_ways_to_print_a_metric_are_found(name: str, line: str, value: str | None) -> None:
    found = re.search(printed_value(name), line)
    assert (found and found[1]) == value


@pytest.mark.parametrize(
    ("value", "number", "whole"),
    [
        ("1e-3", 0.001, None),
        ("8", 8, 8),
        (" 8.0 ", 8.0, 8),
        (True, None, None),
        ("nan", None, None),
        (None, None, None),
    ],
)
def test_numbers_are_read_from_texts_in_the_kind_they_are_written_in(
    value: object, number: object, whole: object
) -> None:
    assert (as_number(value), as_whole(value)) == (number, whole)
    assert type(as_number(value)) is type(number)
