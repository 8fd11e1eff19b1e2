"""A Redis of the tests' own, on loopback, without files.

Debian's ``redis-server`` would start a service. The program is in ``redis-tools`` too: ``redis-check-rdb`` is the server,
under another name.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis import Redis
from redis.exceptions import RedisError
from serving import free_port
from waiting import LIMIT_SECONDS, wait_for


class RedisServer:
    """It can be killed and started again at the same port, empty."""

    def __init__(self, program: str) -> None:
        self._program, self.port, self.password = program, free_port(), secrets.token_hex(8)
        self.process = self._start()

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def client(self) -> Redis:
        return Redis.from_url(self.url)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(LIMIT_SECONDS)

    def start(self) -> None:
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        options = {"port": self.port, "bind": "127.0.0.1", "requirepass": self.password, "save": "", "appendonly": "no"}
        command = ["redis-server", *(part for name, value in options.items() for part in (f"--{name}", f"{value}"))]
        process = subprocess.Popen(command, executable=self._program, cwd="/", stdout=subprocess.DEVNULL)
        wait_for(lambda: self._answers(process))
        return process

    def _answers(self, process: subprocess.Popen[bytes]) -> bool:
        assert process.poll() is None
        try:
            return bool(self.client.ping())
        except RedisError:
            return False


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    program = shutil.which("redis-server") or shutil.which("redis-check-rdb")
    if not program:
        pytest.fail("Redis is missing: bash scripts/setup.sh test")
    server = RedisServer(program)
    try:
        yield server
    finally:
        server.kill()
