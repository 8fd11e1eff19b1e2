"""Notes on front matter fields that are unknown, and warnings for those that look misspelt."""

from __future__ import annotations

import difflib
from functools import lru_cache

from ...i18n import Message
from ...models import word_set
from .field_names import UNUSED, known_names, plain_name
from .field_values import Field, Remarks
from .unpublished_values import NO, YES

_YES_WITHHOLDS = word_set("draft 草稿 is_draft private is_private hidden unlisted unpublished encrypted")
_NO_WITHHOLDS = word_set("publish published is_published is_public visible listed")
"""The names whose misspelling rejects a file. Other names are similar to correct ones: ``external``, ``internal``."""


def report_unknown(field: Field, remarks: Remarks) -> None:
    """Adds a note about an unknown field, or a warning if its name is similar to a known one.

    Raises UnreadableArticle for a misspelling that may make a draft public: ``dratf: true``.
    """
    if near := _similar_name(field.name.strip().lower()):
        cause = Message("unknown field: %(field)s", field=field.name[:80])
        hint = Message("did you mean %(field)s?", field=near)
        if _marks_draft(near, field):
            raise field.fail(cause, hint)  # the file may be a draft
        remarks.warn(field, cause, hint)
    else:
        remarks.note(Message("the field %(field)s isn't used", field=field.name[:80]))


def _marks_draft(near: str, field: Field) -> bool:
    """Whether *field*, read as the similar name *near*, says that the article is not public."""
    return field.text.lower() in (YES if near in _YES_WITHHOLDS else NO - {""} if near in _NO_WITHHOLDS else ())


@lru_cache(500)
def _similar_name(name: str) -> str:
    """The known field most similar to the unknown *name*; empty without one. Cached, because the files of a folder
    have the same fields."""
    if len(name) < 2 or plain_name(name) in UNUSED:
        return ""
    alike = [known for known in known_names() if abs(len(known) - len(name)) < 3]
    return next(iter(difflib.get_close_matches(name, alike, n=1, cutoff=0.8 if name.isascii() else 0.5)), "")
