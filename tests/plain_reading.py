"""Generated log lines, and a plain reading of them by Python's ``re`` and ``float``.

The plain reading takes what the regex captures, strips punctuation and a unit, and calls ``float``. Where the intake
reads something else, the line must be of a kind that `DOCUMENTED` names: there each kind stands with the words of
docs/metrics.md that say so. Nothing here uses the intake's own rules.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scriptune.metrics.pattern import MetricPattern, compile_pattern
from scriptune.metrics.scan import Scanner
from scriptune.metrics.sources.tail import Piece, raw_of, to_lines

__all__ = ["DOCUMENTED", "Difference", "Line", "compare", "generate"]

DOCUMENTED = {
    "clock": "part of a time of day",
    "date": "part of a date",
    "duration": "`1m30.5s`",
    "type": "digits of a name or a type",
    "decimal comma": "`0,93`",
    "thousands": "`1,234.5`",
    "grouped": "`1.234,5`",
    "list": "the first of several values in brackets",
    "hex": "`0x1F`",
    "underscore": "`1_000`",
    "torn": "touch a NUL, a backspace or a cursor movement",
    "traceback": "in a line of a traceback",
    "exponent left out": "an exponent follows",
    "sign left out": "the minus sign was left out",
    "Unicode minus": "(Unicode minus)",
    "Fortran": "`1.0D-03`",
    "Julia": "`0.93f0`",
    "wrapped": "`np.float64(0.0754)`",
    "fraction": "`3/10` | refused",
    "error": "`0.93±0.02`",
    "more behind": "`0.93，损失：0.2`",
    "full width": "`０.９３` (full width)",
    "non-finite word": "`nan` or `inf` inside a word",
}
"""Kinds of lines that are not read as plainly, and where docs/metrics.md says so."""

_NAMES = [
    "val_acc",
    "loss",
    "top1",
    "F1-score",
    "准确率",
    "損失",
    "정확도",
    "потери",
    "Genauigkeit",
    "précision",
    "acc.mean",
    "损失 (val)",
]
_SEPARATORS = ["=", ": ", "：", " = ", " is ", "为", ":\t", " | ", "=[", ' -> "']
_GROUPS = {"word": r"(\S+)", "digits": r"([0-9.]+)", "number": r"([-+.0-9eE]+)"}
_UNITS = [
    "",
    "",
    "",
    "%",
    " %",
    "s",
    "ms",
    "us",
    "µs",
    "GB",
    "MiB",
    "k",
    "M",
    "it/s",
    " it/s",
    "/s",
    "x",
    "秒",
    "°C",
    " MB/s",
    "dB",
    "min",
]
_ENDS = [
    "",
    "",
    "",
    ",",
    ";",
    ".",
    "!",
    "。",
    "，",
    "）",
    ")",
    "]",
    "*",
    "**",
    "|",
    "…",
    '"',
    "'",
    "}",
    "、",
    " ",
    " -",
    "\t|",
    " *",
    "?",
    ">",
]
_BEFORE = [
    "",
    "",
    "epoch 3 ",
    "[12:30:59] ",
    "2026-01-15 12:00:00,123 INFO train.py:88 ",
    "[rank0] ",
    "step 3/10 ",
    "\x1b[1m\x1b[32m",
    "17%|### | 17/100 [00:01<00:05, 17.3it/s] ",
    "第3轮，",
    "Epoch 12/20 - 3s 2ms/step - ",
    "{'a': 1, ",
    "| 3 | ",
    "GPU0: 1024MiB / 8192MiB ",
    "  ",
    "- ",
    "** ",
]
_BEHIND = [
    "",
    "",
    " lr 0.001",
    "  (best 0.95)",
    "\x1b[0m",
    " at 12:30",
    " epoch=3",
    "\t0.5",
    " | x |",
    " – fertig",
    "，下一轮",
    " in 3.5s",
]


@dataclass(frozen=True)
class Line:
    """A generated line: its kind, its text, and the regex that is to find the number."""

    kind: str
    text: str
    regex: str


@dataclass(frozen=True)
class Difference:
    """A line that is read in two ways."""

    line: Line
    plain: list[float]
    read: list[float]
    reasons: list[str]


def _number(rng: random.Random) -> str:
    value = rng.choice(
        [rng.random(), rng.uniform(-1, 1), rng.uniform(0, 1e5), 10 ** rng.uniform(-12, 12), float(rng.randrange(1000))]
    )
    style = rng.choice(["{:.4f}", "{:.2f}", "{!r}", "{:.3e}", "{:g}", "{:E}", "{:+.3f}", "{:.0f}", "{:.1f}"])
    text = style.format(value)
    if rng.random() < 0.05:
        text = text.replace("0.", ".", 1) if text.startswith("0.") else text.partition(".")[0] + "."
    return rng.choice(["nan", "inf", "-inf", "NaN"]) if rng.random() < 0.03 else text


_Special = Callable[[random.Random], str]
_DIGITS: _Special = lambda rng: f"{rng.random():.3f}"  # noqa: E731 - a table of small functions follows
_SPECIAL: dict[str, _Special] = {
    "clock": lambda rng: (
        f"{rng.randrange(24)}:{rng.randrange(60):02}"
        + rng.choice(["", f":{rng.randrange(60):02}", f":{rng.randrange(60):02}.5"])
    ),
    "date": lambda rng: f"20{rng.randrange(10, 40)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
    "duration": lambda rng: f"{rng.randrange(1, 60)}m{rng.randrange(60)}" + rng.choice(["s", ".5s"]),
    "type": lambda rng: rng.choice(["np.float64(", "float32(", "tensor16(", "torch.int8("]) + f"{rng.random():.3f})",
    "decimal comma": lambda rng: f"{rng.random():.4f}".replace(".", ","),
    "thousands": lambda rng: f"{rng.uniform(1e3, 1e7):,.2f}",
    "grouped": lambda rng: f"{rng.uniform(1e3, 1e7):,.2f}".translate(str.maketrans(",.", ".,")),
    "list": lambda rng: f"({rng.random():.3f},{rng.random():.3f})",
    "hex": lambda rng: hex(rng.randrange(16, 4096)),
    "underscore": lambda rng: f"{rng.randrange(1000, 10**6):_}",
    "torn": lambda rng: _DIGITS(rng) + rng.choice(["\0", "\b\b", "\x1b[3C", "\x1b[2A"]) + _DIGITS(rng),
    "Unicode minus": lambda rng: "−" + _DIGITS(rng),
    "Fortran": lambda rng: f"{rng.random():.3f}D-{rng.randrange(1, 30):02}",
    "Julia": lambda rng: f"{rng.random():.3f}f" + rng.choice(["0", "-3", "-12"]),
    "wrapped": lambda rng: rng.choice(
        ["tensor({}, device='cuda:0')", "np.float64({})}}", "Array({}, dtype=float32)"]
    ).format(_DIGITS(rng)),
    "fraction": lambda rng: f"{rng.randrange(100)}/{rng.randrange(100, 200)}",
    "error": lambda rng: _DIGITS(rng) + rng.choice(["±", "+/-"]) + _DIGITS(rng),
    "more behind": lambda rng: _DIGITS(rng) + rng.choice(["，损失：", ",loss=", ";x=", "</td><td>y "]) + _DIGITS(rng),
    "full width": lambda rng: _DIGITS(rng).translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    "non-finite word": lambda rng: rng.choice(["nanoseconds", "info", "infinite", "nans"]),
}


def generate(seed: int, count: int) -> Iterator[Line]:
    """Lines of any language, formats, units, punctuation and numbers of all forms."""
    rng = random.Random(seed)
    for _ in range(count):
        name, separator = rng.choice(_NAMES), rng.choice(_SEPARATORS)
        group = rng.choice(list(_GROUPS))
        regex = re.escape(name + separator).replace(r"\"", '"').replace(r"\：", "：") + _GROUPS[group]
        if rng.random() < 0.15:
            regex = re.escape(name) + r"[^0-9+.-]*" + _GROUPS[group].replace(r"\S+", r"[0-9]\S*")
        before, behind = rng.choice(_BEFORE), rng.choice(_BEHIND)
        if rng.random() < 0.3:
            kind = rng.choice(list(_SPECIAL))
            yield Line(
                kind, f"{before}{name}{separator}{_SPECIAL[kind](rng)}{rng.choice(['', ',', ' '])}{behind}", regex
            )
            continue
        number = _number(rng)
        is_finite = number[-1:].isdigit() or number.endswith(".")
        if not is_finite and "[^0-9+.-]" in regex:
            continue  # it would capture another number of the line
        unit = rng.choice(_UNITS) if is_finite else ""
        text = f"{before}{name}{separator}{number}{unit}{rng.choice(_ENDS)}{behind}"
        kind = "more behind" if behind.startswith("，") and group == "word" else "plain"
        if group == "digits" and re.search(r"[eE]", number) and number[-1:].isdigit():
            kind = "exponent left out"
        elif number.startswith("-") and "[^0-9+.-]" not in regex and group == "digits":
            kind = "sign left out"
        if rng.random() < 0.03:
            kind, text = "traceback", f'  File "train.py", line 3, in f\n    print("{text}")'
        yield Line(kind, text, regex)


def _plain(line: Line) -> list[float]:
    """Every number that the regex captures, as anybody would read it who trusts the regex."""
    shown = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line.text)
    values = []
    for row in re.split(r"[\n\r\b\0]", shown):
        for match in re.finditer(line.regex, row, re.ASCII):
            number = re.fullmatch(
                r"""[\s"'(\[{*|（]*([-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|nan|inf))"""
                r"""[^\W\d_]*(?:/[a-z]+)?[^\w]*[^\W\d_]?[^\w]*""",
                match[1],
                re.IGNORECASE,
            )
            if number:
                values.append(float(number[1]))
    return values


_PATTERNS: dict[str, MetricPattern] = {}


def compare(line: Line) -> Difference | None:
    """Read a line in both ways; None when they agree."""
    if line.regex not in _PATTERNS:
        _PATTERNS[line.regex] = compile_pattern("m", line.regex)
    data = line.text.encode() + b"\n"
    scan = Scanner({"m": _PATTERNS[line.regex]}).scan(Piece(0, len(data), to_lines(data), raw=raw_of(data)))
    read = [capture.value for capture in scan.captures if capture.value is not None]
    plain = _plain(line)
    same = len(read) == len(plain) and all(
        a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(read, plain, strict=True)
    )
    if same:
        return None
    return Difference(line, plain, read, [capture.refusal.text for capture in scan.captures if capture.refusal])
