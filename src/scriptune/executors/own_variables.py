"""The environment variables that scriptune sets for every program."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ADDED", "FACTS", "OWN_PREFIX", "fact_variable", "is_own"]

FACTS = ("trial_dir", "trial", "job_id", "seed", "attempt")
"""Placeholders that are not parameters; a parameter of the same name goes first."""

OWN_PREFIX = "SCRIPTUNE_"
"""Of the variables that hold them."""

# Python holds printed text back when it writes to a file; metrics must be seen while it runs. Tables that fit 80
# columns put the name and the value on two lines.
ADDED: Mapping[str, str | None] = {"PYTHONUNBUFFERED": "1", "COLUMNS": "400"}


def is_own(name: str, value: str | None) -> bool:
    """Whether a variable was set by scriptune rather than by the user."""
    return name.startswith(OWN_PREFIX) or (name in ADDED and value == ADDED[name])


def fact_variable(name: str) -> str:
    """The environment variable that holds one of `FACTS`."""
    return f"{OWN_PREFIX}{name.upper()}"
