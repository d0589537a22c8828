from __future__ import annotations

from scriptune.inspection.usual_rows import usual_rows


def test_the_names_of_one_program_are_read_together() -> None:
    [first, second] = usual_rows(["C", "gamma"])
    assert (first.kind, first.value, second.kind, second.value) == ("svm", 16.0, "svm", 0.01)
    assert (second.low, second.high, second.log) == (1e-5, 1.0, True)
    assert "van Rijn" in second.source


def test_a_name_that_depends_on_the_kind_has_a_row_for_each() -> None:
    values = {row.kind: row.value for row in usual_rows(["gamma"])}
    assert values["svm"] == 0.01
    assert values["reinforcement"] == 0.99
    assert values["boosting"] == 0.03


def test_an_unknown_name_has_a_row_without_a_value() -> None:
    [row] = usual_rows(["x0"])
    assert (row.name, row.meaning, row.value, row.low) == ("x0", None, None, None)


def test_without_names_the_whole_table_is_listed() -> None:
    rows = usual_rows()
    assert {row.meaning for row in rows} >= {"learning_rate", "max_depth", "C", "lora_rank", "gae_lambda"}
    assert all(row.source for row in rows)
