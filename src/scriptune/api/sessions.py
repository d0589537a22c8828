"""Routes of browser sessions, for the owner of the token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from scriptune.api.answer_models import answer_model
from scriptune.api.answers import JsonResponse, answer
from scriptune.api.guard import cookie_name, cookie_path
from scriptune.api.service import AdminDep, ServiceDep
from scriptune.engine.sessions import SessionRow
from scriptune.errors import NotFoundError
from scriptune.messages import Message

__all__ = ["RevokedSessions", "Session", "SessionList", "router"]

router = APIRouter(prefix="/sessions", tags=["sessions"])

_OWN = "current"


@dataclass(frozen=True)
class Session(SessionRow):
    """A signed-in browser.

    Attributes:
        is_current: Whether it is the caller's own session.
    """

    is_current: bool


@dataclass(frozen=True)
class SessionList:
    """The signed-in browsers.

    Attributes:
        items: One row per session, the oldest first.
    """

    items: list[Session]


@dataclass(frozen=True)
class RevokedSessions:
    """How many sessions were revoked.

    Attributes:
        revoked: The number of browsers that were signed out.
    """

    revoked: int


@router.get("", response_model=answer_model(SessionList))
def list_sessions(request: Request, service: ServiceDep, caller: AdminDep) -> Response:
    """The signed-in browsers."""
    rows = [Session(**vars(row), is_current=row.id == caller.session_id) for row in service.sessions.rows()]
    return answer(request, SessionList(rows))


@router.delete("", response_model=answer_model(RevokedSessions))
def revoke_all_sessions(request: Request, service: ServiceDep, _: AdminDep) -> Response:
    """Sign out all browsers, including the caller's."""
    response = JsonResponse(RevokedSessions(service.sessions.revoke_all()))
    _take_cookie(request, response)
    return response


@router.delete("/{session_id}", status_code=204)
def revoke_session(
    session_id: Annotated[str, Path(max_length=200, description="An id, or `current`: the caller's own.")],
    request: Request,
    service: ServiceDep,
    caller: AdminDep,
) -> Response:
    """Sign out a browser: its requests are rejected from now on, and its streams end."""
    response = Response(status_code=204)
    if session_id == _OWN:
        if caller.session_id is None:
            raise NotFoundError(
                Message("session.none"),
                hint=Message("session.list"),
            )
        session_id = caller.session_id
    service.sessions.revoke(session_id)
    if session_id == caller.session_id:
        _take_cookie(request, response)
    return response


def _take_cookie(request: Request, response: Response) -> None:
    """Delete the caller's cookie, which is no longer valid."""
    response.delete_cookie(cookie_name(request.app.state.token), path=cookie_path(request.scope), httponly=True)
