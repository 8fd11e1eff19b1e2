"""Reads zip files with limits on the number of files, their size and their compression ratio."""

from __future__ import annotations

import errno
import io
import os
import posixpath
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..errors import NotImported
from ..i18n import Message

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LARGEST_MEMBER_BYTES = 20_000_000
LARGEST_UNPACKED_BYTES = 1_000_000_000
MOST_MEMBERS = 20_000
LARGEST_COMPRESSION_RATIO = 200
"""The largest compression ratio. Text has a ratio of 10, rarely 30; a higher ratio means a zip bomb."""
_MOST_END_BYTES = 65_535 + 22 + 20 + 56
"""The end record of zip64, its locator, and the end record with its comment."""

_END = b"PK\5\6"
_PIECE_BYTES = 1 << 20
_ALWAYS_ALLOWED_BYTES = 1_000_000
_UTF8_NAME = 0x800


class _FileOnDemand(io.RawIOBase):
    """The file at *path*, open only while it is read: a folder may hold more archives than a process may open files."""

    def __init__(self, path: Path) -> None:
        self._path, self._position = path, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self._position}
        position = offset + (starts[whence] if whence in starts else self._path.stat().st_size)
        if position < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))  # as other files do; zipfile relies on it
        self._position = position
        return position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        with self._path.open("rb", buffering=0) as file:
            file.seek(self._position)
            count = file.readinto(buffer) or 0
        self._position += count
        return count


@dataclass(frozen=True)
class Archive:
    """The members of a zip file by path, without directories.

    ``refused`` are the members that are not read, with the reason: symbolic links, paths that lead out of the archive,
    and all but the last of several members with the same path.

    ::

        archive = open_archive("articles.zip", Path("articles.zip"))
        contents = {path: archive.read(path) for path in archive.paths}
    """

    name: str
    file: zipfile.ZipFile
    members: dict[str, zipfile.ZipInfo]
    refused: tuple[tuple[str, Message], ...] = ()

    @property
    def paths(self) -> list[str]:
        """The paths, sorted, without hidden files and without the files that macOS adds."""
        return sorted(path for path in self.members if not path.startswith("__MACOSX/") and "/." not in f"/{path}")

    @property
    def size_bytes(self) -> int:
        """The total size of all members when unpacked."""
        return sum(member.file_size for member in self.members.values())

    @property
    def is_book(self) -> bool:
        """Whether this is an EPUB."""
        return "META-INF/container.xml" in self.members

    @property
    def suffix(self) -> str:
        """The suffix of an office document (Word, Pages …) that is packed as a zip file; empty for other archives."""
        tops = {path.split("/")[0] for path in self.members}
        if "word/document.xml" in self.members:
            return ".docx"
        if "content.xml" in self.members and "mimetype" in self.members:
            return ".odt"
        kinds = {"ppt": ".ppt", "xl": ".xls", "Index": ".pages", "Index.zip": ".pages"}
        is_office = "[Content_Types].xml" in self.members or "Metadata" in tops
        return next((suffix for top, suffix in kinds.items() if top in tops and is_office), "")

    @property
    def content(self) -> bytes:
        """The bytes of the zip file."""
        file = self.file.fp
        if file is None:
            return b""
        file.seek(0)
        return file.read()

    def read(self, path: str, most_bytes: int = LARGEST_MEMBER_BYTES + 1) -> bytes:
        """The content of a member, or its first bytes. Raises NotImported if it is missing, encrypted, corrupt or too
        large."""
        member = self.members.get(path)
        where = f"{self.name}: {path}"
        if member is None:
            raise NotImported(where, Message("not in the archive"))
        try:
            with self.file.open(member) as file:
                content = file.read(min(most_bytes, member.file_size + 1))
        except (RuntimeError, NotImplementedError, zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
            raise NotImported(where, Message("cannot be unpacked: %(error)s", error=error)) from error
        if len(content) > LARGEST_MEMBER_BYTES:
            raise NotImported(where, Message("larger than %(most)s MB", most=LARGEST_MEMBER_BYTES // 1_000_000))
        return content

    def read_sibling(self, path: str, address: str) -> bytes | None:
        """The content of the member at *address*, relative to the member at *path*; None if it does not exist.

        Raises NotImported as ``read`` does.
        """
        sibling = posixpath.normpath(
            posixpath.join(posixpath.dirname(path), unquote(address.split("#")[0].split("?")[0]))
        )
        return self.read(sibling) if sibling in self.members else None


def open_archive(name: str, source: Path | bytes) -> Archive:
    """Opens a zip file; *name* is its name in errors.

    Raises NotImported if *source* is not a zip file or exceeds a limit.
    """
    content = io.BytesIO(source) if isinstance(source, bytes) else _FileOnDemand(source)
    try:
        if _claimed_members(content) > MOST_MEMBERS:
            raise NotImported(name, Message("more than %(most)s files", most=MOST_MEMBERS))
        file = zipfile.ZipFile(content)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise NotImported(name, Message("not a zip file: %(error)s", error=error)) from error
    return _check_limits(name, file)


def _claimed_members(file: io.BytesIO | _FileOnDemand) -> int:
    """The number of entries in the central directory (APPNOTE 4.3.12), or a larger one; 0 if this is not a zip file.

    ``zipfile`` takes 20 µs and 500 bytes for each. The number in the end record may be wrong, so the signatures are
    counted. The end record (4.3.16), and that of zip64 before it (4.3.14), say how long the directory is.
    """
    end = file.seek(0, io.SEEK_END)
    first = file.seek(max(0, end - _MOST_END_BYTES))
    tail = file.read(_MOST_END_BYTES)
    has_no_comment = tail[-22:-18] == _END and tail[-2:] == b"\0\0"
    at = len(tail) - 22 if has_no_comment else tail.rfind(_END)  # as zipfile looks for it
    if at < 0:
        return 0
    size, zip64 = int.from_bytes(tail[at + 12 : at + 16], "little"), at - 20 - 56
    if zip64 >= 0 and tail[at - 20 :].startswith(b"PK\6\7") and tail[zip64:].startswith(b"PK\6\6"):
        at, size = zip64, int.from_bytes(tail[zip64 + 40 : zip64 + 48], "little")
    start = max(0, first + at - size)
    file.seek(start)
    count = 0
    while start < first + at:  # a signature on the border of two pieces is not counted: there are few borders
        piece = file.read(min(_PIECE_BYTES, first + at - start))
        if not piece:
            break
        count, start = count + piece.count(b"PK\1\2"), start + len(piece)
    return count


def _check_limits(name: str, file: zipfile.ZipFile) -> Archive:
    members, refused = _split_members(file)
    if len(members) > MOST_MEMBERS:
        raise NotImported(name, Message("more than %(most)s files", most=MOST_MEMBERS))
    if sum(member.file_size for member in members) > LARGEST_UNPACKED_BYTES:
        raise NotImported(
            name, Message("larger than %(most)s MB when unpacked", most=LARGEST_UNPACKED_BYTES // 1_000_000)
        )
    for member in members:
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # other methods have no size limit
            text = Message("%(name)s is packed by a method that is not supported", name=member.filename)
            raise NotImported(name, text)
        if member.file_size > max(_ALWAYS_ALLOWED_BYTES, LARGEST_COMPRESSION_RATIO * member.compress_size):
            raise NotImported(
                name,
                Message(
                    "zip bomb: %(name)s grows to over %(times)s times its size when unpacked",
                    name=member.filename,
                    times=LARGEST_COMPRESSION_RATIO,
                ),
            )
    return Archive(name, file, {_path(member): member for member in members}, tuple(refused))


def _split_members(file: zipfile.ZipFile) -> tuple[list[zipfile.ZipInfo], list[tuple[str, Message]]]:
    """The members that may be read, and the paths of the others with the reason."""
    by_path: dict[str, zipfile.ZipInfo] = {}
    refused = []
    for member in file.infolist():
        path = _path(member)
        if not path or member.is_dir():
            continue
        if "\0" in member.orig_filename:
            refused.append((member.orig_filename, Message("its name holds a control character")))
        elif _is_link(member):
            refused.append((path, Message("a symbolic link, which is not read")))
        elif ".." in path.replace("\\", "/").split("/"):
            refused.append((path, Message("its path leads out of the archive")))
        else:
            if path in by_path:
                refused.append((path, Message("another file in the archive has this name; only the last is read")))
            by_path[path] = member
    return list(by_path.values()), refused


def _is_link(member: zipfile.ZipInfo) -> bool:
    """Whether the member is a symbolic link. These are not read, because they may point anywhere."""
    return stat.S_ISLNK(member.external_attr >> 16)


def _path(member: zipfile.ZipInfo) -> str:
    """The normalized path: ``a/b.md`` for ``./a//b.md``."""
    return "/".join(part for part in _name(member).split("/") if part not in ("", "."))


def _name(member: zipfile.ZipInfo) -> str:
    """The decoded name. Without the UTF-8 flag (PKWARE APPNOTE 4.4.4, bit 11) it is UTF-8 or GB18030: Chinese versions
    of Windows write names in GBK without a declaration."""
    if member.flag_bits & _UTF8_NAME:
        return member.filename
    try:
        raw = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename
