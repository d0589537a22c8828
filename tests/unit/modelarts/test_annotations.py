from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scriptune.jobfile.schema import ObjectiveSection, RunSection, SearchSection, StoppingSection
from scriptune.modelarts.annotations import ANNOTATIONS, PREFIX, apply_annotations
from scriptune.modelarts.errors import ModelArtsError
from scriptune.modelarts.search_algorithms import SEARCH_ALGORITHMS
from scriptune.modelarts.spaces import PARAM_TYPES

PAGE = (Path(__file__).parents[3] / "docs" / "modelarts.md").read_text("utf-8")


def test_annotations_reach_their_sections_with_their_types() -> None:
    document: dict[str, Any] = {"run": {"parallel": 1}}
    given = {
        "scriptune.parallel": "4",
        "scriptune.gpus": "0.5",
        "scriptune.reduce": "last",
        "scriptune.stopping": "none",
    }
    apply_annotations({**given, "somebody/else": "x"}, document)
    assert document == {
        "run": {"parallel": 4, "gpus": 0.5},
        "objective": {"reduce": "last"},
        "stopping": {"rule": "none"},
    }


def test_a_slip_of_the_pen_is_no_silent_default() -> None:
    for given in ({"scriptune.paralel": "4"}, {"scriptune.parallel": "four"}, {"scriptune.": "1"}):
        with pytest.raises(ModelArtsError) as refused:
            apply_annotations(given, {})
        assert refused.value.code == "ModelArts.2788"


def test_every_annotation_is_a_key_of_a_job_file() -> None:
    sections = {
        "run": RunSection,
        "objective": ObjectiveSection,
        "search": SearchSection,
        "stopping": StoppingSection,
    }
    for name, (section, _) in ANNOTATIONS.items():
        assert ("rule" if section == "stopping" else name) in sections[section].model_fields


def test_the_page_lists_every_extension() -> None:
    for name, (section, _) in ANNOTATIONS.items():
        assert f"| `{PREFIX}{name}` | `{section}.{'rule' if section == 'stopping' else name}`" in PAGE
    for name, words in PARAM_TYPES.items():
        assert f"| `{name}` | {words} |" in PAGE
    assert all(f"`{name}`" in PAGE for name in list(SEARCH_ALGORITHMS)[3:])
