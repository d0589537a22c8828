"""Enqueue configurations to be tried next, whole ones and ones that the sampler completes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scriptune.core.job import JobSpec, SearchJob
from scriptune.core.parameters import Scalar, same_value
from scriptune.core.space import Params
from scriptune.engine.job_actions import refuse_more
from scriptune.errors import ConflictError, SpaceError, SpaceExhaustedError
from scriptune.jobfile.spec import job_spec
from scriptune.messages import Message, did_you_mean
from scriptune.runtime.history import enqueued_kind
from scriptune.search.completion import complete
from scriptune.search.registry import make_sampler
from scriptune.storage.base import Storage

__all__ = ["enqueue"]

_MOST = 1000  # at once


def enqueue(storage: Storage, job: SearchJob, params: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """Queue configurations, all or none; the job's worker reads them before it asks for the next trial.

    Args:
        storage: The database.
        job: The job.
        params: One configuration or several, in which values may be missing.

    Raises:
        SpaceError: One does not belong to the job's space.
        ConflictError: It is a confirmation.
    """
    refuse_more(job)
    spec = job_spec(job.document)
    many = [params] if isinstance(params, Mapping) else list(params)
    if not 0 < len(many) <= _MOST:
        raise SpaceError(Message("enqueue.bad_number", n=len(many), most=_MOST))
    clean = [_checked(spec, one) for one in many]
    kind = enqueued_kind(job.id)
    while True:
        key = f"{storage.items(kind, limit=1).total:09d}"
        try:
            storage.put_item(kind, key, {"many": clean}, expect_absent=True)
        except ConflictError:
            continue  # another process enqueued at the same time and took the place
        return


def _checked(spec: JobSpec, params: Any) -> Params:
    """Legal, typed values of the given parameters, and of parents that have one value with which these are used.

    Raises:
        SpaceError: They cannot be part of a configuration.
    """
    space = spec.space
    if not isinstance(params, Mapping):
        raise SpaceError(Message("space.params_not_a_mapping", params=params))
    clean: dict[str, Scalar] = {}
    for name, value in params.items():
        if name in spec.fixed:
            if not same_value(spec.fixed[name], value):
                raise SpaceError(Message("enqueue.is_fixed", name=name, value=value, fixed=spec.fixed[name]))
            continue
        if name not in space:
            near = did_you_mean(str(name), [*space, *spec.fixed])
            raise SpaceError(Message("space.unknown_name", name=name, near=near))
        try:
            clean[name] = space[name].coerce(value)
        except SpaceError as err:
            raise SpaceError(Message("space.at_parameter", name=name, problem=err.message)) from err
    if not clean:
        raise SpaceError(Message("enqueue.nothing", names=list(space)))
    for name in reversed(space.order):  # children before their parents
        for parent, values in space.conditions[name].items() if name in clean else ():
            if parent not in clean and len(values) == 1:
                clean[parent] = values[0]
            elif parent not in clean:
                raise SpaceError(Message("enqueue.needs_parent", name=name, parent=parent, values=list(values)))
            elif not any(same_value(clean[parent], value) for value in values):
                conditions = [Message("space.condition", parent=parent, values=list(values))]
                raise SpaceError(Message("space.not_active", name=name, conditions=conditions))
    part = {name: clean[name] for name in space if name in clean}
    if all(name in part for name in space if space.is_active(name, part)):
        return space.validate(part)
    if space.constraints:
        try:
            complete(make_sampler("random", space, 0), 0, [], part)
        except SpaceExhaustedError as err:
            raise SpaceError(err.message) from err
    return part
