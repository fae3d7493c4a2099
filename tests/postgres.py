"""A PostgreSQL server for the tests: Debian's own programs, started as a plain user, gone afterwards.

The server listens on a socket in a private folder only, so no port is taken and nothing on the
network reaches it. It dies with the test process, however that ends.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.scratch import scratch_folder

SUPERUSER = "mdtapp"
START_SECONDS = 30


class PostgresMissing(Exception):
    """No PostgreSQL server programs on this machine."""


def find_programs() -> Path:
    """The folder with initdb and postgres: on PATH, or the newest under /usr/lib/postgresql."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda program: int(program.parts[-3])
    )
    if not found:
        raise PostgresMissing("PostgreSQL's server programs are missing: run `make setup-tests`.")
    return found[-1].parent


class PostgresServer:
    """One running cluster. Databases are made by copying another one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        programs = find_programs()
        as_user = _as_plain_user(self.folder)
        data = self.folder / "data"
        subprocess.run(
            [
                *as_user,
                *(programs / "initdb", "--pgdata", data, "--username", SUPERUSER, "--auth", "trust"),
                *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions"),
            ],
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )
        # A test database is thrown away: a crash of the machine may lose it, so it need not wait for the disk.
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "60",
            "shared_buffers": "32MB",
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*as_user, *_die_with_us(), str(programs / "postgres"), "-D", str(data), *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._connect().close()
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(
                        f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()}"
                    ) from error
                time.sleep(0.05)
            else:
                return

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.folder), user=SUPERUSER, dbname="postgres", autocommit=True, connect_timeout=5
        )

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={self.folder}"

    def create(self, database: str, template: str = "template0") -> str:
        """A new database, a copy of `template`; returns its address."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(database), sql.Identifier(template)
        )
        with self._connect() as connection:
            if connection.info.server_version >= 150000:  # before, files were copied in any case
                statement += sql.SQL(" STRATEGY FILE_COPY")  # through the log it takes eight times as long
            connection.execute(statement)
        return self.url(database)

    def drop(self, database: str) -> None:
        """Removes the database, whoever is still connected."""
        with self._connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(3)  # SIGQUIT: immediate shutdown, nothing here is worth saving
        self._process.wait(timeout=START_SECONDS)


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A fresh cluster in a folder of its own; PostgresMissing when there are no server programs."""
    find_programs()
    # Not below pytest's folder: that one is closed to the user the server runs as when root runs the tests.
    with tempfile.TemporaryDirectory(prefix="mdtapp-pg-", dir=scratch_folder()) as name:
        server = PostgresServer(Path(name))
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _as_plain_user(folder: Path) -> list[str]:
    """As root, hands `folder` to a plain user and returns the prefix that becomes that user."""
    if os.geteuid() != 0:
        return []
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]


def _die_with_us() -> list[str]:
    """A prefix that has the kernel stop the server when the test process dies, where there is one."""
    return ["setpriv", "--pdeathsig", "QUIT", "--"] if shutil.which("setpriv") else []
