"""The contract of samplers as tests. Needs pytest.

    from scriptune.testing.samplers import SamplerContract

    class TestMine(SamplerContract):
        sampler = "mine"

A sampler of an installed package, or of this one, is named. One that has no name yet is made::

    class TestMine(SamplerContract):
        def make(self, space, seed, **kw):
            return MySampler(space, seed, **kw)

``kw`` may hold ``n_trials`` and ``n_workers``. The class must be at the top level of its module, so that another
process finds it.

The tests ask what `scriptune.search.base` states and nothing else, they know no sampler by its name, and each says in
its docstring what it asks. Two rules are this module's own: an option has a default and says what it does, and a
sampler that learns is not worse than independent draws on Branin's function (`SamplerContract.beats_random`).
"""

from __future__ import annotations

import inspect
import json
import math
import random
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import pytest

from scriptune.core.parameters import Bool, Categorical, Float, Int, Scalar
from scriptune.core.space import Params, SearchSpace, params_key
from scriptune.core.trial import Observation, Phase
from scriptune.errors import SamplerError, SpaceError, SpaceExhaustedError
from scriptune.plugins.options import option_table
from scriptune.search.base import BaseSampler
from scriptune.search.registry import make_sampler

__all__ = ["SPACES", "SamplerContract", "branin", "objective", "run"]

SPACES: dict[str, SearchSpace] = {
    "one_float": SearchSpace({"x": Float(-1.0, 2.0)}),
    "mixed": SearchSpace(
        {
            "lr": Float(1e-5, 1e-1, log=True, default=1e-3),
            "units": Int(1, 512, log=True),
            "dropout": Float(0.0, 0.5, step=0.05),
            "layers": Int(2, 20, step=3),
            "activation": Categorical(["relu", "tanh", 1, 1.0, True]),
            "bias": Bool(),
            "fixed": Float(2.0, 2.0),
            "only": Categorical(["this"]),
        }
    ),
    "conditional": SearchSpace(
        {
            "optimizer": Categorical(["adam", "sgd", "rmsprop"]),
            "lr": Float(1e-5, 1e-1, log=True),
            "momentum": Float(0.0, 0.99, when={"optimizer": ("sgd",)}),
            "nesterov": Bool(when={"optimizer": ("sgd",)}),
            "damping": Float(0.0, 1.0, when={"nesterov": (False,)}),
            "layers": Int(1, 6),
            "width": Int(8, 256, log=True, when={"layers": (3, 4, 5, 6)}),
        }
    ),
    "categories": SearchSpace({f"c{k}": Categorical(["a", "b", "c", "d"]) for k in range(6)}),
    "extreme": SearchSpace(
        {
            "decades": Float(1e-300, 1e300, log=True),
            "wide": Float(-8e307, 8e307),
            "whole": Int(-(2**53), 2**53),
            "off_step": Float(0.0, 1.0, step=0.3),
            "log_step": Int(1, 1000, log=True, step=333),
            "many": Categorical(range(10_000)),
        }
    ),
    "fifty": SearchSpace({f"x{k}": Float(0.0, 1.0) for k in range(50)}),
}
"""Spaces with everything that a job file can say."""

_FINITE = SearchSpace({"a": Int(1, 3), "b": Bool(), "c": Float(0.0, 1.0, step=0.5, when={"b": (True,)})})
_FINITE_SIZE = 12
_BRANIN = SearchSpace({"x": Float(-5.0, 10.0), "y": Float(0.0, 15.0)})
_BRANIN_MINIMUM = 0.397887
_BRANIN_SLACK = 0.3  # a standard error of such a mean over five seeds


def objective(params: Params) -> float:
    """A test objective for any params: smooth in numbers, different for every category."""
    total = 0.0
    for name, value in sorted(params.items()):
        number = float(sum(map(ord, str(value))) % 7) if isinstance(value, str | None) else float(value)
        total += (math.tanh(number / 10.0) - 0.3) ** 2 + 0.01 * len(name)
    return total


def branin(params: Mapping[str, Scalar]) -> float:
    """Branin's function; its minimum is 0.397887."""
    x, y = float(params["x"] or 0), float(params["y"] or 0)
    a = y - 5.1 / (4.0 * math.pi**2) * x * x + 5.0 / math.pi * x - 6.0
    return a * a + 10.0 * (1.0 - 1.0 / (8.0 * math.pi)) * math.cos(x) + 10.0


def run(
    sampler: BaseSampler,
    until: int,
    *,
    told: Sequence[Observation] = (),
    value: Callable[[Params], float | None] = objective,
    workers: int = 1,
) -> list[Observation]:
    """Search until ``until`` trials are told, ``workers`` at a time; returns the told history.

    Trials end in a shuffled order that depends on their numbers only, so that two runs are comparable. The
    search ends early when the sampler says that the space is exhausted.
    """
    history = list(told)
    pending: dict[int, Params] = {}
    number = len(history)
    while len(history) < until:
        while len(pending) < workers and number < until:
            try:
                pending[number] = sampler.ask(number, list(pending.values()))
            except SpaceExhaustedError:
                until = len(history) + len(pending)
                break
            number += 1
        if not pending:
            break
        ended = random.Random(len(history)).choice(sorted(pending))
        observation = Observation(ended, pending.pop(ended), None)
        observation = Observation(ended, observation.params, value(observation.params))
        sampler.tell(observation)
        history.append(observation)
    return history


def _keys(history: Sequence[Observation]) -> list[Any]:
    return [params_key(observation.params) for observation in history]


class SamplerContract:
    """What every sampler passes. Subclass it and set ``sampler``, or overwrite `make`.

    Attributes:
        sampler: A registered name.
        options: Its options.
        beats_random: Whether it learns, and must not be worse than random draws on Branin.
    """

    sampler: ClassVar[str] = ""
    options: ClassVar[dict[str, Any]] = {}
    beats_random: ClassVar[bool] = True

    def make(self, space: SearchSpace, seed: int, **kw: Any) -> BaseSampler:
        """Create a sampler."""
        return make_sampler(self.sampler, space, seed, **kw, **self.options)

    @pytest.mark.parametrize("name", SPACES)
    def test_params_are_legal_and_of_built_in_types(self, name: str) -> None:
        """Params are also on step, inside their bounds, without inactive parameters, and never repeated."""
        space = SPACES[name]
        history = run(self.make(space, 3), 14)
        assert all(space.contains(observation.params) for observation in history)
        assert len(set(_keys(history))) == len(history)

    @pytest.mark.parametrize("name", ["mixed", "conditional"])
    def test_the_same_seed_gives_the_same_search(self, name: str) -> None:
        """Another seed gives another search, unless the sampler is deterministic."""
        assert run(self.make(SPACES[name], 7), 12) == run(self.make(SPACES[name], 7), 12)

    def test_another_process_asks_the_same(self) -> None:
        """Hash randomisation, import order and start-up make no difference."""
        module = inspect.getsourcefile(type(self))
        assert module is not None
        code = (
            "import importlib.util, json, sys\n"
            "from scriptune.testing.samplers import SPACES, run\n"
            f"sys.path[:0] = {[path for path in sys.path if path]!r}\n"
            f"spec = importlib.util.spec_from_file_location('there', {module!r})\n"
            "there = importlib.util.module_from_spec(spec)\n"
            "sys.modules['there'] = there\n"
            "spec.loader.exec_module(there)\n"
            f"sampler = there.{type(self).__qualname__}().make(SPACES['mixed'], 7)\n"
            "print(json.dumps([o.params for o in run(sampler, 10)]))\n"
        )
        printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        here = [observation.params for observation in run(self.make(SPACES["mixed"], 7), 10)]
        assert json.loads(printed) == here

    @pytest.mark.parametrize("name", ["mixed", "conditional"])
    def test_a_restarted_job_asks_what_it_would_have_asked(self, name: str) -> None:
        """Bit for bit, from nothing but the told history, early and late."""
        unbroken = run(self.make(SPACES[name], 7, n_trials=22), 22)
        for at in (2, 15):
            restarted = self.make(SPACES[name], 7, n_trials=22)
            for observation in unbroken[:at]:
                restarted.tell(observation)
            assert run(restarted, 22, told=unbroken[:at]) == unbroken

    def test_a_restarted_parallel_job_asks_what_it_would_have_asked(self) -> None:
        """With trials pending over the restart, and results in another order than their numbers."""
        space = SPACES["conditional"]
        history = run(self.make(space, 5, n_workers=4), 18, workers=4)
        told = history[:12]
        pending = [observation.params for observation in history[12:15]]
        asked = []
        for _ in range(2):
            sampler = self.make(space, 5, n_workers=4)
            for observation in told:
                sampler.tell(observation)
            asked.append(sampler.ask(18, pending))
        assert asked[0] == asked[1]

    @pytest.mark.parametrize("n_workers", [None, 16])
    @pytest.mark.parametrize("n_told", [0, 1, 8])
    def test_sixteen_concurrent_asks_give_sixteen_points(self, n_told: int, n_workers: int | None) -> None:
        """Before the first result, and after some."""
        sampler = self.make(SPACES["mixed"], 1, n_workers=n_workers)
        run(sampler, n_told)
        pending: list[Params] = []
        for number in range(n_told, n_told + 16):
            pending.append(sampler.ask(number, pending))
        assert len({params_key(params) for params in pending}) == 16

    def test_the_order_of_pending_does_not_matter(self) -> None:
        """Pending trials are a set."""
        sampler = self.make(SPACES["mixed"], 1)
        history = run(sampler, 8)
        pending: list[Params] = []
        for number in range(8, 13):
            pending.append(sampler.ask(number, pending))
        assert sampler.ask(13, pending) == sampler.ask(13, pending[::-1]) == sampler.ask(13, pending[2:] + pending[:2])
        assert len(history) == 8

    def test_asking_changes_nothing(self) -> None:
        """A discarded suggestion has no effect."""
        calm, curious = self.make(SPACES["mixed"], 2), self.make(SPACES["mixed"], 2)
        for number, observation in enumerate(run(self.make(SPACES["mixed"], 2), 9)):
            curious.ask(number + 40, [])
            for sampler in (calm, curious):
                sampler.tell(observation)
        assert calm.ask(9) == curious.ask(9)

    @pytest.mark.parametrize(
        "values",
        [
            [None],
            [math.nan, 1.0, None, 0.5],
            [math.inf, -math.inf, 2.0],
            [1.0],
            [1e300, -1e300, 1e299],
            [1.7e308, -1.7e308, None],
            [0.5, 0.4, 1e12, 0.45],
            [1.0, 1.0 + 1e-15, 1.0 - 1e-16],
            [5e-324, 0.0, -0.0],
        ],
        ids=["failures", "nan", "infinities", "equal", "huge", "overflow", "outliers", "rounding", "tiny"],
    )
    @pytest.mark.parametrize("name", ["mixed", "conditional"])
    def test_awkward_values_do_no_harm(self, name: str, values: list[float | None]) -> None:
        """No exception, no warning, no illegal or repeated params, no prediction that is not finite."""
        space = SPACES[name]
        sampler = self.make(space, 11)
        seen = set()
        for number in range(12):
            suggestion = sampler.suggest(number)
            assert space.contains(suggestion.params)
            for figure in (suggestion.mean, suggestion.std, suggestion.acquisition):
                assert figure is None or math.isfinite(figure)
            seen.add(params_key(suggestion.params))
            sampler.tell(Observation(number, suggestion.params, values[number % len(values)]))
        assert len(seen) == 12

    def test_configurations_told_twice_do_no_harm(self) -> None:
        """A user may run the same configuration again, with another result."""
        sampler = self.make(SPACES["mixed"], 1)
        params = sampler.ask(0)
        for number in range(8):
            sampler.tell(Observation(number, params, float(number % 3)))
        assert sampler.ask(8) != params

    @pytest.mark.parametrize("workers", [1, 5])
    def test_a_finite_space_is_exhausted_without_repetition(self, workers: int) -> None:
        """Afterwards the sampler raises an error instead of repeating itself."""
        sampler = self.make(_FINITE, 4)
        history = run(sampler, 40, workers=workers)
        assert len(history) == len(set(_keys(history))) == _FINITE_SIZE
        with pytest.raises(SpaceExhaustedError):
            sampler.ask(_FINITE_SIZE)

    def test_a_space_of_one_configuration_is_proposed_once(self) -> None:
        """The smallest search there is."""
        space = SearchSpace({"x": Float(1.0, 1.0), "c": Categorical(["a"])})
        sampler = self.make(space, 0)
        assert sampler.ask(0) == {"x": 1.0, "c": "a"}
        with pytest.raises(SpaceExhaustedError):
            sampler.ask(1, [{"x": 1.0, "c": "a"}])

    def test_telling_twice_is_refused(self) -> None:
        """Params that do not belong to the space are rejected too."""
        sampler = self.make(SPACES["one_float"], 0)
        params = sampler.ask(0)
        sampler.tell(Observation(0, params, 1.0))
        with pytest.raises(SamplerError, match="Trial 0 has already been told"):
            sampler.tell(Observation(0, params, 2.0))
        with pytest.raises(SpaceError):
            sampler.tell(Observation(1, {"x": 9.0}, 2.0))

    def test_enqueued_params_come_first_and_known_results_are_not_repeated(self) -> None:
        """What `enqueue` and negative numbers are for."""
        sampler = self.make(SPACES["one_float"], 0)
        sampler.tell(Observation(-1, {"x": 0.25}, 0.3))
        sampler.enqueue({"x": 0.5})
        sampler.enqueue({"x": 0.25})
        suggestion = sampler.suggest(0)
        assert (suggestion.params, suggestion.phase) == ({"x": 0.5}, Phase.ENQUEUED)
        sampler.tell(Observation(0, suggestion.params, 0.2))
        assert sampler.ask(1)["x"] not in (0.25, 0.5)

    def test_defaults_are_tried_although_results_are_known(self) -> None:
        """Also when enqueued params took the first number, unless points depend on the number alone."""
        space = SearchSpace({"x": Float(0.0, 1.0, default=0.9), "c": Bool(default=True)})
        sampler = self.make(space, 0)
        for k in range(12):
            sampler.tell(Observation(-1 - k, {"x": k / 20, "c": False}, float(k)))
        assert sampler.ask(0) == {"x": 0.9, "c": True}
        sampler.tell(Observation(0, {"x": 0.85, "c": False}, 0.5))
        assert (sampler.ask(1) == {"x": 0.9, "c": True}) is not sampler.by_number
        assert sampler.ask(1, [{"x": 0.9, "c": True}]) != {"x": 0.9, "c": True}

    def test_options_have_defaults_and_say_what_they_do(self) -> None:
        """Front ends show them, and offer the defaults."""
        options_class = type(self.make(SPACES["one_float"], 0)).options_class
        options_class()
        assert all(option.help for option in option_table(options_class))

    def test_suggestions_say_why(self) -> None:
        """Every suggestion names its sampler and holds a sentence for people."""
        sampler = self.make(SPACES["conditional"], 1)
        for number in range(9):
            suggestion = sampler.suggest(number)
            assert suggestion.sampler
            assert suggestion.note.endswith(".")
            sampler.tell(Observation(number, suggestion.params, objective(suggestion.params)))

    def test_it_is_not_worse_than_random_on_branin(self) -> None:
        """Mean logarithm of the regret after 30 trials, over five seeds."""
        if not self.beats_random:
            return
        histories = [run(self.make(_BRANIN, seed), 30, value=branin) for seed in range(5)]
        ours = _mean_log_regret([[branin(observation.params) for observation in history] for history in histories])
        rng = random.Random(0)
        draws = [[{"x": rng.uniform(-5, 10), "y": rng.uniform(0, 15)} for _ in range(30)] for _ in range(200)]
        assert ours <= _mean_log_regret([[branin(params) for params in one] for one in draws]) + _BRANIN_SLACK


def _mean_log_regret(searches: Sequence[Sequence[float]]) -> float:
    """Mean over searches of the decades between the best value and the minimum of Branin's function."""
    return sum(math.log10(min(values) - _BRANIN_MINIMUM) for values in searches) / len(searches)
