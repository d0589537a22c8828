"""One word for one thing: names that were retired stay out of the code; `docs/glossary.md` has the terms."""

from __future__ import annotations

import io
import re
import subprocess
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

RETIRED = {
    "diary": "event log",
    "wish": "enqueued params",
    "wishes": "enqueued params",
    "wished": "enqueued",
    "hopeless": "not_tunable",
    "badness": "minimized",
    "bury": "finalize_lost",
    "tally": "scoreboard",
    "faces": "progress views",
    "salvage": "recover",
    "leash": "parent_death_signal",
    "thaw": "continue",
    "courier": "transfer thread",
}
MODULES = {
    *("acting", "looking", "showing", "failing", "running", "checking", "reporting", "printing"),
    *("judging", "ending", "describing", "resuming", "inspecting", "measuring", "late", "faces", "diary", "refusals"),
    *("owners", "homes", "found", "far", "wire"),
}
ALLOWED = {
    # What version 0.1.0 stored, renamed by the migration.
    ("src/scriptune/storage/migrations/versions/0002_version_0_2_0.py", "wishes"),
}
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def _sources() -> list[str]:
    done = subprocess.run(
        ["git", "ls-files", "src/scriptune/*.py"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def _words(text: str) -> set[str]:
    """Words of names and prose; ``_read_wishes`` and ``ReadWishes`` hold two."""
    return {word.lower() for word in WORD.findall(text)}


@pytest.mark.parametrize("name", _sources())
def test_no_retired_word_is_in_a_module(name: str) -> None:
    source = (ROOT / name).read_text("utf-8")
    kinds = (tokenize.NAME, tokenize.COMMENT, tokenize.STRING)
    found = {
        (token.start[0], word)
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type in kinds
        for word in _words(token.string) & RETIRED.keys()
        if (name, word) not in ALLOWED
    }
    assert not [f"{name}:{line}: {word!r}, say {RETIRED[word]!r}" for line, word in sorted(found)]


def test_a_module_is_named_by_what_it_holds() -> None:
    """A gerund tells nobody which module prints `best`."""
    assert not [name for name in _sources() if Path(name).stem in MODULES and "/testing/" not in name]


@pytest.mark.parametrize("word", ["diary", "wish", "wishes", "faces", "hopeless"])
def test_no_retired_word_is_on_a_page(word: str) -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    pages += [ROOT / "console" / "src" / "i18n" / "en.ts"]
    wrong = [
        str(page.relative_to(ROOT))
        for page in pages
        if page.name != "glossary.md" and re.search(rf"\b{word}\b", page.read_text("utf-8"), re.IGNORECASE)
    ]
    assert not wrong
