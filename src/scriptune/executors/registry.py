"""Executors by name, for ``run.executor``. An executor's module is imported when it is created.

This is the only place that knows which ones there are: the check of job files asks `EXECUTOR_REGISTRY`, and workers
make theirs by `make_executor`. Another built-in executor is another entry here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from scriptune.core.job import ExecutorSpec
from scriptune.errors import ExecutorError
from scriptune.executors.base import Executor
from scriptune.plugins.registry import BuiltIn, Registry, class_like

__all__ = ["DEFAULT_EXECUTOR", "EXECUTORS", "EXECUTOR_REGISTRY", "executor_for", "make_executor"]

DEFAULT_EXECUTOR = "local"


EXECUTORS: Mapping[str, BuiltIn] = MappingProxyType(
    {
        "local": BuiltIn("scriptune.executors.local.executor:LocalExecutor", "executor_description.local"),
    }
)


EXECUTOR_REGISTRY: Registry[Executor] = Registry("executor", EXECUTORS, ExecutorError, class_like(Executor))
"""The executors of scriptune, and those of installed packages."""


def make_executor(name: str = DEFAULT_EXECUTOR, **options: Any) -> Executor:
    """Create an executor by name.

    Args:
        name: A key of `EXECUTORS`, or the name of a plug-in.
        **options: The executor's own, as its ``options_class`` declares them; it gets them as keyword arguments.

    Raises:
        ExecutorError: There is no executor with that name, it does not have such an option, or it cannot be used.
    """
    cls = EXECUTOR_REGISTRY.find(name)
    return cls(**vars(EXECUTOR_REGISTRY.parse(name, options)))


def executor_for(spec: ExecutorSpec) -> Executor:
    """Create the executor that a job names; raises what `make_executor` does."""
    return make_executor(spec.name, **spec.options)
