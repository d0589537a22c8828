"""Values of columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.storage.columns import DECODERS, encoded
from scriptune.storage.tables import METADATA


@pytest.mark.parametrize("is_postgres", [False, True], ids=["sqlite", "postgres"])
@given(time=st.datetimes(timezones=st.just(timezone(timedelta(hours=5, minutes=30)))))
def test_a_time_comes_back_as_the_same_moment_in_utc(is_postgres: bool, time: datetime) -> None:
    back = DECODERS["at"](encoded(time, is_postgres=is_postgres))
    assert back == time
    assert back.tzinfo is UTC


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        encoded(datetime(2030, 1, 1), is_postgres=False)


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_text_is_stored_as_it_is(text: str) -> None:
    assert encoded(text, is_postgres=False) == text


@given(text=st.text(st.characters(exclude_categories=[])))
def test_any_text_can_be_stored(text: str) -> None:
    assert b"\0" not in encoded(text, is_postgres=True).encode("utf-8")


def test_every_time_and_all_json_is_decoded() -> None:
    kinds = {"DATETIME", "JSON"}
    named = {column.name for table in METADATA.tables.values() for column in table.c if str(column.type) in kinds}
    assert named - {"value"} == set(DECODERS)  # an item's value shares its name with numbers
