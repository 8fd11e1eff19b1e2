"""Processor time of pages that no cache holds, and of pages after a change elsewhere, against a plain Flask app.

    python benchmarks/uncached.py [--quick]

The plain app is what a Flask tutorial leads to: SQLite, Jinja, feedgen. Its pages have the same texts and lists, but no
compression, styles, downloads, translations or a second script. Both run in this process, one request at a time, in
turn. The times are those of the processor, so that other load changes them little; they are medians of the rounds.
``first`` is a page in no cache. ``confirmed`` is one that the response cache has stored, and that a change since then
has not touched: the cache validates it.

The plain app compiles its templates at each request (``render_template_string``), as the one in ``serving.py`` does.
That is most of its time: ``compiled`` is the same app with its templates kept.

Exits 1 if a target is missed: first and confirmed pages take no longer than those of the plain app.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from wsgiref.types import WSGIApplication

from feedgen.feed import FeedGenerator
from flask import Flask, Response, render_template_string, request
from werkzeug.test import EnvironBuilder, run_wsgi_app

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.library import write_articles  # noqa: E402
from reader.app import create_app  # noqa: E402
from reader.catalog import Catalog  # noqa: E402
from reader.services import Services, build_services  # noqa: E402
from reader.settings import Settings  # noqa: E402

PLAIN = "/plain"
HEADERS = {"Accept-Encoding": "br", "Accept-Language": "zh-CN", "User-Agent": "Mozilla/5.0"}
AIM = 1.0


@dataclass(frozen=True)
class Kind:
    """Pages of one kind: the addresses of ours, and of the plain app."""

    name: str
    ours: tuple[str, ...]
    plain: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """The processor times of a kind, ms a page."""

    name: str
    first: float
    confirmed: float
    plain: float
    compiled: float

    def missed(self) -> list[str]:
        return [what for what in ("first", "confirmed") if self.plain / getattr(self, what) < AIM]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="fewer articles and rounds: 30 s")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), *((300, 3) if chosen.quick else (3000, 9)))
    print(f"{'processor time, ms':20}{'first':>9}{'confirmed':>11}{'plain':>8}{'compiled':>10}", end="")
    print(f"{'plain/first':>13}{'plain/confirmed':>17}")
    for row in rows:
        print(f"{row.name:20}{row.first:9.2f}{row.confirmed:11.2f}{row.plain:8.2f}{row.compiled:10.2f}", end="")
        print(f"{row.plain / row.first:13.2f}{row.plain / row.confirmed:17.2f}")
    missed = [f"{row.name} {what}" for row in rows for what in row.missed()]
    print(f"aims: plain / first ≥ {AIM:g}, plain / confirmed ≥ {AIM:g}; missed: {', '.join(missed) or 'none'}")
    figures = (f"{row.name} {row.plain / row.first:.2f} {row.plain / row.confirmed:.2f}" for row in rows)
    print("uncached, plain / first and confirmed: " + "; ".join(figures))
    raise SystemExit(bool(missed))


def measure(folder: Path, articles: int, rounds: int) -> list[Row]:
    (folder / "articles").mkdir()
    write_articles(folder / "articles", articles)
    settings = replace(
        Settings.from_environ({"READER_ARTICLES": str(folder / "articles"), "READER_SITE_NAME": "试验"}),
        instance=folder / "instance",
        exports_ahead=False,
    )
    services = build_services(settings)
    while services.library.scan_all().unsettled:  # files that were written a moment ago
        time.sleep(0.5)
    cache = create_app(services).extensions["response_cache"]
    plain, compiled = (plain_app(services.catalog, keeps_templates=keeps) for keeps in (False, True))
    rows: list[Row] = []
    for kind in kinds(services, 60):
        first, confirmed, theirs, least = [], [], [], []
        for _ in range(rounds):
            first.append(cpu_ms(cache.inner, kind.ours))
            theirs.append(cpu_ms(plain, kind.plain))
            least.append(cpu_ms(compiled, kind.plain))
            cache.revision = Fixed(1)
            cpu_ms(cache, kind.ours)
            cache.revision = Fixed(2)
            confirmed.append(cpu_ms(cache, kind.ours))
        rows.append(Row(kind.name, *map(statistics.median, (first, confirmed, theirs, least))))
    return rows


class Fixed:
    """A revision of the catalog that the measurement sets."""

    def __init__(self, revision: int) -> None:
        self.revision = revision

    def __call__(self) -> int:
        return self.revision

    def cached(self) -> int | None:
        return self.revision


def kinds(services: Services, most: int) -> list[Kind]:
    catalog = services.catalog
    teasers = catalog.latest(limit=most)
    days = [f"{day:%Y-%m-%d}" for day, _ in catalog.issues(limit=most)]
    words = [teaser.title[:2] for teaser in teasers]
    sections = [collection.name for collection, _ in catalog.collections("section") if "/" not in collection.name]
    pages = {
        "article": ("/a/{}", [teaser.slug for teaser in teasers]),
        "home": ("/", [""]),
        "section": ("/s/{}/", sections),
        "search": ("/search?q={}", words),
        "issue": ("/d/{}/", days),
        "feed": ("/feed.xml", [""]),
    }
    return [
        Kind(name, *(tuple(prefix + form.format(value) for value in values) for prefix in ("", PLAIN)))
        for name, (form, values) in pages.items()
    ]


def cpu_ms(app: WSGIApplication, paths: Iterable[str]) -> float:
    """The processor time of a request, ms; the mean of *paths*."""
    environs = [
        EnvironBuilder(path=path.removeprefix(PLAIN).partition("?")[0], headers=list(HEADERS.items()),
                       query_string=path.partition("?")[2]).get_environ()
        for path in paths
    ]  # fmt: skip
    start = time.process_time()
    for environ in environs:
        body, status, _ = run_wsgi_app(app, environ, buffered=True)
        if status != "200 OK" or not b"".join(body):
            raise SystemExit(f"{environ['PATH_INFO']}: {status}")
    return 1000 * (time.process_time() - start) / len(environs)


# --- the plain app ---------------------------------------------------------------------------------------------------

LAYOUT = """<!doctype html><html lang=zh><meta charset=utf-8><meta name=viewport content="width=device-width">
<title>{{ title }} - 试验</title><header><a href="/">试验</a>
<nav>{% for name in sections %}<a href="/s/{{ name }}/">{{ name }}</a> {% endfor %}</nav>
<form action="/search"><input name=q value="{{ q }}"></form></header><main>"""
LIST = (
    LAYOUT
    + """<h1>{{ title }}</h1>{% for a in articles %}<article><h2><a href="/a/{{ a.slug }}">{{ a.title }}</a></h2>
<p>{{ a.summary }}</p><time>{{ a.published }}</time> <a href="/s/{{ a.section }}/">{{ a.section }}</a></article>
{% endfor %}</main>"""
)
ARTICLE = (
    LAYOUT
    + """<h1>{{ a.title }}</h1><p><time>{{ a.published }}</time> {{ a.source }} {{ a.byline }}</p>{{ a.body|safe }}
<nav>{% for b in related %}<a href="/a/{{ b.slug }}">{{ b.title }}</a>{% endfor %}</nav></main>"""
)
FIELDS = "slug, title, published, day, section, source, byline, summary, body"


def database_of(catalog: Catalog) -> sqlite3.Connection:
    """A table with the articles of *catalog*, in memory."""
    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    database.execute(f"CREATE TABLE articles ({FIELDS})")
    database.execute("CREATE UNIQUE INDEX slugs ON articles (slug)")
    database.execute("CREATE INDEX times ON articles (published)")
    database.execute("CREATE INDEX sections ON articles (section, published)")
    database.execute("CREATE INDEX days ON articles (day)")
    for teaser in catalog.latest(limit=100_000):
        found = catalog.article(teaser.slug)
        row = (
            found.slug, found.title, found.published.isoformat(), f"{found.published:%Y-%m-%d}", found.section[0],
            found.source, " ".join(found.byline), teaser.summary, str(found.body),
        )  # fmt: skip
        database.execute(f"INSERT INTO articles VALUES ({','.join('?' * len(row))})", row)
    return database


def plain_app(catalog: Catalog, *, keeps_templates: bool) -> Flask:
    """Flask, SQLite, Jinja and feedgen, with the articles of *catalog*."""
    database = database_of(catalog)
    sections = [section for (section,) in database.execute("SELECT DISTINCT section FROM articles ORDER BY section")]
    app = Flask("plain")
    compiled = {source: app.jinja_env.from_string(source) for source in (LIST, ARTICLE)}

    def page(source: str, **values: object) -> str:
        return compiled[source].render(values) if keeps_templates else render_template_string(source, **values)

    def rows(where: str, *values: object, limit: int = 25) -> list[sqlite3.Row]:
        query = f"SELECT {FIELDS} FROM articles WHERE {where} ORDER BY published DESC LIMIT ?"
        return database.execute(query, (*values, limit)).fetchall()

    def listed(title: str, articles: list[sqlite3.Row], q: str = "") -> str:
        return page(LIST, title=title, articles=articles, sections=sections, q=q)

    @app.get("/")
    def home() -> str:
        return listed("首页", rows("1"))

    @app.get("/s/<name>/")
    def section(name: str) -> str:
        return listed(name, rows("section = ?", name))

    @app.get("/d/<day>/")
    def issue(day: str) -> str:
        return listed(day, rows("day = ?", day, limit=500))

    @app.get("/search")
    def search() -> str:
        q = request.args["q"]
        return listed(q, rows("title LIKE ? OR body LIKE ?", f"%{q}%", f"%{q}%"), q)

    @app.get("/a/<slug>")
    def article(slug: str) -> str:
        [found] = rows("slug = ?", slug)
        related = rows("section = ? AND slug <> ?", found["section"], slug, limit=7)
        return page(ARTICLE, a=found, title=found["title"], related=related, sections=sections, q="")

    @app.get("/feed.xml")
    def feed() -> Response:
        return Response(rss(rows("1")), mimetype="application/rss+xml")

    return app


def rss(rows: list[sqlite3.Row]) -> bytes:
    made = FeedGenerator()
    made.title("试验")
    made.link(href="https://news.example/")
    made.description("试验")
    for row in rows:
        entry = made.add_entry(order="append")
        entry.title(row["title"])
        entry.link(href=f"https://news.example/a/{row['slug']}")
        entry.published(datetime.fromisoformat(row["published"]).astimezone(UTC))
        entry.content(row["body"], type="CDATA")
    return bytes(made.rss_str())


if __name__ == "__main__":
    main()
