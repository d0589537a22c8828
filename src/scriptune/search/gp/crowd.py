"""Which pending points a model is conditioned on when there are many.

A suggestion costs the square of their number: 1.5 s of cpu at 1,000, most of it for points that have no bearing on it.
Of more than 100 a model sees 50 that are nearest to the incumbent, where it would propose again what is running, and
the 50 oldest of the others, which are spread like the search itself. The choice does not depend on their order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scriptune.search.encoding import Array

__all__ = ["MAX_PENDING", "chosen_pending"]

MAX_PENDING = 100
"""Pending points that a model is conditioned on."""


def chosen_pending(distances: Array, numbers: Sequence[int] | None) -> npt.NDArray[np.intp]:
    """Positions of the pending points that count, ascending.

    Args:
        distances: From the incumbent, in the model's own metric, in the canonical order of the points; shape (m,).
        numbers: Their trial numbers. None if they are not known: then points at equal distances in the canonical order
            take the place of the oldest.
    """
    m = len(distances)
    if m <= MAX_PENDING:
        return np.arange(m)
    n_near = MAX_PENDING // 2
    by_distance = np.argsort(distances, kind="stable")
    others = np.sort(by_distance[n_near:])
    if numbers is None:
        old = others[np.linspace(0, len(others) - 1, MAX_PENDING - n_near).astype(np.intp)]
    else:
        old = others[np.argsort(np.array(numbers)[others], kind="stable")[: MAX_PENDING - n_near]]
    return np.sort(np.concatenate([by_distance[:n_near], old]))
