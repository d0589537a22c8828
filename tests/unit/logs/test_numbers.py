from __future__ import annotations

import math

import pytest

from scriptune.logs.numbers import Refusal, read_number


@pytest.mark.parametrize(
    ("captured", "value"),
    [
        ("1.", 1.0),
        (".5", 0.5),
        ("-3e-4", -3e-4),
        ("1E+05", 1e5),
        ("+7", 7.0),
        ("97.3%", 97.3),
        ("97.3 %", 97.3),
        ("1,234.5", 1234.5),
        ("-1,234,567", -1234567.0),
        ("−0.5", -0.5),
        ("1.0D-03", 1e-3),
        ("0.5,", 0.5),
        ("0.5;", 0.5),
        ("0.5.", 0.5),
        ("'0.5'", 0.5),
        ('"0.5",', 0.5),
        ("[0.5]", 0.5),
        ("0.5)", 0.5),
        ("0.5|", 0.5),
        ("tensor(0.0754, device='cuda:0', requires_grad=True)", 0.0754),
        ("tensor(0.0754,", 0.0754),
        ("tensor(0.0754)", 0.0754),
        ("np.float64(0.5)", 0.5),
        ("Array(0.5, dtype=float32)", 0.5),
        ("Decimal('0.5')", 0.5),
    ],
)
def test_what_programs_print_is_read(captured: str, value: float) -> None:
    assert read_number(captured.encode()) == value


@pytest.mark.parametrize("captured", ["nan", "NaN", "-nan", "nan(ind)", "-nan(ind)", "1.#QNAN", "-1.#IND", "nan,"])
def test_every_spelling_of_nan_is_known(captured: str) -> None:
    value = read_number(captured.encode())
    assert not isinstance(value, Refusal)
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("captured", "value"),
    [
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("+INF", math.inf),
        ("1.#INF00", math.inf),
        ("∞", math.inf),
        ("−∞", -math.inf),
        ("1e999", math.inf),
        ("tensor(inf)", math.inf),
    ],
)
def test_every_spelling_of_infinity_is_known(captured: str, value: float) -> None:
    assert read_number(captured.encode()) == value


@pytest.mark.parametrize(
    ("captured", "kind"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("1e", "cut"),
        ("1.5e-", "cut"),
        ("1,5", "ambiguous"),
        ("1,234", "ambiguous"),
        ("0,123.5", "no_number"),
        ("(0.1,", "ambiguous"),
        ("[0.1, 0.2]", "no_number"),
        ("0x1F", "no_number"),
        ("1_000", "no_number"),
        ("1.2.3", "no_number"),
        ("--5", "no_number"),
        ("12:30", "no_number"),
        ("max(0.1,", "no_number"),
        ("0.5 loss=3", "no_number"),
        ("None", "no_number"),
        ("1" * 500, "no_number"),
    ],
)
def test_what_is_no_number_is_refused(captured: str, kind: str) -> None:
    refusal = read_number(captured.encode())
    assert isinstance(refusal, Refusal)
    assert refusal.kind == kind


@pytest.mark.parametrize(
    "line",
    [
        "<1>e-05",
        "<1.5>E+3",
        "<1>e",
        "<0.5>E, next",
        "1e<-05>",
        "1e-<05>",
        "0.5<3>2",
        "0.<95>",
        "<0>.95",
        "x=.<95>",
        "loss=-<0.5>",
        "[-<0.5>]",
        "−<0.5>",
        "1.2<.3>",
        "<1>,234.5",
        "1,<234.5>",
        "acc=<0>,95 next",
        "acc=0,<95>",
        "<12>,345",
        "1_<000>",
        "<1>_000",
        "1'<234.5>",
        "1\N{NO-BREAK SPACE}<234>,5",
        "<0>x1F",
        "0x<1>F",
        "<1.>#INF",
        "<1.5>x10^-3",
        "<1.5> × 10⁻³",
        "r=<1.2>k",
        "2024-01<-02>",
        "<nan>oseconds",
        "my<inf>",
        "<1.0>D-03",
        "<1.>e5",
    ],
)
def test_a_piece_of_a_number_is_refused(line: str) -> None:
    refusal = read_between_brackets(line)
    assert isinstance(refusal, Refusal), refusal


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("ckpt-<0.95>.pt", 0.95),
        ("--lr=<0.5>", 0.5),
        ("0.95+/-<0.02>", 0.02),
        ("0.95±<0.02>", 0.02),
        ("a - <0.5>", 0.5),
        ("[0.1,<0.2>,0.3]", 0.2),
        ("[<0.1>,0.2]", 0.1),
        ("3,<0.5>,12", 0.5),
        ("5,17,<3.2>", 3.2),
        ("acc=<0.97>, loss", 0.97),
        ("<0.5>s", 0.5),
        ("<12>ms", 12.0),
        ("<5>/10", 5.0),
        ("Accuracy.....<97>", 97.0),
        ("loss.<0.5>", 0.5),
        ("top1:<76.1>", 76.1),
        ("acc<0.5>", 0.5),
        ("Done, <0.5>.", 0.5),
        ("<97.3>%", 97.3),
        ("step_<5>", 5.0),
        ("+<0.5>", 0.5),
        ("epoch 3e: <5>", 5.0),
    ],
)
def test_a_whole_number_is_read_whatever_stands_beside_it(line: str, value: float) -> None:
    assert read_between_brackets(line) == value


def test_a_comma_that_the_regex_names_separates_columns() -> None:
    assert isinstance(read_number(b"100.5", b"12,"), Refusal)
    assert read_number(b"100.5", b"12,", comma_before=True) == 100.5
    assert read_number(b"12", b"", b",100", comma_after=True) == 12.0


def test_a_unit_prefix_that_the_regex_names_is_the_users_choice() -> None:
    assert isinstance(read_number(b"7.9", b"", b"M params"), Refusal)
    assert read_number(b"7.9", b"", b"M params", unit_named=True) == 7.9


def test_a_number_at_the_end_of_a_cut_line_is_refused() -> None:
    refusal = read_number(b"0.12", b"loss=", b"", line_cut=True)
    assert isinstance(refusal, Refusal)
    assert refusal.kind == "line_cut"
    assert read_number(b"0.12", b"loss=", b" and something", line_cut=True) == 0.12


def read_between_brackets(line: str) -> float | Refusal:
    before, rest = line.split("<")
    captured, after = rest.split(">")
    return read_number(captured.encode(), before.encode(), after.encode())
