"""Import into the articles folder: nothing is lost, overwritten or duplicated."""

from __future__ import annotations

import io
import json
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from stub_site import html, site

from reader.cli import main
from reader.formats import read_draft
from reader.importing.duplicates import scan
from reader.importing.writing import slug_for
from reader.models import Draft

PARAGRAPHS = "".join(
    f"<p>第{n}段：市园林局介绍，沿河步道全长七公里，沿途设有观鸟亭，市民可以免费入园。</p>" for n in "一二三四"
)
STORY = f"""<html><head><title>沿河步道开放_晨报</title></head><body><div class="nav"><a href="/">首页</a> <a href="/n">新闻</a></div>
<h1>沿河步道开放</h1><div class="info">2018年11月23日 10:40 来源：晨报</div><div class="article-body">{PARAGRAPHS}
<p><img src="/walk.png" alt="步道"></p><p>明年还将再建两处。</p><p>责任编辑：周琳</p></div></body></html>"""


def picture(width: int = 40, height: int = 30, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, kind)
    return out.getvalue()


@pytest.fixture
def run(settings, monkeypatch):
    """``run("import", …)`` with its own folders; private addresses are allowed, because the test site is on loopback."""
    monkeypatch.setenv("READER_ARTICLES", str(settings.articles))
    monkeypatch.setenv("READER_INSTANCE", str(settings.instance))
    settings.articles.mkdir(parents=True)

    def run(*arguments: str | Path, stdin: bytes = b"") -> Result:
        options = ["import", "--allow-private", "--delay=0", *(str(argument) for argument in arguments)]
        return CliRunner().invoke(main, options, input=stdin)

    return run


def files(settings) -> list[str]:
    return sorted(
        path.relative_to(settings.articles).as_posix() for path in settings.articles.rglob("*") if path.is_file()
    )


def test_a_page_at_an_address_becomes_one_markdown_file_with_its_picture_beside_it(run, settings):
    with site({"/a.html": html(STORY), "/walk.png": (200, {"Content-Type": "text/plain"}, picture())}) as (root, asked):
        result = run(f"{root}/a.html")
    assert result.exit_code == 0, result.output
    assert files(settings) == ["2018-11-23/沿河步道开放.md", "2018-11-23/沿河步道开放/1.png"]
    text = (settings.articles / "2018-11-23/沿河步道开放.md").read_text("utf-8")
    assert f"# imported from {root}/a.html" in text
    draft = read_draft(".md", text.encode())
    assert (draft.title, draft.source, draft.editor, str(draft.published)) == (
        "沿河步道开放",
        "晨报",
        "周琳",
        "2018-11-23 10:40:00",
    )
    assert draft.body_html.count("<p>第") == 4
    assert "1.png" in draft.body_html
    assert "首页" not in draft.body_html
    assert dict(asked)["/walk.png"]["Referer"] == f"{root}/a.html"


def test_the_article_shows_in_the_catalog_with_its_picture(run, settings, services):
    with site({"/a.html": html(STORY), "/walk.png": (200, {}, picture())}) as (root, _):
        run(f"{root}/a.html")
    for path in settings.articles.rglob("*.md"):
        os.utime(path, (1, 1))  # written a while ago: the library waits for files that still grow
    services.library.scan_all()
    assert services.catalog.problems() == []
    article = services.catalog.article("沿河步道开放")
    assert len(article.images) == 1
    assert "<img" in article.body


def test_the_same_article_is_not_taken_twice_by_address_or_by_text(run, settings, tmp_path):
    with site(
        {
            "/a.html": html(STORY),
            "/b.html": html(STORY.replace("<p>", "<p class=x> ")),
            "/walk.png": (200, {}, picture()),
        }
    ) as (root, asked):
        run(f"{root}/a.html")
        asked.clear()
        again = run(f"{root}/a.html")
        assert asked == []
        other = run(f"{root}/b.html")
    assert "1 skipped" in again.output
    assert "1 skipped" in other.output
    assert again.exit_code == other.exit_code == 0
    assert len([name for name in files(settings) if name.endswith(".md")]) == 1


def test_an_article_that_an_editor_wrote_by_hand_counts_as_there(run, settings, tmp_path):
    by_hand = settings.articles / "2018-11-23" / "mine.html"
    by_hand.parent.mkdir(parents=True)
    by_hand.write_text(f"<h1>题目</h1>{PARAGRAPHS}", "utf-8")
    page = tmp_path / "page.html"
    page.write_text(f"<h1>题目</h1><div>{PARAGRAPHS}</div>", "utf-8")
    assert "1 skipped" in run(page).output


def test_another_article_of_the_same_title_gets_a_name_of_its_own(run, settings, tmp_path):
    for name, story in (("a", PARAGRAPHS), ("b", PARAGRAPHS.replace("七公里", "九公里"))):
        (tmp_path / f"{name}.html").write_text(f"<h1>每日一题</h1><p>2020-01-02</p>{story}", "utf-8")
        assert run(tmp_path / f"{name}.html").exit_code == 0
    assert files(settings) == ["2020-01-02/每日一题-2.md", "2020-01-02/每日一题.md"]


NAMES_THAT_ARE_SKIPPED = (
    "DNA的複製",
    "台风 草稿",
    "数据 备份",
    "新建文档",
    "合同（副本）",
    "冲突文件",
    "草稿-风波",
    "草稿",
    "草稿",
    "_site",
    "README",
)


def test_no_article_gets_a_name_that_the_folder_would_skip(services, drop):
    taken: set[str] = set()
    for number, title in enumerate(NAMES_THAT_ARE_SKIPPED):
        name = slug_for(Draft(title=title, body_html=""), taken)
        taken.add(name)
        drop(f"2020-01-02/{name}.md", f"# 第{number}题\n\n文字。\n")
    services.library.scan_all()
    assert {teaser.slug for teaser in services.catalog.latest(limit=20)} == taken
    assert len(taken) == len(NAMES_THAT_ARE_SKIPPED)


def test_a_file_in_the_way_is_never_overwritten(tmp_path):
    from reader.importing.new_files import create

    create(tmp_path / "a.md", b"mine")
    with pytest.raises(FileExistsError):
        create(tmp_path / "a.md", b"theirs")
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]
    assert (tmp_path / "a.md").read_bytes() == b"mine"


def test_an_article_that_was_deleted_can_be_imported_again_over_its_pictures(run, settings):
    with site({"/a.html": html(STORY), "/walk.png": (200, {}, picture())}) as (root, _):
        run(f"{root}/a.html")
        (settings.articles / "2018-11-23/沿河步道开放.md").unlink()
        assert run(f"{root}/a.html").exit_code == 0
    assert files(settings) == ["2018-11-23/沿河步道开放.md", "2018-11-23/沿河步道开放/1.png"]


def test_another_picture_in_the_way_refuses_the_article_and_stays(run, settings):
    mine = settings.articles / "2018-11-23/沿河步道开放/1.png"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    with site({"/a.html": html(STORY), "/walk.png": (200, {}, picture())}) as (root, _):
        result = run(f"{root}/a.html")
    assert (result.exit_code, mine.read_bytes()) == (1, b"mine")
    assert "a file or folder is in the way" in result.output


def test_where_there_are_no_links_a_file_still_appears_whole_and_over_none(tmp_path, monkeypatch):
    from reader.importing import new_files
    from reader.storage import atomic_files

    def no_links(*_: object) -> None:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr(atomic_files.os, "link", no_links)
    new_files.create(tmp_path / "a.md", b"mine")
    with pytest.raises(FileExistsError):
        new_files.create(tmp_path / "a.md", b"theirs")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.md", b"mine")]


def test_pasted_text_comes_from_standard_input_in_any_encoding(run, settings):
    text = (
        "新闻>>本地\n沿河步道开放\n2018-11-23 10:40:00 来源:晨报\n"
        + "市园林局介绍，沿河步道全长七公里，市民可以免费入园。\n" * 3
        + "责任编辑:周琳\n"
    )
    assert run("-", stdin=text.encode("gb18030")).exit_code == 0
    draft = read_draft(".md", (settings.articles / "2018-11-23/沿河步道开放.md").read_bytes())
    assert (draft.section, draft.source, draft.editor) == (("新闻", "本地"), "晨报", "周琳")
    assert draft.body_html.count("七公里") == 3


def test_the_editor_may_wish_section_date_and_format(run, settings, tmp_path):
    (tmp_path / "a.html").write_text(f"<h1>题目</h1>{PARAGRAPHS}", "utf-8")
    assert (
        run(
            "--section", "河北新闻/本网原创", "--date", "2019-05-01 08:00", "--to", "html", tmp_path / "a.html"
        ).exit_code
        == 0
    )
    draft = read_draft(".html", (settings.articles / "2019-05-01/题目.html").read_bytes())
    assert (draft.section, str(draft.published)) == (("河北新闻", "本网原创"), "2019-05-01 08:00:00")


def test_a_dry_run_shows_the_article_and_writes_nothing(run, settings, tmp_path):
    (tmp_path / "a.html").write_text(f"<h1>题目</h1><p>2019-05-01</p>{PARAGRAPHS}", "utf-8")
    result = run("--dry-run", tmp_path / "a.html")
    assert "title: 题目" in result.output
    assert "第四段" in result.output
    assert files(settings) == []


def test_what_is_refused_is_named_with_its_reason_and_the_rest_goes_on(run, settings, tmp_path):
    (tmp_path / "empty.html").write_text("<html><title>空</title><body></body></html>", "utf-8")
    (tmp_path / "good.html").write_text(f"<h1>题目</h1>{PARAGRAPHS}", "utf-8")
    result = run(tmp_path / "empty.html", tmp_path / "absent.html", "ftp://a.example/x", tmp_path / "good.html")
    assert result.exit_code == 1
    assert "1 imported, 0 skipped, 3 failed" in result.output
    assert "empty.html: no article found" in result.output
    assert "absent.html: no such file" in result.output


def test_half_a_character_in_json_is_replaced_and_the_article_imported(run, settings, tmp_path):
    facts = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": "雨\ud800\U0001f327",
        "text": "<p>下\udfff雨。</p>",
    }
    (tmp_path / "rain.json").write_text(json.dumps(facts), "utf-8")
    assert run(tmp_path / "rain.json").exit_code == 0
    [name] = files(settings)
    written = (settings.articles / name).read_text("utf-8")
    assert "雨\ufffd\U0001f327" in written
    assert "下\ufffd雨。" in written


RSS = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>晨报</title>
<item><title>全文在此</title><link>{root}/whole</link><pubDate>Fri, 23 Nov 2018 10:40:00 +0800</pubDate><category>生态</category>
<content:encoded><![CDATA[{whole}]]></content:encoded></item>
<item><title>只有摘要</title><link>{root}/part</link><pubDate>Fri, 23 Nov 2018 11:00:00 +0800</pubDate><description>市园林局介绍……</description></item>
</channel></rss>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>晨报</title><entry><title>全文在此</title>
<link href="{root}/whole"/><published>2018-11-23T10:40:00+08:00</published><content type="html">{escaped}</content></entry></feed>"""


def feeds(root: str) -> dict[str, str]:
    whole = PARAGRAPHS * 2
    item = {
        "id": "1",
        "url": f"{root}/whole",
        "title": "全文在此",
        "content_html": whole,
        "date_published": "2018-11-23T10:40:00+08:00",
    }
    return {
        "rss": RSS.format(root=root, whole=whole),
        "atom": ATOM.format(root=root, escaped=whole.replace("<", "&lt;")),
        "json": json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "晨报", "items": [item]}),
    }


@pytest.mark.parametrize("kind", ["rss", "atom", "json"])
def test_each_entry_of_a_feed_becomes_an_article_from_the_feed_or_from_its_page(run, settings, kind):
    pages = {"/part": html(STORY.replace("沿河步道开放", "只有摘要"))}
    with site(pages) as (root, asked):
        pages["/feed"] = (200, {"Content-Type": "application/xml"}, feeds(root)[kind].encode())
        result = run(f"{root}/feed")
        assert result.exit_code == 0, result.output
        draft = read_draft(".md", (settings.articles / "2018-11-23/全文在此.md").read_bytes())
        assert draft.published.isoformat() == "2018-11-23T10:40:00+08:00"
        assert draft.body_html.count("<p>") == 8
        assert "/whole" not in [path for path, _ in asked]
        assert (settings.articles / "2018-11-23/只有摘要.md").exists() == (kind == "rss")


SHORT = [
    "<title>大雨</title><h1>大雨</h1><p>今天下雨。</p>",
    "<title>短讯</title><div class=title>短讯</div><div>2021-05-01 08:00 来源：晨报</div><div>大桥今晨六时通车。</div>",
]
NO_ARTICLE = [
    "<title>App</title><div id=root></div><p>Please enable JavaScript to continue.</p>",
    "<title>加载中</title><p>正在加载，请稍候。</p>",
    "<title>404</title><h1>404</h1><p>您访问的页面不存在。</p>",
    "<title>登录</title><h1>登录</h1><p>登录后查看全文。</p>",
    "<p>今天下雨。</p>",
]


@pytest.mark.parametrize("page", SHORT)
def test_short_news_of_a_headline_and_a_sentence_is_an_article(run, settings, tmp_path, page):
    (tmp_path / "a.html").write_text(f"<meta charset=utf-8>{page}", "utf-8")
    result = run(tmp_path / "a.html", "--date", "2021-05-01")
    assert result.exit_code == 0, result.output
    assert len(list(settings.articles.rglob("*.md"))) == 1


@pytest.mark.parametrize("page", NO_ARTICLE)
def test_a_page_that_says_it_has_no_text_is_none(run, settings, tmp_path, page):
    (tmp_path / "a.html").write_text(f"<meta charset=utf-8>{page}", "utf-8")
    assert run(tmp_path / "a.html", "--date", "2021-05-01").exit_code == 1
    assert not list(settings.articles.rglob("*.md"))


def test_an_import_that_was_broken_off_goes_on_where_it_stopped(run, settings):
    pages = {}
    with site(pages) as (root, _asked):
        pages["/feed"] = (200, {}, feeds(root)["rss"].encode())
        assert run(f"{root}/feed").exit_code == 1, "the second entry's page is missing"
        pages["/part"] = html(STORY.replace("沿河步道开放", "只有摘要").replace("七公里", "八公里"))
        result = run(f"{root}/feed")
    assert "1 imported, 1 skipped, 0 failed" in result.output


def test_a_folder_and_a_zip_give_every_article_in_them(run, settings, tmp_path):
    folder = tmp_path / "old"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.htm").write_bytes(
        f"<title>旧闻一</title><p>2001-02-03</p>{PARAGRAPHS}<img src=pic/1.jpg>".encode("gb18030")
    )
    (folder / "pic").mkdir()
    (folder / "pic" / "1.jpg").write_bytes(picture(kind="JPEG"))
    (folder / "sub" / "b.txt").write_bytes(
        "旧闻二\n2001-02-04 来源:晨报\n市里的老码头停航了，渡船改作课堂，市民前来告别这条老航线。\n".encode("gb18030")
    )
    (folder / "sub" / "c.md").write_text(
        "---\ntitle: 旧闻三\ndate: 2001-02-05\n---\n\n渡口的灯一盏一盏亮起来，江面上起了薄雾，船老大把缆绳绕了两圈。\n",
        "utf-8",
    )
    (folder / "notes.doc").write_bytes(b"\xd0\xcf")
    archive = tmp_path / "old.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(folder.rglob("*.*")):
            file.write(path, path.relative_to(tmp_path))
    wanted = ["2001-02-03/旧闻一.md", "2001-02-03/旧闻一/1.jpg", "2001-02-04/旧闻二.md", "2001-02-05/c.md"]
    assert run(folder).exit_code == 0
    assert files(settings) == wanted
    assert "0 imported, 4 skipped, 0 failed" in run(archive).output, "three are there, and a .doc is told of"
    for name in wanted:
        (settings.articles / name).unlink()
    assert run(archive).exit_code == 0
    assert files(settings) == wanted


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_what_the_site_of_another_tool_does_not_publish_is_not_imported(run, settings, tmp_path, kind):
    texts = {
        "site/_config.yml": "exclude: [private]\ndefaults:\n- scope: {path: held}\n  values: {published: false}\n",
        "site/notes/_index.md": "+++\ndraft = true\n+++\n",
    }
    texts |= {
        f"site/{name}/{name}.md": f"# {name}\n\n渡口的灯亮了。\n" for name in ("open", "private", "held", "notes")
    }
    folder = tmp_path / "site"
    with zipfile.ZipFile(tmp_path / "site.zip", "w") as archive:
        for name, text in texts.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, "utf-8")
            archive.writestr(name, text)
    result = run(folder if kind == "folder" else tmp_path / "site.zip")
    assert [Path(name).name for name in files(settings)] == ["open.md"], result.output
    assert "_config.yml says that it is not published" in result.output


def test_a_zip_bomb_is_refused_before_it_is_unpacked(run, tmp_path):
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        file.writestr("a.html", b"<p>" + b" " * 30_000_000)
    result = run(bomb)
    assert result.exit_code == 1
    assert "zip bomb" in result.output


def test_each_chapter_of_an_epub_becomes_an_article_with_its_pictures(run, settings, tmp_path):
    book = tmp_path / "book.epub"
    with zipfile.ZipFile(book, "w") as file:
        file.writestr("mimetype", "application/epub+zip")
        file.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="EPUB/p.opf"/></rootfiles></container>',
        )
        file.writestr(
            "EPUB/p.opf",
            '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>晨报 2018-11-23</dc:title>'
            "<dc:creator>赵敏</dc:creator><dc:date>2018-11-23</dc:date></metadata><manifest>"
            '<item id="nav" href="nav.xhtml" properties="nav"/><item id="c1" href="text/1.xhtml"/><item id="c2" href="text/2.xhtml"/></manifest>'
            '<spine><itemref idref="nav"/><itemref idref="c2"/><itemref idref="c1"/></spine></package>',
        )  # fmt: skip
        file.writestr("EPUB/nav.xhtml", f"<html><body><h1>目录</h1>{PARAGRAPHS}</body></html>")
        file.writestr("EPUB/text/1.xhtml", f"<html><body><h1>第一篇</h1>{PARAGRAPHS}</body></html>")
        file.writestr(
            "EPUB/text/2.xhtml",
            f'<html><body><h1>第二篇</h1><p><img src="../i/2.png"/></p>{PARAGRAPHS.replace("七", "五")}</body></html>',
        )
        file.writestr("EPUB/i/2.png", picture())
    assert run(book).exit_code == 0
    assert files(settings) == ["2018-11-23/第一篇.md", "2018-11-23/第二篇.md", "2018-11-23/第二篇/1.png"]
    draft = read_draft(".md", (settings.articles / "2018-11-23/第一篇.md").read_bytes())
    assert (draft.source, draft.byline) == ("晨报 2018-11-23", ("赵敏",))
    assert "第一篇" not in draft.body_html


def test_pictures_are_judged_by_content_and_trackers_are_dropped(run, settings):
    body = STORY.replace(
        '<img src="/walk.png" alt="步道">',
        "".join(f'<img src="/{n}.jpg">' for n in ("ok", "ok2", "dot", "text", "gone")),
    )
    pages = {"/a": html(body), "/ok.jpg": (200, {}, picture(kind="WEBP")), "/ok2.jpg": (200, {}, picture(kind="WEBP")),
             "/dot.jpg": (200, {}, picture(1, 1, "GIF")), "/text.jpg": (200, {"Content-Type": "image/jpeg"}, b"<script>alert(1)</script>")}  # fmt: skip
    with site(pages) as (root, _):
        result = run(f"{root}/a")
    assert files(settings) == ["2018-11-23/沿河步道开放.md", "2018-11-23/沿河步道开放/1.webp"]
    text = (settings.articles / "2018-11-23/沿河步道开放.md").read_text("utf-8")
    assert text.count("沿河步道开放/1.webp") == 3, "two pictures of the same content are one file, and it leads"
    assert "dot.jpg" not in text
    assert "text.jpg: not a picture" in result.output
    assert "gone.jpg: the server answered 404" in result.output


def test_a_picture_of_too_many_pixels_is_not_kept(monkeypatch):
    from reader.errors import NotImported
    from reader.importing import image_downloads

    monkeypatch.setattr(image_downloads, "MOST_PIXELS", 1000)
    with pytest.raises(NotImported, match="pixels"):
        image_downloads.picture_type("a.png", picture())


def test_a_page_cannot_take_files_from_outside_its_folder(run, settings, tmp_path):
    (tmp_path / "secret.png").write_bytes(picture())
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.html").write_text(
        f"<h1>题目</h1><p>2019-05-01</p>{PARAGRAPHS}<img src='../secret.png'>", "utf-8"
    )
    result = run(tmp_path / "in" / "a.html")
    assert files(settings) == ["2019-05-01/题目.md"]
    assert "no such picture" in result.output


def test_a_page_without_a_title_is_called_by_its_first_words(run, settings, tmp_path):
    (tmp_path / "a.html").write_text(f"<html><body><p>2019-05-01</p>{PARAGRAPHS}</body></html>", "utf-8")
    assert run(tmp_path / "a.html").exit_code == 0
    [path] = settings.articles.rglob("*.md")
    assert read_draft(".md", path.read_bytes()).title.startswith("第一段")


def test_links_between_imported_files_lead_to_the_articles(run, settings, tmp_path):
    (tmp_path / "old/sub").mkdir(parents=True)
    (tmp_path / "old/one.md").write_text("---\ntitle: 第一篇\ndate: 2026-05-01\n---\n见[第二篇](sub/other-post.md)。\n")
    (tmp_path / "old/sub/other-post.md").write_text(
        "---\ntitle: 第二篇\ndate: 2026-05-02\n---\n见[第一篇](../one.md)。\n"
    )
    assert "2 imported" in run(str(tmp_path / "old")).output
    report = CliRunner().invoke(main, ["check"]).output
    assert "2 articles published" in report
    assert "no article" not in report


def test_an_article_without_a_date_has_the_one_in_its_path_as_in_the_folder_of_articles(run, settings, tmp_path):
    for name in ("2019-05-01/rain.md", "20190502-sun.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"# {name[-7:-3]}\n\n今天下雨，明天也下雨{name[-7:]}。\n", "utf-8")
    result = run(tmp_path / "2019-05-01", tmp_path / "20190502-sun.txt")
    assert result.output.count("no date found in it; that of its path is used") == 2
    assert [path[:10] for path in files(settings)] == ["2019-05-01", "2019-05-02"]


def test_an_article_without_a_date_gets_todays_and_says_so(run, settings, tmp_path):
    (tmp_path / "a.html").write_text(f"<h1>题目</h1>{PARAGRAPHS}", "utf-8")
    result = run(tmp_path / "a.html")
    assert "no date found" in result.output
    assert len(files(settings)) == 1


CODE = """
<pre><code><span class="line">def f():</span>
<span class="line">    return 1</span></code></pre>
<p>第二段说的是另一段代码，行号在它的左边，行号不是代码的一部分。</p>
<table class="highlight"><tr><td class="gutter"><pre>1
2
3</pre></td><td class="code"><pre>for i in x:
    if i:
        go(i)</pre></td></tr></table>
<p>第三段说的是用换行标记写成的代码，每个标记是一行的结尾，缩进照旧。</p>
<pre>while True:<br>    wait()<br>\tstop()</pre>
"""


def test_code_keeps_its_lines_and_indents_and_loses_its_line_numbers(run, settings):
    with site({"/a": html(STORY.replace("<p>明年", f"{CODE}<p>明年"))}) as (root, _):
        run(f"{root}/a")
    text = (settings.articles / "2018-11-23/沿河步道开放.md").read_text("utf-8")
    assert "```\ndef f():\n    return 1\n```" in text
    assert "```\nfor i in x:\n    if i:\n        go(i)\n```" in text
    assert "```\nwhile True:\n    wait()\n\tstop()\n```" in text
    assert not [line for line in text.splitlines() if line.strip().isdigit()]


def test_a_page_that_is_one_preformatted_text_keeps_its_lines(run, settings):
    memo = "\n".join(
        f"   Line {n} of the memo describes the exchange,\n      with a hanging indent." for n in range(30)
    )
    page = f"<html><head><title>Memo</title><meta name=date content=2018-11-23></head><body><article><h1>Memo</h1><pre>{memo}</pre></article></body></html>"
    with site({"/a": (200, {"Content-Type": "text/html"}, page.encode())}) as (root, _):
        run(f"{root}/a")
    (made,) = settings.articles.rglob("*.md")
    assert memo.strip() in made.read_text("utf-8")


def test_scans_at_the_same_time_never_take_each_others_file_away(settings, tmp_path):
    settings.articles.mkdir(parents=True, exist_ok=True)
    (settings.articles / "rain.md").write_text("# 大雨\n\n今天下雨。", "utf-8")
    memory = tmp_path / "imported.json"

    def scan_often(_: int) -> None:
        for _ in range(50):
            memory.unlink(missing_ok=True)  # so that each scan writes
            scan(settings.articles, memory)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(scan_often, range(4)))
    assert [path.name for path in tmp_path.glob("imported*")] in ([], ["imported.json"])
