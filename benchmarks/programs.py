"""Programs that really train: what a first point is worth outside of benchmark functions.

    python -m venv ENV && ENV/bin/pip install scikit-learn xgboost lightgbm catboost statsmodels vega_datasets
    PYTHONPATH=src ENV/bin/python benchmarks/programs.py                # list them
    PYTHONPATH=src ENV/bin/python benchmarks/programs.py --check        # does this machine get the stored values?
    PYTHONPATH=src ENV/bin/python benchmarks/samplers.py --programs --samplers auto --seeds 0-9 --trials 20

Each trains on a small data set that a package ships, in 0.01 to 0.5 seconds on one thread, with fixed seeds, and gives
an error or a loss on rows that it did not train on. Names and ranges are those of an ordinary job file for that
library; ``defaults`` are the library's own, or those of an example script for networks, where they lie in the range.
A program whose package is not installed is left out, and said so.

``programs.json`` holds the reference values of the programs, made by ``--reference`` from 300 random draws each. Where
BENCH_EVAL_PYTHON names an interpreter, it does the training: the environments of some tools hold other packages.
"""

from __future__ import annotations

# ruff: noqa: E402 - numpy reads the numbers of threads when it is imported
import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import argparse
import importlib
import json
import math
import platform
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from networks import train_network, train_word_vectors
from problems import N_WORST, Problem, random_draws, select
from training_data import NEEDS, Fold, count_rows, folds, series, texts
from variants import with_defaults

from scriptune.core.parameters import Bool, Categorical, Float, Int, Parameter, Scalar
from scriptune.core.space import Params, SearchSpace
from scriptune.search.encoding import Encoding
from scriptune.search.initial import default_params

__all__ = ["PROGRAMS", "Program", "load_programs"]

N_DRAWS = 300  # random draws behind the reference values
_REFERENCE = Path(__file__).with_name("programs.json")
_PACKAGES = ("numpy", "scipy", "scikit-learn", "xgboost", "lightgbm", "catboost", "statsmodels", "vega_datasets")
_WORST_LOSS = 10.0  # times the loss of a constant prediction: what a diverged training prints, and the largest loss
_MIN_PROBABILITY = 1e-7  # keeps the logarithm finite where a model is certain and wrong

Values = Mapping[str, Any]
Train = Callable[[Values], float]


class Program(Problem):
    """A training program with its reference values.

    Attributes:
        defaults: The library's own values, where they lie in the ranges.
        data: Its data set.
        library: The package that it imports beside numpy and scikit-learn, or an empty string.
    """

    def __init__(
        self, family: str, data: str, space: Mapping[str, Parameter], defaults: Params, train: Train, library: str
    ) -> None:
        super().__init__(train.__name__, family, SearchSpace(space), self._run, math.nan)
        self.defaults, self.data, self.library, self._train = defaults, data, library, train
        for name, value in defaults.items():
            self.space[name].coerce(value)

    def _run(self, params: Params) -> float:
        if "BENCH_EVAL_PYTHON" in os.environ:
            return _ask_child(self.name, params)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of models that did not converge
            return float(self._train(params))

    @property
    def missing(self) -> str:
        """The package that is not installed, or an empty string."""
        wanted = [name for name in (self.library, NEEDS.get(self.data, ""), "sklearn") if name]
        return next((name for name in wanted if find_spec(name) is None), "")

    @property
    def reference(self) -> dict[str, Any]:
        """Best, median and worst of random draws, with params; the value of the defaults; seconds per training."""
        stored: dict[str, Any] = _stored()["programs"][self.name]
        return stored

    @property
    def y_best(self) -> float:
        """The lowest value known: of random draws and the defaults, or what a report of searches found."""
        if math.isnan(self._y_best):
            self._y_best = float(self.reference["y_best"])
        return self._y_best

    @y_best.setter
    def y_best(self, value: float) -> None:
        self._y_best = value

    @property
    def y_median_random(self) -> float:
        """The median of random draws."""
        return float(self.reference["y_median"])

    def worst_draw(self) -> Params:
        """The worst of the first 200 random draws."""
        return dict(self.reference["worst"])

    def make_reference(self) -> dict[str, Any]:
        """Train ``N_DRAWS`` times."""
        draws = random_draws(self.space, N_DRAWS)
        start = time.process_time()
        values = [self.evaluate(params) for params in draws]
        seconds = (time.process_time() - start) / N_DRAWS
        best, worst = int(np.argmin(values)), int(np.argmax(values[:N_WORST]))
        default = self.evaluate(self.completed_defaults())
        return {
            "y_best": float(f"{min(*values, default):.10g}"),
            "y_median": float(f"{np.median(values):.10g}"),
            "y_default": float(f"{default:.10g}"),
            "seconds": round(seconds, 3),
            "rows": count_rows(self.data),
            "y_best_draw": float(f"{values[best]:.10g}"),
            "best": draws[best],
            "y_worst": float(f"{values[worst]:.10g}"),
            "worst": draws[worst],
        }

    def completed_defaults(self) -> Params:
        """The defaults, with the middle of the range where there is none."""
        return default_params(Encoding(with_defaults(self.space, self.defaults)), 0)


@cache
def _stored() -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(_REFERENCE.read_text()) if _REFERENCE.exists() else {"programs": {}}
    return stored


# Measures of validation rows, averaged over folds.


def _score(measure: str, predict: Callable[[Fold], Any], split: tuple[Fold, ...]) -> float:
    return float(np.mean([_MEASURES[measure](fold.y, fold.y_valid, np.asarray(predict(fold))) for fold in split]))


def _error(_train: Any, y: Any, predicted: Any) -> float:
    """Share of wrong answers; of probabilities the largest counts."""
    answers = predicted.argmax(axis=1) if predicted.ndim == 2 else predicted
    return float(np.mean(answers != y))


def _log_loss(y_train: Any, y: Any, p: Any) -> float:
    counts = np.bincount(y_train, minlength=p.shape[1])
    constant = -np.log(np.maximum(counts[y], 0.5) / counts.sum()).mean()
    return _limited(-np.log(np.maximum(p[np.arange(len(y)), y], _MIN_PROBABILITY)).mean(), constant)


def _rmse(y_train: Any, y: Any, predicted: Any) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return _limited(np.sqrt(np.mean((predicted - y) ** 2)), np.sqrt(np.mean((y_train.mean() - y) ** 2)))


def _mae(y_train: Any, y: Any, predicted: Any) -> float:
    return _limited(np.mean(np.abs(predicted - y)), np.mean(np.abs(np.median(y_train) - y)))


def _limited(loss: Any, constant: Any) -> float:
    most = _WORST_LOSS * float(constant)
    return min(float(loss), most) if math.isfinite(loss) else most


_MEASURES = {"error": _error, "log_loss": _log_loss, "rmse": _rmse, "mae": _mae}


def _answers(model: Any) -> Callable[[Fold], Any]:
    def answer(fold: Fold) -> Any:
        try:
            return model.fit(fold.x, fold.y).predict(fold.x_valid)
        except ValueError as error:
            if "non-finite" not in str(error):
                raise
            return np.full(len(fold.y_valid), math.nan)  # scikit-learn's networks refuse to diverge

    return answer


def _probabilities(model: Any) -> Callable[[Fold], Any]:
    return lambda fold: model.fit(fold.x, fold.y).predict_proba(fold.x_valid)


def _class(path: str) -> Any:
    """A class of a library, imported when a program runs: ``sklearn.svm:SVC``."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


PROGRAMS: dict[str, Program] = {}


def _program(
    family: str, data: str, space: Mapping[str, Parameter], defaults: Mapping[str, Scalar], library: str = ""
) -> Callable[[Train], Train]:
    """Register a function from params to a value; its name is the program's."""

    def register(train: Train) -> Train:
        PROGRAMS[train.__name__] = Program(family, data, space, dict(defaults), train, library)
        return train

    return register


# Networks: the defaults are those of an example script.


@_program(
    "network",
    "digits",
    {
        "lr": Float(1e-3, 1.0, log=True),
        "momentum": Float(0.0, 0.99),
        "batch_size": Int(16, 256, log=True),
        "hidden": Int(16, 128, log=True),
        "dropout": Float(0.0, 0.6),
        "weight_decay": Float(1e-6, 1e-2, log=True),
    },
    {"lr": 0.01, "momentum": 0.5, "batch_size": 64, "hidden": 128, "dropout": 0.5},
)
def net_sgd_digits(p: Values) -> float:
    """One hidden layer by stochastic gradient descent."""
    options = {name: p[name] for name in ("lr", "momentum", "batch_size", "dropout", "weight_decay")}
    split = folds("digits", rows=1000)
    return _score("error", lambda f: train_network(f, hidden=[p["hidden"]], optimizer="sgd", **options), split)


@_program(
    "network",
    "digits",
    {
        "learning_rate": Float(1e-5, 1e-1, log=True),
        "batch_size": Categorical([16, 32, 64, 128]),
        "hidden_size": Int(16, 128),
        "num_layers": Int(1, 3),
        "dropout": Float(0.0, 0.5),
        "weight_decay": Float(1e-5, 1e-1, log=True),
    },
    {
        "learning_rate": 1e-3,
        "batch_size": 32,
        "hidden_size": 128,
        "num_layers": 2,
        "dropout": 0.2,
        "weight_decay": 0.01,
    },
)
def net_adamw_digits(p: Values) -> float:
    """Up to three hidden layers by AdamW, judged by cross-entropy."""
    options = {name: p[name] for name in ("batch_size", "dropout", "weight_decay")}
    hidden = [p["hidden_size"]] * p["num_layers"]
    split = folds("digits", rows=600)
    return _score("log_loss", lambda f: train_network(f, hidden=hidden, lr=p["learning_rate"], **options), split)


@_program(
    "network",
    "friedman",
    {
        "lr": Float(1e-4, 1e-1, log=True),
        "units": Int(8, 64),
        "depth": Int(1, 4),
        "activation": Categorical(["relu", "tanh", "sigmoid"]),
        "batch_size": Int(8, 128, log=True),
        "epochs": Int(5, 30),
    },
    {"lr": 1e-3, "units": 64, "depth": 2, "activation": "relu", "batch_size": 32, "epochs": 10},
)
def net_adam_friedman(p: Values) -> float:
    """Regression by Adam, without regularisation."""
    options = {name: p[name] for name in ("lr", "activation", "batch_size", "epochs")}
    return _score(
        "rmse", lambda f: train_network(f, hidden=[p["units"]] * p["depth"], **options), folds("friedman", rows=500)
    )


@_program(
    "network",
    "breast_cancer",
    {
        "optimizer": Categorical(["sgd", "adam", "rmsprop"]),
        "lr": Float(1e-4, 1.0, log=True),
        "momentum": Float(0.0, 0.99, when={"optimizer": "sgd"}),
        "weight_decay": Float(1e-6, 1e-1, log=True),
        "hidden_units": Int(4, 64, log=True),
        "dropout": Float(0.0, 0.5, step=0.1),
    },
    {"optimizer": "adam", "lr": 1e-3, "momentum": 0.9, "hidden_units": 32, "dropout": 0.2},
)
def net_optimizer_cancer(p: Values) -> float:
    """The optimizer is searched as well."""
    options = {name: p[name] for name in ("optimizer", "lr", "weight_decay", "dropout")}
    options |= {"momentum": p.get("momentum", 0.0), "beta2": 0.99 if p["optimizer"] == "rmsprop" else 0.999}
    split = folds("breast_cancer", 3)
    return _score("log_loss", lambda f: train_network(f, hidden=[p["hidden_units"]], **options), split)


@_program(
    "network",
    "weather",
    {
        "lr": Float(1e-3, 1.0, log=True),
        "lr_decay": Float(0.5, 1.0),
        "momentum": Float(0.5, 0.99),
        "nesterov": Bool(),
        "epochs": Int(5, 40),
        "hidden1": Int(8, 128),
        "hidden2": Int(8, 128),
        "l2": Float(1e-6, 1e-1, log=True),
    },
    {
        "lr": 0.1,
        "lr_decay": 0.95,
        "momentum": 0.9,
        "nesterov": False,
        "epochs": 20,
        "hidden1": 64,
        "hidden2": 32,
        "l2": 1e-4,
    },
)
def net_schedule_weather(p: Values) -> float:
    """Momentum with a decaying step size."""
    options = {name: p[name] for name in ("lr", "lr_decay", "momentum", "nesterov", "epochs")}
    options |= {"weight_decay": p["l2"], "optimizer": "sgd", "batch_size": 64}
    return _score(
        "log_loss", lambda f: train_network(f, hidden=[p["hidden1"], p["hidden2"]], **options), folds("weather")
    )


@_program(
    "network",
    "anes96",
    {
        "learning_rate": Float(1e-5, 1e-1, log=True),
        "warmup_ratio": Float(0.0, 0.3),
        "label_smoothing": Float(0.0, 0.3),
        "dropout": Float(0.0, 0.6),
        "weight_decay": Float(1e-4, 1.0, log=True),
        "max_grad_norm": Float(0.1, 10.0, log=True),
        "num_epochs": Int(3, 30),
    },
    {
        "learning_rate": 1e-3,
        "warmup_ratio": 0.0,
        "label_smoothing": 0.0,
        "dropout": 0.1,
        "weight_decay": 0.01,
        "max_grad_norm": 1.0,
        "num_epochs": 10,
    },
)
def net_warmup_anes(p: Values) -> float:
    """What fine-tuning scripts tune, on a small network."""
    options = {name: p[name] for name in ("label_smoothing", "dropout", "weight_decay")}
    options |= {"lr": p["learning_rate"], "warmup": p["warmup_ratio"], "clip_norm": p["max_grad_norm"]}
    options |= {"epochs": p["num_epochs"], "batch_size": 16}
    return _score("log_loss", lambda f: train_network(f, hidden=[48], **options), folds("anes96"))


@_program(
    "network",
    "sunspots",
    {
        "window": Int(2, 30),
        "lr": Float(1e-4, 1e-1, log=True),
        "hidden": Int(4, 64, log=True),
        "beta1": Float(0.5, 0.99),
        "epochs": Int(10, 100, log=True),
        "weight_decay": Float(1e-5, 1.0, log=True),
    },
    {"window": 10, "lr": 1e-3, "hidden": 32, "beta1": 0.9, "epochs": 50},
)
def net_forecast_sunspots(p: Values) -> float:
    """Next year's sunspots from the years before."""
    values, window = series("sunspots"), p["window"]
    rows = np.lib.stride_tricks.sliding_window_view(values[:-1], window)
    target, cut = values[window:], len(values) - window - 90  # the last 90 years are not trained on
    x = (rows - values[: window + cut].mean()) / values[: window + cut].std()
    split = (Fold(x[:cut], target[:cut], x[cut:], target[cut:]),)
    options = {name: p[name] for name in ("lr", "beta1", "epochs", "weight_decay")}
    return _score("rmse", lambda f: train_network(f, hidden=[p["hidden"]], batch_size=16, **options), split)


@_program(
    "network",
    "docstrings",
    {
        "lr": Float(0.01, 1.0, log=True),
        "dim": Int(5, 100, log=True),
        "epoch": Int(1, 10),
        "wordNgrams": Int(1, 2),
        "minCount": Int(1, 5),
    },
    {"lr": 0.1, "dim": 100, "epoch": 5, "wordNgrams": 1, "minCount": 1},
)
def fasttext_docstrings(p: Values) -> float:
    """fastText's supervised mode, with its names and defaults."""
    data = texts()
    options = {"word_ngrams": p["wordNgrams"], "min_count": p["minCount"]}
    predicted = train_word_vectors(data, lr=p["lr"], dim=p["dim"], epoch=p["epoch"], **options)
    return _error(data[1], data[3], predicted)


@_program(
    "network",
    "digits",
    {
        "alpha": Float(1e-6, 1.0, log=True),
        "learning_rate_init": Float(1e-4, 1e-1, log=True),
        "hidden_units": Int(10, 200, log=True),
        "batch_size": Int(16, 256, log=True),
        "activation": Categorical(["relu", "tanh", "logistic"]),
        "max_iter": Int(5, 30),
    },
    {"alpha": 1e-4, "learning_rate_init": 1e-3, "hidden_units": 100, "batch_size": 200, "activation": "relu"},
)
def mlp_digits(p: Values) -> float:
    """scikit-learn's MLPClassifier."""
    options = {name: value for name, value in p.items() if name != "hidden_units"}
    model = _class("sklearn.neural_network:MLPClassifier")(
        hidden_layer_sizes=(p["hidden_units"],), random_state=0, **options
    )
    return _score("error", _answers(model), folds("digits", rows=600))


@_program(
    "network",
    "star98",
    {
        "solver": Categorical(["adam", "sgd", "lbfgs"]),
        "learning_rate_init": Float(1e-4, 1e-1, log=True, when={"solver": ["adam", "sgd"]}),
        "momentum": Float(0.0, 0.99, when={"solver": "sgd"}),
        "alpha": Float(1e-5, 10.0, log=True),
        "layer_size": Int(5, 100),
        "n_layers": Int(1, 2),
        "activation": Categorical(["relu", "tanh", "logistic", "identity"]),
    },
    {
        "solver": "adam",
        "learning_rate_init": 1e-3,
        "momentum": 0.9,
        "alpha": 1e-4,
        "layer_size": 100,
        "n_layers": 1,
        "activation": "relu",
    },
)
def mlp_star98(p: Values) -> float:
    """scikit-learn's MLPRegressor, with two parameters that depend on the solver."""
    options = {name: value for name, value in p.items() if name not in ("layer_size", "n_layers")}
    regressor = _class("sklearn.neural_network:MLPRegressor")(
        hidden_layer_sizes=(p["layer_size"],) * p["n_layers"], max_iter=60, random_state=0, **options
    )
    scaler = _class("sklearn.preprocessing:StandardScaler")()
    model = _class("sklearn.compose:TransformedTargetRegressor")(regressor, transformer=scaler)
    return _score("rmse", _answers(model), folds("star98", 2))


# Gradient boosting.


@_program(
    "boosting",
    "breast_cancer",
    {
        "n_estimators": Int(20, 300),
        "learning_rate": Float(0.01, 0.5, log=True),
        "max_depth": Int(2, 10),
        "min_child_weight": Int(1, 10),
        "subsample": Float(0.5, 1.0),
        "colsample_bytree": Float(0.3, 1.0),
        "gamma": Float(0.0, 5.0),
        "reg_lambda": Float(1e-3, 100.0, log=True),
    },
    {
        "n_estimators": 100,
        "learning_rate": 0.3,
        "max_depth": 6,
        "min_child_weight": 1,
        "subsample": 1.0,
        "colsample_bytree": 1.0,
        "gamma": 0.0,
        "reg_lambda": 1.0,
    },
    "xgboost",
)
def xgb_cancer(p: Values) -> float:
    """XGBClassifier, judged by cross-entropy."""
    model = _class("xgboost:XGBClassifier")(n_jobs=1, random_state=0, **p)
    return _score("log_loss", _probabilities(model), folds("breast_cancer", 3))


@_program(
    "boosting",
    "cars",
    {
        "eta": Float(1e-3, 0.5, log=True),
        "max_depth": Int(1, 10),
        "min_child_weight": Float(0.5, 20.0, log=True),
        "subsample": Float(0.2, 1.0),
        "colsample_bytree": Float(0.2, 1.0),
        "lambda": Float(1e-3, 1e3, log=True),
        "alpha": Float(1e-3, 1e3, log=True),
    },
    {"eta": 0.3, "max_depth": 6, "min_child_weight": 1.0, "subsample": 1.0, "colsample_bytree": 1.0, "lambda": 1.0},
    "xgboost",
)
def xgb_native_cars(p: Values) -> float:
    """XGBoost's own interface and names, 100 rounds."""
    import xgboost

    def predict(fold: Fold) -> Any:
        matrix = xgboost.DMatrix(fold.x, fold.y)
        return xgboost.train({**p, "nthread": 1, "seed": 0}, matrix, 100).predict(xgboost.DMatrix(fold.x_valid))

    return _score("rmse", predict, folds("cars", 3))


@_program(
    "boosting",
    "anes96",
    {
        "learning_rate": Float(0.005, 0.3, log=True),
        "max_depth": Int(2, 8),
        "subsample": Float(0.5, 1.0),
        "colsample_bylevel": Float(0.3, 1.0),
        "reg_alpha": Float(1e-4, 10.0, log=True),
        "booster": Categorical(["gbtree", "dart"]),
        "rate_drop": Float(0.0, 0.5, when={"booster": "dart"}),
    },
    {
        "learning_rate": 0.3,
        "max_depth": 6,
        "subsample": 1.0,
        "colsample_bylevel": 1.0,
        "booster": "gbtree",
        "rate_drop": 0.0,
    },
    "xgboost",
)
def xgb_dart_anes(p: Values) -> float:
    """Seven classes, 30 rounds, with or without dropping trees."""
    model = _class("xgboost:XGBClassifier")(n_estimators=30, n_jobs=1, random_state=0, **p)
    return _score("log_loss", _probabilities(model), folds("anes96", rows=600))


@_program(
    "boosting",
    "fair",
    {
        "num_leaves": Int(4, 128, log=True),
        "learning_rate": Float(0.005, 0.3, log=True),
        "n_estimators": Int(20, 200),
        "min_child_samples": Int(5, 100),
        "subsample": Float(0.4, 1.0),
        "colsample_bytree": Float(0.4, 1.0),
        "reg_lambda": Float(1e-3, 10.0, log=True),
    },
    {
        "num_leaves": 31,
        "learning_rate": 0.1,
        "n_estimators": 100,
        "min_child_samples": 20,
        "subsample": 1.0,
        "colsample_bytree": 1.0,
    },
    "lightgbm",
)
def lgbm_fair(p: Values) -> float:
    """LGBMClassifier on two classes."""
    model = _class("lightgbm:LGBMClassifier")(subsample_freq=1, **_LIGHTGBM, **p)
    return _score("log_loss", _probabilities(model), folds("fair"))


_LIGHTGBM = {"n_jobs": 1, "random_state": 0, "verbose": -1, "deterministic": True, "force_row_wise": True}


@_program(
    "boosting",
    "friedman",
    {
        "boosting": Categorical(["gbdt", "dart"]),
        "num_leaves": Int(2, 64),
        "learning_rate": Float(0.01, 1.0, log=True),
        "num_iterations": Int(30, 200),
        "min_data_in_leaf": Int(1, 60),
        "feature_fraction": Float(0.2, 1.0),
        "bagging_fraction": Float(0.3, 1.0),
        "lambda_l1": Float(1e-4, 10.0, log=True),
    },
    {
        "boosting": "gbdt",
        "num_leaves": 31,
        "learning_rate": 0.1,
        "num_iterations": 100,
        "min_data_in_leaf": 20,
        "feature_fraction": 1.0,
        "bagging_fraction": 1.0,
    },
    "lightgbm",
)
def lgbm_native_friedman(p: Values) -> float:
    """LightGBM's own interface and names."""
    import lightgbm

    settings = {**p, "objective": "l2", "bagging_freq": 1, "num_threads": 1, "seed": 0}
    settings |= {"verbose": -1, "deterministic": True, "force_row_wise": True}

    def predict(fold: Fold) -> Any:
        booster = lightgbm.train(settings, lightgbm.Dataset(fold.x, fold.y, params={"verbose": -1}))
        return booster.predict(fold.x_valid)

    return _score("rmse", predict, folds("friedman"))


@_program(
    "boosting",
    "randhie",
    {
        "max_depth": Int(2, 12),
        "num_leaves": Int(4, 64),
        "learning_rate": Float(0.001, 0.3, log=True),
        "n_estimators": Int(50, 300, step=10),
        "min_child_samples": Int(1, 200, log=True),
        "colsample_bytree": Float(0.3, 1.0),
    },
    {"num_leaves": 31, "learning_rate": 0.1, "n_estimators": 100, "min_child_samples": 20, "colsample_bytree": 1.0},
    "lightgbm",
)
def lgbm_randhie(p: Values) -> float:
    """LGBMRegressor on noisy counts."""
    model = _class("lightgbm:LGBMRegressor")(**_LIGHTGBM, **p)
    return _score("rmse", _answers(model), folds("randhie"))


@_program(
    "boosting",
    "modechoice",
    {
        "iterations": Int(10, 100),
        "learning_rate": Float(0.01, 0.5, log=True),
        "depth": Int(2, 7),
        "l2_leaf_reg": Float(1.0, 30.0, log=True),
        "random_strength": Float(0.0, 5.0),
        "bagging_temperature": Float(0.0, 2.0),
    },
    {"depth": 6, "l2_leaf_reg": 3.0, "random_strength": 1.0, "bagging_temperature": 1.0},
    "catboost",
)
def catboost_modechoice(p: Values) -> float:
    """CatBoostClassifier, four classes."""
    model = _class("catboost:CatBoostClassifier")(
        bootstrap_type="Bayesian", thread_count=1, random_seed=0, verbose=False, allow_writing_files=False, **p
    )
    return _score("log_loss", _probabilities(model), folds("modechoice"))


@_program(
    "boosting",
    "diabetes",
    {
        "iterations": Int(20, 200, log=True),
        "learning_rate": Float(0.005, 0.3, log=True),
        "depth": Int(1, 8),
        "l2_leaf_reg": Float(0.1, 100.0, log=True),
        "rsm": Float(0.3, 1.0),
        "border_count": Int(16, 255, log=True),
    },
    {"depth": 6, "l2_leaf_reg": 3.0, "rsm": 1.0, "border_count": 254},
    "catboost",
)
def catboost_diabetes(p: Values) -> float:
    """CatBoostRegressor."""
    model = _class("catboost:CatBoostRegressor")(
        thread_count=1, random_seed=0, verbose=False, allow_writing_files=False, **p
    )
    return _score("rmse", _answers(model), folds("diabetes"))


@_program(
    "boosting",
    "weather",
    {
        "learning_rate": Float(0.01, 1.0, log=True),
        "max_iter": Int(5, 40),
        "max_leaf_nodes": Int(3, 63, log=True),
        "min_samples_leaf": Int(2, 100, log=True),
        "l2_regularization": Float(1e-6, 100.0, log=True),
        "max_features": Float(0.2, 1.0),
    },
    {"learning_rate": 0.1, "max_leaf_nodes": 31, "min_samples_leaf": 20, "max_features": 1.0},
)
def histgb_weather(p: Values) -> float:
    """HistGradientBoostingClassifier, five classes."""
    model = _class("sklearn.ensemble:HistGradientBoostingClassifier")(early_stopping=False, random_state=0, **p)
    return _score("log_loss", _probabilities(model), folds("weather"))


@_program(
    "boosting",
    "diabetes",
    {
        "loss": Categorical(["squared_error", "absolute_error", "huber"]),
        "alpha": Float(0.5, 0.99, when={"loss": "huber"}),
        "learning_rate": Float(0.005, 0.5, log=True),
        "n_estimators": Int(20, 100),
        "subsample": Float(0.3, 1.0),
        "max_depth": Int(1, 8),
        "min_samples_leaf": Int(1, 30),
    },
    {
        "loss": "squared_error",
        "alpha": 0.9,
        "learning_rate": 0.1,
        "n_estimators": 100,
        "subsample": 1.0,
        "max_depth": 3,
        "min_samples_leaf": 1,
    },
)
def gb_diabetes(p: Values) -> float:
    """GradientBoostingRegressor with a choice of losses."""
    model = _class("sklearn.ensemble:GradientBoostingRegressor")(random_state=0, **p)
    return _score("mae", _answers(model), folds("diabetes"))


# Forests.


@_program(
    "forest",
    "anes96",
    {
        "n_estimators": Int(10, 100),
        "max_depth": Int(2, 20),
        "min_samples_split": Int(2, 20),
        "min_samples_leaf": Int(1, 20),
        "max_features": Categorical(["sqrt", "log2"]),
        "criterion": Categorical(["gini", "entropy"]),
    },
    {
        "n_estimators": 100,
        "min_samples_split": 2,
        "min_samples_leaf": 1,
        "max_features": "sqrt",
        "criterion": "gini",
    },
)
def rf_anes(p: Values) -> float:
    """RandomForestClassifier with the parameters that tutorials search."""
    model = _class("sklearn.ensemble:RandomForestClassifier")(random_state=0, **p)
    return _score("error", _answers(model), folds("anes96"))


@_program(
    "forest",
    "digits",
    {
        "n_estimators": Int(5, 100, log=True),
        "max_features": Float(0.02, 1.0, log=True),
        "max_depth": Int(3, 30),
        "min_samples_leaf": Int(1, 10),
        "bootstrap": Bool(),
    },
    {"n_estimators": 100, "min_samples_leaf": 1, "bootstrap": True},
)
def rf_digits(p: Values) -> float:
    """RandomForestClassifier with a share of features."""
    model = _class("sklearn.ensemble:RandomForestClassifier")(random_state=0, **p)
    return _score("error", _answers(model), folds("digits", rows=800))


@_program(
    "forest",
    "friedman",
    {
        "n_estimators": Int(10, 150),
        "max_features": Float(0.1, 1.0),
        "min_samples_leaf": Int(1, 20, log=True),
        "min_samples_split": Int(2, 20),
        "bootstrap": Bool(),
        "max_samples": Float(0.2, 1.0, when={"bootstrap": True}),
    },
    {"n_estimators": 100, "max_features": 1.0, "min_samples_leaf": 1, "min_samples_split": 2, "bootstrap": False},
)
def extratrees_friedman(p: Values) -> float:
    """ExtraTreesRegressor."""
    model = _class("sklearn.ensemble:ExtraTreesRegressor")(random_state=0, **p)
    return _score("rmse", _answers(model), folds("friedman"))


@_program(
    "forest",
    "star98",
    {
        "n_estimators": Int(10, 100),
        "max_depth": Int(1, 20),
        "max_features": Float(0.1, 1.0),
        "min_samples_leaf": Int(1, 30),
        "ccp_alpha": Float(1e-3, 10.0, log=True),
    },
    {"n_estimators": 100, "max_features": 1.0, "min_samples_leaf": 1},
)
def rf_star98(p: Values) -> float:
    """RandomForestRegressor, pruned."""
    model = _class("sklearn.ensemble:RandomForestRegressor")(random_state=0, **p)
    return _score("mae", _answers(model), folds("star98"))


# Support vector machines.


@_program(
    "svm",
    "digits",
    {
        "C": Float(1e-2, 1e3, log=True),
        "gamma": Float(1e-5, 1.0, log=True),
        "kernel": Categorical(["rbf", "poly", "sigmoid"]),
        "degree": Int(2, 5, when={"kernel": "poly"}),
        "coef0": Float(0.0, 2.0, when={"kernel": ["poly", "sigmoid"]}),
    },
    {"C": 1.0, "kernel": "rbf", "degree": 3, "coef0": 0.0},
)
def svc_digits(p: Values) -> float:
    """SVC with its kernels."""
    model = _class("sklearn.svm:SVC")(**p)
    return _score("error", _answers(model), folds("digits", rows=700))


@_program(
    "svm",
    "modechoice",
    {
        "C": Float(1e-3, 1e4, log=True),
        "gamma": Float(1e-4, 10.0, log=True),
        "shrinking": Bool(),
        "class_weight": Categorical(["none", "balanced"]),
    },
    {"C": 1.0, "shrinking": True, "class_weight": "none"},
)
def svc_modechoice(p: Values) -> float:
    """SVC with the radial kernel."""
    weight = {"class_weight": None if p["class_weight"] == "none" else p["class_weight"]}
    return _score("error", _answers(_class("sklearn.svm:SVC")(**{**p, **weight})), folds("modechoice", 5))


@_program(
    "svm",
    "cars",
    {
        "C": Float(0.1, 1e3, log=True),
        "epsilon": Float(1e-3, 10.0, log=True),
        "kernel": Categorical(["linear", "rbf"]),
        "gamma": Float(1e-3, 10.0, log=True, when={"kernel": "rbf"}),
    },
    {"C": 1.0, "epsilon": 0.1, "kernel": "rbf"},
)
def svr_cars(p: Values) -> float:
    """SVR with two kernels."""
    return _score("rmse", _answers(_class("sklearn.svm:SVR")(max_iter=20_000, **p)), folds("cars", 3))


@_program(
    "svm",
    "docstrings",
    {
        "ngram_max": Int(1, 3),
        "min_df": Int(1, 10),
        "max_df": Float(0.2, 1.0),
        "sublinear_tf": Bool(),
        "C": Float(1e-3, 1e2, log=True),
        "loss": Categorical(["hinge", "squared_hinge"]),
    },
    {"ngram_max": 1, "min_df": 1, "max_df": 1.0, "sublinear_tf": False, "C": 1.0, "loss": "squared_hinge"},
)
def linearsvc_docstrings(p: Values) -> float:
    """TfidfVectorizer and LinearSVC."""
    train, y, valid, y_valid = texts()
    words = {"ngram_range": (1, p["ngram_max"]), "min_df": p["min_df"], "max_df": p["max_df"]}
    vectorizer = _class("sklearn.feature_extraction.text:TfidfVectorizer")(sublinear_tf=p["sublinear_tf"], **words)
    model = _class("sklearn.svm:LinearSVC")(C=p["C"], loss=p["loss"], random_state=0)
    model.fit(vectorizer.fit_transform(train), y)
    return _error(y, y_valid, model.predict(vectorizer.transform(valid)))


# Linear models, and two without training.


@_program(
    "linear",
    "wine",
    {
        "C": Float(1e-4, 1e3, log=True),
        "l1_ratio": Float(0.0, 1.0),
        "tol": Float(1e-5, 1e-1, log=True),
        "max_iter": Int(10, 200, log=True),
        "fit_intercept": Bool(),
    },
    {"C": 1.0, "l1_ratio": 0.0, "tol": 1e-4, "max_iter": 100, "fit_intercept": True},
)
def logreg_wine(p: Values) -> float:
    """LogisticRegression by saga."""
    model = _class("sklearn.linear_model:LogisticRegression")(solver="saga", random_state=0, **p)
    return _score("log_loss", _probabilities(model), folds("wine", 5))


@_program(
    "linear",
    "docstrings",
    {
        "C": Float(1e-3, 1e3, log=True),
        "ngram_max": Int(1, 2),
        "min_df": Int(1, 8),
        "max_features": Int(100, 5000, log=True),
        "use_idf": Bool(),
        "class_weight": Categorical(["none", "balanced"]),
    },
    {"C": 1.0, "ngram_max": 1, "min_df": 1, "use_idf": True, "class_weight": "none"},
)
def logreg_docstrings(p: Values) -> float:
    """Bag of words and softmax regression."""
    train, y, valid, y_valid = texts()
    words = {name: p[name] for name in ("min_df", "max_features", "use_idf")}
    vectorizer = _class("sklearn.feature_extraction.text:TfidfVectorizer")(ngram_range=(1, p["ngram_max"]), **words)
    weight = None if p["class_weight"] == "none" else p["class_weight"]
    model = _class("sklearn.linear_model:LogisticRegression")(C=p["C"], class_weight=weight, max_iter=100)
    model.fit(vectorizer.fit_transform(train), y)
    return _log_loss(y, y_valid, model.predict_proba(vectorizer.transform(valid)))


@_program(
    "linear",
    "digits",
    {
        "loss": Categorical(["hinge", "log_loss", "modified_huber", "perceptron"]),
        "penalty": Categorical(["l2", "l1", "elasticnet"]),
        "alpha": Float(1e-7, 1e-1, log=True),
        "l1_ratio": Float(0.0, 1.0, when={"penalty": "elasticnet"}),
        "learning_rate": Categorical(["optimal", "constant", "invscaling", "adaptive"]),
        "eta0": Float(1e-4, 1.0, log=True, when={"learning_rate": ["constant", "invscaling", "adaptive"]}),
        "average": Bool(),
    },
    {
        "loss": "hinge",
        "penalty": "l2",
        "alpha": 1e-4,
        "l1_ratio": 0.15,
        "learning_rate": "optimal",
        "eta0": 0.01,
        "average": False,
    },
)
def sgd_digits(p: Values) -> float:
    """SGDClassifier, most of it categories."""
    model = _class("sklearn.linear_model:SGDClassifier")(max_iter=30, random_state=0, **p)
    return _score("error", _answers(model), folds("digits", rows=700))


@_program(
    "linear",
    "diabetes",
    {
        "degree": Int(1, 3),
        "interaction_only": Bool(),
        "alpha": Float(1e-3, 100.0, log=True),
        "l1_ratio": Float(0.0, 1.0),
        "selection": Categorical(["cyclic", "random"]),
    },
    {"degree": 2, "interaction_only": False, "alpha": 1.0, "l1_ratio": 0.5, "selection": "cyclic"},
)
def elasticnet_diabetes(p: Values) -> float:
    """ElasticNet on polynomial features."""
    features = _class("sklearn.preprocessing:PolynomialFeatures")(p["degree"], interaction_only=p["interaction_only"])
    options = {name: p[name] for name in ("alpha", "l1_ratio", "selection")}
    model = _class("sklearn.linear_model:ElasticNet")(max_iter=300, random_state=0, **options)
    pipeline = _class("sklearn.pipeline:make_pipeline")(
        features, _class("sklearn.preprocessing:StandardScaler")(), model
    )
    return _score("rmse", _answers(pipeline), folds("diabetes"))


@_program(
    "linear",
    "co2",
    {
        "lags": Int(1, 60),
        "alpha": Float(1e-6, 1e4, log=True),
        "harmonics": Int(0, 6),
        "trend": Bool(),
        "fit_intercept": Bool(),
    },
    {"alpha": 1.0, "fit_intercept": True},
)
def ridge_co2(p: Values) -> float:
    """Ridge regression of a series 12 weeks ahead, on its past and the season."""
    values, ahead = series("co2")[::2], 6  # every second week
    cut = len(values) - ahead - 400
    values = values - values[:cut].mean()
    now = np.arange(p["lags"] - 1, len(values) - ahead)
    columns = [np.lib.stride_tricks.sliding_window_view(values, p["lags"])[: len(now)]]
    for k in range(1, p["harmonics"] + 1):
        angle = 2 * np.pi * k * (now + ahead)[:, None] * 14 / 365.25
        columns += [np.sin(angle), np.cos(angle)]
    columns += [now[:, None] / len(values)] if p["trend"] else []
    x, y, known = np.hstack(columns), values[now + ahead], now < cut
    split = (Fold(x[known], y[known], x[~known], y[~known]),)
    model = _class("sklearn.linear_model:Ridge")(alpha=p["alpha"], fit_intercept=p["fit_intercept"])
    return _score("rmse", _answers(model), split)


@_program(
    "neighbours",
    "digits",
    {
        "n_neighbors": Int(1, 50),
        "weights": Categorical(["uniform", "distance"]),
        "p": Float(1.0, 5.0),
        "n_components": Int(2, 60),
        "whiten": Bool(),
    },
    {"n_neighbors": 5, "weights": "uniform", "p": 2.0, "whiten": False},
)
def knn_digits(p: Values) -> float:
    """Principal components and KNeighborsClassifier."""
    reduced = _class("sklearn.decomposition:PCA")(p["n_components"], whiten=p["whiten"], random_state=0)
    options = {name: p[name] for name in ("n_neighbors", "weights", "p")}
    model = _class("sklearn.pipeline:make_pipeline")(
        reduced, _class("sklearn.neighbors:KNeighborsClassifier")(**options)
    )
    return _score("error", _answers(model), folds("digits", rows=600))


def load_programs(names: str = "", *, need_reference: bool = True) -> list[Program]:
    """The programs that can be run here; those left out are named on stderr.

    Args:
        names: Comma-separated beginnings of names to keep; a leading ``-`` drops instead.
        need_reference: Leave out those without reference values.
    """
    programs = []
    for program in select(list(PROGRAMS.values()), names):
        if program.missing and "BENCH_EVAL_PYTHON" not in os.environ:
            print(f"left out: {program.name} needs {program.missing}", file=sys.stderr)
        elif need_reference and program.name not in _stored()["programs"]:
            print(f"left out: {program.name} has no reference values; --reference makes them", file=sys.stderr)
        else:
            programs.append(program)
    return programs


# Training by another interpreter, and the command line.


@cache
def _child() -> subprocess.Popen[str]:
    source = Path(importlib.import_module("scriptune").__file__ or "").parent.parent
    environment = {name: value for name, value in os.environ.items() if name != "BENCH_EVAL_PYTHON"}
    command = [os.environ["BENCH_EVAL_PYTHON"], __file__, "--serve"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, text=True, env=environment | {"PYTHONPATH": str(source)}, **pipes)


def _ask_child(name: str, params: Params) -> float:
    child = _child()
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps([name, params]) + "\n")
    child.stdin.flush()
    answer = child.stdout.readline()
    if not answer:
        raise SystemExit(f"{os.environ['BENCH_EVAL_PYTHON']} ended while it trained {name} with {params}; see above.")
    return float(answer)


def _serve() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # what libraries print is no answer
    for line in sys.stdin:
        name, params = json.loads(line)
        print(repr(PROGRAMS[name].evaluate(params)), file=answers, flush=True)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version("xgboost-cpu" if name == "xgboost" and find_spec("xgboost") else name)
        except PackageNotFoundError:
            found |= {name: version(name)} if find_spec(name) else {}
    return found


def _make_references(programs: list[Program]) -> None:
    """Add what is missing; each program is written as it ends, so an interrupted run goes on."""
    stored = _stored()
    stored = {"draws": N_DRAWS, "versions": _versions() | stored.get("versions", {}), "programs": stored["programs"]}
    for program in programs:
        if program.name not in stored["programs"]:
            stored["programs"][program.name] = program.make_reference()
            order = {name: stored["programs"][name] for name in PROGRAMS if name in stored["programs"]}
            text = json.dumps(stored | {"programs": order}, indent=1)
            _REFERENCE.write_text(text + "\n")
            print(program.name, json.dumps(order[program.name]), flush=True)


def _check(programs: list[Program]) -> bool:
    """Train with the best and the worst draw again, and compare with what is stored."""
    here, stored = _versions(), _stored()["versions"]
    for name in stored:
        if here.get(name) != stored[name]:
            print(f"{name} is {here.get(name, 'missing')} here; the values were made with {stored[name]}")
    same = True
    for program in programs:
        for which in ("best", "worst"):
            expected = program.reference["y_best_draw" if which == "best" else "y_worst"]
            value = program.evaluate(program.reference[which])
            if not math.isclose(value, expected, rel_tol=1e-8):
                same = False
                print(f"{program.name} gives {value:.10g} with its {which} draw, and is stored with {expected:.10g}")
    return same


def _list(programs: list[Program]) -> None:
    print(f"{'program':24s} {'kind':11s} {'data':14s} {'rows':>5s} {'d':>2s} {'s':>6s}  default   median     best")
    for program in programs:
        r = program.reference
        values = f"{r['y_default']:8.4f} {r['y_median']:8.4f} {r['y_best']:8.4f}"
        about = f"{program.name:24s} {program.family:11s} {program.data:14s}"
        print(f"{about} {r['rows']:5d} {len(program.space):2d} {r['seconds']:6.3f} {values}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="?", default="", help="comma-separated beginnings of names; -x drops")
    parser.add_argument("--reference", action="store_true", help="make the reference values that are missing")
    parser.add_argument("--check", action="store_true", help="compare with the reference values")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        _serve()
        return 0
    programs = load_programs(args.names, need_reference=not args.reference)
    if args.reference:
        _make_references(programs)
        return 0
    if args.check:
        return 0 if _check(programs) else 1
    _list(programs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
