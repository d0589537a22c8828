"""``report``: the console's job page with its data embedded, as one self-contained file.

The page is the console's own, built from ``console/report.html``; here its data are gathered: what the REST API would
answer to the page's questions, by path. A report is made to be passed on, so it holds no values of environment
variables and no logs.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from scriptune import __version__
from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.output import print_json
from scriptune.cli.session import JOB, open_engine
from scriptune.core.job import Goal, SearchJob
from scriptune.core.secrets import Secrets
from scriptune.core.viewer_mask import ViewerMask
from scriptune.engine.engine import Engine
from scriptune.engine.serialise import to_json
from scriptune.errors import ScriptuneError, SettingsError
from scriptune.messages import Message

__all__ = ["PAGE", "report", "report_data", "write_report"]

PAGE = Path(__file__).resolve().parents[2] / "console" / "report.html"
"""The page without data, which the console's build makes."""

_PLACE = '<script type="application/json" id="scriptune-data"></script>'
_HISTORY_POINTS = 2000
_CURVES = 200
_CURVE_POINTS = 120
_LEAST_VALUES = 4  # below, the page asks for no model
_MAX_IN_PAIRS = 5  # heat maps of the parameters that mattered most: ten, about 12 KB each


@click.command(cls=Command, example="scriptune report -o report.html\nscriptune report digits-mlp -o digits.html")
@JOB
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="File to write.",
)
@pass_shared
def report(shared: Shared, job: str | None, output: Path) -> None:
    """Write a search's report as one self-contained HTML file.

    It opens in any browser, offline or as an email attachment, and contains what the console shows of the search:
    charts, all trials and parameter importance. It contains no logs and no values of environment variables.
    """
    engine = open_engine(shared, read_only=True)
    written = write_report(engine, job, output)
    if shared.as_json:
        print_json({"path": str(output), "job_id": written.id, "size_bytes": output.stat().st_size})
    else:
        click.echo(f"Wrote {output} ({output.stat().st_size / 1e6:.1f} MB); open it in a browser.")


def write_report(engine: Engine, ref: str | None, output: Path) -> SearchJob:
    """Write the report of a job and return the job.

    Raises:
        SettingsError: The console was not built, or the file cannot be written.
        NotFoundError: There is no such job.
    """
    if not PAGE.is_file():
        raise SettingsError(
            Message("cli.no_report_page"),
            hint=Message("cli.build_console"),
        )
    job = engine.job(ref).job
    data = json.dumps(report_data(engine, job), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # "</script>" in a message or a name would end the script that holds the data.
    filled = _PLACE.replace("></", ">" + data.replace("<", "\\u003c") + "</")
    before, _, after = PAGE.read_text("utf-8").partition(_PLACE)
    try:
        output.write_text(before + filled + after, "utf-8")
    except OSError as err:
        raise SettingsError(
            Message("cli.cannot_write_report", output=str(output), why=err.strerror), hint=Message("cli.other_file")
        ) from err
    return job


def report_data(engine: Engine, job: SearchJob) -> dict[str, Any]:
    """The data that the page reads instead of requesting it from a server.

    Returns:
        Version, time, the job's id, ``answers`` by path below ``/api/v1``, and all trials.
    """
    at = f"/jobs/{job.id}"
    best_first = "-value" if job.goal is Goal.MAXIMIZE else "value"
    answers: dict[str, Any] = {
        at: _shown(engine, job),
        f"{at}/calibration": engine.calibration(job.id),
        f"{at}/history": engine.history(job.id, points=_HISTORY_POINTS),
        f"{at}/reports": engine.curves(job.id, points=_CURVE_POINTS, limit=_CURVES, sort=best_first),
    }
    mask = ViewerMask([job.document])
    trials = engine.trials(job.id).items
    if sum(trial.value is not None for trial in trials) >= _LEAST_VALUES:
        answers.update(_model_answers(engine, job, at))
    return {
        "version": __version__,
        "created_at": to_json(datetime.now(UTC)),
        "job_id": job.id,
        "answers": mask.json(to_json(answers)),
        "trials": [_slim(trial) for trial in mask.json(to_json(trials))],
    }


def _model_answers(engine: Engine, job: SearchJob, at: str) -> dict[str, Any]:
    rows = engine.importance(job.id)
    names = [row.name for row in sorted(rows, key=lambda row: -row.mean)]
    answers: dict[str, Any] = {f"{at}/importance": rows}
    for name in names:
        answers[f"{at}/marginals?{urlencode({'parameter': name})}"] = engine.marginal(job.id, name)
    for x, y in combinations(names[:_MAX_IN_PAIRS], 2):
        try:
            found = to_json(engine.surface(job.id, x, y))
        except ScriptuneError:
            continue  # the page shows the trials without a map below them
        answers[f"{at}/surface?{urlencode({'x': x, 'y': y})}"] = found
        answers[f"{at}/surface?{urlencode({'x': y, 'y': x})}"] = _turned(found)
    return answers


def _turned(surface: Mapping[str, Any]) -> dict[str, Any]:
    """The surface with its axes exchanged."""
    return {
        "x": surface["y"],
        "y": surface["x"],
        "x_values": surface["y_values"],
        "y_values": surface["x_values"],
        "mean": [list(column) for column in zip(*surface["mean"], strict=True)],
    }


def _slim(trial: dict[str, Any]) -> dict[str, Any]:
    """A trial without the params repeated in its suggestion, which are half of the file for a large job."""
    suggestion = trial["suggestion"]
    return trial if suggestion is None else {**trial, "suggestion": {**suggestion, "params": {}}}


def _shown(engine: Engine, job: SearchJob) -> dict[str, Any]:
    """The job's detail without secrets and environment values."""
    detail: dict[str, Any] = to_json(engine.show(job.id))
    secrets = Secrets(job.document, hide_env=True)
    env: Mapping[str, str] = job.document.get("run", {}).get("env") or {}
    detail["summary"]["job"]["document"] = to_json(secrets.document())
    detail["command_line"] = secrets.text(_without_variables(detail["command_line"], env))
    return detail


def _without_variables(command_line: str, env: Mapping[str, str]) -> str:
    """Remove the assignments before the command from a command line."""
    for name, value in env.items():
        command_line = command_line.replace(f"{name}={shlex.quote(str(value))} ", "", 1)
    return command_line
