"""Sensitivity: parameter importance as a table, and as pictures in the job's output folder."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scriptune.analysis.results import Importance, Marginal
from scriptune.core.job import SearchJob
from scriptune.core.trial import Trial, TrialState
from scriptune.engine.engine import Engine
from scriptune.errors import MissingExtraError
from scriptune.messages import Message, did_you_mean
from scriptune.modelarts.errors import refused
from scriptune.modelarts.object_storage import upload
from scriptune.modelarts.options import ModelArtsOptions
from scriptune.modelarts.places import find_place
from scriptune.modelarts.tables import Table

__all__ = ["draw_sensitivity", "sensitivity_table"]

_FOLDER = "log/hyperparameter-analysis/fanova"  # the documented one
_COUNTED = (TrialState.COMPLETED, TrialState.EARLY_STOPPED)
_SIZE_INCHES = (7.0, 4.4)
_DPI = 110


def sensitivity_table(rows: Sequence[Importance]) -> Table:
    """``mean/std`` with four decimals for every parameter, by name; no rows with fewer than two finished trials."""
    data = [[row.name, f"{row.mean:.4f}/{row.std:.4f}"] for row in sorted(rows, key=lambda row: row.name)]
    return {"header": ["parameters", "the mean/std of importance"], "data": data}


def draw_sensitivity(
    engine: Engine,
    job: SearchJob,
    rows: Sequence[Importance],
    name: str,
    output: str | None,
    options: ModelArtsOptions,
) -> str:
    """Plot the effect of a parameter as a PNG and return its path.

    Args:
        engine: The installation.
        job: The job.
        rows: Its importances.
        name: The parameter.
        output: The job's first output as it was sent: the picture goes below it; None: into the home.
        options: Settings of this front end.

    Raises:
        ModelArtsError: The job has no such searched parameter, or too few finished trials (2788).
        MissingExtraError: matplotlib is not installed.
    """
    searched = [n for n, entry in job.document["parameters"].items() if "value" not in entry]
    if name not in searched:
        raise refused(
            2788,
            Message(
                "modelarts.not_searched",
                name=name[:60],
                near=did_you_mean(name, searched),
                searched=searched,
            ),
        )
    if not rows:
        raise refused(2788, Message("modelarts.too_few_trials"))
    curve = engine.marginal(job.id, name)
    trials = [trial for trial in engine.trials(job.id, states=_COUNTED).items if name in trial.params]
    row = next(row for row in rows if row.name == name)
    relative = f"{_FOLDER}/{name}.png"
    if output is None:
        path = engine.settings.jobs_folder / job.id / relative
        _draw(path, job, row, curve, trials)
        return str(path)
    place = find_place(output, options.obs_root)
    if place.local is not None:
        _draw(place.local / job.name / relative, job, row, curve, trials)
    else:
        with tempfile.TemporaryDirectory(prefix="scriptune-") as folder:
            path = Path(folder) / f"{name}.png"
            _draw(path, job, row, curve, trials)
            upload(path, f"{place.remote}/{job.name}/{relative}")
    return f"{output.rstrip('/')}/{job.name}/{relative}"


def _draw(path: Path, job: SearchJob, row: Importance, curve: Marginal, trials: Sequence[Trial]) -> None:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as err:
        raise MissingExtraError(
            Message("modelarts.needs_matplotlib"), hint=Message("modelarts.install_server")
        ) from err
    # A figure of its own, not pyplot: requests are answered by several threads, and pyplot knows one figure.
    figure = Figure(figsize=_SIZE_INCHES, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _plot(axes, curve, trials)
    if job.document["parameters"][row.name].get("log") is True:
        axes.set_xscale("log")
    axes.set_xlabel(row.name)
    axes.set_ylabel(job.metric)
    axes.set_title(f"{row.name}: importance {row.mean:.4f} ± {row.std:.4f}")
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png")


def _plot(axes: Any, curve: Marginal, trials: Sequence[Trial]) -> None:  # Any: matplotlib is optional
    """Plot the mean effect with its standard deviation, and the trials as points."""
    rows = list(zip(curve.values, curve.mean, curve.std, strict=True))
    points = [(trial.params[curve.name], trial.value) for trial in trials]
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in curve.values):
        rows.sort()  # a list of numbers may come in any order
        x, mean, std = zip(*rows, strict=True)
        low, high = ([m + sign * s for m, s in zip(mean, std, strict=True)] for sign in (-1, 1))
        axes.fill_between(x, low, high, alpha=0.2, linewidth=0)
        axes.plot(x, mean, label="mean effect ± std")
    else:
        place = {value: i for i, value in enumerate(curve.values)}
        axes.errorbar(list(place.values()), curve.mean, yerr=curve.std, fmt="o", capsize=6, label="mean effect ± std")
        axes.set_xticks(list(place.values()), ["null" if value is None else str(value) for value in curve.values])
        points = [(place[value], result) for value, result in points]
    axes.scatter([p[0] for p in points], [p[1] for p in points], s=14, color="black", alpha=0.6, label="trials")
