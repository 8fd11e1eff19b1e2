"""The child's side: one answer a line for each order a line, until the input ends or the parent dies."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

PR_SET_PDEATHSIG = 1
"""linux/prctl.h"""

OUT_OF_MEMORY = 77
"""The exit status of a child that met its memory limit; sysexits.h leaves it free of other meanings here."""

PARENT = "PARENT_PID"
"""The variable by which a child knows its parent: one that died while the child started is not its parent any more."""


def prepare() -> TextIO:
    """The stream for answers. Call it first: a library that prints writes to standard error from now on.

    The process dies with its parent and leaves Ctrl-C to it.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a TextIOWrapper: it is a pipe
    parent = int(os.environ.pop(PARENT, 0) or os.getppid())
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked to be told
        sys.exit(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return answers


def answer_lines(answers: TextIO, answer: Callable[[str], str]) -> None:
    """Writes ``answer(order)`` for each order.

    *answer* returns one line. A MemoryError in it ends the process with OUT_OF_MEMORY, which the parent understands.
    """
    for line in sys.stdin:
        try:
            text = answer(line.rstrip("\n"))
            answers.write(text + "\n")
            answers.flush()
        except MemoryError:
            os._exit(OUT_OF_MEMORY)


def resident_bytes(pid: int | str) -> int:
    """What process *pid*, or this one (``self``), holds in memory now; 0 once it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0
