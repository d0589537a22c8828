"""From the shared options to a ready engine."""

from __future__ import annotations

import click

from scriptune.cli.base import Shared
from scriptune.engine.build import build_engine
from scriptune.engine.engine import Engine
from scriptune.settings import load_settings

__all__ = ["JOB", "open_engine"]

JOB = click.argument("job", required=False, metavar="[JOB]")
"""The optional job of a command; None is the latest."""


def open_engine(shared: Shared) -> Engine:
    """The engine of the home and database that the options name; it is closed when the command ends."""
    engine = build_engine(load_settings(shared.home, database=shared.database))
    context = click.get_current_context(silent=True)
    if context is not None:
        context.call_on_close(engine.close)
    return engine
