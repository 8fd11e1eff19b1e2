"""Recognizes the format of a file or response by its content, and splits it into articles."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from ...article_building import path_metadata
from ...errors import NotImported
from ...formats import FORMATS, PICTURE_FORMATS, from_html, from_text
from ...formats.decoding import decode_page
from ...formats.json_reader import read_json
from ...i18n import Message
from ...models import Draft
from . import wordpress_posts
from .blog_backups import backup_items, is_backup, is_livejournal, livejournal_items
from .evernote import is_notes, note_items
from .feed_entries import feed_items, is_feed
from .feed_lists import is_opml, not_a_feed, opml_items
from .ghost import ghost_items, is_ghost
from .http import Fetched, Fetcher
from .items import NOTHING, Found, ReadSibling, SourceItem, limit_cpu_time
from .link_lists import is_bookmark_page, is_link_list, link_items
from .mail_and_mhtml import is_mail, mail_items
from .medium import is_medium, medium_items
from .movable_type import is_movable_type, movable_type_items
from .multi_file_exports import MultiFileKind
from .notion import is_joplin, is_notion, joplin_items, notion_items
from .omnivore import is_omnivore, omnivore_items
from .own_exports import is_issue_page, is_json_export, issue_page_items, json_items
from .substack import is_substack, substack_items
from .textbundle import about_bundle_items, is_about_bundle, is_textbundle, textbundle_items
from .unsupported_formats import HINTS, reason_by_content, reason_by_program, reason_for
from .wallabag import is_wallabag, wallabag_items

TEXTS = from_text.SUFFIXES
PAGES = (*from_html.SUFFIXES, ".shtml")
_IDENTIFIER = re.compile(r"[0-9a-f]{32}$")
ARTICLES = (*FORMATS, ".shtml")
"""Suffixes of files that contain one article each."""
_FEED_SUFFIXES = (".xml", ".rss", ".atom", ".json", ".rdf")
_TABLE_SUFFIXES = (".csv", ".tsv")
_PAGE = re.compile(rb"<(!doctype\s+html|html|head|body|article|div|table|p|h1)\b", re.IGNORECASE)
_HEAD_BYTES = 20_000


@dataclass(frozen=True)
class Source:
    """Bytes to import. ``response`` is set if they were fetched."""

    name: str
    content: bytes
    fetcher: Fetcher
    response: Fetched | None = None
    read_sibling: ReadSibling = lambda address: None  # noqa: ARG005

    @property
    def address(self) -> str:
        """The final URL; empty if the bytes were not fetched."""
        return self.response.address if self.response else ""

    @property
    def suffix(self) -> str:
        """The suffix of the name in lower case, such as ``.html``."""
        return PurePosixPath(urlsplit(self.name).path).suffix.lower()


@dataclass(frozen=True)
class Kind:
    """Content with several articles, or one article in a wrapper format. ``recognises`` checks only the content."""

    name: str
    recognises: Callable[[bytes], bool]
    items: Callable[[Source], Iterator[Found]]


KINDS = (
    Kind("Reader", is_json_export, lambda source: json_items(source.name, source.content)),
    Kind("Reader page", is_issue_page, lambda source: issue_page_items(source.name, source.content)),
    Kind("TextBundle", is_about_bundle, lambda source: about_bundle_items(source.name)),
    Kind("mail", is_mail, lambda source: mail_items(source.name, source.content)),
    Kind(
        "WordPress",
        wordpress_posts.is_export,
        lambda source: wordpress_posts.posts(source.name, source.content, source.read_sibling),
    ),
    Kind("Ghost", is_ghost, lambda source: ghost_items(source.name, source.content, source.read_sibling)),
    Kind("wallabag", is_wallabag, lambda source: wallabag_items(source.name, source.content)),
    Kind("Evernote", is_notes, lambda source: note_items(source.name, source.content)),
    Kind("Blogger", is_backup, lambda source: backup_items(source.name, source.content)),
    Kind("LiveJournal", is_livejournal, lambda source: livejournal_items(source.name, source.content)),
    Kind("Movable Type", is_movable_type, lambda source: movable_type_items(source.name, source.content)),
    Kind("links", is_link_list, lambda source: link_items(source.name, source.content, source.fetcher)),
    Kind("OPML", is_opml, lambda source: opml_items(source.name, source.content, source.fetcher)),
    Kind("feed", is_feed, lambda source: feed_items(source.content, source.address, source.fetcher)),
)
"""The first kind that recognises the content reads it. The guide has a table of them."""

MULTI_FILE_KINDS = (
    MultiFileKind("Substack", is_substack, substack_items),
    MultiFileKind("Omnivore", is_omnivore, omnivore_items),
    MultiFileKind("Joplin", is_joplin, joplin_items),
    MultiFileKind("Notion", is_notion, notion_items),
    MultiFileKind("Medium", is_medium, medium_items),
    MultiFileKind("TextBundle", is_textbundle, textbundle_items, is_certain=True),
)
"""Exports in several files, recognised by their paths."""


def multi_file_kind(paths: Collection[str]) -> MultiFileKind | None:
    """The kind of export that most of the files of a folder or zip file belong to; None without one.

    For a kind with ``is_certain``, a single file is enough.
    """
    counts = {kind: sum(map(kind.recognises, paths)) for kind in MULTI_FILE_KINDS}
    kind = max(MULTI_FILE_KINDS, key=lambda kind: counts[kind])
    return kind if counts[kind] * 2 > len(paths) or (kind.is_certain and counts[kind]) else None


def items_in(source: Source) -> Iterator[Found]:
    """The items of *source* according to its content, regardless of its name. Raises NotImported if it has no
    article."""
    kind = next((kind for kind in KINDS if kind.recognises(source.content)), None)
    if kind is not None:
        yield from limit_cpu_time(source.name, kind.items(source), len(source.content))
        return
    is_json = source.suffix == ".json" or _is_json(source.content)
    is_page = not (is_json or source.suffix in HINTS) and (
        _PAGE.search(source.content[:_HEAD_BYTES])
        or (source.response is not None and "html" in source.response.content_type)
    )
    reason = reason_by_content(source.suffix, source.content) or ("" if is_page else reason_for(source.suffix))
    if reason:
        raise NotImported(source.name, reason)
    if (source.suffix in _FEED_SUFFIXES or is_json) and not is_page:
        raise NotImported(source.name, reason_by_program(source.content) or not_a_feed())
    if source.suffix in _TABLE_SUFFIXES:
        raise NotImported(source.name, Message("a table without columns url and title; import the pages themselves"))
    is_other_format = source.suffix in FORMATS and source.suffix not in PAGES
    form = "page" if is_page else form_of(source.suffix) if is_other_format else "text"
    fetched = source.response or Fetched("", source.content)
    yield SourceItem(source.name, lambda: fetched, form, source.address, read_sibling=source.read_sibling)


def holds_several(suffix: str, head: bytes) -> bool:
    """Whether a file with the *suffix* of an article has several: an issue, bookmarks, the entries of a blog."""
    if suffix in TEXTS:
        return is_movable_type(head)
    return suffix in PAGES and (is_bookmark_page(head) or is_issue_page(head))


def _is_json(content: bytes) -> bool:
    """Whether it is a JSON object or list, such as the bookmarks of a browser, whose file has no suffix."""
    if content.lstrip()[:1] not in (b"{", b"["):
        return False
    try:
        return isinstance(read_json(decode_page(content)), dict | list)
    except ValueError:
        return False


def file_hints(name: str) -> Draft:
    """The slug of an article file, by whose name other files link to it. No slug from the name of a document (Word,
    Jupyter), nor from one that ends with an identifier of Notion."""
    file = PurePosixPath(name)
    is_free = file.suffix.lower() in PICTURE_FORMATS or _IDENTIFIER.search(file.stem)
    return NOTHING if is_free else Draft("", "", slug=path_metadata.slug(file))


def form_of(suffix: str) -> str:
    """The form of a SourceItem. Pages and texts are copies from elsewhere; other formats are complete article files."""
    return "text" if suffix in TEXTS else "page" if suffix in PAGES else suffix
