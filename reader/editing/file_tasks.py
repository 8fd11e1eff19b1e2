"""The tasks of the child process for article files: open, change, compare, and check pictures.

Contents are base64 in requests and responses. Nothing is written here: the web process writes the content of a
response.
"""

from __future__ import annotations

import base64
import difflib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any

from ..article_building import to_article
from ..errors import UnreadableArticle
from ..formats import PICTURE_FORMATS, read_content
from ..i18n import serialize
from ..importing.image_downloads import picture_type
from ..library.article_json import fields_of as article_fields
from ..library.author_files import with_names
from ..media.renditions import link_pictures
from ..media.sound_and_video import link_media
from ..models import Draft
from ..settings import Settings
from . import apply_edits as changes
from .file_encoding import decode
from .form import EditorForm

Answer = dict[str, Any]
MOST_COMPARED_LINES = 4_000
_CONTEXT_LINES = 3


def open_file(settings: Settings, path: str, content: str) -> Answer:
    """``{"text", "form", "codec", "notes", "article"}``, or with ``invalid`` instead of the article."""
    suffix, data = PurePosixPath(path).suffix.lower(), base64.b64decode(content)
    if suffix in PICTURE_FORMATS:
        read = _file_answer(settings, path, lambda: read_content(suffix, data, _limit_bytes(settings)))
        return {"text": "", "form": None, "codec": "", "notes": [], **read}
    found = changes.open_text(suffix, data, _limit_bytes(settings))
    answer: Answer = {"text": found.text, "form": asdict(found.form) if found.form else None, "codec": found.codec}
    answer["notes"] = list(map(serialize, found.notes))
    if found.draft is None:
        return answer | {"invalid": serialize(found.problem)}
    draft = found.draft
    return answer | _file_answer(settings, path, lambda: draft)


def change_file(
    settings: Settings, path: str, content: str, form: dict[str, str] | None = None, text: str | None = None
) -> Answer:
    """``{"content", "notes", "article"}`` with another *text* or the fields of *form*, or ``{"invalid": message}``."""
    suffix, data, limit = PurePosixPath(path).suffix.lower(), base64.b64decode(content), _limit_bytes(settings)
    try:
        if text is not None:
            new = changes.with_text(suffix, data, text, limit)
        else:
            new = changes.with_form(suffix, data, EditorForm(**form or {}), limit)
    except UnreadableArticle as error:
        return {"invalid": serialize(error.in_line)}
    answer = {"content": base64.b64encode(new.content).decode(), "notes": list(map(serialize, new.notes))}
    return answer | _file_answer(settings, path, lambda: new.draft)


def compare_contents(settings: Settings, old: str, new: str) -> Answer:
    """Like ``compare``, for the contents of two files."""
    return compare(settings, _text_of(old), _text_of(new))


def _text_of(content: str) -> str:
    data = base64.b64decode(content)
    try:
        return decode(data).text
    except UnreadableArticle:
        return f"({len(data):,} bytes)"


def compare(settings: Settings, old: str, new: str) -> Answer:  # noqa: ARG001 all tasks have the same parameters
    """A diff of two texts as ``{"lines"}``: pairs of ``-``, ``+``, space or ``@`` and a line. Empty for long texts."""
    before, after = old.split("\n"), new.split("\n")
    if len(before) + len(after) > MOST_COMPARED_LINES:
        return {"lines": []}
    found = list(difflib.unified_diff(before, after, n=_CONTEXT_LINES, lineterm=""))[2:]
    return {"lines": [[line[:1], "" if line[:1] == "@" else line[1:]] for line in found]}


def check_picture(settings: Settings, name: str, content: str) -> Answer:  # noqa: ARG001 all tasks have the same parameters
    """``{"suffix"}`` of a picture that browsers can show. Raises NotImported."""
    suffix, _ = picture_type(name, base64.b64decode(content))
    return {"suffix": suffix}


def _file_answer(settings: Settings, path: str, read: Callable[[], Draft]) -> Answer:
    file = PurePosixPath(path)
    try:
        draft = read()
        byline = with_names(draft.byline, settings.articles, file)
        article = to_article(Draft(**vars(draft) | {"byline": byline}), file, settings)
        article = link_media(link_pictures(article, file, settings, draft.pictures), file, settings)
    except UnreadableArticle as error:
        return {"invalid": serialize(error.in_line)}
    return {"article": article_fields(article)}


def _limit_bytes(settings: Settings) -> int:
    return settings.article_limit_mb * 1_000_000
