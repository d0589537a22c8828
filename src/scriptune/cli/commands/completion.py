"""``completion``: completion of commands, options and jobs in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.output import print_json

__all__ = ["VARIABLE", "completion"]

VARIABLE = "_SCRIPTUNE_COMPLETE"
"""With it a shell asks the program for completions; click makes the name from the program's."""


@click.command(
    cls=Command,
    example='eval "$(scriptune completion bash)"\n'
    "scriptune completion zsh > ~/.zfunc/_scriptune\n"
    "scriptune completion fish > ~/.config/fish/completions/scriptune.fish",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@pass_shared
@click.pass_context
def completion(context: click.Context, shared: Shared, shell: str) -> None:
    """Print the script that makes a shell complete commands, options and names of jobs.

    Put the first example's line into ~/.bashrc. For zsh and fish write the script into a folder where the shell looks
    for completions; zsh needs the folder in fpath before compinit.
    """
    complete = get_completion_class(shell)
    assert complete is not None, "click has all three"
    script = complete(context.find_root().command, {}, "scriptune", VARIABLE).source()
    if shared.as_json:
        print_json({"shell": shell, "script": script})
    else:
        click.echo(script)
