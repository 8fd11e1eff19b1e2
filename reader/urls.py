"""The public URLs, built by pure functions for templates, feeds and exports.

Paths begin with ``/`` and are percent-encoded (RFC 3986). They are permanent. The routes in ``web/`` serve them, and a
test compares the two.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote, urlsplit

from .errors import NotFound
from .models import Collection

HOME = "/"
ISSUES = "/d/"
LATEST_ISSUE = "/d/latest"
FEEDS = "/feeds"
SEARCH = "/search"
SECTIONS = "/s/"
PREFERENCES = "/preferences"
CORRECTIONS = "/corrections/"
OFFLINE = "/offline"
BOOKMARKS, BOOKMARKS_SCRIPT = "/bookmarks", "/bookmarks.js"
EDITOR = "/editor"
COMMENTS = "/comments/"
WEBMENTION = "/webmention"
EDITOR_ARTICLE, EDITOR_TRASH, EDITOR_HISTORY = "/editor/article", "/editor/trash", "/editor/history"
MAIL, MAIL_CONFIRM, MAIL_SEND, MAIL_UNSUBSCRIBE = "/mail", "/mail/confirm", "/mail/send", "/mail/unsubscribe"
PREVIEW = "/preview"
SERVICE_WORKER = "/sw.js"
MANIFEST = "/manifest.webmanifest"
SITEMAP = "/sitemap.xml"
PAGES_SITEMAP = "/sitemap-pages.xml"
NEWS_SITEMAP = "/news-sitemap.xml"
FEEDS_OPML = "/feeds.opml"
OPDS = "/opds"

DATA_PICTURES = "https://data.invalid/"
"""The base URL of pictures inside an article's file until they have files of their own. The domain can't exist
(RFC 2606).
"""


def data_picture_name(picture: bytes, kind: str) -> str:
    """The last part of its URL; *kind* is like ``jpeg``."""
    return f"{sha256(picture).hexdigest()[:16]}.{kind}"


FIRST_PARTS = frozenset(
    ("a", "d", "s", "t", "by", "from", "feeds", "search", "preferences", "offline", "editor", "opds", "cover", "files")
    + ("comments", "corrections", "media", "static", "selection", "healthz", "metrics", "phone", "preview", "mail")
    + ("bookmarks", "webmention", "readyz")
)
"""The first path segments that routes use. The site's own pages cannot have these names. A test compares the two."""

_FOLDERS = {"section": "s", "tag": "t", "author": "by", "source": "from", "day": "d"}


@lru_cache(4096)
def article(slug: str) -> str:
    """The page of the article."""
    return f"/a/{quote(slug)}"


def article_file(slug: str, suffix: str, page: str = "") -> str:
    """An export of the article; *page* is the PDF's paper size (phone, a4, a6, large)."""
    return f"{article(slug)}.{suffix}" + (f"?page={page}" if page else "")


def share(slug: str) -> str:
    """The share page of the article, for browsers without a share menu."""
    return f"{article(slug)}/share"


def comments(slug: str) -> str:
    """The page of the article's comments, with the form for a new comment."""
    return f"{article(slug)}/comments"


def own_comment(slug: str, number: int) -> str:
    """The page where the author of a comment edits or withdraws it."""
    return f"{comments(slug)}/{number}"


def comments_feed(slug: str, name: str) -> str:
    """The feed *name* of the article's comments; of all comments if *slug* is empty."""
    return f"{comments(slug)}/{name}" if slug else f"{COMMENTS}{name}"


def mail_file(name: str) -> str:
    """The page to request an export by mail. *name* is the slug of an article, or an issue (``d/2026-05-01``)."""
    return f"{MAIL_SEND}?of={quote(name, safe='/')}"


def qr_code(slug: str) -> str:
    """The QR code of the article's URL, an SVG picture."""
    return f"{article(slug)}/qr.svg"


def og_image(slug: str) -> str:
    """The Open Graph image of the article."""
    return f"{article(slug)}/card.png"


def version_file(key: str, name: str, suffix: str) -> str:
    """The immutable URL of one version of an export; *key* is the result of ``ExportService.key`` without suffix."""
    return f"/files/{key}/{quote(name)}.{suffix}"


def parse_day(text: str) -> date | None:
    """The day in the form used by URLs, ``2018-03-04``. None for other text.

    Also None for ``20180304`` and ``2018-W09-7`` of ISO 8601: an issue has one URL, and an article's slug may be
    20180304.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def issue_day(text: str) -> date:
    """Like ``parse_day``, but raises NotFound."""
    day = parse_day(text)
    if day is None:
        raise NotFound("issue", text)
    return day


def issue(day: date) -> str:
    """The page of the issue of *day*."""
    return f"/d/{day.isoformat()}/"


def issue_file(day: date, suffix: str, page: str = "") -> str:
    """An export of the issue; *page* as for ``article_file``."""
    return f"/d/{day.isoformat()}.{suffix}" + (f"?page={page}" if page else "")


def section(path: tuple[str, ...]) -> str:
    """The page of a section, a path from the root; ``/s/`` for an empty path."""
    return "/s/" + "".join(quote(name, safe="") + "/" for name in path)


def editor_article(path: str) -> str:
    """The editor's page for the article in the file *path*."""
    return f"{EDITOR_ARTICLE}?path={quote(path, safe='/')}"


@lru_cache(4096)
def collection(of: Collection) -> str:
    """The page of a collection: ``/`` for all, else ``/s/<path>/``, ``/t/<tag>/``, ``/by/<author>/`` …"""
    if of.kind == "all":
        return HOME
    if of.kind == "corrected":
        return CORRECTIONS
    if of.kind == "section":
        return section(tuple(of.name.split("/")))
    return f"/{_FOLDERS[of.kind]}/{quote(of.name, safe='')}/"


def feed(of: Collection, name: str) -> str:
    """A feed of a collection; *name* is ``feed.xml``, ``atom.xml``, ``feed.json`` or ``lite.xml``."""
    return collection(of) + name


def search(query: str) -> str:
    """The search results page. Its feeds are ``/search/feed.xml?q=`` …"""
    return f"{SEARCH}?q={quote(query, safe='')}"


def media(digest: str, width: int, suffix: str) -> str:
    """A rendition of a picture, at most *width* pixels wide. Immutable: the URL contains the digest of the content."""
    return f"/media/{digest}-{width}.{suffix}"


def thumbnail(digest: str, suffix: str) -> str:
    """The small picture beside a headline. Immutable, like ``media``."""
    return f"/media/{digest}-thumbnail.{suffix}"


def with_prefix(prefix: str, address: str) -> str:
    """Adds *prefix*, which is empty or like ``/news``, to a path: ``/a/rain`` becomes ``/news/a/rain``.

    Returns relative URLs, URLs of other sites and paths that already begin with *prefix* unchanged. No path of a page
    begins with *prefix*, because *prefix* begins with none of FIRST_PARTS.
    """
    if not prefix or not address.startswith("/") or address.startswith(("//", f"{prefix}/")):
        return address
    return prefix + address


def prefix_of(site: str) -> str:
    """The path of the URL *site*, as ``with_prefix`` takes it; empty for an empty URL."""
    return urlsplit(site).path
