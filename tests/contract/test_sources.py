"""Every metric source through the same tests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from event_writer import scalar, tensor_scalar, version
from scriptune.core.trial import Report
from scriptune.metrics.pattern import compile_pattern
from scriptune.metrics.sources.base import MetricSource
from scriptune.metrics.sources.file_format import Wanted
from scriptune.metrics.sources.files import FileSource
from scriptune.metrics.sources.log import MetricIntake
from scriptune.metrics.sources.place import FilePlace
from scriptune.testing.sources import MetricSourceContract

PATTERN = compile_pattern("loss", r"loss=(\S+)")


class TestLog(MetricSourceContract):
    records = (b"loss=0.5\n", b"nothing\nloss=0.25\n", b"\x1b[1mloss=-1e-3\x1b[0m\n")
    values = (0.5, 0.25, -0.001)
    torn = b"loss=0.12"

    def make(self, path: Path, offset: int = 0, n_before: int = 0) -> MetricSource:
        return MetricIntake({"loss": PATTERN}, path, offset, {"loss": n_before})


class TestLogInSmallBlocks(TestLog):
    def make(self, path: Path, offset: int = 0, n_before: int = 0) -> MetricSource:
        return MetricIntake({"loss": PATTERN}, path, offset, {"loss": n_before}, block_bytes=65, max_line_bytes=64)


def file_source(kind: str, path: Path, wanted: Wanted, offset: int, n_before: int) -> FileSource:
    """A source that continues with an offset and a count alone, as nothing is rewritten here."""
    earlier = [Report("loss", -1.0 - n, n, 0, datetime(2030, 1, 1, tzinfo=UTC), "", path.name) for n in range(n_before)]
    state = {"offset": offset}
    if kind == "tensorboard":
        state = {"files": {"": {"offset": offset}}} if offset else {}
    place = FilePlace(path.parent, path.name)
    return FileSource(kind, place, {"loss": wanted}, state, earlier, counts={"loss": n_before})


class TestCsv(MetricSourceContract):
    records = (b"epoch,loss\n1,0.5\n", b"2,\r\n3,0.25\n", b'4,"-1e-3"\n')
    values = (0.5, 0.25, -0.001)
    torn = b"5,0.12"

    def make(self, path: Path, offset: int = 0, n_before: int = 0) -> MetricSource:
        return file_source("csv", path, Wanted("loss"), offset, n_before)


class TestJsonLines(MetricSourceContract):
    records = (b'{"loss": 0.5}\n', b'{"lr": 1}\n{"loss": 0.25}\n', b'{"loss": -1e-3}\n')
    values = (0.5, 0.25, -0.001)
    torn = b'{"loss": 0.12'
    unfinished = b'{"loss": 0.12}'

    def make(self, path: Path, offset: int = 0, n_before: int = 0) -> MetricSource:
        return file_source("jsonl", path, Wanted("loss"), offset, n_before)


class TestTensorBoard(MetricSourceContract):
    records = (
        version() + scalar("loss", 0.5, 1),
        scalar("lr", 1.0, 2) + scalar("loss", 0.25, 2),
        tensor_scalar("loss", -1.0),
    )
    values = (0.5, 0.25, -1.0)
    torn = scalar("loss", 0.125, 3)[:-1]
    unfinished = scalar("loss", 0.125, 3)

    def make(self, path: Path, offset: int = 0, n_before: int = 0) -> MetricSource:
        return file_source("tensorboard", path, Wanted("loss"), offset, n_before)
