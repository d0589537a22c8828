"""Where the metric files of an attempt are: paths of the job file, with their placeholders filled in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scriptune.core.job import JobSpec
from scriptune.core.parameters import Scalar
from scriptune.errors import CommandError
from scriptune.executors.own_variables import FACTS
from scriptune.executors.placeholders import fill, holes, parse
from scriptune.executors.values import as_argument
from scriptune.messages import Message

__all__ = ["MetricPath", "check_metric_path", "metric_path"]

_OWN_OF_TRIALS = frozenset({"trial", "trial_dir"})  # no two trials of a job have the same


@dataclass(frozen=True)
class MetricPath:
    """The place of a metric file.

    Attributes:
        path: From the trial's own folder (``""`` is the folder itself); absolute when it is outside of it.
        is_inside: Whether it is in the trial's own folder.
    """

    path: str
    is_inside: bool


def metric_path(spec: JobSpec, template: str, params: Mapping[str, Scalar], facts: Mapping[str, str]) -> MetricPath:
    """The place of a metric file.

    Args:
        spec: The job.
        template: The path in the job file.
        params: Of the trial.
        facts: The values of `FACTS`; ``trial_dir`` is the trial's own folder as we see it.
    """
    values = {**spec.fixed, **params}
    texts = {name: text for name, text in facts.items() if name not in spec.parameters}
    texts |= {name: as_argument(value) for name, value in values.items()}
    filled = fill(parse(template, {*spec.parameters, *FACTS}), texts)
    assert filled is not None  # conditional placeholders were refused
    trial_dir = facts["trial_dir"]
    path = os.path.normpath(os.path.join(trial_dir, filled))
    inner = os.path.relpath(path, trial_dir)
    if inner == os.pardir or inner.startswith(os.pardir + os.sep):
        return MetricPath(path, is_inside=False)
    return MetricPath("" if inner == os.curdir else inner, is_inside=True)


def check_metric_path(spec: JobSpec, template: str, *, is_folder: bool) -> None:
    """Reject a path that cannot be filled in, or that is one file for trials that run in parallel.

    Args:
        spec: The job.
        template: The path in the job file.
        is_folder: Whether it may name a folder.

    Raises:
        CommandError: It is such a path.
    """
    pieces = parse(template, {*spec.parameters, *FACTS}, where=repr(template))
    names = holes(pieces)
    for name in sorted(names & spec.parameters.keys()):
        domain = spec.parameters[name].domain
        if domain is not None and domain.when:
            raise CommandError(Message("metric_path.not_always_used", name=name))
    facts = {**dict.fromkeys(FACTS, "0"), "trial_dir": str(Path(os.sep, "trial"))}
    sample = dict.fromkeys(names & spec.parameters.keys(), "0")
    found = metric_path(spec, template, sample, facts)
    if found.is_inside and not found.path and not is_folder:
        raise CommandError(Message("metric_path.folder", path=template))
    is_shared = not found.is_inside and not (names - spec.parameters.keys()) & _OWN_OF_TRIALS
    if is_shared and spec.run.parallel > 1:
        raise CommandError(
            Message("metric_path.shared", path=template, parallel=spec.run.parallel),
            hint=Message("metric_path.own_folder", name=os.path.basename(template.rstrip("/")) or "metrics.csv"),
        )
