"""``stop``, ``delete``, ``reparse`` and ``replay``: commands that change a job, or prove it."""

from __future__ import annotations

import sys

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.documents import regexes_of
from scriptune.cli.formats import number, one_line, params_text
from scriptune.cli.printing import Column, print_json, table
from scriptune.cli.session import JOB, open_engine
from scriptune.core.job import Goal, SearchJob
from scriptune.engine.views import ReparseReport, ReplayReport
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
    example="scriptune reparse --regex 'val_acc=([0-9.]+)' --dry-run\n"
    "scriptune reparse digits-mlp --regex loss='val_loss=([0-9.e-]+)' --reduce last\n"
    "scriptune reparse digits-mlp --regex 'val_acc=([0-9.]+)' --name val_acc --maximize\n"
    "scriptune reparse --undo",
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
@click.option("--name", metavar="METRIC", help="Another name of the metric searched on.")
@click.option("--minimize", "goal", flag_value="minimize", help="Less is better from now on.")
@click.option("--maximize", "goal", flag_value="maximize", help="More is better from now on.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--undo", is_flag=True, help="Bring back what the last re-parse replaced.")
@click.option("-y", "--yes", is_flag=True, help="Change it although a metric would be found in no log.")
@pass_shared
def reparse(
    shared: Shared,
    job: str | None,
    regexes: tuple[str, ...],
    reduce: str | None,
    name: str | None,
    goal: str | None,
    dry_run: bool,
    undo: bool,
    yes: bool,
) -> None:
    """Compute every value again from the kept logs. No program is run."""
    if undo and (regexes or reduce or name or goal or dry_run):
        raise click.UsageError("--undo brings back what was there before; give no other option with it.")
    engine = open_engine(shared, read_only=dry_run)
    found = engine.job(job, JobUse.READ if dry_run else JobUse.CHANGE).job
    if undo:
        report = engine.undo_reparse(found.id)
    else:
        report = engine.reparse(
            found.id,
            regexes=regexes_of(found, regexes),
            reduce=reduce,
            name=name,
            goal=goal,
            dry_run=dry_run,
            confirmed=yes,
        )
    if shared.as_json:
        print_json(report)
        return
    _show_reparse(shared, found, report, is_undo=undo)
    if regexes and goal is None:
        # A loss whose regex takes the place of an accuracy's would be maximised.
        better, other = ("less", "maximize") if found.goal is Goal.MINIMIZE else ("more", "minimize")
        click.echo(f"As before, {better} is better (goal: {found.goal}); --{other} turns it round.")


def _show_reparse(shared: Shared, job: SearchJob, report: ReparseReport, *, is_undo: bool) -> None:
    changed = counted(len(report.changed), "value")
    does = "would change" if report.is_preview else "brought back" if is_undo else "changed"
    click.echo(f"{counted(report.n_trials, 'log')} read again{_lost_logs(report)}, {changed} {does}.")
    if report.changed:
        rows = [[str(n), number(before), number(after)] for n, before, after in report.changed[:_MAX_CHANGES]]
        table([Column("trial", right=True), Column("before", right=True), Column("after", right=True)], rows)
        if len(report.changed) > len(rows):
            click.echo(f"... and {len(report.changed) - len(rows)} more (--json lists all)")
    for name, n_captured in report.n_captured.items():
        if report.n_trials and not n_captured:
            click.echo(click.style("Warning: ", fg="yellow") + f"{one_line(name)} is found in no log.")
    if (report.metric, report.goal) != (job.metric, job.goal):
        click.echo(f"objective: {report.goal} {one_line(report.metric)} (before: {job.goal} {one_line(job.metric)})")
    if report.state is not job.state:
        click.echo(f"The search {'would be' if report.is_preview else 'is'} {report.state}: {one_line(report.message)}")
    if report.best is not None:
        click.echo(f"best {one_line(report.metric)} {number(report.best[1])} in trial {report.best[0]}")
    else:
        what = "would have a value" if report.is_preview else "has a value now"
        click.echo(f"No trial {what}; see why: {shared.command('show', job.id[:8])}")
    if report.is_preview:
        click.echo("Nothing was changed. Leave out --dry-run to change it.")
    elif not is_undo:
        click.echo(f"What was before comes back with: {shared.command('reparse', job.id[:8], '--undo')}")


def _lost_logs(report: ReparseReport) -> str:
    """How many trials have no log, and why."""
    if not report.n_without_log:
        return ""
    text = f", {report.n_without_log} without a log"
    if report.pruned_at is None:
        return text
    return text + f" ({report.n_pruned} removed by prune, the last on {report.pruned_at:%Y-%m-%d})"


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
    if report.n_pruned and report.pruned_at is not None:
        gone += f" ({report.n_pruned} removed by prune, the last on {report.pruned_at:%Y-%m-%d})"
    click.echo(
        f"Params and values agree with command.json and log in {report.n_checked} of "
        f"{counted(n_ended, 'ended trial')}{gone if report.n_not_checked else ''}."
    )
    for contradiction in report.contradictions:
        click.echo(contradiction.message)
    if report.n_contradictions > len(report.contradictions):
        click.echo(f"... and {report.n_contradictions - len(report.contradictions)} more.")
