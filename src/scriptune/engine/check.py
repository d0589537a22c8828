"""Check a job before it is submitted: everything that can be known without spending budget."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from scriptune import jobfile
from scriptune.core.job import ExecutorSpec, JobSpec
from scriptune.core.parameters import Categorical, Parameter, Scalar, from_scale, to_scale
from scriptune.core.space import Params, SearchSpace, params_key
from scriptune.core.trial import Attempt, Cause, ExitReason, ExitStatus, TrialState
from scriptune.engine.queries import sample_launch_spec
from scriptune.engine.trial_run import new_folder, run_once
from scriptune.engine.views import CaptureRow, CheckReport
from scriptune.errors import CommandError, NotFoundError
from scriptune.executors.base import Executor, Handle
from scriptune.executors.command import build_launch_spec
from scriptune.executors.folder import LOG
from scriptune.executors.shell_line import command_line
from scriptune.inspection.inspect import inspect_program
from scriptune.inspection.metric_files import snapshot, workdir_hint
from scriptune.inspection.source_options import may_have_help, options_in_source
from scriptune.inspection.training_length import training_length
from scriptune.inspection.usage_hints import hints_from_help
from scriptune.messages import Message, lines
from scriptune.metrics.excerpt import head_and_tail
from scriptune.metrics.pattern import MetricPattern
from scriptune.metrics.suggest import TextCapture, capture_lines
from scriptune.metrics.units import MetricUnits
from scriptune.regular_files import NotRegularFileError, is_absent, open_regular
from scriptune.runtime.attempts import RunningAttempt, are_steps_counted, compile_patterns
from scriptune.runtime.history import ToldHistory
from scriptune.runtime.metric_files import MetricFile, metric_files
from scriptune.runtime.notices import plan_notices
from scriptune.settings import Settings

__all__ = ["check", "far_params", "first_params"]

_MAX_CAPTURES = 50
_SHORT_S = 10.0  # a run that is no longer may be repeated without being asked for
_PATIENCE = 10.0  # how many times longer than the first the second run may take
_FAR = (0.1, 0.9)  # places in a range
_OUTPUT_BYTES = 65536
_KEPT_BYTES = 65536  # at either end of the output: hundreds of lines, more than anybody reads
_COUNTED_SPACE = 10**9
_N_DRAWN = 50


@dataclass(frozen=True)
class _Run:
    """One run of the program, or a log given in its place."""

    exit: ExitStatus
    folder: Path
    ran: bool
    files: Sequence[MetricFile] = ()


def check(
    settings: Settings,
    make_executor: Callable[[ExecutorSpec], Executor],
    document: Mapping[str, Any] | jobfile.CheckedJob,
    *,
    base_dir: Path | None,
    log: Path | None,
    run: bool,
    twice: bool | None,
    on_output: Callable[[str], None] | None,
) -> CheckReport:
    """Check a job file, test its regexes on a log or a run, and see whether the program reads its parameters.

    See `Engine.check`.
    """
    if log is not None:
        if not log.is_file():
            raise NotFoundError(Message("check.no_log", log=str(log)))
        log = log.resolve()  # the user's own file may be a link; those of an attempt are not followed
    checked = jobfile.check_document(document, base_dir=base_dir)
    spec = checked.spec
    executor = make_executor(spec.run.executor)
    launch_spec = sample_launch_spec(settings, spec)
    executor.check(launch_spec)
    basics: dict[str, Any] = {
        "document": checked.document,
        "warnings": checked.warnings,
        "n_searched": len(spec.space),
        "n_configurations": spec.space.size(_COUNTED_SPACE),
        "command_line": command_line(launch_spec),
        "hints": _hints(spec, run=run and log is None),
    }
    if log is not None:
        executor.close()
        exited = ExitStatus(ExitReason.EXITED, exit_code=0)
        return _report(basics, spec, _findings(spec, _Run(exited, log.parent, ran=False), log))
    if not run:
        executor.close()
        return _report(basics, spec, {"ok": True})
    folder = new_folder(settings.home / "checks", spec.name)
    params = first_params(spec)
    launch_spec = build_launch_spec(spec, params, folder=folder, job_id="check", number=0)
    basics["command_line"] = command_line(launch_spec)  # what is run, its folder included
    in_workdir = snapshot(spec.workdir)
    began = time.monotonic()
    status = run_once(executor, launch_spec, on_output)
    took_s = time.monotonic() - began if status.wall_s is None else status.wall_s
    findings = _findings(spec, _ran(spec, status, folder, params, 0), folder / LOG)
    if findings["cause"] is Cause.NO_METRIC:
        findings["message"] = lines([findings["message"], workdir_hint(spec.workdir, in_workdir)])
    other = far_params(spec.space, params)
    is_wanted = took_s <= _SHORT_S if twice is None else twice
    if findings["ok"] and is_wanted and params_key(other) != params_key(params):
        limit_s = None if twice else max(_SHORT_S, _PATIENCE * took_s)
        second = _second_run(settings, spec, make_executor(spec.run.executor), folder, params, other, limit_s)
        findings |= {**second, "notices": (*findings["notices"], *second.get("notices", ()))}
    return _report(basics, spec, findings)


def _report(basics: Mapping[str, Any], spec: JobSpec, findings: Mapping[str, Any]) -> CheckReport:
    """Build the report; its warnings include the notices."""
    silent: list[Message] = []
    if "values" in findings:
        others = [name for name in spec.metrics if name != spec.objective.metric and name not in findings["values"]]
        silent = [Message("notice.metric_not_found", metric=name) for name in others if not spec.metrics[name].file]
    warnings = (*basics["warnings"], *plan_notices(spec), *findings.get("notices", ()), *silent)
    notices = tuple(text for text in (*warnings, *basics["hints"]) if isinstance(text, Message))
    return CheckReport(**{**basics, **findings, "warnings": warnings, "notices": notices})


def first_params(spec: JobSpec) -> Params:
    """The params of trial 0; if they are random and no seed is set, those of seed 0."""
    seeded = replace(spec, search=replace(spec.search, seed=spec.search.seed or 0))
    return dict(ToldHistory(seeded).suggest(0).params)


def far_params(space: SearchSpace, first: Params) -> Params:
    """Params that differ in every parameter that has another value, far away but not at a bound.

    Bounds are where programs take hours or fail.
    """
    far = space.prune({name: _far_value(parameter, first.get(name)) for name, parameter in space.items()})
    return far if space.violated(far) is None else _far_draw(space, first)


def _far_draw(space: SearchSpace, first: Params) -> Params:
    """The random configuration, of some that satisfy the constraints, that differs most from the first one."""
    # Imported here, with numpy: most spaces have no constraints.
    import numpy as np

    from scriptune.search.encoding import Encoding

    encoding = Encoding(space)
    drawn = [encoding.decode(row) for row in encoding.sample(_N_DRAWN, np.random.default_rng(0))]
    satisfying = [params for params in drawn if space.violated(params) is None]
    return max(satisfying, key=lambda one: sum(one.get(name) != value for name, value in first.items()), default=first)


def _far_value(parameter: Parameter, value: Scalar | None) -> Scalar:
    if isinstance(parameter, Categorical):
        others = [choice for choice in parameter.choices if repr(choice) != repr(value)]
        return others[-1] if others else parameter.choices[0]
    low, high = float(parameter.low), float(parameter.high)
    log = parameter.log
    start, end = to_scale(low, log), to_scale(high, log)
    places = [start + share * (end - start) for share in _FAR]
    # Rounded to few digits, as a person would write them.
    values = [parameter.round(float(f"{from_scale(place, log):.3g}")) for place in places]
    if value is None:
        return values[0]
    at = to_scale(float(value), log)
    far = values if abs(at - places[0]) > abs(at - places[1]) else values[::-1]
    # The ends come last, for ranges of few or of close values. The upper bound may lie beyond the last step.
    n_values = parameter.n_values
    ends = (parameter.low, parameter.high) if n_values is None else (parameter.nth(0), parameter.nth(n_values - 1))
    return next((other for other in (*far, *ends) if other != value), value)


def _second_run(
    settings: Settings,
    spec: JobSpec,
    executor: Executor,
    first: Path,
    first_params_used: Params,
    params: Params,
    limit_s: float | None,
) -> dict[str, Any]:
    """Run the program with other params, and compare its reports and output with the first run."""
    folder = new_folder(settings.home / "checks", spec.name)
    status = run_once(executor, build_launch_spec(spec, params, folder=folder, job_id="check", number=1), None, limit_s)
    found: dict[str, Any] = {"second_params": params}
    if status.reason is ExitReason.CANCELLED:
        return {**found, "notices": (Message("notice.check_second_cut", params=params, seconds=round(limit_s or 0.0)),)}
    units = MetricUnits.of(spec.metrics)
    before = _read(
        spec, _ran(spec, ExitStatus(ExitReason.EXITED, exit_code=0), first, first_params_used, 0), first / LOG, units
    )
    second = _read(spec, _ran(spec, status, folder, params, 1), folder / LOG, units)
    verdict = second.verdict(spec.objective.metric)
    if verdict.state is not TrialState.COMPLETED:
        return {**found, "notices": (Message("notice.check_second_failed", params=params, message=verdict.message),)}
    found["second_values"] = second.metrics
    if second.digest.text != before.digest.text:
        return found
    if _same_bytes(first / LOG, folder / LOG):
        return {**found, "notices": (Message("notice.check_unread", params=params),)}
    return {**found, "notices": (Message("notice.check_same_numbers", params=params),)}


def _ran(spec: JobSpec, status: ExitStatus, folder: Path, params: Params, number: int) -> _Run:
    return _Run(status, folder, ran=True, files=metric_files(spec, params, folder, "check", number, 1))


def _same_bytes(first: Path, second: Path) -> bool:
    with os.fdopen(open_regular(first), "rb") as one, os.fdopen(open_regular(second), "rb") as other:
        while block := one.read(_OUTPUT_BYTES):
            if block != other.read(_OUTPUT_BYTES):
                return False
        return not other.read(1)


def _hints(spec: JobSpec, *, run: bool) -> Sequence[str]:
    """Hints about the parameters from the program's source, and from --help if it probably supports it."""
    if run and may_have_help(spec):
        with suppress(CommandError):
            found = inspect_program(spec.command, workdir=spec.workdir)
            if found.source != "none":
                return hints_from_help(spec, found.parameters)
    return hints_from_help(spec, options_in_source(spec))


def _read(spec: JobSpec, run: _Run, log: Path, units: MetricUnits) -> RunningAttempt:
    """Read the log of an attempt to its end."""
    attempt = Attempt(0, 1, TrialState.RUNNING, str(run.folder))
    running = RunningAttempt.begin(
        spec, compile_patterns(spec), attempt, Handle(run.folder), log=log, units=units, files=run.files
    )
    running.exit = run.exit
    running.read_all(datetime.now(UTC))
    return running


def _suspicious(metric: str, captures: Sequence[CaptureRow]) -> tuple[Message, ...]:
    """A notice if the objective is the same integer everywhere, with letters directly beside it."""
    found = [capture for capture in captures if capture.metric == metric and capture.value is not None]
    values = {capture.value for capture in found}
    if len(values) != 1 or not all(_touches_letters(capture) for capture in found):
        return ()
    value = found[0].value
    assert value is not None
    # A single value with a unit, latency=12ms, is as good as any; one behind letters is not.
    if not value.is_integer() or (len(found) == 1 and found[0].unit):
        return ()
    return (Message("notice.same_whole_number", metric=metric, value=int(value), line=found[0].line.strip()[:160]),)


def _touches_letters(capture: CaptureRow) -> bool:
    beside = capture.line.split(capture.text)
    around = [(left[-1:], right[:1]) for left, right in pairwise(beside)]
    return any(left.isalpha() or right.isalpha() for left, right in around) or any(c.isalpha() for c in capture.text)


def _findings(spec: JobSpec, run: _Run, log: Path) -> dict[str, Any]:
    """What the regexes capture in a log, and how a trial with that log would end."""
    patterns = compile_patterns(spec)
    units = MetricUnits.of(spec.metrics)
    running = _read(spec, run, log, units)
    verdict = running.verdict(spec.objective.metric)
    wall_s = run.exit.wall_s if run.ran else None
    captures = [
        CaptureRow(c.metric, c.line_no, c.line, c.text, c.value, c.problem or "", c.unit)
        for c in _captures(log, patterns, MetricUnits.of(spec.metrics))
    ]
    of_files = [text for text in running.warnings if isinstance(text, Message) and text.code.startswith("metric_file.")]
    captures += _rows_of_files(run, running)
    objective = spec.objective.metric
    last_step = None if are_steps_counted(spec, patterns) else running.last_step
    max_step = training_length(running.n_reports[objective], last_step)
    return {
        "captures": captures,
        "max_step": max_step,
        "notices": (*_suspicious(objective, captures), *of_files, *_about_stopping(spec, max_step)),
        "n_captures": dict(running.n_reports),
        "values": running.metrics,
        "units": {name: known.unit for name, known in units.known.items()},
        "ran": run.ran,
        "ok": verdict.state is TrialState.COMPLETED,
        "cause": verdict.cause,
        "message": verdict.message,
        "output": _output(log) if run.ran else "",
        "wall_s": wall_s,
        "forecast_s": None if wall_s is None else wall_s * max(1.0, spec.search.trials / spec.run.parallel),
        "log_path": str(log),
    }


def _about_stopping(spec: JobSpec, max_step: int | None) -> tuple[Message, ...]:
    """What a run tells about early stopping: the length of a training, or that stopping cannot help."""
    if spec.stopping.rule == "none":
        return ()
    if max_step is None:
        return (Message("notice.stopping_cannot_help", metric=spec.objective.metric),)
    if spec.stopping.max_step is None:
        return (Message("notice.max_step_unknown", max_step=max_step, n=spec.run.parallel),)
    if max_step != spec.stopping.max_step:
        return (Message("notice.max_step_differs", given=spec.stopping.max_step, max_step=max_step),)
    return ()


def _rows_of_files(run: _Run, running: RunningAttempt) -> list[CaptureRow]:
    """The first values of metric files, with the records they are in."""
    rows = []
    for report in [report for report in running.unsaved if report.file][:_MAX_CAPTURES]:
        file = next(file for file in run.files if report.metric in file.wanted)
        line = file.record_text(report.metric, report.offset)
        rows.append(
            CaptureRow(
                report.metric,
                0,
                line,
                repr(report.value),
                report.value,
                unit=report.unit or "",
                file=report.file,
                offset=report.offset,
            )
        )
    return rows


def _captures(log: Path, patterns: Mapping[str, MetricPattern], units: MetricUnits) -> list[TextCapture]:
    try:
        return capture_lines(log, patterns, _MAX_CAPTURES, units)
    except OSError as err:
        if is_absent(err) or isinstance(err, NotRegularFileError):  # the message says so
            return []
        raise


def _output(log: Path) -> str:
    try:
        return head_and_tail(log, _KEPT_BYTES)
    except NotRegularFileError:
        return ""
