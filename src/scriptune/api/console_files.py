"""The console's built files at /, with a strict policy: no request of the page leaves this server."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

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
    """The route of everything that no other route has; every page of the console is its index."""
    router = APIRouter()
    root = folder.resolve()

    @router.get("/{path:path}", include_in_schema=False)
    def console(request: Request, path: str) -> Response:  # noqa: ARG001  # FastAPI's signature
        """A file of the console."""
        if path.partition("/")[0] in _NOT_PAGES:
            raise HTTPException(404)
        index = root / "index.html"
        if not index.is_file():
            return unbuilt_page()
        wanted = (root / path).resolve()
        if wanted.is_relative_to(root) and wanted.is_file() and wanted != index:
            cached = _FOREVER if wanted.is_relative_to(root / _ASSETS) else "private, no-cache"
            return FileResponse(wanted, headers={"Cache-Control": cached, "Content-Security-Policy": _CSP})
        if path.startswith(f"{_ASSETS}/"):
            raise HTTPException(404)
        return FileResponse(index, headers={"Cache-Control": "private, no-cache", "Content-Security-Policy": _CSP})

    return router
