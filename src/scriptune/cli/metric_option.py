"""``--metric NAME REGEX``: an option of one or two values, which click does not support itself.

The two values are joined before click reads the command line, and come apart again as a pair.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from scriptune.messages import Message

__all__ = ["joined_metrics", "metric_option"]

_LONG = "--metric"

_IN_REGEXES = frozenset("\\=*+?[]{}^$|()")  # and in no name

_JOIN = "\0"  # no argument of a process can hold one


class _Option(click.Option):
    """``-m`` with one value, ``--metric`` with two."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:  # noqa: ARG002  # click's signature
        """The help entry; click would show the same values for both flags."""
        return f"-m REGEX, {_LONG} NAME REGEX", self.help or ""


def _parted(
    context: click.Context, option: click.Parameter, values: Sequence[str]
) -> tuple[str | tuple[str, str], ...]:
    """Split the joined values into regexes, and pairs of a name and a regex."""
    metrics: list[str | tuple[str, str]] = []
    for value in values:
        name, is_pair, regex = value.partition(_JOIN)
        if is_pair and (not name.strip() or _IN_REGEXES.intersection(name)):
            message = Message("cli.not_a_name", name=name, option=_LONG)
            raise click.BadParameter(message, context, option)
        metrics.append((name, regex) if is_pair else value)
    return tuple(metrics)


metric_option = click.option(
    "-m",
    _LONG,
    "metrics",
    cls=_Option,
    multiple=True,
    callback=_parted,
    help="Finds the metric in the output. Default name: the word before its number.",
)
"""The option, for a command whose arguments went through `joined_metrics`."""


def joined_metrics(args: Sequence[str], options: Sequence[click.Parameter], ctx: click.Context) -> list[str]:
    """Join the two values of each ``--metric`` into one argument.

    A first value with a ``(`` is a regex, since a name never holds one: it is the only value then, as it was before
    there were two.

    Raises:
        click.UsageError: The regex is missing.
    """
    takes_value = {
        opt: option.nargs
        for option in options
        if isinstance(option, click.Option) and not option.is_flag and not option.count
        for opt in option.opts
    }
    known = {opt for option in options if isinstance(option, click.Option) for opt in option.opts}
    rest = list(args)
    joined: list[str] = []
    while rest:
        word = rest.pop(0)
        flag, equals, first = word.partition("=")
        if flag != _LONG:
            joined.append(word)
            n_values = 0 if "=" in word else takes_value.get(word, 0)
            joined += rest[:n_values]
            del rest[:n_values]
            continue
        if not equals:
            if not rest:
                joined.append(word)
                break  # click says that it requires an argument
            first = rest.pop(0)
        is_last = not rest or rest[0] == "--" or rest[0].partition("=")[0] in known
        if "(" in first and not is_last and "(" in rest[0] and _IN_REGEXES.intersection(rest[0]):
            raise click.UsageError(
                Message("cli.two_regexes", option=_LONG, first=first, second=rest[0], name=_plain_name(first)),
                ctx,
            )
        if "(" in first or (is_last and _IN_REGEXES.intersection(first)):
            joined += [_LONG, first]
            continue
        if is_last:
            raise click.UsageError(
                Message("cli.no_regex", option=_LONG, first=first, name=first if first.isidentifier() else "acc"),
                ctx,
            )
        joined += [_LONG, f"{first}{_JOIN}{rest.pop(0)}"]
    return joined


def _plain_name(text: str) -> str:
    """A name that this option accepts: ``acc_top1`` for ``acc(top1)``."""
    return re.sub(r"\W+", "_", text).strip("_") or "acc"
