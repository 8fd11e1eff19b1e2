"""Creates a backup while a server may run: first a snapshot of the database, then the files."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import IO

from .. import __version__
from ..settings import Settings
from ..state import State
from ..storage.regular_files import open_real
from .archive import DATA_FILES, FILES, FORMAT, HEAD, STATE, FileRecord

_IN_MEMORY_BYTES = 16_000_000


def write_backup(settings: Settings, target: Path) -> tuple[int, list[str]]:
    """Writes the archive. Returns the number of files, and the paths of what is left out: links, devices, and files
    that cannot be read. Raises OSError, and StateUnusable: a backup without the state would be none.

    Nothing is compressed: what packs very well, such as a thousand equal comments, would be refused as a zip bomb.
    """
    with target.open("wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        os.fchmod(file.fileno(), 0o600)
        head = {"format": FORMAT, "reader": __version__, "made": datetime.now(UTC).isoformat(timespec="seconds")}
        archive.writestr(HEAD, json.dumps(head))
        _write_state(archive, State(settings.state_url))
        records, left_out = _write_files(archive, settings, target)
        archive.writestr(FILES, "".join(f"{json.dumps(asdict(record))}\n" for record in records))
    with target.open("rb") as archive_file:
        os.fsync(archive_file.fileno())
    return len(records), left_out


def _write_state(archive: zipfile.ZipFile, state: State) -> None:
    from .state_rows import dumped

    if state.path and not state.path.exists():
        archive.writestr(STATE, "")
        return
    try:
        with state.reading() as connection, archive.open(STATE, "w", force_zip64=True) as member:
            for line in dumped(connection):
                member.write(f"{line}\n".encode())
    finally:
        state.close()


def _write_files(archive: zipfile.ZipFile, settings: Settings, own: Path) -> tuple[list[FileRecord], list[str]]:
    records, left_out = list[FileRecord](), list[str]()
    unread = list[str]()
    root, own_data = (Path(os.path.realpath(folder)) for folder in (settings.articles, settings.data))
    articles = (("articles", root, path) for path in _files_below(root, unread))
    temporary = str(own.parent) if own.is_file() else None  # /tmp may be smaller than a film
    data = (("data", own_data, own_data / name) for name in DATA_FILES)
    for folder_name, folder, path in chain(articles, (entry for entry in data if entry[2].exists())):
        name = path.relative_to(folder).as_posix()
        try:
            if path.name == own.name and _is_same(path, own):
                continue
            records.append(_write_file(archive, folder_name, name, path, len(records), temporary))
        except _Unreadable:
            left_out.append(f"{folder_name}/{name}")
    return records, [
        *left_out,
        *(f"articles/{Path(path).relative_to(root).as_posix()}" for path in unread),
    ]


def _files_below(folder: Path, unread: list[str]) -> Iterator[Path]:
    """Everything that is no folder, hidden files too, by name. Links to folders are not followed.

    Folders below it that cannot be listed are added to *unread*, those that were deleted meanwhile are not.
    """

    def fail(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise error
        if not isinstance(error, FileNotFoundError):
            unread.append(error.filename)

    if not folder.exists():
        return
    for parent, folders, names in os.walk(folder, onerror=fail):
        folders.sort()
        links = [name for name in folders if Path(parent, name).is_symlink()]
        yield from (Path(parent, name) for name in sorted([*names, *links]))


class _Unreadable(Exception):
    """An error of the file that is read. One of the disk that is written to ends the backup."""


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _Unreadable from error


def _write_file(
    archive: zipfile.ZipFile, folder_name: str, name: str, path: Path, number: int, temporary: str | None
) -> FileRecord:
    """Copies the file first, so that one that grows meanwhile is whole: into the folder *temporary* if it is large.

    Raises _Unreadable for what is no file, and OSError.
    """
    with _reading():
        opened = open_real(path, sys.maxsize)
    with opened as file, tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=temporary) as copy:
        facts = os.fstat(file.fileno())
        while chunk := _chunk(file):
            copy.write(chunk)
        size = copy.tell()
        copy.seek(0)
        member = f"{folder_name}/{name}" if _is_utf8(name) else f"{folder_name}/not-utf-8/{number}"
        digest = _copy_member(archive, member, copy)
    return FileRecord(folder_name, name, member, size, digest, facts.st_mtime_ns, stat.S_IMODE(facts.st_mode) & 0o777)


def _chunk(file: IO[bytes]) -> bytes:
    with _reading():
        return file.read(1 << 20)


def _copy_member(archive: zipfile.ZipFile, name: str, content: IO[bytes]) -> str:
    """Returns the SHA-256."""
    digest = hashlib.sha256()
    with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
        while chunk := content.read(1 << 20):
            digest.update(chunk)
            member.write(chunk)
    return digest.hexdigest()


def _is_same(path: Path, own: Path) -> bool:
    try:
        return path.samefile(own)
    except OSError:
        return False


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
