"""``change``: steer a search, also while it runs."""

from __future__ import annotations

from collections.abc import Iterator

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.formats import duration, one_line
from scriptune.cli.output import print_json
from scriptune.cli.session import JOB, open_engine
from scriptune.core.job import ENDED_JOB, SearchJob
from scriptune.core.job_changes import JobChanges
from scriptune.engine.views import JobDetail
from scriptune.messages import Message, counted
from scriptune.storage.base import JobUse

__all__ = ["change"]


@click.command(
    cls=Command,
    example="scriptune change --parallel 4\n"
    "scriptune change digits-mlp --trials 50 --job-timeout 8h\n"
    "scriptune change digits-mlp --trial-timeout none",
)
@JOB
@click.option("--parallel", "-j", type=int, metavar="N", help="Number of parallel trials.")
@click.option("--trials", "-n", metavar="+N|N", help="+N for N more trials, or a new total.")
@click.option("--job-timeout", metavar="D", help="Time limit of the search, such as 8h; none for no limit.")
@click.option("--trial-timeout", metavar="D", help="Time limit of a trial, of running ones too; none for no limit.")
@pass_shared
def change(
    shared: Shared,
    job: str | None,
    parallel: int | None,
    trials: str | None,
    job_timeout: str | None,
    trial_timeout: str | None,
) -> None:
    """Change the limits of a search, also while it runs.

    With fewer parallel trials, those that run end on their own. What the search suggests does not depend on it.
    """
    changes = JobChanges(parallel, trials, job_timeout, trial_timeout)
    if not changes.given:
        raise click.UsageError(Message("cli.nothing_to_change"))
    engine = open_engine(shared)
    detail = engine.show(job, JobUse.CHANGE)
    before = detail.summary.job
    after = engine.change(before.id, changes)
    if shared.as_json:
        print_json(after)
        return
    name = f"{one_line(after.name)} ({after.id[:8]})"
    changed = list(_differences(before, after))
    if not changed:
        click.echo(f"{name}: nothing changes, the limits are as given.")
        return
    click.echo(f"{name}: {', '.join(changed)}. {_when(shared, detail)}")
    was, now = before.document["run"], after.document["run"]
    if detail.owner_alive and now["parallel"] < was["parallel"]:
        click.echo(
            f"Running trials end on their own; no more start while {counted(now['parallel'], 'trial')} or more run."
        )
    if detail.owner_alive and now["trial_timeout"] != was["trial_timeout"]:
        click.echo("The trial timeout holds for running trials too, counted from their start.")


def _differences(before: SearchJob, after: SearchJob) -> Iterator[str]:
    """What was changed, such as ``parallel 2 -> 4``."""
    was, now = before.document["run"], after.document["run"]
    if was["parallel"] != now["parallel"]:
        yield f"parallel {was['parallel']} -> {now['parallel']}"
    if before.n_trials != after.n_trials:
        yield f"trials {before.n_trials} -> {after.n_trials}"
    for key in ("job_timeout", "trial_timeout"):
        if was[key] != now[key]:
            old, new = ("none" if value is None else duration(value) for value in (was[key], now[key]))
            yield f"{key.replace('_', ' ')} {old} -> {new}"


def _when(shared: Shared, detail: JobDetail) -> str:
    """From when on it holds."""
    job = detail.summary.job
    if detail.owner_alive:
        return "The process that runs it follows within a second."
    if job.state in ENDED_JOB:
        return f"It has ended; that holds once it is resumed: {shared.command('resume', job.id[:8])}"
    return f"That holds once it runs; a server runs it, or: {shared.command('resume', job.id[:8])}"
