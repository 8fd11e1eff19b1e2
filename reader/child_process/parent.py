"""The parent's side: starts a child process, sets its limits, sends requests, and reports which limit ended it."""

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
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, Self, cast

from ..errors import ChildFailed
from ..i18n import Message
from ..models import escaped
from ..settings import PACKAGE
from .child import OUT_OF_MEMORY, PARENT, resident_bytes
from .kept_code import with_kept_code
from .secrets_of_parent import environment_of_child, has_secrets, hide_this_process

LONGEST_ANSWER_BYTES = 500_000_000
STOP_SECONDS = 0.5
"""``request`` returns at most this long after *stop* is set, even if the child is busy."""

_CHUNK_BYTES = 1 << 20
_ERROR_TAIL_BYTES = 10_000
"""How much of the end of the child's standard error output is copied and searched for the cause of its end."""
_OUT_OF_MEMORY = re.compile(rb"MemoryError|memory allocation of|bad_alloc|[Ff]ailed to allocate|[Oo]ut of memory")
"""Messages of Python, Rust, C++, GLib and other libraries on standard error when memory allocation fails."""


@dataclass(frozen=True)
class Limits:
    """Limits of a child process: ``memory_mb`` of address space, ``cpu_seconds`` per request; 0 means no limit.

    ``nice`` is added to the parent's nice value (nice(2)), which lowers the CPU priority. ``has_credentials``: whether
    the child gets the variables of other programs that hold secrets, such as those of a bucket.
    """

    memory_mb: int = 0
    cpu_seconds: float = 0.0
    nice: int = 0
    has_credentials: bool = False


NO_LIMITS = Limits()


_MOST_EXTENSION = 10
"""The longest extension of a time limit, as a multiple of it: enough for a process that gets a tenth of a processor."""


class Stop(Protocol):
    """A flag to stop waiting for an answer, such as a ``threading.Event``."""

    def is_set(self) -> bool: ...


class ChildProcess:
    """A child process that answers requests, one line each. Not thread-safe.

    The child ends when this process ends, and writes no core dump. With it end the programs that it started and that
    stayed in its process group, such as those of a shell's pipeline. *command* is a program whose main loop is
    ``child.answer_lines``. ``answered`` is True after the first answer. Raises OSError if the program cannot start.

    ::

        with ChildProcess([sys.executable, "-m", "reader.media.renditions"], Limits(memory_mb=512)) as child:
            answer = child.request(request, timeout_seconds=10)  # raises ChildFailed
    """

    def __init__(self, command: Sequence[str], limits: Limits = NO_LIMITS) -> None:
        self.command, self.limits = tuple(command), limits
        self.answered = False
        self._errors = _append_only_file()
        self._process = _start(command, self._errors, limits)
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
        ended = os.WEXITED | os.WNOHANG | os.WNOWAIT
        try:
            return self._process.returncode is None and os.waitid(os.P_PID, self.pid, ended) is None
        except ChildProcessError:  # another thread has just waited for it
            return False

    def resident_bytes(self) -> int:
        """The resident memory of the child; 0 if it has ended."""
        return resident_bytes(self.pid)

    def request(
        self, request: str, timeout_seconds: float, stop: Stop | None = None, *, extended: bool = False
    ) -> str | None:
        """The answer to *request*, one line; None if *stop* was set first.

        With *extended*, the time for which the child waits for a processor of a busy machine is not counted, up to
        _MOST_EXTENSION times *timeout_seconds*.

        Raises ChildFailed, with the exceeded limit if there is one; the child has ended then.
        """
        deadline = _Deadline(self.pid, timeout_seconds, timeout_seconds * _MOST_EXTENSION if extended else 0.0)
        self._allow_cpu_time()
        try:
            answer = self._exchange(request.encode() + b"\n", deadline, stop)
        except TimeoutError:
            reason = Message("timed out after %(seconds)s s", seconds=f"{timeout_seconds:g}")
            raise self._killed(reason, "time") from None
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
        """Kills the child and closes the pipes. Can be called more than once."""
        if self._errors < 0:
            return
        self._end_group()
        self._show_errors()
        for pipe in (self._orders, self._answers):
            with contextlib.suppress(OSError):
                pipe.close()
        os.close(self._errors)
        self._errors = -1

    def _exchange(self, request: bytes, deadline: _Deadline, stop: Stop | None) -> str | None:
        """Writes the request and reads the answer without blocking, so that no deadlock is possible."""
        unsent, poll = memoryview(request), select.poll()
        poll.register(self._answers, select.POLLIN)
        poll.register(self._orders, select.POLLOUT)
        while True:
            for file, _ in poll.poll(1000 * max(0.0, min(STOP_SECONDS, deadline.remaining_seconds()))):
                if file == self._answers.fileno():
                    if (answer := self._read()) is not None:
                        return answer
                elif unsent := self._write(unsent):
                    continue
                else:
                    poll.unregister(self._orders)
            if stop and stop.is_set():
                return None
            if deadline.has_passed():
                raise TimeoutError

    def _write(self, unsent: memoryview) -> memoryview:
        try:
            return unsent[os.write(self._orders.fileno(), unsent[:_CHUNK_BYTES]) :]
        except BlockingIOError:
            return unsent

    def _read(self) -> str | None:
        """The answer; None while incomplete. Raises EOFError if the child has ended, OverflowError past the limit."""
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
        """Sets RLIMIT_CPU to the CPU time used so far plus ``cpu_seconds``, so the limit applies to one request."""
        if self.limits.cpu_seconds and self.alive():
            self._limit(resource.RLIMIT_CPU, math.ceil(_cpu_seconds_of(self.pid) + self.limits.cpu_seconds))

    def _limit(self, kind: int, value: int) -> None:
        """Sets a soft limit, which can be raised again later. Does nothing if the child has ended."""
        with contextlib.suppress(ProcessLookupError):
            _, hard = resource.prlimit(self.pid, kind)
            resource.prlimit(self.pid, kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))

    def _killed(self, reason: Message, limit: str) -> ChildFailed:
        self._end_group()
        self._show_errors()
        return ChildFailed(reason, limit, timed_out=limit == "time")

    def _end_group(self) -> int:
        """Kills the child's process group. Returns the child's exit status."""
        if self._process.returncode is None:  # until it is waited for, no other group can get this id
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        return self._process.wait()

    def _failure(self) -> ChildFailed:
        """The error that says why the child ended although ``end`` was not called."""
        with contextlib.suppress(ChildProcessError):  # another thread has waited for it in ``end``
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)  # it may end on its own; its exit status tells why
        code, errors = self._end_group(), self._show_errors()
        if code == -signal.SIGXCPU:
            seconds = f"{self.limits.cpu_seconds:g}"
            return ChildFailed(Message("needs more than %(seconds)s s of processor time", seconds=seconds), "time")
        if code == OUT_OF_MEMORY or (code and self.limits.memory_mb and _OUT_OF_MEMORY.search(errors)):
            return ChildFailed(Message("needs more than %(count)s MB of memory", count=self.limits.memory_mb), "memory")
        return ChildFailed(
            Message("the process died (%(manner)s)", manner=_manner(code)), killed=code == -signal.SIGKILL
        )

    def _show_errors(self) -> bytes:
        """Copies the end of the child's new standard error output to ours. Returns it."""
        size = os.fstat(self._errors).st_size
        if not size:
            return b""
        text = os.pread(self._errors, _ERROR_TAIL_BYTES, max(0, size - _ERROR_TAIL_BYTES))
        os.ftruncate(self._errors, 0)
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write("\n".join(map(escaped, text.decode("utf-8", "replace").split("\n"))))
            sys.stderr.flush()
        return text


class _Deadline:
    """The deadline for an answer of process *pid*: *seconds* from now, plus the time for which the process waits for a
    processor meanwhile, which counts for at most *extension* seconds."""

    def __init__(self, pid: int, seconds: float, extension: float) -> None:
        self._pid, self._extension = pid, extension
        self._waited = _waited_seconds_of(pid) if extension else 0.0
        self._due = self._at = time.monotonic() + seconds

    def remaining_seconds(self) -> float:
        return self._at - time.monotonic()

    def has_passed(self) -> bool:
        if self.remaining_seconds() > 0:
            return False
        if self._extension:
            self._at = self._due + min(_waited_seconds_of(self._pid) - self._waited, self._extension)
        return self.remaining_seconds() <= 0


def _append_only_file() -> int:
    """The descriptor of a file in memory (memfd_create) that the child appends to and the parent truncates."""
    file = os.memfd_create("stderr")
    fcntl.fcntl(file, fcntl.F_SETFL, os.O_APPEND)
    return file


def _start(command: Sequence[str], errors: int, limits: Limits) -> subprocess.Popen[bytes]:
    """Starts *command* from a permanent thread: PR_SET_PDEATHSIG fires when the thread that forked ends (prctl(2))."""

    def start() -> subprocess.Popen[bytes]:
        pipe, environment = subprocess.PIPE, environment_of_child(has_credentials=limits.has_credentials)
        if has_secrets():
            hide_this_process()
        program, inherited = with_kept_code(command)
        process = subprocess.Popen(  # noqa: S603 our own command
            program,
            cwd=PACKAGE.parent if not inherited or PACKAGE.parent.is_dir() else "/",
            env=environment | {PARENT: str(os.getpid()), "RUST_BACKTRACE": "0"},
            stdin=pipe,
            stdout=pipe,
            stderr=errors,
            bufsize=0,
            pass_fds=inherited,
            process_group=0,
        )
        with contextlib.suppress(OSError):  # the default is 64 KB: the child would wait 16 times for each chunk
            fcntl.fcntl(cast("IO[bytes]", process.stdout), fcntl.F_SETPIPE_SZ, _CHUNK_BYTES)
        return process

    return _starter.submit(start).result()


def _new_starter() -> None:
    global _starter  # fork copies the executor without its thread
    _starter = ThreadPoolExecutor(1, thread_name_prefix="child-process-starter")


_starter: ThreadPoolExecutor
_new_starter()
os.register_at_fork(after_in_child=_new_starter)


def _cpu_seconds_of(pid: int) -> float:
    """User plus system time (proc(5): /proc/pid/stat, fields 14 and 15); 0 if the process has ended."""
    try:
        values = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def _waited_seconds_of(pid: int) -> float:
    """How long the first thread of *pid* was ready to run and waited for a processor (/proc/pid/schedstat, the second
    field, in nanoseconds); 0 if the process has ended or the kernel does not count this."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_bytes().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def _manner(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit status {code}"
