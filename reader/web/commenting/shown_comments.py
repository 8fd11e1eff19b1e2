"""Converts comments for display: text to HTML in the visitor's script, times to the site's time zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from ...chinese.html_conversion import convert_html
from ...chinese.script_conversion import terms_of
from ...chinese.scripts import SCRIPTS
from ...comments.comment import Comment, Thread
from ...comments.comment_html import to_html
from ...models import format_minute
from .. import services
from ..pages.current_site import shown_site


@dataclass(frozen=True)
class ShownComment:
    """A comment for display. ``reply_to`` names the author it answers; empty for an answer to the first comment."""

    id: int
    name: str
    body: Markup
    iso: str
    time: str
    is_paper: bool
    is_public: bool
    reply_to: str = ""
    version: int = 0


@dataclass(frozen=True)
class ShownThread:
    """A first comment and its answers, oldest first. ``has_more``: the page of the thread has further answers."""

    first: ShownComment
    answers: list[ShownComment]
    has_more: bool


def shown(comment: Comment, script: str, reply_to: str = "") -> ShownComment:
    posted = comment.posted_at.astimezone(services().settings.timezone)
    iso, time, body = posted.isoformat(timespec="minutes"), format_minute(posted), body_in(comment.text, script)
    paper, public, version = comment.is_paper, comment.is_public, comment.version
    return ShownComment(comment.id, comment.name, body, iso, time, paper, public, reply_to, version)


def body_in(text: str, script: str) -> Markup:
    """The HTML of a comment's text, converted to *script* if it is one of SCRIPTS."""
    body = to_html(text)
    return convert_html(body, script, terms_of(shown_site())) if script in SCRIPTS else body


def shown_threads(threads: Iterable[Thread], script: str) -> list[ShownThread]:
    return [ShownThread(shown(t.first, script), _answers(t, script), t.has_more) for t in threads]


def _answers(thread: Thread, script: str) -> list[ShownComment]:
    names = {answer.id: answer.name for answer in thread.answers}
    return [shown(answer, script, names.get(answer.reply_to, "")) for answer in thread.answers]


def may_be_changed(comment: Comment, now: datetime) -> bool:
    """Whether the author may still change *comment* at the time *now*."""
    return comment.may_be_changed_by(comment.author, now)
