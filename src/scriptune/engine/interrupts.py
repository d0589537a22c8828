"""Hold Ctrl-C back while something is started that it would have to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["hold_interrupts"]


@contextmanager
def hold_interrupts() -> Iterator[None]:
    """Raise the `KeyboardInterrupt` of a SIGINT only at the end of the block.

    Does nothing where Python would not raise one: in threads other than the main one, and where SIGINT is ignored or
    has another handler.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    n_interrupts = 0

    def count(_number: int, _frame: FrameType | None) -> None:
        nonlocal n_interrupts
        n_interrupts += 1

    signal.signal(signal.SIGINT, count)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if n_interrupts:
        raise KeyboardInterrupt
