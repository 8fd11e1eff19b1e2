"""Export formats: each is one module ``to_*.py`` here. ``Exporter`` is its contract.

    to_<format>.py    a Publication -> the bytes of a file
    publications.py   the publications: an article, an issue, a collection, a selection
    options.py        the other inputs: page size, script, site name …
    template_document.py a publication as chapters with a table of contents and a colophon, for templates
    body_tree.py, footnotes.py, pictures.py, covers.py, localization.py    parts of documents
    table_layout.py, tall_pictures.py    tables and pictures that are larger than the paper
    weasyprint/       HTML -> PDF
    zim.py            the whole library for Kiwix
    speech.py         an article as an MP3, with a text-to-speech program of the operator

Reader finds a new module when it starts: it gets addresses (``/a/<slug>.<suffix>``, issues, collections), a download
link, a cache, ``export --format`` and the tests of the registry. Add its suffix to ``docs/reference/exports.md`` and
``docs/reference/exports.zh.md``. Worker processes generate the files: ``reader/jobs/``. A new export must pass::

    make test ARGS="tests/test_registries.py tests/test_exports.py tests/test_docs.py -k 'html5 or every_export'"
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Protocol

from ..errors import BadOption, UnknownFormat
from ..models import Publication
from . import speech
from .options import Options, Render


class Exporter(Protocol):
    """The interface of a ``to_*.py`` module.

    A minimal module, ``to_html5.py``, below its docstring::

        from __future__ import annotations

        from html import escape

        from ..models import Article, Publication
        from .body_tree import Body
        from .options import Options, Render

        SUFFIX = "html5"
        MIMETYPE = "text/html"
        LABEL = "HTML5"
        PAGES: tuple[str, ...] = ()
        LINKS_PICTURES = True
        SAMPLE = b"<h1>"


        def export(publication: Publication, options: Options, render: Render) -> bytes:  # noqa: ARG001 unused
            return "".join(story(article, options) for article in publication.chapters).encode()


        def story(article: Article, options: Options) -> str:
            body = Body(article.body, prefix=f"{article.slug}-", address=options.base_url)
            return f"<h1>{escape(article.title)}</h1>{body.html()}"

    Importing the module must be cheap, because web processes do it; heavy libraries are imported in ``export``.
    """

    SUFFIX: str
    """The suffix of URLs and file names without the dot: lower-case letters and digits."""

    MIMETYPE: str
    """The media type for the HTTP field Content-Type, without parameters."""

    LABEL: str
    """The name on the download link: a msgid (``N_``), or a name that is the same in all languages."""

    PAGES: tuple[str, ...]
    """The page sizes that ``?page=`` accepts, the default first; empty for formats without pages."""

    LINKS_PICTURES: bool
    """Optional. True if the file refers to pictures by their addresses on the site (``/media/…``). If False, the file
    contains the pictures, or only their alternative texts.
    """

    IS_LINKED: bool
    """Optional. False for a format that few readers want: no page links to its files, and none is made ahead. They have
    addresses, and ``export --format`` makes them. Each link adds about 12 bytes to the first response of an article.
    """

    SAMPLE: bytes
    """Bytes that every file of one article contains: the signature of the format, or a required string."""

    def export(self, publication: Publication, options: Options, render: Render) -> bytes:
        """Generates the file.

        No content may be lost: the tests search the file for every heading, link target, picture (alternative text),
        formula (its TeX), code block and table cell of ``tests/samples/specimen.md``. So an export of the metadata
        alone, such as a citation, is not possible. Formats of text use ``to_text.blocks``. ``corrections`` belong to
        the content, too. An article has a date only if ``is_dated(article.published)``. ``footnotes.py`` finds
        footnotes, and says how they are marked. The address of a picture that the file refers to is
        ``options.base_url`` and its ``src``. A module of more than 350 lines is divided: the parts get a folder, as
        ``weasyprint/``.

        *render* renders a template of ``templates/export/``. ``Publication.chapters`` has at least one article. Its
        body is sanitized HTML of the type Markup, and so is the result of ``Body(…).html()``. *options* contains all
        other inputs that may affect the bytes.

        The output must be deterministic, in any process, on any machine, at any time: no clock, no random
        numbers, no set order, no absolute paths. Files are cached by the hash of the arguments and of the code.

        Escape text as the format requires; a title may be ``<script>``. Replace a picture that cannot be read by its
        alternative text, unless ``LINKS_PICTURES`` is True. Raise ExportFailed if no file can be generated. The
        function runs in a worker process with the limits READER_EXPORT_MEMORY_MB and READER_EXPORT_TIMEOUT_SECONDS.

        The module of a binary format other than ZIP and PDF, or of a format that escapes characters of a text (TeX),
        also defines ``searchable(content: bytes) -> str`` for the tests: it returns the text, link targets and
        alternative texts in a file.
        """
        ...


def _import_exporters() -> dict[str, Exporter]:
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name.startswith("to_"))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {module.SUFFIX: module for module in modules}


EXPORTS: dict[str, Exporter] = _import_exporters()
"""The exporters in this folder by suffix."""


def exporter(suffix: str) -> Exporter:
    """The exporter of *suffix*: one of EXPORTS, or ``speech`` for ``mp3``. Raises UnknownFormat."""
    if suffix == speech.SUFFIX:
        return speech
    if suffix not in EXPORTS:
        raise UnknownFormat(suffix, list(EXPORTS))
    return EXPORTS[suffix]


def page_of(suffix: str, page: str = "") -> str:
    """The validated *page*, or the format's default page size if it is empty; empty for a format without pages.

    Raises UnknownFormat, BadOption.
    """
    pages = exporter(suffix).PAGES
    if not pages or not page:
        return pages[0] if pages else ""
    if page not in pages:
        raise BadOption("page", page, list(pages))
    return page
