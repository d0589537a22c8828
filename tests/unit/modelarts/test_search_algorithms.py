from __future__ import annotations

from typing import Any

import pytest

from scriptune.modelarts.errors import ModelArtsError
from scriptune.modelarts.schemas import AlgoConfig
from scriptune.modelarts.search_algorithms import SEARCH_ALGORITHMS, algorithm_listing, read_search
from scriptune.search.registry import SAMPLER_REGISTRY


def _config(name: str, **params: Any) -> AlgoConfig:
    rows = [{"key": key, "value": value, "type": "String"} for key, value in params.items()]
    return AlgoConfig.model_validate({"name": name, "params": rows})


def test_the_documented_defaults_are_obeyed_where_nothing_is_said() -> None:
    assert read_search([_config("bayes_opt_search")]).section == {
        "sampler": "bayes",
        "trials": 20,
        "seed": 1,
        "options": {"kind": "ucb", "kappa": 2.5, "xi": 0.0},
    }
    assert read_search([_config("tpe_search")]).section["options"] == {"gamma": 0.25, "n_initial_points": 20}
    assert read_search([_config("anneal_search")]).section["options"] == {"avg_best_idx": 2.0, "shrink_coef": 0.1}


def test_what_is_listed_can_be_sent_back() -> None:
    for row in algorithm_listing():
        config = _config(row["name"], **{param["key"]: param["value"] for param in row["params"]})
        section = read_search([config]).section
        assert (section["trials"], section["seed"]) == (20, 1)
        SAMPLER_REGISTRY.parse(section["sampler"], section["options"])
        assert {param["type"] for param in row["params"]} <= {"Integer", "Float", "String", "Boolean"}
        assert all(isinstance(param["value"], str) for param in row["params"])


def test_our_own_algorithms_stand_behind_the_three_of_modelarts() -> None:
    names = list(SEARCH_ALGORITHMS)
    assert names[:3] == ["bayes_opt_search", "tpe_search", "anneal_search"]
    assert set(names[3:]) == {"auto_search", "smac_search", "random_search", "grid_search"}


def test_options_are_texts_and_may_be_partial() -> None:
    search = read_search([_config("bayes_opt_search", kind="ei", xi="0.1", num_samples="7.0", max_concurrent="4")])
    assert search.section["trials"] == 7
    assert search.section["options"] == {"kind": "ei", "kappa": 2.5, "xi": 0.1}
    assert search.parallel == 4


def test_no_random_trials_at_all_means_one() -> None:
    assert read_search([_config("tpe_search", n_initial_points="0")]).section["options"]["n_initial_points"] == 1


@pytest.mark.parametrize(
    ("configs", "text"),
    [
        ([], "exactly one"),
        ([_config("tpe_search"), _config("anneal_search")], "exactly one"),
        ([_config("tpe_serach")], "tpe_search"),
        ([_config("tpe_search", gama="0.1")], "gamma"),
        ([_config("tpe_search", num_samples="many")], "expected Integer"),
        ([_config("tpe_search", num_samples="2.5")], "expected Integer"),
        ([_config("tpe_search", gamma="wide")], "expected Float"),
    ],
)
def test_what_cannot_be_used_is_refused(configs: list[AlgoConfig], text: str) -> None:
    with pytest.raises(ModelArtsError, match=text) as refused:
        read_search(configs)
    assert refused.value.code == "ModelArts.2826"
