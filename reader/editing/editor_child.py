"""The program of the editor's child process. A request is one line of JSON, and so is its response.

A request has ``settings`` and ``task``, the name of a function in TASKS, with its arguments. The response is the return
value of that function, or ``{"problem": message}``.
"""

from __future__ import annotations

import base64
import json
import logging
import pickle
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from ..article_building import to_article
from ..child_process.child import answer_lines, prepare
from ..errors import NotImported, ReaderError, UnreadableArticle
from ..http_client.client import checked_url
from ..i18n import Message, serialize
from ..importing.drafting import ExtractedArticle, build_draft, without_inline_pictures
from ..importing.duplicates import hash_of, scan
from ..importing.importer import Importer, ImportOptions
from ..importing.sources.http import Fetched, Fetcher, open_fetcher
from ..importing.sources.items import LeftOut, SourceItem
from ..importing.sources.sources import items_of
from ..library.article_json import fields_of
from ..models import Draft
from ..settings import Settings
from ..storage.log_formatter import start_logging
from .file_tasks import change_file, check_picture, compare, compare_contents, open_file
from .form import EditorForm, draft_of, form_of

Answer = dict[str, Any]
log = logging.getLogger(__name__)


def main() -> None:
    answers = prepare()
    start_logging()
    answer_lines(answers, _answer)


def _answer(request: str) -> str:
    """Handles one request. The response to an empty request is an empty line."""
    if not request:
        return ""
    arguments = json.loads(request)
    settings = pickle.loads(base64.b64decode(arguments.pop("settings")))  # noqa: S301  pickled by the parent
    try:
        return json.dumps(TASKS[arguments.pop("task")](settings, **arguments))
    except ReaderError as error:
        return json.dumps({"problem": serialize(error.message)})
    except MemoryError:  # ends the process; the parent reports the memory limit
        raise
    except Exception as error:  # a bug in a parser must not lose the editor's input
        log.exception("internal error in the editor's child process")
        return json.dumps({"problem": serialize(Message("internal error: %(error)s", error=repr(error)))})


def import_text(settings: Settings, text: str, address: str, name: str) -> Answer:
    """``{"form", "article"}`` of the pasted *text* from *address*, or of the page at *address* without a text.

    *name* is the name of the pasted text in error messages.
    """
    fetcher = open_fetcher(delay_seconds=0)
    with fetcher.client:
        extracted = build_draft(_item(text, address, name, fetcher))
    form = form_of(without_inline_pictures(extracted), extracted.address)
    return {"form": asdict(form)} | preview(settings, asdict(form))


def _item(text: str, address: str, name: str, fetcher: Fetcher) -> SourceItem:
    if text:
        content = Fetched(checked_url(address) if address else "", text.encode())
        form = "page" if text.startswith("<") and "</" in text else "text"
        return SourceItem(name, lambda: content, form, content.address)
    if not address:
        raise UnreadableArticle(Message("paste text or enter a URL"))
    if "://" not in address:
        raise NotImported(address, Message("not an http or https address"))
    found = items_of(address, fetcher)[0]
    if isinstance(found, NotImported):
        raise found
    if isinstance(found, LeftOut):
        raise NotImported(address, found.reason)
    return found


def preview(settings: Settings, form: dict[str, str]) -> Answer:
    """``{"article"}``, or ``{"invalid": message}`` if a field is invalid."""
    try:
        draft = draft_of(EditorForm(**form), settings.article_limit_mb * 1_000_000)
        return {"article": fields_of(_article(settings, draft))}
    except UnreadableArticle as error:
        return {"invalid": serialize(error.message)}


def save(settings: Settings, form: dict[str, str], name: str) -> Answer:
    """``{"result": {"kind", "detail", "notes"}}``. The file is written only if it can be parsed again."""
    draft = draft_of(EditorForm(**form), settings.article_limit_mb * 1_000_000)
    fetcher = open_fetcher(delay_seconds=0)
    most_seconds = settings.read_timeout_seconds / 2
    index = scan(settings.articles, settings.instance / "imported.json", most_seconds)
    importer = Importer(settings, fetcher, index, ImportOptions(), lambda: datetime.now(settings.timezone))
    draft, _ = importer.complete(draft)
    _article(settings, draft)
    item = SourceItem(form["origin"] or name, lambda: Fetched("", b""))
    with fetcher.client:
        result = importer.import_article(
            item, ExtractedArticle(draft, form["origin"], hash_of(draft.title, draft.body_html))
        )
    return {"result": {"kind": result.kind, "detail": result.detail, "notes": list(map(serialize, result.notes))}}


def _article(settings: Settings, draft: Draft) -> Any:
    today = datetime.now(settings.timezone).date().isoformat()
    return to_article(draft, PurePosixPath(today) / "preview.md", settings)


TASKS: dict[str, Callable[..., Answer]] = {
    "import": import_text,
    "preview": preview,
    "save": save,
    "open": open_file,
    "change": change_file,
    "compare": compare,
    "compare contents": compare_contents,
    "picture": check_picture,
}


if __name__ == "__main__":
    main()
