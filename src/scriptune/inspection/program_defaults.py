"""The program's own defaults of searched parameters: from its command, its config files, its source and its --help."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from scriptune.core.first_points import Origin
from scriptune.core.job import JobSpec, ParameterSpec, Style
from scriptune.core.parameters import Scalar
from scriptune.executors.passing import flag_of
from scriptune.inspection.config_values import CONFIG_FILES, entries_of, value_at
from scriptune.inspection.help_run import program_help
from scriptune.inspection.inspect import read_arguments
from scriptune.inspection.options_found import ProgramOption
from scriptune.inspection.source_options import may_have_help, options_in_source
from scriptune.inspection.usage_hints import placeholders_in
from scriptune.jobfile.parser import plain_scalar

__all__ = ["ProgramDefaults", "arguments_given", "help_key", "program_defaults", "read_program_help"]

_MAX_CONFIG_BYTES = 1 << 20
_MAX_HASHED_BYTES = 1 << 20  # of a file that the command names; a larger one is no script
_MAX_LOOKED_UP = 200  # names in config files; each is looked for in every file


@dataclass(frozen=True)
class ProgramDefaults:
    """What a program does where it is told nothing.

    Attributes:
        values: By name of a searched parameter, as the program writes them.
        origins: Where each of them was read.
    """

    values: Mapping[str, Scalar] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)


def program_defaults(spec: JobSpec, ask: Callable[[JobSpec], Sequence[ProgramOption]]) -> ProgramDefaults:
    """The program's own values of the searched parameters for which the job has no default.

    What stands nearest to the run counts: an argument of the command, then a config file, then what the source or the
    help of the program says.

    Args:
        spec: The job.
        ask: Runs the program with ``--help``; called only where something is missing, and its source or a file that
            the command names shows that it will answer.
    """
    wanted = [name for name, parameter in spec.space.items() if parameter.default is None]
    values: dict[str, Scalar] = {}
    origins: dict[str, Origin] = {}

    def take(found: Mapping[str, Scalar], origin: Origin) -> None:
        for name, value in found.items():
            if name in wanted and name not in values:
                values[name], origins[name] = value, origin

    take(arguments_given(spec), Origin.ARGUMENT)
    take(_from_config_files(spec, wanted), Origin.TEMPLATE)
    if not _is_complete(wanted, values):
        take(_matched(spec, options_in_source(spec)), Origin.HELP)
    if not _is_complete(wanted, values) and may_have_help(spec):
        take(_matched(spec, ask(spec)), Origin.HELP)
    return ProgramDefaults(values, origins)


def _is_complete(wanted: Collection[str], values: Mapping[str, Scalar]) -> bool:
    return all(name in values for name in wanted)


# --- the command and its config files ------------------------------------------------------------------------


def arguments_given(spec: JobSpec, wanted: JobSpec | None = None) -> dict[str, Scalar]:
    """Values that a command gives already, such as the 0.1 of ``train.py --lr 0.1``.

    Args:
        spec: The job with the command.
        wanted: The job whose parameters are looked for; None: the same.
    """
    if spec.shell:
        return {}
    _, found = read_arguments(spec.command)
    given = {option.flag: option.given for option in found if option.given is not None and "{" not in str(option.given)}
    for word in spec.command[1:]:
        key, is_override, text = word.partition("=")
        if is_override and not key.startswith("-") and "{" not in text and (value := plain_scalar(text)) is not None:
            given[key] = value
    return _by_flag(wanted or spec, given)


def _from_config_files(spec: JobSpec, wanted: Sequence[str]) -> dict[str, Scalar]:
    """Values of config files: of the job's templates, and of files that the command names."""
    entries = [
        entry
        for name, path in _config_files(spec)
        if (text := _text_of(path)) is not None
        for entry in entries_of(text, name, spec.parameters)
    ]
    if not entries or len(wanted) > _MAX_LOOKED_UP:
        return {}
    found: dict[str, Scalar] = {}
    for name in wanted:
        # `--optimizer.lr` says where it is better than the name that the parameter has here.
        keys = (_flag_of(name, spec.parameters[name]).lstrip("-"), name)
        value = next((value for key in keys if key and (value := value_at(entries, key)) is not None), None)
        if value is not None:
            found[name] = value
    return found


def _config_files(spec: JobSpec) -> Iterator[tuple[str, Path]]:
    """The files with the names that tell their languages: a template has that of the file which is made of it."""
    yield from spec.files.items()
    templates = set(spec.files.values())
    for word in spec.command if not spec.shell else ():
        path = spec.workdir / word.rpartition("=")[2]
        if path.suffix in CONFIG_FILES and path not in templates:
            yield path.name, path


def _text_of(path: Path) -> str | None:
    with suppress(OSError, ValueError):
        if path.is_file() and path.stat().st_size <= _MAX_CONFIG_BYTES:
            return path.read_text("utf-8")
    return None


# --- source and help -----------------------------------------------------------------------------------------


def _matched(spec: JobSpec, options: Sequence[ProgramOption]) -> dict[str, Scalar]:
    """The defaults of the options that the searched parameters are passed as."""
    known = {option.flag: option.default for option in options if option.default is not None}
    # A switch that is left out is off, whatever the program makes of that.
    switches = {option.flag: False for option in options if option.style == "switch" and option.default is None}
    is_switch = {name for name, one in spec.parameters.items() if one.style is Style.SWITCH}
    off = {name: value for name, value in _by_flag(spec, switches).items() if name in is_switch}
    return _by_flag(spec, known) | off


def _by_flag(spec: JobSpec, given: Mapping[str, Scalar]) -> dict[str, Scalar]:
    values = {_plain(flag): value for flag, value in given.items()}
    if not values:
        return {}
    placed = _placed_flags(spec)
    flags = {name: placed.get(name, _flag_of(name, parameter)) for name, parameter in spec.parameters.items()}
    return {name: values[_plain(flag)] for name, flag in flags.items() if flag and _plain(flag) in values}


def _flag_of(name: str, parameter: ParameterSpec) -> str:
    return "" if parameter.style is Style.ENV else flag_of(name, parameter)


def _placed_flags(spec: JobSpec) -> dict[str, str]:
    """The flags of parameters with a placeholder in the command: of ``--rate={lr}``, ``--rate``; "" without a flag."""
    if spec.shell:
        return {}
    found: dict[str, str] = {}
    for before, word in zip(("", *spec.command), spec.command, strict=False):
        flag, is_joined, _ = word.partition("=")
        for name in placeholders_in(spec, word):
            found[name] = flag if is_joined else before if before.startswith("-") else ""
    return found


def _plain(flag: str) -> str:
    """``--batch-size`` and ``--batch_size`` are one option, as argparse's users write both."""
    return flag.lstrip("-").replace("-", "_")


def read_program_help(spec: JobSpec) -> list[ProgramOption]:
    """Run a job's program with ``--help`` in a temporary folder, for at most half a minute.

    What it writes there is deleted. The command's own files are found, and so are modules beside them.
    """
    argv = [_absolute(spec, word, is_program=i == 0) for i, word in enumerate(_without_placeholders(spec))]
    path = os.pathsep.join(
        filter(None, [str(spec.workdir), spec.run.env.get("PYTHONPATH", os.environ.get("PYTHONPATH"))])
    )
    env = {**spec.run.env, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryDirectory(prefix="scriptune-help-") as folder:
        if spec.run.setup:
            steps = "\n".join(
                [f"cd {shlex.quote(str(spec.workdir))}", *spec.run.setup, f"cd {shlex.quote(folder)}", 'exec "$@"']
            )
            argv = ["/bin/sh", "-c", steps, "sh", *argv]
        return list(program_help(argv, workdir=Path(folder), env=env).options)


def help_key(spec: JobSpec) -> str:
    """A digest of the command and of the files that it names: what its help depends on."""
    digest = hashlib.sha256()
    program = shutil.which(spec.command[0], path=spec.run.env.get("PATH"))
    for word in (str(spec.workdir), program or "", *spec.run.setup, *spec.command):
        digest.update(word.encode("utf-8", "surrogateescape") + b"\0")
        with suppress(OSError, ValueError):
            path = spec.workdir / word
            if path.is_file():
                with path.open("rb") as file:
                    digest.update(hashlib.sha256(file.read(_MAX_HASHED_BYTES)).digest())
                status = path.stat()
                if status.st_size > _MAX_HASHED_BYTES:
                    digest.update(b"%d %d\0" % (status.st_size, status.st_mtime_ns))
    return digest.hexdigest()


def _without_placeholders(spec: JobSpec) -> list[str]:
    """The command without the arguments that hold a placeholder, and without the flags before them."""
    kept: list[str] = []
    for word in spec.command:
        if not placeholders_in(spec, word):
            kept.append(word)
        elif "=" not in word and kept and kept[-1].startswith("-") and "=" not in kept[-1]:
            kept.pop()
    return kept


def _absolute(spec: JobSpec, word: str, *, is_program: bool) -> str:
    """A word that names a file, such that it does so from every folder."""
    if (is_program and os.sep not in word) or word.startswith("-"):
        return word
    with suppress(OSError, ValueError):
        if (spec.workdir / word).is_file():
            return str(spec.workdir / word)
    return word
