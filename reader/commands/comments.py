"""``comments``: imports comments from another program, and exports the comments of this site."""

from __future__ import annotations

from pathlib import Path

import click

from ..comments.importing import program_of
from ..errors import Moved, NotFound
from ..i18n import Message, nmessage, translations
from ..models import path_key, slug_of
from ..services import Services, build_command_services
from ..settings import Settings
from .click_localization import echo, localized

MOST_LISTED = 20
"""The largest number of unknown articles that are listed."""


@click.command("comments")
@click.argument("action", type=click.Choice(["import", "export"]))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--format", "name", default="", help="The program that wrote FILE, if that cannot be told.")
@click.pass_obj
def command(settings: Settings, action: str, file: Path | None, name: str) -> None:
    """Import comments from another program, or export them.

    import FILE reads an export of Isso (its database), Disqus, WordPress, Commento, Artalk, Twikoo, Waline or Reader.
    Each comment is imported once. export writes all comments as JSON to FILE, else to standard output.
    """
    services = build_command_services(settings)
    if action == "export":
        _export(services, file)
    elif file is None:
        raise click.UsageError(localized(Message("name the file to import")))
    else:
        services.library.scan_until_settled()
        _import(services, file, name)


def _export(services: Services, file: Path | None) -> None:
    from ..comments.importing.comment_import import export_json

    text = "".join(f"{line}\n" for line in export_json(services.state))
    with click.open_file(str(file or "-"), "w", encoding="utf-8") as output:
        output.write(text)


def _import(services: Services, file: Path, name: str) -> None:
    from ..comments.importing.comment_import import ANONYMOUS, store_comments

    program = program_of(file, name)
    anonymous_name = translations(services.settings.language).gettext(ANONYMOUS)
    outcome = store_comments(
        services.state, program.NAME, program.read(file), lambda a: page_of(services, a), anonymous_name
    )
    echo(nmessage("%(count)s comment imported", "%(count)s comments imported", outcome.stored))
    if outcome.known:
        echo(nmessage("%(count)s was imported before", "%(count)s were imported before", outcome.known))
    for address, count in outcome.unknown.most_common(MOST_LISTED):
        echo(Message("no article for %(address)s: %(count)s comments", address=address, count=str(count)), err=True)
    raise SystemExit(1 if outcome.unknown else 0)


def page_of(services: Services, address: str) -> str:
    """The original slug of the article at *address*, a URL of the other program; empty if there is none."""
    catalog, key = services.catalog, path_key(address)
    if "/" in key and (page := _page_moved_from(services, address)):  # a full path is more precise than its last part
        return page
    last = key.rpartition("/")[2]
    for slug in dict.fromkeys((last, slug_of(last))):
        try:
            return catalog.original_slugs([slug])[catalog.article(slug).slug] if slug else ""
        except Moved as moved:
            return catalog.original_slugs([moved.slug])[moved.slug]
        except NotFound:
            continue
    return _page_moved_from(services, address)


def _page_moved_from(services: Services, address: str) -> str:
    try:
        slug = services.catalog.moved_from(address)
        return services.catalog.original_slugs([slug])[slug]
    except NotFound:
        return ""
