"""Applies an editor's changes to the text of an article file: single fields, the body, or the whole text.

The new file is read again before it is written. A field that it doesn't say then, or a field or body that changed
along, stands somewhere else in the file too: the editor is told, and can change the whole text instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import UnreadableArticle
from ..formats import read_content
from ..i18n import Message
from ..models import Draft
from .file_encoding import bytes_of, text_in
from .form import FIELDS, EditorForm, field_values, fields_of
from .front_matter_lines import body_of, with_changes


@dataclass(frozen=True)
class OpenedFile:
    """``form`` is None if the file can only be edited as a whole: its fields are written in an unknown way, or it
    can't be read, for the *problem*."""

    text: str
    form: EditorForm | None
    codec: str
    notes: tuple[Message, ...] = ()
    draft: Draft | None = None
    problem: str = ""


@dataclass(frozen=True)
class NewContent:
    content: bytes
    draft: Draft
    notes: tuple[Message, ...] = ()


def opened(suffix: str, content: bytes, limit_bytes: int) -> OpenedFile:
    """Raises UnreadableArticle for what is no text."""
    text = text_in(content)
    notes = []
    if not text.is_exact:
        lost = Message(
            "some bytes of this file are no text in %(encoding)s; saving makes it UTF-8", encoding=text.codec
        )
        notes.append(lost)
    if text.has_mixed_newlines:
        notes.append(Message("this file has line ends of several kinds; those of the lines you don't change stay"))
    try:
        draft = read_content(suffix, content, limit_bytes)
        body = body_of(text.text, suffix)
    except UnreadableArticle as error:
        problem = Message("line %(line)s: %(problem)s", line=error.line, problem=error.message)
        return OpenedFile(text.text, None, text.codec, tuple(notes), None, problem if error.line else error.message)
    form = None if body is None else replace(fields_of(draft), body=body)
    return OpenedFile(text.text, form, text.codec, tuple(notes), draft)


def with_form(suffix: str, content: bytes, form: EditorForm, limit_bytes: int) -> NewContent:
    """The content with the fields and the body of *form*. What it has as the file is not touched.

    Raises UnreadableArticle for values that can't be, or that don't take effect.
    """
    before = opened(suffix, content, limit_bytes)
    if before.form is None or before.draft is None:
        raise UnreadableArticle(Message("the fields of this file can't be changed one by one"), _INSTEAD)
    wanted = field_values(form)
    changed = [name for name in FIELDS if getattr(form, name) != getattr(before.form, name)]
    body = form.body if form.body.rstrip("\n") != before.form.body.rstrip("\n") else None
    if body is not None and before.form.body.endswith("\n"):
        body = f"{body.rstrip()}\n"
    if not changed and body is None:
        return NewContent(content, before.draft)
    text = with_changes(before.text, suffix, {name: getattr(wanted, name) for name in changed}, body)
    if text is None:
        raise UnreadableArticle(Message("the fields of this file can't be changed one by one"), _INSTEAD)
    new = with_text(suffix, content, text, limit_bytes)
    _check(before.draft, new.draft, wanted, changed, is_same_body=body is None)
    return new


_INSTEAD = Message("edit the whole text instead")


def with_text(suffix: str, content: bytes, text: str, limit_bytes: int) -> NewContent:
    """The content with another *text*. Raises UnreadableArticle if it is no article then."""
    new, notes = bytes_of(text, content)
    return NewContent(new, read_content(suffix, new, limit_bytes), notes)


def _check(before: Draft, after: Draft, wanted: Draft, changed: list[str], is_same_body: bool) -> None:
    """Raises UnreadableArticle if a field or the body is not as it should be. A new body can have fields of its own."""
    wrong = [name for name in changed if getattr(after, name) != getattr(wanted, name)]
    if not wrong and is_same_body:
        others = (name for name in FIELDS if name not in changed)
        is_body_kept = after.body_html == before.body_html
        is_same = is_body_kept and all(getattr(after, name) == getattr(before, name) for name in others)
        wrong = [] if is_same else changed
    if wrong:
        raise UnreadableArticle(Message("the field %(field)s stands in the text of the file", field=wrong[0]), _INSTEAD)
