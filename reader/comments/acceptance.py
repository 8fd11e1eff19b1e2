"""Decides which comments are rejected, and which wait for review although comments are open. Pure functions."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import datetime, timedelta

from ..i18n import N_, Message
from .comment import REVIEWED, Submission
from .comment_html import has_link
from .word_list import WordList, outline, skeleton

LONGEST_TEXT = 2_000
LONGEST_NAME = 24
LONGEST_LINES = 40
LEAST_SECONDS = 2
"""A form that is submitted sooner comes from a program. People are asked to press the button again."""

LONGEST_SECONDS = 86_400
"""A form that is submitted later is shown again, with the text."""

SAME_TEXT_LENGTH = 8
"""Two people may both write “支持”. A text of at least this many characters equal to another comment is a duplicate."""

MOST_PER_HOUR = 20
"""The comments of one client, in all processes. The rate limit of each process is READER_COMMENTS_PER_MINUTE."""

MOST_OF_NETWORK_PER_HOUR = 16 * MOST_PER_HOUR

LINKS, WORDS, DUPLICATE, FLOOD, PAPER_NAME = "links", "words", "duplicate", "flood", "name"
WEBMENTION = "webmention"
REASONS = {
    LINKS: N_("contains a link"),
    WORDS: N_("contains a word of the list"),
    DUPLICATE: N_("the same text as another comment"),
    FLOOD: N_("many comments from one place"),
    PAPER_NAME: N_("named like the paper or an editor"),
    WEBMENTION: N_("a page of another site that links here (Webmention)"),
}
"""Why a comment waits for review; shown to editors."""

_OFFICIAL = ("编辑", "管理员", "版主", "记者", "小编", "官方", "admin", "editor", "moderator", "webmaster")


def problem_of(submission: Submission) -> Message | None:
    """Why the text or the name is not accepted; None if both are."""
    if not any(character.isalnum() or _is_symbol(character) for character in submission.text):
        return Message("Please write something.")
    if len(submission.text) > LONGEST_TEXT:
        return Message(
            "At most %(most)s characters; yours has %(count)s.", most=LONGEST_TEXT, count=len(submission.text)
        )
    if submission.text.count("\n") >= LONGEST_LINES:
        return Message("At most %(most)s lines.", most=LONGEST_LINES)
    if not any(map(str.isalnum, submission.name)):
        return Message("Please give a name.")
    if len(submission.name) > LONGEST_NAME:
        return Message("The name has at most %(most)s characters.", most=LONGEST_NAME)
    return None


def _is_symbol(character: str) -> bool:
    """Whether *character* is a symbol such as an emoji: a thumbs-up alone is a valid comment."""
    return unicodedata.category(character) == "So"


def reasons_to_wait(submission: Submission, words: WordList, official_names: tuple[str, ...]) -> tuple[str, ...]:
    """The keys of REASONS that apply to the text and the name alone."""
    name, text = skeleton(submission.name), skeleton(submission.text)
    is_official = any(
        own in outline(submission.name) for word in (*_OFFICIAL, *official_names) if (own := outline(word))
    )
    found = {
        LINKS: has_link(submission.text)
        or has_link(submission.name)
        or "://" in submission.text
        or "www." in submission.text.lower(),
        WORDS: words.has_review_word(text) or words.has_review_word(name),
        PAPER_NAME: is_official,
    }
    return tuple(reason for reason, is_found in found.items() if is_found)


def is_refused(submission: Submission, words: WordList) -> bool:
    """Whether the operator's list rejects it. The visitor is not told which word matched."""
    return words.has_rejected_word(skeleton(f"{submission.name}\n{submission.text}"))


def needs_review(mode: str, reasons: tuple[str, ...]) -> bool:
    """Whether a new comment waits for an editor under READER_COMMENTS=*mode*."""
    return mode == REVIEWED or bool(reasons)


def is_flood(of_client: int, of_network: int) -> bool:
    """Whether the counts of the last hour are too high for publication without review."""
    return of_client >= MOST_PER_HOUR or of_network >= MOST_OF_NETWORK_PER_HOUR


def digest_of(text: str) -> str:
    """Equal for texts that differ only in case, width, spaces and punctuation. Empty for short texts."""
    plain = skeleton(text)
    return hashlib.sha256(plain.encode()).hexdigest()[:32] if len(plain) >= SAME_TEXT_LENGTH else ""


def is_closed_by_age(published: datetime, now: datetime, days: int) -> bool:
    """Whether an article accepts no new comments because *days* have passed since its publication. 0 days: never."""
    return days > 0 and now > published + timedelta(days=days)
