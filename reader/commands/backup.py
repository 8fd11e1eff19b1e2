"""``backup``: writes articles, site files and state to one file."""

from __future__ import annotations

from pathlib import Path

import click

from ..backup.creating import write_backup
from ..i18n import Message, nmessage
from ..models import escaped
from ..settings import Settings
from .click_localization import echo
from .output_file import OutputPath, replacement_for


@click.command("backup")
@click.argument("file", type=OutputPath())
@click.pass_obj
def command(settings: Settings, file: Path) -> None:
    """Write a backup: the articles folder with the site's own files, and the state database.

    A server may run meanwhile. The file holds what visitors wrote and the secrets of editors; only you can read it.

    If an article cannot be read, the rest is saved and the exit status is 1.
    """
    with replacement_for(file) as part:
        count, left_out = write_backup(settings, part)
    for path in left_out.links:
        echo(Message("left out, as it is a link or a device: %(path)s", path=escaped(path)), err=True)
    for path in left_out.unreadable:
        echo(Message("not saved, as it cannot be read: %(path)s", path=escaped(path)), err=True)
    echo(nmessage("%(count)s file saved in %(path)s", "%(count)s files saved in %(path)s", count, path=str(file)))
    if left_out.unreadable:
        raise SystemExit(1)  # as of tar, so that a nightly job tells of it
