"""The route class of the compatible API: authenticates first, and formats errors as ModelArts does."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from scriptune.modelarts.access import authenticate
from scriptune.modelarts.errors import error_answer

__all__ = ["ModelArtsRoute"]


class ModelArtsRoute(APIRoute):
    """A route that authenticates requests and answers errors with ModelArts codes."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler with authentication and error handling."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                await authenticate(request)
                response = await handle(request)
            except Exception as err:  # noqa: BLE001 - every answer has ModelArts' format, internal errors too
                response = error_answer(err)
            # The client shows it with every error.
            response.headers["X-Request-Id"] = uuid.uuid4().hex
            return response

        return handler
