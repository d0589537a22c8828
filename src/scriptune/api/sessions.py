"""Routes of browser sessions, for the owner of the token."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from scriptune.api import schemas
from scriptune.api.answers import JsonResponse, answer
from scriptune.api.guard import cookie_name, cookie_path
from scriptune.api.service import AdminDep, ServiceDep
from scriptune.engine.serialise import to_json
from scriptune.errors import NotFoundError

__all__ = ["router"]

router = APIRouter(prefix="/sessions", tags=["sessions"])

_OWN = "current"


@router.get("", response_model=schemas.SessionList)
def list_sessions(request: Request, service: ServiceDep, caller: AdminDep) -> Response:
    """The browsers that are signed in."""
    rows = [{**to_json(row), "is_current": row.id == caller.session_id} for row in service.sessions.rows()]
    return answer(request, {"items": rows})


@router.delete("", response_model=schemas.RevokedSessions)
def revoke_all_sessions(request: Request, service: ServiceDep, _: AdminDep) -> Response:
    """Sign all browsers out, the caller's own included."""
    response = JsonResponse({"revoked": service.sessions.revoke_all()})
    _take_cookie(request, response)
    return response


@router.delete("/{session_id}", status_code=204)
def revoke_session(
    session_id: Annotated[str, Path(max_length=200, description="An id, or `current`: the caller's own.")],
    request: Request,
    service: ServiceDep,
    caller: AdminDep,
) -> Response:
    """Sign a browser out: its requests are refused from now on, and its streams end."""
    response = Response(status_code=204)
    if session_id == _OWN:
        if caller.session_id is None:
            raise NotFoundError(
                "The request has no session of its own: it came with a token.",
                hint="GET /api/v1/sessions lists the sessions of browsers.",
            )
        session_id = caller.session_id
    service.sessions.revoke(session_id)
    if session_id == caller.session_id:
        _take_cookie(request, response)
    return response


def _take_cookie(request: Request, response: Response) -> None:
    """Remove the caller's cookie, which is void now."""
    response.delete_cookie(cookie_name(request.app.state.token), path=cookie_path(request.scope), httponly=True)
