"""From params to an order: argument list, environment and config files. Pure, but for reading the templates.

Every active parameter reaches the program in exactly one way: by its placeholder in the command, by placeholders
in template files, or appended to the command in its style. A parameter whose condition does not hold is
left out: it is not appended, its variable is removed from the environment, and the argument (in a template:
the line) that holds its placeholder is left out whole.

`make_plan` finds every mistake before anything starts; `Plan.launch_spec` then cannot fail for params of the space.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath

from scriptune.core.job import JobSpec, ParameterSpec, Style
from scriptune.core.parameters import Categorical, Scalar
from scriptune.core.space import Params
from scriptune.errors import CommandError
from scriptune.executors.base import LaunchSpec
from scriptune.executors.folder import WORK
from scriptune.executors.placeholders import Hole, Pieces, fill, holes, parse, shell_quoted, unquoted_text
from scriptune.executors.shell_line import SHELL, file_steps, folder_step, format_command
from scriptune.executors.values import as_argument, as_hydra, writer_for

__all__ = [
    "FACTS",
    "MAX_WORDS",
    "MAX_WORD_CHARS",
    "Plan",
    "build_order",
    "command_line",
    "format_command",
    "line_to_paste",
    "make_plan",
    "trial_seed",
    "variable_name",
]

FACTS = ("trial_dir", "trial", "job_id", "seed", "attempt")
"""Placeholders that are no parameters; a parameter of the same name goes first."""

MAX_WORD_CHARS = 131_072
"""Linux starts no program with a longer argument; and splitting a longer string into words takes quadratic time."""

MAX_WORDS = 10_000
"""More are a list of files, which belongs into a file; each is looked through for placeholders, in every trial."""

_OWN_PREFIX = "SCRIPTUNE_"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHELL_OPERATORS = frozenset("|&;<>()\n#`")  # behind one of these, an appended argument may go astray
# Python holds printed text back when it writes to a file; metrics must be seen while it runs. Tables that fit 80
# columns put the name and the value on two lines.
_ADDED: Mapping[str, str | None] = {"PYTHONUNBUFFERED": "1", "COLUMNS": "400"}
_TAKES_NO_MORE = re.compile(r"#|<<|[&;]$")  # a shell command behind which nothing can be written, or may not be
_PLAIN_STEP = re.compile(r"[^#&|;<>\n]+")  # a shell command that another one may follow on its line
_MAX_SCRIPT_BYTES = 1 << 20  # of a file in the command that is read for names of variables; a script is smaller


@dataclass(frozen=True)
class Plan:
    """A checked way from the params of one job to orders.

    Attributes:
        spec: The job.
        command: Its arguments, cut at the placeholders; for a shell, one text.
        files: Rendered name -> lines of the template, with their ends.
        placed: Parameters with a placeholder somewhere.
    """

    spec: JobSpec
    command: tuple[Pieces, ...]
    files: Mapping[str, tuple[Pieces, ...]]
    placed: frozenset[str]

    def launch_spec(
        self,
        params: Mapping[str, Scalar],
        *,
        folder: Path,
        job_id: str,
        number: int,
        attempt: int = 1,
        trial_dir: Path | None = None,
    ) -> LaunchSpec:
        """The order for one attempt.

        Args:
            params: The searched params; inactive ones are absent.
            folder: The attempt folder, absolute.
            job_id, number, attempt: Which attempt.
            trial_dir: What ``{trial_dir}`` stands for; None: the program's own folder in the attempt folder.

        Raises:
            CommandError: An active parameter has no value, or a value holds a NUL character.
        """
        spec, run = self.spec, self.spec.run
        values = self._values(params)
        facts = {
            "trial_dir": str(trial_dir or folder / WORK),
            "trial": str(number),
            "job_id": job_id,
            "seed": str(trial_seed(spec.search.seed or 0, number)),
            "attempt": str(attempt),
        }
        env: dict[str, str | None] = {
            **{name: value for name, value in _ADDED.items() if name != "COLUMNS" or name not in os.environ},
            **self._variables(values, _plain_name),
            **run.env,
            **self._variables(values, variable_name),
            **{f"{_OWN_PREFIX}{name.upper()}": text for name, text in facts.items()},
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
            params=dict(params),
        )

    def _values(self, params: Mapping[str, Scalar]) -> Params:
        """All values that the program gets, in the order of the job file."""
        values: Params = {}
        for name, parameter in self.spec.parameters.items():
            value = params.get(name, parameter.value)
            if value is not None:
                _refuse_nul(name, value)
                values[name] = value
            elif not _is_conditional(parameter):
                raise CommandError(f"Parameter {name!r} has no value in {dict(params)!r}, and it is always used.")
        return values

    def _argv(self, values: Params, facts: Mapping[str, str]) -> tuple[str, ...]:
        texts = self._texts(values, facts, as_argument)
        appended = [
            argument
            for name, parameter in self.spec.parameters.items()
            if name in values and name not in self.placed
            for argument in _arguments(name, parameter, values[name])
        ]
        if self.spec.shell:
            text = fill(self.command[0], texts, _shell_quote)
            assert text is not None  # conditional placeholders were refused
            return (*SHELL, " ".join([text, *map(shlex.quote, appended)]))
        filled = (fill(pieces, texts) for pieces in self.command)
        return (*(argument for argument in filled if argument is not None), *appended)

    def _texts(self, values: Params, facts: Mapping[str, str], write: Callable[[Scalar], str]) -> dict[str, str]:
        """What placeholders stand for; a parameter hides the fact of its name even while it is inactive."""
        texts = {name: text for name, text in facts.items() if name not in self.spec.parameters}
        return texts | {name: write(value) for name, value in values.items()}

    def _variables(self, values: Params, named: Callable[[str, ParameterSpec], str]) -> dict[str, str | None]:
        return {
            variable: as_argument(values[name]) if name in values else None
            for name, parameter in self.spec.parameters.items()
            if parameter.style is Style.ENV and (variable := named(name, parameter))
        }


def build_order(
    spec: JobSpec,
    params: Mapping[str, Scalar],
    *,
    folder: Path,
    job_id: str,
    number: int,
    attempt: int = 1,
    trial_dir: Path | None = None,
) -> LaunchSpec:
    """`make_plan` and `Plan.launch_spec` in one.

    Raises:
        CommandError: The params cannot reach the program.
    """
    plan = make_plan(spec)
    return plan.launch_spec(params, folder=folder, job_id=job_id, number=number, attempt=attempt, trial_dir=trial_dir)


def make_plan(spec: JobSpec) -> Plan:
    """Read command, styles and templates of a job, and check them.

    Raises:
        CommandError: A placeholder names no parameter, or a parameter cannot reach the program.
    """
    if not spec.command or not spec.command[0].strip():
        raise CommandError("The command is empty; write a program and its arguments.")
    known = {*spec.parameters, *FACTS}
    command = tuple(parse(argument, known, where=f"Command, {argument!r}") for argument in spec.command)
    if any("\0" in argument for argument in spec.command):
        raise CommandError("The command contains a NUL character, which no program can receive; remove it.")
    files = {name: _read_template(name, path, known) for name, path in spec.files.items()}
    in_command = frozenset[str]().union(*map(holes, command))
    in_files = frozenset[str]().union(*(holes(line) for lines in files.values() for line in lines))
    placed = (in_command | in_files) & spec.parameters.keys()
    for name, parameter in spec.parameters.items():
        _check_parameter(name, parameter, is_placed=name in placed)
    _check_unique(spec, placed)
    if spec.shell:
        command = (shell_quoted(command[0]),)
        _check_shell(spec, command[0], placed)
    else:
        _check_conditional(spec, "Command", command)
        _check_dangling(spec, command)
    for name, lines in files.items():
        _check_conditional(spec, f"Template of {name!r}", lines)
    return Plan(spec, command, files, placed)


def command_line(launch_spec: LaunchSpec) -> str:
    """The order's command as it is, to show: without its folders, and the variables that scriptune adds of its own."""
    env = {name: value for name, value in launch_spec.env.items() if value is not None and not _is_own(name, value)}
    return format_command(_with_setup(launch_spec), env)


def line_to_paste(launch_spec: LaunchSpec, trial_dir: Path, *, write_files: bool = True) -> str:
    """A line that does, pasted into a shell in any folder, what the order does, in a folder of its own.

    Args:
        launch_spec: With ``trial_dir`` in the place of the attempt's folder.
        trial_dir: Made by the line when the program is given it.
        write_files: Whether the line writes the config files; else they are there already.
    """
    mentioned = _mentioned_facts(launch_spec)
    if launch_spec.files:
        mentioned |= {_fact("trial_dir")}
    env = {name: value for name, value in launch_spec.env.items() if name in mentioned or not _is_own(name, value)}
    given = [*launch_spec.argv, *(value for value in env.values() if value is not None)]
    needs_folder = bool(launch_spec.files) or any(str(trial_dir) in text for text in given)
    files = launch_spec.files if write_files else {}
    steps = file_steps(trial_dir, files, launch_spec.folder / WORK) if needs_folder else []
    return " && ".join([*steps, folder_step(launch_spec.cwd), format_command(_with_setup(launch_spec), env)])


def _with_setup(launch_spec: LaunchSpec) -> tuple[str, ...]:
    """The argument list with the commands before it, to show and to paste."""
    if not launch_spec.setup:
        return launch_spec.argv
    steps = launch_spec.setup
    source = 'source() { . "$@"; }; ' if any("source " in step for step in steps) else ""  # not every /bin/sh has it
    program = f"exec {shlex.join(launch_spec.argv)}"
    if all(_PLAIN_STEP.fullmatch(step) for step in steps):
        return (*SHELL, source + " && ".join([*steps, program]))
    checked = [step + ("\n[ $? = 0 ] || exit 1" if _TAKES_NO_MORE.search(step) else " || exit") for step in steps]
    return (*SHELL, source + "\n".join([*checked, program]))


def _mentioned_facts(launch_spec: LaunchSpec) -> set[str]:
    """The variables of ours that the command, its config files or its script name: without them it would fail."""
    texts = [*launch_spec.argv, *launch_spec.setup, *launch_spec.files.values()]
    for word in launch_spec.argv:
        with suppress(OSError, ValueError):
            path = launch_spec.cwd / word
            if path.is_file() and path.stat().st_size <= _MAX_SCRIPT_BYTES:
                texts.append(path.read_text("utf-8", "replace"))
    return {name for name in map(_fact, FACTS) if any(name in text for text in texts)}


def _is_own(name: str, value: str | None) -> bool:
    """Whether scriptune added a variable, rather than the user."""
    return name.startswith(_OWN_PREFIX) or (name in _ADDED and value == _ADDED[name])


def _fact(name: str) -> str:
    return f"{_OWN_PREFIX}{name.upper()}"


def trial_seed(seed: int, number: int) -> int:
    """The seed of one trial, in [0, 2**31): a function of the job's seed and the trial's number.

    All attempts of a trial have the same one. Neighbouring seeds and numbers give unrelated results.
    """
    digest = hashlib.sha256(f"{seed}:{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1  # 31 bits: every framework takes a non-negative int32


def variable_name(name: str, parameter: ParameterSpec) -> str:
    """The environment variable of a parameter with style ``env``."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name).upper() if parameter.flag is None else parameter.flag


def _plain_name(name: str, parameter: ParameterSpec) -> str:
    """A second variable, for programs that read the parameter as it is spelt; "" when there is none."""
    return name if parameter.flag is None and _VARIABLE.fullmatch(name) else ""


def _arguments(name: str, parameter: ParameterSpec, value: Scalar) -> list[str]:
    """One parameter in its style."""
    match parameter.style:
        case Style.ENV:
            return []
        case Style.SWITCH:
            return [_flag(name, parameter)] if value is True else []
        case Style.HYDRA:
            return [f"{_flag(name, parameter)}={as_hydra(value)}"]
    flag, text = _flag(name, parameter), as_argument(value)
    # `--lr -0.1` reads as two flags to many parsers; long flags can always be joined.
    if parameter.style is Style.SPACE and not (text.startswith("-") and flag.startswith("--")):
        return [flag, text]
    return [f"{flag}={text}"]


def _flag(name: str, parameter: ParameterSpec) -> str:
    if parameter.flag is not None:
        return parameter.flag
    return name if parameter.style is Style.HYDRA else f"--{name}"


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
        raise CommandError(f"files: {name!r} is not a name below the trial's folder; write one like 'conf.yaml'.")
    try:
        # As bytes, so that the ends of lines stay what they are.
        text = path.read_bytes().decode("utf-8")
    except OSError as err:
        raise CommandError(f"files: the template {str(path)!r} cannot be read: {err.strerror}.") from err
    except UnicodeDecodeError as err:
        raise CommandError(f"files: the template {str(path)!r} is not UTF-8 text (byte {err.start}).") from err
    return tuple(parse(line, known, strict=False) for line in re.findall(r"[^\n]*\n|[^\n]+", text))


def _is_conditional(parameter: ParameterSpec) -> bool:
    return parameter.domain is not None and bool(parameter.domain.when)


def _refuse_nul(name: str, value: Scalar) -> None:
    if isinstance(value, str) and "\0" in value:
        raise CommandError(
            f"Parameter {name!r}: the value {value!r} contains a NUL character, which no program can receive."
        )


def _possible_values(parameter: ParameterSpec) -> Sequence[Scalar]:
    """The values of a fixed, categorical or boolean parameter; those of a range are of no interest here."""
    match parameter.domain:
        case None:
            return () if parameter.value is None else (parameter.value,)
        case Categorical():
            return parameter.domain.choices
    return (0.5,)


def _check_parameter(name: str, parameter: ParameterSpec, *, is_placed: bool) -> None:
    style, flag = parameter.style, parameter.flag
    for value in _possible_values(parameter):
        _refuse_nul(name, value)
        if style is Style.SWITCH and not isinstance(value, bool):
            raise CommandError(
                f"Parameter {name!r}: style switch needs type bool; it can only add the flag or leave it out."
            )
    if is_placed and (flag is not None or style is not Style.EQUALS):
        given = "flag" if flag is not None else f"style {style.value}"
        raise CommandError(
            f"Parameter {name!r} has a placeholder and a {given} too, and only one can say where its value goes.",
            hint=f"Remove {{{name}}}, or remove the {given}.",
        )
    if style is Style.ENV:
        _check_variable(name, variable_name(name, parameter))
    elif not is_placed:
        _check_flag(name, _flag(name, parameter), style)


def _check_variable(name: str, variable: str) -> None:
    if not _VARIABLE.fullmatch(variable):
        raise CommandError(
            f"Parameter {name!r}: {variable!r} cannot name an environment variable; "
            "set 'flag' to letters, digits and underscores, not starting with a digit."
        )
    if variable.startswith(_OWN_PREFIX):
        raise CommandError(f"Parameter {name!r}: variables {_OWN_PREFIX}* are scriptune's own; choose another 'flag'.")


def _check_flag(name: str, flag: str, style: Style) -> None:
    if not flag or any(character.isspace() for character in flag) or "=" in flag or "\0" in flag:
        raise CommandError(f"Parameter {name!r}: the flag {flag!r} is empty or holds a blank or '='; correct 'flag'.")
    if style is Style.HYDRA:
        return
    if not flag.startswith("-"):
        raise CommandError(
            f"Parameter {name!r}: the flag {flag!r} does not begin with a dash; write '--{flag}', "
            "or set 'style: hydra' for name=value."
        )


def _check_unique(spec: JobSpec, placed: frozenset[str]) -> None:
    """Two parameters must not reach the program by one flag or variable."""
    seen: dict[str, str] = {f"${name}": "run.env" for name in spec.run.env}
    for name, parameter in spec.parameters.items():
        if name in placed:
            continue
        is_variable = parameter.style is Style.ENV
        way = f"${variable_name(name, parameter)}" if is_variable else _flag(name, parameter)
        if way in seen:
            other = seen[way] if seen[way] == "run.env" else f"parameter {seen[way]!r}"
            raise CommandError(f"Parameter {name!r} and {other} both set {way!r}; give one another name or 'flag'.")
        seen[way] = name
    own = next((name for name in spec.run.env if name.startswith(_OWN_PREFIX)), None)
    if own is not None:
        raise CommandError(f"run.env sets {own!r}, but variables {_OWN_PREFIX}* are scriptune's own; remove it.")


def _check_conditional(spec: JobSpec, where: str, units: Sequence[Pieces]) -> None:
    """What is left out with an inactive parameter must not take another parameter along."""
    for pieces in units:
        names = holes(pieces) & spec.parameters.keys()
        conditional = sorted(name for name in names if _is_conditional(spec.parameters[name]))
        if conditional and len(names) > 1:
            others = ", ".join(sorted(names - {conditional[0]}))
            raise CommandError(
                f"{where}: {{{conditional[0]}}} is not always used; the argument that contains it "
                f"is then left out, and {others} with it.",
                hint="Give each its own argument (in a template: line).",
            )


def _check_dangling(spec: JobSpec, command: Sequence[Pieces]) -> None:
    """``--momentum {momentum}`` would leave a flag without value behind."""
    for before, pieces in pairwise(command):
        match before, pieces:
            case (str(flag),), (Hole(name),) if flag.startswith("-") and "=" not in flag and name in spec.parameters:
                if _is_conditional(spec.parameters[name]):
                    raise CommandError(
                        f"Command: {{{name}}} is not always used, and {flag!r} before it would be left alone.",
                        hint=f"Write '{flag}={{{name}}}', or remove both: it is then added when it is used.",
                    )


def _check_shell(spec: JobSpec, pieces: Pieces, placed: frozenset[str]) -> None:
    for name in sorted(holes(pieces) & spec.parameters.keys()):
        if _is_conditional(spec.parameters[name]):
            raise CommandError(
                f"Command: {{{name}}} is not always used, and a shell command has no argument to leave out.",
                hint="Use 'style: env' and a default in the shell, like ${NAME:-0.9}.",
            )
    operators = _SHELL_OPERATORS.intersection(unquoted_text(pieces))
    appended = [n for n, p in spec.parameters.items() if n not in placed and p.style is not Style.ENV]
    if operators and appended:
        raise CommandError(
            f"Parameters {', '.join(map(repr, appended))} would be appended to the shell command, which contains "
            f"{' '.join(sorted(map(repr, operators)))}: they may not reach the program.",
            hint=f"Write placeholders where they belong, like --{appended[0]}={{{appended[0]}}}, or use 'style: env'.",
        )
