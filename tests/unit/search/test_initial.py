"""The first points of a search."""

from __future__ import annotations

import pytest

from scriptune.core.space import Bool, Categorical, Float, Int, SearchSpace
from scriptune.search.registry import SAMPLERS, make_sampler

SPACE = SearchSpace(
    {
        "lr": Float(1e-4, 1, log=True, default=0.01),
        "alpha": Float(1e-6, 1, log=True, default=1e-4),
        "dropout": Float(0, 0.95, default=0.5),
        "units": Int(8, 256, log=True, default=32),
        "optimizer": Categorical(["sgd", "adam"], default="adam"),
        "momentum": Float(0, 0.95, default=0.3, when={"optimizer": "sgd"}),
        "nesterov": Bool(default=True),
    }
)


@pytest.mark.parametrize("name", sorted(set(SAMPLERS) - {"grid"}))
def test_the_first_trial_has_the_users_defaults_digit_for_digit(name: str) -> None:
    params = make_sampler(name, SPACE, seed=3).ask(0)
    assert params == {
        "lr": 0.01,
        "alpha": 1e-4,
        "dropout": 0.5,
        "units": 32,
        "optimizer": "adam",
        "nesterov": True,
    }
