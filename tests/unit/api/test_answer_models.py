"""The OpenAPI page says what the answers are that the serialiser writes."""

from __future__ import annotations

from typing import Any

from scriptune.analysis.results import Surface
from scriptune.api.answer_models import answer_model, field_descriptions
from scriptune.api.schema import openapi_document
from scriptune.api.system import System
from scriptune.core.job import JobSummary, SearchJob
from scriptune.core.trial import Report, Trial
from scriptune.engine.serialise import json_names
from scriptune.engine.views import Best, JobDetail, LogChunk
from scriptune.storage.base import Page


def schema_of(kind: Any) -> dict[str, Any]:
    schema: dict[str, Any] = answer_model(kind).model_json_schema(mode="serialization")
    return schema


def test_a_model_has_the_fields_that_are_written_and_requires_all_of_them() -> None:
    for kind in (SearchJob, Trial, JobDetail, Best, LogChunk, System):
        schema = schema_of(kind)
        assert list(schema["properties"]) == schema["required"] == list(json_names(kind))


def test_what_only_an_engine_needs_is_not_in_the_answer() -> None:
    hidden = {"lease_owner", "lease_until", "resumed_at_tell", "extra_trials"}
    assert not hidden & set(schema_of(SearchJob)["properties"])


def test_a_field_is_described_by_its_docstring_and_a_property_by_its_own() -> None:
    fields = schema_of(SearchJob)["properties"]
    assert fields["name"]["description"] == "For people; need not be unique."
    assert fields["finished_at"]["description"] == "When it last ended; null while it continues."
    assert fields["n_trials"]["description"] == "The whole budget of trials."


def test_descriptions_are_inherited_and_share_an_entry_where_fields_do() -> None:
    texts = field_descriptions(LogChunk)
    assert texts["size_bytes"] == "Of the log now."
    assert texts["pruned_at"].startswith("When `prune` removed the log; null")
    assert field_descriptions(Surface)["x"] == field_descriptions(Surface)["y"]


def test_a_number_that_may_be_nan_can_be_null_at_any_depth() -> None:
    nullable = [{"type": "number"}, {"type": "null"}]
    assert schema_of(Report)["properties"]["value"]["anyOf"] == nullable
    assert schema_of(Surface)["properties"]["mean"]["items"]["items"] == {"anyOf": nullable}
    assert schema_of(Trial)["properties"]["metrics"]["additionalProperties"] == {"type": "number"}


def test_a_page_is_named_after_its_rows() -> None:
    model = answer_model(Page[Trial])
    assert model.__name__ == "TrialPage"
    assert model is answer_model(Page[Trial])
    assert answer_model(Page[JobSummary]).__name__ == "JobSummaryPage"


def test_every_route_is_documented_with_its_errors() -> None:
    document = openapi_document()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], (method, path)
            assert {"401", "422"} <= set(operation["responses"]), (method, path)
            schema = operation["responses"]["422"]["content"]["application/json"]["schema"]
            assert schema["$ref"].endswith("/ErrorAnswer")


def test_every_field_and_parameter_of_the_api_is_described() -> None:
    document = openapi_document()
    schemas = document["components"]["schemas"]

    def is_described(schema: dict[str, Any]) -> bool:
        # A field whose description is that of its type has only the reference.
        named = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else {}
        return bool(schema.get("description") or named.get("description"))

    fields = [
        (name, field)
        for name, schema in schemas.items()
        for field, inner in schema.get("properties", {}).items()
        if not is_described(inner)
    ]
    parameters = [
        (method, path, parameter["name"])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for parameter in operation.get("parameters", [])
        if not parameter.get("description")
    ]
    assert (fields, parameters) == ([], [])
