from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from scriptune import messages
from scriptune.messages import LANGUAGES, Message, codes, render
from scriptune.messages.catalogue import catalogue, fields


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_text_with_the_same_parameters_in_every_language(language: str) -> None:
    english, other = catalogue("en"), catalogue(language)
    assert list(other) == list(english)
    assert {code: fields(text) for code, text in other.items()} == {
        code: fields(text) for code, text in english.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_read_as_the_toml_that_it_is(language: str) -> None:
    path = Path(messages.__file__).with_name(f"{language}.toml")
    tables = tomllib.loads(path.read_text("utf-8"))
    texts = {f"{area}.{name}": text for area, table in tables.items() for name, text in table.items()}
    assert list(catalogue(language).items()) == list(texts.items())


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_use_only_the_formats_that_the_console_renders_too(language: str) -> None:
    from string import Formatter

    for code, text in catalogue(language).items():
        for _, name, spec, conversion in Formatter().parse(text):
            assert name is None or name.isidentifier(), code
            assert not spec or spec == "," or spec.count("|") == 1, code
            assert conversion in (None, "r"), code


def test_no_parameter_has_a_name_that_errors_use_beside_them() -> None:
    reserved = {"reason", "hint"}
    assert [code for code, text in catalogue("en").items() if fields(text) & reserved] == []


def test_a_code_that_is_not_known_is_shown_with_its_parameters() -> None:
    assert render("newer.thing", {"n": 3}) == "newer.thing: {'n': 3}"
    assert render("newer.thing", {}) == "newer.thing"


def test_a_known_code_without_its_parameters_is_shown_as_it_is() -> None:
    assert render("common.did_you_mean", {"other": "x"}) == "common.did_you_mean: {'other': 'x'}"
    assert render("sentences", {}) == "sentences"


def test_parameters_are_put_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {
        "t.plain": "{value}",
        "t.quoted": "{value!r}",
        "t.count": "{n:,} {n:trial|trials}",
        "joined.comma": ", ",
        "joined.and": " and ",
    }
    monkeypatch.setattr("scriptune.messages.catalogue.catalogue", lambda language: texts)
    assert render("t.plain", {"value": [0, 1, "b"]}) == "0, 1 and b"
    assert render("t.plain", {"value": ["a"]}) == "a"
    assert render("t.plain", {"value": []}) == ""
    assert render("t.plain", {"value": {"lr": 0.1, "opt": "sgd"}}) == "lr=0.1, opt=sgd"
    assert render("t.quoted", {"value": "a'b"}) == '"a\'b"'
    assert render("t.quoted", {"value": 1.5}) == "1.5"
    assert render("t.count", {"n": 1}) == "1 trial"
    assert render("t.count", {"n": 1234}) == "1,234 trials"


def test_a_message_within_a_message_is_rendered_in_its_language() -> None:
    inner = Message("common.did_you_mean", name="lr")
    outer = Message("sentences", items=["A.", inner])
    assert outer.in_language("zh") == "A.您是指 'lr' 吗？"


def test_every_code_is_listed_once() -> None:
    assert len(set(codes())) == len(codes())
    assert "joined.comma" not in codes()
