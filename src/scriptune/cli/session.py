"""Open an engine from the shared options."""

from __future__ import annotations

from contextlib import suppress

import click

from scriptune.cli.base import Shared
from scriptune.engine.build import build_engine, empty_engine
from scriptune.engine.engine import Engine
from scriptune.errors import NotFoundError, ScriptuneError
from scriptune.messages import Message
from scriptune.settings import load_settings

__all__ = ["JOB", "open_engine"]

_COMPLETED = 50  # names of jobs that a shell is offered


def _names(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The names of the latest jobs that begin so; none where the home cannot be read: shells show no errors."""
    with suppress(ScriptuneError):
        engine = open_engine(context.ensure_object(Shared), or_empty=True, read_only=True)
        names = dict.fromkeys(summary.job.name for summary in engine.jobs(text=incomplete, limit=_COMPLETED).items)
        return [name for name in names if name.startswith(incomplete)]
    return []


JOB = click.argument("job", required=False, metavar="[JOB]", shell_complete=_names)
"""The optional job of a command; None is the latest."""


def open_engine(shared: Shared, *, create: bool = False, or_empty: bool = False, read_only: bool = False) -> Engine:
    """Open the engine that the options name; it is closed when the command ends.

    Args:
        shared: The options.
        create: Make a home that is not there. Commands that only look leave no empty home behind.
        read_only: For commands that only look: nothing is written, so the home may be another user's.
        or_empty: A home that is not there has no jobs, instead of being an error.

    Raises:
        NotFoundError: There is no such home.
    """
    settings = load_settings(shared.home, database=shared.database)
    try:
        engine = build_engine(settings, create=create, read_only=read_only)
    except NotFoundError as err:
        if not or_empty:
            hint = Message("cli.start_or_other_home")
            raise NotFoundError(Message("cli.nothing_here", why=err.message), hint=hint) from err
        engine = empty_engine(settings)
    context = click.get_current_context(silent=True)
    if context is not None:
        context.call_on_close(engine.close)
    return engine
