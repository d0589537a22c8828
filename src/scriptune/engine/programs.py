"""Stored programs: created, versioned, and turned into jobs within their limits."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from scriptune import jobfile
from scriptune.core.job import JobSpec, ParameterSpec
from scriptune.core.parameters import Categorical, Float, Int, Parameter
from scriptune.core.program import Program, ProgramParameter
from scriptune.engine.keys import PROJECT_LABEL
from scriptune.engine.serialise import from_json, to_json
from scriptune.errors import JobFileError, NotFoundError, SpaceError
from scriptune.messages import Message, did_you_mean
from scriptune.storage.base import Page, Storage

__all__ = ["ProgramStore", "job_from_program"]

_KIND = "program"
_VERSIONS = "program_version"
_FIXED_KEYS = ("command", "shell", "workdir", "files", "metrics")


class ProgramStore:
    """The programs of an installation.

    Args:
        storage: Holds them.
        clock: Gives the aware UTC time.
    """

    def __init__(self, storage: Storage, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._storage = storage
        self._clock = clock

    def create(self, fields: Mapping[str, Any], *, base_dir: Path) -> Program:
        """Store a new program.

        Args:
            fields: Those of `Program`, but for id, version and times, in JSON form.
            base_dir: What a relative ``workdir`` is relative to.

        Raises:
            JobFileError: No job could be created from it; lists every error.
        """
        now = self._clock()
        return self._put(_program(fields, base_dir, id=str(uuid.uuid4()), version=1, created_at=now, changed_at=now))

    def change(self, program: Program, fields: Mapping[str, Any], *, base_dir: Path) -> Program:
        """Store the next version of a program; jobs keep the version they name.

        Raises:
            JobFileError: As `create`.
        """
        changed = _program(
            fields,
            base_dir,
            id=program.id,
            version=program.version + 1,
            created_at=program.created_at,
            changed_at=self._clock(),
        )
        return self._put(changed)

    def _put(self, program: Program) -> Program:
        data = to_json(program)
        # The version first: anyone who finds the newest then finds all of its versions.
        self._storage.put_item(_VERSIONS, _version_key(program.id, program.version), data, expect_absent=True)
        self._storage.put_item(_KIND, program.id, data)
        return program

    def get(self, ref: str, version: int | None = None, *, project: str | None = None) -> Program:
        """Look up a program by id or name (the newest with that name).

        Args:
            ref: The id or name.
            version: Default: the newest.
            project: Programs of other projects do not exist then.

        Raises:
            NotFoundError: No such program or version.
        """
        known = self._all(project)
        fitting = [p for p in known if p.id == ref] or [p for p in known if p.name == ref]
        if not fitting:
            raise NotFoundError(Message("program.not_found", ref=ref, near=did_you_mean(ref, (p.name for p in known))))
        newest = fitting[-1]
        if version is None or version == newest.version:
            return newest
        with suppress(NotFoundError):
            return from_json(Program, self._storage.get_item(_VERSIONS, _version_key(newest.id, version)))
        raise NotFoundError(Message("program.no_version", name=newest.name, version=version, newest=newest.version))

    def page(
        self, *, text: str = "", project: str | None = None, offset: int = 0, limit: int | None = None
    ) -> Page[Program]:
        """List programs, oldest first; ``text`` is a part of the name."""
        found = [p for p in self._all(project) if text.lower() in p.name.lower()]
        end = None if limit is None else offset + limit
        return Page(found[offset:end], len(found), offset)

    def versions(self, program: Program) -> list[Program]:
        """All versions of a program, newest first."""
        return [self.get(program.id, version) for version in range(program.version, 0, -1)]

    def delete(self, program: Program) -> None:
        """Delete a program and its versions; jobs created from it are kept."""
        self._storage.delete_item(_KIND, program.id)
        for version in range(1, program.version + 1):
            with suppress(NotFoundError):
                self._storage.delete_item(_VERSIONS, _version_key(program.id, version))

    def _all(self, project: str | None) -> list[Program]:
        programs = [from_json(Program, item) for _, item in self._storage.items(_KIND).items]
        return [p for p in programs if project is None or p.labels.get(PROJECT_LABEL) == project]


def _version_key(program_id: str, version: int) -> str:
    return f"{program_id}:{version:06}"


def _program(fields: Mapping[str, Any], base_dir: Path, **own: Any) -> Program:
    parameters = {name: from_json(ProgramParameter, entry) for name, entry in fields["parameters"].items()}
    program = Program(
        name=fields["name"],
        description=fields.get("description", ""),
        workdir=str((base_dir / fields.get("workdir", ".")).resolve()),
        command=fields["command"],
        shell=fields.get("shell", False),
        parameters=parameters,
        metrics=fields["metrics"],
        objective=fields.get("objective"),
        samplers=tuple(fields.get("samplers", ())),
        objectives=tuple(fields.get("objectives", ())),
        run=fields.get("run", {}),
        labels=fields.get("labels", {}),
        constraints=tuple(fields.get("constraints", ())),
        **own,
    )
    problems: list[str] = [
        _mistake(
            "program: objectives",
            Message("program.unknown_objective", name=name, near=did_you_mean(name, program.metrics)),
        )
        for name in program.objectives
        if name not in program.metrics
    ]
    for sampler in program.samplers or ("auto",):
        problems += _mistakes({**_document(program), "search": {"sampler": sampler}})
    if problems:
        raise JobFileError(list(dict.fromkeys(problems)))
    return program


def _document(program: Program) -> dict[str, Any]:
    """The job file of a program without any changes."""
    metric = next(iter(program.objectives or program.metrics), "")
    return {
        "name": program.name,
        "command": program.command,
        "shell": program.shell,
        "workdir": program.workdir,
        "parameters": {name: dict(entry.domain) for name, entry in program.parameters.items()},
        "metrics": {name: dict(entry) for name, entry in program.metrics.items()},
        "objective": dict(program.objective or {"metric": metric, "goal": "maximize"}),
        "run": dict(program.run),
        "constraints": list(program.constraints),
    }


def _mistakes(document: Mapping[str, Any]) -> list[str]:
    try:
        jobfile.check_document(document, base_dir=Path("/"), place="program")
    except JobFileError as err:
        return list(err.problems)
    return []


# --- jobs from programs --------------------------------------------------------------------------------------


def job_from_program(
    programs: ProgramStore, given: Mapping[str, Any], *, project: str | None = None
) -> tuple[jobfile.CheckedJob, Program]:
    """Create a job from a program and overrides, checked against the program's limits.

    Args:
        programs: Where it is stored.
        given: ``program``, perhaps ``version``, and keys of a job file.
        project: Programs of other projects do not exist.

    Raises:
        NotFoundError: No such program or version.
        JobFileError: An override is not allowed; lists every error.
    """
    given = dict(given)
    version = given.pop("version", None)
    if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
        raise JobFileError([_mistake("job: version", Message("program.bad_version", version=version))])
    program = programs.get(str(given.pop("program")), version, project=project)
    problems: list[str] = [_mistake(f"job: {key}", Message("program.fixed_key")) for key in _FIXED_KEYS if key in given]
    document = _document(program)
    if program.objective is None and "objective" not in given:
        del document["objective"]
    changes = given.pop("parameters", None)
    changes = {} if changes is None else changes
    if isinstance(changes, Mapping):
        problems += list(_merge_parameters(program, changes, document["parameters"]))
    else:
        problems.append(_mistake("job: parameters", Message("program.bad_parameters", changes=changes)))
    added = given.pop("constraints", None)
    if isinstance(added, list) or added is None:
        document["constraints"] = [*_applicable(program, document["parameters"]), *(added or [])]
    else:
        document["constraints"] = added  # refused with a good message when the job is checked
    for key in ("run", "objective"):
        change = given.pop(key, None)
        if change is not None:
            merged = isinstance(change, Mapping) and key == "run"
            document[key] = {**document[key], **change} if merged else change
    document |= {key: value for key, value in given.items() if key not in _FIXED_KEYS}
    problems += _check_choices(program, document)
    if problems:
        raise JobFileError(problems)
    job = jobfile.check_document(document, base_dir=Path("/"))
    problems = list(_outside(program, job.spec))
    if problems:
        raise JobFileError(problems)
    return job, program


def _mistake(place: str, problem: Message) -> Message:
    return Message("job_file.mistake", place=place, problem=problem)


def _merge_parameters(program: Program, changes: Mapping[str, Any], document: dict[str, Any]) -> Iterator[str]:
    """Merge a job's parameters into the program's, and yield what is not allowed."""
    for name, entry in changes.items():
        place = f"job: parameters.{name}"
        parameter = program.parameters.get(name)
        if parameter is None:
            near = did_you_mean(str(name), program.parameters)
            yield _mistake(place, Message("program.no_parameter", name=program.name, near=near))
        elif entry is None:
            if parameter.required:
                yield _mistake(place, Message("program.required", name=program.name))
            document.pop(name, None)
        elif not parameter.editable and entry != dict(parameter.domain):
            yield _mistake(place, Message("program.not_editable", name=program.name))
        elif isinstance(entry, Mapping):
            document[name] = {**_kept(parameter.domain, entry), **entry}
        else:
            document[name] = entry  # refused with a good message when the job is checked


def _applicable(program: Program, parameters: Mapping[str, Any]) -> list[str]:
    """The program's constraints without those that name a parameter which a job leaves out."""
    if parameters.keys() >= program.parameters.keys():
        return list(program.constraints)
    space = jobfile.check_document(_document(program), base_dir=Path("/")).spec.space
    return [constraint.text for constraint in space.constraints if constraint.names <= parameters.keys()]


def _kept(domain: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the program's domain that a job's entry leaves unchanged.

    New bounds alone narrow the range, which stays whole, on its step and on its scale; an entry that names a type,
    a value or a list of values stands for itself.
    """
    passing = {key: domain[key] for key in ("flag", "style") if key in domain}
    if "min" not in domain or not {"min", "max"} & set(entry) or {"type", "value", "values"} & set(entry):
        return passing
    kept = dict(domain)
    if "default" in kept and not _is_between(kept["default"], {**domain, **entry}):
        del kept["default"]
    return kept


def _is_between(value: Any, bounds: Mapping[str, Any]) -> bool:
    try:
        return bool(bounds["min"] <= value <= bounds["max"])
    except TypeError:  # refused with a good message when the job is checked
        return False


def _check_choices(program: Program, document: dict[str, Any]) -> Iterator[str]:
    """Fill in the sampler, and yield a sampler or metric that the program does not allow."""
    search = document.get("search")
    if search is None:
        search = {}
    if isinstance(search, Mapping) and program.samplers:
        search = {"sampler": program.samplers[0], **search}
        if search["sampler"] not in program.samplers:
            allowed = ", ".join(program.samplers)
            problem = Message("program.allows", value=search["sampler"], name=program.name, allowed=allowed)
            yield _mistake("job: search.sampler", problem)
    document["search"] = search
    objective = document.get("objective")
    metric = objective.get("metric") if isinstance(objective, Mapping) else None
    if metric is not None and program.objectives and metric not in program.objectives:
        allowed = ", ".join(program.objectives)
        problem = Message("program.allows", value=metric, name=program.name, allowed=allowed)
        yield _mistake("job: objective.metric", problem)


def _outside(program: Program, spec: JobSpec) -> Iterator[str]:
    """Yield where a job exceeds the ranges and values of its program."""
    limits = jobfile.check_document(_document(program), base_dir=Path("/")).spec.parameters
    for name, parameter in spec.parameters.items():
        try:
            _check_within(parameter, limits[name])
        except SpaceError as err:
            yield _mistake(f"job: parameters.{name}", Message("program.outside", name=program.name, why=err.message))


def _check_within(given: ParameterSpec, limit: ParameterSpec) -> None:
    """Check that every value of a domain or fixed value is allowed by a program.

    Raises:
        SpaceError: It goes beyond it.
    """
    if limit.domain is None:
        return  # a fixed value that may be edited has no range
    # A condition is the job's whole affair, and values are compared without it.
    domain = replace(limit.domain, when={})
    if given.domain is None:
        _check_value(given.value, domain)
    elif isinstance(given.domain, Categorical):
        for choice in given.domain.choices:
            _check_value(choice, domain)
    else:
        _check_range(given.domain, domain)


def _check_value(value: Any, limit: Parameter) -> None:
    limit.coerce(value)
    if isinstance(limit, Int) and isinstance(value, float):
        raise SpaceError(Message("program.decimal_point", value=value, integer=int(value)))


def _check_range(given: Float | Int, limit: Parameter) -> None:
    if isinstance(limit, Categorical):
        n_values = given.n_values
        if n_values is None or n_values > len(limit.choices):
            raise SpaceError(Message("program.range_of_choices", choices=list(limit.choices)))
        for index in range(n_values):
            _check_value(given.nth(index), limit)
        return
    if isinstance(limit, Int) and isinstance(given, Float):
        raise SpaceError(Message("program.takes_integers"))
    _check_value(given.low, limit)
    _check_value(given.high, limit)
    if limit.step is None or given.n_values == 1:
        return
    if given.step is None or Decimal(repr(given.step)) % Decimal(repr(limit.step)):
        raise SpaceError(Message("program.other_step", step=given.step, needed=limit.step))
