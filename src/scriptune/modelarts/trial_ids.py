"""Trial ids: eight hexadecimal digits as in ModelArts, derived from the job and the trial's number."""

from __future__ import annotations

import re

from scriptune.messages import Message
from scriptune.modelarts.errors import refused

__all__ = ["trial_id", "trial_number"]

_SIZE = 2**32
_FACTOR = 2654435761  # Knuth's: odd, so it has an inverse, and neighbouring numbers get unrelated ids
_INVERSE = pow(_FACTOR, -1, _SIZE)
_ID = re.compile(r"[0-9a-f]{8}")


def trial_id(job_id: str, number: int) -> str:
    """The id of a trial."""
    return f"{(number * _FACTOR + _offset(job_id)) % _SIZE:08x}"


def trial_number(job_id: str, trial_id: str, n_trials: int) -> int:
    """Find the number of the trial with an id.

    Args:
        job_id: Whose trial.
        trial_id: As `trial_id` made it.
        n_trials: Trials of the job.

    Raises:
        ModelArtsError: The job has no such trial (2788).
    """
    text = trial_id.strip().lower()
    if _ID.fullmatch(text):
        number = (int(text, 16) - _offset(job_id)) * _INVERSE % _SIZE
        if number < n_trials:
            return number
    raise refused(2788, Message("modelarts.no_trial", trial=trial_id[:60]))


def _offset(job_id: str) -> int:
    return int(job_id.replace("-", "")[:8], 16)
