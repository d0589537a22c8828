"""What a launcher says, to be read as `scriptune.messages` by those who show it.

Neither texts nor catalogue are read here: a launcher must end well whatever becomes of our files while it runs.
"""

from __future__ import annotations

from typing import Any, TypeAlias

__all__ = ["Note", "note"]

Note: TypeAlias = dict[str, Any]
"""What `scriptune.messages.message_from_json` reads."""


def note(code: str, **params: Any) -> Note:
    """A message of the catalogue; without a text, its code stands for it."""
    return {"code": code, "params": params, "message": code}
