"""Print the result of a search: at its end, and in ``show``."""

from __future__ import annotations

from itertools import accumulate

import click

from scriptune.cli.base import Shared
from scriptune.cli.formats import (
    cause,
    duration,
    fill_params,
    number,
    one_line,
    printable,
    shorten,
    sparkline,
)
from scriptune.cli.output import heading, pairs, state_style, terminal_width
from scriptune.core.job import Goal, JobSummary, SearchJob
from scriptune.core.trial import ENDED, TrialState
from scriptune.engine.engine import Engine
from scriptune.engine.views import JobDetail
from scriptune.messages import counted

__all__ = [
    "best_rows",
    "counts_text",
    "failure_rows",
    "has_equal_values",
    "print_result",
    "print_warnings",
]

_LABEL_WIDTH = 14  # of the label column left of params and sparklines
_MAX_EXAMPLE = 1500  # characters of a failure's message; it quotes the last lines of a log


def counts_text(summary: JobSummary) -> str:
    """Format trial counts: ``20 of 20: 18 completed, 2 failed``."""
    counts = {state: n for state, n in summary.counts.items() if n}
    n_ended = sum(n for state, n in counts.items() if state in ENDED)
    parts = ", ".join(f"{n} {state.replace('_', ' ')}" for state, n in counts.items())
    return f"{n_ended} of {summary.job.n_trials}" + (f": {parts}" if parts else "")


def has_equal_values(job: SearchJob) -> bool:
    """Whether all values are equal, so that no trial is better than the others."""
    return any(notice.code == "notice.equal_values" for notice in job.notices)


def best_rows(engine: Engine, summary: JobSummary) -> list[tuple[str, str]]:
    """Labels and texts: best value, params, the gain over the defaults, a sparkline of the history."""
    best, job = summary.best, summary.job
    if best is None:
        return []
    if has_equal_values(job):
        return [("best", f"none: all trials with a value have the same value ({job.metric} {number(best.value)})")]
    width = max(terminal_width() - _LABEL_WIDTH, 20)
    rows = [
        ("best", f"{click.style(f'{job.metric} {number(best.value)}', fg='green', bold=True)} in trial {best.number}"),
        ("params", fill_params(best.params, width)),
    ]
    if (base := summary.baseline) is not None:
        value = f"{number(best.value)}, " if base.gain > 0 else ""
        rows.append(("gain", f"{value}{base.comparison}"))
        rows += [("", base.both)] if base.both is not None else []
    points = _best_so_far(engine, job)
    if len(points) > 1:
        picture = sparkline(points, min(width - 30, 60))
        rows.append(("best so far", f"{number(points[0])} {picture} {number(points[-1])}"))
    return rows


def _best_so_far(engine: Engine, job: SearchJob) -> list[float]:
    """The best value after each trial that has one.

    `Engine.history` would thin it, for which it loads numpy: longer than all else that ``show`` does.
    """
    better = min if job.goal is Goal.MINIMIZE else max
    return list(accumulate((value for value in engine.values(job.id) if value is not None), better))


def failure_rows(detail: JobDetail) -> list[tuple[str, str]]:
    """Causes of failure with their counts, and one example each."""
    rows = []
    for name, (n, example) in detail.failures.items():
        rows.append((cause(name), counted(n, "trial")))
        if example:
            rows.append(("", shorten(printable(example).strip(), _MAX_EXAMPLE)))
    return rows


def print_warnings(detail: JobDetail, *, at_most: int) -> None:
    """Print warnings about unreadable numbers, except those already shown as an example of a failure."""
    examples = [example for _, example in detail.failures.values()]
    # Said in place of the best trial.
    said = [notice for notice in detail.notices if notice.code == "notice.equal_values"]
    new = [text for text in detail.warnings if text not in said and not any(text in example for example in examples)]
    for warning in new[:at_most]:
        click.echo(click.style("Warning: ", fg="yellow") + one_line(warning))


def print_result(shared: Shared, engine: Engine, detail: JobDetail) -> None:
    """Print the result of a search, and what to do next."""
    summary, job = detail.summary, detail.summary.job
    click.echo()
    state = click.style(str(job.state), fg=state_style(job.state), bold=True)
    heading(one_line(job.name), job.id[:8])
    pairs(
        [
            ("state", state + (f": {printable(job.message)}" if job.message else "")),
            ("trials", f"{counts_text(summary)}, in {duration(job.active_s)}"),
            *best_rows(engine, summary),
        ]
    )
    if detail.failures:
        click.echo("\nFailed trials")
        pairs(failure_rows(detail))
    print_warnings(detail, at_most=3)
    if detail.command_line and not has_equal_values(job):
        click.echo(f"\nTo run the best configuration again:\n  {detail.command_line}")
    click.echo("\nMore:")
    for words in _next_steps(summary):
        click.echo(f"  {shared.command(*words)}")


def _next_steps(summary: JobSummary) -> list[list[str]]:
    """Commands to suggest after a search."""
    job = summary.job.id[:8]
    steps = [["show", job]]
    if summary.counts[TrialState.COMPLETED] > 1 and not has_equal_values(summary.job):
        steps.append(["importance", job])
    if summary.counts[TrialState.FAILED]:
        steps.append(["retry", job, "--failed"])
    return steps
