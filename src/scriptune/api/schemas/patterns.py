"""What regexes capture in a text."""

from __future__ import annotations

from pydantic import Field

from scriptune.api.schemas.answer import Answer

__all__ = ["PatternTest", "Proposal", "TextCapture"]


class TextCapture(Answer):
    """One capture of a regex in a text."""

    metric: str
    line_no: int = Field(description="From 1.")
    line: str = Field(description="Cleaned of escape sequences.")
    start: int = Field(description="Place of the capture in `line`, in characters.")
    end: int
    text: str
    value: float | None
    step: float | None
    problem: str | None = Field(description="Why it is refused.")
    offset: int
    unit: str = Field(description="The letters or the sign right after the number, as printed; empty without one.")


class PatternTest(Answer):
    """What a regex captures in a text, as a trial's log would be read."""

    text: str = Field(description="The text as the captures' lines and columns count it.")
    captures: list[TextCapture]


class Proposal(Answer):
    """A proposed regex, proven on the text."""

    regex: str
    text: str = Field(description="The text as the captures' lines and columns count it.")
    captures: list[TextCapture]
