from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.jobfile.sizes import format_size, parse_size


@pytest.mark.parametrize(
    ("written", "n_bytes"),
    [
        ("0", 0),
        ("10", 10),
        (4096, 4096),
        (1e16, 10**16),
        ("10B", 10),
        ("1.5kB", 1500),
        (".5 MB", 500_000),
        ("2 MiB", 2 * 2**20),
        ("20GB", 20 * 10**9),
        ("16g", 16 * 10**9),
        ("1.1 GiB", round(1.1 * 2**30)),
        ("1t", 10**12),
        (" 1TiB ", 2**40),
    ],
)
def test_a_size_is_read_in_every_way_people_write_it(written: object, n_bytes: int) -> None:
    assert parse_size(written) == n_bytes


@pytest.mark.parametrize(
    "written",
    ["", "much", "GB", "1GBi", "1 G B", "-1GB", -1, True, None, [5], float("nan"), float("inf"), "1e9", "٣GB",
     "9999999TB", 10**400, "9" * 400],
)  # fmt: skip
def test_anything_else_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="expected a size"):
        parse_size(written)


@given(st.one_of(st.integers(0, 10**18), st.integers(0, 900).map(lambda n: n * 2**40)))
def test_a_written_size_reads_back_exactly(n_bytes: int) -> None:
    assert parse_size(format_size(n_bytes)) == n_bytes


def test_round_sizes_are_written_with_units() -> None:
    sizes = (0, 1001, 16 * 10**9, 16 * 2**30, 1536 * 2**20, 10**12)
    assert [format_size(n) for n in sizes] == [0, 1001, "16GB", "16GiB", "1536MiB", "1TB"]
