"""``trials``: list the trials of a job as a table or as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.formats import cause, duration, number, one_line, param, shorten, wall_s, with_unit
from scriptune.cli.output import Column, print_csv, print_json, table
from scriptune.cli.session import JOB, open_engine
from scriptune.core.job import Goal, SearchJob
from scriptune.core.trial import Trial, TrialState
from scriptune.engine.serialise import to_json
from scriptune.messages import Message
from scriptune.storage.trial_keys import FIELDS

__all__ = ["to_csv", "trials"]

_MAX_ROWS = 50  # of a table for people; a page of a long search
_STATES = click.Choice([str(state) for state in TrialState])
_MAX_VALUE = 24  # characters of a parameter's value; --csv has all of it


@click.command(
    cls=Command,
    example="scriptune trials --sort best --limit 10\n"
    "scriptune trials digits-mlp --state failed\n"
    "scriptune trials --where 'params.lr<0.01' --where 'value>=0.9' --sort -duration\n"
    "scriptune trials --csv > trials.csv",
)
@JOB
@click.option(
    "--sort",
    default="number",
    show_default=True,
    metavar="KEY",
    help=f"best, {', '.join(FIELDS)}, params.NAME or metrics.NAME; -KEY reverses it.",
)
@click.option("--state", "states", multiple=True, type=_STATES, help="Only trials in this state.")
@click.option(
    "--where",
    multiple=True,
    metavar="CONDITION",
    help="Only trials that match: a key as in --sort, an operator (< <= > >= = !=) and a value; repeatable.",
)
@click.option(
    "--limit", type=click.IntRange(min=0), help=f"List at most N; 0: all. A table shows {_MAX_ROWS} by default."
)
@click.option("--offset", type=click.IntRange(min=0), default=0, help="Skip the first N.")
@click.option(
    "--csv",
    "as_csv",
    is_flag=True,
    help="Write CSV with full precision; columns are called params.NAME and metrics.NAME.",
)
@pass_shared
def trials(
    shared: Shared,
    job: str | None,
    sort: str,
    states: tuple[str, ...],
    where: tuple[str, ...],
    limit: int | None,
    offset: int,
    as_csv: bool,
) -> None:
    """List the trials of a search."""
    if as_csv and shared.as_json:
        raise click.UsageError(Message("cli.csv_or_json"))
    engine = open_engine(shared, read_only=True)
    summary = engine.job(job)
    found = summary.job
    if limit is None and not as_csv and not shared.as_json:
        limit = _MAX_ROWS
    page = engine.trials(
        found.id,
        states=[TrialState(state) for state in states],
        where=where,
        offset=offset,
        limit=limit or None,
        sort=_sort_key(sort, found.goal),
    )
    if shared.as_json:
        print_json({**to_json(page), "units": {name: known.unit for name, known in found.units.items()}})
    elif as_csv:
        _print_csv(found, page.items)
    elif not page.items:
        asked = [f"that are {' or '.join(states)}"] * bool(states) + [f"with {condition}" for condition in where]
        click.echo(" ".join(["No trials", " and ".join(asked)]).rstrip() + ".")
    else:
        _print_table(found, page.items, summary.best)
        left = page.total - page.offset - len(page.items)
        if left:
            click.echo(f"... and {left} more (--limit 0 shows all)")


def _sort_key(sort: str, goal: Goal) -> str:
    if sort != "best":
        return sort
    return "-value" if goal is Goal.MAXIMIZE else "value"


def _names(job: SearchJob, rows: Sequence[Trial]) -> list[str]:
    """The searched parameters that occur, in the order of the job file."""
    present = {name for trial in rows for name in trial.params}
    ordered = [name for name in job.document.get("parameters", {}) if name in present]
    return ordered + sorted(present.difference(ordered))


def _print_csv(job: SearchJob, rows: Sequence[Trial]) -> None:
    names, metrics = _names(job, rows), list(job.document["metrics"])
    # Named as everywhere else, so that a parameter called "value", or as a metric is, has a heading of its own.
    titles = [
        *("number", "state", "cause"),
        *(f"metrics.{name}" for name in metrics),
        "value",
        *(f"params.{name}" for name in names),
        *("seconds", "attempts", "started_at", "finished_at", "place"),
    ]

    def row(trial: Trial) -> list[Any]:
        return [
            trial.number,
            str(trial.state),
            str(trial.cause) if trial.cause else None,
            *(trial.metrics.get(name) for name in metrics),
            trial.value,
            *(to_csv(trial.params[name]) if name in trial.params else None for name in names),
            wall_s(trial),
            trial.n_attempts,
            to_json(trial.started_at),
            to_json(trial.finished_at),
            trial.place,
        ]

    print_csv(titles, map(row, rows))


def to_csv(value: Any) -> Any:
    """Format a parameter's value; booleans are spelled as the program was given them, null as the job file has it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else value


def _print_table(job: SearchJob, rows: Sequence[Trial], best: Trial | None) -> None:
    """Print one column per further metric and per parameter, as many as fit."""
    names = _names(job, rows)
    others = [name for name in job.document["metrics"] if name != job.metric]
    has_places = len({trial.place for trial in rows if trial.place}) > 1
    columns = [
        Column("trial", right=True),
        Column("state"),
        Column("time", right=True),
        Column(with_unit(job, job.metric), right=True),
        *(Column(with_unit(job, name), right=True, optional=True) for name in others),
        *(Column(name, right=True, optional=True) for name in names),
        *([Column("place", optional=True)] if has_places else []),
    ]
    cells = [
        [
            *_head(trial, job),
            *(number(trial.metrics.get(name)) for name in others),
            *(shorten(param(trial.params, name), _MAX_VALUE) for name in names),
            *([one_line(trial.place)] if has_places else []),
        ]
        for trial in rows
    ]
    number_of_best = best.number if best else None
    table(columns, cells, best=next((i for i, trial in enumerate(rows) if trial.number == number_of_best), None))


def _head(trial: Trial, job: SearchJob) -> list[str]:
    value = trial.value if trial.value is not None else trial.metrics.get(job.metric)
    state = cause(trial.cause) if trial.cause else trial.state.replace("_", " ")
    return [str(trial.number), state, duration(wall_s(trial)), number(value)]
