from __future__ import annotations

import json
from pathlib import Path

import pytest

from scriptune.modelarts.errors import ModelArtsError
from scriptune.modelarts.local_copies import Located, locate, locate_code, write_copies
from scriptune.modelarts.places import find_place


def test_what_is_local_is_used_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("")
    found = locate(find_place(str(tmp_path), None), tmp_path / "copy")
    assert (found.path, found.remote) == (tmp_path, None)
    code = locate_code(find_place(str(tmp_path), None), tmp_path / "copy")
    assert code.has_file("train.py")
    assert not code.has_file("other.py")
    assert write_copies(tmp_path, [found, code]) is None
    assert not (tmp_path / "copy").exists()


def test_what_does_not_exist_is_refused(tmp_path: Path) -> None:
    place = find_place(f"{tmp_path}/absent", None)
    for look in (locate, locate_code):
        with pytest.raises(ModelArtsError, match="does not exist"):
            look(place, tmp_path / "copy")


def test_code_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelArtsError) as refused:
        locate_code(find_place(f"{tmp_path}/file", None), tmp_path / "copy")
    assert refused.value.code == "ModelArts.2757"


def test_the_folders_of_copies_are_there_before_the_copies(tmp_path: Path) -> None:
    target = tmp_path / "code" / "c"
    plan = write_copies(tmp_path, [Located(target, "bkt/c", target, frozenset({"a/train.py"})), Located(tmp_path)])
    assert plan is not None
    assert json.loads(plan.read_text()) == [{"remote": "bkt/c", "target": str(target)}]
    assert target.is_dir()
    assert Located(target, "bkt/c", target, frozenset({"a/train.py"})).has_file("./a/train.py")
