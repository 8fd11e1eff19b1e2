"""Rejects files whose front matter is truncated or not closed by ``---``: the next field may be ``draft: true``.

An editor or a slow copy writes such a file in parts. It is published when there is text below its fields.
"""

from __future__ import annotations

import re

from ...errors import UnreadableArticle
from ...i18n import Message
from ...models import Draft
from ...patterns import lazy_pattern
from .field_names import known_names

_INCOMPLETE_NAME = lazy_pattern(r"(\.\.?[ \t]*|:|#\+?)?([\w-]{0,40})[ \t]*")
_TAGS = lazy_pattern(r"<(?!img\b|video\b|audio\b|iframe\b|object\b|math\b|svg\b)[^<>]*>", re.IGNORECASE)
_LONGEST_BODY = 1000


def without_incomplete_name(text: str, *, is_marked: bool) -> str:
    """*text* without its last line if that is an incomplete name of a field.

    With *is_marked*, the name must follow ``:``, ``..`` or ``#+``.
    """
    whole, line_end, last = text.rpartition("\n")
    found = _INCOMPLETE_NAME.fullmatch(last)
    if not found or not last or (is_marked and not found[1]):
        return text
    name = found[2].lower()
    return whole + line_end if any(known.startswith(name) for known in known_names()) else text


_WRITE_OR_CLOSE = Message("write the text, or put lines of --- around the fields")


def refuse_fields_alone(rest: str, hint: Message = _WRITE_OR_CLOSE) -> None:
    """Raises UnreadableArticle if *rest*, the text below unclosed fields, is blank."""
    if not rest.strip():
        raise UnreadableArticle(Message("no text below the fields"), hint, 1)


def require_text(draft: Draft) -> Draft:
    """Returns *draft*, from a format whose fields have no closing mark. Raises UnreadableArticle if its body is blank.

    A draft without a title passes, because it isn't published anyway.
    """
    if draft.title and len(draft.body_html) < _LONGEST_BODY:
        refuse_fields_alone(_TAGS.sub("", draft.body_html), Message("write the text below them"))
    return draft
