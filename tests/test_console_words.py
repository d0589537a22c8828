"""The console speaks Chinese, the server English: every sentence of the server that the console shows has its Chinese.

The sentences are found in the sources. Where values are filled in, a mark stands for them; the dictionary's own holes
(``{name}`` kept, ``{*name}`` translated in turn, ``{n}`` without blanks) must fit.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from scriptune.core.job import JobState
from scriptune.core.trial import Cause, ExitReason, Phase, TrialState

ROOT = Path(__file__).resolve().parents[1]
WORDS = ROOT / "console" / "src" / "i18n"
PACKAGE = ROOT / "src" / "scriptune"
MARK = "\N{WHITE SMALL SQUARE}"

SAID: dict[str, str] = json.loads((WORDS / "said.zh.json").read_text("utf-8"))

# What people read of these modules in the console: mistakes at fields, ends of trials and jobs, reasons of suggestions.
MODULES = [
    "inspection/inspect.py",
    "jobfile/checked_job.py",
    "jobfile/checks.py",
    "jobfile/conditions.py",
    "jobfile/durations.py",
    "jobfile/kinds.py",
    "jobfile/parameters.py",
    "jobfile/sections.py",
    "jobfile/shape.py",
    "executors/command.py",
    "executors/passing.py",
    "executors/placeholders.py",
    "executors/slots.py",
    "metrics/sources/log.py",
    "metrics/numbers.py",
    "metrics/pattern.py",
    "metrics/scan.py",
    "metrics/suggest.py",
    "metrics/sources/tail.py",
]

# Ends and beginnings of sentences, which are known as parts of the whole; and one that only our own code can cause.
PIECES = {
    "without quotes",
    "(YAML 1.2 reads yes, no, on and off as strings)",
    f"A block of {MARK} bytes cannot hold a line of {MARK}; make it longer.",
}


def sentences(path: Path) -> Iterator[str]:
    """Texts of a module that read like English, values marked; no docstrings, types or log messages."""
    tree = ast.parse(path.read_text("utf-8"))
    silent: set[int] = set()
    for node in ast.walk(tree):
        # Log messages, and the words that the description of job files uses.
        is_log = isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("_log.", "Words"))
        is_expression = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_assert = isinstance(node, ast.Assert)
        if is_log or is_expression or is_assert:
            silent.update(id(inner) for inner in ast.walk(node))
        if isinstance(node, ast.JoinedStr):
            silent.update(id(inner) for inner in ast.walk(node) if inner is not node)
    for node in ast.walk(tree):
        if id(node) in silent or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        text = _marked(node)
        if text is not None and _is_prose(text) and text.strip() not in PIECES:
            yield text.strip()


def _marked(node: ast.Constant | ast.JoinedStr) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    return "".join(part.value if isinstance(part, ast.Constant) else MARK for part in node.values)


def _is_prose(text: str) -> bool:
    """Words with blanks between them, rather than a regex, a table of numbers or a piece of a job file."""
    is_code = re.search(r"\\[bsdAZ]|\(\?:|\|.*\||^\{|^[A-Z_]+$", text)
    return not is_code and re.search(r"[a-z]{2,}'?,? [a-z]", text) is not None


@cache
def _patterns() -> list[tuple[re.Pattern[str], list[str]]]:
    """The dictionary's sentences, those with the most words of their own first; with each its parts said in turn."""
    ordered = sorted(SAID, key=lambda text: -len(re.sub(r"\{\*?\w+\}", "", text)))
    return [(_pattern(text), re.findall(r"\{\*(\w+)\}", text)) for text in ordered]


def _pattern(text: str) -> re.Pattern[str]:
    pieces = re.split(r"(\{\*?\w+\})", text.strip())
    holes = [re.fullmatch(r"\{\*?(\w+)\}", piece) for piece in pieces]
    return re.compile(
        "".join(
            re.escape(piece) if hole is None else f"(?P<{hole[1]}>{'[^ ]+?' if hole[1] == 'n' else '.+?'})"
            for piece, hole in zip(pieces, holes, strict=True)
        )
    )


def can_be_said(text: str, depth: int = 0) -> bool:
    """Whether all of a text but the values can be translated."""
    text = text.strip()
    if not re.search(r"[a-z]{2}", text.replace(MARK, "")):
        return True
    for pattern, said in _patterns():
        match = pattern.fullmatch(text)
        if match and depth < 6 and all(can_be_said(match[name], depth + 1) for name in said):
            return True
    splits = (found.start() for found in re.finditer(r"(?<=[.?]) ", text))
    return any(can_be_said(text[:at], depth + 1) and can_be_said(text[at + 1 :], depth + 1) for at in splits)


@pytest.mark.parametrize("name", MODULES)
def test_what_the_server_says_can_be_said_in_chinese(name: str) -> None:
    assert [text for text in sentences(PACKAGE / name) if not can_be_said(text)] == []


def test_every_hole_of_a_sentence_is_filled_in_its_translation() -> None:
    def names(text: str) -> list[str]:
        return sorted(re.findall(r"\{\*?(\w+)\}", text))

    assert [text for text, chinese in SAID.items() if names(text) != names(chinese)] == []
    assert [text for text, chinese in SAID.items() if not chinese.strip()] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_states_causes_reasons_and_phases_have_their_words(language: str) -> None:
    keys = set(re.findall(r'^  "?([\w.]+)"?:', (WORDS / f"{language}.ts").read_text("utf-8"), re.MULTILINE))
    kinds = {"state": [*JobState, *TrialState], "cause": Cause, "reason": ExitReason, "phase": Phase}
    assert [f"{kind}.{one}" for kind, all_of in kinds.items() for one in all_of if f"{kind}.{one}" not in keys] == []
