"""``stop``, ``delete``, ``reparse`` and ``replay``: commands that change a job, or prove it."""

from __future__ import annotations

import sys

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.documents import regexes_of
from scriptune.cli.formats import number, one_line, params_text
from scriptune.cli.printing import Column, print_json, table
from scriptune.cli.session import JOB, open_engine
from scriptune.core.job import Goal
from scriptune.engine.views import ReplayReport
from scriptune.errors import counted
from scriptune.storage.base import JobUse

__all__ = ["delete", "reparse", "replay", "stop"]

_MAX_CHANGES = 20  # trials whose values are listed after a reparse; --json lists all


@click.command(
    cls=Command, example="scriptune stop\nscriptune stop digits-mlp --drain\nscriptune stop digits-mlp --trial 7"
)
@JOB
@click.option("--trial", type=int, metavar="N", help="Only this trial; it counts with what it has printed.")
@click.option("--drain", is_flag=True, help="Start no further trials, but let the running ones end.")
@pass_shared
def stop(shared: Shared, job: str | None, trial: int | None, drain: bool) -> None:
    """Ask a job, or one of its trials, to stop. It can be resumed."""
    if drain and trial is not None:
        raise click.UsageError("--drain is for jobs: it lets running trials end. Leave out --drain or --trial.")
    stopped = open_engine(shared).stop(job, trial, drain=drain)
    if shared.as_json:
        print_json(stopped)
    elif trial is not None:
        click.echo(f"Trial {trial} of {one_line(stopped.name)} is asked to stop.")
    else:
        how = "no further trials are started" if drain else "running trials are stopped"
        click.echo(f"{one_line(stopped.name)} ({stopped.id[:8]}) is {stopped.state}; {how}.")


@click.command(cls=Command, example="scriptune delete digits-mlp\nscriptune delete 3f2a9c1e 77b0 --yes")
@click.argument("jobs", nargs=-1, required=True, metavar="JOB...")
@click.option("-y", "--yes", is_flag=True, help="Do not ask; scripts and --json are not asked.")
@pass_shared
def delete(shared: Shared, jobs: tuple[str, ...], yes: bool) -> None:
    """Forget jobs, and remove their logs and files."""
    engine = open_engine(shared)
    found = {summary.job.id: summary for summary in (engine.job(job, JobUse.DELETE) for job in jobs)}
    if not yes and not shared.as_json and sys.stdin.isatty():
        for summary in found.values():
            n_trials = counted(sum(summary.counts.values()), "trial")
            click.echo(f"{one_line(summary.job.name)} ({summary.job.id[:8]}), {n_trials}, {summary.job.state}")
        click.confirm("Delete for ever?", abort=True)
    deleted = [engine.delete(job_id) for job_id in found]
    if shared.as_json:
        print_json({"deleted": [job.id for job in deleted]})
    else:
        for job in deleted:
            click.echo(f"Deleted {one_line(job.name)} ({job.id[:8]}).")


@click.command(
    cls=Command,
    example="scriptune reparse --regex 'val_acc=([0-9.]+)'\n"
    "scriptune reparse digits-mlp --regex loss='val_loss=([0-9.e-]+)' --reduce last",
)
@JOB
@click.option(
    "-m",
    "--regex",
    "regexes",
    multiple=True,
    metavar="[METRIC=]REGEX",
    help="Another regex; of the objective if unnamed.",
)
@click.option("--reduce", help="Another reduction: best, last, mean_last_5.")
@pass_shared
def reparse(shared: Shared, job: str | None, regexes: tuple[str, ...], reduce: str | None) -> None:
    """Compute every value again from the kept logs. No program is run."""
    engine = open_engine(shared)
    found = engine.job(job, JobUse.CHANGE).job
    report = engine.reparse(found.id, regexes=regexes_of(found, regexes), reduce=reduce)
    if shared.as_json:
        print_json(report)
        return
    lost = f", {report.n_without_log} without a log" if report.n_without_log else ""
    changed = counted(len(report.changed), "value")
    click.echo(f"{counted(report.n_trials, 'trial')} read again{lost}, {changed} changed.")
    if report.changed:
        rows = [[str(n), number(before), number(after)] for n, before, after in report.changed[:_MAX_CHANGES]]
        table([Column("trial", right=True), Column("before", right=True), Column("after", right=True)], rows)
        if len(report.changed) > len(rows):
            click.echo(f"... and {len(report.changed) - len(rows)} more (--json lists all)")
    if regexes:
        # Replay derives suggestions under the one goal that the job has, so it cannot change on the way.
        better = "less" if found.goal is Goal.MINIMIZE else "more"
        click.echo(
            f"As before, {better} is better (goal: {found.goal}); a metric of the other kind needs a new search."
        )
    best = engine.best(found.id)
    if best is not None:
        click.echo(f"best {found.metric} {number(best.trial.value)} in trial {best.trial.number}")
    else:
        click.echo(f"No trial has a value now; see why: {shared.command('show', found.id[:8])}")


@click.command(cls=Command, example="scriptune replay digits-mlp")
@JOB
@pass_shared
def replay(shared: Shared, job: str | None) -> int:
    """Derive every suggestion again from the record, bit for bit; compare every trial with its command and its log."""
    report = open_engine(shared, read_only=True).replay(job)
    if shared.as_json:
        print_json(report)
    elif report.first_difference is None:
        wished = f", {counted(report.n_enqueued, 'wish', 'wishes')} of your own" if report.n_enqueued else ""
        all_of = counted(report.n_trials, "suggestion")
        verdict = "All agree: " if report.agrees else ""
        click.echo(f"{verdict}{report.n_derived} of {all_of} derived again{wished}.")
    else:
        click.echo(f"Trial {report.first_difference} differs.")
        click.echo(f"  derived:  {params_text(report.expected or {})}")
        click.echo(f"  recorded: {params_text(report.found or {})}")
    if not shared.as_json:
        _print_files(report)
    return 0 if report.agrees else 1


def _print_files(report: ReplayReport) -> None:
    """What the files of the trials say of the record."""
    n_ended = report.n_checked + report.n_not_checked + report.n_contradictions
    gone = f", {report.n_not_checked} not checked: their files were removed or are not whole"
    click.echo(
        f"Params and values agree with command.json and log in {report.n_checked} of "
        f"{counted(n_ended, 'ended trial')}{gone if report.n_not_checked else ''}."
    )
    for contradiction in report.contradictions:
        click.echo(contradiction.message)
    if report.n_contradictions > len(report.contradictions):
        click.echo(f"... and {report.n_contradictions - len(report.contradictions)} more.")
