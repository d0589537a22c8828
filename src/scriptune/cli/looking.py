"""``list``, ``best``, ``importance`` and ``samplers``: commands that only look."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.formats import ago, bar, number, one_line, params_text, scalar
from scriptune.cli.printing import Column, heading, pairs, print_json, table, terminal_width
from scriptune.cli.session import JOB, open_engine
from scriptune.core.job import JobState, JobSummary
from scriptune.core.trial import ENDED, TrialState
from scriptune.engine.serialise import to_json
from scriptune.engine.views import SamplerRow
from scriptune.errors import ConflictError, SamplerError, closest
from scriptune.runtime.lease import is_worked_on

__all__ = ["best", "importance", "list_jobs", "samplers"]

_MAX_JOBS = 50
_BAR_WIDTH = 30
_STATES = click.Choice([str(state) for state in JobState])


@click.command(
    cls=Command, example="scriptune list\nscriptune list digits --state running\nscriptune list --limit 0 --json"
)
@click.argument("text", required=False, default="")
@click.option("--state", "states", multiple=True, type=_STATES, help="Only jobs in this state.")
@click.option("--limit", type=click.IntRange(min=0), default=_MAX_JOBS, show_default=True, help="0: all.")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="Leave out the first ones.")
@pass_shared
def list_jobs(shared: Shared, text: str, states: tuple[str, ...], limit: int, offset: int) -> None:
    """List the jobs, the newest first; with TEXT those with it in their name, or as the beginning of their id."""
    engine = open_engine(shared, or_empty=True, read_only=True)
    page = engine.jobs(text=text, states=[JobState(s) for s in states], offset=offset, limit=limit or 2**31)
    if shared.as_json:
        print_json(page)
        return
    if not page.items:
        fit = " that fit" if text or states else ""
        click.echo(f"No jobs{fit} in {engine.settings.home}. Start one: scriptune run --help; or name another --home")
        return
    now = engine.clock()
    columns = [
        Column("job"),
        Column("name", shrink=True),
        Column("state"),
        Column("trials", right=True),
        Column("failed", right=True, optional=True),
        Column("metric", optional=True),
        Column("best", right=True),
        Column("created", right=True, optional=True),
    ]
    table(columns, [_job_row(summary, now) for summary in page.items])
    shown = page.offset + len(page.items)
    if shown < page.total:
        click.echo(f"... and {page.total - shown} more (--limit 0 shows all)")


def _job_row(summary: JobSummary, now: datetime) -> list[str]:
    job = summary.job
    is_left = job.state in (JobState.RUNNING, JobState.STOPPING) and not is_worked_on(job, now)
    n_ended = sum(summary.counts[state] for state in ENDED)
    n_failed = summary.counts[TrialState.FAILED]
    return [
        job.id[:8],
        one_line(job.name),
        "interrupted" if is_left else str(job.state),
        f"{n_ended}/{job.n_trials}",
        str(n_failed) if n_failed else "",
        job.metric,
        number(summary.best.value if summary.best else None),
        ago(job.created_at, now),
    ]


@click.command(
    cls=Command,
    example='scriptune best\nscriptune best digits-mlp --json\neval "$(scriptune best --command)"\n'
    "scriptune best --write best-config",
)
@JOB
@click.option("--command", "only_command", is_flag=True, help="Print the command line alone.")
@click.option(
    "--write",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write its config files into this folder.",
)
@pass_shared
def best(shared: Shared, job: str | None, only_command: bool, folder: Path | None) -> None:
    """Print the best configuration as a command line to paste.

    It runs in the job's folder with the job's variables, wherever it is pasted. What the program writes to
    {trial_dir} goes to a folder of its own, so that the files of the trial stay as they are.
    """
    engine = open_engine(shared, read_only=True)
    found = engine.job(job).job
    answer = engine.best(found.id)
    if answer is not None and folder is not None:
        written = engine.write_best(found.id, folder)
        assert written is not None
        if shared.as_json:
            print_json({"trial": answer.trial.number, **to_json(written)})
            return
        if not only_command:
            click.echo("\n".join(f"# wrote {path}" for path in written.files))
        click.echo(written.command_line)
        return
    if answer is None:
        raise ConflictError(
            f"No trial of {found.name!r} has a value yet.", hint=f"See what happened: scriptune show {found.id[:8]}"
        )
    if shared.as_json:
        print_json(answer)
        return
    if not only_command:
        # As comments, so that all of it can be pasted.
        click.echo(
            f"# {one_line(found.name)}, trial {answer.trial.number}: {found.metric} {number(answer.trial.value)}"
        )
        click.echo(f"# {params_text(answer.params)}")
    click.echo(answer.command_line)


@click.command(cls=Command, example="scriptune importance\nscriptune importance digits-mlp --json")
@JOB
@pass_shared
def importance(shared: Shared, job: str | None) -> None:
    """Show which hyperparameters mattered.

    The share of the metric's variance that each one explains alone, and how uncertain that is; beside it its
    share for telling the good trials from the rest.
    """
    engine = open_engine(shared, read_only=True)
    found = engine.job(job).job
    rows = sorted(engine.importance(found.id), key=lambda row: -row.mean)
    if shared.as_json:
        print_json(rows)
        return
    if not rows:
        click.echo(f"{one_line(found.name)} has too few trials with different values to tell what mattered.")
        return
    heading(f"What mattered for {found.metric}", one_line(found.name))
    longest = max(len(row.name) for row in rows)
    width = max(min(_BAR_WIDTH, terminal_width() - longest - 32), 5)
    top = max(max(row.mean for row in rows), 1e-9)  # a floor for a metric that never changed
    table(
        [
            Column("parameter"),
            Column("share"),
            Column("", right=True),
            Column("±", right=True),
            Column("good", right=True),
        ],
        [
            [
                row.name,
                bar(row.mean / top, width),
                *("-" if row.good is None else f"{figure:.1%}" for figure in (row.mean, row.std, row.good)),
            ]
            for row in rows
        ],
    )
    legend = "share of the variance ± its uncertainty; good: share in telling the best apart"
    if any(row.good is None for row in rows):
        legend += "; -: the same in all trials so far, so nothing is known"
    click.echo(click.style(legend, fg="bright_black"))


@click.command(cls=Command, example="scriptune samplers\nscriptune samplers bayes")
@click.argument("name", required=False)
@pass_shared
def samplers(shared: Shared, name: str | None) -> None:
    """List the samplers and their options."""
    rows = open_engine(shared, or_empty=True, read_only=True).samplers()
    if name is not None:
        known = {row.name: row for row in rows}
        if name not in known:
            raise SamplerError(
                f"There is no sampler {name!r}.{closest(name, known)}", hint=f"There are: {', '.join(known)}."
            )
        rows = [known[name]]
    if shared.as_json:
        print_json(to_json(rows[0]) if name is not None else rows)
        return
    for i, row in enumerate(rows):
        if i:
            click.echo()
        _show_sampler(row)


def _show_sampler(row: SamplerRow) -> None:
    heading(row.name)
    click.echo(f"  {row.description}")
    for option in row.options:
        default = "chosen for you" if option.default is None else scalar(option.default)
        click.echo(f"\n  {click.style(option.name, bold=True)}  {option.help}")
        pairs(
            [("type", f"{option.type}, {option.allowed}"), ("default", default), ("source", option.source)],
            indent=4,
        )
