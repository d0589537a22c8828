"""Constraints: that every suggestion satisfies them, what that costs, and how searches under them converge.

    python benchmarks/constraints.py spaces --samplers tpe,random --spaces 10000
    python benchmarks/constraints.py convergence --samplers auto,tpe --seeds 10 --trials 40 --out results.csv
    python benchmarks/constraints.py convergence --samplers optuna_tpe,optuna_gp ...   in an environment with Optuna
    python benchmarks/constraints.py table results.csv

``rejection:NAME`` is sampler NAME on the space without constraints: what violates them is told as failed, free of
charge, until a proposal satisfies them. Optuna gets its ``constraints_func``; what it proposes outside is a trial like
any other (``optuna_tpe``), or free of charge (``optuna_tpe_free``).
"""

from __future__ import annotations

# ruff: noqa: E402 - numpy reads the numbers of threads when it is imported
import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import csv
import math
import random
import sys
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

_FREE = 50  # rejected proposals in a row, after which a random configuration is taken


# --- every suggestion satisfies its constraints --------------------------------------------------------------


def spaces(names: Sequence[str], n_spaces: int, first: int) -> None:
    """Ask each sampler for five suggestions in each of many random spaces."""
    from random_spaces import random_space
    from scriptune.core.trial import Observation, Phase
    from scriptune.errors import SpaceExhaustedError
    from scriptune.search.registry import make_sampler

    for name in names:
        n = n_violating = n_exhausted = n_fallback = 0
        seconds = 0.0
        slowest = 0.0
        for k in range(first, first + n_spaces):
            space, anchor = random_space(random.Random(k))
            assert space.violated(anchor) is None
            began = time.process_time()
            try:
                sampler = make_sampler(name, space, seed=k, n_trials=5)
                for number in range(5):
                    suggestion = sampler.suggest(number)
                    n += 1
                    n_violating += not space.contains(suggestion.params)
                    n_fallback += suggestion.phase is Phase.FALLBACK
                    value = zlib.crc32(repr(sorted(suggestion.params.items())).encode()) / 2**32
                    sampler.tell(Observation(number, suggestion.params, value))
            except SpaceExhaustedError:
                n_exhausted += 1
            took = time.process_time() - began
            seconds, slowest = seconds + took, max(slowest, took)
        print(
            f"{name}: {n_spaces} spaces, {n} suggestions, {n_violating} violate a constraint, {n_exhausted} spaces "
            f"with fewer than five configurations, {n_fallback} fallbacks, {1e3 * seconds / max(n, 1):.1f} ms of cpu "
            f"per suggestion with the start of the search, slowest search {slowest:.2f} s",
            flush=True,
        )


# --- convergence ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Problem:
    """A function to minimise under constraints.

    Attributes:
        ranges: name -> (low, high, log), or the choices.
        constraints: As in a job file.
        violations: The same for Optuna: at most 0 where they hold.
        best: The smallest value.
        at_border: Whether it is at the border of the feasible set.
    """

    name: str
    ranges: dict[str, Any]
    constraints: list[str]
    violations: Callable[[dict[str, Any]], list[float]]
    value: Callable[[dict[str, Any]], float]
    best: float
    at_border: bool


def _g6(p: dict[str, Any]) -> float:
    return float((p["x"] - 10) ** 3 + (p["y"] - 20) ** 3)


def _branin(p: dict[str, Any]) -> float:
    x, y = p["x"], p["y"]
    return float(
        (y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6) ** 2
        + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x)
        + 10
    )


def _training(p: dict[str, Any]) -> float:
    """A loss that falls with batch size times accumulation up to what memory allows, and has a best learning rate."""
    rate = math.log10(p["lr"]) + 2.5 - 0.2 * math.log2(p["batch"] * p["accumulate"] / 64)
    return float(0.3 * rate**2 + 2.0 / math.log2(4 + p["batch"] * p["accumulate"]) + 0.05 * (p["optimizer"] != "adam"))


def _simplex(p: dict[str, Any]) -> float:
    weights = [p[f"w{k}"] for k in range(5)]
    return float(sum((w - c) ** 2 for w, c in zip(weights, (0.5, 0.4, 0.3, 0.2, 0.1), strict=True)))


def _sphere(p: dict[str, Any]) -> float:
    return float(sum((p[f"x{k}"] - 0.3) ** 2 for k in range(4)))


def _two_rates(p: dict[str, Any]) -> float:
    return float((math.log10(p["lr"]) + 2) ** 2 + (math.log10(p["lr_min"]) + 2.2) ** 2 + (p["momentum"] - 0.9) ** 2)


def _rosenbrock(p: dict[str, Any]) -> float:
    return float((1 - p["x"]) ** 2 + 100 * (p["y"] - p["x"] ** 2) ** 2)


_UNIT = (0.0, 1.0, False)
PROBLEMS = [
    Problem(  # Floudas & Pardalos (1990): a sliver of 7e-5 of the box, best at its tip
        "g06",
        {"x": (13.0, 100.0, False), "y": (0.0, 100.0, False)},
        ["(x - 5) ** 2 + (y - 5) ** 2 >= 100", "(x - 6) ** 2 + (y - 5) ** 2 <= 82.81"],
        lambda p: [100 - (p["x"] - 5) ** 2 - (p["y"] - 5) ** 2, (p["x"] - 6) ** 2 + (p["y"] - 5) ** 2 - 82.81],
        _g6,
        -6961.81388,
        True,
    ),
    Problem(
        "branin_disc",
        {"x": (-5.0, 10.0, False), "y": (0.0, 15.0, False)},
        ["(x - 2.5) ** 2 + (y - 7.5) ** 2 <= 50"],
        lambda p: [(p["x"] - 2.5) ** 2 + (p["y"] - 7.5) ** 2 - 50],
        _branin,
        0.397887,
        False,
    ),
    Problem(
        "memory",
        {"lr": (1e-5, 1e-1, True), "batch": (8, 512, True), "accumulate": (1, 16, True), "optimizer": ["adam", "sgd"]},
        ["batch * accumulate <= 256"],
        lambda p: [p["batch"] * p["accumulate"] - 256],
        _training,
        2.0 / math.log2(260),
        True,
    ),
    Problem(
        "simplex",
        {f"w{k}": _UNIT for k in range(5)},
        ["w0 + w1 + w2 + w3 + w4 <= 1"],
        lambda p: [sum(p.values()) - 1],
        _simplex,
        0.05,
        True,
    ),
    Problem(
        "ordered",
        {f"x{k}": _UNIT for k in range(4)},
        ["x0 <= x1 + 0.1", "x1 <= x2 + 0.1", "x2 <= x3 + 0.1"],
        lambda p: [p[f"x{k}"] - p[f"x{k + 1}"] - 0.1 for k in range(3)],
        _sphere,
        0.0,
        False,
    ),
    Problem(
        "two_rates",
        {"lr": (1e-5, 1.0, True), "lr_min": (1e-6, 1.0, True), "momentum": _UNIT},
        ["lr_min < lr"],
        lambda p: [p["lr_min"] - p["lr"]],
        _two_rates,
        0.0,
        False,
    ),
    Problem(
        "rosenbrock_line",
        {"x": (-1.5, 1.5, False), "y": (-0.5, 2.5, False)},
        ["x + y <= 1", "(x - 1) ** 3 - y + 1 >= 0"],
        lambda p: [p["x"] + p["y"] - 1, -((p["x"] - 1) ** 3 - p["y"] + 1)],
        _rosenbrock,
        math.nan,  # found by a fine grid when it is needed
        True,
    ),
]


def _space(problem: Problem, constraints: Sequence[str]) -> Any:
    from scriptune.core.parameters import Categorical, Float, Int, Parameter
    from scriptune.core.space import SearchSpace

    parameters: dict[str, Parameter] = {}
    for name, range_ in problem.ranges.items():
        if isinstance(range_, list):
            parameters[name] = Categorical(range_)
        else:
            kind = Int if isinstance(range_[0], int) else Float
            parameters[name] = kind(range_[0], range_[1], log=range_[2])
    return SearchSpace(parameters, constraints)


def _is_feasible(problem: Problem, params: dict[str, Any]) -> bool:
    return all(violation <= 0 for violation in problem.violations(params))


def _search(problem: Problem, name: str, seed: int, n_trials: int) -> list[float]:
    """The values of the trials; infinite where one violates a constraint."""
    if name.startswith("optuna"):
        return _optuna(problem, name, seed, n_trials)
    from scriptune.core.trial import Observation
    from scriptune.search.registry import make_sampler

    rejects = name.startswith("rejection:")
    space = _space(problem, [] if rejects else problem.constraints)
    sampler = make_sampler(name.removeprefix("rejection:"), space, seed=seed, n_trials=n_trials, first=())
    rng = random.Random(seed)
    values: list[float] = []
    number = n_free = 0
    while len(values) < n_trials:
        params = dict(sampler.ask(number))
        if rejects and not _is_feasible(problem, params) and n_free < _FREE:
            sampler.tell(Observation(number, params, None))
            n_free += 1
            number += 1
            continue
        if not _is_feasible(problem, params):
            values.append(math.inf)  # what is left of a rejection that never ends
            sampler.tell(Observation(number, params, None))
        else:
            value = problem.value(params) + 1e-12 * rng.random()
            sampler.tell(Observation(number, params, value))
            values.append(value)
        n_free = 0
        number += 1
    return values


def _optuna(problem: Problem, name: str, seed: int, n_trials: int) -> list[float]:
    import warnings

    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")

    def constraints(trial: Any) -> Sequence[float]:
        return list(trial.user_attrs["violations"])

    kind = optuna.samplers.GPSampler if "gp" in name else optuna.samplers.TPESampler
    study = optuna.create_study(sampler=kind(seed=seed, constraints_func=constraints))
    is_free, values, n_free = name.endswith("_free"), [], 0
    while len(values) < n_trials:
        trial = study.ask()
        params: dict[str, Any] = {}
        for key, range_ in problem.ranges.items():
            if isinstance(range_, list):
                params[key] = trial.suggest_categorical(key, range_)
            elif isinstance(range_[0], int):
                params[key] = trial.suggest_int(key, range_[0], range_[1], log=range_[2])
            else:
                params[key] = trial.suggest_float(key, range_[0], range_[1], log=range_[2])
        trial.set_user_attr("violations", problem.violations(params))
        value = problem.value(params)
        study.tell(trial, value)
        is_feasible = _is_feasible(problem, params)
        if is_feasible or not is_free or n_free >= _FREE:
            values.append(value if is_feasible else math.inf)
            n_free = 0
        else:
            n_free += 1
    return values


def convergence(names: Sequence[str], seeds: Sequence[int], n_trials: int, out: Path) -> None:
    """Run searches, and append their best values so far to a table; what it has already is left out."""
    done = set()
    if out.exists():
        with out.open() as file:
            done = {(row[0], row[1], int(row[2])) for row in csv.reader(file)}
    with out.open("a", newline="") as file:
        writer = csv.writer(file)
        for seed in seeds:
            for problem in PROBLEMS:
                for name in names:
                    if (name, problem.name, seed) in done:
                        continue
                    began = time.process_time()
                    values = _search(problem, name, zlib.crc32(f"{problem.name}#{seed}".encode()) % (2**31), n_trials)
                    took = time.process_time() - began
                    best, row = math.inf, []
                    for value in values:
                        best = min(best, value)
                        row.append(f"{best:.8g}")
                    n_outside = sum(math.isinf(value) for value in values)
                    writer.writerow([name, problem.name, seed, n_outside, f"{took / n_trials:.4f}", *row])
                    file.flush()


def table(path: Path) -> None:
    """Print mean regret at 10, 20 and 40 trials: (best - optimum) / (median of feasible draws - optimum)."""
    import numpy as np

    rows: dict[tuple[str, str], list[list[float]]] = defaultdict(list)
    seconds: dict[str, list[float]] = defaultdict(list)
    outside: dict[str, list[float]] = defaultdict(list)
    with path.open() as file:
        for name, problem, _, n_outside, took, *values in csv.reader(file):
            rows[name, problem].append([float(value) for value in values])
            seconds[name].append(float(took))
            outside[name].append(int(n_outside) / len(values))
    scales = {}
    for problem in PROBLEMS:
        space = _space(problem, problem.constraints)
        from scriptune.search.encoding import Encoding

        encoding = Encoding(space)
        drawn = [problem.value(dict(encoding.decode(row))) for row in encoding.sample(20_000, np.random.default_rng(0))]
        known = [min(v[-1] for v in rows[key]) for key in rows if key[1] == problem.name]
        best = min([*known, min(drawn)] if math.isnan(problem.best) else [problem.best])
        scales[problem.name] = best, float(np.median(drawn))
    names = list(dict.fromkeys(name for name, _ in rows))
    print(f"{'':22}" + "".join(f"{p.name:>17}" for p in PROBLEMS) + f"{'mean':>9}{'outside':>9}{'ms':>7}")
    for at in (10, 20, 40):
        for name in names:
            scores = []
            for problem in PROBLEMS:
                best, median = scales[problem.name]
                ends = [
                    min(max((v[at - 1] - best) / (median - best), 0.0), 1.0)
                    for v in rows[name, problem.name]
                    if len(v) >= at
                ]
                scores.append(float(np.mean(ends)) if ends else math.nan)
            cells = "".join(f"{score:17.4f}" for score in scores)
            print(
                f"{at:3} {name:18}{cells}{np.nanmean(scores):9.4f}{np.mean(outside[name]):9.2f}"
                f"{1e3 * np.mean(seconds[name]):7.0f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("spaces")
    one.add_argument("--samplers", default="random,tpe,anneal,grid")
    one.add_argument("--spaces", type=int, default=200)
    one.add_argument("--first", type=int, default=0)
    two = commands.add_parser("convergence")
    two.add_argument("--samplers", default="auto,tpe")
    two.add_argument("--seeds", type=int, default=10)
    two.add_argument("--trials", type=int, default=40)
    two.add_argument("--out", type=Path, required=True)
    three = commands.add_parser("table")
    three.add_argument("path", type=Path)
    given = parser.parse_args()
    if given.command == "spaces":
        spaces(given.samplers.split(","), given.spaces, given.first)
    elif given.command == "convergence":
        convergence(given.samplers.split(","), range(given.seeds), given.trials, given.out)
    else:
        table(given.path)


if __name__ == "__main__":
    main()
