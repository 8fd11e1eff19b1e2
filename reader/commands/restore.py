"""``restore``: restores a backup into empty folders."""

from __future__ import annotations

from pathlib import Path

import click

from ..backup.restoring import restore_backup
from ..i18n import Message, nmessage
from ..settings import Settings
from .click_localization import echo


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--force", is_flag=True, help="Move what is there aside and restore; nothing is deleted.")
@click.pass_obj
def command(settings: Settings, file: Path, force: bool) -> None:
    """Restore a backup into an empty articles folder and an empty state database.

    No server may run. A backup of an SQLite database can be restored into PostgreSQL, and the other way round.
    """
    count, aside = restore_backup(settings, file, force=force)
    for path in aside:
        echo(Message("what was there is now %(path)s", path=str(path)), err=True)
    echo(nmessage("%(count)s file restored", "%(count)s files restored", count))
