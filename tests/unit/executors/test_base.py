"""The contract of executors: the names that other packages import."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from scriptune.executors import base


def test_the_name_that_0_1_0_had_for_a_launch_spec_still_works_and_says_its_replacement() -> None:
    with pytest.warns(DeprecationWarning, match=r"base\.Order is deprecated; import LaunchSpec instead"):
        from scriptune.executors.base import Order  # type: ignore[attr-defined]  # looked up when asked for
    assert Order is base.LaunchSpec


def test_a_name_that_never_was_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Ordr'"):
        base.Ordr  # type: ignore[attr-defined]  # noqa: B018 - the look-up is the test


def test_a_program_sees_the_attempt_folder_itself_unless_it_is_elsewhere() -> None:
    assert base.LaunchSpec(Path("/home/1"), ("true",)).seen_folder == PurePosixPath("/home/1")
    elsewhere = PurePosixPath("/scratch/j/0/1")
    assert base.LaunchSpec(Path("/home/1"), ("true",), seen_folder=elsewhere).seen_folder == elsewhere
