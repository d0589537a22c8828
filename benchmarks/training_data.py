"""Small data sets that installed packages ship, split into training and validation rows.

scikit-learn brings digits, breast_cancer, wine and diabetes, statsmodels anes96, fair, randhie, star98, modechoice,
sunspots and co2, vega_datasets cars and weather. ``docstrings`` are texts: which part of SciPy a description is from.
``friedman`` is computed. Splits and subsets have fixed seeds.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["DATA", "NEEDS", "Fold", "count_rows", "folds", "series", "texts"]

Array = npt.NDArray[Any]
_MAX_ROWS = 2000  # of the two surveys with more; a training is to take a fraction of a second


class Fold(NamedTuple):
    """Rows to train on and rows to judge by; ``x`` are standardised by the training rows."""

    x: Array
    y: Array
    x_valid: Array
    y_valid: Array


def _bundled(loader: str) -> tuple[Array, Array]:
    x, y = getattr(importlib.import_module("sklearn.datasets"), loader)(return_X_y=True)
    return x.astype(np.float64), y


def _statsmodels(name: str) -> Any:
    return importlib.import_module(f"statsmodels.datasets.{name}").load_pandas().data


def _anes96() -> tuple[Array, Array]:
    """Party identification, from 0 to 6, of 944 voters."""
    table = _statsmodels("anes96")
    return table[["logpopul", "TVnews", "selfLR", "ClinLR", "DoleLR", "age", "educ", "income"]].to_numpy(
        float
    ), table.PID.to_numpy(int)


def _fair() -> tuple[Array, Array]:
    """Whether a marriage saw an affair."""
    table = _statsmodels("fair").sample(_MAX_ROWS, random_state=0)
    return table.drop(columns="affairs").to_numpy(float), (table.affairs > 0).to_numpy(int)


def _randhie() -> tuple[Array, Array]:
    """Visits to a doctor, as log(1 + n)."""
    table = _statsmodels("randhie").sample(_MAX_ROWS, random_state=0)
    return table.drop(columns="mdvis").to_numpy(float), np.log1p(table.mdvis.to_numpy(float))


def _star98() -> tuple[Array, Array]:
    """Percentage of pupils above the median in mathematics, of 303 school districts."""
    table = _statsmodels("star98")
    share = 100 * table.NABOVE / (table.NABOVE + table.NBELOW)
    return table.drop(columns=["NABOVE", "NBELOW"]).to_numpy(float), share.to_numpy(float)


def _modechoice() -> tuple[Array, Array]:
    """Which of four ways to travel each of 210 people took."""
    table = _statsmodels("modechoice").sort_values(["individual", "mode"])
    wide = table[["ttme", "invc", "invt", "gc"]].to_numpy(float).reshape(-1, 16)
    person = table[["hinc", "psize"]].to_numpy(float)[::4]
    return np.hstack([wide, person]), table.choice.to_numpy(int).reshape(-1, 4).argmax(axis=1)


def _cars() -> tuple[Array, Array]:
    """Miles per gallon."""
    table = importlib.import_module("vega_datasets").local_data.cars().dropna()
    year = importlib.import_module("pandas").to_datetime(table.Year).dt.year
    origin = np.stack([table.Origin == name for name in ("USA", "Japan")], axis=1)
    columns = table[["Cylinders", "Displacement", "Horsepower", "Weight_in_lbs", "Acceleration"]].to_numpy(float)
    return np.column_stack([columns, year, origin]), table.Miles_per_Gallon.to_numpy(float)


def _weather() -> tuple[Array, Array]:
    """Tomorrow's weather in Seattle (five kinds) from today's and yesterday's."""
    table = importlib.import_module("vega_datasets").local_data.seattle_weather()
    kinds = sorted(set(table.weather))
    kind = table.weather.map(kinds.index).to_numpy(int)
    today = np.column_stack([table[["precipitation", "temp_max", "temp_min", "wind"]].to_numpy(float), np.eye(5)[kind]])
    season = 2 * np.pi * np.arange(len(table)) / 365.25
    x = np.column_stack([today[1:-1], today[:-2], np.sin(season[2:]), np.cos(season[2:])])
    return x, kind[2:]


def _friedman() -> tuple[Array, Array]:
    datasets = importlib.import_module("sklearn.datasets")
    x, y = datasets.make_friedman1(n_samples=800, n_features=10, noise=1.0, random_state=0)
    return x, y


DATA: dict[str, Callable[[], tuple[Array, Array]]] = {
    **{name: (lambda name=name: _bundled(f"load_{name}")) for name in ("breast_cancer", "wine", "diabetes")},
    "digits": lambda: _bundled("load_digits"),
    "anes96": _anes96,
    "fair": _fair,
    "randhie": _randhie,
    "star98": _star98,
    "modechoice": _modechoice,
    "cars": _cars,
    "weather": _weather,
    "friedman": _friedman,
}
NEEDS = {
    **dict.fromkeys(("anes96", "fair", "randhie", "star98", "modechoice", "sunspots", "co2"), "statsmodels"),
    **dict.fromkeys(("cars", "weather"), "vega_datasets"),
}
"""The package of a data set that scikit-learn does not bring."""


@cache
def folds(name: str, k: int = 1, rows: int | None = None) -> tuple[Fold, ...]:
    """``k`` folds of cross-validation over a data set, or for 1 a single split with 30 % to judge by.

    Args:
        name: A key of DATA.
        k: Number of folds.
        rows: Use only so many rows, drawn once.
    """
    x, y = DATA[name]()
    order = np.random.default_rng(0).permutation(len(x))[:rows]
    x, y = x[order], y[order]
    part = np.arange(len(x)) % k if k > 1 else (np.arange(len(x)) >= 0.7 * len(x)).astype(int) - 1
    return tuple(_fold(x, y, part == fold) for fold in range(k))


def _fold(x: Array, y: Array, valid: Array) -> Fold:
    mean, deviation = x[~valid].mean(axis=0), x[~valid].std(axis=0)
    x = (x - mean) / np.where(deviation > 0, deviation, 1.0)
    return Fold(x[~valid], y[~valid], x[valid], y[valid])


@cache
def series(name: str) -> Array:
    """A time series without gaps: yearly ``sunspots`` (309) or weekly ``co2`` (2,284)."""
    if name == "sunspots":
        return _statsmodels("sunspots").SUNACTIVITY.to_numpy(float)
    values: Array = _statsmodels("co2").co2.interpolate().to_numpy(float)
    return values


_PARTS = ("stats", "signal", "linalg", "ndimage", "optimize", "sparse", "special", "interpolate", "spatial", "fft")
_MIN_WORDS, _MAX_WORDS = 6, 30


@cache
def texts() -> tuple[list[str], Array, list[str], Array]:
    """Beginnings of descriptions in SciPy and the number of its part: texts, parts, and both again for validation."""
    found: dict[str, int] = {}
    for number, part in enumerate(_PARTS):
        module = importlib.import_module(f"scipy.{part}")
        for name in sorted(module.__all__):
            described = (inspect.getdoc(getattr(module, name)) or "").split("Parameters\n---")[0]
            words = re.findall(r"[a-z]{2,}", described.lower())[:_MAX_WORDS]
            if len(words) >= _MIN_WORDS:
                found.setdefault(" ".join(words), number)
    order = np.random.default_rng(0).permutation(len(found))
    text, part_of = list(found), np.array(list(found.values()))
    cut = int(0.7 * len(order))
    train, valid = order[:cut], order[cut:]
    return [text[i] for i in train], part_of[train], [text[i] for i in valid], part_of[valid]


def count_rows(name: str) -> int:
    """Rows of a data set, to train on and to judge by."""
    if name == "docstrings":
        return len(texts()[0]) + len(texts()[2])
    return len(series(name)) if name in ("sunspots", "co2") else len(DATA[name]()[0])
