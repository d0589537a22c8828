"""Recognise whose description a text is, and import it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from scriptune.errors import JobFileError
from scriptune.jobfile.importers import determined, guild, hydra, katib, modelarts, nni, orion, ray, sagemaker, wandb
from scriptune.jobfile.importers.draft import Draft
from scriptune.jobfile.parser import parse_text
from scriptune.jobfile.problems import Problems
from scriptune.messages import Message

__all__ = ["FORMATS", "import_description"]

FORMATS: Mapping[str, str] = {
    "katib": "Katib",
    "wandb": "Weights & Biases",
    "sagemaker": "SageMaker",
    "nni": "NNI",
    "orion": "Oríon",
    "guild": "Guild AI",
    "modelarts": "ModelArts",
    "hydra": "Hydra sweepers",
    "ray": "Ray Tune",
    "determined": "Determined",
}
"""Names of formats and of the tools whose they are."""

_Fits = Callable[[Mapping[str, Any]], bool]
_Importer = Callable[[Mapping[str, Any]], Draft]

# Documents that are one mapping, told apart in this order.
_MAPPINGS: Mapping[str, tuple[_Fits, _Importer]] = {
    "katib": (katib.is_katib, katib.import_katib),
    "sagemaker": (sagemaker.is_tuning_job, sagemaker.import_tuning_job),
    "modelarts": (modelarts.is_algorithm, modelarts.import_algorithm),
    "wandb": (wandb.is_sweep, wandb.import_sweep),
    "hydra": (hydra.is_hydra, hydra.import_hydra),
    "determined": (determined.is_experiment, determined.import_experiment),
    "ray": (ray.is_experiment, ray.import_experiment),
}


def import_description(
    text: str,
    *,
    file: str = "job",
    format: str = "",
    operation: str = "",
    read_beside: Callable[[str], str | None] = lambda _: None,
) -> tuple[str, Draft]:
    """Turn a job description of another tool into a draft of a job file.

    Args:
        text: The description.
        file: Its name, for messages and for templates.
        format: A key of `FORMATS`; "": found out.
        operation: Of a Guild file; "": the first one with flags.
        read_beside: Reads a file that the description names.

    Returns:
        The format, and the draft.

    Raises:
        JobFileError: It cannot be parsed, or is of none of these tools.
    """
    if format and format not in FORMATS:
        raise JobFileError([Message("import.unknown_format", format=format, known=sorted(FORMATS))])
    if (not format or format == "orion") and orion.is_command_line(text):
        try:
            return "orion", orion.import_command_line(text)
        except ValueError as err:
            raise JobFileError([Message("import.bad_command_line", file=file, why=err)]) from err
    try:
        data = _parsed(text, file)
    except JobFileError:
        if orion.is_template(text) and not text.lstrip().startswith("{"):
            return "orion", orion.import_template(text, file)
        raise
    found = format or _format_of(data, text)
    if found == "nni":
        return found, nni.import_experiment(_mapping(data, file), lambda name: _beside(name, read_beside))
    if found == "orion":
        if isinstance(data, Mapping) and orion.is_config(data):
            return found, orion.import_config(data)
        return found, orion.import_template(text, file)
    if found == "guild":
        try:
            return found, guild.import_guild_file(data, operation)
        except KeyError as err:
            known: Any = err.args[0]
            raise JobFileError([Message("import.no_operation", operation=operation, known=known)]) from err
        except StopIteration as err:
            raise JobFileError([Message("import.no_operation", operation=operation, known=[])]) from err
    if found in _MAPPINGS:
        fits, importer = _MAPPINGS[found]
        document = _mapping(data, file)
        if fits(document):
            return found, importer(document)
    raise JobFileError([Message("import.not_recognised", file=file, known=sorted(FORMATS.values()))])


def _parsed(text: str, file: str) -> Any:
    try:
        return json.loads(text)  # JSON in its own words: a file that is nearly JSON is no YAML either
    except (ValueError, RecursionError):
        problems = Problems(file)
        data = parse_text(text, problems)
        problems.raise_if_any()
        return data


def _mapping(data: Any, file: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise JobFileError([Message("import.not_recognised", file=file, known=sorted(FORMATS.values()))])
    return data


def _beside(name: str, read: Callable[[str], str | None]) -> Mapping[str, Any] | None:
    text = read(name)
    if text is None:
        return None
    data = _parsed(text, name)
    return data if isinstance(data, Mapping) else None


def _format_of(data: Any, text: str) -> str:
    if isinstance(data, Mapping):
        found = next((name for name, (fits, _) in _MAPPINGS.items() if fits(data)), "")
        if found:
            return found
        if nni.is_experiment(data) or nni.is_search_space(data):
            return "nni"
        if orion.is_config(data):
            return "orion"
    if orion.is_template(text):
        return "orion"
    return "guild" if guild.is_guild_file(data) else ""
