"""The formats of article files: each is one module ``from_*.py`` here. ``Format`` is their interface.

    from_<format>.py     a file's bytes -> a Draft
    fields/              front matter: ``front_matter`` reads and writes the fields of a file of any format
    dialects/            the syntax of other programs in Markdown: shortcodes, Liquid, admonitions, MyST …
    markup/              shared by AsciiDoc, Org and reStructuredText
    formulas/            TeX and chemical formulas -> MathML
    decoding.py          bytes -> text: ``decode_text``
    dates.py             dates in all common notations -> datetime
    from_markdown.py     Markdown -> HTML: ``body_of``
    markdown_writer.py   HTML -> Markdown, for import and export
    pasted_pages/        the lines above and below the story of a copied news page, for ``from_text``
    person_names.py      names of people in bylines

Reader finds a new module at its next start: the library scans its suffixes, ``import`` and the editor read such files,
and the tests of the registry run over it. ``docs/reference/articles.md`` and ``docs/reference/articles.zh.md`` must
list its suffixes. It must pass these tests::

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
from ..models import Draft, Embargo
from ..sanitizer import strip_control_characters
from .data_pictures import take_data_pictures
from .fields.unpublished_values import withheld_names, withheld_title
from .unfinished_files import refuse_unfinished
from .unpublished_markers import embargo_in_html, refuse_in_html

PICTURE_FORMATS = frozenset({".docx", ".odt", ".ipynb"})
"""The formats whose files consist mostly of pictures. Their size limit is LARGEST_PICTURES_BYTES."""
LARGEST_BYTES = 2_000_000
"""About 650,000 Chinese characters, a long novel. A larger file is not an article and would only take time to read."""
LARGEST_PICTURES_BYTES = 40_000_000


class Format(Protocol):
    """The interface of a ``from_*.py`` module.

    A minimal module, ``from_wiki.py``, below its docstring::

        from __future__ import annotations

        from ..models import Draft
        from .decoding import decode_text
        from .fields import front_matter
        from .from_markdown import body_and_warnings, with_title

        SUFFIXES = (".wiki",)
        SAMPLE = "---\\ntitle: 大雨\\npublished: 2026-05-01 06:00\\n---\\n\\n今天下雨。\\n".encode()


        def read(data: bytes) -> Draft:
            values, text, _ = front_matter.split(decode_text(data))
            body, warnings = body_and_warnings(text)
            return with_title({**values, "warnings": (*values.get("warnings", ()), *warnings)}, body)

    ``read`` depends only on the bytes, not on clock, disk, network or settings: equal bytes give an equal Draft.
    Several processes call it simultaneously.
    """

    SUFFIXES: tuple[str, ...]
    """The file name suffixes in lower case, each with its dot. No two formats share one. The assignment is a tuple of
    literals at the beginning of a line, because it is read without an import of the module.
    """

    SAMPLE: bytes
    """The smallest complete file: title 大雨, published 2026-05-01 06:00, and a body of one paragraph, 今天下雨。
    Tests read, publish and import it.
    """

    def read(self, data: bytes) -> Draft:
        """Parses *data*, at most ``LARGEST_BYTES``, and returns a Draft.

        ``title`` is plain text; if it is empty, ``read_draft`` rejects the file with a hint. ``read`` must reject a
        file without letters, such as ``---\\n``. Fields without a value in the file keep their defaults.

        ``body_html`` is HTML that may be unsafe, because the sanitizer runs later. ``from_markdown.body_and_warnings``
        converts Markdown to it. Another lightweight markup language is best converted to Markdown, with
        ``line_reader.py`` and ``inline_to_markdown.py`` of ``markup/``. For plain text, apply ``html.escape`` and wrap
        each paragraph in ``<p>``. The time must be linear in the size of *data*: beware of patterns that search to the
        end of the text from each opening mark.

        ``from_markdown.with_title`` makes a Draft of both: a heading at the beginning becomes the title and leaves the
        body.

        ``read`` must read front matter (``front_matter.split``): every format that people type accepts every field.
        Values in front matter have priority over the rest of the file. A format with a line for the title or the date
        doesn't expect that line if front matter has the field. A format with lines of fields of its own calls
        ``front_matter.split_above`` instead, and reads its lines from the rest of the text, also below front matter:
        the editor writes front matter above them. Unless the article is a draft, it then calls
        ``refuse_in_text`` of ``unpublished_markers.py`` with the text below its lines: a file that says there that it
        is not published must not be. It returns ``{**front_matter.values_of(fields), **values}``, where
        *fields* are ``Field`` objects of its lines; ``from_org.py`` is an example.

        ``published`` is ``dates.parse_date`` of a text that must be a date, or ``dates.date_in_text`` of a line that
        may contain one. A time without a zone stays naive. A file without a date is valid: ``published`` stays None,
        and the date comes from the name of the file or of a folder.

        Raises UnreadableArticle, with the number of the invalid line if there is one. Raises no other error for any
        bytes. ``decode_text`` and ``front_matter.split`` raise it; convert the UnreadableDate of ``parse_date``::

            except UnreadableDate as error:
                raise UnreadableArticle(error.cause, error.hint, line) from error
        """
        ...

    def picture_markup(self, address: str, caption: str) -> str:
        """Optional: the source text that the editor inserts for a picture. The default is that of Markdown.
        *address* is percent-encoded, *caption* is one line of any characters or empty; ``read`` must return both.
        """
        ...


_SUFFIXES = re.compile(r"^SUFFIXES = (\([^()]*\))$", re.MULTILINE)


@cache
def _module_names() -> dict[str, str]:
    """The module names by suffix. Raises ValueError if two formats share a suffix."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name.startswith("from_"))
    found = [(suffix, name) for name in names for suffix in _suffixes_of(name)]
    if len(dict(found)) < len(found):
        raise ValueError(f"two formats share a suffix: {[suffix for suffix, _ in found]}")
    return dict(found)


def _suffixes_of(name: str) -> tuple[str, ...]:
    """The suffixes in the source code of the module: an import of all modules takes thirty times as long."""
    spec = find_spec(f"{__name__}.{name}")
    source = spec.loader.get_source(spec.name) if spec and isinstance(spec.loader, SourceFileLoader) else None
    declared = _SUFFIXES.search(source or "")
    return literal_eval(declared[1]) if declared else _module(name).SUFFIXES


@cache
def _module(name: str) -> Format:
    return cast("Format", import_module(f"{__name__}.{name}"))


class _Formats(Mapping[str, Format]):
    """The formats by suffix: ``.md``, ``.html``, ``.txt`` … A module is imported at the first access to its format.

    A process that only needs file names imports no format, and a process that reads Markdown imports one.
    """

    def __getitem__(self, suffix: str) -> Format:
        return _module(_module_names()[suffix])

    def __contains__(self, suffix: object) -> bool:
        return suffix in _module_names()

    def __iter__(self) -> Iterator[str]:
        return iter(_module_names())

    def __len__(self) -> int:
        return len(_module_names())


FORMATS: Mapping[str, Format] = _Formats()
"""All formats by suffix: ``FORMATS[".md"].read(data)``. Raises KeyError for an unknown suffix."""


_NOT_TEXT_FIELDS = ("warnings", "notes", "corrections")


def _without_control_characters(draft: Draft) -> Draft:
    """*draft* without the characters that XML forbids. YAML and HTML can contain them as escapes."""
    texts = {name: value for name, value in vars(draft).items() if isinstance(value, str) and name != "body_html"}
    lists = {
        name: value for name, value in vars(draft).items() if isinstance(value, tuple) and name not in _NOT_TEXT_FIELDS
    }
    all_text = "".join([*texts.values(), *(text for value in lists.values() for text in value)])
    if strip_control_characters(all_text) == all_text:
        return draft
    changed: dict[str, Any] = {name: strip_control_characters(text).strip() for name, text in texts.items()}
    changed |= {
        name: tuple(filter(None, (strip_control_characters(text) for text in value))) for name, value in lists.items()
    }
    return replace(draft, **changed)


def _with_draft_status(draft: Draft) -> Draft:
    """*draft*, marked as a draft if its title, a tag or its section contains a word for drafts."""
    by = "title" if withheld_title(draft.title) else ""
    by = by or next((name for name in ("tags", "section") if withheld_names(getattr(draft, name))), "")
    if not by:
        return draft
    return replace(draft, draft=True, notes=(*draft.notes, Message("a draft, by its field %(field)s", field=by)))


def read_draft(suffix: str, data: bytes, largest: int = 0) -> Draft:
    """Parses the content of a file into a Draft with a title. *suffix* is with or without dot, in any case.

    *largest* is the size limit in bytes; 0 means the default of the format. Raises UnknownFormat, or UnreadableArticle
    with the line number, and no other error for any bytes.

    ::

        draft = read_draft(".md", Path("rain.md").read_bytes())
        print(draft.title, draft.published, draft.body_html)
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
    """The default size limit of a file with *suffix*, which is in lower case with its dot."""
    return LARGEST_PICTURES_BYTES if suffix in PICTURE_FORMATS else LARGEST_BYTES


def read_content(suffix: str, data: bytes, largest: int = 0) -> Draft:
    """Like ``read_draft``, but accepts a file without a title: its file name can be the title."""
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
    refuse_unfinished(data, suffix)
    content, pictures = take_data_pictures(data)
    draft = _without_control_characters(_read(known, content))
    if not draft.draft:
        refuse_in_html(draft.body_html)
        draft = _with_draft_status(draft)
        if not draft.embargo and (due := embargo_in_html(draft.body_html)):
            draft = replace(draft, embargo=Embargo(due, 0))
    if "data:image/" in draft.body_html:  # from a notebook or a file in UTF-16
        body, more = take_data_pictures(draft.body_html.encode())
        draft, pictures = replace(draft, body_html=body.decode()), pictures | more
    return replace(draft, pictures={**draft.pictures, **pictures}) if pictures else draft
