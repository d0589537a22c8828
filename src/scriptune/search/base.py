"""The sampler contract, in words and as a base class.

    sampler.ask(number, pending) -> params      propose params for trial ``number``
    sampler.tell(observation)                   report the result of a trial

* Everything is **minimised**.
* Randomness comes from ``np.random.default_rng([seed, number])``: each trial has its own stream.
* State is what the told history implies. A sampler rebuilt by telling the stored observations in their
  recorded order asks what the first one would have asked, bit for bit. ``ask`` changes nothing that a
  later ``ask`` can notice (caches of pure functions of the history are fine).
* ``pending`` are the params that were asked and not yet told, in any order: the answer must not depend
  on that order.
* A failed, NaN or infinite result is an ordinary event.
* Params leave as built-in values, inside their bounds, on their step, without inactive parameters, and
  different from every told and pending configuration. When a finite space holds no further one,
  `SpaceExhaustedError` says so.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol, TypeVar

from scriptune.core.space import Params, SearchSpace, params_key
from scriptune.core.trial import Observation, Phase, Suggestion
from scriptune.errors import SamplerError, closest

__all__ = ["BaseSampler", "NoOptions", "OptionInfo", "Sampler", "option", "option_table", "parse_options"]


class Sampler(Protocol):
    """The least a sampler has to be."""

    def ask(self, number: int, pending: Sequence[Params]) -> Params:
        """Propose params for trial ``number`` while ``pending`` are being evaluated."""
        ...

    def tell(self, observation: Observation) -> None:
        """Report a result; each number once."""
        ...


# --- options: one frozen dataclass per sampler is the single source of names, ranges, defaults, help ----


def option(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    low_open: bool = False,
    high_open: bool = False,
    choices: Sequence[str] | None = None,
    source: str = "",
) -> Any:
    """A field of an options dataclass: default, meaning, legal range and where it comes from."""
    return dataclasses.field(
        default=default,
        metadata={
            "help": help,
            "low": low,
            "high": high,
            "low_open": low_open,
            "high_open": high_open,
            "choices": tuple(choices) if choices else None,
            "source": source,
        },
    )


@dataclasses.dataclass(frozen=True)
class NoOptions:
    """Options of a sampler that has none."""


@dataclasses.dataclass(frozen=True)
class OptionInfo:
    """One row of a sampler's option table.

    Attributes:
        name: As in ``search.options``.
        type: ``int``, ``float``, ``str`` or ``bool``.
        default: None when the sampler chooses by itself.
        allowed: The legal values in words.
        help: What it does.
        source: Paper or product it comes from.
    """

    name: str
    type: str
    default: Any
    allowed: str
    help: str
    source: str


def _allowed(metadata: Mapping[str, Any], kind: str) -> str:
    if metadata["choices"]:
        return " | ".join(metadata["choices"])
    low, high = metadata["low"], metadata["high"]
    bounds = []
    if low is not None:
        bounds.append(f"{'above' if metadata['low_open'] else 'at least'} {low:g}")
    if high is not None:
        bounds.append(f"{'below' if metadata['high_open'] else 'at most'} {high:g}")
    return " and ".join(bounds) or {"int": "any whole number", "float": "any number"}.get(kind, "any")


def _fields(options: type) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(options)


def _kind(field: dataclasses.Field[Any]) -> str:
    """The scalar type in an annotation such as ``float`` or ``int | None``."""
    return str(field.type).replace(" ", "").removesuffix("|None")


def option_table(options: type) -> list[OptionInfo]:
    """The options of an options dataclass, in order."""
    return [
        OptionInfo(
            name=field.name,
            type=_kind(field),
            default=field.default,
            allowed=_allowed(field.metadata, _kind(field)),
            help=field.metadata["help"],
            source=field.metadata["source"],
        )
        for field in _fields(options)
    ]


_O = TypeVar("_O")


def parse_options(sampler: str, options: type[_O], given: Mapping[str, Any]) -> _O:
    """Build an options dataclass from a user's mapping.

    Raises:
        SamplerError: An unknown name, a wrong type or a value out of range; the message holds the table.
    """
    fields = {field.name: field for field in _fields(options)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in fields:
            raise SamplerError(
                f"Sampler {sampler!r} has no option {name!r}.{closest(name, fields)}",
                hint=_table_text(sampler, options),
            )
        field = fields[name]
        if value is None and field.default is None:
            continue
        problem = _option_problem(_kind(field), field.metadata, value)
        if problem:
            raise SamplerError(
                f"Option {name!r} of sampler {sampler!r} is {value!r}, expected {problem}.",
                hint=_table_text(sampler, options),
            )
        values[name] = float(value) if _kind(field) == "float" else value
    return options(**values)


def _option_problem(kind: str, metadata: Mapping[str, Any], value: object) -> str | None:
    """What was expected instead, or None when the value is legal."""
    allowed = _allowed(metadata, kind)
    if kind in ("int", "float"):
        legal = not isinstance(value, bool) and isinstance(value, int if kind == "int" else (int, float))
        if not legal or abs(value) == math.inf or value != value:  # type: ignore[arg-type]  # legal: a number
            return f"{'a whole number' if kind == 'int' else 'a number'}, {allowed}"
        low, high = metadata["low"], metadata["high"]
        too_low = low is not None and (value < low or (metadata["low_open"] and value == low))
        too_high = high is not None and (value > high or (metadata["high_open"] and value == high))
        return allowed if too_low or too_high else None
    if kind == "bool":
        return None if isinstance(value, bool) else "true or false"
    if not isinstance(value, str) or (metadata["choices"] and value not in metadata["choices"]):
        return allowed
    return None


def _table_text(sampler: str, options: type) -> str:
    rows = option_table(options)
    if not rows:
        return f"{sampler!r} takes no options."
    return (
        f"Options of {sampler!r}: "
        + "; ".join(
            f"{row.name} ({row.type}, {row.allowed}; "
            f"default {'chosen for you' if row.default is None else row.default})"
            for row in rows
        )
        + "."
    )


# --- the base class of our samplers --------------------------------------------------------------------


class BaseSampler:
    """What our samplers share: the told history, wishes, and the refusal of a second tell.

    A subclass sets ``name`` and ``options_class`` and writes `propose`; with a state of its own, also `prepare`,
    which is called once, and `learn`.

    Attributes:
        observations: The told history, in order; values finite or None.
        told_keys: `params_key` of every told configuration.

    Args:
        space: What to search.
        seed: Of all randomness.
        options: An instance of ``options_class``.
        n_trials: Budget of the search when known; some start-up phases depend on it.
        n_workers: Trials that run side by side, when known.
    """

    name: ClassVar[str]
    options_class: ClassVar[type] = NoOptions

    def __init__(
        self,
        space: SearchSpace,
        seed: int,
        options: Any = None,
        *,
        n_trials: int | None = None,
        n_workers: int | None = None,
    ) -> None:
        self.space = space
        self.seed = seed
        self.options = options if options is not None else self.options_class()
        self.n_trials = n_trials
        self.n_workers = n_workers
        self.observations: list[Observation] = []
        self.told_keys: set[tuple[tuple[str, str, object], ...]] = set()
        self._told_numbers: set[int] = set()
        self._wishes: list[Params] = []
        self.prepare()

    def prepare(self) -> None:
        """Hook for subclasses: make the state of an empty history from the arguments, which are attributes by now."""

    def ask(self, number: int, pending: Sequence[Params] = ()) -> Params:
        """Propose params for trial ``number``; see the module's contract.

        Raises:
            SpaceExhaustedError: Every configuration of a finite space is told or pending.
        """
        return self.suggest(number, pending).params

    def suggest(self, number: int, pending: Sequence[Params] = ()) -> Suggestion:
        """Like `ask`, with the reasons."""
        wish = self._next_wish(pending)
        if wish is not None:
            return Suggestion(wish, self.name, Phase.ENQUEUED, note="You asked for this configuration.")
        return self.propose(number, pending)

    def propose(self, number: int, pending: Sequence[Params]) -> Suggestion:
        """The algorithm itself."""
        raise NotImplementedError

    def tell(self, observation: Observation) -> None:
        """Report a result.

        Raises:
            SamplerError: The number was told before, or the value is no number.
            SpaceError: The params do not belong to the space.
        """
        if observation.number in self._told_numbers:
            raise SamplerError(
                f"Trial {observation.number} was told already. Each number is told once; "
                "build a new sampler from the corrected history instead."
            )
        params = self.space.validate(observation.params)
        value = observation.value
        if value is not None:
            try:
                value = float(value)
            except (TypeError, ValueError, OverflowError) as err:
                raise SamplerError(
                    f"Trial {observation.number} is told with the value {value!r}, expected a number, "
                    "or None for a trial that failed."
                ) from err
            value = value if math.isfinite(value) else None
        observation = Observation(observation.number, params, value)
        self._told_numbers.add(observation.number)
        self.observations.append(observation)
        self.told_keys.add(params_key(params))
        self.learn(observation)

    def learn(self, observation: Observation) -> None:
        """Hook for subclasses: an observation (value finite or None) joined the history."""

    def enqueue(self, params: Mapping[str, Any]) -> None:
        """Queue a wish: it is proposed before anything of the sampler's own.

        Raises:
            SpaceError: The params do not belong to the space.
        """
        self._wishes.append(self.space.validate(params))

    def _next_wish(self, pending: Sequence[Params]) -> Params | None:
        if not self._wishes:
            return None
        taken = self.told_keys.union(params_key(p) for p in pending)
        return next((dict(wish) for wish in self._wishes if params_key(wish) not in taken), None)
