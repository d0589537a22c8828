"""``list``: list the jobs, newest first."""

from __future__ import annotations

from datetime import datetime

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.formats import ago, gain, number, one_line
from scriptune.cli.output import Column, print_json, table
from scriptune.cli.session import open_engine
from scriptune.core.job import JobState, JobSummary
from scriptune.core.trial import ENDED, TrialState
from scriptune.runtime.lease import is_worked_on

__all__ = ["list_jobs"]

_MAX_JOBS = 50
_STATES = click.Choice([str(state) for state in JobState])


@click.command(
    cls=Command, example="scriptune list\nscriptune list digits --state running\nscriptune list --limit 0 --json"
)
@click.argument("text", required=False, default="")
@click.option("--state", "states", multiple=True, type=_STATES, help="Only searches in this state.")
@click.option(
    "--limit", type=click.IntRange(min=0), default=_MAX_JOBS, show_default=True, help="List at most N; 0: all."
)
@click.option("--offset", type=click.IntRange(min=0), default=0, help="Skip the first N.")
@pass_shared
def list_jobs(shared: Shared, text: str, states: tuple[str, ...], limit: int, offset: int) -> None:
    """List searches, newest first. With TEXT, only those whose name contains it or whose id starts with it."""
    engine = open_engine(shared, or_empty=True, read_only=True)
    page = engine.jobs(text=text, states=[JobState(s) for s in states], offset=offset, limit=limit or 2**31)
    if shared.as_json:
        print_json(page)
        return
    if not page.items:
        fit = " that match" if text or states else ""
        click.echo(f"No jobs{fit} in {engine.settings.home}. Start one: scriptune run --help; or choose another --home")
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
        Column("gain", right=True, optional=True),
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
        number(summary.best.value if summary.best and job.confirms is None else None),
        gain(summary),
        ago(job.created_at, now),
    ]
