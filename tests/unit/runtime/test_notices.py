"""What a job's results say about the job: parameters that nothing reads, metrics that nothing matches."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.core.job import ExecutorSpec, Goal, JobSpec, MetricSpec, Objective, ParameterSpec, RunSpec, SearchSpec
from scriptune.core.parameters import Bool, Categorical, Float, Parameter, Scalar
from scriptune.core.trial import Report, Trial, TrialState
from scriptune.errors import SpaceExhaustedError
from scriptune.messages import Message
from scriptune.runtime import notices
from scriptune.runtime.notices import ReportDigest, ResultNotices, job_notices, plan_notices
from scriptune.search.registry import make_sampler

AT = datetime(2030, 1, 1, tzinfo=UTC)
ABC = Categorical(["a", "b", "c"])


def spec(domains: Mapping[str, Parameter], metrics: Sequence[str] = ("loss",)) -> JobSpec:
    return JobSpec(
        name="job",
        command=("train",),
        shell=False,
        workdir=Path("/"),
        parameters={name: ParameterSpec(domain) for name, domain in domains.items()},
        metrics={name: MetricSpec("x") for name in metrics},
        objective=Objective(metrics[0], Goal.MINIMIZE),
    )


def digest(*values: float, metric: str = "loss") -> str | None:
    made = ReportDigest()
    for step, value in enumerate(values):
        made.add(Report(metric, value, float(step), 0, AT))
    return made.text


def trial(number: int, params: Mapping[str, Scalar], value: float | None, **changes: object) -> Trial:
    fields: dict[str, object] = {"metrics": {} if value is None else {"loss": value}, **changes}
    if value is not None:
        fields.setdefault("report_digest", digest(value))
    state = TrialState.FAILED if value is None else TrialState.COMPLETED
    return Trial(number, params, state, value, **fields)  # type: ignore[arg-type]  # fields of Trial by name


def codes(found: Sequence[Message]) -> set[str]:
    return {notice.code for notice in found}


def searched(
    domains: Mapping[str, Parameter], points: Sequence[Mapping[str, Scalar]], program: Callable[..., float]
) -> tuple[Message, ...]:
    return job_notices(spec(domains), [trial(i, point, program(**point)) for i, point in enumerate(points)])


def grid(**values: Sequence[Scalar]) -> list[dict[str, Scalar]]:
    return [dict(zip(values, point, strict=True)) for point in itertools.product(*values.values())]


# --- whole configurations ----------------------------------------------------------------------------------


def test_three_trials_that_print_the_same_whatever_they_are_given_are_reported() -> None:
    points = [{"lr": 0.1 * i} for i in range(3)]
    found = searched({"lr": Float(0, 1)}, points, lambda **_: 0.9)
    assert found[0] == Message("notice.parameters_unread", numbers=[0, 1, 2])
    assert codes(found) == {"notice.parameters_unread", "notice.equal_values"}
    assert searched({"lr": Float(0, 1)}, points[:2], lambda **_: 0.9) == (found[1],)


def test_repeats_of_one_point_are_no_evidence() -> None:
    assert codes(searched({"lr": Float(0, 1)}, [{"lr": 0.5}] * 9, lambda **_: 0.9)) == {"notice.equal_values"}


def test_a_space_of_two_configurations_needs_no_third() -> None:
    assert "notice.parameters_unread" in codes(searched({"flag": Bool()}, grid(flag=[True, False]), lambda **_: 1.0))


def test_steps_and_other_metrics_count_as_much_as_the_value() -> None:
    for odd in (digest(0.5, 0.9), digest(0.9, metric="other"), digest(0.9, math.nan)):
        trials = [trial(i, {"lr": 0.1 * i}, 0.9) for i in range(3)]
        found = job_notices(spec({"lr": Float(0, 1)}), [*trials, trial(3, {"lr": 0.7}, 0.9, report_digest=odd)])
        assert codes(found) == {"notice.identical_reports", "notice.equal_values"}


def test_failed_trials_say_nothing() -> None:
    trials = [trial(i, {"lr": 0.1 * i}, None, report_digest=digest(1.0)) for i in range(9)]
    assert job_notices(spec({"lr": Float(0, 1)}), trials) == ()


def test_trials_of_an_older_version_say_nothing() -> None:
    trials = [trial(i, {"lr": 0.1 * i}, 0.9, report_digest=None) for i in range(9)]
    assert codes(job_notices(spec({"lr": Float(0, 1)}), trials)) == {"notice.equal_values"}


def test_a_plateau_is_told_from_a_deaf_program() -> None:
    found = searched({"lr": Float(0, 1)}, [{"lr": x / 10} for x in range(10)], lambda lr: max(lr, 0.45))
    assert found == (Message("notice.identical_reports", numbers=[0, 1, 2]),)


# --- single parameters -------------------------------------------------------------------------------------


def test_a_parameter_is_suspected_when_trials_that_differ_in_it_alone_agree() -> None:
    domains = {"x": ABC, "k": ABC}
    found = searched(domains, grid(x=["a", "b", "c"], k=["a", "b", "c"]), lambda x, k: float(ord(x)))
    assert found == (Message("notice.parameter_unread", parameters=["k"], numbers=[0, 1]),)


def test_one_pair_that_disagrees_clears_it() -> None:
    """Momentum does nothing for adam, and much for sgd."""
    domains = {"optimizer": Categorical(["adam", "sgd"]), "momentum": ABC}
    points = grid(optimizer=["adam", "sgd"], momentum=["a", "b", "c"])
    found = searched(domains, points, lambda optimizer, momentum: 1.0 if optimizer == "adam" else float(ord(momentum)))
    assert codes(found) == {"notice.identical_reports"}


def test_several_unread_parameters_are_found_though_they_never_differ_alone() -> None:
    domains = {"x": Categorical(["a", "b"]), "y": Float(0, 1), "z": Float(0, 1)}
    points: list[dict[str, Scalar]] = [{"x": "ab"[i % 2], "y": i / 10, "z": 1 - i / 10} for i in range(8)]
    found = searched(domains, points, lambda x, y, z: float(ord(x)))
    assert found == (Message("notice.parameter_unread", parameters=["y", "z"], numbers=[0, 2]),)


def test_a_coarse_metric_does_not_make_a_parameter_unread() -> None:
    """An accuracy of ten test samples agrees by chance all the time."""
    domains = {"x": Float(0, 1), "y": Float(0, 1)}
    points: list[dict[str, Scalar]] = [{"x": (i * 0.37) % 1, "y": (i * 0.61) % 1} for i in range(60)]
    found = searched(domains, points, lambda x, y: round(x * y, 1))
    assert codes(found) <= {"notice.identical_reports"}


values = st.sampled_from([-2, -1, 0, 1, 1.0, True, "1", "a"])


@given(
    points=st.lists(st.fixed_dictionaries({"a": values, "b": values, "c": st.sampled_from(["u", "v"])}), max_size=14),
    read=st.sets(st.sampled_from("abc")),
)
def test_single_parameters_are_judged_as_by_comparing_every_pair(
    points: list[dict[str, Scalar]], read: set[str]
) -> None:
    def printed(point: Mapping[str, Scalar]) -> float:
        return float(hash(str(sorted((name, repr(point[name])) for name in read))) % 1000)

    domains = {"a": Categorical([0, 1]), "b": Categorical([0, 1]), "c": Categorical(["u", "v"])}
    found = searched(domains, points, lambda **point: printed(point))
    said = next(
        (set(notice.params["parameters"]) for notice in found if notice.code == "notice.parameter_unread"), set()
    )
    if "notice.parameters_unread" in codes(found):
        assert len({printed(point) for point in points}) == 1
        return

    def key(point: Mapping[str, Scalar], without: str = "") -> str:
        return repr(sorted((name, repr(value)) for name, value in point.items() if name != without))

    for name in "abc":
        pairs = [
            (p, q) for p, q in itertools.combinations(points, 2) if key(p, name) == key(q, name) and key(p) != key(q)
        ]
        agree = all(printed(p) == printed(q) for p, q in pairs)
        rows = {key(point, name) for point in points}
        n_others = sum(len({key(p) for p in points if key(p, name) == row}) - 1 for row in rows)
        if agree and n_others >= 2:
            assert name in said
        if pairs and not agree:
            assert name not in said


# --- values and metrics ------------------------------------------------------------------------------------


def test_equal_values_are_said_until_one_differs() -> None:
    results = ResultNotices(spec({"x": Float(0, 1)}))
    for number, value in enumerate([0.5, 0.5]):
        results.add(trial(number, {"x": number / 9}, value))
    assert results.notices == (Message("notice.equal_values", metric="loss", value=0.5),)
    results.add(trial(2, {"x": 1.0}, 0.25))
    assert results.notices == ()


def test_a_metric_that_captures_nothing_is_said_though_it_is_not_the_objective() -> None:
    both = spec({"x": Float(0, 1)}, metrics=("loss", "f1"))
    results = ResultNotices(both)
    results.add(trial(0, {"x": 0.0}, None))
    assert results.notices == ()
    results.add(trial(1, {"x": 0.5}, 0.5))
    assert results.notices == (Message("notice.metric_silent", metric="f1"),)
    results.add(trial(2, {"x": 0.6}, 0.7, metrics={"loss": 0.7, "f1": 0.1}))
    assert results.notices == ()


def test_memory_that_is_not_enforced_is_said_before_the_search() -> None:
    plan = replace(spec({"x": Float(0, 1)}), run=RunSpec(memory_bytes=10**9))
    assert job_notices(plan, []) == (Message("notice.memory_not_enforced"),)
    assert plan_notices(replace(plan, run=replace(plan.run, executor=ExecutorSpec("slurm")))) == ()


def test_a_grid_with_more_points_than_can_be_counted_says_where_its_budget_ends() -> None:
    digits = Categorical(list(range(10)))
    names = [f"p{i:02}" for i in range(40)]
    plan = replace(spec(dict.fromkeys(names, digits)), search=SearchSpec(sampler="grid", trials=12))
    [notice] = job_notices(plan, [])
    assert notice.code == "notice.grid_uncountable"
    assert notice.params == {"trials": 12, "last": {**dict.fromkeys(names, 0), "p38": 1, "p39": 1}}
    [notice] = job_notices(plan, [], n_trials=3)
    assert notice.params["trials"] == 3


def test_a_grid_is_said_to_be_cut_when_the_points_of_its_own_seed_are_more_than_its_budget() -> None:
    # The seed draws the model of the first trial, and only with "b" are the user's defaults beside the grid.
    domains = {"model": Categorical(["a", "b"]), "x": Float(0.0, 1.0, default=0.123, when={"model": "b"})}
    cut = set()
    for seed in range(8):
        plan = replace(spec(domains), search=SearchSpec(sampler="grid", trials=3, seed=seed))
        sampler, tried = make_sampler("grid", plan.space, seed, n_trials=3), list[Mapping[str, Scalar]]()
        with suppress(SpaceExhaustedError):
            while True:
                tried.append(sampler.ask(len(tried), tried))
        is_cut = bool(job_notices(plan, []))
        assert is_cut == (len(tried) > 3)
        cut.add(is_cut)
    assert cut == {True, False}


def test_a_trial_that_counted_already_is_not_counted_twice() -> None:
    results = ResultNotices(spec({"x": Float(0, 1)}))
    assert results.add(trial(0, {"x": 0.0}, None))
    assert results.add(trial(0, {"x": 0.0}, 1.0))
    assert not results.add(trial(0, {"x": 0.0}, 2.0))


# --- cost --------------------------------------------------------------------------------------------------


def test_a_trial_costs_the_same_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "_COMPARED", 100)
    domains = {f"p{i}": Float(0, 1) for i in range(5)}
    results = ResultNotices(spec(domains))
    for number in range(1000):
        results.add(trial(number, dict.fromkeys(domains, number / 1000), float(number)))
    assert len(results._entries) == 100
    assert len(results._groups) == 100
    assert all(len(suspects.first) <= 100 for suspects in results._suspects.values())
    assert results.notices == ()


def test_the_digest_is_that_of_what_a_database_gives_back() -> None:
    assert digest(-0.0, math.nan) == digest(0.0, float("-nan"))
    assert digest(1.0) != digest(1.0 + 2**-52)
    assert digest() is None
    first, second = ReportDigest(), ReportDigest()
    reports = [Report("a", 1.0, 0.0, 0, AT), Report("b", 2.0, 0.0, 9, AT)]
    for report in reports:
        first.add(report)
    for report in reversed(reports):
        second.add(report)
    assert first.text == second.text
