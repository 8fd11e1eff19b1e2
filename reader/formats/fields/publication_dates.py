"""Chooses the date of publication among the dates of a file, and finds those that may be an embargo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ...errors import UnreadableArticle
from ...i18n import Message
from ...models import Embargo
from ..dates import date_in_address
from .field_names import EMBARGOES, plain_name
from .field_values import Field, Remarks, datetime_of


def is_embargo(field: Field) -> bool:
    return plain_name(field.name) in EMBARGOES


def first_date(fields: Sequence[Field], remarks: Remarks, *, is_publication: bool) -> datetime | None:
    """The first valid date, with warnings about the others. None without one.

    Raises UnreadableArticle if no date of publication is valid, because it may be an embargo.
    """
    failures: list[tuple[Field, UnreadableArticle]] = []
    found = None
    for field in fields:
        try:
            found = datetime_of(field, remarks)
        except UnreadableArticle as error:
            failures.append((field, error))
        if found:
            break
    if failures and not found and is_publication:
        raise failures[0][1]
    for field, failure in failures:
        remarks.warn(field, *_cause_and_hint(failure))
    return found


def _cause_and_hint(failure: UnreadableArticle) -> tuple[Message, Message]:
    return Message("%(cause)s", cause=failure.cause), Message("%(cause)s", cause=failure.hint)


def publication_date(
    first: datetime | None, fields: Sequence[Field], paths: Iterable[str], remarks: Remarks
) -> datetime | None:
    """The date of publication: *first*; a later ``publishDate``, an embargo as in Hugo; else the date in an address.

    A still later date, in a second line or under another name than ``created``, is a doubt: it may be an embargo.
    """
    due = [datetime_of(field, remarks) for field in fields if is_embargo(field)]
    dates = [at for at in (first, *due) if at]
    if not dates:
        return next((day for path in paths if (day := date_in_address(f"/{path}/"))), None)
    latest = max(dates, key=_naive)
    others = [(field, _readable_date(field)) for field in fields if "creat" not in field.name.lower()]
    remarks.doubts += [Embargo(at, field.line) for field, at in others if at and _naive(at) > _naive(latest)]
    return latest


def _naive(at: datetime) -> datetime:
    return at.replace(tzinfo=None)


def _readable_date(field: Field) -> datetime | None:
    """The date of *field*; None if it has none, which ``first_date`` reports."""
    try:
        return datetime_of(field, Remarks())
    except UnreadableArticle:
        return None
