"""The schema of a job file: its keys with their types and ranges.

These pydantic models are the one list of keys. The checks read them; the tables of the user's manual and
the API's own documentation are made from them. What a value means together with others (bounds and steps,
conditions, files that must exist) is checked by the modules beside this one.

Every field is optional here and null means "not given": what must be there is checked where it is used,
so that one missing key does not hide the mistakes around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from scriptune.jobfile.kinds import (
    MAX_COUNT,
    Command,
    Condition,
    Constraints,
    Duration,
    Env,
    ExecutorChoice,
    Files,
    GoalWord,
    GpuIds,
    Gpus,
    Inner,
    Limit,
    LogWord,
    Metrics,
    Name,
    Number,
    OnCutWord,
    OnTimeoutWord,
    Options,
    Parameters,
    ReduceWord,
    Scalars,
    ShellLines,
    Size,
    StartItems,
    Text,
    Unit,
    Value,
    Whole,
    Words,
    YesNo,
)

__all__ = [
    "SECTIONS",
    "JobSection",
    "KeyInfo",
    "MetricSection",
    "ObjectiveSection",
    "ParameterSection",
    "RunSection",
    "SearchSection",
    "Section",
    "StoppingSection",
    "fields_of",
    "key_table",
]

_MAX_SEED = 2**53 - 1  # the largest whole number that every reader of JSON keeps exactly


class Section(BaseModel):
    """Base class of sections: a mapping with known keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    example: ClassVar[str] = ""
    """What a message shows where something else than a mapping was found."""


class ParameterSection(Section):
    """One entry of ``parameters``."""

    example: ClassVar[str] = "{min: 0.0, max: 1.0} to search a range, {values: [a, b]} a choice, {value: 64} to fix it"

    type: Literal["float", "int", "categorical", "bool"] | None = Field(
        default=None,
        description="Kind of value. When absent: `categorical` with `values`; the value's own kind with `value`; "
        "`int` when `min`, `max`, `step` and `default` are all written as integers, else `float`.",
    )
    min: Number | None = Field(default=None, description="Smallest value (inclusive).")
    max: Number | None = Field(default=None, description="Largest value (inclusive).")
    log: LogWord | None = Field(
        default=None,
        description="Search on a log scale; needs `min` above 0. `reverse`: logarithmic in 1 - value, for a `float` "
        "near 1 such as a momentum; needs 0 <= `min` < `max` < 1.",
    )
    step: Number | None = Field(default=None, description="Only `min`, `min + step`, `min + 2 step`, ... are values.")
    values: Scalars | None = Field(
        default=None, description="The choices of a `categorical`. `null`: the flag is left out."
    )
    ordered: YesNo | None = Field(
        default=None,
        description="Choices that are neighbours in the list are alike: `[1, 2, 4, 8]`. Distance is the position in "
        "the list.",
    )
    value: Value | None = Field(default=None, description="Fixed value: passed to the program, not searched.")
    default: Value | None = Field(
        default=None, description="The program's current value. The first trial runs with the defaults."
    )
    when: Condition | None = Field(
        default=None,
        description="Used only while other parameters have these values: `{optimizer: sgd}` or "
        "`{optimizer: [sgd, rmsprop]}`; several must all agree.",
    )
    flag: Text | None = Field(
        default=None, description="Flag, variable or key to use instead of the one made from the name."
    )
    style: Literal["equals", "space", "switch", "env", "hydra"] | None = Field(
        default=None,
        description="How the value is passed: `--lr=0.1`, `--lr 0.1`, `--nesterov` or nothing, an environment "
        "variable, `lr=0.1`. Default: `equals`.",
    )


class MetricSection(Section):
    """One entry of ``metrics``."""

    example: ClassVar[str] = "{regex: 'val_acc=([0-9.]+)'}"
    file_example: ClassVar[str] = "{csv: metrics.csv, column: val_loss, step: epoch}"

    regex: Text | None = Field(
        default=None,
        description="Finds the metric in the output, line by line. The value is group `value`, else group 1, else "
        "the whole match; a group `step` gives the step. Required, unless the metric is in a file.",
    )
    csv: Text | None = Field(
        default=None,
        description="CSV file with the metric, relative to `{trial_dir}`: `{csv: metrics.csv, column: loss}`.",
    )
    jsonl: Text | None = Field(
        default=None, description="File with a JSON document on each line: `{jsonl: log.jsonl, path: eval.loss}`."
    )
    json_: Text | None = Field(
        default=None,
        alias="json",
        description="JSON document, read whenever it has changed: `{json: results.json, path: f1}`.",
    )
    tensorboard: Text | None = Field(
        default=None, description="Folder with TensorBoard event files: `{tensorboard: runs, tag: val/loss}`."
    )
    column: Text | None = Field(default=None, description="Column of the CSV file.")
    path: Text | None = Field(default=None, description="Path in the JSON documents: keys with dots between them.")
    tag: Text | None = Field(default=None, description="Tag of the TensorBoard scalar.")
    step: Text | None = Field(
        default=None, description="Column or path of the steps. Default: values are counted. TensorBoard has its own."
    )
    unit: Unit | None = Field(
        default=None,
        description="The unit that its values are in, as it is printed right after the number (`ms`, `%`; `''` for "
        "numbers alone). Values in another one are converted where both are known, else refused. Default: the unit of "
        "the first value that the job records.",
    )


class ObjectiveSection(Section):
    """What to optimize."""

    example: ClassVar[str] = "{metric: accuracy, goal: maximize}"

    metric: Text | None = Field(default=None, description="Name in `metrics`. May be left out when there is only one.")
    goal: GoalWord | None = Field(
        default=None, description="Whether more or less is better (`max` and `min` work too). Required."
    )
    reduce: ReduceWord | None = Field(
        default=None, description="How the values that a trial prints are reduced to one. Default: `best`."
    )
    last_k: Whole | None = Field(
        default=None, ge=1, le=MAX_COUNT, description="How many values `mean_last_k` averages. Default: 5."
    )
    target: Number | None = Field(default=None, description="The search ends when a trial reaches this value.")


class SearchSection(Section):
    """How to search, and how long."""

    example: ClassVar[str] = "{sampler: auto, trials: 20}"

    sampler: Text = Field(default="auto", description="Algorithm: see `scriptune samplers`.")
    trials: Whole | None = Field(default=None, ge=1, le=MAX_COUNT, description="Budget of trials. Default: 20.")
    budget: Number | None = Field(
        default=None,
        gt=0,
        le=MAX_COUNT,
        description="Budget in full trainings, in place of `trials`: with [early stopping](stopping.md) it buys more "
        "trials.",
    )
    num_samples: Whole | None = Field(default=None, ge=1, le=MAX_COUNT, description="Another name of `trials`.")
    seed: Whole | None = Field(
        default=None, ge=0, le=_MAX_SEED, description="Random seed. When absent, one is drawn and recorded."
    )
    options: Options | None = Field(default=None, description="The sampler's own options.")
    start_with: StartItems | None = Field(
        default=None,
        description="Configurations to run first. `{params: {...}, value: 0.93}` is a known result: it is told "
        "to the sampler and not run. Or a CSV file, as `scriptune trials --csv` writes it, or `{job: JOB}`.",
    )
    allow_duplicates: YesNo = Field(default=False, description="Run a configuration again when it is proposed again.")
    usual_values: YesNo = Field(
        default=True,
        description="Try usual values of hyperparameters with known names first. `false`: as if names said nothing.",
    )
    ordered: YesNo = Field(
        default=False,
        description="Repeatable parallel searches: trial n is chosen from trials 0 .. n - `run.parallel` alone, "
        "whatever ended first. Some waiting is the price.",
    )
    patience: Whole | None = Field(
        default=None,
        ge=1,
        le=MAX_COUNT,
        description="End the search after so many completed trials without an improvement of `min_gain`.",
    )
    min_gain: Number | None = Field(
        default=None,
        ge=0,
        description="The smallest improvement that counts for `patience`, in the metric's units. Default: 0, any.",
    )
    after: Text | None = Field(
        default=None,
        description="Try the best configuration of an earlier search first: `auto`, `none`, or a job. When absent: "
        "`none` with a `seed`, else `auto`, the latest searches of the same program.",
    )
    from_: Text | None = Field(
        default=None,
        alias="from",
        description="Take over the results of a job of the very same program and data, where they fit.",
    )


class RunSection(Section):
    """How trials are run."""

    example: ClassVar[str] = "{parallel: 2, trial_timeout: 30m}"

    parallel: Whole = Field(default=1, ge=1, le=MAX_COUNT, description="Number of parallel trials.")
    trial_timeout: Limit | None = Field(default=None, description="Time limit of a trial.")
    on_timeout: OnTimeoutWord = Field(
        default="fail",
        description="`fail`: a trial that reaches `trial_timeout` has failed; `keep`: what it printed before counts.",
    )
    job_timeout: Limit | None = Field(default=None, description="Time limit of the search.")
    idle_timeout: Limit | None = Field(default=None, description="A trial that prints nothing for this long is ended.")
    grace: Duration = Field(default=10, description="Time between SIGTERM and SIGKILL.")
    retries: Whole = Field(default=0, ge=0, le=MAX_COUNT, description="How often a failed trial is retried.")
    max_preempted: Whole = Field(
        default=20,
        ge=0,
        le=MAX_COUNT,
        description="How often a trial is run again after a scheduler took its slot away; not counted in `retries`.",
    )
    max_failed: Whole | None = Field(
        default=5,
        ge=1,
        le=MAX_COUNT,
        description="The search fails after so many failed trials in a row; `null`: never.",
    )
    env: Env = Field(default_factory=dict, description="Environment variables of the program.")
    setup: ShellLines = Field(
        default_factory=list,
        description="Shell commands to run before the program, in the same shell: `source venv/bin/activate`.",
    )
    cpus: Whole | None = Field(default=None, ge=1, le=MAX_COUNT, description="CPUs per trial. Default: unlimited.")
    gpus: Gpus = Field(default=0, description="GPUs of a trial, whole or a fraction of one; it sees only these.")
    gpu_ids: GpuIds = Field(default_factory=list, description="GPUs to use. Default: all of the machine.")
    memory: Size | None = Field(
        default=None,
        description="Memory per trial, as `16GB` or `16GiB`: asked of executors that schedule it; `local` does not.",
    )
    executor: ExecutorChoice = Field(
        default="local",
        description="Where trials run: `local`, or a [plug-in](plugins.md); `{NAME: {OPTION: value}}`.",
    )


class StoppingSection(Section):
    """Early stopping; further keys are options of the rule."""

    example: ClassVar[str] = "{rule: none}"

    rule: Text = Field(
        default="none",
        description="Which trials stop early: `none`, `median`, `asha`, `model`, or a [plug-in](plugins.md); see "
        "[early stopping](stopping.md).",
    )
    max_step: Whole | None = Field(
        default=None, ge=1, description="Length of a training in steps. Default: that of the first completed trial."
    )
    on_cut: OnCutWord = Field(
        default="stop",
        description="What becomes of a trial that is cut: it ends, or it is paused and may continue later.",
    )
    paused_per_slot: Whole = Field(
        default=4,
        ge=0,
        le=MAX_COUNT,
        description="How many trials may be paused per parallel trial; they keep their memory.",
    )
    pause_gpu: YesNo = Field(
        default=False, description="Pause trials that hold a GPU too; they keep what they occupy of its memory."
    )


class JobSection(Section):
    """A whole job file."""

    example: ClassVar[str] = "the keys command, parameters, metrics and objective"

    name: Name | None = Field(
        default=None, description="Display name. Default: made from the file's or the program's name."
    )
    command: Command | None = Field(
        default=None,
        description="The program and its arguments. A string is split once by shell rules; a list is used as it "
        "is. Required.",
    )
    shell: YesNo = Field(default=False, description="Give the command to `/bin/sh -c` as it is.")
    workdir: Text | None = Field(default=None, description="Where the command runs. Default: the job file's folder.")
    parameters: Parameters | None = Field(default=None, description="The hyperparameters by name. Required.")
    constraints: Constraints | None = Field(
        default=None,
        description="What values must satisfy together, like `batch_size * accumulate <= 256` "
        "([constraints](spaces.md#constraints)).",
    )
    metrics: Metrics | None = Field(default=None, description="The metrics by name. Required.")
    objective: Inner = Field(default=None, description="What to optimize. Required.")
    search: Inner = Field(default=None, description="How to search, and how long.")
    run: Inner = Field(default=None, description="How trials are run.")
    files: Files | None = Field(
        default=None, description="Config files to write for each trial: name -> template, relative to the job file."
    )
    stopping: Inner = Field(default=None, description="Early stopping.")


SECTIONS: dict[str, type[Section]] = {
    "job": JobSection,
    "parameter": ParameterSection,
    "metric": MetricSection,
    "objective": ObjectiveSection,
    "search": SearchSection,
    "run": RunSection,
    "stopping": StoppingSection,
}
"""The sections by the name that the manual gives their tables."""


@dataclass(frozen=True)
class KeyInfo:
    """One row of a section's reference table.

    Attributes:
        key: As in the file.
        kind: What it takes, in words.
        default: As YAML; ``""`` when the description tells, or none exists.
        description: What it does.
    """

    key: str
    kind: str
    default: str
    description: str


@cache
def fields_of(section: type[Section]) -> Mapping[str, FieldInfo]:
    """The fields of a section by their keys in a job file."""
    return {field.alias or name: field for name, field in section.model_fields.items()}


def key_table(section: type[Section]) -> list[KeyInfo]:
    """The keys of a section, in order."""
    return [
        KeyInfo(name, _kind_words(field), _default_words(field), field.description or "")
        for name, field in fields_of(section).items()
    ]


def _kind_words(field: FieldInfo) -> str:
    for part in _parts(field.annotation, field.metadata):
        if isinstance(part, Words):
            return part.text
    choices = [choice for part in get_args(field.annotation) for choice in get_args(part)]
    return " \\| ".join(f"`{choice}`" for choice in choices)


def _parts(annotation: Any, metadata: list[Any]) -> list[Any]:
    """The metadata of a field, including that hidden in union members: ``Annotated[...] | None``."""
    return [*metadata, *(part for member in get_args(annotation) for part in getattr(member, "__metadata__", ()))]


def _default_words(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True, validated_data={})
    if default is None:
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`" if default or default == 0 else ""
