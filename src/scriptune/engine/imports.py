"""Import job descriptions of other tools, with usual ranges where a description has none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scriptune.errors import JobFileError
from scriptune.inspection.usual_ranges import is_searched, range_around, usual_range
from scriptune.jobfile import check_document
from scriptune.jobfile.importers import FORMATS, Draft, ImportNote, NoteKind, import_description
from scriptune.jobfile.writer import dump_draft
from scriptune.messages import Message
from scriptune.search.usual import kinds_of_program

__all__ = ["MAX_CHARS", "ImportedJob", "import_job"]

MAX_CHARS = 200_000
"""No description is longer; a log or a model passed by accident is."""

# What a command on the command line answers.
_WITHOUT_COMMAND = {
    *("import.no_program", "import.image_command", "import.template_elsewhere", "import.job_elsewhere"),
    *("import.space_alone", "import.container_command", "import.notebook"),
}


@dataclass(frozen=True)
class ImportedJob:
    """A job description of another tool as a job file.

    Attributes:
        format: Of the description, such as ``wandb``.
        tool: Whose it is, for people.
        document: The job file as data.
        text: The job file as YAML.
        notes: What became of each part of the description.
        files: Further files that the job file needs beside it: name -> text.
        problems: What has to be changed before the search can run here.
    """

    format: str
    tool: str
    document: Mapping[str, Any]
    text: str
    notes: Sequence[ImportNote]
    files: Mapping[str, str]
    problems: Sequence[str]


def import_job(
    text: str,
    *,
    file: str = "job",
    format: str = "",
    operation: str = "",
    command: str | Sequence[str] | None = None,
    metrics: Mapping[str, str] | None = None,
    base_dir: Path | None = None,
    read_beside: Callable[[str], str | None] = lambda _: None,
) -> ImportedJob:
    """Turn a job description of another tool into a job file.

    Args:
        text: The description.
        file: Its name, for messages and templates.
        format: A key of `FORMATS`; "": found out.
        operation: Of a Guild file; "": the first one with flags.
        command: In place of the description's command.
        metrics: Metric -> regex, in place of those found or guessed.
        base_dir: Where the job file will be; None: nothing on disk is looked at.
        read_beside: Reads a file that the description names, such as NNI's search space.

    Raises:
        JobFileError: The text is no description of these tools.
    """
    if len(text) > MAX_CHARS:
        raise JobFileError([Message("import.too_large", most=MAX_CHARS)])
    found, draft = import_description(text, file=file, format=format, operation=operation, read_beside=read_beside)
    _give_ranges(draft)
    notes = list(draft.notes)
    if command:
        draft.document["command"] = command if isinstance(command, str) else list(command)
        notes = [note for note in notes if getattr(note.message, "code", "") not in _WITHOUT_COMMAND]
    if metrics:
        draft.document["metrics"].update({name: {"regex": regex} for name, regex in metrics.items()})
        guessed = {f"{name}" for name in metrics}
        notes = [
            note
            for note in notes
            if getattr(note.message, "code", "") != "import.metric_guessed"
            or getattr(note.message, "params", {}).get("name") not in guessed
        ]
    return ImportedJob(
        format=found,
        tool=FORMATS[found],
        document=draft.document,
        text=dump_draft(draft.document),
        notes=notes,
        files=draft.files,
        problems=_problems(draft, base_dir),
    )


def _give_ranges(draft: Draft) -> None:
    """Search parameters with a default alone where such parameters usually are, if nothing else is searched."""
    parameters = draft.document["parameters"]
    if not draft.unranged or any("value" not in entry for entry in parameters.values()):
        return
    kinds = kinds_of_program(parameters)
    for name, default in draft.unranged.items():
        entry = usual_range(name, kinds) if is_searched(name) else None
        if entry is None or isinstance(default, bool) or not isinstance(default, (int, float)):
            continue
        whole = isinstance(default, int) and isinstance(entry.value, int)
        domain = range_around(entry, float(default), is_integer=whole)
        if "min" not in domain:
            continue
        passing = {key: value for key, value in parameters[name].items() if key in ("flag", "style")}
        parameters[name] = {**domain, "default": default, **passing}
        low, high = domain["min"], domain["max"]
        if not low <= default <= high:
            del parameters[name]["default"]
        draft.notes = [
            note
            for note in draft.notes
            if getattr(note.message, "code", "") != "import.default_only"
            or getattr(note.message, "params", {}).get("name") != name
        ]
        draft.notes.append(
            ImportNote(NoteKind.APPROXIMATED, name, Message("import.usual_range", name=name, low=low, high=high))
        )


def _problems(draft: Draft, base_dir: Path | None) -> list[str]:
    """What `check` would say of the job file now."""
    try:
        check_document({**draft.document, "files": None}, base_dir=base_dir, place="job.yaml")
    except JobFileError as err:
        return list(err.problems)
    return []
