"""Reads the dates of the first commits of files, if the folder is in a clone of a git repository.

It runs one ``git log`` for the whole folder with the installed git. Git runs no programs of the repository and fetches
nothing (``child_process/git.py``).
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
    """The time of the first commit of each file by its path in *folder*; empty if git or the history is not available.

    A file that was renamed has the time of its former name.
    """
    if _git_folder(folder) is None or not (git := shutil.which("git")):
        return {}
    environment = git_environment() | {"GIT_OPTIONAL_LOCKS": "0"}
    try:
        with _running([git, *OPTIONS, *_COMMAND], folder, environment) as process:
            found = _read(_parts(cast("IO[bytes]", process.stdout)))
            return found if process.wait() == 0 else {}
    except (OSError, _OutputTooLarge):
        return {}


@contextmanager
def _running(command: Sequence[str], folder: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Runs *command* in *folder* during the block. It is killed at the end of the block and after TIMEOUT_SECONDS."""
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


class _OutputTooLarge(Exception):
    """The output of git is larger than ``_MOST_BYTES``."""


def _parts(stdout: IO[bytes]) -> Iterator[bytes]:
    """The parts of the output between ``_COMMIT``; one part is in memory at a time. Raises _OutputTooLarge."""
    begun, size_bytes = list[bytes](), 0
    while chunk := stdout.read(_CHUNK_BYTES):
        size_bytes += len(chunk)
        if size_bytes > _MOST_BYTES:
            raise _OutputTooLarge
        *ended, last = chunk.split(_COMMIT)
        for part in ended:
            yield b"".join([*begun, part])
            begun = []
        begun.append(last)
    yield b"".join(begun)


def read_dated_files(settings: Settings, stamps: dict[str, str]) -> Iterator[FileResult]:
    """Like ``read_files``; an article without a date gets the date of its file's first commit."""
    return (_dated(result, settings) for result in read_files(settings, stamps))


def _dated(result: FileResult, settings: Settings) -> FileResult:
    """*result* with the date of the first commit, if its article has no other date and is not a draft."""
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
    return _cached_first_commits(folder, tuple(map(_modified, (git_folder / "logs" / "HEAD", git_folder / "HEAD"))))


@lru_cache(2)
def _cached_first_commits(folder: Path, _state: tuple[int, int]) -> dict[str, datetime]:
    """Like ``first_commits``, cached until the next commit, which changes *_state*."""
    return first_commits(folder)


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _git_folder(folder: Path) -> Path | None:
    """The ``.git`` folder of *folder*; None without one and for a shallow clone, whose first commits are unknown."""
    above = next((above / ".git" for above in (folder, *folder.parents) if (above / ".git").exists()), None)
    return above if above is not None and not (above / "shallow").exists() else None


def _read(parts: Iterator[bytes]) -> dict[str, datetime]:
    """The time of the first commit by path. *parts* begin with the newest commit, so the last time of a path is its
    first commit."""
    found: dict[str, int] = {}
    current_names: dict[str, str] = {}
    for commit in islice(parts, 1, None):
        time, *fields = commit.replace(b"\n", b"").split(b"\0")
        if not _TIME.fullmatch(time):  # the rest of a name with this character, or a forged time
            continue
        names = iter(os.fsdecode(part) for part in fields if part)
        for status in names:
            name = next(names, "")
            if status.startswith("R"):
                new = next(names, "")
                current_names[name] = current_names.get(new, new)
                found[current_names[name]] = int(time)
            else:
                found[current_names.get(name, name)] = int(time)
    return {name: datetime.fromtimestamp(time, UTC) for name, time in found.items()}
