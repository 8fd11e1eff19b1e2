"""Headlines of the home page and of sections: days, times, a lead, and no fact that says nothing."""

from __future__ import annotations

import io

import pytest
from lxml import html
from PIL import Image

from reader.chinese.title_lines import shortened
from reader.formats import read_draft
from reader.formats.fields import front_matter
from reader.web.pages.site_sections import MOST_SECTIONS
from reader.web.pages.titles import in_one_line

STORY = (
    "---\ntitle: {title}\npublished: {published}\nsection: {section}\nsource: {source}\n---\n{title}的经过，一句话。\n"
)


@pytest.fixture
def paper(publish, services):
    told = [
        ("雨", "2026-05-02 08:30", "天气", "Reader"),
        ("雪", "2026-05-02 06:00", "天气", "新华社"),
        ("桥", "2026-05-01", "民生", "Reader"),
        ("路", "2025-12-31 23:59", "民生", "Reader"),
    ]
    files = {
        f"{title}.md": STORY.format(title=title, published=published, section=section, source=source)
        for title, published, section, source in told
    }
    publish(files | {"page.md": "---\ntitle: 无日期\n---\n没有日期的一页。\n"})


def lines(client, path: str, language: str = "zh-CN") -> list[str]:
    found = html.fromstring(client.get(path, headers={"Accept-Language": language}).text)
    return [" ".join(item.text_content().split()) for item in found.xpath("(//ul[@class='list'])[1]/li")]


def test_headlines_stand_below_their_day_with_the_year_where_it_changes(paper, client):
    """A story that is alone holds its day: on a desktop, two of them stand side by side."""
    assert lines(client, "/") == [
        "2026年5月2日星期六",
        "雨 雨的经过，一句话。08:30 · 天气",
        "雪 06:00 · 天气 · 新华社",
        "5月1日星期五 桥 民生",
        "2025年12月31日星期三",
        "路 23:59 · 民生",
        "无日期",
    ]


def test_facts_beside_letters_from_right_to_left_keep_their_order():
    assert in_one_line(("要闻", "新华社 & 本报"), "") == "要闻\xa0· 新华社 &amp; 本报"
    assert in_one_line(("عالم", "3<"), "") == "<bdi>عالم</bdi>\xa0· <bdi>3&lt;</bdi>"
    assert in_one_line(("World", "Reuters"), "rtl") == "<bdi>World</bdi>\xa0· <bdi>Reuters</bdi>"


def test_no_line_begins_with_the_bar_of_a_title(publish, client):
    publish({"a.md": STORY.format(title="党建｜永安市", published="2026-05-02", section="民生", source="")})
    assert "党建\u2060｜永安市" in lines(client, "/")[1]


def test_a_long_name_is_short_above_a_page():
    assert shortened("澜州日报社数字报刊阅读平台", 24) == "澜州日报社数字报刊阅读平台"
    assert shortened("澜江流域生态经济区融媒体中心·澜州日报社", 16) == "澜江流域生态经济区融媒体中心·澜…"


def test_an_issue_and_results_repeat_neither_day_nor_own_source(paper, client):
    assert lines(client, "/d/2026-05-02/") == [
        "雨 雨的经过，一句话。08:30 · 天气",
        "雪 雪的经过，一句话。06:00 · 天气 · 新华社",
    ]
    assert lines(client, "/d/2026-05-01/") == ["桥 桥的经过，一句话。民生"]
    assert lines(client, "/search?q=经过 section:天气")[0].endswith(" 2026-05-02 08:30 · 天气")


def test_only_the_first_of_the_first_page_is_a_lead(paper, client):
    assert [line for line in lines(client, "/") if "的经过" in line] == ["雨 雨的经过，一句话。08:30 · 天气"]
    assert [line for line in lines(client, "/s/民生/") if "的经过" in line] == ["桥 桥的经过，一句话。民生"]
    older = lines(client, "/?before=2026-05-02T06:00:00+08:00,雪")
    assert len(older) > 1


def test_days_are_in_the_language_of_the_interface(paper, client):
    assert lines(client, "/", "en")[0] == "Saturday, May 2, 2026"
    assert lines(client, "/", "en")[3] == "Friday, May 1 桥 民生"
    assert lines(client, "/", "zh-TW")[0] == "2026年5月2日星期六"


def test_an_article_without_a_date_stands_below_no_day(paper, client):
    assert all("1970" not in line and "0001" not in line for line in lines(client, "/"))


def test_sections_come_before_older_pages(publish, client):
    publish(
        {
            f"n{n}.md": STORY.format(
                title=f"第{n}条", published=f"2026-05-01 {n // 60:02}:{n % 60:02}", section="要闻", source="x"
            )
            for n in range(70)
        }
        | {"z.md": STORY.format(title="旧", published="2020-01-01", section="文化", source="x")}
    )
    text = client.get("/", headers={"Accept-Language": "zh-CN"}).text
    assert 0 < text.index("旧</a>") < text.index("rel=next")


PICTURED = (
    "---\ntitle: {title}\npublished: {published}\nsection: 民生\n{more}---\n![图]({file})\n\n{title}的经过，一句话。\n"
)

COLOURS = {"桥": "teal", "标": "red", "船": "navy", "旧": "gold"}


def picture(width: int, colour: str) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, 600), colour).save(target, "JPEG")
    return target.getvalue()


@pytest.fixture
def pictured(publish):
    """路, the newest, has no picture; 桥 and 船 have one, 旧 too and is four days older, 标 has but a sign.

    ``pictured("船", "2026-05-03 08:00")`` marks an article as lead.
    """

    def write(title: str, published: str, more: str = "") -> dict[str, str | bytes]:
        width = 100 if title == "标" else 800
        text = PICTURED.format(title=title, published=published, more=more, file=f"{title}.jpg")
        return {f"{title}.md": text, f"{title}.jpg": picture(width, COLOURS[title])}

    publish(
        {"路.md": STORY.format(title="路", published="2026-05-05 09:00", section="民生", source="x")}
        | write("桥", "2026-05-05 08:00")
        | write("标", "2026-05-04")
        | write("船", "2026-05-03 08:00")
        | write("旧", "2026-05-01 08:00")
    )
    return lambda title, published, value="true": publish(write(title, published, f"top: {value}\n"))


def lead(client, path: str, **headers: str) -> tuple[str, bool]:
    """The title of the lead, and whether its picture is shown."""
    found = html.fromstring(client.get(path, headers={"Accept-Language": "zh-CN", **headers}).text)
    [item] = found.xpath("//li[@class='lead']") or [None]
    return (item.xpath("string(.//h2)"), bool(item.xpath(".//img"))) if item is not None else ("", False)


def titles(client, path: str) -> list[str]:
    return html.fromstring(client.get(path).text).xpath("(//ul[@class='list'])[1]//h2//text()")


@pytest.mark.parametrize("path", ["/", "/s/民生/"])
def test_the_newest_with_a_picture_leads_and_stands_nowhere_else(pictured, client, path):
    assert lead(client, path) == ("桥", True)
    assert titles(client, path) == ["桥", "路", "标", "船", "旧"]


@pytest.mark.parametrize("path", ["/", "/s/民生/"])
def test_an_editor_chooses_the_lead(pictured, client, path):
    pictured("船", "2026-05-03 08:00")
    assert lead(client, path) == ("船", True)
    pictured("船", "2026-05-03 08:00", "false")
    assert lead(client, path) == ("桥", True)


def test_a_forgotten_lead_goes_after_three_days(pictured, client):
    pictured("旧", "2026-05-01 08:00")
    assert lead(client, "/") == ("桥", True)


def test_without_pictures_the_newest_leads_and_nothing_is_loaded(pictured, client):
    assert lead(client, "/", **{"Save-Data": "on"}) == ("路", False)
    client.set_cookie("reader", "text")
    assert lead(client, "/") == ("路", False)
    assert b"<img" not in client.get("/").data


def test_headlines_only_are_titles_below_days(pictured, client):
    client.set_cookie("reader", "titles")
    assert lead(client, "/") == ("", False)
    assert lines(client, "/")[:3] == ["2026年5月5日星期二", "路", "桥"]
    for path in ("/", "/d/2026-05-05/"):
        found = html.fromstring(client.get(path).text)
        assert not found.xpath("//img | //ul[@class='list']//p | //ul[@class='list']//time")


def test_a_picture_stands_small_beside_its_headline_unless_it_is_tiny(pictured, client):
    found = html.fromstring(client.get("/").text)
    small = {
        item.xpath("string(.//h2)"): item.xpath(".//source/@srcset | .//img/@src")
        for item in found.xpath("//ul[@class='list']/li[not(@class)]")
    }
    assert {title for title, files in small.items() if files} == {"船", "旧"}
    for files in (small["船"], small["旧"]):
        for address in files:
            with client.get(address) as answer:
                assert (answer.status_code, len(answer.data) <= 5_000) == (200, True)
                assert "immutable" in answer.headers["Cache-Control"]
    assert client.get(small["船"][0].replace("avif", "webp")).status_code == 404


def test_the_thumbnail_of_a_withdrawn_article_is_not_found(pictured, publish, services, client, settings):
    address = html.fromstring(client.get("/").text).xpath("//source[contains(@srcset, 'thumbnail')]/@srcset")[0]
    for path in settings.articles.glob("*.md"):
        publish({path.name: path.read_text("utf-8").replace("---\n", "---\ndraft: true\n", 1)})
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("written", "meant"),
    [("true", True), ("是", True), ("1", True), ("100", True), ("false", False), ("0", False), ("", False)],
)
def test_top_may_be_a_number_as_in_hexo(written, meant):
    assert read_draft(".md", f"---\ntitle: 雨\ntop: {written}\n---\n雨。\n".encode()).top is meant


def test_another_value_of_top_is_a_warning_and_no_lead():
    draft = read_draft(".md", "---\ntitle: 雨\n置顶: 明天\n---\n雨。\n".encode())
    assert not draft.top
    assert "neither true nor false" in draft.warnings[0]


def test_front_matter_with_top_is_written_and_read_back():
    draft = read_draft(".md", "---\ntitle: 雨\n头条: true\n---\n雨。\n".encode())
    assert front_matter.split(front_matter.write(draft))[0]["top"] is True


def test_a_section_for_each_article_does_not_make_the_pages_as_long_as_the_site(publish, client):
    article = "---\ntitle: 第{0}篇\npublished: 2026-05-01\nsection: {1}\n---\n\n正文。\n"
    publish({f"{n}.md": article.format(n, f"栏目{n}" if n % 2 else f"其他/分栏{n}") for n in range(200)})
    for path in ("/", "/s/其他"):
        page = html.fromstring(client.get(path).text)
        assert len(page.xpath("//nav[contains(@class, 'chips')]//a")) <= MOST_SECTIONS + 1, path
    assert len(html.fromstring(client.get("/").text).xpath("//h2/a[starts-with(@href, '/s/')]")) <= MOST_SECTIONS
    assert len(html.fromstring(client.get("/s/").text).xpath("//a[starts-with(@href, '/s/')]")) >= 200
