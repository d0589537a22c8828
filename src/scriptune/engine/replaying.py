"""Replay: derive every suggestion again from the job, its seed and the recorded order of tells."""

from __future__ import annotations

from scriptune.core.job import SearchJob
from scriptune.core.space import params_key
from scriptune.core.trial import Phase
from scriptune.engine.history import ToldHistory
from scriptune.engine.stored import load_stored
from scriptune.engine.views import ReplayReport
from scriptune.errors import ReplayError, SpaceExhaustedError, counted
from scriptune.storage.base import Storage

__all__ = ["replay"]


def replay(storage: Storage, job: SearchJob) -> ReplayReport:
    """Compare every recorded suggestion with what the sampler would say again.

    Raises:
        ReplayError: The record itself contradicts itself.
    """
    history = ToldHistory(load_stored(job.document))
    tells = storage.tells(job.id)
    trials = storage.trials(job.id).items
    n_derived = n_enqueued = 0
    for trial in trials:
        if trial.n_told > len(tells) or trial.n_told < history.n_told:
            raise ReplayError(
                f"Trial {trial.number} says that it was asked for after {counted(trial.n_told, 'result')}, but the "
                f"record holds {len(tells)} and the trial before it had seen {history.n_told}. The database was "
                "changed by hand."
            )
        for tell in tells[history.n_told : trial.n_told]:
            history.tell(tell)
        if trial.suggestion is not None and trial.suggestion.phase is Phase.ENQUEUED:
            n_enqueued += 1
        else:
            try:
                derived = history.suggest(trial.number).params
            except SpaceExhaustedError:
                derived = {}
            if params_key(derived) != params_key(trial.params):
                return ReplayReport(len(trials), n_derived, n_enqueued, trial.number, derived, dict(trial.params))
            n_derived += 1
        history.asked(trial.number, trial.params)
    return ReplayReport(len(trials), n_derived, n_enqueued)
