"""What reads the metrics of an attempt: one source for each place that a program writes them to.

The log is the first (`log`). Each source has an offset of its own, which is stored together with the reports before it:
a reader that was killed begins again there and neither loses a report nor reads one twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from scriptune.core.trial import Report

__all__ = ["Batch", "MetricSource"]


@dataclass(frozen=True)
class Batch:
    """Reports and warnings of one read of a source.

    Attributes:
        reports: In the order of the source; NaN and infinities included.
        warnings: Whole sentences, few: repeated ones are counted and summed up at the end.
        from_offset, to_offset: The part of the source they came from; both are starts of records, of a log its lines.
            The latter is smaller when the program emptied what it had written.
        at_end: There is nothing more to read now.
        error: Why reading broke off; what was read before it is there, and the next read continues behind it.
    """

    reports: list[Report] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    from_offset: int = 0
    to_offset: int = 0
    at_end: bool = True
    error: OSError | None = None


class MetricSource(Protocol):
    """Reads the reports of one attempt in pieces, while its program still writes. Not thread-safe.

    The reports depend on the bytes alone. How the program's writes were cut, how much is read at a time, and how often
    a new source began at the ``to_offset`` of a batch makes no difference; so a source can be read again from 0, which
    is what a re-parse does.
    """

    @property
    def offset(self) -> int:
        """The start of the first record that was not read yet."""
        ...

    @property
    def end(self) -> int | None:
        """Where to stop reading although the source may grow further; None to read to its end."""
        ...

    @end.setter
    def end(self, end: int | None) -> None: ...

    def read(self, max_bytes: int, *, now: datetime, final: bool = False, torn: bool = False) -> Batch:
        """Read further complete records, at least one where there is one; never raises because of what they hold.

        A source that does not exist yet is at its end.

        Args:
            max_bytes: When to stop; a piece more may be read.
            now: Time of the reports.
            final: The program has ended, so an unfinished last record counts. Read until ``at_end``.
            torn: It was killed, so a number at the very end of an unfinished record is refused: its last digits may
                still have been in the program's buffer.
        """
        ...
