"""The live table of a running search, on a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from scriptune.cli.foreground import Moment
from scriptune.cli.formats import (
    bar,
    cause,
    duration,
    fill_params,
    metric_texts,
    number,
    one_line,
    scalar,
    shorten,
    sparkline,
    with_unit,
)
from scriptune.cli.output import state_style
from scriptune.cli.progress_views import wall_s
from scriptune.cli.result import has_equal_values
from scriptune.core.job import JobSummary, SearchJob
from scriptune.core.trial import ENDED, Trial, TrialState
from scriptune.runtime.progress import Progress

__all__ = ["LiveView", "draw"]

_MAX_RUNNING = 12  # rows; with more trials in parallel the rest is counted
_FEWEST_ROWS = 3  # however small the terminal is
_MAX_PARAMS_LINES = 2
_MAX_TITLE = 14  # characters of a metric's or parameter's name above its column
_MAX_VALUE = 20  # of a parameter's value
_GAP = 2  # between columns
# What these columns hold changes all the time; the columns beside them should not jump to and fro.
_STATE_WIDTH = len("completed")
_TIME_WIDTH = len("59m 59s")
_VALUE_WIDTH = len("0.00012345")
_REFRESH_PER_S = 5
_QUIET = "bright_black"


class LiveView:
    """A table that redraws itself below the prompt."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._job: SearchJob | None = None

    def open(self, summary: JobSummary) -> None:
        """The search begins, or goes on."""
        self._job = summary.job
        for text in metric_texts(summary.job.document):
            self._console.print(Text(f"metric {text}", style=_QUIET))
        self._live = Live(
            Text("Starting.", style=_QUIET),
            console=self._console,
            refresh_per_second=_REFRESH_PER_S,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def show(self, moment: Moment) -> None:
        """Redraw."""
        if self._live is not None and self._job is not None and moment.progress is not None:
            self._live.update(draw(self._job, moment, self._console, datetime.now(UTC)))

    def close(self) -> None:
        """Leave the last picture standing."""
        if self._live is not None:
            self._live.stop()


@dataclass(frozen=True)
class _Column:
    """A column of the table: right-aligned unless ``left``; as wide as its widest cell, and at least ``least``."""

    title: str
    cells: Sequence[Text]
    left: bool = False
    least: int = 0

    @property
    def width(self) -> int:
        """Of the widest cell."""
        return max(self.least, len(self.title), *(cell.cell_len for cell in self.cells))


def draw(job: SearchJob, moment: Moment, console: Console, now: datetime) -> RenderableType:
    """The picture of a moment: never wider and never higher than the terminal, so that it can be redrawn in place."""
    progress = moment.progress
    assert progress is not None
    width = console.width
    top = [_title(job, width), _counts(progress, width), *_best(job, moment, width)]
    said = [notice.message for notice in progress.summary.job.notices if notice.code != "equal_values"]
    notices = [line for text in (*said, progress.notice, moment.notice) for line in textwrap.wrap(text, width)]
    # Beside them: the empty line, the table's heading, and the line of the cursor.
    room = console.height - len(top) - 3
    # The newest are last, and what does not fit is said at the end.
    notices = notices[-max(room - _FEWEST_ROWS, 1) :]
    n_rows = max(room - len(notices), _FEWEST_ROWS)
    table = _trials(job, moment, n_rows, width, now)
    return Group(*top, *table, *(Text(line, style="yellow") for line in notices))


def _title(job: SearchJob, width: int) -> Text:
    search = job.document["search"]
    title = Text(one_line(job.name), style="bold", no_wrap=True, overflow="ellipsis")
    note = f"  {job.id[:8]}  {job.goal} {job.metric} with {search['sampler']}, seed {search['seed']}"
    title.append(note, style=f"not bold {_QUIET}")
    title.truncate(width, overflow="ellipsis")
    return title


def _counts(progress: Progress, width: int) -> Text:
    counts = progress.summary.counts
    n_ended = sum(counts[state] for state in ENDED)
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(bar(n_ended / max(progress.budget, 1), 20 if width >= 80 else 10), style="green on grey23")
    text.append(f" {n_ended} of {progress.budget}", style="bold")
    for state in (TrialState.RUNNING, TrialState.FAILED, TrialState.EARLY_STOPPED, TrialState.STOPPED):
        if counts[state]:
            text.append(f"  {counts[state]} {state.replace('_', ' ')}", style=state_style(state))
    times = [duration(progress.elapsed_s)]
    if progress.remaining_s is not None and n_ended < progress.budget and not progress.summary.job.stop_requested:
        times.append(f"about {duration(progress.remaining_s)} left")
    if progress.trials_per_hour is not None:
        times.append(f"{number(float(f'{progress.trials_per_hour:.3g}'))} trials/h")
    text.append("  " + ", ".join(times), style=_QUIET)
    text.truncate(width, overflow="ellipsis")
    return text


def _best(job: SearchJob, moment: Moment, width: int) -> list[Text]:
    assert moment.progress is not None
    best = moment.progress.summary.best
    if best is None:
        return [Text("no trial has ended with a value yet", style=_QUIET)]
    if has_equal_values(moment.progress.summary.job):
        return [Text(shorten(f"all values are the same: {job.metric} {number(best.value)}", width), style=_QUIET)]
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


def _trials(job: SearchJob, moment: Moment, n_rows: int, width: int, now: datetime) -> list[Text]:
    """Running trials, then the last ended ones, as many as fit."""
    assert moment.progress is not None
    best = moment.progress.summary.best
    running = sorted(moment.progress.running, key=lambda trial: trial.number)[-_MAX_RUNNING:][-n_rows:]
    running_numbers = {trial.number for trial in running}
    n_ended = n_rows - len(running)
    ended = [trial for trial in moment.recent if trial.number not in running_numbers][-n_ended:] if n_ended else []
    trials = [*running, *reversed(ended)]
    if not trials:
        return []
    columns = [
        _Column("trial", [Text(str(trial.number)) for trial in trials]),
        _Column("state", [_state(trial) for trial in trials], left=True, least=_STATE_WIDTH),
        _Column("time", [Text(duration(_took(trial, now))) for trial in trials], least=_TIME_WIDTH),
        _Column(
            shorten(with_unit(job, job.metric), _MAX_TITLE),
            [_value(job, trial) for trial in trials],
            least=_VALUE_WIDTH,
        ),
    ]
    columns += _param_columns(job, trials, width - sum(column.width + _GAP for column in columns))
    lines = [Text(), _line([Text(column.title, style=_QUIET) for column in columns], columns)]
    for i, trial in enumerate(trials):
        line = _line([column.cells[i] for column in columns], columns)
        if best is not None and trial.number == best.number:
            line.stylize("bold")
        lines.append(line)
    return lines


def _param_columns(job: SearchJob, trials: Sequence[Trial], room: int) -> list[_Column]:
    """A column per searched parameter, as many as there is room for; an ellipsis stands for the rest."""
    columns: list[_Column] = []
    names = [name for name in job.document["parameters"] if any(name in trial.params for trial in trials)]
    for name in names:
        values = [shorten(scalar(trial.params.get(name)), _MAX_VALUE) for trial in trials]
        column = _Column(shorten(name, _MAX_TITLE), [Text(value, style=_QUIET) for value in values])
        is_last = name == names[-1]
        if column.width + (0 if is_last else _GAP + 1) > room:
            columns.append(_Column("…", [Text() for _ in trials]))
            break
        columns.append(column)
        room -= column.width + _GAP
    return columns


def _line(cells: Sequence[Text], columns: Sequence[_Column]) -> Text:
    """Cells side by side."""
    line = Text(no_wrap=True)
    for i, (cell, column) in enumerate(zip(cells, columns, strict=True)):
        blank = " " * (column.width - cell.cell_len)
        line.append(" " * _GAP if i else "")
        line.append_text(Text.assemble(cell, blank) if column.left else Text.assemble(blank, cell))
    return line


def _took(trial: Trial, now: datetime) -> float | None:
    if trial.state not in ENDED and trial.started_at is not None:
        return (now - trial.started_at).total_seconds()
    return wall_s(trial)


def _value(job: SearchJob, trial: Trial) -> Text:
    """The value, or the latest metric of a running trial."""
    value = trial.value if trial.value is not None else trial.metrics.get(job.metric)
    return Text(number(value), style="" if trial.state in ENDED else "italic")


def _state(trial: Trial) -> Text:
    text = cause(trial.cause) if trial.cause is not None else trial.state.replace("_", " ")
    return Text(text, style=state_style(trial.state))
