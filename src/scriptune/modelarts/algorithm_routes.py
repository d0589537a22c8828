"""Routes of algorithms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from scriptune.api.answers import JsonResponse
from scriptune.api.masking import note_document
from scriptune.messages import Message
from scriptune.modelarts.algorithm_store import StoredAlgorithm, check_algorithm
from scriptune.modelarts.errors import refused
from scriptune.modelarts.requests import AlgorithmStoreDep, ProjectPath, RawBody, read_body
from scriptune.modelarts.route import ModelArtsRoute
from scriptune.modelarts.schemas import AlgorithmBody
from scriptune.modelarts.search_algorithms import algorithm_listing

__all__ = ["router"]

router = APIRouter(route_class=ModelArtsRoute)

_SORTS: dict[str, Callable[[StoredAlgorithm], Any]] = {
    "create_time": lambda algorithm: algorithm.created_ms,
    "update_time": lambda algorithm: algorithm.updated_ms,
    "name": lambda algorithm: algorithm.name,
}
_PAGE = 50


@router.get("/search-algorithms")
def show_search_algorithms(project_id: ProjectPath) -> Response:  # noqa: ARG001  # FastAPI checks it
    """The search algorithms with their options and defaults."""
    rows = algorithm_listing()
    return JsonResponse({"search_algo_count": len(rows), "search_algo_list": rows})


@router.post("/algorithms")
def create_algorithm(store: AlgorithmStoreDep, raw: RawBody) -> Response:
    """Create an algorithm."""
    check_algorithm(read_body(AlgorithmBody, raw))
    return JsonResponse(store.create(raw).to_answer(), status_code=201)


@router.get("/algorithms")
def list_algorithms(
    request: Request,
    store: AlgorithmStoreDep,
    offset: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=_PAGE)] = _PAGE,
    sort_by: str = "create_time",
    order: str = "desc",
    group_by: str = "",
    searches: str = "",
) -> Response:
    """A page of algorithms; ``offset`` counts entries."""
    if sort_by not in _SORTS:
        raise refused(2790, Message("modelarts.bad_sort", value=sort_by[:60], known=list(_SORTS)))
    if order not in ("asc", "desc"):
        raise refused(2764, Message("modelarts.bad_order", order=order[:60]))
    everything = store.all()
    parts = _parts(searches)
    found = [algorithm for algorithm in everything if all(part in algorithm.name.lower() for part in parts)]
    found.sort(key=_SORTS[sort_by], reverse=order == "desc")
    return JsonResponse(
        {
            "total": len(everything),
            "count": len(found),
            "limit": limit,
            "offset": offset,
            "sort_by": sort_by,
            "order": order,
            "group_by": group_by,
            "items": [_shown(request, algorithm) for algorithm in found[offset : offset + limit]],
        }
    )


def _parts(searches: str) -> list[str]:
    """Parse ``name:part`` filters, which ignore case; several are separated by commas and must all match."""
    parts = []
    for condition in filter(None, searches.split(",")):
        key, _, part = condition.partition(":")
        if key.strip() != "name":
            raise refused(2807, Message("modelarts.bad_searches", key=key[:60]))
        parts.append(part.strip().lower())
    return parts


@router.get("/algorithms/{algorithm_id}")
def show_algorithm(request: Request, store: AlgorithmStoreDep, algorithm_id: str) -> Response:
    """One algorithm."""
    return JsonResponse(_shown(request, store.get(algorithm_id)))


def _shown(request: Request, algorithm: StoredAlgorithm) -> dict[str, Any]:
    note_document(request, algorithm.body)
    return algorithm.to_answer()


@router.put("/algorithms/{algorithm_id}")
def change_algorithm(store: AlgorithmStoreDep, algorithm_id: str, raw: RawBody) -> Response:
    """Replace an algorithm; jobs created from it are unchanged."""
    check_algorithm(read_body(AlgorithmBody, raw))
    return JsonResponse(store.change(algorithm_id, raw).to_answer(), status_code=201)


@router.delete("/algorithms/{algorithm_id}")
def delete_algorithm(store: AlgorithmStoreDep, algorithm_id: str) -> Response:
    """Delete an algorithm; jobs created from it are kept."""
    store.delete(algorithm_id)
    return JsonResponse(None, status_code=202)
