"""Format values for people. ``--json`` and ``--csv`` give full precision."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from scriptune.core.job import JobSummary, SearchJob
from scriptune.core.parameters import Scalar
from scriptune.core.trial import Trial

__all__ = [
    "ago",
    "bar",
    "cause",
    "confirms_text",
    "duration",
    "fill_params",
    "gain",
    "log_line",
    "metric_texts",
    "number",
    "one_line",
    "param",
    "params_text",
    "printable",
    "scalar",
    "shorten",
    "size",
    "sparkline",
    "wall_s",
    "with_unit",
]

_DIGITS = 5  # significant ones; enough to tell neighbouring trials apart, few enough to compare at a glance
_LEVELS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉█"
# Values that span more than this factor are drawn on a logarithmic scale, or all but the worst were flat.
_LOG_SPAN = 100.0

# Everything that moves a cursor or talks to the terminal: control sequences but for colours, and lone controls.
_NOT_PRINTABLE = re.compile(
    r"\x1b\[[0-9;:?]*[A-Za-ln-z@`~^]|\x1b[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b(?!\[[0-9;:]*m)[ -/]*[0-~]?"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]"
)
_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")


def confirms_text(job: SearchJob) -> str:
    """What a confirmation runs again; "" for a search."""
    if job.confirms is None:
        return ""
    numbers = ", ".join(map(str, job.confirms.numbers))
    return f"trials {numbers} of {job.confirms.job_id[:8]} again"


def number(value: float | None) -> str:
    """Format a metric with five significant digits; ``-`` for None."""
    if value is None:
        return "-"
    if not math.isfinite(value):
        return str(value)
    # Whole thousands in full: 12,346 is easier on the eye than 1.2346e+04.
    if 10 ** (_DIGITS - 1) <= abs(value) < 1e9:
        return f"{value:,.0f}"
    return f"{value:.{_DIGITS}g}"


def scalar(value: Scalar | None) -> str:
    """Format a parameter's value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = f"{value:.4g}"
        return text if set(text) & set(".en") else f"{text}.0"  # a float is seen to be one
    return one_line(str(value))


def param(params: Mapping[str, Scalar], name: str) -> str:
    """Format a parameter's value; ``-`` if it is inactive."""
    return scalar(params[name]) if name in params else "-"


def wall_s(trial: Trial) -> float | None:
    """Seconds from a trial's first start to its end; None when it has none."""
    if trial.started_at is None or trial.finished_at is None:
        return None
    return (trial.finished_at - trial.started_at).total_seconds()


def duration(seconds: float | None) -> str:
    """Format seconds as ``340 ms``, ``8.3 s``, ``2m 05s``, ``1h 04m``, ``3d 02h``; ``-`` for None."""
    if seconds is None:
        return "-"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, second = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {second:02}s"
    hours, minute = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}h {minute:02}m"
    days, hour = divmod(hours, 24)
    return f"{days}d {hour:02}h"


def ago(at: datetime | None, now: datetime) -> str:
    """Format how long ago a time was, coarsely; ``-`` for None."""
    if at is None:
        return "-"
    seconds = max((now - at).total_seconds(), 0.0)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit} ago"
    return "just now"


def size(n_bytes: int | None) -> str:
    """Format bytes as ``312 MB``; ``-`` for None."""
    if n_bytes is None:
        return "-"
    value = float(n_bytes)
    for unit in ("B", "kB", "MB"):
        if value < 999.5:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def shorten(text: str, width: int) -> str:
    """Truncate a string to ``width`` characters, with an ellipsis."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def printable(text: str, *, keep_returns: bool = False) -> str:
    """Remove sequences that move the cursor or configure the terminal from untrusted text; colours stay.

    Args:
        text: The text.
        keep_returns: Leave carriage returns, so that a progress bar is one line again; else they end lines.
    """
    if not keep_returns:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _NOT_PRINTABLE.sub("", text)


def one_line(text: str) -> str:
    """Put untrusted text on one line, without colours."""
    return " ".join(_COLOUR.sub("", printable(text)).split())


def with_unit(job: SearchJob, metric: str) -> str:
    """A metric with the unit of its values, if known: ``latency (ms)``."""
    known = job.units.get(metric)
    return f"{metric} ({one_line(known.unit)})" if known is not None and known.unit else metric


def metric_texts(document: Mapping[str, Any]) -> list[str]:
    """The metrics of a job with their regexes or files: ``val_acc: val_acc=([0-9.]+)``."""
    return [
        f"{one_line(name)}: {printable(_source_text(metric))}" for name, metric in document.get("metrics", {}).items()
    ]


def _source_text(metric: Mapping[str, str]) -> str:
    """What finds a metric: ``csv metrics.csv, column val_loss, step epoch``."""
    if "regex" in metric:
        return metric["regex"]
    return ", ".join(f"{key} {value}" for key, value in metric.items() if key != "unit")


def log_line(text: str) -> str:
    """A log line with its blanks as printed, without control sequences and colours."""
    return _COLOUR.sub("", printable(text)).replace("\n", " ").rstrip()


def params_text(params: Mapping[str, Scalar]) -> str:
    """Format params as ``lr=0.003 layers=2``."""
    return " ".join(f"{name}={scalar(value)}" for name, value in params.items())


def fill_params(params: Mapping[str, Scalar], width: int) -> str:
    """Format params as ``name value`` pairs, filled into lines of at most ``width`` characters."""
    lines: list[str] = []
    for name, value in params.items():
        piece = f"{name} {scalar(value)}"
        if lines and len(lines[-1]) + 3 + len(piece) <= width:
            lines[-1] += f"   {piece}"
        else:
            lines.append(piece)
    return "\n".join(lines)


def cause(text: str) -> str:
    """A failure's cause in words: ``exit code``, ``out of memory``."""
    return text.replace("_", " ")


def gain(summary: JobSummary) -> str:
    """By how much the best trial is better than the defaults, in short: ``+0.9 points``; "" if that is not known."""
    base = summary.baseline
    if base is None:
        return ""
    unit = " points" if base.comparison.code == "gain.points" else ""
    return f"+{base.comparison.params['by']}{unit}" if base.gain > 0 else "0"


def bar(share: float, width: int) -> str:
    """A bar for a share, ``width`` characters wide in steps of an eighth, padded with spaces."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)


def sparkline(values: Sequence[float | None], width: int) -> str:
    """Values as a line of small bars, at most ``width`` of them; None leaves a gap.

    A longer row is thinned by taking the last value of each piece. Positive values that span more than two
    decades are drawn on a logarithmic scale.
    """
    row = _thin(values, width)
    known = [value for value in row if value is not None and math.isfinite(value)]
    if not known:
        return ""
    scale = math.log if min(known) > 0 and max(known) / min(known) > _LOG_SPAN else float
    low, high = scale(min(known)), scale(max(known))
    if high == low:
        return "".join(" " if value is None else _LEVELS[3] for value in row)
    return "".join(
        " "
        if value is None or not math.isfinite(value)
        else _LEVELS[round((scale(value) - low) / (high - low) * (len(_LEVELS) - 1))]
        for value in row
    )


def _thin(values: Sequence[float | None], width: int) -> list[float | None]:
    n = len(values)
    if n <= width:
        return list(values)
    return [values[(i + 1) * n // width - 1] for i in range(width)]
