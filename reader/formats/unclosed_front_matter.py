"""Files whose front matter is cut off or not closed by ``---``: the next field may have been ``draft: true``.

An editor or a slow copy writes such a file in pieces. It is published when text follows its fields.
"""

from __future__ import annotations

import re

from ..errors import UnreadableArticle
from ..i18n import Message
from ..models import Draft
from ..patterns import lazy_pattern
from .field_names import known_names

_BEGUN = lazy_pattern(r"(\.\.?[ \t]*|:|#\+?)?([\w-]{0,40})[ \t]*")
_TAGS = lazy_pattern(r"<(?!img\b|video\b|audio\b|iframe\b|object\b|math\b|svg\b)[^<>]*>", re.IGNORECASE)
_LONGEST_BODY = 1000


def without_begun_name(text: str, *, is_marked: bool) -> str:
    """*text* without its last line if that ends within the name of a field, after its mark (``:``, ``..``, ``#+``) if
    *is_marked*."""
    whole, line_end, last = text.rpartition("\n")
    found = _BEGUN.fullmatch(last)
    if not found or not last or (is_marked and not found[1]):
        return text
    name = found[2].lower()
    return whole + line_end if any(known.startswith(name) for known in known_names()) else text


_WRITE_OR_CLOSE = Message("write the text, or put lines of --- around the fields")


def refuse_fields_alone(rest: str, hint: Message = _WRITE_OR_CLOSE) -> None:
    """Raises UnreadableArticle if *rest*, which follows fields that nothing closes, says nothing."""
    if not rest.strip():
        raise UnreadableArticle(Message("no text below the fields"), hint, 1)


def with_text(draft: Draft) -> Draft:
    """*draft*, whose file begins with fields that nothing closes and, in its format, nothing can. Raises as
    ``refuse_fields_alone`` if it has a title: without one it isn't published anyway."""
    if draft.title and len(draft.body_html) < _LONGEST_BODY:
        refuse_fields_alone(_TAGS.sub("", draft.body_html), Message("write the text below them"))
    return draft
