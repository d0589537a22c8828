"""``check``: check a search before spending its budget."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from scriptune.cli.base import INTERRUPTED, Shared, pass_shared
from scriptune.cli.documents import read_document
from scriptune.cli.formats import duration, log_line, metric_texts, number, one_line, params_text, printable, shorten
from scriptune.cli.output import Column, heading, is_terminal, pairs, print_json, table, terminal_width
from scriptune.cli.search_flags import RunCommand, program, search_flags
from scriptune.cli.session import open_engine
from scriptune.engine.serialise import to_json
from scriptune.engine.views import CheckReport
from scriptune.inspection.proposed_metric import ProposedMetric
from scriptune.messages import Message, counted

__all__ = ["check"]

_NOTHING = (("metric", "\\A\\b\\B"),)  # stands for a metric where only a proposal is wanted
_ANY = ("_check=0,1:style=env",)  # and for a parameter; it leaves the command as it is
_MAX_CAPTURES = 20  # rows shown; the counts say how many there are


@click.command(
    cls=RunCommand,
    arguments="[FILE] [-- PROGRAM ARGUMENTS...]",
    example="scriptune check job.yaml\n"
    "scriptune check job.yaml --log old-run.txt\n"
    "scriptune check --log old-run.txt --suggest val_acc=0.91\n"
    "scriptune check -p lr=1e-5..1e-1:log -m 'acc=([0-9.]+)' --maximize -- python train.py",
)
@search_flags
@click.option(
    "--log", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Read this log instead of running."
)
@click.option(
    "--twice",
    is_flag=True,
    help="Run the program a second time with very different parameters, even if a run takes long.",
)
@click.option("--no-run", is_flag=True, help="Check only the job file.")
@click.option(
    "--suggest", metavar="EXAMPLE", help="Propose a regex for this number in the output: 0.91 or val_acc=0.91."
)
@pass_shared
def check(
    shared: Shared,
    /,
    file: Path | None,
    params: tuple[str, ...],
    metrics: tuple[str | tuple[str, str], ...],
    log: Path | None,
    twice: bool,
    no_run: bool,
    suggest: str | None,
    **flags: Any,
) -> int:
    """Check a search before spending its budget.

    Reads the job file, runs the program like the first trial (or reads --log), shows every number that the regexes
    capture and the line it is in, and estimates how long the search will take. If the run was quick, or with --twice,
    it runs the program again with very different parameters and warns if the output is the same. If the regexes
    capture nothing, it shows the closest lines and a regex that works on them. --suggest needs no metric and no
    parameter, and with --log no program.
    """
    if suggest is not None and log is not None and file is None and not program():
        _show_proposal(shared, open_engine(shared, or_empty=True, read_only=True).propose_metric(log, suggest))
        return 0
    if suggest is not None and no_run and log is None:
        raise click.UsageError(Message("cli.suggest_needs_output"))
    is_only_suggestion = suggest is not None and file is None and not metrics
    if is_only_suggestion:
        metrics, flags["goal"], params = _NOTHING, flags["goal"] or "maximize", params or _ANY
    checked = read_document(file, program(), params, metrics, flags)
    engine = open_engine(shared, or_empty=True, read_only=True)
    echo = None if shared.as_json or no_run or log else _Echo()
    try:
        report = engine.check(
            checked,
            log=log,
            run=not no_run,
            twice=False if is_only_suggestion else (twice or None),
            on_output=echo,
        )
    except KeyboardInterrupt:
        click.echo("\nInterrupted: nothing was checked, and no program is left running.", err=True)
        return INTERRUPTED
    if echo is not None:
        echo.close()
    proposal = engine.propose_metric(Path(report.log_path), suggest) if suggest is not None else None
    if is_only_suggestion and proposal is not None:
        _show_proposal(shared, proposal)
        return 0
    if shared.as_json:
        print_json(report if proposal is None else {**to_json(report), "proposal": to_json(proposal)})
    else:
        if proposal is not None:
            _show_proposal(shared, proposal)
            click.echo()
        _show(report, looked_at_output=not no_run or log is not None)
    return 0 if report.ok else 1


def _show_proposal(shared: Shared, proposal: ProposedMetric) -> None:
    """Print a proposed regex, what it captures, and how to use it."""
    if shared.as_json:
        print_json({"proposal": to_json(proposal)})
        return
    values = ", ".join(map(number, proposal.values)) + (", ..." if proposal.n_captures > len(proposal.values) else "")
    pairs(
        [
            ("regex", printable(proposal.regex)),
            ("first line", log_line(proposal.line)),
            ("captures", f"{counted(proposal.n_captures, 'number')}: {values}"),
            ("to use it", shlex.join(["--metric", proposal.name, proposal.regex])),
        ]
    )


class _Echo:
    """Shows the program's output on stderr while it runs, so that stdout has only the report."""

    def __init__(self) -> None:
        self._at_start = True

    def __call__(self, text: str) -> None:
        if self._at_start:
            click.echo(click.style("Running the program as the first trial will:", fg="bright_black"), err=True)
            self._at_start = False
        click.echo(printable(text) if sys.stderr.isatty() else text, nl=False, err=True)

    def close(self) -> None:
        """Print an empty line between output and report."""
        if not self._at_start:
            click.echo(err=True)


def _show(report: CheckReport, *, looked_at_output: bool) -> None:
    document = report.document
    search, objective = document["search"], document["objective"]
    heading(one_line(str(document.get("name") or "job")))
    pairs(
        [
            ("command", report.command_line),
            ("search", _space_text(report)),
            (
                "objective",
                f"{objective['goal']} {objective['metric']}, {objective['reduce']} of its reports",
            ),
            *(("metric", text) for text in metric_texts(document)),
            (
                "budget",
                f"{counted(search['trials'], 'trial')} of {search['sampler']}, "
                f"{document['run']['parallel']} in parallel",
            ),
        ]
    )
    found = [notice for notice in report.notices if notice.code.startswith("notice.")] if looked_at_output else []
    for warning in [*report.warnings, *map(one_line, report.hints)]:
        if warning not in found:
            click.echo(click.style("Warning: ", fg="yellow", bold=True) + warning)
    if not looked_at_output:
        click.echo("The job file is fine; its program and regexes were not tried.")
        return
    _show_captures(report)
    for notice in found:
        click.echo(click.style("Warning: ", fg="yellow", bold=True) + printable(notice))
    if report.ok:
        values = ", ".join(f"{name} {number(value)}{_unit(report, name)}" for name, value in report.values.items())
        click.echo(click.style("OK: ", fg="green", bold=True) + f"the value of this trial would be {values}")
        compared = report.second_values and not any(
            notice.code.startswith("notice.check_") for notice in report.notices
        )
        if compared:
            click.echo(f"    A second run, with {params_text(report.second_params)}, reported other numbers.")
        if report.forecast_s is not None:
            click.echo(
                f"    It took {duration(report.wall_s)}; the search will take about {duration(report.forecast_s)}."
            )
    else:
        click.echo(click.style("Not ok: ", fg="red", bold=True) + printable(report.message))
        if report.log_path:
            click.echo(f"    The whole output: {report.log_path}")


def _unit(report: CheckReport, metric: str) -> str:
    unit = report.units.get(metric, "")
    return f" {one_line(unit)}" if unit else ""


def _space_text(report: CheckReport) -> str:
    n = report.n_configurations
    size = "" if n is None else f", {n:,} configuration{'s' if n != 1 else ''}"
    return counted(report.n_searched, "parameter") + size


def _show_captures(report: CheckReport) -> None:
    if not report.captures:
        return
    width = terminal_width() if is_terminal() else 10_000  # a reader of a file sees whole lines
    rows = [
        [
            capture.metric,
            str(capture.line_number) if not capture.file else f"byte {capture.offset}",
            number(capture.value) + _unit(report, capture.metric) if capture.value is not None else "refused",
            shorten(log_line(f"{capture.file}: {capture.line}" if capture.file else capture.line), width),
        ]
        for capture in report.captures[:_MAX_CAPTURES]
    ]
    click.echo()
    table(
        [Column("metric"), Column("line", right=True), Column("value", right=True), Column("text", shrink=True)],
        rows,
    )
    for problem in dict.fromkeys(c.problem for c in report.captures[:_MAX_CAPTURES] if c.problem):
        click.echo(click.style("Warning: ", fg="yellow", bold=True) + one_line(problem))
    n_all = sum(report.n_captures.values())
    if n_all > len(rows):
        counts = ", ".join(f"{name} {n}" for name, n in report.n_captures.items())
        click.echo(f"... and {n_all - len(rows)} more ({counts})")
    click.echo()
