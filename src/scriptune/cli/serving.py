"""``serve`` and ``keys``: the service, and who may use it."""

from __future__ import annotations

import sys
import webbrowser
from typing import Any

import click

from scriptune.cli.base import Command, Group, Shared, pass_shared
from scriptune.cli.printing import Column, print_json, table
from scriptune.cli.session import open_engine
from scriptune.engine.engine import Engine
from scriptune.engine.keys import KeyStore, Role
from scriptune.errors import MissingExtraError
from scriptune.settings import load_settings

__all__ = ["keys", "serve"]


def _server() -> tuple[Any, Any]:  # Any: modules that are there with the extra only
    """The server, and the routes of the ModelArts-compatible API."""
    try:
        from scriptune.api import serving
        from scriptune.modelarts.routes import router
    except ModuleNotFoundError as err:
        raise MissingExtraError(
            f"'serve' needs {err.name}, which is not installed.", hint="Install it: pip install 'scriptune[server]'"
        ) from err
    return serving, router


@click.command(
    cls=Command,
    example="scriptune serve --open\n"
    "scriptune serve --home /srv/scriptune --max-parallel 8\n"
    "scriptune serve --host 0.0.0.0 --behind-proxy --root-path /scriptune --allow-host lab.example.org",
)
@click.option("--host", metavar="ADDRESS", help="Where to listen; default 127.0.0.1, this machine only.")
@click.option("--port", type=click.IntRange(0, 65535), help="Default 8265; 0 takes a free one.")
@click.option("--root-path", metavar="PATH", help="Prefix of the URL behind a reverse proxy.")
@click.option("--max-parallel", type=click.IntRange(min=1), metavar="N", help="Trials at once, over all jobs.")
@click.option(
    "--allow-host", "allowed", multiple=True, metavar="NAME", help="A name by which clients reach the server; repeat."
)
@click.option("--behind-proxy", is_flag=True, help="A reverse proxy in front ends TLS; trust its X-Forwarded headers.")
@click.option("--certfile", type=click.Path(exists=True, dir_okay=False), help="Certificate, to serve TLS itself.")
@click.option("--keyfile", type=click.Path(exists=True, dir_okay=False), help="Key of the certificate.")
@click.option("--no-jobs", is_flag=True, help="Show and take jobs, but leave running them to other servers.")
@click.option("--open", "open_browser", is_flag=True, help="Open the console in a browser.")
@pass_shared
def serve(
    shared: Shared,
    host: str | None,
    port: int | None,
    root_path: str | None,
    max_parallel: int | None,
    allowed: tuple[str, ...],
    behind_proxy: bool,
    certfile: str | None,
    keyfile: str | None,
    no_jobs: bool,
    open_browser: bool,
) -> None:
    """Serve the console and the REST API, and run queued jobs.

    Prints a link with the server's token, without which nothing answers. Ctrl-C ends the server; trials run on and
    are taken up again by the next start.
    """
    serving, modelarts_router = _server()
    settings = load_settings(
        shared.home, database=shared.database, host=host, port=port, root_path=root_path, max_parallel=max_parallel
    )
    options = serving.ServerOptions(
        hosts=allowed, behind_proxy=behind_proxy, certfile=certfile, keyfile=keyfile, run_jobs=not no_jobs
    )
    server = serving.Server(settings, options, routers=[modelarts_router])
    for warning in server.warnings:
        click.echo(click.style("Warning: ", fg="yellow", bold=True) + warning, err=True)
    if shared.as_json:
        print_json({"url": server.url, "link": server.link, "home": settings.home, "token_file": server.token_file})
    else:
        click.echo(f"scriptune serves {settings.home}")
        click.echo(f"Open {click.style(server.link, bold=True)}")
        click.echo("Ctrl-C ends the server; running trials go on.")
    sys.stdout.flush()
    if open_browser:
        webbrowser.open(server.link)
    server.run()


@click.group(cls=Group, example="scriptune keys create --project vision\nscriptune keys list")
def keys() -> None:
    """Make, list and revoke access keys."""


def _store(shared: Shared, *, create: bool = False, read_only: bool = False) -> KeyStore:
    engine: Engine = open_engine(shared, create=create, or_empty=True, read_only=read_only)
    return KeyStore(engine.storage, engine.settings.home, clock=engine.clock)


@keys.command("create", cls=Command, example="scriptune keys create --project vision --role viewer --name dashboard")
@click.option("--project", default="default", show_default=True, help="The project whose jobs it sees.")
@click.option(
    "--role",
    type=click.Choice([Role.VIEWER.value, Role.OPERATOR.value]),
    default=Role.OPERATOR.value,
    show_default=True,
    help="A viewer may look; an operator may run programs.",
)
@click.option("--name", default="", help="What it is for.")
@pass_shared
def create(shared: Shared, project: str, role: str, name: str) -> None:
    """Make an access key; its secret is shown this once."""
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
        click.echo("No access keys. Make one: scriptune keys create --project NAME")
    else:
        columns = [Column("access key"), Column("project"), Column("role"), Column("name"), Column("created")]
        cells = [[r.access_key, r.project, r.role, r.name, f"{r.created_at:%Y-%m-%d %H:%M}"] for r in rows]
        table(columns, cells)


@keys.command("revoke", cls=Command, example="scriptune keys revoke 3F5K...")
@click.argument("access_key")
@pass_shared
def revoke(shared: Shared, access_key: str) -> None:
    """Refuse an access key from now on."""
    _store(shared).revoke(access_key)
    if shared.as_json:
        print_json({"revoked": access_key})
    else:
        click.echo(f"Revoked {access_key}.")
