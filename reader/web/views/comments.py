"""Pages to read, write, correct and withdraw comments of an article. They exist only if READER_COMMENTS is on.

The page contains the form and is cached for all visitors. Therefore CSRF protection relies on the origin that browsers
report (``request_origin.py``), and the form's token proves only when the page was built. An author of comments has a
signed cookie for the comments of this article, and receives a private page with their own pending comments.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, redirect, request
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as WerkzeugResponse

from ... import urls
from ...comments import acceptance
from ...comments.comment import AUTHOR_MAY_CHANGE, OFF, PENDING, REVIEWED, Comment, Cursor, ListPage, Submission, Thread
from ...comments.comment_store import Sender
from ...comments.plain_text import clean_line, clean_text
from ...errors import Busy, NotFound, ShareUsed, StateUnusable
from ...i18n import Message, translated
from ...models import Article, fingerprint
from .. import services
from ..commenting.comment_access import (
    drop_changed_pages,
    is_closed,
    mode_of,
    now,
    page_of,
    required_store,
    rules,
)
from ..commenting.shown_comments import may_be_changed, shown, shown_threads
from ..limits.form_checks import HONEYPOT, is_sent_by_person
from ..limits.form_limits import limit_forms
from ..limits.rate_limits import client, client_limits, counted_client, counted_network
from ..pages.current_site import in_script
from ..pages.localized_templates import render_template
from ..pages.rendering import NavigationLink, render_page, section_links, translated_labels
from ..requests.request_context import AUTHOR_COOKIE, gettext, request_context
from ..requests.request_origin import is_from_this_site, is_https

optional_bp = Blueprint("comments", __name__)
limit_forms(optional_bp, largest_bytes=64_000)

FRESH = "public, no-cache"
"""Browsers revalidate each time. Our own response cache drops the page when comments change."""

NO_STORE = "private, no-store"
COOKIE_SECONDS = 30 * 86_400
OFTEN = Message("You have just commented several times. Please wait a minute.")

MANY_WAIT = Message("Many comments from your network wait for an editor. Please send yours later.")

PATH = "/a/<slug:slug>/comments"


def init_app(app: Flask) -> None:
    if mode_of(app) != OFF:
        app.register_blueprint(optional_bp)


@optional_bp.get(PATH)
def comments(slug: str) -> Response:
    article, cookie = services().catalog.article(slug), _authors_cookie()
    is_private = bool(cookie) or not request_context().is_public
    script = request.args.get("script", "") or request_context().preferences["script"]
    if reply := request.args.get("reply", ""):
        context = reply_context(article, int(reply) if reply.isdigit() else 0, script)
    elif first := request.args.get("thread", ""):
        context = thread_context(article, int(first) if first.isdigit() else 0, script)
    else:
        context = list_context(article, cookie, script)
    version = fingerprint(article.version, script, repr(context))
    return render_page("comments.html", version, lambda: context, NO_STORE if is_private else FRESH, is_dated=False)


def _authors_cookie() -> str:
    """The cookie of an author; empty if it is missing or was not signed by this site."""
    cookie = request.cookies.get(AUTHOR_COOKIE, "")
    return cookie if cookie and required_store().signatures.author_of(cookie) else ""


def list_context(article: Article, cookie: str, script: str) -> dict[str, Any]:
    """The template variables of the list of threads, and of the author's own comments. Raises NotFound."""
    oldest_first = request.args.get("sort") == "oldest"
    found = required_store().page(page_of(article.slug), cookie=cookie, oldest_first=oldest_first, cursor=_cursor())
    if found is None:
        raise NotFound("page", request.query_string.decode("ascii", "replace"))
    at = now()
    own = [comment for comment in found.own if comment.status == PENDING or may_be_changed(comment, at)]
    return page_context(article, script) | {
        "count": found.count,
        "threads": shown_threads(found.threads.items, script),
        "own": [(shown(comment, script), may_be_changed(comment, at)) for comment in own],
        "was_sent": "sent" in request.args and not own,
        "oldest_first": oldest_first,
        **_links_to_pages(article.slug, "sort=oldest" if oldest_first else "", found.threads, found.threads.items),
    }


def thread_context(article: Article, first: int, script: str) -> dict[str, Any]:
    """The template variables of a page of one thread with many answers. Raises NotFound."""
    found = required_store().thread(page_of(article.slug), first, _cursor())
    if found is None:
        raise NotFound("comment", str(first))
    links = _links_to_pages(article.slug, f"thread={first}", found, [Thread(a) for a in found.items[0].answers])
    return page_context(article, script, is_thread=True) | {"threads": shown_threads(found.items, script), **links}


def reply_context(article: Article, number: int, script: str) -> dict[str, Any]:
    """The template variables of the form for an answer, below the answered comment. Raises NotFound."""
    answered = required_store().comment(number)
    if answered is None or not answered.is_public or answered.page != page_of(article.slug):
        raise NotFound("comment", str(number))
    return page_context(article, script) | {"answered": shown(answered, script)}


def page_context(article: Article, script: str, **more: Any) -> dict[str, Any]:
    """The template variables of the form and of everything around the comments."""
    at = now()
    return {
        "article": in_script(article, script),
        "crumbs": translated_labels(section_links(article.section), script),
        "is_closed": is_closed(article, at),
        "is_reviewed": mode_of(current_app) == REVIEWED,
        "token": _token(article, at),
        "honeypot": HONEYPOT,
        "longest_text": acceptance.LONGEST_TEXT,
        "longest_name": acceptance.LONGEST_NAME,
        "answered": None,
        "is_thread": False,
        "count": 0,
        "threads": [],
        "own": [],
        "was_sent": False,
        "oldest_first": False,
        "older": None,
        "newer": None,
        "problem": "",
        "typed": Submission("", ""),
        **more,
    }


def _token(article: Article, at: datetime) -> str:
    """The signed token of the form. If the state database cannot be read, the token in the submitted form is reused.

    Raises StateUnusable or Busy without one.
    """
    try:
        return required_store().signatures.form(page_of(article.slug), int(at.timestamp()))
    except (StateUnusable, Busy):
        if sent := request.form.get("token", ""):
            return sent
        raise


def _cursor() -> Cursor:
    """The position in the list from ``next`` and ``previous``. Raises NotFound for other values than numbers."""
    numbers = [request.args.get(name, "0") for name in ("next", "previous")]
    if not all(text.isascii() and text.isdigit() and len(text) < 10 for text in numbers):
        raise NotFound("page", " ".join(numbers))
    return Cursor(*map(int, numbers))


def _links_to_pages(
    slug: str, query: str, listed: ListPage[Thread], threads: Sequence[Thread]
) -> dict[str, NavigationLink | None]:
    """The links to the previous and next page. *threads* are the threads, or answers, on the page, in their order."""

    def link(label: str, more: str) -> NavigationLink:
        return NavigationLink(label, f"{urls.comments(slug)}?{query}{'&' if query else ''}{more}")

    first, last = (threads[0].first.id, threads[-1].first.id) if threads else (0, 0)
    return {
        "newer": link(gettext("Previous page"), f"previous={first}") if listed.has_before and first else None,
        "older": link(gettext("Next page"), f"next={last}") if listed.has_after else None,
    }


# -- writing ------------------------------------------------------------------------------------------------------


@optional_bp.post(PATH)
def post(slug: str) -> WerkzeugResponse:
    if not is_from_this_site():
        abort(403)
    article, store = services().catalog.article(slug), required_store()
    typed, reply = request.form, request.form.get("reply", "")
    number = int(reply) if reply.isdecimal() and len(reply) < 10 else 0
    sent = Submission(clean_line(typed.get("name", "")), clean_text(typed.get("text", "")), number)
    try:
        if problem := _problem(article, sent):
            return _form_again(article, sent, problem, 422)
        client_limits().spend("comments", services().settings.comments_per_minute, client())
        sender = Sender(counted_client(), _authors_cookie(), request.form.get("token", ""), counted_network())
        comment, author_id = store.post(page_of(slug), sent, sender, rules(), now())
    except TooManyRequests as error:
        return _form_again(article, sent, OFTEN, 429, error.retry_after)
    except ShareUsed as error:
        return _form_again(article, sent, MANY_WAIT, 429, error.retry_seconds)
    except (StateUnusable, Busy) as error:  # also if the process has not yet read the key of the forms
        problem = Message("Your comment was not saved. Please send it again later.")
        return _form_again(article, sent, problem, 503, error.retry_seconds)
    drop_changed_pages()
    return _posted(article, comment, author_id)


def _problem(article: Article, sent: Submission) -> Message | None:
    """Why the form cannot be accepted; None if it can."""
    at = now()
    if is_closed(article, at):
        return Message("Comments on this article are closed.")
    if not is_sent_by_person(required_store().signatures, page_of(article.slug), at.timestamp()):
        return Message("Please check your comment and send it once more.")
    if acceptance.is_refused(sent, rules().words):
        return Message("Your comment contains something that this site doesn't publish.")
    return acceptance.problem_of(sent)


def _form_again(
    article: Article, sent: Submission, problem: Message, status: int, retry_seconds: object = ""
) -> Response:
    """The page with the submitted text in the form and the *problem* above it."""
    script = request_context().preferences["script"]
    problem_text = translated(problem, request_context().language)
    context = page_context(article, script, problem=problem_text, typed=sent)
    response = Response(render_template("comments.html", **context), status)
    response.headers |= {"Cache-Control": "no-store"} | ({"Retry-After": str(retry_seconds)} if retry_seconds else {})
    return response


def _posted(article: Article, comment: Comment, author_id: str) -> WerkzeugResponse:
    address = urls.comments(article.slug)
    target = f"{address}#c{comment.id}" if comment.is_public else f"{address}?sent=1#mine"
    response = redirect(target, 303)
    response.headers["Cache-Control"] = "no-store"
    if author_id:
        response.set_cookie(
            AUTHOR_COOKIE,
            required_store().signatures.author_cookie(author_id),
            max_age=COOKIE_SECONDS,
            path=address,
            secure=is_https(),
            httponly=True,
            samesite="Lax",
        )
    return response


# -- correcting and withdrawing -----------------------------------------------------------------------------------


@optional_bp.get(f"{PATH}/<int:number>")
def own_comment(slug: str, number: int) -> Response:
    article = services().catalog.article(slug)
    comment = _own(article, number)
    return _own_page(article, comment, comment.text)


@optional_bp.post(f"{PATH}/<int:number>")
def change_own_comment(slug: str, number: int) -> WerkzeugResponse:
    if not is_from_this_site():
        abort(403)
    article, store, cookie = services().catalog.article(slug), required_store(), request.cookies.get(AUTHOR_COOKIE, "")
    comment = _own(article, number)
    if "withdraw" in request.form:
        store.withdraw(number, cookie, now())
    else:
        sent = Submission(comment.name, clean_text(request.form.get("text", "")))
        refusal = Message("Your comment contains something that this site doesn't publish.")
        closed = Message("Comments on this article are closed.") if is_closed(article, now()) else None
        problem = (
            closed or acceptance.problem_of(sent) or (refusal if acceptance.is_refused(sent, rules().words) else None)
        )
        if problem:
            return _own_page(article, comment, sent.text, problem, 422)
        try:
            client_limits().spend("comments", services().settings.comments_per_minute, client())
        except TooManyRequests as error:
            return _own_page(article, comment, sent.text, OFTEN, 429, error.retry_after)
        store.correct(number, cookie, sent, rules(), now())
    drop_changed_pages()
    response = redirect(urls.comments(slug), 303)
    response.headers["Cache-Control"] = "no-store"
    return response


def _own(article: Article, number: int) -> Comment:
    """The visitor's own comment while it may be changed. Raises NotFound for any other, so that its existence stays
    secret."""
    store = required_store()
    author = store.signatures.author_of(request.cookies.get(AUTHOR_COOKIE, ""))
    comment = store.comment(number) if author else None
    is_here = comment is not None and comment.page == page_of(article.slug)
    if comment is None or not is_here or not comment.may_be_changed_by(author, now()):
        raise NotFound("comment", str(number))
    return comment


def _own_page(
    article: Article, comment: Comment, text: str, problem: Message | None = None, status: int = 200, retry: object = ""
) -> Response:
    until = (comment.posted_at + AUTHOR_MAY_CHANGE).astimezone(services().settings.timezone)
    page = render_template(
        "own_comment.html",
        article=in_script(article, request_context().preferences["script"]),
        comment=comment,
        text=text,
        until=f"{until:%H:%M}",
        longest_text=acceptance.LONGEST_TEXT,
        problem=translated(problem, request_context().language) if problem else "",
    )
    response = Response(page, status)
    response.headers |= {"Cache-Control": "no-store"} | ({"Retry-After": str(retry)} if retry else {})
    return response
