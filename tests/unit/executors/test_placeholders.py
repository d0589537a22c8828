from __future__ import annotations

import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scriptune.errors import CommandError
from scriptune.executors.placeholders import Hole, fill, holes, parse, shell_quoted, unquoted_text

KNOWN = ("lr", "model.size", "层数", "trial_dir")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{lr}", "<lr>"),
        ("--a={lr}/{lr}.txt", "--a=<lr>/<lr>.txt"),
        ("{model.size}{层数}", "<model.size><层数>"),
        ("{{lr}}", "{lr}"),
        ("{{awk}}", "{awk}"),
        ("${lr}", "${lr}"),
        ("${HOME}/x ${now:%Y}", "${HOME}/x ${now:%Y}"),
        ('{"a": 1, "b": {lr}}', '{"a": 1, "b": <lr>}'),
        ('{"a": {"b": 2}}', '{"a": {"b": 2}}'),
        ("{}", "{}"),
        ("{0} {1..5} {a,b} {x=1} { lr }", "{0} {1..5} {a,b} {x=1} { lr }"),
        (r"\d{3} {print $1}", r"\d{3} {print $1}"),
        ("{", "{"),
        ("}{", "}{"),
    ],
)
def test_only_placeholders_are_replaced(text: str, expected: str) -> None:
    pieces = parse(text, KNOWN)
    assert fill(pieces, {name: f"<{name}>" for name in KNOWN}) == expected


@pytest.mark.parametrize("text", ["{learning_rate}", "x{lR}y", "{print}", "{_a}", "{é}"])
def test_an_unknown_name_in_a_command_is_an_error(text: str) -> None:
    with pytest.raises(CommandError, match=r"^Command: \{.*\} is not a parameter"):
        parse(text, KNOWN, where="Command")


@pytest.mark.parametrize("text", ["{lr:.3f}", "--a={lr:e}", "{lr!r:>9s}", '{"a": {lr:.1%}}'])
def test_a_format_is_refused_because_values_are_never_rounded(text: str) -> None:
    with pytest.raises(CommandError, match=r"has a format specification.* Write \{lr\}"):
        parse(text, KNOWN, where="Command")


@pytest.mark.parametrize("text", ["${lr:.3f}", "{{lr:.3f}}", "{lr:0.1}", "{other:.3f}", "{lr: .3f}"])
def test_what_only_looks_like_a_format_is_left_alone(text: str) -> None:
    assert fill(parse(text, KNOWN), {"lr": "<lr>"}) == text


def test_the_error_names_the_closest_parameter_and_the_escape() -> None:
    with pytest.raises(CommandError) as caught:
        parse("--lr={lrr}", KNOWN, where="Command")
    assert str(caught.value) == (
        "Command: {lrr} is not a parameter. Did you mean 'lr'? Known placeholders: lr, model.size, trial_dir, 层数. "
        "For the literal text {lrr}, write {{lrr}}."
    )


@pytest.mark.parametrize("text", ["{other}", "{{other}}", "{% if x %}{y}{% endif %}"])
def test_a_template_keeps_names_it_does_not_know(text: str) -> None:
    assert fill(parse(text, KNOWN, strict=False), {}) == text


def test_a_text_with_an_inactive_placeholder_is_none() -> None:
    assert fill(parse("--lr={lr}", KNOWN), {"trial_dir": "x"}) is None


@given(st.text(), st.text())
@example("{{{lr}}}", "x")
def test_parsing_never_fails_on_a_template_and_values_are_not_read_again(text: str, value: str) -> None:
    pieces = parse(text, KNOWN, strict=False)
    filled = fill(pieces, dict.fromkeys(KNOWN, value))
    assert filled is not None
    assert filled.count(value) >= sum(isinstance(piece, Hole) for piece in pieces) or not value
    if not holes(pieces) and "{{" not in text:
        assert filled == text


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("a {lr}", ""),
        ("'{lr}'", "'"),
        ('"{lr}"', '"'),
        ('"it\'s {lr}"', '"'),
        (r"\"{lr}", ""),
        (r"'\'{lr}", ""),
        ("'a'\"b\"{lr}", ""),
    ],
)
def test_the_quotes_around_a_placeholder_are_seen(text: str, quote: str) -> None:
    pieces = shell_quoted(parse(text, KNOWN))
    assert [piece.quote for piece in pieces if isinstance(piece, Hole)] == [quote]


def test_operators_in_quotes_are_no_operators() -> None:
    pieces = parse("""grep 'a|b' "c;d" e\\&f | tee {lr}""", KNOWN)
    assert set("|;&").intersection(unquoted_text(pieces)) == {"|"}


def test_quote_detection_agrees_with_a_real_shell() -> None:
    text = """printf '%s\\n' {lr} "{lr}" '{lr}' a"b"{lr}'c'"""
    pieces = shell_quoted(parse(text, KNOWN))
    quotes = [piece.quote for piece in pieces if isinstance(piece, Hole)]
    assert quotes == ["", '"', "'", ""]
    filled = fill(pieces, {"lr": "0.1"})
    assert filled is not None
    run = subprocess.run(["/bin/sh", "-c", filled], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["0.1", "0.1", "0.1", "ab0.1c"]
