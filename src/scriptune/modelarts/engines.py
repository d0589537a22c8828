"""The engine of an algorithm or a job: the framework that its program was written for.

Programs run with the Python of this server (`ModelArtsOptions.python`), whatever the engine; its names are checked and
completed, so that a wrong one is not discovered by its absence in the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scriptune.messages import Message, did_you_mean
from scriptune.modelarts.errors import refused

__all__ = ["FRAMEWORKS", "whole_engine"]

FRAMEWORKS = (
    "ascend-powered-engine",
    "caffe",
    "horovod",
    "mindspore",
    "mpi",
    "mxnet",
    "python",
    "pytorch",
    "ray",
    "scikit_learn",
    "spark_mllib",
    "tensorflow",
    "xgboost",
    "xgboost-sklearn",
)
"""Names of engines, in lower case, as ModelArts has them, and ``python``."""


def whole_engine(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """All fields of an engine, from those that are given: ``pytorch_1.8.0-cuda_10.2`` is a version of ``pytorch``.

    Args:
        given: ``engine_id``, ``engine_name``, ``engine_version``, and others that are kept.

    Raises:
        ModelArtsError: The name is not known, or the fields name different engines (2780).
    """
    fields = dict(given or {})
    engine_id, name, version = (
        str(fields.get(key) or "").strip() for key in ("engine_id", "engine_name", "engine_version")
    )
    if name and name.lower() not in FRAMEWORKS:
        near = did_you_mean(name.lower(), FRAMEWORKS)
        raise refused(2780, Message("modelarts.unknown_engine", name=name, near=near, known=list(FRAMEWORKS)))
    if engine_id and version and engine_id.lower() != version.lower() and not _of(engine_id, version):
        raise refused(2780, Message("modelarts.engines_differ", one=engine_id, other=version))
    longest = engine_id or version
    if name and longest and not _of(name, longest) and longest[:1].isalpha():
        raise refused(2780, Message("modelarts.engines_differ", one=name, other=longest))
    return {
        **fields,
        "engine_id": engine_id or version,
        "engine_name": name or longest.partition("-")[0].partition("_")[0],
        "engine_version": version or engine_id,
    }


def _of(name: str, longer: str) -> bool:
    """Whether an id or version is one of an engine, by how it begins; a bare version number is one of any."""
    return longer.lower().startswith(name.lower()) or longer[:1].isdigit()
