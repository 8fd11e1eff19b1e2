"""Which file and folder names are read as articles. Only the name counts: no file is opened.

In doubtful cases a file is skipped, because it may be private. ``check`` lists the skipped names with the reason.
"""

from __future__ import annotations

import os
import re

from ..formats import FORMATS
from ..i18n import Message

HIDDEN = Message("hidden")
"""The reason that ``check`` does not report: dot files belong to programs."""

_UNDERSCORE = Message("a name that begins with an underscore is a draft or an include")
_SECTION_PAGE = Message("the page of a section of Hugo or Zola")
_FOR_PROGRAMS = Message("a file for programs")
_BACKUP = Message("a backup copy of an editor")
_CONFLICT = Message("a conflict copy of a synchronisation program")
_COPY = Message("a copy made by a file manager")
_TOOL_FOLDER = Message("a folder of drafts, parts or output of another tool")
_TRASH = Message("a folder of deleted or generated files")

UNREAD_FORMATS = frozenset(
    (".adoc", ".asciidoc", ".rst", ".rest", ".org", ".ipynb", ".textile", ".creole", ".mediawiki", ".wiki", ".pod")
    + (".typ", ".tex", ".rtf", ".doc", ".docx", ".odt", ".pages")
)
"""Texts that another program publishes: ``check`` names them, so that it never says nothing of a folder of them."""

FOR_PROGRAMS = frozenset(
    ("robots.txt", "humans.txt", "ads.txt", "app-ads.txt", "security.txt", "llms.txt", "requirements.txt")
)

TOOL_FOLDERS = frozenset(
    ("_data", "_draft", "_drafts", "_includes", "_layouts", "_partials", "_private", "_sass", "_site")
    + ("archetypes", "scaffolds", "_templates", "_theme", "_themes", "_草稿")
)
"""Folders of Jekyll, Hexo, Hugo and others for unpublished files. ``_posts`` and all other folders are read."""

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
"""A fast check of every name: only names that match are tested against all of ``_REASONS``."""


def _unread(name: str) -> str:
    """Why a text in a format that nothing here reads is left out; empty for any other file."""
    suffix = "." + name.rpartition(".")[2].lower()
    if suffix not in UNREAD_FORMATS or suffix in FORMATS:
        return ""
    return Message("%(suffix)s isn't read; convert it to Markdown, such as with pandoc", suffix=suffix)


def reason_to_skip_folder(name: str) -> str:
    """Why a folder of this *name* is skipped; empty if it is read."""
    if name.startswith("."):
        return HIDDEN
    small = name.lower()
    return _TOOL_FOLDER if small in TOOL_FOLDERS else _TRASH if small in TRASH_FOLDERS else ""


def reason_to_skip_file(name: str) -> str:
    """Why a file of this *name* is skipped; empty if it is read or is no article file."""
    if name.startswith("."):
        return HIDDEN
    if name.startswith("_index.") and is_article_name(name):
        return _SECTION_PAGE
    if name.lower() in FOR_PROGRAMS:
        return _FOR_PROGRAMS
    if name.startswith("_") and is_article_name(name):
        return _UNDERSCORE
    if not _SUSPECT.search(name):
        return _unread(name)
    return next((reason for pattern, reason in _REASONS if pattern.search(name)), "") or _unread(name)


def is_article_name(name: str) -> bool:
    stem, dot, suffix = name.rpartition(".")
    return bool(stem) and dot + suffix.lower() in FORMATS


def is_public(path: str) -> bool:
    """Whether the walk reads *path* (relative, with ``/``): it is an article file and no part of it is skipped."""
    *folders, name = path.split("/")
    return is_article_name(name) and not reason_to_skip_file(name) and not any(map(reason_to_skip_folder, folders))


def printable(name: str) -> str:
    r"""*name* as valid Unicode: bytes that are not UTF-8 become escapes such as ``\xd6``."""
    if name.isascii():
        return name
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    return name


def decoded_as_gb18030(name: str) -> str:
    """*name* decoded as GB 18030, the encoding of Chinese Windows; empty if that fails."""
    try:
        text = os.fsencode(name).decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() else ""
