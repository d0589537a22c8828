"""Merge a job with its algorithm: the values passed to the program, and the search configuration.

Values go in this order: the algorithm's default, the job's value, and in each trial the searched one. What the job
leaves out of its search configuration is the algorithm's; what it names must be among what the algorithm allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scriptune.messages import Message, did_you_mean
from scriptune.modelarts.errors import refused
from scriptune.modelarts.schemas import AlgorithmBody, AutoSearch, HyperParameter, RewardAttr

__all__ = ["merge_parameters", "merge_search", "rewards_of_single_run"]


@dataclass(frozen=True)
class _Allowed:
    """The names that an algorithm allows; an empty table allows everything."""

    rewards: Mapping[str, RewardAttr]
    params: frozenset[str]
    algorithms: frozenset[str]


def merge_parameters(
    algorithm: AlgorithmBody | None, given: Sequence[HyperParameter] | None, *, searched: Sequence[str] = ()
) -> list[HyperParameter]:
    """The job's hyperparameters: the algorithm's with the job's values, then those added by the job.

    Args:
        algorithm: None when the job names its code itself.
        given: The job's.
        searched: Names that get their values from the search.

    Raises:
        ModelArtsError: A name twice (2767), an unknown or fixed one (2814), one without any value (2766).
    """
    given = given or []
    names = [parameter.name for parameter in given]
    if len(set(names)) < len(names):
        raise refused(2767, Message("modelarts.parameters_repeat", names=names))
    config = algorithm.job_config if algorithm else None
    defined = {p.name: p for p in (config.parameters if config else None) or ()}
    if algorithm is not None and not (config and config.parameters_customization):
        for name in names:
            if name not in defined:
                raise refused(
                    2814,
                    Message("modelarts.no_hyperparameter", name=name, near=did_you_mean(name, defined)),
                    hint=Message("modelarts.define_it"),
                )
    merged = {name: _with_value(parameter, given) for name, parameter in defined.items()}
    merged.update({parameter.name: parameter for parameter in given if parameter.name not in defined})
    for parameter in merged.values():
        required = parameter.constraint is not None and parameter.constraint.required
        if required and parameter.value in (None, "") and parameter.name not in searched:
            raise refused(2766, Message("modelarts.required", name=parameter.name))
    return list(merged.values())


def _with_value(parameter: HyperParameter, given: Sequence[HyperParameter]) -> HyperParameter:
    value = next((other.value for other in given if other.name == parameter.name), None)
    if value is None:
        return parameter
    if parameter.constraint is not None and not parameter.constraint.editable and value != parameter.value:
        raise refused(2814, Message("modelarts.not_editable", name=parameter.name, value=parameter.value, new=value))
    return parameter.model_copy(update={"value": value})


def merge_search(algorithm: AlgorithmBody | None, search: AutoSearch) -> AutoSearch:
    """A job's search configuration, completed from its algorithm's.

    Raises:
        ModelArtsError: It names what the algorithm does not allow (2814), or something is missing (2826).
    """
    offered = algorithm.advanced_config.auto_search if algorithm and algorithm.advanced_config else None
    offered = offered or AutoSearch()
    allowed = _Allowed(
        {reward.name: reward for reward in offered.reward_attrs or ()},
        frozenset(param.name for param in offered.search_params or ()),
        frozenset(config.name for config in offered.algo_configs or ()),
    )
    whole = AutoSearch(
        reward_attrs=[_with_regex(reward, allowed) for reward in search.reward_attrs or offered.reward_attrs or ()],
        search_params=list(search.search_params or offered.search_params or ()),
        algo_configs=list(search.algo_configs or offered.algo_configs or ()),
    )
    for what, names, known in (
        ("modelarts.metric", [r.name for r in whole.reward_attrs or ()], frozenset(allowed.rewards)),
        ("modelarts.search_parameter", [p.name for p in whole.search_params or ()], allowed.params),
        ("modelarts.search_algorithm", [c.name for c in whole.algo_configs or ()], allowed.algorithms),
    ):
        _check_names(what, names, known)
    return whole


def _with_regex(reward: RewardAttr, allowed: _Allowed) -> RewardAttr:
    if reward.regex:
        return reward
    offered = allowed.rewards.get(reward.name)
    if offered is None or not offered.regex:
        raise refused(2826, Message("modelarts.metric_without_regex", name=reward.name))
    return reward.model_copy(update={"regex": offered.regex})


def _check_names(what: str, names: Sequence[str], known: frozenset[str]) -> None:
    if not names:
        raise refused(2826, Message("modelarts.names_none", what=Message(what)))
    if len(set(names)) < len(names):
        raise refused(
            2824 if what == "modelarts.metric" else 2826,
            Message("modelarts.repeats_what", what=Message(what), names=list(names)),
        )
    for name in names:
        if known and name not in known:
            raise refused(
                2814,
                Message(
                    "modelarts.not_in_algorithm",
                    what=Message(what),
                    name=name,
                    near=did_you_mean(name, known),
                    known=sorted(known),
                ),
            )


def rewards_of_single_run(algorithm: AlgorithmBody | None) -> list[RewardAttr]:
    """The metrics of an ordinary training job, from its algorithm's search configuration.

    Raises:
        ModelArtsError: There are none (2788): every job here has a metric.
    """
    search = algorithm.advanced_config.auto_search if algorithm and algorithm.advanced_config else None
    rewards = [reward for reward in (search.reward_attrs if search else None) or () if reward.regex]
    if not rewards:
        raise refused(
            2788,
            Message("modelarts.no_auto_search"),
            hint=Message("modelarts.runs_searches"),
        )
    return rewards
