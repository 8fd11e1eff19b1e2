"""The page on which an article is edited: fields, text, and a preview."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response

from ...editing.form import LINES, EditorForm
from ...i18n import N_
from ...models import Article
from ..requests.request_context import gettext
from .editor_previews import phone_preview
from .editor_session import editor_page

LABELS = {
    "title": N_("Title"),
    "kicker": N_("Kicker (line above the title)"),
    "subtitle": N_("Subtitle (line below the title)"),
    "published": N_("Published"),
    "source": N_("Source"),
    "section": N_("Section path"),
    "byline": N_("Reporters"),
    "editor": N_("Editor"),
    "tags": N_("Tags"),
    "summary": N_("Summary"),
    "slug": N_("Short name in the address (slug)"),
}
"""The label (msgid) of each field, in the order of the form."""


@dataclass(frozen=True)
class FormLine:
    """A one-line field of the form, with its label in the language of the request."""

    name: str
    label: str
    value: str


def lines_of(form: EditorForm) -> list[FormLine]:
    return [FormLine(name, gettext(LABELS[name]), getattr(form, name)) for name in LINES]


def sheet(form: EditorForm, article: Article | None, problem: str = "", status: int = 422, **context: Any) -> Response:
    """The page of a new article. A *problem* is shown above it, with the HTTP *status*; without one it is 200."""
    phone = phone_preview(article) if article else ""
    sheet_context = {"form": form, "lines": lines_of(form), "phone": phone, "problem": problem}
    return editor_page("editor/new_article_form.html", status if problem else 200, **sheet_context | context)
