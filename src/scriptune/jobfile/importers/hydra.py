"""Hydra configs with a sweeper of Optuna or Oríon: ``hydra.sweeper.params``.

Source: Hydra 1.3, the page "Optuna Sweeper plugin" and the grammar of its override parser; hydra_orion_sweeper 1.6.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from scriptune.jobfile.importers.draft import Draft, as_mapping, as_mappings, as_number, as_whole, number_text
from scriptune.messages import Message

__all__ = ["import_hydra", "is_hydra"]

_SAMPLERS = {"tpe": "tpe", "tpesampler": "tpe", "random": "random", "randomsampler": "random", "grid": "grid"}
_SAMPLERS |= {"gridsampler": "grid", "gpsampler": "bayes"}
_CALL = re.compile(r"\s*(?P<tags>tag\([^()]*,)?\s*(?P<law>\w+)\((?P<inside>.*?)\)\)?\s*", re.DOTALL)
_TRIALS = 20


def is_hydra(data: Mapping[str, Any]) -> bool:
    """Whether a document configures a sweeper of Hydra."""
    return bool(_params(data))


def import_hydra(data: Mapping[str, Any]) -> Draft:
    """Turn a config with a sweeper into a job file."""
    draft = Draft()
    sweeper = as_mapping(as_mapping(data.get("hydra")).get("sweeper"))
    for name, text in _params(data).items():
        _parameter(draft, str(name), text, _value_at(data, str(name)))
    draft.no_command("hydra", Message("import.no_program"))
    study = sweeper.get("study_name") or as_mapping(sweeper.get("orion")).get("name")
    if study:
        draft.document["name"] = str(study)
    directions = sweeper.get("direction", "minimize")
    if isinstance(directions, list):
        if len(directions) > 1:
            draft.impossible("hydra.sweeper.direction", Message("import.one_objective", metric=str(directions[1])))
        directions = directions[0] if directions else "minimize"
    metric = str(data.get("optimized_metric") or "objective")
    draft.set_goal(metric, str(directions), "hydra.sweeper.direction")
    draft.guess_metric(metric, "optimized_metric")
    worker = as_mapping(sweeper.get("worker"))
    trials = as_whole(sweeper.get("n_trials")) or as_whole(worker.get("max_trials"))
    if trials:
        draft.taken("hydra.sweeper.n_trials", Message("import.budget", trials=trials))
    else:
        draft.approximated("hydra.sweeper.n_trials", Message("import.no_budget", trials=_TRIALS))
    draft.section("search")["trials"] = trials or _TRIALS
    draft.section("run")["parallel"] = max(as_whole(sweeper.get("n_jobs") or worker.get("n_workers")) or 1, 1)
    _sampler(draft, data, sweeper)
    if sweeper.get("custom_search_space"):
        draft.impossible("hydra.sweeper.custom_search_space", Message("import.space_in_code"))
    known: tuple[str, ...] = ("params", "search_space", "study_name", "direction", "n_trials", "n_jobs", "sampler")
    known = (*known, "storage", "custom_search_space", "orion", "algorithm", "worker", "_target_")
    draft.left_out("hydra.sweeper", sweeper, known)
    return draft


def _params(data: Mapping[str, Any]) -> Mapping[str, Any]:
    sweeper = as_mapping(as_mapping(data.get("hydra")).get("sweeper"))
    return as_mapping(sweeper.get("params")) or as_mapping(sweeper.get("search_space"))


def _sampler(draft: Draft, data: Mapping[str, Any], sweeper: Mapping[str, Any]) -> None:
    sampler = as_mapping(sweeper.get("sampler"))
    algorithm = as_mapping(sweeper.get("algorithm"))
    seed = as_whole(sampler.get("seed", as_mapping(algorithm.get("config")).get("seed")))
    if seed is not None and seed >= 0:
        draft.section("search")["seed"] = seed
    chosen = [
        str(value)
        for entry in as_mappings(data.get("defaults"))
        for key, value in entry.items()
        if str(key).endswith("hydra/sweeper/sampler")
    ]
    word = (chosen or [""])[0] or str(sampler.get("_target_", "")).rpartition(".")[2] or str(algorithm.get("type", ""))
    if word:
        draft.set_sampler(word, _SAMPLERS, "hydra.sweeper.sampler")
    draft.left_out("hydra.sweeper.sampler", sampler, ("_target_", "seed"))


def _parameter(draft: Draft, name: str, text: Any, default: Any) -> None:
    place = f"hydra.sweeper.params.{name}"
    passing = {"style": "hydra"}
    if isinstance(text, Mapping):  # the older form: {type: float, low: 0, high: 1, log: true}
        _old_form(draft, name, text, place)
        return
    match = _CALL.fullmatch(str(text))
    parsed = None if match is None else _arguments(match["inside"])
    if match is None or parsed is None:
        values = [_word(part) for part in str(text).split(",")]
        if len(values) > 1:
            draft.add_choice(name, values, place, default=default, **passing)
        else:
            draft.add_fixed(name, values[0], place, **passing)
        return
    law, (positional, keywords) = match["law"], parsed
    if law == "choice":
        draft.add_choice(name, positional, place, default=default, **passing)
        return
    low, high = (*positional, keywords.get("start"), keywords.get("stop"))[:2] if len(positional) > 1 else (None, None)
    step = positional[2] if len(positional) > 2 else keywords.get("step")
    if law == "range":
        whole = all(isinstance(as_number(part), int) for part in (low, high, 1 if step is None else step))
        first, end = as_number(low), as_number(high)
        if first is None or end is None:
            draft.impossible(place, Message("import.bad_range", name=name, low=low, high=high))
            return
        if whole:
            excluded = Message("import.upper_end_excluded", name=name, high=end)
            draft.add_range(name, first, end - 1, place, whole=True, step=step, default=default, note=excluded)
        else:
            draft.add_range(name, float(first), float(end), place, step=step or 1.0, default=default)
    elif law in ("interval", "uniform"):
        is_log = "log" in (match["tags"] or "")
        draft.add_range(name, low, high, place, log=is_log, default=default)
    elif law == "loguniform":
        draft.add_range(name, low, high, place, log=True, default=default)
    elif law in ("glob", "sort", "shuffle", "tag") or low is None:
        draft.impossible(place, Message("import.unreadable_prior", name=name, prior=str(text)))
        return
    own = next(reversed(draft.document["parameters"]), None)
    if own is not None:
        draft.document["parameters"][own].setdefault("style", "hydra")


def _old_form(draft: Draft, name: str, entry: Mapping[str, Any], place: str) -> None:
    kind = str(entry.get("type", ""))
    if kind == "categorical":
        choices = entry.get("choices")
        draft.add_choice(name, choices if isinstance(choices, list) else [], place, style="hydra")
        return
    log = entry.get("log") is True
    draft.add_range(
        name,
        entry.get("low"),
        entry.get("high"),
        place,
        whole=kind == "int",
        log=log,
        step=entry.get("step"),
        style="hydra",
    )


def _arguments(inside: str) -> tuple[list[Any], dict[str, Any]] | None:
    """The arguments of a call in Hydra's grammar, where words need no quotes."""
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for part in _parts(inside):
        name, mark, value = part.partition("=")
        if mark and re.fullmatch(r"\s*\w+\s*", name):
            keywords[name.strip()] = _word(value)
        else:
            positional.append(_word(part))
    return (positional, keywords) if positional or keywords else None


def _parts(inside: str) -> list[str]:
    """Cut at commas outside of quotes and brackets."""
    return [part for part in re.findall(r"(?:'[^']*'|\"[^\"]*\"|\[[^\]]*\]|[^,'\"\[])+", inside) if part.strip()]


def _word(text: str) -> Any:
    text = text.strip()
    number = as_number(text)
    if number is not None:
        return number if isinstance(number, int) else number_text(number)
    if text in ("true", "false", "True", "False"):
        return text.lower() == "true"
    if text == "null":
        return None
    if text[:1] in "'\"" and text:
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return text
    return text


def _value_at(data: Mapping[str, Any], name: str) -> Any:
    """The config's own value of a parameter such as ``model.lr``."""
    node: Any = data
    for part in name.split("."):
        node = node.get(part) if isinstance(node, Mapping) else None
    return node if isinstance(node, (str, int, float, bool)) else None
