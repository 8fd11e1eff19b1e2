"""An imported article as an editor corrects it: every field a line of text, the body Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from ..formats import read_draft
from ..importing.writing import to_plain_markdown
from ..models import Draft
from ..sanitizer.addresses import WEB_SCHEMES, safe_address

SEPARATOR = "、"


@dataclass(frozen=True)
class EditorForm:
    """The fields of a form, as typed. ``origin`` is the address it came from."""

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
    """*draft* ready for correction."""
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
    """What the editor sent."""
    said = {f.name: form.get(f.name, "").replace("\r\n", "\n").strip() for f in fields(EditorForm)}
    return EditorForm(**said | {"origin": safe_address(said["origin"], WEB_SCHEMES)})


def draft_of(form: EditorForm) -> Draft:
    """As if it stood in a file. Raises UnreadableArticle; its line is that of the field, 1 for the first of FIELDS."""
    lines = "".join(f"{name}: {json.dumps(getattr(form, name), ensure_ascii=False)}\n" for name in FIELDS)
    values = read_draft(".md", f"---\n{lines}---\n\n{form.body}\n".encode())
    return replace(values, title=values.title.strip())
