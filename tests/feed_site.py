"""A site with sixty articles, one of them with difficult content, over real HTTP, for the feed tests."""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from lxml import etree
from waiting import LIMIT_SECONDS
from werkzeug.serving import WSGIRequestHandler, make_server

from reader.app import create_app
from reader.exports.publications import of_article
from reader.feeds.selection import Selection
from reader.models import Collection
from reader.services import Services, build_services
from reader.settings import Settings

NS = {
    "a": "http://www.w3.org/2005/Atom",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "fh": "http://purl.org/syndication/history/1.0",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
}
SECTION = Collection("section", "河北新闻/本网原创")
TAG = Collection("tag", "改革")
SELECTIONS = {
    "everything": Selection(),
    "section": Selection((SECTION,)),
    "tag": Selection((TAG,)),
    "author": Selection((Collection("author", "高原雪"),)),
    "source": Selection((Collection("source", "河北新闻网"),)),
    "section and tag": Selection((SECTION, TAG)),
    "search": Selection(query="政协"),
}
COUNT = 60
TROUBLE = "trouble"
TROUBLE_TITLE = "麻烦 <b>&amp;</b> ]]> 🎉 \u202eهذا\u202c"


def text_of(number: int) -> str:
    """One ordinary article; the 60th is the newest; all are in the collections of SELECTIONS."""
    return f"""---
title: 第{number}届政协“两个全覆盖”
published: 2026-0{1 + number // 28}-{1 + number % 28:02} 10:{number % 60:02}
section: [河北新闻, 本网原创]
tags: [改革, 党建]
byline: [高原雪, 张岩]
source: 河北新闻网
---

政协工作之{number}。[本期](/d/)和[注](#note)。

## 小标题

“要加强政协党的组织建设”，{"实现党的组织对党员委员的全覆盖。" * (number % 5 + 1)}
"""


def trouble() -> bytes:
    """Content that has broken feeds: forbidden characters, ``]]>``, literal tags, 20,000 characters.

    A raw NUL would make the file unreadable, so it is a YAML escape and a character reference.
    """
    forbidden = "\x01\x0b\x0c\x1b\x7f\x85\x9f\ufffe\uffff\ufdd0"
    body = f"政协 {forbidden} ]]> &lt;script&gt;alert(1)&lt;/script&gt; 🎉👨‍👩‍👧 \u202eabc\u202c &amp;amp; &nbsp; &#0;&#27;&#xfffe;"
    return f"""---
title: "{TROUBLE_TITLE}\\0\\x1b\\uFFFE"
summary: "摘要 ]]> <i>斜</i> & 🎉\\0\\x0b"
published: 2026-03-20 10:00
section: [河北新闻, 本网原创]
tags: [改革, "a&b <c>"]
byline: [高原雪]
source: 河北新闻网
---

{body}

<p onclick="alert(1)">政协<script>alert(2)</script><a href="javascript:alert(3)">x</a><img src=x onerror=alert(4)></p>

{"政协长文，一万字。" * 2300}
""".encode()


@dataclass(frozen=True)
class Answer:
    """One HTTP response; ``body`` is still compressed."""

    status: int
    headers: dict[str, str]
    body: bytes

    def __getitem__(self, name: str) -> str:
        return self.headers.get(name.lower(), "")


@dataclass(frozen=True)
class Item:
    """A feed entry, independent of the format."""

    id: str
    link: str
    title: str
    summary: str
    content: str
    published: datetime
    updated: datetime
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    enclosures: tuple[tuple[str, str, int], ...]


@dataclass
class FeedSite:
    """The site. ``get`` caches responses to requests without headers, so that many tests can use one.

    ``statuses`` are those of all responses so far, in order.
    """

    app: Flask
    url: str
    statuses: list[int]
    _fetched: dict[str, Answer] = field(default_factory=dict)

    def fetch(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """One request with these headers (``If_None_Match="…"``)."""
        parts = urlsplit(self.url)
        with closing(http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=LIMIT_SECONDS)) as connection:
            connection.request(method, path, headers={name.replace("_", "-"): v for name, v in headers.items()})
            response = connection.getresponse()
            return Answer(response.status, {n.lower(): v for n, v in response.getheaders()}, response.read())

    def get(self, path: str) -> Answer:
        if path not in self._fetched:
            self._fetched[path] = self.fetch(path)
        return self._fetched[path]

    def forget(self) -> None:
        self._fetched.clear()

    @property
    def services(self) -> Services:
        found: Services = self.app.extensions["reader"]
        return found

    @cached_property
    def articles(self) -> Path:
        return self.services.settings.articles

    def drop(self, name: str, content: str | bytes) -> None:
        """Writes a file with an old modification time and updates the catalog."""
        path = self.articles / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        settled = time.time_ns() - 2_000_000_000
        os.utime(path, ns=(settled, settled))
        self.sync()

    def remove(self, name: str) -> None:
        (self.articles / name).unlink()
        self.sync()

    def sync(self) -> None:
        self.services.library.scan_all()
        self.forget()

    def export(self, *slugs: str) -> None:
        """Generates the EPUB and the PDF of these articles in worker processes."""
        export_service, stop = self.services.export_service, threading.Event()
        wanted = [(of_article(a), s) for a in self.services.catalog.articles(slugs) for s in ("epub", "pdf")]
        for publication, suffix in wanted:
            export_service.submit(publication, suffix)
        pool = threading.Thread(target=export_service.run_workers, args=(stop,))
        pool.start()
        while not all(export_service.size_bytes(publication, suffix) for publication, suffix in wanted):
            time.sleep(0.05)
        stop.set()
        pool.join()
        self.forget()


@contextmanager
def feed_site(folder: Path, port: int = 0, **settings: Any) -> Iterator[FeedSite]:
    """A site on *port* (0: any free port), over real HTTP in this process, so that a test can change its library."""
    chosen = {"site_name": "河北新闻", "feed_authority": "news.example,2026", "removal_grace_seconds": 0.0} | settings
    services = build_services(Settings(articles=folder / "articles", instance=folder / "instance", **chosen))
    app, statuses = create_app(services), []

    class Watched(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            statuses.append(int(code))

    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Watched)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield FeedSite(app, f"http://127.0.0.1:{server.server_port}", statuses)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def fill(site: FeedSite) -> None:
    for number in range(COUNT):
        path = site.articles / f"n{number:02}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(number), "utf-8")
    (site.articles / f"{TROUBLE}.md").write_bytes(trouble())
    settled = time.time_ns() - 2_000_000_000
    for path in site.articles.iterdir():
        os.utime(path, ns=(settled, settled))
    site.sync()


def items_of(path: str, raw: bytes) -> list[Item]:
    """The entries of the feed at *path*, in any format."""
    if ".json" in path:
        return [_json_item(item) for item in json.loads(raw)["items"]]
    root = etree.fromstring(raw)
    if root.tag == "rss":
        return [_rss_item(item) for item in root.iterfind("channel/item")]
    return [_atom_item(entry) for entry in root.iterfind("a:entry", NS)]


def _rss_item(item: etree._Element) -> Item:
    published = parsedate_to_datetime(item.findtext("pubDate"))
    updated = item.findtext("a:updated", namespaces=NS)
    first = item.find("enclosure")
    links = [] if first is None else [(first.get("url"), first.get("type"), int(first.get("length")))]
    links += [(link.get("href"), link.get("type"), int(link.get("length"))) for link in item.iterfind("a:link", NS)]
    return Item(
        item.findtext("guid"), item.findtext("link"), item.findtext("title"), item.findtext("description"),
        item.findtext("content:encoded", "", NS), published, datetime.fromisoformat(updated) if updated else published,
        tuple(name.text for name in item.iterfind("dc:creator", NS)),
        tuple(name.text for name in item.iterfind("category")), tuple(links),
    )  # fmt: skip


def _atom_item(entry: etree._Element) -> Item:
    links = {link.get("rel"): link for link in entry.iterfind("a:link", NS)}
    enclosures = entry.iterfind("a:link[@rel='enclosure']", NS)
    return Item(
        entry.findtext("a:id", None, NS), links["alternate"].get("href"), entry.findtext("a:title", None, NS),
        entry.findtext("a:summary", None, NS), entry.findtext("a:content", "", NS),
        datetime.fromisoformat(entry.findtext("a:published", None, NS)),
        datetime.fromisoformat(entry.findtext("a:updated", None, NS)),
        tuple(name.text for name in entry.iterfind("a:author/a:name", NS)),
        tuple(name.get("term") for name in entry.iterfind("a:category", NS)),
        tuple((link.get("href"), link.get("type"), int(link.get("length"))) for link in enclosures),
    )  # fmt: skip


def _json_item(item: dict[str, Any]) -> Item:
    return Item(
        item["id"], item["url"], item["title"], item["summary"], item["content_html"],
        datetime.fromisoformat(item["date_published"]), datetime.fromisoformat(item["date_modified"]),
        tuple(author["name"] for author in item.get("authors", [])), tuple(item["tags"]),
        tuple((a["url"], a["mime_type"], a["size_in_bytes"]) for a in item.get("attachments", [])),
    )  # fmt: skip
