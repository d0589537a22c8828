"""Samplers, access keys, and the server itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from scriptune.api.schemas.answer import Answer

__all__ = [
    "AccessKeyCreated",
    "AccessKeyList",
    "AccessKeyRow",
    "Health",
    "OptionRow",
    "RevokedSessions",
    "SamplerRow",
    "Session",
    "SessionList",
    "System",
    "Whoami",
]


class OptionRow(Answer):
    """One option of a sampler."""

    name: str
    type: str
    default: Any
    allowed: str
    help: str
    source: str


class SamplerRow(Answer):
    """One sampler with its options."""

    name: str
    description: str
    options: list[OptionRow]


class AccessKeyRow(Answer):
    """An access key without its secret."""

    access_key: str
    project: str
    role: str
    name: str
    created_at: datetime


class AccessKeyList(Answer):
    """The access keys."""

    items: list[AccessKeyRow]


class AccessKeyCreated(AccessKeyRow):
    """A new access key; the secret is never shown again."""

    secret_key: str


class Session(Answer):
    """A browser that is signed in."""

    id: str
    browser: str = Field(description="What it calls itself.")
    created_at: datetime
    expires_at: datetime
    is_current: bool = Field(description="The one that asks.")


class SessionList(Answer):
    """The browsers that are signed in, the oldest session first."""

    items: list[Session]


class RevokedSessions(Answer):
    """How many sessions were revoked."""

    revoked: int


class Health(Answer):
    """Alive."""

    status: str = Field(examples=["ok"])
    version: str


class Whoami(Answer):
    """Who the server takes the caller for."""

    kind: str = Field(description="`token`, `cookie` or `key`.")
    role: str = Field(description="`admin`, `operator` or `viewer`.")
    project: str | None


class System(Answer):
    """The machine and the installation."""

    version: str
    python: str
    hostname: str
    home: str
    database: str = Field(description="Its URL without the password.")
    cpus: int
    load_average: tuple[float, float, float]
    memory_bytes: int
    memory_available_bytes: int
    disk_free_bytes: int = Field(description="Where the home lies.")
    gpus: list[str] = Field(description="Identifiers of the GPUs that trials can be given.")
    max_parallel: int | None
    who: Whoami
