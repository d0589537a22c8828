from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

import pytest

from scriptune.core.job import Goal
from scriptune.messages import Message, counted, did_you_mean, lines, message_from_json, message_to_json, sentences

NAME = Message("common.did_you_mean", name="adam")


def test_a_message_is_its_english_text() -> None:
    assert NAME == " Did you mean 'adam'?"
    assert f"{NAME}" == " Did you mean 'adam'?"
    assert json.dumps(NAME) == json.dumps(" Did you mean 'adam'?")
    assert NAME.in_language("zh") == "您是指 'adam' 吗？"


def test_parameters_become_what_json_can_hold() -> None:
    message = Message(
        "newer.thing",
        a=Goal.MAXIMIZE,
        b=float("nan"),
        c=(1, None),
        d={"x": {2}},
        e=Path("/a"),
        f=True,
        g=b"x",
        h=iter("ab"),
    )
    assert message.params == {
        "a": "maximize",
        "b": "nan",
        "c": [1, None],
        "d": {"x": [2]},
        "e": "/a",
        "f": True,
        "g": "b'x'",
        "h": ["a", "b"],
    }


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda message: pickle.loads(pickle.dumps(message))])
def test_a_copy_keeps_code_and_parameters(again: object) -> None:
    assert callable(again)
    copied = again(NAME)
    assert isinstance(copied, Message)
    assert (copied, copied.code, copied.params) == (NAME, NAME.code, NAME.params)


@pytest.mark.parametrize("message", [NAME, Message("sentences", items=["A.", NAME]), "a string without a code", ""])
def test_a_message_comes_back_from_json(message: str) -> None:
    back = message_from_json(json.loads(json.dumps(message_to_json(message))))
    assert back == message
    assert type(back) is type(message)
    assert getattr(back, "params", None) == getattr(message, "params", None)


@pytest.mark.parametrize(
    "data",
    [
        {"code": "newer.thing", "params": {"n": 1}, "message": "What a newer version says."},
        {"code": "common.did_you_mean", "params": {"other": 1}, "message": "What a newer version says."},
        {"code": "sentences", "params": {}, "message": "What a newer version says."},
    ],
)
def test_a_message_of_a_newer_version_keeps_the_text_it_came_with(data: object) -> None:
    assert message_from_json(data) == "What a newer version says."


def test_a_configuration_with_the_keys_of_a_message_is_not_one() -> None:
    params = {"value": {"code": 1, "params": 2, "message": 3}}
    message = Message("newer.thing", **params)
    data = {**message_to_json(message), "code": "parameter.not_a_number"}
    data["params"] = {**params, "what": "lr"}
    back = message_from_json(data)
    assert isinstance(back, Message)
    assert back.params["value"] == {"code": 1, "params": 2, "message": 3}


def test_sentences_and_lines_leave_out_the_empty_ones() -> None:
    assert sentences("", "A.", "", "B.") == "A. B."
    assert lines(["A.", "", "B."]) == "A.\nB."
    assert sentences("A.", "") == "A."
    assert sentences() == ""
    joined = lines(["A.", NAME])
    assert isinstance(joined, Message)
    assert joined.code == "lines"


def test_the_nearest_name_is_proposed() -> None:
    assert did_you_mean("Bayess", ["tpe", "bayes"]) == " Did you mean 'bayes'?"
    assert did_you_mean("zzz", ["tpe", "bayes"]) == ""
    assert did_you_mean("b" * 101, ["bayes"]) == ""
    assert did_you_mean("bayes", (f"name{n}" for n in range(10**9))) == ""


@pytest.mark.parametrize(
    ("n", "text"),
    [(0, "0 GPUs"), (1, "1 GPU"), (1.0, "1 GPU"), (2, "2 GPUs"), (0.5, "0.5 GPUs"), (1_500_000, "1500000 GPUs")],
)
def test_one_thing_was_counted_in_the_plural(n: float, text: str) -> None:
    assert counted(n, "GPU") == text


def test_a_word_can_have_a_plural_of_its_own() -> None:
    assert (counted(1, "entry", "entries"), counted(3, "entry", "entries")) == ("1 entry", "3 entries")
