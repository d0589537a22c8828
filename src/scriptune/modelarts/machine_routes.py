"""Routes that describe the machine that jobs run on, and its Python."""

from __future__ import annotations

import os
import platform

import psutil
from fastapi import APIRouter
from starlette.responses import Response

from scriptune.api.answers import JsonResponse
from scriptune.modelarts.requests import ProjectPath
from scriptune.modelarts.route import ModelArtsRoute

__all__ = ["router"]

router = APIRouter(route_class=ModelArtsRoute)

_FLAVOR = "scriptune.local"


@router.get("/training-job-engines")
def list_engines(project_id: ProjectPath) -> Response:  # noqa: ARG001  # FastAPI checks it
    """The only engine: the Python on the server's PATH. Those of ModelArts in a job are checked, see `engines`."""
    engine = {
        "engine_id": "python-local",
        "engine_name": "Python",
        "engine_version": f"python-{platform.python_version()}",
        "v1_compatible": False,
        "run_user": "",
        "image_info": {"cpu_image_url": "", "gpu_image_url": "", "image_version": ""},
    }
    return JsonResponse({"total": 1, "items": [engine]})


@router.get("/training-job-flavors")
def list_flavors(project_id: ProjectPath, flavor_type: str = "") -> Response:  # noqa: ARG001
    """The only flavor: this machine. Other names in a job are echoed and ignored."""
    flavor = {
        "flavor_id": _FLAVOR,
        "flavor_name": "This machine",
        "flavor_type": "CPU",
        "max_num": 1,
        "billing": {"code": "", "unit_num": 0},
        "flavor_info": {
            "max_num": 1,
            "cpu": {"arch": platform.machine(), "core_num": os.cpu_count() or 1},
            "memory": {"size": round(psutil.virtual_memory().total / 2**30), "unit": "GB"},
        },
        "attributes": {},
    }
    flavors = [flavor] if flavor_type in ("", "CPU") else []
    return JsonResponse({"total_count": len(flavors), "flavors": flavors})
