"""Views of a running search without a live table: plain lines, or JSON events."""

from __future__ import annotations

from collections.abc import Iterable

import click

from scriptune.cli.formats import (
    cause,
    confirms_text,
    duration,
    metric_texts,
    number,
    one_line,
    params_text,
    shorten,
    wall_s,
)
from scriptune.cli.live.feed import Moment
from scriptune.core.job import Event, JobSummary, SearchJob
from scriptune.core.trial import ENDED, Trial, TrialState
from scriptune.engine.first_points_text import first_points_text
from scriptune.engine.serialise import dumps, to_json
from scriptune.messages import Message, counted

__all__ = ["JsonView", "PlainView", "job_line", "trial_line"]

_MAX_MESSAGE = 160  # of a failure, on its trial's line


def job_line(job: SearchJob) -> str:
    """Describe a search in one line."""
    document = job.document
    search, run = document["search"], document["run"]
    if again := confirms_text(job):
        return f"{one_line(job.name)} ({job.id[:8]}): {job.metric} of {again}, {run['parallel']} in parallel"
    return (
        f"{one_line(job.name)} ({job.id[:8]}): {job.goal} {job.metric}, {counted(job.n_trials, 'trial')} of "
        f"{search['sampler']}, {run['parallel']} in parallel, seed {search['seed']}"
    )


def trial_line(trial: Trial, metric: str) -> str:
    """Describe how a trial ended in one line."""
    took = f" in {duration(wall_s(trial))}" if wall_s(trial) is not None else ""
    if trial.state is TrialState.FAILED:
        why = f" ({cause(trial.cause)})" if trial.cause else ""
        message = f": {shorten(_in_short(trial.message), _MAX_MESSAGE)}" if trial.message else ""
        return f"trial {trial.number} failed{took}{why}{message}"
    value = f": {metric} {number(trial.value)}" if trial.value is not None else ""
    reason = f" ({one_line(trial.message)})" if trial.state is TrialState.COMPLETED and trial.message else ""
    return f"trial {trial.number} {trial.state.replace('_', ' ')}{took}{value}{reason}"


def _in_short(message: str) -> str:
    """The first and the last line of a failure's message; programs usually state the error in the last one."""
    first, *others = [line for line in map(one_line, message.splitlines()) if line.strip("| ")]
    return " ".join([first, *others[-1:]])


_WAITS_IN_ORDER = "job.ordered_waits"


class PlainView:
    """Prints one line per ended trial; improvements include their params."""

    def __init__(self) -> None:
        self._metric = ""
        self._budget = 0
        self._n_ended = 0
        self._best: float | None = None
        self._is_search = True
        self._sign = 1.0
        self._said: set[str] = set()

    def open(self, summary: JobSummary) -> None:
        job = summary.job
        self._metric, self._budget, self._sign = job.metric, job.n_trials, job.goal.sign
        self._n_ended = sum(summary.counts[state] for state in ENDED)
        self._best = summary.best.value if summary.best else None
        self._is_search = job.confirms is None
        click.echo(job_line(job))
        for text in metric_texts(job.document):
            click.echo(f"  metric {text}")
        # What is known before the first trial starts is said before it.
        if self._is_search and (first := first_points_text(job.first_points)) is not None:
            click.echo(f"  {one_line(first)}")
        self._say([_warning(notice) for notice in job.notices])

    def show(self, moment: Moment) -> None:
        """Print what is new."""
        self._budget = moment.summary.job.n_trials
        for trial in moment.ended:
            self._n_ended += 1
            line = f"[{self._n_ended}/{self._budget}] {trial_line(trial, self._metric)}"
            if self._is_search and trial.value is not None and self._improves(trial.value):
                self._best = trial.value
                line += f"  best so far with {params_text(trial.params)}"
            click.echo(line)
        for event in moment.events:
            if event.kind == "change":
                click.echo(_change_line(event))
        self._say(_notices(moment))

    def _say(self, texts: Iterable[str]) -> None:
        """Print each message once; that trials of an ordered search wait, once for all of them."""
        for text in texts:
            key = text.code if isinstance(text, Message) and text.code == _WAITS_IN_ORDER else text
            if text and key not in self._said:
                self._said.add(key)
                click.echo(text, err=True)

    def close(self) -> None:
        """Do nothing: there is no terminal state to restore."""

    def _improves(self, value: float) -> bool:
        return self._best is None or (value - self._best) * self._sign < 0


def _change_line(event: Event) -> str:
    """What someone changed: ``ada@host changed parallel from 2 to 6``."""
    changes = ", ".join(f"{name} from {old} to {new}" for name, (old, new) in event.data["changes"].items())
    return one_line(f"{event.data['by']} changed {changes}")


def _warning(notice: Message) -> str:
    return f"Warning: {notice}"


def _notices(moment: Moment) -> list[str]:
    """The current notices for the user, the job's first."""
    said = [_warning(notice) for notice in moment.summary.job.notices if notice.code != "notice.equal_values"]
    return [*said, *moment.notices]


class JsonView:
    """Prints one JSON object per line: the events, and ended trials with all their fields."""

    def open(self, summary: JobSummary) -> None:
        click.echo(dumps({"kind": "start", "job": summary.job}))

    def show(self, moment: Moment) -> None:
        """Print the events."""
        ended = {trial.number: trial for trial in moment.ended}
        for event in moment.events:
            line = to_json(event)
            if event.kind == "trial" and event.number in ended and event.data.get("state") == ended[event.number].state:
                line["trial"] = to_json(ended[event.number])
            click.echo(dumps(line))

    def close(self) -> None:
        """Do nothing: there is no terminal state to restore."""
