"""Whether mail is on (READER_SMTP_URL), and functions that the mail pages share."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask, Response, current_app, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from ... import urls
from ...chinese.scripts import SCRIPTS
from ...comments import acceptance
from ...i18n import Message, translated
from ...mail.mail_store import COOKIE_SECONDS, MailStore
from ...setting_values import Unusable, mail_address
from ..pages.localized_templates import render_template
from ..requests.request_context import request_context
from ..requests.request_origin import is_https

_STORE = "reader-mail"
HONEYPOT = "topic"
"""A field that people don't see."""

FORM = "mail"
"""What the token of these forms is made for."""

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
    """For pages that exist only if mail is on."""
    found: MailStore = current_app.extensions[_STORE]
    return found


def address_in(text: str) -> str | Message:
    """The address that was typed, or what is wrong with it."""
    try:
        return mail_address(text[:1000])
    except Unusable as error:
        return Message("Please check the address: expected %(wanted)s.", wanted=error.wanted)
    except ValueError:
        return WRONG_ADDRESS


def form_problem() -> Message | None:
    """Why a form was sent by a program, or lay open for a day; None if neither."""
    age = mail_store().signatures.form_age(request.form.get("token", ""), FORM, now().timestamp())
    is_in_time = age is not None and acceptance.LEAST_SECONDS <= age <= acceptance.LONGEST_SECONDS
    return None if is_in_time and not request.form.get(HONEYPOT) else PRESS_AGAIN


def mail_page(template: str, status: int = 200, problem: Message | None = None, **context: object) -> Response:
    """A page of mail: private, never stored, never listed."""
    problem_text = translated(problem, request_context().language) if problem else ""
    signed = mail_store().signatures.form(FORM, int(now().timestamp()))
    known = {"problem": problem_text, "token": signed, "honeypot": HONEYPOT}
    response = Response(render_template(template, **known | context), status)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def form_choice(name: str, known: list[str], usual: str) -> str:
    """The value of a radio button of the submitted form."""
    value = request.form.get(name, usual)
    return value if value in known else usual


def now() -> datetime:
    return datetime.now(UTC)


def to_page(address: str) -> WerkzeugResponse:
    """After a form was sent: the page that says what was done."""
    response = redirect(address, 303)
    response.headers["Cache-Control"] = "no-store"
    return response


def remember(response: WerkzeugResponse, address: str, device: str = "") -> None:
    """Gives the browser the cookie of who confirmed *address*."""
    response.set_cookie(
        COOKIE,
        mail_store().cookie_of(address, device),
        max_age=COOKIE_SECONDS,
        path=urls.MAIL,
        secure=is_https(),
        httponly=True,
        samesite="Lax",
    )
