"""The schema, and that the manual's tables are made from it.

After a change of the schema, run this once with SCRIPTUNE_UPDATE_GOLDEN=1 and read the difference.
"""

from __future__ import annotations

import os
import re
from dataclasses import asdict
from pathlib import Path

import pytest

from scriptune.core.job import ParameterSpec, RunSpec, SearchSpec, Style
from scriptune.errors import JobFileError
from scriptune.jobfile import read_job_file
from scriptune.jobfile.problems import Problems
from scriptune.jobfile.schema import SECTIONS, RunSection, SearchSection, Section, key_table
from scriptune.jobfile.shape import check_shape
from scriptune.jobfile.spec import document_key

MANUAL = Path(__file__).parents[3] / "docs" / "job-file.md"
TABLE = re.compile(r"<!-- table: (\w+) -->\n(.*?)<!-- end -->", re.DOTALL)


def table_text(section: type[Section]) -> str:
    rows = [f"| `{row.key}` | {row.kind} | {row.default} | {row.description} |" for row in key_table(section)]
    return "\n".join(["| key | takes | default | |", "|---|---|---|---|", *rows, ""])


def test_the_manuals_tables_are_those_of_the_schema() -> None:
    text = MANUAL.read_text("utf-8")
    made = TABLE.sub(lambda found: f"<!-- table: {found[1]} -->\n{table_text(SECTIONS[found[1]])}<!-- end -->", text)
    if os.environ.get("SCRIPTUNE_UPDATE_GOLDEN"):
        MANUAL.write_text(made, "utf-8")
        text = made
    assert {found[1] for found in TABLE.finditer(text)} == set(SECTIONS)
    assert text == made


def test_the_manuals_job_file_is_right_and_its_mistakes_give_its_messages(folder: Path) -> None:
    text = MANUAL.read_text("utf-8")
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    messages = re.search(r"```\n(job\.yaml:.*?)```", text, re.DOTALL)
    assert example
    assert messages
    (folder / "job.yaml").write_text(example[1])
    assert read_job_file("job.yaml").spec.search.trials == 20
    wrong = example[1].replace("type: int, min: 16", "type: integer, min: 16")
    wrong = wrong.replace("{metric: accuracy", "{metric: acuracy").replace("trials: 20", "trails: 20")
    (folder / "job.yaml").write_text(wrong)
    with pytest.raises(JobFileError) as caught:
        read_job_file("job.yaml")
    assert str(caught.value) == messages[1].rstrip()


@pytest.mark.parametrize("section", SECTIONS.values(), ids=SECTIONS)
def test_every_key_says_what_it_takes_and_does(section: type[Section]) -> None:
    for row in key_table(section):
        assert row.kind, row.key
        assert row.description.endswith("."), row.key


def test_defaults_agree_with_the_typed_job() -> None:
    run, spec = RunSection().model_dump(), asdict(RunSpec())
    assert spec["executor"] == {"name": run["executor"], "options": {}}
    spec["executor"] = run["executor"]
    assert run == {
        document_key(field): list(value) if isinstance(value, tuple) else value for field, value in spec.items()
    }
    search = SearchSection()
    assert (search.sampler, search.seed) == (SearchSpec().sampler, SearchSpec().seed)
    styles = next(row for row in key_table(SECTIONS["parameter"]) if row.key == "style")
    assert all(f"`{style}`" in styles.kind for style in Style)
    assert ParameterSpec().style is Style.EQUALS


def test_a_wrong_key_does_not_hide_the_right_ones() -> None:
    problems = Problems("job")
    run = check_shape(
        RunSection, {"parallel": 3, "retries": -1, "nope": 1, "env": {"A": 1, "B": True}}, ("run",), problems
    )
    assert (run.parallel, run.retries, run.env) == (3, 0, {})
    assert [text.split(": ")[1] for text in problems.texts] == ["run.retries", "run.env.B", "run.nope"]


def test_every_section_has_a_json_schema_for_the_api() -> None:
    for section in SECTIONS.values():
        assert section.model_json_schema()["additionalProperties"] is False
