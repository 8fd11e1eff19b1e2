"""Starts a web process from the main process: as a separate program, or by a fork of the loaded application."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ..settings import PACKAGE

_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3  # glibc's malloc.h
MALLOC = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": str(1 << 20)}
"""Settings of glibc (mallopt(3)). Without them each of 35 threads keeps the memory of the longest page that it built,
250 MB in total."""

PIPE_BYTES = 1 << 20
"""The buffer for log lines that wait for a slow reader: about 10,000 lines. The kernel's default is 64 KB."""

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15  # linux/prctl.h


@dataclass(frozen=True)
class Arguments:
    """The arguments of a web process: descriptors of the listening socket and of the pipe to which it writes a byte
    when it is ready, its number, and the process id of the main process."""

    listener: int = 0
    ready: int = 0
    number: int = 0
    parent: int = 0


class ForkedProcess:
    """A forked child process, with the required part of the interface of ``subprocess.Popen``."""

    def __init__(self, process_id: int) -> None:
        self.pid = process_id
        self._status: int | None = None

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        if self._status is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self._status = os.waitstatus_to_exitcode(status) if ended else None
        return self._status

    def send_signal(self, number: int) -> None:
        """Sends the signal *number*. Does nothing if the process has ended, because its id may be reused."""
        if self.poll() is None:
            os.kill(self.pid, number)


Process = subprocess.Popen[bytes] | ForkedProcess


def open_standard_files() -> None:
    """Opens /dev/null for each closed descriptor from 0 to 2 (``serve >&-``), and makes pipes non-blocking.

    Otherwise the next opened file would get the number of the closed one, and log lines would be written to a lock file
    or a socket. If a program stops reading the log (``serve 2>&1 | less``), a blocking pipe would stop every process
    that writes a line; with a non-blocking pipe the line is lost, as on a full disk.
    """
    for descriptor in (0, 1, 2):
        try:
            is_pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # gets the lowest free number
            continue
        if is_pipe and descriptor:
            _make_non_blocking(descriptor)


def _make_non_blocking(descriptor: int) -> None:
    """Opens the pipe again with O_NONBLOCK. The flag on the existing descriptor would affect other programs, too."""
    with suppress(OSError):  # no /proc, or the pipe of another user
        own = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK)
        os.dup2(own, descriptor)
        os.close(own)
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def end_with_parent() -> None:
    """Makes the kernel kill this process when its parent ends. Call it before imports, which take time."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def start_program(arguments: Arguments, settings: dict[str, str]) -> Process:
    """Starts ``reader.server.web_process`` with *settings* added to its environment."""
    options = [word for name, value in asdict(arguments).items() for word in (f"--{name}", str(value))]
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", f"{__package__}.web_process", *options],
        pass_fds=(arguments.listener, arguments.ready),
        env=_environment(settings),
        preexec_fn=end_with_parent,
    )


def _environment(settings: dict[str, str]) -> dict[str, str]:
    paths = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]  # independent of the working directory
    return MALLOC | os.environ | {"PYTHONPATH": os.pathsep.join(paths), **settings}


def fork(run: Callable[[Arguments], None], arguments: Arguments, settings: dict[str, str]) -> Process:
    """Forks a process that calls *run*, with *settings* added to its environment. The caller must have no threads."""
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None: it was closed when Python started
        with suppress(OSError):  # no process reads the log, or its disk is full
            stream.flush()
    process_id = os.fork()
    if process_id:
        return ForkedProcess(process_id)
    try:  # the child must not return to the parent's frames, which would close the parent's resources
        end_with_parent()
        _LIBC.prctl(_PR_SET_NAME, f"reader-web-{arguments.number}".encode())  # for top and pstree
        _close_all_except({0, 1, 2, arguments.listener, arguments.ready})
        os.environ.update(_environment(settings))
        _configure_malloc()
        run(arguments)
    except SystemExit as error:
        os._exit(error.code if isinstance(error.code, int) else 1)
    except BaseException:  # noqa: BLE001  prints it as Python does at the end of a program
        sys.excepthook(*sys.exc_info())
    os._exit(1)


def _close_all_except(descriptors: set[int]) -> None:
    """Closes the parent's files, such as the lock of the instance folder, which this process would otherwise hold."""
    for descriptor in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        if descriptor not in descriptors:
            with suppress(OSError):  # the descriptor of the listing itself
                os.close(descriptor)


def _configure_malloc() -> None:
    """Applies MALLOC, whose variables glibc reads only when a program starts. Other C libraries have no ``mallopt``."""
    with suppress(AttributeError):
        _LIBC.mallopt(_M_ARENA_MAX, int(os.environ["MALLOC_ARENA_MAX"]))
        _LIBC.mallopt(_M_MMAP_THRESHOLD, int(os.environ["MALLOC_MMAP_THRESHOLD_"]))
