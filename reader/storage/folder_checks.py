"""Checks of the configured folders (READER_ARTICLES, READER_INSTANCE) when a server or a command starts."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from ..errors import BadSetting
from ..i18n import Message
from ..settings import Settings
from .private_files import FOLDER_MODE

NEVER_A_FOLDER = (errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL)
"""Permanent errors of stat(2), in contrast to those of a network share that is not mounted yet."""


def check_folders(settings: Settings) -> None:
    """Creates the instance folder. Raises BadSetting if a path is not a folder or one folder contains the other.

    A missing articles folder is not an error here: it may be a network share that is mounted later.
    """
    if cause := _cause_of_articles(settings.articles):
        raise BadSetting("READER_ARTICLES", str(settings.articles), Message("a folder (%(cause)s)", cause=cause))
    if cause := _cause_of_instance(settings.instance):
        expected = Message("a folder that exists or can be created (%(cause)s)", cause=cause)
        raise BadSetting("READER_INSTANCE", str(settings.instance), expected)
    articles, instance = (Path(os.path.realpath(folder)) for folder in (settings.articles, settings.instance))
    if instance.is_relative_to(articles) or articles.is_relative_to(instance):
        expected = Message("a folder outside of READER_ARTICLES, and not around it")
        raise BadSetting("READER_INSTANCE", str(settings.instance), expected)
    _check_data(settings, articles, instance)


def _check_data(settings: Settings, articles: Path, instance: Path) -> None:
    """Raises BadSetting if the state database is inside the articles folder, where it could be published, or inside the
    instance folder, which may be deleted."""
    data = Path(os.path.realpath(settings.data))
    if data.is_relative_to(articles) or data.is_relative_to(instance):
        expected = Message("a file outside of READER_ARTICLES and READER_INSTANCE, which can be deleted")
        raise BadSetting("READER_DATABASE_URL", str(settings.data), expected)


def check_writable(settings: Settings) -> None:
    """Raises BadSetting if this user cannot write to the instance folder (owner, mode, read-only file system)."""
    if not os.access(settings.instance, os.W_OK | os.X_OK):
        raise BadSetting("READER_INSTANCE", str(settings.instance), Message("a folder that this user can write to"))


def _cause_of_articles(folder: Path) -> str:
    """The permanent error text of *folder*; empty if it is a folder or may become one later."""
    try:
        return "" if stat.S_ISDIR(folder.stat().st_mode) else os.strerror(errno.ENOTDIR)
    except OSError as error:
        return os.strerror(error.errno) if error.errno in NEVER_A_FOLDER else ""


def _cause_of_instance(folder: Path) -> str:
    """Creates *folder*. Returns the error text if it cannot be used; empty if it can."""
    try:
        folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    except FileExistsError:
        return os.strerror(errno.ENOTDIR if folder.exists() else errno.ENOENT)
    except OSError as error:
        return os.strerror(error.errno or 0)
    return ""
