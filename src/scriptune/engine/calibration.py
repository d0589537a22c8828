"""How often a job's results fell into the bands of their predictions."""

from __future__ import annotations

from scriptune.analysis.calibration import calibration
from scriptune.analysis.results import Calibration
from scriptune.core.job import SearchJob
from scriptune.core.trial import TrialState
from scriptune.storage.base import Storage, TrialFilter

__all__ = ["job_calibration"]

_LATEST = 1000  # completed trials: more would say the same, and cost a front end's time


def job_calibration(storage: Storage, job: SearchJob) -> Calibration:
    """How often results fell into the bands of their predictions, over the latest completed trials."""
    completed = TrialFilter((TrialState.COMPLETED,))
    trials = storage.trials(job.id, completed, sort="-number", limit=_LATEST).items
    predicted = ((trial.suggestion, trial.value) for trial in trials)
    return calibration((given.mean, given.std, value) for given, value in predicted if given is not None)
