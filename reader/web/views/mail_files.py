"""Pages to send an article or an issue as a file to the reader's confirmed address or e-reader. Only with mail on."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, abort, request
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as WerkzeugResponse

from ... import urls
from ...chinese.scripts import script_of
from ...errors import Busy, StateUnusable, TooLarge
from ...i18n import Message
from ...mail.attachments import DEVICES, FORMATS, is_device, largest_for, publication_of
from ...models import Publication
from .. import services
from ..downloads.download_links import label_of
from ..downloads.mail_availability import (
    COOKIE,
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
from ..limits.rate_limits import client, client_limits
from ..requests.request_context import request_context
from ..requests.request_origin import is_from_this_site

optional_bp = Blueprint("mail_files", __name__)
limit_forms(optional_bp, largest_bytes=10_000)

FILES_PER_MINUTE = 10
DAILY_LIMIT = Message("Enough files for today. Please try again tomorrow, or download the file.")
NOT_SAVED = Message("Your order was not saved. Please send it again later.")
TOO_LARGE = Message("This file is too large for mail. Please download it.")
ONLY_DEVICES = Message("Only to an e-reader: an address that ends with one of %(domains)s.", domains=", ".join(DEVICES))


def init_app(app: Flask) -> None:
    if app.extensions["reader"].settings.smtp_url:
        app.register_blueprint(optional_bp)


@optional_bp.get(urls.MAIL_SEND)
def choose() -> Response:
    name = request.args.get("of", "")
    publication = publication_of(services().catalog, name)
    return _form(publication, name, was_sent="done" in request.args)


@optional_bp.errorhandler(TooLarge)
def show_too_large(_error: TooLarge) -> Response:
    """The page for an issue that is too large for one file: 200 for a visit, 422 for a submitted form."""
    path = urls.issue(urls.issue_day(request.args["of"].removeprefix("d/")))
    return mail_page("mail/too_large.html", 200 if request.method in ("GET", "HEAD") else 422, issue_path=path)


def _form(
    publication: Publication, name: str, status: int = 200, problem: Message | None = None, *, was_sent: bool = False
) -> Response:
    """The form to send the file; without a confirmed address, the form for the address."""
    owner, device = mail_store().addresses_in(request.cookies.get(COOKIE, ""))
    return mail_page(
        "mail/send.html",
        status,
        problem,
        publication=publication,
        wanted=name,
        owner=owner,
        device=request.form.get("device", device),
        sender=services().settings.mail_from,
        formats=[label_of(suffix, page) for suffix, page in FORMATS],
        is_chinese=bool(script_of(publication.language)),
        script=request_context().preferences["script"],
        was_sent=was_sent,
    )


@optional_bp.post(urls.MAIL_SEND)
def order_file() -> WerkzeugResponse:
    if not is_from_this_site():
        abort(403)
    name = request.args.get("of", "")
    publication = publication_of(services().catalog, name)
    owner, _ = mail_store().addresses_in(request.cookies.get(COOKIE, ""))
    if not owner:
        return _form(publication, name, 403)
    to = _receiver(owner)
    suffix, page = FORMATS[int(form_choice("format", ["0", "1", "2"], "0"))]
    problem = form_problem() or (to if isinstance(to, Message) else _too_large(publication, suffix, page, to))
    if problem:
        return _form(publication, name, 422, problem)
    content = {"of": name, "suffix": suffix, "page": page, "script": form_choice("script", SCRIPT_CHOICES, "")}
    content |= {"locale": request_context().locale, "path": publication.path, "title": publication.title}
    try:
        client_limits().spend("mailed files", FILES_PER_MINUTE, client())
        mail_store().send_document(owner, to, content, request.form.get("token", ""), now())
    except (TooManyRequests, Busy):
        return _form(publication, name, 429, DAILY_LIMIT)
    except StateUnusable:
        return _form(publication, name, 503, NOT_SAVED)
    response = to_page(f"{urls.mail_file(name)}&done=1")
    remember(response, owner, to if to != owner else "")
    return response


def _receiver(owner: str) -> str | Message:
    """The receiver in the form: *owner*, or an e-reader's address. Other addresses are rejected, to prevent spam."""
    if request.form.get("to") != "device":
        return owner
    device = address_in(request.form.get("device", ""))
    return device if isinstance(device, Message) or is_device(device) else ONLY_DEVICES


def _too_large(publication: Publication, suffix: str, page: str, to: str) -> Message | None:
    """TOO_LARGE if the file exists and is too large for *to*, else None. The sender checks files that do not exist."""
    size_bytes = services().export_service.size_bytes(publication, suffix, page)
    return TOO_LARGE if size_bytes and size_bytes > largest_for(to) else None
