"""No article can break a list, a feed, an export or the site: it is published, or its file has a problem."""

from __future__ import annotations

import os
import re
from pathlib import Path

import extremes
import pytest
from long_forms import pairs
from lxml import etree

from reader.app import create_app
from reader.commands.static_output_folder import StaticFolder
from reader.commands.static_site import EXTRAS, SEEDS, SiteClient, SiteLink, write_response
from reader.exports import EXPORTS, exporter
from reader.exports.options import options_of
from reader.exports.publications import every_article, of_article, of_selection
from reader.exports.zim import write_zim
from reader.models import LONGEST_NAME
from reader.services import Services, build_services
from reader.settings import Settings

FEEDS = ("feed.xml", "atom.xml", "feed.json", "lite.xml")
OTHERS = (
    "/opds",
    "/sitemap.xml",
    "/news-sitemap.xml",
    "/feeds.opml",
    "/search?q=下雨",
    "/search/feed.xml?q=下雨",
    "/d/latest",
)
EXPORTED = re.compile(r"\.(?:pdf|epub|html|md|txt|json|zim|zip)$|/media/|/files/|/card\.png$|/qr\.svg$|/static/")


def site(folder: Path, files: dict[str, str]) -> Services:
    for name, content in (files | extremes.CONTROL).items():
        path = folder / "articles" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))
    services = build_services(
        Settings(articles=folder / "articles", instance=folder / "instance", base_url="https://example.org")
    )
    services.library.scan_all()
    return services


@pytest.fixture(scope="module")
def services(tmp_path_factory) -> Services:
    return site(tmp_path_factory.mktemp("extremes"), extremes.FILES)


@pytest.fixture(scope="module")
def articles(services):
    return list(every_article(services.catalog))


def test_each_file_is_an_article_or_a_clear_problem(services, articles):
    problems = list(services.catalog.problems())
    assert "control" in {article.slug for article in articles}
    assert len(articles) > 150
    for problem in problems:
        assert "internal error" not in problem.cause, problem
        assert problem.hint, problem
        assert len(str(problem)) < 500, problem


def test_every_page_and_feed_that_a_link_leads_to_answers_and_is_a_file_of_the_static_site(services, tmp_path):
    pages = SiteClient(create_app(services).test_client(), services.settings.base_url, 1)
    folder = StaticFolder(tmp_path / "public")
    waiting = [SiteLink(address) for address in (*SEEDS, *EXTRAS, *OTHERS)]
    seen = {link.address for link in waiting}
    wrong: dict[str, object] = {}
    while waiting:
        link = waiting.pop()
        response = pages.client.get(link.address, buffered=True)
        if response.status_code not in (200, 301, 302, 303, 308):
            wrong[f"{link.address} from {link.origin}"] = response.status_code
        elif "?" not in link.address and (problem := write_response(folder, link, response).problem):
            wrong[link.address] = problem
        found = [new for new in pages.links_of(link, response) if not EXPORTED.search(new.address)]
        waiting += [new for new in found if new.address not in seen]
        seen |= {new.address for new in found}
    assert not wrong
    assert "/a/control" in seen
    assert len(seen) > 500


def test_every_small_export_of_every_article_is_made(services, articles):
    options = options_of(services.settings, "", "", services.catalog.site)
    for article, suffix in pairs(articles, sorted(set(EXPORTS) - {"pdf"}), 2):
        assert exporter(suffix).export(of_article(article), options, services.render.render), article.slug


def test_every_catalogue_for_book_readers_answers(services):
    client = create_app(services).test_client()
    waiting = seen = {"/opds"}
    while waiting:
        address = waiting.pop()
        response = client.get(address)
        assert response.status_code == 200, address
        tree = etree.fromstring(response.get_data()) if "xml" in (response.mimetype or "") else etree.Element("none")
        links = [link.get("href", "") for link in tree.iter("{*}link")]
        found = {
            link.removeprefix("https://example.org") for link in links if "/opds" in link and "{" not in link
        } - seen
        seen, waiting = seen | found, waiting | found
    assert len(seen) > 5


def test_a_name_of_a_file_is_no_longer_than_file_systems_allow(articles):
    for article in articles:
        for suffix in EXPORTS:
            assert len(f"{article.slug}.{suffix}".encode()) <= LONGEST_NAME


def test_a_book_of_many_and_the_whole_library_are_made(services, articles, tmp_path):
    options = options_of(services.settings, "", "", services.catalog.site)
    publication = of_selection("选集", "/selection", articles[:200])
    for suffix in sorted(set(EXPORTS) - {"pdf"}):
        assert exporter(suffix).export(publication, options, services.render.render)
    icon = services.settings.static / "icons" / "192.png"
    count = write_zim(tmp_path / "all.zim", iter(articles), options, services.render.render, icon, "zh-CN")
    assert count == len(articles)


@pytest.mark.parametrize(
    "slug", ["s" * 120, "title-20", "title-45", "section-9", "published-9", "summary-34", "language-3"]
)
def test_a_pdf_of_an_extreme_article_is_made(services, slug):
    article = services.catalog.article(slug)
    pdf = exporter("pdf").export(of_article(article), options_of(services.settings, "a4", ""), services.render.render)
    assert pdf.startswith(b"%PDF")
