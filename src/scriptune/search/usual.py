"""Usual values of hyperparameters, by their names.

A name has at most one *meaning* (``--optimizer.lr`` is a learning rate). What is usual for it depends on the *kind* of
program, which the names together tell: ``gamma`` is 0.01 in a support vector machine and 0.99 in reinforcement
learning. The names are in `usual_names`, the values and their sources in `usual_table`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from scriptune.core.parameters import Bool, Categorical, Float, Int, Parameter, Scalar
from scriptune.search.usual_names import (
    ALIASES,
    BOOSTING,
    FOREST,
    NETWORK,
    NOT_BOOSTING,
    OTHER_WORDS,
    SIGNS,
    WHOLE_NAMES,
)
from scriptune.search.usual_table import ENTRIES, UsualEntry

__all__ = ["USUAL_VALUES_VERSION", "UsualValue", "kinds_of_program", "meaning_of", "usual", "usual_entry"]

USUAL_VALUES_VERSION = 1
"""Version of the table and its rules; stored with a job whose first points it gave."""

_MOST_ROUNDED = 0.2  # an integer parameter takes a value that rounding changes by no more than this part of it


class UsualValue(NamedTuple):
    """A usual value that is legal for its parameter.

    Attributes:
        value: Of the parameter's type, inside its range and on its step.
        meaning: What the name means, such as ``learning_rate``.
        kind: The kind of program that the value is usual in; ``any`` if no kind could be told.
    """

    value: Scalar
    meaning: str
    kind: str


def usual(space: Mapping[str, Parameter]) -> dict[str, UsualValue]:
    """The usual values of a space's parameters; parameters without one are left out.

    A value outside a parameter's range is left out, as the user knows better; for some meanings (rounds, width) the
    nearer end of the range is taken instead.
    """
    kinds = kinds_of_program(space)
    found = {}
    for name, parameter in space.items():
        meaning = meaning_of(name)
        entry = None if meaning is None else usual_entry(meaning, kinds, is_share=_is_share(parameter))
        if entry is None or meaning is None:
            continue
        value = _choice(parameter, entry) if isinstance(entry.value, tuple) else _number(parameter, entry)
        if value is not None:
            found[name] = UsualValue(value, meaning, kinds[-1])
    return found


# --- names -------------------------------------------------------------------------------------------------


def meaning_of(name: str) -> str | None:
    """The meaning of a name, in any spelling; of ``optimizer.lr``, the last words say it.

    The whole name is looked up, then ever shorter endings of it. Parts of words never count, ``C`` is matched with its
    case, and an ending means nothing after a word such as ``eval``.
    """
    alias = _alias(name)
    return None if alias is None else _meanings()[alias]


def _alias(name: str) -> str | None:
    """The alias that a name is or ends with."""
    words = _words(name)
    for start in range(len(words)):
        ending = "_".join(words[start:])
        if ending == "C":
            return ending
        alias = ending.lower()
        if ending == "c" or alias not in _meanings():
            continue
        if start == 0:
            return alias
        return None if alias in WHOLE_NAMES.split() or words[start - 1].lower() in OTHER_WORDS.split() else alias
    return None


@cache
def _meanings() -> dict[str, str]:
    return {alias: meaning for meaning, aliases in ALIASES.items() for alias in aliases.split()}


def _words(name: str) -> list[str]:
    """``["optimizer", "Learning", "Rate"]`` of ``--optimizer.LearningRate``."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return [word for word in re.split(r"[^A-Za-z0-9]+", parted) if word]


# --- kinds -------------------------------------------------------------------------------------------------


def kinds_of_program(names: Iterable[str]) -> tuple[str, ...]:
    """The kind of program that has parameters with these names, after narrower kinds within it.

    ``("sgd", "network")`` is a network trained by SGD with momentum; ``("any",)`` a program that cannot be told.
    """
    aliases = {alias for alias in map(_alias, names) if alias is not None}
    means = {_meanings()[alias] for alias in aliases}
    kind = _kind(aliases, means)
    return (*_narrower(kind, means), kind)


def _kind(aliases: Collection[str], means: Collection[str]) -> str:
    has_rate = "learning_rate" in means
    is_boosting = has_rate and not _count(NOT_BOOSTING, means)
    if is_boosting and _count(BOOSTING, aliases) >= 2:
        return "boosting"
    if not has_rate and (_count(FOREST, means) or ("max_features" in aliases and _count("rounds max_depth", means))):
        return "forest"
    if "C" in means and _count("gamma kernel", means):
        return "svm"
    if (kind := next((kind for kind, signs in SIGNS.items() if _count(signs, means)), None)) is not None:
        return kind
    if "gamma" in means and _count("rollout buffer_size tau", means):
        return "reinforcement"
    if _count("num_train_epochs per_device_train_batch_size", aliases):  # Hugging Face's Trainer
        return "fine_tuning"
    if _count(NETWORK, means) >= (1 if has_rate else 2):
        return "network"
    if "C" in means or "eta0" in means or _count("alpha l1_ratio", means) == 2:
        return "linear"
    # One sign of boosting is enough where nothing says otherwise.
    return "boosting" if is_boosting and _count(BOOSTING, aliases) else "any"


def _narrower(kind: str, means: Collection[str]) -> Iterator[str]:
    """Kinds within a kind, the narrowest first."""
    if kind == "network" and "momentum" in means and "optimizer" not in means:
        yield "sgd"
    if kind == "fine_tuning":
        if "dpo_beta" in means:
            yield "dpo"
        if _count(SIGNS["fine_tuning"], means):
            yield "lora"
    if kind == "reinforcement":
        if _count("target_update exploration_share exploration_end", means):
            yield "dqn"
        elif _count("tau buffer_size learning_starts", means):
            yield "off_policy"


def _count(wanted: str, known: Collection[str]) -> int:
    return sum(one in known for one in wanted.split())


def usual_entry(meaning: str, kinds: Sequence[str], *, is_share: bool = False) -> UsualEntry | None:
    """The table's entry of a meaning in a kind of program.

    Args:
        meaning: As `meaning_of` has it.
        kinds: As `kinds_of_program` has them.
        is_share: Whether its values are shares of 1, for which other values are usual.
    """
    shares = (True, False) if is_share else (False,)
    # What is not special in fine-tuning and diffusion is as in other networks.
    base = ("network",) if kinds[-1] in ("fine_tuning", "diffusion") else ()
    found = (_entries().get((meaning, kind, share)) for kind in (*kinds, *base) for share in shares)
    if (entry := next((one for one in found if one is not None), None)) is not None:
        return entry
    # What is usual in every kind are choices; a number depends on the kind, once that is known.
    entry = _entries().get((meaning, "any", False))
    return entry if entry is not None and isinstance(entry.value, tuple) else None


@cache
def _entries() -> dict[tuple[str, str, bool], UsualEntry]:
    return {(entry.meaning, entry.kind, entry.is_share): entry for entry in ENTRIES}


# --- values ------------------------------------------------------------------------------------------------


def _is_share(parameter: Parameter) -> bool:
    return isinstance(parameter, Float) and parameter.high <= 1.0


def _choice(parameter: Parameter, entry: UsualEntry) -> Scalar | None:
    """The first of the preferred values that is among the choices."""
    if not isinstance(parameter, Categorical) or isinstance(parameter, Bool) or not isinstance(entry.value, tuple):
        return None
    told = [choice for choice in reversed(parameter.choices) if choice is not None]
    choices = {re.sub(r"\W|_", "", str(choice)).lower(): choice for choice in told}
    return next((choices[value] for value in entry.value if value in choices), None)


def _number(parameter: Parameter, entry: UsualEntry) -> Scalar | None:
    """The entry's number as a legal value of a parameter, by the rule of ranges."""
    centre = entry.value
    if isinstance(centre, tuple):
        return None
    if isinstance(parameter, Categorical):
        return _numeric_choice(parameter, entry, centre)
    if entry.only_log and parameter.log is not True:
        return None
    is_inside = parameter.low <= centre <= parameter.high
    if not is_inside and not entry.is_nearest:
        return None
    value = parameter.round(centre)
    if isinstance(parameter, Int) and is_inside and abs(value - centre) > _MOST_ROUNDED * centre:
        return None  # a share, of a parameter that counts
    return value


def _numeric_choice(parameter: Categorical, entry: UsualEntry, centre: float) -> Scalar | None:
    """The nearest of a list of numbers, such as the batch sizes 16, 32 and 64."""
    told = [choice for choice in parameter.choices if choice is not None]
    numbers = [choice for choice in told if isinstance(choice, (int, float)) and type(choice) is not bool]
    if len(numbers) < max(len(told), 1) or entry.only_log:
        return None
    if not min(numbers) <= centre <= max(numbers) and not entry.is_nearest:
        return None
    if min(numbers) > 0 and entry.log:
        return min(numbers, key=lambda number: max(number / centre, centre / number))
    return min(numbers, key=lambda number: abs(number - centre))
