"""Authentication and authorisation in front of every route: host, size, caller, same origin, role.

Running jobs means running commands, so a hole here is remote code execution. What is not allowed by name is refused:
without a token, a cookie or a key nothing but the health routes answers; a viewer may read and use the few POST routes
that change nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
import stat
from collections.abc import Collection
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as AsgiMessage

from scriptune.api.connections import mark_known
from scriptune.api.failed_attempts import FailedAttempts
from scriptune.api.failures import error_response
from scriptune.api.pages import unauthorised_page
from scriptune.api.service import Caller
from scriptune.engine.keys import KeyStore, Role
from scriptune.engine.private_files import create_private
from scriptune.engine.sessions import SESSION_LASTS, TOKEN_FILE, SessionStore
from scriptune.errors import NotFoundError, SettingsError, StorageUnavailableError
from scriptune.messages import Message
from scriptune.settings import Settings

__all__ = ["MAX_BODY_BYTES", "Guard", "cookie_name", "cookie_path", "load_token"]

MAX_BODY_BYTES = 4 * 1024 * 1024
"""The largest job file or pasted log is far below; uploads of code do not exist."""

# So much of a body that is too large is read and thrown away: a connection that is closed while the caller still
# sends takes our answer with it, and the caller would see a broken connection instead of the reason.
_MAX_DRAINED_BYTES = 64 * 1024 * 1024

_TOKEN_BYTES = 32
_MIN_TOKEN_CHARS = 16  # one that someone wrote into the file is to be no "1234"
_ACCESS_KEY_CHARS = 20  # what a name of a key has; nothing else of the credentials is ever logged
_OPEN = frozenset({"/health", "/api/v1/health"})
_OWN_LOGIN = re.compile(r"/v[23](/|$)")  # the ModelArts-compatible API verifies signatures and tokens of its own
_READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_HARMLESS_POSTS = re.compile(r"/api/v1/(patterns/(test|suggest)|jobs/[^/]+/replay)")
_NO_PAGE = ("/api/", "/metrics")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_CSP = "default-src 'none'; frame-ancestors 'none'"


def load_token(settings: Settings) -> str:
    """Load the server's token, creating it at the first start; only the owner can read its file."""
    path = settings.home / TOKEN_FILE
    if not path.exists() and create_private(path, secrets.token_urlsafe(_TOKEN_BYTES) + "\n"):
        return path.read_text("utf-8").strip()
    if stat.S_IMODE(path.stat().st_mode) != 0o600:  # not without need: the home may be read-only
        path.chmod(0o600)
    token = path.read_text("utf-8").strip()
    if len(token) < _MIN_TOKEN_CHARS:
        raise SettingsError(
            Message("server.token_too_short", path=path, n=len(token), least=_MIN_TOKEN_CHARS),
            hint=Message("server.remove_token"),
        )
    return token


def cookie_name(token: str) -> str:
    """The name of the session cookie; cookies ignore ports, so two servers on a host need different names."""
    return f"scriptune_{hashlib.sha256(token.encode()).hexdigest()[:8]}"


def cookie_path(scope: Scope) -> str:
    """The path of the cookie: all of this server, including the prefix of a proxy."""
    return str(scope.get("root_path", "")) + "/"


class Guard:
    """ASGI middleware that authenticates requests and sets ``request.state.caller``.

    Args:
        app: What is guarded.
        token: The server's token.
        keys: The access keys.
        sessions: The sessions of browsers.
        hosts: Names in ``Host`` that are this server's, lower case, without port.
        any_address: Accept every IP address as ``Host`` too: a page that was rebound by DNS has a name. Off when the
            server listens on loopback only.
        root_path: Prefix of the URL behind a reverse proxy, whether the proxy takes it off or not.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str,
        keys: KeyStore,
        sessions: SessionStore,
        hosts: Collection[str],
        any_address: bool = False,
        root_path: str = "",
    ) -> None:
        self._app = app
        self._root_path = root_path.rstrip("/")
        self._token = token.encode()
        self._cookie = cookie_name(token)
        self._keys = keys
        self._sessions = sessions
        self._hosts = frozenset(hosts)
        self._any_address = any_address
        self._failed = FailedAttempts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request with valid credentials, and reject any other."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        scope = {**scope, "root_path": self._root_path}
        secured = _securing(send)
        request = Request(scope)
        refusal = self._refuse_outright(request) or await self._refuse_caller(request)
        if refusal is not None:
            if refusal.status_code == 413:
                await _drain(receive, 0)
            await refusal(scope, receive, secured)
            return
        await self._app(scope, _limited(receive), secured)

    # --- before anybody is asked who they are ----------------------------------------------------------------

    def _refuse_outright(self, request: Request) -> Response | None:
        if not self._is_our_host(request.headers.get("host", "")):
            return error_response(
                421,
                "wrong_host",
                Message("request.wrong_host", host=request.headers.get("host", "")[:100]),
                hint=Message("request.allow_host"),
            )
        if "\0" in request.scope["path"] or b"%00" in request.scope["query_string"]:
            return error_response(400, "invalid_request", Message("request.zero_byte"))
        length = request.headers.get("content-length", "0")
        if not length.isdigit():
            return error_response(400, "invalid_request", Message("request.bad_length", length=length[:40]))
        return _too_large() if int(length) > MAX_BODY_BYTES else None

    def _is_our_host(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self._hosts:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return self._any_address or address.is_loopback

    # --- who asks --------------------------------------------------------------------------------------------

    async def _refuse_caller(self, request: Request) -> Response | None:
        path = _route_path(request)
        if path in _OPEN or _OWN_LOGIN.match(path):
            return None
        if request.method == "GET" and "token" in request.query_params and not path.startswith(_NO_PAGE):
            response = await self._log_in(request, path)
            if response.status_code == 401:
                await self._failed.note(_address(request), "the link has a wrong token")
            return response
        try:
            caller = await self._caller(request)
        except StorageUnavailableError as err:
            return error_response(503, "storage_unavailable", err.message, hint=err.hint, headers={"Retry-After": "2"})
        if caller is None:
            if what := self._what_failed(request):
                await self._failed.note(_address(request), what)
            if "text/html" in request.headers.get("accept", "") and not path.startswith(_NO_PAGE):
                return unauthorised_page()
            return error_response(
                401,
                "permission_denied",
                Message("request.no_token"),
                hint=Message("request.send_token"),
                headers={"WWW-Authenticate": "Bearer"},
            )
        request.state.caller = caller
        mark_known(request.scope.get("state"))
        return _refuse_action(request, path, caller)

    def _what_failed(self, request: Request) -> str:
        """What was wrong with the credentials, for the log; "" if there were none, which is not an attempt."""
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme:
            key = credentials.strip().partition(".")[0]
            if len(key) == _ACCESS_KEY_CHARS and key.isalnum():
                return f"a wrong secret for the access key {key!r}, or an unknown key"
            return "a wrong token" if scheme.lower() == "bearer" else f"the scheme {scheme[:20]!r}, expected 'Bearer'"
        return "a wrong or old cookie" if self._cookie in request.cookies else ""

    async def _caller(self, request: Request) -> Caller | None:
        """The authenticated caller of a request; None without valid credentials."""
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme:
            # Anyone who sends this header is judged by it alone: a wrong token is not saved by a cookie.
            return await self._bearer(credentials.strip()) if scheme.lower() == "bearer" else None
        cookie = request.cookies.get(self._cookie)
        if not cookie:
            return None
        session_id = self._sessions.recall(cookie) or await run_in_threadpool(self._sessions.check, cookie)
        return None if session_id is None else Caller("cookie", Role.ADMIN, session_id=session_id)

    async def _bearer(self, credentials: str) -> Caller | None:
        if hmac.compare_digest(credentials.encode(), self._token):
            return Caller("token", Role.ADMIN)
        access_key, dot, secret_key = credentials.partition(".")
        if not dot:
            return None
        try:
            key = await run_in_threadpool(self._keys.check, access_key, secret_key)
        except NotFoundError:
            return None
        return Caller("key", key.role, key.project, access_key)

    async def _log_in(self, request: Request, path: str) -> Response:
        """Exchange the token in a link for a session, and redirect to the address without it."""
        if not hmac.compare_digest(request.query_params["token"].encode(), self._token):
            return unauthorised_page()
        rest = [(name, value) for name, value in parse_qsl(request.url.query) if name != "token"]
        # One slash: "//evil.example" would be another host.
        target = request.scope.get("root_path", "") + "/" + path.lstrip("/\\") + (f"?{urlencode(rest)}" if rest else "")
        browser = request.headers.get("user-agent", "")
        response = RedirectResponse(target, status_code=303, headers={"Cache-Control": "no-store"})
        response.set_cookie(
            self._cookie,
            await run_in_threadpool(self._sessions.create, browser, replaces=request.cookies.get(self._cookie, "")),
            max_age=int(SESSION_LASTS.total_seconds()),
            path=cookie_path(request.scope),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response


def _address(request: Request) -> str:
    return request.client.host if request.client else "an unknown address"


def _route_path(request: Request) -> str:
    """The path behind the prefix of a reverse proxy."""
    path: str = request.scope["path"]
    root: str = request.scope.get("root_path", "")
    return path.removeprefix(root) or "/" if root and f"{path}/".startswith(root + "/") else path


def _refuse_action(request: Request, path: str, caller: Caller) -> Response | None:
    if request.method in _READ_METHODS:
        return None
    if caller.kind == "cookie" and not _is_same_origin(request.headers):
        return error_response(
            403,
            "wrong_origin",
            Message("request.wrong_origin", origin=request.headers.get("origin", "?")[:100]),
            hint=Message("request.cookie_from_elsewhere"),
        )
    if caller.role is Role.VIEWER and not _HARMLESS_POSTS.fullmatch(path):
        return error_response(403, "forbidden", Message("request.viewer_role"))
    return None


def _is_same_origin(headers: Headers) -> bool:
    """Whether the browser reports that the request comes from our own page."""
    origin = headers.get("origin")
    if origin is not None:
        # The scheme is the proxy's matter. Host was checked before.
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
    return headers.get("sec-fetch-site") == "same-origin"


def _too_large() -> Response:
    return error_response(
        413,
        "too_large",
        Message("request.too_large", most=MAX_BODY_BYTES),
        headers={"Connection": "close"},
    )


def _securing(send: Send) -> Send:
    """Add the security headers that every answer has."""

    async def secured(message: AsgiMessage) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Content-Security-Policy", _CSP)
        await send(message)

    return secured


def _limited(receive: Receive) -> Receive:
    """Limit the size of a body whose length was missing or wrong."""
    n_bytes = 0

    async def counted() -> AsgiMessage:
        nonlocal n_bytes
        message = await receive()
        n_bytes += len(message.get("body", b""))
        if n_bytes > MAX_BODY_BYTES:
            if message.get("more_body", False):
                await _drain(receive, n_bytes)
            raise HTTPException(413, Message("request.too_large", most=MAX_BODY_BYTES), headers={"Connection": "close"})
        return message

    return counted


async def _drain(receive: Receive, n_bytes: int) -> None:
    """Read the rest of a body, of which ``n_bytes`` are read, up to a limit."""
    while n_bytes <= _MAX_DRAINED_BYTES:
        message = await receive()
        n_bytes += len(message.get("body", b""))
        if not message.get("more_body", False):
            return
