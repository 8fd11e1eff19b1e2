"""The home page as a front page on a phone: how much of it a reader sees at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from serving import serving
from test_accessibility import AXE, RULES

from reader.settings import Settings

TITLES = (
    "沿海十二市推出新措施支持小微企业高质量发展",
    "三处旧厂房改成社区书屋",
    "今冬供暖准备就绪：一亿平方米住宅按时点火",
    "智能水表进了田间地头：一部手机管好千亩麦田",
    "高铁新站房主体结构封顶",
    "周末有小雪，气温下降八到十度",
    "老旧小区改造“回头看”：加装电梯为何卡在三楼？",
    "草原公路冬季封闭管理",
)
SUMMARY = "专家表示，这一做法打破了部门之间的壁垒，让数据多跑路、群众少跑腿，为基层治理提供了可以推广的经验。"
SECTIONS = ("要闻", "地方", "社会", "财经", "文化", "时政", "体育", "科技")
SEEN = """() => [...document.querySelectorAll('.list h2')].filter(
    e => e.getBoundingClientRect().bottom <= document.querySelector('.bar').getBoundingClientRect().top).length"""


@pytest.fixture(scope="module")
def paper(tmp_path_factory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("front")
    (folder / "articles").mkdir()
    for number, title in enumerate(TITLES):
        head = f"title: {title}\npublished: 2026-05-01 {19 - number}:12\nsection: {SECTIONS[number]}\nsource: 澜州日报"
        (folder / "articles" / f"n{number}.md").write_text(f"---\n{head}\n---\n{SUMMARY}\n", "utf-8")
    with serving(Settings(articles=folder / "articles", instance=folder / "instance", site_name="澜州日报")) as url:
        yield url


def test_five_headlines_are_on_the_first_screen_of_a_phone(open_page, paper):
    page = open_page("/", base_url=paper, viewport={"width": 360, "height": 640}, script=False)
    assert page.evaluate(SEEN) >= 5


def test_the_sections_are_one_row_that_scrolls_within_the_page(open_page, paper):
    page = open_page("/", base_url=paper, viewport={"width": 320, "height": 640}, script=False)
    row = page.locator("nav.chips")
    assert len({link.bounding_box()["y"] for link in row.locator("a").all()}) == 1
    assert row.evaluate("e => e.scrollWidth > e.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    row.locator("a").last.focus()
    assert row.locator("a").last.bounding_box()["x"] < 320


@pytest.mark.parametrize("cookie", ["light", "dark", "large"])
@pytest.mark.parametrize("path", ["/", "/s/要闻/"])
def test_axe_finds_nothing_on_a_front_page(open_page, paper, cookie, path):
    page = open_page(path, base_url=paper, cookie=cookie, viewport={"width": 360, "height": 6000})
    page.add_script_tag(path=AXE)
    violations = page.evaluate("tags => axe.run({runOnly: tags}).then(r => r.violations)", RULES)
    assert [(v["id"], v["nodes"][0]["html"]) for v in violations] == []
