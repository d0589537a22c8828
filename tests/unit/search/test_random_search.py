from __future__ import annotations

import numpy as np
import pytest

from scriptune.core.parameters import Float
from scriptune.core.space import SearchSpace
from scriptune.core.trial import Observation, Phase
from scriptune.search.registry import make_sampler

SPACE = SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0, default=0.25)})


@pytest.mark.parametrize("kind", ["sobol", "plain"])
def test_configurations_depend_on_seed_and_number_only(kind: str) -> None:
    a, b = make_sampler("random", SPACE, 1, kind=kind), make_sampler("random", SPACE, 1, kind=kind)
    a.tell(Observation(0, a.ask(0), 1.0))
    assert a.ask(7) == b.ask(7)
    assert a.ask(7) != make_sampler("random", SPACE, 2, kind=kind).ask(7)


def test_defaults_come_first() -> None:
    suggestion = make_sampler("random", SPACE, 1).suggest(0)
    assert (suggestion.params, suggestion.phase) == ({"x": 0.5, "y": 0.25}, Phase.DEFAULT)
    assert make_sampler("random", SPACE, 1).suggest(1).phase is Phase.INITIAL


def test_sobol_points_fill_every_slice() -> None:
    space = SearchSpace({"x": Float(0.0, 1.0), "y": Float(2.0, 3.0)})
    sampler = make_sampler("random", space, 3)
    xs = np.array([float(sampler.ask(number)["x"]) for number in range(32)])
    assert (np.sort(np.floor(xs * 32)) == np.arange(32)).all()


def test_more_dimensions_than_the_table_holds_are_drawn_independently() -> None:
    space = SearchSpace({f"x{k}": Float(0.0, 1.0) for k in range(80)})
    sampler = make_sampler("random", space, 3)
    assert space.contains(sampler.ask(0))
    assert sampler.ask(0) != sampler.ask(1)
