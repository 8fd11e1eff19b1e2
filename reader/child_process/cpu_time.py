"""Limits the CPU time of a block within this process, where a child process would cost too much."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_AT_ONCE_SECONDS = 1e-6


class CpuTimeReached(BaseException):
    """Not an Exception, which a parser may catch."""


@contextmanager
def limited_cpu_time(seconds: float) -> Iterator[None]:
    """Raises CpuTimeReached after *seconds* of processor time, in a regular expression too; in other C code at its end.

    In the main thread only, as signals are: commands and the programs of child processes run there. Within another such
    limit the shorter one holds.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: object) -> None:
        raise CpuTimeReached

    left, began = signal.getitimer(signal.ITIMER_PROF)[0], time.process_time()
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, min(seconds, left) if left else seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        if left:
            signal.setitimer(signal.ITIMER_PROF, max(_AT_ONCE_SECONDS, left - (time.process_time() - began)))
