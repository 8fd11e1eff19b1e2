"""Applies an editor's changes to the text of an article file: single fields, the body, or the whole text.

The new file is parsed again before it is written. If a changed field is missing then, or another field or the body has
changed too, the field also occurs elsewhere in the file. The change is rejected, and the editor can change the whole
text instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import UnreadableArticle
from ..formats import read_content
from ..i18n import Message
from ..models import Draft
from .file_encoding import decode, encode
from .form import FIELDS, EditorForm, field_values, fields_of
from .front_matter_lines import body_of, with_changes


@dataclass(frozen=True)
class OpenedFile:
    """An article file as editable text.

    ``form`` is None if only the whole text can be edited: its front matter has an unknown form, or it can't be parsed
    because of ``problem``.
    """

    text: str
    form: EditorForm | None
    codec: str
    notes: tuple[Message, ...] = ()
    draft: Draft | None = None
    problem: str = ""


@dataclass(frozen=True)
class NewContent:
    """The bytes to write, the parsed draft, and messages for the editor."""

    content: bytes
    draft: Draft
    notes: tuple[Message, ...] = ()


def open_text(suffix: str, content: bytes, limit_bytes: int) -> OpenedFile:
    """Opens the *content* of a file with *suffix*. Raises UnreadableArticle if it is not text."""
    text = decode(content)
    notes = []
    if not text.is_exact:
        note = Message(
            "some bytes of this file are no text in %(encoding)s; saving makes it UTF-8", encoding=text.codec
        )
        notes.append(note)
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
    """The content with the fields and the body of *form*. Unchanged parts of the file remain as they are.

    Raises UnreadableArticle for invalid values, or values that have no effect.
    """
    old = open_text(suffix, content, limit_bytes)
    if old.form is None or old.draft is None:
        raise UnreadableArticle(Message("the fields of this file can't be changed one by one"), _INSTEAD)
    new_fields = field_values(form)
    changed = [name for name in FIELDS if getattr(form, name) != getattr(old.form, name)]
    body = form.body if form.body.rstrip("\n") != old.form.body.rstrip("\n") else None
    if body is not None and old.form.body.endswith("\n"):
        body = f"{body.rstrip()}\n"
    if not changed and body is None:
        return NewContent(content, old.draft)
    text = with_changes(old.text, suffix, {name: getattr(new_fields, name) for name in changed}, body)
    if text is None:
        raise UnreadableArticle(Message("the fields of this file can't be changed one by one"), _INSTEAD)
    new = with_text(suffix, content, text, limit_bytes)
    _check(old.draft, new.draft, new_fields, changed, is_same_body=body is None)
    return new


_INSTEAD = Message("edit the whole text instead")


def with_text(suffix: str, content: bytes, text: str, limit_bytes: int) -> NewContent:
    """The content with another *text*. Raises UnreadableArticle if the result is not a valid article."""
    new, notes = encode(text, content)
    return NewContent(new, read_content(suffix, new, limit_bytes), notes)


def _check(old: Draft, after: Draft, new_fields: Draft, changed: list[str], is_same_body: bool) -> None:
    """Raises UnreadableArticle if a field or the body is not as expected. A new body may contain fields of its own."""
    wrong = [name for name in changed if getattr(after, name) != getattr(new_fields, name)]
    if not wrong and is_same_body:
        others = (name for name in FIELDS if name not in changed)
        is_body_same = after.body_html == old.body_html
        is_same = is_body_same and all(getattr(after, name) == getattr(old, name) for name in others)
        wrong = [] if is_same else changed
    if wrong:
        raise UnreadableArticle(Message("the field %(field)s stands in the text of the file", field=wrong[0]), _INSTEAD)
