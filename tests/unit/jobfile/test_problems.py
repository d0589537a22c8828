from __future__ import annotations

import pytest

from scriptune.errors import JobFileError
from scriptune.jobfile.problems import Problems, path_text, shown


def test_a_path_is_written_as_people_write_it() -> None:
    assert path_text(("search", "start_with", 0, "lr")) == "search.start_with[0].lr"
    assert path_text(("parameters", "model.lr", "min")) == "parameters.'model.lr'.min"
    assert path_text(()) == ""


def test_a_long_value_is_cut() -> None:
    assert len(shown("x" * 10_000)) < 200
    assert shown(10**5000) == "an integer with thousands of digits"


def test_mistakes_are_raised_together_in_the_order_of_the_file_and_once() -> None:
    problems = Problems("job.yaml", {("a",): 7, ("b",): 2}, flags=[("run", "parallel")])
    problems.raise_if_any()
    for path in (("a", "x"), ("b",), ("b",), ("run", "parallel")):
        problems.add(path, "is wrong.")
    with pytest.raises(JobFileError) as caught:
        problems.raise_if_any()
    assert caught.value.problems == (
        "command line: run.parallel: is wrong.",
        "job.yaml:2: b: is wrong.",
        "job.yaml:7: a.x: is wrong.",
    )


def test_a_place_is_clean_until_a_mistake_is_found_at_or_below_it() -> None:
    problems = Problems("job")
    problems.add(("run", "env", "A"), "is wrong.")
    assert not problems.clean("run")
    assert not problems.clean("run", "env")
    assert problems.clean("run", "cpus")
    assert problems.clean("search")


def test_warnings_do_not_raise() -> None:
    problems = Problems("job")
    problems.warn(("run",), "is odd.")
    problems.raise_if_any()
    assert problems.warnings == ("job: run: is odd.",)
