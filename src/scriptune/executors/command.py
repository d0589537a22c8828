"""Build launch specs from params: argument list, environment and config files. Pure, except for reading templates.

Every active parameter reaches the program in exactly one way: by its placeholder in the command, by placeholders
in template files, or appended to the command in its style. A parameter whose condition does not hold, or whose value
is null, is left out: it is not appended, its variable is removed from the environment, and the argument (in a template:
the line) that holds its placeholder is left out whole.

`make_plan` finds every error before anything starts; `Plan.launch_spec` then cannot fail for params of the space.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath

from scriptune.core.first_points import FirstPoint, Origin
from scriptune.core.job import JobSpec, ParameterSpec, Style
from scriptune.core.parameters import Categorical, Scalar
from scriptune.core.space import Params, params_key
from scriptune.errors import CommandError
from scriptune.executors.base import LaunchSpec
from scriptune.executors.folder import WORK
from scriptune.executors.own_variables import ADDED, FACTS, OWN_PREFIX, fact_variable
from scriptune.executors.passing import (
    arguments_of,
    check_parameter,
    flag_of,
    plain_name,
    refuse_nul,
    variable_name,
)
from scriptune.executors.placeholders import Hole, Pieces, fill, holes, parse, shell_quoted, unquoted_text
from scriptune.executors.shell_line import SHELL
from scriptune.executors.values import as_argument, writer_for
from scriptune.messages import Message

__all__ = [
    "MAX_WORDS",
    "MAX_WORD_CHARS",
    "Plan",
    "attempt_key",
    "build_launch_spec",
    "facts_of",
    "make_plan",
    "trial_seed",
]

MAX_WORD_CHARS = 131_072
"""Linux starts no program with a longer argument; and splitting a longer string into words takes quadratic time."""

MAX_WORDS = 10_000
"""More are a list of files, which belongs into a file; each is looked through for placeholders, in every trial."""

_SHELL_OPERATORS = frozenset("|&;<>()\n#`")  # behind one of these, an appended argument may go astray


@dataclass(frozen=True)
class Plan:
    """A validated plan that turns params of one job into launch specs.

    Attributes:
        spec: The job.
        command: Its arguments, cut at the placeholders; for a shell, one text.
        files: Rendered name -> lines of the template, with their ends.
        placed: Parameters with a placeholder somewhere.
        as_is: The program's own defaults, if all of them were read from it: they reach it by being left out. A seed
            that a confirmation adds is passed beside them.
    """

    spec: JobSpec
    command: tuple[Pieces, ...]
    files: Mapping[str, tuple[Pieces, ...]]
    placed: frozenset[str]
    as_is: Params | None = None

    def launch_spec(
        self,
        params: Mapping[str, Scalar],
        *,
        folder: Path,
        job_id: str,
        number: int,
        attempt: int = 1,
        trial_dir: Path | None = None,
        seen_folder: PurePosixPath | None = None,
    ) -> LaunchSpec:
        """Build the launch spec of one attempt.

        Args:
            params: The searched params; inactive ones are absent.
            folder: The attempt folder, absolute.
            job_id, number, attempt: Which attempt.
            trial_dir: What ``{trial_dir}`` stands for; None: the program's own folder in the attempt folder.
            seen_folder: The attempt folder as the program sees it; None: as we do.

        Raises:
            CommandError: An active parameter has no value, or a value holds a NUL character.
        """
        spec, run = self.spec, self.spec.run
        seen_folder = seen_folder or PurePosixPath(folder)
        values = self._values(params)
        facts = facts_of(spec, str(trial_dir or seen_folder / WORK), job_id, number, attempt)
        env: dict[str, str | None] = {
            **{name: value for name, value in ADDED.items() if name != "COLUMNS" or name not in os.environ},
            **self._variables(values, plain_name),
            **run.env,
            **self._variables(values, variable_name),
            **{fact_variable(name): text for name, text in facts.items()},
        }
        return LaunchSpec(
            folder=folder,
            argv=self._argv(values, facts),
            env=env,
            cwd=spec.workdir,
            files={
                name: _render(lines, self._texts(values, facts, writer_for(name))) for name, lines in self.files.items()
            },
            timeout_s=run.trial_timeout_s,
            idle_timeout_s=run.idle_timeout_s,
            grace_s=run.grace_s,
            cpus=run.cpus,
            gpus=run.gpus,
            gpu_ids=run.gpu_ids,
            setup=run.setup,
            memory_bytes=run.memory_bytes,
            params=dict(params),
            key=attempt_key(job_id, number, attempt),
            seen_folder=seen_folder,
        )

    def _values(self, params: Mapping[str, Scalar]) -> Params:
        """All values passed to the program, in the order of the job file."""
        own = {name: value for name, value in params.items() if name in (self.as_is or ())}
        left_out = own.keys() if self.as_is is not None and params_key(own) == params_key(self.as_is) else ()
        values: Params = {}
        for name, parameter in self.spec.parameters.items():
            if name in left_out:
                continue
            value = params.get(name, parameter.value)
            if value is not None:
                refuse_nul(name, value)
                values[name] = value
            elif name not in params and not _may_be_left_out(parameter):
                raise CommandError(Message("passing.no_value", name=name, params=dict(params)))
        return values

    def _argv(self, values: Params, facts: Mapping[str, str]) -> tuple[str, ...]:
        texts = self._texts(values, facts, as_argument)
        appended = [
            argument
            for name, parameter in self.spec.parameters.items()
            if name in values and name not in self.placed
            for argument in arguments_of(name, parameter, values[name])
        ]
        if self.spec.shell:
            text = fill(self.command[0], texts, _shell_quote)
            assert text is not None  # conditional placeholders were refused
            return (*SHELL, " ".join([text, *map(shlex.quote, appended)]))
        filled = (fill(pieces, texts) for pieces in self.command)
        return (*(argument for argument in filled if argument is not None), *appended)

    def _texts(self, values: Params, facts: Mapping[str, str], write: Callable[[Scalar], str]) -> dict[str, str]:
        """The replacement of each placeholder; a parameter hides a fact of the same name, even while inactive."""
        texts = {name: text for name, text in facts.items() if name not in self.spec.parameters}
        return texts | {name: write(value) for name, value in values.items()}

    def _variables(self, values: Params, named: Callable[[str, ParameterSpec], str]) -> dict[str, str | None]:
        return {
            variable: as_argument(values[name]) if name in values else None
            for name, parameter in self.spec.parameters.items()
            if parameter.style is Style.ENV and (variable := named(name, parameter))
        }


def facts_of(spec: JobSpec, trial_dir: str, job_id: str, number: int, attempt: int) -> dict[str, str]:
    """The values of `FACTS` for one attempt."""
    return {
        "trial_dir": trial_dir,
        "trial": str(number),
        "job_id": job_id,
        "seed": str(trial_seed(spec.search.seed or 0, number)),
        "attempt": str(attempt),
    }


def attempt_key(job_id: str, number: int, attempt: int) -> str:
    """The key of an attempt, see `LaunchSpec`."""
    return f"{job_id}/{number}/{attempt}"


def build_launch_spec(
    spec: JobSpec,
    params: Mapping[str, Scalar],
    *,
    folder: Path,
    job_id: str,
    number: int,
    attempt: int = 1,
    trial_dir: Path | None = None,
    seen_folder: PurePosixPath | None = None,
    first_points: Sequence[FirstPoint] = (),
) -> LaunchSpec:
    """Shortcut for `make_plan` followed by `Plan.launch_spec`.

    Raises:
        CommandError: The params cannot reach the program.
    """
    plan = make_plan(spec, first_points)
    return plan.launch_spec(
        params,
        folder=folder,
        job_id=job_id,
        number=number,
        attempt=attempt,
        trial_dir=trial_dir,
        seen_folder=seen_folder,
    )


def make_plan(spec: JobSpec, first_points: Sequence[FirstPoint] = ()) -> Plan:
    """Parse and check the command, styles and templates of a job.

    Args:
        spec: The job.
        first_points: As in `SearchJob`: the first of them may be the program as it is, without any argument of ours.

    Raises:
        CommandError: A placeholder names no parameter, or a parameter cannot reach the program.
    """
    if not spec.command or not spec.command[0].strip():
        raise CommandError(Message("command.empty"))
    known = {*spec.parameters, *FACTS}
    command = tuple(
        parse(argument, known, where=Message("command.argument", argument=argument)) for argument in spec.command
    )
    if any("\0" in argument for argument in spec.command):
        raise CommandError(Message("command.nul"))
    files = {name: _read_template(name, path, known) for name, path in spec.files.items()}
    in_command = frozenset[str]().union(*map(holes, command))
    in_files = frozenset[str]().union(*(holes(line) for lines in files.values() for line in lines))
    placed = (in_command | in_files) & spec.parameters.keys()
    for name, parameter in spec.parameters.items():
        check_parameter(name, parameter, is_placed=name in placed)
    _check_unique(spec, placed)
    if spec.shell:
        command = (shell_quoted(command[0]),)
        _check_shell(spec, command[0], placed)
    else:
        _check_conditional(spec, Message("command.whole"), command)
        _check_dangling(spec, command)
    for name, lines in files.items():
        _check_conditional(spec, Message("files.template_of", name=name), lines)
    return Plan(spec, command, files, placed, _as_is(spec, placed, first_points))


def _as_is(spec: JobSpec, placed: frozenset[str], first_points: Sequence[FirstPoint]) -> Params | None:
    """The first point, if every value of it is what the program does where it is told nothing."""
    if not first_points:
        return None
    first = first_points[0]
    is_own = bool(first.params) and all(first.origin.get(name) is Origin.HELP for name in first.params)
    is_left_out = all(name not in placed and spec.parameters[name].style is not Style.ENV for name in first.params)
    return first.params if is_own and is_left_out else None


def trial_seed(seed: int, number: int) -> int:
    """Derive a trial's seed, in [0, 2**31), from the job's seed and the trial's number.

    All attempts of a trial have the same one. Neighbouring seeds and numbers give unrelated results.
    """
    digest = hashlib.sha256(f"{seed}:{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1  # 31 bits: every framework takes a non-negative int32


def _render(lines: Sequence[Pieces], texts: Mapping[str, str]) -> str:
    return "".join(line for line in (fill(pieces, texts) for pieces in lines) if line is not None)


def _shell_quote(value: str, quote: str) -> str:
    if quote == "'":
        return value.replace("'", "'\\''")
    if quote == '"':
        return re.sub(r'([\\"$`])', r"\\\1", value)
    return shlex.quote(value)


def _read_template(name: str, path: Path, known: set[str]) -> tuple[Pieces, ...]:
    target = PurePosixPath(name)
    if target.is_absolute() or ".." in target.parts or not target.parts:
        raise CommandError(Message("files.bad_name", name=name))
    try:
        # As bytes, so that the ends of lines stay what they are.
        text = path.read_bytes().decode("utf-8")
    except OSError as err:
        raise CommandError(Message("files.unreadable", path=str(path), why=err.strerror)) from err
    except UnicodeDecodeError as err:
        raise CommandError(Message("files.not_utf8", path=str(path), start=err.start)) from err
    return tuple(parse(line, known, strict=False) for line in re.findall(r"[^\n]*\n|[^\n]+", text))


def _may_be_left_out(parameter: ParameterSpec) -> bool:
    """Whether some trials do not pass a parameter: it has a condition, or null among its values."""
    domain = parameter.domain
    return domain is not None and (bool(domain.when) or (isinstance(domain, Categorical) and domain.has_null))


def _check_unique(spec: JobSpec, placed: frozenset[str]) -> None:
    """Reject two parameters that are passed by the same flag or variable."""
    seen: dict[str, str] = {f"${name}": "run.env" for name in spec.run.env}
    for name, parameter in spec.parameters.items():
        if name in placed:
            continue
        is_variable = parameter.style is Style.ENV
        way = f"${variable_name(name, parameter)}" if is_variable else flag_of(name, parameter)
        if way in seen:
            other = seen[way] if seen[way] == "run.env" else Message("passing.parameter", name=seen[way])
            raise CommandError(Message("passing.same_way", name=name, other=other, way=way))
        seen[way] = name
    own = next((name for name in spec.run.env if name.startswith(OWN_PREFIX)), None)
    if own is not None:
        raise CommandError(Message("command.own_variable", variable=own, prefix=OWN_PREFIX))


def _check_conditional(spec: JobSpec, where: str, units: Sequence[Pieces]) -> None:
    """Reject an argument that would be left out with an inactive parameter but contains another parameter."""
    for pieces in units:
        names = holes(pieces) & spec.parameters.keys()
        conditional = sorted(name for name in names if _may_be_left_out(spec.parameters[name]))
        if conditional and len(names) > 1:
            raise CommandError(
                Message(
                    "command.not_always_used", where=where, name=conditional[0], others=sorted(names - {conditional[0]})
                ),
                hint=Message("command.own_argument"),
            )


def _check_dangling(spec: JobSpec, command: Sequence[Pieces]) -> None:
    """Reject ``--momentum {momentum}`` for a conditional parameter: it would leave a flag without a value."""
    for before, pieces in pairwise(command):
        match before, pieces:
            case (str(flag),), (Hole(name),) if flag.startswith("-") and "=" not in flag and name in spec.parameters:
                if _may_be_left_out(spec.parameters[name]):
                    raise CommandError(
                        Message("command.dangling", name=name, flag=flag),
                        hint=Message("command.join_or_remove", flag=flag, name=name),
                    )


def _check_shell(spec: JobSpec, pieces: Pieces, placed: frozenset[str]) -> None:
    for name in sorted(holes(pieces) & spec.parameters.keys()):
        if _may_be_left_out(spec.parameters[name]):
            raise CommandError(
                Message("command.shell_not_always_used", name=name),
                hint=Message("command.shell_default"),
            )
    operators = _SHELL_OPERATORS.intersection(unquoted_text(pieces))
    appended = [n for n, p in spec.parameters.items() if n not in placed and p.style is not Style.ENV]
    if operators and appended:
        raise CommandError(
            Message("command.appended_to_shell", names=appended, operators=sorted(operators)),
            hint=Message("command.place_in_shell", name=appended[0]),
        )
