"""Exports of whole sites: what was published there is published here, and nothing else; what is lost is named."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import shutil
import zipfile
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from stub_site import site

from reader.cli import main
from reader.errors import NotFound
from reader.formats import read_draft
from reader.models import Draft
from reader.sanitizer import sanitize

SAMPLES = Path(__file__).parent / "samples" / "sites"


def picture(color: str = "teal", kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), color).save(out, kind)
    return out.getvalue()


@pytest.fixture
def run(settings, monkeypatch):
    """``run(source, …)`` imports into a folder of its own."""
    monkeypatch.setenv("READER_ARTICLES", str(settings.articles))
    monkeypatch.setenv("READER_INSTANCE", str(settings.instance))
    settings.articles.mkdir(parents=True)

    def run(*arguments: str | Path) -> Result:
        options = ["import", "--allow-private", "--delay=0", *(str(argument) for argument in arguments)]
        return CliRunner().invoke(main, options)

    return run


def files(settings) -> list[str]:
    return sorted(
        path.relative_to(settings.articles).as_posix() for path in settings.articles.rglob("*") if path.is_file()
    )


def draft_of(settings, name: str) -> Draft:
    (path,) = [path for path in settings.articles.rglob(f"{name}.*") if path.is_file()]
    return read_draft(path.suffix, path.read_bytes())


def body_of(settings, name: str) -> str:
    """The article's HTML, as it is shown."""
    return str(sanitize(draft_of(settings, name).body_html))


# -- WordPress ----------------------------------------------------------------------------------------------------


@pytest.fixture
def wordpress(run, tmp_path):
    """A WordPress export, and the pictures of its site copied beside it."""
    shutil.copy(SAMPLES / "wordpress.xml", tmp_path)
    uploads = tmp_path / "wp-content" / "uploads" / "2018" / "11"
    uploads.mkdir(parents=True)
    for name, color in (("pier.png", "teal"), ("pier-300x200.png", "navy"), ("boat.png", "olive")):
        (uploads / name).write_bytes(picture(color))
    return run(tmp_path / "wordpress.xml")


def test_posts_and_pages_of_wordpress_become_articles_and_the_rest_is_left_out_by_kind(wordpress, settings):
    assert wordpress.exit_code == 0, wordpress.output
    names = [name for name in files(settings) if name.endswith((".md", ".html"))]
    assert [name.partition(".")[0] for name in names] == [
        "2018-11-01/about",
        "2018-11-23/locked",
        "2018-11-23/private",
        "2018-11-23/老码头",
        "2018-11-24/blocks",
        "2018-11-25/草稿甲",
    ]
    assert "6 imported, 7 skipped, 0 failed" in wordpress.output
    for kind in ("attachment × 2", "nav_menu_item × 1", "revision × 1", "wp_block × 1", "trash × 1", "comment × 1"):
        assert kind in wordpress.output


@pytest.mark.parametrize(("name", "draft"), [("private", True), ("locked", True), ("草稿甲", True), ("about", False)])
def test_what_wordpress_does_not_show_to_everybody_is_a_draft(wordpress, settings, name, draft):
    assert draft_of(settings, name).draft is draft


@pytest.mark.parametrize(
    ("date", "draft"), [("2099-11-20 10:00:00", False), ("0000-00-00 00:00:00", True), ("x", True)]
)
def test_a_scheduled_post_of_wordpress_without_its_date_is_a_draft(run, settings, tmp_path, date, draft):
    (tmp_path / "wxr.xml").write_text(
        f"""<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
xmlns:wp="http://wordpress.org/export/1.2/"><channel><wp:wxr_version>1.2</wp:wxr_version><item><title>明年</title>
<content:encoded><![CDATA[<p>明年的河水上涨，渡口的灯亮了。</p>]]></content:encoded><wp:post_name>next</wp:post_name>
<wp:post_date>{date}</wp:post_date><wp:post_modified>2018-11-20 10:00:00</wp:post_modified>
<wp:post_type>post</wp:post_type><wp:status>future</wp:status></item></channel></rss>""",
        "utf-8",
    )
    assert run(tmp_path / "wxr.xml").exit_code == 0
    assert draft_of(settings, "next").draft is draft


WXR = """<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
xmlns:wp="http://wordpress.org/export/1.2/"><channel><wp:wxr_version>1.2</wp:wxr_version>{}</channel></rss>"""
POST = """<item><title>{name}</title><link>https://dukou.example/{link}</link>
<content:encoded>渡口的灯亮了。</content:encoded><wp:post_name>{name}</wp:post_name><wp:post_date>2018-11-20 10:00:00</wp:post_date>
<wp:post_type>{kind}</wp:post_type><wp:status>publish</wp:status><wp:postmeta><wp:meta_key>{meta}</wp:meta_key>
<wp:meta_value>{value}</wp:meta_value></wp:postmeta></item>"""


def test_links_between_imported_posts_lead_to_this_site_and_others_stay(run, settings, services, tmp_path):
    post = """<item><title>{0}</title><link>https://dukou.example/2018/11/{0}/</link><content:encoded><![CDATA[
见<a href="http://www.dukou.example/2018/11/lamp/#p1">灯</a>与<a href="https://dukou.example/tag/x/">{0}</a>。]]></content:encoded>
<wp:post_name>{0}</wp:post_name><wp:post_date>2018-11-20 10:00:00</wp:post_date><wp:post_type>post</wp:post_type>
<wp:status>publish</wp:status></item>"""
    (tmp_path / "wxr.xml").write_text(WXR.format(post.format("ferry") + post.format("lamp")), "utf-8")
    assert run(tmp_path / "wxr.xml").exit_code == 0
    for path in settings.articles.rglob("*.*"):
        os.utime(path, (1, 1))
    services.library.scan_all()
    body = services.catalog.article("ferry").body
    assert re.findall(r'href="([^"]*)"', body) == ["/a/lamp#p1", "https://dukou.example/tag/x/"]


def test_messages_of_visitors_and_posts_for_members_are_not_published(run, settings, tmp_path):
    posts = [
        ("contact", "?post_type=flamingo_inbound&amp;p=1", "flamingo_inbound", "x", "1"),
        ("entry", "?post_type=form_entry&amp;p=2", "form_entry", "x", "1"),
        ("members", "members/", "post", "_members_access_role", "editor"),
        ("payers", "?p=4", "post", "_jetpack_newsletter_access", "paid_subscribers"),
        ("open", "?p=5", "post", "_jetpack_newsletter_access", "everybody"),
        ("news", "news/ferry/", "news", "x", "1"),
    ]
    items = [POST.format_map(dict(zip(("name", "link", "kind", "meta", "value"), one, strict=True))) for one in posts]
    (tmp_path / "wxr.xml").write_text(WXR.format("".join(items)), "utf-8")
    assert run(tmp_path / "wxr.xml").exit_code == 0
    drafts = {name: draft_of(settings, name).draft for name in ("entry", "members", "payers", "open", "news")}
    assert drafts == {"entry": True, "members": True, "payers": True, "open": False, "news": False}
    assert not [name for name in files(settings) if "contact" in name]


@pytest.mark.parametrize(("date", "draft"), [("2099-11-20T10:00:00.000Z", False), (None, True), ("x", True)])
def test_a_scheduled_post_of_ghost_without_its_date_is_a_draft(run, settings, tmp_path, date, draft):
    post = {"id": "1", "title": "明年", "slug": "next", "html": "<p>明年的河水上涨。</p>", "status": "scheduled"}
    post |= {"published_at": date, "created_at": "2018-11-23T02:40:00.000Z"}
    (tmp_path / "ghost.json").write_text(json.dumps({"db": [{"meta": {}, "data": {"posts": [post]}}]}), "utf-8")
    assert run(tmp_path / "ghost.json").exit_code == 0
    assert draft_of(settings, "next").draft is draft


def test_an_answer_of_ghost_s_content_api_is_imported_and_what_it_lacks_is_named(run, settings, tmp_path):
    ferry = {"id": "1", "title": "渡口", "slug": "ferry", "html": "<p>渡口的灯亮了。</p>", "visibility": "public"}
    ferry |= {"published_at": "2018-11-20T02:40:00.000+00:00", "tags": [{"name": "水"}, {"name": "灯"}]}
    ferry |= {"authors": [{"name": "甲"}], "primary_author": {"name": "甲"}}
    pages = {"pagination": {"page": 1, "pages": 2, "total": 30}}
    (tmp_path / "posts.json").write_text(json.dumps({"posts": [ferry], "meta": pages}), "utf-8")
    result = run(tmp_path / "posts.json")
    draft = draft_of(settings, "ferry")
    assert (draft.draft, draft.section, draft.tags, draft.byline) == (False, ("水",), ("灯",), ("甲",))
    assert result.exit_code == 1
    assert "export the site in Ghost" in result.output


def test_entries_of_livejournal_keep_their_dates_and_private_ones_are_drafts(run, settings, tmp_path):
    entry = "<entry><subject>{0}</subject><eventtime>2005-04-05 10:00:00</eventtime><event>渡口，\n{0}。</event>"
    private = entry.format("Lamp") + "<security>private</security></entry>"
    entries = entry.format("Ferry") + f"<taglist>a, b</taglist></entry>{private}"
    (tmp_path / "2005-04.xml").write_text(f"<?xml version='1.0'?><livejournal>{entries}</livejournal>", "utf-8")
    assert run(tmp_path / "2005-04.xml").exit_code == 0
    ferry = draft_of(settings, "Ferry")
    assert (ferry.published.isoformat()[:10], ferry.tags, ferry.draft) == ("2005-04-05", ("a", "b"), False)
    assert ferry.body_html.count("<p>") == 2
    assert draft_of(settings, "Lamp").draft


def test_a_post_of_tumblr_has_the_date_in_its_footer(run, settings, tmp_path):
    footer = '<div id="footer"><span id="timestamp"> May 6th, 2014 10:11am </span><span class="tag">river</span></div>'
    story = "The river rose by two metres in the night, and people left their homes. " * 3
    (tmp_path / "123.html").write_text(f"<html><body><h1>A flood</h1><p>{story}</p>{footer}</body></html>", "utf-8")
    assert run(tmp_path / "123.html").exit_code == 0
    assert [name[:10] for name in files(settings)] == ["2014-05-06"]


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ('<mediawiki xml:lang="en"><page><title>A</title></page></mediawiki>', "Pandoc"),
        (
            '{"metadata": {}, "entries": [{"uuid": "A", "creationDate": "2021-05-06T07:08:09Z", "text": "x"}]}',
            "Day One",
        ),
        ('{"isTrashed": false, "textContent": "x", "userEditedTimestampUsec": 1}', "HTML files of the same folder"),
        ('[{"title": "A", "edit-time": 1, "children": [{"string": "x"}]}]', "Roam"),
        ('{"posts": [{"id": 1, "originalContent": "x", "formatContent": "x"}]}', "Halo"),
    ],
)
def test_an_export_of_another_program_is_refused_with_what_to_do_instead(run, tmp_path, content, hint):
    export = tmp_path / ("export.xml" if content.startswith("<") else "export.json")
    export.write_text(content, "utf-8")
    result = run(export)
    assert result.exit_code == 1
    assert hint in result.output


def test_the_site_shows_what_wordpress_published_and_no_draft(wordpress, settings, services):
    for path in settings.articles.rglob("*.*"):
        os.utime(path, (1, 1))  # written a while ago: the library waits for files that still grow
    services.library.scan_all()
    assert services.catalog.problems() == []
    assert services.catalog.article("老码头").title == "老码头 & 渡船"
    for slug in ("private", "locked", "草稿甲"):
        with pytest.raises(NotFound):
            services.catalog.article(slug)


def test_fields_of_a_wordpress_post_are_kept(wordpress, settings):
    draft = draft_of(settings, "老码头")
    assert draft.title == "老码头 & 渡船"
    assert str(draft.published) == "2018-11-23 10:40:00+08:00", "the local time, with the site's offset"
    assert str(draft.updated) == "2018-11-24 09:00:00+08:00"
    assert (draft.section, draft.tags, draft.byline) == (("新闻", "本地"), ("江河",), ("周琳",))
    assert draft_of(settings, "blocks").byline == ("周琳", "高原雪"), "authors of the plugin Co-Authors Plus"
    assert draft.summary == "老码头停航了。"
    assert draft.aliases
    assert "old-pier" in draft.aliases[0], "the old address leads to the article"


def test_blank_lines_are_paragraphs_and_line_ends_are_line_breaks(wordpress, settings):
    body = body_of(settings, "老码头")
    assert re.search(r"<p>老码头停航的消息，<(b|strong)>昨天</\1>贴在了<br>\s*候船室门口。</p>", body)
    assert "<p>市民前来告别" in body
    assert "<li>成人 两元</li>" in body, "no breaks between the items of a list"
    assert re.search(r"<blockquote>\s*<p>船老大说：<br>\s*“开了三十年。”</p>\s*<p>第二段。</p>\s*</blockquote>", body)


def test_shortcodes_become_figures_code_and_links_and_others_leave_their_text(wordpress, settings):
    body = body_of(settings, "老码头")
    assert re.search(
        r'<figure>(<a [^>]*>)?<img src="老码头/\d.png" alt="码头">(</a>)?<figcaption>停航前的<em>老码头</em>', body
    )
    assert "<figcaption>老码头全景</figcaption>" in body, "a picture of the gallery, with its caption"
    assert 'href="https://www.youtube.com/watch?v=abcdefghijk"' in body
    assert "告别[sic]这条航线[1]。最后一班在下午五点。" in body
    assert "for [i] in x:\n\n    go[0]()" in body
    assert 'print("[gallery]") &lt; 1' in body
    assert "写作 [gallery] 就是图集" in body
    assert not re.search(r"\[/?(caption|contact-form-7|tooltip|code)", body)


def test_unknown_shortcodes_and_blocks_are_named_and_so_is_why_a_post_is_a_draft(wordpress):
    assert "only its text was kept: tooltip, contact-form-7" in wordpress.output
    assert "only its text was kept: latest-posts" in wordpress.output
    assert "its status is 'private'" in wordpress.output
    assert "protected by a password" in wordpress.output


def test_pictures_that_lie_beside_the_export_are_not_fetched(wordpress, settings):
    pictures = [name for name in files(settings) if name.startswith("2018-11-23/老码头/")]
    assert len(pictures) == 3, "the featured picture is that of the gallery, in another size"
    assert "cannot be found" not in wordpress.output


def test_blocks_keep_their_html_and_lose_their_comments(wordpress, settings):
    body = body_of(settings, "blocks")
    assert "<!--" not in body
    assert re.search(r"<p>第一段，\s*行末只是换行。</p>", body)
    assert "<p>转载请注明出处。</p>" in body, "a reusable block is where it is used"
    assert "<figcaption>渡船</figcaption>" in body
    assert 'href="https://v.example/x1"' in body


def test_the_same_export_again_imports_nothing(wordpress, run, tmp_path):
    assert "0 imported, 13 skipped, 0 failed" in run(tmp_path / "wordpress.xml").output


# -- mail and saved pages -----------------------------------------------------------------------------------------

PARAGRAPHS = "".join(
    f"<p>第{n}段：市园林局介绍，沿河步道全长七公里，沿途设有观鸟亭，市民可以免费入园。</p>" for n in "一二三四"
)


def mail(subject: str = "沿河步道开放", sender: str = "高原雪 <gyx@paper.example>") -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"], message["Subject"] = sender, subject
    message["Date"] = "Fri, 23 Nov 2018 10:40:00 +0800"
    message["Message-ID"] = "<1@paper.example>"
    return message


def saved(tmp_path: Path, name: str, message: EmailMessage) -> Path:
    path = tmp_path / name
    path.write_bytes(message.as_bytes())
    return path


def test_a_mail_of_plain_text_has_its_subject_sender_and_date(run, settings, tmp_path):
    message = mail("转发：沿河步道开放")
    message.set_content("市园林局介绍，步道全长七公里。\n\n市民可以免费入园。\n\n-- \n高原雪\n电话 123\n", cte="base64")
    result = run(saved(tmp_path, "a.eml", message))
    assert result.exit_code == 0, result.output
    draft = draft_of(settings, "沿河步道开放")
    assert (draft.title, draft.byline) == ("沿河步道开放", ("高原雪",))
    assert str(draft.published) == "2018-11-23 10:40:00+08:00"
    assert re.findall("<p>(.*?)</p>", body_of(settings, "沿河步道开放")) == [
        "市园林局介绍，步道全长七公里。",
        "市民可以免费入园。",
    ]


def test_a_mail_of_html_keeps_inline_and_attached_pictures_and_names_other_attachments(run, settings, tmp_path):
    message = mail()
    message.set_content("没有格式的版本")
    message.add_alternative('<p>步道在河边。<img src="cid:walk@x" alt="步道"></p><p>全长七公里。</p>', subtype="html")
    message.get_payload()[1].add_related(picture(), "image", "png", cid="<walk@x>")
    message.add_attachment(picture("olive"), "image", "png", filename="亭.png")
    message.add_attachment(b"%PDF-1.4", "application", "pdf", filename="通稿.pdf")
    result = run(saved(tmp_path, "a.eml", message))
    assert "attachments left out: 通稿.pdf" in result.output
    body = body_of(settings, "沿河步道开放")
    assert body.count("<img") == 2
    assert "没有格式" not in body
    assert files(settings)[1:] == ["2018-11-23/沿河步道开放/1.png", "2018-11-23/沿河步道开放/2.png"]


@pytest.mark.parametrize("encoding", ["gb18030", "big5"])
def test_a_mail_in_another_encoding_is_read_also_where_its_header_is_bare_bytes(run, settings, tmp_path, encoding):
    head = "Received: by paper.example\nSubject: 沿河步道開放\nDate: Fri, 23 Nov 2018 10:40:00 +0800\n"
    head += f"Content-Type: text/plain; charset={encoding}\n\n"
    (tmp_path / "a.eml").write_bytes((head + "市民前來參觀沿河步道，全長七公里。\n").encode(encoding))
    assert run(tmp_path / "a.eml").exit_code == 0
    assert "市民前來參觀" in body_of(settings, "沿河步道開放")


def test_a_page_saved_as_mhtml_is_a_page_with_its_pictures_and_its_address(run, settings, tmp_path):
    page = f"<title>沿河步道开放</title><body><h1>沿河步道开放</h1><p>2018-11-23 10:40 来源：晨报</p><div>{PARAGRAPHS}"
    page += '<img src="https://paper.example/i/walk.png?w=1&amp;h=2" alt="步道"></div></body></html>'
    message = EmailMessage(policy=SMTP)
    message["From"], message["Subject"] = "<Saved by Blink>", "沿河步道开放"
    message["Snapshot-Content-Location"] = "https://paper.example/a.html"
    message.set_content(page, subtype="html", cte="quoted-printable")
    location = "Content-Location: https://paper.example/i/walk.png?w=1&h=2"
    message.add_related(picture(), "image", "png", headers=[location])
    result = run(saved(tmp_path, "a.mhtml", message))
    assert result.exit_code == 0, result.output
    assert files(settings) == ["2018-11-23/沿河步道开放.md", "2018-11-23/沿河步道开放/1.png"]
    text = (settings.articles / "2018-11-23/沿河步道开放.md").read_text("utf-8")
    assert "# imported from https://paper.example/a.html" in text


def test_a_mail_without_text_says_so(run, tmp_path):
    message = mail()
    message.add_attachment(b"%PDF-1.4", "application", "pdf", filename="a.pdf")
    result = run(saved(tmp_path, "a.eml", message))
    assert (result.exit_code, "the mail has no text" in result.output) == (1, True)


def data_address(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def test_pictures_inside_a_saved_page_become_files(run, settings, tmp_path):
    page = f"""<html><!-- Page saved with SingleFile
 url: https://paper.example/a.html
 saved date: Sat Nov 24 2018 -->
<head><title>沿河步道开放</title><style>:root{{--sf-img-1: url("{data_address(picture("olive"))}")}}</style></head>
<body><h1>沿河步道开放</h1><p>2018-11-23 10:40</p><div>{PARAGRAPHS}<p><img src={data_address(picture())} alt=步道></p>
<p><img alt="亭" src="data:image/svg+xml,<svg/>" style="background-image:var(--sf-img-1)"></p></div></body></html>"""
    (tmp_path / "a.html").write_text(page, "utf-8")
    result = run(tmp_path / "a.html")
    assert result.exit_code == 0, result.output
    assert files(settings)[1:] == ["2018-11-23/沿河步道开放/1.png", "2018-11-23/沿河步道开放/2.png"]
    assert (settings.articles / "2018-11-23/沿河步道开放/1.png").read_bytes() == picture()
    assert "imported from https://paper.example/a.html" in (settings.articles / files(settings)[0]).read_text("utf-8")


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_a_page_saved_as_complete_has_the_pictures_beside_it_and_its_frames_are_no_articles(
    run, settings, tmp_path, kind
):
    page = f"""<!-- saved from url=(0029)https://paper.example/a.html --><html><h1>沿河步道开放</h1><p>2018-11-23</p>{PARAGRAPHS}
<img src="./步道 - 晨报_files/walk 1.png"><img data-src="https://paper.example/640?wx=png" src="./步道 - 晨报_files/640(1)">"""
    frame = f"<h1>限时优惠</h1>{PARAGRAPHS.replace('步道', '商品')}"
    name = "步道 - 晨报"
    contents = {f"{name}.html": page, f"{name}_files/saved_resource.html": frame}
    contents |= {f"{name}_files/walk 1.png": picture(), f"{name}_files/640(1)": picture("red")}
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path, content in contents.items():
            archive.writestr(path, content)
    if kind == "folder":
        zipfile.ZipFile(tmp_path / "a.zip").extractall(tmp_path / "a")
    result = run(tmp_path / {"folder": "a", "zip": "a.zip"}[kind])
    assert "1 imported, 1 skipped, 0 failed" in result.output
    assert "a part of the page" in result.output
    assert [name.rpartition("/")[2] for name in files(settings)] == ["沿河步道开放.md", "1.png", "2.png"]


def test_pictures_inside_markdown_become_files(run, settings, tmp_path):
    text = (
        f"# 步道\n\n![甲]({data_address(picture())})\n\n![乙][image1]\n\n[image1]: <{data_address(picture('red'))}>\n"
    )
    (tmp_path / "a.md").write_text(f"---\ndate: 2018-11-23\n---\n{text}", "utf-8")
    result = run(tmp_path / "a.md")
    assert result.exit_code == 0, result.output
    assert files(settings)[1:] == ["2018-11-23/a/1.png", "2018-11-23/a/2.png"]
    assert body_of(settings, "a").count("<img") == 2


def noise(side: int) -> bytes:
    out = io.BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)).save(out, "PNG")
    return out.getvalue()


def test_a_saved_page_larger_than_a_page_on_the_web_is_read(run, settings, tmp_path):
    pictures = "".join(f'<img src="{data_address(noise(900))}">' for _ in range(5))
    (tmp_path / "a.html").write_text(f"<h1>步道</h1><p>2018-11-23</p>{PARAGRAPHS}{pictures}", "utf-8")
    assert (tmp_path / "a.html").stat().st_size > 12_000_000
    assert run(tmp_path / "a.html").exit_code == 0
    assert len(files(settings)) == 6


# -- pages and feeds ----------------------------------------------------------------------------------------------


def test_the_date_that_a_page_has_in_its_script_only_is_found_and_is_the_day_of_the_site(run, settings, tmp_path):
    page = f'<html><body><h1>汛期见闻</h1><div id=js_content>{PARAGRAPHS}</div><script>var ct = "1777586400";</script></body></html>'
    (tmp_path / "a.html").write_text(page, "utf-8")
    assert run(tmp_path / "a.html").exit_code == 0
    assert files(settings) == ["2026-05-01/汛期见闻.md"]
    assert str(draft_of(settings, "汛期见闻").published) == "2026-05-01 06:00:00+08:00"


def test_videos_and_sound_of_a_page_stay_as_links_and_advertisements_do_not(run, settings, tmp_path):
    players = (
        '<iframe src="https://www.youtube.com/embed/abcdefghijk"></iframe><video src="https://m.example/v.mp4"></video>'
        '<audio><source src="https://m.example/a.mp3"></audio><iframe src="https://ads.example/banner"></iframe>'
    )
    (tmp_path / "a.html").write_text(
        f"<h1>步道</h1><p>2018-11-23</p><div>{PARAGRAPHS}{players}{PARAGRAPHS}</div>", "utf-8"
    )
    run(tmp_path / "a.html")
    body = body_of(settings, "步道")
    for wanted in ("https://www.youtube.com/watch?v=abcdefghijk", "v.mp4", "https://m.example/a.mp3"):
        assert f'{wanted}"' in body, wanted
    assert "ads.example" not in body


def test_the_titles_of_feeds_are_plain_text_and_podcasts_keep_their_sound(run, settings, tmp_path):
    item = "<item><title>{}</title><link>https://x.invalid/{}</link><pubDate>Fri, 23 Nov 2018 10:40:00 +0800</pubDate><description>{}</description>{}</item>"
    sound = '<enclosure url="https://m.example/1.mp3" type="audio/mpeg" length="9"/>'
    long = "长文一段，说的是江边的渡口。" * 30
    items = item.format("Vec&lt;T&gt; 与 &lt;b&gt;AT&amp;amp;amp;T&lt;/b&gt;", 1, long, "") + item.format(
        "播客一期", 2, "节目简介。", sound
    )
    items += item.format("未写完", 3, long, "<app:control><app:draft>yes</app:draft></app:control>")
    rss = '<rss version="2.0" xmlns:app="http://www.w3.org/2007/app">'
    (tmp_path / "f.xml").write_text(f"{rss}<channel><title>x</title>{items}</channel></rss>", "utf-8")
    result = run(tmp_path / "f.xml")
    assert result.exit_code == 0, result.output
    assert draft_of(settings, "Vec-T-与-AT-T").title == "Vec<T> 与 AT&T"
    assert 'href="https://m.example/1.mp3"' in body_of(settings, "播客一期")
    assert [draft_of(settings, name).draft for name in ("播客一期", "未写完")] == [False, True]


def test_a_file_in_the_folder_holds_its_inner_pictures():
    draft = read_draft(".md", f"# 步道\n\n![甲]({data_address(picture())})\n".encode())
    (address,) = draft.pictures
    assert f'src="{address}"' in draft.body_html
    assert draft.pictures[address] == picture()


def test_a_ghost_export_keeps_tags_authors_and_what_is_public(run, settings, tmp_path):
    posts = [
        {
            "id": "1",
            "title": "步道 &amp; 亭",
            "slug": "walk",
            "html": "<p>步道全长七公里。</p>",
            "status": "published",
            "visibility": "public",
            "published_at": "2018-11-23T02:40:00.000Z",
            "custom_excerpt": "摘要",
        },
        {
            "id": "2",
            "title": "会员",
            "slug": "members",
            "html": "<p>只给会员。</p>",
            "status": "published",
            "visibility": "paid",
            "published_at": "2018-11-23T02:40:00.000Z",
        },
        {
            "id": "3",
            "title": "草稿",
            "slug": "wip",
            "html": "<p>没写完。</p>",
            "status": "draft",
            "created_at": "2018-11-23T02:40:00.000Z",
        },
        {
            "id": "4",
            "title": "部分",
            "slug": "gated",
            "html": '<p>大家看。</p><!--kg-gated-block:begin nonMember:false memberSegment:"status:-free"--><p>付费看。</p><!--kg-gated-block:end--><p>尾。</p>',
            "status": "published",
            "published_at": "2018-11-23T02:40:00.000Z",
        },
        {"id": "5", "title": "邮件", "slug": "mailed", "plaintext": "只发给会员。", "status": "sent"},
        {"id": "6", "title": "新式", "slug": "lexical", "lexical": '{"root":{}}', "status": "published"},
        {"id": "4", "title": "空", "slug": "none", "html": None, "status": "published"},
    ]
    data = {
        "posts": posts,
        "tags": [{"id": "a", "name": "本地"}, {"id": "b", "name": "江河"}, {"id": "c", "name": "#hidden"}],
        "users": [{"id": "u", "name": "周琳"}],
        "posts_tags": [{"post_id": "1", "tag_id": key, "sort_order": order} for order, key in enumerate("abc")],
        "posts_authors": [{"post_id": "1", "author_id": "u", "sort_order": 0}],
    }
    (tmp_path / "ghost.json").write_text(json.dumps({"db": [{"meta": {}, "data": data}]}), "utf-8")
    result = run(tmp_path / "ghost.json")
    assert "5 imported, 1 skipped, 1 failed" in result.output
    assert "新式: its text is only in the form of Ghost's editor" in result.output
    assert body_of(settings, "gated") == "<p>大家看。</p><p>尾。</p>", "parts for paying members are left out"
    assert (draft_of(settings, "mailed").draft, body_of(settings, "mailed")) == (True, "<p>只发给会员。</p>")
    draft = draft_of(settings, "walk")
    assert (draft.title, draft.section, draft.tags, draft.byline) == ("步道 & 亭", ("本地",), ("江河",), ("周琳",))
    assert str(draft.published) == "2018-11-23 10:40:00+08:00"
    assert [draft_of(settings, name).draft for name in ("walk", "members", "wip")] == [False, True, True]


def test_notes_of_evernote_become_articles_with_their_pictures(run, settings, tmp_path):
    content = picture()
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    (tmp_path / "a.enex").write_text(
        f"""<?xml version="1.0"?><!DOCTYPE en-export SYSTEM "x.dtd"><en-export><note><title>渡口笔记</title><created>20181123T024000Z</created>
<tag>江河</tag><content><![CDATA[<?xml version="1.0"?><!DOCTYPE en-note SYSTEM "x.dtd"><en-note><div>渡口的灯亮了。</div><en-media type="image/png" hash="{digest}"/><div><en-todo checked="true"/>买票</div><ul style="--en-todo:true;"><li style="--en-checked:false;"><div>带伞</div></li></ul><div style="--en-codeblock:true;--en-codeblockLanguage:python;"><div>if a:</div><div>  b()</div></div><div style="--en-task-group:true; --en-id:0bd3793f-2bd2-4723-b8ec-054c590b4d11;"><div>Content not supported</div></div><en-crypt hint="x">RU5DMCR2SQ==</en-crypt></en-note>]]></content><task><title>问班次</title><taskStatus>completed</taskStatus><taskGroupNoteLevelID>0bd3793f-2bd2-4723-b8ec-054c590b4d11</taskGroupNoteLevelID></task><resource><data encoding="base64">JVBERg==</data><mime>application/pdf</mime><resource-attributes><file-name>班次.pdf</file-name></resource-attributes></resource>
<resource><data encoding="base64">{base64.b64encode(content).decode()}</data><mime>image/png</mime></resource></note></en-export>""",
        "utf-8",
    )
    result = run(tmp_path / "a.enex")
    assert result.exit_code == 0
    assert "attachments left out: 班次.pdf" in result.output
    assert "encrypted text is left out" in result.output
    draft, body = draft_of(settings, "渡口笔记"), body_of(settings, "渡口笔记")
    assert (str(draft.published), draft.tags) == ("2018-11-23 10:40:00+08:00", ("江河",))
    assert "渡口的灯亮了。" in body
    assert "☑ 买票" in body
    assert "☐ 带伞" in body, "a checklist"
    assert '<pre><code class="language-python">if a:\n  b()\n</code></pre><ul><li>☑ 问班次</li></ul>' in body
    assert "RU5D" not in body, "encrypted text"
    assert "1.png" in body


def test_a_story_of_medium_keeps_author_date_and_address_and_one_without_a_date_is_a_draft(run, settings, tmp_path):
    story = """<html><head><title>{0}</title></head><body><article class="h-entry"><header><h1 class="p-name">{0}</h1></header>
<section data-field="body" class="e-content"><section><h3 class="graf graf--h3 graf--title">{0}</h3><p>{2}</p></section></section><footer>{1}<p>Exported from <a href="https://medium.com">Medium</a>.</p></footer></article></body></html>"""
    said = '<p>By <a class="p-author h-card">Ann Lee</a> on <a><time class="dt-published" datetime="2018-11-23T02:40:00.000Z">November 23</time></a>.</p><a href="https://medium.com/p/1" class="p-canonical">x</a>'
    rain = "It rained all day, and the people of the valley were glad of it. " * 4
    (tmp_path / "1.html").write_text(story.format("Rain", said, rain), "utf-8")
    (tmp_path / "2.html").write_text(story.format("Unfinished", "", rain.replace("glad", "sad")), "utf-8")
    run(tmp_path)
    draft = draft_of(settings, "Rain")
    assert (draft.byline, str(draft.published), draft.draft) == (("Ann Lee",), "2018-11-23 10:40:00+08:00", False)
    assert body_of(settings, "Rain") == f"<p>{rain.strip()}</p>"
    assert draft_of(settings, "Unfinished").draft


def test_a_backup_of_blogger_gives_posts_and_no_comments_settings_or_published_drafts(run, settings, tmp_path):
    kind = '<category scheme="http://schemas.google.com/g/2005#kind" term="http://schemas.google.com/blogger/2008/kind#{}"/>'
    entry = "<entry>{}<published>2018-11-23T10:40:00+08:00</published>{}<title>{}</title><content type='html'>&lt;p&gt;{}的正文。&lt;/p&gt;</content>{}</entry>"
    post = entry.format(
        kind.format("post"),
        '<category scheme="http://www.blogger.com/atom/ns#" term="江河"/><link rel="alternate" href="https://x.invalid/2018/11/walk.html"/>',
        "步道",
        "步道",
        "",
    )
    control = "<app:control{}><app:draft>yes</app:draft></app:control>"
    draft = entry.format(
        kind.format("post"), "", "草稿", "草稿", control.format(' xmlns:app="http://purl.org/atom/app#"')
    )
    draft += entry.format(kind.format("post"), "", "无声明", "无声明", control.format(""))  # an undeclared prefix
    others = entry.format(kind.format("comment"), "", "评论", "评论", "") + entry.format(
        kind.format("settings"), "", "设置", "设置", ""
    )
    (tmp_path / "b.xml").write_text(f'<feed xmlns="http://www.w3.org/2005/Atom">{post}{draft}{others}</feed>', "utf-8")
    result = run(tmp_path / "b.xml")
    assert "3 imported, 2 skipped, 0 failed" in result.output
    assert [draft_of(settings, name).draft for name in ("步道", "草稿", "无声明")] == [False, True, True]
    assert draft_of(settings, "步道").tags == ("江河",)


MOVABLE_TYPE = """AUTHOR: editor@dukou.example
TITLE: 川の水
BASENAME: river
STATUS: Publish
CONVERT BREAKS: __default__
DATE: 02/03/2014 10:10:52 PM
PRIMARY CATEGORY: 日記
CATEGORY: 日記
CATEGORY: 旅
TAGS: "川 水",海
-----
BODY:
一行目。
二行目。

三行目<b>太</b>。
-----
EXTENDED BODY:
続き。
-----
COMMENT:
AUTHOR: x
DATE: 02/03/2014 11:10:52 PM
いいね。
-----
--------
TITLE: 下書き
STATUS: Draft
CONVERT BREAKS: markdown
DATE: 02/04/2014 22:10:52
-----
BODY:
**秘密**。
-----
--------
"""


@pytest.mark.parametrize("name", ["blog.txt", "blog.zip"])
def test_entries_of_movable_type_have_their_fields_and_both_parts_of_their_text(run, settings, tmp_path, name):
    if name == "blog.txt":
        (tmp_path / name).write_text(MOVABLE_TYPE, "utf-8")
    else:
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("export/blog.txt", MOVABLE_TYPE.replace("\n", "\r\n"))
    result = run(tmp_path / name)
    assert "2 imported, 1 skipped, 0 failed" in result.output
    assert "comment × 1" in result.output
    river = draft_of(settings, "river")
    assert (river.title, str(river.published), river.byline) == ("川の水", "2014-02-03 22:10:52", ())
    assert (river.section, river.tags, river.draft) == (("日記",), ("川 水", "海", "旅"), False)
    assert body_of(settings, "river") == "<p>一行目。<br>二行目。</p><p>三行目<b>太</b>。</p><p>続き。</p>"
    assert draft_of(settings, "下書き").draft
    assert body_of(settings, "下書き") == "<p><strong>秘密</strong>。</p>"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Bookmarks", '{"roots": {"bookmark_bar": {"children": [{"name": "江河水位", "url": "https://x.invalid"}]}}}'),
        ("page.mediawiki", "== 江河水位 ==\n'''河水'''一夜上涨两米。\n"),
        ("posts.csv", "id,web_title,content_html\n1,江河水位,<p>河水一夜上涨两米。</p>\n"),
    ],
)
def test_a_table_a_wiki_or_json_of_an_unknown_kind_is_refused_with_a_suggestion(run, settings, tmp_path, name, content):
    (tmp_path / name).write_text(content, "utf-8")
    result = run(tmp_path / name)
    assert (result.exit_code, files(settings)) == (1, [])
    assert "import" in result.output.partition(name)[2].partition("0 imported")[0]


def atom(title: str, more: str = "") -> tuple[int, dict[str, str], bytes]:
    text = f"{title}说的是江边的渡口和观鸟亭。" * 30
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>{more}<entry><title>{title}</title><published>2018-11-23T10:40:00+08:00</published><content type="html">&lt;p&gt;{text}&lt;/p&gt;</content></entry></feed>'
    return 200, {"Content-Type": "application/atom+xml"}, feed.encode()


def test_a_list_of_feeds_gives_the_entries_of_each_and_of_its_older_pages(run, settings, tmp_path):
    pages = {
        "/a": atom("第一页", '<link rel="next" href="/a2"/>'),
        "/a2": atom("第二页", '<link rel="prev-archive" href="/a3"/>'),
        "/a3": atom("第三页", '<link rel="next" href="/a"/>'),
        "/b": atom("另一个"),
    }
    with site(pages) as (root, asked):
        outlines = "".join(f'<outline type="rss" xmlUrl="{root}{path}"/>' for path in ("/a", "/b", "/gone"))
        (tmp_path / "l.opml").write_text(f'<opml version="2.0"><body>{outlines}</body></opml>', "utf-8")
        result = run(tmp_path / "l.opml")
    assert "4 imported, 0 skipped, 1 failed" in result.output, result.output
    assert "第二页说的是江边的渡口" in body_of(settings, "第二页"), "UTF-8, although nothing declares it"
    assert [path for path, _ in asked].count("/a") == 1, "a circle of pages ends"
