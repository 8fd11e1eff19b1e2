"""The whole site as a folder that any static host can serve: each page as a visitor would get it.

A page ``/a/rain`` becomes ``a/rain/index.html``. Addresses with a query (``?page=phone``, ``?before=…``) have no file.
Which addresses there are is read from the sitemaps and from the links of the pages.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
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
from ..i18n import Message
from ..services import Services

SEEDS = (urls.HOME, urls.ISSUES, urls.FEEDS, urls.SITEMAP, "/feed.xml", "/atom.xml", "/feed.json", "/robots.txt")
EXTRAS = ("/favicon.ico", "/apple-touch-icon.png", urls.MANIFEST, urls.OFFLINE, urls.SERVICE_WORKER)
NOT_FOUND = "/404.html"
"""Static hosts show this file for an address that has none."""

MOVED = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5
POLL_SECONDS = 0.05
"""Exports answer 503 until they are made."""

_OWN_HOST = "localhost"
_SRCSET_URL = re.compile(r"\s*(\S*[^\s,])(?:\s+[^,]+)?\s*(?:,|$)")
_BODY_LINK = re.compile(r"""(<[a-z][^<>]*\s(?:href|src)=")([^"]*)""")


@dataclass(frozen=True)
class SiteLink:
    """An address of the site in its one form, percent-encoded; who links to it, after how many redirects in a row."""

    address: str
    origin: str = ""
    redirects: int = 0


@dataclass(frozen=True)
class Outcome:
    """An address that was written, or that could not be: then *problem* says why."""

    address: str
    problem: str = ""


def export_site(app: Flask, folder: Path) -> Iterator[Outcome]:
    """Writes file after file; yields what became of each address. One that fails stops no other."""
    services: Services = app.extensions["reader"]
    static = f"/static/{services.render.build_id}/"
    shutil.copytree(services.settings.static, folder / static.strip("/"), dirs_exist_ok=True)
    settings = services.settings
    site = SiteClient(app.test_client(), settings.base_url, settings.export_timeout_seconds)
    waiting = [SiteLink(address) for address in (*reversed(EXTRAS), *reversed(SEEDS))]
    seen = {link.address for link in waiting}
    while waiting:
        link = waiting.pop()
        response = site.fetch(link.address)
        yield save(folder, link, response)
        found = [new for new in site.links_of(link, response) if new.address not in seen]
        found = [new for new in found if not new.address.startswith(static)]
        seen.update(new.address for new in found)
        waiting += reversed(found)
    write(folder, NOT_FOUND, "text/html", site.fetch(NOT_FOUND).get_data())


@dataclass(frozen=True)
class SiteClient:
    """The site as its visitors see it. ``base_url`` is its public address, or empty."""

    client: FlaskClient
    base_url: str
    patience_seconds: float

    def fetch(self, address: str) -> Response:
        """The answer; while it is 503 it is asked for again, for as long as one export may take."""
        give_up = time.monotonic() + self.patience_seconds
        while True:
            response = self.client.get(address, buffered=True)
            if response.status_code != 503 or time.monotonic() > give_up:
                return response
            time.sleep(POLL_SECONDS)

    def links_of(self, link: SiteLink, response: Response) -> Iterator[SiteLink]:
        """What a page or a sitemap links to, or where it redirects to; each address once, none of another site."""
        if response.status_code in MOVED:
            addresses, redirects = [response.headers.get("Location", "")], link.redirects + 1
        elif response.status_code == 200:
            addresses, redirects = targets_in(response.mimetype or "", response.get_data()), 0
        else:
            return
        if redirects > MOST_REDIRECTS:
            return
        for address in dict.fromkeys(self.address_of(target, link.address) for target in addresses):
            if address:
                yield SiteLink(address, link.address, redirects)

    def address_of(self, target: str, page: str) -> str:
        """The one form of a link's target on this site; empty for other sites and for addresses with a query."""
        try:
            if self.base_url and (target + "/").startswith(self.base_url + "/"):
                target = target.removeprefix(self.base_url) or "/"
            parts = urlsplit(urljoin(f"http://{_OWN_HOST}{page}", target.strip()))
        except ValueError:  # http://[…
            return ""
        if parts.scheme not in ("http", "https") or parts.netloc != _OWN_HOST or parts.query:
            return ""
        return quote(unquote(parts.path or "/"))


def targets_in(mimetype: str, content: bytes) -> list[str]:
    """Link targets as written: the attributes of a page, the locations of a sitemap."""
    if mimetype == "text/html" and content.strip():
        page = lxml.html.document_fromstring(content, parser=lxml.html.HTMLParser(encoding="utf-8"))
        sets = [element.get(name) or "" for element in page.iter() for name in ("srcset", "imagesrcset")]
        return [link for _, _, link, _ in lxml.html.iterlinks(page)] + [
            u for one in sets for u in _SRCSET_URL.findall(one)
        ]
    if mimetype.endswith("xml"):
        tree = lxml.etree.fromstring(content, lxml.etree.XMLParser(resolve_entities=False, no_network=True))
        return [element.text or "" for element in tree.iter("{*}loc")]
    return []


def save(folder: Path, link: SiteLink, response: Response) -> Outcome:
    """Writes what was answered, or says why there is no file."""
    status, content, mimetype = response.status_code, response.get_data(), response.mimetype or "text/html"
    if status in MOVED:
        target = response.headers.get("Location", urls.HOME)
        if _file_of(urlsplit(target).path, "text/html") == _file_of(link.address, "text/html"):
            return Outcome(link.address)  # /s/河北 leads to /s/河北/: one file answers both
        content, mimetype = redirect_page(target), "text/html"
    if status not in (200, *MOVED):
        return failed(link, Message("the server answers %(status)s", status=response.status))
    if status in MOVED and link.redirects >= MOST_REDIRECTS:
        return failed(link, Message("more than %(count)s redirects in a row", count=MOST_REDIRECTS))
    try:
        write(folder, link.address, mimetype, with_whole_paths(link.address, mimetype, content))
    except OSError as error:
        return failed(link, error.strerror or str(error))
    return Outcome(link.address)


def failed(link: SiteLink, cause: str) -> Outcome:
    origin = unquote(link.origin or urls.HOME)
    address = unquote(link.address)
    return Outcome(
        link.address,
        Message("%(address)s: %(cause)s (linked from %(origin)s)", address=address, cause=cause, origin=origin),
    )


def with_whole_paths(address: str, mimetype: str, content: bytes) -> bytes:
    """``<a href="sun">`` on the page ``/a/rain`` becomes ``/a/sun``: a static host shows that page at ``/a/rain/``."""
    if mimetype != "text/html" or address.endswith("/"):
        return content
    return _BODY_LINK.sub(lambda found: found[1] + _whole_path(address, found[2]), content.decode()).encode()


def _whole_path(address: str, target: str) -> str:
    is_relative = re.match(r"(?![a-zA-Z][\w+.-]*:)[^/#?]", target)
    return urljoin(address, target) if is_relative else target


def redirect_page(target: str) -> bytes:
    """A page that leads on, since a folder can't redirect."""
    to = escape(target)
    return f'<!doctype html><meta http-equiv=refresh content="0;url={to}"><link rel=canonical href="{to}">'.encode()


def write(folder: Path, address: str, mimetype: str, content: bytes) -> None:
    """Raises OSError, also for an address that leads out of the folder."""
    path = folder / _file_of(address, mimetype)
    if ".." in path.relative_to(folder).parts:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _file_of(address: str, mimetype: str) -> str:
    """The name a static host looks for: it decodes the address, and looks for index.html in a folder."""
    name = unquote(address).lstrip("/")
    if mimetype == "text/html" and not name.endswith(".html"):
        return f"{name.rstrip('/')}/index.html".lstrip("/")
    return name
