"""The child's side: reads one request per line and writes one line for each, until input ends or the parent dies."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from ..storage.log_formatter import log_uncaught_errors

PR_SET_PDEATHSIG = 1
"""The option of prctl(2) that sets the signal this process gets when its parent dies (linux/prctl.h)."""

OUT_OF_MEMORY = 77
"""The exit status of a child that reached its memory limit."""

PARENT = "PARENT_PID"
"""The environment variable with the parent's process id, to detect a parent that died while the child started."""


def prepare() -> TextIO:
    """Sets up this process and returns the stream for answers. Call it first: it redirects standard output, to which
    libraries may print, to standard error.

    The process is killed when its parent dies. It ignores SIGINT and SIGTERM, which a terminal or systemd sends to all
    processes of a service. The parent ends it, so a request that is interrupted by a stop does not count as failed.
    """
    log_uncaught_errors()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # standard input is a pipe, so a TextIOWrapper
    parent = int(os.environ.pop(PARENT, 0) or os.getppid())
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent died before prctl took effect
        sys.exit(0)
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.SIG_IGN)
    return answers


def answer_lines(answers: TextIO, answer: Callable[[str], str]) -> None:
    """Writes ``answer(request)`` for each line of standard input. Returns at end of input.

    *answer* returns one line without the newline. A MemoryError in it ends the process with exit status OUT_OF_MEMORY.
    """
    for line in sys.stdin:
        try:
            text = answer(line.rstrip("\n"))
            answers.write(text + "\n")
            answers.flush()
        except MemoryError:
            os._exit(OUT_OF_MEMORY)


def resident_bytes(pid: int | str) -> int:
    """The resident memory of process *pid*, or of this process (``self``); 0 if the process has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0
