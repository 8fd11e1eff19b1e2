"""An article without a date: an undated page, shown nowhere with the date that stands for "none"."""

from __future__ import annotations

import io
import zipfile

import pytest

from reader.exports import EXPORTS
from reader.exports.options import Options
from reader.exports.publications import of_article
from reader.feeds import FEEDS

ABOUT = {"about.md": "---\ntitle: 关于本报\nsection: 本报\n---\n编辑部地址：\\\n石家庄市裕华区一号。"}


@pytest.fixture
def article(publish, services):
    publish(ABOUT)
    return services.catalog.article("about")


def text_of(content: bytes) -> str:
    """All text of a file; of an archive, all its files."""
    if not content.startswith(b"PK"):
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


@pytest.mark.parametrize("suffix", sorted(set(EXPORTS) - {"pdf", "epub"}))
def test_no_export_shows_a_date(article, services, suffix):
    content = EXPORTS[suffix].export(of_article(article), Options(site_name="日报"), services.render.render)
    assert "石家庄" in text_of(content)
    assert "1902" not in text_of(content)


def test_a_book_says_no_date_but_the_one_that_epub_requires(article, services):
    text = text_of(EXPORTS["epub"].export(of_article(article), Options(site_name="日报"), services.render.render))
    assert text.count("1902") == text.count('property="dcterms:modified">1902') == 1


@pytest.mark.parametrize("name", sorted(FEEDS))
def test_a_section_of_undated_pages_has_empty_feeds(article, client, name):
    response = client.get(f"/s/本报/{name}")
    assert response.status_code == 200
    assert "关于本报" not in response.text
    assert client.get(f"/s/没有/{name}").status_code == 404


def test_no_page_shows_a_date(article, client):
    for path in ("/", "/a/about", "/s/本报", "/search?q=编辑部", "/sitemap.xml", "/opds"):
        assert "1902" not in client.get(path).text, path


def test_lines_of_an_address_stay_lines_in_text(article, services):
    text = EXPORTS["txt"].export(of_article(article), Options(site_name="日报"), services.render.render).decode()
    assert "编辑部地址：\n石家庄市裕华区一号。" in text
