"""Parse the text of a job file to plain data, with the line of every value.

YAML 1.2 with its core schema, resolved here from the parser's nodes: ``1e-3`` is a number, ``no``,
``1:30`` and ``2020-01-01`` are texts. ruamel.yaml's own constructor would make dates, keep underscores
in numbers and stop at the first duplicate key; the nodes give built-in types, every duplicate, and lines.
JSON is read by the same parser, of whose language it is a part.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scriptune.jobfile.problems import Path, Problems
from scriptune.messages import Message

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

__all__ = ["parse_text", "plain_scalar"]

_MAX_NODES = 100_000  # far above any real job file; stops anchors that multiply ("billion laughs")
_STANDARD_TAG = re.compile(r"tag:yaml\.org,2002:(str|int|float|bool|null|map|seq|timestamp|merge|value)")

_NULL = re.compile(r"(?:~|null|Null|NULL)?")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"([-+]?)\.(?:inf|Inf|INF)")
_NAN = re.compile(r"\.(?:nan|NaN|NAN)")


def plain_scalar(text: str) -> bool | int | float | str | None:
    """The value of an unquoted scalar in the core schema of YAML 1.2."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return _whole_number(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if infinite := _INFINITE.fullmatch(text):
        return float(f"{infinite[1]}inf")
    return float("nan") if _NAN.fullmatch(text) else text


def _whole_number(text: str) -> int | float:
    if text.startswith(("0o", "0x")):
        return int(text, 0)
    try:
        return int(text)
    except ValueError:  # Python reads at most 4300 digits; infinity is refused wherever a number is wanted
        return float(text)


def parse_text(text: str, problems: Problems) -> Any:
    """Parse YAML or JSON to dicts, lists and built-in scalars; lines are stored in ``problems.lines``.

    Args:
        text: The whole file.
        problems: Collects the lines of all paths, and the errors.

    Raises:
        JobFileError: The text cannot be parsed at all, so that nothing else can be said about it.
    """
    # Imported here because job files are one way in of three, and this costs 0.2 s.
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    problems.lines[()] = 1
    try:
        node = YAML(typ="safe", pure=True).compose(_without_tabs(text))
        data = None if node is None else _Builder(problems).build(node, ())
    except RecursionError:
        problems.add((), Message("yaml.too_deep"))
        data = None
    except MarkedYAMLError as err:
        _add_syntax_error(err, text, problems)
        data = None
    except YAMLError as err:  # a character that no YAML may hold
        problems.lines[()] = text.count("\n", 0, getattr(err, "position", 0)) + 1
        problems.add((), Message("yaml.neither", why=_first_line(err)))
        data = None
    if data is None:
        problems.raise_if_any()
    return data


def _first_line(err: Exception) -> str:
    return (str(err).strip().splitlines() or [""])[0].rstrip(".")


def _without_tabs(text: str) -> str:
    """Replace tabs: JSON may be indented by them, YAML may not. JSON strings contain no raw tabs."""
    text = text.removeprefix("\ufeff")
    if "\t" not in text or not text.lstrip().startswith(("{", "[")):
        return text
    try:
        json.loads(text)
    except ValueError:
        return text
    return text.replace("\t", " ")


def _add_syntax_error(err: MarkedYAMLError, text: str, problems: Problems) -> None:
    mark = err.problem_mark or err.context_mark
    line = mark.line + 1 if mark else 1
    begin = err.context_mark.line + 1 if err.context_mark else line
    lines = text.splitlines()
    written = lines[line - 1].strip() if line <= len(lines) else ""
    reason = f"{err.problem or ''} {err.context or ''}".strip()
    if "'\\t'" in reason:
        written = lines[line - 1] if line <= len(lines) else ""
    problems.lines[()] = line
    since = Message("yaml.since", line=begin) if begin != line else ""
    seen = Message("yaml.line", line=written) if written else Message("yaml.end")
    for sign, instead in _SYNTAX:
        if sign in reason:
            problems.add((), Message("yaml.syntax", problem=instead(since), seen=seen))
            return
    problems.add((), Message("yaml.neither_at", seen=seen, why=reason))


_SYNTAX: tuple[tuple[str, Callable[[str], Message]], ...] = (
    ("'\\t'", lambda _: Message("yaml.tab")),
    ("found another document", lambda _: Message("yaml.second_document")),
    (
        "unknown escape character",
        lambda _: Message("yaml.escape"),
    ),
    ("while scanning a quoted scalar", lambda since: Message("yaml.open_quotation", since=since)),
    ("while parsing a flow mapping", lambda since: Message("yaml.open_mapping", since=since)),
    ("while parsing a flow sequence", lambda since: Message("yaml.open_list", since=since)),
    ("flow node", lambda _: Message("yaml.open_braces")),
    ("cannot start any token", lambda _: Message("yaml.special_character")),
    (
        "mapping values are not allowed",
        lambda _: Message("yaml.colon"),
    ),
    ("undefined alias", lambda _: Message("yaml.alias")),
)
"""A part of the parser's reason -> what to say instead, with where it began."""


def _joined(text: str) -> str:
    """Join the surrogate pairs of JSON escapes beyond U+FFFF, which the parser leaves separate."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Builder:
    """Builds data from nodes. Aliased nodes are built at each place, so that every path has its line."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._open: set[int] = set()
        self._n_nodes = 0

    def build(self, node: Node, path: Path) -> Any:
        from ruamel.yaml.nodes import MappingNode, ScalarNode

        self._n_nodes += 1
        if id(node) in self._open or self._n_nodes > _MAX_NODES:
            self._problems.add(path, Message("yaml.endless_anchors"))
            self._problems.raise_if_any()
        if not _STANDARD_TAG.fullmatch(str(node.tag)):
            tag = str(node.tag).replace("tag:yaml.org,2002:", "!!")
            self._problems.add(path, Message("yaml.tag", tag=tag))
            return None
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        self._open.add(id(node))
        try:
            return self._mapping(node, path) if isinstance(node, MappingNode) else self._list(node, path)
        finally:
            self._open.discard(id(node))

    def _scalar(self, node: ScalarNode) -> Any:
        if node.style is None:
            return plain_scalar(node.value)
        return _joined(node.value)

    def _list(self, node: Node, path: Path) -> list[Any]:
        items = []
        for i, child in enumerate(node.value):
            self._problems.lines[(*path, i)] = child.start_mark.line + 1
            items.append(self.build(child, (*path, i)))
        return items

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                merged = {**self._merge(value_node, path), **merged}
                continue
            key = self._key(key_node, path)
            if key is None:
                continue
            line = key_node.start_mark.line + 1
            here = (*path, key)
            if key in data:
                first = self._problems.lines[here]
                self._problems.lines[here] = line
                self._problems.add(here, Message("yaml.key_twice", key=key, first=first))
                self._problems.lines[here] = first
                continue
            self._problems.lines[here] = line
            data[key] = self.build(value_node, here)
        return {**merged, **data}

    def _merge(self, node: Node, path: Path) -> dict[str, Any]:
        """Resolve ``<<: *anchor`` or ``<<: [*a, *b]``; earlier anchors win."""
        built = self.build(node, path)
        parts = built if isinstance(built, list) else [built]
        result: dict[str, Any] = {}
        for part in parts:
            if not isinstance(part, dict):
                self._problems.add(path, Message("yaml.bad_merge", value=part))
                return {}
            result = {**part, **result}
        return result

    def _key(self, node: Node, path: Path) -> str | None:
        from ruamel.yaml.nodes import ScalarNode

        if isinstance(node, ScalarNode) and (node.style is not None or isinstance(plain_scalar(node.value), str)):
            return _joined(node.value)
        line = node.start_mark.line + 1
        written = node.value if isinstance(node, ScalarNode) else "?"
        self._problems.lines[(*path, str(written))] = line
        self._problems.add((*path, str(written)), Message("yaml.key_not_string"))
        return None
