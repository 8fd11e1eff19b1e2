"""The PDF of a day's issue: a front page to keep, and sections that follow each other without gaps."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from pathlib import PurePosixPath

import pymupdf
import pytest
from factories import make_article
from markupsafe import Markup
from PIL import Image

from reader.exports import EXPORTS
from reader.exports.front_layout import FrontHeights, FrontLayout, fit_front_page
from reader.exports.localization import date_with_weekday
from reader.exports.options import Options
from reader.exports.papers import MILLIMETRE, PAPERS
from reader.exports.publications import of_issue
from reader.exports.weasyprint import layout_cache
from reader.exports.weasyprint.pdf_rendering import typeset
from reader.media.renditions import record_picture
from reader.models import Issue
from reader.settings import ROOT, Settings
from reader.site_identity import Site, SitePicture
from reader.templating import Renderer

DAY = date(2026, 5, 1)
SENTENCE = "记者从市气象局获悉，今天白天全市普降大雨，局部地区暴雨，请市民注意防范。"
TITLES = ("石家庄地铁开通试运营", "暴雨橙色预警", "秋粮收购进入高峰", "长城公园建设提速", "冰雪运动进校园")
SECTIONS = ("要闻", "社会", "经济", "文化", "体育")


def articles(count: int = 5, paragraphs: int = 6):
    return [
        make_article(
            f"a{n}",
            "2026-05-01 06:00",
            title=TITLES[n % 5] + (f"之{n}" if n >= 5 else ""),
            section=(SECTIONS[n % 5],),
            summary=f"摘要{n}：{SENTENCE}",
            body=Markup(f"<p>{SENTENCE * 3}</p>" * paragraphs),
        )
        for n in range(count)
    ]


def pdf_of(stories, page: str = "a4", number: int = 3, **options: object) -> pymupdf.Document:
    publication = of_issue(Issue(DAY, (), number=number), stories)
    render = Renderer(ROOT / "templates", ROOT / "static").render
    chosen = replace(Options(page, base_url="https://news.example", site_name="样报"), **options)
    return pymupdf.open("pdf", EXPORTS["pdf"].export(publication, chosen, render))


def words(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize(
    ("language", "shown"),
    [("zh-Hans", "2018年11月23日 星期五"), ("en-GB", "Friday, 23 November 2018"), ("fr", "2018-11-23")],
)
def test_a_date_with_its_weekday_is_written_as_its_language_does(language, shown):
    assert date_with_weekday(date(2018, 11, 23), language) == shown


@pytest.mark.parametrize("page", EXPORTS["pdf"].PAGES)
def test_the_front_page_has_the_name_the_date_with_its_weekday_and_the_number(page):
    front = words(pdf_of(articles(), page)[0].get_text())
    assert "样报" in front
    assert "2026年5月1日星期五" in front
    assert "第3期" in front
    assert "news.example" in front


def test_a_long_name_is_broken_as_titles_are_and_cut_at_the_head_of_a_page():
    """There it would lie on the text."""
    name = "澜江流域生态经济区融媒体中心·澜州日报社数字报刊阅读平台"
    sheets = list(pdf_of(articles(2), "phone", site_name=name))
    masthead = words(sheets[0].get_text())
    assert name in masthead
    heads = [
        sheet.get_text(clip=pymupdf.Rect(0, 0, 400, PAPERS["phone"].margin[0] * MILLIMETRE)) for sheet in sheets[1:]
    ]
    assert {words(head).partition("…")[0] for head in heads} == {"澜江流域生态经济区融媒体中心·澜州日"}


def test_an_issue_without_a_number_says_none():
    assert not re.search(r"第\d*期", words(pdf_of(articles(), number=0)[0].get_text()))


def test_the_lead_and_three_headlines_have_first_lines_and_true_page_numbers():
    document = pdf_of(articles(paragraphs=12))
    front = words(document[0].get_text())
    pages = {title: page for level, title, page in document.get_toc() if level == 2}
    for number, title in enumerate(TITLES[:4]):
        assert re.search(rf"{title}摘要{number}：记者从.*?→第{pages[title]}页", front)
    assert "本期导读" in front


def test_what_an_editor_marked_leads():
    stories = articles()
    stories[3] = replace(stories[3], top=True)
    front = words(pdf_of(stories)[0].get_text())
    assert front.index(TITLES[3]) < front.index(TITLES[0])


def test_the_first_picture_leads_over_the_whole_width_and_no_picture_lacks_a_description(tmp_path, caplog):
    address = picture_in(tmp_path, 1200, 700)
    stories = articles()
    stories[2] = replace(stories[2], body=Markup(f'<p><img src="{address}" alt=""></p>'))
    page = pdf_of(stories, instance=str(tmp_path / "instance"), site=Site(logo=SitePicture(address, 1200, 700)))[0]
    _, shown = page.get_image_info()
    assert shown["bbox"][2] - shown["bbox"][0] > 0.7 * page.rect.width
    front = words(page.get_text())
    assert front.index(TITLES[2]) < front.index(TITLES[0])
    assert "alt description" not in caplog.text


def picture_in(tmp_path, width: int, height: int) -> str:
    """The address of a picture of that size, whose instance folder is ``tmp_path / "instance"``."""
    content = io.BytesIO()
    Image.new("RGB", (width, height), "#468").save(content, "JPEG")
    (tmp_path / "p.jpg").write_bytes(content.getvalue())
    settings = Settings(articles=tmp_path, instance=tmp_path / "instance")
    return f"/media/{record_picture(settings, PurePosixPath('p.jpg')).digest}-720.jpg"


def test_the_contents_of_a_dozen_stories_stay_on_the_front_page_below_a_picture_that_fills_it(tmp_path):
    stories = articles(12, paragraphs=3)
    address = picture_in(tmp_path, 1200, 800)
    stories[2] = replace(stories[2], body=Markup(f'<p><img src="{address}" alt=""></p>') + stories[2].body)
    document = pdf_of(stories, instance=str(tmp_path / "instance"))
    front = words(document[0].get_text())
    assert all(front.count(words(story.title)) for story in stories)
    assert filled(document[0]) > 0.85
    [picture] = document[0].get_image_info()
    assert picture["bbox"][3] - picture["bbox"][1] > 0.1 * document[0].rect.height
    assert min(page for level, _, page in document.get_toc() if level == 2) == 2


def test_the_contents_of_two_stories_stay_on_the_front_page_though_their_columns_end_with_a_margin(tmp_path):
    address = picture_in(tmp_path, 800, 1200)
    first, second = articles(2, paragraphs=3)
    first = replace(first, title="智能水表进了田间地头：一部手机管好千亩麦田")
    body = Markup(f'<p><img src="{address}" alt=""></p>') + second.body
    second = replace(second, title="澜州推出十二项措施支持小微企业渡过难关", body=body)
    front = words(pdf_of([first, second], instance=str(tmp_path / "instance"))[0].get_text())
    assert first.title in front[front.index("本期导读") :]


def test_stories_begin_on_a_front_page_that_would_be_half_empty():
    document = pdf_of(articles(3))
    assert min(page for level, _, page in document.get_toc() if level == 2) == 1
    assert filled(document[0]) > 0.85


@pytest.mark.parametrize("page", EXPORTS["pdf"].PAGES)
def test_an_issue_of_one_story_is_that_story_below_the_masthead(page):
    front = words(pdf_of(articles(1), page)[0].get_text())
    assert front.startswith("样报2026年5月1日星期五第3期")
    assert front.count(TITLES[0]) == 1
    assert "本期导读" not in front


A4 = PAPERS["a4"]


@pytest.mark.parametrize(
    ("heights", "layout"),
    [
        (FrontHeights(290, 520, 640, 800), FrontLayout(A4.text_height - 514, alone=True)),  # the rest of the page
        (FrontHeights(100, 330, 450, 520), FrontLayout(160, alone=True)),  # a wide picture, cut as much as it may be
        (FrontHeights(600, 830, 950, 1000), FrontLayout(A4.text_height - 404, alone=True)),  # a tall one
        (FrontHeights(290, 520, 640, 1000), FrontLayout(290, contents_apart=True)),  # too long
        (FrontHeights(290, 880, 1000, 1100), FrontLayout(A4.text_height - 594)),  # below a title of many lines
        (FrontHeights(0, 230, 360, 1200), FrontLayout()),  # no picture: they run on
        (FrontHeights(0, 230, 360, 420), FrontLayout()),
        (FrontHeights(0, 230, 360, 600), FrontLayout(alone=True)),
    ],
)
def test_a_front_page_gives_its_picture_what_the_rest_leaves(heights, layout):
    found = fit_front_page(heights, A4)
    assert replace(found, picture=round(found.picture, 6)) == replace(layout, picture=round(layout.picture, 6))


def filled(page: pymupdf.Page) -> float:
    """How far down the text of a page goes, without running heads and page number."""
    blocks = [block for block in page.get_text("blocks") if block[1] > 60 and block[3] < page.rect.height - 60]
    return max(block[3] for block in blocks) / page.rect.height


def test_sections_follow_each_other_without_half_empty_pages():
    document = pdf_of(articles(10))
    assert len(document) > 3
    assert all(filled(page) > 0.8 for page in list(document)[1:-1])


def test_the_columns_of_the_last_page_are_about_as_long():
    document = pdf_of(articles(7))
    page = document[-1]
    colophon = page.search_for("https://news.example/d/")[0].y0
    texts = [block for block in page.get_text("blocks") if block[1] > 60 and block[3] < colophon - 20]
    left = [block[3] for block in texts if block[0] < page.rect.width / 2 - 5]
    right = [block[3] for block in texts if block[0] > page.rect.width / 2 - 5]
    assert abs(max(left) - max(right)) < 90


def test_the_last_page_holds_more_than_the_colophon():
    """Here the last line of text ends the page before."""
    last = pdf_of(articles(2, paragraphs=3), "phone")[-1].get_text()
    assert SENTENCE[-8:] in words(last)[: words(last).index("https://")]


@pytest.mark.parametrize(("before", "smaller"), [(6, True), (7, False)])
def test_a_picture_that_does_not_fit_is_smaller_or_comes_after_the_next_paragraph(tmp_path, before, smaller):
    paragraph = f"<p>{SENTENCE * 2}</p>"
    picture = f'<figure><img src="{picture_in(tmp_path, 1000, 800)}" alt=""><figcaption>站前</figcaption></figure>'
    body = paragraph * before + picture + f"<p>图后{SENTENCE * 2}</p>" + paragraph * 3
    story = replace(articles(1)[0], body=Markup(body))
    sheets = list(pdf_of([story], "phone", instance=str(tmp_path / "instance")))
    [at] = [number for number, sheet in enumerate(sheets) if "站前" in sheet.get_text()]
    [shown] = sheets[at].get_image_info()
    width = shown["bbox"][2] - shown["bbox"][0]
    whole = PAPERS["phone"].text_width
    assert (0.6 * whole <= width < 0.95 * whole) if smaller else width > 0.95 * whole
    [after] = [number for number, sheet in enumerate(sheets) if "图后" in sheet.get_text()]
    assert after - at == (1 if smaller else -1)


def test_the_day_of_an_issue_counts_the_days_with_articles(services, publish, client):
    publish({f"2026-05-0{day}/a{day}.md": f"# 第{day}天\n\n正文。" for day in (1, 3, 4)})
    assert services.catalog.issue(date(2026, 5, 4)).number == 3
    assert services.catalog.issue(date(2026, 5, 1)).number == 1
    page = client.get("/d/2026-05-04/", headers={"Accept-Language": "zh-CN"}).text
    assert "星期一 · 第 3 期 · 1\xa0篇" in page


def test_only_the_last_page_is_laid_out_again_to_balance_its_columns(monkeypatch):
    laid_out = []
    stock = layout_cache._stock_columns_layout

    def counted(context, box, *rest):
        laid_out.append(context.current_page)
        return stock(context, box, *rest)

    monkeypatch.setattr(layout_cache, "_stock_columns_layout", counted)
    text = "".join(f"<p>{SENTENCE * 4}</p>" for _ in range(60))
    html = f"<!doctype html><html lang=zh><title>.</title><div data-balanced=true>{text}</div>"
    document = pymupdf.open("pdf", typeset(html, "div { columns: 2; column-fill: auto }"))
    assert len(document) > 2
    assert all(laid_out.count(page) == 1 for page in range(1, len(document)))
    assert 1 < laid_out.count(len(document)) <= 2 + len(layout_cache.HEIGHTS)


def test_the_head_of_an_article_stays_with_what_follows_it_and_no_title_ends_with_a_single_character():
    """The first block of each article goes to the next column as a whole, as a picture does."""
    body = Markup(f"<figure><p>始{SENTENCE * 8}</p></figure><p>{SENTENCE * 29}</p>")
    pdf = pdf_of([replace(story, title="全市中小学今起全部停课一天", body=body) for story in articles(6)])
    assert not {"天", "。"} & {line.strip() for line in pdf[0].get_text().split("\n")}
    for sheet in list(pdf)[1:]:
        blocks = [block[4] for block in sheet.get_text("blocks")]
        heads = [place for place, text in enumerate(blocks) if text.startswith("2026年5月1日 06:0")]
        assert all(blocks[place + 1].startswith("始") for place in heads)
