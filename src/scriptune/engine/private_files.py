"""Files with secrets: readable by their owner only, written atomically."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["create_private", "write_private"]


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 atomically."""
    fresh = _written_beside(path, text)
    fresh.replace(path)


def create_private(path: Path, text: str) -> bool:
    """Create a file of mode 0600 unless it exists; returns True in the one process that created it."""
    fresh = _written_beside(path, text)
    try:
        os.link(fresh, path)
    except FileExistsError:
        return False
    finally:
        fresh.unlink()
    return True


def _written_beside(path: Path, text: str) -> Path:
    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    with open(
        os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return fresh
