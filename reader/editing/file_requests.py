"""Requests of web processes to the child process about article files: open, change, compare, check a picture."""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass

from ..i18n import deserialize
from ..library.article_json import article_of
from ..models import Article
from ..settings import Settings
from .child_requests import request_child
from .form import EditorForm


@dataclass(frozen=True)
class OpenFile:
    """A file opened for editing. ``form`` is None if only the whole ``text`` can be edited. ``article`` is the preview,
    or None because of ``problem``."""

    text: str
    form: EditorForm | None
    codec: str
    notes: tuple[str, ...]
    article: Article | None
    problem: str


@dataclass(frozen=True)
class ChangedFile:
    """The ``content`` to write and the resulting article; both are None if it can't be saved because of ``problem``."""

    content: bytes | None
    notes: tuple[str, ...]
    article: Article | None
    problem: str


def open_content(settings: Settings, path: str, content: bytes) -> OpenFile:
    """Opens the *content* of the file *path*. Raises NotImported if the child failed."""
    answer = request_child(settings, "open", path=path, content=_to_base64(content))
    form = EditorForm(**answer["form"]) if answer["form"] else None
    notes, problem = tuple(map(deserialize, answer["notes"])), deserialize(answer.get("invalid", ""))
    return OpenFile(answer["text"], form, answer["codec"], notes, _article(settings, answer), problem)


def change_content(settings: Settings, path: str, content: bytes, form: EditorForm | str) -> ChangedFile:
    """Applies *form* (fields), or a whole text. Raises NotImported if the child failed."""
    change = {"text": form} if isinstance(form, str) else {"form": asdict(form)}
    answer = request_child(settings, "change", path=path, content=_to_base64(content), **change)
    problem = deserialize(answer.get("invalid", ""))
    new = base64.b64decode(answer["content"]) if "content" in answer and not problem else None
    return ChangedFile(new, tuple(map(deserialize, answer.get("notes", ()))), _article(settings, answer), problem)


def compare_texts(settings: Settings, old: str, new: str) -> list[tuple[str, str]]:
    """A diff: pairs of ``-``, ``+``, space or ``@`` and a line. Empty for long texts. Raises NotImported."""
    return [(kind, line) for kind, line in request_child(settings, "compare", old=old, new=new)["lines"]]


def compare_contents(settings: Settings, old: bytes, new: bytes) -> list[tuple[str, str]]:
    """Like ``compare_texts``, for the contents of two files. Raises NotImported."""
    answer = request_child(settings, "compare contents", old=_to_base64(old), new=_to_base64(new))
    return [(kind, line) for kind, line in answer["lines"]]


def suffix_of_picture(settings: Settings, name: str, content: bytes) -> str:
    """The suffix of a picture according to its content. Raises NotImported if browsers can't show it."""
    return str(request_child(settings, "picture", name=name, content=_to_base64(content))["suffix"])


def _to_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _article(settings: Settings, answer: dict[str, object]) -> Article | None:
    fields = answer.get("article")
    return article_of(fields, settings.timezone) if isinstance(fields, dict) else None
