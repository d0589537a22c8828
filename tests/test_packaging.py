"""What a built package holds: the console is made ahead and is in no commit, so it could be left out unnoticed."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[1]
CONSOLE = {"index.html", "report.html", "assets/index-1a2b.js", "assets/index-1a2b.css"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small checkout of the same shape with a built console, which .gitignore names as the real one does."""
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path / name)
    package = tmp_path / "src" / "scriptune"
    for name in CONSOLE:
        path = package / "console" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("built")
    (package / "__init__.py").write_text('"""A package."""\n')
    (package / "py.typed").touch()
    return tmp_path


def in_console(names: list[str]) -> set[str]:
    return {name.partition("scriptune/console/")[2] for name in names if "scriptune/console/" in name}


def test_a_wheel_from_the_checkout_holds_the_console(tree: Path) -> None:
    [wheel] = WheelBuilder(str(tree)).build(directory=str(tree / "dist"), versions=["standard"])
    names = zipfile.ZipFile(wheel).namelist()
    assert in_console(names) == CONSOLE
    assert "scriptune/py.typed" in names


def test_a_wheel_from_the_source_archive_holds_the_console(
    tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    [archive] = SdistBuilder(str(tree)).build(directory=str(tree / "dist"))
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(archive) as packed:
        packed.extractall(unpacked, filter="data")
    [inner] = unpacked.iterdir()
    [wheel] = WheelBuilder(str(inner)).build(directory=str(unpacked / "dist"), versions=["standard"])
    assert in_console(zipfile.ZipFile(wheel).namelist()) == CONSOLE


@pytest.mark.browser  # where the browser is, the console is built
def test_the_built_console_is_whole() -> None:
    console = ROOT / "src" / "scriptune" / "console"
    page = (console / "index.html").read_text("utf-8")
    named = [word.split('"')[0] for word in page.split("./assets/")[1:]]
    assert named
    assert not [name for name in named if not (console / "assets" / name).is_file()]
    assert 'id="scriptune-data"' in (console / "report.html").read_text("utf-8")
