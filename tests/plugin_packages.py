"""Installed packages with plug-ins, made for one test: what pip would write, in a folder of the search path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

SAMPLER = '''
"""A sampler in a package of its own."""
from dataclasses import dataclass

import numpy as np

from scriptune.core.trial import Phase, Suggestion
from scriptune.plugins.options import option
from scriptune.search.base import BaseSampler
from scriptune.search.encoding import Encoding
from scriptune.search.free import any_free
from scriptune.search.pending import taken_keys


@dataclass(frozen=True)
class Options:
    power: float = option(1.0, "How much it prefers low values.", low=0.0)


class Low(BaseSampler):
    """Draws low values.

    The rest of the docstring is for readers of the code.
    """

    name = "low"
    options_class = Options

    def propose(self, number, pending):
        rng = np.random.default_rng([self.seed, number])
        params = any_free(Encoding(self.space), taken_keys(self.told_keys, pending), rng)
        return Suggestion(params, self.name, Phase.INITIAL, note="Drawn at random.")
'''
"""The source of a sampler named ``low``."""


def install(
    folder: Path, package: str, points: Mapping[str, Mapping[str, str]], modules: Mapping[str, str] | None = None
) -> None:
    """Write a package and its metadata into a folder.

    Args:
        folder: Of the search path.
        package: Its name.
        points: Entry points: group -> name -> target.
        modules: Module name -> source.
    """
    info = folder / f"{package.replace('-', '_')}-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(
        "".join(
            f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in targets.items())
            for group, targets in points.items()
        )
    )
    for name, source in (modules or {}).items():
        (folder / f"{name}.py").write_text(source)


STOPPING_RULE = '''
"""A stopping rule in a package of its own."""
from dataclasses import dataclass

from scriptune.core.decision import Decision
from scriptune.plugins.options import option


@dataclass(frozen=True)
class Options:
    slack: float = option(0.0, "How much worse than the best a trial may be.", low=0.0)


class OnlyTheBest:
    """Stops whatever is worse than the best at a rung.

    Rungs are the powers of two in the first two thirds of a training.
    """

    options_class = Options

    def __init__(self, options, *, max_step, seed):
        self._options, self._max_step, self._best = options, max_step, {}

    @property
    def rungs(self):
        return tuple(2**k for k in range(10) if 2**k <= 0.7 * (self._max_step or 0))

    def record(self, number, step, value, protected=False):
        rung = max(rung for rung in self.rungs if rung <= step)
        best = self._best[rung] = min(value, self._best.get(rung, value))
        return Decision.CONTINUE if protected or value <= best + self._options.slack else Decision.STOP

    def finish(self, number, step, completed):
        if completed and self._max_step is None:
            self._max_step = int(step)
'''
"""The source of a stopping rule named ``strict``."""
