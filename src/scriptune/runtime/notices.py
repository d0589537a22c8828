"""Notices derived from a job's results: parameters that seem unread, metrics that never match.

Trials are compared by the digest of what they printed (`report_digest`): the values and steps of all metrics.

- *All* trials agree, three or more of them with different params: the parameters may never reach the program.
- A set of parameters U is *possibly unread* when what is printed is a function of the others: trials that differ in U
  alone always agree. Sets that are considered: each parameter alone, and what differs in three trials that agree.
- Three trials agree and neither explains it: said as it is; it may be a plateau.

Each trial costs O(d) steps for d parameters: a set U needs one look into a table of the configurations without U, whose
keys are the whole configuration's hash with the hashes of U's entries taken out (exclusive or).
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from scriptune.core.job import JobSpec, SearchJob
from scriptune.core.trial import Report, Trial, TrialState
from scriptune.messages import Message

__all__ = ["FOLDERS_SET_ASIDE", "ReportDigest", "ResultNotices", "job_notices", "kept_notices", "plan_notices"]

FOLDERS_SET_ASIDE = "notice.folders_set_aside"
"""Code of the notice about folders of other commands; the only one of a job that no results give reason to."""

_FEW = 3  # trials that agree before it is said: two may be a coincidence
_FEW_REPORTS = 3  # of a metric; of fewer there is nothing to compare before the end
_AGREEMENTS = 2  # of trials that differ in some parameters alone, before these are called unread
_COMPARED = 5_000  # trials whose params are kept; more cost memory and hardly say anything new
_MAX_ALIKE = 8  # groups of agreeing trials whose differences are examined


class ReportDigest:
    """A digest of an attempt's reports: equal for the same metrics, values and steps, bit for bit."""

    def __init__(self) -> None:
        self._hashes: dict[str, hashlib.blake2b] = {}

    def add(self, report: Report) -> None:
        """Add the next report."""
        # SQLite makes 0.0 of -0.0, and a NaN comes back from a text: both as they are after that.
        value = math.nan if math.isnan(report.value) else report.value + 0.0
        hashed = self._hashes.setdefault(report.metric, hashlib.blake2b(digest_size=8))
        hashed.update(struct.pack("<dd", report.step, value))

    @property
    def text(self) -> str | None:
        """The digest as a string; None without reports."""
        if not self._hashes:
            return None
        whole = hashlib.blake2b(digest_size=8)
        for metric in sorted(self._hashes):
            whole.update(metric.encode() + b"\0" + self._hashes[metric].digest())
        return whole.hexdigest()


@dataclass(frozen=True)
class _Entry:
    """A finished trial."""

    number: int
    hashes: Mapping[str, int]  # of each parameter with its value
    total: int  # of all of them
    digest: str

    @classmethod
    def of(cls, trial: Trial) -> _Entry:
        assert trial.report_digest is not None
        hashes = {name: hash((name, repr(value))) for name, value in trial.params.items()}
        total = 0
        for one in hashes.values():
            total ^= one
        return cls(trial.number, hashes, total, trial.report_digest)

    def without(self, names: Iterable[str]) -> int:
        """The hash of the params outside a set."""
        rest = self.total
        for name in names:
            rest ^= self.hashes.get(name, 0)
        return rest


@dataclass
class _Suspects:
    """Parameters that may be unread, as long as all trials that differ in them alone agree."""

    names: frozenset[str]
    first: dict[int, _Entry] = field(default_factory=dict)  # by the configuration without them
    others: set[int] = field(default_factory=set)  # whole configurations that agreed with an earlier one
    example: tuple[int, int] | None = None
    is_cleared: bool = False

    def add(self, entry: _Entry) -> None:
        if self.is_cleared:
            return
        first = self.first.setdefault(entry.without(self.names), entry)
        if first.digest != entry.digest:
            self.is_cleared = True
            self.first.clear()
            self.others.clear()
        elif first.total != entry.total:
            self.others.add(entry.total)
            self.example = self.example or (first.number, entry.number)


@dataclass
class _Group:
    """Trials that printed the same; stores the first ones with different params."""

    entries: list[_Entry]

    def add(self, entry: _Entry) -> bool:
        """Add a configuration; returns whether the group is now worth examining."""
        if len(self.entries) >= _FEW or any(known.total == entry.total for known in self.entries):
            return False
        self.entries.append(entry)
        return len(self.entries) == _FEW

    @property
    def differing(self) -> frozenset[str]:
        """The parameters whose values differ among the group's first trials."""
        names = {name for entry in self.entries for name in entry.hashes}
        return frozenset(name for name in names if len({entry.hashes.get(name) for entry in self.entries}) > 1)

    @property
    def numbers(self) -> list[int]:
        return [entry.number for entry in self.entries]


class ResultNotices:
    """Maintains a job's notices: from its plan, and incrementally from its ended trials.

    Args:
        spec: The job.
        n_trials: Its whole budget; None: that of the job file.
    """

    def __init__(self, spec: JobSpec, n_trials: int | None = None) -> None:
        self._spec = spec
        self._plan = plan_notices(spec, n_trials)
        self._names = list(spec.space)
        size = spec.space.size(_FEW)
        self._n_needed = _FEW if size is None else max(2, min(_FEW, size))
        self._counted: set[int] = set()
        self._groups: dict[str, _Group] = {}
        self._has_others = False  # a digest came that is not in the groups any more
        self._alike: list[_Group] = []  # those with `_FEW` configurations
        self._entries: list[_Entry] = []
        self._suspects = {frozenset([name]): _Suspects(frozenset([name])) for name in self._names}
        self._values: set[float] = set()  # at most two of them
        self._n_values = 0
        self._seen: set[str] = set()
        self._n_completed = 0
        self._most_reports = 0  # of a completed trial, over all metrics

    def add(self, trial: Trial) -> bool:
        """Add an ended trial. Returns False if it was added before with another result: rebuild from all trials."""
        if trial.number in self._counted:
            return False
        if trial.value is not None:
            self._counted.add(trial.number)
            self._n_values += 1
            if len(self._values) < 2:
                self._values.add(trial.value)
        if trial.state is TrialState.COMPLETED:
            self._counted.add(trial.number)
            self._n_completed += 1
            self._most_reports = max(self._most_reports, trial.n_reports)
            self._seen.update(trial.metrics)
            if trial.report_digest is not None:
                self._compare(_Entry.of(trial))
        return True

    def _compare(self, entry: _Entry) -> None:
        has_room = len(self._entries) < _COMPARED
        group = self._groups.get(entry.digest)
        if group is not None:
            if group.add(entry) and len(self._alike) < _MAX_ALIKE:
                self._alike.append(group)
                self._suspect(group.differing)
        elif has_room:
            self._groups[entry.digest] = _Group([entry])
        else:
            self._has_others = True
        if not has_room:
            return
        self._entries.append(entry)
        for suspects in self._suspects.values():
            suspects.add(entry)

    def _suspect(self, names: frozenset[str]) -> None:
        """Start tracking a set of parameters, beginning with the first trial."""
        if names in self._suspects or len(names) >= len(self._names):
            return
        suspects = self._suspects[names] = _Suspects(names)
        for entry in self._entries:
            suspects.add(entry)

    @property
    def notices(self) -> tuple[Message, ...]:
        """The current notices. Texts name the first trials that show the problem, so they rarely change."""
        said = [*self._plan, *self._about_parameters()]
        if self._n_values > 1 and len(self._values) == 1:
            value = next(iter(self._values))
            said.append(Message("notice.equal_values", metric=self._spec.objective.metric, value=value))
        if self._n_completed:
            silent = [name for name in self._spec.metrics if name not in self._seen]
            said += [Message("notice.metric_silent", metric=name) for name in silent]
            few = _FEW_REPORTS * len(self._spec.metrics)
            if self._spec.stopping.rule != "none" and self._most_reports < few:
                said.append(Message("notice.stopping_cannot_help", metric=self._spec.objective.metric))
        return tuple(said)

    def _about_parameters(self) -> Iterable[Message]:
        groups = list(islice(self._groups.values(), 2))
        if len(groups) == 1 and not self._has_others and len(groups[0].entries) >= self._n_needed:
            yield Message("notice.parameters_unread", numbers=groups[0].numbers)
            return
        # What differs in nothing but all parameters is the case above.
        some = [suspects for suspects in self._suspects.values() if len(suspects.names) < len(self._names)]
        unread = [suspects for suspects in some if len(suspects.others) >= _AGREEMENTS]
        names: set[str] = set().union(*(s.names for s in unread))
        if unread:
            example = unread[0].example
            assert example is not None
            in_order = [name for name in self._names if name in names]
            yield Message("notice.parameter_unread", parameters=in_order, numbers=list(example))
        for group in self._alike:
            if not group.differing <= names:
                yield Message("notice.identical_reports", numbers=group.numbers)
                return


def kept_notices(job: SearchJob) -> tuple[Message, ...]:
    """The job's notices that are not derived from its results and persist when those change."""
    return tuple(notice for notice in job.notices if notice.code == FOLDERS_SET_ASIDE)


def plan_notices(spec: JobSpec, n_trials: int | None = None) -> tuple[Message, ...]:
    """Notices known before a search begins: what a grid leaves out, and limits that the executor does not keep.

    Args:
        spec: The job.
        n_trials: The budget, when it is not that of the job file.
    """
    grid = _grid_notices(spec, n_trials) if spec.search.sampler == "grid" else ()
    if spec.run.memory_bytes is not None and spec.run.executor.name == "local":
        return (*grid, Message("notice.memory_not_enforced"))
    return grid


def _grid_notices(spec: JobSpec, n_trials: int | None) -> tuple[Message, ...]:
    # Imported here: nothing else in this module needs numpy.
    from scriptune.search.grid import GridSampler, is_listed
    from scriptune.search.registry import make_sampler

    search = spec.search
    budget = search.trials if n_trials is None else n_trials
    grid = make_sampler("grid", spec.space, search.seed or 0, n_trials=search.trials, **search.options)
    assert isinstance(grid, GridSampler)
    plan = grid.plan(budget)
    said = []
    divided = [name for name, p in spec.space.items() if p.n_values is not None and not is_listed(p)]
    if divided:
        said.append(Message("notice.grid_divided", parameters=divided))
    last = plan.last or Message("notice.first_point")
    if plan.n_points is None:
        said.append(Message("notice.grid_uncountable", trials=budget, last=last))
    elif plan.n_points > budget:
        left = plan.n_points - budget
        said.append(
            Message(
                "notice.grid_cut",
                points=plan.n_points,
                trials=budget,
                left=left,
                last=last,
            )
        )
    return tuple(said)


def job_notices(spec: JobSpec, trials: Iterable[Trial], n_trials: int | None = None) -> tuple[Message, ...]:
    """The notices derived from a job's plan and its ended trials."""
    results = ResultNotices(spec, n_trials)
    for trial in trials:
        results.add(trial)
    return results.notices
