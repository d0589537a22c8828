"""Print what confirmations found: at their end, and in ``show``."""

from __future__ import annotations

import click

from scriptune.analysis.results import ConfirmedTrial
from scriptune.cli.formats import duration, number, one_line, printable, with_unit
from scriptune.cli.output import Column, heading, pairs, state_style, table
from scriptune.cli.result import counts_text, failure_rows, print_warnings
from scriptune.core.baseline import rounded
from scriptune.engine.views import JobDetail
from scriptune.messages import counted

__all__ = ["print_confirmation", "print_confirmation_result"]


def print_confirmation_result(detail: JobDetail) -> None:
    """Print how a confirmation ended, and what all those of its search found."""
    job = detail.summary.job
    click.echo()
    heading(one_line(job.name), job.id[:8])
    state = click.style(str(job.state), fg=state_style(job.state), bold=True)
    pairs(
        [
            ("state", state + (f": {printable(job.message)}" if job.message else "")),
            ("trials", f"{counts_text(detail.summary)}, in {duration(job.active_s)}"),
        ]
    )
    if detail.failures:
        click.echo("\nFailed trials")
        pairs(failure_rows(detail))
    print_warnings(detail, at_most=3)
    print_confirmation(detail)


def print_confirmation(detail: JobDetail) -> None:
    """Print the configurations that were run again, and what follows; nothing if there are none."""
    found, job = detail.confirmation, detail.summary.job
    if found is None:
        return
    left = f", {counted(found.n_left, 'run')} left" if found.n_left else ""
    click.echo(f"\nConfirmation of {with_unit(job, job.metric)}{left}")
    columns = [
        Column("trial", right=True),
        Column("search", right=True),
        Column("mean", right=True),
        Column("std", right=True),
        Column("runs", right=True),
        Column("failed", right=True, optional=True),
        Column("best with", right=True),
        Column("too good by", right=True, optional=True),
    ]
    table(columns, [_row(trial) for trial in found.trials])
    for note in found.notes:
        click.echo(one_line(note))


def _row(trial: ConfirmedTrial) -> list[str]:
    return [
        str(trial.number),
        number(trial.value),
        number(trial.mean),
        "-" if trial.std is None else rounded(trial.std, 2),
        str(trial.n),
        str(trial.n_failed) if trial.n_failed else "",
        "" if trial.chance is None else f"{trial.chance:.0%}",
        "-" if trial.optimism is None else rounded(trial.optimism, 2),
    ]
