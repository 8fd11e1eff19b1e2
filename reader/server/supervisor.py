"""The main process: starts the web processes, replaces the dead, reloads and stops them. It has no threads.

SIGTERM and SIGINT stop: what was begun is finished. SIGHUP reloads: a new web process answers before the old one
stops. Signals are taken one at a time from the kernel (``sigtimedwait``), so no handler interrupts anything.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time

from ..settings import PACKAGE
from .listener import refuse_new_connections

LOG = logging.getLogger(__name__)

STOP_SECONDS = 10.0
"""A web process that has not stopped by then is killed."""

START_SECONDS = 120.0
"""A web process that does not answer by then gives up its turn in a reload: the old one goes on."""

LONGEST_PAUSE_SECONDS = 5.0
"""Between two attempts to start a web process that dies at once."""

ACCEPT_SECONDS = 0.05
"""How long connections that have just begun may take to be accepted before the web processes stop accepting."""

SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}


class WebProcess:
    """One child. It says that it answers by a byte through a pipe."""

    def __init__(self, number: int, generation: int, listener: socket.socket) -> None:
        self.number, self.generation, self.started = number, generation, time.monotonic()
        self._ready_pipe, told = os.pipe()
        os.set_blocking(self._ready_pipe, False)
        facts = {"listener": listener.fileno(), "ready": told, "number": number, "parent": os.getpid()}
        arguments = [word for name, value in facts.items() for word in (f"--{name}", str(value))]
        command = [sys.executable, "-m", f"{__package__}.web_process", *arguments]
        handed_on = (listener.fileno(), told)
        paths = [
            str(PACKAGE.parent),
            *filter(None, [os.environ.get("PYTHONPATH")]),
        ]  # from whatever folder it was started
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
        self._process = subprocess.Popen(command, pass_fds=handed_on, env=environment)  # noqa: S603
        os.close(told)
        self._is_ready, self._kill_at = False, float("inf")

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ready(self) -> bool:
        if not self._is_ready:
            try:
                self._is_ready = os.read(self._ready_pipe, 1) != b""
            except BlockingIOError:
                return False
        return self._is_ready

    def status(self) -> int | None:
        """The exit status; None while it lives."""
        return self._process.poll()

    def stop(self) -> None:
        if self._kill_at == float("inf"):
            self._kill_at = time.monotonic() + STOP_SECONDS
            self._process.send_signal(signal.SIGTERM)

    def kill_if_late(self) -> None:
        if time.monotonic() > self._kill_at:
            LOG.warning("web process %d did not stop in %g s and is killed", self.pid, STOP_SECONDS)
            self._process.kill()

    def close(self) -> None:
        os.close(self._ready_pipe)


class Supervisor:
    """Runs *count* web processes on *listener* until told to stop."""

    def __init__(self, listener: socket.socket, count: int) -> None:
        self._listener = listener
        self._numbers = range(1, count + 1)
        self._current: dict[int, WebProcess] = {}
        self._coming: WebProcess | None = None
        self._leaving: list[WebProcess] = []
        self._to_reload: list[int] = []
        self._generations, self._fast_deaths = dict.fromkeys(self._numbers, 0), 0
        self._start_after = 0.0

    def run(self) -> int:
        """The exit status: 1 if the web processes ended before any of them could answer, else 0."""
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        for number in self._numbers:
            self._current[number] = self._start(number)
        answered = False
        while True:
            received = signal.sigtimedwait(SIGNALS, self._pause_seconds())
            if received and received.si_signo in (signal.SIGTERM, signal.SIGINT):
                return self._stop()
            if received and received.si_signo == signal.SIGHUP:
                self._to_reload = list(self._numbers)
            answered = answered or any(process.ready for process in self._current.values())
            self._replace_the_dead()
            if not answered and self._fast_deaths >= len(self._numbers) * 2:
                LOG.error("no web process could start; see the lines above")
                self._stop()
                return 1
            self._reload()

    def _start(self, number: int) -> WebProcess:
        self._generations[number] += 1
        return WebProcess(number, self._generations[number], self._listener)

    def _pause_seconds(self) -> float:
        """SIGCHLD ends the pause; what else is waited for has to be looked at."""
        waiting = self._coming or self._leaving or self._to_reload or len(self._current) < len(self._numbers)
        return 0.05 if waiting or not all(process.ready for process in self._current.values()) else 60.0

    def _replace_the_dead(self) -> None:
        for number, process in list(self._current.items()):
            if (status := process.status()) is not None:
                LOG.error("web process %d ended unexpectedly (%s); another is started", process.pid, _manner(status))
                del self._current[number]
                self._slow_down(process)
                process.close()
        if time.monotonic() >= self._start_after:
            for number in self._numbers:
                if number not in self._current:
                    self._current[number] = self._start(number)
        for process in list(self._leaving):
            process.kill_if_late()
            if process.status() is not None:
                self._leaving.remove(process)
                process.close()

    def _slow_down(self, process: WebProcess) -> None:
        """At once for one that has served; ever more slowly for those that die before they answer."""
        self._fast_deaths = 0 if process.ready else self._fast_deaths + 1
        pause = min(LONGEST_PAUSE_SECONDS, 0.1 * 2**self._fast_deaths) if self._fast_deaths else 0.0
        self._start_after = time.monotonic() + pause

    def _reload(self) -> None:
        """One after the other: the new one answers, then the old one stops."""
        if self._coming is None:
            if self._to_reload:
                self._coming = self._start(self._to_reload.pop(0))
            return
        coming = self._coming
        if coming.status() is not None or time.monotonic() - coming.started > START_SECONDS:
            LOG.error("the new web process %d could not start; the old one goes on", coming.pid)
            self._leave(coming)
            self._coming = None
        elif coming.ready:
            if old := self._current.pop(coming.number, None):
                self._leave(old)
            self._current[coming.number], self._coming = coming, None

    def _leave(self, process: WebProcess) -> None:
        process.stop()
        self._leaving.append(process)

    def _stop(self) -> int:
        refuse_new_connections(self._listener)
        time.sleep(ACCEPT_SECONDS)
        everyone = [*self._current.values(), *self._leaving, *([self._coming] if self._coming else [])]
        for process in everyone:
            process.stop()
        self._listener.close()
        while any(process.status() is None for process in everyone):
            signal.sigtimedwait({signal.SIGCHLD}, 0.1)
            for process in everyone:
                process.kill_if_late()
        return 0


def _manner(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit status {code}"
