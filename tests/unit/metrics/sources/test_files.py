"""Metric files as programs write them, read to their end."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import event_writer
from event_writer import bytes_field, event, key, record, scalar, tensor_scalar, varint, version
from scriptune.core.trial import Report
from scriptune.metrics.sources.event_records import masked_crc
from scriptune.metrics.sources.file_format import Wanted
from scriptune.metrics.sources.files import FORMATS, FileSource, found_state, is_kept
from scriptune.metrics.sources.json_document import MAX_DOCUMENT_BYTES
from scriptune.metrics.sources.place import FilePlace
from scriptune.metrics.sources.tail import Tail
from scriptune.metrics.units import MetricUnits

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def read_all(source: FileSource, **kwargs: Any) -> tuple[list[Report], list[str]]:
    reports, warnings = list[Report](), list[str]()
    for _ in range(1000):
        batch = source.read(1 << 20, now=NOW, **kwargs)
        assert batch.error is None
        reports += batch.reports
        warnings += batch.warnings
        if batch.at_end:
            return reports, warnings
    raise AssertionError("no end")


def read(kind: str, path: Path, wanted: Mapping[str, Wanted], **kwargs: Any) -> tuple[list[Report], list[str]]:
    source = FileSource(kind, FilePlace(path.parent, path.name), wanted)
    return read_all(source, **{"final": True, **kwargs})


def values(kind: str, path: Path, key: str, step: str | None = None) -> list[tuple[float, float]]:
    reports, warnings = read(kind, path, {"m": Wanted(key, step)})
    assert warnings == []
    return [(report.step, report.value) for report in reports]


# --- CSV -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "epoch,loss\n1,0.5\n2,0.25\n",
        "epoch,loss\r\n1,0.5\r\n2,0.25\r\n",
        "\ufeffepoch,loss\n1,0.5\n2,0.25",
        "loss;epoch\n0.5;1\n0.25;2\n",
        "epoch\tloss\n1\t0.5\n2\t0.25\n",
        "epoch | loss\n1 | 0.5\n2 | 0.25\n",
        "  epoch   loss\n      1    0.5\n      2   0.25\n",
        "# epoch,loss\n1,0.5\n2,0.25\n",
        "# made by x\nepoch,loss\n1,0.5\n\n2,0.25\n",
        "epoch, loss\n1, 0.5\n2, 0.25\n",
        '"epoch","loss"\n"1","0.5"\n"2","0.25"\n',
        'epoch,note,loss\n1,"a, ""b""\nc",0.5\n2,,0.25\n',
        "epoch,loss,\n1,0.5,\n2,0.25,\n",
        "epoch,loss\n1,0.5\nepoch,loss\n2,0.25\n",
        "epoch,loss\n1,0.5\nlr,loss,epoch\n9,0.25,2\n",
        "epoch,loss\n1,5e-1\n2,+.25\n",
        "epoch,loss\n,\n1,0.5\n2,0.25\n",
    ],
)
def test_csv_files_as_programs_write_them(tmp_path: Path, text: str) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(text.encode())
    assert values("csv", path, "loss", "epoch") == [(1, 0.5), (2, 0.25)]


def test_nan_and_infinities_of_a_csv_file_are_reports(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("loss\nnan\ninf\n-Infinity\n1e999\n0.5\n")
    assert repr([value for _, value in values("csv", path, "loss")]) == "[nan, inf, -inf, inf, 0.5]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epoch,val_loss\n1,0.5\n", "has no column 'loss'. It has 'epoch', 'val_loss'. Did you mean 'val_loss'?"),
        ("loss\nhigh\n", "found 'high'"),
        ("epoch,loss\n1,0.5,7\n", "has 3 cells, expected 2"),
        ("epoch,loss,acc\n1,0.5\n", "has 2 cells, expected 3"),
        ("loss\n", "no row of 'm.csv' has a number in the column 'loss'"),
        ("", "has no rows"),
        ("loss\n" + "9" * 70_000 + "\n", "which is too long for a record"),
    ],
)
def test_what_is_wrong_with_a_csv_file_is_said(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "m.csv"
    path.write_text(text)
    reports, warnings = read("csv", path, {"m": Wanted("loss")})
    assert reports == []
    assert said in " ".join(warnings)


def test_a_step_that_is_not_a_number_is_counted_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("epoch,loss\nfirst,0.5\n7,0.25\n")
    reports, warnings = read("csv", path, {"m": Wanted("loss", "epoch")})
    assert [report.step for report in reports] == [0, 7]
    assert "'first' is not a step" in warnings[0]
    _, warnings = read("csv", path, {"m": Wanted("loss", "step")})
    assert "has no column 'step' for the steps" in warnings[0]


def test_values_are_in_the_unit_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("time\n1500ms\n2 s\n87%\n")
    units = MetricUnits()
    source = FileSource("csv", FilePlace(tmp_path, "m.csv"), {"m": Wanted("time")}, units=units)
    reports, warnings = read_all(source, final=True)
    assert [(report.value, report.unit) for report in reports] == [(1500, "ms"), (2000, "s")]
    assert units.known["m"].unit == "ms"
    assert "values of this metric are in 'ms', as in the line 'm.csv: 1500ms'" in warnings[0]


def test_a_stray_quote_swallows_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text('note,loss\n5" disk,0.5\n' + "a,0.25\n" * 300)
    reports, _ = read("csv", path, {"m": Wanted("loss")})
    assert len(reports) == 301
    assert reports[0].value == 0.5


def test_a_row_that_was_cut_by_a_kill_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("loss\n0.5\n0.2")
    reports, warnings = read("csv", path, {"m": Wanted("loss")}, torn=True)
    assert ([report.value for report in reports], warnings) == ([0.5], [])
    reports, _ = read("csv", path, {"m": Wanted("loss")})
    assert [report.value for report in reports] == [0.5, 0.2]


# --- JSON ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "path", "step", "expected"),
    [
        ({"f1": 0.5}, "f1", None, [(0, 0.5)]),
        ({"eval": {"f1": 0.5}}, "eval.f1", None, [(0, 0.5)]),
        ({"eval.f1": 0.5}, "eval.f1", None, [(0, 0.5)]),
        ({"eval": {"f1/macro avg": "0.5"}}, "eval.f1/macro avg", None, [(0, 0.5)]),
        ({"f1": 0.5, "epoch": 7}, "f1", "epoch", [(7, 0.5)]),
        ({"history": {"loss": [0.5, 0.25, None]}}, "history.loss", None, [(0, 0.5), (1, 0.25)]),
        ({"loss": [0.5, 0.25], "epoch": [3, 4]}, "loss", "epoch", [(3, 0.5), (4, 0.25)]),
        (
            {"log": [{"step": 5, "loss": 0.5}, {"step": 6}, {"step": 7, "eval": {"x": 1}, "loss": 0.25}]},
            "log.loss",
            "log.step",
            [(5, 0.5), (7, 0.25)],
        ),
        ([{"loss": 0.5}, {"loss": 0.25}], "loss", None, [(0, 0.5), (1, 0.25)]),
        ({"runs": [{"f1": 0.5}, {"f1": 0.25}]}, "runs.0.f1", None, [(0, 0.5)]),
        ({"runs": [{"f1": 0.5}, {"f1": 0.25}]}, "runs.-1.f1", None, [(0, 0.25)]),
        ({"0": {"f1": 0.5}}, "0.f1", None, [(0, 0.5)]),
    ],
)
def test_paths_in_documents(
    tmp_path: Path, document: Any, path: str, step: str | None, expected: list[tuple[float, float]]
) -> None:
    file = tmp_path / "m.json"
    file.write_text(json.dumps(document, indent=1))
    assert values("json", file, path, step) == expected
    file.write_text(json.dumps(document))
    assert values("jsonl", file, path, step) == expected


def test_a_report_of_a_document_says_where_its_number_is(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    text = '{"näme": "0.1 \\" 0.2", "a": [1, -2.5e3, NaN], "loss": 0.75, "b": {"loss": 7}}'
    path.write_text("\ufeff" + text)
    (report,), _ = read("json", path, {"m": Wanted("loss")})
    assert path.read_bytes()[report.offset :].startswith(b"0.75,")
    reports, _ = read("json", path, {"m": Wanted("a")})
    assert [path.read_bytes()[r.offset :][:3] for r in reports] == [b"1, ", b"-2.", b"NaN"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"acc": 1', "is not a JSON document"),
        ('{"eval": {"acc": 1}}', "nothing in 'm.json' is at the path 'loss'. There are 'eval.acc'."),
        ('{"loss": true}', "found 'True'"),
        ('{"loss": "low"}', "found 'low'"),
        ("", "no JSON with numbers"),
        ("[" * 100_000, "is not a JSON document"),
        ('{"x": "' + "a" * MAX_DOCUMENT_BYTES + '", "loss": 1}', "Write the metric into a smaller file"),
        ('{"loss": ' + "9" * 5000 + "}", ""),
    ],
)
def test_what_is_wrong_with_a_document_is_said(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "m.json"
    path.write_text(text)
    reports, warnings = read("json", path, {"m": Wanted("loss")})
    assert said in " ".join(warnings)
    assert not reports or reports[0].value == float("inf")


def test_lines_that_are_not_json_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text('{"loss": 0.5}\nWARNING: x\n{"loss": 0.25}{"los\n{"loss": NaN}\n')
    reports, warnings = read("jsonl", path, {"m": Wanted("loss")})
    assert repr([report.value for report in reports]) == "[0.5, nan]"
    assert ["is not JSON" in warning for warning in warnings] == [True, True]


def test_keys_beyond_the_first_records_are_found_however_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text('{"lr": 1}\n' * 200 + '{"l\\u006fss": 0.5}\n{"verlust ä": 2}\n' + '{"loss": 0.25}\n')
    assert [value for _, value in values("jsonl", path, "verlust ä")] == [2]
    assert 0.25 in [value for _, value in values("jsonl", path, "loss")]


# --- TensorBoard ---------------------------------------------------------------------------------------------


def tensor(dtype: int, *, content: bytes = b"", fields: bytes = b"") -> bytes:
    data = key(1, 0) + varint(dtype) + (bytes_field(4, content) if content else b"") + fields
    return event(bytes_field(1, b"loss") + bytes_field(8, data), 3)


@pytest.mark.parametrize(
    "data",
    [
        scalar("loss", 0.5, 3),
        tensor_scalar("loss", 0.5, 3),
        tensor(2, content=struct.pack("<d", 0.5)),
        tensor(19, content=struct.pack("<e", 0.5)),
        tensor(14, content=struct.pack("<f", 0.5)[2:]),
        tensor(1, fields=bytes_field(5, struct.pack("<f", 0.5))),
        tensor(1, fields=key(5, 5) + struct.pack("<f", 0.5)),
        tensor(2, fields=bytes_field(6, struct.pack("<d", 0.5))),
        tensor(19, fields=bytes_field(13, varint(0x3800))),
        tensor(14, fields=key(13, 0) + varint(0x3F00)),
    ],
)
def test_scalars_as_they_are_written(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "events.out.tfevents.1").write_bytes(version() + data)
    assert values("tensorboard", tmp_path, "loss") == [(3, 0.5)]


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (tensor(9, content=struct.pack("<q", -7)), -7),
        (tensor(9, fields=key(10, 0) + varint((1 << 64) - 7)), -7),
        (tensor(3, fields=bytes_field(7, varint(7))), 7),
        (tensor(10, fields=key(11, 0) + varint(1)), 1),
        (scalar("loss", float("inf"), 3), float("inf")),
    ],
)
def test_other_numbers(tmp_path: Path, data: bytes, value: float) -> None:
    (tmp_path / "events.out.tfevents.1").write_bytes(version() + data)
    assert values("tensorboard", tmp_path, "loss") == [(3, value)]


@pytest.mark.parametrize(
    "data",
    [
        tensor(1, content=struct.pack("<ff", 1, 2)),
        tensor(1, fields=bytes_field(5, struct.pack("<ff", 1, 2))),
        tensor(7, fields=bytes_field(8, b"text")),
        event(bytes_field(1, b"loss") + bytes_field(5, b"histogram"), 1),
        record(b"\x0a\xff"),
        record(bytes_field(5, bytes_field(1, bytes_field(1, b"loss")[:-2]))),
        record(b"\x0f" * 9),
    ],
)
def test_what_is_no_scalar_gives_no_value(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "events.out.tfevents.1").write_bytes(version() + data + scalar("loss", 0.5, 9))
    reports, _ = read("tensorboard", tmp_path, {"m": Wanted("loss")})
    assert [(report.step, report.value) for report in reports] == [(9, 0.5)]


def test_large_records_are_passed_over_and_gaps_too(tmp_path: Path) -> None:
    image = event(bytes_field(1, b"image") + bytes_field(4, bytes(3_000_000)), 1)
    data = version() + image + scalar("loss", 0.5, 1) + bytes(700_000) + scalar("loss", 0.25, 2)
    (tmp_path / "events.out.tfevents.1").write_bytes(data)
    reports, _ = read("tensorboard", tmp_path, {"m": Wanted("loss")})
    assert [report.value for report in reports] == [0.5, 0.25]


def test_a_damaged_record_is_left_out_with_a_warning(tmp_path: Path) -> None:
    first, second, third = (scalar("loss", value, i) for i, value in enumerate((0.5, 0.25, 0.125)))
    for at in (3, 9, 20, len(second) - 2):
        broken = bytearray(second)
        broken[at] ^= 0x10
        (tmp_path / "events.out.tfevents.1").write_bytes(version() + first + broken + third)
        reports, warnings = read("tensorboard", tmp_path, {"m": Wanted("loss")})
        assert [report.value for report in reports] == [0.5, 0.125]
        assert "is damaged" in warnings[0]


def test_an_unfinished_record_waits_and_is_said_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "events.out.tfevents.1"
    data = version() + scalar("loss", 0.5, 1)
    path.write_bytes(data[:-1])
    source = FileSource("tensorboard", FilePlace(tmp_path, ""), {"m": Wanted("loss")})
    assert read_all(source) == ([], [])
    _, warnings = read_all(source, final=True)
    assert "is incomplete" in warnings[0]
    path.write_bytes(data)
    assert [report.value for report in read_all(source)[0]] == [0.5]


def test_a_tag_in_two_runs_is_read_from_the_first_and_says_so(tmp_path: Path) -> None:
    for i, run in enumerate(("validation", "train")):
        (tmp_path / run).mkdir()
        (tmp_path / run / f"events.out.tfevents.{i}").write_bytes(version() + scalar("loss", i, 0))
    reports, warnings = read("tensorboard", tmp_path, {"m": Wanted("loss")})
    assert [(report.value, report.file) for report in reports] == [
        (0, f"{tmp_path.name}/validation/events.out.tfevents.0")
    ]
    (warning,) = warnings
    assert "is in the event files of both" in warning


def test_the_checksum_is_that_of_the_format() -> None:
    assert masked_crc(b"") == 0xA282EAD8  # of no bytes, the CRC is 0
    crc = 0xE3069283  # CRC-32C of "123456789", as published
    assert masked_crc(b"123456789") == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    assert event_writer.record(b"")[8:12] == struct.pack("<I", masked_crc(bytes(8)))


# --- any kind ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
def test_links_pipes_and_folders_are_not_read(tmp_path: Path, kind: str) -> None:
    (tmp_path / "secret").write_text('{"m": 0.5}')
    name = "events.out.tfevents.1" if kind == "tensorboard" else "m"
    for make in (
        lambda path: path.symlink_to(tmp_path / "secret"),
        os.mkfifo,
        lambda path: path.symlink_to("/dev/zero"),
    ):
        work = tmp_path / "work"
        work.mkdir()
        make(work / name)
        source = FileSource(kind, FilePlace(work, name), {"m": Wanted("m")})
        reports, warnings = read_all(source, final=True)
        assert reports == []
        assert "expected a regular file" in " ".join(warnings)
        (work / name).unlink()
        work.rmdir()


@pytest.mark.parametrize("kind", FORMATS)
def test_a_link_on_the_way_is_not_followed(tmp_path: Path, kind: str) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/m").write_text('{"m": 0.5}')
    (tmp_path / "work").mkdir()
    (tmp_path / "work/inner").symlink_to(tmp_path / "outside")
    reports, warnings = read_all(
        FileSource(kind, FilePlace(tmp_path / "work", "inner/m"), {"m": Wanted("m")}), final=True
    )
    assert reports == []
    assert "a symbolic link" in " ".join(warnings)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_that_was_not_written_is_said(tmp_path: Path, kind: str) -> None:
    reports, warnings = read_all(FileSource(kind, FilePlace(tmp_path, "a/m"), {"m": Wanted("m")}), final=True)
    assert reports == []
    assert "did not write" in warnings[0]


CONTENT = {
    "csv": b"epoch,m\n1,0.5\n2,0.25\n",
    "jsonl": b'{"m": 0.5}\n{"m": 0.25}\n',
    "json": b'{"m": [0.5, 0.25]}',
    "tensorboard": version() + scalar("m", 0.5, 1) + scalar("m", 0.25, 2),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_is_kept_while_it_begins_with_what_was_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "events.out.tfevents.m"
    place = FilePlace(tmp_path, path.name)
    path.write_bytes(CONTENT[kind])
    source = FileSource(kind, place, {"m": Wanted("m")})
    assert len(read_all(source)[0]) == 2
    state = json.loads(json.dumps(source.state()))
    assert is_kept(kind, place, state)
    path.write_bytes(CONTENT[kind][:-4] + b"1234")
    assert not is_kept(kind, place, state)
    path.unlink()
    assert not is_kept(kind, place, state)


@pytest.mark.parametrize("kind", FORMATS)
def test_what_was_there_before_the_start_does_not_count(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "events.out.tfevents.m"
    place = FilePlace(None, str(path))
    assert found_state(kind, place).get("offset", 0) == 0
    path.write_bytes(CONTENT[kind])
    state = json.loads(json.dumps(found_state(kind, place)))
    source = FileSource(kind, place, {"m": Wanted("m")}, state)
    assert read_all(source)[0] == []
    if kind == "json":
        path.write_bytes(b'{"m": [0.5, 0.25, 0.125]}')
        assert len(read_all(source)[0]) == 3  # a document is written as a whole
        return
    with path.open("ab") as file:
        file.write({"csv": b"3,0.125\n", "jsonl": b'{"m": 0.125}\n', "tensorboard": scalar("m", 0.125, 3)}[kind])
    (report,) = read_all(source)[0]
    assert report.value == 0.125


def test_a_line_of_a_hundred_megabytes_takes_little_memory(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "m.csv"
    with path.open("wb") as file:
        file.write(b"m\n0.5\n")
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b"\n0.25\n")
    source = FileSource("csv", FilePlace(tmp_path, "m.csv"), {"m": Wanted("m")})
    tracemalloc.start()
    try:
        reports, warnings = read_all(source, final=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [report.value for report in reports] == [0.5, 0.25]
    assert "has 100,000,000 bytes" in warnings[0]
    assert peak < 8_000_000


def test_a_file_that_is_rewritten_while_it_is_read_gives_whole_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.csv"
    path.write_text("loss\n0.5\n0.25\n")
    source = FileSource("csv", FilePlace(tmp_path, "m.csv"), {"m": Wanted("loss")})
    assert [report.value for report in read_all(source)[0]] == [0.5, 0.25]
    read_piece = Tail._read

    def rewrite_and_read(tail: Tail, fd: int, final: bool) -> Any:
        monkeypatch.setattr(Tail, "_read", read_piece)
        path.write_text("loss\n0.75123456789\n7.5\n")  # longer, and cut elsewhere
        return read_piece(tail, fd, final)

    monkeypatch.setattr(Tail, "_read", rewrite_and_read)
    os.utime(path, ns=(0, 0))  # something has changed
    assert [report.value for report in read_all(source)[0]] == [0.75123456789, 7.5]
