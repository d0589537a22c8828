"""Command lines of Oríon (``orion hunt ...``), its config templates and its experiments' configuration.

Source: Oríon 0.2.7, ``orion/core/io/space_builder.py``, ``orion_cmdline_parser.py`` and the page "Search Space".
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from scriptune.jobfile.importers.draft import Draft, as_number, as_whole
from scriptune.messages import Message

__all__ = ["import_command_line", "import_config", "import_template", "is_command_line", "is_config", "is_template"]

_PRIOR = re.compile(r"[+\-~>]?(?P<law>[a-zA-Z_]+)\((?P<arguments>.*)\)", re.DOTALL)
_LAWS = {
    *("uniform", "loguniform", "reciprocal", "normal", "gaussian", "norm", "choices", "fidelity", "randint", "alpha"),
}
_IN_TEXT = re.compile(
    r"(?P<name>[\w/.\-]+)~(?P<sign>[+]?)(?P<prior>(?:" + "|".join(sorted(_LAWS)) + r")\((?:[^()]|\([^()]*\))*\))"
)
_IN_VALUE = re.compile(r"orion~(?P<prior>[+]?\w+\(.*\))", re.DOTALL)
_SAMPLERS = {"random": "random", "gridsearch": "grid", "tpe": "tpe", "bohb": "tpe", "skoptbayesianoptimizer": "bayes"}
_OWN_FLAGS = {
    "-n": 1,
    "--name": 1,
    "-u": 1,
    "--user": 1,
    "-c": 1,
    "--config": 1,
    "--max-trials": 1,
    "--worker-max-trials": 1,
    "--exp-max-trials": 1,
    "--exp-max-broken": 1,
    "--max-broken": 1,
    "--working-dir": 1,
    "--n-workers": 1,
    "--user-script-config": 1,
    "--executor": 1,
    "--heartbeat": 1,
    "--idle-timeout": 1,
    "--branch-from": 1,
    "--storage": 1,
    "--algorithm-change": 0,
    "--enable-evc": 0,
    "--auto-resolution": 0,
    "--manual-resolution": 0,
    "-V": 0,
    "-v": 0,
    "-vv": 0,
    "-vvv": 0,
    "--debug": 0,
    "--init-only": 0,
    "--worker-max-broken": 1,
    "-b": 1,
    "--ignore-code-changes": 0,
    "--non-monitored-arguments": 1,
    "--branch-to": 1,
    "-t": 1,
    "--pool-size": 1,
}
_SPREADS = 3.0
_TRIALS = 20


def is_command_line(text: str) -> bool:
    """Whether a text is a call of ``orion hunt`` (or of ``orion`` with an older verb)."""
    return re.match(r"\s*(?:[$#>]\s*)?orion\s+(?:-\S+\s+)*(?:hunt|init_only|init-only)\b", text) is not None


def is_config(data: Mapping[str, Any]) -> bool:
    """Whether a document configures experiments, without a space."""
    experiment = data.get("experiment")
    return isinstance(experiment, Mapping) and bool({"max_trials", "algorithm", "algorithms"} & experiment.keys())


def is_template(text: str) -> bool:
    """Whether a text is a config file with priors in it."""
    return _IN_VALUE.search(text) is not None or _IN_TEXT.search(text) is not None


def import_command_line(text: str) -> Draft:
    """Turn a command line into a job file.

    Raises:
        ValueError: It cannot be split into words.
    """
    draft = Draft()
    words = shlex.split(re.sub(r"\\\r?\n", " ", text).strip().lstrip("$#> "), comments=True)
    words = words[words.index("hunt") + 1 :] if "hunt" in words else words[2:]
    options: dict[str, str] = {}
    while words and words[0].startswith("-"):
        flag, _, value = words.pop(0).partition("=")
        n_values = _OWN_FLAGS.get(flag, 0)
        if n_values and not value and words:
            value = words.pop(0)
        options[flag] = value
    _experiment(draft, options)
    _program(draft, words)
    if not draft.document["parameters"]:
        draft.impossible("command", Message("import.no_priors"))
    return draft


def _experiment(draft: Draft, options: Mapping[str, str]) -> None:
    name = options.get("-n") or options.get("--name")
    if name:
        draft.document["name"] = name
        draft.taken("--name", Message("import.name"))
    trials = as_whole(options.get("--max-trials") or options.get("--exp-max-trials"))
    _budget(draft, trials, "--max-trials")
    workers = as_whole(options.get("--n-workers"))
    if workers:
        draft.section("run")["parallel"] = workers
    taken = ("-n", "--name", "--max-trials", "--exp-max-trials", "--n-workers")
    for flag in options:
        if flag not in taken:
            draft.impossible(flag, Message("import.no_counterpart"))
    _metric(draft)


def _budget(draft: Draft, trials: int | None, place: str) -> None:
    if trials is None or trials >= 1_000_000:
        draft.approximated(place, Message("import.no_budget", trials=_TRIALS))
        trials = _TRIALS
    else:
        draft.taken(place, Message("import.budget", trials=trials))
    draft.section("search")["trials"] = max(trials, 1)


def _metric(draft: Draft) -> None:
    draft.set_goal("objective", "minimize", "results")
    draft.guess_metric("objective", "results")
    draft.impossible("results", Message("import.pushed_metric"))


def _program(draft: Draft, words: Sequence[str]) -> None:
    command: list[str] = []
    n_positional = 0
    pending = ""
    for word in words:
        flag, tilde, prior = word.partition("~")
        positional = _IN_VALUE.fullmatch(word)
        if positional is not None:
            n_positional += not pending
            name = pending.lstrip("-") or f"arg{n_positional}"
            own = _prior(draft, name, positional["prior"], word)
            command.append(word if own is None else f"{{{own}}}")
        elif tilde and flag.startswith("-") and _PRIOR.fullmatch(prior):
            own = _prior(draft, flag.lstrip("-"), prior, flag)
            command += [flag] if own is None else [flag, f"{{{own}}}"]
        elif tilde and flag.startswith("-") and prior.startswith(("-", ">")):
            draft.impossible(word, Message("import.version_mark"))
        else:
            command.append(_fact(draft, word))
        pending = word if word.startswith("-") else ""
    if command:
        draft.document["command"] = command
        draft.taken("command", Message("import.command"))
    else:
        draft.no_command("command", Message("import.no_program"))


def _fact(draft: Draft, word: str) -> str:
    facts = {"{trial.working_dir}": "{trial_dir}", "{trial.id}": "{trial}", "{trial.hash_params}": "{trial}"}
    for theirs, own in facts.items():
        word = word.replace(theirs, own)
    if re.search(r"\{exp\.\w+\}", word):
        draft.impossible(word, Message("import.no_counterpart"))
        word = re.sub(r"\{exp\.(\w+)\}", r"{{exp.\1}}", word)
    return word


def import_config(data: Mapping[str, Any]) -> Draft:
    """Turn the configuration of experiments, which has no space and no command, into a job file."""
    draft = Draft()
    experiment: Mapping[str, Any] = data.get("experiment") or {}
    worker: Mapping[str, Any] = data.get("worker") or {}
    if experiment.get("name"):
        draft.document["name"] = str(experiment["name"])
    draft.no_command("experiment", Message("import.no_program"))
    draft.impossible("experiment", Message("import.no_priors"))
    _algorithm(draft, experiment)
    _budget(draft, as_whole(experiment.get("max_trials")), "experiment.max_trials")
    workers = as_whole(worker.get("n_workers")) or as_whole(experiment.get("pool_size"))
    if workers:
        draft.section("run")["parallel"] = workers
    broken = as_whole(experiment.get("max_broken"))
    if broken:
        draft.section("run")["max_failed"] = broken
        draft.approximated("experiment.max_broken", Message("import.failed_in_a_row", n=broken))
    _metric(draft)
    known = ("name", "algorithm", "algorithms", "max_trials", "max_broken", "pool_size")
    draft.left_out("experiment", experiment, known)
    draft.left_out("worker", worker, ("n_workers", "pool_size"))
    draft.left_out("", data, ("experiment", "worker"))
    return draft


def _algorithm(draft: Draft, experiment: Mapping[str, Any]) -> None:
    algorithm = experiment.get("algorithm") or experiment.get("algorithms")
    if isinstance(algorithm, Mapping) and algorithm:
        word = str(algorithm.get("type") or next(iter(algorithm)))
        inner = algorithm.get("config") or algorithm.get(word)
        seed = as_whole(inner.get("seed")) if isinstance(inner, Mapping) else None
        if seed is not None and seed >= 0:
            draft.section("search")["seed"] = seed
    elif algorithm:
        word = str(algorithm)
    else:
        return
    draft.set_sampler(word, _SAMPLERS, "experiment.algorithm")
    if word.lower() in ("hyperband", "asha", "bohb"):
        draft.section("stopping")["rule"] = "asha"
        draft.approximated("experiment.algorithm", Message("import.hyperband"))


def import_template(text: str, file: str) -> Draft:
    """Turn a config file with priors into a job file and a template.

    Args:
        text: The file.
        file: Its name.
    """
    draft = Draft()
    template = text

    def replace(match: re.Match[str], name: str) -> str:
        own = _prior(draft, name, match["prior"], name)
        return match[0] if own is None else f"{{{own}}}"

    if _IN_VALUE.search(text):
        made = []
        for line in text.splitlines(keepends=True):
            name = re.match(r"\s*(?:-\s+)?['\"]?([\w.\-/]+)['\"]?\s*:", line)
            pattern = r"(?P<quote>['\"]?)orion~(?P<prior>[+]?\w+\((?:[^()]|\([^()]*\))*\))(?P=quote)"
            key = name[1] if name else "value"
            made.append(re.sub(pattern, partial(replace, name=key), line))
        template = "".join(made)
    else:
        template = _IN_TEXT.sub(lambda match: replace(match, match["name"].strip("/").replace("//", "/")), text)
    stem, dot, ending = file.rpartition(".")
    template_name = f"{stem}.template.{ending}" if dot else f"{file}.template"
    draft.files[template_name] = template
    draft.document["files"] = {file: template_name}
    draft.no_command("command", Message("import.template_alone", file=file, template=template_name))
    _budget(draft, None, "--max-trials")
    _metric(draft)
    return draft


def _prior(draft: Draft, name: str, prior: str, place: str) -> str | None:
    """Add the parameter of a prior; None if it has no counterpart."""
    match = _PRIOR.fullmatch(prior.strip())
    parsed = None if match is None else _arguments(match["arguments"])
    if match is None or parsed is None:
        draft.impossible(place, Message("import.unreadable_prior", name=name, prior=prior))
        return None
    law = match["law"]
    positional, keywords = parsed
    default = keywords.get("default_value")
    if keywords.get("shape") not in (None, 1):
        draft.impossible(place, Message("import.shape", name=name, shape=str(keywords["shape"])))
        return None
    whole = keywords.get("discrete") is True
    if law == "choices":
        return _choices(draft, name, positional, place, default)
    if law == "randint" and len(positional) >= 2:
        end = as_whole(positional[1])
        note = Message("import.upper_end_excluded", name=name, high=positional[1])
        last = None if end is None else end - 1
        return draft.add_range(name, positional[0], last, place, whole=True, default=default, note=note)
    if law in ("uniform", "loguniform", "reciprocal") and len(positional) >= 2:
        low, high = positional[0], positional[1]
        is_log = law != "uniform"
        return draft.add_range(name, low, high, place, whole=whole, log=is_log, default=default)
    if law in ("normal", "gaussian", "norm") and len(positional) >= 2:
        mu, sigma = as_number(positional[0]), as_number(positional[1])
        if mu is not None and sigma is not None and sigma > 0:
            note = Message("import.normal_as_range", name=name, law=law)
            low, high = float(mu - _SPREADS * sigma), float(mu + _SPREADS * sigma)
            return draft.add_range(name, low, high, place, default=default, note=note)
    if law == "fidelity" and len(positional) >= 2:
        draft.section("stopping").update(rule="asha", max_step=as_whole(positional[1]) or 1)
        draft.approximated(place, Message("import.fidelity", name=name, value=positional[1]))
        return draft.add_parameter(name, {"value": positional[1]}, place)
    draft.impossible(place, Message("import.unreadable_prior", name=name, prior=prior))
    return None


def _choices(draft: Draft, name: str, positional: Sequence[Any], place: str, default: Any) -> str | None:
    first = positional[0] if positional else []
    if isinstance(first, Mapping):
        note = Message("import.probabilities", name=name)
        return draft.add_choice(name, list(first), place, default=default, note=note)
    values = list(first) if isinstance(first, (list, tuple)) and len(positional) == 1 else list(positional)
    return draft.add_choice(name, values, place, default=default)


def _arguments(text: str) -> tuple[list[Any], dict[str, Any]] | None:
    """The literal arguments of a call; None if there is something else among them."""
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        if not isinstance(call, ast.Call):
            return None
        return (
            [ast.literal_eval(argument) for argument in call.args],
            {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords},
        )
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
