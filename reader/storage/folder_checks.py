"""Checks the folders of the settings when a server or a command starts."""

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
"""Errors of stat(2) that do not go away, unlike those of a share that is not mounted at present."""


def check_folders(settings: Settings) -> None:
    """Creates the instance folder. Raises BadSetting for paths that are no folders or lie in each other.

    A missing articles folder is no error here: it may be a share that is mounted later.
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
    """Raises BadSetting if the state database would lie where it is published or deleted."""
    data = Path(os.path.realpath(settings.data))
    if data.is_relative_to(articles) or data.is_relative_to(instance):
        expected = Message("a file outside of READER_ARTICLES and READER_INSTANCE, which can be deleted")
        raise BadSetting("READER_DATABASE_URL", str(settings.data), expected)


def check_writable(settings: Settings) -> None:
    """Raises BadSetting if the instance folder belongs to somebody else or lies on a read-only file system."""
    if not os.access(settings.instance, os.W_OK | os.X_OK):
        raise BadSetting("READER_INSTANCE", str(settings.instance), Message("a folder that this user can write to"))


def _cause_of_articles(folder: Path) -> str:
    """Why *folder* is none and never will be; empty if it is one, or may be one later."""
    try:
        return "" if stat.S_ISDIR(folder.stat().st_mode) else os.strerror(errno.ENOTDIR)
    except OSError as error:
        return os.strerror(error.errno) if error.errno in NEVER_A_FOLDER else ""


def _cause_of_instance(folder: Path) -> str:
    """Why *folder* cannot be used; empty once it exists."""
    try:
        folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    except FileExistsError:
        return os.strerror(errno.ENOTDIR if folder.exists() else errno.ENOENT)
    except OSError as error:
        return os.strerror(error.errno or 0)
    return ""
