"""Creates a backup, also while a server runs: first a snapshot of the database, then the files."""

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
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import IO

from .. import __version__
from ..settings import Settings
from ..state import State
from ..storage.regular_files import open_real
from .archive_layout import DATA_FILES, FILES, FORMAT, HEAD, STATE, FileRecord

_IN_MEMORY_BYTES = 16_000_000


@dataclass
class NotSaved:
    """The paths of the entries that a backup omits: links and devices by design, others because of an error."""

    links: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def write_backup(settings: Settings, target: Path) -> tuple[int, NotSaved]:
    """Writes the archive to *target*. Returns the number of files, and the omitted entries.

    Raises OSError, and StateUnusable because a backup without the state database would be useless.

    Nothing is compressed: restoring rejects a member with a very high compression ratio, such as a thousand equal
    comments, as a zip bomb.
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
    from .state_rows import dump

    if state.path and not state.path.exists():
        archive.writestr(STATE, "")
        return
    try:
        with state.reading() as connection, archive.open(STATE, "w", force_zip64=True) as member:
            for line in dump(connection):
                member.write(f"{line}\n".encode())
    finally:
        state.close()


def _write_files(archive: zipfile.ZipFile, settings: Settings, own: Path) -> tuple[list[FileRecord], NotSaved]:
    records, left_out = list[FileRecord](), NotSaved()
    unread = list[str]()
    root, data_root = (Path(os.path.realpath(folder)) for folder in (settings.articles, settings.data))
    articles = (("articles", root, path) for path in _walk_files(root, unread))
    temporary = str(own.parent) if own.is_file() else None  # /tmp may be smaller than a video
    data = (("data", data_root, data_root / name) for name in DATA_FILES)
    for folder_name, folder, path in chain(articles, (entry for entry in data if entry[2].exists())):
        name = path.relative_to(folder).as_posix()
        try:
            if path.name == own.name and _is_same(path, own):
                continue
            records.append(_write_file(archive, folder_name, name, path, len(records), temporary))
        except _Unreadable:
            paths = left_out.unreadable if _is_regular(path) else left_out.links
            paths.append(f"{folder_name}/{name}")
    left_out.unreadable += [f"articles/{Path(path).relative_to(root).as_posix()}" for path in unread]
    return records, left_out


def _walk_files(folder: Path, unread: list[str]) -> Iterator[Path]:
    """All files below *folder*, sorted by name, including hidden files and links. Links to folders are not followed.

    Adds the paths of folders that cannot be listed to *unread*, unless they were deleted in the meantime.
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
    """The source file cannot be read. An error of the target disk is an OSError instead, and aborts the backup."""


@contextmanager
def _read_errors() -> Iterator[None]:
    """Turns an OSError into _Unreadable."""
    try:
        yield
    except OSError as error:
        raise _Unreadable from error


def _write_file(
    archive: zipfile.ZipFile, folder_name: str, name: str, path: Path, number: int, temporary: str | None
) -> FileRecord:
    """Copies the file to a temporary file first, so that a file that grows meanwhile is consistent. A large copy is
    stored in the folder *temporary*.

    Raises _Unreadable if *path* is not a regular file or cannot be read, and OSError for the target disk.
    """
    with _read_errors():
        opened = open_real(path, sys.maxsize)
    with opened as file, tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=temporary) as copy:
        file_stat = os.fstat(file.fileno())
        while chunk := _read_chunk(file):
            copy.write(chunk)
        size = copy.tell()
        copy.seek(0)
        member = f"{folder_name}/{name}" if _is_utf8(name) else f"{folder_name}/not-utf-8/{number}"
        digest = _copy_member(archive, member, copy)
    return FileRecord(
        folder_name, name, member, size, digest, file_stat.st_mtime_ns, stat.S_IMODE(file_stat.st_mode) & 0o777
    )


def _read_chunk(file: IO[bytes]) -> bytes:
    with _read_errors():
        return file.read(1 << 20)


def _copy_member(archive: zipfile.ZipFile, name: str, content: IO[bytes]) -> str:
    """Returns the SHA-256 as a hexadecimal string."""
    digest = hashlib.sha256()
    with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
        while chunk := content.read(1 << 20):
            digest.update(chunk)
            member.write(chunk)
    return digest.hexdigest()


def _is_regular(path: Path) -> bool:
    """Whether there is a regular file, so that only an error prevents its reading."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False
    except OSError:
        return True


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
