"""Translate a training job to a job file: code, command, channels, environment, hyperparameters, metrics, search."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scriptune.core.job import MASK
from scriptune.core.secrets import is_secret
from scriptune.messages import Message
from scriptune.modelarts.algorithm_store import StoredAlgorithm, check_boot_file, check_rewards
from scriptune.modelarts.annotations import apply_annotations
from scriptune.modelarts.channels import Wiring, escape, wire_inputs, wire_outputs, wrapped
from scriptune.modelarts.engines import whole_engine
from scriptune.modelarts.errors import refused
from scriptune.modelarts.local_copies import Located, locate_code, write_copies
from scriptune.modelarts.merge import merge_parameters, merge_search, rewards_of_single_run
from scriptune.modelarts.options import ModelArtsOptions
from scriptune.modelarts.places import find_place
from scriptune.modelarts.schemas import AlgorithmBody, AutoSearch, Channel, HyperParameter, RewardAttr, TrainingJobBody
from scriptune.modelarts.search_algorithms import Search, read_search
from scriptune.modelarts.spaces import check_hyperparameters, fixed_entry, search_entry

__all__ = ["LABEL", "Translated", "translate"]

LABEL = "modelarts"
"""The label of a job that holds what this front end must say again."""

_GOALS = {"max": "maximize", "min": "minimize"}
_KINDS = ("job", "autosearch_job")
_MAX_ENVIRONMENT = 100
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_ENV_NAME, _MAX_ENV_VALUE = 8192, 4096


@dataclass(frozen=True)
class Translated:
    """A training job, translated.

    Attributes:
        document: The job file.
        echo: What the label `LABEL` is to hold.
    """

    document: Mapping[str, Any]
    echo: Mapping[str, Any]


@dataclass(frozen=True)
class _Program:
    """The program of a translated job.

    Attributes:
        code: Local code directory; None when a command needs none.
        command: Program and arguments, placeholders escaped.
        inputs, outputs: Its channels.
    """

    code: Located | None
    command: list[str]
    inputs: list[Wiring]
    outputs: list[Wiring]

    @property
    def folder(self) -> Path | None:
        """The code directory."""
        return None if self.code is None else self.code.path

    @property
    def located(self) -> list[Located]:
        """Code and inputs with their locations."""
        return [found for found in (self.code, *(wiring.located for wiring in self.inputs)) if found is not None]


def translate(
    body: TrainingJobBody,
    raw: Mapping[str, Any],
    algorithm: StoredAlgorithm | None,
    *,
    home: Path,
    staging: Path,
    options: ModelArtsOptions,
) -> Translated:
    """Translate a training job to a job file.

    Args:
        body: The request, typed.
        raw: The request as sent, to be echoed.
        algorithm: What ``algorithm.id`` names.
        home: Of the installation.
        staging: A folder of the job, for copies of remote code and data; made when it is needed.
        options: Settings of this front end.

    Raises:
        ModelArtsError: The job cannot be translated; has the documented code.
    """
    _check_kind(body)
    parsed = algorithm.parsed if algorithm else None
    search, rewards, parameters = _what_to_search(body, parsed)
    program = _find_program(body, parsed, staging, options, is_search=search is not None)
    document = _document(body, program, search, rewards, parameters, home, staging)
    return Translated(document, _echo(body, raw, algorithm, parameters, search, program))


def _check_kind(body: TrainingJobBody) -> None:
    if body.kind not in _KINDS:
        raise refused(2765, Message("modelarts.bad_kind", kind=body.kind))
    n_nodes = body.spec.resource.node_count if body.spec and body.spec.resource else 1
    if n_nodes > 1:
        raise refused(2788, Message("modelarts.one_node", n=n_nodes))


def _what_to_search(
    body: TrainingJobBody, algorithm: AlgorithmBody | None
) -> tuple[AutoSearch | None, Sequence[RewardAttr], list[HyperParameter]]:
    given = body.algorithm.policies.auto_search if body.algorithm.policies else None
    search = None if given is None else merge_search(algorithm, given)
    searched = [param.name for param in (search.search_params if search else None) or ()]
    parameters = merge_parameters(algorithm, body.algorithm.parameters, searched=searched)
    check_hyperparameters(parameters)
    if search is None:
        return None, rewards_of_single_run(algorithm), parameters
    check_rewards(search)
    config = algorithm.job_config if algorithm else None
    if config is not None and not config.parameters_customization:
        defined = {parameter.name for parameter in parameters}
        unknown = [name for name in searched if name not in defined]
        if unknown:
            raise refused(2826, Message("modelarts.no_such_hyperparameter", name=unknown[0]))
    return search, search.reward_attrs or (), parameters


# --- the program -------------------------------------------------------------------------------------------


def _find_program(
    body: TrainingJobBody, algorithm: AlgorithmBody | None, staging: Path, options: ModelArtsOptions, *, is_search: bool
) -> _Program:
    config = algorithm.job_config if algorithm else None
    code_dir = body.algorithm.code_dir or (config.code_dir if config else None)
    boot_file = body.algorithm.boot_file or (config.boot_file if config else None)
    command = body.algorithm.command or (config.command if config else None)
    if body.algorithm.subscription_id:
        raise refused(2788, Message("modelarts.no_gallery"))
    boot = check_boot_file(code_dir, boot_file)
    whole_engine(body.algorithm.engine)
    code = None
    if code_dir:
        place = find_place(code_dir, options.obs_root)
        # The last part keeps its name: $MA_JOB_DIR/<last part of code_dir> is documented.
        code = locate_code(place, staging / "code" / place.name)
    inputs = wire_inputs(_channels(body.algorithm.inputs, config.inputs if config else None), staging, options.obs_root)
    outputs = wire_outputs(
        _channels(body.algorithm.outputs, config.outputs if config else None),
        options.obs_root,
        job_name=body.metadata.name,
        is_search=is_search,
    )
    return _Program(code, _command(code, boot, command, options), inputs, outputs)


def _command(code: Located | None, boot: str | None, command: str | None, options: ModelArtsOptions) -> list[str]:
    if boot is not None:
        assert code is not None
        if not code.has_file(boot):
            raise refused(2758, Message("modelarts.boot_file_missing", file=boot))
        return [escape(options.python), escape(str(code.path / boot))]
    if command:
        # A text for a shell, as in ModelArts; what is appended later reaches the last program of it.
        return ["/bin/sh", "-c", escape(command) + ' "$@"', "sh"]
    raise refused(2758, Message("modelarts.no_command"))


def _channels(given: Sequence[Channel] | None, defined: Sequence[Channel] | None) -> list[Channel]:
    """The job's channels, followed by those of the algorithm that the job does not mention."""
    named = {channel.name for channel in given or ()}
    if len(named) < len(given or ()):
        raise refused(2753, Message("modelarts.channels_repeat", names=[channel.name for channel in given or ()]))
    return [*(given or ()), *(channel for channel in defined or () if channel.name not in named)]


# --- the job file ------------------------------------------------------------------------------------------


def _document(
    body: TrainingJobBody,
    program: _Program,
    search: AutoSearch | None,
    rewards: Sequence[RewardAttr],
    parameters: Sequence[HyperParameter],
    home: Path,
    staging: Path,
) -> dict[str, Any]:
    # Folders that are there when a program starts: it may write into them at once.
    channels, log = [*program.inputs, *program.outputs], [("MA_LOG_DIR", "{trial_dir}")]
    chosen = _single_search() if search is None else read_search(search.algo_configs or ())
    document: dict[str, Any] = {
        "name": body.metadata.name,
        "command": wrapped(program.command, channels, log, copies=write_copies(staging, program.located)),
        "workdir": str(program.folder or home),
        "parameters": _parameters(search, parameters),
        "metrics": {reward.name: {"regex": reward.regex} for reward in rewards},
        "objective": {"metric": rewards[0].name, "goal": _GOALS[rewards[0].mode]},
        "search": dict(chosen.section),
        # However many trials fail, the job continues, as in ModelArts.
        "run": {"parallel": chosen.parallel or 1, "max_failed": None},
    }
    if body.spec and body.spec.auto_stop:
        document["run"]["job_timeout"] = f"{body.spec.auto_stop.duration}h"
    apply_annotations(body.metadata.annotations, document)
    document["run"]["env"] = _environment(body, program, home, staging, document["run"])
    return document


def _single_search() -> Search:
    return Search({"sampler": "random", "trials": 1, "seed": 1}, None)


def _parameters(search: AutoSearch | None, parameters: Sequence[HyperParameter]) -> dict[str, Any]:
    entries: dict[str, Any] = {p.name: fixed_entry(p.value) for p in parameters if p.value is not None}
    if search is None:
        # One trial of a space with one point. A program without hyperparameters gets a variable that it has anyway.
        single = {name: {"type": "categorical", "values": [entry["value"]]} for name, entry in entries.items()}
        return single or {
            "VC_TASK_INDEX": {"type": "categorical", "values": ["0"], "style": "env", "flag": "VC_TASK_INDEX"}
        }
    defined = {parameter.name: parameter for parameter in parameters}
    entries.update({p.name: search_entry(p, defined.get(p.name)) for p in search.search_params or ()})
    return entries


def _environment(
    body: TrainingJobBody, program: _Program, home: Path, staging: Path, run: Mapping[str, Any]
) -> dict[str, str]:
    """The variables of a ModelArts container that apply here, and the job's own."""
    own = body.algorithm.environments or {}
    if len(own) > _MAX_ENVIRONMENT:
        raise refused(2816, Message("modelarts.too_many_variables", n=len(own), most=_MAX_ENVIRONMENT))
    for name, value in own.items():
        if not _ENV_NAME.fullmatch(name):
            raise refused(2788, Message("modelarts.bad_variable", name=name[:60]))
        if len(name) > _MAX_ENV_NAME or len(value) > _MAX_ENV_VALUE:
            raise refused(2816, Message("modelarts.long_variable", name=name[:60], most=_MAX_ENV_VALUE))
    job_dir = program.folder.parent if program.folder else home
    values = {
        "MA_HOME": os.path.expanduser("~"),
        "MA_JOB_DIR": str(job_dir),
        "MA_MOUNT_PATH": str(staging.parent),
        "MA_NUM_GPUS": f"{run.get('gpus', 0):g}",
        "MA_TASK_NAME": "worker",
        "MA_NUM_HOSTS": "1",
        "MA_CURRENT_IP": "127.0.0.1",
        "MA_CURRENT_INSTANCE_NAME": f"{body.metadata.name}-worker-0",
        "VC_TASK_INDEX": "0",
        "VC_WORKER_NUM": "1",
        "VC_WORKER_HOSTS": "127.0.0.1",
    }
    return {**values, **own}


# --- what the answers say again ----------------------------------------------------------------------------


def _echo(
    body: TrainingJobBody,
    raw: Mapping[str, Any],
    algorithm: StoredAlgorithm | None,
    parameters: Sequence[HyperParameter],
    search: AutoSearch | None,
    program: _Program,
) -> dict[str, Any]:
    sent = dict(raw["algorithm"])
    stored = (algorithm.to_answer()["job_config"] if algorithm else {}) or {}
    environments = {
        name: MASK if is_secret(name, value) else value for name, value in (body.algorithm.environments or {}).items()
    }
    policies: dict[str, Any] = {}
    if search is not None:
        policies = {"auto_search": {**_sent_search(raw), **search.model_dump(exclude_none=True)}}
    shown = {
        **{key: stored[key] for key in ("code_dir", "boot_file", "command", "engine") if stored.get(key)},
        **{key: value for key, value in sent.items() if value not in (None, "")},
        **({"engine": whole_engine(body.algorithm.engine)} if body.algorithm.engine else {}),
        "name": algorithm.name if algorithm else sent.get("name"),
        "parameters": [parameter.model_dump(exclude_none=True) for parameter in parameters],
        "policies": policies,
        "environments": environments,
        "inputs": _with_folders(body.algorithm.inputs, sent.get("inputs"), program.inputs),
        "outputs": _with_folders(body.algorithm.outputs, sent.get("outputs"), program.outputs),
    }
    metadata = {
        "description": body.metadata.description or "",
        "annotations": dict(body.metadata.annotations or {}),
        "workspace_id": str(raw["metadata"].get("workspace_id") or "0"),
    }
    output = next((wiring.place for wiring in program.outputs if wiring.place is not None), None)
    return {
        "kind": body.kind,
        "metadata": metadata,
        "algorithm": shown,
        "spec": dict(raw.get("spec") or {}),
        "metrics": [reward.name for reward in (search.reward_attrs if search else None) or ()],
        "output": None if output is None else output.text,
    }


def _sent_search(raw: Mapping[str, Any]) -> dict[str, Any]:
    return dict(((raw["algorithm"].get("policies") or {}).get("auto_search")) or {})


def _with_folders(channels: Sequence[Channel] | None, sent: Any, wirings: Sequence[Wiring]) -> list[dict[str, Any]]:
    folders = {wiring.name: wiring.folder for wiring in wirings}
    rows = sent if isinstance(sent, list) else []
    return [
        {**row, "local_dir": folders.get(channel.name, "")}
        for channel, row in zip(channels or (), rows, strict=True)
        if isinstance(row, dict)
    ]
