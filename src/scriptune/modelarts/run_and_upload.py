"""Run a program, then upload its output folder: ``python -m`` this module, in front of a trial.

    python -m scriptune.modelarts.run_and_upload OUTPUTS REMOTE -- PROGRAM ARGUMENTS...

Uploads ``OUTPUTS`` to ``REMOTE`` (``bucket/key``) whatever became of the program, and ends as the program did. A
failed upload is written into the trial's log and fails a trial that was well: its files would be missing.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from scriptune.modelarts.object_storage import upload

__all__ = ["main"]

_UPLOAD_FAILED = 74  # EX_IOERR of sysexits.h
_ATTEMPTS = 3


def main(arguments: Sequence[str]) -> int:
    """Run the program and upload; returns the exit status."""
    outputs, remote, dashes, *command = arguments
    assert dashes == "--", arguments
    Path(outputs).mkdir(parents=True, exist_ok=True)
    child = subprocess.Popen(command)

    def pass_on(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the signature of a handler
        child.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGINT, pass_on)
    status = child.wait()
    uploaded = _upload(Path(outputs), remote)
    if status:
        return status if status > 0 else 128 - status
    return 0 if uploaded else _UPLOAD_FAILED


def _upload(outputs: Path, remote: str) -> bool:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            upload(outputs, remote)
        except Exception as err:  # noqa: BLE001 - whatever an object storage raises, the log is the place to say it
            print(f"scriptune: upload to {remote!r} failed ({attempt}/{_ATTEMPTS}): {err}", file=sys.stderr)  # noqa: T201
        else:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
