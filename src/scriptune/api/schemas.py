"""What the REST API answers, for its OpenAPI page and for the types that are generated from it.

Answers are written by `scriptune.engine.serialise.to_json` from the engine's dataclasses, not through these models;
a test holds every model to the fields of the dataclass of the same name. ``X | None`` is null in JSON: a time that
has not come, a value that does not exist, a number that was NaN or infinite.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from scriptune.core.job import Goal, JobState
from scriptune.core.trial import Cause, ExitReason, Phase, TrialState

__all__ = [
    "AccessKeyCreated",
    "AccessKeyList",
    "AccessKeyRow",
    "Attempt",
    "Best",
    "Capture",
    "CheckReport",
    "Curve",
    "ErrorAnswer",
    "ErrorBody",
    "Event",
    "ExitStatus",
    "Found",
    "FoundList",
    "Health",
    "HistoryPoint",
    "ImportanceRow",
    "InspectedParameter",
    "Inspection",
    "JobDetail",
    "JobPage",
    "JobSummary",
    "LogChunk",
    "LogMatch",
    "LogMatches",
    "Marginal",
    "OptionRow",
    "PatternTest",
    "Program",
    "ProgramPage",
    "ProgramParameter",
    "Proposal",
    "ReparseReport",
    "ReplayReport",
    "Report",
    "ReportPage",
    "RetriedTrials",
    "SamplerRow",
    "SearchJob",
    "Suggestion",
    "Surface",
    "System",
    "TextCapture",
    "Trial",
    "TrialColumns",
    "TrialDetail",
    "TrialPage",
    "Whoami",
]

_Scalar = bool | int | float | str


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


# --- errors ------------------------------------------------------------------------------------------------


class ErrorBody(_Answer):
    """What went wrong."""

    code: str = Field(description="For programs: job_file, not_found, conflict, permission_denied, ...")
    message: str = Field(description="For people: what happened and what was expected.")
    hint: str | None = Field(description="How to go on, when that is worth a sentence of its own.")
    problems: list[str] | None = Field(
        default=None, description="Every mistake of a job file; each begins with its place. Only with code job_file."
    )


class ErrorAnswer(_Answer):
    """The one shape of every error."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"error": {"code": "not_found", "message": "There is no job 'digits'.", "hint": "Known: 'digits-mlp'."}}
            ]
        }
    )

    error: ErrorBody


# --- jobs --------------------------------------------------------------------------------------------------


class SearchJob(_Answer):
    """A stored job."""

    id: str = Field(examples=["0b0f6f3e-5d7c-4f57-8f0e-0a3f2c7f9a11"])
    name: str = Field(description="For people; need not be unique.", examples=["digits-mlp"])
    document: dict[str, Any] = Field(
        description="The complete job file in JSON form. Values of environment variables whose names look secret are "
        "masked."
    )
    state: JobState
    created_at: datetime
    message: str = Field(description="Why it ended.")
    stop_requested: str = Field(description="Empty, `drain` or `now`.")
    started_at: datetime | None
    finished_at: datetime | None
    active_s: float = Field(description="Seconds that it was running, summed over interruptions.")
    extra_trials: int = Field(description="Trials added to the budget of the document.")
    resumed_at_tell: int
    n_told: int = Field(description="Results that the sampler was told.")
    last_event: int = Field(description="Number of its newest event; begin to listen after it.")
    lease_owner: str | None
    lease_until: datetime | None
    labels: dict[str, Any]
    n_trials: int = Field(description="The whole budget of trials.")
    goal: Goal
    metric: str = Field(description="The metric searched on.")


class Suggestion(_Answer):
    """Params and how they were chosen."""

    params: dict[str, _Scalar]
    sampler: str = Field(description="The one that chose them; under `auto` the one it used.")
    phase: Phase
    mean: float | None = Field(description="The model's prediction in the metric's own units.")
    std: float | None
    acquisition: float | None
    note: str = Field(description="One sentence for people.")


class Trial(_Answer):
    """One set of params and what became of it."""

    number: int = Field(description="From 0 in its job.")
    params: dict[str, _Scalar] = Field(description="Searched parameters without inactive ones.")
    state: TrialState
    value: float | None = Field(description="The objective's reduced value, in the metric's own sign.")
    metrics: dict[str, float | None] = Field(description="Reduced value of every metric so far, live.")
    n_reports: int
    cause: Cause | None = Field(description="Why it failed.")
    message: str
    suggestion: Suggestion | None
    n_told: int
    n_attempts: int
    stop_requested: bool
    created_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


class JobSummary(_Answer):
    """A job with what lists and headers show."""

    job: SearchJob
    counts: dict[TrialState, int] = Field(description="Trials by state; every state is there.")
    best: Trial | None
    id: str
    name: str
    state: JobState


class JobPage(_Answer):
    """A slice of the list of jobs."""

    items: list[JobSummary]
    total: int = Field(description="Rows that match, on all pages.")
    offset: int


class JobDetail(_Answer):
    """One job, as its page needs it."""

    summary: JobSummary
    command_line: str = Field(description="Of the best trial, ready to paste; empty without one.")
    failures: dict[str, tuple[int, str]] = Field(description="Cause -> trials that failed so, one example message.")
    owner_alive: bool = Field(description="Whether a process works on the job now.")
    warnings: list[str]
    id: str
    name: str
    state: JobState
    message: str = Field(description="Why it ended.")
    counts: dict[TrialState, int]
    best: Trial | None


class Best(_Answer):
    """The best trial and how to run it again."""

    trial: Trial
    params: dict[str, _Scalar] = Field(description="All parameters, searched and fixed.")
    command_line: str
    number: int
    value: float | None


class CheckReport(_Answer):
    """What can be known of a job before spending budget."""

    document: dict[str, Any] = Field(description="The complete job file in JSON form.")
    warnings: list[str]
    n_searched: int
    n_configurations: int | None = Field(description="Of a finite space; null when infinite.")
    command_line: str = Field(description="With the defaults, ready to paste.")
    captures: list[Capture]
    n_captures: dict[str, int]
    values: dict[str, float | None]
    ran: bool
    ok: bool
    cause: Cause | None = Field(description="Why a trial like this would fail; null when it would not.")
    message: str
    output: str = Field(description="What the program printed; of a long output the beginning and the end.")
    wall_s: float | None
    forecast_s: float | None
    log_path: str


class Capture(_Answer):
    """What a metric's regex found in a log."""

    metric: str
    line_number: int
    line: str
    text: str
    value: float | None
    problem: str


class RetriedTrials(_Answer):
    """Which trials get a further attempt."""

    numbers: list[int]


class ReparseReport(_Answer):
    """What reparse changed."""

    n_trials: int
    changed: list[tuple[int, float | None, float | None]] = Field(description="Trial, value before, value after.")
    n_without_log: int


class ReplayReport(_Answer):
    """Whether every suggestion can be derived again."""

    n_trials: int
    n_derived: int
    n_enqueued: int
    first_difference: int | None
    expected: dict[str, _Scalar] | None
    found: dict[str, _Scalar] | None


# --- trials ------------------------------------------------------------------------------------------------


class TrialPage(_Answer):
    """A slice of the trials of a job."""

    items: list[Trial]
    total: int
    offset: int


class TrialColumns(_Answer):
    """Trials of a job by number, as columns of one length."""

    version: str = Field(description="What this answer holds; ask with it for what changes later.")
    is_whole: bool = Field(description="Whether these are all trials, not only changed ones.")
    number: list[int]
    state: list[TrialState]
    value: list[float | None]
    n_reports: list[int]
    started_at: list[int | None] = Field(description="In milliseconds since 1970.")
    finished_at: list[int | None] = Field(description="In milliseconds since 1970.")
    params: dict[str, list[_Scalar | None]] = Field(description="By searched parameter; null where it is inactive.")
    metrics: dict[str, list[float | None]] = Field(description="By metric; null where it was not printed.")


class ExitStatus(_Answer):
    """How an attempt ended."""

    reason: ExitReason
    exit_code: int | None
    signal: int | None
    started_at: datetime | None
    finished_at: datetime | None
    wall_s: float | None
    cpu_s: float | None
    peak_memory_bytes: int | None
    message: str
    oom: bool


class Attempt(_Answer):
    """One execution of a trial."""

    number: int
    attempt: int = Field(description="1 for the first.")
    state: TrialState
    folder: str = Field(description="Relative to the home.")
    handle: dict[str, Any] | None
    exit: ExitStatus | None
    log_offset: int = Field(description="Bytes of the log that were read into reports.")
    warnings: list[str]
    created_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


class TrialDetail(_Answer):
    """One trial with its attempts."""

    trial: Trial
    attempts: list[Attempt]
    command_line: str


class Report(_Answer):
    """One captured metric value."""

    metric: str
    value: float | None = Field(description="Null when NaN or infinite was printed.")
    step: float
    offset: int = Field(description="Byte offset in the log of the line it was read from.")
    at: datetime


class ReportPage(_Answer):
    """A slice of the captured values of a trial."""

    items: list[Report]
    total: int
    offset: int


class LogChunk(_Answer):
    """A part of a trial's log, as text."""

    text: str
    offset: int
    next_offset: int = Field(description="Bytes; ask on from here.")
    size_bytes: int
    ended: bool = Field(description="Nothing more will come.")


class LogMatch(_Answer):
    """A line that holds the text that was searched for."""

    line_no: int = Field(description="From 1.")
    offset: int = Field(description="Byte offset of the line.")
    line: str = Field(description="Shortened around the text when long.")


class LogMatches(_Answer):
    """Lines of a log that hold a text."""

    items: list[LogMatch]
    next_offset: int | None = Field(description="Where to search on; null when the whole log was searched.")
    next_line_no: int | None = Field(description="Number of the line there; send it along as `line_no`.")


# --- how a search went -------------------------------------------------------------------------------------


class HistoryPoint(_Answer):
    """One trial in the history of a job."""

    number: int
    value: float | None
    best: float | None = Field(description="Best value of the trials up to this one.")


class ImportanceRow(_Answer):
    """How much a parameter mattered."""

    name: str
    mean: float = Field(description="Share of the metric's variance that it explains alone (fANOVA).")
    std: float
    good: float | None = Field(
        description="Share in telling good trials from the rest (PED-ANOVA). Null when the trials hold one value of "
        "it at most: then nothing is known of it."
    )


class Marginal(_Answer):
    """The effect of one parameter, averaged over the others."""

    name: str
    values: list[_Scalar]
    mean: list[float]
    std: list[float]


class Surface(_Answer):
    """The model's prediction over two parameters, averaged over the others."""

    x: str
    y: str
    x_values: list[_Scalar]
    y_values: list[_Scalar]
    mean: list[list[float]] = Field(description="One row per value of y, one column per value of x.")


class Curve(_Answer):
    """The learning curve of a trial, thinned."""

    number: int
    state: TrialState
    value: float | None
    n_reports: int = Field(description="Values captured, before thinning.")
    steps: list[float]
    values: list[float | None]


class Event(_Answer):
    """One line of a job's diary; the `data` of a server-sent event."""

    job_id: str
    seq: int = Field(description="The event's id: from 1 per job; in `/events` counted over all jobs.")
    at: datetime
    kind: str = Field(description="`job`, `trial` or `reports`.")
    number: int | None = Field(description="The trial.")
    data: dict[str, Any] = Field(description="What changed.")


# --- samplers, patterns, programs, keys, system ------------------------------------------------------------


class OptionRow(_Answer):
    """One option of a sampler."""

    name: str
    type: str
    default: Any
    allowed: str
    help: str
    source: str


class SamplerRow(_Answer):
    """One sampler with its options."""

    name: str
    description: str
    options: list[OptionRow]


class TextCapture(_Answer):
    """One capture of a regex in a text."""

    metric: str
    line_no: int = Field(description="From 1.")
    line: str = Field(description="Cleaned of escape sequences.")
    start: int = Field(description="Place of the capture in `line`, in characters.")
    end: int
    text: str
    value: float | None
    step: float | None
    problem: str | None = Field(description="Why it is refused.")
    offset: int


class PatternTest(_Answer):
    """What a regex captures in a text, as a trial's log would be read."""

    text: str = Field(description="The text as the captures' lines and columns count it.")
    captures: list[TextCapture]


class Proposal(_Answer):
    """A proposed regex, proven on the text."""

    regex: str
    text: str = Field(description="The text as the captures' lines and columns count it.")
    captures: list[TextCapture]


class Found(_Answer):
    """A capture in a trial's log."""

    metric: str
    line_no: int
    line: str
    start: int
    end: int
    text: str
    value: float | None
    step: float | None
    problem: str | None
    offset: int


class FoundList(_Answer):
    """The first captures in a trial's log, refused ones included."""

    items: list[Found]


class ProgramParameter(_Answer):
    """One hyperparameter of a stored program."""

    domain: dict[str, Any] = Field(description="As an entry of `parameters` in a job file.")
    editable: bool = Field(description="Whether a job may change its domain or value.")
    required: bool = Field(description="Whether every job has it.")
    help: str


class Program(_Answer):
    """A stored description of a training program; one version of it."""

    id: str
    version: int = Field(description="From 1; every change makes a new one.")
    name: str
    description: str
    workdir: str
    command: str | list[str]
    shell: bool
    parameters: dict[str, ProgramParameter]
    metrics: dict[str, dict[str, Any]]
    objective: dict[str, Any] | None
    samplers: list[str] = Field(description="Samplers that a job may use; empty: all.")
    objectives: list[str] = Field(description="Metrics that a job may search on; empty: all.")
    run: dict[str, Any]
    created_at: datetime
    changed_at: datetime
    labels: dict[str, Any]


class ProgramPage(_Answer):
    """A slice of the list of programs."""

    items: list[Program]
    total: int
    offset: int


class InspectedParameter(_Answer):
    """A parameter that was found in a command or in a program's help."""

    name: str
    flag: str = Field(description="As the program calls it.")
    type: str = Field(description="`float`, `int`, `categorical`, `bool` or `text`.")
    default: _Scalar | None
    choices: list[_Scalar]
    help: str
    given: _Scalar | None = Field(description="Its value in the command, when it stands there.")
    low: float | None = Field(description="The least value that the program allows, when it says so.")
    high: float | None = Field(description="The greatest value that the program allows, when it says so.")
    style: str = Field(description="How a value reaches the program, as in a job file; empty for `--name=value`.")
    suggestion: dict[str, Any] | None = Field(description="A domain to begin with, as in a job file; null for texts.")


class Inspection(_Answer):
    """What a command's arguments and its help tell about its parameters."""

    command: list[str] = Field(description="The command without the parameters that were found in it.")
    parameters: list[InspectedParameter]
    source: str = Field(description="Who wrote the help, as `argparse` or `hydra`; `unknown`, or `none`.")
    message: str = Field(description="Why the help could not be read.")


class AccessKeyRow(_Answer):
    """An access key without its secret."""

    access_key: str
    project: str
    role: str
    name: str
    created_at: datetime


class AccessKeyList(_Answer):
    """The access keys."""

    items: list[AccessKeyRow]


class AccessKeyCreated(AccessKeyRow):
    """A new access key; the secret is never shown again."""

    secret_key: str


class Health(_Answer):
    """Alive."""

    status: str = Field(examples=["ok"])
    version: str


class Whoami(_Answer):
    """Who the server takes the caller for."""

    kind: str = Field(description="`token`, `cookie` or `key`.")
    role: str = Field(description="`admin`, `operator` or `viewer`.")
    project: str | None


class System(_Answer):
    """The machine and the installation."""

    version: str
    python: str
    hostname: str
    home: str
    database: str = Field(description="Its URL without the password.")
    cpus: int
    load_average: tuple[float, float, float]
    memory_bytes: int
    memory_available_bytes: int
    disk_free_bytes: int = Field(description="Where the home lies.")
    gpus: list[str] = Field(description="Identifiers of the GPUs that trials can be given.")
    max_parallel: int | None
    who: Whoami
