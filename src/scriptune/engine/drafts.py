"""A job from what was found out about a program, with every proposal taken."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from scriptune.engine.trial_run import TrialRun
from scriptune.errors import JobFileError
from scriptune.inspection.inspect import Inspection
from scriptune.inspection.job_draft import JobDraft, draft_job, proposed_parameters

__all__ = ["draft"]


def draft(command: Sequence[str], found: Inspection, run: TrialRun, *, workdir: Path) -> JobDraft | None:
    """The proposed job; None if nothing can be searched, or the metric or its direction has to be asked for."""
    domains = {option.name: option.suggestion or {} for option in proposed_parameters(found)}
    metric = next(iter(run.metrics), None)
    if not domains or metric is None or metric.goal is None or not run.ok:
        return None
    try:
        return draft_job(
            command,
            found,
            domains,
            metric,
            metric.goal,
            base_dir=workdir,
            workdir=str(workdir),
            others=run.metrics[1:],
            parallel=run.parallel,
            max_step=run.n_steps(metric),
        )
    except JobFileError:  # a person has to choose other parameters
        return None
