"""Decides which comments are refused, and which wait for review although comments are open. Pure functions."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import datetime, timedelta

from ..i18n import N_, Message
from .comment import REVIEWED, Submission
from .comment_html import has_link
from .word_list import WordList, skeleton

LONGEST_TEXT = 2_000
LONGEST_NAME = 24
LONGEST_LINES = 40
LEAST_SECONDS = 2
"""Less time between the form and its answer: a program. People are asked to press the button again."""

LONGEST_SECONDS = 86_400
"""A form that lay open for longer is shown again, with the text."""

SAME_TEXT_LENGTH = 8
"""Two people may both write “支持”; what is longer and equal to another comment is a duplicate."""

MOST_PER_HOUR = 20
"""Comments of one client, over all processes. The rate limit of each process is READER_COMMENTS_PER_MINUTE."""

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
"""Why a comment waits for an editor, for the editor."""

_OFFICIAL = ("编辑", "管理员", "版主", "记者", "小编", "官方", "admin", "editor", "moderator", "webmaster")


def problem_of(sent: Submission) -> Message | None:
    """Why the text or the name can't be taken; None if it can."""
    if not any(character.isalnum() or _is_symbol(character) for character in sent.text):
        return Message("Please write something.")
    if len(sent.text) > LONGEST_TEXT:
        return Message("At most %(most)s characters; yours has %(count)s.", most=LONGEST_TEXT, count=len(sent.text))
    if sent.text.count("\n") >= LONGEST_LINES:
        return Message("At most %(most)s lines.", most=LONGEST_LINES)
    if not any(map(str.isalnum, sent.name)):
        return Message("Please give a name.")
    if len(sent.name) > LONGEST_NAME:
        return Message("The name has at most %(most)s characters.", most=LONGEST_NAME)
    return None


def _is_symbol(character: str) -> bool:
    """Emoji: a thumb up is an answer."""
    return unicodedata.category(character) == "So"


def reasons_to_wait(sent: Submission, words: WordList, official_names: tuple[str, ...]) -> tuple[str, ...]:
    """The REASONS that the text and the name give by themselves."""
    name, text = skeleton(sent.name), skeleton(sent.text)
    is_official = any(skeleton(word) in name for word in (*_OFFICIAL, *official_names) if skeleton(word))
    found = {
        LINKS: has_link(sent.text) or has_link(sent.name) or "://" in sent.text or "www." in sent.text.lower(),
        WORDS: words.holds(text) or words.holds(name),
        PAPER_NAME: is_official,
    }
    return tuple(reason for reason, is_found in found.items() if is_found)


def is_refused(sent: Submission, words: WordList) -> bool:
    """Whether the operator's list refuses it. The visitor isn't told which word."""
    return words.refuses(skeleton(f"{sent.name}\n{sent.text}"))


def waits(mode: str, reasons: tuple[str, ...]) -> bool:
    """Whether a new comment waits for an editor under READER_COMMENTS=*mode*."""
    return mode == REVIEWED or bool(reasons)


def is_flood(of_client: int, of_network: int) -> bool:
    """Whether so many comments in the last hour are too many to appear unread."""
    return of_client >= MOST_PER_HOUR or of_network >= MOST_OF_NETWORK_PER_HOUR


def digest_of(text: str) -> str:
    """Equal for texts that differ in case, width, spaces and punctuation only; empty for short ones."""
    plain = skeleton(text)
    return hashlib.sha256(plain.encode()).hexdigest()[:32] if len(plain) >= SAME_TEXT_LENGTH else ""


def is_closed_by_age(published: datetime, now: datetime, days: int) -> bool:
    """Whether an article takes no new comments *days* after its publication; 0 days is never."""
    return days > 0 and now > published + timedelta(days=days)
