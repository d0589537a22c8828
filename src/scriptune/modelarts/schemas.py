"""Request bodies, as far as they are used. Unknown fields are accepted: the client's models have many.

Numbers of a search configuration arrive as texts (``"0.001"``) and stay texts here; bare numbers are accepted too.
"""

from __future__ import annotations

import ast
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = [
    "ActionBody",
    "AdvancedConfig",
    "AlgoConfig",
    "AlgoParam",
    "AlgorithmBody",
    "AlgorithmMetadata",
    "AutoSearch",
    "AutoStop",
    "BatchDeleteBody",
    "ChangeJobBody",
    "Channel",
    "Constraint",
    "HyperParameter",
    "JobAlgorithm",
    "JobConfig",
    "JobFilterBody",
    "JobMetadata",
    "JobReference",
    "JobSearchBody",
    "JobToDelete",
    "Policies",
    "Resource",
    "RewardAttr",
    "SearchParam",
    "Spec",
    "TrainingJobBody",
]


def _as_text(value: Any) -> Any:
    """Convert a number or boolean to a string, as documented; other values are unchanged."""
    return str(value) if isinstance(value, (bool, int, float)) else value


def _as_list(value: Any) -> Any:
    """Parse a list that the client has turned into the string ``"['16', '32']"``."""
    if not isinstance(value, str):
        return value
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(value)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(found, (list, tuple)):
            return list(found)
    return [part.strip() for part in value.split(",") if part.strip()]


_Text = Annotated[str, BeforeValidator(_as_text)]
_Texts = Annotated[list[_Text], BeforeValidator(_as_list)]
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_Description = Annotated[str, Field(max_length=256)]


class _VendorBody(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Echoed(_VendorBody):
    """A part of a request that is echoed in answers, including unused fields."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Constraint(_Echoed):
    """The constraint on a hyperparameter's value."""

    type: _Text | None = None
    editable: bool = True
    required: bool = False
    valid_type: _Text | None = None
    valid_range: _Texts | None = None


class HyperParameter(_Echoed):
    """A hyperparameter of an algorithm, or its value in a job."""

    name: _Name
    value: _Text | None = None
    constraint: Constraint | None = None


class RewardAttr(_Echoed):
    """A metric."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    mode: Literal["max", "min"] = "max"
    regex: str | None = None


class SearchParam(_Echoed):
    """The range of a searched hyperparameter."""

    name: _Name
    param_type: str | None = None
    lower_bound: _Text | None = None
    upper_bound: _Text | None = None
    discrete_points_num: _Text | None = None
    discrete_values: _Texts | None = None


class AlgoParam(_Echoed):
    """One option of a search algorithm."""

    key: str
    value: _Text | None = None


class AlgoConfig(_Echoed):
    """A search algorithm and its options."""

    name: str
    params: list[AlgoParam] | None = None


class AutoSearch(_VendorBody):
    """The search configuration, which makes a training job a search."""

    reward_attrs: list[RewardAttr] | None = None
    search_params: list[SearchParam] | None = None
    algo_configs: list[AlgoConfig] | None = None


class Channel(_VendorBody):
    """An input or output: a name, and where its data is."""

    name: _Name
    access_method: _Text | None = None
    local_dir: _Text | None = None
    remote: dict[str, Any] | None = None

    @property
    def url(self) -> str | None:
        """The location of the data as sent; None if not given."""
        remote = self.remote or {}
        for key, field in (("obs", "obs_url"), ("dataset", "obs_url")):
            place = remote.get(key)
            if isinstance(place, dict) and place.get(field):
                return str(place[field])
        return None


class AlgorithmMetadata(_VendorBody):
    """Name and description."""

    name: _Name
    description: _Description | None = None


class JobConfig(_VendorBody):
    """The program of an algorithm."""

    code_dir: str | None = None
    boot_file: str | None = None
    command: str | None = None
    parameters: list[HyperParameter] | None = None
    inputs: list[Channel] | None = None
    outputs: list[Channel] | None = None
    engine: dict[str, Any] | None = None
    parameters_customization: bool = False


class AdvancedConfig(_VendorBody):
    """The search features that an algorithm allows."""

    auto_search: AutoSearch | None = None


class AlgorithmBody(_VendorBody):
    """An algorithm."""

    metadata: AlgorithmMetadata
    job_config: JobConfig | None = None
    advanced_config: AdvancedConfig | None = None


class JobMetadata(_VendorBody):
    """Name, description, and the annotations that carry extensions."""

    name: _Name
    description: _Description | None = None
    annotations: dict[str, _Text] | None = None


class Policies(_VendorBody):
    """Policies of a job; only the search is used."""

    auto_search: AutoSearch | None = None


class JobAlgorithm(_VendorBody):
    """The program of a job and its arguments."""

    id: str | None = None
    subscription_id: str | None = None
    code_dir: str | None = None
    boot_file: str | None = None
    command: str | None = None
    parameters: list[HyperParameter] | None = None
    policies: Policies | None = None
    inputs: list[Channel] | None = None
    outputs: list[Channel] | None = None
    environments: dict[str, _Text] | None = None
    engine: dict[str, Any] | None = None


class Resource(_VendorBody):
    """The resources of a job."""

    node_count: int = 1


class AutoStop(_VendorBody):
    """The latest time at which a job ends."""

    time_unit: Literal["HOURS"] = "HOURS"
    duration: Annotated[int, Field(ge=1, le=72)]


class Spec(_VendorBody):
    """Resources and limits of a job."""

    resource: Resource | None = None
    auto_stop: AutoStop | None = None


class TrainingJobBody(_VendorBody):
    """A training job."""

    kind: _Text = "job"
    metadata: JobMetadata
    algorithm: JobAlgorithm
    spec: Spec | None = None


class JobFilterBody(_VendorBody):
    """One condition on the list of jobs."""

    key: str
    operator: str = "in"
    value: _Texts | None = None


class JobSearchBody(_VendorBody):
    """Filters and page of a job list."""

    offset: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    limit: Annotated[int, Field(ge=1, le=50)] = 50
    sort_by: str | None = None
    order: Literal["asc", "desc"] | None = None
    group_by: str | None = None
    workspace_id: str | None = None
    filters: list[JobFilterBody] | None = None


class ChangeJobBody(_VendorBody):
    """A new description of a job."""

    description: _Description | None = None


class ActionBody(_VendorBody):
    """An action on a job."""

    action_type: str


class JobReference(_VendorBody):
    """A job by its id."""

    id: str


class JobToDelete(_VendorBody):
    """One of the jobs to delete."""

    metadata: JobReference


class BatchDeleteBody(_VendorBody):
    """Jobs to delete."""

    jobs: Annotated[list[JobToDelete], Field(max_length=100)]
