"""A real PostgreSQL server for the tests, in a temporary folder, on loopback only."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from ports import free_port

__all__ = ["PASSWORD", "PostgresServer"]

PASSWORD = "hush/hush:%40 42"
"""With every sign that a URL must escape; no message may hold it."""

_LIMIT_S = 120.0


class PostgresServer:
    """One server with one user; every test takes a schema of its own.

    `stop` and `start` keep data and port, for tests of a server that goes away and comes back.
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="scriptune-postgres-"))
        self._owner = _owner()
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        if self._owner is not None:
            shutil.chown(self._folder, self._owner)
        password_file = self._folder / "password"
        password_file.write_text(PASSWORD)
        password_file.chmod(0o644)
        self._run(
            "initdb", f"--pgdata={self._folder / 'data'}", "--username=tester", "--encoding=UTF8", "--locale=C.UTF-8",
            "--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync",
        )  # fmt: skip
        self.start()

    @property
    def url(self) -> str:
        """The URL of the server's own database."""
        return f"postgresql+psycopg://tester:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/postgres"

    def new_url(self) -> str:
        """The URL of an empty schema that nobody else uses."""
        schema = f"test_{secrets.token_hex(6)}"
        with self.connect() as connection:
            connection.execute(f"CREATE SCHEMA {schema}".encode())
        return f"{self.url}?options=-csearch_path%3D{schema}"

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """A connection of psycopg's own."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="tester", password=PASSWORD, dbname="postgres", autocommit=True
        )

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    _program("postgres"), "-D", str(self._folder / "data"), "-p", str(self.port), "-F",
                    "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=60",
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder, user=self._owner,
                group=self._group, extra_groups=None if self._owner is None else [],
            )  # fmt: skip
        until = time.monotonic() + _LIMIT_S
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((self._folder / "server.log").read_text("utf-8", "replace")) from None
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server at once, cutting all connections."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # PostgreSQL's "fast shutdown"
            self._process.wait(_LIMIT_S)
            self._process = None

    def close(self) -> None:
        """Stop the server for good and remove its folder."""
        self.stop()
        shutil.rmtree(self._folder)

    @property
    def _group(self) -> int | None:
        return None if self._owner is None else pwd.getpwnam(self._owner).pw_gid

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [_program(program), *arguments], capture_output=True, text=True, check=False, timeout=_LIMIT_S,
            cwd=self._folder, user=self._owner, group=self._group, extra_groups=None if self._owner is None else [],
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


def _owner() -> str | None:
    """Who runs the server: PostgreSQL refuses to run as root. None: whoever we are."""
    if os.geteuid() != 0:
        return None
    known = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _program(name: str) -> str:
    # Debian keeps the server's programs out of PATH, one folder per version.
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = shutil.which(name) or (str(versions[-1]) if versions else None)
    if found is None:
        raise RuntimeError(
            f"PostgreSQL's program {name!r} is not installed; these tests need the Debian package 'postgresql'."
        )
    return found
