"""Middleware that masks secrets of jobs in every answer to a viewer.

This is the one place that decides it, at the edge of the application, so a route cannot forget it. Routes only tell
whose secrets they show (`note_document`); what is a secret by its form is masked without that. Raw logs pass as they
are: they are what the program printed, byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scriptune.core.viewer_mask import ViewerMask

__all__ = ["ViewerMasking", "note_document"]

# The descriptions of routes are not secrets, and /patterns answers with the caller's own text. The others are logs.
_RAW = re.compile(
    r"/(api/v1/)?openapi\.json"
    r"|/api/v1/(patterns/.*|jobs/[^/]+/trials/[^/]+/log(/search|/file)?)"
    r"|/v[23]/[^/]+/training-jobs/[^/]+/(logs/[^/]+|tasks/[^/]+/logs/preview)/?"
)
_NOTED = "documents"


def note_document(request: Request, document: Mapping[str, Any]) -> None:
    """Register a job file, program or request whose content the answer may show."""
    noted = _noted(request.scope)
    if not any(known is document for known in noted):
        noted.append(document)


def _noted(scope: Scope) -> list[Mapping[str, Any]]:
    noted: list[Mapping[str, Any]] = scope.setdefault("state", {}).setdefault(_NOTED, [])
    return noted


class ViewerMasking:
    """ASGI middleware that masks answers to viewers; inside of the compression and outside of the routes.

    Args:
        app: The routes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, masked if the caller is a viewer."""
        if scope["type"] != "http" or _RAW.fullmatch(_path(scope)):
            await self._app(scope, receive, send)
            return
        _noted(scope)  # before the scope is copied: what is noted in a copy is in this list
        await self._app(scope, receive, _Masked(scope, send))


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    root = str(scope.get("root_path", ""))
    return path.removeprefix(root) if root else path


class _Masked:
    """Sends one answer, masked if needed; the caller is known when it begins."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._start: Message | None = None
        self._kind = ""
        self._body = bytearray()
        self._mask = ViewerMask()
        self._n_documents = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            caller = self._scope["state"].get("caller")
            content_type = MutableHeaders(scope=message).get("content-type", "")
            self._kind = _kind_of(content_type) if caller is not None and caller.is_viewer else ""
            if self._kind in ("json", "text"):
                self._start = message  # its length is not known yet
                return
        elif message["type"] == "http.response.body" and self._kind:
            if self._kind == "events":
                message = {**message, "body": await run_in_threadpool(self._events, message.get("body", b""))}
            else:
                self._body += message.get("body", b"")
                if message.get("more_body", False):
                    return
                await self._finish()
                return
        await self._send(message)

    async def _finish(self) -> None:
        assert self._start is not None
        mask = self._json if self._kind == "json" else self._text
        given = bytes(self._body)
        body = await run_in_threadpool(mask, given)  # a job may have megabytes of variables
        MutableHeaders(scope=self._start)["content-length"] = str(len(body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})

    def _current(self) -> ViewerMask:
        """The mask for everything registered so far; a stream of all jobs keeps adding to it."""
        documents = _noted(self._scope)
        if len(documents) > self._n_documents:
            self._mask, self._n_documents = ViewerMask(documents), len(documents)
        return self._mask

    def _json(self, body: bytes) -> bytes:
        if not body:
            return body
        return json.dumps(self._current().json(json.loads(body)), ensure_ascii=False, separators=(",", ":")).encode()

    def _text(self, body: bytes) -> bytes:
        return self._current().text(body.decode()).encode()

    def _events(self, body: bytes) -> bytes:
        """Mask a chunk of whole events."""
        head = b"data: "
        lines = body.split(b"\n")
        return b"\n".join(head + self._json(line[len(head) :]) if line.startswith(head) else line for line in lines)


def _kind_of(content_type: str) -> str:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return "json"
    if kind == "text/event-stream":
        return "events"
    return "text" if kind in ("application/yaml", "text/plain") else ""
