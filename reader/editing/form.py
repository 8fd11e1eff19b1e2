"""The editor's form: each field of an article as a line of text, and the body as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date

from ..article_corrections import Correction
from ..formats import LARGEST_BYTES, read_draft
from ..models import Draft, format_minute, is_dated
from ..sanitizer.url_checks import WEB_SCHEMES, safe_address

SEPARATOR = "、"
TICKED = "1"


@dataclass(frozen=True)
class EditorForm:
    """The fields of the form as submitted. ``origin`` is the URL of the imported page.

    ``draft``, ``top`` and ``comments_closed`` are TICKED or empty; ``corrections`` has one correction per line.
    """

    title: str = ""
    kicker: str = ""
    subtitle: str = ""
    published: str = ""
    source: str = ""
    section: str = ""
    byline: str = ""
    editor: str = ""
    tags: str = ""
    summary: str = ""
    slug: str = ""
    corrections: str = ""
    draft: str = ""
    top: str = ""
    comments_closed: str = ""
    body: str = ""
    origin: str = ""


FIELDS = tuple(field.name for field in fields(EditorForm) if field.name not in ("body", "origin"))
TICKS = ("draft", "top", "comments_closed")
LINES = tuple(name for name in FIELDS if name not in ("corrections", *TICKS))
"""The fields that are a single line of text."""


def form_of(draft: Draft, origin: str) -> EditorForm:
    """The form filled from *draft*, with its body as Markdown."""
    from ..importing.writing import to_plain_markdown  # imported here, so that web processes start without the formats

    body, address = to_plain_markdown(draft.body_html), safe_address(origin, WEB_SCHEMES)
    return replace(fields_of(draft), body=body, origin=address)


def fields_of(draft: Draft) -> EditorForm:
    """The form of *draft* without its body."""
    return EditorForm(
        title=draft.title,
        kicker=draft.kicker,
        subtitle=draft.subtitle,
        published=draft.published.isoformat(sep=" ") if draft.published else "",
        source=draft.source,
        section=" > ".join(draft.section),
        byline=SEPARATOR.join(draft.byline),
        editor=draft.editor,
        tags=SEPARATOR.join(draft.tags),
        summary=draft.summary,
        slug=draft.slug,
        corrections="\n".join(map(_correction, draft.corrections)),
        draft=TICKED if draft.draft else "",
        top=TICKED if draft.top else "",
        comments_closed=TICKED if draft.comments_closed else "",
    )


def _correction(correction: Correction) -> str:
    if correction.at.date() == date.min:  # a time of day only
        return f"{correction.at:%H:%M} {correction.text}"
    return f"{format_minute(correction.at)} {correction.text}" if is_dated(correction.at) else correction.text


def form_from(form: Mapping[str, str]) -> EditorForm:
    """The submitted form. Converts only the line ends that browsers send; other line ends of the body remain."""
    values = {f.name: form.get(f.name, "").replace("\r\n", "\n") for f in fields(EditorForm)}
    values = {name: value if name == "body" else value.strip() for name, value in values.items()}
    ticks = {name: TICKED if values[name] else "" for name in TICKS}
    return EditorForm(**values | ticks | {"origin": safe_address(values["origin"], WEB_SCHEMES)})


def draft_of(form: EditorForm, limit_bytes: int = LARGEST_BYTES) -> Draft:
    """Parses the form like a file of at most *limit_bytes*.

    Raises UnreadableArticle, whose ``line`` is the field's position in FIELDS, starting at 1.
    """
    values = read_draft(".md", f"---\n{_lines(form)}---\n\n{form.body.strip()}\n".encode(), limit_bytes)
    return replace(values, title=values.title.strip())


def _lines(form: EditorForm) -> str:
    values = {name: getattr(form, name) for name in FIELDS}
    values["comments"] = "closed" if values.pop("comments_closed") else ""
    return "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items())


def field_values(form: EditorForm) -> Draft:
    """The fields of the form as a Draft with an empty body. Raises UnreadableArticle like ``draft_of``."""
    titled = replace(form, title=form.title or "-", body="")
    return replace(draft_of(titled), title=form.title.strip())
