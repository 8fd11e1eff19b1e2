"""Machines of one site as processes: ``with machine("work", settings, folder) as process``."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving import environment_of, free_port, inherited
from waiting import LIMIT_SECONDS, answers, wait_for

from reader.settings import ROOT, Settings


class Machine:
    """A process of ``serve`` or ``work`` with *folder*/instance; ``kill`` and ``start`` can be repeated."""

    def __init__(self, command: str, settings: Settings, folder: Path, articles: Path | None = None) -> None:
        folder.mkdir()
        self._folder, self._port = folder, free_port()
        places = {"READER_ARTICLES": str(articles or folder / "articles"), "READER_INSTANCE": str(folder / "instance")}
        self._environment = inherited() | environment_of(settings) | places
        options = ["--workers", "1", "--port", str(self._port)] if command == "serve" else []
        self._command = [sys.executable, "-m", "reader", command, *options]
        self.start()

    def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)

    def kill(self) -> None:
        """SIGKILL; the processes that it started end with it."""
        self.process.kill()
        self.process.wait(LIMIT_SECONDS)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._port}{path}"

    def wait_until_it_serves(self, path: str) -> None:
        wait_for(lambda: answers(self.url(path), {200}), lambda: (self._folder / "log").read_text()[-2000:])

    def download(self, path: str) -> bytes:
        """The file, asked for until it is finished. Fails with any answer but 200, 202, and 503 with Retry-After."""
        return wait_for(lambda: self._download_once(path))

    def _download_once(self, path: str) -> bytes:
        try:
            with urllib.request.urlopen(self.url(path), timeout=LIMIT_SECONDS) as response:
                return response.read() if response.status == 200 else b""
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 503 or not error.headers["Retry-After"]:
                    raise AssertionError(f"{error.code}: {error.read()[:500]!r}") from error
        except OSError:  # it was killed
            pass
        return b""


@contextmanager
def machine(command: str, settings: Settings, folder: Path, articles: Path | None = None) -> Iterator[Machine]:
    found = Machine(command, settings, folder, articles)
    try:
        yield found
    finally:
        found.kill()
