r"""Detect lines of tracebacks, which quote source such as ``print(f"loss=0.7")`` or an error's message.

A line is judged on its own and by the few lines above it, so that how a log is read makes no difference. Known are the
tracebacks of Python (of 3.13 with several quoted lines, chained, grouped, behind the prefix of a rank or a container),
of IPython, rich and loguru, warnings with their source line, and what R, Node, Java, Ruby, Rust, Go, PHP, Perl and
compilers print.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["may_be_quoted", "quotes_source"]

_MAX_LINES = 60  # of a boxed traceback with its context

_TRACEBACK = b"Traceback (most recent call last)"
_FILE_LINE = re.compile(rb'(?P<prefix>.*?)(?P<indent>[ \t]*)(?:> )?File "[^"\n]*", line [0-9]+')
_PREFIX = re.compile(rb"(?:\[[^\]\s]{1,40}\]:? ?|\([^()]{1,60}\) ?|[\w.-]+ *\| ?|(?:\s*\| )+)")
_BOX = re.compile(rb"\s*(?:\xe2\x94\x82|\||\xe2\x94\x83)")
_BOX_END = re.compile(rb"\s*(?:\xe2\x95\xb0|\xe2\x94\x94|\+)(?:\xe2\x94\x80|-)")
_CARETS = re.compile(rb"[\s~^]*\^[\s~^]*\Z")
_ERROR = re.compile(rb"[A-Za-z_][\w.]*(?::|\Z)")
_IPYTHON_LINE = re.compile(rb"\s*(?:-+>\s*)?[0-9]+(?:\s|\Z)")
_IPYTHON_HEAD = re.compile(rb"(?:File |Cell In|<ipython-input|[/~]\S* in |Input In)")

# Lines that belong to a traceback regardless of context.
_STACK_LINE = re.compile(
    rb"\s*(?:"
    rb"at [^\s(]+ ?\(.*\)|at .*:[0-9]+:[0-9]+\)?\s*\Z|at .* in .*:line [0-9]+"  # Java, Node, C#
    rb"|-{2,}> ?[0-9]+ "  # IPython
    rb"|#[0-9]+ +\S+\([0-9]+\): "  # PHP
    rb"|[0-9]+\. +[^\w\s]*(?:\xe2\x94[\x94\x9c])"  # rlang
    rb"|[0-9]+: [\w.:]+\(.*(?:[\"'].*\)|\) at \S+#[0-9]+)\s*\Z"  # R
    rb"|\[[0-9]+\] .* at \S+:[0-9]+\s*\Z"  # Julia
    rb"|what\(\): )"
    rb"|(?:Error|Warning) in [\w.:]+\(.*|In [\w.:]+\(.*\) ?:|Calls: .* -> "  # R
    rb"|Exception in thread \"|Caused by: |thread '.*' panicked at |panic: |(?:PHP )?(?:Fatal|Parse) error: "
    rb"|ERROR: LoadError: |Uncaught \w*Error: |error: Uncaught "
    rb"|thread '.*' \([0-9]+\) panicked at |Unhandled [eE]xception[.:] "
    rb"|\S+\.rb:[0-9]+:in ['`]|\S+: \S+\.lua:[0-9]+: |\*\* \([A-Z][\w.]*\) |\S+:[0-9]+: Fatal error: "  # Ruby, Lua, ...
    rb"|\S+: \S+:[0-9]+: .*Assertion [`'].*failed\.|\S+: line [0-9]+: .*: command not found"  # C, shells
    rb"|\++ (?:echo|printf) "  # sh -x
    rb"|E {3,}\S|> {7,}\S|(?:FAILED|ERROR) \S+\.py\S* - "  # pytest
)
_PERL = re.compile(rb" called at \S+ line [0-9]+")
# A word, then what may be a stack's: a quick look at lines that begin with any letter.
_PREFIXED = re.compile(rb"[\w.-]*[ \t]*\| [A-Za-z_][\w.]*(?:: |\Z)")
_NAMED_PLACE = re.compile(rb"[^\s:]+:(?:[0-9]+:| [^\s:]+:[0-9]+: | line [0-9]+: )")
_GROUP_RULE = re.compile(rb"\s*\+-[+-]-+ [0-9.]+ -+")
_SHORT_HEAD = re.compile(rb"\S+\.py:[0-9]+: in \S+\s*\Z")  # pytest --tb=short
_UNCAUGHT = re.compile(rb"error: Uncaught ")
_STACK_STARTS = frozenset(b" \t-#[0123456789EWICtpPFUeu*+>")
_NOTHING = ord("-")  # in place of the first byte of a line above that there is not
_BLANKS = frozenset(b" \t")
_DEEP = frozenset(b" \t|+[(\xe2")  # what a quoted line, or a line of a box, begins with
_DEEP_ABOVE = frozenset(b" \t+\xe2")

# What is right above a quoted line.
_HEAD_ENDS = frozenset([b":", b" ", *(b"%d" % digit for digit in range(10))])
_NODE_HEAD = re.compile(rb"(?:file://)?\S*\.(?:[mc]?[jt]sx?):[0-9]+\s*\Z")
_WARNING_HEAD = re.compile(rb"\S+:[0-9]+: \w*Warning: ")
_COMPILER_HEAD = re.compile(
    rb"\S+:[0-9]+:[0-9]+: (?:fatal error|error|warning|note): |\s*--> \S+:[0-9]+:[0-9]+|\s*\|\s*\Z"
)
_COMPILER_QUOTE = re.compile(rb"\s*[0-9]+ \| ")
_RUBY_HEAD = re.compile(rb"\S+\.rb:[0-9]+:in ")
_RUST_HEAD = re.compile(rb"thread '.*' (?:\([0-9]+\) )?panicked at .*:[0-9]+:[0-9]+:\s*\Z")
_R_HEAD = re.compile(rb"(?:Error|Warning) in .* : ?\Z|# Error @ ")


def may_be_quoted(line: bytes, above: bytes) -> bool:
    """A cheap pre-check that nearly every log line fails; ``above`` is the line before it.

    It is the same for other digits in place of theirs: `shapes` depends on that.
    """
    # It is called for each capture. A byte is looked for as a number: `b"x" in line` takes ten times as long.
    first, over = line[0], above[0] if above else _NOTHING
    has_quote = 34 in line or 39 in line or 96 in line
    if not has_quote and (first in _BLANKS or over not in _DEEP):
        # It is at most an error's message, or a line of a stack.
        if first not in _BLANKS and above[-1:] == b":":
            return True
        return (
            (first in _STACK_STARTS and _STACK_LINE.match(line) is not None)
            or (0xE2 in line and b"\xe2\x94\x94" in line)
            or line.find(b" called at ") >= 0
            or (124 in line and _PREFIXED.match(line) is not None)
            or (over == _NOTHING and 58 in line)  # ----> 3 of IPython
            or (first not in _BLANKS and 58 in line and _NAMED_PLACE.match(line) is not None)
        )
    return (
        first in _DEEP
        or over in _DEEP_ABOVE
        or (above[-1:] in _HEAD_ENDS and 58 in above)
        or above.find(b'", line ') >= 0
        or (first in _STACK_STARTS and _STACK_LINE.match(line) is not None)
        or line.find(_TRACEBACK) >= 0
        or line.find(b" called at ") >= 0
        or above.find(b".rb:") >= 0
        or _NAMED_PLACE.match(line) is not None
        or _SHORT_HEAD.match(above) is not None
    )


def quotes_source(line: bytes, place: int, above: Iterator[bytes]) -> bool:
    r"""Whether a line with a capture belongs to a traceback.

    Args:
        line: The line, without escape sequences.
        place: Where in it the capture begins.
        above: The lines before it that are not empty (``\r\n`` ends a line twice), nearest first.
    """
    if _STACK_LINE.match(line) or _TRACEBACK in line[:place] or _PERL.search(line):
        return True
    lines: list[bytes] = []
    for one in above:
        lines.append(one)
        if len(lines) >= _MAX_LINES:
            break
    if not lines:
        return False
    return (
        _is_below_file_line(line, lines[0])
        or _is_below_head(line, lines)
        or _is_boxed(line, lines)
        or _is_in_traceback(line, lines)
        or _is_in_traceback(*_without_prefix(line, lines))
    )


def _is_below_file_line(line: bytes, above: bytes) -> bool:
    """Whether a line is indented below ``File "x.py", line 3``, ignoring a common prefix."""
    match = _FILE_LINE.match(above)
    if match is None:
        return False
    start = match.end("prefix")
    if len(line) <= start or _blanked(line[:start]) != _blanked(match["prefix"]):
        return False
    return _indent(line[start:]) > len(match["indent"])


def _blanked(prefix: bytes) -> bytes:
    return re.sub(rb"[0-9]", b"0", prefix)  # a time of day


def _is_below_head(line: bytes, above: list[bytes]) -> bool:
    head = above[0]
    if _NODE_HEAD.match(head) or _RUST_HEAD.match(head) or _R_HEAD.match(head) or _GROUP_RULE.match(head):
        return True
    if line[:4] == b"    " and (_SHORT_HEAD.match(head) or _UNCAUGHT.match(head)):
        return True
    if line[:2] == b"  " and _WARNING_HEAD.match(head):
        return True
    if _COMPILER_QUOTE.match(line) and any(_COMPILER_HEAD.match(one) for one in above[:2]):
        return True
    return bool(_RUBY_HEAD.match(head) or (_CARETS.match(head) and _ERROR.match(line)))


def _is_boxed(line: bytes, above: list[bytes]) -> bool:
    """Whether a line is inside a box titled as a traceback, or the error below it."""
    box = _BOX.match(line)
    lines = iter(above)
    if box is None:
        if not (_ERROR.match(line) and _BOX_END.match(next(lines))):
            return False
        box = _BOX.match(next(lines, b""))
        if box is None:
            return False
    border = box.group()
    for one in lines:
        if not one.startswith(border):
            return _TRACEBACK in one
    return False


def _is_in_traceback(line: bytes, above: list[bytes]) -> bool:
    """Whether a line is a further quoted line of a frame, IPython's context, or the error at the end."""
    if not above:
        return False
    indent = _indent(line)
    if _IPYTHON_LINE.match(line):
        head = next((one for one in above if not _IPYTHON_LINE.match(one)), b"")
        if _IPYTHON_HEAD.match(head):
            return True
    elif _IPYTHON_LINE.match(above[0]) and _ERROR.match(line) and any(_IPYTHON_HEAD.match(one) for one in above):
        return True
    for one in above:
        if indent:
            match = _FILE_LINE.match(one)
            if match and not match["prefix"]:
                return len(match["indent"]) < indent
            if _indent(one) == 0:
                return False
        elif one.startswith(b'> File "'):  # loguru
            continue
        elif _indent(one) == 0:
            return one.rstrip().endswith(_TRACEBACK + b":") and _ERROR.match(line) is not None
    return False


def _without_prefix(line: bytes, above: list[bytes]) -> tuple[bytes, list[bytes]]:
    """Strip the name of a rank or container from a line, and keep only the lines above with the same one."""
    match = _PREFIX.match(line)
    if match is None:
        return line, []
    prefix = match.group()
    first = prefix.replace(b"|", b"+")  # of a group of errors
    return line[len(prefix) :], [one[len(prefix) :] for one in above if one.startswith((prefix, first))]


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" \t"))
