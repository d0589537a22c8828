"""Early stopping on a simulated clock: the product's rules and samplers, learning curves of a table, no processes.

    SCRIPTUNE_BENCH_PROBLEMS=FOLDER python benchmarks/stopping.py [--policies none,model] [--seeds 0-2] [--workers 1]
        [--budget 1040] [--variant clean] [--out FOLDER]
    python benchmarks/stopping.py --table --out FOLDER [--variant clean] [--workers 1]

A step costs 1, a slot runs one trial. Regret is that of the best *completed* trial by its final value, at equal total
steps. Each policy is compared with ``none``, the same sampler on the same seeds without stopping: d is the paired
difference of regrets with its standard error over seeds of means over problems, x the steps that ``none`` needs for the
same regret divided by the steps spent.

Policies: a rule, then what differs from the product's defaults, as ``model+audit=0+tell=last``; ``tell`` is what the
sampler is told of a trial that was stopped: ``rungs`` (the product), ``last`` (its last value as if final), ``true``
(its true final value, which no one can know). ``optuna_median`` and ``optuna_asha`` are Optuna's default sampler with
its pruners, asked at every step.

Variants, joined by ``+``: ``noise0.1`` (of the range, at every report), ``cross`` (a step decay at 60 % reverses the
order), ``worse`` (a bump of random height first), ``few3`` (three reports).
"""

from __future__ import annotations

# ruff: noqa: E402 - numpy reads the numbers of threads when it is imported
import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import argparse
import heapq
import importlib
import json
import math
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from peers import Optuna
from problems import Problem, hashed_seed, load, parse_seeds

from scriptune.core.decision import Decision
from scriptune.core.space import Params
from scriptune.core.trial import Observation
from scriptune.search.base import BaseSampler
from scriptune.search.levels import told_rungs
from scriptune.search.registry import make_sampler
from scriptune.search.stopping.comparison import ComparingRule
from scriptune.search.stopping.registry import make_stopping_rule

_MARKS = (520, 1040, 2080)


@dataclass
class Training:
    """One trial: its curve, and how much of it was run."""

    number: int
    params: Params
    steps: list[int]
    values: list[float]
    true: float
    n: int = 0  # reports so far
    state: str = "running"
    rungs: dict[float, float] = field(default_factory=dict)

    @property
    def step(self) -> int:
        return self.steps[self.n - 1] if self.n else 0


class Policy(Protocol):
    """What the simulation asks."""

    def new(self, number: int, trainings: Sequence[Training]) -> Params:
        """Params for a free slot."""

    def next_look(self, training: Training) -> int:
        """How many reports the training will have when something is to be decided."""

    def goes_on(self, training: Training) -> bool:
        """Whether a running training continues after the report that it has just made."""

    def ended(self, training: Training) -> None:
        """A training was completed or stopped."""


class Ours:
    """A rule and a sampler of this package."""

    def __init__(self, problem: Problem, seed: int, workers: int, budget: float, rule: str, **options: Any) -> None:
        tell, sampler = options.pop("tell", "rungs"), options.pop("sampler", "auto")
        self._tell = tell
        self._sampler: BaseSampler = make_sampler(
            sampler, problem.space, seed, n_trials=math.ceil(budget / problem.n_steps), n_workers=workers
        )
        self._sampler.max_step = problem.n_steps
        self.rule = make_stopping_rule(rule, max_step=problem.n_steps, seed=seed, **options)
        self._told = told_rungs(self.rule.rungs)

    def new(self, number: int, trainings: Sequence[Training]) -> Params:
        running = [training for training in trainings if training.state == "running"]
        partial = [self._observation(training) for training in running if training.rungs and self._tell == "rungs"]
        return self._sampler.ask(number, [training.params for training in running], partial)

    def next_look(self, training: Training) -> int:
        for n in range(training.n + 1, len(training.steps)):
            before = training.steps[n - 2] if n > 1 else 0
            if any(before < rung <= training.steps[n - 1] for rung in self.rule.rungs):
                return n
        return len(training.steps)

    def goes_on(self, training: Training) -> bool:
        value = training.values[training.n - 1]
        reached = [rung for rung in self._told if rung <= training.step and rung not in training.rungs]
        training.rungs |= dict.fromkeys(reached, value)
        decision = self.rule.record(training.number, training.step, value, protected=training.number == 0)
        return decision is Decision.CONTINUE

    def ended(self, training: Training) -> None:
        is_done = training.state == "done"
        if is_done and isinstance(self.rule, ComparingRule):
            self.rule.learn_final(training.number, training.values[-1])
        self.rule.finish(training.number, training.step, is_done)
        self._sampler.tell(self._observation(training))

    def _observation(self, training: Training) -> Observation:
        last = training.values[training.n - 1]
        if self._tell == "last" or not self.rule.rungs:
            return Observation(training.number, training.params, last)
        if self._tell == "true":
            return Observation(training.number, training.params, training.true)
        rungs = tuple(training.rungs.items())
        return Observation(training.number, training.params, last, rungs, training.state == "done")


class OptunaPruner:
    """Optuna's default sampler with one of its pruners."""

    def __init__(self, problem: Problem, seed: int, workers: int, budget: float, pruner: str) -> None:  # noqa: ARG002
        optuna = importlib.import_module("optuna")
        makers = {"median": optuna.pruners.MedianPruner, "asha": optuna.pruners.SuccessiveHalvingPruner}
        self._optuna = optuna
        self._distributions = Optuna(problem.space, seed, "TPESampler").distributions
        self._study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed), pruner=makers[pruner]())
        self._asked: dict[int, Any] = {}

    def new(self, number: int, trainings: Sequence[Training]) -> Params:  # noqa: ARG002
        self._asked[number] = self._study.ask(self._distributions)
        return dict(self._asked[number].params)

    def next_look(self, training: Training) -> int:
        return training.n + 1

    def goes_on(self, training: Training) -> bool:
        trial = self._asked[training.number]
        trial.report(training.values[training.n - 1], training.step)
        return not trial.should_prune()

    def ended(self, training: Training) -> None:
        trial = self._asked[training.number]
        if training.state == "done":
            trial.report(training.values[-1], training.step)
            self._study.tell(trial, training.values[-1])
        else:
            self._study.tell(trial, state=self._optuna.trial.TrialState.PRUNED)


def make_policy(name: str, problem: Problem, seed: int, workers: int, budget: float) -> Policy:
    """A policy by the name that the command line gives."""
    rule, *changes = name.split("+")
    if rule.startswith("optuna_"):
        return OptunaPruner(problem, seed, workers, budget, rule.removeprefix("optuna_"))
    options = dict(change.split("=") for change in changes)
    return Ours(problem, seed, workers, budget, rule, **{key: _typed(value) for key, value in options.items()})


def _typed(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def varied(problem: Problem, params: Params, variant: str, seed: int) -> tuple[list[int], list[float], float]:
    """Steps, values and true final value of a training."""
    y = problem.curve(params)
    true, T = float(y[-1]), len(y)
    R = problem.y_median_random - problem.y_best
    rng = np.random.default_rng([zlib.crc32(repr(sorted(params.items())).encode()), seed])
    t = steps = np.arange(1, T + 1)
    for part in variant.split("+"):
        if part.startswith("noise"):
            y = y + float(part.removeprefix("noise")) * R * rng.standard_normal(T)
        elif part == "cross":  # a step decay: a high learning rate looks bad until then
            lr = (math.log(float(params["learning_rate"])) - math.log(1e-4)) / math.log(1e3)
            y = y + 0.8 * R * lr * (t < 0.6 * T)
        elif part == "worse":  # it gets worse first: a bump of random height with its peak at 6 % to 25 %
            peak, height = T * rng.uniform(0.06, 0.25), R * rng.uniform(0.5, 2.0)
            y = y + height * (t / peak) * np.exp(1.0 - t / peak) * (t < T)
        elif part.startswith("few"):
            k = int(part.removeprefix("few"))
            steps = np.unique(np.round(np.arange(1, k + 1) * T / k).astype(int))
    return steps.tolist(), y[steps - 1].tolist(), true


def simulate(
    problem: Problem, policy: Policy, budget: float, workers: int, variant: str, seed: int
) -> tuple[list[tuple[float, float]], dict[str, Any]]:
    """One search: (steps spent, true final value of the best completed trial) whenever one completes, and figures."""
    trainings: list[Training] = []
    queue: list[tuple[float, int, int]] = []  # time, order, trial
    best: Training | None = None
    trace: list[tuple[float, float]] = []
    asked: list[float] = []

    def go_on(training: Training, now: float) -> None:
        before = training.step
        training.n = policy.next_look(training)
        heapq.heappush(queue, (now + training.step - before, training.number, training.number))

    def start(now: float) -> None:
        began = time.process_time()
        params = policy.new(len(trainings), trainings)
        asked.append(time.process_time() - began)
        training = Training(len(trainings), params, *varied(problem, params, variant, seed))
        trainings.append(training)
        go_on(training, now)

    for _ in range(workers):
        start(0.0)
    while queue:
        now, _, number = heapq.heappop(queue)
        if now * workers > budget + 1e-9:
            break
        training = trainings[number]
        if training.n < len(training.steps) and policy.goes_on(training):
            go_on(training, now)
            continue
        training.state = "done" if training.n == len(training.steps) else "stopped"
        policy.ended(training)
        if training.state == "done" and (best is None or training.values[-1] < best.values[-1]):
            best = training
        trace.append((now * workers, math.inf if best is None else best.true))
        start(now)
    ended = [training for training in trainings if training.state != "running"]
    winner = min(ended, key=lambda training: training.true)
    R = problem.y_median_random - problem.y_best
    lost = 0.0 if best is None else max(0.0, best.true - winner.true) / R
    return trace, {
        "trials": len(ended),
        "done": sum(training.state == "done" for training in ended),
        "false": winner.state == "stopped",
        "loss": lost,
        "ask_ms": round(1000 * float(np.median(asked)), 1),
    }


@cache
def _problems() -> dict[str, Problem]:
    return {problem.name: problem for problem in load() if problem.n_steps}


def run(names: Sequence[str], seeds: Sequence[int], workers: int, budget: float, variant: str, out: Path) -> None:
    """Run what is not in the folder yet, seed by seed; one JSON line a search."""
    out.mkdir(parents=True, exist_ok=True)
    done = {
        (row["policy"], row["problem"], row["seed"]) for row in _rows(out, workers, variant) if row["budget"] >= budget
    }
    with (out / _file_name(workers, variant)).open("a") as file:
        for seed in seeds:
            for name in names:
                for problem in _problems().values():
                    if (name, problem.name, seed) in done:
                        continue
                    hashed = hashed_seed(problem.name, seed)
                    policy = make_policy(name, problem, hashed, workers, budget)
                    trace, figures = simulate(problem, policy, budget, workers, variant, hashed)
                    regrets = [(round(at, 1), round(problem.regret(y), 5)) for at, y in trace]
                    row = {"policy": name, "problem": problem.name, "seed": seed, "budget": budget, "trace": regrets}
                    file.write(json.dumps(row | figures) + "\n")
                    file.flush()


def _file_name(workers: int, variant: str) -> str:
    return f"w{workers}_{variant}.jsonl"


def _rows(out: Path, workers: int, variant: str) -> list[dict[str, Any]]:
    path = out / _file_name(workers, variant)
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _at(row: dict[str, Any], mark: float) -> float:
    reached = [regret for at, regret in row["trace"] if at <= mark + 1e-6]
    return float(reached[-1]) if reached else 1.0


def _by_seed(rows: Sequence[dict[str, Any]], figure: Callable[[dict[str, Any]], float]) -> tuple[float, float]:
    """Mean over seeds of means over problems, and its standard error."""
    by_seed: dict[int, list[float]] = {}
    for row in rows:
        by_seed.setdefault(row["seed"], []).append(figure(row))
    means = [float(np.mean(values)) for values in by_seed.values()]
    return float(np.mean(means)), float(np.std(means, ddof=1) / math.sqrt(len(means))) if len(means) > 1 else math.nan


def table(workers: int, variant: str, out: Path) -> None:
    """Print regrets, differences to ``none`` and speed-ups."""
    rows = _rows(out, workers, variant)
    by_policy: dict[str, dict[tuple[str, int], dict[str, Any]]] = {}
    for row in rows:
        by_policy.setdefault(row["policy"], {})[row["problem"], row["seed"]] = row
    full = by_policy.get("none", {})
    for name, found in by_policy.items():
        cells = []
        for mark in _MARKS:
            have = [row for row in found.values() if row["budget"] >= mark]
            if not have:
                continue
            mean, error = _by_seed(have, lambda row, mark=mark: _at(row, mark))  # type: ignore[misc]
            cell = f"@{mark} {mean:.3f} +- {error:.3f}"
            pairs = [row for row in have if (row["problem"], row["seed"]) in full]
            if pairs and name != "none":
                d, d_error = _by_seed(
                    pairs,
                    lambda row, mark=mark: _at(row, mark) - _at(full[row["problem"], row["seed"]], mark),  # type: ignore[misc]
                )
                cell += f" d {d:+.3f} +- {d_error:.3f} x{_speed_up(pairs, full, mark):.2f}"
            cells.append(cell)
        everything = list(found.values())
        figures = {
            key: float(np.mean([row[key] for row in everything])) for key in ("trials", "false", "loss", "ask_ms")
        }
        n_seeds = len({row["seed"] for row in everything})
        print(
            f"{name:32s} n={n_seeds} {' | '.join(cells)} |", *(f"{key} {value:.3g}" for key, value in figures.items())
        )


def _speed_up(pairs: Sequence[dict[str, Any]], full: dict[tuple[str, int], dict[str, Any]], mark: float) -> float:
    mine = float(np.mean([_at(row, mark) for row in pairs]))
    others = [full[row["problem"], row["seed"]] for row in pairs]
    grid = np.arange(104, min(row["budget"] for row in others) + 1, 26)
    needed = np.minimum.accumulate([np.mean([_at(row, at) for row in others]) for at in grid])
    reached = np.flatnonzero(needed <= mine)
    return float((grid[reached[0]] if len(reached) else math.inf) / mark)


def main() -> None:
    """Run, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--policies", default="none,model")
    parser.add_argument("--seeds", default="0-2")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--budget", type=float, default=1040)
    parser.add_argument("--variant", default="clean")
    parser.add_argument("--out", type=Path, default=Path("stopping-results"))
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args()
    if not given.table:
        names = given.policies.split(",")
        run(names, parse_seeds(given.seeds), given.workers, given.budget, given.variant, given.out)
    table(given.workers, given.variant, given.out)


if __name__ == "__main__":
    main()
