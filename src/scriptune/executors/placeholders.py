"""Placeholders: ``{learning_rate}`` in a command or a template.

    {name}      replaced by the value
    {{name}}    the text {name}
    ${name}     left alone: a variable of the shell, or an interpolation of OmegaConf
    other braces are left alone: {"a": 1}, {}, {1..5}, {print $1}

In a command, ``{name}`` with an unknown name is an error, and so is ``{name:.3f}``: values are written so that
they read back, never rounded. A template is a file in a language of its own,
where braces are common: there only known names count, anything else stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from scriptune.errors import CommandError
from scriptune.messages import Message, did_you_mean

__all__ = ["Hole", "Pieces", "fill", "holes", "parse", "shell_quoted", "unquoted_text"]

_BRACES = re.compile(r"\$\{[^}]*\}|\{\{(?P<escaped>[^\s{}=,:\"']+)\}\}|\{(?P<name>[^\s{}=,:\"']+)\}")
_IDENTIFIER = re.compile(r"[^\W\d][\w.-]*")
_FORMATTED = re.compile(r"(?<![${])\{(?P<name>[^\s{}=,:!\"']+)(?:![rsa])?:[^\s{}=,:\"']*[A-Za-z%]\}")
"""Python's way to round: ``{lr:.3f}``; ``{lr:0.1}`` may as well be a mapping in YAML's short form."""


@dataclass(frozen=True)
class Hole:
    """A placeholder in a parsed string.

    Attributes:
        name: Of the parameter or fact.
        quote: In the text of a shell, the quotes around it: ``""``, ``"'"`` or ``'"'``.
    """

    name: str
    quote: str = ""


Pieces = tuple[str | Hole, ...]


def parse(text: str, known: Iterable[str], *, where: str = "", strict: bool = True) -> Pieces:
    """Split a string at its placeholders.

    Args:
        text: Command argument or line of a template.
        known: Names that have a value.
        where: For the message of an error.
        strict: Whether an unknown name is an error.

    Raises:
        CommandError: An unknown name, with the closest known one; a known name with a format.
    """
    known = set(known)
    if strict:
        _refuse_formats(text, known, where)
    pieces: list[str | Hole] = []
    end = 0
    for match in _BRACES.finditer(text):
        name = match["name"] or match["escaped"] or ""
        is_meant = name in known or (strict and _IDENTIFIER.fullmatch(name) is not None)
        if not is_meant:
            continue
        pieces.append(text[end : match.start()])
        end = match.end()
        if match["escaped"]:
            pieces.append(f"{{{name}}}")
        elif name in known:
            pieces.append(Hole(name))
        else:
            raise CommandError(
                Message("command.unknown_placeholder", where=where, name=name, near=did_you_mean(name, known)),
                hint=Message("command.known_placeholders", known=sorted(known), name=name),
            )
    pieces.append(text[end:])
    return tuple(piece for piece in pieces if piece != "")


def _refuse_formats(text: str, known: set[str], where: str) -> None:
    for match in _FORMATTED.finditer(text):
        if match["name"] in known:
            raise CommandError(
                Message("command.format", where=where, placeholder=match[0]),
                hint=Message("command.without_format", name=match["name"]),
            )


def holes(pieces: Pieces) -> set[str]:
    """The names of the placeholders."""
    return {piece.name for piece in pieces if isinstance(piece, Hole)}


def fill(pieces: Pieces, values: Mapping[str, str], quote: Callable[[str, str], str] | None = None) -> str | None:
    """Insert values for the placeholders; None if one has no value because its parameter is inactive."""
    texts = []
    for piece in pieces:
        if isinstance(piece, str):
            texts.append(piece)
        elif piece.name not in values:
            return None
        else:
            value = values[piece.name]
            texts.append(quote(value, piece.quote) if quote else value)
    return "".join(texts)


def shell_quoted(pieces: Pieces) -> Pieces:
    """Record for each placeholder in a shell command which quotes surround it.

    Quotes inside ``$(...)`` inside double quotes, and here-documents, are beyond this reader.
    """
    return tuple(
        Hole(piece.name, quote) if isinstance(piece, Hole) else piece for piece, quote, _ in _walk_shell(pieces)
    )


def unquoted_text(pieces: Pieces) -> str:
    """A shell command without its quoted and escaped parts: where its operators are."""
    return "".join(plain for _, _, plain in _walk_shell(pieces))


def _walk_shell(pieces: Pieces) -> Iterable[tuple[str | Hole, str, str]]:
    """For each piece: itself, the quotes open before it, and its unquoted characters."""
    quote = ""
    for piece in pieces:
        before, plain = quote, ""
        characters = iter(piece if isinstance(piece, str) else "")
        for character in characters:
            if character == "\\" and quote != "'":
                next(characters, "")
            elif character == quote:
                quote = ""
            elif not quote and character in "'\"":
                quote = character
            elif not quote:
                plain += character
        yield piece, before, plain
