from __future__ import annotations

import math
import os
import re
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scriptune.core.job import MetricUnit
from scriptune.core.trial import Report
from scriptune.metrics.pattern import compile_pattern
from scriptune.metrics.sources.base import Batch
from scriptune.metrics.sources.log import READ_TIME_S, MetricIntake
from scriptune.metrics.units import MetricUnits

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SAMPLES = Path(__file__).parents[3] / "data" / "logs"


def intake_of(path: Path, **regexes: str) -> MetricIntake:
    return MetricIntake({name: compile_pattern(name, regex) for name, regex in regexes.items()}, path)


def read_all(intake: MetricIntake, **options: bool) -> tuple[list[Report], list[str]]:
    reports, warnings = [], []
    while True:
        batch = intake.read(1 << 20, final=True, now=NOW, **options)
        reports += batch.reports
        warnings += batch.warnings
        if batch.at_end:
            return reports, warnings


def values(path: Path, regex: str) -> list[float]:
    reports, _ = read_all(intake_of(path, metric=regex))
    return [report.value for report in reports]


# --- what frameworks print ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sample", "regex", "expected"),
    [
        ("keras.log", r"val_accuracy: (\S+)", [0.8611, 0.9222, 0.9389]),
        ("keras.log", r"(?<=val_loss: )([0-9.]+)", [0.5021, 0.2743, 0.2087]),
        ("tqdm.log", r"val_loss=(\S+)", [0.8123, 0.4021, 0.2988]),
        ("tqdm.log", r"val_acc=([0-9.]+)", [81.0, 86.0, 91.0]),
        ("pytorch.log", r"Accuracy: .*\(([0-9.]+)%\)", [87.5, 94.44]),
        ("pytorch.log", r"Average loss: (\S+)", [0.4622, 0.1911]),
        ("pytorch.log", r"debug: loss (\S+)", [0.0754]),
        ("lightning.log", r"val_acc=(\S+?)\]", [0.812, 0.874, 0.901]),
        ("lightning.log", r"test_acc\s+│\s*(\S+?)│", [0.8980000019073486]),
        ("xgboost.log", r"eval-mlogloss:(\S+)", [round(1.6 * 0.75**i, 5) for i in range(12)]),
        ("ranks.log", r"\[rank0\].* loss=(\S+)", [round(2.0 / (s + 1), 6) for s in range(6)]),
    ],
)
def test_the_metrics_of_common_frameworks_are_read(sample: str, regex: str, expected: list[float]) -> None:
    assert values(SAMPLES / sample, regex) == expected


def test_small_values_of_lightgbm_keep_their_exponent_or_are_refused() -> None:
    whole, warnings = read_all(intake_of(SAMPLES / "lightgbm.log", loss=r"multi_logloss: (\S+)"))
    assert len(whole) == 31
    assert warnings == []
    assert whole[-1].value == 4.42148e-07
    pieces, warnings = read_all(intake_of(SAMPLES / "lightgbm.log", loss=r"multi_logloss: ([0-9.]+)"))
    assert {p.value for p in pieces} <= {w.value for w in whole}
    assert "an exponent follows" in warnings[0]
    assert "multi_logloss: " in warnings[0]


def test_every_update_of_a_progress_bar_is_a_report() -> None:
    assert values(SAMPLES / "tqdm.log", r", loss=([^]]+)")[:6] == [1.31, 1.21, 1.11, 1.01, 0.912, 0.812]


def test_decimal_commas_and_windows_infinities_are_read() -> None:
    reports, warnings = read_all(intake_of(SAMPLES / "windows.log", loss=r"loss=(\S+)"))
    assert [r.value for r in reports] == [-0.5, math.inf, 1234.5, 0.25]
    assert warnings == []


# --- steps, order, several metrics ---------------------------------------------------------------------------


def test_steps_count_the_captures_of_each_metric(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("acc=1 loss=2\nacc=x\nacc=3 acc=4\n")
    reports, _ = read_all(intake_of(log, acc=r"acc=(\S+)", loss=r"loss=(\S+)"))
    assert [(r.metric, r.value, r.step, r.offset) for r in reports] == [
        ("acc", 1.0, 0.0, 0),
        ("loss", 2.0, 0.0, 0),
        ("acc", 3.0, 1.0, 19),
        ("acc", 4.0, 2.0, 19),
    ]


def test_the_group_step_gives_the_step_and_counts_where_it_is_none(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("epoch 5 acc=1\nepoch nan acc=2\nepoch 1e99 acc=3\n")
    reports, warnings = read_all(intake_of(log, acc=r"epoch (?P<step>\S+) acc=(\S+)"))
    assert [r.step for r in reports] == [5.0, 1.0, 2.0]
    assert "'nan'" in warnings[0]
    assert "counted instead" in warnings[0]


def test_columns_of_a_csv_are_told_apart_by_the_commas_in_the_regex(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("1,100.5\n2,99.5\n")
    reports, _ = read_all(intake_of(log, loss=r"^(?P<step>\d+),([0-9.]+)"))
    assert [(r.step, r.value) for r in reports] == [(1.0, 100.5), (2.0, 99.5)]


def test_steps_go_on_after_a_restart(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("acc=1\nacc=2\n")
    patterns = {"acc": compile_pattern("acc", r"acc=(\S+)")}
    counts = {"acc": 1}
    intake = MetricIntake(patterns, log, 6, counts)
    (report,) = intake.read(1000, now=NOW).reports
    assert (report.value, report.step) == (2.0, 1.0)
    assert counts == {"acc": 1}


# --- live reading -----------------------------------------------------------------------------------------------


def test_a_metric_split_across_writes_is_read_once_it_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "log"
    intake = intake_of(log, acc=r"acc=(\S+)")
    assert intake.read(1000, now=NOW) == Batch()
    with log.open("ab", buffering=0) as file:
        file.write(b"acc=0.")
        assert intake.read(1000, now=NOW).reports == []
        file.write(b"75\r")
        assert [r.value for r in intake.read(1000, now=NOW).reports] == [0.75]
        assert intake.read(1000, now=NOW).reports == []
        file.write(b"acc=0.5")
    assert intake.read(1000, now=NOW).at_end
    assert [r.value for r in intake.read(1000, now=NOW, final=True).reports] == [0.5]


def test_the_torn_last_number_of_a_killed_program_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("loss=0.25\nloss=0.0")
    reports, warnings = read_all(intake_of(log, loss=r"loss=(\S+)"), torn=True)
    assert [r.value for r in reports] == [0.25]
    assert "the number may be incomplete" in warnings[0]


def test_an_emptied_log_leads_the_offset_back_and_is_warned_of(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("acc=1\nacc=2\n")
    intake = intake_of(log, acc=r"acc=(\S+)")
    intake.read(1000, now=NOW)
    log.write_text("acc=3\n")
    batch = intake.read(1000, now=NOW)
    assert [(r.value, r.step) for r in batch.reports] == [(3.0, 2.0)]
    assert (batch.from_offset, batch.to_offset) == (12, 6)
    assert "truncated or replaced its log" in batch.warnings[0]


# --- hostile logs ------------------------------------------------------------------------------------------------


def test_warnings_quote_the_line_and_stay_few(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"{n}: acc=oops\n" for n in range(1000)) + "acc=0.5\n")
    reports, warnings = read_all(intake_of(log, acc=r"acc=(\S+)"))
    assert [r.value for r in reports] == [0.5]
    assert len(warnings) == 4
    assert "captured 'oops', which is not a number, in the line '0: acc=oops' (log byte 0)" in warnings[0]
    assert warnings[-1].startswith("Further warnings of the same kinds were left out: 997 (")


@pytest.mark.parametrize("block_bytes", [64, 4096])
def test_warnings_are_in_the_order_of_their_lines_however_many_are_scanned_together(
    tmp_path: Path, block_bytes: int
) -> None:
    log = tmp_path / "log"
    line = "0,00000: loss=oops acc=0.5s\n"
    log.write_text(line * 3)
    regexes = {"acc": r"acc=(\S+)", "loss": r"(?P<step>\d+): loss=(?P<value>\S+)"}
    intake = MetricIntake(
        {name: compile_pattern(name, regex) for name, regex in regexes.items()},
        log,
        units=MetricUnits({"acc": MetricUnit("")}),
        block_bytes=block_bytes,
        max_line_bytes=48,
    )
    _, warnings = read_all(intake)
    found = [re.search(r"captured '(\S+)'.*log byte (\d+)", warning) for warning in warnings]
    expected = [(text, str(n * len(line))) for n in range(3) for text in ("00000", "oops", "0.5s")]
    assert [match and match.groups() for match in found] == expected


def test_a_first_group_that_is_not_the_number_is_explained(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("val_acc=0.5\n")
    reports, warnings = read_all(intake_of(log, acc=r"(train|val)_acc=(\S+)"))
    assert reports == []
    assert "(?P<value>...)" in warnings[0]


def test_a_line_of_a_hundred_megabytes_costs_no_memory(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as file:
        file.write(b"acc=0.5 ")
        for _ in range(100):
            file.write(b"acc=0.9\x1b[0m" * 83_334)
        file.write(b"\nacc=0.75\n")
    tracemalloc.start()
    reports, warnings = read_all(intake_of(log, acc=r"\bacc=([0-9.]+)"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reports[-1].value == 0.75
    assert {r.value for r in reports} <= {0.5, 0.9, 0.75}
    assert len(reports) <= 1001
    assert any("only its first 65,536 were searched" in w for w in warnings)
    assert peak < 20_000_000


def test_more_matches_than_a_line_may_have_are_left_out(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"a" * 65_000 + b"\n" + b"5\n")
    reports, warnings = read_all(intake_of(log, x=r"a(.*b)?|(?P<value>5)"))
    assert [r.value for r in reports] == [5.0]
    assert any("more than 1,000 matches" in w for w in warnings)


@pytest.mark.parametrize("regex", [r"(a+)+$", r"(?=(a|aa)+$)(\w+)", r".*.*.*=(\d)", r"(.*)*x(\d)"])
def test_an_attack_leaves_the_other_metrics_alone_and_ends(tmp_path: Path, regex: str) -> None:
    log = tmp_path / "log"
    log.write_bytes((b"a" * 60 + b"b\n" + b"acc=0.5\n") * 40)
    reports, _ = read_all(intake_of(log, bad=regex, acc=r"acc=(\S+)"))
    assert [r.value for r in reports if r.metric == "acc"] == [0.5] * 40


def test_a_regex_that_runs_out_of_time_again_and_again_is_given_up(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes((b"a" * 60 + b"b\n") * 40)
    reports, warnings = read_all(intake_of(log, bad=r"(?=(a|aa)+$)(\w+)"))
    assert reports == []
    assert any("was disabled" in w for w in warnings)


def test_one_read_stops_when_its_time_is_over_and_loses_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"acc=1\n" * 5000)
    seconds = iter(range(10**6))
    intake = MetricIntake(
        {"acc": compile_pattern("acc", r"acc=(\S+)")}, log, clock=lambda: next(seconds) * READ_TIME_S * 2
    )
    first = intake.read(1 << 20, now=NOW)
    assert 0 < len(first.reports) < 100
    assert not first.at_end
    rest, _ = read_all(intake)
    assert [r.step for r in first.reports + rest] == [float(n) for n in range(5000)]


def test_any_bytes_are_survived(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(os.urandom(300_000) + b"\nacc=0.5\n")
    reports, _ = read_all(intake_of(log, acc=r"acc=(\S+)", look=r"(?<=acc=)(\S+)"))
    assert [(r.metric, r.value) for r in reports][-2:] == [("acc", 0.5), ("look", 0.5)]


def test_invalid_utf8_beside_a_number_does_not_hide_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"caf\xe9 acc=0.5\n")
    assert values(log, r"^.*acc=(\S+)$") == [0.5]
