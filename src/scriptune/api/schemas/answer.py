"""What all models of answers are made of."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Answer", "Notice", "Scalar"]

Scalar = bool | int | float | str


class Answer(BaseModel):
    """A model of an answer."""

    model_config = ConfigDict(frozen=True)


class Notice(Answer):
    """Something to know that is not an error."""

    code: str = Field(description="What it is, for programs.", examples=["parameters_unread"])
    params: dict[str, Any] = Field(description="What the message names.")
    message: str = Field(description="In English, made from code and params.")
