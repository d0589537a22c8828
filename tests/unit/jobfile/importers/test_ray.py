"""Experiments of Ray Tune as job files."""

from __future__ import annotations

from imported import codes, imported


def test_a_tuned_example_is_a_grid() -> None:
    draft = imported(
        "cartpole:\n  env: CartPole-v0\n  run: PPO\n  num_samples: 3\n  stop: {env/reward_mean: 200}\n"
        "  config: {lr: 0.1, iters: {grid_search: [1, 4]}, size: {grid_search: [128, 256, 512]}, net: {a: 1}}\n",
        "ray",
    )
    assert draft.document["parameters"] == {
        "env": {"value": "CartPole-v0"},
        "lr": {"value": 0.1},
        "iters": {"type": "categorical", "values": [1, 4]},
        "size": {"type": "categorical", "values": [128, 256, 512]},
    }
    assert draft.document["search"] == {"sampler": "grid", "trials": 18}
    assert draft.document["objective"] == {"metric": "reward_mean", "goal": "maximize"}
    assert codes(draft, "impossible") == {"import.not_scalar", "import.no_program", "import.no_counterpart"}


def test_a_sweep_of_trlx_is_a_search() -> None:
    draft = imported(
        "tune_config: {mode: min, metric: loss, search_alg: bayesopt, scheduler: asha, num_samples: 32}\n"
        "opt.lr: {strategy: loguniform, values: [0.000001, 0.001]}\n"
        "n: {strategy: randint, values: [1, 5]}\n"
        "target: {strategy: choice, values: [null, 1]}\n"
        "odd: {strategy: sample_from, values: [1]}\n",
        "ray",
    )
    assert draft.document["parameters"] == {
        "opt.lr": {"type": "float", "min": 1e-6, "max": 1e-3, "log": True},
        "n": {"type": "int", "min": 1, "max": 4},
        "target": {"type": "categorical", "values": [None, 1]},
    }
    assert draft.document["search"] == {"sampler": "bayes", "trials": 32}
    assert draft.document["stopping"] == {"rule": "asha"}
    assert "import.unknown_kind" in codes(draft, "impossible")
