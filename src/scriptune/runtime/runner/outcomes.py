"""What an ended trial says: to the sampler, about the end of the search, and about the job itself."""

from __future__ import annotations

from collections.abc import Iterable

from scriptune.core.trial import ENDED, Tell, Trial
from scriptune.runtime.notices import ResultNotices, kept_notices
from scriptune.runtime.policy.termination import Outcome
from scriptune.runtime.runner.running_job import RunningJob
from scriptune.storage.base import TrialFilter

__all__ = ["count_results", "learn", "learn_now", "save_notices"]


def learn(job: RunningJob, tell: Tell, trial: Trial) -> None:
    """Add an entry of the told history to the sampler and to the scoreboard."""
    job.history.tell(tell)
    job.scoreboard.add(Outcome.of(tell, trial))


def learn_now(job: RunningJob, tell: Tell, trial: Trial) -> None:
    """The same for a trial that has just ended, which may say something of the whole job."""
    learn(job, tell, trial)
    if not job.results.add(trial):
        count_results(job, job.storage.trials(job.id, TrialFilter(tuple(ENDED))).items)
    job.are_notices_due = True


def count_results(job: RunningJob, trials: Iterable[Trial]) -> None:
    """Derive what the results say of the job from all its trials."""
    job.results = ResultNotices(job.spec, job.record.n_trials)
    for trial in trials:
        job.results.add(trial)


def save_notices(job: RunningJob) -> None:
    """Store what the results say of the job when that has changed; after a crash it is derived again."""
    if not job.are_notices_due:
        return
    notices = (*job.results.notices, *kept_notices(job.record))
    if notices != job.record.notices:
        with job.transaction() as tx:
            job.record = tx.update_job(job.id, notices=notices)
    job.are_notices_due = False
