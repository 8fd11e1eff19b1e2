"""Limits the CPU time of a block within this process, where a child process would cost too much."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_SOONEST_SECONDS = 1e-6
"""The timer of an outer limit that is already exceeded; 0 would turn the timer off."""


class CpuTimeReached(BaseException):
    """The limit of ``limited_cpu_time`` was reached. It is not an Exception, which a parser may catch."""


@contextmanager
def limited_cpu_time(seconds: float) -> Iterator[None]:
    """Raises CpuTimeReached in the block after *seconds* of CPU time of this process.

    A regular expression is interrupted; other C code raises when it returns. Works only in the main thread, as signals
    do; commands and the programs of child processes run there. In another thread there is no limit. If such blocks are
    nested, the shorter limit applies.
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
            signal.setitimer(signal.ITIMER_PROF, max(_SOONEST_SECONDS, left - (time.process_time() - began)))
