"""``delete``: delete jobs with their logs and files."""

from __future__ import annotations

import sys

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.formats import one_line
from scriptune.cli.output import print_json
from scriptune.cli.session import open_engine
from scriptune.messages import counted
from scriptune.storage.base import JobUse

__all__ = ["delete"]


@click.command(cls=Command, example="scriptune delete digits-mlp\nscriptune delete 3f2a9c1e 77b0 --yes")
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation; scripts and --json are never asked.")
@pass_shared
def delete(shared: Shared, jobs: tuple[str, ...], yes: bool) -> None:
    """Delete searches with their logs and files."""
    engine = open_engine(shared)
    found = {summary.job.id: summary for summary in (engine.job(job, JobUse.DELETE) for job in jobs)}
    if not yes and not shared.as_json and sys.stdin.isatty():
        for summary in found.values():
            n_trials = counted(sum(summary.counts.values()), "trial")
            click.echo(f"{one_line(summary.job.name)} ({summary.job.id[:8]}), {n_trials}, {summary.job.state}")
        click.confirm("Delete permanently?", abort=True)
    deleted = [engine.delete(job_id) for job_id in found]
    if shared.as_json:
        print_json({"deleted": [job.id for job in deleted]})
    else:
        for job in deleted:
            click.echo(f"Deleted {one_line(job.name)} ({job.id[:8]}).")
