"""The OpenAPI document as one HTML page without a script: works offline and under the strictest policy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from starlette.responses import HTMLResponse

from scriptune.api.pages import page

__all__ = ["docs_page"]

_METHODS = ("get", "post", "put", "patch", "delete")
_INTRO = (
    "<p>Every request but <code>GET /api/v1/health</code> needs <code>Authorization: Bearer TOKEN</code> with the "
    "content of the file <code>token</code> in the server's home, or an access key as "
    '<code>ACCESS_KEY.SECRET_KEY</code>. For programs: <a href="{root}/api/v1/openapi.json">openapi.json</a>.</p>'
)


def docs_page(openapi: Mapping[str, Any], root_path: str) -> HTMLResponse:
    """All routes by topic, with parameters, bodies, answers and examples, as an HTML page."""
    by_tag: dict[str, list[str]] = {}
    for path, operations in openapi["paths"].items():
        for method in _METHODS:
            if method in operations:
                tag = operations[method].get("tags", ["other"])[0]
                by_tag.setdefault(tag, []).append(_operation(openapi, method, path, operations[method]))
    body = _INTRO.format(root=escape(root_path))
    body += "".join(f"<h2>{escape(tag)}</h2>{''.join(parts)}" for tag, parts in by_tag.items())
    body += "<h2>Shapes</h2>" + "".join(_shape(openapi, name) for name in openapi["components"]["schemas"])
    return page(f"scriptune REST API {openapi['info']['version']}", body)


def _operation(openapi: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code> ({p['in']})</td><td>{escape(_type(p['schema']))}</td>"
        f"<td>{escape(p.get('description', ''))}</td></tr>"
        for p in operation.get("parameters", ())
    )
    text = f"<p>{escape(operation.get('description', ''))}</p>" + (f"<table>{rows}</table>" if rows else "")
    body = _json_schema(operation.get("requestBody", {}))
    if body:
        text += f"<p>Body: {_linked(body)}</p>" + _example(openapi, body)
    for status, response in operation.get("responses", {}).items():
        schema = _json_schema(response)
        if status.startswith("2"):
            text += f"<p>Answers {status}" + (f": {_linked(schema)}" if schema else "") + "</p>"
    title = (
        f'<span class="m">{method.upper()}</span> <code>{escape(path)}</code> {escape(operation.get("summary", ""))}'
    )
    return f"<details><summary>{title}</summary>{text}</details>"


def _json_schema(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = holder.get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def _example(openapi: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    shapes = [_resolved(openapi, part) for part in schema.get("anyOf", [schema])]
    examples = [example for shape in shapes for example in shape.get("examples") or _example_of_fields(shape)]
    return "".join(f"<pre>{escape(json.dumps(example, indent=1))}</pre>" for example in examples)


def _example_of_fields(shape: Mapping[str, Any]) -> list[dict[str, Any]]:
    """An example object, composed of the examples of its fields."""
    fields = {name: entry["examples"][0] for name, entry in shape.get("properties", {}).items() if "examples" in entry}
    return [fields] if fields else []


def _resolved(openapi: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = openapi["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _shape(openapi: Mapping[str, Any], name: str) -> str:
    schema = openapi["components"]["schemas"][name]
    rows = "".join(
        f"<tr><td><code>{escape(key)}</code></td><td>{_linked(entry)}</td>"
        f"<td>{escape(entry.get('description', ''))}</td></tr>"
        for key, entry in schema.get("properties", {}).items()
    )
    values = f"<p>{escape(', '.join(map(str, schema['enum'])))}</p>" if "enum" in schema else ""
    about = f"<p>{escape(schema.get('description', ''))}</p>"
    return (
        f'<details id="{escape(name)}"><summary>{escape(name)}</summary>{about}{values}<table>{rows}</table></details>'
    )


def _linked(schema: Mapping[str, Any]) -> str:
    text = escape(_type(schema))
    for name in _names(schema):
        text = text.replace(escape(name), f'<a href="#{escape(name)}">{escape(name)}</a>', 1)
    return text


def _names(schema: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        yield schema["$ref"].rpartition("/")[2]
    for part in [*schema.get("anyOf", ()), *filter(None, [schema.get("items")])]:
        yield from _names(part)


def _type(schema: Mapping[str, Any]) -> str:
    """Describe a JSON schema in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(_type(part) for part in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    return str(schema.get("format") or schema.get("type", "anything"))
