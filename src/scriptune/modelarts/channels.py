"""Inputs and outputs of a training job: where the program reads its data and writes its results.

Every trial has its own output folder: trials run in parallel, and a search wants each one's files. It is

    OUTPUT/JOB NAME/trial-N     for a search; of an ordinary job it is OUTPUT itself

and a remote output is uploaded there from the trial's folder when the trial has ended.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scriptune.messages import Message
from scriptune.modelarts.errors import refused
from scriptune.modelarts.local_copies import Located, locate
from scriptune.modelarts.places import Place, find_place
from scriptune.modelarts.schemas import Channel

__all__ = ["Wiring", "escape", "wire_inputs", "wire_outputs", "wrapped"]

_UPLOADER = "scriptune.modelarts.run_and_upload"
_FETCHER = "scriptune.modelarts.fetch_and_run"
_BRACES = re.compile(r"\$\{[^}]*\}|\{([^\s{}=,:\"']+)\}")

# Makes the folders that it is told of, then becomes the program: $1 is how many folders follow.
_MAKE_FOLDERS = 'n=$1; shift; while [ "$n" -gt 0 ]; do mkdir -p -- "$1" || exit; shift; n=$((n-1)); done; exec "$@"'


@dataclass(frozen=True)
class Wiring:
    """How one channel is passed to the program; strings may contain ``{trial}`` and ``{trial_dir}``.

    Attributes:
        name: Of the channel.
        folder: What the program is told.
        by_env: As an environment variable of the channel's name, instead of ``--name=folder``.
        place: The actual location of the data; None if not given.
        located: An input, as it was found.
        upload_to: ``bucket/key`` that the folder is uploaded to; None: it is there already.
        make: Whether the folder is to be made for each trial.
    """

    name: str
    folder: str
    by_env: bool
    place: Place | None = None
    located: Located | None = None
    upload_to: str | None = None
    make: bool = False


def escape(text: str) -> str:
    """Escape what looks like a placeholder in a string."""
    return _BRACES.sub(lambda match: match[0] if match[1] is None else "{{" + match[1] + "}}", text)


def wire_inputs(channels: Iterable[Channel], staging: Path, obs_root: Path | None) -> list[Wiring]:
    """Resolve inputs whose data location is given; remote ones are later copied to the job's staging folder.

    Raises:
        ModelArtsError: The data cannot be found (2753, 2791).
    """
    wired = []
    for index, channel in enumerate(channels):
        place = _place(channel, obs_root)
        if place is None:
            continue
        found = locate(place, staging / "inputs" / f"{channel.name}_{index}")
        wired.append(Wiring(channel.name, escape(str(found.path)), _by_env(channel), place, found))
    return wired


def wire_outputs(channels: Iterable[Channel], obs_root: Path | None, *, job_name: str, is_search: bool) -> list[Wiring]:
    """Resolve outputs, each with a folder per trial.

    Raises:
        ModelArtsError: A path is invalid (2791).
    """
    wired = []
    for index, channel in enumerate(channels):
        place = _place(channel, obs_root)
        below = f"/{job_name}/trial-{{trial}}" if is_search else ""
        inside = f"{{trial_dir}}/outputs/{channel.name}_{index}"
        if place is None:
            wired.append(Wiring(channel.name, inside, _by_env(channel), make=True))
        elif place.local is not None:
            folder = escape(str(place.local)) + below
            wired.append(Wiring(channel.name, folder, _by_env(channel), place, make=True))
        else:
            remote = escape(str(place.remote)) + below
            wired.append(Wiring(channel.name, inside, _by_env(channel), place, upload_to=remote, make=True))
    return wired


def wrapped(
    command: Sequence[str],
    wirings: Sequence[Wiring],
    env: Sequence[tuple[str, str]] = (),
    *,
    copies: Path | None = None,
) -> list[str]:
    """Wrap a command with its channels: creates copies and folders before it, uploads outputs after it.

    Args:
        command: Program and arguments, placeholders escaped.
        wirings: Its channels.
        env: Further variables whose values hold placeholders.
        copies: What `write_copies` wrote.
    """
    arguments = [*command, *(f"--{w.name}={w.folder}" for w in wirings if not w.by_env)]
    variables = [f"{name}={text}" for name, text in [*((w.name, w.folder) for w in wirings if w.by_env), *env]]
    if variables:
        arguments = ["env", *variables, *arguments]
    for wiring in wirings:
        if wiring.upload_to is not None:
            uploader = [escape(sys.executable), "-m", _UPLOADER, wiring.folder, wiring.upload_to, "--"]
            arguments = [*uploader, *arguments]
    folders = [w.folder for w in wirings if w.make]
    if folders:
        arguments = ["/bin/sh", "-c", _MAKE_FOLDERS, "sh", str(len(folders)), *folders, *arguments]
    if copies is not None:
        arguments = [escape(sys.executable), "-m", _FETCHER, escape(str(copies)), "--", *arguments]
    return arguments


def _place(channel: Channel, obs_root: Path | None) -> Place | None:
    if channel.url is not None:
        return find_place(channel.url, obs_root)
    if isinstance(dataset := (channel.remote or {}).get("dataset"), Mapping):
        raise refused(
            2753,
            Message("modelarts.dataset_id", name=channel.name, dataset=dataset.get("id") or dataset.get("name")),
            hint=Message("modelarts.dataset_url"),
        )
    if channel.remote:
        raise refused(
            2753,
            Message("modelarts.bad_remote", name=channel.name, remote=channel.remote),
        )
    return None


def _by_env(channel: Channel) -> bool:
    method = (channel.access_method or "parameter").lower()
    if method not in ("parameter", "env"):
        raise refused(
            2753,
            Message("modelarts.bad_access_method", name=channel.name, value=channel.access_method),
        )
    return method == "env"
