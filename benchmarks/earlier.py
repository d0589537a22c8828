"""Earlier searches whose best configuration the next one tries first.

``less``: the same data, trained less (12 of 52 epochs, or a fifth of the rows). ``other``: other data of the same
family. ``mirrored``: that with every parameter mirrored in its range, an adversary.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from problems import Problem, hashed_seed

from scriptune.core.space import Params, SearchSpace
from scriptune.core.trial import Observation
from scriptune.search.encoding import Encoding
from scriptune.search.registry import make_sampler

__all__ = ["EARLIER", "best_of_earlier", "mirrored"]

EARLIER = ("less", "other", "mirrored")
N_EARLIER = 20  # trials of the earlier search


def best_of_earlier(problem: Problem, others: Sequence[Problem], kind: str, seed: int) -> Params:
    """The best configuration of a plain search.

    Args:
        problem: What the next search is about.
        others: Problems of which one is drawn, of the same family and with the same parameters.
        kind: One of `EARLIER`.
        seed: Number of the search.
    """
    evaluate = _cheaper(problem) if kind == "less" else _drawn(problem, others, seed).evaluate
    if kind == "mirrored":
        evaluate = _of_mirrored(problem.space, evaluate)
    sampler = make_sampler("auto", problem.space, hashed_seed(f"{problem.name} earlier", seed), first=())
    results: list[tuple[float, Params]] = []
    for number in range(N_EARLIER):
        params = sampler.ask(number)
        results.append((float(evaluate(params)), params))
        sampler.tell(Observation(number, params, results[-1][0]))
    return min(results, key=lambda result: result[0])[1]


def _cheaper(problem: Problem) -> Callable[[Params], float]:
    cheaper = problem.evaluate_cheaply
    if cheaper is None:
        raise SystemExit(f"{problem.name} cannot be trained less; drop it by --problems.")
    return cheaper


def _drawn(problem: Problem, others: Sequence[Problem], seed: int) -> Problem:
    alike = [one for one in others if one.name != problem.name and one.space == problem.space]
    if not alike:
        raise SystemExit(f"No other problem has the parameters of {problem.name}; drop it by --problems.")
    rng = np.random.default_rng(hashed_seed(f"{problem.name} other", seed))
    return alike[int(rng.integers(len(alike)))]


def _of_mirrored(space: SearchSpace, evaluate: Callable[[Params], float]) -> Callable[[Params], float]:
    return lambda params: evaluate(mirrored(space, params))


def mirrored(space: SearchSpace, params: Params) -> Params:
    """Every number at the other end of its range, and every choice at the other end of its list."""
    encoding = Encoding(space)
    row = encoding.encode(params)
    other_end = np.where(encoding.is_category, encoding.n_choices - 1 - row, 1 - row)
    return encoding.decode(other_end)
