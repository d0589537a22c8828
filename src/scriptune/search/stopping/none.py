"""NoStopping: every trial runs to its end."""

from __future__ import annotations

from scriptune.core.decision import Decision
from scriptune.plugins.options import NoOptions

__all__ = ["NoStopping"]


class NoStopping:
    """The rule that stops no trial."""

    options_class = NoOptions
    rungs: tuple[int, ...] = ()

    def __init__(self, options: NoOptions, *, max_step: int | None, seed: int) -> None:
        """Nothing depends on any of it."""

    def record(self, number: int, step: float, value: float, protected: bool = False) -> Decision:  # noqa: ARG002
        """Continue."""
        return Decision.CONTINUE

    def finish(self, number: int, step: float, completed: bool) -> None:
        """Nothing to learn."""
