from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scriptune.core.parameters import Float
from scriptune.core.space import SearchSpace
from scriptune.errors import SamplerError
from scriptune.search.base import BaseSampler
from scriptune.search.registry import (
    SAMPLER_REGISTRY,
    SAMPLERS,
    make_sampler,
)

SPACE = SearchSpace({"x": Float(0.0, 1.0)})


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_is_found_and_knows_its_name_and_options(name: str) -> None:
    cls = SAMPLER_REGISTRY.find(name)
    assert issubclass(cls, BaseSampler)
    assert cls.name == name
    assert SAMPLER_REGISTRY.description(name)
    for option in SAMPLER_REGISTRY.options(name):
        assert option.help
        assert option.type in ("int", "float", "str", "bool")
    SAMPLER_REGISTRY.parse(name, {})


def test_the_documented_options_are_there_with_the_documented_defaults() -> None:
    found = {name: {option.name: option.default for option in SAMPLER_REGISTRY.options(name)} for name in SAMPLERS}
    assert found["bayes"] == {"kind": "auto", "kappa": 2.5, "xi": 0.0}
    assert found["tpe"] == {"n_initial_points": None, "gamma": None}
    assert found["anneal"] == {"avg_best_idx": 2.0, "shrink_coef": 0.1}


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_page_of_a_sampler_names_its_options_and_their_defaults(name: str) -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "algorithms" / f"{name}.md").read_text("utf-8")
    options = {option.name: option.default for option in SAMPLER_REGISTRY.options(name)}
    assert all(f"`{option}`" in page or f"`{option}: " in page for option in options)
    _, _, section = page.partition("## Options")
    for option, default in re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section.partition("\n## ")[0], re.MULTILINE):
        assert options[option] is None or str(options[option]) == default.strip("`"), option


def test_an_unknown_sampler_is_refused_with_the_closest_known() -> None:
    with pytest.raises(SamplerError, match=r"There is no sampler 'baeys'. Did you mean 'bayes'\? Known: auto, bayes"):
        make_sampler("baeys", SPACE)


def test_num_samples_is_no_option_of_a_sampler() -> None:
    with pytest.raises(SamplerError, match="'bayes' has no option 'num_samples'"):
        make_sampler("bayes", SPACE, num_samples=20)


def test_options_are_refused_before_a_sampler_is_built() -> None:
    with pytest.raises(SamplerError, match="Option 'kappa' of sampler 'bayes' is -1"):
        SAMPLER_REGISTRY.parse("bayes", {"kappa": -1})


def test_a_seed_is_drawn_kept_and_repeats_the_search() -> None:
    first, second = make_sampler("random", SPACE), make_sampler("random", SPACE)
    assert first.seed != second.seed  # once in 4 billion runs this fails
    assert make_sampler("random", SPACE, first.seed).ask(3) == first.ask(3)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, True, "1"])
def test_seeds_that_are_none_are_refused(seed: object) -> None:
    with pytest.raises(SamplerError, match=r"The seed is .*, expected an integer"):
        make_sampler("random", SPACE, seed)  # type: ignore[arg-type]  # that is the point


def test_large_seeds_are_seeds() -> None:
    assert SPACE.contains(make_sampler("auto", SPACE, 2**64 - 1).ask(1))


@pytest.mark.parametrize("argument", ["n_trials", "n_workers"])
def test_a_budget_of_nothing_is_refused(argument: str) -> None:
    with pytest.raises(SamplerError, match=f"{argument} is 0, expected an integer above 0"):
        make_sampler("auto", SPACE, 0, **{argument: 0})


def test_a_space_that_is_none_is_refused() -> None:
    with pytest.raises(SamplerError, match=r"expected a scriptune\.SearchSpace"):
        make_sampler("auto", {"x": Float(0.0, 1.0)}, 0)  # type: ignore[arg-type]  # that is the point


def test_importing_the_registry_loads_no_numerics_and_no_sampler_loads_scipy_stats() -> None:
    code = (
        "import sys; import scriptune.search.registry as r; assert 'numpy' not in sys.modules\n"
        "for name in ('auto', 'bayes', 'tpe', 'anneal', 'random', 'grid'): r.SAMPLER_REGISTRY.find(name)\n"
        "bad = [m for m in ('scipy.stats', 'scipy.special', 'scipy.linalg', 'sklearn', 'pandas') if m in sys.modules]\n"
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
