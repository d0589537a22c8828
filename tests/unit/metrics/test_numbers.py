from __future__ import annotations

import math

import pytest

from scriptune.metrics.numbers import Refusal, read_number, unit_of


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


@pytest.mark.parametrize(
    ("line", "value", "unit"),
    [
        ("t=<0.93>s", 0.93, "s"),
        ("acc=<0.9>,", 0.9, ""),
        ("loss:<0.3>|", 0.3, ""),
        ("lr=<1e-3>x", 1e-3, "x"),
        ("lr=<1e-4>(", 1e-4, ""),
        ("<12.5> it/s", 12.5, "it/s"),
        ("<12.5>it/s]", 12.5, "it/s"),
        ("mem <3.2>GB", 3.2, "GB"),
        ("mem <3.2> GB used", 3.2, "GB"),
        ("<87>%", 87.0, "%"),
        ("<97> %", 97.0, "%"),
        ("[<0.91>]", 0.91, ""),
        ("step=<3>/10", 3.0, ""),
        ("<12.5>/s", 12.5, "/s"),
        ("params=<7.9>M params", 7.9, "M"),
        ("<572.0>μs", 572.0, "μs"),
        ("<3>s 2ms/step", 3.0, "s"),
        ("用时<0.93>秒，", 0.93, "秒"),
        ("准确率为<0.93>损失0.2", 0.93, ""),
        ("loss <0.5> s=3", 0.5, ""),
        ("D <0.5> G 0.7", 0.5, ""),
        ("loss <0.5> step 3", 0.5, ""),
        ("<21.5>°C", 21.5, "°C"),
        ("<9.81>m/s²", 9.81, "m/s²"),
        ("<1.2>k samples/s", 1.2, "ksamples/s"),
        ("real 0m<0.318>s", 0.318, "s"),
    ],
)
def test_the_letters_or_the_sign_right_after_a_number_are_its_unit(line: str, value: float, unit: str) -> None:
    read = read_between_brackets(line)
    assert not isinstance(read, Refusal), read
    assert (float(read), unit_of(read)) == (value, unit)


@pytest.mark.parametrize(
    "line",
    [
        "time=<22>:39",
        "time=<1>:45:36",
        "time=1:<45>:36",
        "time=1:45:<36>",
        "time=1:45:<36.5>",
        "<2026>-01-15 12:00",
        "2026-<01>-15",
        "2026-01-<15>",
        "<15>/01/2026",
        "15/01/<2026>",
        "<1>m45s",
        "1m<45>s",
        "real 2m<1.234>s",
        "took <5> min 3 s",
        "took 5 min <3> s",
        "<1> day, 2:03:04",
        "<2>h30",
        "<5>分30秒",
    ],
)
def test_a_piece_of_a_clock_a_date_or_a_duration_is_not_a_number(line: str) -> None:
    refusal = read_between_brackets(line)
    assert isinstance(refusal, Refusal), refusal


@pytest.mark.parametrize(
    "line",
    ["np.float<64>(0.96)", "float<32>", "top<5>: 3", "mAP@<0.5>: 37", "resnet_<50>", "v<1.2>", "émile<3>", "<50>_fold"],
)
def test_digits_of_a_name_or_a_type_are_not_a_number_unless_the_regex_names_it(line: str) -> None:
    before, rest = line.split("<")
    captured, after = rest.split(">")
    args = (captured.encode(), before.encode(), after.encode())
    refusal = read_number(*args, loose_before="")
    assert isinstance(refusal, Refusal)
    assert refusal.kind == "name"
    if before:
        assert not isinstance(read_number(*args, loose_before=before), Refusal)
        assert not isinstance(read_number(*args), Refusal)


@pytest.mark.parametrize(
    "captured",
    [
        "0.93，损失：0.2",
        "0.93。",
        "（0.93）",
        "0.93!",
        "0.93*",
        "**0.93**",
        "~0.93",
        "`0.93`",
        "_0.93_",
        "0.93）",
        "【0.93】",
        "0.93…",
        "0.93;",
        "0.93？",
        "“0.93”",
        "<0.93>",
        "|0.93|",
        "0.93</td>",
        '0.93,"loss":0.2}',
        "0.93,loss=0.2",
        "0.93±0.02",
        "0.93+0.01",
        "0.93(0.95)",
        "0.93+/-0.01",
        "np.float64(0.93)}",
        "0.93\\n",
        "０．９３",
        "0,93",
        "0.93f0",
    ],
)
def test_punctuation_around_a_number_does_not_hide_it(captured: str) -> None:
    assert read_number(captured.encode()) == 0.93


@pytest.mark.parametrize(
    ("captured", "value"),
    [
        ("12,5", 12.5),
        ("-0,25", -0.25),
        ("0,0123", 0.0123),
        ("1,5e-03", 1.5e-3),
        ("1.234,5", 1234.5),
        ("1\u00a0234,5", 1234.5),
        ("1\u202f234", 1234.0),
        ("1'234.5", 1234.5),
        ("1.5f-5", 1.5e-5),
        ("0m1.234s", 1.234),
        ("1m30s", 90.0),
        ("1h2m3s", 3723.0),
        ("3,992e+08", 3.992e8),
        ("44,97,750.281", 4497750.281),
        ("77 160,49", 77160.49),
        ("٠٫٩٧٤", 0.974),
        ("٤٬٤٩٧٬٧٥٠٫٢٨١", 4497750.281),
        ("०.८७६७", 0.8767),
        ("\u200e0.8767\u200f", 0.8767),
    ],
)
def test_what_other_countries_and_languages_print_is_read(captured: str, value: float) -> None:
    assert read_number(captured.encode()) == value


@pytest.mark.parametrize("captured", ["1,234", "3/10", "22:39", "2026-01-15", "0.9f32", "0.1-0.2", "0.5+0.3j", "<0.93"])
def test_what_a_person_would_hesitate_over_is_refused(captured: str) -> None:
    assert isinstance(read_number(captured.encode()), Refusal)


@pytest.mark.parametrize(("before", "after"), [(b"0.9\0", b""), (b"", b"\0"), (b"\r", b""), (b"x", b"\r1")])
def test_digits_that_touch_what_may_have_torn_them_are_refused(before: bytes, after: bytes) -> None:
    refusal = read_number(b"12", before, after)
    assert isinstance(refusal, Refusal)
    assert refusal.kind == "torn"


def test_a_number_at_the_end_of_a_cut_line_is_refused() -> None:
    refusal = read_number(b"0.12", b"loss=", b"", line_cut=True)
    assert isinstance(refusal, Refusal)
    assert refusal.kind == "line_cut"
    assert read_number(b"0.12", b"loss=", b" and something", line_cut=True) == 0.12


def read_between_brackets(line: str) -> float | Refusal:
    before, rest = line.split("<")
    captured, after = rest.split(">")
    return read_number(captured.encode(), before.encode(), after.encode())


@pytest.mark.parametrize(
    "text",
    [
        "tensor([0.93])",
        "array([0.93], dtype=float32)",
        "[np.float64(0.93)]",
        "(np.float64(0.93),)",
        "[[0.93]]",
        "<tf.Tensor: shape=(), dtype=float32, numpy=0.93>",
        "Scalar(0.93)",
        "$0.93",
        "↑0.93",
        "✓0.93",
        "🎉0.93",
    ],
)
def test_one_number_in_an_array_or_behind_a_sign_is_read(text: str) -> None:
    assert read_number(text.encode()) == 0.93


@pytest.mark.parametrize("text", ["array([0.93, 0.94])", "[np.float64(0.93), np.float64(0.94)]", "[[0.93], [0.94]]"])
def test_several_numbers_in_an_array_are_refused(text: str) -> None:
    assert isinstance(read_number(text.encode()), Refusal)


def test_the_index_that_r_prints_is_refused() -> None:
    assert isinstance(read_number(b"[1]", b"acc: ", b" 0.93"), Refusal)


def test_the_digits_of_a_hash_with_an_e_are_refused() -> None:
    assert isinstance(read_number(b"12e45ab"), Refusal)


@pytest.mark.parametrize("unseen", ["\a", "\x7f", "\u200b", "\u00ad", "\u2060", "\ufffd"])
def test_digits_parted_by_what_is_not_seen_are_refused(unseen: str) -> None:
    assert isinstance(read_number(b"0.9", b"m=", f"{unseen}3".encode()), Refusal)
    assert isinstance(read_number(b"3", f"m=0.9{unseen}".encode(), b""), Refusal)


@pytest.mark.parametrize("blank", ["\u00a0", "\u202f", "\u2009"])
@pytest.mark.parametrize("unit", ["%", "ms"])
def test_a_unit_stands_behind_a_blank_of_any_width(blank: str, unit: str) -> None:
    number = read_number(b"50", b"m=", f"{blank}{unit}".encode())
    assert not isinstance(number, Refusal)
    assert unit_of(number) == unit


@pytest.mark.parametrize(
    ("printed", "unit"),
    [
        (" Gbps", "Gbps"),
        (" GFLOPS", "GFLOPS"),
        (" kW", "kW"),
        (" million", "million"),
        (" percent", "percent"),
        (" ps", "ps"),
        (" Mi", "Mi"),
    ],
)
def test_a_unit_that_may_change_is_seen_behind_a_blank(printed: str, unit: str) -> None:
    number = read_number(b"1.2", b"m=", printed.encode())
    assert not isinstance(number, Refusal)
    assert unit_of(number) == unit
