"""First points: the configurations that a search tries before a model has learned anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from scriptune.core.space import Params
from scriptune.messages import Message

__all__ = ["FirstPoint", "Origin"]


class Origin(StrEnum):
    """Where a value of a first point comes from."""

    YOURS = "yours"  # a `default` of the job
    HELP = "help"  # what the program's --help or parser says
    TEMPLATE = "template"  # a config template
    ARGUMENT = "argument"  # an argument of the command
    USUAL = "usual"  # the table of usual values
    EARLIER = "earlier"  # the best configuration of an earlier job
    CENTRE = "centre"  # of the range
    RANDOM = "random"  # a category drawn with the job's seed


_DEFAULTS = frozenset({Origin.YOURS, Origin.HELP, Origin.TEMPLATE, Origin.ARGUMENT})


@dataclass(frozen=True)
class FirstPoint:
    """One of the configurations that a search tries first.

    Attributes:
        params: The configuration.
        origin: Where each value comes from.
        note: Why it is tried, for people.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("reason",)

    params: Params
    origin: Mapping[str, Origin] = field(default_factory=dict)
    note: str = ""

    @property
    def reason(self) -> Message | None:
        """The note as code and parameters; None if it has no code."""
        return self.note if isinstance(self.note, Message) else None

    @property
    def has_defaults(self) -> bool:
        """Whether a value is a default: the user's or the program's own."""
        return not _DEFAULTS.isdisjoint(self.origin.values())
