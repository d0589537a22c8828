"""The registry of executors for ``run.executor``. An executor's module is imported when it is created.

This is the only place that knows which ones there are: the check of job files asks `EXECUTORS`, and workers make theirs
by `make_executor`. Another executor is another entry here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from types import MappingProxyType
from typing import Any

from scriptune.errors import ExecutorError
from scriptune.executors.base import Executor
from scriptune.messages import Message, did_you_mean

__all__ = ["DEFAULT_EXECUTOR", "EXECUTORS", "ExecutorEntry", "make_executor"]

DEFAULT_EXECUTOR = "local"


@dataclass(frozen=True)
class ExecutorEntry:
    """The import path and description of an executor.

    Attributes:
        target: ``module:class``; the class takes its options as keyword arguments, all of them optional.
        code: Of the message that describes it.
    """

    target: str
    code: str

    @property
    def description(self) -> str:
        """One line for people."""
        return Message(self.code)


EXECUTORS: Mapping[str, ExecutorEntry] = MappingProxyType(
    {
        "local": ExecutorEntry("scriptune.executors.local.executor:LocalExecutor", "executor_description.local"),
    }
)


def make_executor(name: str = DEFAULT_EXECUTOR, **options: Any) -> Executor:
    """Create an executor by name.

    Args:
        name: A key of `EXECUTORS`.
        **options: The executor's own.

    Raises:
        ExecutorError: There is no executor with that name, or it does not have such an option.
    """
    if name not in EXECUTORS:
        raise ExecutorError(
            Message("executor.unknown", name=name, near=did_you_mean(str(name), EXECUTORS), known=list(EXECUTORS))
        )
    module, _, attribute = EXECUTORS[name].target.partition(":")
    cls = getattr(import_module(module), attribute)
    allowed = list(signature(cls).parameters)
    for option in options.keys() - allowed:
        raise ExecutorError(
            Message(
                "executor.unknown_option", name=name, option=option, near=did_you_mean(option, allowed), known=allowed
            )
        )
    executor: Executor = cls(**options)
    return executor
