"""Format a value so that the program reads back the same value and type.

    type    argument    JSON, YAML, TOML    Hydra
    float   1.0 1e-05   1.0 1.0e-05         1.0 1e-05
    int     3           3                   3
    bool    True        true                True
    str     as it is    as it is            quoted when Hydra would read something else

Floats are Python's shortest text that reads back as the same number, and never look like an integer. In
files they always have a point, since YAML 1.1 (PyYAML) takes ``1e-05`` for a text. ``True`` and ``False`` are
what Python prints and what ModelArts passes; converters that people write for argparse accept them, and
click and Hydra do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePath

from scriptune.core.parameters import Scalar

__all__ = ["as_argument", "as_hydra", "as_literal", "writer_for"]

_LITERAL_SUFFIXES = frozenset({".json", ".yaml", ".yml", ".toml"})

# What Hydra's override grammar takes as one unquoted text: no blanks, brackets, commas, quotes or "=".
_HYDRA_PLAIN = re.compile(r"[A-Za-z_/.\-][\w/.\-+%*@?|:]*", re.ASCII)
_HYDRA_OTHER_TYPE = re.compile(r"[-+]?(true|false|null|inf|nan|[.\d].*)", re.IGNORECASE)


def as_argument(value: Scalar) -> str:
    """Format a value for a command line or an environment variable."""
    return value if isinstance(value, str) else repr(value)


def as_literal(value: Scalar) -> str:
    """Format a value for a file format with its own numbers and booleans."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        mantissa, mark, exponent = repr(value).partition("e")
        return f"{mantissa}.0{mark}{exponent}" if mark and "." not in mantissa else repr(value)
    return as_argument(value)


def as_hydra(value: Scalar) -> str:
    """Format a value for the right side of a Hydra override."""
    if not isinstance(value, str):
        return as_argument(value)
    if _HYDRA_PLAIN.fullmatch(value) and not _HYDRA_OTHER_TYPE.fullmatch(value):
        return value
    # In Hydra's quoted texts a backslash means something only before a quote, or before such a backslash.
    escaped = re.sub(r"(\\*)'", lambda match: match[1] * 2 + r"\'", value)
    trailing = len(escaped) - len(escaped.rstrip("\\"))
    return f"'{escaped}{escaped[len(escaped) - trailing :]}'"


def writer_for(name: str) -> Callable[[Scalar], str]:
    """The function that formats values for a file with this name."""
    return as_literal if PurePath(name).suffix.lower() in _LITERAL_SUFFIXES else as_argument
