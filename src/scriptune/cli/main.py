"""The entry point: the table of commands, and error handling.

Exit codes: 0 done; 1 the search failed, or the action could not be done; 2 wrong usage or job file;
130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import takewhile

import click

from scriptune import __version__
from scriptune.cli.base import INTERRUPTED, LazyCommand, LazyGroup, Shared, wants_colour

__all__ = ["COMMANDS", "SECTIONS", "cli", "main"]

COMMANDS: Mapping[str, LazyCommand] = {
    "init": LazyCommand("init", "init", "Write a job file for a program."),
    "run": LazyCommand("run", "run", "Run a search in the foreground."),
    "resume": LazyCommand("resume", "resume", "Continue an interrupted search, or extend one."),
    "confirm": LazyCommand("confirm", "confirm", "Run the best configurations again."),
    "check": LazyCommand("check", "check", "Check a search before spending its budget."),
    "import": LazyCommand("import_", "import_description", "Turn a job description of another tool into a job file."),
    "list": LazyCommand("list", "list_jobs", "List searches."),
    "show": LazyCommand("show", "show", "Show a search, or one of its trials."),
    "trials": LazyCommand("trials", "trials", "List the trials of a search."),
    "best": LazyCommand("best", "best", "Print the best configuration as a command line."),
    "logs": LazyCommand("logs", "logs", "Print a trial's log."),
    "importance": LazyCommand("importance", "importance", "Show the importance of each parameter."),
    "report": LazyCommand("report", "report", "Write a search's report as one HTML file."),
    "change": LazyCommand("change", "change", "Change the limits of a search, while it runs too."),
    "enqueue": LazyCommand("enqueue", "enqueue", "Try a configuration next."),
    "stop": LazyCommand("stop", "stop", "Stop a search, or one of its trials."),
    "retry": LazyCommand("retry", "retry", "Retry failed trials."),
    "delete": LazyCommand("delete", "delete", "Delete searches and their files."),
    "prune": LazyCommand("prune", "prune", "Delete logs and files of ended trials to free space."),
    "reparse": LazyCommand("reparse", "reparse", "Recompute all values from the stored logs."),
    "replay": LazyCommand("replay", "replay", "Recompute all suggestions from the record and compare."),
    "samplers": LazyCommand("samplers", "samplers", "List the samplers and their options."),
    "nodes": LazyCommand("nodes", "nodes", "List the machines of executors with their free slots."),
    "inspect": LazyCommand("inspect", "inspect", "Show the options of a program with ranges to search."),
    "usual": LazyCommand("usual", "usual", "Show usual values and ranges of hyperparameters by name."),
    "serve": LazyCommand("serve", "serve", "Serve the console and the REST API, and run queued jobs."),
    "completion": LazyCommand("completion", "completion", "Print the completion script of a shell."),
    "keys": LazyCommand("keys", "keys", "Create, list and revoke access keys."),
    "sessions": LazyCommand("sessions", "sessions", "List signed-in browsers and sign them out."),
}
"""Command -> where it is; a new command needs a line here and a place in `SECTIONS`."""

SECTIONS: Mapping[str, Sequence[str]] = {
    "Search": ("init", "run", "resume", "confirm", "check", "import"),
    "Inspect": (
        "list",
        "show",
        "trials",
        "best",
        "logs",
        "importance",
        "report",
        "nodes",
        "samplers",
        "inspect",
        "usual",
    ),
    "Manage": ("change", "enqueue", "stop", "retry", "delete", "prune", "reparse", "replay"),
    "Serve": ("serve", "keys", "sessions"),
    "Shell": ("completion",),
}

cli = LazyGroup(
    name="scriptune",
    lazy=COMMANDS,
    sections=SECTIONS,
    help="Find good hyperparameters for a training program without changing it.\n\n"
    "JOB is an id, a name, or the first four or more characters of an id. Without it, commands use the latest "
    "job.",
    example="scriptune run -p lr=1e-5..1e-1:log -m 'acc=([0-9.]+)' --maximize -n 20 -- python train.py\n"
    "scriptune run job.yaml\n"
    "scriptune COMMAND --help",
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=lambda context, _, value: _print_version(context) if value else None,
            help="Print the version and exit.",
        )
    ],
)


def _print_version(context: click.Context) -> None:
    click.echo(f"scriptune {__version__}")
    context.exit(0)


def _wants_json(shared: Shared, arguments: Sequence[str]) -> bool:
    """Whether ``--json`` was given, even after the option that could not be parsed."""
    return shared.as_json or "--json" in takewhile(lambda argument: argument != "--", arguments)


def _failed(error: Exception, *, as_json: bool) -> int:
    # Imported here: what prints a failure takes longer to import than all of --help.
    code: int = import_module("scriptune.cli.errors").show(error, as_json=as_json)
    return code


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; errors go to stderr, without a traceback.

    Args:
        argv: Arguments without the program's name; those of the process when None.
    """
    shared = Shared()
    try:
        result = cli.main(args=argv, prog_name="scriptune", obj=shared, color=wants_colour(), standalone_mode=False)
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        if _wants_json(shared, sys.argv[1:] if argv is None else argv):
            return _failed(error, as_json=True)
        error.show()
        return error.exit_code
    except Exception as error:  # noqa: BLE001  # the top: a bug of scriptune still ends in one line
        return _failed(error, as_json=shared.as_json)
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    sys.exit(main())
