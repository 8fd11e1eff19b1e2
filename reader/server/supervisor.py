"""The main process: starts, restarts, reloads and stops the web processes. It has no threads.

It loads what they run, and forks them while the files on disk are those that it loaded. After a reload, or while an
update replaces files, they are programs of their own, which load what is there then.

SIGTERM and SIGINT stop the server gracefully: running requests are finished. SIGHUP reloads: each new web process
serves before the old one stops. Signals are blocked and read with ``sigtimedwait``, so no handler interrupts the code.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from ..errors import ReaderError
from .listener import opened_again, queued_connections, refuse_new_connections
from .loaded_application import LoadedApplication
from .spawn_web_process import Arguments, Process, start_program

LOG = logging.getLogger(__name__)

STOP_SECONDS = 10.0
"""When the server stops: a web process that has not ended after this time is killed."""

LEAVE_SECONDS = 150.0
"""The same after a reload: a download of some megabytes over a slow line takes minutes, and nobody waits for it."""

START_SECONDS = 120.0
"""A reload keeps the old web process if the new one is not ready after this time."""

LONGEST_PAUSE_SECONDS = 5.0
"""The longest pause between attempts to start a web process that dies immediately."""

ACCEPT_SECONDS, LONGEST_ACCEPT_SECONDS = 0.05, 3.0
"""How long web processes at least go on accepting before they stop, and at most while connections are queued."""

CHECK_SECONDS = 2.0
"""How often the main process checks that the instance folder is still there."""

SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}

ANY_ENDED = os.WEXITED | os.WNOHANG | os.WNOWAIT
"""For waitid(2): tells of one that ended without taking its exit status."""

IGNORED = (signal.SIGUSR1, signal.SIGUSR2)
"""Other servers reopen logs or count up processes on these; without a handler they would end this one."""


class WebProcess:
    """One web process. It writes a byte to a pipe when it is ready. Raises OSError if it cannot be started."""

    def __init__(
        self,
        number: int,
        generation: int,
        listener: socket.socket,
        settings: dict[str, str],
        start: Callable[[Arguments, dict[str, str]], Process],
    ) -> None:
        self.number, self.generation, self.started = number, generation, time.monotonic()
        self._ready_pipe, ready_end = os.pipe()
        os.set_blocking(self._ready_pipe, False)
        try:
            self._process = start(Arguments(listener.fileno(), ready_end, number, os.getpid()), settings)
        except BaseException:
            self.close()
            raise
        finally:
            os.close(ready_end)
        self._is_ready, self._is_killed, self._kill_at = False, False, float("inf")

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
        """The exit status; None while it runs."""
        return self._process.poll()

    def stop(self, seconds: float) -> None:
        """Asks it to end, and has it killed after *seconds*; sooner if it was asked before."""
        if self._kill_at == float("inf"):
            self._process.send_signal(signal.SIGTERM)
        self._kill_at = min(self._kill_at, time.monotonic() + seconds)

    def kill_if_late(self) -> None:
        if time.monotonic() > self._kill_at and not self._is_killed:
            LOG.warning("web process %d had not ended in time and is killed", self.pid)
            self._is_killed = True
            self._process.send_signal(signal.SIGKILL)

    def close(self) -> None:
        os.close(self._ready_pipe)


class Supervisor:
    """Runs *count* web processes on *listener* until a stop signal.

    *settings* is called at each start of one, *check* every few seconds; a ReaderError that it raises ends the server.
    *load* is called once, at the start.
    """

    def __init__(
        self,
        listener: socket.socket,
        count: int,
        settings: Callable[[], dict[str, str]],
        load: Callable[[], LoadedApplication],
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._listener, self._settings, self._load, self._check = listener, settings, load, check
        self._numbers = range(1, count + 1)
        self._current: dict[int, WebProcess] = {}
        self._coming: WebProcess | None = None
        self._leaving: list[WebProcess] = []
        self._to_reload: list[int] = []
        self._was_reloaded = self._is_out_of_reach = False
        self._generations, self._fast_deaths = dict.fromkeys(self._numbers, 0), 0
        self._start_after = 0.0

    def run(self) -> int:
        """Runs until a stop signal. Returns the exit status: 1 if no web process ever became ready, else 0."""
        for ignored in IGNORED:  # in the web processes, too: they inherit it
            signal.signal(ignored, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored by who started this: no exit status could be read
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        self._loaded = self._load()
        self._start_missing()
        answered = False
        while True:
            received = signal.sigtimedwait(SIGNALS, self._pause_seconds())
            if received and received.si_signo in (signal.SIGTERM, signal.SIGINT):
                return self._stop()
            if (received and received.si_signo == signal.SIGHUP) or self._listen_again():
                self._to_reload, self._was_reloaded = list(self._numbers), True
            try:
                self._check()
            except ReaderError as error:
                LOG.error("%s", error)
                self._stop()
                return 1
            answered = answered or any(process.ready for process in self._current.values())
            self._restart_ended()
            if not answered and self._fast_deaths >= len(self._numbers) * 2:
                LOG.error("no web process could start; see the lines above")
                self._stop()
                return 1
            self._reload()
            self._reap_adopted()

    def _listen_again(self) -> bool:
        """Whether the UNIX socket was deleted and there is another at its path, for new web processes."""
        try:
            listener = opened_again(self._listener)
        except ReaderError as error:  # the folder is missing, too
            if not self._is_out_of_reach:
                LOG.error("%s; tried again", error)
            self._is_out_of_reach = True
            return False
        self._is_out_of_reach = False
        if listener is None:
            return False
        LOG.error("the socket %s was deleted; the server listens there again", listener.getsockname())
        self._listener.close()
        self._listener = listener
        return True

    def _everyone(self) -> list[WebProcess]:
        return [*self._current.values(), *self._leaving, *([self._coming] if self._coming else [])]

    def _reap_adopted(self) -> None:
        """Children of web processes that ended are children of this process if it is the first of a container."""
        own = {process.pid for process in self._everyone()}
        with suppress(ChildProcessError):
            while (ended := os.waitid(os.P_ALL, 0, ANY_ENDED)) and ended.si_pid not in own:
                os.waitpid(ended.si_pid, 0)

    def _start(self, number: int) -> WebProcess:
        self._generations[number] += 1
        start = start_program if self._was_reloaded or not self._loaded.is_current() else self._loaded.fork
        return WebProcess(number, self._generations[number], self._listener, self._settings(), start)

    def _pause_seconds(self) -> float:
        """The timeout of the signal wait: SIGCHLD ends it early, but readiness and deadlines are polled."""
        waiting = self._coming or self._leaving or self._to_reload or len(self._current) < len(self._numbers)
        return 0.05 if waiting or not all(process.ready for process in self._current.values()) else CHECK_SECONDS

    def _restart_ended(self) -> None:
        for number, process in list(self._current.items()):
            if (status := process.status()) is not None:
                LOG.error("web process %d ended unexpectedly (%s); another is started", process.pid, _manner(status))
                del self._current[number]
                self._slow_down(was_ready=process.ready)
                process.close()
        if time.monotonic() >= self._start_after:
            self._start_missing()
        for process in list(self._leaving):
            process.kill_if_late()
            if process.status() is not None:
                self._leaving.remove(process)
                process.close()

    def _start_missing(self) -> None:
        for number in self._numbers:
            if number not in self._current:
                try:
                    self._current[number] = self._start(number)
                except OSError as error:  # no more processes or files are allowed, or Python itself is being replaced
                    LOG.error("no web process can be started (%s); tried again", error)
                    self._slow_down(was_ready=False)
                    return

    def _slow_down(self, was_ready: bool) -> None:
        """Sets the pause before the restart: none for a process that was ready, growing for those that die before."""
        self._fast_deaths = 0 if was_ready else self._fast_deaths + 1
        pause = min(LONGEST_PAUSE_SECONDS, 0.1 * 2**self._fast_deaths) if self._fast_deaths else 0.0
        self._start_after = time.monotonic() + pause

    def _reload(self) -> None:
        """Replaces the web processes one after the other: the old one stops when the new one is ready."""
        if self._coming is None:
            if self._to_reload:
                self._begin_to_replace(self._to_reload.pop(0))
            return
        coming = self._coming
        if coming.status() is not None or time.monotonic() - coming.started > START_SECONDS:
            LOG.error("the new web process %d could not start; the old one goes on", coming.pid)
            self._stop_gracefully(coming)
            self._coming = None
        elif coming.ready:
            if old := self._current.pop(coming.number, None):
                self._stop_gracefully(old)
            self._current[coming.number], self._coming = coming, None

    def _begin_to_replace(self, number: int) -> None:
        try:
            self._coming = self._start(number)
        except OSError as error:
            LOG.error("no new web process can be started (%s); the old one goes on", error)

    def _stop_gracefully(self, process: WebProcess) -> None:
        """As many old processes as new ones may go on sending: reloads in a row take memory of no more."""
        process.stop(LEAVE_SECONDS)
        self._leaving.append(process)
        for oldest in self._leaving[: -len(self._numbers)]:
            oldest.stop(0)

    def _stop(self) -> int:
        refuse_new_connections(self._listener)
        deadline = time.monotonic() + LONGEST_ACCEPT_SECONDS
        time.sleep(ACCEPT_SECONDS)
        while queued_connections(self._listener) and time.monotonic() < deadline:
            time.sleep(ACCEPT_SECONDS)
        everyone = self._everyone()
        for process in everyone:
            process.stop(STOP_SECONDS)
        self._listener.close()
        while any(process.status() is None for process in everyone):
            signal.sigtimedwait({signal.SIGCHLD}, 0.1)
            for process in everyone:
                process.kill_if_late()
        return 0


def _manner(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit status {code}"
