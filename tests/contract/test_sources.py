"""Every metric source through the same tests."""

from __future__ import annotations

from pathlib import Path

from scriptune.metrics.pattern import compile_pattern
from scriptune.metrics.sources.base import MetricSource
from scriptune.metrics.sources.log import MetricIntake
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
