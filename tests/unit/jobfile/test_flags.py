"""Flags and keywords that replace what a job file says."""

from __future__ import annotations

from scriptune.jobfile import FLAGS, apply_flags
from scriptune.jobfile.schema import SECTIONS, fields_of


def test_flags_replace_values_and_add_to_mappings_without_changing_the_original() -> None:
    original = {"run": {"env": {"A": "1"}, "parallel": 1}, "search": {"num_samples": 5}}
    changed = apply_flags(original, {"env": {"B": "2"}, "parallel": 4, "trials": 9, "seed": None, "reduce": "last"})
    assert changed["run"] == {"env": {"A": "1", "B": "2"}, "parallel": 4}
    assert changed["search"] == {"trials": 9}
    assert changed["objective"] == {"reduce": "last"}
    assert original == {"run": {"env": {"A": "1"}, "parallel": 1}, "search": {"num_samples": 5}}


def test_flags_leave_alone_what_is_no_mapping() -> None:
    assert apply_flags(["no", "job"], {"trials": 5}) == ["no", "job"]
    assert apply_flags({"run": 7}, {"parallel": 2}) == {"run": 7}


def test_every_flag_sets_a_key_of_the_schema() -> None:
    for path in FLAGS.values():
        section = SECTIONS["job" if len(path) == 1 else str(path[0])]
        assert path[-1] in fields_of(section)


def test_every_key_of_run_is_a_flag() -> None:
    assert {path[1] for path in FLAGS.values() if path[0] == "run"} == SECTIONS["run"].model_fields.keys()
