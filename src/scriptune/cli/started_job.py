"""Handle the job of ``run``, ``resume`` and ``retry``: run it in the foreground, or report it as queued."""

from __future__ import annotations

import click

from scriptune.cli.base import Shared
from scriptune.cli.confirmation import print_confirmation_result
from scriptune.cli.foreground import ForegroundResult, run_in_foreground
from scriptune.cli.formats import one_line
from scriptune.cli.live.feed import ProgressView
from scriptune.cli.live.lines import JsonView, PlainView
from scriptune.cli.output import is_terminal, print_json
from scriptune.cli.result import print_result
from scriptune.core.job import JobState, SearchJob
from scriptune.engine.engine import Engine
from scriptune.engine.serialise import dumps
from scriptune.runtime.policy.termination import is_at_its_end

__all__ = ["run_job", "show_queued"]


def show_queued(shared: Shared, job: SearchJob) -> int:
    """Print that a job is queued and how to run it; returns the exit code."""
    if shared.as_json:
        print_json(job)
    else:
        click.echo(
            f"Queued {one_line(job.name)} as {job.id[:8]}. A server runs it, or: {shared.command('resume', job.id[:8])}"
        )
    return 0


def run_job(shared: Shared, engine: Engine, job: SearchJob) -> int:
    """Run a job in the foreground, and print its progress and result; returns the exit code."""
    outcome = run_in_foreground(engine, job, _progress_view(shared))
    is_confirmation = job.confirms is not None
    if shared.as_json:
        found = {"confirmation": engine.show(job.id).confirmation} if is_confirmation else {"best": engine.best(job.id)}
        click.echo(dumps({"kind": "end", "job": outcome.job, **found, "interrupted": outcome.interrupted}))
        return outcome.exit_code
    if is_confirmation:
        print_confirmation_result(engine.show(job.id))
    else:
        print_result(shared, engine, engine.show(job.id))
    _print_how_to_resume(shared, outcome)
    return outcome.exit_code


def _progress_view(shared: Shared) -> ProgressView:
    if shared.as_json:
        return JsonView()
    if not is_terminal():
        return PlainView()
    # Late: rich is for terminals only.
    from rich.console import Console

    from scriptune.cli.live.table import LiveView

    return LiveView(Console(highlight=False))


def _print_how_to_resume(shared: Shared, outcome: ForegroundResult) -> None:
    if outcome.job.state is JobState.COMPLETED:
        return
    job = outcome.job.id[:8]
    if is_at_its_end(outcome.job):
        # It has failed, since no trial has a value.
        click.echo(f"To retry the failed trials once the program is fixed: {shared.command('retry', job, '--failed')}")
        return
    running = outcome.job.state in (JobState.RUNNING, JobState.QUEUED, JobState.STOPPING)
    left = "Running trials continue and nothing is lost. " if running else ""
    click.echo(f"{left}To continue: {shared.command('resume', job)}")
