from __future__ import annotations

import math
from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.engine.curves import learning_curves
from scriptune.errors import NotFoundError
from worlds import Program, World


def test_a_thinned_curve_keeps_its_ends_and_extremes(tmp_path: Path) -> None:
    values = [math.sin(i / 7) + (5.0 if i == 333 else 0.0) for i in range(1000)]
    text = "".join(f"loss={value!r}\n" for value in values).encode()
    world = World(tmp_path, memory_storage(), lambda given: Program((text,)))
    job = world.run(world.submit(search={"trials": 1}))
    [curve] = learning_curves(world.storage, job, metric=None, points=20, offset=0, limit=10, sort="number")
    assert curve.n_reports == 1000
    assert len(curve.values) <= 20
    assert (curve.steps[0], curve.steps[-1]) == (0.0, 999.0)
    assert {max(values), min(values)} <= set(curve.values)
    with pytest.raises(NotFoundError, match="Did you mean 'loss'"):
        learning_curves(world.storage, job, metric="los", points=20, offset=0, limit=10, sort="number")


def test_of_many_trials_the_best_curves_and_others_over_all_ranks_are_chosen(tmp_path: Path) -> None:
    world = World(tmp_path, memory_storage(), lambda given: Program((f"loss={float(given['x'])!r}\n".encode(),)))
    job = world.run(world.submit(search={"sampler": "random", "trials": 40, "seed": 1}))
    values = sorted(value for value in world.storage.values(job.id) if value is not None)
    curves = learning_curves(world.storage, job, metric=None, points=20, offset=0, limit=10, sort="value", spread=True)
    found = [curve.value for curve in curves]
    assert len(found) == 10
    assert found[:5] == values[:5]
    assert found[-1] == values[-1]
    all_of_them = learning_curves(
        world.storage, job, metric=None, points=20, offset=0, limit=50, sort="value", spread=True
    )
    assert [curve.value for curve in all_of_them] == values
    for limit in (1, 2, 3):
        few = learning_curves(
            world.storage, job, metric=None, points=20, offset=0, limit=limit, sort="value", spread=True
        )
        assert len(few) == limit
