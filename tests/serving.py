"""A real server on a free port, for tests and benchmarks: ``with serving(settings) as url``."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import fields
from functools import cache
from pathlib import Path

from waiting import LIMIT_SECONDS, answers, wait_for

from reader.settings import ROOT, Settings

RESERVED_PORT = "{port}"
READER = (sys.executable, "-m", "reader", "serve", "--workers", "1", "--port", RESERVED_PORT)
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi", "run", "--port", RESERVED_PORT)
GUNICORN = (sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{RESERVED_PORT}", "--workers", "2", "wsgi:app")


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def inherited() -> dict[str, str]:
    """The environment for a server. Without the metrics folder that an application in this process left there: the
    server would add its figures to those of all tests before. And without the switch of the long tests, which each
    process would warn of: it is no setting. And without an editor's desk, whose token each would make and print: a test
    that needs one says READER_EDITOR=1. And without exports ahead, which cost as much as all else that a server does
    in most tests: who needs them sets READER_EXPORTS_AHEAD=1, as the benchmarks do."""
    own = ("PROMETHEUS_MULTIPROC_DIR", "READER_FAULTS_LONG")
    ours = {name: value for name, value in os.environ.items() if name not in own}
    return {"READER_EXPORTS_AHEAD": "0"} | ours | {"READER_EDITOR": "0"}


@cache
def _empty_state() -> bytes:
    """A state database without rows. To make it takes as long as all else of a start."""
    from reader.state import State

    with tempfile.TemporaryDirectory() as folder:
        state = State(f"sqlite:///{folder}/state.sqlite3")
        with state.reading():
            pass
        state.close()
        return Path(folder, "state.sqlite3").read_bytes()


def put_empty_state(data: Path) -> None:
    """What the first start of a server makes there, unless the folder exists."""
    if not data.exists():
        data.mkdir(0o700)
        (data / "state.sqlite3").touch(0o600)
        (data / "state.sqlite3").write_bytes(_empty_state())


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment variables for these settings, without those at their default."""
    chosen = {field.name: getattr(settings, field.name) for field in fields(Settings)}
    return {
        f"READER_{name.upper()}": _as_text(value)
        for name, value in chosen.items()
        if value != getattr(Settings(), name)
    }


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _desk_of(settings: Settings) -> dict[str, str]:
    return {"READER_EDITOR": "1"} if settings.editor_token else {}


@contextmanager
def serving(settings: Settings, command: Sequence[str] = READER, log: Path | None = None) -> Iterator[str]:
    """The URL of a running server with *settings* (articles, instance, base_url …); stopped with SIGTERM."""
    port = free_port()
    environment = inherited() | _desk_of(settings) | environment_of(settings)
    arguments = [word.replace(RESERVED_PORT, str(port)) for word in command]
    if not settings.database_url:
        put_empty_state(settings.data)
    output = (log or settings.instance.with_suffix(".log")).open("wb")
    process = subprocess.Popen(arguments, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_it_answers(f"{url}/healthz", process)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        output.close()


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    def holds() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with status {process.returncode} before it answered")
        return answers(url, {200})

    wait_for(holds, lambda: f"no answer from {url}", 0.05)
