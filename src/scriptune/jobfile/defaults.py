"""The defaults of a job file, for front ends that show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scriptune.core.job import Reduction, SearchSpec
from scriptune.jobfile.schema import RunSection

__all__ = ["JobFileDefaults", "job_file_defaults"]


@dataclass(frozen=True)
class JobFileDefaults:
    """The default values of a job file's sections.

    Attributes:
        objective, search, run: By key of this section; None where nothing is limited or counted.
    """

    objective: Mapping[str, Any]
    search: Mapping[str, Any]
    run: Mapping[str, Any]


def job_file_defaults() -> JobFileDefaults:
    """Collect the defaults from the dataclasses and sections."""
    search = SearchSpec()
    return JobFileDefaults(
        objective={"reduce": str(Reduction.BEST)},
        search={
            "sampler": search.sampler,
            "trials": search.trials,
            "allow_duplicates": search.allow_duplicates,
            "usual_values": search.usual_values,
            "ordered": search.ordered,
        },
        run=RunSection().model_dump(mode="json"),
    )
