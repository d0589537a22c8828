"""How often results fall into the bands of their predictions, over the problems of `samplers.py`.

    python benchmarks/calibration.py [--sampler auto] [--seeds 0-2] [--trials 20] [--problems=-sk_]

A model that is right about what it does not know has 50 % of them inside its 50 % bands and 90 % inside its 90 % bands.
"""

from __future__ import annotations

# ruff: noqa: E402 - numpy reads the numbers of threads when it is imported
import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import argparse
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from problems import Problem, hashed_seed, load, parse_seeds

from scriptune.analysis.calibration import calibration
from scriptune.core.trial import Observation
from scriptune.search.registry import make_sampler

Predictions = list[tuple[float | None, float | None, float | None]]


def predictions(sampler_name: str, problem: Problem, seed: int, trials: int) -> Predictions:
    """Mean, standard deviation and result of every trial of one search."""
    sampler = make_sampler(sampler_name, problem.space, hashed_seed(problem.name, seed), n_trials=trials)
    made: Predictions = []
    for number in range(trials):
        suggestion = sampler.suggest(number)
        y = float(problem.evaluate(suggestion.params))
        made.append((suggestion.mean, suggestion.std, y))
        sampler.tell(Observation(number, suggestion.params, y))
    return made


def line(label: str, made: Predictions) -> str:
    held = calibration(made)
    if held.within_50 is None or held.within_90 is None:
        return f"{label:24} nothing was predicted"
    return f"{label:24} {held.within_50:6.1%} in 50 %   {held.within_90:6.1%} in 90 %   ({held.n} results)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sampler", default="auto")
    parser.add_argument("--seeds", default="0-2")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--problems", default="", help="comma-separated beginnings of names; -x drops")
    args = parser.parse_args()
    by_group: dict[str, Predictions] = defaultdict(list)
    for problem in load(args.problems):
        for seed in parse_seeds(args.seeds):
            made = predictions(args.sampler, problem, seed, args.trials)
            for group in ("all", problem.family):
                by_group[group] += made
            by_group["all, first half"] += made[: args.trials // 2]
            by_group["all, second half"] += made[args.trials // 2 :]
    for group, made in by_group.items():
        print(line(group, made))


if __name__ == "__main__":
    main()
