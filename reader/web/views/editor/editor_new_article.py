"""Editor pages to add an article: import pasted text or a URL, or start blank; then preview, correct and save it."""

from __future__ import annotations

from pathlib import PurePosixPath

from flask import Flask, Response, request

from .... import urls
from ....editing import audit_log, child_requests
from ....editing.article_files import find_file, read_file
from ....editing.child_requests import Preview
from ....editing.form import EditorForm, form_from
from ....importing.import_result import SKIPPED
from ... import services
from ...editor.editor_audit import record_act
from ...editor.editor_page import sheet
from ...editor.editor_previews import FAILURES, child_process_slot, error_text, in_words, status_of
from ...editor.editor_session import checked_form, editor_blueprint, editor_page, register, required_session
from ...requests.request_context import gettext

optional_bp = editor_blueprint("editor_new")


def init_app(app: Flask) -> None:
    register(app, optional_bp)


@optional_bp.get(f"{urls.EDITOR}/new")
def new() -> Response:
    """The form for a text or a URL; with ``?blank=1`` the form with the empty fields of an article."""
    required_session()
    return sheet(EditorForm(), None) if request.args.get("blank") else _first_page()


@optional_bp.post(f"{urls.EDITOR}/preview")
def preview() -> Response:
    """The preview of the pasted text or the URL; for a form with fields, the preview of these."""
    form = checked_form()
    if "body" in form:
        return _corrected(form_from(form))
    text, address = form.get("text", "").strip(), form.get("address", "").strip()
    try:
        with child_process_slot():
            previewed = child_requests.import_text(services().settings, text, address, gettext("pasted text"))
    except FAILURES as error:
        return _first_page(text, address, error_text(error), status_of(error))
    return _preview_page(previewed)


@optional_bp.post(f"{urls.EDITOR}/save")
def save() -> Response:
    form = form_from(checked_form())
    try:
        with child_process_slot():
            outcome = child_requests.save(services().settings, form, gettext("pasted text"))
    except FAILURES as error:
        return _corrected(form, error_text(error), status_of(error))
    if outcome.kind == SKIPPED:
        return _corrected(form, gettext("already imported as %(path)s", path=outcome.detail))
    record_act(audit_log.CREATED, outcome.detail, None, _content(outcome.detail))
    slug = PurePosixPath(outcome.detail).stem
    notes = [in_words(note) for note in outcome.notes]
    context = {"detail": outcome.detail, "notes": notes, "target": urls.article(slug)}
    return editor_page("editor/saved.html", 201, **context, open=urls.editor_article(outcome.detail))


def _content(path: str) -> bytes | None:
    try:
        return read_file(services().settings, find_file(services().settings, path))
    except FAILURES:  # it was deleted meanwhile
        return None


def _first_page(text: str = "", address: str = "", problem: str = "", status: int = 200) -> Response:
    return editor_page("editor/new.html", status, pasted=text, asked=address, problem=problem)


def _corrected(form: EditorForm, problem: str = "", status: int = 422) -> Response:
    """The page with the submitted fields. A *problem* is shown above them."""
    try:
        with child_process_slot():
            previewed = child_requests.preview(services().settings, form)
    except FAILURES as error:
        return sheet(form, None, problem or error_text(error), status_of(error))
    return _preview_page(previewed, problem, status)


def _preview_page(previewed: Preview, problem: str = "", status: int = 422) -> Response:
    return sheet(previewed.form, previewed.article, problem or in_words(previewed.problem), status)
