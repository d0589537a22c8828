"""Search jobs: the parsed job file (`JobSpec`) and the stored job (`SearchJob`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from scriptune.core.confirmation import Confirms
from scriptune.core.first_points import FirstPoint
from scriptune.core.parameters import Parameter, Scalar
from scriptune.core.space import Params, SearchSpace
from scriptune.core.trial import Trial, TrialState
from scriptune.messages import Message

__all__ = [
    "ENDED_JOB",
    "JOB_TRANSITIONS",
    "MASK",
    "SEARCH_RULES",
    "UNFINISHED_JOB",
    "Baseline",
    "Event",
    "ExecutorSpec",
    "Goal",
    "JobSpec",
    "JobState",
    "JobSummary",
    "MetricSpec",
    "MetricUnit",
    "Objective",
    "OnCut",
    "OnTimeout",
    "ParameterSpec",
    "Reduction",
    "RunSpec",
    "SearchJob",
    "SearchSpec",
    "Start",
    "StoppingSpec",
    "Style",
]

MASK = "********"
"""What is shown in place of a variable's value that may be a secret: messages and answers travel further than files."""

SEARCH_RULES = 2
"""Version of the samplers' rules. A sampler that would suggest something else for the same history gets a new version,
and keeps the old rules for jobs that were created under them: 1 is 0.1.0; with 2, grids list every value that can be
listed, and with more than 100 pending trials models consider some of them."""


class JobState(StrEnum):
    """State of a search job."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"


_J = JobState
JOB_TRANSITIONS: Mapping[JobState, frozenset[JobState]] = MappingProxyType(
    {
        _J.QUEUED: frozenset({_J.RUNNING, _J.STOPPED, _J.FAILED}),
        _J.RUNNING: frozenset({_J.STOPPING, _J.COMPLETED, _J.FAILED, _J.STOPPED, _J.QUEUED}),
        _J.STOPPING: frozenset({_J.STOPPED, _J.COMPLETED, _J.FAILED}),
        # `resume` puts an ended job back into the queue; `reparse` may find values that were not seen, or none;
        # undoing it brings the state before back.
        _J.COMPLETED: frozenset({_J.QUEUED, _J.FAILED, _J.STOPPED}),
        _J.FAILED: frozenset({_J.QUEUED, _J.COMPLETED, _J.STOPPED}),
        _J.STOPPED: frozenset({_J.QUEUED, _J.COMPLETED, _J.FAILED}),
    }
)

ENDED_JOB = frozenset({JobState.COMPLETED, JobState.FAILED, JobState.STOPPED})
UNFINISHED_JOB = tuple(state for state in JobState if state not in ENDED_JOB)


class Goal(StrEnum):
    """Whether to maximize or minimize."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"

    @property
    def sign(self) -> float:
        """The factor (1 or -1) that turns a metric into a value to minimise; its own inverse."""
        return 1.0 if self is Goal.MINIMIZE else -1.0


class Style(StrEnum):
    """How a parameter's value is written on the command line."""

    EQUALS = "equals"  # --lr=0.1
    SPACE = "space"  # --lr 0.1
    SWITCH = "switch"  # --nesterov when true, nothing when false
    ENV = "env"  # LR=0.1 in the environment; the flag is the variable's name
    HYDRA = "hydra"  # lr=0.1


class Reduction(StrEnum):
    """How the reports of a trial are reduced to its value."""

    BEST = "best"
    LAST = "last"
    MEAN_LAST_K = "mean_last_k"


@dataclass(frozen=True)
class ParameterSpec:
    """One entry of ``parameters``: a domain to search, or a fixed value, and how it is passed on.

    Attributes:
        domain: What to search; None when the value is fixed.
        value: The fixed value, typed; None when searched.
        flag: Flag, variable or key instead of the one made from the name.
        style: How it is written.
    """

    domain: Parameter | None = None
    value: Scalar | None = None
    flag: str | None = None
    style: Style = Style.EQUALS


@dataclass(frozen=True)
class MetricSpec:
    """A metric, and what finds it: a regular expression in the log, or a place in a file that the program writes.

    Attributes:
        regex: The regular expression; ``""`` for a metric of a file.
        unit: The unit of its values, as it is printed; ``""`` for numbers alone. None: that of its first report.
        csv, jsonl, json, tensorboard: The file, by its kind; a folder for the latter. None: another kind.
        column: Of a CSV file.
        path: In JSON documents.
        tag: Of TensorBoard events.
        step: The column or path of the steps; None: values are counted.
    """

    regex: str = ""
    unit: str | None = None
    csv: str | None = None
    jsonl: str | None = None
    json: str | None = None
    tensorboard: str | None = None
    column: str | None = None
    path: str | None = None
    tag: str | None = None
    step: str | None = None

    @property
    def file(self) -> tuple[str, str] | None:
        """The kind of the file and its path, with placeholders; None for a metric of the log."""
        for kind, path in (
            ("csv", self.csv),
            ("jsonl", self.jsonl),
            ("json", self.json),
            ("tensorboard", self.tensorboard),
        ):
            if path is not None:
                return kind, path
        return None

    @property
    def key(self) -> str:
        """The column, path or tag of a metric of a file."""
        return self.column or self.path or self.tag or ""


@dataclass(frozen=True)
class MetricUnit:
    """The unit of all values of a metric in a job.

    Attributes:
        unit: As it was printed; ``""`` for numbers alone.
        line: The line of the log whose number decided it; ``""`` when the job file did.
    """

    unit: str
    line: str = ""


@dataclass(frozen=True)
class Objective:
    """The objective metric.

    Attributes:
        metric: Its name in ``metrics``.
        goal: Whether to maximize or minimize.
        reduce: How reports become a value.
        last_k: How many reports ``mean_last_k`` averages.
        target: The search ends when a trial reaches this value.
    """

    metric: str
    goal: Goal
    reduce: Reduction = Reduction.BEST
    last_k: int = 5
    target: float | None = None


@dataclass(frozen=True)
class Start:
    """A configuration to try first; if it has a value, it is a known result and is not run."""

    params: Params
    value: float | None = None


@dataclass(frozen=True)
class SearchSpec:
    """The sampler, its options and the budget.

    Attributes:
        sampler: Its name.
        trials: Budget of trials.
        budget: Budget in full trainings, in place of ``trials``, which is then the same number rounded up; it differs
            when trials stop early.
        seed: Seed of all randomness; None until the job is submitted.
        options: Options of the sampler.
        start_with: Known results and enqueued params, before anything the sampler proposes.
        allow_duplicates: Run a configuration again when the sampler proposes it again.
        ordered: Whether each trial is chosen from the results of those before the last ``parallel`` alone.
        usual_values: Whether usual values of parameters with known names are among the first points.
        patience: The search ends after so many completed trials without an improvement; None: never.
        min_gain: What counts as an improvement, in the metric's units; 0: any.
        after: Whose best configuration is tried first: ``auto``, ``none``, or a job; None: ``none`` with a seed, else
            ``auto``.
        from_: The job whose results are known results.
    """

    sampler: str = "auto"
    trials: int = 20
    budget: float | None = None
    seed: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    start_with: tuple[Start, ...] = ()
    allow_duplicates: bool = False
    usual_values: bool = True
    ordered: bool = False
    after: str | None = None
    from_: str | None = None
    patience: int | None = None
    min_gain: float = 0.0


class OnTimeout(StrEnum):
    """The value of a trial that reached ``trial_timeout``."""

    FAIL = "fail"  # nothing
    KEEP = "keep"  # what it had printed


@dataclass(frozen=True)
class ExecutorSpec:
    """Where trials run.

    Attributes:
        name: Of the executor.
        options: Its own; jobs that name the same executor with the same options share it.
    """

    name: str = "local"
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class RunSpec:
    """How trials run. Times in seconds; None means no limit. ``setup``: shell commands to run before the program."""

    parallel: int = 1
    trial_timeout_s: float | None = None
    job_timeout_s: float | None = None
    idle_timeout_s: float | None = None
    grace_s: float = 10.0
    retries: int = 0
    max_preempted: int = 20
    max_failed: int | None = 5
    env: Mapping[str, str] = field(default_factory=dict)
    cpus: int | None = None
    gpus: float = 0.0
    gpu_ids: tuple[str, ...] = ()
    executor: ExecutorSpec = ExecutorSpec()
    on_timeout: OnTimeout = OnTimeout.FAIL
    setup: tuple[str, ...] = ()
    memory_bytes: int | None = None


class OnCut(StrEnum):
    """What becomes of a running trial that its stopping rule cuts."""

    STOP = "stop"  # it ends
    PAUSE = "pause"  # it is suspended, and may continue later


@dataclass(frozen=True)
class StoppingSpec:
    """Early stopping.

    Attributes:
        rule: Its name.
        max_step: Length of a training in steps; None: that of the first completed trial.
        on_cut: Whether trials that are cut end, or are paused.
        paused_per_slot: How many trials may be paused for each parallel trial.
        pause_gpu: Whether trials that hold a GPU are paused too; they keep its memory.
        options: Options of the rule.
    """

    rule: str = "none"
    max_step: int | None = None
    on_cut: OnCut = OnCut.STOP
    paused_per_slot: int = 4
    pause_gpu: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class JobSpec:
    """A validated, typed job file.

    Attributes:
        name: Display name; derived from the file or the command when absent.
        command: Argument list; with ``shell`` a single string for ``/bin/sh -c``.
        shell: Whether a shell interprets the command.
        workdir: Absolute folder that the command runs in.
        parameters: In the order of the file.
        metrics: In the order of the file.
        files: Rendered name -> absolute path of its template.
        constraints: What configurations must satisfy, see `SearchSpace`.
        never_used: Parameters of the file that are left out because their condition never holds.
    """

    name: str
    command: tuple[str, ...]
    shell: bool
    workdir: Path
    parameters: Mapping[str, ParameterSpec]
    metrics: Mapping[str, MetricSpec]
    objective: Objective
    search: SearchSpec = SearchSpec()
    run: RunSpec = RunSpec()
    stopping: StoppingSpec = StoppingSpec()
    files: Mapping[str, Path] = field(default_factory=dict)
    constraints: tuple[str, ...] = ()
    never_used: tuple[str, ...] = ()

    @property
    def space(self) -> SearchSpace:
        """The searched parameters."""
        searched = {n: p.domain for n, p in self.parameters.items() if p.domain is not None}
        return SearchSpace(searched, self.constraints, fixed={**self.fixed, **dict.fromkeys(self.never_used)})

    @property
    def fixed(self) -> Params:
        """The parameters with a fixed value."""
        return {n: p.value for n, p in self.parameters.items() if p.domain is None and p.value is not None}


@dataclass(frozen=True)
class SearchJob:
    """A stored job.

    Attributes:
        id: A UUID as a string.
        name: For people; need not be unique.
        document: The job file in JSON form, complete, with absolute paths and the seed. In answers, values of
            environment variables whose names look secret are masked.
        state: Its state.
        created_at: In aware UTC, as all times.
        message: Why it ended.
        stop_requested: ``""``, ``"drain"`` (no new trials) or ``"now"`` (running ones are stopped too).
        started_at: When it first ran; a resumed job keeps it.
        finished_at: When it last ended; None while it continues.
        active_s: Seconds that it was running, summed over interruptions; counts against ``job_timeout``.
        extra_trials: Trials added by ``resume --trials +N`` to the budget of the document. The samplers continue
            to see the document's budget, so that replay gives what it gave.
        resumed_at_tell: Length of the told history at the last resume; earlier failures are forgiven.
        n_told: Length of the told history.
        last_event: Number of its latest event; subscribe from there.
        lease_owner, lease_until: The process that runs it, and when its lease expires unless renewed.
        earlier_goals: (n, goal): trials below number n, which no earlier entry names, were suggested under another goal
            than the document's, before a re-parse changed it.
        notices: What the user should know about it now; each change is a ``notices`` event.
        units: By metric, the unit that its first recorded report was printed in; each change is a ``units`` event.
        search_rules: Version of the samplers' rules that the job was created under (`SEARCH_RULES`), by which its
            suggestions are derived again.
        first_points: What the sampler tries first, decided when the job was created. Empty: the user's defaults or
            the centre, as in jobs of 0.1.0.
        usual_values_version: Version of the table of usual values that they were chosen by; None: by none.
        confirms: What it runs again, if it is a confirmation; None: it is a search.
        labels: Free-form strings of front ends (for example of the compatible API), never read by the engine.
        note, tags, star: The user's own remarks.
        submitted_run: What keys of ``run`` were before ``change`` replaced them in the document. The samplers continue
            to see this number of parallel trials, so that replay gives what it gave.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("reason", "n_trials", "goal", "metric")
    not_shown: ClassVar[frozenset[str]] = frozenset(
        {
            "extra_trials",
            "resumed_at_tell",
            "lease_owner",
            "lease_until",
            "search_rules",
            "usual_values_version",
            "submitted_run",
        }
    )

    id: str
    name: str
    document: Mapping[str, Any]
    state: JobState
    created_at: datetime
    message: str = ""
    stop_requested: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    active_s: float = 0.0
    extra_trials: int = 0
    resumed_at_tell: int = 0
    n_told: int = 0
    last_event: int = 0
    lease_owner: str | None = None
    lease_until: datetime | None = None
    labels: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[Message, ...] = ()
    earlier_goals: tuple[tuple[int, Goal], ...] = ()
    units: Mapping[str, MetricUnit] = field(default_factory=dict)
    search_rules: int = SEARCH_RULES
    first_points: tuple[FirstPoint, ...] = ()
    usual_values_version: int | None = None
    confirms: Confirms | None = None
    note: str = ""
    tags: tuple[str, ...] = ()
    star: bool = False
    submitted_run: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reason(self) -> Message | None:
        """The message as code and parameters; None if it has no code, as in jobs of version 0.1.0."""
        return self.message if isinstance(self.message, Message) else None

    @property
    def n_trials(self) -> int:
        """The whole budget of trials."""
        return int(self.document["search"]["trials"]) + self.extra_trials

    @property
    def n_workers(self) -> int:
        """The number of parallel trials that the samplers assume: that of the submitted job file."""
        return int(self.submitted_run.get("parallel", self.document["run"]["parallel"]))

    @property
    def goal(self) -> Goal:
        """Whether to maximize or minimize."""
        return Goal(self.document["objective"]["goal"])

    @property
    def metric(self) -> str:
        """The objective metric."""
        return str(self.document["objective"]["metric"])


@dataclass(frozen=True)
class Baseline:
    """The value that the best trial of a job is compared with: that of the program as it is, which is trial 0.

    Attributes:
        number: The trial.
        value: Its value.
        kind: ``defaults``: the user's or the program's own; ``usual``: usual values, where there are no defaults;
            ``enqueued``: what the user enqueued as the first trial, where neither was tried.
        gain: By how much the best value is better, in the metric's units; never negative.
        comparison: The same for people, such as ``0.9 points better than the defaults (trial 0)``.
        both: For people, how much the best trial beats both usual values and defaults; None unless it does.
    """

    number: int
    value: float
    kind: str
    gain: float
    comparison: Message
    both: Message | None = None


@dataclass(frozen=True)
class JobSummary:
    """A job with its trial counts and best trial, as lists and page headers show it.

    Attributes:
        job: The job.
        counts: Trials by state; every state is there.
        best: The best trial with a value.
        baseline: What the best value is compared with.
    """

    also_shown: ClassVar[tuple[str, ...]] = ("id", "name", "state")

    job: SearchJob
    counts: Mapping[TrialState, int]
    best: Trial | None
    baseline: Baseline | None = None

    @property
    def id(self) -> str:
        """The id of the job."""
        return self.job.id

    @property
    def name(self) -> str:
        """The name of the job."""
        return self.job.name

    @property
    def state(self) -> JobState:
        """The state of the job."""
        return self.job.state


@dataclass(frozen=True)
class Event:
    """One entry of a job's event log; entries are numbered without gaps.

    Attributes:
        job_id: The job.
        seq: Its number, from 1 per job; in a stream of all jobs, counted over all of them.
        at: When, in aware UTC.
        kind: ``job`` (state changed), ``notices`` and ``units`` (of the job), ``change`` (someone changed what it may
            use, or its name and remarks), ``trial`` (state changed) or ``reports`` (new values) and ``stopping`` (a
            trial reached a rung, or ended: what its stopping rule decided).
        number: The trial, of the latter three.
        data: What changed, as JSON.
    """

    job_id: str
    seq: int
    at: datetime
    kind: str
    number: int | None
    data: Mapping[str, Any]
