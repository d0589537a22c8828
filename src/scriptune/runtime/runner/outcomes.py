"""Process the result of an ended trial: for the sampler, for termination, and for the job's notices."""

from __future__ import annotations

from collections.abc import Iterable

from scriptune.core.trial import ENDED, Tell, Trial
from scriptune.runtime.notices import ResultNotices, kept_notices
from scriptune.runtime.policy.termination import Outcome
from scriptune.runtime.runner.running_job import RunningJob
from scriptune.storage.base import Transaction, TrialFilter

__all__ = ["count_results", "learn", "learn_now", "save_notices"]


def learn(job: RunningJob, tell: Tell, trial: Trial) -> None:
    """Add an entry of the told history to the sampler and to the scoreboard."""
    job.history.tell(tell)
    job.scoreboard.add(Outcome.of(tell, trial))


def learn_now(job: RunningJob, tell: Tell, trial: Trial) -> None:
    """Like `learn`, for a trial that has just ended and may change the job's notices."""
    learn(job, tell, trial)
    if not job.results.add(trial):
        job.flush()  # else its own result would be missing
        count_results(job, job.storage.trials(job.id, TrialFilter(tuple(ENDED))).items)
    job.are_notices_due = True


def count_results(job: RunningJob, trials: Iterable[Trial]) -> None:
    """Rebuild the job's result notices from all its trials."""
    job.results = ResultNotices(job.spec, job.record.n_trials)
    for trial in trials:
        job.results.add(trial)


def save_notices(job: RunningJob) -> None:
    """Store the job's result notices with this step if they have changed; after a crash they are recomputed."""
    if not job.are_notices_due:
        return
    notices = job.results.notices

    def save(tx: Transaction) -> None:
        tx.update_job(job.id, notices=(*notices, *kept_notices(tx.job(job.id))))

    if (*notices, *kept_notices(job.record)) != job.record.notices:
        job.later(save)
    job.are_notices_due = False
