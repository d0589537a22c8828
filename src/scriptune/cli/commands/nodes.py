"""``nodes``: the machines of executors, and why trials wait for them."""

from __future__ import annotations

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.formats import ago, one_line
from scriptune.cli.output import Column, print_json, table
from scriptune.cli.session import open_engine
from scriptune.messages import counted

__all__ = ["nodes"]


@click.command(cls=Command, example="scriptune nodes\nscriptune nodes local --json")
@click.argument("name", required=False)
@pass_shared
def nodes(shared: Shared, name: str | None) -> None:
    """List the machines of executors with their free slots, and why trials wait."""
    engine = open_engine(shared, or_empty=True, read_only=True)
    rows = engine.nodes(name)
    if shared.as_json:
        print_json(rows)
        return
    columns = [
        Column("executor"),
        Column("machine"),
        Column("slots free", right=True),
        Column("GPUs free", right=True),
        Column("running", right=True),
        Column("last heard", optional=True),
    ]
    cells = [
        [
            row.executor,
            one_line(node.name),
            "-" if node.slots is None else f"{node.slots_free} of {node.slots}",
            f"{node.gpus_free} of {node.gpus}",
            str(row.n_running) if i == 0 else "",
            ago(node.contact_at, engine.clock()),
        ]
        for row in rows
        for i, node in enumerate(row.nodes)
    ]
    if cells:
        table(columns, cells)
    for row in rows:
        problems = [row.problem, *(f"{node.name}: {node.problem}" for node in row.nodes if node.problem)]
        for problem in filter(None, problems):
            click.echo(click.style("Warning: ", fg="yellow") + f"{row.executor}: {one_line(problem)}")
        for group in row.waiting:
            count = counted(group.n_trials, "trial")
            click.echo(f"{count} of {one_line(group.job_name)} ({group.job_id[:8]}) waiting: {one_line(group.waits)}")
