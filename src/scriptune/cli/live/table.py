"""The live table of a running search, on a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from scriptune.cli.formats import (
    bar,
    cause,
    confirms_text,
    duration,
    fill_params,
    metric_texts,
    number,
    one_line,
    param,
    shorten,
    sparkline,
    wall_s,
    with_unit,
)
from scriptune.cli.live.feed import Moment
from scriptune.cli.output import state_style
from scriptune.cli.result import has_equal_values
from scriptune.core.job import JobState, JobSummary, SearchJob
from scriptune.core.trial import ENDED, Trial, TrialState
from scriptune.engine.first_points_text import first_points_text

__all__ = ["LiveView", "draw"]

_MAX_RUNNING = 12  # rows; with more trials in parallel the rest is counted
_FEWEST_ROWS = 3  # however small the terminal is
_MAX_PARAMS_LINES = 2
_MAX_TITLE = 14  # characters of a metric's or parameter's name above its column
_MAX_VALUE = 20  # of a parameter's value
_GAP = 2  # between columns
_ANY_WIDTH = 1 << 20  # to measure a table, before it is made to fit
# What these columns hold changes all the time; the columns beside them should not jump to and fro.
_STATE_WIDTH = len("completed")
_TIME_WIDTH = len("59m 59s")
_VALUE_WIDTH = len("0.00012345")
_REFRESH_PER_S = 5
_QUIET = "bright_black"


class LiveView:
    """A table below the prompt that is redrawn in place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._job: SearchJob | None = None

    def open(self, summary: JobSummary) -> None:
        self._job = summary.job
        for text in metric_texts(summary.job.document):
            self._console.print(Text(f"metric {text}", style=_QUIET))
        first = None if confirms_text(summary.job) else first_points_text(summary.job.first_points)
        if first is not None:
            self._console.print(Text(one_line(first), style=_QUIET))
        self._live = Live(
            Text("Starting.", style=_QUIET),
            console=self._console,
            refresh_per_second=_REFRESH_PER_S,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def show(self, moment: Moment) -> None:
        """Redraw the table once the search has started."""
        if self._live is not None and self._job is not None and moment.summary.state is not JobState.QUEUED:
            self._live.update(draw(self._job, moment, self._console, datetime.now(UTC)))

    def close(self) -> None:
        """Stop updating and leave the last table on the screen."""
        if self._live is not None:
            self._live.stop()


def draw(job: SearchJob, moment: Moment, console: Console, now: datetime) -> RenderableType:
    """Render a moment so that it fits the terminal and can be redrawn in place."""
    width = console.width
    top = [_title(job, width), _counts(moment, width), *_best(job, moment, width)]
    said = [notice for notice in moment.summary.job.notices if notice.code != "notice.equal_values"]
    notices = [line for text in (*said, *moment.notices) for line in textwrap.wrap(text, width)]
    # Beside them: the empty line, the table's heading, and the line of the cursor.
    room = console.height - len(top) - 3
    # The newest are last, and what does not fit is said at the end.
    notices = notices[-max(room - _FEWEST_ROWS, 1) :]
    n_rows = max(room - len(notices), _FEWEST_ROWS)
    table = _trials(job, moment, n_rows, console, now)
    return Group(*top, *table, *(Text(line, style="yellow") for line in notices))


def _title(job: SearchJob, width: int) -> Text:
    search = job.document["search"]
    title = Text(one_line(job.name), style="bold", no_wrap=True, overflow="ellipsis")
    how = f"{job.goal} {job.metric} with {search['sampler']}, seed {search['seed']}"
    again = confirms_text(job)
    note = f"  {job.id[:8]}  {f'{job.metric} of {again}' if again else how}"
    title.append(note, style=f"not bold {_QUIET}")
    title.truncate(width, overflow="ellipsis")
    return title


def _counts(moment: Moment, width: int) -> Text:
    counts, budget, elapsed_s = moment.summary.counts, moment.summary.job.n_trials, moment.elapsed_s
    n_ended = sum(counts[state] for state in ENDED)
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(bar(n_ended / max(budget, 1), 20 if width >= 80 else 10), style="green on grey23")
    text.append(f" {n_ended} of {budget}", style="bold")
    for state in (TrialState.RUNNING, TrialState.FAILED, TrialState.EARLY_STOPPED, TrialState.STOPPED):
        if counts[state]:
            text.append(f"  {counts[state]} {state.replace('_', ' ')}", style=state_style(state))
    times = [duration(elapsed_s)]
    if n_ended and elapsed_s > 0:
        if n_ended < budget and not moment.summary.job.stop_requested:
            times.append(f"about {duration(elapsed_s / n_ended * (budget - n_ended))} left")
        times.append(f"{number(float(f'{3600 * n_ended / elapsed_s:.3g}'))} trials/h")
    text.append("  " + ", ".join(times), style=_QUIET)
    text.truncate(width, overflow="ellipsis")
    return text


def _best(job: SearchJob, moment: Moment, width: int) -> list[Text]:
    best = moment.summary.best
    if confirms_text(job):
        return []  # the best of several runs is no answer
    if best is None:
        return [Text("no trial has ended with a value yet", style=_QUIET)]
    if has_equal_values(moment.summary.job):
        return [Text(shorten(f"all values are equal: {job.metric} {number(best.value)}", width), style=_QUIET)]
    first = Text(no_wrap=True, overflow="ellipsis")
    first.append(f"best {with_unit(job, job.metric)} ")
    first.append(number(best.value), style="bold green")
    first.append(f"  trial {best.number}  ", style=_QUIET)
    first.append(sparkline(moment.history, min(40, max(width - first.cell_len - 1, 0))), style="green")
    filled = fill_params(best.params, width).splitlines()
    # Two lines at most, however many parameters there are; `show` has them all.
    lines = filled[:_MAX_PARAMS_LINES]
    if len(filled) > len(lines):
        lines[-1] = shorten(lines[-1] + "   …", width)
    return [first, *(Text(shorten(line, width), style="green") for line in lines)]


def _trials(job: SearchJob, moment: Moment, n_rows: int, console: Console, now: datetime) -> Sequence[RenderableType]:
    """The running trials, then the last ended ones, with as many rows and parameters as fit."""
    running = sorted(moment.running, key=lambda trial: trial.number)[-_MAX_RUNNING:][-n_rows:]
    running_numbers = {trial.number for trial in running}
    n_ended = n_rows - len(running)
    ended = [trial for trial in moment.recent if trial.number not in running_numbers][-n_ended:] if n_ended else []
    trials = [*running, *reversed(ended)]
    if not trials:
        return []
    best = moment.summary.best.number if moment.summary.best is not None else None
    names = [name for name in job.document["parameters"] if any(name in trial.params for trial in trials)]
    table = _table(job, trials, (), is_cut=bool(names), best=best, now=now)
    for n in range(1, len(names) + 1):
        wider = _table(job, trials, names[:n], is_cut=n < len(names), best=best, now=now)
        if Measurement.get(console, console.options.update_width(_ANY_WIDTH), wider).maximum > console.width:
            break
        table = wider
    return [Text(), table]


def _table(
    job: SearchJob, trials: Sequence[Trial], names: Sequence[str], *, is_cut: bool, best: int | None, now: datetime
) -> Table:
    """A row per trial and a column per named parameter; if ``is_cut``, an ellipsis stands for other parameters."""
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style=_QUIET)
    table.add_column("trial", justify="right", no_wrap=True)
    table.add_column("state", min_width=_STATE_WIDTH, no_wrap=True)
    table.add_column("time", justify="right", min_width=_TIME_WIDTH, no_wrap=True)
    metric = Text(shorten(with_unit(job, job.metric), _MAX_TITLE))
    table.add_column(metric, justify="right", min_width=_VALUE_WIDTH, no_wrap=True)
    # With several places only: it says nothing about trials of one machine.
    has_places = len({trial.place for trial in trials if trial.place}) > 1
    if has_places:
        table.add_column("place", style=_QUIET, no_wrap=True)
    for name in names:
        table.add_column(Text(shorten(name, _MAX_TITLE)), justify="right", style=_QUIET, no_wrap=True)
    if is_cut:
        table.add_column("…")
    for trial in trials:
        values = [Text(shorten(param(trial.params, name), _MAX_VALUE)) for name in names]
        took = Text(duration(_took(trial, now)))
        cells = [Text(str(trial.number)), _state(trial), took, _value(job, trial)]
        cells += [Text(shorten(one_line(trial.place), _MAX_VALUE))] if has_places else []
        cells += values
        table.add_row(*cells, style="bold" if trial.number == best else "")
    return table


def _took(trial: Trial, now: datetime) -> float | None:
    if trial.state not in ENDED and trial.started_at is not None:
        return (now - trial.started_at).total_seconds()
    return wall_s(trial)


def _value(job: SearchJob, trial: Trial) -> Text:
    """The trial's value, or the latest metric if it is running."""
    value = trial.value if trial.value is not None else trial.metrics.get(job.metric)
    return Text(number(value), style="" if trial.state in ENDED else "italic")


def _state(trial: Trial) -> Text:
    text = cause(trial.cause) if trial.cause is not None else trial.state.replace("_", " ")
    return Text(text, style=state_style(trial.state))
