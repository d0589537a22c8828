"""The metric files of an attempt: where they are, and what reads them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from scriptune.core.job import JobSpec
from scriptune.core.parameters import Scalar
from scriptune.core.trial import Report
from scriptune.executors.command import facts_of
from scriptune.executors.folder import WORK
from scriptune.executors.metric_paths import metric_path
from scriptune.metrics.sources.base import Batch
from scriptune.metrics.sources.file_format import Wanted
from scriptune.metrics.sources.files import FileSource, found_state, is_kept
from scriptune.metrics.sources.place import FilePlace
from scriptune.metrics.units import MetricUnits

__all__ = ["MetricFile", "StoredReports", "follow_files", "found_states", "metric_files", "reread_files"]

_SHOWN_BYTES = 400  # of a record


class MetricFile:
    """One file with metrics of an attempt.

    Attributes:
        kind: As in the job file: ``csv``, ``jsonl``, ``json``, ``tensorboard``.
        place: Where it is.
        wanted: What is read of it, by metric.
        key: Its name in `Attempt.sources`.
    """

    def __init__(self, kind: str, place: FilePlace) -> None:
        self.kind = kind
        self.place = place
        self.wanted: dict[str, Wanted] = {}
        self.key = f"{kind}:{place.path}"

    def record_text(self, metric: str, offset: int) -> str:
        """The line at an offset; of a file without lines, what was looked for."""
        if self.kind not in ("csv", "jsonl"):
            return self.wanted[metric].value
        try:
            fd = self.place.open()
        except OSError:
            return ""
        try:
            text = os.pread(fd, _SHOWN_BYTES, offset)
        finally:
            os.close(fd)
        return text.partition(b"\n")[0].rstrip().decode("utf-8", "replace")


def metric_files(
    spec: JobSpec, params: Mapping[str, Scalar], folder: Path, job_id: str, number: int, attempt: int
) -> list[MetricFile]:
    """The metric files of an attempt, in the order of the job file.

    Args:
        spec: The job.
        params: Of the trial.
        folder: The attempt folder.
        job_id, number, attempt: Which attempt.
    """
    files: dict[str, MetricFile] = {}
    facts = facts_of(spec, str(folder / WORK), job_id, number, attempt)
    for name, metric in spec.metrics.items():
        if metric.file is None:
            continue
        kind, template = metric.file
        found = metric_path(spec, template, params, facts)
        file = MetricFile(kind, FilePlace(folder / WORK if found.is_inside else None, found.path))
        files.setdefault(file.key, file).wanted[name] = Wanted(metric.key, metric.step)
    return list(files.values())


def found_states(files: Sequence[MetricFile]) -> dict[str, Any]:
    """The state of files outside of the trial's own folder before it starts, for `Attempt.sources`.

    Raises:
        OSError: One cannot be read now.
    """
    return {file.key: found_state(file.kind, file.place) for file in files if file.place.root is None}


def follow_files(
    files: Sequence[MetricFile],
    states: Mapping[str, Any],
    earlier: Sequence[Report],
    counts: Mapping[str, int],
    units: MetricUnits,
) -> dict[str, FileSource]:
    """Sources that continue where the stored reports end, by the keys of their files."""
    return {
        file.key: FileSource(
            file.kind, file.place, file.wanted, states.get(file.key), earlier, counts=counts, units=units
        )
        for file in files
    }


def reread_files(
    files: Sequence[MetricFile], states: Mapping[str, Any], stored: Sequence[Report], units: MetricUnits
) -> dict[str, FileSource | StoredReports]:
    """Sources of an ended attempt: its files where they are as they were, else the reports that were stored.

    A file outside of the trial's own folder is that of other trials too, and is never read again.
    """
    sources: dict[str, FileSource | StoredReports] = {}
    for file in files:
        own = [report for report in stored if report.metric in file.wanted]
        state = states.get(file.key)
        if file.place.root is not None and (state is None or is_kept(file.kind, file.place, state)):
            sources[file.key] = FileSource(file.kind, file.place, file.wanted, units=units)
        else:
            sources[file.key] = StoredReports(own, state or {})
    return sources


class StoredReports:
    """What was read of a file that is not there any more as it was: a source without a file."""

    def __init__(self, reports: Sequence[Report], state: Mapping[str, Any]) -> None:
        self._reports = list(reports)
        self._state = dict(state)

    def state(self) -> dict[str, Any]:
        """See `FileSource.state`."""
        return self._state

    def read(self, max_bytes: int, *, now: datetime, final: bool = False, torn: bool = False) -> Batch:  # noqa: ARG002
        """All of them; see `MetricSource.read`."""
        reports, self._reports = self._reports, []
        return Batch(reports)
