"""What drivers raise -> our exceptions. No password and no parameter of a statement reaches a message.

SQLite tells the kind of failure by its error name, PostgreSQL by the SQLSTATE, psycopg's connection failures by
nothing but their text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from scriptune.errors import (
    ConflictError,
    ScriptuneError,
    SettingsError,
    StorageCorruptError,
    StorageError,
    StorageUnavailableError,
)
from scriptune.storage.sqlite_files import first_line, sqlite_failure

__all__ = ["is_missing_table", "translated"]

# Classes and single codes of SQLSTATE after which the same transaction may succeed.
_TRANSIENT_STATES = (
    "08",  # connection
    "53",  # out of disk, memory or connections
    "57",  # stopped by the administrator, starting up, cancelled
    "58",  # system error
    "40",  # serialisation, deadlock
    "55P03",  # lock not available
    "25006",  # read only: a standby
)
_REFUSED = ("authentication failed", "does not exist", "no pg_hba.conf entry", "permission denied", "no password")


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Run a block of statements; ``place`` names the database in messages (without its password)."""
    try:
        yield
    except exc.IntegrityError as err:
        raise ConflictError(
            f"Another process wrote the same row of {place} at the same moment ({first_line(err.orig)}); try again."
        ) from err
    except exc.DBAPIError as err:
        raise _translate(err, place) from err
    except exc.TimeoutError as err:
        raise StorageUnavailableError(f"All connections to {place} are in use; try again.") from err
    except exc.StatementError as err:
        # A value that a column refused, raised by our own column types or by the JSON encoder.
        if isinstance(err.orig, (ValueError, TypeError)):
            raise err.orig from None
        raise StorageError(f"{place} cannot store this: {first_line(err.orig)}.") from err


def _translate(err: exc.DBAPIError, place: str) -> ScriptuneError:
    name = getattr(err.orig, "sqlite_errorname", None)
    if name is not None:
        return sqlite_failure(err.orig, place)
    state = getattr(err.orig, "sqlstate", None)
    text = first_line(err.orig)
    if state is None:
        if any(words in str(err.orig) for words in _REFUSED):
            return SettingsError(f"{place} refuses the connection: {text}.", hint="Check the database URL.")
        if isinstance(err, (exc.OperationalError, exc.InterfaceError)) or err.connection_invalidated:
            return StorageUnavailableError(f"{place} does not answer: {text}.", hint="Is the server running?")
        return StorageError(f"{place} failed: {text}.")
    if state.startswith("XX"):
        return StorageCorruptError(f"{place} is damaged: {text}.", hint="Restore it from a backup.")
    if state.startswith(_TRANSIENT_STATES) or err.connection_invalidated:
        return StorageUnavailableError(f"{place} cannot do this now: {text}.", hint="Try again.")
    return StorageError(f"{place} failed: {text} (SQLSTATE {state}).")


def is_missing_table(err: exc.DBAPIError) -> bool:
    """Whether a statement failed because a PostgreSQL table is not there."""
    return getattr(err.orig, "sqlstate", None) == "42P01"
