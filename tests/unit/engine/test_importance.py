from __future__ import annotations

from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.engine.importance import job_marginal, job_surface
from worlds import Program, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, memory_storage())


def test_importance_answers_from_two_values_on(world: World) -> None:
    job = world.run(world.submit(search={"trials": 1}))
    assert world.engine.importance(job.id) == []
    world.engine.resume(job.id, trials="+6")
    world.run(job)
    (row,) = world.engine.importance(job.id)
    assert row.name == "x"
    assert row.mean == pytest.approx(1.0, abs=0.2)


def test_a_surface_agrees_with_the_marginals_it_is_averaged_to(tmp_path: Path) -> None:
    parameters = {name: {"type": "categorical", "values": [0, 1, 2]} for name in ("x", "y")}

    def program(given: dict[str, str]) -> Program:
        return Program((f"loss={float(given['x']) + 10 * float(given['y'])!r}\n".encode(),))

    world = World(tmp_path, memory_storage(), program)  # type: ignore[arg-type]  # a dict is a mapping
    job = world.run(world.submit(parameters=parameters, search={"sampler": "grid", "trials": 9}))
    surface = job_surface(world.storage, job, "x", "y")
    marginal = job_marginal(world.storage, job, "x")
    # Both are means over a uniform space, so averaging the surface over y gives the marginal of x, to rounding.
    means = [sum(row[i] for row in surface.mean) / 3 for i in range(3)]
    assert means == pytest.approx(marginal.mean, rel=1e-9)
    assert surface.mean[2][0] > surface.mean[0][2]
