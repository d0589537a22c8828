"""The contract of metric sources: it refutes a source that reads what is not finished."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from scriptune.core.trial import Report
from scriptune.metrics.sources.base import Batch, MetricSource
from scriptune.testing.sources import MetricSourceContract


class Hasty:
    """Reads a number a line, and takes what stands behind the last line end for a whole line."""

    end: int | None = None

    def __init__(self, path: Path, offset: int, n_before: int) -> None:
        self.path, self.offset, self.count = path, offset, n_before

    def read(self, max_bytes: int, *, now: datetime, final: bool = False, torn: bool = False) -> Batch:
        del max_bytes, final, torn
        before, data = self.offset, self.path.read_bytes()[self.offset : self.end] if self.path.exists() else b""
        self.offset += len(data)
        reports = []
        for line in data.split():
            reports.append(Report("loss", float(line), float(self.count), before, now, ""))
            self.count += 1
        return Batch(reports, [], before, self.offset)


class OfHasty(MetricSourceContract):
    records = (b"5\n", b"25\n")
    values = (5.0, 25.0)
    torn = b"12"

    def make(self, path: Path, offset: int = 0, n_before: int = 0) -> MetricSource:
        return Hasty(path, offset, n_before)


def test_a_source_that_reads_unfinished_records_is_refuted(tmp_path: Path) -> None:
    contract, path = OfHasty(), tmp_path / "written"
    contract.test_nothing_behind_the_end_is_read(path)
    path.unlink()
    with pytest.raises(AssertionError):
        contract.test_reports_do_not_depend_on_how_writes_were_cut(path)
    path.unlink()
    with pytest.raises(AssertionError):
        contract.test_an_unfinished_record_counts_once_the_program_has_ended(path)
