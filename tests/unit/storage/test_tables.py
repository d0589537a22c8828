"""The tables."""

from __future__ import annotations

from scriptune.storage.tables import METADATA


def test_every_table_of_a_job_is_keyed_by_the_job() -> None:
    for table in METADATA.tables.values():
        if "job_id" in table.c:
            assert next(iter(table.primary_key.columns)).name == "job_id"
