"""The whole site as a folder that any static host can serve: each page as a visitor would get it.

A page ``/a/rain`` becomes ``a/rain/index.html``. Addresses with a query (``?page=phone``, ``?before=…``) have no file.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from .. import urls
from ..services import Services

SEEDS = (urls.HOME, urls.ISSUES, urls.FEEDS, "/feed.xml", "/atom.xml", "/feed.json", "/robots.txt")
EXTRAS = ("/favicon.ico", "/manifest.webmanifest", "/offline", "/sw.js", "/sitemap.xml")
_LINK = re.compile(r'\b(?:href|src|srcset|imagesrcset)=(?:"([^"]*)"|([^\s">]+))')
MOVED = (301, 302, 308)
POLL_SECONDS = 0.05
"""Exports answer 503 until they are made."""


def export_site(app: Flask, folder: Path) -> Iterator[str]:
    """Writes file after file; yields the address of each."""
    services: Services = app.extensions["reader"]
    shutil.copytree(services.settings.static, folder / "static" / services.render.build_id, dirs_exist_ok=True)
    client = app.test_client()
    waiting, seen = [*reversed(EXTRAS), *reversed(SEEDS)], {*EXTRAS, *SEEDS}
    while waiting:
        address = waiting.pop()
        response = fetch(client, address)
        if response.status_code == 200:
            write(folder, address, response.mimetype or "text/html", response.get_data())
            yield address
        elif response.status_code in MOVED:
            write(folder, address, "text/html", redirect_page(response.location or urls.HOME))
        found = [link for link in links_of(address, response) if link not in seen]
        seen.update(found)
        waiting += reversed(found)


def fetch(client: FlaskClient, address: str) -> Response:
    """The answer, after waiting for it as long as it takes."""
    while True:
        response = client.get(address, buffered=True)
        if response.status_code != 503:
            return response
        time.sleep(POLL_SECONDS)


def links_of(address: str, response: Response) -> list[str]:
    """Addresses of this site on a page, or where it redirects to; without fragments, none with a query."""
    if response.status_code in MOVED:
        links = [response.headers["Location"]]
    elif response.mimetype == "text/html":
        links = [unescape(a or b) for a, b in _LINK.findall(response.get_data(as_text=True))]
    else:
        return []
    targets = [part.split()[0] for link in links for part in link.split(", ") if part.split()]
    found = [urlsplit(urljoin(f"http://localhost{address}", target)) for target in targets]
    return [unquote(link.path) for link in dict.fromkeys(found) if link.netloc == "localhost" and not link.query]


def redirect_page(target: str) -> bytes:
    """A page that leads on, since a folder can't redirect."""
    to = escape(target)
    return f'<!doctype html><meta http-equiv=refresh content="0;url={to}"><link rel=canonical href="{to}">'.encode()


def write(folder: Path, address: str, mimetype: str, content: bytes) -> None:
    name = address.lstrip("/")
    if mimetype == "text/html" and not name.endswith(".html"):
        name = f"{name.rstrip('/')}/index.html".lstrip("/")
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
