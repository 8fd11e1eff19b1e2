"""``backup``: writes articles, site files and state to one file."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

import click

from ..backup.creating import write_backup
from ..catalog import Catalog
from ..errors import Busy
from ..i18n import Message, nmessage
from ..models import escaped
from ..settings import Settings
from .click_localization import echo, localized
from .output_file import OutputPath, replacement_for


@click.command("backup")
@click.argument("file", type=OutputPath())
@click.pass_obj
def command(settings: Settings, file: Path) -> None:
    """Write a backup: the articles folder with the site's own files, and the state database.

    A server may run meanwhile. The file holds what visitors wrote and the secrets of editors; only you can read it.

    If an article cannot be read, the rest is saved and the exit status is 1.

    If the articles folder is empty although it had articles, as when a share is not mounted, nothing is written.
    """
    with replacement_for(file) as part:
        count, left_out = write_backup(settings, part)
        if not left_out.unreadable and not _has_files(settings.articles) and (known := _known_articles(settings)):
            text = Message(
                "%(path)s is empty, but %(count)s articles were in it; mount it, or run: python -m reader check "
                "--accept-removals",
                path=settings.articles,
                count=known,
            )
            raise click.ClickException(localized(text))  # the earlier backup stays
    for path in left_out.links:
        echo(Message("left out, as it is a link or a device: %(path)s", path=escaped(path)), err=True)
    for path in left_out.unreadable:
        echo(Message("not saved, as it cannot be read: %(path)s", path=escaped(path)), err=True)
    echo(nmessage("%(count)s file saved in %(path)s", "%(count)s files saved in %(path)s", count, path=str(file)))
    if left_out.unreadable:
        raise SystemExit(1)  # as of tar, so that a nightly job tells of it


def _has_files(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*"))


def _known_articles(settings: Settings) -> int:
    """The number of articles in the catalog, which keeps them when the folder vanishes; 0 without a catalog."""
    with suppress(sqlite3.Error, Busy, OSError):
        if settings.catalog.exists():
            return Catalog(settings.catalog, settings.timezone, must_be_complete=False).count()
    return 0
