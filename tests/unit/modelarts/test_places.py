from __future__ import annotations

from pathlib import Path

import pytest

from scriptune.modelarts.errors import ModelArtsError
from scriptune.modelarts.places import find_place


def test_local_paths_are_told_from_buckets_by_their_first_folder(tmp_path: Path) -> None:
    assert find_place(f"{tmp_path}/code/", None).local == tmp_path / "code"
    assert find_place(f"file://{tmp_path}/a%20b", None).local == tmp_path / "a b"
    assert find_place("/no-such-folder/code/", None).remote == "no-such-folder/code"


@pytest.mark.parametrize("text", ["obs://bkt/a/b/", "s3://bkt/a/b", "obs://bkt//a/b"])
def test_addresses_of_buckets_are_remote(text: str) -> None:
    place = find_place(text, None)
    assert (place.remote, place.local, place.text, place.name) == ("bkt/a/b", None, text, "b")


def test_keys_may_hold_what_other_addresses_may_not() -> None:
    assert find_place("s3://bkt/a?b#c%20d", None).remote == "bkt/a?b#c%20d"


@pytest.mark.parametrize("text", ["obs://bkt/a/", "s3://bkt/a", "/bkt/a/"])
def test_buckets_that_are_folders_stay_on_the_machine(tmp_path: Path, text: str) -> None:
    (tmp_path / "bkt").mkdir()
    assert find_place(text, tmp_path).local == tmp_path / "bkt" / "a"


def test_a_bucket_without_a_folder_stays_remote(tmp_path: Path) -> None:
    assert find_place("obs://other/a", tmp_path).remote == "other/a"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "/",
        "code",
        "ftp://a/b",
        "file://host/a",
        "obs://",
        "obs://b/../c",
        "/tmp/../etc",
        "file:///a/../b",
        "a\0b",
    ],
)
def test_what_is_no_path_is_refused(text: str, tmp_path: Path) -> None:
    for root in (None, tmp_path):
        with pytest.raises(ModelArtsError) as refused:
            find_place(text, root)
        assert refused.value.code == "ModelArts.2791"
