"""Other tools, behind the two methods of our samplers, so that they run in the same benchmark.

    pip install optuna torch hyperopt smac ax-platform HEBO       # those that you want; HEBO 0.3.6 needs numpy 1.24
    python benchmarks/samplers.py --samplers auto,optuna_tpe,hyperopt_tpe --seeds 0-4 --trials 20

Each tool keeps its defaults and gets the space, the seed and the number of trials. Steps and conditions
(``when``) are not told to them: what they suggest is rounded, and what is inactive is dropped before it is evaluated.
First points reach each tool as its documentation says: Optuna's ``enqueue_trial``, what Hyperopt makes of
``points_to_evaluate``, SMAC3's ``tell`` without an ask, Ax's ``attach_trial``, HEBO's ``observe``.
"""

from __future__ import annotations

import importlib
import logging
import math
import random
import tempfile
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from scriptune.core.parameters import Bool, Categorical, Int, Parameter, Scalar
from scriptune.core.space import Params, SearchSpace
from scriptune.core.trial import Observation

__all__ = ["PEERS", "make_peer"]


class Tool(Protocol):
    """What is asked of a tool; several trials may be open at once."""

    def suggest(self, number: int) -> dict[str, Any]:
        """A configuration for trial ``number``, a value for every parameter."""

    def adopt(self, number: int, params: dict[str, Any]) -> None:
        """Take a value for every parameter as trial ``number``, as if the tool had suggested it."""

    def learn(self, number: int, value: float) -> None:
        """The value of a trial that was suggested or adopted, to be minimised."""


class Optuna:
    """Samplers of Optuna, by ask and tell."""

    def __init__(self, space: SearchSpace, seed: int, sampler: str) -> None:
        optuna = importlib.import_module("optuna")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._study = optuna.create_study(sampler=getattr(optuna.samplers, sampler)(seed=seed))
        self.distributions: dict[str, Any] = {}
        for name, p in space.items():
            if isinstance(p, Categorical):
                self.distributions[name] = optuna.distributions.CategoricalDistribution(p.choices)
            elif isinstance(p, Int):
                self.distributions[name] = optuna.distributions.IntDistribution(p.low, p.high, log=p.log)
            else:
                self.distributions[name] = optuna.distributions.FloatDistribution(p.low, p.high, log=p.log)
        self._asked: dict[int, Any] = {}

    def suggest(self, number: int) -> dict[str, Any]:
        self._asked[number] = self._study.ask(self.distributions)
        return dict(self._asked[number].params)

    def adopt(self, number: int, params: dict[str, Any]) -> None:
        self._study.enqueue_trial(params)
        self.suggest(number)

    def learn(self, number: int, value: float) -> None:
        self._study.tell(self._asked.pop(number), value)


class Hyperopt:
    """Hyperopt's suggestion functions on its own store of trials."""

    def __init__(self, space: SearchSpace, seed: int, algorithm: str) -> None:
        self._hyperopt = importlib.import_module("hyperopt")
        base = importlib.import_module("hyperopt.base")
        logging.getLogger("hyperopt").setLevel(logging.WARNING)
        self._suggest = getattr(self._hyperopt, algorithm).suggest
        self._space = {name: self._expression(name, p) for name, p in space.items()}
        self._choices = {name: list(p.choices) for name, p in space.items() if isinstance(p, Categorical)}
        self._whole = {name for name, p in space.items() if isinstance(p, Int)}
        self._trials, self._domain = self._hyperopt.Trials(), base.Domain(lambda _: 0.0, self._space)
        self._done = base.JOB_STATE_DONE
        self._rng = np.random.default_rng(seed)
        self._asked: dict[int, Any] = {}

    def _expression(self, name: str, p: Parameter) -> Any:
        hp = self._hyperopt.hp
        if isinstance(p, Categorical):
            return hp.choice(name, list(p.choices))
        if isinstance(p, Int) and p.log:
            return hp.qloguniform(name, math.log(p.low), math.log(p.high), 1)
        if isinstance(p, Int):
            return hp.quniform(name, p.low, p.high, 1)
        return hp.loguniform(name, math.log(p.low), math.log(p.high)) if p.log else hp.uniform(name, p.low, p.high)

    def suggest(self, number: int) -> dict[str, Any]:
        ids = self._trials.new_trial_ids(1)
        self._trials.refresh()
        (self._asked[number],) = self._suggest(ids, self._domain, self._trials, int(self._rng.integers(2**31 - 1)))
        drawn = {name: v[0] for name, v in self._asked[number]["misc"]["vals"].items() if v}
        params = self._hyperopt.space_eval(self._space, drawn)
        return {name: int(value) if name in self._whole else value for name, value in params.items()}

    def adopt(self, number: int, params: dict[str, Any]) -> None:
        (tid,) = self._trials.new_trial_ids(1)
        # Its store holds the position of a choice.
        drawn = {n: self._choices[n].index(value) if n in self._choices else value for n, value in params.items()}
        self._asked[number] = importlib.import_module("hyperopt.fmin").generate_trial(tid, drawn)

    def learn(self, number: int, value: float) -> None:
        document = self._asked.pop(number)
        document |= {"state": self._done, "result": {"status": self._hyperopt.STATUS_OK, "loss": value}}
        self._trials.insert_trial_docs([document])
        self._trials.refresh()


def _never_run(config: object, seed: int = 0) -> float:
    """SMAC3 wants the function although it is asked and told."""
    raise AssertionError(f"{config} with seed {seed} was to be run")


_SMAC_SEED = 0  # that of all runs of a deterministic scenario


class Smac:
    """SMAC3's facade for hyperparameter optimisation."""

    def __init__(self, space: SearchSpace, seed: int, n_trials: int) -> None:
        smac, configspace = importlib.import_module("smac"), importlib.import_module("ConfigSpace")
        runs = importlib.import_module("smac.runhistory.dataclasses")
        self._value, self._info, self._configuration = runs.TrialValue, runs.TrialInfo, configspace.Configuration
        whole = configspace.ConfigurationSpace(seed=seed)
        for name, p in space.items():
            if isinstance(p, Categorical):
                whole.add(configspace.Categorical(name, p.choices))
            else:
                kind = configspace.Integer if isinstance(p, Int) else configspace.Float
                whole.add(kind(name, (p.low, p.high), log=p.log))
        self._whole = whole
        self._folder = tempfile.TemporaryDirectory()  # SMAC3 writes a log of its runs
        scenario = smac.Scenario(
            whole, deterministic=True, n_trials=n_trials, seed=seed, output_directory=self._folder.name
        )
        self._facade = smac.HyperparameterOptimizationFacade(scenario, _never_run, overwrite=True, logging_level=False)
        self._asked: dict[int, Any] = {}

    def suggest(self, number: int) -> dict[str, Any]:
        self._asked[number] = self._facade.ask()
        return dict(self._asked[number].config)

    def adopt(self, number: int, params: dict[str, Any]) -> None:
        self._asked[number] = self._info(self._configuration(self._whole, params), seed=_SMAC_SEED)

    def learn(self, number: int, value: float) -> None:
        info = self._asked.pop(number)
        self._facade.tell(info, self._value(cost=value), save=False)


class Ax:
    """Ax's client with the generation strategy that it calls fast, its default."""

    def __init__(self, space: SearchSpace, seed: int) -> None:
        configs, torch = importlib.import_module("ax.api.configs"), importlib.import_module("torch")
        logging.getLogger("ax").setLevel(logging.ERROR)
        torch.manual_seed(seed)
        np.random.seed(seed)  # Ax draws from the global generator
        self._names = {f"p{k}": name for k, name in enumerate(space)}  # Ax wants identifiers
        parameters = []
        for alias, name in self._names.items():
            p = space[name]
            if isinstance(p, Categorical):
                kind = "bool" if isinstance(p, Bool) else "str"
                parameters.append(
                    configs.ChoiceParameterConfig(name=alias, values=list(p.choices), parameter_type=kind)
                )
            else:
                parameters.append(
                    configs.RangeParameterConfig(
                        name=alias,
                        bounds=(p.low, p.high),
                        parameter_type="int" if isinstance(p, Int) else "float",
                        scaling="log" if p.log else "linear",
                    )
                )
        self._client = importlib.import_module("ax.api.client").Client()
        self._client.configure_experiment(parameters=parameters)
        self._client.configure_optimization(objective="-loss")
        self._client.configure_generation_strategy(method="fast", initialization_random_seed=seed)
        self._asked: dict[int, int] = {}

    def suggest(self, number: int) -> dict[str, Any]:
        ((self._asked[number], drawn),) = self._client.get_next_trials(max_trials=1).items()
        return {name: drawn[alias] for alias, name in self._names.items()}

    def adopt(self, number: int, params: dict[str, Any]) -> None:
        self._asked[number] = self._client.attach_trial({alias: params[name] for alias, name in self._names.items()})

    def learn(self, number: int, value: float) -> None:
        index = self._asked.pop(number)
        self._client.complete_trial(trial_index=index, raw_data={"loss": value})


class Hebo:
    """HEBO with its default surrogate."""

    def __init__(self, space: SearchSpace, seed: int) -> None:
        torch = importlib.import_module("torch")
        random.seed(seed)
        np.random.seed(seed)  # HEBO draws from the global generators
        torch.manual_seed(seed)
        rows = []
        for name, p in space.items():
            if isinstance(p, Categorical):
                rows.append({"name": name, "type": "cat", "categories": list(p.choices)})
            else:
                kind = ("pow_int" if p.log else "int") if isinstance(p, Int) else ("pow" if p.log else "num")
                rows.append({"name": name, "type": kind, "lb": p.low, "ub": p.high} | ({"base": 10} if p.log else {}))
        design = importlib.import_module("hebo.design_space.design_space").DesignSpace().parse(rows)
        self._hebo = importlib.import_module("hebo.optimizers.hebo").HEBO(design, scramble_seed=seed)
        self._asked: dict[int, Any] = {}

    def suggest(self, number: int) -> dict[str, Any]:
        self._asked[number] = self._hebo.suggest(n_suggestions=1)
        return dict(self._asked[number].iloc[0])

    def adopt(self, number: int, params: dict[str, Any]) -> None:
        self._asked[number] = importlib.import_module("pandas").DataFrame([params])

    def learn(self, number: int, value: float) -> None:
        self._hebo.observe(self._asked.pop(number), np.array([[value]]))


PEERS: dict[str, Callable[[SearchSpace, int, int], Tool]] = {
    "optuna_tpe": lambda space, seed, _: Optuna(space, seed, "TPESampler"),
    "optuna_gp": lambda space, seed, _: Optuna(space, seed, "GPSampler"),
    "hyperopt_tpe": lambda space, seed, _: Hyperopt(space, seed, "tpe"),
    "hyperopt_anneal": lambda space, seed, _: Hyperopt(space, seed, "anneal"),
    "smac3": Smac,
    "ax": lambda space, seed, _: Ax(space, seed),
    "hebo": lambda space, seed, _: Hebo(space, seed),
}


class Peer:
    """A tool with the methods of our samplers.

    Args:
        tool: The tool.
        space: What to search.
        first: Params of its first trials.
    """

    def __init__(self, tool: Tool, space: SearchSpace, first: Sequence[Params] = ()) -> None:
        self._tool, self._space, self._first = tool, space, first

    def ask(self, number: int, _pending: Sequence[Params] = ()) -> Params:
        """Params for trial ``number``, on the steps of the space and without what its conditions switch off."""
        if number < len(self._first):
            params = dict(self._first[number])
            self._tool.adopt(number, {name: params.get(name, _middle(p)) for name, p in self._space.items()})
            return params
        params = self._tool.suggest(number)
        for name, p in self._space.items():
            if isinstance(p, Categorical):
                params[name] = p.choices[list(p.choices).index(params[name])]  # some tools give numpy's strings
            else:
                params[name] = p.round(float(params[name]))
        return self._space.prune(params)

    def tell(self, observation: Observation) -> None:
        """The value of a trial that was asked for, to be minimised."""
        assert observation.value is not None
        self._tool.learn(observation.number, float(observation.value))


def _middle(p: Parameter) -> Scalar:
    """A value for a parameter that is switched off, as the tools want one for each."""
    if isinstance(p, Categorical):
        return p.choices[0]
    return p.round(math.sqrt(p.low * p.high) if p.log else (p.low + p.high) / 2)


def make_peer(name: str, space: SearchSpace, seed: int, n_trials: int, first: Sequence[Params] = ()) -> Peer:
    """The tool called ``name`` in PEERS, with a seed below 2**32, which tries ``first`` before anything of its own.

    Raises:
        SystemExit: The tool is not installed here.
    """
    warnings.simplefilter("ignore")  # of the tools, about their own future
    try:
        return Peer(PEERS[name](space, seed % 2**31, n_trials), space, first)
    except ImportError as error:
        raise SystemExit(f"{name} cannot run here: {error}. Install the tool into this environment first.") from error
