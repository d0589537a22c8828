"""``run``: run a search in the foreground, from a job file or from flags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scriptune.cli.base import Shared, pass_shared
from scriptune.cli.documents import file_labels, read_document
from scriptune.cli.formats import one_line
from scriptune.cli.search_flags import RunCommand, program, search_flags
from scriptune.cli.session import open_engine
from scriptune.cli.started_job import run_job, show_queued
from scriptune.core.job import JobState
from scriptune.core.trial import ENDED
from scriptune.engine.engine import Engine
from scriptune.messages import counted
from scriptune.runtime.lease import is_worked_on

__all__ = ["run"]


@click.command(
    cls=RunCommand,
    arguments="[FILE] [-- PROGRAM ARGUMENTS...]",
    example="scriptune run job.yaml\n"
    "scriptune run job.yaml -n 50 -j 4 --seed 7\n"
    "scriptune run -p learning_rate=1e-5..1e-1:log -p optimizer=adam,sgd -m 'val_acc=([0-9.]+)' --maximize "
    "-n 20 -j 2 -- python train.py --epochs=20",
)
@search_flags
@click.option("--detach", is_flag=True, help="Only queue the job, for a server or a later resume.")
@pass_shared
def run(
    shared: Shared,
    /,
    file: Path | None,
    params: tuple[str, ...],
    metrics: tuple[str | tuple[str, str], ...],
    detach: bool,
    **flags: Any,
) -> int:
    """Run a search in the foreground, from a job FILE or from flags and a PROGRAM.

    Press Ctrl-C once to start no more trials and let the running ones finish, twice to stop them. The search can
    always be resumed, even after kill -9.
    """
    checked = read_document(file, program(), params, metrics, flags)
    engine = open_engine(shared, create=True)
    _mention_interrupted(shared, engine, checked.spec.name)
    job = engine.submit(checked, hold=not detach, labels=file_labels(file))
    for warning in [*checked.warnings, *engine.usage_hints(checked.spec)]:
        click.echo(click.style("Warning: ", fg="yellow", bold=True) + one_line(warning), err=True)
    return show_queued(shared, job) if detach else run_job(shared, engine, job)


def _mention_interrupted(shared: Shared, engine: Engine, name: str) -> None:
    """Print a note if a search with this name was interrupted, as the user may want to continue it."""
    for summary in engine.jobs(text=name, states=[JobState.RUNNING, JobState.STOPPING]).items:
        job = summary.job
        if job.name == name and not is_worked_on(job, engine.clock()):
            n_ended = sum(summary.counts[state] for state in ENDED)
            click.echo(
                f"Note: the search {one_line(name)} ({job.id[:8]}) was interrupted after {n_ended} of "
                f"{counted(job.n_trials, 'trial')}; this is a new search. To resume the interrupted one: "
                f"{shared.command('resume', job.id[:8])}",
                err=True,
            )
            return
