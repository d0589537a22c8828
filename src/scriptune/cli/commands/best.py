"""``best``: print the best configuration as a command line."""

from __future__ import annotations

from pathlib import Path

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.formats import number, one_line, params_text, with_unit
from scriptune.cli.output import print_json
from scriptune.cli.result import has_equal_values
from scriptune.cli.session import JOB, open_engine
from scriptune.engine.serialise import to_json
from scriptune.errors import ConflictError
from scriptune.messages import Message

__all__ = ["best"]


@click.command(
    cls=Command,
    example='scriptune best\nscriptune best digits-mlp --json\neval "$(scriptune best --command)"\n'
    "scriptune best --write best-config",
)
@JOB
@click.option("--command", "only_command", is_flag=True, help="Print only the command line.")
@click.option(
    "--write",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the best trial's config files into this folder.",
)
@pass_shared
def best(shared: Shared, job: str | None, only_command: bool, folder: Path | None) -> None:
    """Print the best configuration as a command line to paste.

    The command line changes to the search's working directory and sets its environment variables, so it can be pasted
    anywhere. {trial_dir} becomes a separate folder, so the files of the trial are not overwritten.
    """
    engine = open_engine(shared, read_only=True)
    found = engine.job(job).job
    answer = engine.best(found.id)
    if answer is not None and folder is not None:
        written = engine.write_best(found.id, folder)
        assert written is not None
        if shared.as_json:
            print_json({"trial": answer.trial.number, **to_json(written)})
            return
        if not only_command:
            click.echo("\n".join(f"# wrote {path}" for path in written.files))
        click.echo(written.command_line)
        return
    if answer is None:
        raise ConflictError(
            Message("cli.no_value_yet", name=found.name), hint=Message("cli.see_what_happened", id=found.id[:8])
        )
    if shared.as_json:
        print_json(answer)
        return
    if not only_command:
        # As comments, so that all of it can be pasted.
        metric = with_unit(found, found.metric)
        click.echo(f"# {one_line(found.name)}, trial {answer.trial.number}: {metric} {number(answer.trial.value)}")
        click.echo(f"# {params_text(answer.params)}")
    if has_equal_values(found):
        # On stderr, so that what is pasted or evaluated stays a command.
        click.echo(
            click.style("Warning: ", fg="yellow", bold=True)
            + f"All trials of {one_line(found.name)} with a value have the same one, so there is no best trial; "
            f"this is trial {answer.trial.number}.",
            err=True,
        )
    click.echo(answer.command_line)
