"""Experiments of Ray Tune as YAML: RLlib's tuned examples, and sweeps of trlx.

Source: Ray 2.9, ``rllib/train.py`` and ``tune/search/variant_generator.py``; trlx 0.7, ``trlx/ray_tune``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scriptune.jobfile.importers.draft import Draft, as_number, as_whole
from scriptune.messages import Message

__all__ = ["import_experiment", "is_experiment"]

_SAMPLERS = {"random": "random", "bayesopt": "bayes", "hyperopt": "tpe", "optuna": "tpe", "bohb": "tpe"}
_TRIALS = 20


def is_experiment(data: Mapping[str, Any]) -> bool:
    """Whether a document is an experiment of Ray Tune."""
    if isinstance(data.get("tune_config"), Mapping):
        return True
    entries = [entry for entry in data.values() if isinstance(entry, Mapping)]
    return len(entries) == len(data) > 0 and all("run" in entry and "config" in entry for entry in entries)


def import_experiment(data: Mapping[str, Any]) -> Draft:
    """Turn an experiment into a job file."""
    return _sweep(data) if "tune_config" in data else _experiment(data)


def _sweep(data: Mapping[str, Any]) -> Draft:
    draft = Draft()
    settings = data["tune_config"]
    for name, entry in data.items():
        if name == "tune_config":
            continue
        values = entry.get("values") if isinstance(entry, Mapping) else None
        strategy = str(entry.get("strategy", "")) if isinstance(entry, Mapping) else ""
        _strategy(draft, str(name), strategy, values if isinstance(values, list) else [])
    draft.no_command("tune_config", Message("import.no_program"))
    metric = str(settings.get("metric", "metric"))
    draft.set_goal(metric, str(settings.get("mode", "max")), "tune_config.mode")
    draft.guess_metric(metric, "tune_config.metric")
    draft.set_sampler(str(settings.get("search_alg") or "random"), _SAMPLERS, "tune_config.search_alg")
    if "hyperband" in str(settings.get("scheduler", "")) or "asha" in str(settings.get("scheduler", "")):
        draft.section("stopping")["rule"] = "asha"
        draft.approximated("tune_config.scheduler", Message("import.hyperband"))
    trials = as_whole(settings.get("num_samples")) or _TRIALS
    draft.section("search")["trials"] = trials
    draft.taken("tune_config.num_samples", Message("import.budget", trials=trials))
    return draft


def _strategy(draft: Draft, name: str, strategy: str, values: list[Any]) -> None:
    if strategy in ("choice", "grid", "grid_search"):
        draft.add_choice(name, values, name)
    elif strategy in ("uniform", "loguniform", "quniform", "qloguniform") and len(values) >= 2:
        step = values[2] if strategy.startswith("q") and len(values) > 2 else None
        draft.add_range(name, values[0], values[1], name, log="log" in strategy, step=step)
    elif strategy in ("randint", "qrandint", "lograndint", "qlograndint") and len(values) >= 2:
        end = as_whole(values[1])
        last = None if end is None else end - (0 if strategy.startswith("q") else 1)
        note = Message("import.upper_end_excluded", name=name, high=values[1]) if strategy[0] != "q" else ""
        draft.add_range(name, values[0], last, name, whole=True, log="log" in strategy, note=note)
    elif strategy in ("randn", "qrandn") and len(values) >= 2:
        mu, sigma = as_number(values[0]), as_number(values[1])
        if mu is None or sigma is None or sigma <= 0:
            draft.impossible(name, Message("import.bad_range", name=name, low=values[0], high=values[1]))
            return
        note = Message("import.normal_as_range", name=name, law=strategy)
        draft.add_range(name, float(mu - 3 * sigma), float(mu + 3 * sigma), name, note=note)
    else:
        draft.impossible(name, Message("import.unknown_kind", name=name, kind=strategy))


def _experiment(data: Mapping[str, Any]) -> Draft:
    draft = Draft()
    name, entry = next(iter(data.items()))
    draft.document["name"] = str(name)
    if len(data) > 1:
        draft.impossible(name, Message("import.first_of_several", n=len(data)))
    n_combinations = 1
    for place, part in (("", {"env": entry.get("env")}), ("config.", entry.get("config"))):
        for key, value in (part if isinstance(part, Mapping) else {}).items():
            here = f"{name}.{place}{key}"
            grid = value.get("grid_search") if isinstance(value, Mapping) else None
            if isinstance(grid, list):
                n_combinations *= max(len(grid), 1)
                draft.add_choice(str(key), grid, here)
            elif isinstance(value, (bool, int, float, str)):
                draft.add_fixed(str(key), value, here)
            elif value is not None:
                draft.impossible(here, Message("import.not_scalar", name=str(key), value=repr(value)[:80]))
    draft.no_command(f"{name}.run", Message("import.no_program"))
    trials = n_combinations * (as_whole(entry.get("num_samples")) or 1)
    draft.section("search").update(sampler="grid", trials=trials)
    draft.taken(f"{name}.config", Message("import.budget", trials=trials))
    stop = entry.get("stop")
    metric = next((key for key in stop if "reward" in key or "return" in key), "") if isinstance(stop, Mapping) else ""
    metric = metric.rpartition("/")[2] or "episode_reward_mean"
    draft.set_goal(metric, "maximize", f"{name}.stop")
    draft.guess_metric(metric, f"{name}.stop")
    draft.left_out(str(name), entry, ("env", "config", "run", "num_samples"))
    return draft
