"""Turn a growing metric file into reports.

What a file says of a metric is a list of values. Appending to the file makes it longer. A file that was rewritten, as
by programs that save all of their history each time, or that begin the next file of a rotation, is read from its start:
values that it had before at the same place are the same values, and what differs from there on is new. So no value is
reported twice, and none that was there in a complete record is lost.
"""

from __future__ import annotations

import math
import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from scriptune.core.job import MetricUnit
from scriptune.core.trial import Report
from scriptune.messages import Message
from scriptune.metrics.sources.base import Batch
from scriptune.metrics.sources.csv_rows import CsvRows
from scriptune.metrics.sources.event_files import EventFiles
from scriptune.metrics.sources.file_format import FileEntry, FileFormat, Wanted, shortened
from scriptune.metrics.sources.json_document import JsonDocument
from scriptune.metrics.sources.json_lines import JsonLinesFile
from scriptune.metrics.sources.limited_warnings import LimitedWarnings
from scriptune.metrics.sources.log import READ_TIME_S, in_unit
from scriptune.metrics.sources.place import FilePlace
from scriptune.metrics.units import MetricUnits

__all__ = ["FORMATS", "FileSource", "found_state", "is_kept"]

FORMATS: Mapping[str, type[CsvRows] | type[JsonLinesFile] | type[JsonDocument] | type[EventFiles]] = {
    "csv": CsvRows,
    "jsonl": JsonLinesFile,
    "json": JsonDocument,
    "tensorboard": EventFiles,
}
"""What reads a metric file, by the key of the job file."""

_MAX_REPORTS = 4000  # of one read, or a piece more
_MAX_COMPARED = 100_000  # values of a metric that a rewritten file is compared with; later ones are taken as the same


class FileSource:
    """Reads some metrics of one attempt from a file: a `MetricSource`.

    Args:
        kind: One of `FORMATS`.
        place: The file.
        wanted: What to read, by metric.
        state: ``state()`` of the source that read the reports so far.
        earlier: These reports.
        units: Of the job's metrics; see `MetricIntake`.
        clock: A clock in seconds, for tests.
    """

    def __init__(
        self,
        kind: str,
        place: FilePlace,
        wanted: Mapping[str, Wanted],
        state: Mapping[str, Any] | None = None,
        earlier: Sequence[Report] = (),
        *,
        counts: Mapping[str, int] | None = None,
        units: MetricUnits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.place = place
        self._wanted = dict(wanted)
        self._format: FileFormat = FORMATS[kind](place, wanted, state or {})
        self._units = MetricUnits() if units is None else units
        self._clock = clock
        self._warnings = LimitedWarnings()
        self._counts = {metric: (counts or {}).get(metric, 0) for metric in wanted}
        self._said: dict[tuple[str, str], _Said] = {}
        own = [report for report in earlier if report.metric in self._wanted and report.file]
        stored = (state or {}).get("said", {})
        for metric, file in dict.fromkeys((report.metric, report.file) for report in own):
            said = [report for report in own if (report.metric, report.file) == (metric, file)]
            self._said[metric, file] = _Said(said, stored.get(metric, {}).get(file))

    @property
    def metrics(self) -> Sequence[str]:
        """The metrics it reads."""
        return list(self._wanted)

    @property
    def offset(self) -> int:
        """The start of the first record that was not read yet."""
        return self._format.offset

    @property
    def end(self) -> int | None:
        """Where to stop reading although the file may grow further; None to read to its end."""
        return self._format.end

    @end.setter
    def end(self, end: int | None) -> None:
        self._format.end = end

    def state(self) -> dict[str, Any]:
        """What a later source needs to continue here, as JSON."""
        stored: dict[str, dict[str, Any]] = {}
        for (metric, file), said in self._said.items():
            if said.state is not None:
                stored.setdefault(metric, {})[file] = said.state
        return {**self._format.state(), **({"said": stored} if stored else {})}

    def read(self, max_bytes: int, *, now: datetime, final: bool = False, torn: bool = False) -> Batch:
        """Read further records, up to about ``max_bytes`` and `READ_TIME_S`; see `MetricSource`."""
        deadline = self._clock() + READ_TIME_S
        from_offset, n_bytes, at_end = self._format.offset, 0, False
        error: OSError | None = None
        reports: list[Report] = []
        while n_bytes < max(max_bytes, 1) and len(reports) < _MAX_REPORTS:
            try:
                chunk = self._format.read(final=final, torn=torn)
            except OSError as err:
                error = err
                break
            for note in self._format.notes:
                self._warnings.add(note.metric, note.kind, note.say)
            self._format.notes.clear()
            if chunk is None:
                at_end = True
                break
            if chunk.is_start:
                for metric in self._wanted:
                    self._said_of(metric, chunk.file).begin_again()
            reports += (
                report for entry in chunk.entries if (report := self._report(entry, chunk.file, now)) is not None
            )
            n_bytes += chunk.n_bytes
            if self._clock() > deadline:
                break
        if final and at_end:
            for metric, n_reports in self._counts.items():
                if n_reports == 0:
                    self._warnings.add(metric, "missing", partial(self._format.missing, metric))
            self._warnings.sum_up()
        return Batch(reports, self._warnings.take(), from_offset, self._format.offset, at_end, error)

    def _said_of(self, metric: str, file: str) -> _Said:
        said = self._said.get((metric, file))
        if said is None:
            said = self._said[metric, file] = _Said()
        return said

    def _report(self, entry: FileEntry, file: str, now: datetime) -> Report | None:
        """The report of an entry; None if it is not new, or not in the unit of its metric."""
        metric = entry.metric
        value = self._units.read(metric, entry.value, entry.unit, partial(_line, entry, file))
        if value is None:
            known = self._units.known[metric]
            self._warnings.add(metric, "unit", partial(_unit_text, entry, file, known))
            return None
        has_step = self._wanted[metric].step is not None or entry.step is not None
        if self._said_of(metric, file).has(value, entry.step if has_step else None):
            return None
        count = self._counts[metric]
        self._counts[metric] = count + 1
        step = float(count) if entry.step is None else entry.step
        return Report(metric, value, step, entry.offset, now, entry.unit, file)


def found_state(kind: str, place: FilePlace) -> dict[str, Any]:
    """The state of a source for which what is in the file now does not count.

    Raises:
        OSError: It cannot be read now.
    """
    return FORMATS[kind].found(place)


def is_kept(kind: str, place: FilePlace, state: Mapping[str, Any]) -> bool:
    """Whether a file still holds all that was read of it up to a state.

    Raises:
        OSError: It cannot be read now.
    """
    return "said" not in state and FORMATS[kind].is_kept(place, state)


class _Said:
    """What a file says of a metric, in order, and how far it was read this time.

    Args:
        earlier: All reports that came from it.
        state: Of an earlier reader.
    """

    def __init__(self, earlier: Sequence[Report] = (), state: Mapping[str, Any] | None = None) -> None:
        # Which of the reports are still there: from, to.
        self._spans: list[list[int]] = state["spans"] if state else [[0, len(earlier)]]
        kept = [report for start, end in self._spans for report in earlier[start:end]]
        self._values = array("d", [report.value for report in kept[:_MAX_COMPARED]])
        self._steps = array("d", [report.step for report in kept[:_MAX_COMPARED]])
        self._n = len(kept)
        self._at: int = state["at"] if state else self._n
        self._n_reported = len(earlier)

    @property
    def state(self) -> Mapping[str, Any] | None:
        """What a later reader needs besides the reports; None if all of them are there and were read."""
        if self._at == self._n and self._spans == [[0, self._n_reported]]:
            return None
        return {"spans": self._spans, "at": self._at}

    def begin_again(self) -> None:
        """The file is read from its start."""
        self._at = 0

    def has(self, value: float, step: float | None) -> bool:
        """Take the next value; returns whether the file has said it before at this place."""
        at = self._at
        self._at += 1
        if at < self._n:
            if at >= len(self._values) or self._is_at(at, value, step):
                return True
            self._cut(at)
        if at == len(self._values) < _MAX_COMPARED:
            self._values.append(value)
            self._steps.append(math.nan if step is None else step)
        self._n = at + 1
        if self._spans and self._spans[-1][1] == self._n_reported:
            self._spans[-1][1] += 1
        else:
            self._spans.append([self._n_reported, self._n_reported + 1])
        self._n_reported += 1
        return False

    def _is_at(self, at: int, value: float, step: float | None) -> bool:
        known = self._values[at]
        return (known == value or (known != known and value != value)) and (step is None or self._steps[at] == step)

    def _cut(self, n: int) -> None:
        """Forget what is not there any more."""
        del self._values[n:], self._steps[n:]
        left, spans = n, list[list[int]]()
        for start, end in self._spans:
            if left <= 0:
                break
            spans.append([start, min(end, start + left)])
            left -= end - start
        self._spans = spans


def _line(entry: FileEntry, file: str) -> str:
    return f"{file}: {shortened(entry.text[:4096].decode('utf-8', 'replace'))}"


def _unit_text(entry: FileEntry, file: str, known: MetricUnit) -> str:
    decided = (
        Message("log.as_in_line", line=known.line) if known.line else Message("log.as_job_says", metric=entry.metric)
    )
    return Message(
        "metric_file.other_unit",
        metric=entry.metric,
        decided=decided,
        value=entry.value,
        unit=in_unit(entry.unit),
        file=file,
        at=entry.offset,
        expected=in_unit(known.unit),
    )
