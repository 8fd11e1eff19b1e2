"""No answer grows with the number of sections, tags, reporters, sources, days, languages or articles of a day."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

import pytest
from factories import catalog_transaction, make_article

from reader.app import create_app
from reader.catalog.schema import connect
from reader.catalog.search_terms import terms_of
from reader.feeds import FEEDS
from reader.services import build_services
from reader.settings import Settings

MANY = 8_000
ARTICLES = 120
BYTES = 300_000
"""Each of these answers is shorter: the longest is the file of feeds."""

FIRST_DAY = date(1970, 1, 2)
NAMES = {
    "section": lambda n: f"栏目{n}" if n % 2 else f"河北/县{n}",
    "tag": lambda n: f"标签{n}",
    "author": lambda n: f"记者{n}",
    "source": lambda n: f"报社{n}",
    "day": lambda n: (FIRST_DAY + timedelta(days=n)).isoformat(),
}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Of a site with 8,000 collections of each kind, and 120 languages of one article on one day."""
    folder = tmp_path_factory.mktemp("many")
    settings = Settings(articles=folder / "articles", instance=folder / "instance")
    services = build_services(settings)
    services.library.scan_all()
    article = make_article("a0", section=("河北", "县0"), tags=("标签0",), byline=("记者0",), source="报社0")
    terms = terms_of(article)
    with catalog_transaction(settings.catalog, datetime.now(UTC)) as transaction:
        for n in range(ARTICLES):
            said = replace(article, slug=f"a{n}", language=f"zh-x-{n:06}", translation="rain")
            transaction.put(f"a{n}.md", "1", f"digest {n}", said, terms)
    rows = [(kind, name(n)) for kind, name in NAMES.items() for n in range(MANY)]
    with connect(settings.catalog) as connection:
        connection.executemany("INSERT OR IGNORE INTO collections (kind, name, count) VALUES (?, ?, 1)", rows)
    return create_app(services).test_client()


def addresses() -> list[str]:
    lists = [
        f"/{kind}/" for kind in ("s/栏目1", "s/河北", "s/河北/县0", "t/标签0", "by/记者0", "from/报社0", "corrections")
    ]
    pages = ["/", "/s/", "/d/", "/d/2026-05-01/", "/feeds", "/feeds.opml", "/offline", "/preferences", "/search"]
    files = ["/robots.txt", "/sitemap.xml", "/sitemap-pages.xml", "/sitemap-2026-05.xml", "/manifest.webmanifest"]
    others = [
        "/opds",
        "/opds/articles",
        "/opds/issues",
        "/opds/search?q=雨",
        "/healthz",
        "/a/a0",
        "/a/a0/share",
        "/none",
    ]
    searches = ["/search?q=雨", "/search?q=none", *(f"/search/{feed}?q=雨" for feed in FEEDS)]
    feeds = [f"{base}{feed}" for base in ["/", *lists] for feed in FEEDS]
    return [*lists, *pages, *files, *others, *searches, *feeds]


def test_no_answer_grows_with_the_number_of_collections(client):
    sizes = {address: len(client.get(address).data) for address in addresses()}
    assert {address: size for address, size in sizes.items() if size > BYTES} == {}
    assert all(sizes.values())


def test_the_pages_of_sections_lead_to_each_section_once(client):
    found, address = [], "/s/"
    while address:
        page = client.get(address).text
        found += re.findall(r'<li><a href="(/s/[^"]+)"', page)
        older = re.search(r'href="(/s/\?after=[^"]+)" rel=next', page)
        address = older[1] if older else ""
    assert len(set(found)) == MANY + 1  # and their parent section
    assert len(found) - len(set(found)) < MANY / 200  # which each page of its sub-sections names again


def test_a_section_with_many_below_it_leads_to_all_of_them(client):
    page = client.get("/s/河北/").text
    assert 'href="/s/?after=河北"' in page
    assert "县" in client.get(f"/s/?after={quote('河北')}").text
    assert client.get("/s/?after=none").status_code == 404


def test_the_file_of_feeds_names_those_with_most_articles_and_the_page_says_so(client):
    file = client.get("/feeds.opml").text
    assert file.count("<outline") == 1 + 4 + 4 * 250
    assert all(f"{name}0/feed.xml" in client.get("/feeds.opml").text for name in map(quote, ("县", "标签", "记者")))
    assert "at most 250" in client.get("/feeds", headers={"Accept-Language": "en"}).text
