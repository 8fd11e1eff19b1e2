"""Export formats: each is one module ``to_*.py`` here. ``Exporter`` is its contract.

    to_<format>.py    a Publication -> the bytes of a file
    publications.py   what can be exported: an article, an issue, a collection, a selection
    options.py        page size, script, site name: everything else that shapes the bytes
    template_document.py a publication as chapters with a table of contents and a colophon, for templates
    body_tree.py, footnotes.py, pictures.py, covers.py, localization.py    parts of documents
    table_layout.py, tall_pictures.py    what is wider or taller than paper
    weasyprint/       HTML -> PDF
    zim.py            the whole library for Kiwix
    speech.py         an article as sound, by the operator's program

A new module is found when Reader starts: it gets addresses (``/a/<slug>.<suffix>``, issues, collections), a download
link, a cache, ``export --format`` and the tests of the registry. Its suffix must be named in
``docs/reference/exports.md`` and in ``docs/reference/exports.zh.md``. Generating runs in worker processes:
``reader/jobs/``. What a new export must pass::

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
    """The suffix of URLs and file names, without a dot: lower-case letters and digits."""

    MIMETYPE: str
    """The media type, as the HTTP field Content-Type gives it, without parameters."""

    LABEL: str
    """The name on the download link: a msgid (``N_``), or a name that is the same in all languages."""

    PAGES: tuple[str, ...]
    """Page sizes that ``?page=`` accepts, the default first; empty for formats without pages."""

    LINKS_PICTURES: bool
    """Optional. True if the file refers to pictures by their addresses on the site (``/media/…``). Otherwise it
    contains them, or only their alternative texts.
    """

    SAMPLE: bytes
    """Bytes that every file of one article contains: the signature of the format, or a required string."""

    def export(self, publication: Publication, options: Options, render: Render) -> bytes:
        """Generates the file.

        No content may be lost: the tests search it for every heading, link target, picture (alternative text) and
        table cell of ``tests/samples/specimen.md``.

        *render* renders a template of ``templates/export/``. ``Publication.chapters`` holds at least one article; its
        body is sanitized HTML and Markup already, as is what ``Body(…).html()`` makes of it. *options* holds everything
        else that may affect the bytes.

        The output must be deterministic, in any process, on any machine, at any time: no clock, no random
        numbers, no set order, no absolute paths. Files are cached by the hash of the arguments and of the code.

        Text must be escaped as the format requires; a title may be ``<script>``. A picture that cannot be read is
        replaced by its alternative text, unless ``LINKS_PICTURES``. Raises ExportFailed if no file can be
        generated. Runs in a worker process, within READER_EXPORT_MEMORY_MB and READER_EXPORT_TIMEOUT_SECONDS.

        A binary format that is neither ZIP nor PDF also defines ``searchable(content: bytes) -> str``: the text, link
        targets and alternative texts in a file, for the tests.
        """
        ...


def _found() -> dict[str, Exporter]:
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name.startswith("to_"))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {module.SUFFIX: module for module in modules}


EXPORTS: dict[str, Exporter] = _found()
"""The exporters by suffix, from the files in this folder."""


def exporter(suffix: str) -> Exporter:
    """One of EXPORTS, or ``speech``. Raises UnknownFormat."""
    if suffix == speech.SUFFIX:
        return speech
    if suffix not in EXPORTS:
        raise UnknownFormat(suffix, list(EXPORTS))
    return EXPORTS[suffix]


def page_of(suffix: str, page: str = "") -> str:
    """*page*, or the first page size of the format if it is empty. Raises UnknownFormat, BadOption."""
    pages = exporter(suffix).PAGES
    if not pages or not page:
        return pages[0] if pages else ""
    if page not in pages:
        raise BadOption("page", page, list(pages))
    return page
