"""One article in several languages: each has its address, and links to the others on the page and in the sitemap."""

from __future__ import annotations

import re

import pytest
from lxml import html

from reader.i18n import name_of_language

ZH = "---\ndate: 2018-01-02\n{more}---\n# 大雨\n\n今天下雨，河水涨了。\n"
EN = "---\ndate: 2018-01-02\n{more}---\n# Rain\n\nIt rained all day, and the river rose.\n"

LAYOUTS = {
    "Hugo's endings": {"rain/index.md": EN, "rain/index.zh-cn.md": ZH},
    "endings of both": {"rain.en.md": EN, "rain.zh.md": ZH},
    "folders": {"en/posts/rain.md": EN, "zh/posts/rain.md": ZH},
    "a folder for one": {"guide/rain.md": EN, "zh/guide/rain.md": ZH},
    "Hugo's key": {
        "en/rain.md": EN.format(more="translationKey: r\n"),
        "zh/da-yu.md": ZH.format(more="translationKey: r\n"),
    },
    "Jekyll's ref": {
        "_posts/2018-01-02-rain.md": EN.format(more="lang: en\nref: r\n"),
        "_posts/2018-01-02-da-yu.md": ZH.format(more="lang: zh\nref: r\n"),
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_languages_of_an_article_are_linked(publish, client, services, layout):
    publish({path: text.format(more="") for path, text in LAYOUTS[layout].items()})
    slugs = {services.catalog.article(t.slug).language[:2]: t.slug for t in services.catalog.latest()}
    assert set(slugs) == {"zh", "en"}
    for mine, other in (("zh", "en"), ("en", "zh")):
        page = html.fromstring(client.get(f"/a/{slugs[mine]}").data)
        links = {link.get("hreflang")[:2]: link.get("href") for link in page.xpath("//head//link[@hreflang]")}
        assert set(links) == {"zh", "en"}
        assert links[other].endswith(
            html.fromstring(client.get(f"/a/{slugs[other]}").data).xpath("//head//link[@hreflang]/@href")[other == "zh"]
        )
        (shown,) = page.xpath("//article//a[@hreflang]")
        assert shown.get("hreflang")[:2] == other
        assert client.get(shown.get("href")).status_code == 200
    sitemap = client.get("/sitemap-2018-01.xml").text
    assert len(re.findall(r'<xhtml:link rel="alternate" hreflang="en"', sitemap)) == 2


def test_articles_of_one_language_are_no_translations_of_one_another(publish, client, services):
    publish(
        {"a/rain.md": ZH.format(more="ref: x\n"), "b/rain.md": ZH.format(more="ref: x\n"), "c.md": EN.format(more="")}
    )
    assert services.catalog.translations([t.slug for t in services.catalog.latest()]) == {}
    assert "hreflang" not in client.get("/a/c").text
    assert "xhtml:link" not in client.get("/sitemap-2018-01.xml").text


def test_a_draft_is_linked_by_nobody(publish, services):
    publish({"rain.en.md": EN.format(more=""), "rain.zh.md": ZH.format(more="draft: true\n")})
    assert services.catalog.translations(["rain-en"]) == {}


@pytest.mark.parametrize(
    ("tag", "name"), [("en", "English"), ("zh-Hant", "繁體中文"), ("zh-CN", "简体中文"), ("x-none", "x-none")]
)
def test_a_language_is_named_in_itself(tag, name):
    assert name_of_language(tag) == name
