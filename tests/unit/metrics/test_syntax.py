from __future__ import annotations

import pytest

from scriptune.metrics.syntax import read_syntax


@pytest.mark.parametrize(
    ("regex", "literal"),
    [
        (r"val_acc=([0-9.]+)", "val_acc="),
        (r"\bval_acc=(\S+)", "val_acc="),
        (r".*loss\.total: (\d+)", "loss.total: "),
        (r"(?<=\)    Loss )([-+]?\d+)(?= \()", ")    Loss "),
        (r"(?:val_)?acc: (\S+)", "acc: "),
        (r"accs?: (\S+)", "acc"),
        (r"accs*: (\S+)", "acc"),
        (r"accs+: (\S+)", "accs"),
        (r"acc{2}=(\S+)", "acc"),
        (r"acc=(\S+)|accuracy=(\S+)", ""),
        (r"(?i)accuracy=(\S+)", ""),
        (r"(?i:accuracy)=(\S+)", ""),
        (r"(?<=acc=|val=)(\S+)", ""),
        (r"(?<=accuracy=)?(\S+)", ""),
        (r"[accuracy]=(\S+)", ""),
        (r"\Qacc=(\E(\d+)", ""),
        (r"(?:accuracy)?(\d+)", ""),
        (r"genauigkeit für ö=(\S+)", "genauigkeit für ö="),
        (r"[]abc]loss=(\S+)", "loss="),
        (r"[[:alpha:]]+loss=(\S+)", "loss="),
        (r"(x)", ""),
    ],
)
def test_the_required_literal_is_found_or_left_unknown(regex: str, literal: str) -> None:
    assert read_syntax(regex).literal == literal


@pytest.mark.parametrize(
    ("regex", "by_line"), [(r"\Aacc", True), (r"acc\z", True), (r"(?-m)^acc", True), (r"^acc$", False)]
)
def test_anchors_of_the_whole_text_ask_for_single_lines(regex: str, by_line: bool) -> None:
    assert read_syntax(regex).by_line is by_line


def test_a_comma_beside_a_group_is_noticed() -> None:
    syntax = read_syntax(r"^(?P<step>\d+),(?:x),([0-9.]+),(\d+)")
    assert syntax.comma_after == {1, 2}
    assert syntax.comma_before == {2, 3}


def test_nested_counts_are_multiplied() -> None:
    assert read_syntax(r"(?=((a{10}){2,20}b){3})").repeated == 600


@pytest.mark.parametrize("regex", ["(", ")", "[", "\\", "(?", "(?P<", "*", "a{", "a{1,", "[[:", "(?<="])
def test_nonsense_is_left_to_the_engine_to_refuse(regex: str) -> None:
    read_syntax(regex)


@pytest.mark.parametrize("regex", [r"[[(]([0-9.]+)", r"[a&&b]=([0-9.]+)", r"[[a-z]--[x]]=(\S+)", r"[~~|||]([0-9.]+)"])
def test_a_class_with_signs_of_set_operations_is_read_without_a_warning(regex: str) -> None:
    read_syntax(regex)  # warnings are errors here
