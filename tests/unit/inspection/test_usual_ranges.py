from __future__ import annotations

import pytest

from scriptune.inspection.help_text import read_help
from scriptune.inspection.usual_ranges import usual_domain
from training_scripts import SCRIPTS, help_of, options_of


def _type_of(name: str) -> object:
    return (usual_domain(name) or {}).get("type")


def test_names_are_known_in_every_spelling() -> None:
    for name in ("lr", "Learning-Rate", "optimizer.lr"):
        assert usual_domain(name) == {"type": "float", "min": 5e-5, "max": 0.045, "log": True}


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("batch_size", 16, 256), ("hidden_dim", 64, 1024), ("n_layers", 1, 8), ("max_depth", 2, 12)],
)
def test_a_number_of_something_has_whole_ends(name: str, low: int, high: int) -> None:
    domain = usual_domain(name)
    assert domain is not None
    assert (domain["type"], domain["min"], domain["max"]) == ("int", low, high)


def test_what_is_hardly_ever_searched_has_a_type_and_no_range() -> None:
    assert usual_domain("max_steps") == usual_domain("log-interval") == usual_domain("epochs") == {"type": "int"}


def test_a_name_that_says_nothing_has_no_usual_range() -> None:
    assert usual_domain("tag") is None
    assert _type_of("gamma") is None


# --- the ranges proposed for programs that people use ----------------------------------------------------------

# Below and above, no program accepts a value; where one end is not given, everything is.
_LEGAL = {
    "learning_rate": (0.0, None), "momentum": (0.0, 1.0), "beta1": (0.0, 1.0), "beta2": (0.0, 1.0),
    "dropout": (0.0, 1.0), "drop_path": (0.0, 1.0), "label_smoothing": (0.0, 1.0), "weight_decay": (0.0, None),
    "batch_size": (1, None), "num_layers": (1, None), "max_depth": (1, None), "depth": (1, 16), "width": (1, None),
    "num_heads": (1, None), "subsample": (1e-9, 1.0), "colsample": (1e-9, 1.0), "rounds": (1, None),
    "num_leaves": (2, None), "min_leaf": (1e-9, None), "min_split": (1e-9, None), "gamma": (0.0, None),
    "gae_lambda": (0.0, 1.0), "ema_decay": (0.0, 1.0), "l1_ratio": (0.0, 1.0), "lora_dropout": (0.0, 1.0),
    "warmup": (0.0, 1.0), "random_erasing": (0.0, 1.0), "exploration_share": (0.0, 1.0), "tau": (0.0, 1.0),
}  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_range_proposed_for_a_training_program_is_legal_and_holds_its_default(script: str) -> None:
    known = {option.flag: option for option in options_of(script)}
    _, found = read_help(help_of(script))
    assert len(found) == len(known)
    for option in found:
        meaning, domain = known[option.flag].meaning, option.suggestion
        if domain is None or domain["type"] not in ("float", "int"):
            continue
        assert domain["min"] < domain["max"], option
        assert domain["min"] > 0 or not domain.get("log"), option
        low, high = _LEGAL.get(meaning or "", (None, None))
        assert low is None or domain["min"] >= low, option
        assert high is None or domain["max"] <= high, option
        default = option.default
        if meaning is not None and isinstance(default, (int, float)) and default > 0:
            assert domain["min"] <= default <= domain["max"], option


@pytest.mark.parametrize("script", SCRIPTS)
def test_nothing_is_proposed_for_what_nobody_searches(script: str) -> None:
    _, found = read_help(help_of(script))
    proposed = {option.name for option in found if option.suggestion is not None and option.type != "bool"}
    idle = {"seed", "workers", "log_interval", "print_freq", "world_size", "rank", "num_classes", "eval_interval",
            "logging_steps", "checkpointing_steps", "n_jobs", "random_state", "img_size", "imgsz"}  # fmt: skip
    assert not proposed & idle


@pytest.mark.parametrize(
    ("script", "flag", "low", "high"),
    [
        ("pytorch_imagenet", "--momentum", 0.5, 0.99),
        ("pytorch_imagenet", "--lr", 0.0033, 1.0),
        ("pytorch_imagenet", "--batch-size", 64, 1024),
        ("pytorch_imagenet", "--weight-decay", 1e-6, 0.1),
        ("pytorch_word_language_model", "--dropout", 0.0, 0.6),
        ("hf_run_glue", "--weight_decay", 1e-6, 0.1),
        ("hf_run_glue", "--adam_beta2", 0.9, 0.9999),
        ("xgboost_cli", "--subsample", 0.3, 1.0),
        ("xgboost_cli", "--num_boost_round", 12, 800),
        ("xgboost_cli", "--alpha", 1e-3, 100.0),
        ("lightgbm_cli", "--max_depth", 2, 12),
        ("lightgbm_cli", "--num_leaves", 8, 256),
        ("sklearn_forest", "--max-depth", 2, 30),
        ("svm", "--C", 1e-2, 1e3),
        ("svm", "--gamma", 1e-5, 1.0),
        ("cleanrl_ppo", "--gamma", 0.9, 0.9999),
    ],
)
def test_the_proposed_range_is_the_usual_one(script: str, flag: str, low: float, high: float) -> None:
    _, found = read_help(help_of(script))
    domain = next(option.suggestion for option in found if option.flag == flag)
    assert domain is not None
    assert (domain["min"], domain["max"]) == (low, high)
