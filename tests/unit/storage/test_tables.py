"""The column types."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from scriptune.storage.tables import METADATA, PlainText, UtcDateTime

DIALECTS = [sqlite.dialect(), postgresql.dialect()]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@given(time=st.datetimes(timezones=st.just(timezone(timedelta(hours=5, minutes=30)))))
def test_a_time_comes_back_as_the_same_moment_in_utc(dialect, time: datetime) -> None:
    stored = UtcDateTime().process_bind_param(time, dialect)
    back = UtcDateTime().process_result_value(stored, dialect)
    assert back == time
    assert back is not None
    assert back.tzinfo is UTC


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        UtcDateTime().process_bind_param(datetime(2030, 1, 1), DIALECTS[0])


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_text_is_stored_as_it_is(text: str) -> None:
    assert PlainText().process_bind_param(text, DIALECTS[0]) == text


@given(text=st.text(st.characters(exclude_categories=[])))
def test_any_text_can_be_stored(text: str) -> None:
    stored = PlainText().process_bind_param(text, DIALECTS[0])
    assert stored is not None
    assert b"\0" not in stored.encode("utf-8")


def test_every_table_of_a_job_is_keyed_by_the_job() -> None:
    for table in METADATA.tables.values():
        if "job_id" in table.c:
            assert next(iter(table.primary_key.columns)).name == "job_id"
