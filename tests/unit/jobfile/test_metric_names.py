"""jobfile/metric_names.py."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.jobfile.metric_names import DEFAULT_NAME, goal_of_name, name_before, name_in_regex

_TABLE = json.loads(files("scriptune.jobfile").joinpath("metric_words.json").read_text("utf-8"))
_TABLE_WORDS = {key: " ".join(_TABLE[key]).split() for key in ("maximize", "minimize", "circumstances")}
_WORDS = {word: goal for goal in ("maximize", "minimize") for word in _TABLE_WORDS[goal]}
_CIRCUMSTANCES = set(_TABLE_WORDS["circumstances"])


@pytest.mark.parametrize(
    ("regex", "name"),
    [
        (r"val_acc=([0-9.]+)", "val_acc"),
        (r"epoch \d+ val loss: (\S+)", "val_loss"),
        (r"epoch (?P<step>\d+).* val_loss=(?P<value>\S+)", "val_loss"),
        (r'"val_acc": ([0-9.]+)', "val_acc"),
        (r"(?:train|val)_acc=(\S+)", "acc"),
        (r"(train|val) loss=(?P<value>\S+)", "loss"),
        (r"\x61cc=(\S+)", "acc"),
        (r"\bacc@1[:=]\s*(\S+)", "acc"),
        (r"准确率[：:](\S+)", "准确率"),
        (r"foo=\d+|bar=(\S+)", "bar"),
        (r"\Qtest.acc\E=(\S+)", "acc"),
        (r"acc(?=.*end) (\S+)", "acc"),
        (r"(?i)Accuracy: (?P<value>\S+)", "Accuracy"),
        (r"val/top5-acc: (\S+)", "val_top5_acc"),
        (r"[acc(]=(\S+)", DEFAULT_NAME),
        (r"\d+\.\d+", DEFAULT_NAME),
        (r"(\S+) acc", DEFAULT_NAME),
    ],
)
def test_a_regex_says_what_it_calls_its_number(regex: str, name: str) -> None:
    assert name_in_regex(regex) == name


@given(st.text("ab_0(\\)[]{}|?*+.^$P<>=:Q E\u00e9", max_size=30))
def test_every_text_gets_a_name_that_a_job_file_takes(text: str) -> None:
    for name in (name_in_regex(text), name_before(text)):
        assert name
        assert not set(name) & set(" =,:{}()")


@pytest.mark.parametrize(
    ("goal", "names"),
    [
        ("maximize", "flower_acc sentiment_accuracy valAccuracy top5_acc acc@5 acc f1 F1_macro r2 R2Score AUROC mAP "
         "map50 ImageNetTop1Acc neg_loss acc_train val.acc test/acc 准确率 log_likelihood success_rate"),
        ("minimize", "brier_score fid_score val.loss val_rmse trainLoss loss_val error_rate perplexity Brier "
         "cross_entropy log_loss wer 损失 neg_log_likelihood best_val_loss"),
        (None, "metric m x lossless timeline accent elapsed_thing foo_rate slow glossary rounds"),
    ],
)  # fmt: skip
def test_the_last_word_of_a_name_says_which_way_is_good(goal: str | None, names: str) -> None:
    assert {name: goal_of_name(name) for name in names.split()} == dict.fromkeys(names.split(), goal)


def test_every_name_of_the_list_says_the_same_here_and_in_the_console() -> None:
    """The console reads the same list in `console/tests/metrics.test.ts`; one of the two cannot change alone."""
    goals = json.loads((Path(__file__).parents[2] / "golden" / "metric_goals.json").read_text("utf-8"))
    assert {name: goal_of_name(name) for name in goals} == goals


@given(st.sampled_from(sorted(_WORDS)), st.lists(st.sampled_from(sorted(_CIRCUMSTANCES)), max_size=3), st.data())
def test_words_before_and_circumstances_behind_change_nothing(
    word: str, behind: list[str], data: st.DataObject
) -> None:
    before = data.draw(st.lists(st.sampled_from(["flower", "sentiment", "lossy", "brief", "val", "top1"]), max_size=2))
    join = data.draw(st.sampled_from(["_", ".", "/", "-"]))
    assert goal_of_name(join.join([*before, word, *behind])) == _WORDS[word]


def test_no_word_wants_both_and_none_is_a_circumstance() -> None:
    both = set(_TABLE_WORDS["maximize"]) & set(_TABLE_WORDS["minimize"])
    assert (both, _CIRCUMSTANCES & set(_WORDS)) == (set(), set())
