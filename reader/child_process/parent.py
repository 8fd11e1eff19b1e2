"""The parent's side: starts a child process, sets its limits, asks it, and says which limit ended it."""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import re
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self, cast

from ..errors import ChildFailed
from ..i18n import Message
from ..settings import PACKAGE
from .child import OUT_OF_MEMORY, PARENT, resident_bytes

LONGEST_ANSWER_BYTES = 500_000_000
STOP_SECONDS = 0.5
"""How soon a child that is busy is left when the caller is told to stop."""

_CHUNK_BYTES = 1 << 20
_KEPT_ERROR_BYTES = 10_000
_OUT_OF_MEMORY = re.compile(rb"MemoryError|memory allocation of|bad_alloc|[Ff]ailed to allocate|[Oo]ut of memory")
"""What Python, Rust, C++, GLib and others write to standard error before they give up."""


@dataclass(frozen=True)
class Limits:
    """``memory_mb`` bounds the address space, ``cpu_seconds`` the processor time of one order; 0 is no limit.

    ``nice`` lowers the priority (nice(2)): 0 is that of the parent.
    """

    memory_mb: int = 0
    cpu_seconds: float = 0.0
    nice: int = 0


NO_LIMITS = Limits()


class ChildProcess:
    """A child that answers lines with lines; it ends with this process, and leaves no core dump. Use it in one thread.

    *command* is a program whose main loop is ``child.answer_lines``. ``answered`` tells that it has started.
    """

    def __init__(self, command: Sequence[str], limits: Limits = NO_LIMITS) -> None:
        self.command, self.limits = tuple(command), limits
        self.answered = False
        self._errors = _append_only_file()
        self._process = _start(command, self._errors)
        self._orders = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)
        self._unread = bytearray()
        os.set_blocking(self._orders.fileno(), False)
        os.set_blocking(self._answers.fileno(), False)
        self._limit(resource.RLIMIT_CORE, 0)
        if limits.memory_mb:
            self._limit(resource.RLIMIT_AS, limits.memory_mb * 1_000_000)
        if limits.nice:
            lower = os.getpriority(os.PRIO_PROCESS, 0) + limits.nice
            os.setpriority(os.PRIO_PROCESS, self.pid, min(19, lower))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def resident_bytes(self) -> int:
        """What it holds in memory now; 0 once it has ended."""
        return resident_bytes(self.pid)

    def ask(self, order: str, timeout_seconds: float, stop: threading.Event | None = None) -> str | None:
        """The answer to *order*, one line; None if *stop* was set first.

        Raises ChildFailed, saying which limit was met; the process has ended then.
        """
        deadline = time.monotonic() + timeout_seconds
        self._allow_cpu_time()
        try:
            answer = self._exchange(order.encode() + b"\n", deadline, stop)
        except TimeoutError:
            raise self._killed(
                Message("timed out after %(seconds)s s", seconds=f"{timeout_seconds:g}"), "time"
            ) from None
        except OverflowError:
            raise self._killed(
                Message("more than %(count)s MB came out", count=LONGEST_ANSWER_BYTES // 10**6), "memory"
            ) from None
        except (BrokenPipeError, EOFError):
            raise self._failure() from None
        self._show_errors()
        self.answered = True
        return answer

    def end(self) -> None:
        """Ends it, whatever it is doing. May be called more than once."""
        if self._errors < 0:
            return
        self._process.kill()
        self._process.wait()
        self._show_errors()
        for pipe in (self._orders, self._answers):
            with contextlib.suppress(OSError):
                pipe.close()
        os.close(self._errors)
        self._errors = -1

    def _exchange(self, order: bytes, deadline: float, stop: threading.Event | None) -> str | None:
        """Writes and reads by turns, so that neither side can block the other for ever."""
        unsent, poll = memoryview(order), select.poll()
        poll.register(self._answers, select.POLLIN)
        poll.register(self._orders, select.POLLOUT)
        while True:
            for file, _ in poll.poll(1000 * max(0.0, min(STOP_SECONDS, deadline - time.monotonic()))):
                if file == self._answers.fileno():
                    if (answer := self._read()) is not None:
                        return answer
                elif unsent := self._write(unsent):
                    continue
                else:
                    poll.unregister(self._orders)
            if stop and stop.is_set():
                return None
            if time.monotonic() >= deadline:
                raise TimeoutError

    def _write(self, unsent: memoryview) -> memoryview:
        try:
            return unsent[os.write(self._orders.fileno(), unsent[:_CHUNK_BYTES]) :]
        except BlockingIOError:
            return unsent

    def _read(self) -> str | None:
        """The answer, if all of it has come. Raises EOFError if the child has ended, OverflowError past the limit."""
        try:
            chunk = os.read(self._answers.fileno(), _CHUNK_BYTES)
        except BlockingIOError:
            return None
        if not chunk:
            raise EOFError
        self._unread += chunk
        if len(self._unread) > LONGEST_ANSWER_BYTES:
            raise OverflowError
        if not chunk.endswith(b"\n"):
            return None
        answer = self._unread[:-1].decode()
        self._unread.clear()
        return answer

    def _allow_cpu_time(self) -> None:
        """So many seconds more than it has used: a limit for one order, though it may be kept for thousands."""
        if self.limits.cpu_seconds and self.alive():
            self._limit(resource.RLIMIT_CPU, math.ceil(_cpu_seconds_of(self.pid) + self.limits.cpu_seconds))

    def _limit(self, kind: int, value: int) -> None:
        """Sets the soft limit, which a process may raise again; suppressed when it has ended already."""
        with contextlib.suppress(ProcessLookupError):
            _, hard = resource.prlimit(self.pid, kind)
            resource.prlimit(self.pid, kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))

    def _killed(self, reason: Message, limit: str) -> ChildFailed:
        self._process.kill()
        self._process.wait()
        self._show_errors()
        return ChildFailed(reason, limit)

    def _failure(self) -> ChildFailed:
        """Why it ended by itself, or by the kernel."""
        code, errors = self._process.wait(), self._show_errors()
        if code == -signal.SIGXCPU:
            seconds = f"{self.limits.cpu_seconds:g}"
            return ChildFailed(Message("needs more than %(seconds)s s of processor time", seconds=seconds), "time")
        if code == OUT_OF_MEMORY or (code and self.limits.memory_mb and _OUT_OF_MEMORY.search(errors)):
            return ChildFailed(Message("needs more than %(count)s MB of memory", count=self.limits.memory_mb), "memory")
        return ChildFailed(
            Message("the process died (%(manner)s)", manner=_manner(code)), killed=code == -signal.SIGKILL
        )

    def _show_errors(self) -> bytes:
        """Passes on what the child wrote to standard error since the last time; returns its end."""
        size = os.fstat(self._errors).st_size
        if not size:
            return b""
        text = os.pread(self._errors, _KEPT_ERROR_BYTES, max(0, size - _KEPT_ERROR_BYTES))
        os.ftruncate(self._errors, 0)
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text.decode("utf-8", "replace"))
            sys.stderr.flush()
        return text


def ask_once(command: Sequence[str], order: str, timeout_seconds: float, limits: Limits) -> str:
    """The answer of a child that is started for this *order* and ended after it. Raises ChildFailed."""
    with ChildProcess(command, limits) as child:
        return child.ask(order, timeout_seconds) or ""


def _append_only_file() -> int:
    """A file in memory: two processes may write to it and empty it, and it needs no disk."""
    file = os.memfd_create("stderr")
    fcntl.fcntl(file, fcntl.F_SETFL, os.O_APPEND)
    return file


def _start(command: Sequence[str], errors: int) -> subprocess.Popen[bytes]:
    """Starts it from a thread that never ends: PR_SET_PDEATHSIG tells of the end of the forking thread (prctl(2))."""

    def start() -> subprocess.Popen[bytes]:
        pipe, environment = subprocess.PIPE, os.environ | {PARENT: str(os.getpid()), "RUST_BACKTRACE": "0"}
        return subprocess.Popen(  # noqa: S603 our own command
            command, cwd=PACKAGE.parent, env=environment, stdin=pipe, stdout=pipe, stderr=errors, bufsize=0
        )

    return _starter.submit(start).result()


def _new_starter() -> None:
    global _starter  # a fork copies the executor, but not its thread
    _starter = ThreadPoolExecutor(1, thread_name_prefix="child-process-starter")


_starter: ThreadPoolExecutor
_new_starter()
os.register_at_fork(after_in_child=_new_starter)


def _cpu_seconds_of(pid: int) -> float:
    """User and system time (proc(5), /proc/pid/stat, fields 14 and 15)."""
    try:
        values = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def _manner(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit status {code}"
