"""Test problems that need nothing but numpy, with the interface of the larger set.

A problem has ``name``, ``family``, ``space`` (a scriptune.SearchSpace), ``evaluate(params)`` (to be minimised) and
``regret(best)``: (best - y_best) / (y_median_random - y_best), clipped to [0, 1].
"""

from __future__ import annotations

import math
import os
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from scriptune.core.parameters import Bool, Categorical, Float, Int
from scriptune.core.space import Params, SearchSpace

__all__ = ["N_WORST", "Problem", "hashed_seed", "load", "parse_seeds", "random_draws", "select"]

N_RANDOM = 2000  # draws whose median is regret 1
N_WORST = 200  # draws of which the worst one is a bad first point


class Problem:
    """One function to minimise.

    Attributes:
        defaults: Values that a user would have for some of the parameters.
        evaluate_cheaply: The same trained less: fewer epochs or rows; None where that is not possible.
        n_steps: Steps of a training, for problems that have learning curves; else 0.
    """

    defaults: Params = {}  # noqa: RUF012 - never changed
    evaluate_cheaply: Callable[[Params], float] | None = None
    n_steps = 0

    def curve(self, params: Params) -> np.ndarray:
        """The values after each step of a training, for problems that have steps."""
        raise NotImplementedError

    def __init__(
        self, name: str, family: str, space: SearchSpace, evaluate: Callable[[Params], float], y_best: float
    ) -> None:
        self.name, self.family, self.space, self.evaluate, self.y_best = name, family, space, evaluate, y_best
        self._median: float | None = None

    @property
    def y_median_random(self) -> float:
        if self._median is None:
            self._median = float(np.median([self.evaluate(params) for params in random_draws(self.space, N_RANDOM)]))
        return self._median

    def worst_draw(self) -> Params:
        """The worst of 200 random draws, as a bad first point."""
        return max(random_draws(self.space, N_WORST), key=self.evaluate)

    def regret(self, best: float) -> float:
        return min(max((best - self.y_best) / (self.y_median_random - self.y_best), 0.0), 1.0)


def quadratic(d: int, *, sine: float = 0.02) -> Problem:
    """Random centre, squared exponential weights, and a ripple."""
    rng = np.random.default_rng(d)
    centre, weights = rng.uniform(0.1, 0.9, d), rng.exponential(size=d) ** 2

    def evaluate(params: Params) -> float:
        x = np.array([float(params[f"x{j}"]) for j in range(d)])
        return float(weights @ (x - centre) ** 2 + sine * np.sin(20.0 * x - 20.0 * centre).sum() + sine * d)

    space = SearchSpace({f"x{j}": Float(0.0, 1.0) for j in range(d)})
    return Problem(f"quadratic_d{d}", "quadratic", space, evaluate, _polish(evaluate, centre))


def _polish(evaluate: Callable[[Params], float], start: np.ndarray) -> float:
    """The best value of a random descent: a lower bound of what a search can find, for y_best only."""
    rng = np.random.default_rng(0)
    x, best = start, math.inf
    for k in range(6000):
        y = np.clip(x + rng.standard_normal(len(x)) * 0.1 * 0.999**k * (rng.random(len(x)) < 0.5), 0.0, 1.0)
        value = evaluate({f"x{j}": float(v) for j, v in enumerate(y)})
        if value < best:
            x, best = y, value
    return best


def branin() -> Problem:
    def evaluate(p: Params) -> float:
        x, y = float(p["x"]), float(p["y"])
        b, c, t = 5.1 / (4 * math.pi**2), 5 / math.pi, 1 / (8 * math.pi)
        return (y - b * x * x + c * x - 6) ** 2 + 10 * (1 - t) * math.cos(x) + 10

    return Problem("branin", "classic", SearchSpace({"x": Float(-5, 10), "y": Float(0, 15)}), evaluate, 0.397887)


def hartmann6() -> Problem:
    A = np.array(
        [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
    )
    P = 1e-4 * np.array(
        [
            [1312, 1696, 5569, 124, 8283, 5886],
            [2329, 4135, 8307, 3736, 1004, 9991],
            [2348, 1451, 3522, 2883, 3047, 6650],
            [4047, 8828, 8732, 5743, 1091, 381],
        ]
    )
    alpha = np.array([1.0, 1.2, 3.0, 3.2])

    def evaluate(p: Params) -> float:
        x = np.array([float(p[f"x{j}"]) for j in range(6)])
        return -float(alpha @ np.exp(-(A * (x - P) ** 2).sum(axis=1)))

    space = SearchSpace({f"x{j}": Float(0, 1) for j in range(6)})
    return Problem("hartmann6", "classic", space, evaluate, -3.32237)


def mixed() -> Problem:
    """A categorical that shifts the optimum of a log, a whole and a stepped parameter."""
    offsets = {"relu": (-2.0, 40, 0.2), "tanh": (-3.0, 90, 0.35), "gelu": (-2.5, 60, 0.1)}

    def evaluate(p: Params) -> float:
        lr, units, dropout = offsets[str(p["activation"])]
        loss = 0.3 * (math.log10(float(p["lr"])) - lr) ** 2 + 0.5 * math.log(float(p["units"]) / units) ** 2
        return (
            loss
            + 4.0 * (float(p["dropout"]) - dropout) ** 2
            + {"relu": 0.1, "tanh": 0.0, "gelu": 0.05}[str(p["activation"])]
        )

    space = SearchSpace(
        {
            "lr": Float(1e-5, 1.0, log=True),
            "units": Int(4, 512, log=True),
            "dropout": Float(0.0, 0.5, step=0.05),
            "activation": Categorical(["relu", "tanh", "gelu"]),
        }
    )
    return Problem("mixed", "mixed", space, evaluate, 0.0)


def conditional() -> Problem:
    """Branches with parameters of their own; the best one needs its momentum set well."""

    def evaluate(p: Params) -> float:
        x = math.log10(float(p["lr"]))
        depth = int(p["layers"])
        loss = 0.05 * (depth - 4) ** 2
        if p["optimizer"] == "sgd":
            loss += 0.4 * (x + 1.0) ** 2 + 3.0 * (float(p["momentum"]) - 0.9) ** 2 + (0.0 if p["nesterov"] else 0.1)
        elif p["optimizer"] == "adam":
            loss += 0.15 + 0.4 * (x + 3.0) ** 2 + 2.0 * (float(p["beta"]) - 0.95) ** 2
        else:
            loss += 0.4 + 0.2 * (x + 2.0) ** 2
        if depth >= 3:
            loss += 0.3 * math.log(int(p["bottleneck"]) / 24) ** 2
        return loss

    space = SearchSpace(
        {
            "optimizer": Categorical(["sgd", "adam", "rmsprop"]),
            "lr": Float(1e-5, 1.0, log=True),
            "momentum": Float(0.0, 0.99, when={"optimizer": "sgd"}),
            "nesterov": Bool(when={"optimizer": "sgd"}),
            "beta": Float(0.5, 0.999, when={"optimizer": "adam"}),
            "layers": Int(1, 6),
            "bottleneck": Int(4, 128, log=True, when={"layers": [3, 4, 5, 6]}),
        }
    )
    return Problem("conditional", "mixed", space, evaluate, 0.0)


def load(names: str = "") -> list[Problem]:
    """The set that SCRIPTUNE_BENCH_PROBLEMS points to, else the own one.

    Args:
        names: Comma-separated beginnings of problem names to keep; a leading ``-`` drops instead.
    """
    folder = os.environ.get("SCRIPTUNE_BENCH_PROBLEMS")
    problems = (
        _external(Path(folder))
        if folder
        else [quadratic(3), quadratic(6), quadratic(10), branin(), hartmann6(), mixed(), conditional()]
    )
    return select(problems, names)


AnyProblem = TypeVar("AnyProblem", bound=Problem)


def select(problems: Sequence[AnyProblem], names: str) -> list[AnyProblem]:
    """Those whose names begin with one of ``names`` (comma-separated; a leading ``-`` drops instead)."""
    wanted = [name for name in names.split(",") if name]
    keep = tuple(name for name in wanted if not name.startswith("-"))
    drop = tuple(name[1:] for name in wanted if name.startswith("-"))
    return [p for p in problems if (not keep or p.name.startswith(keep)) and not (drop and p.name.startswith(drop))]


def random_draws(space: SearchSpace, n: int) -> list[Params]:
    """Uniform random params, always the same ones."""
    from scriptune.search.encoding import Encoding

    encoding = Encoding(space)
    return [encoding.decode(row) for row in encoding.sample(n, np.random.default_rng(12345))]


def _external(folder: Path) -> list[Problem]:
    """Problems of a folder with a module ``problems`` that has ``load("dev")``.

    Where BENCH_EVAL_PYTHON names an interpreter, the problems are evaluated by it, through ``load_remote("dev")``: the
    environments of some tools hold older packages than the problems need.
    """
    import importlib.util

    spec = importlib.util.spec_from_file_location("external_problems", folder / "problems.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    load_all = module.load_remote if "BENCH_EVAL_PYTHON" in os.environ else module.load
    return [_External(problem) for problem in load_all("dev")]


_LESS = {"lcbench": 12, "xgboost": 0.2}  # of 52 epochs; share of the rows


class _External(Problem):
    def __init__(self, inner: Any) -> None:
        space = SearchSpace({p["name"]: _parameter(p) for p in inner.space})
        self._inner = inner
        super().__init__(inner.name, inner.family, space, inner.evaluate, inner.y_best)
        if inner.family in _LESS:
            self.evaluate_cheaply = lambda params: float(inner.evaluate(params, _LESS[inner.family]))
        self._median = inner.y_median_random
        self.n_steps = inner.max_fidelity if getattr(inner, "fidelity_name", "") == "epoch" else 0

    def curve(self, params: Params) -> np.ndarray:
        """The values after each epoch, for problems with ``n_steps``; the last one is that of `evaluate`."""
        return np.array([self._inner.evaluate(params, step) for step in range(1, self.n_steps + 1)])


def _parameter(p: dict[str, Any]) -> Float | Int | Categorical:
    if p["type"] == "cat":
        return Categorical(p["choices"])
    return (Int if p["type"] == "int" else Float)(p["low"], p["high"], log=p["log"])


def parse_seeds(text: str) -> range:
    """Seeds as written on a command line: ``0-9``, or one."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def hashed_seed(name: str, seed: int) -> int:
    """Seeds that differ between problems: with shared ones a family of problems is close to a single draw."""
    return zlib.crc32(f"{name}#{seed}".encode())
