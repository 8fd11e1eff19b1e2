"""The editor's form: an imported article with each field as a line of text and the body as Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from ...formats import LARGEST_BYTES, read_draft
from ...models import Draft
from ...sanitizer.urls import WEB_SCHEMES, safe_address
from ..writing import to_plain_markdown

SEPARATOR = "、"


@dataclass(frozen=True)
class EditorForm:
    """The fields of the form as submitted. ``origin`` is the URL of the imported page."""

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
    body: str = ""
    origin: str = ""


FIELDS = tuple(field.name for field in fields(EditorForm) if field.name not in ("body", "origin"))


def form_of(draft: Draft, origin: str) -> EditorForm:
    """The form filled from *draft*."""
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
        body=to_plain_markdown(draft.body_html),
        origin=safe_address(origin, WEB_SCHEMES),
    )


def form_from(form: Mapping[str, str]) -> EditorForm:
    """The submitted form."""
    values = {f.name: form.get(f.name, "").replace("\r\n", "\n").strip() for f in fields(EditorForm)}
    return EditorForm(**values | {"origin": safe_address(values["origin"], WEB_SCHEMES)})


def draft_of(form: EditorForm, limit_bytes: int = LARGEST_BYTES) -> Draft:
    """The form parsed like a file of at most *limit_bytes*.

    Raises UnreadableArticle, whose line is the field's number in FIELDS, from 1.
    """
    lines = "".join(f"{name}: {json.dumps(getattr(form, name), ensure_ascii=False)}\n" for name in FIELDS)
    values = read_draft(".md", f"---\n{lines}---\n\n{form.body}\n".encode(), limit_bytes)
    return replace(values, title=values.title.strip())
