"""Trials as tables, for pandas and for notebooks."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from scriptune.core.trial import Trial, TrialState
from scriptune.errors import MissingExtraError
from scriptune.messages import Message

if TYPE_CHECKING:
    import pandas

__all__ = ["TrialList", "html_table"]


class TrialList(list[Trial]):
    """A list of trials that can be shown as a table, for pandas and notebooks."""

    def to_frame(self) -> pandas.DataFrame:
        """One row per trial, indexed by number: state, value, a column per metric and per parameter, times.

        Parameters are called ``params.NAME`` and metrics ``metrics.NAME``, so that no two columns have one name.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError as err:
            raise MissingExtraError(Message("client.needs_pandas"), hint=Message("client.install_pandas")) from err
        # Of a job that has just been submitted, the table has no rows, and the columns that all tables have.
        rows = [_row(trial) for trial in self]
        return pandas.DataFrame(rows, columns=None if rows else list(_row(Trial(0, {}, TrialState.WAITING)))).set_index(
            "number"
        )

    def _repr_html_(self) -> str:
        return html_table(self)


def _row(trial: Trial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": str(trial.state),
        "value": trial.value,
        "cause": str(trial.cause) if trial.cause else None,
        **{f"metrics.{name}": value for name, value in trial.metrics.items()},
        **{f"params.{name}": value for name, value in trial.params.items()},
        "started_at": trial.started_at,
        "finished_at": trial.finished_at,
    }


def html_table(trials: Sequence[Trial]) -> str:
    """An HTML table of trials for notebooks."""
    if not trials:
        return "<p>no trials</p>"
    names = list(dict.fromkeys(name for trial in trials for name in trial.params))
    return "<table>" + "".join(_html_rows(trials, names)) + "</table>"


def _html_rows(trials: Sequence[Trial], names: Sequence[str]) -> Iterator[str]:
    titles = ["trial", "state", "value", *names]
    yield "<tr>" + "".join(f"<th>{html.escape(title)}</th>" for title in titles) + "</tr>"
    for trial in trials:
        value = "" if trial.value is None else f"{trial.value:.6g}"
        cells = [str(trial.number), str(trial.state), value, *(str(trial.params.get(name, "")) for name in names)]
        yield "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
