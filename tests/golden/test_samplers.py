"""Stored traces: space, seed and told values, and what was asked. Searches outlive releases.

The plain ones are those of 0.1.0; samplers that take first points have a second trace with them.

A change of algorithm changes traces; then write them again, and say so in the changelog:

    SCRIPTUNE_UPDATE_GOLDEN=1 pytest tests/golden/test_samplers.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from scriptune.core.space import Params
from scriptune.search.registry import SAMPLER_REGISTRY, SAMPLERS, make_sampler
from scriptune.testing.samplers import SPACES, objective, run

FOLDER = Path(__file__).parent
N_TRIALS = {"smac": 14}
TRACES = [(name, space, "") for name in SAMPLERS for space in ("mixed", "conditional")]
TRACES += [
    (name, space, "_first_points")
    for name in SAMPLERS
    if SAMPLER_REGISTRY.find(name).uses_first_points
    for space in ("mixed", "conditional")
]


def value(params: Params) -> float | None:
    result = objective(params)
    return None if int(result * 1e6) % 7 == 0 else result


@pytest.mark.parametrize(("name", "space", "kind"), TRACES)
def test_the_trace_of_an_earlier_release_is_repeated(name: str, space: str, kind: str) -> None:
    path = FOLDER / f"{name}_{space}{kind}.json"
    sampler = make_sampler(name, SPACES[space], 20_240, first=None if kind else ())
    trace = [(o.number, o.params, o.value) for o in run(sampler, N_TRIALS.get(name, 24), value=value, workers=2)]
    if os.environ.get("SCRIPTUNE_UPDATE_GOLDEN"):
        lines = ",\n".join(json.dumps(entry) for entry in trace)
        path.write_text(f"[\n{lines}\n]\n", "utf-8")
    stored = json.loads(path.read_text("utf-8"))
    assert [number for number, _, _ in trace] == [number for number, _, _ in stored]
    for (_, params, told), (_, stored_params, stored_value) in zip(trace, stored, strict=True):
        assert list(params) == list(stored_params)
        for key, expected in stored_params.items():
            if isinstance(expected, float):
                # Linear algebra libraries round differently; a float may differ in its last places.
                assert params[key] == pytest.approx(expected, rel=1e-9)
            else:
                assert type(params[key]) is type(expected)
                assert params[key] == expected
        assert told == (None if stored_value is None else pytest.approx(stored_value, rel=1e-8))
