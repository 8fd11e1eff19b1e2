"""Requests to the editor's child process, so that no web process parses pasted text."""

from __future__ import annotations

import base64
import json
import pickle
import sys
from dataclasses import asdict, dataclass
from typing import Any

from ..child_process.parent import Limits
from ..child_process.pool import WarmChildren
from ..errors import ChildFailed, NotImported
from ..i18n import Message, deserialize
from ..library.article_json import article_of
from ..models import Article
from ..settings import Settings
from .form import EditorForm

COMMAND = (sys.executable, "-m", "reader.editing.editor_child")
TIMEOUT_SECONDS = 25.0
"""Shorter than the time after which the server closes a connection without a response. Fetching a page uses most of
it."""

_SETTINGS = {"time": "READER_READ_TIMEOUT_SECONDS", "memory": "READER_READ_MEMORY_MB"}
_children = WarmChildren(recycle_bytes=200_000_000, idle_seconds=60)


@dataclass(frozen=True)
class Preview:
    """The form and the resulting article; for an invalid field, None and the *problem*."""

    form: EditorForm
    article: Article | None
    problem: str = ""


@dataclass(frozen=True)
class SaveResult:
    """Like ``ImportResult``: ``detail`` is the path of the file."""

    kind: str
    detail: str
    notes: tuple[str, ...]


def import_text(settings: Settings, text: str, address: str, name: str) -> Preview:
    """The form of *text*, or of the page at *address* if *text* is empty. Raises NotImported."""
    answer = request_child(settings, "import", text=text, address=address, name=name)
    return _preview(settings, EditorForm(**answer["form"]), answer)


def preview(settings: Settings, form: EditorForm) -> Preview:
    """The article of *form*. Raises NotImported if the child failed."""
    return _preview(settings, form, request_child(settings, "preview", form=asdict(form)))


def save(settings: Settings, form: EditorForm, name: str) -> SaveResult:
    """Writes the article file. Raises NotImported, before writing, for invalid content."""
    result = request_child(settings, "save", form=asdict(form), name=name)["result"]
    return SaveResult(result["kind"], result["detail"], tuple(map(deserialize, result["notes"])))


def _preview(settings: Settings, form: EditorForm, answer: dict[str, Any]) -> Preview:
    article = article_of(answer["article"], settings.timezone) if "article" in answer else None
    return Preview(form, article, deserialize(answer.get("invalid", "")))


def request_child(settings: Settings, task: str, **arguments: object) -> dict[str, Any]:
    """Calls a function in ``editor_child.TASKS``. Raises NotImported if it raised a ReaderError or the child failed."""
    pickled = base64.b64encode(pickle.dumps(settings.without_secrets())).decode()
    request = json.dumps({"settings": pickled, "task": task, **arguments})
    limits = Limits(memory_mb=settings.read_memory_mb, cpu_seconds=settings.read_timeout_seconds)
    try:
        answer: dict[str, Any] = json.loads(_children.request(COMMAND, limits, request, TIMEOUT_SECONDS))
    except ChildFailed as failed:
        raise NotImported("", _message_of(failed)) from failed
    if problem := answer.get("problem"):
        raise NotImported("", deserialize(problem))
    return answer


def _message_of(failed: ChildFailed) -> Message:
    setting = _SETTINGS.get(failed.limit)
    hint = Message("make the text shorter or simpler, or raise %(setting)s", setting=setting) if setting else None
    return Message("%(cause)s (%(hint)s)", cause=failed.message, hint=hint or Message("please report it"))
