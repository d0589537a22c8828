"""Query parameters that several routes share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

__all__ = ["AttemptQuery", "JobSort", "LimitQuery", "NumberPath", "OffsetQuery", "TrialSort"]

_MAX_INT = 2**31 - 1
_MAX_PAGE = 1000  # a page of trials of this size is half a megabyte

OffsetQuery = Annotated[int, Query(ge=0, le=_MAX_INT, description="Rows to leave out.")]
LimitQuery = Annotated[int, Query(ge=1, le=_MAX_PAGE, description="Rows to send at most.")]
NumberPath = Annotated[int, Path(ge=0, le=_MAX_INT, description="Number of the trial, from 0.")]
AttemptQuery = Annotated[int | None, Query(ge=1, le=_MAX_INT, description="Default: the latest.")]
JobSort = Annotated[str, Query(pattern="^-?(created_at|name|state)$", description="A minus turns the order round.")]
TrialSort = Annotated[
    str,
    Query(
        pattern="^-?(number|value|state|started_at|finished_at)$",
        description="A minus turns the order round. Trials without a value come last either way.",
    ),
]
