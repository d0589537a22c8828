"""Import descriptions of other tools in tests."""

from __future__ import annotations

from collections.abc import Mapping

from scriptune.jobfile.importers import Draft, import_description
from scriptune.messages import Message

__all__ = ["codes", "imported"]


def imported(text: str, tool: str, beside: Mapping[str, str] | None = None, operation: str = "") -> Draft:
    """The draft of a description, which has to be recognised as that of a tool."""
    found, draft = import_description(text, file="theirs.yaml", operation=operation, read_beside=(beside or {}).get)
    assert found == tool
    for note in draft.notes:
        assert isinstance(note.message, Message)
        assert note.place
    return draft


def codes(draft: Draft, kind: str) -> set[str]:
    """The codes of the notes of a kind."""
    return {note.message.code for note in draft.notes if note.kind == kind and isinstance(note.message, Message)}
