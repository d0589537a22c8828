from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from scriptune.modelarts.errors import ModelArtsError
from scriptune.modelarts.schemas import AlgoConfig
from scriptune.modelarts.search_algorithms import SEARCH_ALGORITHMS, read_search
from scriptune.modelarts.templates import template_content, template_listing

NAMES = template_listing()[0]["algorithm_names"]


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_yaml_whose_search_algorithm_can_be_used(name: str) -> None:
    found = template_content("hpo", name)
    assert found["file_name"] == f"{name}.yaml"
    search = YAML(typ="safe").load(found["content"])["search_algorithm"]
    general = ("type", "reward_attr", "mode")
    params = [{"key": key, "value": str(value)} for key, value in search.items() if key not in general]
    read = read_search([AlgoConfig.model_validate({"name": search["type"], "params": params})])
    assert (read.section["trials"], read.parallel) == (20, 4)


def test_every_search_algorithm_has_a_template() -> None:
    assert len(NAMES) == len(SEARCH_ALGORITHMS)
    assert {"Anneal", "Bayes", "TPE"} <= set(NAMES)


def test_an_unknown_template_is_refused_with_the_known_ones() -> None:
    for kind, name in (("hpo", "Bayess"), ("nas", "Bayes")):
        with pytest.raises(ModelArtsError, match="hpo/Bayes"):
            template_content(kind, name)
