"""Pages to subscribe to new issues by mail, confirm an address and unsubscribe. They exist only with READER_SMTP_URL.

Opening a link confirms or ends nothing, because mail programs and virus scanners open links: each page has a button.
The response to an address does not reveal whether it is known.
"""

from __future__ import annotations

from flask import Blueprint, Flask, Response, abort, request
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as WerkzeugResponse

from ... import urls
from ...errors import Busy, NotFound, StateUnusable
from ...i18n import Message
from ...mail.mail_models import DAILY, FREQUENCIES, Choice
from .. import services
from ..downloads.mail_availability import (
    SCRIPT_CHOICES,
    address_in,
    form_choice,
    form_problem,
    mail_page,
    mail_store,
    now,
    remember,
    to_page,
)
from ..limits.form_limits import limit_forms
from ..limits.rate_limits import client, client_limits, counted_client, counted_network
from ..requests.request_context import request_context
from ..requests.request_origin import is_from_this_site

optional_bp = Blueprint("mail", __name__)
limit_forms(optional_bp, largest_bytes=10_000)

ORDERS_PER_MINUTE = 5
LATER = Message("This site can't take more orders of mail now. Please try again later.")


def init_app(app: Flask) -> None:
    if app.extensions["reader"].settings.smtp_url:
        app.register_blueprint(optional_bp)


@optional_bp.get(urls.MAIL)
def subscribe() -> Response:
    return _form(Choice(DAILY, request_context().preferences["script"]), was_sent="done" in request.args)


def _form(choice: Choice, status: int = 200, problem: Message | None = None, *, was_sent: bool = False) -> Response:
    hour = f"{services().settings.mail_hour:02}:00"
    context = {"choice": choice, "frequencies": FREQUENCIES, "was_sent": was_sent, "hour": hour}
    return mail_page("mail/subscribe.html", status, problem, **context, typed=request.form.get("address", ""))


@optional_bp.post(urls.MAIL)
def order() -> WerkzeugResponse:
    """Queues the mail with the link that confirms the address. ``of`` is the file for which the address is needed."""
    if not is_from_this_site():
        abort(403)
    back = request.form.get("of", "")
    back = back if back.isprintable() else ""  # PostgreSQL rejects NUL
    frequency = "" if back else form_choice("frequency", list(FREQUENCIES), DAILY)
    choice = Choice(frequency, form_choice("script", SCRIPT_CHOICES, ""), request_context().locale, back[:300])
    address = address_in(request.form.get("address", ""))
    problem = form_problem() or (address if isinstance(address, Message) else None)
    if problem:
        return _form(choice, 422, problem)
    try:
        client_limits().spend("mail", ORDERS_PER_MINUTE, client())
        mail_store().request(address, choice, counted_client(), now(), counted_network())
    except TooManyRequests as error:
        return _later(_form(choice, 429, LATER), error.retry_after)
    except (StateUnusable, Busy) as error:
        return _later(_form(choice, 503, LATER), error.retry_seconds)
    return to_page(f"{urls.MAIL}?done=1")


def _later(response: Response, seconds: object) -> Response:
    response.headers["Retry-After"] = str(seconds)
    return response


# -- confirming an address ----------------------------------------------------------------------------------------


@optional_bp.get(urls.MAIL_CONFIRM)
def confirmation() -> Response:
    if "done" in request.args:
        return mail_page("mail/done.html", done=request.args["done"])
    found = mail_store().request_with(request.args.get("t", ""), now())
    if found is None:
        return mail_page("mail/done.html", done="old")
    return mail_page("mail/confirm.html", found=found, frequencies=FREQUENCIES)


@optional_bp.post(urls.MAIL_CONFIRM)
def confirm() -> WerkzeugResponse:
    """Confirms or blocks the address. The link's token, which only the owner of the address has, prevents CSRF."""
    token = request.args.get("t", "")
    if "block" in request.form:
        return to_page(f"{urls.MAIL_CONFIRM}?done={'blocked' if mail_store().block(token, now()) else 'old'}")
    if (found := mail_store().confirm(token, now())) is None:
        return mail_page("mail/done.html", 404, done="old")
    back = found.choice.back
    response = to_page(urls.mail_file(back) if back else f"{urls.MAIL_CONFIRM}?done=confirmed")
    remember(response, found.address)
    return response


# -- ending it ----------------------------------------------------------------------------------------------------


@optional_bp.get(urls.MAIL_UNSUBSCRIBE)
def subscription() -> Response:
    if "done" in request.args:
        return mail_page("mail/done.html", done=request.args["done"])
    found = mail_store().subscriber_with(request.args.get("u", ""))
    if found is None:
        return mail_page("mail/done.html", done="ended")  # the same page if it ended earlier
    return mail_page("mail/subscription.html", choice=found.choice, frequencies=FREQUENCIES)


@optional_bp.post(urls.MAIL_UNSUBSCRIBE)
def change_or_end() -> WerkzeugResponse:
    """Changes or ends a subscription: by a button, or by one-click unsubscription (RFC 8058).

    A mail program sends the latter from any origin, without cookies.
    """
    token = request.args.get("u", "")
    if "change" in request.form:
        frequency = form_choice("frequency", list(FREQUENCIES), DAILY)
        changed = mail_store().change(token, frequency, form_choice("script", SCRIPT_CHOICES, ""), now())
        if changed is None:
            raise NotFound("page", request.path)
        return to_page(f"{urls.MAIL_UNSUBSCRIBE}?done=changed")
    mail_store().unsubscribe(token)
    if request.form.get("List-Unsubscribe") == "One-Click":
        return Response("", 200, mimetype="text/plain")
    return to_page(f"{urls.MAIL_UNSUBSCRIBE}?done=ended")
