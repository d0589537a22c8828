"""Wrong job files and what is said about them.

``tests/golden/jobfiles/NAME.yaml`` is read in a folder with a few files; ``NAME.txt`` holds the message.
After a wanted change of messages, run this once with SCRIPTUNE_UPDATE_GOLDEN=1 and read the difference.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from scriptune.errors import JobFileError
from scriptune.jobfile import read_job_file

GOLDEN = Path(__file__).parents[2] / "golden" / "jobfiles"
FOREIGN = re.compile(r"pydantic|ruamel|yaml\.org|input should|Traceback|NoneType|\bdict\b", re.IGNORECASE)
WRONG_FILES = sorted(path for path in GOLDEN.iterdir() if path.suffix in (".yaml", ".json"))


def message_for(name: str, folder: Path) -> str:
    (folder / name).write_bytes((GOLDEN / name).read_bytes())
    with pytest.raises(JobFileError) as caught:
        read_job_file(name)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return str(caught.value).replace(str(folder), "<folder>") + "\n"


@pytest.mark.parametrize("name", [path.name for path in WRONG_FILES])
def test_a_wrong_job_file_gives_its_golden_message(name: str, folder: Path) -> None:
    message = message_for(name, folder)
    golden = (GOLDEN / name).with_suffix(".txt")
    if os.environ.get("SCRIPTUNE_UPDATE_GOLDEN"):
        golden.write_text(message, "utf-8")
    assert message == golden.read_text("utf-8")


def test_every_message_begins_with_its_place_and_speaks_our_words() -> None:
    for path in WRONG_FILES:
        for line in path.with_suffix(".txt").read_text("utf-8").splitlines():
            assert re.match(rf"{re.escape(path.name)}:\d+: ", line)
            assert not FOREIGN.search(line), line


def test_there_are_at_least_forty_wrong_files_and_no_orphaned_messages() -> None:
    assert len(WRONG_FILES) >= 40
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {path.stem for path in WRONG_FILES}
