"""Measure the samplers: regret, win rates against other tools, time per suggestion.

    python benchmarks/samplers.py --samplers auto,tpe --seeds 0-9 --trials 50 --jobs 2 --out results
    python benchmarks/samplers.py --samplers auto --workers 8 --trials 20
    python benchmarks/samplers.py --samplers bayes --option kind=ucb
    python benchmarks/samplers.py --samplers auto,optuna_tpe,hyperopt_tpe,smac3     # other tools: see peers.py
    python benchmarks/samplers.py --samplers auto,bayes --pending 0,100,1000        # time per suggestion alone
    python benchmarks/samplers.py --programs --samplers auto --defaults             # real trainings: see programs.py
    python benchmarks/samplers.py --samplers auto --first worst --names scrambled
    python benchmarks/samplers.py --samplers auto --earlier less --against results/auto+first-none.csv

Without SCRIPTUNE_BENCH_PROBLEMS the small set of `problems` is used. One CSV per sampler is kept in ``--out``; finished
(problem, seed) pairs are not run again, so an interrupted run goes on. What a search is given beside the space
(``--defaults``, ``--names``, ``--first``, ``--earlier``) is part of its name there. The best value known of a program
of `programs` is the lowest of its reference and of all searches in a report: compare within one report only.
``--peers`` takes CSV files (also .gz) with columns optimizer, problem, seed, trial, y and compares seed pair by seed
pair; ``--against`` takes searches with the very same seeds, and prints the differences to them.
"""

from __future__ import annotations

# ruff: noqa: E402 - numpy reads the numbers of threads when it is imported
import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import argparse
import csv
import heapq
import json
import sys
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from earlier import EARLIER, best_of_earlier
from peers import PEERS, Peer, make_peer
from problems import Problem, hashed_seed, load, parse_seeds
from programs import load_programs
from reports import Row, all_problems, curves_by_optimizer, read_rows, report
from variants import rename, scrambled, with_defaults

import scriptune
from scriptune.core.parameters import Float
from scriptune.core.space import Params, SearchSpace
from scriptune.core.trial import Observation
from scriptune.search.base import Sampler
from scriptune.search.pending import Pending
from scriptune.search.registry import make_sampler

HEADER = ("optimizer", "problem", "seed", "trial", "y", "suggest_seconds")


@dataclass(frozen=True)
class Given:
    """What a search is given beside the parameters and their ranges.

    Attributes:
        defaults: Give it the defaults of the problem, or those of ``defaults_file``.
        defaults_file: A JSON file of problems without their own: beginning of a name -> parameter -> value.
        names: ``real`` or ``scrambled``.
        first: First points: ``usual`` (what a sampler does unasked), ``none``, or ``worst`` of 200 random draws.
        earlier: The earlier search whose best configuration is a first point, one of `EARLIER`; empty for none.
        peers_first: Give other tools those first points.
    """

    defaults: bool = False
    defaults_file: Path | None = None
    names: str = "real"
    first: str = "usual"
    earlier: str = ""
    peers_first: bool = False

    def label(self, sampler: str) -> str:
        """The sampler's name with what it is given."""
        parts = ["scrambled"] * (self.names == "scrambled")
        if sampler not in PEERS or self.peers_first:
            parts += ["defaults"] * self.defaults
            parts += [f"first-{self.first}"] * (self.first != "usual" or sampler in PEERS)
            parts += [f"after-{self.earlier}"] * bool(self.earlier)
        return "+".join([sampler, *parts])

    def space(self, problem: Problem) -> tuple[SearchSpace, dict[str, str]]:
        """The space as the search sees it, and the problem's name of each parameter."""
        space = problem.space
        if self.defaults:
            space = with_defaults(space, problem.defaults or self._from_file(problem.name))
        return scrambled(space) if self.names == "scrambled" else (space, {name: name for name in space})

    def _from_file(self, problem_name: str) -> dict[str, Any]:
        if self.defaults_file is None:
            return {}
        by_problem = json.loads(self.defaults_file.read_text())
        return next((values for start, values in by_problem.items() if problem_name.startswith(start)), {})

    def first_points(
        self, problem: Problem, space: SearchSpace, problem_names: dict[str, str], seed: int
    ) -> list[Params] | None:
        """First points under the names of the search; None for those that a sampler computes itself."""
        aliases = {name: alias for alias, name in problem_names.items()}
        if self.first == "worst":
            return [rename(_worst_draw(problem.name), aliases)]
        if self.earlier:
            best = best_of_earlier(problem, list(all_problems().values()), self.earlier, seed)
            points = scriptune.first_points(
                space,
                seed=hashed_seed(problem.name, seed),
                earlier=rename(best, aliases),
                usual_values=self.first == "usual",
            )
            return [dict(point.params) for point in points]
        return None if self.first == "usual" else []


@cache
def _worst_draw(problem_name: str) -> Params:
    return all_problems()[problem_name].worst_draw()


def run_one(
    sampler: str,
    options: dict[str, Any],
    problem_name: str,
    seed: int,
    trials: int,
    workers: int,
    tell_workers: bool,
    given: Given,
) -> list[Row]:
    """One search; rows in the order in which trials finish."""
    problem = all_problems()[problem_name]
    hashed = hashed_seed(problem_name, seed)
    space, problem_names = given.space(problem)
    own: Sampler | Peer
    first = given.first_points(problem, space, problem_names, seed)
    if sampler in PEERS:
        if first is None and given.peers_first:
            first = [dict(point.params) for point in scriptune.first_points(space)]
        own = make_peer(sampler, space, hashed, trials, (first or ()) if given.peers_first else ())
    else:
        n_workers = workers if tell_workers else None
        known = {} if first is None else {"first": first}  # without it a sampler has its own first points
        own = make_sampler(sampler, space, hashed, n_trials=trials, n_workers=n_workers, **known, **options)
    durations = np.random.default_rng([hashed, 99])
    running: list[tuple[float, int, Params, float]] = []
    rows: list[Row] = []
    number = 0
    clock = 0.0
    while len(rows) < trials:
        while len(running) < workers and number < trials + workers - 1:
            start = time.process_time()
            params = own.ask(number, [params for _, _, params, _ in running])
            seconds = time.process_time() - start
            end = clock + (durations.gamma(4.0) if workers > 1 else 1.0)
            heapq.heappush(running, (end, number, params, seconds))
            number += 1
        clock, finished, params, seconds = heapq.heappop(running)
        y = float(problem.evaluate(rename(params, problem_names)))
        start = time.process_time()
        own.tell(Observation(finished, params, y))
        seconds += time.process_time() - start
        rows.append((sampler, problem_name, seed, len(rows) + 1, y, seconds))
    return rows


def suggestion_ms(sampler: str, n_told: int, n_pending: int, n_suggestions: int = 12) -> list[float]:
    """Cpu per suggestion among pending trials, with a result told after each; the first one is after a resume.

    Six floats; each suggestion joins the pending trials, and the oldest of them leaves.
    """
    rng = np.random.default_rng(0)

    def result(number: int, params: Params) -> Observation:
        return Observation(number, params, sum((float(x) - 0.3) ** 2 for x in params.values()))

    def draw() -> Params:
        return {f"x{j}": float(u) for j, u in enumerate(rng.random(6))}

    space = SearchSpace({f"x{j}": Float(0.0, 1.0) for j in range(6)})
    asked = make_sampler(sampler, space, 1, n_trials=20_000, n_workers=max(n_pending, 1))
    for number in range(n_told):
        asked.tell(result(number, draw()))
    pending, params = Pending(), {}
    for number in range(n_told, n_told + n_pending):
        params[number] = draw()
        pending.add(number, params[number])
    spent = []
    for number in range(n_told + n_pending, n_told + n_pending + n_suggestions):
        began = time.process_time()
        params[number] = asked.suggest(number, pending).params
        spent.append(1000 * (time.process_time() - began))
        pending.add(number, params[number])
        oldest = number - n_pending
        pending.discard(oldest)
        asked.tell(result(oldest, params[oldest]))
    return spent


def report_suggestions(samplers: list[str], many_told: list[int], many_pending: list[int]) -> None:
    print("cpu ms per suggestion       told pending   first  median     max")
    for sampler in samplers:
        for n_told in many_told:
            for n_pending in many_pending:
                first, *others = suggestion_ms(sampler, n_told, n_pending)
                figures = f"{first:7.1f} {np.median(others):7.1f} {max(others):7.1f}"
                print(f"{sampler:24} {n_told:7} {n_pending:7} {figures}", flush=True)


def parse_option(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    for kind in (int, float):
        try:
            return name, kind(value)
        except ValueError:
            continue
    return name, value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samplers", default="auto", help="comma-separated names; empty: report only")
    parser.add_argument("--seeds", default="0-4")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--untold", action="store_true", help="do not tell the sampler the number of workers")
    parser.add_argument("--problems", default="", help="comma-separated beginnings of names; -x drops")
    parser.add_argument("--programs", action="store_true", help="the programs of programs.py, not the functions")
    parser.add_argument(
        "--defaults",
        nargs="?",
        const=Path(),
        type=Path,
        help="give the problems' defaults, where a problem has none those of a JSON file: beginning of name -> values",
    )
    parser.add_argument("--names", choices=("real", "scrambled"), default="real", help="scrambled: p1, p2, ...")
    parser.add_argument("--first", choices=("usual", "none", "worst"), default="usual", help="first points")
    parser.add_argument("--earlier", choices=EARLIER, default="", help="an earlier search whose best is a first point")
    parser.add_argument("--peers-first", action="store_true", help="give other tools our first points")
    parser.add_argument("--option", action="append", default=[], help="name=value, of every sampler named")
    parser.add_argument("--label", default="", help="appended to the samplers' names in the results")
    parser.add_argument("--peers", nargs="*", type=Path, default=[])
    parser.add_argument("--against", nargs="*", type=Path, default=[], help="CSV files of searches with the same seeds")
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--pending", default="", help="numbers of pending trials: measure the time per suggestion")
    parser.add_argument("--told", default="200,1000,5000", help="numbers of results, with --pending")
    args = parser.parse_args()
    if args.pending:
        told, pending = ([int(n) for n in text.split(",")] for text in (args.told, args.pending))
        report_suggestions(args.samplers.split(","), told, pending)
        return
    seeds = parse_seeds(args.seeds)
    names = [problem.name for problem in (load_programs if args.programs else load)(args.problems)]
    file = args.defaults if args.defaults and args.defaults.name else None
    given = Given(args.defaults is not None, file, args.names, args.first, args.earlier, args.peers_first)
    options = dict(map(parse_option, args.option))
    rows: list[Row] = []
    own = {f"{given.label(sampler)}{args.label}": sampler for sampler in args.samplers.split(",") if sampler}
    for label, sampler in own.items():
        path = args.out / f"{label}.csv" if args.out else None
        rows += run_all(sampler, label, options, names, seeds, args, given, path)
    for k, path in enumerate(args.peers):
        # Two files may hold runs of one tool with the same seed numbers; they are different searches.
        rows += [(row[0], row[1], row[2] + 10_000 * (k + 1), *row[3:]) for row in read_rows(path)]
    bases = [row for path in args.against for row in read_rows(path)]
    curves, seconds = curves_by_optimizer(rows + bases)
    ours = [label for label, sampler in own.items() if sampler not in PEERS]
    report(curves, seconds, ours, set(names), sorted({row[0] for row in bases}))


def run_all(
    sampler: str,
    label: str,
    options: dict[str, Any],
    names: list[str],
    seeds: range,
    args: argparse.Namespace,
    given: Given,
    path: Path | None,
) -> list[Row]:
    """Run what is missing in the CSV file; return all of it that was asked for."""
    done: dict[tuple[str, int], list[Row]] = defaultdict(list)
    if path is not None and path.exists():
        for row in read_rows(path):
            done[row[1], row[2]].append(row)
    todo = [(name, seed) for seed in seeds for name in names if len(done[name, seed]) < args.trials]
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(",".join(HEADER) + "\n")
    with ProcessPoolExecutor(args.jobs) as pool:
        futures = {
            pool.submit(run_one, sampler, options, name, seed, args.trials, args.workers, not args.untold, given): (
                name,
                seed,
            )
            for name, seed in todo
        }
        for future in as_completed(futures):
            new = [(label, *row[1:]) for row in future.result()]
            done[futures[future]] = new
            if path is not None:
                with path.open("a", newline="") as file:
                    csv.writer(file).writerows((*row[:4], f"{row[4]:.10g}", f"{row[5]:.5f}") for row in new)
    return [row for name in names for seed in seeds for row in done[name, seed]]


if __name__ == "__main__":
    main()
