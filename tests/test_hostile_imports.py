"""Imports of pages, feeds and archives that are made to cost much or to end in a bug: a reason, and the rest goes on."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tracemalloc
import zipfile
from datetime import UTC, datetime

import pytest
from long_forms import few, long_form, pairs
from stub_site import html, site
from test_importing import PARAGRAPHS, STORY, files, picture, run  # noqa: F401

from reader.child_process.cpu_time import limited_cpu_time
from reader.formats import read_draft
from reader.formats.hidden_elements import LEFT_OUT
from reader.importing import drafting, image_downloads, importer
from reader.importing.extraction.extract import extract
from reader.importing.sources import feed_entries, items
from reader.importing.sources.evernote import note_items
from reader.importing.sources.sources import items_of
from reader.importing.sources.wordpress_posts import posts
from reader.importing.writing import to_file
from reader.models import Draft

NOTE = "---\ntitle: {0}\npublished: 2018-11-23\n---\n今天{0}，沿河步道暂停开放。\n"
DEEP = "[" * 200_000 + "]" * 200_000
NESTED = '{"@graph":' * 5_000 + "{}" + "}" * 5_000
PAGES = {
    "a script of nested lists": STORY.replace("</h1>", f'</h1><script type="application/ld+json">{DEEP}</script>'),
    "a script of nested objects": STORY.replace("</h1>", f'</h1><script type="application/ld+json">{NESTED}</script>'),
    "half a million links": STORY.replace("<p>明年", "<p>" + "<a href=x>y</a>" * 50_000 + "</p><p>明年"),
}
TOO_MUCH = {
    "a tag of many attributes": (
        STORY.replace("<p>明年", f"<p {' '.join(f'a{n}' for n in range(20_000))}>明年"),
        "2,000",
    ),
    "more text than an article": (STORY.replace("<p>明年", f"<p>{'今天下雨，' * 200_000}</p><p>明年"), "2,000,000"),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_that_is_odd_around_its_article_is_imported(run, settings, page):  # noqa: F811
    with site({"/a": html(page)}) as (root, _):
        result = run(f"{root}/a")
    assert "internal error" not in result.output
    assert "2018-11-23/沿河步道开放" in files(settings)[0]


@pytest.mark.parametrize(("kind", "options"), few(pairs(TOO_MUCH, [("--dry-run",), ()])))
def test_a_page_that_is_too_much_for_an_article_is_refused_with_the_limit(run, settings, kind, options):  # noqa: F811
    page, limit = TOO_MUCH[kind]
    with site({"/a": html(page)}) as (root, _):
        result = run(*options, f"{root}/a")
    assert result.exit_code == 1
    assert f"{root}/a: " in result.output
    assert limit in result.output
    assert "internal error" not in result.output
    assert files(settings) == []


def test_a_picture_inside_the_page_that_is_none_leaves_no_address_behind(run, settings):  # noqa: F811
    page = STORY.replace('src="/walk.png"', 'src="data:image/png;base64,AAAA"')
    page = page.replace("<p>明年", '<img src="https://data.invalid/../../etc/passwd"><p>明年')
    with site({"/a": html(page)}) as (root, _):
        result = run(f"{root}/a")
    assert "not a picture" in result.output
    assert "data.invalid/../../etc/passwd: no such picture" in result.output
    assert "data.invalid" not in (settings.articles / "2018-11-23/沿河步道开放.md").read_text("utf-8")


def test_pictures_are_fetched_only_as_long_and_as_much_as_one_article_may(run, settings, monkeypatch):  # noqa: F811
    page = STORY.replace('<img src="/walk.png" alt="步道">', "".join(f'<img src="/{n}.png">' for n in range(9)))
    pages = {"/a": html(page)} | {f"/{n}.png": (200, {}, picture(40 + n)) for n in range(9)}
    monkeypatch.setattr(image_downloads, "LARGEST_TOGETHER_BYTES", 3 * len(picture(48)))
    with site(pages) as (root, _):
        result = run(f"{root}/a")
        assert result.output.count("MB together") == 6
        assert len(files(settings)) == 4
    monkeypatch.setattr(drafting, "MOST_SECONDS", -1)
    with site(pages | {"/b": html(page.replace("七公里", "八公里"))}) as (root, asked):
        assert run(f"{root}/b").output.count("take more than") == 9
        assert not [path for path in map(str, asked) if ".png" in path]


@pytest.mark.parametrize("kind", ["next", "list"])
def test_a_feed_without_end_is_read_as_far_as_memory_allows(run, settings, monkeypatch, kind):  # noqa: F811
    def feed(number: int) -> tuple[int, dict[str, str], bytes]:
        entry = {
            "id": f"{number}",
            "title": f"第{number}篇",
            "content_html": PARAGRAPHS.replace("七", f"{number}十") * 9,
            "url": f"https://news.example/{number}",
        }
        entry["date_published"] = "2018-11-23T10:00:00+08:00"
        content = {"version": "https://jsonfeed.org/version/1.1", "title": "晨报", "items": [entry]}
        content["next_url"] = f"/feed{number + 1}" if kind == "next" else ""
        return 200, {"Content-Type": "application/json"}, json.dumps(content).encode()

    pages = {f"/feed{number}": feed(number) for number in range(9)}
    monkeypatch.setattr(feed_entries, "LARGEST_TOGETHER_BYTES", 3 * len(pages["/feed0"][2]) + 100)
    monkeypatch.setattr(feed_entries.ByteBudget.__init__, "__defaults__", (feed_entries.LARGEST_TOGETHER_BYTES,))
    with site(pages) as (root, _):
        source = f"{root}/feed0"
        if kind == "list":
            outlines = "".join(f'<outline xmlUrl="{root}/feed{number}"/>' for number in range(9))
            source = str(settings.articles.parent / "feeds.opml")
            (settings.articles.parent / "feeds.opml").write_text(f"<opml><body>{outlines}</body></opml>", "utf-8")
        result = run(source)
    assert "with its older pages" in result.output
    assert result.exit_code == 1
    assert len([name for name in files(settings) if name.endswith(".md")]) == 3


def test_each_member_of_a_zip_that_is_not_read_is_named_with_the_reason(settings, tmp_path):
    link = zipfile.ZipInfo("link.md")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("../climbing.md", NOTE.format("刮风"))
        archive.writestr("a\\..\\..\\windows.md", NOTE.format("下雹"))
        archive.writestr("twice.md", NOTE.format("下雨"))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("twice.md", NOTE.format("下雪"))
        archive.writestr("../logo.gif", b"")
        archive.writestr("./deep//./good.md", NOTE.format("天晴"))
        archive.writestr("bad.mdxxxx.md", NOTE.format("多云"))
    content = target.getvalue().replace(b"bad.mdxxxx.md", b"bad.md\0xxx.md")
    (tmp_path / "a.zip").write_bytes(content)
    environment = {"READER_ARTICLES": str(settings.articles), "READER_INSTANCE": str(settings.instance), "LC_ALL": "C"}
    command = [sys.executable, "-m", "reader", "import", str(tmp_path / "a.zip")]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    reasons = dict(line.rsplit("a.zip: ", 1)[1].split(": ", 1) for line in result.stderr.splitlines() if line[0] == "!")
    assert reasons == {
        "link.md": "a symbolic link, which is not read",
        "bad.md\\x00xxx.md": "its name holds a control character",
        "../climbing.md": "its path leads out of the archive",
        "a\\..\\..\\windows.md": "its path leads out of the archive",
        "twice.md": "another file in the archive has this name; only the last is read",
    }
    assert files(settings) == ["2018-11-23/good.md", "2018-11-23/twice.md"]
    assert "下雪" in (settings.articles / "2018-11-23/twice.md").read_text("utf-8")


def test_many_addresses_of_one_picture_hold_it_in_memory_once(run, settings, tmp_path):  # noqa: F811
    large = picture(60) + bytes(2_000_000)
    note = NOTE.format("雨") + "".join(f"\n![](p.png?{number})\n" for number in range(40))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("rain.md", note + "\n![](bad.png)\n")
        file.writestr("p.png", large)
        file.writestr("bad.png", picture(61))
    content = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(content.replace(picture(61), picture(61)[:-1] + b"?"))
    tracemalloc.start()
    result = run(str(tmp_path / "a.zip"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * len(large)
    assert "bad.png: cannot be unpacked" in result.output  # without that picture, not without the article
    assert files(settings) == ["2018-11-23/rain.md", "2018-11-23/rain/1.png"]


@pytest.mark.parametrize("form", ["clean", "article", "page"])
def test_what_a_source_hides_is_not_imported(form):
    hidden = "<p>今天下雨<i hidden>一</i><i style='display:none'>二</i><i style='visibility: hidden'>三</i></p><template>四</template>"
    read = items.html_reader(f"<h1>雨</h1>{PARAGRAPHS}{hidden}{PARAGRAPHS.replace('七', '八')}")
    draft = drafting.build_draft(items.SourceItem("a", read, form, hints=Draft("雨", ""))).draft
    assert "今天下雨</p>" in draft.body_html
    assert (LEFT_OUT in draft.warnings) is (form != "page")


def test_what_a_story_of_medium_hides_is_not_imported():
    story = (
        '<article class="h-entry"><h1 class="p-name">雨</h1><section class="e-content"><p>今天下雨。</p>'
        "<p hidden>一</p></section><footer><p>Exported from Medium</p></footer></article>"
    )
    draft = drafting.build_draft(items.SourceItem("a", items.html_reader(story), "page")).draft
    assert (draft.body_html.strip(), draft.warnings) == ("<p>今天下雨。</p>", (LEFT_OUT,))


def test_archives_of_a_folder_are_open_only_while_they_are_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "0.zip", "w") as file:
        file.writestr("rain.md", NOTE.format("雨"))
    for number in range(1, 20):
        shutil.copy(tmp_path / "0.zip", tmp_path / f"{number}.zip")
    before = len(os.listdir("/proc/self/fd"))
    found = items_of(str(tmp_path), None)
    assert len(os.listdir("/proc/self/fd")) == before
    assert [item.read().content for item in found] == [NOTE.format("雨").encode()] * 20


def test_a_chapter_that_a_book_names_again_and_again_is_read_once(run, settings, tmp_path):  # noqa: F811
    container = '<container><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>'
    spine = '<itemref idref="a"/>' * 500
    package = f'<package><manifest><item id="a" href="a.xhtml"/></manifest><spine>{spine}</spine></package>'
    with zipfile.ZipFile(tmp_path / "a.epub", "w") as book:
        book.writestr("META-INF/container.xml", container)
        book.writestr("a.opf", package)
        book.writestr("a.xhtml", f"<html><body><h1>沿河步道</h1>{PARAGRAPHS}</body></html>")
    result = run("--date", "2018-11-23", tmp_path / "a.epub")
    assert "1 imported, 0 skipped, 0 failed" in result.output
    assert files(settings) == ["2018-11-23/沿河步道.md"]


WORDPRESS = """<rss xmlns:wp="http://wordpress.org/export/1.2/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"><channel><item><title>大雨</title>
<content:encoded><![CDATA[{0}]]></content:encoded><excerpt:encoded><![CDATA[{0}]]></excerpt:encoded>
<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>2</wp:meta_value></wp:postmeta>
<wp:post_date>2026-05-01 06:00:00</wp:post_date><wp:status>publish</wp:status><wp:post_type>post</wp:post_type></item>
<item><wp:post_id>2</wp:post_id><wp:attachment_url>https://a.example/a.png</wp:attachment_url>
<wp:post_type>attachment</wp:post_type></item></channel></rss>"""
ENEX = """<en-export><note><title>大雨</title><content><![CDATA[{0}]]></content></note></en-export>"""
FEED = """<rss version="2.0"><channel><item><title>大雨</title><description><![CDATA[{0}]]></description></item></channel></rss>"""
ONE_THING = [
    *("<", "<a ", "<a b=\"<\" ", "<p a='>' ", '<p title="', "<!--", "<!-- wp:a ", "<!-- wp:a {", "<img ", "<script>"),
    *("<pre>", "<code>", "<pre>a</pre>", "[caption]", "[caption ", '[a "', "[a b=c ", "[gallery]", "[code]", "[a]", "[a_b]"),
    *("[toc]<b>", "[caption]<a ", " ", "\t", " \n", "\u00a0", "http://a", "\nhttp://a ", "[[a", "[/a]", "[a][/a]"),
    *("<en-note ", "<en-media ", "<en-todo ", "</en-note> ", "<en-media/> ", "&", "[embed]<a", "<!-- wp:block "),
]  # fmt: skip


@pytest.mark.parametrize("unit", few(ONE_THING, 20))
def test_an_export_of_one_thing_repeated_is_never_searched_again_and_again(unit):
    """Half a megabyte; each of these, or one like it, took minutes. The limit only ends what does."""
    text = unit * (500_000 // len(unit))
    with limited_cpu_time(120):
        list(posts("a.xml", WORDPRESS.format(text).encode(), lambda _: None))
        list(note_items("a.enex", ENEX.format(text).encode()))
        list(feed_entries.entries(FEED.format(text).encode(), ""))


def test_one_article_that_takes_too_long_costs_no_other(run, settings, tmp_path, monkeypatch):  # noqa: F811
    def endless_or_not(html: str, address: str) -> object:
        return re.match("(a+)+b", "a" * 100) if "慢稿" in html else extract(html, address)

    monkeypatch.setattr(drafting, "extract", endless_or_not)
    monkeypatch.setattr(importer, "MOST_CPU_SECONDS", 3.0)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.html").write_text(STORY.replace("沿河步道", "慢稿"), "utf-8")
    (tmp_path / "in" / "b.html").write_text(STORY, "utf-8")
    for options in ((), ("--dry-run",)):
        result = run(*options, tmp_path / "in")
        assert "a.html: needs more than 3 s of processor time" in result.output
        assert result.exit_code == 1
    assert "2018-11-23/沿河步道开放.md" in files(settings)


def test_a_source_in_which_nothing_is_found_in_time_is_refused_with_the_limit(run, settings, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr(items, "LEAST_CPU_SECONDS", 0.000_1)
    monkeypatch.setattr(items, "CPU_SECONDS_OF_MEGABYTE", 0.0)
    (tmp_path / "a.xml").write_text(WORDPRESS.format("<p>今天下雨。</p>" * 20_000), "utf-8")
    result = run(tmp_path / "a.xml")
    assert "a.xml: needs more than 0 s of processor time" in result.output
    assert files(settings) == []


@pytest.mark.parametrize("options", few([("--dry-run",), ()]))
def test_a_feed_of_entries_without_text_gives_a_bounded_number_of_lines(run, tmp_path, options):  # noqa: F811
    entries = "<item><title>大雨</title></item>" * 5_000
    (tmp_path / "a.xml").write_text(f'<rss version="2.0"><channel>{entries}</channel></rss>', "utf-8")
    result = run(*options, tmp_path / "a.xml")
    assert result.exit_code == 1
    assert len(result.output.splitlines()) < 110
    assert "! 4,900 more: no article found" in result.output


MAIL = "MIME-Version: 1.0\nFrom: {0}\nSubject: {1}\nDate: Fri, 1 May 2026 06:00:00 +0800\nContent-Type: text/plain{2}\n\n今天下雨。\n"


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        (("(" * 300_000, "大雨", ""), "大雨"),
        (("a", "大雨", ";" * 3_000_000 + " charset=utf-8"), "大雨"),
        (("a", "雨" * 300_000, ""), "雨"),
        (("a", "=?utf-8?q?a?= " * 100_000, ""), "aaa"),
        (("\\" * 300_000, "大雨", ";a*0=b" * 100_000), "大雨"),
    ],
    ids=["comments in comments", "parameters", "subject", "encoded words", "quotes"],
)
def test_a_mail_with_endless_fields_is_imported(run, settings, tmp_path, fields, title):  # noqa: F811
    (tmp_path / "a.eml").write_text(MAIL.format(*fields), "utf-8")
    with limited_cpu_time(120):
        result = run(tmp_path / "a.eml")
    assert "internal error" not in result.output
    assert result.exit_code == 0, result.output[-300:]
    assert title in (settings.articles / files(settings)[0]).read_text("utf-8")


@pytest.mark.parametrize("title", ["a --!> <script>alert(1)</script>", "a--!>b", "-->", "a-->b", "--!", "-- >"])
def test_a_title_does_not_end_the_comment_that_holds_it_in_an_html_file(title):
    draft = Draft(title=title, body_html="<p>今天下雨。</p>", published=datetime(2018, 11, 23, tzinfo=UTC))
    suffix, content = to_file(draft, f"https://news.example/{title}", ".html")
    comment, _, body = content.decode().partition("\n-->\n")
    assert suffix == ".html"
    assert re.search("--!?>", comment) is None  # HTML standard 13.2.5.51 and 13.2.5.52
    assert body.startswith("<article>")
    assert read_draft(suffix, content).title == title


@long_form
def test_a_page_of_lines_that_may_be_wrapped_is_not_copied_for_each_line():
    page = STORY.replace("<p>明年", f"<p>{'今天下雨<br>' * 60_000}</p><p>明年")
    with limited_cpu_time(120):  # it took minutes
        assert "今天下雨" in extract(page).body_html


def test_a_page_of_wide_spaces_is_read_in_linear_time():
    page = STORY.replace("<p>明年", f"<p>{'　' * 400_000}</p><p>明年")
    with limited_cpu_time(120):  # it took minutes
        assert "明年" in extract(page).body_html
