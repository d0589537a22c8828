"""``confirm``: run the best configurations of a search again."""

from __future__ import annotations

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.formats import one_line
from scriptune.cli.session import JOB, open_engine
from scriptune.cli.started_job import run_job, show_queued
from scriptune.storage.base import JobUse

__all__ = ["confirm"]


@click.command(
    cls=Command,
    example="scriptune confirm\nscriptune confirm digits-mlp --top 5 --repeats 3 --seed-flag=--seed",
)
@JOB
@click.option("--top", type=int, metavar="K", default=3, show_default=True, help="How many of the best configurations.")
@click.option("--repeats", type=int, metavar="R", default=2, show_default=True, help="How often each is run again.")
@click.option(
    "--seed-flag",
    metavar="NAME",
    help="The program's flag for its seed; each run gets another one. Leave it out if the program draws its own.",
)
@click.option("-j", "--parallel", type=int, metavar="N", help="Runs at the same time (default: as in the search).")
@click.option("--detach", is_flag=True, help="Only queue the runs, for a server or a later resume.")
@pass_shared
def confirm(
    shared: Shared,
    job: str | None,
    top: int,
    repeats: int,
    seed_flag: str | None,
    parallel: int | None,
    detach: bool,
) -> int:
    """Run the best configurations of a search again, to see how good they really are.

    The best value of a search is partly luck. This shows the mean of further runs, their spread, and the chance of each
    configuration to be the best. The runs are a job of their own and cost the search no budget; a further confirm
    adds runs, and after an interruption it continues.
    """
    engine = open_engine(shared)
    before = engine.job(job, JobUse.CHANGE).job
    confirming = engine.confirm(
        before.id, top=top, repeats=repeats, seed_flag=seed_flag, parallel=parallel, hold=not detach
    )
    if confirming.started_at is not None:
        click.echo(f"Continuing {one_line(confirming.name)} ({confirming.id[:8]}), which was interrupted.", err=True)
    return show_queued(shared, confirming) if detach else run_job(shared, engine, confirming)
