"""The models of the OpenAPI page say what the engine's dataclasses are; neither may drift."""

from __future__ import annotations

import dataclasses

import pytest

from scriptune.analysis.importance import Marginal, Surface
from scriptune.api import schemas
from scriptune.api.schema import openapi_document
from scriptune.core import job, trial
from scriptune.core.notice import Notice
from scriptune.core.program import Program, ProgramParameter
from scriptune.engine import captures, columns, curves, views
from scriptune.engine.keys import KeyRow
from scriptune.engine.serialise import _EXTRA
from scriptune.inspection import inspect, options_found
from scriptune.metrics.suggest import TextCapture

TWINS: list[tuple[type, type]] = [
    (schemas.Notice, Notice),
    (schemas.SearchJob, job.SearchJob),
    (schemas.JobSummary, job.JobSummary),
    (schemas.Event, job.Event),
    (schemas.Trial, trial.Trial),
    (schemas.Suggestion, trial.Suggestion),
    (schemas.Attempt, trial.Attempt),
    (schemas.ExitStatus, trial.ExitStatus),
    (schemas.Report, trial.Report),
    (schemas.JobDetail, views.JobDetail),
    (schemas.TrialDetail, views.TrialDetail),
    (schemas.Best, views.Best),
    (schemas.LogChunk, views.LogChunk),
    (schemas.HistoryPoint, views.HistoryPoint),
    (schemas.ImportanceRow, views.ImportanceRow),
    (schemas.OptionRow, views.OptionRow),
    (schemas.SamplerRow, views.SamplerRow),
    (schemas.CaptureRow, views.CaptureRow),
    (schemas.CheckReport, views.CheckReport),
    (schemas.ReplayReport, views.ReplayReport),
    (schemas.ReparseReport, views.ReparseReport),
    (schemas.Program, Program),
    (schemas.ProgramParameter, ProgramParameter),
    (schemas.Inspection, inspect.Inspection),
    (schemas.InspectedParameter, options_found.ProgramOption),
    (schemas.LogMatch, captures.LogMatch),
    (schemas.LogMatches, captures.LogMatches),
    (schemas.LogCapture, TextCapture),
    (schemas.TextCapture, TextCapture),
    (schemas.Curve, curves.Curve),
    (schemas.TrialColumns, columns.TrialColumns),
    (schemas.Marginal, Marginal),
    (schemas.Surface, Surface),
    (schemas.AccessKeyRow, KeyRow),
]


@pytest.mark.parametrize(("model", "twin"), TWINS, ids=lambda kind: kind.__name__)
def test_a_model_has_the_fields_of_its_dataclass(model: type, twin: type) -> None:
    names = [field.name for field in dataclasses.fields(twin)]
    assert list(model.model_fields) == [*names, *_EXTRA.get(twin, ())]  # type: ignore[attr-defined]  # a pydantic model


def test_every_route_is_documented_with_its_errors() -> None:
    document = openapi_document()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], (method, path)
            assert {"401", "422"} <= set(operation["responses"]), (method, path)
            schema = operation["responses"]["422"]["content"]["application/json"]["schema"]
            assert schema["$ref"].endswith("/ErrorAnswer")
