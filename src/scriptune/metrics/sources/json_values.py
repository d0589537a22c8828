"""Find values in JSON documents by their paths.

A path has the names of the keys on the way, with dots between them: ``eval.f1``. A number in it is an index in a list
(``runs.0.f1``; ``-1`` is the last). Where a list is met without one, all of its elements are looked at, so
``history.loss`` finds ``{"history": {"loss": [0.9, 0.8]}}``, and ``log.loss`` finds ``{"log": [{"loss": 0.9},
{"loss": 0.8}]}``. The path of the steps goes through the same elements. A key with dots in it is found too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any  # Any: JSON

from scriptune.metrics.numbers import Refusal, read_number

__all__ = ["NumberAt", "decode", "number_paths", "offsets_of", "parse_path", "value_of", "values_at"]

_MAX_PATHS = 200
_MAX_DEPTH = 12
_NUMBER = re.compile(r'"(?:[^"\\]|\\.)*"|(-?(?:[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|Infinity)|NaN)')
_MAX_INTEGER_DIGITS = 400


class NumberAt(float):
    """A number of a document.

    Attributes:
        index: How many numbers are before it.
    """

    __slots__ = ("index",)

    index: int


def decode(data: bytes, *, numbered: bool = False) -> Any:
    """Decode a document.

    Args:
        data: The document.
        numbered: Make its numbers `NumberAt`.

    Raises:
        ValueError: It is not a JSON document.
    """
    text = data.decode("utf-8-sig")
    try:
        if not numbered:
            return json.loads(text)
        n = 0

        def number(written: str) -> NumberAt:
            nonlocal n
            found = NumberAt(written)
            found.index = n
            n += 1
            return found

        return json.loads(text, parse_float=number, parse_int=number, parse_constant=number)
    except RecursionError as err:
        raise ValueError("nested too deeply") from err


def offsets_of(data: bytes, values: Iterable[Any]) -> dict[int, int]:
    """Where numbers of a document are: the offset in bytes, by `NumberAt.index`."""
    wanted = {value.index for value in values if isinstance(value, NumberAt)}
    text = data.decode("utf-8-sig")
    n_before = len(data) - len(text.encode())  # a byte order mark
    found: dict[int, int] = {}
    index = at = 0
    for match in _NUMBER.finditer(text):
        if match[1] is None:
            continue
        if index in wanted:
            n_before += len(text[at : match.start()].encode())
            at = match.start()
            found[index] = n_before
        index += 1
    return found


def value_of(value: Any) -> float | Refusal | None:
    """What a value of a document is as a number; None for ``null``."""
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return Refusal("no_number", "refusal.too_many_digits", str(_MAX_INTEGER_DIGITS))
    if isinstance(value, str):
        return read_number(value.strip().encode("utf-8", "replace"))
    return Refusal("no_number", "refusal.not_a_number")


def parse_path(path: str) -> tuple[str, ...]:
    """The parts of a path."""
    return tuple(path.split("."))


def values_at(document: Any, path: Sequence[str], step: Sequence[str] | None) -> Iterator[tuple[Any, Any]]:
    """The values at a path with their steps (None without one), in the order of the document."""
    return _values(document, path, document, step, 0)


def _values(
    document: Any, path: Sequence[str], step_document: Any, step: Sequence[str] | None, depth: int
) -> Iterator[tuple[Any, Any]]:
    if depth > 2 * _MAX_DEPTH:
        return
    if isinstance(document, list) and not (path and _index(path[0], document) is not None):
        # The steps are in the same list, or in one beside it.
        is_shared = step is not None and step_document is document
        steps: Iterator[Any] = iter(())
        if step is not None and not is_shared:
            found = [value for value, _ in _values(step_document, step, step_document, None, depth + 1)]
            steps = iter(found) if len(found) == len(document) else repeat(found[0]) if len(found) == 1 else iter(())
        for item in document:
            if is_shared:
                yield from _values(item, path, item, step, depth + 1)
            else:
                own_step = next(steps, None)
                for value, _ in _values(item, path, item, None, depth + 1):
                    yield value, own_step
        return
    if not path:
        yield document, None if step is None else _first(step_document, step, depth)
        return
    for key, rest, inner in _inner(document, path):
        shares = step is not None and step_document is document and tuple(step[: len(key)]) == tuple(key)
        if shares and step is not None:
            yield from _values(inner, rest, inner, step[len(key) :], depth + 1)
        else:
            yield from _values(inner, rest, step_document, step, depth + 1)


def _first(document: Any, path: Sequence[str], depth: int) -> Any:
    return next((value for value, _ in _values(document, path, document, None, depth + 1)), None)


def _inner(document: Any, path: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str], Any]]:
    """What a path leads to in a document: the parts used, the others, and what is there."""
    if isinstance(document, list):
        index = _index(path[0], document)
        if index is not None:
            yield path[:1], path[1:], document[index]
    elif isinstance(document, Mapping):
        for n in range(len(path), 0, -1):  # a key with dots goes first
            name = ".".join(path[:n])
            if name in document:
                yield path[:n], path[n:], document[name]
                return


def _index(part: str, items: Sequence[Any]) -> int | None:
    if not re.fullmatch(r"-?[0-9]{1,9}", part):
        return None
    index = int(part)
    return index if -len(items) <= index < len(items) else None


def number_paths(document: Any) -> dict[str, list[float]]:
    """The paths that lead to numbers in a document, with these; of very many, the first ones."""
    found: dict[str, list[float]] = {}
    _collect(document, (), found, 0)
    return found


def _collect(document: Any, path: tuple[str, ...], found: dict[str, list[float]], depth: int) -> None:
    if depth > _MAX_DEPTH:
        return
    if isinstance(document, list):
        for item in document:
            _collect(item, path, found, depth + 1)
    elif isinstance(document, Mapping):
        for name, item in document.items():
            _collect(item, (*path, name), found, depth + 1)
    elif isinstance(document, (int, float)) and not isinstance(document, bool) and path:
        name = ".".join(path)
        if name in found or len(found) < _MAX_PATHS:
            value = value_of(document)
            if isinstance(value, float):
                found.setdefault(name, []).append(value)
