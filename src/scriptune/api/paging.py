"""Query parameters shared by several routes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

__all__ = [
    "AttemptQuery",
    "JobSort",
    "LimitQuery",
    "NumberPath",
    "NumbersQuery",
    "OffsetQuery",
    "TrialSort",
    "TrialWhere",
]

_MAX_INT = 2**31 - 1
_MAX_PAGE = 1000  # a page of trials of this size is half a megabyte
_MAX_KEY = 500
_MAX_CONDITIONS = 20  # each is looked up in the params of every trial

OffsetQuery = Annotated[int, Query(ge=0, le=_MAX_INT, description="Rows to leave out.")]
LimitQuery = Annotated[int, Query(ge=1, le=_MAX_PAGE, description="Rows to send at most.")]
NumberPath = Annotated[int, Path(ge=0, le=_MAX_INT, description="Number of the trial, from 0.")]
NumbersQuery = Annotated[
    list[Annotated[int, Field(ge=0, le=_MAX_INT)]],
    Query(max_length=_MAX_PAGE, description="Only trials with these numbers; may be repeated."),
]
AttemptQuery = Annotated[int | None, Query(ge=1, le=_MAX_INT, description="Default: the latest.")]
JobSort = Annotated[str, Query(pattern="^-?(created_at|name|state)$", description="A minus reverses the order.")]
TrialSort = Annotated[
    str,
    Query(
        max_length=_MAX_KEY + 1,
        description="A field (`number`, `value`, `state`, `duration`, `started_at`, `finished_at`, `created_at`, "
        "`sampler`, `phase`, `cause`, `n_reports`), a parameter as `params.NAME` or a metric as `metrics.NAME`; a "
        "minus reverses the order. Trials without it come last either way, equal ones by number.",
    ),
]
TrialWhere = Annotated[
    list[Annotated[str, Field(max_length=2 * _MAX_KEY)]],
    Query(
        max_length=_MAX_CONDITIONS,
        description="Only trials with this: a key as in `sort` (times excepted), one of `<` `<=` `>` `>=` `=` `!=`, "
        "and a number or a string, such as `params.lr<0.01` or `params.optimizer=adam`; may be repeated.",
    ),
]
