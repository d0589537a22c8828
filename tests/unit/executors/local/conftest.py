"""A launcher that runs one attempt in a process of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scriptune.executors.folder import read_json, write_json
from scriptune.executors.local import launcher
from scriptune.executors.local.exit_record import exit_status

Launch = Callable[..., dict[str, Any]]


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    """Runs a shell script under a launcher that is a fork of us, and returns what it wrote."""

    def launch(script: str, **changes: Any) -> dict[str, Any]:
        launch_spec = {
            "argv": ["/bin/sh", "-c", script],
            "env": {},
            "cwd": str(tmp_path),
            "timeout_s": None,
            "idle_timeout_s": None,
            "grace_s": 5.0,
        }
        (tmp_path / "claim").unlink(missing_ok=True)
        write_json(str(tmp_path / "command.json"), launch_spec | changes)
        signal.pthread_sigmask(signal.SIG_BLOCK, launcher.SIGNALS)
        pid = os.fork()
        if pid == 0:
            try:
                launcher.launch(str(tmp_path))
            finally:
                os._exit(0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, launcher.SIGNALS)
        os.waitpid(pid, 0)
        found = read_json(str(tmp_path / "exit.json"))
        return {} if found is None else {**found, "message": exit_status(found).message}

    return launch
