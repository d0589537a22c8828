"""Write a complete document as a YAML job file, leaving out defaults."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from scriptune.core.job import RunSpec, SearchSpec
from scriptune.jobfile.durations import format_duration
from scriptune.jobfile.schema import RunSection, StoppingSection
from scriptune.jobfile.sizes import format_size
from scriptune.jobfile.spec import document_key

if TYPE_CHECKING:
    from ruamel.yaml.comments import CommentedMap

__all__ = ["dump_draft", "dump_job_file"]

_FORMATS = {"_s": format_duration, "_bytes": format_size}  # by the ending of a field's name
_WRITERS = {
    document_key(field.name): write
    for field in fields(RunSpec)
    for ending, write in _FORMATS.items()
    if field.name.endswith(ending)
}
_SWITCHES = {field.name: field.default for field in fields(SearchSpec) if isinstance(field.default, bool)}
_LINE_CHARS = 120


def dump_job_file(document: Mapping[str, Any]) -> str:
    """Write a complete document as a job file that `read_job_file` turns into the same document.

    Args:
        document: That of a `CheckedJob`, or of a stored job.
    """
    return _dump(_layout(document))


def dump_draft(document: Mapping[str, Any]) -> str:
    """Write a document with only some of the keys as a job file, in the order of the manual."""
    one_line = ("command", "objective", "search", "stopping")
    order = ("name", "command", "shell", "workdir", "parameters", "metrics", "objective", "search", "run")
    top: dict[str, Any] = {}
    for key in (*order, *(key for key in document if key not in order)):
        value = document.get(key)
        if value in (None, {}, []):
            continue
        if isinstance(value, Mapping) and key not in one_line:
            top[key] = {name: _flow(entry) for name, entry in value.items()}
        else:
            top[key] = _flow(value)
    return _dump(top)


def _dump(top: Mapping[str, Any]) -> str:
    # Imported here because it costs 0.2 s, and only those who ask for the text pay it.
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt", pure=True)
    yaml.version = (1, 2)
    yaml.width = _LINE_CHARS
    yaml.allow_unicode = True
    stream = io.StringIO()
    yaml.dump(top, stream)
    # The writer opens with the version; readers of job files assume it.
    return stream.getvalue().removeprefix("%YAML 1.2\n---\n")


def _layout(document: Mapping[str, Any]) -> dict[str, Any]:
    search = {
        key: value
        for key, value in document["search"].items()
        # By identity: seed 0 equals False.
        if value is not None and value not in ([], {}) and value is not _SWITCHES.get(key)
    }
    if "budget" in search:
        del search["trials"]
    if "patience" not in search:
        search.pop("min_gain", None)  # it says something beside patience only
    objective = {key: value for key, value in document["objective"].items() if value is not None}
    if objective["reduce"] == "best":
        del objective["reduce"]
    top: dict[str, Any] = {"name": document["name"], "command": _flow(document["command"])}
    if document["shell"]:
        top["shell"] = True
    top["workdir"] = document["workdir"]
    top["parameters"] = {name: _flow(entry) for name, entry in document["parameters"].items()}
    if document.get("constraints"):
        top["constraints"] = list(document["constraints"])
    top["metrics"] = {name: _flow(metric) for name, metric in document["metrics"].items()}
    top["objective"] = _flow(objective)
    top["search"] = {key: _flow(value) for key, value in search.items()}
    if run := _changed_run(document["run"]):
        top["run"] = run
    if document["stopping"] != {"rule": StoppingSection().rule}:
        top["stopping"] = _flow(document["stopping"])
    if document["files"]:
        top["files"] = dict(document["files"])
    return top


def _changed_run(run: Mapping[str, Any]) -> dict[str, Any]:
    defaults = RunSection().model_dump(mode="json")
    changed = {}
    for key, value in run.items():
        if value != defaults[key] or (value is None) != (defaults[key] is None):
            changed[key] = _WRITERS[key](value) if key in _WRITERS and value is not None else _flow(value)
    return changed


def _flow(value: Any) -> Any:
    """Mark a mapping or list to be written on one line."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.scalarstring import SingleQuotedScalarString

    if isinstance(value, str) and value.startswith(("?", ":")):
        # Within brackets the parser takes them for signs of a mapping, whatever follows, and the writer does not know.
        return SingleQuotedScalarString(value)
    if isinstance(value, Mapping):
        mapping: CommentedMap = CommentedMap({_flow(key): _flow(inner) for key, inner in value.items()})
        mapping.fa.set_flow_style()
        return mapping
    if isinstance(value, (list, tuple)):
        items = CommentedSeq([_flow(inner) for inner in value])
        items.fa.set_flow_style()
        return items
    return value
