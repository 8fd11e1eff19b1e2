"""Editor pages to review comments: list them by status with their articles; approve, reject, hide or answer them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, abort, redirect, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response as WerkzeugResponse

from .... import urls
from ....comments import acceptance
from ....comments.comment import (
    APPROVED,
    DISPLACED,
    HIDDEN,
    OFF,
    PENDING,
    REJECTED,
    Comment,
    ReviewSnapshot,
    Submission,
)
from ....comments.comment_feed import waiting_feed
from ....comments.comment_store import QUEUE_PER_PAGE
from ....comments.plain_text import clean_text
from ....errors import NotFound
from ....feeds import FEEDS
from ....i18n import N_, Message, translated
from ....models import Article, format_minute
from ... import services
from ...commenting.comment_access import article_of, drop_changed_pages, mode_of, now, required_store
from ...commenting.shown_comments import ShownComment, shown
from ...editor.editor_session import checked_form, editor_blueprint, editor_page, register, required_session
from ...editor.editor_tokens import site_token
from ...pages.current_site import own_site
from ...requests.request_context import gettext, request_context
from ..share import this_site

optional_bp = editor_blueprint("editor_comments")

PAGE, FEED = f"{urls.EDITOR}/comments", f"{urls.EDITOR}/comments/feed"
LONGEST_SEARCH = 100
MOST_AT_ONCE = 1000

STATUSES = {
    PENDING: N_("Waiting"),
    APPROVED: N_("Public"),
    REJECTED: N_("Rejected"),
    HIDDEN: N_("Hidden"),
    DISPLACED: N_("Displaced"),
}
ACTS = {
    "approve": N_("Approve"),
    "reject": N_("Reject"),
    "hide": N_("Hide"),
    "answer": N_("Answer"),
    "correct": N_("Corrected by the author"),
    "withdraw": N_("Withdrawn by the author"),
    "displace": N_("Made room while too many waited"),
}
OFFERED = {
    PENDING: ("approve", "reject"),
    APPROVED: ("hide",),
    REJECTED: ("approve",),
    HIDDEN: ("approve",),
    DISPLACED: ("approve", "reject"),
}
"""The actions that the page offers for comments of each status."""


@dataclass(frozen=True)
class ReviewedComment:
    """A comment in the list. ``article`` is None if it is no longer published."""

    comment: ShownComment
    page: str
    article: Article | None
    reasons: list[str]
    acts: list[str]


def init_app(app: Flask) -> None:
    if mode_of(app) != OFF:
        register(app, optional_bp)


@optional_bp.get(PAGE)
def queue() -> Response:
    required_session()
    return _queue_page()


def _queue_page(problem: str = "", status_code: int = 200, typed: dict[str, str] | None = None) -> Response:
    status = request.args.get("status", PENDING)
    words = " ".join(request.args.get("q", "").replace("\0", " ").split())[:LONGEST_SEARCH]  # PostgreSQL rejects NUL
    page = request.args.get("page", "1")
    number = int(page) if page.isdecimal() and len(page) < 6 and int(page) else 1
    if status not in STATUSES:
        raise NotFound("page", status)
    found, acts, count = required_store().queue(status, words, number)
    offered = [name for name in STATUSES if name != DISPLACED or required_store().queue(name, "", 1)[2]]
    return editor_page(
        "editor/comments.html",
        status_code,
        problem=problem,
        typed=typed or {},
        shown_status=status,
        statuses=[(name, gettext(label)) for name, label in STATUSES.items() if name in (status, *offered)],
        offered=[(act, gettext(ACTS[act])) for act in OFFERED[status]],
        words=words,
        count=count,
        number=number,
        has_next=count > number * QUEUE_PER_PAGE,
        comments=list(_reviewed(found, acts)),
        paper=own_site().name,
        longest_text=acceptance.LONGEST_TEXT,
        feed=f"{FEED}?key={_feed_key()}",
    )


def _reviewed(found: Iterable[Comment], acts: dict[int, list[Any]]) -> Iterable[ReviewedComment]:
    articles: dict[str, Article | None] = {}
    for comment in found:
        if comment.page not in articles:
            articles[comment.page] = article_of(comment.page)
        yield ReviewedComment(
            comment=shown(comment, ""),
            page=comment.page,
            article=articles[comment.page],
            reasons=[gettext(acceptance.REASONS[reason]) for reason in comment.reasons if reason in acceptance.REASONS],
            acts=[_decision_text(act) for act in acts.get(comment.id, [])],
        )


def _decision_text(act: Any) -> str:
    """An action as text: ``2026-05-01 12:00 批准（周琳）：…``."""
    at = format_minute(act.at.astimezone(services().settings.timezone))
    who = f" ({act.by})" if act.by else ""
    return f"{at} {gettext(ACTS.get(act.act, act.act))}{who}" + (f": {act.note}" if act.note else "")


@optional_bp.post(PAGE)
def review() -> WerkzeugResponse:
    """Applies an action. ``do`` is ``approve`` for all ticked comments, or ``approve 12`` for one comment.

    The id of a corrected comment is followed by the version of the text on the page: ``12.1777636800000000``.
    """
    form = checked_form()
    session = required_session()
    act, _, selection = form.get("do", "").partition(" ")
    versions = _versions([selection] if selection else request.form.getlist("c"))
    numbers, read = list(versions), ReviewSnapshot(request.args.get("status", PENDING), versions)
    editor = session.name or gettext("editor")
    if act in ("approve", "answer") and required_store().is_unread(numbers, read, alone=act == "answer"):
        return _queue_page(gettext("A comment was changed meanwhile. Please read it again."), 409, form)
    if act == "answer" and numbers:
        if (problem := _answer(numbers[0], clean_text(form.get(f"answer-{numbers[0]}", "")), editor)) is not None:
            return _queue_page(translated(problem, request_context().language), 422, form)
    elif act in ("approve", "reject", "hide"):
        required_store().review(numbers, act, editor, now(), read)
    else:
        abort(400)
    drop_changed_pages()
    query = request.query_string.decode("ascii", "replace")
    return redirect(f"{PAGE}?{query}" if query else PAGE, 303)


def _versions(pairs: Iterable[str]) -> dict[int, int]:
    """Versions by comment id from the values of the form, at most MOST_AT_ONCE; 0 without a version."""
    found = (re.fullmatch(r"(\d{1,9})(?:\.(\d{1,18}))?", text, re.ASCII) for text in list(pairs)[:MOST_AT_ONCE])
    return {int(match[1]): int(match[2] or 0) for match in found if match}


def _answer(number: int, text: str, editor: str) -> Message | None:
    """Publishes the site's answer to comment *number*. Returns a message if the text is invalid, else None.

    Raises NotFound.
    """
    sent = Submission(own_site().name[: acceptance.LONGEST_NAME], text, number)
    problem = acceptance.problem_of(sent)
    if problem is None and required_store().answer(number, sent, editor, now()) is None:
        raise NotFound("comment", str(number))
    return problem


# -- the private feed ---------------------------------------------------------------------------------------------


def _feed_key() -> str:
    """The secret in the feed's URL. It changes with the site's token."""
    signed = URLSafeSerializer(site_token(), salt="reader waiting comments").dumps("feed")
    return signed if isinstance(signed, str) else signed.decode()


@optional_bp.get(FEED)
def waiting() -> Response:
    """The Atom feed of comments that await review. Aborts with 404 unless ``?key=`` is the secret key."""
    try:
        URLSafeSerializer(site_token(), salt="reader waiting comments").loads(request.args.get("key", ""))
    except BadSignature:
        abort(404)
    found, _, _ = required_store().queue(PENDING, "", 1)
    articles = {comment.page: article for comment in found if (article := article_of(comment.page))}
    feed = waiting_feed(found, articles, this_site(), PAGE, services().catalog.changed_at)
    return Response(FEEDS["atom.xml"].to_bytes(feed), mimetype=FEEDS["atom.xml"].MIMETYPE)
