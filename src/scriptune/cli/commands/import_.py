"""``import``: job descriptions of other tools as job files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.output import print_json
from scriptune.engine.imports import ImportedJob, import_job
from scriptune.errors import JobFileError, SettingsError
from scriptune.jobfile.importers import FORMATS, NoteKind
from scriptune.messages import Message

__all__ = ["import_description"]

_TITLES = {
    NoteKind.TAKEN: "Taken over",
    NoteKind.APPROXIMATED: "Approximated",
    NoteKind.IMPOSSIBLE: "Not possible",
}


@click.command(
    cls=Command,
    example="scriptune import sweep.yaml -o job.yaml\n"
    "scriptune import experiment.yaml --metric loss 'loss=([0-9.]+)' -- python train.py\n"
    "scriptune import guild.yml --operation train",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND]")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Job file to write.")
@click.option("--format", "format_", type=click.Choice(sorted(FORMATS)), help="Of the file. Default: found out.")
@click.option("--operation", default="", help="Operation of a Guild file. Default: the first one with flags.")
@click.option(
    "--metric", "metrics", nargs=2, multiple=True, metavar="NAME REGEX", help="Where the program prints a metric."
)
@pass_shared
def import_description(
    shared: Shared,
    file: Path,
    command: Sequence[str],
    output: Path | None,
    format_: str | None,
    operation: str,
    metrics: Sequence[tuple[str, str]],
) -> None:
    """Turn a job description of another tool into a job file.

    Reads sweeps of W&B, experiments of Katib and NNI, tuning jobs of SageMaker, command lines and templates of Oríon
    (orion hunt ...), Guild files, and algorithms and jobs of ModelArts. What is taken over, approximated or not
    possible is listed, each with its place in the file. Without -o the job file is printed.
    """
    if output is not None and output.exists():
        raise SettingsError(Message("import.file_exists", path=str(output)))
    folder = (output or file).absolute().parent
    imported = import_job(
        _text(file),
        file=file.name,
        format=format_ or "",
        operation=operation,
        command=list(command),
        metrics=dict(metrics),
        base_dir=folder,
        read_beside=lambda name: _beside(file, name),
    )
    if output is not None:
        _write(output, imported.text)
        for name, text in imported.files.items():
            _write(output.parent / name, text)
    if shared.as_json:
        print_json(imported)
        return
    if output is None:
        click.echo(imported.text, nl=False)
    _report(imported, output)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        why = err.strerror if isinstance(err, OSError) else str(err)
        raise JobFileError([Message("import.cannot_read", path=str(file), why=why)]) from err


def _beside(file: Path, name: str) -> str | None:
    """The text of a file that a description names; only of the folder that the description is in, or below."""
    path = (file.absolute().parent / name).resolve()
    if not path.is_relative_to(file.absolute().parent.resolve()) or not path.is_file():
        return None
    return _text(path)


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as err:
        raise SettingsError(Message("import.file_exists", path=str(path))) from err
    except OSError as err:
        raise SettingsError(Message("import.cannot_write", path=str(path), why=err.strerror)) from err


def _report(imported: ImportedJob, output: Path | None) -> None:
    """Say what became of each part, on stderr, so that the job file can be redirected."""
    for kind, title in _TITLES.items():
        notes = [note for note in imported.notes if note.kind is kind]
        if not notes:
            continue
        click.echo(f"{title}:", err=True)
        for note in notes:
            click.echo(f"  {note.place}: {note.message}", err=True)
    for problem in imported.problems:
        click.echo(f"To change before it runs: {problem}", err=True)
    if output is not None:
        files = "".join(f" and {name}" for name in imported.files)
        click.echo(f"Wrote {output}{files}. Next: scriptune check {output}", err=True)
