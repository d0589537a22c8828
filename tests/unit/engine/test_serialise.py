"""engine/serialise.py: our dataclasses as JSON, and back."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from scriptune import errors
from scriptune.core.job import Goal, JobState, JobSummary, SearchJob
from scriptune.core.trial import (
    Attempt,
    Cause,
    ExitReason,
    ExitStatus,
    Phase,
    Report,
    Suggestion,
    Trial,
    TrialState,
)
from scriptune.engine.serialise import (
    ERROR_CODES,
    dumps,
    error_code,
    error_from_json,
    error_to_json,
    from_json,
    to_json,
)
from scriptune.engine.views import Best, JobDetail, ReparseReport, TrialDetail
from scriptune.messages import Message

AT = datetime(2026, 1, 2, 3, 4, 5, 600000, tzinfo=UTC)
TRIAL = Trial(
    number=3,
    params={"lr": 1e-05, "layers": 2, "optimizer": "sgd", "nesterov": True},
    state=TrialState.FAILED,
    metrics={"loss": 0.25},
    cause=Cause.TIMEOUT,
    message="Zeit abgelaufen – ünïcode",
    suggestion=Suggestion({"lr": 1e-05}, "bayes", Phase.MODEL, mean=0.5, std=0.1, acquisition=0.01),
    created_at=AT,
)
JOB = SearchJob(
    id="a" * 36,
    name="digits",
    document={"search": {"trials": 20}, "objective": {"metric": "loss", "goal": "minimize"}},
    state=JobState.RUNNING,
    created_at=AT,
    extra_trials=5,
)
SUMMARY = JobSummary(JOB, dict.fromkeys(TrialState, 0), TRIAL)
BEST = Best(replace(TRIAL, state=TrialState.COMPLETED, cause=None, value=0.25), {"lr": 0.1}, "x")
DETAIL = TrialDetail(
    TRIAL,
    [Attempt(3, 1, TrialState.FAILED, "jobs/a/3/1", {"pid": 5}, ExitStatus(ExitReason.TIMEOUT, signal=15), 77, ("w",))],
    "python train.py",
)


@pytest.mark.parametrize("value", [TRIAL, JOB, SUMMARY, DETAIL, BEST, DETAIL.attempts[0]])
def test_what_is_written_reads_back_equal(value: object) -> None:
    assert from_json(type(value), json.loads(dumps(value))) == value


def test_a_list_of_pairs_reads_back_as_pairs() -> None:
    report = ReparseReport(
        n_trials=10,
        changed=[(1, 0.5, None), (2, None, 0.25)],
        n_without_log=3,
        n_captured={"loss": 40},
        n_lost=1,
        n_pruned=2,
        pruned_at=AT,
        metric="loss",
        goal=Goal.MINIMIZE,
        best=(2, 0.25),
        state=JobState.COMPLETED,
        message="",
        is_preview=False,
    )
    assert from_json(ReparseReport, json.loads(dumps(report))) == report


def test_values_keep_their_types() -> None:
    params = json.loads(dumps(TRIAL))["params"]
    assert {name: type(value) for name, value in params.items()} == {
        "lr": float,
        "layers": int,
        "optimizer": str,
        "nesterov": bool,
    }


def test_times_are_utc_with_a_z() -> None:
    assert to_json(AT) == "2026-01-02T03:04:05.600000Z"
    assert to_json(datetime(2026, 1, 2, 5, tzinfo=timezone(timedelta(hours=2)))) == "2026-01-02T03:00:00Z"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_json_holds_no_number_that_json_does_not_know(value: float) -> None:
    report = Report("loss", value, 0.0, 0, AT)
    written = json.loads(dumps(report))
    assert written["value"] is None
    assert math.isnan(from_json(Report, written).value)


def test_enums_paths_and_tuples_become_text_and_lists() -> None:
    assert to_json({TrialState.RUNNING: (Path("a/b"), Cause.LOST)}) == {"running": ["a/b", "lost"]}


@pytest.mark.parametrize("value", [TRIAL, JOB, SUMMARY, DETAIL, BEST, {TrialState.RUNNING: (Path("a"), AT)}, "ü", None])
@pytest.mark.parametrize("nan", [False, True])
def test_text_and_plain_data_say_the_same(value: object, nan: bool) -> None:
    # A NaN takes another way through the encoder.
    both = [value, {"x": math.nan if nan else 1.0}]
    assert json.loads(dumps(both)) == json.loads(dumps(both, compact=True)) == to_json(both)


def test_a_job_carries_what_every_reader_would_compute_again() -> None:
    written = to_json(JOB)
    assert (written["n_trials"], written["goal"], written["metric"]) == (25, "minimize", "loss")


def test_an_unknown_field_of_a_newer_server_is_left_out() -> None:
    assert from_json(Trial, {**to_json(TRIAL), "news": 1}) == TRIAL


@pytest.mark.parametrize("data", [None, [], 7, {"state": "completed"}, {**to_json(TRIAL), "state": "flying"}])
def test_an_answer_of_another_shape_is_a_remote_error(data: object) -> None:
    with pytest.raises(errors.RemoteError, match="not a Trial"):
        from_json(Trial, data)


def test_a_value_without_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be written as JSON"):
        to_json(object())


def test_every_error_class_has_its_own_code() -> None:
    classes = {getattr(errors, name) for name in errors.__all__ if name not in ("ScriptuneError", "counted")}
    assert set(ERROR_CODES.values()) == classes
    assert ERROR_CODES["job_file"] is errors.JobFileError
    assert ERROR_CODES["not_found"] is errors.NotFoundError


@pytest.mark.parametrize("kind", ERROR_CODES.values(), ids=ERROR_CODES)
def test_an_error_comes_back_as_its_own_class_with_its_words(kind: type[errors.ScriptuneError]) -> None:
    error = (
        errors.JobFileError(["a.yaml:1: x", "a.yaml:2: y"])
        if kind is errors.JobFileError
        else kind("What.", hint="Do.")
    )
    back = error_from_json(json.loads(json.dumps(error_to_json(error))))
    assert type(back) is kind
    assert (str(back), back.hint) == (str(error), error.hint)
    assert getattr(back, "problems", None) == getattr(error, "problems", None)


def test_an_error_with_codes_comes_back_with_them() -> None:
    near = Message("common.did_you_mean", name="lr")
    error = errors.NotFoundError(Message("request.bad_value", place=near, value="*", problem="x"), hint=near)
    body = json.loads(json.dumps(error_to_json(error)))["error"]
    assert body["params"] == {
        "reason": "request.bad_value",
        "place": {"code": "common.did_you_mean", "params": {"name": "lr"}, "message": " Did you mean 'lr'?"},
        "value": "*",
        "problem": "x",
        "hint": {"code": "common.did_you_mean", "params": {"name": "lr"}, "message": " Did you mean 'lr'?"},
    }
    back = error_from_json({"error": body})
    assert isinstance(back.message, Message)
    assert isinstance(back.hint, Message)
    assert (back.message.code, back.message.params["place"].code) == ("request.bad_value", "common.did_you_mean")


def test_the_mistakes_of_a_job_file_keep_their_codes() -> None:
    error = errors.JobFileError([Message("request.zero_byte"), "job: b", Message("request.routes")])
    back = error_from_json(json.loads(json.dumps(error_to_json(error))))
    assert isinstance(back, errors.JobFileError)
    assert back.problems == error.problems
    assert [getattr(one, "code", None) for one in back.problems] == ["request.zero_byte", None, "request.routes"]


def test_an_error_of_an_older_server_has_its_words_only() -> None:
    back = error_from_json({"error": {"code": "not_found", "message": "No job.", "hint": None}})
    assert (type(back), str(back), back.hint) == (errors.NotFoundError, "No job.", None)


def test_an_unknown_code_is_a_remote_error_and_foreign_errors_are_internal() -> None:
    assert type(error_from_json({"error": {"code": "teapot", "message": "m"}})) is errors.RemoteError
    assert error_code(ValueError("x")) == "internal"


def test_a_subclass_has_the_code_of_the_nearest_public_class() -> None:
    class Special(errors.ConflictError):
        pass

    assert error_code(Special("x")) == "conflict"


def test_a_message_is_sent_as_its_text_with_its_code_beside_it() -> None:
    message = Message("request.no_route", path="/x")
    said = {"code": "request.no_route", "params": {"path": "/x"}, "message": str(message)}
    trial = replace(TRIAL, message=message, suggestion=Suggestion({}, "bayes", Phase.MODEL, note=message))
    written = json.loads(dumps(trial))
    assert (written["message"], written["reason"]) == (message, said)
    assert (written["suggestion"]["note"], written["suggestion"]["reason"]) == (message, said)
    back = from_json(Trial, written)
    assert (back, back.reason) == (trial, message)
    assert json.loads(dumps(TRIAL))["reason"] is None


def test_warnings_are_sent_as_texts_with_those_that_have_codes_beside_them() -> None:
    message = Message("request.no_route", path="/x")
    attempt = Attempt(3, 1, TrialState.FAILED, "f", warnings=("a plain one", message))
    written = json.loads(dumps(attempt))
    assert written["warnings"] == ["a plain one", str(message)]
    assert [notice["code"] for notice in written["notices"]] == ["request.no_route"]
    assert from_json(Attempt, written).notices == (message,)


def test_the_failures_of_a_job_have_their_codes_beside_them() -> None:
    message = Message("request.no_route", path="/x")
    detail = JobDetail(SUMMARY, "", {"lost": (2, message), "signal": (1, "As 0.1.0 said it.")}, owner_alive=False)
    written = json.loads(dumps(detail))
    assert written["failures"] == {"lost": [2, str(message)], "signal": [1, "As 0.1.0 said it."]}
    assert {cause: said["code"] for cause, said in written["reasons"].items()} == {"lost": "request.no_route"}
    assert from_json(JobDetail, written).reasons == detail.reasons
