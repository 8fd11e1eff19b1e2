"""Front matter, read and written: the fields of a Draft, in the forms and under the names that other programs have.

Nothing unknown refuses a file. What isn't used is a note, what is lost a warning; only a date that can't be read, which
may be an embargo, and a draft field that is neither true nor false are errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from ..article_corrections import Correction
from ..errors import UnreadableArticle
from ..i18n import Message
from ..models import Draft, is_dated, path_key
from .dates import date_in_address
from .field_names import BY_NAME, CONTAINERS, EMBARGOES, HUGO_ONLY, Row, plain_name, row_of
from .field_values import (
    LIST_SEPARATORS,
    READERS,
    SECTION_SEPARATORS,
    Field,
    Remarks,
    datetime_of,
    is_switch,
    listed,
)
from .front_matter_delimiters import find_block, refuse_beginning
from .front_matter_variants import FrontMatter, marked_head, plain_head
from .unclosed_front_matter import refuse_fields_alone, without_begun_name
from .unknown_fields import tell_unknown
from .unpublished_markers import refuse_in_text
from .unpublished_values import withheld_date, withheld_names, withheld_otherwise

__all__ = [
    "LIST_SEPARATORS",
    "SECTION_SEPARATORS",
    "correction_text",
    "field_line",
    "listed",
    "read",
    "split",
    "split_markdown",
    "values_of",
    "write",
]  # fmt: skip

_NOT_WRITTEN = ("body_html", "warnings", "notes", "paths", "pictures", "embargo", "translation")
NAMES = [field.name for field in fields(Draft) if field.name not in _NOT_WRITTEN]
"""The fields that are written."""
_LONGEST_HEAD = 10_000
_FROM_ADDRESS = 1000
"""The rank of a field within a mapping such as ``extra``: after all that stand at the top."""
_PRIVATE = BY_NAME["private"][1]


@dataclass(frozen=True)
class _Offer:
    """A field that may give a Draft's field its value; the lowest *rank* is the best."""

    rank: int
    row: Row
    field: Field


def split(text: str) -> tuple[dict[str, Any], str, int]:
    """The fields of *text* as keyword arguments of Draft, what follows them, and the lines they took.

    No fields if it begins otherwise. Raises UnreadableArticle with the line, also for what follows if that says that
    the article is not public.
    """
    values, rest, lines = split_above(text)
    refuse_in_text(rest, lines + 1)
    return values, rest, lines


def split_above(text: str) -> tuple[dict[str, Any], str, int]:
    """As ``split``, for a format that has fields of its own below: what follows is not judged."""
    refuse_beginning(text)
    head = marked_head(text)
    if head and (head.form == "toml" or any(is_field(field.name) for field in head.fields)):
        if not head.is_closed:
            refuse_fields_alone(without_begun_name(head.rest, is_marked=True))
        return values_of(head.fields), head.rest, head.lines
    block = find_block(text, is_field)
    if block is None:
        return {}, text, 0
    return read(block.text, block.first_line), block.rest, block.lines


def split_markdown(text: str) -> tuple[dict[str, Any], str, int]:
    """As ``split``; also lines ``Title: …``, fields in a comment and above one fence, which in plain text are text."""
    head = plain_head(text, is_field)
    if head is None:
        return split(text)
    if not head.is_closed:
        refuse_fields_alone(head.rest)
    refuse_in_text(head.rest, head.lines + 1)
    return _head_values(head), head.rest, head.lines


def refuse_lines_alone(text: str) -> None:
    """Raises UnreadableArticle if *text* is nothing but lines ``Title: …``, the last one perhaps begun."""
    head = plain_head(without_begun_name(text[:_LONGEST_HEAD], is_marked=False), is_field)
    if head and not head.is_closed and len(text) < _LONGEST_HEAD:
        refuse_fields_alone(head.rest)


def is_field(name: str) -> bool:
    return row_of(name) is not None


def may_hold(name: str) -> bool:
    """Whether a field of that *name*, or a mapping of fields, is read."""
    return is_field(name) or plain_name(name) in CONTAINERS


def may_withhold(field: Field) -> bool:
    """Whether *field* can say that an article is not public; ``published: false`` can, a date can't."""
    known = row_of(field.name)
    return known is not None and (
        known[1].field == "draft" or (known[1].how == "date" and (is_switch(field) or _is_embargo(field)))
    )


def with_marks(found: Iterable[Field], marks: Iterable[Field]) -> tuple[Field, ...]:
    """*found*, and of *marks* those that say that an article is not public, also without a value, by being there."""
    marked_fields = tuple(field for field in found if field.value)
    names = {plain_name(field.name) for field in marked_fields}
    more = (field for field in marks if plain_name(field.name) not in names and may_withhold(field))
    return (*marked_fields, *(field if field.value else replace(field, value=_presence(field.name)) for field in more))


def _presence(name: str) -> str:
    known = row_of(name)
    return "true" if known and known[1].how in ("switch", "withheld") else ""


def read(text: str, first_line: int = 1) -> dict[str, Any]:
    """The fields in a block of YAML, as keyword arguments of Draft. Raises UnreadableArticle with the line."""
    from .yaml_fields import yaml_fields

    return values_of(tuple(yaml_fields(text, first_line)))


def write(draft: Draft) -> str:
    """*draft*'s fields as front matter that ``split`` reads back to the same values, fences included."""
    values = {name: getattr(draft, name) for name in NAMES}
    values["aliases"] = (*draft.aliases, *(f"/{path}" for path in draft.paths))
    lines = [field_line(name, value) for name, value in values.items()]
    return "---\n" + "".join(line for line in lines if line) + "---\n"


# -- reading ----------------------------------------------------------------------------------------------------


def _head_values(head: FrontMatter) -> dict[str, Any]:
    return read(head.block, head.first_line) if head.block else values_of(head.fields)


def values_of(found: tuple[Field, ...]) -> dict[str, Any]:
    """Each field's value by the best of the names that it was given under; what is empty is left out."""
    names = {plain_name(field.name) for field in found}
    is_toml = any(field.form == "toml" for field in found)
    remarks = Remarks(is_hugo=is_toml or bool(names & HUGO_ONLY), is_jekyll="layout" in names)
    offers: dict[str, list[_Offer]] = {}
    for offer in sorted(_offers(found, remarks), key=lambda offer: offer.rank):
        offers.setdefault(offer.row.field, []).append(offer)
    values = {name: _first_value(name, offered, remarks) for name, offered in offers.items()}
    values["published"] = _published(values, offers, remarks)
    values["embargo"] = remarks.embargo
    if not values.get("draft"):
        values["draft"] = _withheld_by_name(values, remarks)
    values |= _addresses(values, offers)
    remarked = {"warnings": tuple(dict.fromkeys(remarks.warnings)), "notes": tuple(dict.fromkeys(remarks.notes))}
    return {name: value for name, value in (values | remarked).items() if value}


def _withheld_by_name(values: dict[str, Any], remarks: Remarks) -> bool:
    """Whether a tag or section is ``draft`` or ``草稿``."""
    by = next((name for name in ("tags", "section") if withheld_names(values.get(name) or ())), "")
    if by:
        remarks.note(Message("a draft, by its field %(field)s", field=by))
    return bool(by)


def _offers(found: Iterable[Field], remarks: Remarks) -> Iterator[_Offer]:
    seen: set[str] = set()
    for field in found:
        known = row_of(field.name)
        if field.name in seen:
            remarks.warn(field, Message("duplicate field: %(field)s", field=field.name), Message("keep one of them"))
        seen.add(field.name)
        if known and known[1].how == "date" and is_switch(field):
            known = row_of("private" if _is_embargo(field) else "publish")  # Jekyll's ``published: false``
        elif known and known[1].field == "published" and withheld_date(field.text):
            known = BY_NAME["private"]
        if plain_name(field.name) == "permalink" and is_switch(field):
            known = row_of("publish")  # Eleventy's ``permalink: false``: no page is made
        if known:
            yield _Offer(*known, field)
        if isinstance(field.value, dict) and plain_name(field.name) in CONTAINERS:
            yield from _within(field)
        elif not known and withheld_otherwise(field.name, field.value):
            yield _Offer(0, _PRIVATE, replace(field, value="true"))
        elif not known:
            tell_unknown(field, remarks)


def _within(container: Field) -> Iterator[_Offer]:
    """The fields of ``extra`` and its like; of others than these there is nothing to say."""
    for name, value in container.value.items() if isinstance(container.value, dict) else ():
        if known := row_of(name):
            yield _Offer(known[0] + _FROM_ADDRESS, known[1], Field(name, value, container.line, container.form))


def _first_value(name: str, offered: list[_Offer], remarks: Remarks) -> Any:
    """The first value that is not empty; of drafts any, of addresses and pictures all."""
    if name in ("published", "updated"):
        return _first_date(offered, remarks)
    values = [(offer, READERS[offer.row.how](offer.field, remarks)) for offer in offered]
    set_values = [(offer, value) for offer, value in values if value]
    for offer, value in values:
        if not value and isinstance(offer.field.value, dict) and name not in ("images", "comments_closed", "draft"):
            hint = Message("write %(field)s: text, or %(field)s: [one, two]", field=offer.field.name)
            remarks.warn(offer.field, Message("%(field)s is neither text nor a list", field=offer.field.name), hint)
    if name == "draft":
        for offer, _ in [first for first in set_values[:1] if first[0].row.how != "switch"]:
            remarks.note(Message("a draft, by its field %(field)s", field=offer.field.name))
        return bool(set_values)
    if name in ("paths", "images"):
        return tuple(dict.fromkeys(part for _, value in set_values for part in value))
    for offer, value in set_values[1:]:
        if value != set_values[0][1]:
            _tell_unused(set_values[0][0].field, offer.field, remarks)
    return set_values[0][1] if set_values else None


def _tell_unused(used: Field, other: Field, remarks: Remarks) -> None:
    if used.name != other.name:
        values = {"used": used.name, "unused": other.name}
        remarks.note(Message("%(unused)s isn't used, because %(used)s says it too", **values))


def _first_date(offered: list[_Offer], remarks: Remarks) -> datetime | None:
    """The best that can be read. Raises UnreadableArticle if none can: it may be an embargo."""
    failures: list[tuple[Field, UnreadableArticle]] = []
    for offer in offered:
        try:
            if found := datetime_of(offer.field, remarks):
                for field, failure in failures:
                    remarks.warn(field, *_cause_and_hint(failure))
                return found
        except UnreadableArticle as error:
            failures.append((offer.field, error))
    if failures and offered[0].row.field == "published":
        raise failures[0][1]
    for field, failure in failures:
        remarks.warn(field, *_cause_and_hint(failure))
    return None


def _cause_and_hint(failure: UnreadableArticle) -> tuple[Message, Message]:
    return Message("%(cause)s", cause=failure.cause), Message("%(cause)s", cause=failure.hint)


def _is_embargo(field: Field) -> bool:
    return plain_name(field.name) in EMBARGOES


def _published(values: dict[str, Any], offers: dict[str, list[_Offer]], remarks: Remarks) -> datetime | None:
    """The date; a later ``publishDate`` is an embargo, as in Hugo. Else the day in an address."""
    published: datetime | None = values.get("published")
    due = [datetime_of(offer.field, remarks) for offer in offers.get("published", []) if _is_embargo(offer.field)]
    if known := [at for at in (published, *due) if at]:
        return max(known, key=lambda at: at.replace(tzinfo=None))
    return next((day for path in values.get("paths") or () if (day := date_in_address(f"/{path}/"))), None)


def _addresses(values: dict[str, Any], offers: dict[str, list[_Offer]]) -> dict[str, Any]:
    """Aliases and slugs with a slash are addresses, not names."""
    aliases = values.get("aliases") or ()
    slugs = [offer.field.text.strip("/") for offer in offers.get("slug", [])]
    addresses = [*(name for name in aliases if name.startswith("/")), *(slug for slug in slugs if "/" in slug)]
    paths = [*(values.get("paths") or ()), *map(path_key, addresses)]
    names = tuple(name for name in aliases if not name.startswith("/"))
    return {"aliases": names, "paths": tuple(dict.fromkeys(filter(None, paths)))}


# -- writing ----------------------------------------------------------------------------------------------------

_PLAIN = re.compile(r"[^\W\d_][^\n:#\"'\[\]{},&*!|>%@`\\]*(?<! )")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def field_line(name: str, value: Any) -> str:
    """One line of front matter, or nothing for an empty value."""
    if not value:
        return ""
    if name == "comments_closed":
        return "comments: closed\n"
    if isinstance(value, datetime | bool):
        return f"{name}: {'true' if isinstance(value, bool) else value.isoformat(sep=' ')}\n"
    if name == "corrections":
        return f"{name}: [{', '.join(_quoted(correction_text(one)) for one in value)}]\n"
    if isinstance(value, tuple):
        return f"{name}: [{', '.join(_quoted(item) for item in value)}]\n"
    return f"{name}: {_quoted(value)}\n"


def correction_text(one: Correction) -> str:
    return f"{one.at.isoformat(sep=' ')} {one.text}" if is_dated(one.at) else one.text


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)
