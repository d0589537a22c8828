"""Check which command an attempt folder belongs to.

A folder can be older or newer than the database that names it: a backup was restored, a disk lost what was not
flushed. Then the next trial of the same number finds a folder that belongs to other params. So nothing in a folder is
taken for a trial's before its ``command.json`` is the command that would be launched.

What identifies a command is what makes the program behave as it does: params, argument list, changes to the
environment, working directory, rendered config files. What may differ is what the machine or the moment gives:

    time limits, grace    `scriptune change` moves them
    devices and slots     given when there is room, memory too
    the attempt's names   its key, which the folder has too; and the marker, drawn for each hand-over
    the home's path       a home can be moved; the trial's own folder is compared as `{trial_dir}`
    our own variables     another version of scriptune may set others; both sides must have one for it to count
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from scriptune.core.job import JobSpec
from scriptune.executors.base import Handle, LaunchSpec
from scriptune.executors.folder import MARKER, WORK, read_command
from scriptune.executors.own_variables import ADDED, OWN_PREFIX
from scriptune.messages import Message
from scriptune.regular_files import NotRegularFileError, is_absent, read_bounded

__all__ = ["KEY", "command_document", "difference", "holds_another", "params_difference", "recorded_launch_spec"]

KEY = "key"
"""In a handle's data: the text that only this hand-over has, see `MARKER`."""

_TRIAL_DIR = "SCRIPTUNE_TRIAL_DIR"
_OWN = frozenset({*ADDED, "LINES"})
_DEVICES = frozenset({"CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"})
_HERE = "{trial_dir}"

# Fields of a launch spec that are written in another form, or with the slots; all others are written as they are.
_FORMED = frozenset({"folder", "seen_folder", "env", "cwd", "files", "cpus", "gpus", "gpu_ids"})
_AS_THEY_ARE = tuple(field.name for field in fields(LaunchSpec) if field.name not in _FORMED)
# Of these, what `difference` has no own sentence for, and what may not differ.
_SAID = frozenset({"params", "argv", "timeout_s", "idle_timeout_s", "grace_s", "key", "memory_bytes"})
_COMPARED = tuple(name for name in _AS_THEY_ARE if name not in _SAID)


def command_document(
    launch_spec: LaunchSpec, env: Mapping[str, str | None], slots: Mapping[str, Any]
) -> dict[str, Any]:
    """The content of ``command.json``.

    Args:
        launch_spec: What was to be launched.
        env: Its environment with what the executor adds.
        slots: What it was given.
    """
    here = str(launch_spec.seen_folder / WORK)
    return {
        **{name: _plain(getattr(launch_spec, name)) for name in _AS_THEY_ARE},
        "env": dict(env),
        "cwd": str(launch_spec.cwd.absolute()),
        "files": {name: _digest(text, here) for name, text in launch_spec.files.items()},
        "slots": dict(slots),
    }


def recorded_launch_spec(
    document: Mapping[str, Any], folder: Path, spec: JobSpec, *, trial_dir: Path, files: Mapping[str, str]
) -> LaunchSpec:
    """Rebuild the launch spec of an attempt from its ``command.json``, to run it again.

    Args:
        document: Content of ``command.json``.
        folder: The attempt folder.
        spec: The job.
        trial_dir: Takes the place of the program's own folder.
        files: Its config files.
    """
    recorded = document["env"].get(_TRIAL_DIR) or str(folder / WORK)
    env = {
        name: value and value.replace(recorded, str(trial_dir))
        for name, value in document["env"].items()
        if name not in (MARKER, "CUDA_VISIBLE_DEVICES") or name in spec.run.env
    }
    given = {name: document[name] for name in _COMPARED if name in document}
    argv = tuple(word.replace(recorded, str(trial_dir)) for word in document["argv"])
    return LaunchSpec(folder, argv, env, spec.workdir, files, **given)


def difference(document: Mapping[str, Any] | None, launch_spec: LaunchSpec, *, files: bool = True) -> str:
    """How a folder's command differs from a launch spec, as a phrase; "" if it is the same command.

    Args:
        document: Content of ``command.json``; None if it is absent or incomplete.
        launch_spec: What would be launched.
        files: Whether rendered files count. Their templates may have been edited since.
    """
    if document is None:
        return Message("difference.no_command")
    stored, env = document.get("argv"), document.get("env")
    if not isinstance(stored, list) or not isinstance(env, Mapping):
        return Message("difference.damaged")
    old, here = str(env.get(_TRIAL_DIR) or ""), str(launch_spec.seen_folder / WORK)
    if phrase := params_difference(document, launch_spec.params):
        return phrase
    if _moved(stored, old) != _moved(launch_spec.argv, here):
        return Message("difference.arguments", first=_first(_moved(stored, old), _moved(launch_spec.argv, here)))
    for name in _COMPARED:
        if _plain(document.get(name, getattr(LaunchSpec, name, None))) != _plain(getattr(launch_spec, name)):
            return Message("difference.field", name=name)
    if variable := _variable_that_differs(env, launch_spec, old, here):
        return Message("difference.variable", variable=variable)
    if document.get("cwd") != str(launch_spec.cwd.absolute()):
        return Message("difference.workdir", found=document.get("cwd"), expected=str(launch_spec.cwd.absolute()))
    if files and (name := _file_that_differs(document.get("files"), launch_spec, here)):
        return Message("difference.file", name=name)
    return ""


def holds_another(handle: Handle) -> bool:
    """Whether a submitted attempt's folder now belongs to another hand-over, or is incomplete.

    A handle from before 0.2.0 has no key; then its folder is believed.

    Raises:
        OSError: This cannot be determined now.
    """
    key = handle.data.get(KEY)
    if key is None:
        return False
    document = read_command(handle.folder)
    env = document.get("env") if document is not None else None
    return not isinstance(env, Mapping) or env.get(MARKER) != key


def params_difference(document: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """The first parameter that differs, in words; 1, 1.0 and true are three different values.

    Commands from before 0.2.0 do not name their params.
    """
    stored = document.get("params")
    if not isinstance(stored, Mapping) or not wanted:
        return ""
    for name in sorted({*stored, *wanted}):
        mine, other = wanted.get(name), stored.get(name)
        if name not in stored or name not in wanted or (type(mine), mine) != (type(other), other):
            shown = [repr(values[name]) if name in values else "absent" for values in (stored, wanted)]
            return Message("difference.parameter", name=name, found=shown[0], expected=shown[1])
    return ""


def _plain(value: Any) -> Any:
    """Convert a value to what JSON gives back."""
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _moved(texts: Any, folder: str) -> list[str]:
    return [str(text).replace(folder, _HERE) if folder else str(text) for text in texts]


def _first(stored: list[str], wanted: list[str]) -> str:
    """The first argument that differs, unless it is a whole shell script."""
    pairs = [(a, b) for a, b in zip(stored, wanted, strict=False) if a != b]
    if not pairs or max(map(len, pairs[0])) > 80:
        return ""
    return Message("difference.first", found=pairs[0][0], expected=pairs[0][1])


def _variable_that_differs(stored: Mapping[str, Any], launch_spec: LaunchSpec, old: str, here: str) -> str:
    """The name of a variable that differs, never its value, which may be a secret."""
    ignored = {MARKER} | (_DEVICES if launch_spec.gpus or launch_spec.gpu_ids else set())
    for name in sorted({*stored, *launch_spec.env} - ignored):
        if name in stored and name in launch_spec.env:
            mine, other = launch_spec.env[name], stored[name]
            if (mine is None) != (other is None) or _moved([other], old) != _moved([mine], here):
                return name
        elif name not in _OWN and not name.startswith(OWN_PREFIX):
            return name
    return ""


def _file_that_differs(digests: Any, launch_spec: LaunchSpec, here: str) -> str:
    if isinstance(digests, Mapping):
        wanted = {name: _digest(text, here) for name, text in launch_spec.files.items()}
        return next((name for name in sorted({*digests, *wanted}) if digests.get(name) != wanted.get(name)), "")
    # Handed over before 0.2.0: what lies there must do. A program that rewrote its file runs again.
    work = launch_spec.folder / WORK
    return next((name for name, text in launch_spec.files.items() if not _lies_there(work / name, text)), "")


def _lies_there(path: Path, text: str) -> bool:
    try:
        wanted = text.encode("utf-8")
        return read_bounded(path, len(wanted) + 1) == wanted
    except UnicodeEncodeError:
        return False
    except OSError as err:
        if is_absent(err) or isinstance(err, NotRegularFileError):
            return False
        raise


def _digest(text: str, folder: str) -> str:
    return hashlib.sha256(text.replace(folder, _HERE).encode("utf-8", "surrogatepass")).hexdigest()
