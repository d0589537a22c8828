"""How a failed command ends: a message on stderr, no traceback, and the exit code."""

from __future__ import annotations

import os
import tempfile
import traceback

import click

from scriptune.cli.base import wants_colour
from scriptune.engine.serialise import dumps, error_body, error_to_json
from scriptune.errors import (
    CommandError,
    ExecutorError,
    JobFileError,
    MetricPatternError,
    NotFoundError,
    SamplerError,
    ScriptuneError,
    SettingsError,
    SpaceError,
    StoppingRuleError,
)

__all__ = ["show"]

_FAILED, _WRONG_USAGE = 1, 2

# What the user can put right on the command line or in the job file; everything else is exit code 1.
_USAGE_ERRORS = (
    CommandError,
    ExecutorError,  # before anything starts: the job wants more than the machine has; a trial's own is its cause
    JobFileError,
    MetricPatternError,
    NotFoundError,
    SamplerError,
    SettingsError,
    SpaceError,
    StoppingRuleError,
)


def show(error: Exception, *, as_json: bool) -> int:
    """Print an error and return the exit code.

    With SCRIPTUNE_DEBUG set, the traceback is printed too; without it, the traceback of an error that no one
    raised on purpose goes into a file.
    """
    debugging = bool(os.environ.get("SCRIPTUNE_DEBUG"))
    if debugging:
        traceback.print_exception(error)
    if isinstance(error, click.ClickException):
        click.echo(dumps({"error": error_body("usage", error.format_message())}), err=True)
        return error.exit_code
    if as_json:
        click.echo(dumps(error_to_json(error)), err=True)
    elif isinstance(error, ScriptuneError):
        _show_expected(error)
    elif isinstance(error, OSError):
        _line("Error: ", "red", _system_words(error))
    else:
        _line("Error: ", "red", f"unexpected {type(error).__name__}: {error}")
    if isinstance(error, OSError):
        return _FAILED  # a full disk or a closed terminal is not a bug of scriptune
    if not isinstance(error, ScriptuneError):
        if not debugging:
            _line("Hint: ", "cyan", f"this is a bug in scriptune. {_keep_traceback(error)}")
        return _FAILED
    return _WRONG_USAGE if isinstance(error, _USAGE_ERRORS) else _FAILED


def _system_words(error: OSError) -> str:
    """The operating system's error message and the path it concerns."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{reason}: {error.filename!r}" if error.filename is not None else f"{reason}."


def _show_expected(error: ScriptuneError) -> None:
    for problem in error.problems if isinstance(error, JobFileError) else (error.message,):
        _line("Error: ", "red", problem)
    if error.hint:
        _line("Hint: ", "cyan", error.hint)


def _keep_traceback(error: Exception) -> str:
    """Write the traceback to a file and return its path."""
    try:
        with tempfile.NamedTemporaryFile("w", prefix="scriptune-", suffix=".txt", delete=False) as file:
            traceback.print_exception(error, file=file)
    except OSError:
        return "Set SCRIPTUNE_DEBUG=1 to see where it happened."
    return f"The traceback is in {file.name}; SCRIPTUNE_DEBUG=1 shows it here."


def _line(label: str, colour: str, text: str) -> None:
    click.echo(click.style(label, fg=colour, bold=True) + text, err=True, color=wants_colour())
