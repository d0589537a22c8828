"""Notices: data that every front end puts into its own words."""

from __future__ import annotations

import json
import re
import string

import pytest

from scriptune.core.notice import TEXTS, Notice, notice_from_json, notice_to_json


def test_a_message_is_made_from_code_and_params() -> None:
    notice = Notice("equal_values", {"metric": "acc", "value": 0.9})
    assert notice.message == "All trials with a value have the same one (acc 0.9), so none of them is the best."


def test_lists_are_read_as_a_sentence() -> None:
    assert "Trials 0, 1 and 7 have" in Notice("identical_reports", {"numbers": [0, 1, 7]}).message
    assert Notice("parameter_unread", {"parameters": ["k"], "numbers": [1, 2]}).message.startswith("k: possibly")


def test_a_text_of_a_strangers_program_is_not_taken_for_a_template() -> None:
    assert "'{x}'" in Notice("metric_silent", {"metric": "{x}"}).message


def test_a_code_of_a_newer_version_is_shown_as_it_is() -> None:
    assert Notice("from_tomorrow", {"n": 3}).message == "from_tomorrow: {'n': 3}"


@pytest.mark.parametrize("code", TEXTS)
def test_every_code_is_a_plain_word_and_its_text_names_its_params(code: str) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)
    names = {name for _, name, _, _ in string.Formatter().parse(TEXTS[code]) if name is not None}
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)


def test_a_notice_survives_being_stored() -> None:
    notice = Notice("identical_reports", {"numbers": [0, 1, 2]})
    assert notice_from_json(json.loads(json.dumps(notice_to_json(notice)))) == notice
