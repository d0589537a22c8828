from __future__ import annotations

import pytest

from scriptune.inspection.usual_ranges import usual_domain


def _type_of(name: str) -> object:
    return (usual_domain(name) or {}).get("type")


def test_names_are_known_in_every_spelling() -> None:
    for name in ("lr", "Learning-Rate", "optimizer.lr"):
        assert usual_domain(name) == {"type": "float", "min": 1e-5, "max": 0.1, "log": True}


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("batch_size", 16, 256), ("hidden_dim", 16, 512), ("n_layers", 1, 4), ("max_depth", 2, 12)],
)
def test_a_number_of_something_has_whole_ends(name: str, low: int, high: int) -> None:
    domain = usual_domain(name)
    assert domain is not None
    assert (domain["type"], domain["min"], domain["max"]) == ("int", low, high)


def test_what_is_hardly_ever_searched_has_a_type_and_no_range() -> None:
    assert usual_domain("warmup_steps") == usual_domain("log-interval") == usual_domain("epochs") == {"type": "int"}


def test_a_name_that_says_nothing_has_no_usual_range() -> None:
    assert usual_domain("tag") is None
    assert _type_of("gamma") is None
