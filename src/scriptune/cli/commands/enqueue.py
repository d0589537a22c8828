"""``enqueue``: configurations to try next."""

from __future__ import annotations

from collections.abc import Sequence

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.documents import named_values
from scriptune.cli.formats import one_line
from scriptune.cli.output import print_json
from scriptune.cli.session import open_engine
from scriptune.core.job import JobSpec
from scriptune.core.parameters import Scalar
from scriptune.engine.views import JobDetail
from scriptune.errors import SpaceError
from scriptune.jobfile.parser import plain_scalar
from scriptune.messages import Message, counted
from scriptune.storage.base import JobUse

__all__ = ["enqueue"]


@click.command(
    cls=Command,
    arguments="[JOB] NAME=VALUE...",
    example="scriptune enqueue digits-mlp lr=0.01 optimizer=adam\n"
    "scriptune enqueue lr=0.01\n"
    "scriptune enqueue digits-mlp lr=0.01 lr=0.02 optimizer=sgd",
)
@click.argument("words", nargs=-1, metavar="[JOB] NAME=VALUE...")
@pass_shared
def enqueue(shared: Shared, words: tuple[str, ...]) -> None:
    """Try a configuration next; the sampler chooses the values that you leave out.

    A name that is given again begins the next configuration. A configuration that was tried before runs again.
    """
    job = words[0] if words and "=" not in words[0] else None
    pairs = named_values(words[job is not None :], "NAME=VALUE")
    if not pairs:
        raise click.UsageError(Message("cli.nothing_to_enqueue"))
    engine = open_engine(shared)
    detail = engine.show(job, JobUse.CHANGE)
    found = detail.summary.job
    spec = engine.spec(found.id)
    many = [{name: _value(spec, name, text) for name, text in one.items()} for one in _configurations(pairs)]
    engine.enqueue(found.id, many)
    if shared.as_json:
        print_json(engine.job(found.id).job)
    else:
        wait = "waits" if len(many) == 1 else "wait"
        name = f"{one_line(found.name)} ({found.id[:8]})"
        click.echo(f"{counted(len(many), 'configuration')} {wait} for {name}. {_when(shared, detail, len(many))}")


def _configurations(pairs: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """The configurations that follow each other in a list of names and values."""
    found: list[dict[str, str]] = [{}]
    for name, text in pairs:
        if name in found[-1]:
            found.append({})
        found[-1][name] = text
    return found


def _value(spec: JobSpec, name: str, text: str) -> Scalar | None:
    """A value as a job file reads it; as the text itself where only that is legal, as for a choice called ``1e-3``."""
    value = plain_scalar(text)
    if name in spec.space:
        try:
            spec.space[name].coerce(value)
        except SpaceError:
            return text if spec.space[name].contains(text) else value
    return value


def _when(shared: Shared, detail: JobDetail, n: int) -> str:
    """When they are tried."""
    job, n_trials = detail.summary.job, sum(detail.summary.counts.values())
    if n_trials >= job.n_trials:
        more = shared.command("resume", job.id[:8], "--trials", f"+{n}")
        return f"The search has no trial left to start; to run {'it' if n == 1 else 'them'}: {more}"
    if detail.owner_alive:
        return "The next trials are these."
    return f"To continue the search: {shared.command('resume', job.id[:8])}"
