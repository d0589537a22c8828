"""Write down the options of a program's parser in place of parsing with it, within the program's own process.

`help_run` puts this file as ``sitecustomize.py`` on the path of the program's interpreter, which imports it before
the program. Nothing of scriptune is on that path, and the interpreter may be older than ours. The program's imports
run; at the first parser of argparse or click that reads the command line, its options are written to the file that
``SCRIPTUNE_PARSER_FILE`` names, and the process ends.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import math
import os
import signal
import sys
from typing import Any

_FILE = "SCRIPTUNE_PARSER_FILE"
_LAUNCHERS = "SCRIPTUNE_LAUNCHERS"  # names of programs that read options of their own and run another one
_MAX_CHOICES = 100


def _plain(value: Any) -> Any:
    """A value as JSON has it; None where it cannot be written down."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):  # an enumeration, or a number of NumPy
            inner = getattr(value, "value", value)
            return kind(inner) if isinstance(inner, kind) else str(value)
    inner = getattr(value, "value", None)
    if type(inner) in (bool, int, float, str):
        return inner
    return str(value) if hasattr(value, "__fspath__") else None


def _choices(choices: Any) -> Any:
    if choices is None:
        return None
    if isinstance(choices, range) and len(choices) > _MAX_CHOICES:
        return {"low": choices[0], "high": choices[-1]}
    return [_plain(one) for one in list(choices)[:_MAX_CHOICES]]


def _calling_source() -> str:
    """The source of the script that runs."""
    try:
        with open(sys.argv[0], "rb") as file:
            return file.read().decode("utf-8", "replace")
    except (OSError, IndexError):
        return ""


def _is_first_of_several(parser: Any) -> bool:
    """Whether a parser takes some options only, such as ``--config``, and another one reads the rest."""
    if parser.add_help:
        return False
    source = _calling_source()
    return source.count("ArgumentParser(") > 1 or source.count("parse_args(") + source.count("parse_known_args(") > 1


def _is_launcher() -> bool:
    names = os.environ.get(_LAUNCHERS, "").split(",")
    path = os.path.realpath(sys.argv[0] if sys.argv else "")
    module = ".".join(os.path.splitext(path)[0].split(os.sep)[-3:])
    return os.path.basename(path) in names or any(module.endswith(name) for name in names if "." in name)


def _write(source: str, options: list[dict[str, Any]], commands: list[str]) -> None:
    """Hand the options over, and end the group of processes that `help_run` has started."""
    path = os.environ[_FILE]
    text = json.dumps({"source": source, "options": options, "commands": commands})
    own = f"{path}.{os.getpid()}"
    with open(own, "w", encoding="utf-8") as file:
        file.write(text)
    with contextlib.suppress(OSError):
        os.link(own, path)  # complete at once, and the first process wins
    os.killpg(os.getpgrp(), signal.SIGKILL)  # a shell script would go on with its next line


# --- argparse ------------------------------------------------------------------------------------------------


def _is_wanted(args: Any) -> bool:
    """Whether a parser reads the command line, to which `help_run` has added ``--help``."""
    given = sys.argv[1:] if args is None else list(args)
    return "--help" in given and not _is_launcher()


def _argparse_options(parser: Any, words: list[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """The options of a parser and of the subcommand that the command names; and the subcommands, if it names none."""
    options: list[dict[str, Any]] = []
    commands: list[str] = []
    for action in parser._actions:
        kind = type(action).__name__
        if kind == "_SubParsersAction":
            chosen = next((word for word in words if word in action.choices), None)
            if chosen is None:
                commands += list(action.choices)
            else:
                inner, commands = _argparse_options(action.choices[chosen], words[words.index(chosen) + 1 :])
                options += inner
        elif action.option_strings and kind not in ("_HelpAction", "_VersionAction"):
            options.append(_argparse_option(parser, action, kind))
    return options, commands


def _argparse_option(parser: Any, action: Any, kind: str) -> dict[str, Any]:
    try:
        words = parser._get_formatter()._expand_help(action) if action.help else ""
    except Exception:  # noqa: BLE001  # a help text that its own author has not tried
        words = str(action.help)
    declared = action.type
    return {
        "flags": list(action.option_strings),
        "type": "" if declared is None else getattr(declared, "__name__", type(declared).__name__),
        "default": None if action.default == "==SUPPRESS==" else _plain(action.default),
        "choices": _choices(action.choices),
        "help": "" if words == "==SUPPRESS==" else words,
        "is_pair": kind == "BooleanOptionalAction",
        "is_switch": action.nargs == 0 and kind != "BooleanOptionalAction",
        "is_list": action.nargs not in (None, "?", 0, 1) or kind in ("_AppendAction", "_ExtendAction"),
    }


def _watch_argparse() -> None:
    import argparse

    parse = argparse.ArgumentParser.parse_known_args

    def parse_known_args(self: Any, args: Any = None, namespace: Any = None, **more: Any) -> Any:
        # Hydra's own options are not the program's; its help lists the configuration.
        if not _is_wanted(args) or "--hydra-help" in self._option_string_actions:
            return parse(self, args, namespace, **more)
        if _is_first_of_several(self):
            given = [word for word in (sys.argv[1:] if args is None else args) if word != "--help"]
            found, rest = parse(self, given, namespace, **more)
            return found, [*rest, "--help"]
        words = [word for word in (sys.argv[1:] if args is None else args) if not word.startswith("-")]
        _write("argparse", *_argparse_options(self, words))
        return None

    argparse.ArgumentParser.parse_known_args = parse_known_args  # type: ignore[method-assign]  # this is the hook


# --- click and typer -----------------------------------------------------------------------------------------


def _click_option(option: Any) -> dict[str, Any]:
    kind = option.type
    found = {
        "flags": [flag for flag in option.opts if flag.startswith("-")],
        "type": kind.name,
        "default": None if callable(option.default) else _plain(option.default),
        "choices": _choices(getattr(kind, "choices", None)),
        "help": option.help or "",
        "is_pair": bool(option.secondary_opts),
        "opposite": next((flag for flag in option.secondary_opts if flag.startswith("--")), ""),
        "is_switch": bool((option.is_flag and not option.secondary_opts) or getattr(option, "count", False)),
        "is_list": bool(option.multiple or option.nargs != 1),
    }
    if "range" in kind.name:
        found["low"] = None if kind.min_open else kind.min
        found["high"] = None if kind.max_open else kind.max
    return found


def _click_options(click: Any, command: Any, words: list[str]) -> tuple[list[dict[str, Any]], list[str]]:
    options = [_click_option(one) for one in command.params if one.param_type_name == "option" and not one.hidden]
    if not hasattr(command, "list_commands"):
        return options, []
    context = click.Context(command)
    names = command.list_commands(context)
    chosen = next((word for word in words if word in names), None)
    if chosen is None:
        return options, list(names)
    inner, commands = _click_options(click, command.get_command(context, chosen), words[words.index(chosen) + 1 :])
    return options + inner, commands


def _watch_click(click: Any) -> None:
    base = vars(click.core).get("BaseCommand", click.core.Command)  # its name until click 8.2
    make = base.make_context

    def make_context(self: Any, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:
        if parent is None and _is_wanted(args):
            source = "typer" if type(self).__module__.startswith("typer") else "click"
            _write(source, *_click_options(click, self, [word for word in args if not word.startswith("-")]))
        return make(self, info_name, args, parent, **extra)

    base.make_context = make_context


class _Finder:
    """Calls `_watch_click` when the program has imported click."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002  # the protocol's signature
        if name != "click":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        run = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            run(module)
            _watch_click(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]  # this is the hook
        return spec


def _next_sitecustomize() -> None:
    """Run the interpreter's own ``sitecustomize``, whose place this file has taken."""
    here = os.path.dirname(os.path.abspath(__file__))
    kept = list(sys.path)
    sys.path[:] = [folder for folder in kept if os.path.abspath(folder or ".") != here]
    ours = sys.modules.pop("sitecustomize")
    try:
        importlib.import_module("sitecustomize")
    except ImportError:
        sys.modules["sitecustomize"] = ours
    sys.path[:] = kept


if __name__ == "sitecustomize" and _FILE in os.environ:
    _next_sitecustomize()
    _watch_argparse()
    sys.meta_path.insert(0, _Finder())
