"""``mail``: shows the state of mail, tests the mail server, exports and erases the data of an address."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import click

from ..errors import ReaderError, StateUnusable
from ..i18n import Message
from ..setting_values import mail_address
from ..settings import Settings
from ..state import State
from .click_localization import echo, echo_content, localized

ACTIONS = ("status", "test", "export", "erase", "stop", "resume", "bounce")


@click.command("mail")
@click.argument("action", type=click.Choice(ACTIONS))
@click.argument("address", required=False, default="", metavar="[ADDRESS|FILE]")
@click.pass_obj
def command(settings: Settings, action: str, address: str) -> None:
    """Show how mail goes, test the server, and export or erase an address.

    test ADDRESS sends a message. export ADDRESS prints everything that is kept of an address, erase ADDRESS deletes it,
    stop ADDRESS also forbids all mail to it. resume begins again with subscribers that bounced. bounce FILE reads mail
    that came back, from standard input without FILE, and stops whoever has no such mailbox any more.
    """
    if action not in ("status", "resume", "bounce"):
        address = _validated(address)
    state = State(settings.state_url)
    try:
        if action == "test":
            _test(settings, address)
        elif action == "status":
            _status(state)
        elif action == "bounce":
            _bounce(settings, state, address)
        else:
            _change(state, action, address)
    except ReaderError as error:
        raise click.ClickException(localized(error.message)) from error
    finally:
        state.close()


def _validated(address: str) -> str:
    try:
        return mail_address(address)
    except ValueError as error:
        raise click.UsageError(localized(Message("name a mail address, such as name@example.org"))) from error


def _change(state: State, action: str, address: str) -> None:
    from ..mail import personal_data

    if action == "export":
        echo_content(personal_data.export_json(state, address))
    elif action == "erase":
        echo(Message("%(count)s entries were deleted", count=str(personal_data.erase(state, address))))
    elif action == "stop":
        personal_data.stop(state, address, datetime.now(UTC))
        echo(Message("no mail will be sent to %(address)s", address=address))
    else:
        echo(Message("%(count)s subscribers get mail again", count=str(personal_data.resume(state))))


def _bounce(settings: Settings, state: State, path: str) -> None:
    """Never fails because of the content of the message: a mail server would send a bounce for the bounce."""
    from ..mail.bounces import LARGEST_BYTES, read_bounce
    from ..mail.outbox import Outbox

    if not settings.mail_bounces:
        raise click.ClickException(localized(Message("READER_MAIL_BOUNCES is not set")))
    with click.open_file(path or "-", "rb") as file:
        found = read_bounce(file.read(LARGEST_BYTES), settings.mail_bounces)
        while file.read(LARGEST_BYTES):  # read the rest, because the mail server waits until everything is read
            pass
    if found is None:
        echo(Message("no bounce of an issue"))
        return
    try:
        is_stopped = Outbox(state).record_bounce(found, datetime.now(UTC))
    except StateUnusable as error:
        echo(error.message, err=True)
        raise SystemExit(os.EX_TEMPFAIL) from error  # tells the mail server to try again
    message = Message("a subscription was stopped: %(reason)s", reason=found.reason)
    echo(message if is_stopped else Message("no subscription was stopped: %(reason)s", reason=found.reason))


def _status(state: State) -> None:
    from ..mail.mail_models import DAILY, SENT, WAITING, WEEKLY
    from ..mail.personal_data import figures

    found = figures(state)
    daily, weekly = (str(found.subscribers.get(frequency, 0)) for frequency in (DAILY, WEEKLY))
    counts = {"daily": daily, "weekly": weekly, "stopped": str(found.stopped)}
    echo(Message("subscribers: %(daily)s daily, %(weekly)s weekly, %(stopped)s stopped by bounces", **counts))
    waiting, sent = (str(found.statuses.get(status, 0)) for status in (WAITING, SENT))
    echo(Message("messages: %(waiting)s wait, %(sent)s were sent in the last week", waiting=waiting, sent=sent))
    for reason, count in found.failures:
        echo(Message("not sent: %(count)s (%(reason)s)", count=str(count), reason=reason or "?"))


def _test(settings: Settings, address: str) -> None:
    from ..catalog import Catalog
    from ..mail.mail_models import NOTE, QueuedMessage
    from ..mail.messages import Messages
    from ..mail.smtp import Refused, ServerFailed, hand_over, open_connection, server_at
    from ..templating import Renderer

    if not settings.smtp_url:
        raise click.ClickException(localized(Message("READER_SMTP_URL is not set")))
    catalog = Catalog(settings.catalog, settings.timezone, must_be_complete=False)
    queued = QueuedMessage(0, NOTE, address, 0, {}, 0, datetime.now(UTC))
    content = Messages(settings, catalog, Renderer(settings.templates, settings.static)).trial(queued)
    try:
        with open_connection(server_at(settings.smtp_url), settings.mail_from.rpartition("@")[2]) as connection:
            hand_over(connection, settings.mail_from, address, content)
    except (Refused, ServerFailed) as error:
        message = Message("the mail server takes no mail: %(cause)s", cause=error.reason)
        raise click.ClickException(localized(message)) from error
    echo(Message("the server took the message for %(address)s", address=address))
