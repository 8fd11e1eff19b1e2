"""When the files of a folder were first committed, where the folder is a clone of a git repository.

One ``git log`` for the whole folder, by the installed git. Nothing of the repository is run, and nothing is fetched
(``child_process/git.py``).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import IO, cast

from ..article_building import NO_DATE
from ..child_process.git import OPTIONS, git_environment
from ..i18n import Message
from ..models import Article, is_dated, local_time
from ..settings import Settings
from .file_reader_pool import FileResult, read_files

TIMEOUT_SECONDS = 20
_MOST_BYTES = 100_000_000
_CHUNK_BYTES = 1 << 16
_COMMAND = (
    *("log", "--first-parent", "-m", "--diff-filter=AR", "--name-status", "-M", "-z", "--no-ext-diff", "--no-textconv"),
    *("--format=%x01%ct", "--relative", "HEAD", "--", "."),
)
_COMMIT = b"\x01"
_TIME = re.compile(rb"\d{1,11}")
"""Seconds up to the year 5138, which every datetime can hold."""


def first_commits(folder: Path) -> dict[str, datetime]:
    """The time of the first commit of each file in *folder*, by its path there; empty where that can't be told.

    A file that was renamed keeps the time of its former name.
    """
    if _git_folder(folder) is None or not (git := shutil.which("git")):
        return {}
    environment = git_environment() | {"GIT_OPTIONAL_LOCKS": "0"}
    try:
        with _running([git, *OPTIONS, *_COMMAND], folder, environment) as process:
            found = _read(_parts(cast("IO[bytes]", process.stdout)))
            return found if process.wait() == 0 else {}
    except (OSError, _TooMuch):
        return {}


@contextmanager
def _running(command: Sequence[str], folder: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """*command* in *folder*; killed after TIMEOUT_SECONDS, or if the caller is done before it ends."""
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(  # noqa: S603 our own command
        command, cwd=folder, env=environment, stdin=nothing, stdout=pipe, stderr=nothing
    ) as process:
        timer = threading.Timer(TIMEOUT_SECONDS, process.kill)
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            process.kill()


class _TooMuch(Exception):
    """What git tells is more than ``_MOST_BYTES``."""


def _parts(stdout: IO[bytes]) -> Iterator[bytes]:
    """What stands between two ``_COMMIT``; no more of it is in memory. Raises _TooMuch."""
    begun, size_bytes = list[bytes](), 0
    while chunk := stdout.read(_CHUNK_BYTES):
        size_bytes += len(chunk)
        if size_bytes > _MOST_BYTES:
            raise _TooMuch
        *ended, last = chunk.split(_COMMIT)
        for part in ended:
            yield b"".join([*begun, part])
            begun = []
        begun.append(last)
    yield b"".join(begun)


def read_dated_files(settings: Settings, stamps: dict[str, str]) -> Iterator[FileResult]:
    """As ``read_files``; an article without a date has that of its file's first commit."""
    return (_dated(result, settings) for result in read_files(settings, stamps))


def _dated(result: FileResult, settings: Settings) -> FileResult:
    """*result* with the day of its first commit, if its article has no date otherwise."""
    article = result.result
    if not isinstance(article, Article) or is_dated(article.published) or article.draft:
        return result
    at = _first_commits_now(settings.articles).get(result.path)
    if at is None:
        return result
    published = local_time(at, settings.timezone)
    warnings = tuple(warning for warning in article.warnings if warning != NO_DATE)
    notes = (*article.notes, Message("no date; that of its first commit is used"))
    article = replace(article, published=published, updated=published, version="", warnings=warnings, notes=notes)
    return replace(result, result=article)


def _first_commits_now(folder: Path) -> dict[str, datetime]:
    git_folder = _git_folder(folder)
    if git_folder is None:
        return {}
    return _kept(folder, tuple(map(_modified, (git_folder / "logs" / "HEAD", git_folder / "HEAD"))))


@lru_cache(2)
def _kept(folder: Path, _state: tuple[int, int]) -> dict[str, datetime]:
    """As ``first_commits``, read again after a commit."""
    return first_commits(folder)


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _git_folder(folder: Path) -> Path | None:
    """That of a clone with all its history: of a shallow one the first commit is unknown."""
    above = next((above / ".git" for above in (folder, *folder.parents) if (above / ".git").exists()), None)
    return above if above is not None and not (above / "shallow").exists() else None


def _read(parts: Iterator[bytes]) -> dict[str, datetime]:
    """Newest commit first, so the last time that is told of a path is its first."""
    found: dict[str, int] = {}
    now_called: dict[str, str] = {}
    for commit in islice(parts, 1, None):
        time, *fields = commit.replace(b"\n", b"").split(b"\0")
        if not _TIME.fullmatch(time):  # the rest of a name with this character, or a forged time
            continue
        names = iter(os.fsdecode(part) for part in fields if part)
        for status in names:
            name = next(names, "")
            if status.startswith("R"):
                new = next(names, "")
                now_called[name] = now_called.get(new, new)
                found[now_called[name]] = int(time)
            else:
                found[now_called.get(name, name)] = int(time)
    return {name: datetime.fromtimestamp(time, UTC) for name, time in found.items()}
