"""The benchmark programs: what the figures of first points rest on."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scriptune.core.parameters import Categorical, Float, Int
from scriptune.core.space import SearchSpace
from scriptune.core.trial import Observation

FOLDER = Path(__file__).parent.parent / "benchmarks"
MODULES = ("earlier", "networks", "peers", "problems", "programs", "reports", "samplers", "training_data", "variants")


@pytest.fixture(scope="module")
def bench() -> Iterator[Any]:
    """Import a module of the benchmarks by name."""
    pytest.importorskip("sklearn", reason="the programs train with scikit-learn")
    sys.path.insert(0, str(FOLDER))
    yield importlib.import_module
    sys.path.remove(str(FOLDER))
    for name in MODULES:
        sys.modules.pop(name, None)


def test_there_are_programs_of_every_kind_with_reference_values(bench: Any) -> None:
    stored = json.loads((FOLDER / "programs.json").read_text("utf-8"))["programs"]
    programs = [program for name, program in bench("programs").PROGRAMS.items() if name in stored]
    assert len(programs) >= 24
    assert {p.family for p in programs} == {"network", "boosting", "forest", "svm", "linear", "neighbours"}
    for program in programs:
        reference = program.reference
        assert reference["y_best"] < reference["y_median"] < reference["y_worst"]
        assert program.space.contains(reference["best"])
        assert program.space.contains(reference["worst"])
        assert 3 < len(program.space) < 9


@pytest.mark.parametrize("name", ["logreg_wine", "net_optimizer_cancer"])
def test_a_program_trains_the_same_twice(bench: Any, name: str) -> None:
    program = bench("programs").PROGRAMS[name]
    params = program.completed_defaults()
    value = program.evaluate(params)
    assert value == program.evaluate(params)
    assert program.regret(value) < 1


def test_a_program_whose_package_is_missing_is_left_out_and_named(
    bench: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    programs = bench("programs")
    monkeypatch.setattr(programs, "find_spec", lambda name: None if name == "xgboost" else object())
    assert [p.name for p in programs.load_programs("xgb_cancer,svc_digits")] == ["svc_digits"]
    assert capsys.readouterr().err == "left out: xgb_cancer needs xgboost\n"


def test_a_training_that_diverges_has_a_finite_value(bench: Any) -> None:
    program = bench("programs").PROGRAMS["net_optimizer_cancer"]
    network = {"momentum": 0.99, "weight_decay": 0.1, "hidden_units": 64, "dropout": 0.0}
    value = program.evaluate({"optimizer": "sgd", "lr": 1e6, **network})
    assert np.isfinite(value)
    assert program.regret(value) == 1


class _Failing:
    """A model that ends like scikit-learn's do."""

    def __init__(self, words: str) -> None:
        self._words = words

    def fit(self, x: np.ndarray, y: np.ndarray) -> None:
        raise ValueError(self._words)


def test_a_network_that_scikit_learn_does_not_let_diverge_has_the_worst_loss(bench: Any) -> None:
    programs, split = bench("programs"), bench("training_data").folds("diabetes", 2)
    answers = programs._answers(_Failing("Solver produced non-finite parameter weights."))
    constant = np.mean([np.sqrt(np.mean((fold.y.mean() - fold.y_valid) ** 2)) for fold in split])
    assert programs._score("rmse", answers, split) == pytest.approx(programs._WORST_LOSS * constant)


def test_another_error_of_a_training_is_one(bench: Any) -> None:
    programs, split = bench("programs"), bench("training_data").folds("diabetes", 2)
    with pytest.raises(ValueError, match="alpha must not be negative"):
        programs._score("rmse", programs._answers(_Failing("alpha must not be negative")), split)


def test_scrambled_names_keep_the_search_space(bench: Any) -> None:
    variants = bench("variants")
    space = SearchSpace(
        {
            "optimizer": Categorical(["sgd", "adam"]),
            "momentum": Float(0.0, 1.0, when={"optimizer": "sgd"}),
            "layers": Int(1, 4),
        }
    )
    renamed, old = variants.scrambled(space)
    assert list(renamed) == ["p1", "p2", "p3"]
    assert renamed.conditions["p2"] == {"p1": ("sgd",)}
    assert variants.rename({"p1": "adam", "p3": 2}, old) == {"optimizer": "adam", "layers": 2}


def test_defaults_outside_of_a_range_are_ignored(bench: Any) -> None:
    space = SearchSpace({"C": Float(0.1, 10.0), "degree": Int(2, 5), "kernel": Categorical(["rbf", "poly"])})
    given = bench("variants").with_defaults(space, {"C": 1, "degree": 1, "kernel": "linear", "other": 3})
    assert [given[name].default for name in space] == [1.0, None, None]


def test_a_tool_gets_first_points_as_its_own_trials(bench: Any) -> None:
    pytest.importorskip("optuna")
    problems = bench("problems")
    (problem,) = problems.load("conditional")
    first = problems.random_draws(problem.space, 2)
    peer = bench("peers").make_peer("optuna_tpe", problem.space, 1, 5, first)
    for number in range(3):
        params = peer.ask(number)
        peer.tell(Observation(number, params, problem.evaluate(params)))
        assert (params in first) == (number < 2)
    assert [trial.params["lr"] for trial in peer._tool._study.trials[:2]] == [params["lr"] for params in first]


def test_what_a_search_is_given_is_part_of_its_name(bench: Any) -> None:
    given = bench("samplers").Given
    assert given().label("auto") == "auto"
    assert given(defaults=True, names="scrambled", first="worst").label("auto") == "auto+scrambled+defaults+first-worst"
    assert given(defaults=True, first="worst").label("optuna_tpe") == "optuna_tpe"
    assert given(peers_first=True).label("optuna_tpe") == "optuna_tpe+first-usual"
    assert given(earlier="less").label("auto") == "auto+after-less"


def test_a_search_over_a_program_with_scrambled_names(bench: Any) -> None:
    samplers = bench("samplers")
    given = samplers.Given(defaults=True, names="scrambled")
    rows = samplers.run_one("random", {}, "logreg_wine", 0, 2, 1, True, given)
    program = bench("programs").PROGRAMS["logreg_wine"]
    assert rows[0][4] == program.evaluate(program.completed_defaults())
    curves, _ = samplers.curves_by_optimizer(rows)
    assert 0 <= curves["random"]["logreg_wine", 0][-1] <= 1


def test_the_mirror_of_a_configuration_is_at_the_other_end_of_each_range(bench: Any) -> None:
    space = SearchSpace({"lr": Float(1e-4, 1.0, log=True), "layers": Int(1, 4), "kind": Categorical(["a", "b", "c"])})
    params = {"lr": 1e-3, "layers": 1, "kind": "a"}
    other = bench("earlier").mirrored(space, params)
    assert other == {"lr": pytest.approx(0.1), "layers": 4, "kind": "c"}
    assert bench("earlier").mirrored(space, other) == {**params, "lr": pytest.approx(1e-3)}


def test_a_search_after_another_tries_its_best_configuration(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = bench("problems").quadratic(3)
    offset = {"x0": 0.25, "x1": 0.5, "x2": 0.75}

    def distance(params: dict[str, float]) -> float:
        return sum((params[name] - value) ** 2 for name, value in offset.items())

    monkeypatch.setattr(problem, "evaluate_cheaply", distance)
    monkeypatch.setitem(bench("reports").all_problems(), problem.name, problem)
    found = bench("earlier").best_of_earlier(problem, [], "less", 0)
    assert distance(found) < 0.05
    given = bench("samplers").Given(earlier="less")
    names = {name: name for name in problem.space}
    assert given.first_points(problem, problem.space, names, 0)[1] == found


def test_an_adverse_earlier_search_is_that_of_a_mirrored_problem(bench: Any) -> None:
    problems = bench("problems")
    target, other = problems.quadratic(3), problems.quadratic(3)
    other.name = "other"
    found = {
        kind: bench("earlier").best_of_earlier(target, [target, other, problems.quadratic(6)], kind, 0)
        for kind in ("other", "mirrored")
    }
    mirror = bench("earlier").mirrored(target.space, found["mirrored"])
    assert target.regret(target.evaluate(found["other"])) < 0.2
    assert target.regret(target.evaluate(mirror)) < 0.2
    with pytest.raises(SystemExit, match="No other problem has the parameters of quadratic_d3"):
        bench("earlier").best_of_earlier(target, [target], "other", 0)


def test_differences_are_those_of_searches_with_the_same_seeds(bench: Any) -> None:
    curves = {
        ("a", 0): np.array([0.5, 0.25]),
        ("a", 2): np.array([0.0]),
        ("a", 1): np.array([0.5, 0.5]),
        ("b", 0): np.array([1.0, 0.25]),
    }
    base = {("a", 0): np.array([0.5, 0.5, 0.1]), ("a", 1): np.array([1.0, 1.0]), ("b", 0): np.array([1.0, 0.0])}
    differences = bench("reports").differences
    mean, error, n = differences(curves, base, 2, {"a", "b"})
    assert (mean, n) == (pytest.approx((-0.375 + 0.25) / 2), 3)
    assert error == pytest.approx(np.sqrt(np.var([-0.25, -0.5], ddof=1) / 2 / 4))
    assert differences(curves, base, 3, {"a", "b"})[2] == 0  # as long as the shorter one
    assert differences(base, curves, 2, {"a", "b"})[:2] == (-mean, error)
    assert differences(curves, base, 2, {"a", "c"})[2] == 0
