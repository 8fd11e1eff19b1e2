"""Starting a web process from the main process: as a program of its own, or by fork of what the main process loaded."""

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
"""For glibc (mallopt(3)): else each of 35 threads keeps the memory of the longest page that it built, 250 MB in all."""

PIPE_BYTES = 1 << 20
"""Log lines that wait for a slow reader, about 10,000; the default of the kernel is 64 KB."""

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15  # linux/prctl.h


@dataclass(frozen=True)
class Arguments:
    """What a web process gets: descriptors of the listening socket and of the pipe to which it writes when it is ready,
    its number, and the process id of the main process."""

    listener: int = 0
    ready: int = 0
    number: int = 0
    parent: int = 0


class Forked:
    """The parent's side of ``fork``: the part of ``subprocess.Popen`` that is needed."""

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
        """Nothing if it has ended: the process id may be another's."""
        if self.poll() is None:
            os.kill(self.pid, number)


Process = subprocess.Popen[bytes] | Forked


def open_standard_files() -> None:
    """Opens /dev/null as each of descriptors 0 to 2 that is closed (``serve >&-``), and makes pipes non-blocking.

    The next file that is opened would take the number of a closed one: a log line would be written into a lock file or
    a socket. A program that stops reading the log (``serve 2>&1 | less``) would stop every process that writes a line;
    now the line is lost, as on a full disk.
    """
    for descriptor in (0, 1, 2):
        try:
            is_pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest number that is free
            continue
        if is_pipe and descriptor:
            _never_wait_for_reader(descriptor)


def _never_wait_for_reader(descriptor: int) -> None:
    """Opens the pipe again: O_NONBLOCK of the open one would hold for the programs that share it, too."""
    with suppress(OSError):  # no /proc, or the pipe of another user
        own = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK)
        os.dup2(own, descriptor)
        os.close(own)
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def end_with_parent() -> None:
    """Has the kernel kill this process when its parent ends. Set before imports, which take time."""
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
    paths = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]  # whatever the working directory
    return MALLOC | os.environ | {"PYTHONPATH": os.pathsep.join(paths), **settings}


def fork(run: Callable[[Arguments], None], arguments: Arguments, settings: dict[str, str]) -> Process:
    """Forks a process that calls *run*, with *settings* added to its environment. The caller must have no threads."""
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None: it was closed when Python started
        with suppress(OSError):  # nobody reads the log, or its disk is full
            stream.flush()
    process_id = os.fork()
    if process_id:
        return Forked(process_id)
    try:  # nothing of the parent's frames may go on in the child, nor close what it opened
        end_with_parent()
        _LIBC.prctl(_PR_SET_NAME, f"reader-web-{arguments.number}".encode())  # for top and pstree
        _close_all_but({0, 1, 2, arguments.listener, arguments.ready})
        os.environ.update(_environment(settings))
        _limit_kept_memory()
        run(arguments)
    except SystemExit as error:
        os._exit(error.code if isinstance(error.code, int) else 1)
    except BaseException:  # noqa: BLE001  Python would print it at the end of a program
        sys.excepthook(*sys.exc_info())
    os._exit(1)


def _close_all_but(kept: set[int]) -> None:
    """Closes the parent's files, such as its lock of the instance folder, which would be locked until this one ends."""
    for descriptor in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        if descriptor not in kept:
            with suppress(OSError):  # that of the listing itself
                os.close(descriptor)


def _limit_kept_memory() -> None:
    """As MALLOC, which glibc reads when a program starts. Another C library has no ``mallopt``."""
    with suppress(AttributeError):
        _LIBC.mallopt(_M_ARENA_MAX, int(os.environ["MALLOC_ARENA_MAX"]))
        _LIBC.mallopt(_M_MMAP_THRESHOLD, int(os.environ["MALLOC_MMAP_THRESHOLD_"]))
