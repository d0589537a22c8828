from __future__ import annotations

from typing import Any

import pytest

from scriptune.modelarts.errors import ModelArtsError
from scriptune.modelarts.merge import merge_parameters, merge_search, rewards_of_single_run
from scriptune.modelarts.schemas import AlgorithmBody, AutoSearch, HyperParameter

REWARD = {"name": "loss", "mode": "min", "regex": "loss=(.+)"}
RANGE = {"name": "lr", "lower_bound": "0", "upper_bound": "1"}
TPE = {"name": "tpe_search"}


def _algorithm(*, customization: bool = False, search: Any = None, **constraint: Any) -> AlgorithmBody:
    parameter = {"name": "lr", "value": "0.5", "constraint": {"type": "Float", **constraint}}
    return AlgorithmBody.model_validate(
        {
            "metadata": {"name": "a"},
            "job_config": {"parameters": [parameter], "parameters_customization": customization},
            "advanced_config": {"auto_search": search} if search else {},
        }
    )


def _given(name: str, value: str) -> HyperParameter:
    return HyperParameter(name=name, value=value)


def _search(**fields: Any) -> AutoSearch:
    return AutoSearch.model_validate(
        {"reward_attrs": [REWARD], "search_params": [RANGE], "algo_configs": [TPE], **fields}
    )


def _code(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(ModelArtsError) as refused:
        call(*args, **kwargs)
    return refused.value.code.removeprefix("ModelArts.")


def test_the_jobs_value_goes_before_the_algorithms() -> None:
    (merged,) = merge_parameters(_algorithm(), [_given("lr", "0.7")])
    assert merged.value == "0.7"
    assert merge_parameters(_algorithm(), None)[0].value == "0.5"


def test_a_job_may_add_hyperparameters_only_where_that_is_allowed() -> None:
    assert _code(merge_parameters, _algorithm(), [_given("bs", "1")]) == "2814"
    names = [p.name for p in merge_parameters(_algorithm(customization=True), [_given("bs", "1")])]
    assert names == ["lr", "bs"]
    assert [p.name for p in merge_parameters(None, [_given("x", "1")])] == ["x"]


def test_what_is_not_editable_stays() -> None:
    assert _code(merge_parameters, _algorithm(editable=False), [_given("lr", "0.7")]) == "2814"
    assert merge_parameters(_algorithm(editable=False), [_given("lr", "0.5")])[0].value == "0.5"


def test_a_required_hyperparameter_needs_a_value_or_a_search() -> None:
    body = _algorithm(required=True).model_dump()
    body["job_config"]["parameters"][0]["value"] = ""
    algorithm = AlgorithmBody.model_validate(body)
    assert _code(merge_parameters, algorithm, None) == "2766"
    assert merge_parameters(algorithm, None, searched=["lr"])


def test_names_are_given_once() -> None:
    assert _code(merge_parameters, None, [_given("a", "1"), _given("a", "2")]) == "2767"
    assert _code(merge_search, None, _search(reward_attrs=[REWARD, REWARD])) == "2824"
    assert _code(merge_search, None, _search(search_params=[RANGE, RANGE])) == "2826"


def test_what_a_job_leaves_out_is_the_algorithms() -> None:
    algorithm = _algorithm(search={"reward_attrs": [REWARD], "search_params": [RANGE], "algo_configs": [TPE]})
    merged = merge_search(algorithm, AutoSearch.model_validate({"reward_attrs": [{"name": "loss", "mode": "min"}]}))
    assert merged == _search()


@pytest.mark.parametrize(
    "changes",
    [
        {"reward_attrs": [{**REWARD, "name": "acc"}]},
        {"search_params": [{**RANGE, "name": "bs"}]},
        {"algo_configs": [{"name": "anneal_search"}]},
    ],
)
def test_a_job_stays_within_what_its_algorithm_allows(changes: Any) -> None:
    algorithm = _algorithm(search={"reward_attrs": [REWARD], "search_params": [RANGE], "algo_configs": [TPE]})
    assert _code(merge_search, algorithm, _search(**changes)) == "2814"


@pytest.mark.parametrize("part", ["reward_attrs", "search_params", "algo_configs"])
def test_a_search_needs_all_three_parts(part: str) -> None:
    assert _code(merge_search, None, _search(**{part: []})) == "2826"


def test_a_metric_needs_a_regex() -> None:
    assert _code(merge_search, None, _search(reward_attrs=[{"name": "loss"}])) == "2826"


def test_an_ordinary_job_is_read_with_its_algorithms_metric() -> None:
    assert [r.name for r in rewards_of_single_run(_algorithm(search={"reward_attrs": [REWARD]}))] == ["loss"]
    assert _code(rewards_of_single_run, _algorithm()) == "2788"
    assert _code(rewards_of_single_run, None) == "2788"
