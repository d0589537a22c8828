"""``reparse``: recompute all values from the kept logs."""

from __future__ import annotations

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.documents import regexes_of
from scriptune.cli.formats import number, one_line
from scriptune.cli.output import Column, print_json, table
from scriptune.cli.session import JOB, open_engine
from scriptune.core.job import Goal, SearchJob
from scriptune.engine.views import ReparseReport
from scriptune.messages import Message, counted
from scriptune.storage.base import JobUse

__all__ = ["reparse"]

_MAX_CHANGES = 20  # trials whose values are listed after a reparse; --json lists all


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
    help="New regex of a metric; without a name, of the objective.",
)
@click.option(
    "--metric",
    "named",
    nargs=2,
    multiple=True,
    metavar="NAME REGEX",
    help="New regex of this metric.",
)
@click.option("--reduce", help="New reduction: best, last, mean_last_5.")
@click.option("--name", metavar="METRIC", help="New name of the objective metric.")
@click.option("--minimize", "goal", flag_value="minimize", help="Change the goal to minimize.")
@click.option("--maximize", "goal", flag_value="maximize", help="Change the goal to maximize.")
@click.option("--dry-run", is_flag=True, help="Show what would change, without changing it.")
@click.option("--undo", is_flag=True, help="Undo the last re-parse.")
@click.option("-y", "--yes", is_flag=True, help="Apply the change even if the metric is in none of the logs.")
@pass_shared
def reparse(
    shared: Shared,
    job: str | None,
    regexes: tuple[str, ...],
    named: tuple[tuple[str, str], ...],
    reduce: str | None,
    name: str | None,
    goal: str | None,
    dry_run: bool,
    undo: bool,
    yes: bool,
) -> None:
    """Recompute all values from the stored logs. No program is run."""
    if undo and (regexes or named or reduce or name or goal or dry_run):
        raise click.UsageError(Message("cli.undo_alone"))
    engine = open_engine(shared, read_only=dry_run)
    found = engine.job(job, JobUse.READ if dry_run else JobUse.CHANGE).job
    if undo:
        report = engine.undo_reparse(found.id)
    else:
        report = engine.reparse(
            found.id,
            regexes=regexes_of(found, (*regexes, *named)),
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
    if (regexes or named) and goal is None:
        # A loss whose regex takes the place of an accuracy's would be maximised.
        better, other = ("less", "maximize") if found.goal is Goal.MINIMIZE else ("more", "minimize")
        click.echo(f"As before, {better} is better (goal: {found.goal}); --{other} reverses it.")


def _show_reparse(shared: Shared, job: SearchJob, report: ReparseReport, *, is_undo: bool) -> None:
    changed = counted(len(report.changed), "value")
    does = "would change" if report.is_preview else "brought back" if is_undo else "changed"
    click.echo(f"{counted(report.n_trials, 'log')} re-parsed{_lost_logs(report)}, {changed} {does}.")
    if report.changed:
        rows = [[str(n), number(before), number(after)] for n, before, after in report.changed[:_MAX_CHANGES]]
        table([Column("trial", right=True), Column("before", right=True), Column("after", right=True)], rows)
        if len(report.changed) > len(rows):
            click.echo(f"... and {len(report.changed) - len(rows)} more (--json lists all)")
    for name, n_captured in report.n_captured.items():
        if report.n_trials and not n_captured:
            click.echo(click.style("Warning: ", fg="yellow") + f"{one_line(name)} is not found in any log.")
    if (report.metric, report.goal) != (job.metric, job.goal):
        click.echo(f"objective: {report.goal} {one_line(report.metric)} (before: {job.goal} {one_line(job.metric)})")
    if report.state is not job.state:
        click.echo(f"The search {'would be' if report.is_preview else 'is'} {report.state}: {one_line(report.message)}")
    if report.best is not None and report.is_tied:
        does = "would have" if report.is_preview else "have"
        value = f"{one_line(report.metric)} {number(report.best[1])}"
        click.echo(f"All trials with a value {does} the same one ({value}), so there is no best trial.")
    elif report.best is not None:
        click.echo(f"best {one_line(report.metric)} {number(report.best[1])} in trial {report.best[0]}")
    else:
        what = "would have a value" if report.is_preview else "has a value now"
        click.echo(f"No trial {what}; see why: {shared.command('show', job.id[:8])}")
    if report.is_preview:
        click.echo("Nothing was changed. Run it without --dry-run to apply.")
    elif not is_undo:
        click.echo(f"To undo: {shared.command('reparse', job.id[:8], '--undo')}")


def _lost_logs(report: ReparseReport) -> str:
    """How many trials have no log, and why."""
    if not report.n_without_log:
        return ""
    text = f", {report.n_without_log} without a log"
    if report.n_freed:
        text += f" ({report.n_freed} with the middle discarded, see max_log_bytes)"
    if report.pruned_at is None:
        return text
    return text + f" ({report.n_pruned} removed by prune, the last on {report.pruned_at:%Y-%m-%d})"
