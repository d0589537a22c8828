"""Confirmations: jobs that run the best configurations of a search again."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Confirms"]


@dataclass(frozen=True)
class Confirms:
    """What a confirmation runs again.

    Attributes:
        job_id: The search.
        numbers: Its trials whose configurations are run again, the best first.
        seed: The parameter that passes a seed of ours; None: the program draws its own.
    """

    job_id: str
    numbers: tuple[int, ...]
    seed: str | None = None
