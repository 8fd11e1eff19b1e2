"""Processes that are killed, stopped, reloaded or started twice: what was accepted is there, and somebody answers."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import statistics
import sys
import threading
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import pytest
from faults.running import Server, descriptors, is_alive, running, wait_for
from long_forms import LONG, few, long_form
from waiting import LIMIT_SECONDS

ROUNDS = int(os.environ.get("FAULTS_ROUNDS", "200" if LONG else "6"))
"""``make test-faults`` takes the long form."""


STARTED_BY = {
    "a program that closed standard input and output": "os.closerange(0, 2)",
    "a program that closed all standard files": "os.closerange(0, 3)",
    "a pipe whose reader ended": "reader, pipe = os.pipe(); os.close(reader); os.dup2(pipe, 1); os.dup2(pipe, 2)",
    "a log on a full disk": "full = os.open('/dev/full', os.O_WRONLY); os.dup2(full, 1); os.dup2(full, 2)",
    "a full pipe that nobody reads": (
        "reader, pipe = os.pipe(); os.set_inheritable(reader, True); os.set_blocking(pipe, False); "
        "os.write(pipe, bytes(65536)); os.set_blocking(pipe, True); os.dup2(pipe, 1); os.dup2(pipe, 2)"
    ),
    "a program that ignores SIGCHLD": "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
}
"""What the program that starts the server did before."""

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h: this process gets the orphans below it, as process 1 of a container does


def started_by(code: str) -> list[str]:
    return [sys.executable, "-c", f"import ctypes, os, signal, sys; {code}; os.execv(sys.argv[1], sys.argv[1:])"]


@pytest.fixture
def server(tmp_path):
    found = Server(tmp_path)
    for n in range(5):
        found.publish(f"s{n}")
    with running(found):
        yield found


def test_web_processes_end_with_the_main_process(server):
    everyone = server.descendants()
    server.process.kill()
    server.process.wait()
    wait_for(lambda: not any(map(is_alive, everyone)))
    server.start()  # the port is free, the instance is not in use
    assert server.status("/a/s1") == 200


def test_the_main_process_has_no_threads_and_holds_no_database(server):
    main = Path(f"/proc/{server.process.pid}")
    assert len(list((main / "task").iterdir())) == 1
    files = {os.readlink(file) for file in descriptors(server.process.pid)}
    assert not [name for name in files if "sqlite3" in name]


def open_files(process: int) -> set[str]:
    """What the descriptors of *process* refer to, without the first three. One may be closed meanwhile."""
    found = set()
    for file in descriptors(process):
        with suppress(FileNotFoundError):
            found |= {os.readlink(file)} if int(file.name) > 2 else set()
    return found


def test_a_web_process_holds_no_file_of_the_main_process_but_the_listening_socket(server):
    """Its lock of the instance folder would be held until the web process ends."""
    held = open_files(server.process.pid)
    shared = [name for name in held if name.startswith("socket:")]
    assert str(server.instance / "serve.lock") in held
    for process in server.web_processes():
        assert held & open_files(process) == set(shared)


@pytest.mark.parametrize("code", few(STARTED_BY.values(), 3), ids=few(STARTED_BY, 3))
def test_a_server_serves_and_recovers_whoever_started_it(tmp_path, code):
    server = Server(tmp_path, workers=1, prefix=started_by(code))
    server.publish("s1")
    server.begin()
    try:
        wait_for(lambda: server.status("/a/s1") == 200, server)
        files = {os.readlink(file) for file in descriptors(server.process.pid) if int(file.name) < 3}
        assert not [name for name in files if "serve.lock" in name or "socket:" in name]
        (victim,) = server.web_processes()
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: set(server.web_processes()) - {victim} and server.status("/a/s1") == 200, server)
    finally:
        assert server.stop() == 0


def test_what_killed_web_processes_leave_behind_is_reaped_by_the_first_process_of_a_container(tmp_path):
    server = Server(tmp_path, workers=1, prefix=started_by(f"ctypes.CDLL(None).prctl({PR_SET_CHILD_SUBREAPER}, 1)"))
    server.publish("s1")
    with running(server):
        wait_for(lambda: len(server.descendants()) > 2, server)  # with a reading process
        orphans = set(server.descendants()) - set(server.web_processes())
        for process in server.web_processes():
            os.kill(process, signal.SIGKILL)
        wait_for(lambda: not [process for process in orphans if Path(f"/proc/{process}").exists()], server)
        assert server.status("/a/s1") == 200


def test_web_processes_go_on_while_no_other_can_be_started(tmp_path):
    """An update makes the environment of Python anew, and its programs are not there for a moment."""
    environment = tmp_path / "environment"
    (environment / "bin").mkdir(parents=True)
    (environment / "lib").symlink_to(Path(sys.prefix) / "lib")
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", environment)
    python, target = environment / "bin" / "python", Path(sys.executable).resolve()
    python.symlink_to(target)
    server = Server(tmp_path, prefix=["sh", "-c", 'shift; exec "$0" "$@"', str(python)])
    server.publish("s1")
    with running(server):
        before = set(server.web_processes())
        python.unlink()
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: server.log.count("the old one continues") == 2, server)
        assert set(server.web_processes()) == before
        victim = before.pop()
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: "tried again" in server.log, server)
        assert server.status("/a/s1") == 200
        python.symlink_to(target)
        wait_for(lambda: len(set(server.web_processes()) - {victim}) == 2, server)
    assert "Traceback" not in server.log


def test_a_web_process_that_is_killed_is_replaced_however_often(server):
    for _ in range(3):
        victim = server.web_processes()[0]
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda victim=victim: victim not in server.web_processes() and server.answers(), server)
    assert server.process.poll() is None


@pytest.mark.parametrize("same", ["port", "instance"])
def test_a_second_server_is_refused_with_the_reason(server, tmp_path, same):
    (tmp_path / "other").mkdir()
    other = Server(tmp_path / "other", port=server.port) if same == "port" else Server(tmp_path)
    log = other.folder / "server.log"
    begin = log.stat().st_size if log.exists() else 0
    other.begin()
    assert other.process.wait(LIMIT_SECONDS) == 1
    said = log.read_bytes()[begin:].decode()
    assert ("--port" in said) if same == "port" else (str(server.process.pid) in said)
    assert "Traceback" not in said
    assert server.status("/a/s1") == 200


@long_form  # tests/test_operating.py has a short one
def test_no_request_is_lost_by_a_reload_under_load(server):
    with visitors(server) as seen:
        before = set(server.web_processes())
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: not before & set(server.web_processes()) and seen.answered, server)
    assert seen.failures == []


def test_no_request_that_was_accepted_is_lost_by_a_stop_under_load(server):
    with visitors(server) as seen:
        time.sleep(0.5)
        assert server.stop() == 0
    refused = [error for error in seen.failures if isinstance(getattr(error, "reason", error), ConnectionRefusedError)]
    assert len(refused) == len(seen.failures), seen.failures


@pytest.mark.timeout(900 + 60 * ROUNDS)  # 143 rounds took 900 s on a machine with a load of 20
def test_what_was_accepted_is_there_after_kills_of_any_process_at_any_moment(server, capsys):
    seconds, dice = defaultdict(list), random.Random(12)
    for n in range(ROUNDS):
        server.publish(f"k{n}", f"第 {n} 次。")
        ask = threading.Thread(target=server.status, args=(f"/a/s{n % 5}.{('epub', 'pdf', 'txt')[n % 3]}",))
        ask.start()
        time.sleep(dice.random() * 0.7)
        victim = dice.choice([server.process.pid, *server.descendants()])
        kind = kind_of(victim, server)
        if kind != ENDED:  # the number may be another's by now
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        began = time.monotonic()
        if victim == server.process.pid:
            server.process.wait()
            server.begin()
        wait_for(server.answers, server)
        seconds[kind].append(time.monotonic() - began)
        ask.join()
    for n in range(ROUNDS):
        wait_for(lambda n=n: server.status(f"/a/k{n}") == 200, server)
    for n in range(5):
        wait_for(lambda n=n: server.status(f"/a/s{n}.epub") == 200, server)
    wait_for(lambda: server.figure("reader_exports_waiting") == 0, server)
    assert server.figure("reader_exports_failed") == 0
    with capsys.disabled():
        for kind, found in sorted(seconds.items()):
            middle, most = statistics.median(found), max(found)
            late = sorted(found)[len(found) * 95 // 100]
            print(
                f"\nkill -9 of {kind}, {len(found)} times: answers after {middle:.2f} s (median), {late:.2f} s (95 %),"
                f" {most:.2f} s at most"
            )


ENDED = "a process that had ended"


def kind_of(pid: int, server: Server) -> str:
    """What the process is; it may have ended since it was listed."""
    if pid == server.process.pid:
        return "the main process"
    if pid in server.web_processes():
        return "a web process"
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return ENDED
    return next((word for word in words if word.startswith("reader.")), "another program")


class visitors:  # noqa: N801 (used like a function)
    """Four who ask for articles all the time, each on a connection of its own for each request."""

    def __init__(self, server):
        self._server, self._stop = server, threading.Event()
        self.failures, self.answered = [], 0
        self._threads = [threading.Thread(target=self._visit) for _ in range(4)]

    def _visit(self):
        while not self._stop.is_set():
            try:
                self._server.get(f"/a/s{self.answered % 5}")
                self.answered += 1
            except OSError as error:
                self.failures.append(error)
                time.sleep(0.01)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()


def test_signals_on_which_other_servers_reopen_their_logs_end_no_process(server):
    before = server.web_processes()
    for process in (server.process.pid, *before):
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            os.kill(process, number)
    for _ in range(10):
        assert server.status("/healthz") == 200
    assert server.web_processes() == before


def test_the_figures_of_another_server_are_not_added_to_its_own(tmp_path):
    other = tmp_path / "figures of another"
    other.mkdir()
    server = Server(tmp_path, environment={"PROMETHEUS_MULTIPROC_DIR": str(other)})
    server.publish("rain")
    with running(server):
        assert server.status("/a/rain") == 200
        assert list((server.instance / "metrics").iterdir())
    assert list(other.iterdir()) == []


def test_restarts_leave_a_bounded_number_of_metric_files_and_lose_no_count(tmp_path):
    server = Server(tmp_path)
    server.publish("rain")
    with running(server):
        for n in range(6):
            assert server.status(f"/nothing/{n}") == 404
            os.kill(server.web_processes()[n % 2], signal.SIGKILL)
            started = server.log.count("Started worker")
            wait_for(lambda before=started: server.log.count("Started worker") > before, server)
        files = list((server.instance / "metrics").glob("*.db"))
        assert len(files) <= 2 * (2 + 1 + 1)  # two kinds: of two web processes, of the last that ended, of all before
        text = server.get("/metrics")[1].decode()
        found = re.findall(r'^reader_requests_total{status="404",view="none"} (\S+)$', text, re.MULTILINE)
        assert [float(value) for value in found] == [6]


@long_form
def test_the_switch_of_the_long_tests_is_no_setting(tmp_path, monkeypatch):
    monkeypatch.setenv("READER_FAULTS_LONG", "1")
    server = Server(tmp_path, workers=1)
    with running(server):
        assert "is not a setting" not in server.log
