"""Overrides of job-file values: command-line flags, and keyword arguments of `scriptune.run`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scriptune.errors import JobFileError
from scriptune.jobfile.problems import Path
from scriptune.jobfile.schema import RunSection
from scriptune.messages import Message, did_you_mean

__all__ = ["FLAGS", "apply_flags", "flag_place"]

FLAGS: Mapping[str, Path] = {
    "name": ("name",),
    "shell": ("shell",),
    "workdir": ("workdir",),
    "objective": ("objective", "metric"),
    "goal": ("objective", "goal"),
    "reduce": ("objective", "reduce"),
    "target": ("objective", "target"),
    "sampler": ("search", "sampler"),
    "trials": ("search", "trials"),
    "budget": ("search", "budget"),
    "seed": ("search", "seed"),
    "options": ("search", "options"),
    "start_with": ("search", "start_with"),
    "allow_duplicates": ("search", "allow_duplicates"),
    "usual_values": ("search", "usual_values"),
    "ordered": ("search", "ordered"),
    "patience": ("search", "patience"),
    "min_gain": ("search", "min_gain"),
    "after": ("search", "after"),
    "results_from": ("search", "from"),
    **{key: ("run", key) for key in RunSection.model_fields},
    "files": ("files",),
    "constraints": ("constraints",),
    "stopping": ("stopping",),
}
"""Names of flags -> the place in a job file that they set."""

# Flags that add to the mapping or list of the file instead of replacing it.
_MERGED = {
    "env",
    "options",
    "files",
    "stopping",
    "constraints",
}


def flag_place(name: str) -> Path:
    """The path in a job file that a flag sets.

    Raises:
        JobFileError: The flag is unknown, such as a misspelt keyword argument of `scriptune.run`.
    """
    if name not in FLAGS:
        raise JobFileError(
            [Message("shorthand.unknown_keyword", name=name, near=did_you_mean(name, FLAGS), known=list(FLAGS))]
        )
    return FLAGS[name]


def apply_flags(document: Any, flags: Mapping[str, Any]) -> Any:
    """A copy of a job file's content with the given flags (those that are not None) applied.

    Flags that hold a mapping (``env``, ``options``, ``files``, ``stopping``) and constraints add to what is there.

    Raises:
        JobFileError: There is no such flag.
    """
    if not isinstance(document, Mapping):
        return document
    changed = dict(document)
    for name, value in flags.items():
        if value is None:
            continue
        *sections, key = flag_place(name)
        target = changed
        for section in sections:
            inner = target.get(section)
            if inner is not None and not isinstance(inner, Mapping):
                break  # the wrong section will be refused as a whole
            target[section] = dict(inner or {})
            target = target[section]
        else:
            old = target.get(key)
            target[str(key)] = _merged(old, value) if name in _MERGED else value
    search = changed.get("search")
    if flags.get("trials") is not None and isinstance(search, dict):
        search.pop("num_samples", None)
        if flags.get("budget") is None:
            search.pop("budget", None)
    elif flags.get("budget") is not None and isinstance(search, dict):
        search.pop("num_samples", None)
        search.pop("trials", None)
    return changed


def _merged(old: object, new: Any) -> Any:
    if isinstance(old, Mapping):
        return {**old, **new}
    return [*old, *new] if isinstance(old, list) else new
