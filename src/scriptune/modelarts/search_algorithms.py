"""The search algorithms by their ModelArts names: their listing, and the meaning of a job's ``algo_configs``.

The three of ModelArts have its documented defaults, whatever our samplers' own are; anyone who names ``tpe_search``
gets 20 random trials first. Our other samplers are listed beside them under names made alike, with their own defaults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from scriptune.errors import MissingExtraError
from scriptune.messages import Message, did_you_mean
from scriptune.modelarts.errors import refused
from scriptune.modelarts.schemas import AlgoConfig
from scriptune.plugins.options import OptionInfo
from scriptune.search.registry import SAMPLER_REGISTRY

__all__ = ["SEARCH_ALGORITHMS", "Search", "SearchAlgorithm", "algorithm_listing", "read_search"]

_NUM_SAMPLES = 20
_SEED = 1
_MAX_CONCURRENT = "max_concurrent"  # of the YAML form; the REST form has no key for it
_TYPES = {"int": "Integer", "float": "Float", "str": "String", "bool": "Boolean"}


@dataclass(frozen=True)
class SearchAlgorithm:
    """One search algorithm.

    Attributes:
        sampler: Its name in scriptune.
        description: Description to display.
        defaults: Documented defaults of options, where they are not our own.
    """

    sampler: str
    description: str
    defaults: Mapping[str, Any] = field(default_factory=dict)


SEARCH_ALGORITHMS: Mapping[str, SearchAlgorithm] = MappingProxyType(
    {
        "bayes_opt_search": SearchAlgorithm(
            "bayes",
            "Bayesian optimization with Gaussian processes; for few, expensive trials.",
            MappingProxyType({"kind": "ucb", "kappa": 2.5, "xi": 0.0}),
        ),
        "tpe_search": SearchAlgorithm(
            "tpe",
            "Tree-structured Parzen estimator: proposes where good trials are dense and the others are not.",
            MappingProxyType({"gamma": 0.25, "n_initial_points": 20}),
        ),
        "anneal_search": SearchAlgorithm(
            "anneal",
            "Simulated annealing: small steps around good trials, smaller as trials accumulate.",
            MappingProxyType({"avg_best_idx": 2.0, "shrink_coef": 0.1}),
        ),
        "auto_search": SearchAlgorithm(
            "auto", "The best of our samplers for the job: Bayesian optimisation, and TPE once trials are many."
        ),
        "smac_search": SearchAlgorithm(
            "smac", "Bayesian optimisation with a random forest; for many discrete hyperparameters."
        ),
        "random_search": SearchAlgorithm("random", "Evenly scattered random values; the baseline."),
        "grid_search": SearchAlgorithm("grid", "Every combination of a few values of each hyperparameter."),
    }
)


@dataclass(frozen=True)
class Search:
    """The settings in ``algo_configs``.

    Attributes:
        section: ``search`` of a job file.
        parallel: Trials at once; None: not said.
    """

    section: Mapping[str, Any]
    parallel: int | None


def algorithm_listing() -> list[dict[str, Any]]:
    """The ``search_algo_list`` of the answer; algorithms whose extra is not installed are left out."""
    rows = []
    for name, algorithm in SEARCH_ALGORITHMS.items():
        try:
            options = SAMPLER_REGISTRY.options(algorithm.sampler)
        except MissingExtraError:
            continue
        params = [_row(option.name, _default(algorithm, option), _TYPES[option.type]) for option in options]
        params.append(_row("num_samples", _NUM_SAMPLES, "Integer"))
        params.append(_row("seed", _SEED, "Integer"))
        rows.append({"name": name, "description": algorithm.description, "params": params})
    return rows


def _row(key: str, value: Any, kind: str) -> dict[str, str]:
    # A sampler that chooses for itself has no default; an empty text means "not given" in `read_search` too.
    return {"key": key, "value": "" if value is None else str(value), "type": kind}


def _default(algorithm: SearchAlgorithm, option: OptionInfo) -> Any:
    return algorithm.defaults.get(option.name, option.default)


def read_search(configs: Sequence[AlgoConfig]) -> Search:
    """Parse the search algorithm of a job, with every default filled in.

    Raises:
        ModelArtsError: None or several algorithms, an unknown one, an unknown option or a value of the wrong type.
        SamplerError: Our sampler cannot be used.
    """
    if len(configs) != 1:
        names = [config.name for config in configs]
        raise refused(
            2826, Message("modelarts.one_algorithm", names=names) if names else Message("modelarts.no_algorithm")
        )
    config = configs[0]
    algorithm = SEARCH_ALGORITHMS.get(config.name)
    if algorithm is None:
        raise refused(
            2826,
            Message(
                "modelarts.no_search_algorithm",
                name=config.name,
                near=did_you_mean(config.name, SEARCH_ALGORITHMS),
                known=list(SEARCH_ALGORITHMS),
            ),
        )
    options = {option.name: option for option in SAMPLER_REGISTRY.options(algorithm.sampler)}
    known_keys = ("num_samples", "seed", _MAX_CONCURRENT, *options)
    given: dict[str, Any] = {}
    for param in config.params or ():
        if param.key not in known_keys:
            raise refused(
                2826,
                Message(
                    "modelarts.no_option",
                    name=config.name,
                    key=param.key,
                    near=did_you_mean(param.key, known_keys),
                    known=list(known_keys),
                ),
            )
        if param.value not in (None, ""):
            kind = options[param.key].type if param.key in options else "int"
            given[param.key] = _convert(config.name, param.key, str(param.value), kind)
    parallel = given.pop(_MAX_CONCURRENT, None)
    section = {
        "sampler": algorithm.sampler,
        "trials": given.pop("num_samples", _NUM_SAMPLES),
        "seed": given.pop("seed", _SEED),
        "options": _whole(algorithm, {**algorithm.defaults, **given}),
    }
    return Search(section, parallel)


def _whole(algorithm: SearchAlgorithm, options: Mapping[str, Any]) -> dict[str, Any]:
    # ModelArts allows 0 here; the first trial comes before any model in either case.
    if algorithm.sampler == "tpe" and options.get("n_initial_points") == 0:
        return {**options, "n_initial_points": 1}
    return dict(options)


def _convert(algorithm: str, key: str, text: str, kind: str) -> Any:
    try:
        if kind == "int":
            # "20.0" is what spreadsheets and JavaScript make of 20.
            number = float(text)
            if number != int(number):
                raise ValueError
            return int(text) if text.strip().lstrip("+-").isdigit() else int(number)
        if kind == "float":
            return float(text)
        if kind == "bool":
            return {"true": True, "false": False}[text.strip().lower()]
    except (ValueError, KeyError, OverflowError) as err:
        raise refused(
            2826, Message("modelarts.bad_option", algorithm=algorithm, key=key, text=text, kind=_TYPES[kind])
        ) from err
    return text
