"""What is decided about a running trial."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Decision"]


class Decision(StrEnum):
    """What becomes of a trial that reached a rung. Suspending it for a while would be a third member."""

    CONTINUE = "continue"
    STOP = "stop"
