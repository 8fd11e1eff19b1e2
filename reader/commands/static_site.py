"""Exports the whole site as a folder for any static host. Each page is the response to a visitor's request.

A page ``/a/rain`` becomes ``a/rain/index.html``. URLs with a query (``?page=phone``, ``?before=…``) have no file. The
URLs are found in the sitemaps and in the links of the pages.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

import lxml.etree
import lxml.html
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from .. import urls
from ..exports import EXPORTS
from ..exports.publications import every_article
from ..i18n import Message
from ..services import Services
from ..web.middleware.path_prefix import path_within
from ..web.views.search import IS_STATIC
from .relative_links import with_relative_links
from .static_output_folder import StaticFolder
from .static_search import search_files

SEEDS = (urls.HOME, urls.ISSUES, urls.FEEDS, urls.SITEMAP, "/feed.xml", "/atom.xml", "/feed.json", "/robots.txt")
EXTRAS = ("/favicon.ico", "/apple-touch-icon.png", urls.MANIFEST, urls.OFFLINE, urls.SERVICE_WORKER, "/bookmarks.js")
NOT_FOUND = "/404.html"
"""Static hosts serve this file for missing URLs."""

MOVED = (301, 302, 303, 307, 308)
"""Redirecting status codes."""
MOST_REDIRECTS = 5
POLL_SECONDS = 0.05
"""Interval of requests for an export that is being generated (503)."""

_OWN_HOST = "localhost"
_WITHOUT_LINKS = re.compile(rf"^/media/|\.(?:{'|'.join(EXPORTS)}|png|svg)$")
"""URLs of files that contain no links."""
_SRCSET_URL = re.compile(r"\s*(\S*[^\s,])(?:\s+[^,]+)?\s*(?:,|$)")
_BODY_LINK = re.compile(r"""(<[a-z][^<>]*\s(?:href|src)=")([^"]*)""")


@dataclass(frozen=True)
class SiteLink:
    """A normalized, percent-encoded URL of the site; the page that links to it; the number of redirects before it."""

    address: str
    origin: str = ""
    redirects: int = 0


@dataclass(frozen=True)
class WrittenPage:
    """The result for one URL; *problem* is empty if its file was written."""

    address: str
    problem: str = ""


def export_site(app: Flask, folder: Path) -> Iterator[WrittenPage]:
    """Writes the files one by one and yields their results. A failure does not stop the export.

    Files of an earlier export are removed at the end, so that withdrawn articles disappear. Raises OSError.
    """
    target, failures = StaticFolder(folder), set[str]()
    app.config[IS_STATIC] = True
    services: Services = app.extensions["reader"]
    static = f"/static/{services.render.build_id}/"
    for path in filter(Path.is_file, services.settings.static.rglob("*")):
        name = static + path.relative_to(services.settings.static).as_posix()
        yield write_file(target, SiteLink(name), name.lstrip("/"), path.read_bytes())
    settings = services.settings
    site = SiteClient(app.test_client(), settings.base_url, settings.export_timeout_seconds)
    waiting = [SiteLink(address) for address in (*reversed(EXTRAS), *reversed(SEEDS))]
    seen = {link.address for link in waiting}
    while waiting:
        link = waiting.pop()
        response = site.fetch(link.address)
        outcome = write_response(target, link, response, settings.path_prefix)
        if outcome.problem and response.status_code not in (404, 410):
            failures.add(link.address)
        yield outcome
        found = [new for new in site.links_of(link, response) if new.address not in seen]
        found = [new for new in found if not new.address.startswith(static)]
        seen.update(new.address for new in found)
        waiting += reversed(found)
    for name, content in search_files(every_article(services.catalog)):
        yield write_file(target, SiteLink(f"/{name}"), name, content)
    if not settings.base_url:
        yield from make_links_relative(target)
    yield write_file(target, SiteLink(NOT_FOUND), NOT_FOUND.lstrip("/"), site.fetch(NOT_FOUND).get_data())
    if all(
        _WITHOUT_LINKS.search(address) for address in failures
    ):  # a failed page may have links that were not followed
        target.remove_earlier({unquote(address).lstrip("/") for address in failures})


def make_links_relative(target: StaticFolder) -> Iterator[WrittenPage]:
    """Without READER_BASE_URL nobody knows where the folder will be: its pages also work below any path and from
    ``file://``. Not so the offline page, which the service worker shows at any address. Yields the failures."""
    names = set(target.names)

    def file_of(path: str) -> str:
        found = (unquote(path).lstrip("/"), _file_of(path, "text/html"))
        return next((name for name in found if name in names), "")

    for name in sorted(names - {_file_of(urls.OFFLINE, "text/html")}):
        if name.endswith("index.html"):
            html = target.read(name).decode("utf-8")
            outcome = write_file(target, SiteLink(f"/{name}"), name, with_relative_links(name, html, file_of).encode())
            yield from [outcome] if outcome.problem else []


@dataclass(frozen=True)
class SiteClient:
    """Requests pages of the app like a visitor. ``base_url`` is the public URL, or empty."""

    client: FlaskClient
    base_url: str
    patience_seconds: float

    def fetch(self, address: str) -> Response:
        """The response. Repeats the request while the status is 503, at most as long as an export may take."""
        give_up = time.monotonic() + self.patience_seconds
        while True:
            response = self.client.get(address, buffered=True)
            if response.status_code != 503 or time.monotonic() > give_up:
                return response
            time.sleep(POLL_SECONDS)

    def links_of(self, link: SiteLink, response: Response) -> Iterator[SiteLink]:
        """The URLs that a page or sitemap links to, or a response redirects to, without duplicates and other sites."""
        if response.status_code in MOVED:
            addresses, redirects = [response.headers.get("Location", "")], link.redirects + 1
        elif response.status_code == 200:
            addresses, redirects = link_targets(response.mimetype or "", response.get_data()), 0
        else:
            return
        if redirects > MOST_REDIRECTS:
            return
        for address in dict.fromkeys(self.address_of(target, link.address) for target in addresses):
            if address:
                yield SiteLink(address, link.address, redirects)

    def address_of(self, target: str, page: str) -> str:
        """The normalized path of a link on this site; empty for other sites and for URLs with a query."""
        try:
            if self.base_url and (target + "/").startswith(self.base_url + "/"):
                target = target.removeprefix(self.base_url) or "/"
            target = path_within(urls.prefix_of(self.base_url), target.strip())
            parts = urlsplit(urljoin(f"http://{_OWN_HOST}{page}", target))
        except ValueError:  # http://[…
            return ""
        if parts.scheme not in ("http", "https") or parts.netloc != _OWN_HOST or parts.query:
            return ""
        return quote(unquote(parts.path or "/"))


def link_targets(mimetype: str, content: bytes) -> list[str]:
    """Link targets as written: the attributes of a page, the locations of a sitemap, the logo of a feed."""
    if mimetype == "text/html" and content.strip():
        page = lxml.html.document_fromstring(content, parser=lxml.html.HTMLParser(encoding="utf-8"))
        sets = [element.get(name) or "" for element in page.iter() for name in ("srcset", "imagesrcset")]
        return [link for _, _, link, _ in lxml.html.iterlinks(page)] + [
            u for srcset in sets for u in _SRCSET_URL.findall(srcset)
        ]
    if mimetype.endswith("xml"):
        tree = lxml.etree.fromstring(content, lxml.etree.XMLParser(resolve_entities=False, no_network=True))
        return [text for element in tree.iter("{*}loc", "{*}logo", "{*}url") if (text := (element.text or "").strip())]
    return []


def write_response(target: StaticFolder, link: SiteLink, response: Response, prefix: str = "") -> WrittenPage:
    """Writes the file of a response. *prefix* is the path below which the folder is served. Returns the problem, if
    any."""
    status, content, mimetype = response.status_code, response.get_data(), response.mimetype or "text/html"
    if status in MOVED:
        address = response.headers.get("Location", urls.HOME)
        if _file_of(path_within(prefix, urlsplit(address).path), "text/html") == _file_of(link.address, "text/html"):
            return WrittenPage(link.address)  # /s/河北 redirects to /s/河北/: one file serves both
        content, mimetype = redirect_page(address), "text/html"
    if status not in (200, *MOVED):
        return failure(link, Message("the server answers %(status)s", status=response.status))
    if status in MOVED and link.redirects >= MOST_REDIRECTS:
        return failure(link, Message("more than %(count)s redirects in a row", count=MOST_REDIRECTS))
    content = with_absolute_paths(link.address, mimetype, content, prefix)
    return write_file(target, link, _file_of(link.address, mimetype), content)


def write_file(target: StaticFolder, link: SiteLink, name: str, content: bytes) -> WrittenPage:
    """Writes the file *name*."""
    try:
        target.write(name, content)
    except OSError as error:
        return failure(link, error.strerror or str(error))
    return WrittenPage(link.address)


def failure(link: SiteLink, cause: str) -> WrittenPage:
    """The result of a URL that could not be written."""
    origin = unquote(link.origin or urls.HOME)
    address = unquote(link.address)
    return WrittenPage(
        link.address,
        Message("%(address)s: %(cause)s (linked from %(origin)s)", address=address, cause=cause, origin=origin),
    )


def with_absolute_paths(address: str, mimetype: str, content: bytes, prefix: str = "") -> bytes:
    """``<a href="sun">`` on the page ``/a/rain`` becomes ``/a/sun``, because a static host serves the page at
    ``/a/rain/``."""
    if mimetype != "text/html" or address.endswith("/"):
        return content
    return _BODY_LINK.sub(
        lambda found: found[1] + _absolute_path(urls.with_prefix(prefix, address), found[2]), content.decode()
    ).encode()


def _absolute_path(address: str, target: str) -> str:
    is_relative = re.match(r"(?![a-zA-Z][\w+.-]*:)[^/#?]", target)
    return urljoin(address, target) if is_relative else target


def redirect_page(target: str) -> bytes:
    """An HTML page that redirects, because a static host cannot."""
    to = escape(target)
    return f'<!doctype html><meta http-equiv=refresh content="0;url={to}"><link rel=canonical href="{to}">'.encode()


def _file_of(address: str, mimetype: str) -> str:
    """The file name that a static host looks up: the decoded URL, with index.html for a folder."""
    name = unquote(address).lstrip("/")
    if mimetype == "text/html" and not name.endswith(".html"):
        return f"{name.rstrip('/')}/index.html".lstrip("/")
    return name
