"""``keys``: manage access keys."""

from __future__ import annotations

import click

from scriptune.cli.base import Command, Group, Shared, pass_shared
from scriptune.cli.output import Column, print_json, table
from scriptune.cli.session import open_engine
from scriptune.engine.engine import Engine
from scriptune.engine.keys import KeyStore, Role

__all__ = ["keys"]


@click.group(cls=Group, example="scriptune keys create --project vision\nscriptune keys list")
def keys() -> None:
    """Create, list and revoke access keys."""


def _store(shared: Shared, *, create: bool = False, read_only: bool = False) -> KeyStore:
    engine: Engine = open_engine(shared, create=create, or_empty=True, read_only=read_only)
    return engine.keys


@keys.command("create", cls=Command, example="scriptune keys create --project vision --role viewer --name dashboard")
@click.option("--project", default="default", show_default=True, help="The project whose searches the key can access.")
@click.option(
    "--role",
    type=click.Choice([Role.VIEWER.value, Role.OPERATOR.value]),
    default=Role.OPERATOR.value,
    show_default=True,
    help="viewer: read only; operator: can also run programs.",
)
@click.option("--name", default="", help="A name for the key.")
@pass_shared
def create(shared: Shared, project: str, role: str, name: str) -> None:
    """Create an access key. Its secret is shown only once."""
    key = _store(shared, create=True).create(project, Role(role), name)
    if shared.as_json:
        print_json(key)
        return
    click.echo(f"access key  {key.access_key}")
    click.echo(f"secret key  {key.secret_key}")
    click.echo(f"project     {key.project}")
    click.echo(f"role        {key.role}")
    click.echo("The secret is not shown again. As a bearer token: ACCESS_KEY.SECRET_KEY", err=True)


@keys.command("list", cls=Command, example="scriptune keys list --json")
@pass_shared
def list_keys(shared: Shared) -> None:
    """List the access keys, without their secrets."""
    rows = _store(shared, read_only=True).rows()
    if shared.as_json:
        print_json(rows)
    elif not rows:
        click.echo("No access keys. Create one: scriptune keys create --project NAME")
    else:
        columns = [Column("access key"), Column("project"), Column("role"), Column("name"), Column("created")]
        cells = [[r.access_key, r.project, r.role, r.name, f"{r.created_at:%Y-%m-%d %H:%M}"] for r in rows]
        table(columns, cells)


@keys.command("revoke", cls=Command, example="scriptune keys revoke 3F5K...")
@click.argument("access_key")
@pass_shared
def revoke(shared: Shared, access_key: str) -> None:
    """Revoke an access key."""
    _store(shared).revoke(access_key)
    if shared.as_json:
        print_json({"revoked": access_key})
    else:
        click.echo(f"Revoked {access_key}.")
