"""Restores a backup. The archive may be hostile: all of it is checked before anything is replaced.

Files are unpacked next to their target. The database is filled, then the files are renamed, and the transaction is
committed last. If a rename fails, the transaction is rolled back. If the commit fails, the renames are undone. An
articles folder that cannot be renamed, such as a mounted volume, stays in position: its new files are unpacked into a
hidden folder inside it, and its previous files are moved into another hidden folder. If the process is killed during
these steps, a marker file remains (``unfinished_restore.py``), and ``serve`` and ``doctor`` report how to finish the
restore.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadBackup, HalfRestored, StateUnusable
from ..formats.archives import LARGEST_COMPRESSION_RATIO
from ..i18n import N_, Message
from ..library.watcher import lock_of
from ..settings import Settings
from ..state import State
from ..storage.locks import file_lock, is_locked
from ..storage.private_files import FILE_MODE
from .archive_layout import FILES, FORMAT, HEAD, STATE, FileRecord
from .renaming import ASIDE, moved_aside, moved_into_place
from .unfinished_restore import TRIAL_SUFFIX, find_trial_folder, unfinished_marker

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LARGEST_HEAD_BYTES = 10_000
_SMALL_BYTES = 1_000_000
_ASKED_TIMES, _ASKED_SECONDS = 10, 1.0
"""How many times the database server is queried for the result of a commit, and the pause before each query."""

_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError),
    *(ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError),
)
"""Exceptions that a damaged or hostile archive causes. RuntimeError: it is encrypted, or nested too deeply."""

_COMMIT_UNKNOWN = N_(
    "the database did not tell whether it holds the restored state (%(cause)s); the articles are as they were. "
    "Restore again with --force when it answers."
)


def restore_backup(settings: Settings, source: Path, *, force: bool) -> tuple[int, list[Path]]:
    """Restores the backup *source*. Returns the number of files, and the new paths of the files that *force* moved
    aside.

    Raises BadBackup if nothing was restored, and HalfRestored if a rename could not be undone or the database server
    does not report whether it committed. Without *force*, the target must be empty.
    """
    settings = replace(
        settings, articles=Path(os.path.realpath(settings.articles))
    )  # if it is a symbolic link, the link stays
    try:
        with unserved(settings), _system_errors(source), zipfile.ZipFile(source) as archive:
            return _restore(settings, archive, force=force)
    except StateUnusable as error:
        raise BadBackup(error.message) from error
    except _DAMAGED as error:
        raise BadBackup(Message("it is damaged, or no backup of Reader (%(cause)s)", cause=str(error))) from error


@contextmanager
def _system_errors(path: Path) -> Iterator[None]:
    """Turns an OSError into BadBackup. The message names *path* if the OSError has no file name."""
    try:
        yield
    except OSError as error:
        failed_path, cause = str(error.filename or path), error.strerror or str(error)
        raise BadBackup(Message("%(path)s: %(cause)s", path=failed_path, cause=cause)) from error


def _restore(settings: Settings, archive: zipfile.ZipFile, *, force: bool) -> tuple[int, list[Path]]:
    records, state = _read_records(archive), State(settings.state_url)
    if trial := find_trial_folder(settings):
        trial.rename(settings.articles)
    _remove_leftovers(settings)
    files = [settings.data / record.path for record in records if record.place == "data"]
    is_fixed = _must_stay(settings.articles)
    entries = list(_existing_entries(settings.articles)) if is_fixed else [settings.articles]
    occupied = [*(entries if is_fixed else filter(_is_not_empty, entries)), *filter(_is_not_empty, files)]
    is_occupied = _is_occupied(state)
    if (occupied or is_occupied) and not force:
        first = settings.articles if is_fixed and entries else next(iter(occupied), None)
        target = str(first or state.path or "READER_DATABASE_URL")
        raise BadBackup(Message("%(path)s is not empty; --force moves what is there aside", path=target))
    database = [state.path] if state.path and is_occupied else []
    inside = settings.articles if is_fixed else None
    with (
        _unpacked_files(archive, records, settings, inside) as unpacked,
        unfinished_marker(settings, archive),
        moved_aside(database, None) as database_aside,
        ExitStack() as renames,
        _loaded_state(archive, state),  # slow; if the process is killed here, the articles are still in position
    ):
        aside = renames.enter_context(moved_aside(occupied, inside))
        renames.enter_context(moved_into_place(unpacked, None if is_fixed else settings.articles))
        for path in settings.instance.glob("catalog.sqlite3*"):  # derived from the previous articles
            path.unlink()
    return len(records), [*aside, *database_aside]


def _remove_leftovers(settings: Settings) -> None:
    """Deletes the folders that a killed restore has unpacked: copies of all articles, including drafts."""
    inside, beside = settings.articles.glob(".restored-*"), settings.articles.parent
    for folder in (*inside, *beside.glob(f".{settings.articles.name}.restored-*"), *settings.data.glob(".restored-*")):
        if not _is_running(folder.name.rpartition("-")[2]) and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: str) -> bool:
    """Whether another process with that id runs. Also true for text that is not a process id: such a folder is not from
    Reader. In a container each restore may have the same id."""
    if process == str(os.getpid()):
        return False
    if not (process.isascii() and process.isdigit() and 0 < int(process) < 2**31):
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def unserved(settings: Settings) -> Iterator[None]:
    """Ensures that no server runs, and that none starts before the block ends. Raises BadBackup if one runs."""
    with ExitStack() as locks:
        for path in (settings.instance / "serve.lock", lock_of(settings)):
            try:
                is_free = bool(locks.enter_context(file_lock(path)))
            except OSError:  # the lock file can't be created
                is_free = not is_locked(path)
            if not is_free:
                raise BadBackup(Message("a server runs with %(folder)s; stop it first", folder=str(settings.instance)))
        yield


def _read_records(archive: zipfile.ZipFile) -> list[FileRecord]:
    """The files of the archive, after all checks that need no unpacking. Raises BadBackup and ValueError."""
    members = {member.filename: member for member in archive.infolist()}
    packed_bytes = sum(member.compress_size for member in members.values())
    if archive.fp and packed_bytes > archive.fp.seek(0, io.SEEK_END):
        raise BadBackup(Message("%(path)s in it is packed too tightly, as in a zip bomb", path=HEAD))
    if len(members) != len(archive.infolist()):
        raise BadBackup(Message("two of its members have one name"))
    if HEAD not in members or members[HEAD].file_size > _LARGEST_HEAD_BYTES:
        raise BadBackup(Message("it is no backup of Reader"))
    for member in members.values():
        _check_packing(member)
    if json.loads(archive.read(HEAD))["format"] != FORMAT:
        raise BadBackup(Message("it was made by a later version of Reader"))
    records = [FileRecord(**record) for record in _lines(archive, FILES)]
    for record in records:
        if not record.is_safe() or members[record.member].file_size != record.size:
            raise BadBackup(Message("%(path)s in it is not a file of its folder", path=record.path))
    if len({(record.place, record.path) for record in records}) != len(records):
        raise BadBackup(Message("two of its members have one name"))
    return records


def _check_packing(member: zipfile.ZipInfo) -> None:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        text = Message("%(name)s is packed by a method that is not supported", name=member.filename)
        raise BadBackup(text)
    if member.file_size > max(_SMALL_BYTES, member.compress_size * LARGEST_COMPRESSION_RATIO):
        raise BadBackup(Message("%(path)s in it is packed too tightly, as in a zip bomb", path=member.filename))


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[Any]:
    return map(json.loads, _text_lines(archive, name))


def _text_lines(archive: zipfile.ZipFile, name: str) -> Iterator[str]:
    with archive.open(name) as member:
        yield from io.TextIOWrapper(member, "utf-8")


def _must_stay(folder: Path) -> bool:
    """Whether *folder* can't be renamed: a mount point (EBUSY), or a parent that we must not write to. Changes
    nothing."""
    if not folder.is_dir():
        return False
    other = folder.with_name(f".{folder.name}{TRIAL_SUFFIX}{os.getpid()}")
    try:
        folder.rename(other)
    except OSError:
        return True
    other.rename(folder)
    return False


def _existing_entries(folder: Path) -> Iterator[Path]:
    """The entries of *folder*, without the folders of an earlier restore and ``lost+found``."""
    yield from (path for path in sorted(folder.iterdir()) if not path.name.startswith((ASIDE, "lost+found")))


@contextmanager
def _unpacked_files(
    archive: zipfile.ZipFile, records: list[FileRecord], settings: Settings, inside: Path | None
) -> Iterator[dict[Path, Path]]:
    """Unpacks the archive. Yields a dict from each unpacked path to its target path.

    The articles are unpacked next to the articles folder, or into a hidden folder *inside* it. Files that the block
    does not rename are deleted.
    """
    name = f"restored-{os.getpid()}"
    articles = inside / f".{name}" if inside else settings.articles.with_name(f".{settings.articles.name}.{name}")
    data = settings.data / f".restored-{os.getpid()}"
    try:
        settings.data.mkdir(0o700, parents=True, exist_ok=True)
        for folder in (articles, data):
            folder.mkdir(0o755 if folder == articles else 0o700, parents=True)
        needed_bytes = sum(record.size for record in records)
        if needed_bytes > shutil.disk_usage(articles).free:
            raise BadBackup(Message("it needs %(size)s MB, more than is free", size=needed_bytes // 1_000_000))
        for record in records:
            _unpack(archive, record, (articles if record.place == "articles" else data) / record.path)
        files = articles.iterdir() if inside else ()
        renames = {path: inside / path.name for path in files} if inside else {articles: settings.articles}
        yield renames | {path: settings.data / path.name for path in data.iterdir()}
    finally:
        for folder in (articles, data):
            shutil.rmtree(folder, ignore_errors=True)


def _unpack(archive: zipfile.ZipFile, record: FileRecord, path: Path) -> None:
    """Writes one file. Raises BadBackup if its SHA-256 is wrong. O_EXCL and O_NOFOLLOW: the folder is new, so a path
    that exists was created by an earlier member of this archive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with archive.open(record.member) as member, os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        while chunk := member.read(1 << 20):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != record.sha256:
        raise BadBackup(Message("%(path)s in it is damaged", path=record.path))
    path.chmod(record.mode if record.place == "articles" else FILE_MODE)  # files in data/ are secret
    os.utime(path, ns=(record.mtime_ns, record.mtime_ns))


def _is_not_empty(path: Path) -> bool:
    return path.is_file() or (path.is_dir() and next(path.iterdir(), None) is not None)


def _is_occupied(state: State) -> bool:
    """Whether the database holds rows or cannot be read. Raises StateUnusable if a database server does not answer."""
    from .state_rows import has_rows

    if state.path and not state.path.exists():
        return False
    try:
        with state.reading() as connection:
            return has_rows(connection)
    except StateUnusable:
        if state.path is None:
            raise
        return True
    finally:
        state.close()


@contextmanager
def _loaded_state(archive: zipfile.ZipFile, state: State) -> Iterator[None]:
    """Replaces the rows of the database in a transaction that is committed when the block ends.

    Raises BadBackup if the rows cannot be loaded, and HalfRestored if the server does not report whether it committed.
    """
    from sqlalchemy.exc import SQLAlchemyError

    transaction: int | None = None
    try:
        if not archive.getinfo(STATE).file_size:
            yield
            return
        with state.writing() as connection:
            transaction = _load_state(archive, connection)
            yield
    except SQLAlchemyError as error:
        raise BadBackup(Message("it is damaged, or no backup of Reader (%(cause)s)", cause=str(error))) from error
    except StateUnusable as error:
        if transaction is None or not _is_committed(state, transaction, error):
            raise
    finally:
        state.close()


def _load_state(archive: zipfile.ZipFile, connection: Connection) -> int | None:
    """Returns the number of the transaction, for ``is_committed``; None for SQLite."""
    from .state_rows import load, transaction_number

    load(connection, _text_lines(archive, STATE))
    return transaction_number(connection)


def _is_committed(state: State, transaction: int, cause: StateUnusable) -> bool:
    """Queries the server until it reports whether it committed *transaction*.

    Raises HalfRestored if it does not answer after all attempts.
    """
    from .state_rows import is_committed

    for _ in range(_ASKED_TIMES):
        time.sleep(_ASKED_SECONDS)
        state.close()
        with suppress(StateUnusable), state.reading() as connection:
            if (found := is_committed(connection, transaction)) is not None:
                return found
    raise HalfRestored(Message(_COMMIT_UNKNOWN, cause=cause.reason)) from cause
