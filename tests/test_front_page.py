"""Headlines of the home page and of sections: days, times, a lead, and no fact that says nothing."""

from __future__ import annotations

import pytest
from lxml import html

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
    assert lines(client, "/")[:7] == [
        "2026年5月2日星期六",
        "雨 雨的经过，一句话。08:30 · 天气",
        "雪 06:00 · 天气 · 新华社",
        "5月1日星期五",
        "桥 民生",
        "2025年12月31日星期三",
        "路 23:59 · 民生",
    ]


def test_only_the_first_of_the_first_page_is_a_lead(paper, client):
    assert [line for line in lines(client, "/") if "的经过" in line] == ["雨 雨的经过，一句话。08:30 · 天气"]
    assert [line for line in lines(client, "/s/民生/") if "的经过" in line] == ["桥 桥的经过，一句话。民生"]
    older = lines(client, "/?before=2026-05-02T06:00:00+08:00,雪")
    assert len(older) > 1


def test_days_are_in_the_language_of_the_interface(paper, client):
    assert lines(client, "/", "en")[0] == "Saturday, May 2, 2026"
    assert lines(client, "/", "en")[3] == "Friday, May 1"
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
