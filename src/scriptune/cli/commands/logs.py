"""``logs``: print the log of a trial."""

from __future__ import annotations

import time

import click

from scriptune.cli.base import Command, Shared, pass_shared
from scriptune.cli.formats import printable
from scriptune.cli.output import is_terminal, print_json
from scriptune.cli.session import open_engine
from scriptune.engine.engine import Engine
from scriptune.engine.views import LogChunk
from scriptune.errors import NotFoundError
from scriptune.messages import Message

__all__ = ["logs"]

_PIECE_BYTES = 256 * 1024
_FOLLOW_EVERY_S = 0.2


@click.command(
    cls=Command,
    arguments="[JOB] N",
    example="scriptune logs 7\nscriptune logs digits-mlp 7 -f\nscriptune logs 7 --tail 20 --attempt 1",
)
@click.argument("job", required=False)
@click.argument("number", required=False, type=int)
@click.option("-f", "--follow", is_flag=True, help="Follow the log until the trial ends.")
@click.option("--tail", type=click.IntRange(min=0), metavar="LINES", help="Only the last lines.")
@click.option("--attempt", type=click.IntRange(min=1), metavar="K", help="Log of this attempt. Default: the latest.")
@click.option("--path", is_flag=True, help="Print only the path of the log.")
@pass_shared
def logs(
    shared: Shared, job: str | None, number: int | None, follow: bool, tail: int | None, attempt: int | None, path: bool
) -> None:
    """Print the log of trial N."""
    if number is None:
        # One argument is the trial, of the latest job.
        if job is None:
            raise click.UsageError(Message("cli.which_trial"))
        if not job.isdecimal():
            raise click.UsageError(Message("cli.which_trial_of", job=job))
        number, job = int(job), None
    engine = open_engine(shared, read_only=True)
    if path:
        log_path = engine.log_path(job, number, attempt)
        print_json({"path": log_path}) if shared.as_json else click.echo(log_path)
        return
    job = engine.job(job).job.id  # the latest may be another one while we follow
    start = 0 if tail is None else _tail_offset(engine, job, number, attempt, tail)
    if shared.as_json:
        print_json(_whole(engine, job, number, attempt, start))
        return
    _copy(engine, job, number, attempt, start, follow=follow)


def _tail_offset(engine: Engine, job: str, number: int, attempt: int | None, n_lines: int) -> int:
    """The byte offset of the last ``n_lines`` lines, found by reading backwards in growing blocks."""
    look_back = _PIECE_BYTES
    while True:
        chunk = engine.log(job, number, offset=-look_back, limit=look_back, attempt=attempt)
        lines = chunk.text.splitlines(keepends=True)
        if len(lines) > n_lines or chunk.offset == 0:
            kept = "".join(lines[len(lines) - n_lines :]) if n_lines else ""
            # A replaced bad byte is three bytes long as text: the offset is then a little early, never late.
            return max(chunk.next_offset - len(kept.encode()), chunk.offset)
        look_back *= 8


def _copy(engine: Engine, job: str, number: int, attempt: int | None, offset: int, *, follow: bool) -> None:
    """Copy the log from an offset to stdout; control sequences are removed on terminals."""
    clean = is_terminal()
    while True:
        chunk = engine.log(job, number, offset=offset, limit=_PIECE_BYTES, attempt=attempt)
        click.echo(printable(chunk.text, keep_returns=True) if clean else chunk.text, nl=False)
        offset = chunk.next_offset
        if offset < chunk.size_bytes:
            continue
        if chunk.ended and not chunk.size_bytes:
            if chunk.pruned_at is not None:
                raise NotFoundError(Message("cli.log_pruned", number=number, at=f"{chunk.pruned_at:%Y-%m-%d %H:%M}"))
            _expect_file(engine, job, number, attempt)
        if chunk.ended or not follow:
            return
        time.sleep(_FOLLOW_EVERY_S)


def _expect_file(engine: Engine, job: str, number: int, attempt: int | None) -> None:
    """Raise an error if the log is gone rather than empty."""
    path = engine.log_path(job, number, attempt)
    if not path.exists():
        raise NotFoundError(Message("cli.no_log_file", number=number, path=str(path)))


def _whole(engine: Engine, job: str, number: int, attempt: int | None, offset: int) -> LogChunk:
    """The log from an offset to its current end as one chunk."""
    chunk = engine.log(job, number, offset=offset, limit=_PIECE_BYTES, attempt=attempt)
    texts = [chunk.text]
    while chunk.next_offset < chunk.size_bytes:
        chunk = engine.log(job, number, offset=chunk.next_offset, limit=_PIECE_BYTES, attempt=attempt)
        texts.append(chunk.text)
    return LogChunk("".join(texts), offset, chunk.next_offset, chunk.size_bytes, chunk.ended)
