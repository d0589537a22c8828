"""Metrics in the files that a program has written: what a run leaves behind, as entries for a job file.

Every entry is proven: its values were read as a search would read them.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

from scriptune.core.job import Goal
from scriptune.core.trial import Report
from scriptune.inspection.log_metrics import MetricCandidate, named_apart, promise
from scriptune.jobfile.metric_names import DEFAULT_NAME, goal_of_name
from scriptune.messages import Message, lines
from scriptune.metrics.sources.csv_rows import column_names
from scriptune.metrics.sources.event_files import scalar_tags
from scriptune.metrics.sources.file_format import Wanted
from scriptune.metrics.sources.files import FileSource
from scriptune.metrics.sources.json_values import decode, number_paths
from scriptune.metrics.sources.place import FilePlace
from scriptune.regular_files import open_beneath

__all__ = ["FolderState", "files_hint", "metrics_in_files", "snapshot", "workdir_hint"]

FolderState: TypeAlias = Mapping[str, tuple[int, int, int]]
"""The files of a folder by their paths: inode, size, time of the last change."""

_MAX_ENTRIES = 5000  # of a folder with all that is in it
_MAX_DEPTH = 6
_MAX_FILES = 30  # that are read
_HEAD_BYTES = 256 * 1024  # of each
_LONGEST_S = 0.5  # for all of them: searches look here too, at trials without a value
_MAX_NAMES = 100  # in one file
_N_VALUES = 5
_N_HINTS = 2
_PLAIN = re.compile(r"[A-Za-z_./][\w./-]*")
_NOT_LOOKED_AT = frozenset({"node_modules", "__pycache__", "site-packages"})

_CSV = (".csv", ".tsv")
_JSONL = (".jsonl", ".ndjson")
_EVENTS = "tfevents"

# The last word of what is no result: settings, counters, times.
_NOT_METRICS = re.compile(
    r"lr|rate|epochs?|steps?|iters?|iterations?|seed|index|times?|seconds|sec|elapsed|eta|date|timestamp|walltime"
    r"|batch|batches|samples|momentum|decay|version|id|pid|total|rank|size"
)
_SETTINGS = re.compile(r"lr|timer?|params|hparams|config")  # first words
_STEPS = ("epoch", "epochs", "step", "global_step", "steps", "iteration", "iter", "round", "batch")  # the best first
_DATA = frozenset({"val", "valid", "validation", "eval", "test", "dev", "train", "training"})
_WORD = re.compile(r"[^\W_]+")
_NOT_IN_NAMES = re.compile(r"\W+")


def snapshot(folder: Path) -> FolderState:
    """What is in a folder before a run; of very many files, the first ones."""
    return dict(_files(folder))


def metrics_in_files(folder: Path, before: FolderState | None = None, *, prefix: str = "") -> list[MetricCandidate]:
    """The metrics in files that appeared or changed in a folder, the most promising first.

    Args:
        folder: A trial's own folder, or another one that the program writes to.
        before: What was there before the run.
        prefix: Put before paths in entries: ``""`` for a trial's own folder, else the folder with a slash.
    """
    until = time.monotonic() + _LONGEST_S
    known = before or {}
    changed = [path for path, state in _files(folder) if known.get(path) != state]
    found: list[MetricCandidate] = []
    n_read = 0
    for path in sorted(changed, key=lambda path: (path.count(os.sep), path)):
        if n_read >= _MAX_FILES or time.monotonic() > until:
            break
        candidates = list(_candidates(folder, path))
        n_read += bool(candidates)
        for kind, file, wanted in candidates:
            found += _proven(folder, path, kind, file, wanted, prefix)
    different = {str(metric.entry): metric for metric in found}.values()
    return named_apart(sorted(different, key=promise, reverse=True))


def files_hint(folder: Path, metric: str, expected: Collection[str] = ()) -> str:
    """Name what a program wrote into its folder when no value was found, with an entry that reads it; "" for nothing.

    Args:
        folder: The trial's own folder.
        metric: What was looked for; names that share a word with it come first.
        expected: Files in it that the program did not write.
    """
    wanted = set(_words(metric.replace("_", " ")))
    found = sorted(metrics_in_files(folder), key=lambda one: not wanted & {*_words(one.name)})
    if found:
        return lines(
            Message("metric_file.is_there", file=one.found_in, value=one.values[0], entry=_entry_text(one))
            for one in found[:_N_HINTS]
        )
    names = [path for path in snapshot(folder) if path not in expected]
    if not names:
        return ""
    return Message("metric_file.others", files=[*names[:_N_VALUES], *(["…"] if len(names) > _N_VALUES else [])])


def workdir_hint(workdir: Path, before: FolderState) -> str:
    """Name the most promising metric in what a program wrote into its working directory; "" for nothing."""
    found = metrics_in_files(workdir, before, prefix=f"{workdir}{os.sep}")
    if not found:
        return ""
    metric = found[0]
    return Message("metric_file.is_in_workdir", file=metric.found_in, value=metric.values[0], entry=_entry_text(metric))


def _entry_text(metric: MetricCandidate) -> str:
    entry = ", ".join(f"{key}: {_yaml(value)}" for key, value in metric.entry.items())
    return f"{_yaml(metric.name)}: {{{entry}}}"


def _yaml(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else "'" + text.replace("'", "''") + "'"


def _files(folder: Path) -> Iterator[tuple[str, tuple[int, int, int]]]:
    left = _MAX_ENTRIES
    for at, folders, files in os.walk(folder):  # links to folders are not followed
        inner = os.path.relpath(at, folder)
        depth = 0 if inner == os.curdir else inner.count(os.sep) + 1
        folders[:] = sorted(
            name for name in folders if depth < _MAX_DEPTH and name not in _NOT_LOOKED_AT and not name.startswith(".")
        )
        for name in sorted(files):
            left -= 1
            if left < 0:
                return
            try:
                status = os.lstat(os.path.join(at, name))
            except OSError:
                continue
            if name.isprintable():
                yield os.path.normpath(os.path.join(inner, name)), (status.st_ino, status.st_size, status.st_mtime_ns)


def _candidates(folder: Path, path: str) -> Iterator[tuple[str, str, Mapping[str, Wanted]]]:
    """What a file may be: kind, path for the job file, and what could be read."""
    name = os.path.basename(path).lower()
    try:
        if _EVENTS in name:
            tags = scalar_tags(FilePlace(folder, path), _HEAD_BYTES)
            yield "tensorboard", os.path.dirname(path) or os.curdir, {tag: Wanted(tag) for _, tag in tags}
        elif name.endswith(_CSV):
            columns = column_names(_head(folder, path))
            yield "csv", path, {column: Wanted(column, _step_of(columns, column)) for column in columns[:_MAX_NAMES]}
        elif name.endswith((*_JSONL, ".json")):
            yield from _json(folder, path)
    except OSError:  # removed, or a link or pipe: nothing is proposed for it
        return


def _json(folder: Path, path: str) -> Iterator[tuple[str, str, Mapping[str, Wanted]]]:
    """A file with a document, or with one on each line, whatever its name says."""
    head = _head(folder, path)
    paths: dict[str, None] = {}
    try:
        paths.update(dict.fromkeys(number_paths(decode(head))))
        kind = "jsonl" if path.lower().endswith(_JSONL) else "json"
    except ValueError:
        kind = "jsonl"
        for line in head.splitlines()[:_MAX_NAMES]:
            try:
                paths.update(dict.fromkeys(number_paths(decode(line))))
            except ValueError:
                continue
    names = list(paths)[:_MAX_NAMES]
    yield kind, path, {name: Wanted(name, _step_of(_beside(name, names), name)) for name in names}


def _beside(name: str, names: Sequence[str]) -> list[str]:
    """The paths in the same document or in one around it, the nearest first."""
    outer = name.rpartition(".")[0]
    near = [other for other in names if other.rpartition(".")[0] == outer]
    return near + [other for other in names if "." not in other and other not in near]


def _step_of(names: Sequence[str], value: str) -> str | None:
    """The column or path that counts the steps."""
    by_last = {name.rpartition(".")[2].strip().lower(): name for name in reversed(names)}
    return next((by_last[step] for step in _STEPS if step in by_last and by_last[step] != value), None)


def _head(folder: Path, path: str) -> bytes:
    fd = open_beneath(folder, path)
    try:
        return os.pread(fd, _HEAD_BYTES, 0)
    finally:
        os.close(fd)


def _proven(
    folder: Path, path: str, kind: str, file: str, wanted: Mapping[str, Wanted], prefix: str
) -> Iterator[MetricCandidate]:
    """The candidates of which there are values."""
    metrics = {key: one for key, one in wanted.items() if not _is_setting(key)}
    reports = _read(folder, kind, file, metrics)
    # Steps that repeat or go back count something else.
    for key in [key for key, one in metrics.items() if one.step is not None and not _are_steps(reports.get(key, ()))]:
        metrics[key] = Wanted(key)
    named = "column" if kind == "csv" else "tag" if kind == "tensorboard" else "path"
    for key, one in metrics.items():
        values = [report.value for report in reports.get(key, ())]
        if values:
            step = {} if one.step is None else {"step": one.step}
            name = _name_of(key, file)
            goal = goal_of_name(name)
            yield MetricCandidate(
                name=name,
                entry={kind: prefix + file, named: key, **step},
                goal=None if goal is None else Goal(goal),
                found_in=path,
                line="",
                n_values=len(values),
                values=tuple(values[:_N_VALUES]),
                changes=len(set(values)) > 1,
            )


def _name_of(key: str, file: str) -> str:
    """A name for a column, path or tag; with that of its folder where this says of which data it is."""
    name = _NOT_IN_NAMES.sub("_", key).strip("_") or DEFAULT_NAME
    folder = os.path.basename(file)
    return f"{folder}_{name}" if folder.lower() in _DATA and folder.lower() not in _words(key) else name


def _read(folder: Path, kind: str, file: str, wanted: Mapping[str, Wanted]) -> dict[str, list[Report]]:
    found: dict[str, list[Report]] = {}
    if not wanted:
        return found
    source = FileSource(kind, FilePlace(folder, "" if file == os.curdir else file), wanted)
    batch = source.read(_HEAD_BYTES, now=datetime.now(UTC), final=True)
    for report in batch.reports:
        found.setdefault(report.metric, []).append(report)
    return found


def _are_steps(reports: Sequence[Report]) -> bool:
    return all(before.step < after.step for before, after in pairwise(reports))


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _is_setting(name: str) -> bool:
    words = _words(name)
    return not words or bool(_NOT_METRICS.fullmatch(words[-1]) or _SETTINGS.fullmatch(words[0]))
