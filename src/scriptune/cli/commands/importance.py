"""``importance``: show the importance of each parameter."""

from __future__ import annotations

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.formats import bar, one_line
from scriptune.cli.output import Column, heading, print_json, table, terminal_width
from scriptune.cli.session import JOB, open_engine

__all__ = ["importance"]

_BAR_WIDTH = 30


@click.command(cls=Command, example="scriptune importance\nscriptune importance digits-mlp --json")
@JOB
@pass_shared
def importance(shared: Shared, job: str | None) -> None:
    """Show the importance of each parameter.

    For each parameter: the share of the metric's variance that it explains alone, the uncertainty of that share, and
    its share in separating good trials from the rest.
    """
    engine = open_engine(shared, read_only=True)
    found = engine.job(job).job
    rows = sorted(engine.importance(found.id), key=lambda row: -row.mean)
    if shared.as_json:
        print_json(rows)
        return
    if not rows:
        click.echo(f"{one_line(found.name)} has too few trials with different values for parameter importance.")
        return
    heading(f"Parameter importance for {found.metric}", one_line(found.name))
    longest = max(len(row.name) for row in rows)
    width = max(min(_BAR_WIDTH, terminal_width() - longest - 32), 5)
    top = max(max(row.mean for row in rows), 1e-9)  # a floor for a metric that never changed
    table(
        [
            Column("parameter"),
            Column("share"),
            Column("", right=True),
            Column("±", right=True),
            Column("good", right=True),
        ],
        [
            [
                row.name,
                bar(row.mean / top, width),
                *("-" if row.good is None else f"{figure:.1%}" for figure in (row.mean, row.std, row.good)),
            ]
            for row in rows
        ],
    )
    legend = "share of the variance ± its uncertainty; good: share for good trials"
    if any(row.good is None for row in rows):
        legend += "; -: the same in all trials so far, so unknown"
    click.echo(click.style(legend, fg="bright_black"))
