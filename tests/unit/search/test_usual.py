"""Usual values by name: meanings, kinds of program, the rule of ranges."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.core.parameters import Bool, Categorical, Float, Int, Parameter
from scriptune.core.space import SearchSpace
from scriptune.search.usual import kinds_of_program, meaning_of, usual
from scriptune.search.usual_names import ALIASES
from scriptune.search.usual_table import ENTRIES, SOURCES
from strategies import spaces

NETWORK: dict[str, Parameter] = {
    "lr": Float(1e-5, 1.0, log=True),
    "momentum": Float(0.0, 0.99),
    "weight_decay": Float(1e-6, 0.1, log=True),
    "dropout": Float(0.0, 0.8),
    "batch_size": Int(16, 512, log=True),
    "num_layers": Int(1, 6),
    "width": Int(16, 128, log=True),
    "epochs": Int(5, 50),
    "label_smoothing": Float(0.0, 0.3),
    "clip": Float(0.1, 10.0),
    "warmup_ratio": Float(0.0, 0.3),
    "beta1": Float(0.5, 0.999),
    "beta2": Float(0.9, 0.9999),
}
BOOSTING: dict[str, Parameter] = {
    "eta": Float(1e-3, 1.0, log=True),
    "nrounds": Int(10, 5000, log=True),
    "max_depth": Int(1, 15),
    "num_leaves": Int(2, 256, log=True),
    "subsample": Float(0.1, 1.0),
    "colsample_bytree": Float(0.1, 1.0),
    "min_child_weight": Float(0.1, 100.0, log=True),
    "lambda": Float(1e-3, 1e3, log=True),
    "alpha": Float(1e-3, 1e3, log=True),
    "gamma": Float(0.1, 10.0, log=True),
    "min_data_in_leaf": Int(1, 100),
    "booster": Categorical(["gblinear", "dart", "gbtree"]),
}
FOREST: dict[str, Parameter] = {
    "n_estimators": Int(10, 1000),
    "max_depth": Int(2, 12),
    "min_samples_leaf": Int(1, 20),
    "min_samples_split": Float(0.001, 0.1, log=True),
    "max_features": Float(0.1, 1.0),
}


def values(space: Mapping[str, Parameter]) -> dict[str, object]:
    return {name: one.value for name, one in usual(space).items()}


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("lr", "learning_rate"),
        ("--learning-rate", "learning_rate"),
        ("learningRate", "learning_rate"),
        ("optimizer.lr", "learning_rate"),
        ("model/params/learning_rate_init", "learning_rate"),
        ("OptimizerLR", "learning_rate"),
        ("trainBatchSize", "batch_size"),
        ("xgb__max_depth", "max_depth"),
        ("C", "C"),
        ("svm.C", "C"),
        ("logreg_C", "C"),
        ("cost", "C"),
    ],
)
def test_a_name_is_read_in_any_spelling_by_its_last_words(name: str, meaning: str) -> None:
    assert meaning_of(name) == meaning


@pytest.mark.parametrize(
    "name",
    [
        "c",
        "",
        "-",
        "x0",
        "p1",
        "lrs",
        "colr",
        "learning",
        "rate",
        "xlr",
        "dropouts",
        "batch_size_factor",
        "lr2",
        "学习率",
    ],
)
def test_a_part_of_a_word_or_another_word_says_nothing(name: str) -> None:
    assert meaning_of(name) is None


def test_no_alias_has_two_meanings() -> None:
    aliases = [alias for names in ALIASES.values() for alias in names.split()]
    assert len(aliases) == len(set(aliases))


def test_every_entry_has_a_known_meaning_and_a_source_and_stands_once() -> None:
    assert {entry.meaning for entry in ENTRIES} == ALIASES.keys()
    assert {entry.source for entry in ENTRIES} == SOURCES.keys()
    keys = [(entry.meaning, entry.kind, entry.is_share) for entry in ENTRIES]
    assert len(keys) == len(set(keys))


def test_the_usual_value_of_every_entry_lies_in_its_usual_range() -> None:
    for entry in ENTRIES:
        if entry.low is not None and entry.high is not None and not isinstance(entry.value, tuple):
            assert entry.low <= entry.value <= entry.high, entry
            assert entry.low > 0 or not entry.log


def test_a_network_by_sgd_with_momentum_has_the_values_of_the_table() -> None:
    expected = {
        "lr": 0.02, "momentum": 0.9, "weight_decay": 3e-4, "dropout": 0.2, "batch_size": 64, "num_layers": 3,
        "width": 128, "epochs": 50, "label_smoothing": 0.1, "clip": 1.0, "warmup_ratio": 0.06, "beta1": 0.9,
        "beta2": 0.997,
    }  # fmt: skip
    assert values(NETWORK) == expected
    assert {one.kind for one in usual(NETWORK).values()} == {"network"}


def test_without_momentum_or_with_a_choice_of_optimizers_the_learning_rate_is_that_of_adam() -> None:
    plain = {name: one for name, one in NETWORK.items() if name != "momentum"}
    assert values(plain)["lr"] == 0.0015
    chosen = values({**NETWORK, "optimizer": Categorical(["sgd", "adam", "AdamW"])})
    assert (chosen["lr"], chosen["optimizer"]) == (0.0015, "AdamW")


def test_boosting_has_the_values_of_the_table() -> None:
    expected = {
        "eta": 0.05, "nrounds": 500, "max_depth": 7, "num_leaves": 31, "subsample": 0.8, "colsample_bytree": 0.7,
        "min_child_weight": 2.0, "lambda": 1.0, "alpha": 0.2, "gamma": 0.1, "min_data_in_leaf": 15, "booster": "gbtree",
    }  # fmt: skip
    assert values(BOOSTING) == expected


def test_a_forest_counts_samples_or_takes_shares_of_them() -> None:
    expected = {
        "n_estimators": 300, "max_depth": 12, "min_samples_leaf": 3, "min_samples_split": 0.005, "max_features": 0.35,
    }  # fmt: skip
    assert values(FOREST) == expected
    assert values({"min_samples_leaf": Int(1, 20), "max_features": Int(1, 20)}) == {"min_samples_leaf": 3}


def test_gamma_and_alpha_mean_what_the_other_names_say() -> None:
    gamma, alpha = Float(1e-4, 1.0, log=True), Float(1e-6, 1.0, log=True)
    assert values({"C": Float(0.1, 100.0), "gamma": gamma}) == {"C": 16.0, "gamma": 0.01}
    assert values({"eta": Float(0.01, 0.3), "max_depth": Int(2, 10), "gamma": gamma})["gamma"] == 0.03
    assert values({"eta0": Float(0.001, 1.0), "alpha": alpha}) == {"eta0": 0.03, "alpha": 1e-4}
    assert values({"lr": Float(1e-4, 1.0), "batch_size": Int(8, 99), "alpha": alpha})["alpha"] == 3e-4
    assert values({"gamma": gamma, "alpha": alpha}) == {}


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["eta", "max_depth", "gamma"], "boosting"),
        (["learning_rate", "n_estimators"], "boosting"),
        (["learning_rate", "iterations", "l2_leaf_reg", "depth"], "boosting"),
        (["learning_rate", "n_estimators", "max_depth", "dropout"], "network"),
        (["n_estimators", "min_samples_leaf"], "forest"),
        (["C", "gamma"], "svm"),
        (["C", "penalty"], "linear"),
        (["lr", "weight_decay"], "network"),
        (["hidden_units", "dropout"], "network"),
        (["lr"], "any"),
        (["x0", "x1"], "any"),
    ],
)
def test_the_names_together_say_what_kind_of_program_it_is(names: list[str], kind: str) -> None:
    assert kinds_of_program(names)[-1] == kind


def test_a_usual_value_outside_of_the_range_is_left_to_the_user() -> None:
    assert values({"lr": Float(1e-6, 1e-4, log=True), "batch_size": Int(1, 8)}) == {}
    assert values({"one_minus_beta1": Float(0.01, 0.5), "lr": Float(1e-4, 0.1)}) == {"lr": 0.0015}


def test_a_value_keeps_the_step_and_a_list_of_numbers_gives_the_nearest() -> None:
    space: dict[str, Parameter] = {
        "lr": Float(1e-4, 0.1),
        "batch_size": Int(10, 100, step=20),
        "units": Categorical([32, 100, 400]),
    }
    assert values(space) == {"lr": 0.0015, "batch_size": 70, "units": 400}


def test_choices_are_preferred_in_the_order_of_the_table() -> None:
    space: dict[str, Parameter] = {
        "optimizer": Categorical(["sgd", "Adam"]),
        "activation": Categorical(["tanh", "relu"]),
        "lr_scheduler": Categorical(["step", "cosine"]),
        "dropout": Bool(),
    }
    assert values(space) == {"optimizer": "Adam", "activation": "relu", "lr_scheduler": "cosine"}
    assert values({"optimizer": Categorical(["sgd", "lbfgs"])}) == {}


@given(space=spaces())
def test_names_that_say_nothing_have_no_usual_values(space: SearchSpace) -> None:
    assert usual({f"p{i}": space[name] for i, name in enumerate(space)}) == {}


@given(data=st.data(), space=spaces())
def test_every_usual_value_is_legal_for_its_parameter(data: st.DataObject, space: SearchSpace) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(ALIASES)), unique=True, min_size=1, max_size=12))
    renamed = dict(zip(names, space.values(), strict=False))
    for name, one in usual(renamed).items():
        assert renamed[name].contains(one.value)
