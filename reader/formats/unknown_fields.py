"""Notes on front matter fields that are unknown, and warnings for those that look misspelt."""

from __future__ import annotations

import difflib
from functools import lru_cache

from ..i18n import Message
from ..models import word_set
from .field_names import UNUSED, known_names, plain_name
from .field_values import Field, Remarks
from .unpublished_values import NO, YES

_YES_WITHHOLDS = word_set("draft 草稿 is_draft private is_private hidden unlisted unpublished encrypted")
_NO_WITHHOLDS = word_set("publish published is_published is_public visible listed")
"""Names whose slips of the pen refuse a file; of others, such as ``internal``, ``external`` may be meant as written."""


def tell_unknown(field: Field, remarks: Remarks) -> None:
    """Raises UnreadableArticle for a slip of the pen that may have made a draft public: ``dratf: true``."""
    if near := _meant(field.name.strip().lower()):
        cause = Message("unknown field: %(field)s", field=field.name[:80])
        hint = Message("did you mean %(field)s?", field=near)
        if _withholds(near, field):
            raise field.fail(cause, hint)  # what may be a draft is not published
        remarks.warn(field, cause, hint)
    else:
        remarks.note(Message("the field %(field)s isn't used", field=field.name[:80]))


def _withholds(near: str, field: Field) -> bool:
    """Whether *field*, under the name that it looks like, says that the article is not public."""
    return field.text.lower() in (YES if near in _YES_WITHHOLDS else NO - {""} if near in _NO_WITHHOLDS else ())


@lru_cache(500)
def _meant(name: str) -> str:
    """The field that an unknown *name* looks like, empty for none. All files of a folder have the same fields."""
    if len(name) < 2 or plain_name(name) in UNUSED:
        return ""
    alike = [known for known in known_names() if abs(len(known) - len(name)) < 3]
    return next(iter(difflib.get_close_matches(name, alike, n=1, cutoff=0.8 if name.isascii() else 0.5)), "")
