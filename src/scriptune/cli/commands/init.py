"""``init``: from a program to a job file, with questions that Enter answers."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import click

from scriptune.cli.base import INTERRUPTED, Shared, pass_shared
from scriptune.cli.formats import duration, one_line, scalar, shorten, size
from scriptune.cli.output import print_json, terminal_width
from scriptune.cli.prompts import choose_many, choose_one
from scriptune.cli.search_flags import RunCommand, goal_flags, program
from scriptune.cli.session import open_engine
from scriptune.core.job import Goal
from scriptune.engine.engine import Engine
from scriptune.engine.trial_run import FORECAST_TRIALS, TrialRun
from scriptune.errors import CommandError, ConflictError, MetricPatternError, ScriptuneError, SettingsError
from scriptune.inspection.inspect import Inspection
from scriptune.inspection.job_draft import JobDraft, draft_job, proposed_parameters
from scriptune.inspection.log_metrics import MetricCandidate
from scriptune.inspection.options_found import ProgramOption
from scriptune.jobfile.durations import parse_duration
from scriptune.jobfile.short_form import domain_text
from scriptune.jobfile.shorthand import parse_parameter
from scriptune.messages import Message, counted, did_you_mean

__all__ = ["init"]

_TRIALS = 20
_MAX_METRICS = 12  # rows of the question
_DRAW_EVERY_S = 0.2
_MIB = 1 << 20


class _Answers(NamedTuple):
    """What a person, or ``--yes``, has decided."""

    domains: dict[str, dict[str, Any]]
    metric: MetricCandidate
    goal: Goal
    trials: int
    parallel: int


@click.command(
    cls=RunCommand,
    arguments="-- PROGRAM ARGUMENTS...",
    example="scriptune init -- python train.py\n"
    "scriptune init --yes -o search.yaml -- python train.py --epochs=5\n"
    "scriptune init --yes --objective val_acc --maximize -- ./train data.csv",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=Path("job.yaml"), metavar="FILE",
    help="Where the job file is written. Default: job.yaml.",
)  # fmt: skip
@click.option("--yes", "-y", is_flag=True, help="Take all proposals, ask nothing.")
@click.option("--overwrite", is_flag=True, help="Write the file even if it is there.")
@click.option("--objective", metavar="NAME", help="The metric to search on, by its proposed name.")
@goal_flags
@click.option("-n", "--trials", type=click.IntRange(min=1), help=f"How many trials. Default: {_TRIALS}.")
@click.option("-j", "--parallel", type=click.IntRange(min=1), help="Trials at once. Default: what fits the machine.")
@click.option(
    "--limit", metavar="TIME", default="10m", help="When the run of the program is ended: 90, 90s, 10m. Default: 10m."
)
@pass_shared
def init(
    shared: Shared,
    /,
    output: Path,
    yes: bool,
    overwrite: bool,
    objective: str | None,
    goal: str | None,
    trials: int | None,
    parallel: int | None,
    limit: str,
) -> int:
    """Write a job file for a program.

    Finds the options of the program and proposes which of them to search, and where. Runs the program once as it is,
    shows every number that could be its metric, and measures how long it takes and what it uses. Enter takes what is
    proposed, until a job file is written that 'scriptune check' accepts. The program is not changed.
    """
    if not program():
        raise click.UsageError(Message("cli.nothing_to_init"))
    asks = not (yes or shared.as_json)
    if asks and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError(Message("init.needs_terminal"))
    _refuse_existing(output, overwrite, asks)
    limit_s = _seconds(limit)
    engine = open_engine(shared, or_empty=True, read_only=True)
    try:
        found = engine.inspect(program())
        if found.message and not shared.as_json:
            click.echo(click.style("Note: ", fg="yellow", bold=True) + found.message, err=True)
        domains = _domains(found, asks)
        run = _run(engine, limit_s, shows=not shared.as_json)
        answers = _answers(run, domains, asks, objective, goal, trials, parallel)
        draft = _draft(found, run, answers, output)
        if asks and output.exists() and not click.confirm(f"{output} exists. Replace it?", default=False, err=True):
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        click.echo("\nInterrupted: nothing was written, and no program is left running.", err=True)
        return INTERRUPTED
    _write(output, draft.text, overwrite=overwrite or asks)
    if shared.as_json:
        print_json({"file": str(output), "found": found, "run": run, "document": draft.document, "text": draft.text,
                    "warnings": draft.warnings})  # fmt: skip
    else:
        _show_end(shared, output, draft)
    return 0


def _seconds(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as err:
        why = err.message if isinstance(err, ScriptuneError) else err
        raise click.BadParameter(str(why), param_hint="--limit") from err


# --- what to search ------------------------------------------------------------------------------------------


def _domains(found: Inspection, asks: bool) -> dict[str, dict[str, Any]]:
    """What to search, by name."""
    options = [option for option in found.parameters if option.suggestion is not None]
    if not options:
        raise CommandError(Message("init.no_options", command=shlex.join(program())), hint=found.message or None)
    proposed = proposed_parameters(found)
    if not asks:
        return {option.name: dict(option.suggestion or {}) for option in proposed}
    ordered = [*proposed, *(option for option in options if option not in proposed)]
    domains = [dict(option.suggestion or {}) for option in ordered]

    def edit(i: int) -> str | None:
        answer = click.prompt(f"{ordered[i].name}", default=domain_text(domains[i]), err=True)
        try:
            _, domain = parse_parameter(f"{ordered[i].name}={answer}")
        except ValueError as err:
            click.echo(str(err.message if isinstance(err, ScriptuneError) else err), err=True)
            return None
        kept = {key: domains[i][key] for key in ("flag", "style", "default") if key in domains[i]}
        kind = {"type": domains[i]["type"]} if "min" in domain and "type" not in domain else {}
        domains[i] = _with_legal_default({**kind, **domain, **{k: v for k, v in kept.items() if k not in domain}})
        return _option_row(ordered[i], domains[i], width)

    width = max(len(option.name) for option in ordered)
    rows = [_option_row(option, domain, width) for option, domain in zip(ordered, domains, strict=True)]
    is_proposed = [option in proposed for option in ordered]
    chosen = choose_many(f"What to search, of {counted(len(ordered), 'option')}?", rows, is_proposed, edit)
    return {ordered[i].name: domains[i] for i in chosen}


def _with_legal_default(domain: dict[str, Any]) -> dict[str, Any]:
    """A domain without its default where an edited range no longer holds it."""
    default = domain.get("default")
    is_in = default in domain["values"] if "values" in domain else True
    if "min" in domain and default is not None:
        is_in = domain["min"] <= default <= domain["max"]
    return domain if is_in else {key: value for key, value in domain.items() if key != "default"}


def _option_row(option: ProgramOption, domain: dict[str, Any], width: int) -> str:
    value = option.given if option.given is not None else option.default
    now = "" if value is None else f"now {scalar(value)}"
    return f"{option.name:<{width}}  {domain_text(domain):<24} {now:<14} {one_line(option.help)}"


# --- the run -------------------------------------------------------------------------------------------------


def _run(engine: Engine, limit_s: float, *, shows: bool) -> TrialRun:
    progress = _Progress() if shows else None
    run = engine.try_program(
        program(),
        limit_s=limit_s,
        on_output=None if progress is None else progress.add,
        on_wait=(lambda: None) if progress is None else progress.draw,
    )
    if progress is not None:
        progress.close()
    if not run.ok:
        raise CommandError(run.message)
    if not run.metrics:
        raise MetricPatternError(Message("init.no_metric"))
    return run


class _Progress:
    """One line on stderr: how long the program runs, and its last line."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._drawn = 0.0
        self._last = ""
        self._is_terminal = sys.stderr.isatty()
        click.echo(f"Running the program once as it is: {one_line(shlex.join(program()))}", err=True)

    def add(self, text: str) -> None:
        lines = [line for line in _pieces(text) if line]
        self._last = lines[-1] if lines else self._last

    def draw(self) -> None:
        now = time.monotonic()
        if self._is_terminal and now - self._drawn > _DRAW_EVERY_S:
            self._drawn = now
            line = f"  {duration(now - self._began)}  {self._last}"
            click.echo(f"\r\x1b[K{shorten(line, terminal_width() - 1)}", nl=False, err=True)

    def close(self) -> None:
        if self._is_terminal:
            click.echo("\r\x1b[K", nl=False, err=True)


def _pieces(text: str) -> list[str]:
    """The lines of an output, and of progress bars each version, without control sequences."""
    return [one_line(piece) for piece in text.replace("\r", "\n").split("\n")]


def _used_text(run: TrialRun) -> str:
    """What the run used: ``12 s, 1.8 processors, 312 MB``."""
    cpus = "" if not run.cpu_s or not run.wall_s else f", {run.cpu_s / run.wall_s:.1f} processors"
    memory = "" if run.peak_memory_bytes is None else f", {size(run.peak_memory_bytes)} of memory"
    gpu = f", {size(run.gpu_memory_bytes)} on a GPU" if run.gpu_memory_bytes else ""
    return f"{duration(run.wall_s)}{cpus}{memory}{gpu}"


# --- questions -----------------------------------------------------------------------------------------------


def _answers(
    run: TrialRun,
    domains: dict[str, dict[str, Any]],
    asks: bool,
    objective: str | None,
    goal: str | None,
    trials: int | None,
    parallel: int | None,
) -> _Answers:
    metric = _metric(run.metrics, objective, asks)
    known = Goal(goal) if goal else metric.goal
    if known is None and asks:
        rows = [f"higher values are better: {Goal.MAXIMIZE}", f"lower values are better: {Goal.MINIMIZE}"]
        known = (Goal.MAXIMIZE, Goal.MINIMIZE)[choose_one(f"Which way is {metric.name} better?", rows)]
    if known is None:
        raise click.UsageError(Message("init.unknown_goal", metric=metric.name))
    n_parallel = parallel or run.parallel
    return _Answers(domains, metric, known, trials or _ask_trials(run, n_parallel, asks), n_parallel)


def _metric(metrics: Sequence[MetricCandidate], name: str | None, asks: bool) -> MetricCandidate:
    if name is not None:
        known = {metric.name: metric for metric in metrics}
        if name not in known:
            near = did_you_mean(name, known)
            raise click.UsageError(Message("init.unknown_metric", name=name, near=near, found=list(known)))
        return known[name]
    if not asks:
        return metrics[0]
    shown = metrics[:_MAX_METRICS]
    width = max(len(metric.name) for metric in shown)
    return shown[choose_one("Which number is the metric?", [_metric_row(metric, width) for metric in shown])]


def _metric_row(metric: MetricCandidate, width: int) -> str:
    values = f"{metric.values[0]:g}" if metric.n_values == 1 else f"{metric.values[0]:g}, {metric.values[1]:g}"
    more = ", ..." if metric.n_values > 2 else ""
    goal = "" if metric.goal is None else str(metric.goal)
    where = one_line(metric.line) if metric.line else metric.found_in
    return f"{metric.name:<{width}}  {goal:<8}  {counted(metric.n_values, 'value')}: {values}{more}   | {where}"


def _ask_trials(run: TrialRun, parallel: int, asks: bool) -> int:
    if not asks:
        return _TRIALS
    rows = []
    for n in FORECAST_TRIALS:
        takes = "" if run.is_cut else f", about {duration(-(-n // parallel) * run.wall_s)}"
        rows.append(f"{n} trials{takes}")
    title = f"It took {_used_text(run)}. With {parallel} in parallel, how many trials?"
    return FORECAST_TRIALS[choose_one(title, rows, FORECAST_TRIALS.index(_TRIALS))]


# --- the file ------------------------------------------------------------------------------------------------


def _draft(found: Inspection, run: TrialRun, answers: _Answers, output: Path) -> JobDraft:
    folder = output.absolute().parent
    here = Path.cwd()
    took = f"The program took {_used_text(run)} as it is"
    if not run.is_cut:
        times = ", ".join(f"{n} trials {duration(-(-n // answers.parallel) * run.wall_s)}" for n in FORECAST_TRIALS)
        took += f": {times}"
    return draft_job(
        program(),
        found,
        answers.domains,
        answers.metric,
        answers.goal,
        base_dir=folder,
        workdir="." if folder == here else str(here),
        others=[metric for metric in run.metrics if metric is not answers.metric],
        trials=answers.trials,
        parallel=answers.parallel,
        max_step=run.n_steps(answers.metric),
        took=f"{took}.",
    )


def _refuse_existing(output: Path, overwrite: bool, asks: bool) -> None:
    if output.exists() and not (overwrite or asks):
        raise ConflictError(Message("init.file_exists", file=str(output)))


def _write(output: Path, text: str, *, overwrite: bool) -> None:
    """Write the file whole or not at all."""
    folder = output.absolute().parent
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{output.name}-", dir=folder)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).chmod(0o666 & ~_umask())
            if overwrite:
                Path(name).replace(output)
            else:
                os.link(name, output)
        finally:
            with suppress(FileNotFoundError):
                Path(name).unlink()
    except FileExistsError as err:
        raise ConflictError(Message("init.file_exists", file=str(output))) from err
    except OSError as err:
        raise SettingsError(Message("init.cannot_write", file=str(output), why=err.strerror)) from err


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _show_end(shared: Shared, output: Path, draft: JobDraft) -> None:
    objective = draft.document["objective"]
    for warning in draft.warnings:
        click.echo(click.style("Warning: ", fg="yellow", bold=True) + one_line(warning))
    names = ", ".join(name for name in draft.document["parameters"])
    click.echo(f"{click.style('Wrote ', fg='green', bold=True)}{output}: searches {names}; "
               f"{objective['goal']} {objective['metric']}.")  # fmt: skip
    click.echo(f"Start the search: {shared.command('run', str(output))}")
