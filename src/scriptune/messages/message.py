"""A message: a string that keeps its code and parameters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from itertools import islice
from typing import Any

from scriptune.messages.catalogue import has_text, render

__all__ = [
    "Message",
    "clauses",
    "counted",
    "did_you_mean",
    "lines",
    "message_from_json",
    "message_to_json",
    "sentences",
]

_KEYS = {"code", "params", "message"}
# Whatever came over the network is compared, so not all of very many names, and no very long ones.
_MAX_COMPARED = 1000
_MAX_COMPARED_CHARS = 100
# JSON has no such numbers.
_NOT_FINITE = {"nan": "number.nan", "inf": "number.infinity", "-inf": "number.minus_infinity"}


class Message(str):
    """A message of the catalogue; as a string it is its English text.

    Attributes:
        code: What it says, for programs; a key of the catalogue.
        params: What its text names: JSON values and other messages. Other values become strings.
    """

    __slots__ = ("code", "params")

    code: str
    params: Mapping[str, Any]  # Any: JSON values and messages

    def __new__(cls, code: str, /, **params: Any) -> Message:
        plain = {name: _plain(value) for name, value in params.items()}
        message = super().__new__(cls, render(code, plain))
        message.code = code
        message.params = plain
        return message

    def __reduce__(self) -> tuple[Any, ...]:  # Any: the protocol of pickle and copy
        return _restored, (self.code, dict(self.params), str(self))

    def in_language(self, language: str) -> str:
        """The text in one of `LANGUAGES`; in English if this version does not know the code."""
        return render(self.code, self.params, language) if has_text(self.code, self.params, language) else str(self)


def _restored(code: str, params: Mapping[str, Any], text: str) -> Message:  # Any: JSON values and messages
    message = str.__new__(Message, text)
    message.code = code
    message.params = params
    return message


def _plain(value: Any) -> Any:  # Any: whatever a caller names, and JSON
    """Convert a parameter to JSON data; messages are kept."""
    if value is None or isinstance(value, (bool, int, Message)):
        return value
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, float):
        return value if math.isfinite(value) else Message(_NOT_FINITE[str(value)])
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (Sequence, set, frozenset, Iterable)) and not isinstance(value, (bytes, bytearray)):
        try:
            return [_plain(item) for item in value]
        except TypeError:  # an array without a dimension
            return str(value)
    return str(value)


def sentences(*parts: str) -> str:
    """Join messages with spaces, leaving out empty ones."""
    return _joined("sentences", parts)


def clauses(parts: Iterable[str]) -> str:
    """Several messages behind each other, with semicolons."""
    return _joined("clauses", parts)


def lines(parts: Iterable[str]) -> str:
    """Join messages with newlines, leaving out empty ones."""
    return _joined("lines", parts)


def _joined(code: str, parts: Iterable[str]) -> str:
    items = [part for part in parts if part]
    return Message(code, items=items) if len(items) > 1 else (items or [""])[0]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the known name closest to a word, or ``""``.

    Of very many names the first ones are compared, and a very long word with none: words come over the network.
    """
    if len(word) > _MAX_COMPARED_CHARS:
        return ""
    by_lower = {name.lower(): name for name in islice(known, _MAX_COMPARED) if len(name) <= _MAX_COMPARED_CHARS}
    from difflib import get_close_matches  # here: few commands meet an unknown name

    matches = get_close_matches(word.lower(), by_lower, n=1)
    return Message("common.did_you_mean", name=by_lower[matches[0]]) if matches else ""


def message_to_json(message: str) -> Any:  # Any: JSON
    """Convert a message to JSON: code, parameters and English text; a plain string is returned as it is."""
    if not isinstance(message, Message):
        return message
    return {"code": message.code, "params": _params_to_json(message.params), "message": str(message)}


def _params_to_json(value: Any) -> Any:  # Any: JSON and messages
    if isinstance(value, Message):
        return message_to_json(value)
    if isinstance(value, Mapping):
        return {name: _params_to_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_params_to_json(item) for item in value]
    return value


def message_from_json(data: Any) -> str:  # Any: JSON
    """Restore a message from `message_to_json`, or a plain string that was stored without a code.

    Its English text is the one it came with: a database holds long lists of messages, and those of newer versions.
    Where the code stands for the text, as in what launchers write, the text is taken from the catalogue.
    """
    value = _params_from_json(data)
    return value if isinstance(value, str) else str(value)


def _params_from_json(value: Any) -> Any:  # Any: JSON and messages
    if isinstance(value, Mapping):
        message = _from_parts(value)
        return {name: _params_from_json(item) for name, item in value.items()} if message is None else message
    if isinstance(value, list):
        return [_params_from_json(item) for item in value]
    return value


def _from_parts(data: Mapping[str, Any]) -> Message | None:  # Any: JSON
    """The message that a mapping describes, or None if it does not describe one."""
    if data.keys() != _KEYS:
        return None
    code, params, text = data["code"], data["params"], data["message"]
    if not (isinstance(code, str) and isinstance(params, Mapping) and isinstance(text, str)):
        return None
    params = {name: _params_from_json(item) for name, item in params.items()}
    return Message(code, **params) if text == code else _restored(code, params, text)


def counted(n: float, noun: str, plural: str = "") -> str:
    """Format a count with its noun: ``"1 trial"``, ``"2 trials"``, ``"0.5 GPUs"``; ``plural`` if it is irregular."""
    number = f"{n:g}" if isinstance(n, float) else str(n)
    return f"{number} {noun if n == 1 else plural or noun + 's'}"
