"""``show``: show a job, or one of its trials with why it was tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import click

from scriptune.analysis.results import Calibration
from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.confirmation import print_confirmation
from scriptune.cli.formats import (
    ago,
    cause,
    confirms_text,
    duration,
    number,
    one_line,
    param,
    printable,
    scalar,
    size,
    sparkline,
    wall_s,
    with_unit,
)
from scriptune.cli.output import Column, heading, pairs, print_json, state_style, table, terminal_width
from scriptune.cli.result import best_rows, counts_text, failure_rows, has_equal_values, print_warnings
from scriptune.cli.session import JOB, open_engine
from scriptune.core.first_points import Origin
from scriptune.core.job import JobState, SearchJob
from scriptune.core.space import params_key
from scriptune.core.trial import Attempt, Phase, Suggestion, Trial, TrialState
from scriptune.engine.engine import Engine
from scriptune.engine.first_points_text import first_points_list, origin_text
from scriptune.engine.views import JobDetail, TrialDetail
from scriptune.messages import counted

__all__ = ["show"]

_MAX_WARNINGS = 5
_LEARNING_POINTS = 2000  # reports of a trial that its curve is drawn from
_PHASES = {
    Phase.DEFAULT: "first point",
    Phase.INITIAL: "initial design: spread over the search space",
    Phase.MODEL: "model",
    Phase.FALLBACK: "fallback: drawn without the model",
    Phase.ENQUEUED: "queued by you",
}


@click.command(cls=Command, example="scriptune show\nscriptune show digits-mlp --trial 7")
@JOB
@click.option("--trial", type=int, metavar="N", help="Show this trial: why it was tried, its attempts, its params.")
@pass_shared
def show(shared: Shared, job: str | None, trial: int | None) -> None:
    """Show a search with its state, best trial and failures, or one of its trials."""
    engine = open_engine(shared, read_only=True)
    if trial is None:
        detail = engine.show(job)
        print_json(detail) if shared.as_json else _show_job(shared, engine, detail)
        return
    found = engine.job(job)
    trial_detail = engine.trial(found.job.id, trial)
    if shared.as_json:
        print_json(trial_detail)
    else:
        _show_trial(engine, found.job, trial_detail, found.best)


# --- a job -------------------------------------------------------------------------------------------------


def _show_job(shared: Shared, engine: Engine, detail: JobDetail) -> None:
    summary, job = detail.summary, detail.summary.job
    heading(one_line(job.name), job.id)
    document = job.document
    search, objective, run = document["search"], document["objective"], document["run"]
    command = document["command"]
    is_search = job.confirms is None
    pairs(
        [
            ("state", _state_text(shared, detail)),
            ("command", command if isinstance(command, str) else " ".join(command)),
            ("objective", f"{job.goal} {with_unit(job, job.metric)}, {objective['reduce']} of its reports"),
            (
                "search",
                f"{search['sampler']}, seed {search['seed']}, {run['parallel']} in parallel" if is_search else "",
            ),
            ("confirms", confirms_text(job)),
            ("first", first_points_list(job.first_points) if is_search else ""),
            ("trials", counts_text(summary)),
            ("time", f"{duration(job.active_s)}, created {ago(job.created_at, engine.clock())}"),
            *(best_rows(engine, summary) if is_search else []),
            ("stopping", " ".join(detail.stopping.notes) if detail.stopping else ""),
            ("predictions", _calibration_text(engine.calibration(job.id))),
        ]
    )
    if detail.failures:
        click.echo("\nFailed trials")
        pairs(failure_rows(detail))
    print_warnings(detail, at_most=_MAX_WARNINGS)
    for sentence in _lost_logs(detail):
        click.echo(sentence)
    print_confirmation(detail)
    if detail.command_line and not has_equal_values(job) and is_search:
        click.echo(f"\nTo run the best configuration again:\n  {detail.command_line}")


def _calibration_text(held: Calibration) -> str:
    """What became of the predictions; "" for too few of them."""
    if held.note is None:
        return ""
    return (
        f"{held.within_50:.0%} of {held.n} results were inside the 50% band of their prediction, "
        f"{held.within_90:.0%} inside the 90% band. {held.note}"
    )


def _lost_logs(detail: JobDetail) -> Iterator[str]:
    """Which logs are gone, so that users do not look for them or re-parse in vain."""
    if detail.pruned_at is not None:
        yield (
            f"The files of {counted(detail.n_pruned, 'attempt')} were removed by prune, the last on "
            f"{detail.pruned_at:%Y-%m-%d %H:%M} UTC: values and reports are kept, logs cannot be read again."
        )
    if detail.n_freed:
        yield (
            f"{counted(detail.n_freed, 'log')} exceeded the size limit (max_log_bytes) and lost the middle: "
            "values and reports are kept."
        )


def _state_text(shared: Shared, detail: JobDetail) -> str:
    job = detail.summary.job
    text = click.style(str(job.state), fg=state_style(job.state), bold=True)
    if job.message:
        text += f": {printable(job.message)}"
    if job.state in (JobState.RUNNING, JobState.STOPPING, JobState.QUEUED) and not detail.owner_alive:
        text += f", but no process is running it; continue with: {shared.command('resume', job.id[:8])}"
    return text


# --- a trial -----------------------------------------------------------------------------------------------


def _show_trial(engine: Engine, job: SearchJob, detail: TrialDetail, best: Trial | None) -> None:
    trial = detail.trial
    heading(f"Trial {trial.number} of {one_line(job.name)}", job.id[:8])
    state = click.style(trial.state.replace("_", " "), fg=state_style(trial.state), bold=True)
    others = {name: value for name, value in trial.metrics.items() if name != job.metric}
    pairs(
        [
            ("state", state + (f" ({cause(trial.cause)})" if trial.cause else "")),
            ("value", _value_text(job, trial, best)),
            ("metrics", ", ".join(f"{name} {number(value)}" for name, value in others.items())),
            ("time", duration(wall_s(trial)) if trial.started_at else ""),
            ("place", one_line(trial.place)),
            ("waits", one_line(trial.waits)),
            ("last contact", ago(trial.contact_at, engine.clock()) if trial.state is TrialState.RUNNING else ""),
            ("curve", _curve(engine, job, trial)),
            ("why", _why(trial.suggestion)),
        ]
    )
    if trial.message:
        click.echo(f"\n{printable(trial.message).rstrip()}")
    click.echo()
    _show_params(job, trial, None if has_equal_values(job) else best)
    if detail.attempts:
        click.echo()
        _show_attempts(detail.attempts)
    for attempt in detail.attempts:
        if attempt.pruned_at is not None:
            when = f"{attempt.pruned_at:%Y-%m-%d %H:%M} UTC"
            click.echo(f"The files of attempt {attempt.attempt} were removed by prune on {when}.")
    for warning in dict.fromkeys(text for attempt in detail.attempts for text in attempt.warnings):
        click.echo(click.style("Warning: ", fg="yellow") + one_line(warning))
    if detail.command_line:
        click.echo(f"\nIts command line:\n  {detail.command_line}")


def _value_text(job: SearchJob, trial: Trial, best: Trial | None) -> str:
    value = trial.value if trial.value is not None else trial.metrics.get(job.metric)
    if value is None:
        return "none"
    text = f"{job.metric} {number(value)}"
    if best is None or has_equal_values(job):
        return text
    return text + (", the best" if best.number == trial.number else f" (best: {number(best.value)} in {best.number})")


def _curve(engine: Engine, job: SearchJob, trial: Trial) -> str:
    """The objective's reports as a sparkline; "" with fewer than two."""
    if trial.n_reports < 2:
        return ""
    page = engine.reports(job.id, trial.number, metric=job.metric, limit=_LEARNING_POINTS)
    values = [report.value for report in page.items]
    if len(values) < 2:
        return ""
    return f"{sparkline(values, min(terminal_width() - 30, 60))} {page.total} reports"


def _why(suggestion: Suggestion | None) -> str:
    """How the params were chosen, in a sentence or two."""
    if suggestion is None:
        return ""
    lines = [f"{suggestion.sampler}: {_PHASES[suggestion.phase]}"]
    if suggestion.mean is not None:
        spread = f" ± {number(suggestion.std)}" if suggestion.std is not None else ""
        lines.append(f"predicted {number(suggestion.mean)}{spread}")
        if suggestion.acquisition is not None:
            lines[-1] += f", acquisition {number(suggestion.acquisition)}"
    if suggestion.note:
        lines.append(suggestion.note)
    return "\n".join(lines)


def _show_params(job: SearchJob, trial: Trial, best: Trial | None) -> None:
    compare = best is not None and best.number != trial.number
    columns = [Column("parameter"), Column("this trial", right=True)]
    rows = [[name, scalar(value)] for name, value in trial.params.items()]
    if compare and best is not None:
        columns.append(Column(f"best ({best.number})", right=True))
        names = [*trial.params, *(name for name in best.params if name not in trial.params)]
        rows = [[name, param(trial.params, name), param(best.params, name)] for name in names]
    if (origin := _origin(job, trial)) is not None:
        columns.append(Column("from"))
        rows = [[*row, origin_text(origin[row[0]]) if row[0] in origin else ""] for row in rows]
    table(columns, rows)


def _origin(job: SearchJob, trial: Trial) -> Mapping[str, Origin] | None:
    """Where each value comes from, of a trial that was decided before the search began."""
    key = params_key(trial.params)
    return next((point.origin for point in job.first_points if params_key(point.params) == key), None)


def _show_attempts(attempts: Sequence[Attempt]) -> None:
    rows = []
    for attempt in attempts:
        end = attempt.exit
        how = "" if end is None else end.reason.replace("_", " ")
        if end is not None and end.exit_code is not None:
            how = f"exit code {end.exit_code}"
        elif end is not None and end.signal is not None:
            how += f", signal {end.signal}"
        rows.append(
            [
                str(attempt.attempt),
                attempt.state.replace("_", " "),
                how,
                duration(end.wall_s if end else None),
                duration(end.cpu_s if end else None),
                size(end.peak_memory_bytes if end else None),
                attempt.folder,
            ]
        )
    columns = [
        Column("attempt", right=True),
        Column("state"),
        Column("ended by"),
        Column("wall", right=True),
        Column("cpu", right=True, optional=True),
        Column("memory", right=True, optional=True),
        Column("folder", optional=True),
    ]
    table(columns, rows)
