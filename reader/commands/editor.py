"""``editor``: manages the accounts of editors."""

from __future__ import annotations

import click

from ..editing.access_token import create_token, login_url, token_of
from ..editing.accounts import add_editor, all_editors, remove_editor
from ..errors import ReaderError
from ..i18n import Message
from ..models import format_minute
from ..settings import Settings
from ..state import State
from .click_localization import echo, echo_content, localized

ACTIONS = ("add", "list", "remove", "link")


@click.command("editor")
@click.argument("action", type=click.Choice(ACTIONS))
@click.argument("name", required=False, default="")
@click.pass_obj
def command(settings: Settings, action: str, name: str) -> None:
    """Add, list or remove editors, each with a token of their own.

    add NAME prints the token of a new editor once. list names all. remove NAME ends the editor's sessions, too.
    link prints the address of the desk with the site's own token.
    """
    state = State(settings.state_url)
    try:
        if action == "add":
            echo_content(login_url(add_editor(state, name), settings.base_url))
        elif action == "remove" and not remove_editor(state, name):
            raise click.ClickException(localized(Message("there is no editor named '%(name)s'", name=name)))
        elif action == "list":
            for editor in all_editors(state):
                echo_content(f"{format_minute(editor.added_at.astimezone(settings.timezone))}  {editor.name}")
        elif action == "link":
            create_token(settings)
            echo_content(login_url(token_of(settings), settings.base_url))
    except ReaderError as error:
        raise click.ClickException(localized(error.message)) from error
    if action == "remove":
        echo(Message("%(name)s was removed", name=name))
