"""The main process: starts, restarts, reloads and stops the web processes. It has no threads.

It loads the application, and forks web processes while the files on disk are unchanged. After a reload, or while an
update replaces files, web processes are separate programs, which load the current files.

SIGTERM and SIGINT stop the server gracefully: running requests are finished. SIGHUP reloads: each old web process stops
after its replacement serves. Signals are blocked and read with ``sigtimedwait``, so no handler interrupts the code.
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
from .listener import queued_connections, refuse_new_connections, reopened
from .loaded_application import LoadedApplication
from .spawn_web_process import Arguments, Process, start_program

LOG = logging.getLogger(__name__)

STOP_SECONDS = 10.0
"""When the server stops, a web process is killed if it has not ended after this time."""

REPLACED_SECONDS = 150.0
"""The same for a web process that a reload replaces. A download of some megabytes over a slow line takes minutes, and
nothing waits for the process to end."""

START_SECONDS = 120.0
"""A reload keeps the old web process if the new one is not ready after this time."""

LONGEST_PAUSE_SECONDS = 5.0
"""The longest pause between attempts to start a web process that dies immediately."""

ACCEPT_SECONDS, LONGEST_ACCEPT_SECONDS = 0.05, 3.0
"""The time for which web processes still accept connections before they stop: at least the first, and while connections
are queued at most the second."""

CHECK_SECONDS = 2.0
"""The interval at which the main process checks that the instance folder still exists."""

SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}

ANY_ENDED = os.WEXITED | os.WNOHANG | os.WNOWAIT
"""Options of waitid(2): report a process that ended, without waiting and without consuming its exit status."""

IGNORED = (signal.SIGUSR1, signal.SIGUSR2)
"""Signals on which other servers reopen logs or add processes. Without a handler they would end the server."""


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
        """Whether it serves, or has served."""
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
        """Sends SIGTERM, and schedules SIGKILL in *seconds* unless it is already scheduled for earlier."""
        if self._kill_at == float("inf"):
            self._process.send_signal(signal.SIGTERM)
        self._kill_at = min(self._kill_at, time.monotonic() + seconds)

    def kill_if_late(self) -> None:
        """Sends SIGKILL if the time for ``stop`` is over."""
        if time.monotonic() > self._kill_at and not self._is_killed:
            LOG.warning("web process %d had not ended in time and is killed", self.pid)
            self._is_killed = True
            self._process.send_signal(signal.SIGKILL)

    def close(self) -> None:
        os.close(self._ready_pipe)


class Supervisor:
    """Runs *count* web processes on *listener* until a stop signal.

    *settings* returns the environment variables for a web process; it is called at each start. *check* is called every
    few seconds; a ReaderError that it raises ends the server. *load* is called once, at the start.
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
        self._replacement: WebProcess | None = None
        self._stopping: list[WebProcess] = []
        self._to_reload: list[int] = []
        self._was_reloaded = self._is_socket_missing = False
        self._generations, self._fast_deaths = dict.fromkeys(self._numbers, 0), 0
        self._start_after = 0.0

    def run(self) -> int:
        """Runs until a stop signal. Returns the exit status: 1 if no web process ever became ready, else 0."""
        for ignored in IGNORED:  # web processes inherit it
            signal.signal(ignored, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # if the parent ignores it, no exit status can be read
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        self._loaded = self._load()
        self._start_missing()
        has_served = False
        while True:
            received = signal.sigtimedwait(SIGNALS, self._pause_seconds())
            if received and received.si_signo in (signal.SIGTERM, signal.SIGINT):
                return self._stop()
            if (received and received.si_signo == signal.SIGHUP) or self._reopen_socket():
                self._to_reload, self._was_reloaded = list(self._numbers), True
            try:
                self._check()
            except ReaderError as error:
                LOG.error("%s", error)
                self._stop()
                return 1
            has_served = has_served or any(process.ready for process in self._current.values())
            self._restart_ended()
            if not has_served and self._fast_deaths >= len(self._numbers) * 2:
                LOG.error("no web process could start; see the lines above")
                self._stop()
                return 1
            self._reload()
            self._reap_adopted()

    def _reopen_socket(self) -> bool:
        """Replaces a deleted UNIX socket by a new one, for new web processes. Returns whether it did."""
        try:
            listener = reopened(self._listener)
        except ReaderError as error:  # the folder is missing, too
            if not self._is_socket_missing:
                LOG.error("%s; will be tried again", error)
            self._is_socket_missing = True
            return False
        self._is_socket_missing = False
        if listener is None:
            return False
        LOG.error("the socket %s was deleted; the server listens there again", listener.getsockname())
        self._listener.close()
        self._listener = listener
        return True

    def _all_processes(self) -> list[WebProcess]:
        return [*self._current.values(), *self._stopping, *([self._replacement] if self._replacement else [])]

    def _reap_adopted(self) -> None:
        """Reaps the children of ended web processes, which this process inherits if it is the first of a container."""
        own = {process.pid for process in self._all_processes()}
        with suppress(ChildProcessError):
            while (ended := os.waitid(os.P_ALL, 0, ANY_ENDED)) and ended.si_pid not in own:
                os.waitpid(ended.si_pid, 0)

    def _start(self, number: int) -> WebProcess:
        self._generations[number] += 1
        start = start_program if self._was_reloaded or not self._loaded.is_current() else self._loaded.fork
        return WebProcess(number, self._generations[number], self._listener, self._settings(), start)

    def _pause_seconds(self) -> float:
        """The timeout of the signal wait: SIGCHLD ends it early, but readiness and deadlines are polled."""
        waiting = self._replacement or self._stopping or self._to_reload or len(self._current) < len(self._numbers)
        return 0.05 if waiting or not all(process.ready for process in self._current.values()) else CHECK_SECONDS

    def _restart_ended(self) -> None:
        for number, process in list(self._current.items()):
            if (status := process.status()) is not None:
                LOG.error("web process %d ended unexpectedly (%s); another is started", process.pid, _exit_text(status))
                del self._current[number]
                self._slow_down(was_ready=process.ready)
                process.close()
        if time.monotonic() >= self._start_after:
            self._start_missing()
        for process in list(self._stopping):
            process.kill_if_late()
            if process.status() is not None:
                self._stopping.remove(process)
                process.close()

    def _start_missing(self) -> None:
        for number in self._numbers:
            if number not in self._current:
                try:
                    self._current[number] = self._start(number)
                except OSError as error:  # limit of processes or files, or Python is being replaced
                    LOG.error("no web process can be started (%s); will be tried again", error)
                    self._slow_down(was_ready=False)
                    return

    def _slow_down(self, was_ready: bool) -> None:
        """Sets the pause before the restart: none for a process that was ready, increasing for those that were not."""
        self._fast_deaths = 0 if was_ready else self._fast_deaths + 1
        pause = min(LONGEST_PAUSE_SECONDS, 0.1 * 2**self._fast_deaths) if self._fast_deaths else 0.0
        self._start_after = time.monotonic() + pause

    def _reload(self) -> None:
        """Replaces the web processes one after the other. Stops each old one when its replacement is ready."""
        if self._replacement is None:
            if self._to_reload:
                self._start_replacement(self._to_reload.pop(0))
            return
        new = self._replacement
        if new.status() is not None or time.monotonic() - new.started > START_SECONDS:
            LOG.error("the new web process %d could not start; the old one continues", new.pid)
            self._stop_gracefully(new)
            self._replacement = None
        elif new.ready:
            if old := self._current.pop(new.number, None):
                self._stop_gracefully(old)
            self._current[new.number], self._replacement = new, None

    def _start_replacement(self, number: int) -> None:
        try:
            self._replacement = self._start(number)
        except OSError as error:
            LOG.error("no new web process can be started (%s); the old one continues", error)

    def _stop_gracefully(self, process: WebProcess) -> None:
        """Stops *process*. At most as many stopping processes as current ones may exist, to limit their memory after
        several reloads; older ones are killed."""
        process.stop(REPLACED_SECONDS)
        self._stopping.append(process)
        for oldest in self._stopping[: -len(self._numbers)]:
            oldest.stop(0)

    def _stop(self) -> int:
        refuse_new_connections(self._listener)
        deadline = time.monotonic() + LONGEST_ACCEPT_SECONDS
        time.sleep(ACCEPT_SECONDS)
        while queued_connections(self._listener) and time.monotonic() < deadline:
            time.sleep(ACCEPT_SECONDS)
        processes = self._all_processes()
        for process in processes:
            process.stop(STOP_SECONDS)
        self._listener.close()
        while any(process.status() is None for process in processes):
            signal.sigtimedwait({signal.SIGCHLD}, 0.1)
            for process in processes:
                process.kill_if_late()
        return 0


def _exit_text(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit status {code}"
