"""Grid search: every combination of a few values per parameter, in order.

Parameters with finitely many values (choices, integers, steps) are listed completely: anyone who names values wants
them tried. Continuous ones get ``resolution`` values at equal distances on their own (linear or logarithmic) scale,
both ends included. Values that a condition names are always part of the grid, so that every branch is visited. The last
parameter varies fastest. Before all that, the user's defaults are tried, on the grid or not. When the budget is smaller
than the grid, its last points are left out; `GridSampler.plan` says so beforehand.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

import numpy as np

from scriptune.core.parameters import Categorical, Parameter, Scalar
from scriptune.core.space import Params, SearchSpace, params_key
from scriptune.core.trial import Phase, Suggestion
from scriptune.errors import SpaceExhaustedError
from scriptune.messages import Message
from scriptune.plugins.options import option
from scriptune.search.base import BaseSampler
from scriptune.search.encoding import Encoding
from scriptune.search.initial import default_params, untried_defaults
from scriptune.search.pending import Key, Pending, taken_keys

__all__ = ["GridOptions", "GridPlan", "GridSampler", "grid_space", "is_listed"]

_MAX_LISTED = 10_000  # values of a parameter; more would take longer to list than any search to try
_MAX_STEPS = 300_000  # values looked at for points that satisfy the constraints: some seconds
_MAX_WALKED = 100_000  # points that are counted one by one to name the last one
_DEFAULT_RESOLUTION = 5  # without a budget to fit: few enough for three parameters in 125 trials
_MAX_RESOLUTION = 10  # with a budget: beyond ten values a grid only repeats what it knows of one axis


@dataclass(frozen=True)
class GridOptions:
    """Options of grid search."""

    resolution: int | None = option(
        None,
        "sampler_option.grid_resolution",
        low=1,
        high=10_000,
    )


@dataclass(frozen=True)
class GridPlan:
    """How much of the grid fits into a budget.

    Attributes:
        n_points: Points of the grid and, when they are not among them, the defaults; None: more than can be counted.
        last: The last point within the budget; None when it reaches all, or more than are walked to find out.
    """

    n_points: int | None
    last: Params | None


class GridSampler(BaseSampler):
    """Proposes the points of the grid in order, ignoring results."""

    name: ClassVar[str] = "grid"
    options_class: ClassVar[type] = GridOptions
    brings_defaults: ClassVar[bool] = True

    def prepare(self) -> None:
        lists_all = self.rules > 1
        resolution = self.options.resolution or _fitting_resolution(self.space, self.n_trials, lists_all=lists_all)
        self.grid = grid_space(self.space, resolution, lists_all=lists_all)
        self._defaults = default_params(Encoding(self.space), self.seed)
        # What is told stays told, so the walk continues behind it: from the start for every ask, 7,000 took minutes.
        self._points = self.grid.enumerate(_MAX_STEPS)
        self._ahead: deque[tuple[Key, Params]] = deque()

    def plan(self, n_trials: int) -> GridPlan:
        """Compute how much of the grid fits into a budget of trials."""
        size = self.grid.size()
        is_on_grid = all(value in _choices(self.grid[name]) for name, value in self._defaults.items())
        beside = int(self.space.has_defaults and not is_on_grid)
        n_points = None if size is None else size + beside
        n_walked = n_trials - beside
        is_cut = n_points is None or n_points > n_trials
        last = (
            next(islice(self.grid.enumerate(_MAX_STEPS), n_walked - 1, None))
            if is_cut and 0 < n_walked <= _MAX_WALKED
            else None
        )
        return GridPlan(n_points, last)

    def propose(self, number: int, pending: Pending) -> Suggestion:  # noqa: ARG002 - a sampler's signature
        """Propose the user's defaults, then the first grid point that is neither told nor pending.

        Raises:
            SpaceExhaustedError: The grid is done.
        """
        taken = taken_keys(self.told_keys, pending)
        defaults = untried_defaults(self.name, self.space, self._defaults, taken)
        if defaults is not None:
            return defaults
        while self._ahead and self._ahead[0][0] in self.told_keys:
            self._ahead.popleft()
        for key, params in self._untold():
            if key not in taken:
                return Suggestion(dict(params), self.name, Phase.INITIAL, note=Message("note.next_grid_point"))
        raise SpaceExhaustedError(
            Message("sampler.grid_exhausted", size=self.grid.size()),
            hint=Message("sampler.refine_grid"),
        )

    def _untold(self) -> Iterator[tuple[Key, Params]]:
        """Iterate over the grid points and their keys, starting at the first one that was not told."""
        yield from self._ahead
        for params in self._points:
            self._ahead.append((params_key(params), params))
            yield self._ahead[-1]


def grid_space(space: SearchSpace, resolution: int, *, lists_all: bool = True) -> SearchSpace:
    """Replace every parameter of a space by a list of its grid values.

    Args:
        space: The space.
        resolution: Values per continuous parameter, at least 1. Parameters with a list of values, integers and
            steps among them, keep every value (see `is_listed`).
        lists_all: False: only up to ``resolution`` of them, the rule of 0.1.0.
    """
    encoding = Encoding(space)
    named: dict[str, list[Scalar]] = {name: [] for name in space}
    for conditions in space.conditions.values():
        for parent, values in conditions.items():
            named[parent] += values
    return SearchSpace(
        {name: _grid_parameter(encoding, name, resolution, named[name], lists_all=lists_all) for name in space},
        [constraint.text for constraint in space.constraints],
        fixed=space.fixed,
    )


def _choices(parameter: Parameter) -> Sequence[Scalar]:
    assert isinstance(parameter, Categorical), parameter  # as all are in a grid
    return parameter.choices


def is_listed(parameter: Parameter) -> bool:
    """Whether the grid contains every value of a parameter: there are finitely many, and few enough to list."""
    return parameter.n_values is not None and parameter.n_values <= _MAX_LISTED


def _grid_parameter(
    encoding: Encoding, name: str, resolution: int, named: Sequence[Scalar], *, lists_all: bool
) -> Parameter:
    parameter = encoding.space[name]
    if isinstance(parameter, Categorical):
        return parameter
    n_values = parameter.n_values
    if n_values is not None and (is_listed(parameter) if lists_all else n_values <= resolution):
        values = {parameter.nth(i) for i in range(n_values)}
    else:
        # A single value is the middle one; more include both ends.
        places = np.linspace(0.0, 1.0, resolution) if resolution > 1 else np.array([0.5])
        values = {encoding.decode_value(name, float(u)) for u in places}  # type: ignore[misc]  # numbers here
    values.update(named)  # type: ignore[arg-type]  # legal values of this numeric parameter
    return Categorical(sorted(values), when=parameter.when)


def _fitting_resolution(space: SearchSpace, n_trials: int | None, *, lists_all: bool) -> int:
    """The finest resolution (at least 2) at which grid and defaults fit the budget."""
    if n_trials is None:
        return _DEFAULT_RESOLUTION
    n_trials -= space.has_defaults
    for resolution in range(_MAX_RESOLUTION, 2, -1):
        if grid_space(space, resolution, lists_all=lists_all).size(limit=n_trials) is not None:
            return resolution
    return 2
