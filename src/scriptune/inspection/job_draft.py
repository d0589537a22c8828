"""A job file from what was found out about a program: what to search and where, its metric, and why, as comments."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scriptune.core.job import Goal
from scriptune.inspection.inspect import Inspection
from scriptune.inspection.log_metrics import MetricCandidate, is_progress
from scriptune.inspection.options_found import ProgramOption
from scriptune.inspection.source_options import is_compiled, with_subcommand
from scriptune.jobfile import CheckedJob, check_document, dump_job_file
from scriptune.search.usual import meaning_of

__all__ = ["JobDraft", "command_without", "draft_job", "proposed_parameters"]

_MIN_PROPOSED = 2
_MAX_PROPOSED = 6  # parameters: 20 trials say little about more of them
# More epochs are better, and slower; heads have to divide the width; warm-up depends on the length of the training.
_NOT_PROPOSED = frozenset({"epochs", "num_heads", "warmup_steps"})
_WEIGHTS = {"learning_rate": 0, "beta1": 2, "beta2": 2}  # others 1
_MAX_CHOICES = 6  # among more, some want further options
_CHOICES = re.compile(
    r"(^|_)(optim(izer)?|optimiser|opt|solver|activation|act|scheduler|schedule|kernel|booster|loss|criterion|penalty)$"
)
_WIDTH = 100
_MAX_HELP_CHARS = 70
_MAX_OTHERS = 8  # metrics named in a comment


@dataclass(frozen=True)
class JobDraft:
    """A proposed job.

    Attributes:
        document: The job file in JSON form, complete.
        text: The job file with comments.
        warnings: What is suspicious about it.
    """

    document: Mapping[str, Any]
    text: str
    warnings: Sequence[str] = ()


def proposed_parameters(found: Inspection) -> list[ProgramOption]:
    """The options to search that are proposed: those whose names have a usual range, in the order of the program.

    If only one name is known or none, numbers with fractions too, as these are hardly ever counts or settings.
    """
    searchable = [option for option in found.parameters if option.suggestion is not None]
    known = [option for option in searchable if _is_known(option)]
    if len(known) < _MIN_PROPOSED:
        known = [option for option in searchable if option in known or option.type == "float"]
    if not known:
        known = [option for option in searchable if option.type in ("int", "float", "categorical")]
    # The first ones by name of the program, but the rate of learning always and Adam's betas only where there is room.
    by_weight = sorted(known, key=lambda option: _WEIGHTS.get(meaning_of(option.name) or "", 1))[:_MAX_PROPOSED]
    return [option for option in known if option in by_weight]


def _is_known(option: ProgramOption) -> bool:
    meaning = meaning_of(option.name)
    if option.type == "categorical" and len(option.choices) > _MAX_CHOICES:
        return False
    if option.type == "categorical":
        return meaning is not None or _CHOICES.search(option.name.rpartition(".")[2].lower()) is not None
    return option.type != "bool" and meaning is not None and meaning not in _NOT_PROPOSED


def command_without(command: Sequence[str], searched: Iterable[ProgramOption]) -> list[str]:
    """The command without the values that a search gives."""
    flags = {option.flag: option for option in searched if option.given is not None}
    kept: list[str] = []
    words = list(command)
    while words:
        word = words.pop(0)
        flag, equals, _ = word.partition("=")
        if word == "--":
            return [*kept, word, *words]
        if flag not in flags:
            kept.append(word)
        elif not equals and words:
            words.pop(0)
    return kept


def _with_places(command: Sequence[str], parameters: dict[str, dict[str, Any]], workdir: Path) -> list[str]:
    """The command with placeholders before its files, where a compiled program reads no options behind them.

    What has a place needs no flag any more.
    """
    if not is_compiled(command, workdir):
        return list(command)
    places: list[str] = []
    for name, domain in parameters.items():
        if domain.get("style") == "space":
            del domain["style"]
            places += [domain.pop("flag", f"--{name}"), f"{{{name}}}"]
    n = len(with_subcommand(command, workdir))
    return [*command[:n], *places, *command[n:]]


def draft_job(
    command: Sequence[str],
    found: Inspection,
    domains: Mapping[str, Mapping[str, Any]],
    metric: MetricCandidate,
    goal: Goal,
    *,
    base_dir: Path,
    workdir: str = ".",
    others: Sequence[MetricCandidate] = (),
    trials: int = 20,
    parallel: int = 1,
    max_step: int | None = None,
    took: str = "",
) -> JobDraft:
    """Write a job file with comments; it is checked before it is returned.

    Args:
        command: As the user wrote it.
        found: What was found in it.
        domains: What to search, by name of an option: entries of ``parameters``.
        metric: The objective.
        goal: Which way is good.
        base_dir: Where the job file will lie.
        workdir: Working directory of the program, seen from there.
        others: Further numbers that the program writes, for a comment.
        trials: Budget.
        parallel: Trials at once; one, where the metric is in a file that all of them write.
        max_step: Length of a training in steps, for early stopping; None: none.
        took: How long the run as it is took, for a comment.

    Raises:
        JobFileError: The job could not run as it is described.
    """
    searched = [option for option in found.parameters if option.name in domains]
    parameters = {name: dict(domain) for name, domain in domains.items()}
    document: dict[str, Any] = {
        "command": _with_places(command_without(command, searched), parameters, base_dir / workdir),
        "workdir": workdir,
        "parameters": parameters,
        "metrics": {metric.name: dict(metric.entry)},
        "objective": {"metric": metric.name, "goal": str(goal)},
        "search": {"trials": trials},
        "run": {"parallel": 1 if any(map(os.path.isabs, metric.entry.values())) else parallel},
    }
    if max_step is not None:
        document["stopping"] = {"rule": "model", "max_step": max_step}
    checked = check_document(document, base_dir=base_dir)
    text = _text(checked, document, found, metric, others, took)
    return JobDraft(checked.document, text, checked.warnings)


# --- the text ------------------------------------------------------------------------------------------------


def _text(
    checked: CheckedJob,
    document: Mapping[str, Any],
    found: Inspection,
    metric: MetricCandidate,
    others: Sequence[MetricCandidate],
    took: str,
) -> str:
    """The job file of a document with comments above its parts."""
    written = {**checked.document, "workdir": document["workdir"], "command": document["command"]}
    notes = _notes(found, metric, others, took)
    options = {option.name: option for option in found.parameters}
    lines: list[str] = []
    section = ""
    for line in dump_job_file(written).splitlines():
        if match := re.match(r"(\w+):", line):
            section = match[1]
            lines += [f"# {note}" for note in notes.get(section, ())]
        elif section == "parameters" and (entry := re.match(r"  (['\"]?)([^'\":]+)\1:", line)) and entry[2] in options:
            lines.append(f"  # {_parameter_note(options[entry[2]])}")
        lines.append(line)
    left = _not_searched(found, document["parameters"])
    return "\n".join([*lines, *left]) + "\n"


def _notes(
    found: Inspection, metric: MetricCandidate, others: Sequence[MetricCandidate], took: str
) -> dict[str, list[str]]:
    notes = {
        "name": [
            "A search job, written by scriptune init. Check it with 'scriptune check FILE', start it with",
            "'scriptune run FILE'. All keys: docs/job-file.md.",
        ],
        "command": ["The program as it is; each trial adds the parameters below."],
        "parameters": ["What is searched, and where. Trial 0 has the program's own defaults."],
        "metrics": [_metric_note(metric)],
        "objective": ["Which metric decides, and which way is good."],
        "search": ["How many trials. More parameters want more trials."],
        "run": ["Trials that run at once on this machine."],
        "stopping": [
            "Trials that fall behind are stopped early; max_step is the number of reports of a whole training.",
            "Remove this line to let every trial run to its end.",
        ],
    }
    if took:
        notes["search"].append(took)
    named = [other.name for other in others if not is_progress(other)]
    if named:
        names = ", ".join(named[:_MAX_OTHERS])
        notes["metrics"].append(f"Also found: {names}.")
    if found.source not in ("none", "unknown"):
        notes["parameters"].append(f"The options were read by {found.source}.")
    return notes


def _metric_note(metric: MetricCandidate) -> str:
    values = ", ".join(f"{value:g}" for value in metric.values)
    more = ", ..." if metric.n_values > len(metric.values) else ""
    where = "the output" if metric.found_in == "log" else metric.found_in
    return f"Found {metric.n_values} times in {where}: {values}{more}"


def _parameter_note(option: ProgramOption) -> str:
    value = option.given if option.given is not None else option.default
    source = "in the command" if option.given is not None else "by default"
    parts = [f"{value} {source}" if value is not None else "no default known"]
    if option.help:
        words = " ".join(option.help.split())
        parts.append(words if len(words) <= _MAX_HELP_CHARS else words[: _MAX_HELP_CHARS - 1] + "…")
    return "; ".join(parts)


def _not_searched(found: Inspection, searched: Mapping[str, Any]) -> list[str]:
    """Comments with ready entries for the options that are not searched."""
    left = [option for option in found.parameters if option.name not in searched and option.suggestion is not None]
    if not left:
        return []
    lines = ["", "# Not searched. To search one, move its line to 'parameters' without the '#'."]
    for option in left:
        entry = ", ".join(f"{key}: {_flow(value)}" for key, value in (option.suggestion or {}).items())
        lines.append(f"#  {option.name}: {{{entry}}}")
    return lines


def _flow(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return str(value) if not isinstance(value, str) or re.fullmatch(r"-{0,2}[A-Za-z][\w./-]*", value) else repr(value)
