"""What searches reached: regret, paired differences, win rates, time per suggestion."""

from __future__ import annotations

import csv
import gzip
import io
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from problems import Problem, load
from programs import PROGRAMS, Program

__all__ = ["Row", "all_problems", "curves_by_optimizer", "differences", "read_rows", "report", "win_rate"]

MARKS = (5, 10, 20, 50, 100, 150)
Row = tuple[str, str, int, int, float, float]
Curves = dict[tuple[str, int], np.ndarray]  # (problem, seed) -> best so far after each finished trial


@cache
def all_problems() -> dict[str, Problem]:
    """The functions and the programs, by name."""
    return {problem.name: problem for problem in [*load(), *PROGRAMS.values()]}


def read_rows(path: Path) -> Iterator[Row]:
    """Rows of a CSV file, gzipped or not; columns by name."""
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    for row in csv.DictReader(io.StringIO(text)):
        seconds = row.get("suggest_seconds") or "nan"
        yield row["optimizer"], row["problem"], int(row["seed"]), int(row["trial"]), float(row["y"]), float(seconds)


def curves_by_optimizer(rows: Iterable[Row]) -> tuple[dict[str, Curves], dict[str, dict[int, list[float]]]]:
    """Regret of the best so far per search, and seconds per trial number, for each optimizer."""
    grouped: dict[str, dict[tuple[str, int], dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    seconds: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for optimizer, problem, seed, trial, y, second in rows:
        if problem in all_problems():
            grouped[optimizer][problem, seed][trial] = y
            seconds[optimizer][trial].append(second)
            known = all_problems()[problem]
            if isinstance(known, Program):
                known.y_best = min(known.y_best, y)
    curves: dict[str, Curves] = {}
    for optimizer, searches in grouped.items():
        curves[optimizer] = {}
        for (problem, seed), values in searches.items():
            y = [values[trial] for trial in sorted(values)]
            best = np.minimum.accumulate(y)
            curves[optimizer][problem, seed] = np.array([all_problems()[problem].regret(float(b)) for b in best])
    return curves, seconds


def mean_and_error(curves: Curves, mark: int, problems: set[str]) -> tuple[float, float, int]:
    """Mean over problems of means over seeds after ``mark`` trials, its standard error, searches used."""
    by_problem: dict[str, list[float]] = defaultdict(list)
    for (problem, _), curve in curves.items():
        if problem in problems and len(curve) >= mark:
            by_problem[problem].append(float(curve[mark - 1]))
    if set(by_problem) != problems:
        return np.nan, np.nan, 0
    means = [np.mean(v) for v in by_problem.values()]
    variance = sum(np.var(v, ddof=1) / len(v) for v in by_problem.values() if len(v) > 1) / len(means) ** 2
    return float(np.mean(means)), float(np.sqrt(variance)), sum(map(len, by_problem.values()))


def differences(ours: Curves, base: Curves, mark: int, problems: set[str]) -> tuple[float, float, int]:
    """Mean over problems of the mean difference to searches with the same seeds, its standard error, pairs used.

    The error is that over seeds, with the problems as they are.
    """
    pairs = {}
    for key in sorted(ours.keys() & base.keys()):
        n = min(len(ours[key]), len(base[key]))
        pairs[key] = ours[key][:n] - base[key][:n]
    return mean_and_error(pairs, mark, problems)


def win_rate(ours: Curves, peer: Curves, mark: int, problems: set[str]) -> tuple[float, float, int]:
    """Share of (our seed, peer's seed) pairs in which ours is lower (ties count half), and of problems."""
    rates, lower = [], []
    for name in sorted(problems):
        a = np.array([curve[mark - 1] for (p, _), curve in ours.items() if p == name and len(curve) >= mark])
        b = np.array([curve[mark - 1] for (p, _), curve in peer.items() if p == name and len(curve) >= mark])
        if a.size and b.size:
            difference = b[None, :] - a[:, None]
            rates.append(float(np.mean((difference > 0) + 0.5 * (difference == 0))))
            lower.append(float(a.mean() < b.mean()))
    return (float(np.mean(rates)), float(np.mean(lower)), len(rates)) if rates else (np.nan, np.nan, 0)


def report(
    curves: dict[str, Curves],
    seconds: dict[str, dict[int, list[float]]],
    own: Sequence[str],
    names: set[str],
    bases: Sequence[str] = (),
) -> None:
    """Print all of it; ``bases`` are optimizers whose searches have the seeds of our own."""
    families = sorted({all_problems()[name].family for name in names})
    for label, group in [("all", names), *((f, {n for n in names if all_problems()[n].family == f}) for f in families)]:
        print(f"\nmean regret, {label} ({len(group)} problems)")
        for optimizer, each in curves.items():
            cells = []
            for mark in MARKS:
                mean, error, n = mean_and_error(each, mark, group)
                cells.append(f"@{mark} {mean:.3f} +- {error:.3f} ({n})" if n else "")
            print(f"  {optimizer:24s} {'   '.join(filter(None, cells))}")
        for mine in own:
            for base in bases:
                found = [(mark, *differences(curves[mine], curves[base], mark, group)) for mark in MARKS]
                cells = [f"@{mark} {mean:+.3f} +- {error:.3f} ({n})" for mark, mean, error, n in found if n]
                print(f"  {mine} - {base}: {'   '.join(cells)}")
    for mine in own:
        for peer, each in curves.items():
            cells = []
            for mark in MARKS:
                rate, lower, n = win_rate(curves[mine], each, mark, names)
                if n and peer != mine:
                    cells.append(f"@{mark} {rate:.2f} (lower mean on {lower:.2f} of {n})")
            if cells:
                print(f"\nwins of {mine} against {peer}: {'   '.join(cells)}", end="")
    print("\n\nmedian milliseconds per ask and tell, at trial number")
    for optimizer, each in seconds.items():
        cells = [f"{n}: {1e3 * float(np.median(each[n])):.2f}" for n in (10, 20, 50, 100, 150) if n in each]
        print(f"  {optimizer:24s} {'   '.join(cells)}")
