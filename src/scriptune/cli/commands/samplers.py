"""``samplers``: list the samplers and their options."""

from __future__ import annotations

from collections.abc import Sequence

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.formats import one_line, scalar
from scriptune.cli.output import heading, pairs, print_json
from scriptune.cli.session import open_engine
from scriptune.engine.serialise import to_json
from scriptune.engine.views import SamplerRow
from scriptune.errors import SamplerError
from scriptune.messages import Message, did_you_mean

__all__ = ["samplers"]


@click.command(cls=Command, example="scriptune samplers\nscriptune samplers bayes")
@click.argument("name", required=False)
@pass_shared
def samplers(shared: Shared, name: str | None) -> None:
    """List the samplers and their options."""
    engine = open_engine(shared, or_empty=True, read_only=True)
    rows = engine.samplers()
    problems = [(plugin.name, plugin.problem) for plugin in engine.plugins() if plugin.problem]
    if name is not None:
        known = {row.name: row for row in rows}
        problems = [(plugin, problem) for plugin, problem in problems if plugin == name]
        if name not in known:
            raise SamplerError(
                problems[0][1] if problems else Message("cli.no_sampler", name=name, near=did_you_mean(name, known)),
                hint=Message("cli.samplers", names=list(known)),
            )
        rows = [known[name]]
    if shared.as_json:
        print_json(to_json(rows[0]) if name is not None else rows)
    else:
        _show(rows)
    for _, problem in problems:
        click.echo(click.style("\nWarning: ", fg="yellow", bold=True) + one_line(problem), err=shared.as_json)


def _show(rows: Sequence[SamplerRow]) -> None:
    for i, row in enumerate(rows):
        if i:
            click.echo()
        _show_sampler(row)


def _show_sampler(row: SamplerRow) -> None:
    heading(row.name, row.package)
    click.echo(f"  {row.description}")
    for option in row.options:
        default = "automatic" if option.default is None else scalar(option.default)
        click.echo(f"\n  {click.style(option.name, bold=True)}  {option.help}")
        pairs(
            [("type", f"{option.type}, {option.allowed}"), ("default", default), ("source", option.source)],
            indent=4,
        )
