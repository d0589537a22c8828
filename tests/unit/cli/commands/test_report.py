from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from memory import memory_storage
from scriptune.cli.commands import report
from scriptune.cli.commands.report import report_data, write_report
from scriptune.errors import SettingsError
from worlds import World

PAGE = '<html><script type="application/json" id="scriptune-data"></script><script>read()</script></html>'
TWO = {"x": {"type": "float", "min": -1, "max": 1}, "y": {"type": "float", "min": -1, "max": 1}}


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    monkeypatch.setattr(report, "PAGE", tmp_path / "page.html")


def data_of(path: Path) -> Any:
    text = path.read_text("utf-8")
    begin = text.index('id="scriptune-data">') + len('id="scriptune-data">')
    return json.loads(text[begin : text.index("</script>", begin)])


@pytest.mark.usefixtures("page")
def test_a_report_holds_what_the_page_asks_for(tmp_path: Path) -> None:
    world = World(tmp_path, memory_storage())
    job = world.run(world.submit(parameters=TWO, search={"trials": 8}))
    write_report(world.engine, job.id, tmp_path / "out.html")
    data = data_of(tmp_path / "out.html")
    at = f"/jobs/{job.id}"
    assert data["answers"][at]["summary"]["best"]["number"] == world.engine.job(job.id).best.number
    assert len(data["answers"][f"{at}/history"]) == len(data["trials"]) == 8
    assert {row["name"] for row in data["answers"][f"{at}/importance"]} == {"x", "y"}
    assert data["answers"][f"{at}/marginals?parameter=x"]["name"] == "x"


def test_a_surface_can_be_asked_for_with_either_parameter_across(tmp_path: Path) -> None:
    world = World(tmp_path, memory_storage())
    job = world.run(world.submit(parameters=TWO, search={"trials": 8}))
    answers = report_data(world.engine, job)["answers"]
    one, other = (answers[f"/jobs/{job.id}/surface?x={x}&y={y}"] for x, y in ("xy", "yx"))
    assert (one["x_values"], one["y_values"]) == (other["y_values"], other["x_values"])
    assert one["mean"] == [list(column) for column in zip(*other["mean"], strict=True)]


def test_a_search_that_has_not_begun_has_a_report_too(tmp_path: Path) -> None:
    world = World(tmp_path, memory_storage())
    data = report_data(world.engine, world.submit())
    assert data["trials"] == []
    assert not any("marginals" in path for path in data["answers"])


@pytest.mark.usefixtures("page")
def test_names_cannot_end_the_script_that_holds_them(tmp_path: Path) -> None:
    world = World(tmp_path, memory_storage())
    name = "</script><script>alert(1)</script><!--<script>"
    job = world.submit(name=name)
    write_report(world.engine, job.id, tmp_path / "out.html")
    assert "<script>alert" not in (tmp_path / "out.html").read_text()
    assert data_of(tmp_path / "out.html")["answers"][f"/jobs/{job.id}"]["summary"]["job"]["name"] == name


@pytest.mark.usefixtures("page")
def test_values_of_variables_stay_at_home(tmp_path: Path) -> None:
    world = World(tmp_path, memory_storage())
    job = world.run(world.submit(run={"env": {"API_TOKEN": "it's s3cret", "N": "1"}}, search={"trials": 2}))
    write_report(world.engine, job.id, tmp_path / "out.html")
    assert "s3cret" not in (tmp_path / "out.html").read_text()
    detail = data_of(tmp_path / "out.html")["answers"][f"/jobs/{job.id}"]
    assert set(detail["summary"]["job"]["document"]["run"]["env"]) == {"API_TOKEN", "N"}
    assert "=" not in detail["command_line"].split()[0]


def test_without_the_console_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "PAGE", tmp_path / "missing.html")
    world = World(tmp_path, memory_storage())
    job = world.submit()
    with pytest.raises(SettingsError, match="not built") as caught:
        write_report(world.engine, job.id, tmp_path / "out.html")
    assert "make setup" in (caught.value.hint or "")


@pytest.mark.usefixtures("page")
def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    world = World(tmp_path, memory_storage())
    job = world.submit()
    with pytest.raises(SettingsError, match="nowhere"):
        write_report(world.engine, job.id, tmp_path / "nowhere" / "out.html")
