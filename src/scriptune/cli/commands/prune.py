"""``prune``: free the disk space of ended trials."""

from __future__ import annotations

import sys
from typing import Any

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.formats import one_line, size
from scriptune.cli.output import Column, print_json, table
from scriptune.cli.session import open_engine
from scriptune.engine.views import PruneReport
from scriptune.jobfile.durations import parse_duration
from scriptune.jobfile.sizes import parse_size
from scriptune.messages import Message, counted

__all__ = ["prune"]


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return float(parse_duration(value))
        except ValueError as err:
            self.fail(f"{value!r}: {err}", param, ctx)


class _Size(click.ParamType[int]):
    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return parse_size(value)
        except ValueError as err:
            self.fail(f"{value!r}: {err}", param, ctx)


@click.command(
    cls=Command,
    example="scriptune prune --older-than 30d --keep-best 3 --dry-run\n"
    "scriptune prune --max-size 20GB --keep-best 1 --yes",
)
@click.option("--older-than", type=_Duration(), metavar="D", help="Only attempts that ended this long ago: 12h, 30d.")
@click.option(
    "--keep-best", type=click.IntRange(min=0), metavar="K", help="Keep the files of the K best trials of each job."
)
@click.option("--max-size", type=_Size(), metavar="S", help="Delete the oldest until the rest takes at most S: 20GB.")
@click.option("--dry-run", is_flag=True, help="Show what would be deleted, without deleting it.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation; scripts and --json are never asked.")
@pass_shared
def prune(
    shared: Shared, older_than: float | None, keep_best: int | None, max_size: int | None, dry_run: bool, yes: bool
) -> None:
    """Delete the logs and files of trials of ended searches.

    Values, reports and params stay in the database. Files are kept for running trials, and for trials that would run
    again when their search is resumed.
    """
    if older_than is None and keep_best is None and max_size is None:
        raise click.UsageError(Message("cli.what_to_prune"))
    engine = open_engine(shared, read_only=dry_run)
    chosen: dict[str, Any] = {
        "older_than_s": older_than,
        "keep_best": keep_best or 0,
        "max_size_bytes": max_size,
    }
    if not dry_run and not yes and not shared.as_json and sys.stdin.isatty():
        _show(engine.prune(**chosen, dry_run=True))
        click.confirm("Delete these files? This cannot be undone.", abort=True)
    report = engine.prune(**chosen, dry_run=dry_run)
    print_json(report) if shared.as_json else _show(report)


def _show(report: PruneReport) -> None:
    if report.jobs:
        columns = [
            Column("job"),
            Column("name", shrink=True),
            Column("attempts", right=True),
            Column("size", right=True),
        ]
        table(columns, [[j.id[:8], one_line(j.name), str(j.n_attempts), size(j.freed_bytes)] for j in report.jobs])
    does = "would be removed" if report.is_preview else "removed"
    click.echo(
        f"Files of {counted(report.n_attempts, 'attempt')} {does}: {size(report.freed_bytes)}; "
        f"{size(report.left_bytes)} {'would be' if report.is_preview else 'are'} left."
    )
