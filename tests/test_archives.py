"""Folders of articles as other programs keep them, set as ``READER_ARTICLES`` without a change."""

from __future__ import annotations

import json
import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from registries import TEXT_FORMATS

from reader.app import create_app
from reader.errors import NotFound, UnreadableArticle
from reader.formats import read_draft
from reader.models import Collection, is_dated, path_key

SAMPLES = Path(__file__).parent / "samples" / "archives"

PUBLISHED = {
    "hugo": {
        "rain": ("大雨如期而至", "2018-01-02T10:00", ("新闻",), ("雨", "河北"), ("高原雪",), "zh-CN"),
        "storm": ("Storm", "2018-02-03T12:05", (), ("wind", "sea"), ("Ann Lee",), "en"),
        "json": ("Jason", "2018-05-06T00:00", (), ("x",), (), "en"),
    },
    "jekyll": {
        "2018-01-02-heavy-rain": (
            *("Heavy Rain", "2018-01-02T00:00", ("weather", "hebei"), ("rain", "flood"), ("Ann Lee",), "en"),
        ),
        "2018-1-3-short": ("Short", "2018-01-03T00:00", (), (), (), "en"),
    },
    "hexo": {
        "bei-feng": ("北风", "2018-01-02T10:00", ("生活", "天气"), ("风",), (), "zh-CN"),
        "semi": ("分号", "2018-01-02T11:00", (), ("一", "二"), (), "zh-CN"),
        "several": ("几个分类", "2018-01-05T00:00", ("甲", "乙"), (), (), "zh-CN"),
    },
    "pelican": {
        "rain-story": (
            *("Rain: a story", "2018-01-02T10:20", ("Python",), ("pelican", "publishing tools")),
            *(("Ann Lee", "Bo Li"), "en"),
        ),
    },
    "zola": {"2018-01-02-rain": ("Rain", "2018-01-02T00:00", ("weather",), ("rain",), ("Ann Lee",), "en")},
    "docusaurus": {"weather-rain": ("Rain", "2018-01-02T00:00", (), ("rain", "hola"), ("Ann Lee",), "en")},
    "vuepress": {
        "guide": ("Guide", "", (), (), (), "en"),
        "zh-guide": ("指南", "", (), (), (), "zh"),
    },
    "astro": {"rain": ("Rain", "2018-01-02T00:00", (), ("rain",), (), "en")},
    "obsidian": {"Heavy-Rain": ("Heavy Rain", "2018-01-02T10:00", ("Weather",), ("weather/rain",), (), "en")},
    "plain": {
        "README": ("About", "", (), (), (), "en"),
        "trip": ("Trip", "2018-05-01T00:00", (), (), (), "en"),
        "post-en": ("Post", "", (), (), (), "en"),
    },
}
"""slug: title, date, section, tags, authors, language."""


@pytest.fixture
def archive(settings, services):
    def put(tool):
        shutil.copytree(SAMPLES / tool, settings.articles, dirs_exist_ok=True)
        services.library.scan_until_settled()
        return services.catalog

    return put


@pytest.mark.parametrize("tool", PUBLISHED)
def test_what_the_program_publishes_are_articles_and_nothing_else_is(archive, tool):
    catalog = archive(tool)
    found = {}
    for teaser in catalog.latest(limit=100):
        made = catalog.article(teaser.slug)
        day = f"{made.published:%Y-%m-%dT%H:%M}" if is_dated(made.published) else ""
        found[made.slug] = (made.title, day, made.section, made.tags, made.byline, made.language)
    assert found == PUBLISHED[tool]
    assert catalog.problems() == []


@pytest.mark.parametrize(
    ("tool", "addresses"),
    [
        (
            "hugo",
            {
                "/2018/01/rain.html": "rain",
                "/old/rain/": "rain",
                "/a/downpour": "rain",
                "/posts/storm/": "storm",
                "/2018/02/storm.html": "storm",
            },
        ),
        (
            "jekyll",
            {"/weather/hebei/2018/01/02/heavy-rain.html": "2018-01-02-heavy-rain", "/a/b.html": "2018-1-3-short"},
        ),
        ("hexo", {"/posts/8f3a.html": "bei-feng", "/2018/01/02/bei-feng/": "bei-feng"}),
        ("zola", {"/2018/01/02/rain/": "2018-01-02-rain"}),
        ("docusaurus", {"/weather/rain": "weather-rain"}),
    ],
)
def test_an_address_of_the_old_site_leads_to_the_article(services, archive, tool, addresses):
    archive(tool)
    client = create_app(services).test_client()
    for old, slug in addresses.items():
        answer = client.get(old)
        assert (answer.status_code, answer.headers.get("Location")) == (301, f"/a/{slug}"), old


@pytest.mark.parametrize("address", ["/2017/01/02/storm/", "/elsewhere/storm/", "/storm.php.bak", "/2018/02/none/"])
def test_an_address_that_does_not_fit_an_article_is_not_found(services, archive, address):
    catalog = archive("hugo")
    with pytest.raises(NotFound):
        catalog.moved_from(address)
    assert create_app(services).test_client().get(address).status_code == 404


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("https://example.org/2018/01/x.html?y#z", "2018/01/x"),
        ("/posts/x/index.html", "posts/x"),
        ("/%E5%A4%A7%E9%9B%A8/", "大雨"),
        ("/:year/:title/", ""),
        ("http://[", ""),
    ],
)
def test_an_old_address_is_looked_up_by_its_path_alone(address, key):
    assert path_key(address) == key


def test_a_page_without_a_date_stands_in_its_section_and_in_no_feed_and_no_issue(drop, services):
    drop("guides/begin.md", "# Begin\n\nHow to begin.\n")
    drop("guides/changed.md", "---\ntitle: Changed\nlastmod: 2018-01-01\n---\nHow it changed.\n")
    drop("2018-01-02/guides/rain.md", "# Rain\n\nIt rained all day.\n")
    services.library.scan_until_settled()
    client = create_app(services).test_client()
    section = client.get("/s/guides/").text
    assert section.index("Rain") < section.index("Begin")
    assert "<time" not in client.get("/a/begin").text
    assert "1902" not in client.get("/a/begin").text + section
    assert "begin" not in client.get("/feed.xml").text + client.get("/s/guides/feed.xml").text
    assert [day.isoformat() for day, _ in services.catalog.issues()] == ["2018-01-02", "2018-01-01"]
    assert services.catalog.count_dated(Collection("section", "guides")) == 2


def test_check_counts_equal_remarks_and_writes_them_for_programs(runner, settings, drop):
    from reader.cli import main

    for number in range(5):
        drop(f"2018-01-02/a{number}.md", f"---\ntitle: 第{number}篇\nlayout: post\n---\n今天下雨。\n")
    drop("2018-01-02/b.md", "---\ntitel: 乙\n---\n# 题\n\n今天下雨。\n")
    drop("2018-01-02/c.textile", "h1. Title\n")
    env = {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance), "LANG": "C.UTF-8"}
    said = runner.invoke(main, ["check"], env=env)
    assert said.exit_code == 0
    assert "note: 5 files: the field layout isn't used" in said.stderr
    assert "warning: 2018-01-02/b.md:2: unknown field: titel (did you mean title?)" in said.stderr
    assert ".textile isn't read" in said.stderr
    assert "6 articles published, no problems, 1 warning" in said.stdout
    drop("2018-01-02/d.md", "---\ntitle: 丁\n今天下雨。\n")
    told = runner.invoke(main, ["check", "--json"], env=env)
    found = json.loads(told.stdout)
    assert told.exit_code == 1
    assert [error["path"] for error in found["errors"]] == ["2018-01-02/d.md"]
    assert [(w["path"], w["line"]) for w in found["warnings"]] == [("2018-01-02/b.md", 2)]
    assert len(found["notes"]) == 5


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
@pytest.mark.parametrize(
    "head",
    [
        '+++\ntitle = "甲"\ndraft = true\n+++\n',
        '+++\ntitle = "甲"\ndraft = true\n',
        '+++\ntitle = "甲\ndraft = true\n+++\n',
        '{"title": "甲", "draft": true}\n',
        '{\n"title": "甲",\n"draft": true,\n}\n',
        '"title": "甲",\n"draft": true\n;;;\n',
        "---\ntitle: 甲\nstatus: private\n---\n",
        "---\ntitle: 甲\nextra:\n  draft: true\n---\n",
        "---\ntitle: 甲\npassword: x\n---\n",
        "---\ntitle: 甲\nDraft: yes\n---\n",
    ],
)
def test_what_may_be_a_draft_in_any_form_is_never_published(suffix, head):
    try:
        assert read_draft(suffix, f"{head}\n今天下雨。\n".encode()).draft
    except UnreadableArticle as error:
        assert error.hint  # noqa: PT017


@pytest.mark.parametrize(
    ("fields", "published"),
    [
        ("date: 2018-01-01\npublishDate: 2999-01-01\n", datetime(2999, 1, 1)),
        ("date: 2018-01-01\nembargo_until: 2999-01-01\n", datetime(2999, 1, 1)),
        ("date: 2018-01-01\n解禁时间: 2999-01-01\n", datetime(2999, 1, 1)),
        ("publish_at: 2999-01-01\n", datetime(2999, 1, 1)),
        ("date: 2018-01-02\nembargo: 2018-01-01\n", datetime(2018, 1, 2)),
        ("date: 某日\ncreated: 2018-01-01\n", datetime(2018, 1, 1)),
        ("url: /2018/01/02/x/\n", datetime(2018, 1, 2)),
    ],
)
def test_the_date_is_that_of_the_best_field_and_an_embargo_counts(fields, published):
    assert read_draft(".md", f"---\ntitle: 甲\n{fields}---\n今天下雨。\n".encode()).published == published


def test_an_embargo_in_any_format_and_one_that_can_mean_two_days():
    due = datetime(2999, 1, 1)
    html = (
        "<!doctype html><title>甲</title><meta name=date content=2018-01-01><meta name=embargo content=2999-01-01><p>文"
    )
    assert read_draft(".html", html.encode()).published == due
    assert (
        read_draft(".org", "#+TITLE: 甲\n#+DATE: 2018-01-01\n#+EMBARGO: 2999-01-01\n\n文\n".encode()).published == due
    )
    for fields in (
        "date: 2018-01-01\nembargo: 02/03/2999",
        "date: 2018-01-01\ndate: 2999-01-01",
        "date: 2018-01-01\n发布时间: 2999-01-01",
        "date: 02/03/2999\ncreated: 2018-01-01\nupdated: 02/03/2018",
    ):
        found = read_draft(".md", f"---\ntitle: 甲\n{fields}\n---\n文\n".encode()).embargo
        assert found is not None, fields
        assert found.latest.year == 2999, fields
    assert read_draft(".md", "---\ntitle: 甲\n发布日期: 2999-01-01\n---\n文\n".encode()).published == due
    for text in ("EMBARGOED UNTIL 00:01 GMT, 3 January 2098", "解禁时间：2098-01-03 08:00"):
        found = read_draft(".md", f"---\ntitle: 甲\ndate: 2018-01-01\n---\n**{text}**\n\n文\n".encode()).embargo
        assert found is not None
        assert (found.latest.year, found.latest.day) == (2098, 3)
    for head in ("\n:date: 2999-01-01", "2999-01-01", "张三\n\n:toc:\n:date: 2999-01-01"):
        assert read_draft(".adoc", f"= 甲\n{head}\n\n文。\n".encode()).published == due, head
    page = (
        "<title>甲</title><meta name=article:published_time content=2018-01-01><meta name=date content=2098-01-03><p>文"
    )
    assert read_draft(".html", page.encode()).embargo.latest == datetime(2098, 1, 3)
    with pytest.raises(UnreadableArticle):
        read_draft(".md", "---\ntitle: 甲\ndate: 2018-01-01\nembargo: 下周\n---\n文\n".encode())


@pytest.mark.parametrize(
    "text",
    ["Title: 甲\n======\n\n正文。\n", "Note: this is text.\nAnd more.\n", "Source: the river\nflows on.\n\n正文。\n"],
)
def test_a_first_line_with_a_colon_is_text_unless_fields_stand_there(text):
    draft = read_draft(".md", f"# 题\n\n{text}".encode())
    assert draft.title == "题"
    assert text.split("\n")[0] in draft.body_html


def test_check_warns_of_links_to_articles_that_are_not_there(runner, settings, drop):
    from reader.cli import main

    drop("2018-01-02/a.md", "# 甲\n\n见[乙](b.md)和[丙](c.md)。\n")
    drop("2018-01-02/b.md", "# 乙\n\n今天下雨。\n")
    env = {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance), "LANG": "C.UTF-8"}
    said = runner.invoke(main, ["check"], env=env)
    assert said.exit_code == 0
    assert "warning: 2018-01-02/a.md: no article: 2018-01-02/c.md" in said.stderr
    assert "b.md" not in said.stderr


@pytest.mark.parametrize("place", ["blog/authors.yml", "_data/authors.yml", "authors.yaml"])
def test_authors_given_by_a_key_have_the_names_of_the_authors_file(publish, services, place):
    names = "ann:\n  name: Ann Lee\n  url: https://example.org/\nbo: {name: 李波}\nodd: 3\n"
    post = "---\nauthors: [ann, bo, Carl]\ndate: 2018-01-02\n---\n# Rain\n\nIt rained.\n"
    publish({place: names, "blog/rain.md": post})
    assert services.catalog.article("rain").byline == ("Ann Lee", "李波", "Carl")


def test_a_post_of_nikola_has_the_fields_in_the_file_beside_it(publish, services):
    publish({
        "posts/first.md": "Text of the **first** post.\n",
        "posts/first.meta": ".. title: First post\n.. slug: one\n.. date: 2018-01-02 10:00:00 UTC\n.. tags: river, rain\n",
        "posts/hidden.rst": "Secret.\n",
        "posts/hidden.meta": ".. title: Hidden\n.. date: 2018-01-02\n.. status: private\n",
        "posts/edited.md": "---\ntitle: Edited\ndate: 2018-01-02\n---\nSecret.\n",
        "posts/edited.meta": ".. title: Hidden\n.. status: draft\n",
        "posts/other.md": "---\ntitle: Other\ndate: 2018-01-02\n---\nText.\n",
        "posts/other.meta": '{"a": 1}\n',
        "posts/bare.md": "# Bare\n\nText.\n",
        "posts/bare.meta": '{"a": 1}\n',
        "posts/old.html": "<p>Old text.</p>\n",
        "posts/old.meta": "Old title\nold-slug\n2012/03/30 23:00\n",
    })  # fmt: skip
    first, old = services.catalog.article("one"), services.catalog.article("old-slug")
    assert (first.title, first.tags, first.published.date().isoformat()) == (
        "First post",
        ("river", "rain"),
        "2018-01-02",
    )
    assert (old.title, old.published.date().isoformat()) == ("Old title", "2012-03-30")
    assert [services.catalog.article(name).title for name in ("other", "bare")] == ["Other", "Bare"]
    for private in ("hidden", "edited"):
        with pytest.raises(NotFound):
            services.catalog.article(private)


def test_a_link_to_a_page_of_another_module_of_antora_leads_to_it(publish, services):
    page = "= Start\n:revdate: 2018-01-02\n\nSee xref:other:page$far.adoc#one[far] and xref:other:far.adoc[].\n"
    far = "= Far\n:revdate: 2018-01-02\n\n[#one]\n== One\n\nText.\n"
    publish({"modules/ROOT/pages/start.adoc": page, "modules/other/pages/far.adoc": far})
    links = re.findall(r'href="([^"]*)"[^>]*>([^<]*)<', services.catalog.article("start").body)
    assert [(address.rpartition("/")[2], text) for address, text in links] == [("far#one", "far"), ("far", "far")]


def test_a_file_of_several_posts_of_ox_hugo_is_refused_because_some_may_be_drafts():
    post = "** {0}\n:PROPERTIES:\n:EXPORT_FILE_NAME: {0}\n:END:\nText of {0}.\n"
    assert read_draft(".org", f"#+title: Blog\n* Posts\n{post.format('one')}".encode()).title == "Blog"
    with pytest.raises(UnreadableArticle, match="several posts"):
        read_draft(".org", f"#+title: Blog\n* Posts\n{post.format('one')}{post.format('TODO two')}".encode())


def test_a_broken_authors_file_costs_no_article(publish, services):
    publish({"authors.yml": "a: [", "rain.md": "---\nauthors: [a]\ndate: 2018-01-02\n---\n# Rain\n\nIt rained.\n"})
    assert services.catalog.article("rain").byline == ("a",)
