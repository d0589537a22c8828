"""Checks of a job file against lower floors and the machine: samplers, regexes, placeholders, programs, files.

This is the one place of the job-file code that asks them.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from scriptune.core.job import JobSpec, Style
from scriptune.errors import (
    CommandError,
    ExecutorError,
    MetricPatternError,
    MissingExtraError,
    SamplerError,
    StoppingRuleError,
)
from scriptune.executors.command import make_plan
from scriptune.executors.metric_paths import check_metric_path
from scriptune.executors.own_variables import FACTS
from scriptune.executors.placeholders import holes, parse
from scriptune.executors.registry import EXECUTOR_REGISTRY, EXECUTORS
from scriptune.jobfile.problems import Path, Problems, shown
from scriptune.jobfile.program_names import is_interpreter
from scriptune.jobfile.spec import executor_spec
from scriptune.messages import Message, did_you_mean, sentences
from scriptune.metrics.pattern import compile_pattern
from scriptune.plugins.registry import Registry
from scriptune.search.registry import SAMPLER_REGISTRY, SAMPLERS
from scriptune.search.stopping.registry import STOPPING_RULE_REGISTRY

__all__ = [
    "check_executor",
    "check_files",
    "check_metric_files",
    "check_metrics",
    "check_pausing",
    "check_program",
    "check_reach",
    "check_sampler",
    "check_stopping",
    "check_workdir",
    "warn_of_repeated_flags",
]

_IN_BRACES = re.compile(r"(?<![{$])\{([A-Za-z_][\w.-]*)\}(?!\})")

_MAX_TEMPLATE_BYTES = 10 * 1024 * 1024  # a template is rendered for every trial; data belongs elsewhere


def check_sampler(sampler: str, options: Mapping[str, Any], problems: Problems) -> None:
    """Check the sampler's name and options."""
    try:
        SAMPLER_REGISTRY.parse(sampler, {})
    except (SamplerError, MissingExtraError) as err:
        problems.add(
            ("search", "sampler"),
            Message("job_file.bad_sampler", sampler=sampler, problem=err.whole) if sampler in SAMPLERS else err.whole,
        )
        return
    _check_options(SAMPLER_REGISTRY, sampler, options, ("search", "options"), problems)


def check_stopping(rule: str, options: Mapping[str, Any], problems: Problems) -> None:
    """Check the stopping rule's name and options."""
    try:
        STOPPING_RULE_REGISTRY.find(rule)
    except StoppingRuleError as err:
        problems.add(("stopping", "rule"), err.whole)
        return
    _check_options(STOPPING_RULE_REGISTRY, rule, options, ("stopping",), problems)


def check_pausing(run: Mapping[str, Any], problems: Problems, *, with_gpu: bool) -> None:
    """Check that trials can be suspended where they run.

    Args:
        run: The section ``run``, complete.
        problems: Collects the errors.
        with_gpu: Whether trials that hold a GPU may be suspended.
    """
    executor = executor_spec(run["executor"]).name
    try:
        made = EXECUTOR_REGISTRY.find(executor)
    except ExecutorError:
        return  # said of `run.executor`
    if not callable(getattr(made, "suspend", None)):
        problems.add(("stopping", "on_cut"), Message("job_file.cannot_pause", executor=executor))
    if run["gpus"] and not with_gpu:
        problems.add(("stopping", "on_cut"), Message("job_file.pause_gpu", gpus=run["gpus"]))


def _check_options(
    registry: Registry[Any], name: str, options: Mapping[str, Any], path: Path, problems: Problems
) -> None:
    table = ""
    for option, value in options.items():
        try:
            registry.parse(name, {option: value})
        except (SamplerError, StoppingRuleError) as err:
            # The table of options is long: it follows the first error only.
            hint = err.hint if err.hint and err.hint != table else ""
            table = err.hint or table
            problems.add((*path, option), sentences(err.message, hint))


def check_executor(value: str | Mapping[str, Any], problems: Problems) -> None:
    """Check the executor's name and options."""
    if value in list(EXECUTORS):
        return  # without importing it
    given = {value: {}} if isinstance(value, str) else value
    for name, options in given.items():
        try:
            EXECUTOR_REGISTRY.parse(name, options)
        except ExecutorError as err:
            later = Message("job_file.ray_later") if name == "ray" else ""
            problems.add(("run", "executor"), sentences(err.whole, later))


def check_metric_files(spec: JobSpec, problems: Problems) -> None:
    """Check that the paths of metric files can be filled in, and that trials do not share one in parallel."""
    for name, metric in spec.metrics.items():
        if metric.file is not None:
            kind, path = metric.file
            try:
                check_metric_path(spec, path, is_folder=kind == "tensorboard")
            except CommandError as err:
                problems.add(("metrics", name, kind), err.whole)


def check_metrics(metrics: Mapping[str, Mapping[str, str]], problems: Problems) -> None:
    """Check that every regex compiles and can capture a number."""
    for name, metric in metrics.items():
        if "regex" not in metric:
            continue
        try:
            compile_pattern(name, metric["regex"])
        except MetricPatternError as err:
            problems.add(("metrics", name, "regex"), err.whole)


def check_reach(spec: JobSpec, left_out: Sequence[str], problems: Problems) -> None:
    """Check that every placeholder is known and every parameter reaches the program.

    Args:
        spec: The job.
        left_out: Parameters of the file that are not in it, because their condition never holds.
        problems: Collects the errors.
    """
    known = {*spec.parameters, *FACTS, *left_out}
    for argument in spec.command:
        try:
            used = holes(parse(argument, known, where=repr(argument)))
        except CommandError as err:
            problems.add(("command",), err.whole)
            continue
        for name in sorted(used.intersection(left_out)):
            problems.add(("command",), Message("job_file.never_used", argument=argument, name=name))
    if not problems.clean("command"):
        return
    plain: set[str] = set()
    while True:
        try:
            plan = make_plan(spec)
        except CommandError as err:
            path = _place_of(err.message)
            problems.add(path, err.whole)
            name = str(path[-1])
            if path[0] != "parameters" or name in plain or name not in spec.parameters:
                return
            # The planner stops at its first error; with that removed it finds the next one.
            plain.add(name)
            calm = replace(spec.parameters[name], style=Style.EQUALS, flag=None)
            spec = replace(spec, parameters={**spec.parameters, name: calm})
        else:
            _warn_of_near_misses(spec, spec.parameters.keys() - plan.placed, problems)
            return


def _warn_of_near_misses(spec: JobSpec, unplaced: Set[str], problems: Problems) -> None:
    """Warn of template placeholders that almost match a parameter without a placeholder."""
    for file, template in spec.files.items():
        for name in dict.fromkeys(_IN_BRACES.findall(template.read_text("utf-8"))):
            advice = did_you_mean(name, unplaced)
            if advice and name not in spec.parameters:
                sentence = Message("job_file.near_placeholder", name=name, near=advice)
                problems.warn(("files", file), sentence)


def _place_of(message: str) -> Path:
    """The planner names the one thing at fault; its line is worth showing."""
    code, params = (message.code, message.params) if isinstance(message, Message) else ("", {})
    area = code.partition(".")[0]
    if area == "passing":
        return ("parameters", params["name"])
    if area == "files" or getattr(params.get("where"), "code", "") == "files.template_of":
        return ("files",)
    return ("run", "env") if code == "command.own_variable" else ("command",)


def warn_of_repeated_flags(spec: JobSpec, problems: Problems) -> None:
    """Warn of parameters that the command already sets, or sets under another spelling."""
    for name, parameter in spec.parameters.items():
        if parameter.style not in (Style.EQUALS, Style.SPACE) or f"{{{name}}}" in " ".join(spec.command):
            continue
        flag = parameter.flag or f"--{name}"
        for word in spec.command[1:] if not spec.shell else ():
            given = word.partition("=")[0]
            if given == flag:
                problems.warn(
                    ("parameters", name),
                    Message("job_file.flag_twice", flag=flag, name=name),
                )
            elif given.startswith("--") and given.replace("-", "_") == flag.replace("-", "_"):
                problems.warn(
                    ("parameters", name),
                    Message("job_file.flag_spelled", given=given, flag=flag, name=name),
                )


def check_workdir(workdir: FilePath, problems: Problems) -> bool:
    """Whether the working directory exists; adds an error otherwise."""
    if workdir.is_dir():
        return True
    if workdir.exists():
        problems.add(("workdir",), Message("job_file.workdir_not_folder", path=str(workdir)))
    else:
        problems.add(("workdir",), Message("job_file.no_workdir", near=_near(workdir), path=str(workdir)))
    return False


def check_files(files: Mapping[str, str], problems: Problems) -> None:
    """Check that every template is a readable text file."""
    for name, template in ((name, FilePath(path)) for name, path in files.items()):
        path = ("files", name)
        if not template.is_file():
            problems.add(path, Message("job_file.no_template", near=_near(template), path=str(template)))
            continue
        try:
            if template.stat().st_size > _MAX_TEMPLATE_BYTES:
                problems.add(path, Message("job_file.template_too_large", path=str(template)))
            else:
                template.read_text("utf-8")
        except UnicodeDecodeError:
            problems.add(path, Message("job_file.template_not_utf8", path=str(template)))
        except OSError as err:
            problems.add(path, Message("job_file.template_unreadable", path=str(template), why=err.strerror))


def check_program(command: Sequence[str], workdir: FilePath, run: Mapping[str, Any], problems: Problems) -> None:
    """Check that the program is executable, and that an interpreter's script exists.

    Words with placeholders are left to the run itself, and so is everything behind a setup: it may change the PATH and
    the folder, and make files.
    """
    program, env = command[0], run["env"]
    if "{" in program or run["setup"]:
        return
    if os.sep in program:
        path = workdir / FilePath(program)
        if not path.is_file():
            problems.add(("command",), Message("job_file.no_program", path=str(path), near=_near(path)))
        elif not os.access(path, os.X_OK):
            problems.add(("command",), Message("job_file.not_executable", path=str(path)))
    elif shutil.which(program, path=env.get("PATH")) is None:
        local = (
            Message("job_file.local_program", workdir=str(workdir), program=program)
            if (workdir / program).is_file()
            else ""
        )
        problems.add(
            ("command",), Message("job_file.not_on_path", program=program, near=local or _near_program(program, env))
        )
    _check_script(command, workdir, problems)


def _check_script(command: Sequence[str], workdir: FilePath, problems: Problems) -> None:
    if len(command) < 2 or not is_interpreter(FilePath(command[0]).name):
        return
    script = command[1]
    if script.startswith("-") or "{" in script:
        return
    path = workdir / FilePath(script)
    if not path.exists():
        problems.add(
            ("command",),
            Message("job_file.no_script", command=command[0], script=script, workdir=str(workdir), near=_near(path)),
        )


def _near_program(program: str, env: Mapping[str, str]) -> str:
    """A program on the PATH with a similar name."""
    folders = env.get("PATH", os.environ.get("PATH", "")).split(os.pathsep)
    names = {name for folder in folders if os.path.isdir(folder) for name in os.listdir(folder)}
    # Thousands of programs: a slip is seldom in the first letter.
    return did_you_mean(program, sorted(name for name in names if name[:1] == program[:1]))


def _near(missing: FilePath) -> str:
    """A file in the same folder with a similar name."""
    try:
        return did_you_mean(missing.name, os.listdir(missing.parent))
    except OSError:
        return Message("job_file.no_parent", path=shown(str(missing.parent)))
