"""Draw the convergence plots of these pages.

    python docs/algorithms/plots.py                    # all samplers, 10 seeds, 50 trials; some minutes
    python docs/algorithms/plots.py tpe anneal --seeds 5

The functions are those of ``benchmarks/problems.py`` that need no data: three quadratics with a ripple (3, 6 and 10
dimensions), Branin, Hartmann 6, a mixed and a conditional space. Drawn is the mean regret over functions and seeds (0 =
optimum, 1 = a median random configuration) with twice its standard error over the seeds. Needs matplotlib.
"""

from __future__ import annotations

# ruff: noqa: E402 - numpy reads the numbers of threads when it is imported
import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ.pop("SCRIPTUNE_BENCH_PROBLEMS", None)

import argparse
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("svg")
import matplotlib.pyplot as plt

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent / "benchmarks"))
from problems import Problem, hashed_seed, load

from scriptune.core.trial import Observation
from scriptune.errors import SpaceExhaustedError
from scriptune.search.registry import SAMPLERS, make_sampler

BASELINE = "random"


def curve(sampler: str, problem: Problem, seed: int, trials: int) -> np.ndarray:
    """Regret of the best so far after each trial of one search, shape (trials,)."""
    own = make_sampler(sampler, problem.space, hashed_seed(problem.name, seed), n_trials=trials)
    best, regrets = np.inf, []
    for number in range(trials):
        try:
            params = own.ask(number)
        except SpaceExhaustedError:  # a grid ends
            return np.array([*regrets, *regrets[-1:] * (trials - number)])
        value = float(problem.evaluate(params))
        own.tell(Observation(number, params, value))
        best = min(best, value)
        regrets.append(problem.regret(best))
    return np.array(regrets)


def curves(sampler: str, seeds: int, trials: int) -> np.ndarray:
    """Mean regret over the functions, one row per seed, shape (seeds, trials)."""
    problems = load()
    return np.array(
        [np.mean([curve(sampler, problem, seed, trials) for problem in problems], axis=0) for seed in range(seeds)]
    )


def draw(sampler: str, by_sampler: dict[str, np.ndarray], path: Path) -> None:
    """One sampler against random search."""
    # Without salt and date the file would differ with every run.
    mpl.rcParams.update({"svg.hashsalt": "scriptune", "font.size": 10, "svg.fonttype": "none"})
    figure, axes = plt.subplots(figsize=(6.0, 3.4), layout="constrained")
    for name, colour in ((BASELINE, "0.55"), (sampler, "tab:blue")):
        rows = by_sampler[name]
        mean, error = rows.mean(axis=0), rows.std(axis=0, ddof=1) / np.sqrt(len(rows))
        x = np.arange(1, len(mean) + 1)
        axes.plot(x, mean, color=colour, label=name)
        axes.fill_between(x, np.maximum(mean - 2 * error, 1e-4), mean + 2 * error, color=colour, alpha=0.2, linewidth=0)
        if sampler == BASELINE:
            break
    axes.set(xlabel="trials", ylabel="mean regret of the best so far", yscale="log", xlim=(1, None))
    axes.grid(alpha=0.3, which="both")
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the convergence plots of the algorithm pages.")
    parser.add_argument("samplers", nargs="*", default=[*SAMPLERS], help="names; default: all")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=50)
    arguments = parser.parse_args()
    folder = HERE / "plots"
    folder.mkdir(exist_ok=True)
    wanted = list(dict.fromkeys([BASELINE, *arguments.samplers]))
    by_sampler: dict[str, np.ndarray] = {}
    for name in wanted:
        by_sampler[name] = curves(name, arguments.seeds, arguments.trials)
        mean = by_sampler[name].mean(axis=0)
        marks = "  ".join(f"@{n} {mean[n - 1]:.3f}" for n in (5, 10, 20, 50) if n <= arguments.trials)
        print(f"{name:8} {marks}", flush=True)
        if name in arguments.samplers:
            draw(name, by_sampler, folder / f"{name}.svg")


if __name__ == "__main__":
    main()
