"""A PostgreSQL of the tests' own: Debian's programs, a temporary folder, a Unix socket and no network."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from waiting import LIMIT_SECONDS, wait_for

USER = "reader"


def programs() -> Path:
    """The folder of initdb and postgres; Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    if command := shutil.which("initdb"):
        return Path(command).parent
    pytest.fail("PostgreSQL is missing: bash scripts/setup.sh test")


class PostgreSQL:
    """A running server. ``url(name)`` is the address of a database."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.folder, self.process = folder, process

    def url(self, name: str) -> str:
        return f"postgresql://{USER}@/{name}?host={self.folder}"

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The URL of a copy of the database *template*, by default an empty one, which is deleted afterwards."""
        name = f"t{secrets.token_hex(8)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield self.url(name)
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running_server() -> Iterator[PostgreSQL]:
    """It refuses to run as root, so it gets the user that Debian made for it."""
    folder = Path(tempfile.mkdtemp(prefix="reader-pg-"))  # short: the path of a socket has 107 bytes
    identity: dict[str, Any] = {}
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    try:
        data = folder / "data"
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        command = [programs() / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        subprocess.run(command, check=True, capture_output=True, env=environment, cwd=folder, **identity)
        process = start(folder, environment, identity)
        try:
            server = PostgreSQL(folder, process)
            wait_for(lambda: answers(server))
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # "fast": it does not wait until its clients have gone
            process.wait(LIMIT_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start(folder: Path, environment: dict[str, str], identity: dict[str, Any]) -> subprocess.Popen[bytes]:
    settings = {"listen_addresses": "", "unix_socket_directories": folder, "fsync": "off", "log_min_messages": "fatal"}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    command = [programs() / "postgres", "-D", folder / "data", *options]
    return subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **identity
    )


def answers(server: PostgreSQL) -> bool:
    assert server.process.poll() is None
    try:
        server.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True
