"""Parse the options in a program's ``--help`` output.

The help of argparse, click, typer, tyro, jsonargparse, fire, absl and Hydra is read, and that of programs like those of
LIBSVM. What is found is a proposal for people, so a line that cannot be understood is left out rather than guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from scriptune.core.parameters import Scalar
from scriptune.inspection.options_found import ProgramOption, kind_of, name_of, with_suggestions
from scriptune.inspection.usual_ranges import is_fraction
from scriptune.jobfile.parser import plain_scalar

__all__ = ["NEVER", "lists_options", "read_help"]

NEVER = frozenset(
    {
        "help", "version", "helpshort", "helpfull", "helpxml", "install_completion", "show_completion", "print_config",
    }
)  # fmt: skip
"""Options that every program has, and that no search changes."""

_VALUE = r"(?:[ =](?:\{[^}]*\}|<[^>]*>|\[[^\]]*\]|[A-Z][\w|.-]*))?"
_WORD = r"[\w-]+(?:\.[\w-]+)*"  # tyro and jsonargparse write `--optimizer.lr`
_OPTION = re.compile(
    rf"^ {{1,8}}(?P<flags>-{{1,2}}{_WORD}{_VALUE}(?:\s*[,/]\s*-{{1,2}}{_WORD}{_VALUE})*)"
    # Typer puts the negative switch into a column of its own.
    r"(?P<pair>\s+--no-[\w-]+)?(?P<rest>.*)$"
)
_FLAG = re.compile(r"-{1,2}(\w[\w-]*(?:\.[\w-]+)*)")
# Of a shell script, the usage is often all there is.
_USAGE = re.compile(r"^ *usage: .*(?:\n +\S.*)*", re.IGNORECASE | re.MULTILINE)
_IN_USAGE = re.compile(rf"(?<![\w-])--\w[\w-]*(?:\.[\w-]+)*{_VALUE}")
_CHOICES = re.compile(r"\{([^{}]*)\}|\[([^\[\]]*\|[^\[\]]*)\]|<([^<>]*\|[^<>]*)>")
_DEFAULT = re.compile(
    r"\(?\[?default(?:s to| is)?[:=]?\s*(?:'([^']*)'|\"([^\"]*)\"|([^\s\])};,]+))"
    r"|\[(-?[\d.]+(?:e-?\d+)?)\]$",  # see _BRACKETED
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"^ +-\w+ .*\[-?[\d.]+(?:e-?\d+)?\]$", re.MULTILINE)  # fastText's defaults
_TYPE_WORDS = {
    "int": "int", "integer": "int", "float": "float", "double": "float", "number": "float", "bool": "bool",
    "boolean": "bool", "text": "text", "str": "text", "string": "text", "path": "text", "file": "text",
}  # fmt: skip
_METAVAR = re.compile(
    r"(?:^|[\s=<\[])(INTEGER|INT|FLOAT|NUMBER|BOOLEAN|TEXT|STRING|STR|PATH|FILE|DOUBLE)\b(?: RANGE\b)?"
    r"|^<(int|integer|float|bool|boolean|text|str|string|path|file)(?: range)?>"
)
# jsonargparse and fire say it in words.
_TYPE_SAID = re.compile(r"\btype: (?:Optional\[)?(int|float|bool|str)\b", re.IGNORECASE)
_LIMITS = re.compile(r"(?:(?P<low>[-+.\de]+)<(?P<low_eq>=?))?x(?:<(?P<high_eq>=?)(?P<high>[-+.\de]+))?(?![\w.])")
_AT_LEAST = re.compile(r"(?<![\w.])x>=(?P<low>[-+.\de]+)")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_BOX = re.compile(r"[│|┃]")


def lists_options(text: str) -> bool:
    """Whether a program's ``--help`` output contains anything that looks like an option."""
    plain = _plain(text)
    if re.search(r"^\s*-{1,2}\w", plain, re.MULTILINE):
        return True
    return bool(_usage(plain)) or _hydra_config(plain) is not None


def read_help(text: str) -> tuple[str, list[ProgramOption]]:
    """The library that generated a help text, and the options in it."""
    plain = _plain(text)
    if re.search(r"^\s*--helpfull|^flags:|Try --helpfull", plain, re.MULTILINE):
        return "absl", with_suggestions(_read_absl(plain))
    config = _hydra_config(plain)
    if config is not None:
        return "hydra", with_suggestions([*_hydra_groups(plain), *_hydra_values(config)])
    source = _writer(text, plain)
    if _SHORT_ENTRY.search(plain):
        return "unknown", with_suggestions(_read_short(plain))
    in_brackets = len(_BRACKETED.findall(plain)) > 2
    found: dict[str, ProgramOption] = {}
    for flags, words in _entries(plain) or [(flags, "") for flags in _usage(plain)]:
        option = _read_option(flags, words, source)
        if option is not None and in_brackets:
            # Every option has a value there, the next word: one without a number is no switch.
            option = replace(option, type="text" if option.type == "bool" else option.type, style="space")
        if option is not None:
            found.setdefault(option.name, option)
    return source, with_suggestions(found.values())


def _writer(text: str, plain: str) -> str:
    if re.search(r"[╭╰]", text):
        return "typer"
    if re.search(r"^Usage: .*\[OPTIONS\]", plain, re.MULTILINE):
        return "click"
    if re.search(r"^usage: ", plain, re.MULTILINE):
        return "argparse"
    if re.search(r"^SYNOPSIS\n.*\n(?:.*\n)*FLAGS$", plain, re.MULTILINE):
        return "fire"
    return "unknown"


def _plain(text: str) -> str:
    return _BOX.sub(lambda match: match[0] if match[0] == "|" else " ", _ANSI.sub("", text)).expandtabs()


def _usage(plain: str) -> list[str]:
    """Options with their values in a usage line such as ``usage: train.sh --lr=LR [--amp]``."""
    return [flags for usage in _USAGE.finditer(plain) for flags in _IN_USAGE.findall(usage[0])]


# --- lists of options ----------------------------------------------------------------------------------------


def _entries(text: str) -> list[tuple[str, str]]:
    """The options of a help text, each with its complete description."""
    entries: list[tuple[str, list[str]]] = []
    indent = 0
    for line in text.splitlines():
        stripped = re.sub(r"^ {0,3}\* ", "    ", line)  # typer marks required options
        match = _OPTION.match(stripped)
        if match:
            indent = len(stripped) - len(stripped.lstrip())
            pair = f" / {match['pair'].strip()}" if match["pair"] else ""
            entries.append((match["flags"] + pair, [match["rest"].strip()]))
        elif re.match(r" {1,8}-+\W", line):
            indent = len(line)  # an option that cannot be read, such as -#, and its description
        elif entries and line.strip() and len(line) - len(line.lstrip()) > indent:
            entries[-1][1].append(line.strip())
        elif entries and not line.strip():
            indent = 0 if not entries[-1][1] else indent
    return [(flags, " ".join(words)) for flags, words in entries]


def _read_option(flags: str, words: str, source: str) -> ProgramOption | None:
    names = _FLAG.findall(flags)
    if not names:
        return None  # a line of dashes
    # `--no-cuda` alone is an option like any other; beside `--amp` it is the other half of a pair.
    positive = [name for name in names if not name.startswith("no-")]
    long = max(positive if any(len(name) > 1 for name in positive) else names, key=len)
    if name_of(long).rsplit(".", maxsplit=1)[-1] in NEVER:  # jsonargparse has `--model.help` too
        return None
    # Typer writes the type into a column of its own.
    head = words.split("  ")[0]
    default = _default_of(words)
    choices = _choices_of(flags) or (_choices_of(head) if head.startswith(("[", "{", "<")) else ())
    is_pair = f"--no-{long}" in flags
    kind = "categorical" if choices else "bool" if is_pair else _kind(long, flags, head, words, default)
    if is_pair:
        default = None if default is None else str(default).lower() not in ("false", f"no-{long}")
    if kind == "float" and isinstance(default, int) and not isinstance(default, bool):
        default = float(default)
    if is_pair and default is True:
        # The switch that changes something is the other one: without it the program does as `--name` says.
        long, default = f"no-{long}", False
    flag = ("--" if f"--{long}" in flags else "-") + long
    low, high = _limits(words)
    # A switch is given or not; fire takes a value.
    style = "switch" if kind == "bool" and source != "fire" else ""
    return ProgramOption(
        name_of(long), flag, kind, default, choices, _help_words(words), low=low, high=high, style=style
    )


def _kind(long: str, flags: str, head: str, words: str, default: Scalar | None) -> str:
    if metavar := _METAVAR.search(flags) or _METAVAR.match(head):
        return _TYPE_WORDS[(metavar[1] or metavar[2]).lower()]
    if said := _TYPE_SAID.search(words):
        return _TYPE_WORDS[said[1].lower()]
    if default is not None:
        return _printed_kind(long, default)
    return "bool" if "/" in flags or not re.search(r"[ =][A-Z<\[{]", flags) else "text"


def _printed_kind(name: str, default: Scalar) -> str:
    """The type of a default; of a fraction, such as a dropout of 0, the name knows better."""
    return "float" if kind_of(default) == "int" and is_fraction(name) else kind_of(default)


def _help_words(words: str) -> str:
    without_type = _METAVAR.sub("", words, count=1) if _METAVAR.match(words) else words
    return re.sub(r"\s+", " ", without_type.removeprefix("RANGE ")).strip()


def _limits(words: str) -> tuple[float | None, float | None]:
    """The limits in Click's ``1<=x<=8``; an open end cannot be tried, so it is not a search limit."""
    low = high = None
    if (found := _AT_LEAST.search(words)) is not None:
        low = _number(found["low"])
    elif (found := next((one for one in _LIMITS.finditer(words) if one["low"] or one["high"]), None)) is not None:
        low = _number(found["low"]) if found["low_eq"] else None
        high = _number(found["high"]) if found["high_eq"] else None
    return low, high


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _choices_of(text: str) -> tuple[Scalar, ...]:
    match = _CHOICES.search(text)
    if match is None:
        return ()
    inner = next(group for group in match.groups() if group is not None)
    parts = [part.strip() for part in re.split(r"[,|]", inner)]
    values = [plain_scalar(part) for part in parts if part and part != "..."]
    return tuple(value for value in values if value is not None)


def _default_of(text: str) -> Scalar | None:
    match = _DEFAULT.search(text)
    if match is None:
        return None
    inner = next(group for group in match.groups() if group is not None)
    if re.fullmatch(r"-?\d+\.", inner):  # Python's 0.
        return float(inner)
    value = plain_scalar(inner.rstrip("."))
    return None if value is None or inner in ("None", "none", "required") else _python_scalar(value)


def _python_scalar(value: Scalar) -> Scalar:
    return value == "True" if value in ("True", "False") else value


# --- LIBSVM --------------------------------------------------------------------------------------------------

# Options of one letter at the margin, `-c cost : set the parameter C (default 1)`; lines below them are indented.
_SHORT_ENTRY = re.compile(r"^-(?P<letter>\w) (?P<name>[a-z]\w*) ?: (?P<help>.*)(?P<below>(?:\n .*)*)", re.MULTILINE)
_NUMBERED_CHOICE = re.compile(r"\b0 or 1\b|^ +\d+ -- ", re.MULTILINE)


def _read_short(text: str) -> Iterator[ProgramOption]:
    """The quantities; what is chosen by number, such as the kind of a kernel, is left out."""
    names = set()
    for entry in _SHORT_ENTRY.finditer(text):
        name, words = entry["name"], entry["help"].strip()
        default = _default_of(words)
        if name in names or default is None or _NUMBERED_CHOICE.search(words + entry["below"]):
            continue
        names.add(name)
        kind = _printed_kind(name, default)
        if re.match(r"\d+/\w", str(default)):  # computed: 1/num_features
            kind, default = "float", None
        yield ProgramOption(name, f"-{entry['letter']}", kind, default, help=words, style="space")


# --- absl ----------------------------------------------------------------------------------------------------

_ABSL_ENTRY = re.compile(r"^  (?:-\w,\s*)?--(?P<no>\[no\])?(?P<name>\w+):(?P<help>.*(?:\n    .*)*)", re.MULTILINE)
_ABSL_TYPE = re.compile(r"\((?:an? )?(?:[\w-]+ )?(integer|number)\b([^()]*)\)\s*$")


def _read_absl(text: str) -> Iterator[ProgramOption]:
    for entry in _ABSL_ENTRY.finditer(text):
        if entry["name"] in NEVER:
            continue
        words = re.sub(r"\s+", " ", entry["help"]).strip()
        choices = re.match(r"<([^<>]*\|[^<>]*)>:?\s*", words)
        kind = "bool" if entry["no"] else "text"
        default = _default_of(words)
        low = high = None
        if choices:
            kind = "categorical"
        elif typed := _ABSL_TYPE.search(words):
            kind = "float" if typed[1] == "number" else "int"
            if ends := re.search(r"in the range \[([^,\]]+), ([^,\]]+)\]", typed[2]):
                low, high = _number(ends[1]), _number(ends[2])
        if kind == "bool" and isinstance(default, str):
            default = default.lower() == "true"
        if kind == "float" and isinstance(default, int):
            default = float(default)
        values = tuple(choice.strip() for choice in choices[1].split("|")) if choices else ()
        name = entry["name"]
        # A flag of absl takes `--name=true` and `--name=false`, so that both can be said whatever its default is.
        yield ProgramOption(name, f"--{name}", kind, default, values, words, low=low, high=high)


# --- Hydra ---------------------------------------------------------------------------------------------------

_HYDRA_CONFIG = re.compile(r"^== Config ==\n.*\n\n?(?P<config>(?:.*\n)*?)\n*Powered by Hydra", re.MULTILINE)
_HYDRA_GROUPS = re.compile(r"^== Configuration groups ==\n.*\n\n?(?P<groups>(?:\S.*\n)*)", re.MULTILINE)
_YAML_ENTRY = re.compile(r"^(?P<indent> *)(?P<key>[\w/@-]+):(?: (?P<value>.*))?$")


def _hydra_config(text: str) -> str | None:
    match = _HYDRA_CONFIG.search(text)
    return None if match is None else match["config"]


def _hydra_groups(text: str) -> Iterator[ProgramOption]:
    """Hydra's config groups: ``model: resnet, vit`` is a choice between files."""
    match = _HYDRA_GROUPS.search(text)
    for line in match["groups"].splitlines() if match else ():
        name, _, names = line.partition(": ")
        choices = tuple(one.strip() for one in names.split(",") if one.strip())
        if len(choices) > 1:
            yield ProgramOption(name, name, "categorical", None, choices, style="hydra")


def _hydra_values(config: str) -> Iterator[ProgramOption]:
    """The plain values of a Hydra configuration by their full names: ``optimizer.lr``."""
    above: list[tuple[int, str]] = []
    for line in config.splitlines():
        entry = _YAML_ENTRY.match(line)
        if entry is None:
            continue  # an item of a list, or a text of several lines
        indent = len(entry["indent"])
        while above and above[-1][0] >= indent:
            above.pop()
        above.append((indent, entry["key"]))
        value = None if entry["value"] is None else plain_scalar(entry["value"].strip("'\""))
        if value is None or str(value).startswith(("[", "{", "${", "???")):
            continue
        name = ".".join(key for _, key in above)
        yield ProgramOption(name, name, kind_of(value), value, style="hydra")
