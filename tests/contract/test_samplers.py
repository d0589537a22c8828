"""Every sampler through the same tests."""

from __future__ import annotations

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
