"""modelarts/engines.py: engines are taken whole, or refused with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from scriptune.modelarts.engines import whole_engine
from scriptune.modelarts.errors import ModelArtsError

PYTORCH = "pytorch_1.8.0-cuda_10.2-py_3.7-ubuntu_18.04-x86_64"


@pytest.mark.parametrize(
    "given",
    [
        {"engine_id": PYTORCH},
        {"engine_version": PYTORCH},
        {"engine_id": PYTORCH, "engine_name": "PyTorch", "engine_version": PYTORCH},
    ],
)
def test_an_engine_is_completed(given: dict[str, Any]) -> None:
    whole = whole_engine({**given, "image_url": "x"})
    assert (whole["engine_id"], whole["engine_version"], whole["image_url"]) == (PYTORCH, PYTORCH, "x")
    assert whole["engine_name"].lower() == "pytorch"


def test_a_name_alone_is_taken_and_none_is_none() -> None:
    named = {"engine_id": "", "engine_name": "TensorFlow", "engine_version": ""}
    assert whole_engine({"engine_name": "TensorFlow"}) == named
    assert whole_engine({"engine_name": "TensorFlow", "engine_version": "2.1.0"})["engine_version"] == "2.1.0"
    assert whole_engine(None) == {"engine_id": "", "engine_name": "", "engine_version": ""}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"engine_name": "pytorhc"}, "Did you mean 'pytorch'"),
        ({"engine_name": "TensorFlow", "engine_id": PYTORCH}, "different"),
        ({"engine_name": "TensorFlow", "engine_version": PYTORCH}, "different"),
        ({"engine_id": PYTORCH, "engine_version": "tensorflow_2.1.0"}, "different"),
    ],
)
def test_a_wrong_engine_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ModelArtsError, match=says) as caught:
        whole_engine(given)
    assert caught.value.code == "ModelArts.2780"
