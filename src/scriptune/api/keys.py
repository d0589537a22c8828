"""Routes of access keys, for the owner of the token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from scriptune.api import requests as bodies
from scriptune.api.answer_models import answer_model
from scriptune.api.answers import JsonResponse, answer
from scriptune.api.service import AdminDep, ServiceDep
from scriptune.engine.keys import KeyRow, Role

__all__ = ["AccessKeyCreated", "AccessKeyList", "router"]

router = APIRouter(prefix="/keys", tags=["keys"])


@dataclass(frozen=True)
class AccessKeyList:
    """The access keys.

    Attributes:
        items: One row per key, oldest first.
    """

    items: list[KeyRow]


@dataclass(frozen=True)
class AccessKeyCreated(KeyRow):
    """A new access key; the secret is never shown again.

    Attributes:
        secret_key: The secret, which signs requests and is the second half of a bearer token.
    """

    secret_key: str


@router.get("", response_model=answer_model(AccessKeyList))
def list_keys(request: Request, service: ServiceDep, _: AdminDep) -> Response:
    """The access keys, without their secrets."""
    return answer(request, AccessKeyList(service.keys.rows()))


@router.post("", response_model=answer_model(AccessKeyCreated), status_code=201)
def create_key(body: bodies.KeyBody, service: ServiceDep, _: AdminDep) -> Response:
    """Create an access key; its secret is in this answer and never shown again."""
    key = service.keys.create(body.project, Role(body.role), body.name)
    row = next(row for row in service.keys.rows() if row.access_key == key.access_key)
    shown = AccessKeyCreated(**vars(row), secret_key=key.secret_key)
    return JsonResponse(shown, status_code=201, headers={"Cache-Control": "no-store"})


@router.delete("/{access_key}", status_code=204)
def revoke_key(
    access_key: Annotated[str, Path(max_length=200, description="The id of the key.")], service: ServiceDep, _: AdminDep
) -> Response:
    """Revoke a key: requests with it are rejected from now on."""
    service.keys.revoke(access_key)
    return Response(status_code=204)
