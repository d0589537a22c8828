"""``python -m scriptune.api.schema`` prints the OpenAPI document, from which the console's types are generated."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from scriptune.api.app import create_app
from scriptune.engine.engine import Engine
from scriptune.executors.registry import executor_for
from scriptune.settings import Settings
from scriptune.storage.opening import open_storage

__all__ = ["openapi_document"]


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document of REST API v1; touches neither disk nor database."""
    settings = Settings(home=Path("/nonexistent"), database="memory:")
    app = create_app(Engine(settings, open_storage("sqlite://"), executor_for), settings, "", run_jobs=False)
    document: dict[str, Any] = app.openapi()
    return document


if __name__ == "__main__":
    json.dump(openapi_document(), sys.stdout, indent=1)
    sys.stdout.write("\n")
