"""Tables of trials: a header and rows of strings, in which only ``config`` is an object.

reward_attr          the metric's last report             best_reward          its best report
training_iteration   number of its reports                status               PENDING RUNNING TERMINATED ERROR
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from scriptune.core.job import Goal, SearchJob
from scriptune.core.trial import ENDED, Attempt, Trial, TrialState
from scriptune.engine.engine import Engine
from scriptune.modelarts.trial_ids import trial_id

__all__ = ["Table", "trial_reports_table", "trials_table"]

Table = dict[str, Any]

_STATUSES: Mapping[TrialState, str] = {
    TrialState.WAITING: "PENDING",
    TrialState.RUNNING: "RUNNING",
    TrialState.COMPLETED: "TERMINATED",
    TrialState.EARLY_STOPPED: "TERMINATED",
    TrialState.STOPPED: "TERMINATED",
    TrialState.FAILED: "ERROR",
}


def trials_table(engine: Engine, job: SearchJob, trials: Sequence[Trial], *, config_as_text: bool) -> Table:
    """One row per trial.

    Args:
        engine: Provides reports and attempts.
        job: Their job.
        trials: The trials of the page.
        config_as_text: Whether ``config`` is JSON text.
    """
    metrics = list(job.document["metrics"])
    fixed = ["", "done", "pid", "config", "trial_id", "training_iteration", "time_total_s", "worker_index"]
    header = [*fixed, "reward_attr", "status", *metrics, "best_reward"]
    now = engine.clock()
    rows: list[list[Any]] = []
    reports = engine.metric_reports(job.id, job.metric, [trial.number for trial in trials if trial.n_reports])
    for trial in trials:
        attempts = engine.attempts(job.id, trial.number) if trial.n_attempts else []
        rewards = [value for _, value in reports.get(trial.number, ()) if math.isfinite(value)]
        # The other metrics are reduced to their last value; the one searched on may be reduced to its best.
        last = {**trial.metrics, **({job.metric: rewards[-1]} if rewards else {})}
        rows.append(
            [
                str(trial.number),
                str(trial.state in ENDED),
                _pid(attempts),
                _config(trial, config_as_text),
                trial_id(job.id, trial.number),
                str(len(rewards)),
                _seconds(trial.started_at, trial.finished_at or now),
                "",
                _text(rewards[-1] if rewards else None),
                _STATUSES[trial.state],
                *(_text(last.get(name)) for name in metrics),
                _text(_best(rewards, job.goal)),
            ]
        )
    return {"header": header, "data": rows}


def trial_reports_table(engine: Engine, job: SearchJob, trial: Trial, *, config_as_text: bool) -> Table:
    """One row per report of the metric, oldest first; an ended trial's last row appears twice."""
    metrics = list(job.document["metrics"])
    header = ["done", "pid", "best_reward", "time_total_s", "config", *metrics]
    header += ["trial_id", "training_iteration", "reward_attr"]
    pid = _pid(engine.attempts(job.id, trial.number))
    config, its_id = _config(trial, config_as_text), trial_id(job.id, trial.number)
    rows: list[list[Any]] = []
    rewards: list[float] = []
    latest: dict[str, float] = {}
    now = engine.clock()
    for report in engine.reports(job.id, trial.number).items:
        latest[report.metric] = report.value
        if report.metric != job.metric or not math.isfinite(report.value):
            # A metric printed behind the reward in one breath belongs to the row before.
            if rows and report.metric in metrics:
                rows[-1][5 + metrics.index(report.metric)] = _text(report.value)
            continue
        rewards.append(report.value)
        rows.append(
            [
                "False",
                pid,
                _text(_best(rewards, job.goal)),
                # It was read up to an instant after the end of the trial.
                _seconds(trial.started_at, min(report.at, trial.finished_at or now)),
                config,
                *(_text(latest.get(name)) for name in metrics),
                its_id,
                str(len(rewards)),
                _text(report.value),
            ]
        )
    if rows and trial.state in ENDED:
        rows.append(["True", pid, rows[-1][2], _seconds(trial.started_at, trial.finished_at or now), *rows[-1][4:]])
    return {"header": header, "data": rows}


def _best(values: Sequence[float], goal: Goal) -> float | None:
    if not values:
        return None
    return max(values) if goal is Goal.MAXIMIZE else min(values)


def _text(value: float | None) -> str:
    """The shortest string that reads back as the same number; empty for None."""
    return "" if value is None else repr(value)


def _seconds(start: datetime | None, end: datetime) -> str:
    return "" if start is None else f"{max(0.0, (end - start).total_seconds()):.3f}"


def _pid(attempts: Sequence[Attempt]) -> str:
    """The process id of the latest attempt; empty before it started."""
    if not attempts or not attempts[-1].handle:
        return ""
    found = attempts[-1].handle.get("pid")
    return "" if found is None else str(found)


def _config(trial: Trial, as_text: bool) -> dict[str, Any] | str:
    """Every searched value twice, plain and as ``param/NAME``, and the trial's index."""
    config: dict[str, Any] = {**trial.params, "trial_index": trial.number}
    config.update({f"param/{name}": value for name, value in trial.params.items()})
    return json.dumps(config) if as_text else config
