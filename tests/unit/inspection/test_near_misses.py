"""inspection/near_misses.py: help for a regex that captured nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.errors import MetricPatternError
from scriptune.inspection.near_misses import near_miss, propose_from_example
from scriptune.metrics.suggest import test_pattern as captures_of

LOG = "start 12 workers\n" + "".join(
    f"epoch {i}  Validation accuracy:   0.9{i}  (took 3.5 s)\n" for i in range(3)
) + "done in 7 seconds\n"  # fmt: skip


def write(tmp_path: Path, text: str) -> Path:
    (tmp_path / "output.log").write_text(text)
    return tmp_path / "output.log"


@pytest.mark.parametrize("regex", [r"val_acc=(\S+)", r"acuracy (\S+)", r"Accuracy: ([0-9.]+)$"])
def test_the_nearest_line_is_shown_as_it_was_printed_with_a_regex_that_reads_it(tmp_path: Path, regex: str) -> None:
    near = near_miss(write(tmp_path, LOG), "val_acc", regex)
    assert near.lines[0] == "epoch 2  Validation accuracy:   0.92  (took 3.5 s)"
    assert near.proposal is not None
    assert near.proposal.values == (0.90, 0.91, 0.92)
    assert [capture.value for capture in captures_of(near.proposal.regex, LOG)] == [0.90, 0.91, 0.92]


@pytest.mark.parametrize("text", ["", "no numbers here\n", "\n\n", "\x1b[31m\x1b[0m\r\r\0"])
def test_a_log_without_numbers_has_nothing_near(tmp_path: Path, text: str) -> None:
    near = near_miss(write(tmp_path, text), "acc", r"acc=(\S+)")
    assert (near.lines, near.proposal) == ((), None)
    assert near_miss(tmp_path / "missing.log", "acc", r"acc=(\S+)").lines == ()


def test_without_a_likely_word_lines_are_shown_and_nothing_is_proposed(tmp_path: Path) -> None:
    near = near_miss(write(tmp_path, "x 1\ny 2\n"), "acc", r"acc=(\S+)")
    assert set(near.lines) == {"x 1", "y 2"}
    assert near.proposal is None


@given(st.text(st.sampled_from("ab 01.=:%\n\r\t") | st.characters(exclude_categories=["Cs"]), max_size=200))
def test_a_proposal_always_reads_a_number_of_its_log(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    log = write(tmp_path_factory.mktemp("log"), text)
    near = near_miss(log, "ab", r"ab=(\S+)")
    if near.proposal is not None:
        values = [
            one.value for one in captures_of(near.proposal.regex, log.read_bytes().decode()) if one.problem is None
        ]
        assert len(values) == near.proposal.n_captures > 0
        assert tuple(values[:5]) == near.proposal.values


def test_an_example_gives_a_regex_with_a_name(tmp_path: Path) -> None:
    proposal = propose_from_example(write(tmp_path, LOG), "0.91")
    assert (proposal.name, proposal.n_captures) == ("Validation_accuracy", 3)
    with pytest.raises(MetricPatternError, match="does not occur"):
        propose_from_example(tmp_path / "output.log", "0.99")


@pytest.mark.parametrize(
    ("metric", "regex", "line", "value"),
    [
        ("acc", r"acc=(\S+)", "  epoch   acc | 0.61 |  val loss: 0.91   lr=0.001", 0.61),
        ("train_loss", r"train_loss=(\S+)", "train loss 0.52, val loss 0.74", 0.52),
        ("val_loss", r"val_loss=(\S+)", "train loss 0.52, val loss 0.74", 0.74),
        ("acc", r"acc=(\S+)", "val accuracy: 0.93 (best error 0.02 in 3 s)", 0.93),
    ],
)
def test_of_several_numbers_the_one_behind_the_wanted_words_is_proposed(
    tmp_path: Path, metric: str, regex: str, line: str, value: float
) -> None:
    proposal = near_miss(write(tmp_path, line + "\n"), metric, regex).proposal
    assert proposal is not None
    assert proposal.values[0] == value
