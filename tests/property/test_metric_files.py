"""Metric files whose programs are killed, rewrite and rotate them, against what was written and a plain reader."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from event_writer import scalar, version
from scriptune.core.trial import Report
from scriptune.metrics.sources.file_format import Wanted
from scriptune.metrics.sources.files import FileSource
from scriptune.metrics.sources.place import FilePlace

_NOW = datetime(2030, 1, 1, tzinfo=UTC)
_NAME = "metrics.csv"

_VALUES = st.sampled_from([0.5, 0.25, 1e-3, -1.0, float("inf")])
_CUTS = st.integers(0, 12)


class Reader:
    """Reads a file as the engine does: it stores reports with the state behind them, and may be killed at any time."""

    def __init__(self, kind: str, folder: Path, name: str, wanted: Wanted) -> None:
        self.kind, self.place, self.wanted = kind, FilePlace(folder, name), wanted
        self.stored: list[Report] = []
        self.state: dict[str, object] = {}
        self.warnings: list[str] = []
        self.restart()

    def restart(self) -> None:
        """As after kill -9: what was read and not stored is lost."""
        counts = {"loss": len(self.stored)}
        state = json.loads(json.dumps(self.state))
        self.source = FileSource(self.kind, self.place, {"loss": self.wanted}, state, self.stored, counts=counts)

    def poll(self, *, final: bool = False, torn: bool = False, is_stored: bool = True) -> None:
        reports = []
        while True:
            batch = self.source.read(64, now=_NOW, final=final, torn=torn)
            assert batch.error is None
            reports += batch.reports
            self.warnings += batch.warnings
            if batch.at_end:
                break
        if is_stored:
            self.stored += reports
            self.state = self.source.state()
        else:
            self.restart()

    @property
    def found(self) -> list[tuple[float, float]]:
        return [(report.step, report.value) for report in self.stored]


@contextmanager
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="metric-files-"))
    try:
        yield path
    finally:
        shutil.rmtree(path)


class Writer:
    """Appends records to a file, in pieces, and rotates it; it knows what it has written."""

    def __init__(self, path: Path, head: bytes) -> None:
        self.path, self.head = path, head
        self.n = 0
        self.written: list[tuple[float, float]] = []
        self.rest = b""

    def append(self, record: bytes, step: float, value: float, cut: int) -> None:
        """Write all but the last bytes of a record, which come with the next write."""
        self.flush()
        data = (b"" if self.path.exists() and self.path.stat().st_size else self.head) + record
        self.rest = data[len(data) - min(cut, len(record)) :]
        with self.path.open("ab") as file:
            file.write(data[: len(data) - len(self.rest)])
        self.written.append((step, value))

    def flush(self) -> None:
        if self.rest:
            with self.path.open("ab") as file:
                file.write(self.rest)
            self.rest = b""

    def rotate(self, *, by_copy: bool) -> None:
        self.flush()
        if not self.path.exists():
            return
        for n in range(20, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{n}")
            if older.exists():
                older.rename(self.path.with_name(f"{self.path.name}.{n + 1}"))
        first = self.path.with_name(f"{self.path.name}.1")
        if by_copy:
            shutil.copy(self.path, first)
            self.path.write_bytes(b"")
        else:
            self.path.rename(first)


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), _VALUES, _CUTS),
        st.tuples(st.just("poll"), st.booleans(), st.just(0)),
        st.tuples(st.just("restart"), st.just(0), st.just(0)),
        st.tuples(st.just("rotate"), st.booleans(), st.just(0)),
    ),
    max_size=25,
)


@given(steps=_STEPS, kind=st.sampled_from(["csv", "jsonl"]))
def test_appended_and_rotated_files_give_each_value_once(steps: list[tuple[str, object, int]], kind: str) -> None:
    with folder() as path:
        writer = Writer(path / _NAME, b"epoch,loss,note\n" if kind == "csv" else b"")
        reader = Reader(kind, path, _NAME, Wanted("loss", "epoch"))
        for i, (step, argument, cut) in enumerate(steps):
            if step == "append":
                value = float(argument)  # type: ignore[arg-type]  # of this step
                if kind == "csv":
                    record = f'{i},{value!r},"a\n""b"\n'.encode() if i % 3 == 0 else f"{i},{value!r},\n".encode()
                else:
                    record = json.dumps({"epoch": i, "loss": value}).encode() + b"\n"
                writer.append(record, i, value, cut)
            elif step == "poll":
                reader.poll(is_stored=bool(argument))
            elif step == "restart":
                reader.restart()
            else:
                writer.rotate(by_copy=bool(argument))
        writer.flush()
        reader.poll(final=True)
        assert reader.found == writer.written
        fresh = Reader(kind, path, _NAME, Wanted("loss", "epoch"))
        fresh.poll(final=True)
        assert fresh.found == writer.written  # and so does a re-parse


# --- rewritten files ---------------------------------------------------------------------------------------

_ROWS = st.lists(_VALUES, max_size=6)


def plain_read(text: str) -> list[float]:
    """The values of complete rows, by another reader."""
    whole = text[: text.rfind("\n") + 1]
    return [float(row["loss"]) for row in csv.DictReader(io.StringIO(whole)) if row["loss"]]


def plain_history(seen: list[list[float]]) -> list[float]:
    """The reports of a file that was seen in several versions: what differs from the one before is new."""
    reported: list[float] = []
    now: list[float] = []
    for version_ in seen:
        same = next((i for i, (a, b) in enumerate(zip(now, version_, strict=False)) if a != b), None)
        if same is None:
            same = min(len(now), len(version_))
        if same < len(version_):
            reported += version_[same:]
            now = list(version_)
    return reported


@given(
    versions=st.lists(st.tuples(_ROWS, _CUTS, st.booleans(), st.booleans(), st.booleans()), max_size=8),
)
def test_a_rewritten_file_gives_what_differs(versions: list[tuple[list[float], int, bool, bool, bool]]) -> None:
    with folder() as path:
        file = path / _NAME
        reader = Reader("csv", path, _NAME, Wanted("loss"))
        seen = []
        for rows, cut, is_replaced, is_killed, is_lost in versions:
            text = "epoch,loss\n" + "".join(f"{i},{value!r}\n" for i, value in enumerate(rows))
            text = text[: len(text) - min(cut, len(text))]
            if is_replaced:
                (path / "new").write_text(text)
                os.replace(path / "new", file)
            else:
                file.write_text(text)
            if is_lost:
                reader.poll(is_stored=False)
            reader.poll()
            seen.append(plain_read(text))
            if is_killed:
                reader.restart()
        assert [value for _, value in reader.found] == plain_history(seen)


@given(
    versions=st.lists(st.tuples(_ROWS, _CUTS, st.booleans(), st.booleans()), max_size=8),
    is_list=st.booleans(),
)
def test_a_rewritten_document_gives_what_differs(
    versions: list[tuple[list[float], int, bool, bool]], is_list: bool
) -> None:
    with folder() as path:
        reader = Reader("json", path, "results.json", Wanted("eval.loss"))
        seen = []
        for rows, cut, is_replaced, is_killed in versions:
            values = rows if is_list else rows[-1:]
            text = json.dumps({"eval": {"loss": values if is_list else (values or [None])[0]}})
            is_whole = cut > 6
            written = text if is_whole else text[: len(text) - max(cut, 1)]
            if is_replaced:
                (path / "new").write_text(written)
                os.replace(path / "new", path / "results.json")
            else:
                (path / "results.json").write_text(written)
            reader.poll()
            if is_whole:
                seen.append(values)
            if is_killed:
                reader.restart()
        assert [value for _, value in reader.found] == plain_history(seen)


# --- event files -------------------------------------------------------------------------------------------


@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("append"), st.sampled_from([0.5, 0.25, -1.0]), st.integers(0, 40)),
            st.tuples(st.just("poll"), st.booleans(), st.just(0)),
            st.tuples(st.just("restart"), st.just(0), st.just(0)),
            st.tuples(st.just("next"), st.just(0), st.just(0)),
            st.tuples(st.just("other"), st.just(0), st.just(0)),
        ),
        max_size=25,
    ),
    damaged=st.none() | st.integers(0, 400),
)
def test_event_files_give_each_whole_record_once(steps: list[tuple[str, object, int]], damaged: int | None) -> None:
    with folder() as path:
        (path / "runs").mkdir()
        n_files = 1
        writer = Writer(path / "runs/events.out.tfevents.1.host", version())
        reader = Reader("tensorboard", path, "runs", Wanted("loss"))
        for i, (step, argument, cut) in enumerate(steps):
            if step == "append":
                value = float(argument)  # type: ignore[arg-type]  # of this step
                writer.append(scalar("loss", value, i), i, value, cut)
            elif step == "poll":
                reader.poll(is_stored=bool(argument))
            elif step == "restart":
                reader.restart()
            elif step == "other":
                writer.flush()
                with writer.path.open("ab") as file:
                    file.write(scalar("lr", 0.1, i))
            else:
                writer.flush()
                n_files += 1
                writer.path = path / f"runs/events.out.tfevents.{n_files}.host"
        writer.flush()
        if damaged is None:
            reader.poll(final=True)
            assert reader.found == writer.written
        elif writer.path.exists() and damaged < writer.path.stat().st_size and not reader.found:
            data = bytearray(writer.path.read_bytes())
            data[damaged] ^= 0x55
            writer.path.write_bytes(data)
            reader.poll(final=True)
            # What is damaged is left out; of what is read, all was written, in this order.
            left = iter(writer.written)
            assert all(one in left for one in reader.found)
            assert len(reader.found) >= len(writer.written) - 1
