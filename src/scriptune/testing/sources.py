"""The contract of metric sources as tests. Needs pytest.

    from scriptune.testing.sources import MetricSourceContract

    class TestMine(MetricSourceContract):
        records = (b"epoch=1 loss=0.5\\n", b"epoch=2 loss=0.25\\n")
        values = (0.5, 0.25)
        torn = b"epoch=3 loss=0.12"

        def make(self, path, offset=0, n_before=0):
            return MySource(path, offset=offset, ...)

The tests ask what `scriptune.metrics.sources.base` states, and each says in its docstring what it asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest

from scriptune.core.trial import Report
from scriptune.metrics.sources.base import Batch, MetricSource

__all__ = ["MetricSourceContract"]

_NOW = datetime(2030, 1, 1, tzinfo=UTC)
_MUCH = 1 << 20


class MetricSourceContract:
    """What every metric source passes. Subclass it, set the attributes and override `make`.

    Attributes:
        records: What a program writes, one report in each.
        values: The values of these reports.
        torn: A further record that its program could not finish: its number is cut.
        unfinished: A further record that lacks no more than the mark of its end; that of ``torn``, unless its kind of
            record can tell.
    """

    records: ClassVar[tuple[bytes, ...]]
    values: ClassVar[tuple[float, ...]]
    torn: ClassVar[bytes]
    unfinished: ClassVar[bytes] = b""

    def make(self, path: Path, offset: int = 0, n_before: int = 0) -> MetricSource:
        """A source that continues at an offset behind so many reports."""
        raise NotImplementedError

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        """What the program writes; not there yet."""
        return tmp_path / "written"

    def test_a_source_that_is_not_there_yet_is_at_its_end(self, path: Path) -> None:
        """Programs write when they like: absence is no error, and is read once it is there."""
        source = self.make(path)
        batch = source.read(_MUCH, now=_NOW)
        assert (batch.reports, batch.at_end, batch.error, source.offset) == ([], True, None, 0)
        path.write_bytes(b"".join(self.records))
        assert _values(_read(source)) == list(self.values)

    def test_reports_do_not_depend_on_how_writes_were_cut(self, path: Path) -> None:
        """A program writes in pieces of any size, and a read may come after each."""
        source, reports = self.make(path), list[Report]()
        for byte in b"".join(self.records):
            with path.open("ab") as file:
                file.write(bytes((byte,)))
            reports += source.read(_MUCH, now=_NOW).reports
        assert _values(reports + _read(source)) == list(self.values)

    def test_a_read_stops_after_the_bytes_it_may_take(self, path: Path) -> None:
        """So that no attempt keeps the others waiting; each read takes a record at least."""
        path.write_bytes(b"".join(self.records))
        source = self.make(path)
        reports, offsets = list[Report](), [0]
        while not (batch := source.read(1, now=_NOW, final=True)).at_end:
            reports += batch.reports
            assert batch.to_offset > batch.from_offset == offsets[-1]
            offsets.append(batch.to_offset)
        assert _values(reports + batch.reports) == list(self.values)

    def test_a_killed_reader_continues_where_its_reports_end(self, path: Path) -> None:
        """From every offset at which a read ended: no report is lost, and none is read twice."""
        for n_written in range(len(self.records) + 1):
            path.write_bytes(b"".join(self.records[:n_written]))
            first = self.make(path)
            before = _read(first, final=False)
            path.write_bytes(b"".join(self.records))
            second = self.make(path, first.offset, len(before))
            assert _values(before + _read(second)) == list(self.values)

    def test_steps_continue_behind_earlier_reports(self, path: Path) -> None:
        """Reports are the same, steps included, whether one source read them or two."""
        path.write_bytes(b"".join(self.records[:1]))
        first = self.make(path)
        before = _read(first, final=False)
        path.write_bytes(b"".join(self.records))
        assert before + _read(self.make(path, first.offset, len(before))) == _read(self.make(path))

    def test_an_unfinished_record_counts_once_the_program_has_ended(self, path: Path) -> None:
        """Before, its end may still come; afterwards it counts, unless the program was killed while it wrote."""
        path.write_bytes(b"".join(self.records) + (self.unfinished or self.torn))
        if not self.unfinished:
            assert _values(_read(self.make(path), final=False)) == list(self.values)
        assert len(_read(self.make(path))) == len(self.values) + 1
        path.write_bytes(b"".join(self.records) + self.torn)
        assert _values(_read(self.make(path), final=False)) == list(self.values)
        assert _values(_read(self.make(path), torn=True)) == list(self.values)

    def test_nothing_behind_the_end_is_read(self, path: Path) -> None:
        """What other processes write after the program has ended does not count."""
        path.write_bytes(b"".join(self.records))
        source = self.make(path)
        source.end = len(self.records[0])
        assert _values(_read(source)) == list(self.values[:1])

    def test_bytes_of_any_kind_are_no_error(self, path: Path) -> None:
        """What a program writes is never the reader's fault."""
        path.write_bytes(bytes(range(256)) * 20 + b"\n" + b"".join(self.records))
        assert _values(_read(self.make(path)))[-len(self.values) :] == list(self.values)


def _read(source: MetricSource, *, final: bool = True, torn: bool = False) -> list[Report]:
    return [report for batch in _batches(source, final=final, torn=torn) for report in batch.reports]


def _batches(source: MetricSource, *, final: bool, torn: bool) -> Iterator[Batch]:
    while True:
        yield (batch := source.read(_MUCH, now=_NOW, final=final, torn=torn))
        assert batch.error is None
        if batch.at_end:
            return


def _values(reports: list[Report]) -> list[float]:
    return [report.value for report in reports]
