"""``retry``: run failed trials again."""

from __future__ import annotations

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.output import print_json
from scriptune.cli.session import JOB, open_engine
from scriptune.cli.started_job import run_job
from scriptune.core.trial import Cause
from scriptune.messages import Message, counted
from scriptune.storage.base import JobUse

__all__ = ["retry"]


@click.command(
    cls=Command,
    example="scriptune retry --failed\nscriptune retry digits-mlp --trial 7\nscriptune retry --cause timeout",
)
@JOB
@click.option("--failed", is_flag=True, help="All failed trials (the default).")
@click.option("--trial", type=int, metavar="N", help="Only this trial.")
@click.option(
    "--cause",
    "causes",
    multiple=True,
    type=click.Choice([str(c) for c in Cause]),
    help="Only trials that failed with this cause.",
)
@click.option("--detach", is_flag=True, help="Only queue them, for a server.")
@pass_shared
def retry(
    shared: Shared, job: str | None, failed: bool, trial: int | None, causes: tuple[str, ...], detach: bool
) -> int:
    """Run failed trials again, each as a new attempt with the same params."""
    if failed and trial is not None:
        raise click.UsageError(Message("cli.failed_or_trial"))
    engine = open_engine(shared)
    detail = engine.show(job, JobUse.CHANGE)
    found = detail.summary.job
    detach = detach or detail.owner_alive
    numbers = engine.retry(found.id, trial, causes=[Cause(cause) for cause in causes], hold=not detach)
    if not detach:
        return run_job(shared, engine, engine.job(found.id).job)
    if shared.as_json:
        print_json({"job": found.id, "trials": numbers})
    else:
        who = "the process that runs the job" if detail.owner_alive else "a server, or scriptune resume,"
        wait = "waits" if len(numbers) == 1 else "wait"
        click.echo(f"{counted(len(numbers), 'trial')} {wait} for {who}: {', '.join(map(str, numbers))}")
    return 0
