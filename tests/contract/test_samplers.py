"""Every sampler through the same tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scriptune.core.space import Params, SearchSpace
from scriptune.core.trial import Phase, Suggestion
from scriptune.search.base import BaseSampler
from scriptune.search.encoding import Encoding
from scriptune.search.free import any_free
from scriptune.search.pending import taken_keys
from scriptune.search.registry import SAMPLERS
from scriptune.testing.samplers import SamplerContract


class TestAuto(SamplerContract):
    sampler = "auto"


class TestAutoInAHurry(SamplerContract):
    sampler, options = "auto", {"deadline_ms": 5.0}


class TestBayes(SamplerContract):
    sampler = "bayes"


class TestBayesUcb(SamplerContract):
    sampler, options = "bayes", {"kind": "ucb"}


class TestBayesEi(SamplerContract):
    sampler, options = "bayes", {"kind": "ei", "xi": 0.01}


class TestBayesPoi(SamplerContract):
    sampler, options = "bayes", {"kind": "poi"}


class TestTpe(SamplerContract):
    sampler = "tpe"


class TestAnneal(SamplerContract):
    sampler = "anneal"


class TestSmac(SamplerContract):
    sampler = "smac"


class TestRandom(SamplerContract):
    sampler, beats_random = "random", False


class TestPlainRandom(SamplerContract):
    sampler, options, beats_random = "random", {"kind": "plain"}, False


class TestGrid(SamplerContract):
    sampler, options, beats_random = "grid", {"resolution": 20}, False


class Strangers(BaseSampler):
    """Written by somebody who has read the base class, and nothing else."""

    name = "strangers"

    def propose(self, number: int, pending: Sequence[Params]) -> Suggestion:
        rng = np.random.default_rng([self.seed, number])
        params = any_free(Encoding(self.space), taken_keys(self.told_keys, pending), rng)
        return Suggestion(params, self.name, Phase.INITIAL, note="Drawn at random.")


class TestStrangers(SamplerContract):
    beats_random = False

    def make(self, space: SearchSpace, seed: int, **kw: Any) -> BaseSampler:
        return Strangers(space, seed, **kw)


def test_every_sampler_of_the_registry_keeps_the_contract() -> None:
    assert {contract.sampler for contract in SamplerContract.__subclasses__()} >= SAMPLERS.keys()
