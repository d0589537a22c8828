"""``run``, ``resume`` and ``retry``: the commands that run trials in the foreground."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.documents import read_document
from scriptune.cli.faces import JsonView, PlainView
from scriptune.cli.foreground import Outcome, ProgressView, run_in_foreground
from scriptune.cli.formats import one_line
from scriptune.cli.metric_option import joined_metrics, metric_option
from scriptune.cli.printing import is_terminal, print_json
from scriptune.cli.result import print_result
from scriptune.cli.session import JOB, open_engine
from scriptune.core.job import JobState, SearchJob
from scriptune.core.trial import ENDED, Cause
from scriptune.engine.engine import Engine
from scriptune.engine.serialise import dumps
from scriptune.errors import counted
from scriptune.runtime.lease import is_worked_on
from scriptune.runtime.policy.termination import is_at_its_end
from scriptune.storage.base import JobUse

__all__ = ["RunCommand", "program", "resume", "retry", "run", "search_flags"]

# Labels of a job that was started by a job file.
_FILE_LABEL, _DIGEST_LABEL = "job_file", "job_file_digest"


class RunCommand(Command):
    """A command that takes a program behind ``--``; click by itself would drop the two dashes."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep what stands behind ``--`` for `program`."""
        if "--" in args:
            split = args.index("--")
            ctx.meta["scriptune.program"] = args[split + 1 :]
            args = args[:split]
        args = joined_metrics(args, self.get_params(ctx), ctx)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as err:
            if "scriptune.program" in ctx.meta or not _may_mean_a_program(err):
                raise
            advice = f"A program to run stands behind '--': {ctx.command_path} -p ... -m ... -- python train.py"
            raise click.UsageError(f"{err.format_message()} {advice}", ctx) from err


def _may_mean_a_program(err: click.UsageError) -> bool:
    """Whether something else stands where the job file belongs, as it does when ``--`` was forgotten."""
    if isinstance(err, click.BadParameter) and err.param is not None and err.param.name == "file":
        return re.search(r"\.(ya?ml|json)'", err.message) is None
    return "extra argument" in err.message


def program() -> list[str]:
    """The program behind ``--`` of the present command line; [] without one."""
    words: list[str] = click.get_current_context().meta.get("scriptune.program", [])
    return words


def _keep_goal(context: click.Context, option: click.Parameter, is_given: bool) -> None:
    """Make one argument ``goal`` of the two flags; with one argument for both, click lets the last one win."""
    goal = context.params.setdefault("goal", None)
    if is_given and goal is not None:
        raise click.UsageError("--maximize and --minimize contradict each other; give one of them.")
    if is_given:
        context.params["goal"] = option.name


def search_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """What `run` and `check` share: what to search, and keys of the job file as flags."""
    options = [
        click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.option(
            "-p",
            "--param",
            "params",
            multiple=True,
            metavar="NAME=DOMAIN",
            help="To search: lr=1e-5..1e-1:log, n=1..8, opt=adam,sgd.",
        ),
        metric_option,
        click.option("--objective", metavar="NAME", help="The metric to search on, when there are several."),
        click.option("--maximize", is_flag=True, expose_value=False, callback=_keep_goal, help="More is better."),
        click.option("--minimize", is_flag=True, expose_value=False, callback=_keep_goal, help="Less is better."),
        click.option("-n", "--trials", type=int, help="How many trials."),
        click.option("-j", "--parallel", type=int, help="How many side by side."),
        click.option("--name", help="Name of the job."),
        click.option("--seed", type=int, help="Same seed, same search."),
        click.option("--sampler", help="See scriptune samplers."),
        click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="Option of the sampler."),
        click.option("--reduce", help="How a trial's reports become its value: best, last, mean_last_5."),
        click.option("--target", type=float, help="End the search when a trial reaches this value."),
        click.option("--timeout", "trial_timeout", metavar="TIME", help="Of one trial: 90, 90s, 30m, 1.5h."),
        click.option(
            "--on-timeout", type=click.Choice(["fail", "keep"]), help="What a trial is worth that reached its limit."
        ),
        click.option("--idle-timeout", metavar="TIME", help="Of a trial that prints nothing."),
        click.option("--job-timeout", metavar="TIME", help="Of the whole search."),
        click.option("--retries", type=int, help="How often a failed trial is tried again."),
        click.option("--max-failed", type=int, help="Consecutive failures that end the search."),
        click.option("--cpus", type=int, help="CPUs per trial."),
        click.option("--gpus", type=float, help="GPUs per trial, whole or a fraction."),
        click.option("--workdir", metavar="FOLDER", help="Where the program runs."),
        click.option("--shell", is_flag=True, default=None, help="PROGRAM is one text for /bin/sh -c."),
        click.option("--env", multiple=True, metavar="NAME=VALUE", help="Environment variable of the program."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@click.command(
    cls=RunCommand,
    arguments="[FILE] [-- PROGRAM ARGUMENTS...]",
    example="scriptune run job.yaml\n"
    "scriptune run job.yaml -n 50 -j 4 --seed 7\n"
    "scriptune run -p learning_rate=1e-5..1e-1:log -p optimizer=adam,sgd -m 'val_acc=([0-9.]+)' --maximize "
    "-n 20 -j 2 -- python train.py --epochs=20",
)
@search_flags
@click.option("--detach", is_flag=True, help="Only queue the job, for a server or a later resume.")
@pass_shared
def run(
    shared: Shared,
    /,
    file: Path | None,
    params: tuple[str, ...],
    metrics: tuple[str | tuple[str, str], ...],
    detach: bool,
    **flags: Any,
) -> int:
    """Run a search in the foreground: of a job FILE, or of a PROGRAM described by flags.

    Ctrl-C once starts no further trials and lets the running ones end; twice stops them. The search can always
    be resumed, even after kill -9.
    """
    loaded, base_dir = read_document(file, program(), params, metrics, flags)
    engine = open_engine(shared, create=True)
    _mention_interrupted(shared, engine, loaded.spec.name)
    labels = {} if file is None else {_FILE_LABEL: str(file.absolute()), _DIGEST_LABEL: _digest(file)}
    job = engine.submit(loaded.document, base_dir=base_dir, hold=not detach, labels=labels)
    for warning in [*loaded.warnings, *engine.usage_hints(loaded.spec)]:
        click.echo(click.style("Warning: ", fg="yellow", bold=True) + one_line(warning), err=True)
    return _queued(shared, job) if detach else _foreground(shared, engine, job)


@click.command(
    cls=Command,
    example="scriptune resume\nscriptune resume digits-mlp --trials +10",
)
@JOB
@click.option("--trials", metavar="+N|N", help="So many more, or a new total.")
@click.option("--detach", is_flag=True, help="Only queue the job, for a server.")
@pass_shared
def resume(shared: Shared, job: str | None, trials: str | None, detach: bool) -> int:
    """Go on with an interrupted search, or extend one that has ended."""
    engine = open_engine(shared)
    resumed = engine.resume(job, trials=trials, hold=not detach)
    _mention_edited_file(resumed)
    if detach:
        return _queued(shared, resumed)
    if resumed.lease_owner == engine.owner:
        return _foreground(shared, engine, resumed)
    # Another process is at it; it sees the new budget by itself.
    if shared.as_json:
        print_json(resumed)
    else:
        click.echo(
            f"The process that works on {one_line(resumed.name)} goes on to {counted(resumed.n_trials, 'trial')}."
        )
    return 0


@click.command(
    cls=Command,
    example="scriptune retry --failed\nscriptune retry digits-mlp --trial 7\nscriptune retry --cause timeout",
)
@JOB
@click.option("--failed", is_flag=True, help="All failed trials; so without --trial.")
@click.option("--trial", type=int, metavar="N", help="Only this trial.")
@click.option(
    "--cause", "causes", multiple=True, type=click.Choice([str(c) for c in Cause]), help="Only those that failed so."
)
@click.option("--detach", is_flag=True, help="Only queue them, for a server.")
@pass_shared
def retry(
    shared: Shared, job: str | None, failed: bool, trial: int | None, causes: tuple[str, ...], detach: bool
) -> int:
    """Run failed trials again, each as a further attempt with the same params."""
    if failed and trial is not None:
        raise click.UsageError("--failed means all failed trials and --trial one; give one of them.")
    engine = open_engine(shared)
    detail = engine.show(job, JobUse.CHANGE)
    found = detail.summary.job
    detach = detach or detail.owner_alive
    numbers = engine.retry(found.id, trial, causes=[Cause(cause) for cause in causes], hold=not detach)
    if not detach:
        return _foreground(shared, engine, engine.job(found.id).job)
    if shared.as_json:
        print_json({"job": found.id, "trials": numbers})
    else:
        who = "the process that works on the job" if detail.owner_alive else "a server, or scriptune resume,"
        wait = "waits" if len(numbers) == 1 else "wait"
        click.echo(f"{counted(len(numbers), 'trial')} {wait} for {who}: {', '.join(map(str, numbers))}")
    return 0


def _mention_interrupted(shared: Shared, engine: Engine, name: str) -> None:
    """Say that a search of this name was interrupted: whoever starts it again after a crash may want to continue it."""
    for summary in engine.jobs(text=name, states=[JobState.RUNNING, JobState.STOPPING]).items:
        job = summary.job
        if job.name == name and not is_worked_on(job, engine.clock()):
            n_ended = sum(summary.counts[state] for state in ENDED)
            click.echo(
                f"Note: the search {one_line(name)} ({job.id[:8]}) was interrupted after {n_ended} of "
                f"{counted(job.n_trials, 'trial')}; this is a new one. To continue that one: "
                f"{shared.command('resume', job.id[:8])}",
                err=True,
            )
            return


def _mention_edited_file(job: SearchJob) -> None:
    """Say that a job file was edited since the search began, which goes on as it was described then."""
    path, digest = job.labels.get(_FILE_LABEL), job.labels.get(_DIGEST_LABEL)
    if path and digest and _digest(Path(path)) not in ("", digest):
        click.echo(
            f"Note: {path} was edited since this search began. The search continues as the file was then; to search "
            f"by the file as it is now: {shlex.join(['scriptune', 'run', path])}",
            err=True,
        )


def _digest(file: Path) -> str:
    """Of a file's content; "" when it cannot be read."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    except OSError:
        return ""


def _queued(shared: Shared, job: SearchJob) -> int:
    if shared.as_json:
        print_json(job)
    else:
        click.echo(
            f"Queued {one_line(job.name)} as {job.id[:8]}. A server runs it, or: {shared.command('resume', job.id[:8])}"
        )
    return 0


def _foreground(shared: Shared, engine: Engine, job: SearchJob) -> int:
    outcome = run_in_foreground(engine, job, _progress_view(shared))
    if shared.as_json:
        click.echo(
            dumps(
                {
                    "kind": "end",
                    "job": outcome.job,
                    "best": engine.best(outcome.job.id),
                    "interrupted": outcome.interrupted,
                }
            )
        )
        return outcome.exit_code
    print_result(shared, engine, engine.show(outcome.job.id))
    _print_how_to_resume(shared, outcome)
    return outcome.exit_code


def _progress_view(shared: Shared) -> ProgressView:
    if shared.as_json:
        return JsonView()
    if not is_terminal():
        return PlainView()
    # Late: rich is for terminals only.
    from rich.console import Console

    from scriptune.cli.live import LiveView

    return LiveView(Console(highlight=False))


def _print_how_to_resume(shared: Shared, outcome: Outcome) -> None:
    if outcome.job.state is JobState.COMPLETED:
        return
    job = outcome.job.id[:8]
    if is_at_its_end(outcome.job):
        # It has failed, since no trial has a value.
        click.echo(
            f"To run the failed trials again, when the program is mended: {shared.command('retry', job, '--failed')}"
        )
        return
    running = outcome.job.state in (JobState.RUNNING, JobState.QUEUED, JobState.STOPPING)
    left = "Running trials go on by themselves and nothing is lost. " if running else ""
    click.echo(f"{left}To go on: {shared.command('resume', job)}")
