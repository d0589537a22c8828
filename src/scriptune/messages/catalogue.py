"""The message catalogues, one per language, and how parameters are formatted into their texts.

A catalogue is a TOML file with a table per area: the code ``space.min_above_max`` is the key ``min_above_max`` of the
table ``space``. In a text, ``{name}`` is replaced by a parameter in words, ``{name!r}`` by its ``repr``, ``{n:,}`` by a
number with separators or a list with commas only, and ``{n:trial|trials}`` by the first word when ``n`` is 1, else by
the second. The console renders the same texts (``console/src/i18n/messages.ts``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from json import loads
from pathlib import Path
from string import Formatter
from typing import Any

__all__ = ["JOINED", "LANGUAGES", "catalogue", "codes", "fields", "has_text", "render"]

LANGUAGES = ("en", "zh")
"""Each has a catalogue."""

JOINED = ("sentences", "lines", "clauses")
"""Codes of messages that are several: their parameter ``items`` is joined as the table ``joined`` says."""

_FORMATTER = Formatter()

# All that the catalogues use of TOML, where a string in double quotes is one of JSON. A command that says one sentence
# would wait ten times as long for tomllib.
_LINE = re.compile(r'^(?:\[(?P<area>\w+)\]|(?P<name>\w+) = (?P<text>".*"))$', re.M)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """The texts of one language by code; read when the first message is made, since most commands make none."""
    texts, area = {}, ""
    for line in _LINE.finditer(Path(__file__).with_name(f"{language}.toml").read_text("utf-8")):
        if line["area"]:
            area = line["area"]
        else:
            texts[f"{area}.{line['name']}"] = loads(line["text"]) if "\\" in line["text"] else line["text"][1:-1]
    return texts


def codes() -> tuple[str, ...]:
    """Every message code, in the order of the catalogue."""
    return tuple(code for code in catalogue("en") if not code.startswith("joined."))


def fields(text: str) -> frozenset[str]:
    """The names of the parameters that a text contains."""
    return frozenset(name for _, name, _, _ in _FORMATTER.parse(text) if name is not None)


def has_text(code: str, params: Mapping[str, Any], language: str = "en") -> bool:  # Any: JSON values and messages
    """Whether a code is known and all parameters of its text are given."""
    if code in JOINED:
        return isinstance(params.get("items"), list)
    text = catalogue(language).get(code)
    return text is not None and fields(text) <= params.keys()


def render(code: str, params: Mapping[str, Any], language: str = "en") -> str:
    """Render a message in a language.

    Never fails: a database or server of a newer version may know codes and parameters that this one does not.

    Args:
        code: A key of the catalogue, or one of `JOINED`.
        params: What the text names: JSON values, or messages, which are rendered in the same language.
        language: One of `LANGUAGES`.
    """
    if not has_text(code, params, language):
        return f"{code}: {dict(params)!r}" if params else code
    texts = catalogue(language)
    if code in JOINED:
        return texts[f"joined.{code}"].join(_words(item, language) for item in params["items"])
    return "".join(
        literal + ("" if name is None else _shown(params[name], spec or "", conversion, language))
        for literal, name, spec, conversion in _FORMATTER.parse(texts[code])
    )


def _shown(value: Any, spec: str, conversion: str | None, language: str) -> str:  # Any: a JSON value or a message
    if spec == "," and isinstance(value, list):
        comma = catalogue(language)["joined.comma"]
        return comma.join(_shown(item, "", conversion, language) for item in value)
    if conversion == "r" and not hasattr(value, "in_language"):
        return repr(str(value)) if isinstance(value, str) else repr(value)
    if "|" in spec:
        one, _, many = spec.partition("|")
        return one if value == 1 else many
    if spec == ",":
        return f"{value:,}" if isinstance(value, (int, float)) else str(value)
    return _words(value, language)


def _words(value: Any, language: str) -> str:  # Any: a JSON value or a message
    """Format a value for a text: a message in the language, a list in words, a configuration as ``name=value``."""
    in_language = getattr(value, "in_language", None)
    if in_language is not None:
        return str(in_language(language))
    comma, last_comma = (catalogue(language)[f"joined.{name}"] for name in ("comma", "and"))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={item}" for name, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        *first, last = [_words(item, language) for item in value] or [""]
        return f"{comma.join(first)}{last_comma}{last}" if first else last
    return str(value)
