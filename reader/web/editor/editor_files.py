"""An article file in the editor: the submitted form, the current file, and the page that shows both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Flask, Response, abort, current_app

from ...catalog.editor_file_list import PUBLISHED, FileListing
from ...editing.article_files import ArticleFile, digest_of, find_file, read_file
from ...editing.file_requests import ChangedFile, change_content, compare_texts, open_content
from ...editing.form import EditorForm, form_from
from ...errors import NotFound, NotImported
from ...models import Article
from .. import services
from ..requests.request_context import gettext
from .editor_page import lines_of, sheet
from .editor_previews import child_process_slot, error_text, in_words, phone_preview
from .editor_session import checked_form, editor_page
from .preview_links import VALID_DAYS, link_to_article

_LISTING = "reader-files"


def init_app(app: Flask) -> None:
    settings = app.extensions["reader"].settings
    app.extensions[_LISTING] = FileListing(settings.catalog, settings.timezone)


def file_listing() -> FileListing:
    found: FileListing = current_app.extensions[_LISTING]
    return found


@dataclass(frozen=True)
class Submitted:
    """The submitted form of an article. ``typed`` is its fields or the whole text.

    ``digest`` identifies the content that the file had when the editor opened it.
    """

    file: ArticleFile
    digest: str
    typed: EditorForm | str
    correction: str = ""
    was_draft: bool = False
    """Whether the draft box was ticked when the file was opened."""
    is_confirmed: bool = False
    """Whether the editor confirmed publication: by a button, or by unticking the draft box."""

    @property
    def form(self) -> EditorForm | None:
        return self.typed if isinstance(self.typed, EditorForm) else None

    @property
    def text(self) -> str:
        return self.typed if isinstance(self.typed, str) else ""

    def with_correction(self) -> EditorForm | str:
        """The typed fields with the new correction note, dated to the current minute; else ``typed`` unchanged."""
        form = self.form
        if form is None or not self.correction:
            return self.typed
        now = datetime.now(services().settings.timezone)
        line = f"{now:%Y-%m-%d %H:%M} {self.correction}"
        return replace(form, corrections="\n".join(filter(None, (form.corrections, line))))


def submitted() -> Submitted:
    """The submitted form. Aborts with 403 if its session or CSRF token is invalid, with 400 if fields are missing.

    If the file no longer exists, aborts with a page on which the submitted text can be saved as a new article (404).
    """
    form = checked_form()
    if "text" not in form and not {"title", "body"} <= form.keys():
        abort(400)
    typed = form["text"].replace("\r\n", "\n") if "text" in form else form_from(form)
    try:
        file = find_file(services().settings, form.get("path", ""))
    except NotFound:
        problem = gettext("The file is not there any more. Saving puts what you typed into a new one.")
        abort(sheet(EditorForm(body=typed) if isinstance(typed, str) else typed, None, problem, 404))
    correction, was_draft = " ".join(form.get("correction", "").split()), bool(form.get("was_draft"))
    is_unticked = was_draft and isinstance(typed, EditorForm) and not typed.draft
    is_confirmed = is_unticked or bool(form.get("publish"))
    return Submitted(file, form.get("digest", ""), typed, correction, was_draft, is_confirmed)


def changed(sent: Submitted, content: bytes) -> ChangedFile:
    """*content* with the submitted changes. Raises NotImported or Busy."""
    with child_process_slot():
        return change_content(services().settings, sent.file.path, content, sent.with_correction())


def would_publish(sent: Submitted, content: bytes, article: Article | None) -> bool:
    """Whether saving publishes *article*: it is public, and the article in the file's *content* is not.

    Raises NotImported or Busy.
    """
    if article is None or not _is_public(article):
        return False
    with child_process_slot():
        before = open_content(services().settings, sent.file.path, content).article
    if before is not None:
        return not _is_public(before)
    known = file_listing().file(sent.file.path)
    return known is None or known.state != PUBLISHED


def _is_public(article: Article) -> bool:
    return not article.draft and article.published <= datetime.now(services().settings.timezone)


def opened_page(file: ArticleFile, whole: bool, saved: bool = False, notes: Iterable[str] = ()) -> Response:
    """The page of a stored file. *notes* (Messages) are shown above it. Raises Busy, NotFound, NotImported, OSError."""
    content = read_file(services().settings, file)
    with child_process_slot():
        found = open_content(services().settings, file.path, content)
    note_texts = [in_words(note) for note in (*notes, *found.notes)]
    phone = phone_preview(found.article) if found.article else ""
    if not file.is_text:
        return editor_page(
            "editor/not_editable.html", path=file.path, suffix=file.suffix, phone=phone, digest=digest_of(content)
        )
    typed = found.text if whole or found.form is None else found.form
    return article_page(
        Submitted(file, digest_of(content), typed, was_draft=isinstance(typed, EditorForm) and bool(typed.draft)),
        found.article,
        in_words(found.problem),
        200,
        notes=note_texts,
        saved=saved,
        has_fields=found.form is not None,
    )


def article_page(
    sent: Submitted, article: Article | None, problem: str = "", status: int = 422, **more: Any
) -> Response:
    """The page with the submitted text. A *problem* is shown above it, with the HTTP *status*; without one: 200."""
    known = file_listing().file(sent.file.path)
    context = {
        "path": sent.file.path,
        "digest": sent.digest,
        "form": sent.form,
        "text": sent.text,
        "lines": lines_of(sent.form) if sent.form else [],
        "correction": sent.correction,
        "phone": phone_preview(article) if article else "",
        "problem": problem,
        "known": known,
        "notes": [],
        "saved": False,
        "has_fields": sent.form is not None,
        "was_draft": sent.was_draft,
        "asks_to_publish": False,
        "theirs": None,
        "difference": [],
        "preview_link": _preview_link(sent.file.path),
        "preview_days": VALID_DAYS,
    }
    return editor_page("editor/article.html", status if problem else 200, **context | more)


def _preview_link(path: str) -> str:
    """The URL of the saved version's preview; empty if it cannot be read."""
    saved = file_listing().article(path)
    return link_to_article(path, saved) if saved else ""


def conflict_page(sent: Submitted, content: bytes) -> Response:
    """The page with both versions (409): the submitted one and *content*, which the file contains now.

    Saving from this page replaces *content*.
    """
    theirs, difference, article = "", list[tuple[str, str]](), None
    try:
        with child_process_slot():
            theirs = open_content(services().settings, sent.file.path, content).text
            mine = change_content(services().settings, sent.file.path, content, sent.with_correction())
            article = mine.article
            if mine.content is not None:
                text = open_content(services().settings, sent.file.path, mine.content).text
                difference = compare_texts(services().settings, theirs, text)
    except NotImported as error:
        theirs = theirs or error_text(error)
    problem = gettext("The file has changed since you opened it. Nothing was overwritten: here are both versions.")
    again = replace(sent, digest=digest_of(content))
    return article_page(again, article, problem, 409, theirs=theirs, difference=difference)
