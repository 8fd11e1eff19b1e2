"""Editor pages: the list of articles; opening, previewing, changing and saving one article."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from urllib.parse import urlencode

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from .... import urls
from ....catalog.editor_file_list import STATES, ListedFile
from ....editing import audit_log
from ....editing.article_files import FileChanged, add_picture, digest_of, find_file, read_file, replace_file
from ....editing.file_requests import suffix_of_picture
from ....editing.picture_markup import picture_markup
from ....errors import NotFound
from ....i18n import N_
from ... import services
from ...editor.editor_audit import commit_picture, record_act
from ...editor.editor_files import (
    Submitted,
    article_page,
    changed,
    conflict_page,
    file_listing,
    opened_page,
    submitted,
    would_publish,
)
from ...editor.editor_previews import FAILURES, child_process_slot, error_text, in_words, status_of
from ...editor.editor_session import current_session, editor_blueprint, editor_page, register, required_session
from ...editor.preview_links import link_to_issue
from ...requests.request_context import gettext

optional_bp = editor_blueprint("editor_articles")

FILES = 50
"""The number of files per page."""

STATE_LABELS = {
    "published": N_("Published articles"),
    "scheduled": N_("Scheduled"),
    "draft": N_("Drafts"),
    "problem": N_("With problems"),
    "remark": N_("With remarks"),
}


def init_app(app: Flask) -> None:
    register(app, optional_bp)


@optional_bp.get(urls.EDITOR)
def index() -> Response:
    """The list of articles; without a session, the login form."""
    if not current_session():
        return editor_page("editor/login.html", token=request.args.get("token", "")[:200])
    filters = {name: request.args.get(name, "")[:300] for name in ("state", "q", "after")}
    state = filters["state"] if filters["state"] in STATES else ""
    found = file_listing().files(state, filters["q"], filters["after"], FILES + 1)
    counts = file_listing().count()
    return editor_page(
        "editor/articles.html",
        files=[(file, urls.editor_article(file.path)) for file in found[:FILES]],
        states=[
            (name, gettext(STATE_LABELS[name]), counts[name], _list_address(name, filters["q"])) for name in STATES
        ],
        labels={name: gettext(label) for name, label in STATE_LABELS.items()},
        state=state,
        words=filters["q"],
        more=_more_address(state, filters["q"], found),
        first=_list_address(state, filters["q"]) if filters["after"] else "",
        total=sum(counts.values()),
        issue_links=_issue_links(),
    )


def _issue_links() -> list[tuple[str, str]]:
    today = datetime.now(services().settings.timezone).date()
    days = (today, today + timedelta(days=1))
    return [(day.isoformat(), link_to_issue(day)) for day in days]


def _list_address(state: str, words: str, after: str = "") -> str:
    query = {name: value for name, value in (("state", state), ("q", words), ("after", after)) if value}
    return f"{urls.EDITOR}?{urlencode(query)}" if query else urls.EDITOR


def _more_address(state: str, words: str, found: list[ListedFile]) -> str:
    return _list_address(state, words, found[FILES - 1].cursor) if len(found) > FILES else ""


@optional_bp.get(urls.EDITOR_ARTICLE)
def article() -> Response:
    """The page of the file in ``?path=``. ``whole=1`` shows its whole text instead of its fields."""
    required_session()
    file = find_file(services().settings, request.args.get("path", ""))
    try:
        return opened_page(file, bool(request.args.get("whole")), bool(request.args.get("saved")))
    except NotFound:
        raise
    except FAILURES as error:
        return editor_page("editor/unreadable_file.html", status_of(error), problem=error_text(error), path=file.path)


@optional_bp.post(f"{urls.EDITOR_ARTICLE}/preview")
def preview() -> Response:
    sent = submitted()
    try:
        found = changed(sent, read_file(services().settings, sent.file))
    except FAILURES as error:
        return article_page(sent, None, error_text(error), status_of(error))
    return article_page(sent, found.article, in_words(found.problem))


@optional_bp.post(f"{urls.EDITOR_ARTICLE}/save")
def save() -> Response | WerkzeugResponse:
    """Writes the file if it has not changed since it was opened. Otherwise writes nothing and shows both versions.

    A picture that was chosen but not yet added is added. Asks for confirmation before a save that publishes the
    article.
    """
    sent = submitted()
    settings = services().settings
    try:
        content = read_file(settings, sent.file)
        if digest_of(content) != sent.digest:
            return conflict_page(sent, content)
        if (chosen := request.files.get("picture")) and chosen.filename:
            sent = _with_markup(sent, _uploaded(sent))
        new = changed(sent, content)
        if new.content is None:
            return article_page(sent, new.article, in_words(new.problem))
        if not sent.is_confirmed and would_publish(sent, content, new.article):
            question = gettext("This publishes the article: readers see it at once. Nothing is saved yet.")
            return article_page(sent, new.article, question, 409, asks_to_publish=True)
        replace_file(settings, sent.file, sent.digest, new.content)
        if new.content != content:
            record_act(audit_log.SAVED, sent.file.path, content, new.content)
    except FileChanged as error:
        return conflict_page(sent, error.content)
    except FAILURES as error:
        return article_page(sent, None, error_text(error), status_of(error))
    if new.notes or new.problem:
        return opened_page(sent.file, sent.form is None, saved=True, notes=new.notes)
    return redirect(f"{urls.editor_article(sent.file.path)}&saved=1" + ("" if sent.form else "&whole=1"), 303)


@optional_bp.post(f"{urls.EDITOR_ARTICLE}/picture")
def picture() -> Response:
    """Stores an uploaded picture in the folder of the article and appends its markup to the text, without saving."""
    sent = submitted()
    try:
        markup = _uploaded(sent)
        sent = _with_markup(sent, markup)
        found = changed(sent, read_file(services().settings, sent.file))
    except FAILURES as error:
        return article_page(sent, None, error_text(error), status_of(error))
    note = gettext("The picture stands at the end of the text. Move its line where it belongs, and save.")
    return article_page(sent, found.article, in_words(found.problem), notes=[note])


def _uploaded(sent: Submitted) -> str:
    """Stores the uploaded picture and returns its markup. Raises Busy, NotImported or OSError."""
    upload = request.files.get("picture")
    content = upload.read() if upload else b""
    with child_process_slot():
        suffix = suffix_of_picture(services().settings, upload.filename or "" if upload else "", content)
    path = add_picture(sent.file, suffix, content)
    commit_picture(f"{PurePosixPath(sent.file.path).parent}/{path}")
    return picture_markup(sent.file.suffix, path, request.form.get("caption", "")[:1000])


def _with_markup(sent: Submitted, markup: str) -> Submitted:
    form = sent.form
    if form is None:
        return replace(sent, typed=f"{sent.text.rstrip()}\n{markup}")
    return replace(sent, typed=replace(form, body=f"{form.body.rstrip()}\n{markup}"))
