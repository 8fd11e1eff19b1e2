"""Editor pages: moving an article file to the trash, and restoring it."""

from __future__ import annotations

from flask import Flask, Response, redirect
from werkzeug.wrappers import Response as WerkzeugResponse

from .... import urls
from ....editing import audit_log, trash
from ....editing.article_files import FileChanged, find_file, read_file
from ... import services
from ...editor.editor_audit import record_act
from ...editor.editor_previews import FAILURES, error_text, status_of
from ...editor.editor_session import checked_form, editor_blueprint, editor_page, register, required_session
from ...requests.request_context import gettext

optional_bp = editor_blueprint("editor_trash")


def init_app(app: Flask) -> None:
    register(app, optional_bp)


@optional_bp.get(urls.EDITOR_TRASH)
def trash_page() -> Response:
    required_session()
    return _page()


@optional_bp.post(f"{urls.EDITOR_ARTICLE}/delete")
def delete() -> Response | WerkzeugResponse:
    """Moves the file to the trash if it has not changed since it was opened."""
    form, settings = checked_form(), services().settings
    try:
        file = find_file(settings, form.get("path", ""))
        content = read_file(settings, file)
        trash.delete(settings, file, form.get("digest", ""))
        record_act(audit_log.DELETED, file.path, content, None)
    except FileChanged:
        return _page(gettext("The file has changed since you opened it; it was not deleted."), 409)
    except FAILURES as error:
        return _page(error_text(error), status_of(error))
    return redirect(urls.EDITOR_TRASH, 303)


@optional_bp.post(f"{urls.EDITOR_TRASH}/restore")
def restore() -> Response | WerkzeugResponse:
    form = checked_form()
    try:
        path = trash.restore(services().settings, form.get("id", ""))
        record_act(audit_log.RESTORED, path, None, read_file(services().settings, find_file(services().settings, path)))
    except FAILURES as error:
        return _page(error_text(error), status_of(error))
    return redirect(urls.editor_article(path), 303)


def _page(problem: str = "", status: int = 200) -> Response:
    zone = services().settings.timezone
    files = [(file, file.deleted_at.astimezone(zone)) for file in trash.deleted_files(services().settings)]
    return editor_page("editor/trash.html", status, files=files, problem=problem, folder=trash.FOLDER)
