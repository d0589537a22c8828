"""Every exception that scriptune raises on purpose.

    ScriptuneError
    |- SpaceError (ValueError)              a search space or params that contradict it
    |- JobFileError (ValueError)            a job file or its JSON form, with the place of each error
    |- SettingsError (ValueError)           home, database or server settings
    |- SamplerError (ValueError)            unknown sampler, wrong option, a result told twice
    |- SpaceExhaustedError (SamplerError)   every configuration of a finite space was proposed
    |- StoppingRuleError (ValueError)       unknown stopping rule, wrong option
    |- MetricPatternError (ValueError)      a metric regex that cannot be used
    |- CommandError (ValueError)            params that cannot reach the program
    |- ExecutorError (RuntimeError)         a trial that could not be started or followed
    |  `- UnknownTrialError                 the executor has no trace of a handle
    |- StorageError (RuntimeError)
    |  |- StorageUnavailableError           temporarily unavailable; retrying may help
    |  |- StorageCorruptError               the file is not a scriptune database; it is left untouched
    |  `- LeaseLostError                    another process owns the job now
    |- NotFoundError (LookupError)          no job, trial or program with that name
    |- ConflictError (RuntimeError)         the action does not fit the present state
    |- ReplayError (RuntimeError)           a suggestion could not be reproduced
    |- PermissionDeniedError (PermissionError)   no token, wrong token, a key without the right
    |- MissingExtraError (ImportError)      an optional extra is not installed
    |- WorkLimitError (RuntimeError)        a request exceeded its limit on processing time
    `- RemoteError (RuntimeError)           an unexpected answer of a server, or none

A message says what happened, what was expected and what to do next.
"""

from __future__ import annotations

from collections.abc import Sequence

from scriptune.messages import lines, sentences

__all__ = [
    "CommandError",
    "ConflictError",
    "ExecutorError",
    "JobFileError",
    "LeaseLostError",
    "MetricPatternError",
    "MissingExtraError",
    "NotFoundError",
    "PermissionDeniedError",
    "RemoteError",
    "ReplayError",
    "SamplerError",
    "ScriptuneError",
    "SettingsError",
    "SpaceError",
    "SpaceExhaustedError",
    "StoppingRuleError",
    "StorageCorruptError",
    "StorageError",
    "StorageUnavailableError",
    "UnknownTrialError",
    "WorkLimitError",
]


class ScriptuneError(Exception):
    """Base class of all exceptions of scriptune.

    Attributes:
        hint: What to do next, as a sentence of its own; the API shows it apart. It and the message are a
            `scriptune.messages.Message` where they have a code.
    """

    def __init__(self, message: str = "", *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    @property
    def message(self) -> str:
        """The error text without the hint."""
        message = self.args[0] if self.args else ""
        return message if isinstance(message, str) else str(message)

    @property
    def whole(self) -> str:
        """The message and the hint as one message."""
        return sentences(self.message, self.hint or "")

    def __str__(self) -> str:
        return self.whole


class SpaceError(ScriptuneError, ValueError):
    """A search space, or params that contradict it."""


class JobFileError(ScriptuneError, ValueError):
    """A job file that cannot be run.

    Attributes:
        problems: One message per error; each begins with its place (``job.yaml:7: search.trials``).
    """

    def __init__(self, problems: Sequence[str], *, hint: str | None = None) -> None:
        self.problems = tuple(problems)
        super().__init__(lines(self.problems), hint=hint)


class SettingsError(ScriptuneError, ValueError):
    """Home, database or server settings that cannot be used."""


class SamplerError(ScriptuneError, ValueError):
    """Unknown sampler, invalid option, or a violation of the ask/tell contract."""


class SpaceExhaustedError(SamplerError):
    """Every configuration of a finite space was proposed already."""


class StoppingRuleError(ScriptuneError, ValueError):
    """An unknown stopping rule or option, or an illegal value."""


class MetricPatternError(ScriptuneError, ValueError):
    """A metric regex that cannot be used."""


class CommandError(ScriptuneError, ValueError):
    """Params that cannot reach the program."""


class ExecutorError(ScriptuneError, RuntimeError):
    """A trial that could not be started or followed."""


class UnknownTrialError(ExecutorError):
    """The executor has no trace of a handle, e.g. after a reboot."""


class StorageError(ScriptuneError, RuntimeError):
    """The database rejected an operation or failed."""


class StorageUnavailableError(StorageError):
    """The database is temporarily unavailable (stopped, locked, disk full); retrying may help."""


class StorageCorruptError(StorageError):
    """The file is not a scriptune database, or is damaged; it is left untouched."""


class LeaseLostError(StorageError):
    """Another process owns the job now; stop working on it."""


class NotFoundError(ScriptuneError, LookupError):
    """There is no job, trial, program or key with that name."""


class ConflictError(ScriptuneError, RuntimeError):
    """The action is not allowed in the current state."""


class ReplayError(ScriptuneError, RuntimeError):
    """A suggestion could not be reproduced from the stored history."""


class PermissionDeniedError(ScriptuneError, PermissionError):
    """The caller sent no token, a wrong token, or a key without the permission."""


class MissingExtraError(ScriptuneError, ImportError):
    """An optional extra is not installed."""


class RemoteError(ScriptuneError, RuntimeError):
    """A server sent an unexpected answer, or did not answer."""


class WorkLimitError(ScriptuneError, RuntimeError):
    """A request took longer than its limit on processing time."""
