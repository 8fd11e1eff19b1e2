"""Restores a backup into empty folders. The archive may be hostile: all of it is checked before anything is replaced.

Files are unpacked beside their place. The database is filled, then they are renamed, and the transaction is committed
last: if a renaming fails it is rolled back, and if it fails itself the renamings are taken back. An articles folder
that can't be renamed, such as a mounted volume, stays: they are unpacked in a hidden folder inside, and what was there
is moved into another one. If it is killed meanwhile, a mark stays (``unfinished_restore.py``): ``serve`` and
``doctor`` say how to finish it.
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
from ..formats.archives import MOST_TIMES_PACKED
from ..i18n import N_, Message
from ..library.watcher import lock_of
from ..settings import Settings
from ..state import State
from ..storage.locks import file_lock, is_locked
from ..storage.private_files import FILE_MODE
from .archive import FILES, FORMAT, HEAD, STATE, FileRecord
from .renaming import ASIDE, moved_aside, renamed
from .unfinished_restore import TRIED, lost_in_trial, marked_as_unfinished

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LARGEST_HEAD_BYTES = 10_000
_SMALL_BYTES = 1_000_000
_ASKED_TIMES, _ASKED_SECONDS = 10, 1.0
"""How often a server is asked whether it has committed, and how long it is waited for before."""

_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError),
    *(ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError),
)
"""What an archive that is not of our making leads to. RuntimeError: it is encrypted, or nested too deeply."""

_UNKNOWN = N_(
    "the database did not tell whether it holds the restored state (%(cause)s); the articles are as they were. "
    "Restore again with --force when it answers."
)


def restore_backup(settings: Settings, source: Path, *, force: bool) -> tuple[int, list[Path]]:
    """Returns the number of files, and what *force* moved aside.

    Raises BadBackup if nothing was restored, and HalfRestored if something could not be taken back.
    """
    settings = replace(settings, articles=Path(os.path.realpath(settings.articles)))  # a link to it stays a link
    try:
        with unserved(settings), _system_errors(source), zipfile.ZipFile(source) as archive:
            return _restore(settings, archive, force=force)
    except StateUnusable as error:
        raise BadBackup(error.message) from error
    except _DAMAGED as error:
        raise BadBackup(Message("it is damaged, or no backup of Reader (%(cause)s)", cause=str(error))) from error


@contextmanager
def _system_errors(path: Path) -> Iterator[None]:
    """Turns an OSError, of *path* if it names none, into BadBackup."""
    try:
        yield
    except OSError as error:
        failed_path, cause = str(error.filename or path), error.strerror or str(error)
        raise BadBackup(Message("%(path)s: %(cause)s", path=failed_path, cause=cause)) from error


def _restore(settings: Settings, archive: zipfile.ZipFile, *, force: bool) -> tuple[int, list[Path]]:
    records, state = _checked(archive), State(settings.state_url)
    if tried := lost_in_trial(settings):
        tried.rename(settings.articles)
    _remove_left_over(settings)
    files = [settings.data / record.path for record in records if record.place == "data"]
    is_kept = _must_stay(settings.articles)
    entries = list(_entries(settings.articles)) if is_kept else [settings.articles]
    occupied = [*(entries if is_kept else filter(_holds_something, entries)), *filter(_holds_something, files)]
    is_occupied = _is_occupied(state)
    if (occupied or is_occupied) and not force:
        first = settings.articles if is_kept and entries else next(iter(occupied), None)
        target = str(first or state.path or "READER_DATABASE_URL")
        raise BadBackup(Message("%(path)s is not empty; --force moves what is there aside", path=target))
    database = [state.path] if state.path and is_occupied else []
    inside = settings.articles if is_kept else None
    with (
        _unpacked(archive, records, settings, inside) as unpacked,
        marked_as_unfinished(settings, archive),
        moved_aside(database, None) as database_aside,
        ExitStack() as places,
        _state_loaded(archive, state),  # takes long: who kills it finds the articles where they were
    ):
        aside = places.enter_context(moved_aside(occupied, inside))
        places.enter_context(renamed(unpacked, None if is_kept else settings.articles))
        for path in settings.instance.glob("catalog.sqlite3*"):  # it is derived from what was there before
            path.unlink()
    return len(records), [*aside, *database_aside]


def _remove_left_over(settings: Settings) -> None:
    """Deletes what a restore that was killed has unpacked: copies of all articles, drafts among them."""
    inside, beside = settings.articles.glob(".restored-*"), settings.articles.parent
    for folder in (*inside, *beside.glob(f".{settings.articles.name}.restored-*"), *settings.data.glob(".restored-*")):
        if not _is_running(folder.name.rpartition("-")[2]) and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: str) -> bool:
    """Also for what is no process id: it is none of ours."""
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
    """No server runs, and none starts before the block ends. Raises BadBackup."""
    with ExitStack() as locks:
        for path in (settings.instance / "serve.lock", lock_of(settings)):
            try:
                is_free = bool(locks.enter_context(file_lock(path)))
            except OSError:  # nothing can be written there
                is_free = not is_locked(path)
            if not is_free:
                raise BadBackup(Message("a server runs with %(folder)s; stop it first", folder=str(settings.instance)))
        yield


def _checked(archive: zipfile.ZipFile) -> list[FileRecord]:
    """The files of the archive. Raises BadBackup and ValueError."""
    members = {member.filename: member for member in archive.infolist()}
    packed = sum(member.compress_size for member in members.values())
    if archive.fp and packed > archive.fp.seek(0, io.SEEK_END):
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
    if member.file_size > max(_SMALL_BYTES, member.compress_size * MOST_TIMES_PACKED):
        raise BadBackup(Message("%(path)s in it is packed too tightly, as in a zip bomb", path=member.filename))


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[Any]:
    return map(json.loads, _text_lines(archive, name))


def _text_lines(archive: zipfile.ZipFile, name: str) -> Iterator[str]:
    with archive.open(name) as member:
        yield from io.TextIOWrapper(member, "utf-8")


def _must_stay(folder: Path) -> bool:
    """Whether *folder* can't get another name: a mount point (EBUSY), or a parent that isn't ours. Changes nothing."""
    if not folder.is_dir():
        return False
    other = folder.with_name(f".{folder.name}{TRIED}{os.getpid()}")
    try:
        folder.rename(other)
    except OSError:
        return True
    other.rename(folder)
    return False


def _entries(folder: Path) -> Iterator[Path]:
    """What is in *folder*, but for what an earlier restore moved aside and what belongs to the file system."""
    yield from (path for path in sorted(folder.iterdir()) if not path.name.startswith((ASIDE, "lost+found")))


@contextmanager
def _unpacked(
    archive: zipfile.ZipFile, records: list[FileRecord], settings: Settings, inside: Path | None
) -> Iterator[dict[Path, Path]]:
    """Where the articles folder, or what is to be *inside* it, and the files of the data folder are unpacked, and
    where they belong.

    What is not renamed by the block is deleted.
    """
    name = f"restored-{os.getpid()}"
    articles = inside / f".{name}" if inside else settings.articles.with_name(f".{settings.articles.name}.{name}")
    data = settings.data / f".restored-{os.getpid()}"
    try:
        settings.data.mkdir(0o700, parents=True, exist_ok=True)
        for folder in (articles, data):
            folder.mkdir(0o755 if folder == articles else 0o700, parents=True)
        need = sum(record.size for record in records)
        if need > shutil.disk_usage(articles).free:
            raise BadBackup(Message("it needs %(size)s MB, more than is free", size=need // 1_000_000))
        for record in records:
            _unpack(archive, record, (articles if record.place == "articles" else data) / record.path)
        files = articles.iterdir() if inside else ()
        places = {path: inside / path.name for path in files} if inside else {articles: settings.articles}
        yield places | {path: settings.data / path.name for path in data.iterdir()}
    finally:
        for folder in (articles, data):
            shutil.rmtree(folder, ignore_errors=True)


def _unpack(archive: zipfile.ZipFile, record: FileRecord, path: Path) -> None:
    """O_EXCL and O_NOFOLLOW: the folder is new, so whatever is there came out of this archive."""
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
    path.chmod(record.mode if record.place == "articles" else FILE_MODE)  # what is in data/ is secret
    os.utime(path, ns=(record.mtime_ns, record.mtime_ns))


def _holds_something(path: Path) -> bool:
    return path.is_file() or (path.is_dir() and next(path.iterdir(), None) is not None)


def _is_occupied(state: State) -> bool:
    """Whether the database holds rows, or cannot be read. Raises StateUnusable for a server that does not answer."""
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
def _state_loaded(archive: zipfile.ZipFile, state: State) -> Iterator[None]:
    """Replaces the rows of the database in a transaction that is committed when the block ends.

    Raises HalfRestored if the server does not tell whether it was.
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
    """The number of the transaction, by which a PostgreSQL server tells later what became of it."""
    from .state_rows import load, transaction_number

    load(connection, _text_lines(archive, STATE))
    return transaction_number(connection)


def _is_committed(state: State, transaction: int, cause: StateUnusable) -> bool:
    """Whether the server has committed a transaction whose end it could not report. Raises HalfRestored if it still
    can't."""
    from .state_rows import is_committed

    for _ in range(_ASKED_TIMES):
        time.sleep(_ASKED_SECONDS)
        state.close()
        with suppress(StateUnusable), state.reading() as connection:
            if (found := is_committed(connection, transaction)) is not None:
                return found
    raise HalfRestored(Message(_UNKNOWN, cause=cause.reason)) from cause
