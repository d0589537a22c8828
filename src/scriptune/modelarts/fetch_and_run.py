"""Copy a job's remote code and inputs once, then run the program: ``python -m`` this module, before a trial.

    python -m scriptune.modelarts.fetch_and_run COPIES -- PROGRAM ARGUMENTS...

``COPIES`` is a JSON file, a list of ``{"remote": "bucket/key", "target": "/local/folder"}``. The first trial of a job
copies; trials that start meanwhile wait for it, and later ones find a file beside ``COPIES`` that says it is done.
So copying delays no request, survives a restart of the server, and is retried by the next trial if it failed.

Nothing with a digit is printed before a failure: a metric's regex may match any number in a log.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from scriptune.modelarts.object_storage import download

__all__ = ["main"]

_FETCH_FAILED = 74  # EX_IOERR of sysexits.h
_SAY_EVERY_S = 10.0  # shorter than any sensible idle_timeout


def main(arguments: Sequence[str]) -> NoReturn:
    """Copy, then replace this process by the program; exits with status 74 if copying failed."""
    copies, dashes, *command = arguments
    assert dashes == "--", arguments
    try:
        _fetch_once(Path(copies))
    except Exception as err:  # noqa: BLE001 - whatever an object storage raises, the log is the place to say it
        _say(f"the job's remote code and inputs cannot be copied: {type(err).__name__}: {err}")
        sys.exit(_FETCH_FAILED)
    os.execvp(command[0], command)


def _fetch_once(plan: Path) -> None:
    done = plan.with_suffix(".done")
    if done.exists():
        return
    with plan.open("rb") as file, _saying("copying the job's remote code and inputs"):
        fcntl.flock(file, fcntl.LOCK_EX)
        if done.exists():  # another process has copied while we waited
            return
        for copy in json.load(file):
            download(copy["remote"], Path(copy["target"]))
        done.touch()


@contextmanager
def _saying(what: str) -> Iterator[None]:
    """Print a line now and then during long work, for `idle_timeout` and for users who follow the log."""
    over = threading.Event()

    def talk() -> None:
        while not over.wait(_SAY_EVERY_S):
            _say(f"still {what}")

    _say(what)
    threading.Thread(target=talk, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _say(text: str) -> None:
    print(f"scriptune: {text}", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
