"""How soon the service is back after ``kill -9`` of its main process, and how soon commands start.

    python benchmarks/restart.py [--quick]

A supervisor such as systemd restarts a main process at once, and so does this script. Rounds with Reader and with the
peer, gunicorn with a Flask app of one page, alternate, so that other load affects both equally. Processor seconds are
those of all processes of the server until the first answer. Only an answer of the new server counts. Aims: the first
page 2 s after the kill, that of a started server within 1 s, ``--help`` within 0.15 s, as medians; a missed aim is
measured twice more. Exits with 1 if it is missed each time.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.library import write_articles  # noqa: E402

ARTICLES = 300
ATTEMPTS = 3
AIMS = {"restart": 2.0, "start": 1.0, "--help": 0.15}
PEER = """
import os
from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return f"<p>今天下雨。", {"X-Parent": str(os.getppid())}
"""
"""Its workers go on for a moment when the main process is killed; ours end with it."""


class Service:
    """A server that can be killed and started again on its port. *command* contains ``{port}``."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port: int = probe.getsockname()[1]
        self._command = [word.replace("{port}", str(self._port)) for word in command]
        self._folder, self._environment = folder, os.environ | environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> tuple[float, float]:
        """(seconds, processor seconds) until the first page is answered."""
        began = time.perf_counter()
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self._folder, env=self._environment, stdout=log, stderr=log
            )
        while not self._answers():
            time.sleep(0.005)
        return time.perf_counter() - began, cpu_seconds(self._process.pid)

    def restart(self) -> tuple[float, float]:
        """As ``start``, counted from ``kill -9`` of the main process."""
        began = time.perf_counter()
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        used = self.start()[1]
        return time.perf_counter() - began, used

    def stop(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/", timeout=60) as answer:
                parent = answer.headers.get("X-Parent", "")
                return bool(answer.status == 200 and parent in ("", str(self._process and self._process.pid)))
        except OSError:
            return False


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of all below it (proc(5))."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        lists = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return 0.0
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_seconds(int(child)) for children in lists for child in children)


def help_seconds() -> tuple[float, float]:
    before, began = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-m", "reader", "--help"], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    used = after.children_user - before.children_user + after.children_system - before.children_system
    return time.perf_counter() - began, used


def measure(folder: Path, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """(seconds, processor seconds) of each round by what is measured."""
    library, peer = folder / "library", folder / "peer"
    if not peer.exists():
        write_articles(library, ARTICLES)
        peer.mkdir()
        (peer / "app.py").write_text(PEER, encoding="utf-8")
    places = {"READER_ARTICLES": str(library), "READER_INSTANCE": str(folder / "instance"), "PYTHONPATH": str(ROOT)}
    serve = [sys.executable, "-m", "reader", "serve", "--workers", "2", "--port", "{port}"]
    gunicorn = [sys.executable, "-m", "gunicorn", "--workers", "2", "--bind", "127.0.0.1:{port}", "app:app"]
    ours, theirs = Service(serve, folder, places), Service(gunicorn, peer, {})
    if not (folder / "instance").exists():  # the first start reads the articles
        ours.start()
        ours.stop()
    steps: dict[str, Callable[[], tuple[float, float]]] = {
        "start": ours.start, "start, gunicorn": theirs.start, "restart": ours.restart,
        "restart, gunicorn": theirs.restart, "--help": help_seconds,
    }  # fmt: skip
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in steps}
    for _ in range(rounds):
        try:
            for name, step in steps.items():
                found[name].append(step())
        finally:
            ours.stop()
            theirs.stop()
    return found


def summary(rounds: list[tuple[float, float]]) -> tuple[float, float, float]:
    """(median seconds, median processor seconds, most seconds)."""
    walls, used = zip(*rounds, strict=True)
    return statistics.median(walls), statistics.median(used), max(walls)


def report(found: dict[str, list[tuple[float, float]]]) -> list[str]:
    """Prints the table. Returns what missed its aim."""
    print(f"{'':<10}{'ours':>8}{'at most':>9}{'CPU':>7}{'gunicorn':>10}{'CPU':>7}{'aim':>7}  seconds, medians")
    missed = []
    for name, aim in AIMS.items():
        seconds, used, most = summary(found[name])
        peer = "{:>10.2f}{:>7.2f}".format(*summary(found[f"{name}, gunicorn"])) if name != "--help" else ""
        print(f"{name:<10}{seconds:>8.2f}{most:>9.2f}{used:>7.2f}{peer:>17}{aim:>7.2f}")
        if seconds > aim:
            missed.append(name)
    return missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two rounds instead of nine")
    options = parser.parse_args()
    missed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="reader-restart-") as name:
        for _ in range(ATTEMPTS):
            found = measure(Path(name), 2 if options.quick else 9)
            missed = report(found)
            if not missed:
                break
    seconds, used, _ = summary(found["restart"])
    load = os.getloadavg()[0]
    print(f"kill -9 of the main process: back after {seconds:.2f} s, {used:.2f} s of processor time (load {load:.1f})")
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    main()
