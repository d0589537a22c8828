"""Serves the console's built files at /, with a policy that keeps all requests of the page on this server."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from scriptune.api.pages import unbuilt_page

__all__ = ["CONSOLE_FOLDER", "console_router"]

CONSOLE_FOLDER = Path(__file__).resolve().parent.parent / "console"

_CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        # The charts set style attributes in their tooltips.
        "style-src 'self'; style-src-attr 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_FOREVER = "private, max-age=31536000, immutable"  # the names of assets hold a hash of their content
_ASSETS = "assets"
_NOT_PAGES = ("api", "v2", "v3", "metrics", "health")


def console_router(folder: Path = CONSOLE_FOLDER) -> APIRouter:
    """The catch-all route, which serves the console."""
    router = APIRouter()
    root = folder.resolve()

    @router.get("/{path:path}", include_in_schema=False)
    def console(request: Request, path: str) -> Response:
        """Serve a file of the console."""
        first = path.partition("/")[0]
        if first in _NOT_PAGES:
            raise HTTPException(404)
        index = root / "index.html"
        if not index.is_file():
            return unbuilt_page()
        wanted = index if path in ("", "index.html") else _file(root, path)
        if wanted is None:
            return _lead_to_index(request, first)
        cached = _FOREVER if wanted.is_relative_to(root / _ASSETS) else "private, no-cache"
        return FileResponse(wanted, headers={"Cache-Control": cached, "Content-Security-Policy": _CSP})

    return router


def _file(root: Path, path: str) -> Path | None:
    """The file at a path, links resolved; None if it does not exist or lies outside the root."""
    try:
        wanted = (root / path).resolve()
        return wanted if wanted.is_relative_to(root) and wanted.is_file() else None
    except OSError:  # a name that is longer than any file's
        return None


def _lead_to_index(request: Request, first: str) -> Response:
    """Redirect other addresses to the page, whose own locations are behind ``#``.

    The page itself cannot be there: it finds its files relative to its address.
    """
    if first == _ASSETS or "text/html" not in request.headers.get("accept", ""):
        raise HTTPException(404)
    return RedirectResponse(request.scope.get("root_path", "") + "/", status_code=303)
