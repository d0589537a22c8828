"""The one shape of every error."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from scriptune.api.schemas.answer import Answer

__all__ = ["ErrorAnswer", "ErrorBody"]


class ErrorBody(Answer):
    """What went wrong."""

    code: str = Field(description="For programs: job_file, not_found, conflict, permission_denied, ...")
    message: str = Field(description="For people: what happened and what was expected.")
    hint: str | None = Field(description="How to go on, when that is worth a sentence of its own.")
    problems: list[str] | None = Field(
        default=None, description="Every mistake of a job file; each begins with its place. Only with code job_file."
    )


class ErrorAnswer(Answer):
    """The one shape of every error."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"error": {"code": "not_found", "message": "There is no job 'digits'.", "hint": "Known: 'digits-mlp'."}}
            ]
        }
    )

    error: ErrorBody
