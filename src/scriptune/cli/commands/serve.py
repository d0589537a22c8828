"""``serve``: run the console, the REST API and a worker for queued jobs."""

from __future__ import annotations

import sys
import webbrowser
from typing import Any

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.output import print_json
from scriptune.errors import MissingExtraError
from scriptune.messages import Message
from scriptune.settings import load_settings

__all__ = ["serve"]


def _server() -> tuple[Any, Any]:  # Any: modules that are there with the extra only
    """Import the server and the routes of the ModelArts-compatible API."""
    try:
        from scriptune.api import server as http_server
        from scriptune.modelarts.routes import router
    except ModuleNotFoundError as err:
        raise MissingExtraError(
            Message("cli.serve_needs", name=err.name), hint=Message("client.install_server")
        ) from err
    return http_server, router


@click.command(
    cls=Command,
    example="scriptune serve --open\n"
    "scriptune serve --home /srv/scriptune --max-parallel 8\n"
    "scriptune serve --host 0.0.0.0 --behind-proxy --root-path /scriptune --allow-host lab.example.org",
)
@click.option("--host", metavar="ADDRESS", help="Address to listen on. Default: 127.0.0.1, this machine only.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 picks a free one. Default: 8265.")
@click.option("--root-path", metavar="PATH", help="Prefix of the URL behind a reverse proxy.")
@click.option("--max-parallel", type=click.IntRange(min=1), metavar="N", help="Parallel trials, over all jobs.")
@click.option(
    "--allow-host",
    "allowed",
    multiple=True,
    metavar="NAME",
    help="Host name that clients use for the server; repeatable.",
)
@click.option("--behind-proxy", is_flag=True, help="Behind a reverse proxy with TLS; trust its X-Forwarded headers.")
@click.option(
    "--certfile", type=click.Path(exists=True, dir_okay=False), help="TLS certificate, to serve HTTPS directly."
)
@click.option("--keyfile", type=click.Path(exists=True, dir_okay=False), help="Private key of the certificate.")
@click.option("--no-jobs", is_flag=True, help="Accept and show jobs, but let other servers run them.")
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

    Prints a link with the server's token; requests without the token are rejected. Ctrl-C stops the server; running
    trials continue, and the server takes them over when it starts again.
    """
    http_server, modelarts_router = _server()
    settings = load_settings(
        shared.home, database=shared.database, host=host, port=port, root_path=root_path, max_parallel=max_parallel
    )
    options = http_server.ServerOptions(
        hosts=allowed, behind_proxy=behind_proxy, certfile=certfile, keyfile=keyfile, run_jobs=not no_jobs
    )
    server = http_server.Server(settings, options, routers=[modelarts_router])
    for warning in server.warnings:
        click.echo(click.style("Warning: ", fg="yellow", bold=True) + warning, err=True)
    if shared.as_json:
        print_json({"url": server.url, "link": server.link, "home": settings.home, "token_file": server.token_file})
    else:
        click.echo(f"scriptune serves {settings.home}")
        click.echo(f"Open {click.style(server.link, bold=True)}")
        click.echo("Ctrl-C stops the server; running trials continue.")
    sys.stdout.flush()
    if open_browser:
        webbrowser.open(server.link)
    server.run()
