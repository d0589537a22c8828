from __future__ import annotations

import pytest

from scriptune.jobfile.short_form import domain_text
from scriptune.jobfile.shorthand import parse_parameter

TEXTS = [
    "1e-05..0.1:log", "1.0..5.0", "1..5", "0.0..1.0:step=0.25", "0.9..0.999:log=reverse", "adam,sgd", "1,2,4",
    "true,false", "0.5", "'a-=b',c", "'1',x", "a,b:null",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_the_short_form_of_a_domain_reads_back_as_it(text: str) -> None:
    _, section = parse_parameter(f"x={text}")
    if "min" in section:
        section["type"] = "float" if isinstance(section["min"], float) else "int"
    assert domain_text(section) == text
