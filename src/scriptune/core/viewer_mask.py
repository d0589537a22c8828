"""Mask secrets and environment values in the answers that read-only callers get.

The rule, whatever the answer is and wherever in it the text is:

- what `Secrets` recognises as a secret of a job is masked wherever it occurs, also in the forms in which programs and
  shells print it, and where a long line was cut in the middle of it;
- the value of an environment variable is masked in the environment and in ``NAME=value``; elsewhere too, unless it says
  nothing (a number, an address, a path), and short values and plain words are masked in sentences only;
- what `mask_text` takes for a secret by its name or form is masked, also when no job file holds it;
- metric regexes are shown as they are, but for the secrets of the job file.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from scriptune.core.job import MASK
from scriptune.core.secrets import Secrets, is_secret_name, mask_text

__all__ = ["ViewerMask"]

_ENV_KEYS = frozenset({"env", "environments"})  # a job file's key, and that of the ModelArts-compatible API
_REGEX_KEYS = frozenset({"regex", "regexes"})
_VALUE_KEYS = frozenset({"value", "default", "values", "choices"})  # of a parameter
_LEAST_TELLING_CHARS = 8  # shorter values of variables are words, versions, sizes
_LEAST_WORD_CHARS = 4
_LEAST_PIECE_CHARS = 6  # of a secret that was cut
_LARGE_WHOLE_NUMBER = 10**5  # a smaller one is not a secret
_SAYS_NOTHING = re.compile(r"[\d.,:;xX+\-\s]*|true|false|yes|no|none|on|off|\.{0,2}/.*|~.*", re.IGNORECASE | re.DOTALL)
_PLAIN_WORD = re.compile(r"[a-z][a-z_]*")
_CUT = re.compile(r"\s*(?:\.\.\.|…)\s*")
_MAX_REMEMBERED_CHARS = 200
_HEAD_CHARS = 16


class ViewerMask:
    """Masks secrets in the answers that a read-only caller gets.

    Args:
        documents: The job files, programs and requests that the answer may show anything of, in JSON form.
    """

    def __init__(self, documents: Iterable[Mapping[str, Any]] = ()) -> None:
        certain: set[str] = set()
        env: dict[str, set[str]] = {}
        for document in documents:
            secrets = Secrets(document, hide_env=True)
            certain.update(secrets.known_values)
            for name, value in _variables(document, secrets):
                env.setdefault(name, set()).add(value)
        values = {value for of_name in env.values() for value in of_name if not _SAYS_NOTHING.fullmatch(value)}
        certain |= {value for value in values if _is_telling(value)}
        words = {value for value in values - certain if len(value) >= _LEAST_WORD_CHARS}
        self._certain = sorted({piece for value in certain for piece in _lines(value)}, key=len, reverse=True)
        self._values = _Values(form for value in self._certain for form in _forms(value))
        self._words = _whole_words(form for value in words for form in _forms(value))
        names = "|".join(sorted(map(re.escape, env), key=len, reverse=True))
        self._assignments = re.compile(rf"(?<![\w-])({names})=('[^']*'|\"[^\"]*\"|[^\s'\"]+)") if names else None
        self._remembered: dict[str, str] = {}

    def text(self, text: str) -> str:
        """Mask any string: a name, a sentence, a command line, a message with log lines."""
        shown = self._remembered.get(text)
        if shown is None:
            shown = self._masked(text)
            if len(text) <= _MAX_REMEMBERED_CHARS:  # the choices of a parameter come back in every trial
                self._remembered[text] = shown
        return shown

    def json(self, value: Any, key: str = "") -> Any:
        """Mask plain JSON data.

        Args:
            value: What `json.loads` gives.
            key: What it is the entry of.
        """
        if isinstance(value, str):
            return self._without_values(value) if key in _REGEX_KEYS else self.text(value)
        if isinstance(value, Mapping):
            if key in _ENV_KEYS:
                return {name: MASK if isinstance(item, str) else item for name, item in value.items()}
            is_of_secret = is_secret_name(str(value.get("name", "")))
            return {self._without_values(name): self._entry(name, item, is_of_secret) for name, item in value.items()}
        if isinstance(value, list):
            return [self.json(item, key) for item in value]
        return value

    def _entry(self, name: str, value: Any, is_of_secret: bool) -> Any:
        if _is_secret_key(name) or (is_of_secret and name in _VALUE_KEYS):
            return self._hidden(value)
        return self.json(value, name)

    def _hidden(self, value: Any) -> Any:
        """Mask the entry of a secret name: a value, a list of values, or the description of a parameter."""
        if isinstance(value, str):
            return MASK if value else value
        if isinstance(value, int) and not isinstance(value, bool):
            return MASK if abs(value) >= _LARGE_WHOLE_NUMBER else value
        if isinstance(value, list):
            return [self._hidden(item) for item in value]
        if isinstance(value, Mapping):
            return {name: self._entry(name, item, is_of_secret=True) for name, item in value.items()}
        return value

    def _masked(self, text: str) -> str:
        shown = self._without_values(text)
        if self._assignments is not None:
            shown = self._assignments.sub(rf"\1={MASK}", shown)
        if self._words is not None and len(text.split()) > 1:
            shown = self._words.sub(MASK, shown)
        if _CUT.search(shown):
            shown = self._without_pieces(shown)
        return mask_text(shown)

    def _without_values(self, text: str) -> str:
        # A state or a sampler keeps its name, even if it is someone's password.
        return text if _PLAIN_WORD.fullmatch(text) else self._values.masked(text)

    def _without_pieces(self, text: str) -> str:
        """Mask parts of secrets at the places where a long line was cut."""
        parts: list[str] = re.split(f"({_CUT.pattern})", text)
        for index in range(0, len(parts), 2):
            if index + 1 < len(parts):
                parts[index] = _cut_off(parts[index], self._certain, at_end=True)
            if index:
                parts[index] = _cut_off(parts[index], self._certain, at_end=False)
        return "".join(parts)


def _variables(document: Mapping[str, Any], secrets: Secrets) -> Iterable[tuple[str, str]]:
    yield from secrets.env.items()
    yield from _environments(document)


def _environments(value: Any) -> Iterable[tuple[str, str]]:
    """The environment variables of a ModelArts-compatible request, at any depth."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == "environments" and isinstance(item, Mapping):
                yield from ((str(name), str(text)) for name, text in item.items() if text != MASK)
            else:
                yield from _environments(item)


def _is_telling(value: str) -> bool:
    return len(value) >= _LEAST_TELLING_CHARS and not _PLAIN_WORD.fullmatch(value)


def _lines(value: str) -> Iterable[str]:
    """A value, and each of its long lines, because messages quote lines one by one."""
    yield value
    lines = value.splitlines()
    if len(lines) > 1:
        yield from (line.strip() for line in lines if len(line.strip()) >= _LEAST_TELLING_CHARS)


def _forms(value: str) -> set[str]:
    """A value and its escaped forms in shells, URLs, JSON and Python."""
    return {
        value,
        shlex.quote(value),
        quote(value, safe=""),
        quote(value),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
    }


class _Values:
    """A set of secrets to find in a text. Only their beginnings form one regex: compiling PEM keys would take long."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._by_head: dict[str, list[str]] = {}
        for text in sorted(set(texts), key=len, reverse=True):
            self._by_head.setdefault(text[:_HEAD_CHARS], []).append(text)
        heads = sorted(self._by_head, key=len, reverse=True)
        self._heads = re.compile("|".join(map(re.escape, heads))) if heads else None

    def masked(self, text: str) -> str:
        """Replace each secret in a text by the mask."""
        if self._heads is None:
            return text
        shown, begin, at = [], 0, 0
        while match := self._heads.search(text, at):
            at = match.start()
            found = max((len(value) for value in self._fitting(text, at)), default=0)
            if found:
                shown += [text[begin:at], MASK]
                begin = at = at + found
            else:
                at += 1
        return "".join([*shown, text[begin:]])

    def _fitting(self, text: str, at: int) -> Iterable[str]:
        for n in range(min(_HEAD_CHARS, len(text) - at), 0, -1):
            yield from (value for value in self._by_head.get(text[at : at + n], ()) if text.startswith(value, at))


def _whole_words(texts: Iterable[str]) -> re.Pattern[str] | None:
    parts = [re.escape(text) for text in sorted(set(texts), key=lambda text: (-len(text), text))]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)") if parts else None


def _cut_off(text: str, secrets: Sequence[str], *, at_end: bool) -> str:
    for secret in secrets:
        for n in range(min(len(secret) - 1, len(text)), _LEAST_PIECE_CHARS - 1, -1):
            if at_end and text.endswith(secret[:n]):
                return text[:-n] + MASK
            if not at_end and text.startswith(secret[-n:]):
                return MASK + text[n:]
    return text


@lru_cache(maxsize=4096)
def _is_secret_key(name: str) -> bool:
    return is_secret_name(name)
