"""``resume``: continue an interrupted search, or extend one that has ended."""

from __future__ import annotations

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.documents import edited_file, edited_regexes
from scriptune.cli.formats import one_line
from scriptune.cli.output import print_json
from scriptune.cli.session import JOB, open_engine
from scriptune.cli.started_job import run_job, show_queued
from scriptune.core.job import SearchJob
from scriptune.messages import counted

__all__ = ["resume"]


@click.command(
    cls=Command,
    example="scriptune resume\nscriptune resume digits-mlp --trials +10",
)
@JOB
@click.option("--trials", metavar="+N|N", help="+N for N more trials, or a new total.")
@click.option("--detach", is_flag=True, help="Only queue the job, for a server.")
@pass_shared
def resume(shared: Shared, job: str | None, trials: str | None, detach: bool) -> int:
    """Continue an interrupted search, or extend one that has ended."""
    engine = open_engine(shared)
    resumed = engine.resume(job, trials=trials, hold=not detach)
    _mention_edited_file(shared, resumed)
    if detach:
        return show_queued(shared, resumed)
    if resumed.lease_owner == engine.owner:
        return run_job(shared, engine, resumed)
    # Another process is at it; it sees the new budget on its own.
    if shared.as_json:
        print_json(resumed)
    else:
        click.echo(f"The process that runs {one_line(resumed.name)} continues to {counted(resumed.n_trials, 'trial')}.")
    return 0


def _mention_edited_file(shared: Shared, job: SearchJob) -> None:
    """Print a note if the job file was edited since the search began, since the edits have no effect."""
    path = edited_file(job)
    if path is not None:
        for name, regex in edited_regexes(job, path).items():
            advised = shared.command("reparse", job.id[:8], "--metric", name, regex)
            click.echo(
                f"Note: the regex of {name!r} was edited in {path}. The search keeps its own; to use the new one for "
                f"the kept logs and from now on: {advised}",
                err=True,
            )
        click.echo(
            f"Note: {path} was edited since this search began. The search continues as the file was then; to search "
            f"by the file as it is now, with what this one knows: {shared.command('run', path, '--from', job.id[:8])}",
            err=True,
        )
