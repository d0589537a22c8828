"""Request bodies of the REST API. Unknown keys are rejected, so that a typo does not become a silent default."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from scriptune.core.job import Goal
from scriptune.core.job_changes import NO_LIMIT, JobChanges
from scriptune.core.trial import Cause
from scriptune.engine.imports import MAX_CHARS
from scriptune.jobfile.schema import JobSection

__all__ = [
    "ChangeBody",
    "CheckBody",
    "ConfirmBody",
    "EnqueueBody",
    "ImportBody",
    "InspectBody",
    "JobBody",
    "KeyBody",
    "MarkedPlace",
    "PatternBody",
    "ProgramBody",
    "ProgramParameterBody",
    "ReparseBody",
    "ResumeBody",
    "RetryBody",
    "StopBody",
    "SuggestBody",
]

_EXAMPLE_JOB = {
    "name": "digits-mlp",
    "command": "python train.py --epochs=20",
    "workdir": "/home/ada/digits",
    "parameters": {
        "learning_rate": {"type": "float", "min": 1e-5, "max": 0.1, "log": True, "default": 0.001},
        "optimizer": {"type": "categorical", "values": ["adam", "sgd"]},
    },
    "metrics": {"accuracy": {"regex": "val_acc=([0-9.]+)"}},
    "objective": {"metric": "accuracy", "goal": "maximize"},
    "search": {"sampler": "auto", "trials": 20},
    "run": {"parallel": 2},
}
_MOST_CONFIRMED = 100
_TIME_LIMITS = ("job_timeout", "trial_timeout")
_MAX_TEXT_CHARS = 1_000_000  # what the pattern tools accept

_Params = dict[str, bool | int | float | str | None]
_Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
_Output = Annotated[
    str,
    Field(
        max_length=_MAX_TEXT_CHARS,
        description="Some output of the program.",
        examples=["epoch 1 val_acc=0.91\nepoch 2 val_acc=0.93\n"],
    ),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _job_schema() -> dict[str, Any]:
    """The keys of a job file with descriptions, loosely typed: the job file's own checks are stricter."""
    keys = {name: {"description": field.description or ""} for name, field in JobSection.model_fields.items()}
    return {
        "properties": {
            **keys,
            "program": {"type": "string", "description": "Id or name of a stored program, in place of its keys."},
            "program_id": {"type": "string", "description": "Another name of `program`."},
            "overrides": {"type": "object", "description": "What differs from the program; also accepted beside it."},
            "version": {"type": "integer", "minimum": 1, "description": "Of the program. Default: the newest."},
            "labels": {"type": "object", "description": "Free strings that are stored with the job."},
        },
        "examples": [_EXAMPLE_JOB, {"program": "digits-mlp", "search": {"trials": 50}}],
    }


class JobBody(BaseModel):
    """A job file in JSON form, or `program` with overrides.

    Relative paths are relative to the folder that the server was started in.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra=_job_schema())


class CheckBody(_Body):
    """A job to check before it is submitted."""

    document: JobBody = Field(description="The job file in JSON form.", examples=[_EXAMPLE_JOB])
    log: str | None = Field(
        default=None,
        max_length=_MAX_TEXT_CHARS,
        description="Output of a run, to try the regexes on.",
        examples=["epoch 1 val_acc=0.91\nepoch 2 val_acc=0.93\n"],
    )
    run: bool = Field(default=False, description="Run the program as the first trial will, when no log is given.")
    twice: bool | None = Field(
        default=None,
        description="Run it again with parameters far from the first, to see whether it notices them; null: when a run "
        "is short.",
    )


class StopBody(_Body):
    """How to stop a search."""

    drain: bool = Field(
        default=False, description="Start no more trials, but let running ones finish.", examples=[True]
    )


class ChangeBody(_Body):
    """What to change of a search; what is left out stays as it is."""

    parallel: _Count | None = Field(
        default=None, description="Number of parallel trials; with fewer, running ones end on their own.", examples=[4]
    )
    trials: str | _Count | None = Field(
        default=None, description="`+10` for ten more trials, a number for a new total.", examples=[50]
    )
    job_timeout: str | float | None = Field(
        default=None, description="Time limit of the search; null or `none`: no limit.", examples=["8h"]
    )
    trial_timeout: str | float | None = Field(
        default=None,
        description="Time limit of a trial, of running ones too; null or `none`: no limit.",
        examples=["30m"],
    )
    name: str | None = Field(default=None, description="Another display name.")
    note: str | None = Field(default=None, description="A remark; empty: none.", examples=["warm restarts"])
    tags: list[str] | None = Field(default=None, description="All tags.", examples=[["baseline"]])
    star: bool | None = Field(default=None, description="Whether it is starred.")

    @property
    def changes(self) -> JobChanges:
        """The changes; a time limit that is null is none from now on."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return JobChanges(**given | {k: NO_LIMIT for k in _TIME_LIMITS if k in given and given[k] is None})


class ResumeBody(_Body):
    """How to resume a search."""

    trials: str | _Count | None = Field(
        default=None, description="`+10` for ten more trials, a number for a new total.", examples=["+10"]
    )


class RetryBody(_Body):
    """Which failed trials to run again."""

    number: _Count | None = Field(default=None, description="Only this trial; null: all failed ones.")
    causes: list[Cause] = Field(
        default=[], description="Only those that failed for one of these causes.", examples=[[Cause.TIMEOUT]]
    )


class ReparseBody(_Body):
    """How to reread the kept logs."""

    regexes: dict[str, str] = Field(default={}, description="Metric -> regex.")
    regex: str | None = Field(
        default=None, description="Regex of the objective metric.", examples=["val_acc=([0-9.]+)"]
    )
    reduce: str | None = Field(default=None, description="As `objective.reduce` in a job file.", examples=["last"])
    name: str | None = Field(default=None, description="New name of the objective metric.", examples=["val_acc"])
    goal: Goal | None = Field(default=None, description="Another goal.", examples=[Goal.MAXIMIZE])
    confirmed: bool = Field(default=False, description="Change it even if no log has the metric.")


class ConfirmBody(_Body):
    """Which configurations to run again, and how."""

    top: int = Field(default=3, ge=1, le=_MOST_CONFIRMED, description="How many of the best configurations.")
    repeats: int = Field(default=2, ge=1, le=_MOST_CONFIRMED, description="How often each.")
    seed_flag: str | None = Field(
        default=None,
        max_length=200,
        description="The parameter or flag that gives each run another seed; null: the program draws its own.",
        examples=["--seed"],
    )
    parallel: int | None = Field(
        default=None, ge=1, le=_MOST_CONFIRMED, description="Runs at the same time; null: as in the search."
    )


class EnqueueBody(_Body):
    """Configurations to try next."""

    params: _Params | list[_Params] = Field(
        description="Searched parameters by name, or a list of such; the sampler chooses those that are left out.",
        examples=[{"learning_rate": 0.003, "optimizer": "adam"}],
    )


class PatternBody(_Body):
    """A regex and some output of a program."""

    regex: str = Field(description="Its group captures the number.", examples=["val_acc=([0-9.]+)"])
    text: _Output


class MarkedPlace(_Body):
    """A marked number: characters `start` to `end` of a line."""

    line_no: int = Field(ge=1, le=2**31 - 1, description="Of the line, from 1.")
    start: _Count = Field(description="The first character of the number, from 0.")
    end: _Count = Field(description="The character after the number.")


class SuggestBody(_Body):
    """Some output of a program, and the positions of the metric's values in it."""

    text: _Output
    examples: list[MarkedPlace | str] = Field(
        min_length=1,
        max_length=100,
        description="Positions, or strings of which the first occurrence is meant.",
        examples=[["0.91"]],
    )


class InspectBody(_Body):
    """A command whose parameters are to be detected."""

    command: str | list[str] = Field(
        description="As `command` in a job file.", examples=["python train.py --lr=0.01 --epochs 20"]
    )
    workdir: str | None = Field(
        default=None, description="Where the command runs. Default: the folder that the server was started in."
    )
    run_help: bool = Field(default=True, description="Run the command with `--help` too.")
    run: bool = Field(
        default=False,
        description="Run the command once as it is, too. The answer is a stream of events then: `found` with this "
        "route's usual answer, `output` with what the program prints, `run` with the numbers that could be its metric, "
        "`draft` with the proposed job (null if something has to be asked for); `error` is the last one.",
    )
    limit_s: float = Field(default=120.0, gt=0, le=86_400, description="When the run is ended, in seconds.")


class ImportBody(_Body):
    """A job description of another tool."""

    text: str = Field(max_length=MAX_CHARS, description="The description.", examples=["method: random\n..."])
    file: str = Field(default="job", max_length=200, description="Its file's name, for messages and templates.")
    format: str = Field(default="", max_length=40, description="As `--format`; empty: found out.", examples=["wandb"])
    operation: str = Field(default="", max_length=200, description="Of a Guild file; empty: the first one with flags.")
    command: str | list[str] | None = Field(default=None, description="In place of the description's command.")
    metrics: dict[str, str] = Field(default={}, description="Metric -> regex, in place of those found or guessed.")
    beside: dict[str, str] = Field(
        default={}, description="Files that the description names, as NNI's search space: name -> text."
    )


class ProgramParameterBody(_Body):
    """One hyperparameter of a stored program."""

    domain: dict[str, Any] = Field(
        description="As an entry of `parameters` in a job file.",
        examples=[{"type": "float", "min": 1e-5, "max": 0.1, "log": True}],
    )
    editable: bool = Field(default=True, description="Whether a job may narrow its domain or fix its value.")
    required: bool = Field(default=True, description="Whether every job has it.")
    help: str = Field(default="", description="What it means, for people.")

    @model_validator(mode="before")
    @classmethod
    def _take_an_entry_of_a_job_file(cls, entry: Any) -> Any:
        """Accept the keys of a domain beside the others, as in an entry of a job file."""
        if not isinstance(entry, dict) or "domain" in entry:
            return entry
        own = {key: value for key, value in entry.items() if key in cls.model_fields}
        return {"domain": {key: value for key, value in entry.items() if key not in own}, **own}


class ProgramBody(_Body):
    """A training program to store."""

    name: str = Field(min_length=1, max_length=200, description="Unique.", examples=["digits-mlp"])
    description: str = Field(default="", description="For people.")
    workdir: str = Field(default=".", description="The folder with its code.")
    command: str | list[str] = Field(
        description="As `command` in a job file.", examples=["python train.py --epochs=20"]
    )
    shell: bool = Field(default=False, description="Give the command to `/bin/sh -c` as it is.")
    parameters: dict[str, ProgramParameterBody] = Field(
        description="Its hyperparameters by name; keys of `domain` may be in the entry itself, as in a job file.",
        examples=[{"learning_rate": {"domain": {"type": "float", "min": 1e-5, "max": 0.1, "log": True}}}],
    )
    metrics: dict[str, dict[str, Any]] = Field(
        description="As `metrics` in a job file.", examples=[{"accuracy": {"regex": "val_acc=([0-9.]+)"}}]
    )
    objective: dict[str, Any] | None = Field(
        default=None,
        description="What a job searches for unless it says otherwise.",
        examples=[{"metric": "accuracy", "goal": "maximize"}],
    )
    samplers: list[str] = Field(default=[], description="Samplers that a job may use; empty: all.")
    objectives: list[str] = Field(default=[], description="Metrics that a job may search on; empty: all.")
    run: dict[str, Any] = Field(default={}, description="As `run` in a job file.")
    labels: dict[str, Any] = Field(default={}, description="Free strings that are stored with the program.")
    constraints: list[str] = Field(
        default=[],
        description="As `constraints` in a job file; a job may add more.",
        examples=[["batch_size * accumulate <= 256"]],
    )


class KeyBody(_Body):
    """An access key to create."""

    project: str = Field(
        default="default",
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="The project whose jobs it sees.",
        examples=["vision"],
    )
    role: str = Field(
        default="operator",
        pattern="^(viewer|operator)$",
        description="`operator` may change things, `viewer` is read only.",
        examples=["viewer"],
    )
    name: str = Field(default="", max_length=200, description="For people.", examples=["dashboard"])
