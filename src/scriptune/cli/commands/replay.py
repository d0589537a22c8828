"""``replay``: verify that every suggestion follows from the record."""

from __future__ import annotations

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.formats import params_text
from scriptune.cli.output import print_json
from scriptune.cli.session import JOB, open_engine
from scriptune.engine.views import ReplayReport
from scriptune.messages import counted

__all__ = ["replay"]


@click.command(cls=Command, example="scriptune replay digits-mlp")
@JOB
@pass_shared
def replay(shared: Shared, job: str | None) -> int:
    """Recompute every suggestion from the record, bit for bit, and compare every trial with its command and its log."""
    report = open_engine(shared, read_only=True).replay(job)
    if shared.as_json:
        print_json(report)
    elif report.first_difference is None:
        enqueued = f", {report.n_enqueued} queued by you" if report.n_enqueued else ""
        all_of = counted(report.n_trials, "suggestion")
        verdict = "All agree: " if report.agrees else ""
        click.echo(f"{verdict}{report.n_derived} of {all_of} derived again{enqueued}.")
    else:
        click.echo(f"Trial {report.first_difference} differs.")
        click.echo(f"  derived:  {params_text(report.expected or {})}")
        click.echo(f"  recorded: {params_text(report.found or {})}")
    if not shared.as_json:
        _print_decisions(report)
        _print_files(report)
    return 0 if report.agrees else 1


def _print_decisions(report: ReplayReport) -> None:
    if report.n_decisions:
        click.echo(f"{counted(report.n_decisions, 'decision')} of the stopping rule derived again.")
    if report.different_decision is not None:
        click.echo(report.different_decision)


def _print_files(report: ReplayReport) -> None:
    """Print how the files of the trials compare with the record."""
    n_ended = report.n_checked + report.n_not_checked + report.n_contradictions
    gone = f", {report.n_not_checked} not checked: their files were removed or are incomplete"
    if report.n_pruned and report.pruned_at is not None:
        gone += f" ({report.n_pruned} removed by prune, the last on {report.pruned_at:%Y-%m-%d})"
    if report.n_freed:
        gone += f" ({report.n_freed} with the middle of the log discarded, see max_log_bytes)"
    click.echo(
        f"Params and values agree with command.json and log in {report.n_checked} of "
        f"{counted(n_ended, 'ended trial')}{gone if report.n_not_checked else ''}."
    )
    for contradiction in report.contradictions:
        click.echo(contradiction)
    if report.n_contradictions > len(report.contradictions):
        click.echo(f"... and {report.n_contradictions - len(report.contradictions)} more.")
