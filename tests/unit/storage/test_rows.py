"""Rows and nouns."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.core.trial import Attempt, ExitReason, ExitStatus, Phase, Report, Suggestion, Trial, TrialState
from scriptune.messages import Message
from scriptune.storage import rows
from scriptune.testing.storage_contract.samples import NOW

numbers = st.none() | st.floats()


@given(mean=numbers, std=numbers, acquisition=numbers, note=st.text())
def test_a_suggestion_survives_json_whatever_the_model_predicted(mean, std, acquisition, note) -> None:
    suggestion = Suggestion({"x": 1.0}, "bayes", Phase.MODEL, mean, std, acquisition, note)
    trial = Trial(0, {"x": 1.0}, TrialState.WAITING, suggestion=suggestion)
    columns = rows.encode_trial({name: getattr(trial, name) for name in rows.TRIAL_FIELDS})
    columns["suggestion"] = json.loads(json.dumps(columns["suggestion"], allow_nan=False))
    assert repr(rows.trial_of(columns)) == repr(trial)


@given(value=st.floats(), step=st.floats(allow_nan=False, allow_infinity=False))
def test_a_report_survives_with_any_value(value: float, step: float) -> None:
    report = Report("loss", value, step, 7, NOW)
    columns = rows.encode_report(report)
    assert columns["value"] is None or math.isfinite(columns["value"])
    assert repr(rows.report_of(columns)) == repr(report)


def test_a_report_without_a_finite_step_is_refused() -> None:
    with pytest.raises(ValueError, match="step of a report of 'loss' is nan"):
        rows.encode_report(Report("loss", 1.0, math.nan, 7, NOW))


@pytest.mark.parametrize("reason", ExitReason)
def test_an_exit_survives_json(reason: ExitReason) -> None:
    attempt = Attempt(1, 2, TrialState.FAILED, "f", exit=ExitStatus(reason, signal=9, finished_at=NOW, oom=True))
    columns = rows.encode_attempt({name: getattr(attempt, name) for name in rows.ATTEMPT_FIELDS})
    columns["exit"] = json.loads(json.dumps(columns["exit"]))
    assert rows.attempt_of(columns) == attempt


def test_a_document_without_a_goal_minimises() -> None:
    assert rows.goal_of({}) == "minimize"
    assert rows.goal_of({"objective": {"goal": "maximize"}}) == "maximize"


def test_states_are_stored_as_plain_texts() -> None:
    trial = Trial(0, {}, TrialState.WAITING)
    assert type(rows.encode_trial(asdict(trial))["state"]) is str


def test_a_message_survives_with_its_code_beside_its_text() -> None:
    message = Message("request.no_route", path="/a\0b\ud800")
    trial = Trial(0, {}, TrialState.FAILED, message=message)
    columns = rows.encode_trial({name: getattr(trial, name) for name in rows.TRIAL_FIELDS})
    assert columns["reason"] == {"code": "request.no_route", "params": {"path": "/a\N{SYMBOL FOR NULL}b\\ud800"}}
    back = rows.trial_of(columns).reason
    assert back is not None
    assert back.code == message.code


def test_a_message_without_a_code_is_kept_as_it_is() -> None:
    trial = Trial(0, {}, TrialState.FAILED, message="What 0.1.0 said.")
    columns = rows.encode_trial({name: getattr(trial, name) for name in rows.TRIAL_FIELDS})
    assert columns["reason"] is None
    assert (rows.trial_of(columns).message, rows.trial_of(columns).reason) == ("What 0.1.0 said.", None)


def test_warnings_and_notes_keep_their_codes() -> None:
    message = Message("request.no_route", path="/a")
    attempt = Attempt(1, 2, TrialState.FAILED, "f", warnings=(message, "a plain one"))
    columns = rows.encode_attempt({name: getattr(attempt, name) for name in rows.ATTEMPT_FIELDS})
    columns["warnings"] = json.loads(json.dumps(columns["warnings"]))
    assert [type(warning) for warning in rows.attempt_of(columns).warnings] == [Message, str]
    trial = Trial(0, {}, TrialState.WAITING, suggestion=Suggestion({}, "bayes", Phase.MODEL, note=message))
    columns = rows.encode_trial({name: getattr(trial, name) for name in rows.TRIAL_FIELDS})
    columns["suggestion"] = json.loads(json.dumps(columns["suggestion"]))
    suggestion = rows.trial_of(columns).suggestion
    assert suggestion is not None
    assert isinstance(suggestion.note, Message)
