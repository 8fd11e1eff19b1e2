"""The formats of article files: each is one module ``from_*.py`` here. ``Format`` is their interface.

    from_<format>.py     a file's bytes -> a Draft
    front_matter.py      the fields at the beginning of any format; also written
    front_matter_delimiters, front_matter_variants, yaml_fields, field_names, field_values: its parts
    decoding.py          bytes -> text: ``decode_text``
    dates.py             dates in all common notations -> datetime
    from_markdown.py     Markdown -> HTML: ``body_of``
    markdown_writer.py   HTML -> Markdown, for import and export
    pasted_pages/        what stands above and below the story of a copied news page, for ``from_text``
    person_names.py      names of people in bylines

A new module is found at the next start of Reader: the library scans its suffixes, ``import`` and the editor read such
files, and the tests of the registry run over it. Its suffixes must be named in ``docs/reference/articles.md`` and in
``docs/reference/articles.zh.md``. What it must pass::

    make test ARGS="tests/test_registries.py tests/test_formats.py tests/test_docs.py -k '.wiki or article_format'"
"""

from __future__ import annotations

import pkgutil
import re
from ast import literal_eval
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec
from typing import Any, Protocol, cast

from ..errors import UnknownFormat, UnreadableArticle
from ..i18n import Message
from ..models import Draft
from ..sanitizer import strip_control_characters
from .data_pictures import take_data_pictures
from .unpublished_markers import refuse_in_html
from .unpublished_values import withheld_names, withheld_title

HOLD_PICTURES = frozenset({".docx", ".odt", ".ipynb"})
"""Formats whose files are mostly pictures: the limit of a picture is theirs too."""
LARGEST_BYTES = 2_000_000
"""About 650,000 Chinese characters, a long novel. A larger file is not an article and would only take time."""
LARGEST_PICTURES_BYTES = 40_000_000


class Format(Protocol):
    """What a ``from_*.py`` module defines.

    A minimal module, ``from_wiki.py``, below its docstring::

        from __future__ import annotations

        from ..models import Draft
        from . import front_matter
        from .decoding import decode_text
        from .from_markdown import body_of

        SUFFIXES = (".wiki",)
        SAMPLE = "---\\ntitle: 大雨\\npublished: 2026-05-01 06:00\\n---\\n\\n今天下雨。\\n".encode()


        def read(data: bytes) -> Draft:
            values, text, _ = front_matter.split(decode_text(data))
            return Draft(**{"title": "", **values}, body_html=body_of(text))

    Reading is a function of the bytes alone: no clock, no disk, no network, no setting; the same bytes give an equal
    Draft. It is called in several processes at once.
    """

    SUFFIXES: tuple[str, ...]
    """The file name suffixes, in lower case, each with its dot. No two formats share one. A tuple of literals at the
    beginning of a line: it is read without importing the module.
    """

    SAMPLE: bytes
    """The smallest complete file: title 大雨, published 2026-05-01 06:00, and a body of one paragraph, 今天下雨。
    The tests read it, publish it and import it.
    """

    def read(self, data: bytes) -> Draft:
        """*data*, at most ``LARGEST_BYTES``, as a Draft.

        ``title`` is plain text; if it is empty, ``read_draft`` refuses the file with a hint. A file without letters,
        such as ``---\\n`` alone, must be refused too. Fields that the file doesn't give keep their defaults.

        ``body_html`` is HTML that need not be safe, because the sanitizer comes after. ``from_markdown.body_of`` makes
        it from Markdown; for plain text, ``html.escape`` it and wrap each paragraph in ``<p>``. Where the first heading
        is the title, ``from_markdown.with_title`` takes it out of the body.

        Front matter must be read (``front_matter.split``): every format that people type accepts every field. Its
        values take the place of what the rest of the file says; a format with a line for the title or the date doesn't
        expect that line if front matter has the field.

        ``published`` is ``dates.parse_date`` of a text that must be a date, or ``dates.date_in_text`` of a line that
        may contain one. A time without a zone stays naive. A file without a date is no error: ``published`` stays None,
        and the date comes from the file's or a folder's name.

        Raises UnreadableArticle, with the line if one is to blame, and no other error, whatever the bytes.
        ``decode_text`` and ``front_matter.split`` raise it; turn the UnreadableDate of ``parse_date`` into it::

            except UnreadableDate as error:
                raise UnreadableArticle(error.cause, error.hint, line) from error
        """
        ...

    def picture_markup(self, address: str, caption: str) -> str:
        """Optional: the lines by which the editor's desk puts a picture into such a file; of Markdown where a format
        has none. *address* is percent-encoded, *caption* one line of text, or empty.
        """
        ...


_SUFFIXES = re.compile(r"^SUFFIXES = (\([^()]*\))$", re.MULTILINE)


@cache
def _names() -> dict[str, str]:
    """The module of each suffix."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name.startswith("from_"))
    found = [(suffix, name) for name in names for suffix in _suffixes_of(name)]
    if len(dict(found)) < len(found):
        raise ValueError(f"two formats share a suffix: {[suffix for suffix, _ in found]}")
    return dict(found)


def _suffixes_of(name: str) -> tuple[str, ...]:
    """As the source of the module says: importing all modules takes thirty times as long."""
    spec = find_spec(f"{__name__}.{name}")
    source = spec.loader.get_source(spec.name) if spec and isinstance(spec.loader, SourceFileLoader) else None
    declared = _SUFFIXES.search(source or "")
    return literal_eval(declared[1]) if declared else _module(name).SUFFIXES


@cache
def _module(name: str) -> Format:
    return cast("Format", import_module(f"{__name__}.{name}"))


class _Formats(Mapping[str, Format]):
    """The formats by suffix: ``.md``, ``.html``, ``.txt`` … A module is imported when its format is asked for.

    A process that only looks at the names of files needs none, and one that reads Markdown needs one.
    """

    def __getitem__(self, suffix: str) -> Format:
        return _module(_names()[suffix])

    def __contains__(self, suffix: object) -> bool:
        return suffix in _names()

    def __iter__(self) -> Iterator[str]:
        return iter(_names())

    def __len__(self) -> int:
        return len(_names())


FORMATS: Mapping[str, Format] = _Formats()


_NO_TEXTS = ("warnings", "notes", "corrections")


def _without_control_characters(draft: Draft) -> Draft:
    """*draft* without characters that XML forbids: YAML and HTML can contain them as escapes."""
    texts = {name: value for name, value in vars(draft).items() if isinstance(value, str) and name != "body_html"}
    lists = {name: value for name, value in vars(draft).items() if isinstance(value, tuple) and name not in _NO_TEXTS}
    all_text = "".join([*texts.values(), *(text for value in lists.values() for text in value)])
    if strip_control_characters(all_text) == all_text:
        return draft
    changed: dict[str, Any] = {name: strip_control_characters(text).strip() for name, text in texts.items()}
    changed |= {
        name: tuple(filter(None, (strip_control_characters(text) for text in value))) for name, value in lists.items()
    }
    return replace(draft, **changed)


def _withheld_by_its_words(draft: Draft) -> Draft:
    """*draft*, not public if its title, its tags or its section say so."""
    by = "title" if withheld_title(draft.title) else ""
    by = by or next((name for name in ("tags", "section") if withheld_names(getattr(draft, name))), "")
    if not by:
        return draft
    return replace(draft, draft=True, notes=(*draft.notes, Message("a draft, by its field %(field)s", field=by)))


def read_draft(suffix: str, data: bytes, largest: int = 0) -> Draft:
    """The file's content as a Draft with a title, by its *suffix* (with or without dot, any case).

    Raises UnknownFormat, or UnreadableArticle with the line number; nothing else, whatever the bytes.
    """
    draft = read_content(suffix, data, largest)
    if not draft.title:
        raise UnreadableArticle(
            Message("no title"), Message("add title: … to the front matter, or begin with a heading")
        )
    return draft


def _read(known: Format, content: bytes) -> Draft:
    try:
        return known.read(content)
    except RecursionError:
        raise UnreadableArticle(Message("elements are nested too deeply"), Message("make the file simpler")) from None


def limit_bytes(suffix: str) -> int:
    return LARGEST_PICTURES_BYTES if suffix in HOLD_PICTURES else LARGEST_BYTES


def read_content(suffix: str, data: bytes, largest: int = 0) -> Draft:
    """As ``read_draft``, also without a title: the file's name may be one."""
    suffix = "." + suffix.lower().lstrip(".")
    known = FORMATS.get(suffix)
    if known is None:
        raise UnknownFormat(suffix, sorted(FORMATS))
    most = largest or limit_bytes(suffix)
    if len(data) > most:
        raise UnreadableArticle(
            Message("too large for an article: %(size)s bytes", size=f"{len(data):,}"),
            Message("the limit is %(most)s bytes; split the file", most=f"{most:,}"),
        )
    content, pictures = take_data_pictures(data)
    draft = _without_control_characters(_read(known, content))
    if not draft.draft:
        refuse_in_html(draft.body_html)
        draft = _withheld_by_its_words(draft)
    if "data:image/" in draft.body_html:  # of a notebook, or written in UTF-16
        body, more = take_data_pictures(draft.body_html.encode())
        draft, pictures = replace(draft, body_html=body.decode()), pictures | more
    return replace(draft, pictures={**draft.pictures, **pictures}) if pictures else draft
