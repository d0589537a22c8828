"""Entry points of installed packages: which plug-ins there are, before any of them is imported.

A package names its plug-ins in its own ``pyproject.toml``::

    [project.entry-points."scriptune.samplers"]
    halton = "my_package.halton:HaltonSampler"

Reading them costs some milliseconds, since every installed package is examined. So it is done when a name is not built
in, or when a list is asked for, and once per process.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = ["GROUPS", "InstalledPlugin", "installed_plugins"]

GROUPS = {
    "sampler": "scriptune.samplers",
    "executor": "scriptune.executors",
    "stopping_rule": "scriptune.stopping_rules",
}
"""The entry point group of each kind."""


@dataclass(frozen=True)
class InstalledPlugin:
    """A plug-in as its package declares it.

    Attributes:
        kind: A key of `GROUPS`.
        name: As in a job file; "" when the declaration cannot be read.
        target: ``module:class``.
        package, version: What is installed.
    """

    kind: str
    name: str
    target: str
    package: str
    version: str


def installed_plugins(kind: str) -> Sequence[InstalledPlugin]:
    """The plug-ins of a kind, by name, then package. None of them is imported."""
    return _installed(kind, tuple(sys.path))


@cache
def _installed(kind: str, path: tuple[str, ...]) -> Sequence[InstalledPlugin]:
    """The same for a search path, which is what the answer depends on."""
    from importlib.metadata import distributions  # here, so that only those who ask pay for it

    found: list[InstalledPlugin] = []
    seen: set[str] = set()
    for distribution in distributions(path=list(path)):
        points = _points(distribution, GROUPS[kind])
        if points:
            package, version = _identity(distribution)
            # One package may be found twice on the path; the first is the one that is imported.
            if package.lower() not in seen:
                found += [InstalledPlugin(kind, name, target, package, version) for name, target in points]
            seen.add(package.lower())
    return sorted(found, key=lambda plugin: (plugin.name, plugin.package))


def _points(distribution: Distribution, group: str) -> Sequence[tuple[str, str]]:
    """Name and target of a package's plug-ins; both empty when it has some that cannot be read."""
    try:
        text = distribution.read_text("entry_points.txt") or ""
    except (OSError, UnicodeDecodeError):
        return ()
    if group not in text:
        return ()
    try:
        return [(point.name, point.value) for point in distribution.entry_points.select(group=group)]
    except Exception:  # noqa: BLE001 - whatever a damaged file does to the parser
        return [("", "")]


def _identity(distribution: Distribution) -> tuple[str, str]:
    """Name and version of a package; of a damaged installation what is left of them."""
    try:
        return str(distribution.metadata["Name"]), str(distribution.metadata["Version"])
    except Exception:  # noqa: BLE001 - as above
        return "?", "?"
