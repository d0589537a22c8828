"""Job files: YAML or JSON, or a command line, to a checked `JobSpec` and back.

    text -> parser -> plain data with lines -> checked_job -> complete document -> spec -> JobSpec
                                                 |- shape       keys, kinds and ranges, from schema
                                                 |- parameters, conditions, sections
                                                 `- checks      samplers, regexes, program, files

All errors are found before anything runs, and reported together, each with its place.

What checks job files is loaded when it is first used: a stored job is shown without it (`spec`), and pydantic alone
takes longer than all else that ``scriptune best`` does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scriptune.jobfile.checked_job import CheckedJob
    from scriptune.jobfile.flags import FLAGS, apply_flags
    from scriptune.jobfile.reading import check_document, read_job_file
    from scriptune.jobfile.shorthand import from_command_line
    from scriptune.jobfile.writer import dump_job_file

__all__ = [
    "FLAGS",
    "CheckedJob",
    "apply_flags",
    "check_document",
    "dump_job_file",
    "from_command_line",
    "read_job_file",
]

_MODULES = {
    "CheckedJob": "checked_job",
    "FLAGS": "flags",
    "apply_flags": "flags",
    "check_document": "reading",
    "dump_job_file": "writer",
    "from_command_line": "shorthand",
    "read_job_file": "reading",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return value
