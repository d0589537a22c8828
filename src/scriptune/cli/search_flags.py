"""Options shared by ``run`` and ``check``: a program after ``--``, and job-file keys as flags."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from scriptune.cli.base import Command
from scriptune.cli.metric_option import joined_metrics, metric_option
from scriptune.messages import Message, sentences

__all__ = ["RunCommand", "goal_flags", "program", "search_flags"]


class RunCommand(Command):
    """A command that accepts a program after ``--``; click itself would drop the two dashes."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Store what follows ``--`` for `program`."""
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
            advice = Message("cli.write_program_last", command=ctx.command_path)
            raise click.UsageError(sentences(err.format_message(), advice), ctx) from err


def _may_mean_a_program(err: click.UsageError) -> bool:
    """Whether the job-file argument looks like a program, as when ``--`` was forgotten."""
    if isinstance(err, click.BadParameter) and err.param is not None and err.param.name == "file":
        return re.search(r"\.(ya?ml|json)'", err.message) is None
    return "extra argument" in err.message


def program() -> list[str]:
    """The program after ``--`` on the current command line; [] without one."""
    words: list[str] = click.get_current_context().meta.get("scriptune.program", [])
    return words


def _keep_goal(context: click.Context, option: click.Parameter, is_given: bool) -> None:
    """Store the two goal flags as one argument ``goal``; click itself would let the last flag win."""
    goal = context.params.setdefault("goal", None)
    if is_given and goal is not None:
        raise click.UsageError(Message("cli.one_goal"))
    if is_given:
        context.params["goal"] = option.name


def goal_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator that adds ``--maximize`` and ``--minimize``."""
    for name, words in (("--minimize", "Lower is better."), ("--maximize", "Higher is better.")):
        function = click.option(name, is_flag=True, expose_value=False, callback=_keep_goal, help=words)(function)
    return function


def search_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator that adds the options shared by `run` and `check`."""
    options: list[Callable[..., Any]] = [
        click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.option(
            "-p",
            "--param",
            "params",
            multiple=True,
            metavar="NAME=DOMAIN",
            help="Parameter: lr=1e-5..1e-1:log, n=1..8, opt=adam,sgd.",
        ),
        metric_option,
        click.option("--objective", metavar="NAME", help="The objective metric, when there are several."),
        goal_flags,
        click.option("-n", "--trials", type=int, help="Number of trials."),
        click.option("--budget", type=float, help="Budget in full trainings, instead of --trials."),
        click.option("-j", "--parallel", type=int, help="Number of parallel trials."),
        click.option("--name", help="Name of the job."),
        click.option("--seed", type=int, help="Random seed; the same seed gives the same search."),
        click.option("--sampler", help="Search algorithm; see scriptune samplers."),
        click.option("--after", metavar="JOB", help="Try this job's best configuration first; auto, none, or a job."),
        click.option(
            "--from", "results_from", metavar="JOB", help="Take over the results of this job, where they fit."
        ),
        click.option(
            "--start-with",
            metavar="CSV",
            type=click.Path(exists=True, dir_okay=False),
            callback=lambda _, __, path: path and os.path.abspath(path),
            help="Known results, and configurations to try first, from a file that trials --csv wrote.",
        ),
        click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="Option of the sampler."),
        click.option("--stopping", metavar="RULE", help="Stop trials early: none, median, asha, model."),
        click.option("--max-step", type=int, help="Length of a training in steps, for early stopping."),
        click.option(
            "--stopping-option",
            "stopping_options",
            multiple=True,
            metavar="NAME=VALUE",
            help="Other key of stopping: keep, first_rung, audit, on_cut.",
        ),
        click.option(
            "--ordered",
            is_flag=True,
            default=None,
            help="Choose each trial from the results of the earlier ones in their order, so that parallel runs repeat.",
        ),
        click.option(
            "--no-usual-values",
            "usual_values",
            flag_value=False,
            type=bool,
            default=None,
            help="Ignore what is usual for hyperparameters with such names.",
        ),
        click.option(
            "--constraint",
            "constraints",
            multiple=True,
            metavar="CONDITION",
            help="What values must satisfy together: 'batch_size * accumulate <= 256'.",
        ),
        click.option("--patience", type=int, help="End the search after N completed trials without an improvement."),
        click.option("--min-gain", type=float, help="The smallest improvement that counts for --patience."),
        click.option("--reduce", help="How a trial's reports become its value: best, last, mean_last_5."),
        click.option("--target", type=float, help="Target value; the search stops when a trial reaches it."),
        click.option("--timeout", "trial_timeout", metavar="TIME", help="Time limit per trial: 90, 90s, 30m, 1.5h."),
        click.option(
            "--on-timeout",
            type=click.Choice(["fail", "keep"]),
            help="When a trial reaches its time limit: mark it failed, or keep its values.",
        ),
        click.option("--idle-timeout", metavar="TIME", help="Kill a trial that prints nothing for this long."),
        click.option("--job-timeout", metavar="TIME", help="Time limit of the search."),
        click.option("--retries", type=int, help="Retries per failed trial."),
        click.option("--max-failed", type=int, help="Stop after N failures in a row."),
        click.option("--cpus", type=int, help="CPUs per trial."),
        click.option("--gpus", type=float, help="GPUs per trial, whole or a fraction."),
        click.option("--memory", metavar="SIZE", help="Memory per trial: 500MB, 16GB."),
        click.option("--workdir", metavar="FOLDER", help="Working directory of the program."),
        click.option("--shell", is_flag=True, default=None, help="PROGRAM is one string for /bin/sh -c."),
        click.option("--env", multiple=True, metavar="NAME=VALUE", help="Environment variable of the program."),
        click.option("--setup", multiple=True, metavar="COMMAND", help="Shell command to run before the program."),
    ]
    for option in reversed(options):
        function = option(function)
    return function
