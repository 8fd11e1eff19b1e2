"""Walks the articles folder: finds the files to read as articles, and the reasons why others are skipped.

An error of one entry becomes a problem of this entry and does not stop the walk. Each real file is found once: symbolic
links to files that are read anyway, and links out of the folder, are not followed. The result for a path depends only
on its name and its file (and for ``rain (1).md`` on ``rain.md``), so a walk of one path yields the same entry as a walk
of the whole folder.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from ..i18n import Message
from ..models import Problem, fingerprint
from .copied_files import reason_by_original
from .draft_folders import SECTION_FILES, reason_by_own_file, text_at, texts_in
from .section_pages import has_text
from .skipped_names import (
    decoded_as_gb18030,
    is_article_name,
    printable,
    reason_by_saved_page,
    reason_to_skip_file,
    reason_to_skip_folder,
    reason_to_skip_target,
)
from .tool_rules import NO_RULES, ToolRules

_VANISHED = (errno.ENOENT, errno.ENOTDIR)
_FORBIDDEN = (errno.EACCES, errno.EPERM)
_KINDS = {stat.S_IFIFO: "FIFO", stat.S_IFSOCK: "socket", stat.S_IFBLK: "device", stat.S_IFCHR: "device"}


class EntryKind(Enum):
    """The kind of an entry: a file to read, a folder to list, a problem, or a name that is skipped deliberately."""

    FILE = "file"
    FOLDER = "folder"
    PROBLEM = "problem"
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class NameRules:
    """The rules of a walk: which file names it looks for, and why it skips a name (empty: not skipped).

    With ``has_copies``, ``rain (1).md`` beside ``rain.md`` is skipped as a copy.
    """

    is_wanted: Callable[[str], bool]
    reason_to_skip: Callable[[str], str]
    has_copies: bool = False

    def reads(self, path: str) -> bool:
        """Whether the walk reads the file *path* (relative, with ``/``): its name is wanted and no part is skipped."""
        *folders, name = path.split("/")
        return self.is_wanted(name) and not self.reason_to_skip(name) and not any(map(reason_to_skip_folder, folders))


ARTICLE_NAMES = NameRules(is_article_name, reason_to_skip_file, has_copies=True)


@dataclass(frozen=True)
class Root:
    """A folder to walk, such as that of ``READER_ARTICLES``: its real path, device and inode."""

    path: str
    device: int
    inode: int
    names: NameRules = field(default=ARTICLE_NAMES, compare=False, repr=False)


@dataclass(frozen=True)
class FolderEntry:
    """One entry of a directory. ``path`` is relative to the root, printable, with ``/``; ``real_path`` can be opened.

    ``stamp`` changes when the file changes. ``linked`` marks a folder that is reached through a symbolic link.
    ``rules`` are those of other tools that apply in a folder.
    """

    kind: EntryKind
    path: str
    real_path: str
    stamp: str = ""
    cause: str = ""
    hint: str = ""
    linked: bool = False
    rules: ToolRules = NO_RULES

    @property
    def problem(self) -> Problem:
        return Problem(self.path, 0, self.cause, self.hint)

    @property
    def problem_without_path(self) -> str:
        if not self.hint:
            return self.cause
        return Message("%(cause)s (%(hint)s)", cause=self.cause, hint=self.hint)


def find_root(folder: Path, names: NameRules = ARTICLE_NAMES) -> Root:
    """The Root of *folder*, with symbolic links resolved. Raises OSError if it is not an existing folder."""
    path = os.path.realpath(folder, strict=True)
    status = Path(path).stat()
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
    return Root(path, status.st_dev, status.st_ino, names)


def walk(root: Root, under: str = "") -> Iterator[FolderEntry]:
    """Yields all files, folders, problems and skipped names at and below *under* (relative to *root*; empty for it).

    Raises OSError if the root itself cannot be listed. Example: ``[e.path for e in walk(find_root(folder), "2018")]``.
    """
    start = _find(root, under)
    if start is None:
        return
    yield start
    folders = [start] if start.kind is EntryKind.FOLDER else []
    while folders:
        for entry in _list(root, folders.pop()):
            yield entry
            if entry.kind is EntryKind.FOLDER:
                folders.append(entry)


def watched_folders(root: Root) -> Iterator[str]:
    """The real paths of the root and of all subfolders that are read."""
    return (entry.real_path for entry in walk(root) if entry.kind is EntryKind.FOLDER)


def article_files(root: Root, under: str = "") -> Iterator[FolderEntry]:
    """The files that are read as articles."""
    return (entry for entry in walk(root, under) if entry.kind is EntryKind.FILE)


def stamp_of(status: os.stat_result) -> str:
    """A text that changes with the file's content or permissions: ``mtime:size:mode:uid:gid:inode:ctime``.

    A program can set the modification time of a file, but not its ctime, so the ctime detects a change with the same
    size and modification time. Times are in nanoseconds, negative before 1970.
    """
    access = f"{status.st_mode:o}:{status.st_uid}:{status.st_gid}"
    return f"{status.st_mtime_ns}:{status.st_size}:{access}:{status.st_ino}:{status.st_ctime_ns}"


def without_ctime(stamp: str) -> str:
    """The part of the stamp that a rename does not change."""
    return stamp.rpartition(":")[0]


def of_content(stamp: str) -> str:
    """The stamp without inode and ctime, which some network file systems change at every access."""
    return stamp.rsplit(":", 2)[0]


def may_be_readable_later(stamp: str) -> str:
    """The stamp to store for a file that could not be read, so that the next scan reads it again."""
    return f"{of_content(stamp)}:0:0"


def _find(root: Root, under: str) -> FolderEntry | None:
    """The entry at *under*, found by the same rules as the walk; None if the walk would not reach it."""
    rules = NO_RULES.within("", texts_in(root.path))
    found: FolderEntry | None = FolderEntry(EntryKind.FOLDER, "", root.path, rules=rules)
    for name in filter(None, under.split("/")):
        if found is None or found.kind is not EntryKind.FOLDER or name.startswith("."):
            return None
        try:
            mode = os.lstat(f"{found.real_path}/{name}").st_mode
        except OSError as error:
            path = _below(found) + printable(name)
            return None if error.errno in _VANISHED else _problem(path, "", *_explained(error))
        found = _entry_of(root, found, name, mode)
    return found


def _list(root: Root, folder: FolderEntry) -> Iterator[FolderEntry]:
    try:
        with os.scandir(folder.real_path) as listing:
            names = sorted((entry.name, _mode(entry)) for entry in listing)
    except OSError as error:
        if not folder.path:
            raise
        if error.errno not in _VANISHED:
            yield _problem(folder.path, folder.real_path, *_explained(error))
        return
    for name, mode in names:
        entry = _entry_of(root, folder, name, mode)
        if entry:
            yield entry


def _mode(entry: os.DirEntry[str]) -> int:
    """The file type bits of ``st_mode``, from the directory listing if possible, without another system call.

    An entry whose type cannot be read counts as a file, so that the problem is the file's, not its folder's.
    """
    try:
        return _listed_mode(entry)
    except OSError:
        return stat.S_IFREG


def _listed_mode(entry: os.DirEntry[str]) -> int:
    if entry.is_symlink():
        return stat.S_IFLNK
    return stat.S_IFDIR if entry.is_dir(follow_symlinks=False) else stat.S_IFREG


def _entry_of(root: Root, folder: FolderEntry, name: str, mode: int) -> FolderEntry | None:
    if name.startswith("."):
        return _hidden(root, folder, name, mode)
    path, real_path = _below(folder) + printable(name), f"{folder.real_path}/{name}"
    if stat.S_ISLNK(mode):
        return _resolve_link(root, folder, path, real_path)
    if stat.S_ISDIR(mode):
        return _folder(folder, path, real_path, name, linked=folder.linked)
    return _file(root, folder, path, real_path, name)


def _folder(above: FolderEntry, path: str, real_path: str, name: str, linked: bool) -> FolderEntry | None:
    text_of = texts_in(real_path)
    reason = reason_to_skip_folder(name) or reason_by_saved_page(real_path) or reason_by_own_file(real_path, text_of)
    if reason:
        return FolderEntry(EntryKind.LEFT_OUT, path, real_path, cause=reason)
    rules = above.rules.within(f"{path}/", text_of)
    found = FolderEntry(EntryKind.FOLDER, path, real_path, linked=linked, rules=rules)
    return _misnamed(path, real_path, name) or found


def _hidden(root: Root, folder: FolderEntry, name: str, mode: int) -> FolderEntry | None:
    reason = "" if stat.S_ISDIR(mode) else root.names.reason_to_skip(name)
    path = _below(folder) + printable(name)
    return FolderEntry(EntryKind.LEFT_OUT, path, f"{folder.real_path}/{name}", cause=reason) if reason else None


def _file(root: Root, folder: FolderEntry, path: str, real_path: str, name: str) -> FolderEntry | None:
    reason = root.names.reason_to_skip(name)
    if reason and not (name in SECTION_FILES and has_text(text_at(real_path))):
        return FolderEntry(EntryKind.LEFT_OUT, path, real_path, cause=reason)
    if not root.names.is_wanted(name):
        return None
    if root.names.has_copies and (reason := reason_by_original(real_path.rpartition("/")[0], name)):
        return FolderEntry(EntryKind.LEFT_OUT, path, real_path, cause=reason)
    if reason := folder.rules.reason(path, lambda: text_at(real_path)):
        return FolderEntry(EntryKind.LEFT_OUT, path, real_path, cause=reason)
    return _misnamed(path, real_path, name) or _stamped(root, path, real_path)


def _stamped(root: Root, path: str, real_path: str) -> FolderEntry | None:
    try:
        status = os.stat(real_path)  # noqa: PTH116 (a Path costs as much as the call)
    except OSError as error:
        return _failed(root, path, path, real_path, error)
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "special file")
        return _problem(
            path, real_path, Message("not a regular file but a %(kind)s", kind=kind), Message("replace it by a file")
        )
    return FolderEntry(EntryKind.FILE, path, real_path, stamp_of(status))


def _resolve_link(root: Root, folder: FolderEntry, path: str, link: str) -> FolderEntry | None:
    """The entry of a symbolic link: its target if that is inside the root and not read anyway, else a problem."""
    name, names = link.rpartition("/")[2], root.names
    try:
        target = os.path.realpath(link, strict=True)
        is_folder = Path(target).is_dir()
    except OSError as error:
        if error.errno == errno.ELOOP:
            return _problem(path, link, Message("a link that leads to itself"), Message("remove it"))
        if error.errno in _VANISHED and os.path.lexists(link) and names.is_wanted(name):
            return _problem(path, link, Message("a link that leads nowhere"), Message("remove it"))
        return _failed(root, path, name, link, error)
    if not is_folder and not names.is_wanted(name):
        return None
    if target != root.path and not target.startswith(f"{root.path}/"):
        return _problem(path, link, Message("a link out of the folder"), Message("put a copy in its place"))
    inside = target[len(root.path) + 1 :]
    if names.reads(f"{inside}/a.md".lstrip("/") if is_folder else inside):
        return FolderEntry(EntryKind.LEFT_OUT, path, link, cause=Message("a link to what is read in its own place"))
    if reason := reason_to_skip_target(inside, is_folder=is_folder):
        return FolderEntry(
            EntryKind.LEFT_OUT,
            path,
            link,
            cause=Message("a link to what is left out itself: %(reason)s", reason=reason),
        )
    if not is_folder:
        return _file(root, folder, path, target, name)
    if folder.linked:
        return _problem(path, link, Message("a link to a folder, inside a linked folder"), Message("remove it"))
    return _folder(folder, path, target, name, linked=True)


def _misnamed(path: str, real_path: str, name: str) -> FolderEntry | None:
    """A problem if *name* is not UTF-8; None if it is."""
    if path.endswith(name):
        return None
    guess = decoded_as_gb18030(name)
    hint = Message("rename it to %(file)s", file=guess) if guess else Message("rename it")
    return _problem(path, real_path, Message("the name is not UTF-8"), hint)


def _failed(root: Root, path: str, name: str, real_path: str, error: OSError) -> FolderEntry | None:
    """The problem of an entry that cannot be read; None if it was deleted or is a file with another suffix.

    A link without a suffix that cannot be followed is a problem, because it may lead to a folder of articles.
    """
    is_other_file = "." in name and not root.names.is_wanted(name)
    if error.errno in _VANISHED or (is_other_file and error.errno in _FORBIDDEN):
        return None
    return _problem(path, real_path, *_explained(error))


def _explained(error: OSError) -> tuple[str, str]:
    """(cause, hint) of the problem."""
    cause = error.strerror or str(error)
    return cause, Message("give the server the right to read it") if error.errno in _FORBIDDEN else ""


def _problem(path: str, real_path: str, cause: str, hint: str) -> FolderEntry:
    return FolderEntry(EntryKind.PROBLEM, path, real_path, f"!{fingerprint(cause, hint)}", cause, hint)


def _below(folder: FolderEntry) -> str:
    return f"{folder.path}/" if folder.path else ""
