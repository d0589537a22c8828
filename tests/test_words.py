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
    "anew": "again",
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


PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "console" / "src" / "i18n" / "en.ts",
    ROOT / "src" / "scriptune" / "messages" / "en.toml",
]


@pytest.mark.parametrize("word", ["diary", "wish", "wishes", "faces", "hopeless"])
def test_no_retired_word_is_on_a_page(word: str) -> None:
    wrong = [
        str(page.relative_to(ROOT))
        for page in PAGES
        if page.name not in ("glossary.md", "CHANGELOG.md")
        and re.search(rf"\b{word}\b", page.read_text("utf-8"), re.IGNORECASE)
    ]
    assert not wrong


PHRASES = {
    r"goes on by itself": "continues automatically",
    r"turned? round\b": "reversed",
    r"\bfor ever\b": "forever, or: this cannot be undone",
    r"\blet go of\b": "release, close",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\ba whole number\b(?! of)": "an integer",
    r"\b(none|mistake|database|sentence) (is )?of ours\b": "scriptune's, a bug",
    r"(?<![Tt]here )\bis no (parameter|number|file|folder|range|condition|JSON|URL|mistake|regex)\b": "is not a ...",
    r"\bsomebody\b|\bnobody\b|\bwhoever\b": "someone, no one, anyone who; another process",
    r"vanished without a word|went wrong, so nothing": "was lost; failed",
    r"What mattered\b": "parameter importance",
    r"Largest memory|Processor time": "peak memory, CPU time",
}
"""Phrases that read as a translation -> what is said instead."""


@pytest.mark.parametrize("phrase", PHRASES)
def test_no_phrase_reads_as_a_translation(phrase: str) -> None:
    pattern = re.compile(phrase)
    pages = [*PAGES, *(ROOT / name for name in _sources())]
    wrong = [
        f"{page.relative_to(ROOT)}:{number}: say {PHRASES[phrase]}"
        for page in pages
        for number, line in enumerate(page.read_text("utf-8").splitlines(), 1)
        if page.name != "glossary.md" and pattern.search(line)
    ]
    assert not wrong


RETIRED_CHINESE = ["采样器", "好的方向", "搜索什么", "重新读取日志", "处理器时间", "没有上报", "初始布点", "后备方案"]
"""Words of the console that are not those of ModelArts' console, or not Chinese."""


@pytest.mark.parametrize("word", RETIRED_CHINESE)
def test_no_retired_word_is_in_the_chinese_texts(word: str) -> None:
    texts = [ROOT / "console" / "src" / "i18n" / "zh.ts", ROOT / "src" / "scriptune" / "messages" / "zh.toml"]
    assert not [str(path.relative_to(ROOT)) for path in texts if word in path.read_text("utf-8")]
