"""Whether mail is on (READER_SMTP_URL), and functions that the mail pages share."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask, Response, current_app, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from ... import urls
from ...chinese.scripts import SCRIPTS
from ...i18n import Message, translated
from ...mail.mail_store import COOKIE_SECONDS, MailStore
from ...setting_values import Unusable, mail_address
from ..limits.form_checks import HONEYPOT, is_sent_by_person
from ..pages.localized_templates import render_template
from ..requests.request_context import request_context
from ..requests.request_origin import is_https

_STORE = "reader-mail"
FORM = "mail"
"""The purpose in the signed token of these forms."""

COOKIE = "mail"
SCRIPT_CHOICES = ["", *SCRIPTS]
WRONG_ADDRESS = Message("Please check the address: it needs an @ and a domain, such as name@example.org.")
PRESS_AGAIN = Message("Please check the form and send it once more.")


def init_app(app: Flask) -> None:
    found = app.extensions["reader"]
    app.jinja_env.globals["has_mail"] = bool(found.settings.smtp_url)
    if found.settings.smtp_url:
        app.extensions[_STORE] = MailStore(found.state)


def mail_store() -> MailStore:
    """The mail store, for pages that exist only if mail is on. Raises KeyError if it is off."""
    found: MailStore = current_app.extensions[_STORE]
    return found


def address_in(text: str) -> str | Message:
    """The mail address in *text* (at most 1,000 characters), or a message that says what is wrong with it."""
    try:
        return mail_address(text[:1000])
    except Unusable as error:
        return Message("Please check the address: expected %(wanted)s.", wanted=error.wanted)
    except ValueError:
        return WRONG_ADDRESS


def form_problem() -> Message | None:
    """PRESS_AGAIN if the submitted form looks like a program's, or was open for too long; else None."""
    return None if is_sent_by_person(mail_store().signatures, FORM, now().timestamp()) else PRESS_AGAIN


def mail_page(template: str, status: int = 200, problem: Message | None = None, **context: object) -> Response:
    """A page about mail: private, never cached, not indexed by search engines."""
    problem_text = translated(problem, request_context().language) if problem else ""
    signed = mail_store().signatures.form(FORM, int(now().timestamp()))
    form_values = {"problem": problem_text, "token": signed, "honeypot": HONEYPOT}
    response = Response(render_template(template, **form_values | context), status)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def form_choice(name: str, choices: list[str], default: str) -> str:
    """The selected one of *choices* in the submitted form; *default* if it is missing or another value."""
    value = request.form.get(name, default)
    return value if value in choices else default


def now() -> datetime:
    return datetime.now(UTC)


def to_page(address: str) -> WerkzeugResponse:
    """Redirects to *address* after a form was submitted (303), to the page that reports the result."""
    response = redirect(address, 303)
    response.headers["Cache-Control"] = "no-store"
    return response


def remember(response: WerkzeugResponse, address: str, device: str = "") -> None:
    """Sets the cookie that proves that the reader confirmed *address*."""
    response.set_cookie(
        COOKIE,
        mail_store().cookie_of(address, device),
        max_age=COOKIE_SECONDS,
        path=urls.MAIL,
        secure=is_https(),
        httponly=True,
        samesite="Lax",
    )
