"""Reads and writes front matter: the fields of a Draft, in the syntaxes and with the names of other programs.

Unknown fields do not reject a file. An unused field causes a note, a lost value a warning. Only an unreadable date,
which may be an embargo, and a draft field that is neither true nor false are errors.

    values, body, lines = split("---\\ntitle: 大雨\\n---\\n今天下雨。")  # {"title": "大雨"}, "今天下雨。", 3
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from ...article_corrections import Correction
from ...i18n import Message
from ...models import Draft, is_dated, path_key
from ..unpublished_markers import refuse_in_text
from .field_names import BY_NAME, CONTAINERS, HUGO_ONLY, Row, plain_name, row_of
from .field_values import (
    LIST_SEPARATORS,
    READERS,
    SECTION_SEPARATORS,
    Field,
    Remarks,
    is_switch,
    split_list,
)
from .front_matter_delimiters import find_block, refuse_beginning
from .front_matter_variants import FrontMatter, marked_head, plain_head
from .publication_dates import first_date, is_embargo, publication_date
from .unclosed_front_matter import refuse_fields_alone, without_incomplete_name
from .unknown_fields import report_unknown
from .unpublished_values import withheld_date, withheld_names, withheld_otherwise

__all__ = [
    "LIST_SEPARATORS",
    "SECTION_SEPARATORS",
    "correction_text",
    "field_line",
    "read",
    "split",
    "split_list",
    "split_markdown",
    "values_of",
    "write",
]  # fmt: skip

_NOT_WRITTEN = ("body_html", "warnings", "notes", "paths", "pictures", "embargo", "translation")
NAMES = [field.name for field in fields(Draft) if field.name not in _NOT_WRITTEN]
"""The names of the fields that ``write`` writes."""
_LONGEST_HEAD = 10_000
_NESTED_RANK = 1000
"""Added to the rank of a field within a mapping such as ``extra``: fields at the top level have priority."""
_PRIVATE = BY_NAME["private"][1]


@dataclass(frozen=True)
class _Candidate:
    """A candidate for the value of a Draft's field. The lowest *rank* is the best."""

    rank: int
    row: Row
    field: Field


def split(text: str) -> tuple[dict[str, Any], str, int]:
    """Returns the fields of *text* as keyword arguments of Draft, the text below them, and their number of lines.

    Without front matter, returns no fields, *text* and 0. Raises UnreadableArticle with the line, also if a marker in
    the text below says that the article is not public.
    """
    values, rest, lines = split_above(text)
    refuse_in_text(rest, lines + 1)
    return values, rest, lines


def split_above(text: str) -> tuple[dict[str, Any], str, int]:
    """Like ``split``, but does not check the text below, for formats with fields of their own there."""
    refuse_beginning(text)
    head = marked_head(text)
    if head and (head.form == "toml" or any(is_field(field.name) for field in head.fields)):
        if not head.is_closed:
            refuse_fields_alone(without_incomplete_name(head.rest, is_marked=True))
        return values_of(head.fields), head.rest, head.lines
    block = find_block(text, is_field)
    if block is None:
        return {}, text, 0
    return read(block.text, block.first_line), block.rest, block.lines


def split_markdown(text: str) -> tuple[dict[str, Any], str, int]:
    """Like ``split``, but also accepts lines ``Title: …``, fields in a comment, and fields above a single fence.

    In plain text these are part of the text.
    """
    head = plain_head(text, is_field)
    if head is None:
        return split(text)
    if not head.is_closed:
        refuse_fields_alone(head.rest)
    refuse_in_text(head.rest, head.lines + 1)
    return _head_values(head), head.rest, head.lines


def refuse_lines_alone(text: str) -> None:
    """Raises UnreadableArticle if *text* consists of lines ``Title: …`` only; the last one may be incomplete."""
    head = plain_head(without_incomplete_name(text[:_LONGEST_HEAD], is_marked=False), is_field)
    if head and not head.is_closed and len(text) < _LONGEST_HEAD:
        refuse_fields_alone(head.rest)


def is_field(name: str) -> bool:
    """Whether *name* is a supported field, also of another program."""
    return row_of(name) is not None


def may_hold(name: str) -> bool:
    """Whether *name* is a supported field, or a mapping of fields such as ``extra``."""
    return is_field(name) or plain_name(name) in CONTAINERS


def may_withhold(field: Field) -> bool:
    """Whether *field* can say that an article is not public; ``published: false`` can, a date can't."""
    entry = row_of(field.name)
    return entry is not None and (
        entry[1].field == "draft" or (entry[1].how == "date" and (is_switch(field) or is_embargo(field)))
    )


def with_draft_fields(found: Iterable[Field], marks: Iterable[Field]) -> tuple[Field, ...]:
    """*found* without empty fields, with those of *marks* that can say that an article is not public.

    A field of *marks* without a value counts as ``true``.
    """
    marked_fields = tuple(field for field in found if field.value)
    names = {plain_name(field.name) for field in marked_fields}
    more = (field for field in marks if plain_name(field.name) not in names and may_withhold(field))
    return (
        *marked_fields,
        *(field if field.value else replace(field, value=_value_of_empty(field.name)) for field in more),
    )


def _value_of_empty(name: str) -> str:
    entry = row_of(name)
    return "true" if entry and entry[1].how in ("switch", "withheld") else ""


def read(text: str, first_line: int = 1) -> dict[str, Any]:
    """Parses the fields in a block of YAML into keyword arguments of Draft. Raises UnreadableArticle with the line."""
    from .yaml_fields import yaml_fields

    return values_of(tuple(yaml_fields(text, first_line)))


def write(draft: Draft) -> str:
    """The fields of *draft* as front matter, with fences. ``split`` returns the same values for it."""
    values = {name: getattr(draft, name) for name in NAMES}
    values["aliases"] = (*draft.aliases, *(f"/{path}" for path in draft.paths))
    lines = [field_line(name, value) for name, value in values.items()]
    return "---\n" + "".join(line for line in lines if line) + "---\n"


# -- reading ----------------------------------------------------------------------------------------------------


def _head_values(head: FrontMatter) -> dict[str, Any]:
    return read(head.block, head.first_line) if head.block else values_of(head.fields)


def values_of(found: tuple[Field, ...]) -> dict[str, Any]:
    """The values of the fields as keyword arguments of Draft, without empty ones.

    If several fields have the same meaning, the best name has priority. Raises UnreadableArticle with the line.
    """
    names = {plain_name(field.name) for field in found}
    is_toml = any(field.form == "toml" for field in found)
    remarks = Remarks(is_hugo=is_toml or bool(names & HUGO_ONLY), is_jekyll="layout" in names)
    offers: dict[str, list[_Candidate]] = {}
    for offer in sorted(_candidates(found, remarks), key=lambda offer: offer.rank):
        offers.setdefault(offer.row.field, []).append(offer)
    values = {name: _first_value(name, offered, remarks) for name, offered in offers.items()}
    dates = [offer.field for offer in offers.get("published", ())]
    values["published"] = publication_date(values.get("published"), dates, values.get("paths") or (), remarks)
    values["embargo"] = max(remarks.doubts, key=lambda doubt: doubt.latest.replace(tzinfo=None), default=None)
    if not values.get("draft"):
        values["draft"] = _is_draft_by_name(values, remarks)
    values |= _former_addresses(values, offers)
    remarked = {"warnings": tuple(dict.fromkeys(remarks.warnings)), "notes": tuple(dict.fromkeys(remarks.notes))}
    return {name: value for name, value in (values | remarked).items() if value}


def _is_draft_by_name(values: dict[str, Any], remarks: Remarks) -> bool:
    """Whether a tag or section is ``draft`` or ``草稿``."""
    by = next((name for name in ("tags", "section") if withheld_names(values.get(name) or ())), "")
    if by:
        remarks.note(Message("a draft, by its field %(field)s", field=by))
    return bool(by)


def _candidates(found: Iterable[Field], remarks: Remarks) -> Iterator[_Candidate]:
    names_so_far: set[str] = set()
    for field in found:
        entry = row_of(field.name)
        if field.name in names_so_far:
            remarks.warn(field, Message("duplicate field: %(field)s", field=field.name), Message("keep one of them"))
        names_so_far.add(field.name)
        if entry and entry[1].how == "date" and is_switch(field):
            entry = row_of("private" if is_embargo(field) else "publish")  # Jekyll's ``published: false``
        elif entry and entry[1].field == "published" and withheld_date(field.text):
            entry = BY_NAME["private"]
        if plain_name(field.name) == "permalink" and is_switch(field):
            entry = row_of("publish")  # Eleventy's ``permalink: false`` means that no page is generated
        if entry:
            yield _Candidate(*entry, field)
        if isinstance(field.value, dict) and plain_name(field.name) in CONTAINERS:
            yield from _nested_candidates(field)
        elif not entry and withheld_otherwise(field.name, field.value):
            yield _Candidate(0, _PRIVATE, replace(field, value="true"))
        elif not entry:
            report_unknown(field, remarks)


def _nested_candidates(container: Field) -> Iterator[_Candidate]:
    """The supported fields within a mapping such as ``extra``. Other fields there cause no messages."""
    for name, value in container.value.items() if isinstance(container.value, dict) else ():
        if entry := row_of(name):
            yield _Candidate(entry[0] + _NESTED_RANK, entry[1], Field(name, value, container.line, container.form))


def _first_value(name: str, offered: list[_Candidate], remarks: Remarks) -> Any:
    """The first value that is not empty. For ``draft`` whether any is set; for addresses and pictures all values."""
    if name in ("published", "updated"):
        return first_date([offer.field for offer in offered], remarks, is_publication=name == "published")
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
            _note_unused(set_values[0][0].field, offer.field, remarks)
    return set_values[0][1] if set_values else None


def _note_unused(used: Field, other: Field, remarks: Remarks) -> None:
    if used.name != other.name:
        values = {"used": used.name, "unused": other.name}
        remarks.note(Message("%(unused)s isn't used, because %(used)s says it too", **values))


def _former_addresses(values: dict[str, Any], offers: dict[str, list[_Candidate]]) -> dict[str, Any]:
    """``aliases`` and ``paths``: aliases and slugs with a slash are former addresses, not slugs."""
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
    """One line of front matter with its line end; empty for an empty value."""
    if not value:
        return ""
    if name == "comments_closed":
        return "comments: closed\n"
    if isinstance(value, datetime | bool):
        return f"{name}: {'true' if isinstance(value, bool) else value.isoformat(sep=' ')}\n"
    if name == "corrections":
        return f"{name}: [{', '.join(_quote(correction_text(one)) for one in value)}]\n"
    if isinstance(value, tuple):
        return f"{name}: [{', '.join(_quote(item) for item in value)}]\n"
    return f"{name}: {_quote(value)}\n"


def correction_text(one: Correction) -> str:
    """The correction as front matter contains it: its time, if known, and its text."""
    return f"{one.at.isoformat(sep=' ')} {one.text}" if is_dated(one.at) else one.text


def _quote(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)
