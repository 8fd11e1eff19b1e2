"""A real server whose processes a test can control: ``with running(folder) as server``."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path

import pytest
import waiting
from serving import free_port, inherited, put_empty_state
from waiting import LIMIT_SECONDS

from reader.settings import ROOT


@dataclass
class Server:
    """``articles/`` and ``instance/`` are in *folder*; the log of all processes is ``server.log``."""

    folder: Path
    workers: int = 2
    prefix: Sequence[str] = ()
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    code: Path = ROOT

    def __post_init__(self) -> None:
        for name in ("articles", "instance"):
            (self.folder / name).mkdir(exist_ok=True)
        if "READER_DATABASE_URL" not in self.environment:
            put_empty_state(self.folder / "data")

    @property
    def _desk(self) -> dict[str, str]:
        return {"READER_EDITOR": "1"} if "READER_EDITOR_TOKEN" in self.environment else {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def instance(self) -> Path:
        return self.folder / "instance"

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text("utf-8", "replace")

    def start(self) -> None:
        """Starts the server. Returns when every web process responds."""
        log = self.folder / "server.log"
        before = self.log.count("Started worker") if log.exists() else 0
        self.begin()
        wait_for(lambda: self.answers() and self.log.count("Started worker") >= before + self.workers, self)

    def begin(self) -> None:
        """Starts the server without waiting for it."""
        places = {f"READER_{name.upper()}": str(self.folder / name) for name in ("articles", "instance")}
        command = [*self.prefix, sys.executable, "-m", "reader", "serve"]
        options = ["--workers", str(self.workers), "--port", str(self.port)]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *options],
                cwd=self.code,
                env=inherited() | self._desk | places | self.environment,
                stdout=log,
                stderr=log,
            )

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def publish(self, name: str, text: str = "今天下雨。", fields: str = "") -> None:
        place = self.folder / "articles" / f"{name}.md"
        beside = place.with_suffix(".part")
        beside.write_text(f"---\ntitle: {name}\npublished: 2026-05-01 06:00\n{fields}---\n{text}\n", "utf-8")
        settled = time.time() - 5  # a file with a recent modification time may be incomplete and is read again later
        os.utime(beside, (settled, settled))
        beside.replace(place)

    def get(self, path: str, timeout: float = LIMIT_SECONDS) -> tuple[int, bytes]:
        return self.request(path, timeout)[:2]

    def request(self, path: str, timeout: float = LIMIT_SECONDS, **fields: str) -> tuple[int, bytes, Message]:
        """(status, body, header fields)."""
        try:
            request = urllib.request.Request(f"{self.url}{path}", headers=fields)
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), error.headers

    def status(self, path: str) -> int:
        """The status; 0 without a response."""
        try:
            return self.get(path)[0]
        except OSError:
            return 0

    def answers(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended with status {self.process.returncode}:\n{self.log}")
        return self.status("/healthz") == 200

    def figure(self, name: str) -> float:
        text = self.get("/metrics")[1].decode()
        return sum(float(value) for value in re.findall(rf"^{re.escape(name)}(?:{{.*}})? (\S+)$", text, re.MULTILINE))

    def web_processes(self) -> list[int]:
        return children(self.process.pid)

    def descendants(self) -> list[int]:
        found, waiting = [], [self.process.pid]
        while waiting:
            more = children(waiting.pop())
            found += more
            waiting += more
        return found


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Stops the server with SIGTERM at the end, or kills it if that fails."""
    try:
        server.start()
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


def children(pid: int) -> list[int]:
    """The children of all threads of *pid*."""
    found = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(word) for word in listed.read_text().split()]
    return found


def descriptors(pid: int) -> list[Path]:
    """The open files of a server's process, which it hides from all but root."""
    try:
        return list(Path(f"/proc/{pid}/fd").iterdir())
    except PermissionError:
        pytest.skip("only root sees the open files of a server")


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Stops the process for the block, which begins when none of its threads runs.

    One that still runs may accept a connection, or take a lock, with which the process is then stopped.
    """
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(lambda: {_state(stat) for stat in Path(f"/proc/{pid}/task").glob("*/stat")} == {"T"})
        yield
    finally:
        with suppress(ProcessLookupError):  # it was killed
            os.kill(pid, signal.SIGCONT)


def _state(stat: Path) -> str:
    """proc(5), /proc/pid/stat."""
    return stat.read_text().rpartition(")")[2].split()[0]


def is_alive(pid: int) -> bool:
    try:
        return _state(Path(f"/proc/{pid}/stat")) not in "ZX"
    except OSError:
        return False


def wait_for(fact, server: Server | None = None, longest_pause: float = 0.25):
    return waiting.wait_for(fact, lambda: server.log if server else "waited in vain", longest_pause=longest_pause)
