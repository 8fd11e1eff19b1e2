"""Which names in the articles folder are read. Decided by the name alone: no file is opened, and no other is asked for.

When in doubt a file is left out: it may be private. ``check`` lists what is left out, and why.
"""

from __future__ import annotations

import os
import re

from ..formats import FORMATS
from ..i18n import Message

HIDDEN = Message("hidden")
"""The one reason that is not reported: names that begin with a dot belong to programs."""

_UNDERSCORE = Message("a name that begins with an underscore is a draft or an include")
_BACKUP = Message("a backup copy of an editor")
_CONFLICT = Message("a conflict copy of a synchronisation program")
_COPY = Message("a copy made by a file manager")
_TOOL_FOLDER = Message("a folder of drafts, parts or output of another tool")
_TRASH = Message("a folder of deleted or generated files")

TOOL_FOLDERS = frozenset(
    ("_data", "_draft", "_drafts", "_includes", "_layouts", "_partials", "_private", "_sass", "_site")
    + ("_templates", "_theme", "_themes", "_草稿")
)
"""Jekyll, Hexo, Hugo and others keep what is not published in these. ``_posts`` and all others are read."""

TRASH_FOLDERS = frozenset(
    ("#recycle", "$recycle.bin", "@eadir", "__macosx", "__pycache__", "lost+found", "node_modules", "recycled")
    + ("recycler", "system volume information", "回收站")
)

_ENDINGS = "(?:" + "|".join(re.escape(suffix) for suffix in sorted(FORMATS, key=len, reverse=True)) + ")"
_PATTERNS = (
    # Emacs, vim, gedit, patch; lock files of LibreOffice and Microsoft Office.
    (rf"^[~#].*{_ENDINGS}#?$|{_ENDINGS}(?:~|\.(?:bak|backup|old|orig|rej|save))$", _BACKUP),
    (rf"(?:\.(?:bak|backup|old|orig|rej|save|swp|tmp)\d*|~){_ENDINGS}$", _BACKUP),
    # Syncthing; ownCloud; git mergetool; Dropbox, Nextcloud, Nutstore (坚果云) and their Chinese versions.
    (rf"[._](?:sync-)?conflict-\d{{8}}-\d{{6}}\b.*{_ENDINGS}$", _CONFLICT),
    (rf"[._](?:BACKUP|BASE|LOCAL|REMOTE)[._]\d+{_ENDINGS}$", _CONFLICT),
    (rf"(?:conflicted copy|case conflict|冲突副本|衝突複本|衝突副本|冲突的副本|冲突文件).*{_ENDINGS}$", _CONFLICT),
    # Windows, macOS, GNOME, KDE, in English and Chinese.
    (rf"(?:[\s_-]+|的|[（(]\s*)(?:副本|复件|複本|複製|拷贝)\s*\d*[）)]?\s*(?:[（(]\d+[）)])?{_ENDINGS}$", _COPY),
    (rf"^(?:副本|复件|複本)(?:\s*[（(]\d+[）)])?[\s_-]+.*{_ENDINGS}$", _COPY),
    (rf"\s(?:\((?:another |\d+\w\w )?copy(?: \d+)?\)|copy)(?:\s\(?\d+\)?)?{_ENDINGS}$", _COPY),
    (rf"^copy (?:\(\d+\) )?of .*{_ENDINGS}$", _COPY),
)
_REASONS = [(re.compile(pattern, re.IGNORECASE), reason) for pattern, reason in _PATTERNS]
_SUSPECT = re.compile(
    "[~#]|bak|backup|old|orig|rej|save|swp|tmp|conflict|base|local|remote|copy|[冲衝]|[副复複拷]", re.IGNORECASE
)
"""One cheap look at every name: what has none of these needs no other."""


def reason_to_skip_folder(name: str) -> str:
    """Why a folder of that *name* is not read; empty if it is."""
    if name.startswith("."):
        return HIDDEN
    small = name.lower()
    return _TOOL_FOLDER if small in TOOL_FOLDERS else _TRASH if small in TRASH_FOLDERS else ""


def reason_to_skip_file(name: str) -> str:
    """Why a file of that *name* is left out; empty if it is read, or if it is no article file at all."""
    if name.startswith("."):
        return HIDDEN
    if name.startswith("_") and is_article_name(name):
        return _UNDERSCORE
    if not _SUSPECT.search(name):
        return ""
    return next((reason for pattern, reason in _REASONS if pattern.search(name)), "")


def is_article_name(name: str) -> bool:
    stem, dot, suffix = name.rpartition(".")
    return bool(stem) and dot + suffix.lower() in FORMATS


def is_public(path: str) -> bool:
    """Whether the walk reads *path* (relative, ``/`` between its parts) by itself: no part of it is left out."""
    *folders, name = path.split("/")
    return is_article_name(name) and not reason_to_skip_file(name) and not any(map(reason_to_skip_folder, folders))


def printable(name: str) -> str:
    r"""*name* as text that can be stored and shown: bytes that are not UTF-8 become ``\xd6``."""
    if name.isascii():
        return name
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    return name


def guessed(name: str) -> str:
    """What the bytes of *name* say in the encoding of Chinese Windows; empty if they say nothing."""
    try:
        text = os.fsencode(name).decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() else ""
