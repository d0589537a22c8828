"""``stop``: stop a job, or one of its trials."""

from __future__ import annotations

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.formats import one_line
from scriptune.cli.output import print_json
from scriptune.cli.session import JOB, open_engine
from scriptune.messages import Message

__all__ = ["stop"]


@click.command(
    cls=Command, example="scriptune stop\nscriptune stop digits-mlp --drain\nscriptune stop digits-mlp --trial 7"
)
@JOB
@click.option("--trial", type=int, metavar="N", help="Only this trial; the values it has printed count.")
@click.option("--drain", is_flag=True, help="Start no more trials, but let the running ones finish.")
@pass_shared
def stop(shared: Shared, job: str | None, trial: int | None, drain: bool) -> None:
    """Stop a search, or one of its trials. A stopped search can be resumed."""
    if drain and trial is not None:
        raise click.UsageError(Message("cli.drain_or_trial"))
    stopped = open_engine(shared).stop(job, trial, drain=drain)
    if shared.as_json:
        print_json(stopped)
    elif trial is not None:
        click.echo(f"Trial {trial} of {one_line(stopped.name)} was asked to stop.")
    else:
        how = "no more trials are started" if drain else "running trials are stopped"
        click.echo(f"{one_line(stopped.name)} ({stopped.id[:8]}) is {stopped.state}; {how}.")
