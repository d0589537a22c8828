"""Decide what a new search tries first: the program as it is, an earlier best, usual values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scriptune.core.first_points import FirstPoint
from scriptune.core.job import JobSpec
from scriptune.engine.warm_start import AUTO, NONE, best_of_earlier
from scriptune.errors import NotFoundError
from scriptune.inspection.options_found import ProgramOption
from scriptune.inspection.program_defaults import help_key, program_defaults, read_program_help
from scriptune.search.first_points import exact_value, first_points
from scriptune.search.registry import SAMPLER_REGISTRY
from scriptune.search.usual import USUAL_VALUES_VERSION
from scriptune.storage.base import Storage

__all__ = ["FirstTrials", "first_trials"]

_HERE = "local"  # the executor whose programs are this machine's too
_HELP_KIND = "program_help"  # items: what programs have said, by `help_key`


@dataclass(frozen=True)
class FirstTrials:
    """What a new job stores about its first trials.

    Attributes:
        points: In the order in which they are tried; none for samplers that do not learn.
        usual_values_version: As in `SearchJob`.
    """

    points: tuple[FirstPoint, ...] = ()
    usual_values_version: int | None = None


def first_trials(storage: Storage, spec: JobSpec, seed: int, *, labels: Mapping[str, str]) -> FirstTrials:
    """Choose the first points of a new job; the program may be run with ``--help``, once per version of it.

    Args:
        storage: The database, where answers of programs are kept and earlier jobs are.
        spec: The job.
        seed: Its seed.
        labels: Of the jobs among which an earlier one is looked for.

    Raises:
        NotFoundError: ``search.after`` names a job that is not there.
        ConflictError: It has no trial with a value.
    """
    search = spec.search
    if not SAMPLER_REGISTRY.find(search.sampler).uses_first_points:
        return FirstTrials()
    known = program_defaults(spec, lambda job: _help_of(storage, job))
    space = spec.space
    exact = {
        name: value for name, given in known.values.items() if (value := exact_value(space[name], given)) is not None
    }
    after = search.after or (AUTO if search.seed is None else NONE)
    earlier = best_of_earlier(storage, spec, after, labels=labels)
    points = first_points(
        space,
        exact,
        origins={name: known.origins[name] for name in exact},
        seed=seed,
        usual_values=search.usual_values,
        earlier=None if earlier is None else earlier.params,
        earlier_note="" if earlier is None else earlier.note,
    )
    version = USUAL_VALUES_VERSION if search.usual_values else None
    return FirstTrials(tuple(points), version)


def _help_of(storage: Storage, spec: JobSpec) -> Sequence[ProgramOption]:
    """The options of a program with their defaults; run once per version of its files, and only on this machine."""
    if spec.run.executor.name != _HERE:
        return []
    key = help_key(spec)
    try:
        kept = storage.get_item(_HELP_KIND, key)["defaults"]
    except NotFoundError:
        options = read_program_help(spec)
        kept = [[option.flag, option.default, option.style] for option in options]
        if kept:
            storage.put_item(_HELP_KIND, key, {"defaults": kept})
    return [ProgramOption("", flag, "text", default, style=style) for flag, default, style in kept]
