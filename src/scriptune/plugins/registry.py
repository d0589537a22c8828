"""Registries: the built-in implementations of one kind by name, and those of installed packages.

A built-in name is found in a dictionary. Only for other names, and for lists, the entry points of installed packages
are read (`installed_plugins`). A plug-in is imported when it is used or listed; one that cannot be used says why
(`PluginStatus`), and nothing else suffers from it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from inspect import getdoc, isclass
from typing import Any, Generic, TypeVar

from scriptune.errors import ScriptuneError
from scriptune.messages import Message, did_you_mean
from scriptune.plugins.installed import InstalledPlugin, installed_plugins
from scriptune.plugins.options import NoOptions, OptionInfo, option_table, parse_options

__all__ = ["BuiltIn", "PluginStatus", "Registry", "class_like"]

_KIND_CODES = {"sampler": "plugin.sampler", "executor": "plugin.executor", "stopping_rule": "plugin.stopping_rule"}


@dataclass(frozen=True)
class BuiltIn:
    """A built-in implementation.

    Attributes:
        target: ``module:class``; the module is imported when the class is first used.
        code: Of the message that describes it.
    """

    target: str
    code: str


@dataclass(frozen=True)
class PluginStatus:
    """An installed plug-in, and whether it can be used.

    Attributes:
        kind: `sampler`, `executor` or `stopping_rule`.
        name: As in a job file.
        package: Name of the package that brings it.
        version: Of the package.
        problem: Why it cannot be used and what to do, or "".
    """

    kind: str
    name: str
    package: str
    version: str
    problem: str


_T = TypeVar("_T")


class Registry(Generic[_T]):
    """The implementations of one kind.

    Args:
        kind: `sampler`, `executor` or `stopping_rule`.
        built_in: Those of scriptune by name.
        error: What is raised when a name or an option is not known.
        expected: Says what a plug-in of a name has to be, when an object is not that; "" when it is.
    """

    def __init__(
        self,
        kind: str,
        built_in: Mapping[str, BuiltIn],
        error: type[ScriptuneError],
        expected: Callable[[str, object], str],
    ) -> None:
        self._kind = kind
        self._built_in = built_in
        self._error = error
        self._expected = expected
        self._looked_at: dict[InstalledPlugin, tuple[type[_T] | None, str]] = {}

    def find(self, name: str) -> type[_T]:
        """Import the class of a name.

        Raises:
            ScriptuneError: There is none, or it is a plug-in that cannot be used.
            MissingExtraError: A built-in one needs an extra that is not installed.
        """
        if name in self._built_in:
            module, _, attribute = self._built_in[name].target.partition(":")
            cls: type[_T] = getattr(import_module(module), attribute)
            return cls
        plugin = next((plugin for plugin in self._installed() if plugin.name == name), None)
        if plugin is None:
            kind, known = Message(_KIND_CODES[self._kind]), self.names()
            raise self._error(
                Message("plugin.unknown", kind=kind, name=name, near=did_you_mean(str(name), known), known=known)
            )
        found, problem = self._look_at(plugin)
        if found is None:
            raise self._error(problem)
        return found

    def names(self) -> list[str]:
        """The names that can be asked for: built-in ones first. Nothing is imported."""
        added = {plugin.name for plugin in self._installed() if plugin.name}
        return [*self._built_in, *sorted(added - self._built_in.keys())]

    def usable(self) -> Mapping[str, str]:
        """The names that can be used, and for each the package that it comes from; "" for built-in ones."""
        added = {plugin.name: plugin.package for plugin in self._installed() if self._look_at(plugin)[0] is not None}
        return dict.fromkeys(self._built_in, "") | added

    def plugins(self) -> list[PluginStatus]:
        """Every installed plug-in of this kind; those that were not used yet are imported."""
        return [
            PluginStatus(self._kind, plugin.name, plugin.package, plugin.version, self._look_at(plugin)[1])
            for plugin in self._installed()
        ]

    def description(self, name: str) -> str:
        """One line for people; for a plug-in the first line of its docstring."""
        if name in self._built_in:
            return Message(self._built_in[name].code)
        return (getdoc(self.find(name)) or "").partition("\n")[0]

    def options(self, name: str) -> list[OptionInfo]:
        """The options of a name: names, types, defaults, ranges, help.

        Raises:
            ScriptuneError: There is none, or it is a plug-in that cannot be used.
        """
        return option_table(_options_class(self.find(name)))

    def parse(self, name: str, given: Mapping[str, Any]) -> Any:  # Any: an instance of its own options class
        """Check options, and build the instance of the options class that holds them.

        Raises:
            ScriptuneError: There is nothing of that name, no such option, or the value is not legal.
        """
        cls = self.find(name)
        return parse_options(Message(_KIND_CODES[self._kind]), name, _options_class(cls), given, self._error)

    def _installed(self) -> Sequence[InstalledPlugin]:
        return installed_plugins(self._kind)

    def _look_at(self, plugin: InstalledPlugin) -> tuple[type[_T] | None, str]:
        """A plug-in's class, or None and why it cannot be used."""
        if plugin not in self._looked_at:
            found: object = None
            problem = self._name_problem(plugin)
            if not problem:
                found, problem = _import(plugin.target)
            if not problem:
                problem = self._class_problem(plugin, found)
            if problem:
                problem = Message(
                    "plugin.unusable",
                    kind=Message(_KIND_CODES[self._kind]),
                    name=plugin.name,
                    package=plugin.package,
                    problem=problem,
                )
            self._looked_at[plugin] = (None if problem else found, problem)  # type: ignore[assignment]  # was checked
        return self._looked_at[plugin]

    def _name_problem(self, plugin: InstalledPlugin) -> str:
        if not plugin.name:
            return Message("plugin.unreadable")
        if plugin.name in self._built_in:
            return Message("plugin.taken_by_us")
        others = [one for one in self._installed() if one.name == plugin.name and one != plugin]
        return Message("plugin.taken_twice", other=others[0].package) if others else ""

    def _class_problem(self, plugin: InstalledPlugin, found: object) -> str:
        expected = self._expected(plugin.name, found)
        if expected:
            what = f"{found.__name__!r}" if isclass(found) else f"of the type {type(found).__name__!r}"
            return Message("plugin.wrong_type", target=plugin.target, found=what, expected=expected)
        try:
            options = _options_class(found)
            option_table(options)
            options()
        except Exception as err:  # noqa: BLE001 - third-party code
            return Message("plugin.bad_options", why=_what_was_raised(err))
        return ""


def class_like(protocol: type) -> Callable[[str, object], str]:
    """Ask of plug-ins that they are classes with the methods of a protocol; for `Registry`."""
    methods = [name for name, member in vars(protocol).items() if callable(member) and not name.startswith("_")]

    def expected(_name: str, found: object) -> str:
        missing = [name for name in methods if not callable(getattr(found, name, None))]
        return Message("plugin.methods_missing", names=missing or methods) if missing or not isclass(found) else ""

    return expected


def _options_class(cls: object) -> type:
    options: type = getattr(cls, "options_class", NoOptions)
    return options


def _import(target: str) -> tuple[object, str]:
    """Import what an entry point names, or say why that is not possible."""
    module, _, attribute = target.partition(":")
    try:
        # What a module prints while it is imported must not get into the output of a command.
        with redirect_stdout(sys.stderr):
            found: object = import_module(module.strip())
    except KeyboardInterrupt:
        raise
    except BaseException as err:  # noqa: BLE001 - third-party code, which may even raise SystemExit
        return None, Message("plugin.import_failed", target=target, error=_what_was_raised(err))
    for part in attribute.split("[")[0].strip().split("."):
        found = getattr(found, part, None)
        if found is None:
            return None, Message("plugin.not_found", target=attribute)
    return found, ""


def _what_was_raised(err: BaseException) -> str:
    try:
        said = str(err)
    except BaseException:  # noqa: BLE001 - a third-party exception class
        said = ""
    return f"{type(err).__name__}: {said}" if said else type(err).__name__
