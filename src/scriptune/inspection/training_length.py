"""How long a training is, from one run of the program: what stopping rules call ``max_step``."""

from __future__ import annotations

__all__ = ["training_length"]

_LEAST = 3  # values: with fewer there is hardly a step at which trials can be compared before their end


def training_length(n_values: int, last_step: float | None = None) -> int | None:
    """The proposal for ``stopping.max_step``; None when the program prints too few values for stopping to help.

    Args:
        n_values: How many values of the objective a whole run printed.
        last_step: The highest step that it printed with them; None if it prints no steps, which are then counted.
    """
    if n_values < _LEAST:
        return None
    return n_values if last_step is None else max(1, round(last_step))
