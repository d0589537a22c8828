"""The live table of a running search, on a terminal."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from scriptune.cli.faces import wall_s
from scriptune.cli.foreground import Moment
from scriptune.cli.formats import bar, cause, duration, number, one_line, params_text, scalar, shorten, sparkline
from scriptune.cli.printing import state_style
from scriptune.core.job import JobSummary, SearchJob
from scriptune.core.trial import ENDED, Trial, TrialState
from scriptune.engine.views import Progress

__all__ = ["LiveFace", "draw"]

_MAX_RUNNING = 12  # rows; with more trials side by side the rest is counted
_FEWEST_ENDED = 3  # rows of ended trials that are shown however small the terminal is
_REFRESH_PER_S = 5
_QUIET = "bright_black"


class LiveFace:
    """A table that redraws itself below the prompt."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._job: SearchJob | None = None

    def open(self, summary: JobSummary) -> None:
        """The search begins, or goes on."""
        self._job = summary.job
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


def draw(job: SearchJob, moment: Moment, console: Console, now: datetime) -> RenderableType:
    """The picture of a moment."""
    progress = moment.progress
    assert progress is not None
    width = console.width
    lines: list[RenderableType] = [
        _title(job, width),
        _counts(progress, width),
        *_best(job, moment, width),
    ]
    trials = _trials(job, moment, console.height - len(lines), now)
    if trials.row_count:
        lines += [Text(), trials]
    notices = [notice for notice in (progress.notice, moment.notice) if notice]
    lines += [Text(notice, style="yellow") for notice in notices]
    return Group(*lines)


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
    if progress.remaining_s is not None and n_ended < progress.budget:
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
        return [Text("no value yet", style=_QUIET)]
    first = Text(no_wrap=True, overflow="ellipsis")
    first.append(f"best {job.metric} ")
    first.append(number(best.value), style="bold green")
    first.append(f"  trial {best.number}  ", style=_QUIET)
    first.append(sparkline(moment.history, min(40, max(width - first.cell_len - 1, 0))), style="green")
    second = Text("  ".join(f"{name} {scalar(value)}" for name, value in best.params.items()), style="green")
    second.truncate(2 * width, overflow="ellipsis")  # two lines at most, however many parameters there are
    return [first, second]


def _trials(job: SearchJob, moment: Moment, height: int, now: datetime) -> Table:
    """Running trials, then the last ended ones, as many as fit."""
    assert moment.progress is not None
    running = sorted(moment.progress.running, key=lambda trial: trial.number)
    shown = running[-_MAX_RUNNING:]
    # The title of the table, the empty line before it, a notice, and the line of the cursor.
    n_ended = max(height - len(shown) - 5, _FEWEST_ENDED)
    running_numbers = {trial.number for trial in running}
    ended = [trial for trial in moment.recent if trial.number not in running_numbers][-n_ended:]
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=_QUIET)
    grid.add_column("trial", justify="right", no_wrap=True)
    grid.add_column("state", no_wrap=True)
    grid.add_column("time", justify="right", no_wrap=True)
    grid.add_column(shorten(job.metric, 16), justify="right", no_wrap=True)
    grid.add_column("params", no_wrap=True, overflow="ellipsis")
    best = moment.progress.summary.best
    for trial in [*shown, *reversed(ended)]:
        grid.add_row(*_row(job, trial, now), style="bold" if best and trial.number == best.number else "")
    return grid


def _row(job: SearchJob, trial: Trial, now: datetime) -> list[RenderableType]:
    is_running = trial.state not in ENDED
    took = wall_s(trial)
    if is_running and trial.started_at is not None:
        took = (now - trial.started_at).total_seconds()
    value = trial.value if trial.value is not None else trial.metrics.get(job.metric)
    state = Text(trial.state.replace("_", " "), style=state_style(trial.state))
    if trial.cause is not None:
        state = Text(cause(trial.cause), style=state_style(trial.state))
    return [
        str(trial.number),
        state,
        duration(took),
        Text(number(value), style="italic" if is_running else ""),
        Text(params_text(trial.params), style=_QUIET),
    ]
