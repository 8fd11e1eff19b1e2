"""Converts values of front matter to the types of a Draft. Invalid values cause warnings, rarely errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from ...article_corrections import Correction
from ...errors import UnreadableArticle
from ...i18n import Message, is_language_tag
from ...models import Embargo, is_slug, path_key, slug_of, word_set
from ...patterns import lazy_pattern
from ..dates import UnreadableDate, parse_date
from ..person_names import ROLE, split_names
from .correction_field import corrections_in
from .unpublished_values import NO, YES, withheld_access, withheld_output, withheld_status

Value = str | list[Any] | dict[str, Any]
"""A text as typed, or a list or mapping of texts."""

SECTION_SEPARATORS = r"\s*(?:>>|»|›|>|/|｜|\|)\s*"
LIST_SEPARATORS = r"\s*[,，、;；]\s*"
_NEVER = {"never", "n", "f", "none", "nil", "not yet", "later", "尚未"}
_LONGEST_QUOTE = 80
"""The number of characters of an invalid value that a message quotes."""
_LANGUAGES = {
    "中文": "zh", "简体中文": "zh-Hans", "繁體中文": "zh-Hant", "繁体中文": "zh-Hant", "chinese": "zh", "cn": "zh-CN",
    "tw": "zh-TW", "english": "en", "英文": "en", "日本語": "ja", "jp": "ja", "日文": "ja", "한국어": "ko", "kr": "ko",
}  # fmt: skip
_NAME_KEYS = ("name", "title", "display_name", "nickname", "label", "key", "slug")
_IMAGE_KEYS = (
    "image", "url", "src", "path", "relative", "thumbnail", "teaser", "overlay_image", "file", "filename", "feature",
)  # fmt: skip
_LINK = lazy_pattern(r"\[([^\[\]]*)\]\([^()\s]*\)")
"""A link of Markdown around a name: ``[Ann Lee](https://ann.example/)``."""
_AUTOMATIC_DATES = word_set("last-modified today now auto \\today")
"""Values by which Quarto, LaTeX and others insert a date. It is not in the file."""
_MAIL = lazy_pattern(r"\s*(?:<[^<>]*>|\([^()]*@[^()]*\))")
_HAS_SEPARATOR = lazy_pattern(LIST_SEPARATORS + "|[/>|｜]")
_BRACKETS = lazy_pattern(r"\[([^\[\]]*)\]")
_QUOTED_ITEM = lazy_pattern(r"(?<![^,\s])([\"'])([^\"']*)\1(?![^,\s])")
_LOWER_WORDS = lazy_pattern(r"[a-z0-9_+#.-]+(?: [a-z0-9_+#.-]+)+")


@dataclass(frozen=True)
class Field:
    """One field of front matter as written: name, value, and line number counted from 1."""

    name: str
    value: Value
    line: int
    form: str = "yaml"
    """The syntax of the front matter: yaml, toml, json or lines."""

    @property
    def text(self) -> str:
        """The value as one line of text: the items of a list joined by commas, the name in a mapping."""
        if isinstance(self.value, str):
            return " ".join(self.value.split())
        return ", ".join(" ".join(text.split()) for text in texts(self.value))

    def fail(self, cause: str, hint: str) -> UnreadableArticle:
        """An error with the line of this field, to be raised."""
        return UnreadableArticle(cause, hint, self.line)


@dataclass
class Remarks:
    """The messages about the fields of one file, its doubtful dates, and whether it is one of Hugo or Jekyll."""

    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_hugo: bool = False
    is_jekyll: bool = False
    doubts: list[Embargo] = field(default_factory=list)

    def warn(self, of: Field, cause: Message, hint: Message) -> None:
        """Adds a warning with the line of the field *of*."""
        problem = Message("%(cause)s (%(hint)s)", cause=cause, hint=hint)
        self.warnings.append(Message("line %(line)s: %(problem)s", line=of.line, problem=problem))

    def note(self, message: Message) -> None:
        """Adds a note."""
        self.notes.append(message)


def texts(value: Value) -> Iterator[str]:
    """The texts in *value* and in its nested lists. Of a mapping, the text under ``name``, ``title`` …"""
    if isinstance(value, str):
        if value.strip():
            yield value.strip()
    elif isinstance(value, dict):
        name = next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), str)), None)
        yield from texts(name) if name else ()
    else:
        for item in value:
            yield from texts(item)


def split_list(text: str, separators: str) -> tuple[str, ...]:
    """The parts of *text* between *separators*, a regular expression; without empty parts and duplicates."""
    return unique_texts(re.split(separators, text))


def unique_texts(values: Iterable[str]) -> tuple[str, ...]:
    """*values* with single spaces, without empty texts and duplicates."""
    return tuple(dict.fromkeys(value for value in (" ".join(value.split()) for value in values) if value))


def _text(of: Field, remarks: Remarks) -> str:  # noqa: ARG001 the signature of all readers
    return of.text


def _source(of: Field, remarks: Remarks) -> str:  # noqa: ARG001 the signature of all readers
    """The name of the source; the host if the value is a valid URL (``http://[`` is not)."""
    if not re.match(r"https?://", of.text):
        return of.text
    try:
        return (urlsplit(of.text).hostname or "").removeprefix("www.")
    except ValueError:
        return of.text


def datetime_of(of: Field, remarks: Remarks) -> datetime | None:
    """The date of a field, aware or naive. Raises UnreadableArticle for a text that is not a date.

    Returns None, with a warning, for an ambiguous date and for one before 1901: the path of the file may contain the
    date. Returns the date of a text such as ``2023-01-29 18:30:22 2023 -0800``, with a warning.
    """
    value = of.value.get("date", "") if isinstance(of.value, dict) else of.value
    text = Field(of.name, value, of.line).text
    try:
        return parse_date(text) if text else None
    except UnreadableDate as error:
        if not error.guess and text.lower() in _AUTOMATIC_DATES:
            remarks.warn(of, error.cause, error.hint)
            return None
        if not error.guess:
            raise of.fail(error.cause, error.hint) from None
        remarks.warn(of, error.cause, error.hint)
        if error.is_beginning:
            return error.guess
        remarks.doubts.append(Embargo(error.guess, of.line))
        return None


def is_switch(of: Field) -> bool:
    """Whether the value is a boolean, as in Jekyll's ``published: false``."""
    return isinstance(of.value, str) and of.value.strip().lower() in (YES | NO) - {"", "0", "1"}


def _date(of: Field, remarks: Remarks) -> datetime | None:
    return datetime_of(of, remarks)


def _switch(of: Field, remarks: Remarks) -> bool:  # noqa: ARG001 the signature of all readers
    """A boolean. Raises UnreadableArticle for other values, because the file may be a draft."""
    text = of.text.lower()
    if text not in YES | NO or (of.value and isinstance(of.value, dict)):
        cause = Message("%(field)s is neither true nor false: '%(text)s'", field=of.name, text=text[:_LONGEST_QUOTE])
        raise of.fail(cause, Message("write %(field)s: true", field=of.name))
    return text in YES


def _is_pinned(of: Field, remarks: Remarks) -> bool:
    """True for ``true`` and for a number above 0, which is the order of pinned posts in Hexo."""
    text = of.text.lower()
    if text in YES | NO or text.isdecimal():
        return text not in NO and text.strip("0") != ""
    cause = Message("%(field)s is neither true nor false: '%(text)s'", field=of.name, text=text[:_LONGEST_QUOTE])
    remarks.warn(of, cause, Message("write %(field)s: true", field=of.name))
    return False


def _comments_closed(of: Field, remarks: Remarks) -> bool:  # noqa: ARG001 the signature of all readers
    """Whether comments are closed. False for ``comments: true`` and for a mapping, as other programs have them."""
    return isinstance(of.value, str) and of.text.lower() in NO - {""} | {"closed", "close", "disabled", "关闭", "關閉"}


def _is_withheld(of: Field, remarks: Remarks) -> bool:  # noqa: ARG001 the signature of all readers
    return of.text.lower() not in NO or bool(of.value and isinstance(of.value, dict))


def _is_not_shown(of: Field, remarks: Remarks) -> bool:  # noqa: ARG001 the signature of all readers
    """True if the value, of a field such as ``publish``, says that the article is not public."""
    return of.text.lower() in NO - {""} | _NEVER or withheld_status(of.value)


def _is_hidden(of: Field, remarks: Remarks) -> bool:  # noqa: ARG001 the signature of all readers
    """True for ``hide: true``. False for ``hide: [toc]`` of MkDocs, which lists parts of a page."""
    return isinstance(of.value, str) and of.text.lower() in YES | {"all"}


def _is_withheld_status(of: Field, remarks: Remarks) -> bool:  # noqa: ARG001 the signature of all readers
    return withheld_status(of.value) or of.text.lower() in NO - {""}  # Drupal's ``status: 0``


def _is_withheld_access(of: Field, remarks: Remarks) -> bool:  # noqa: ARG001 the signature of all readers
    return withheld_access(of.value)


def _is_withheld_output(of: Field, remarks: Remarks) -> bool:  # noqa: ARG001 the signature of all readers
    return withheld_output(of.value)


def _is_expired(of: Field, remarks: Remarks) -> bool:
    """Whether the expiry date is in the past. Warns of a future one, because a file is read only once."""
    try:
        ends = parse_date(of.text) if of.text and isinstance(of.value, str) else None
    except UnreadableDate as error:
        ends = error.guess
    if ends is None:
        return False
    if ends.replace(tzinfo=ends.tzinfo or UTC) <= datetime.now(UTC):
        return True
    remarks.warn(of, Message("an end isn't kept: the article stays"), Message("take it off by then"))
    return False


def _has_password(of: Field, remarks: Remarks) -> bool:  # noqa: ARG001 the signature of all readers
    return bool(of.text) and of.text.lower() not in NO


def _language(of: Field, remarks: Remarks) -> str:
    text = of.text.replace("_", "-").split(".")[0]
    text = _LANGUAGES.get(text.lower(), text)
    if not text or is_language_tag(text):
        return text
    cause = Message("invalid language tag: '%(text)s'", text=text[:_LONGEST_QUOTE])
    remarks.warn(of, cause, Message("use zh-CN, zh-Hant, en …"))
    return ""


def _slug(of: Field, remarks: Remarks) -> str:
    text = of.text.strip("/")
    if not text or is_slug(text):
        return text
    fit = slug_of(text)
    hint = Message("%(slug)s is used", slug=fit) if fit else Message("use letters, digits and -")
    remarks.warn(of, Message("slug cannot be part of an address: '%(text)s'", text=text[:_LONGEST_QUOTE]), hint)
    return fit


def _aliases(of: Field, remarks: Remarks) -> tuple[str, ...]:
    """Former slugs. A text with a slash or a dot is a former address and begins with ``/`` in the result."""
    found = []
    for text in texts(of.value) if not isinstance(of.value, str) else split_list(of.value, LIST_SEPARATORS):
        if is_slug(text):
            found.append(text)
        elif key := path_key(text) if re.search(r"[/.]", text) else "":
            found.append(f"/{key}")
        elif fit := slug_of(text):
            found.append(fit)
        else:
            cause = Message("alias cannot be part of an address: '%(text)s'", text=text[:_LONGEST_QUOTE])
            remarks.warn(of, cause, Message("use letters, digits and -"))
    return unique_texts(found)


def _paths(of: Field, remarks: Remarks) -> tuple[str, ...]:  # noqa: ARG001 the signature of all readers
    return unique_texts(path_key(text) for text in texts(of.value))


def _names(of: Field, remarks: Remarks) -> tuple[str, ...]:  # noqa: ARG001 the signature of all readers
    """Names without roles: 高原雪 for 记者高原雪. A comma in an item of a list is part of the name: ``Smith, John``."""
    if isinstance(of.value, str):
        text = _MAIL.sub("", _LINK.sub(r"\1", of.text))
        return split_names(text) or unique_texts([text])
    names = (_MAIL.sub("", _LINK.sub(r"\1", name)) for name in texts(of.value))
    return unique_texts(ROLE.sub("", name) or name for name in names)


def _section(of: Field, remarks: Remarks) -> tuple[str, ...]:
    """The path of the section. A name may itself be a path. Of several paths, and of a set as in Hugo and Zola, the
    first."""
    if isinstance(of.value, str):
        return _without_dots(split_list(_split_words(of, remarks, "/"), SECTION_SEPARATORS))
    items = of.value if isinstance(of.value, list) else [of.value]
    paths = [list(texts(item)) for item in items]
    is_set = of.form in ("toml", "json") or remarks.is_hugo or any(isinstance(item, list) for item in items)
    names = next(filter(None, paths), []) if is_set else [name for path in paths for name in path]
    if is_set and sum(map(bool, paths)) > 1:
        remarks.note(Message("%(field)s: only the first one is the section", field=of.name))
    return _without_dots(split_list("/".join(names), SECTION_SEPARATORS))


def _without_dots(names: tuple[str, ...]) -> tuple[str, ...]:
    """*names* without the parts ``.`` and ``..`` of a path: ``./notes``."""
    return tuple(name for name in names if name not in (".", ".."))


def _tags(of: Field, remarks: Remarks) -> tuple[str, ...]:
    """The tags in a list, or in a text separated by commas; by spaces in files of Jekyll and Hugo."""
    if isinstance(of.value, str):
        return unique_texts(tag.lstrip("#") for tag in split_list(_split_words(of, remarks, ","), LIST_SEPARATORS))
    return unique_texts(tag.lstrip("#") for tag in texts(of.value))


def _split_words(of: Field, remarks: Remarks, separator: str) -> str:
    """The text with *separator* between names. ``jekyll update`` is two names in Jekyll and Hugo, one in Pelican and
    Hexo."""
    text = of.text
    if of.form == "lines" or _HAS_SEPARATOR.search(text):
        return _without_brackets(text) if of.form == "lines" else text
    if remarks.is_jekyll or remarks.is_hugo or _LOWER_WORDS.fullmatch(text):
        return separator.join(text.split())
    return text


def _without_brackets(text: str) -> str:
    """``one, two`` for ``[one, "two"]``, as written in formats whose fields are lines, such as AsciiDoc for Jekyll."""
    listing = _BRACKETS.fullmatch(text)
    return _QUOTED_ITEM.sub(r"\2", listing[1]) if listing else text


def _corrections(of: Field, remarks: Remarks) -> tuple[Correction, ...]:  # noqa: ARG001 the signature of all readers
    return corrections_in(of.value)


def _images(of: Field, remarks: Remarks) -> tuple[str, ...]:  # noqa: ARG001 the signature of all readers
    """Paths or URLs of pictures. Ignores ``cover: false`` and colours."""
    found = of.value.split("\n") if isinstance(of.value, str) else _pictures(of.value)
    is_path = re.compile("" if of.name in ("images", "图片", "image") else "[./]")
    return unique_texts(text for text in found if text.lower() not in YES | NO and is_path.search(text))


def _pictures(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        inner = next((value[key] for key in _IMAGE_KEYS if value.get(key)), "")
        yield from _pictures(inner) if inner else ()
    else:
        for item in value:
            yield from _pictures(item)


READERS: dict[str, Callable[[Field, Remarks], Any]] = {
    "text": _text, "source": _source, "date": _date, "section": _section, "names": _names, "tags": _tags,
    "language": _language, "switch": _switch, "withheld": _is_withheld, "shown": _is_not_shown,
    "status": _is_withheld_status, "password": _has_password, "hidden": _is_hidden, "output": _is_withheld_output,
    "access": _is_withheld_access, "pinned": _is_pinned, "slug": _slug, "expired": _is_expired, "aliases": _aliases,
    "paths": _paths, "images": _images, "corrections": _corrections, "comments": _comments_closed,
}  # fmt: skip
"""The readers by the ``how`` column of the table. Only ``date`` and ``switch`` raise UnreadableArticle."""
