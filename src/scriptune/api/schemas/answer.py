"""What all models of answers are made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Answer", "Scalar"]

Scalar = bool | int | float | str


class Answer(BaseModel):
    """A model of an answer."""

    model_config = ConfigDict(frozen=True)
