from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.analysis.results import Importance
from scriptune.modelarts.options import ModelArtsOptions
from scriptune.modelarts.sensitivity import draw_sensitivity, sensitivity_table
from worlds import World

NUMBERS = {"type": "categorical", "values": [32, 16, 64]}
TEXTS = {"type": "categorical", "values": ["adam", "sgd"]}
LOG = {"type": "float", "min": 0.01, "max": 1.0, "log": True}


def test_means_and_deviations_have_four_decimals_and_stand_by_name() -> None:
    rows = [Importance("lr", 0.69921, 0.404, None), Importance("bs", 0.24429, 0.38667, 0.1)]
    assert sensitivity_table(rows) == {
        "header": ["parameters", "the mean/std of importance"],
        "data": [["bs", "0.2443/0.3867"], ["lr", "0.6992/0.4040"]],
    }
    assert sensitivity_table([])["data"] == []


@pytest.mark.parametrize("domain", [NUMBERS, TEXTS, LOG], ids=["numbers", "texts", "log"])
def test_every_kind_of_parameter_can_be_drawn(tmp_path: Path, domain: dict[str, Any]) -> None:
    world = World(tmp_path / "home", memory_storage())
    world.home.mkdir()
    parameters = {"x": {"type": "float", "min": 0.0, "max": 1.0}, "p": domain}
    job = world.run(world.submit(parameters=parameters, search={"trials": 8}))
    rows = world.engine.importance(job.id)
    path = draw_sensitivity(world.engine, job, rows, "p", f"{tmp_path}/out/", ModelArtsOptions())
    assert path == f"{tmp_path}/out/{job.name}/log/hyperparameter-analysis/fanova/p.png"
    from matplotlib.image import imread  # here, as every worker of xdist collects: it takes a quarter of a second

    picture = imread(path)
    assert picture.shape[:2] == (484, 770)
    assert picture[..., :3].std() > 0.05  # not an empty sheet
