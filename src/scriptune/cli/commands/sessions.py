"""``sessions``: manage signed-in browsers."""

from __future__ import annotations

import click

from scriptune.cli.base import Command, Group, Shared, pass_shared
from scriptune.cli.formats import one_line
from scriptune.cli.output import Column, print_json, table
from scriptune.cli.session import open_engine
from scriptune.engine.engine import Engine
from scriptune.engine.sessions import SessionStore, read_token
from scriptune.messages import Message, counted

__all__ = ["sessions"]


@click.group(cls=Group, example="scriptune sessions list\nscriptune sessions revoke --all")
def sessions() -> None:
    """List signed-in browsers and sign them out."""


def _store(shared: Shared, *, read_only: bool = False) -> SessionStore:
    engine: Engine = open_engine(shared, or_empty=True, read_only=read_only)
    return engine.sessions(read_token(engine.settings.home))


@sessions.command("list", cls=Command, example="scriptune sessions list --json")
@pass_shared
def list_sessions(shared: Shared) -> None:
    """List browser sessions, oldest first."""
    rows = _store(shared, read_only=True).rows()
    if shared.as_json:
        print_json(rows)
    elif not rows:
        click.echo("No browser is signed in. Open the link that 'scriptune serve' prints.")
    else:
        columns = [Column("session"), Column("created"), Column("expires"), Column("browser", shrink=True)]
        cells = [
            [r.id, f"{r.created_at:%Y-%m-%d %H:%M}", f"{r.expires_at:%Y-%m-%d}", one_line(r.browser)] for r in rows
        ]
        table(columns, cells)


@sessions.command(
    "revoke", cls=Command, example="scriptune sessions revoke 1f0c93b2a7d45e68\nscriptune sessions revoke --all"
)
@click.argument("session", required=False, metavar="[SESSION]")
@click.option("--all", "every", is_flag=True, help="Sign all browsers out.")
@pass_shared
def revoke(shared: Shared, session: str | None, every: bool) -> None:
    """Sign a browser out; it then needs the link again.

    A running server refuses the browser within five seconds. To invalidate the link as well, delete the file 'token' in
    the home and restart the server.
    """
    if (session is None) is not every:
        raise click.UsageError(Message("cli.which_session"))
    store = _store(shared)
    if session is None:
        n_revoked = store.revoke_all()
    else:
        store.revoke(session)
        n_revoked = 1
    if shared.as_json:
        print_json({"revoked": n_revoked})
    else:
        click.echo(f"Revoked {counted(n_revoked, 'session')}.")
