"""The meanings of the names that well-known training programs use."""

from __future__ import annotations

import pytest

from scriptune.search.usual import kinds_of_program, meaning_of
from training_scripts import SCRIPTS, options_of


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(SCRIPTS) >= 20
    assert sum(len(options_of(script)) for script in SCRIPTS) >= 200


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_names_of_a_training_program_mean_what_they_should(script: str) -> None:
    options = options_of(script)
    assert {one.flag: meaning_of(one.flag) for one in options} == {one.flag: one.meaning for one in options}


@pytest.mark.parametrize(
    ("script", "kinds"),
    [
        ("pytorch_mnist", ("network",)),
        ("pytorch_imagenet", ("sgd", "network")),
        ("timm_train", ("network",)),
        ("hf_run_glue", ("fine_tuning",)),
        ("hf_lora_sft", ("lora", "fine_tuning")),
        ("trl_dpo", ("dpo", "fine_tuning")),
        ("nanogpt", ("network",)),
        ("diffusers_text_to_image", ("diffusion",)),
        ("cleanrl_ppo", ("reinforcement",)),
        ("sb3_dqn", ("dqn", "reinforcement")),
        ("xgboost_cli", ("boosting",)),
        ("xgboost_dart", ("boosting",)),
        ("lightgbm_cli", ("boosting",)),
        ("catboost_fit", ("boosting",)),
        ("sklearn_forest", ("forest",)),
        ("svm", ("svm",)),
        ("sklearn_sgd", ("linear",)),
        ("fasttext", ("word_vectors",)),
        ("spacy_train", ("network",)),
    ],
)
def test_the_names_of_a_training_program_say_what_kind_it_is(script: str, kinds: tuple[str, ...]) -> None:
    assert kinds_of_program(option.flag for option in options_of(script)) == kinds
