"""The home page as a front page: how much of it a reader sees at once, on a phone and on a desktop, by eye and by key."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from long_forms import few, pairs
from page_waiting import wait_until
from PIL import Image
from serving import serving
from test_accessibility import AXE, RULES

from reader.settings import ROOT, Settings

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


SHIFTS = """window.shifted = 0; new PerformanceObserver(list => list.getEntries().forEach(e => shifted += e.value))
    .observe({type: 'layout-shift', buffered: true})"""
PHONE, DESKTOP = {"width": 360, "height": 640}, {"width": 1280, "height": 800}


def photo(number: int) -> bytes:
    image = Image.linear_gradient("L").resize((1200, 800)).point(lambda value: value ^ number).convert("RGB")
    target = io.BytesIO()
    image.save(target, "JPEG", quality=85)
    return target.getvalue()


def write_articles(folder: Path, has_pictures: bool) -> None:
    """One with a picture in two, and the first."""
    folder.mkdir()
    for number, title in enumerate(TITLES):
        head = f"title: {title}\npublished: 2026-05-01 {19 - number}:12\nsection: {SECTIONS[number]}\nsource: 澜州日报"
        picture = ""
        if has_pictures and number % 2 == 0:
            (folder / f"p{number}.jpg").write_bytes(photo(number))
            picture = f"![图](p{number}.jpg)\n\n"
        (folder / f"n{number}.md").write_text(f"---\n{head}\n---\n{picture}{SUMMARY}\n", "utf-8")


@pytest.fixture(scope="module")
def paper(tmp_path_factory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("front")
    write_articles(folder / "articles", has_pictures=False)
    with serving(Settings(articles=folder / "articles", instance=folder / "instance", site_name="澜州日报")) as url:
        yield url


@pytest.fixture(scope="module")
def pictured(tmp_path_factory) -> Iterator[str]:
    """The same with pictures, and with a logo, a line below the name and a footer."""
    folder = tmp_path_factory.mktemp("pictured")
    write_articles(folder / "articles", has_pictures=True)
    shutil.copytree(ROOT / "docs" / "examples" / "site", folder / "articles" / "_site")
    with serving(Settings(articles=folder / "articles", instance=folder / "instance")) as url:
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


def test_the_lead_with_its_picture_and_two_headlines_are_on_the_first_screen(open_page, pictured):
    page = open_page("/", base_url=pictured, viewport=PHONE, script=False)
    assert page.evaluate(SEEN) >= 3
    width, height = page.evaluate(
        "(r => [r.width, r.height])(document.querySelector('.lead img').getBoundingClientRect())"
    )
    assert abs(width / height - 16 / 9) < 0.02


@pytest.mark.parametrize(
    "options", [{"cookie": "text"}, {"cookie": "titles"}, {"extra_http_headers": {"Save-Data": "on"}}]
)
def test_without_pictures_five_headlines_are_on_it_and_none_is_loaded(open_page, pictured, options):
    page = open_page("/", base_url=pictured, viewport=PHONE, script=False, **options)
    assert page.evaluate(SEEN) >= 5
    assert page.locator(".list img").count() == 0


def test_nothing_moves_while_the_pictures_come(open_page, pictured):
    page = open_page("/healthz", base_url=pictured, viewport=PHONE)
    page.add_init_script(SHIFTS)
    page.goto("/")
    page.mouse.wheel(0, 900)
    wait_until(page, "[...document.querySelectorAll('.list img')].every(i => i.complete && i.naturalWidth)")
    assert page.evaluate("shifted") == 0


@pytest.mark.parametrize(
    ("cookie", "path"), pairs(["", "dark", "large", "s5", "hant", "serif", "text", "titles"], ["/", "/s/要闻/"])
)
def test_nothing_is_wider_than_the_smallest_phone(open_page, pictured, path, cookie):
    page = open_page(path, base_url=pictured, cookie=cookie, viewport={"width": 320, "height": 640}, script=False)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    mast, day = (page.locator(part).first.bounding_box() for part in (".mast", ".list .day"))
    assert day["y"] - mast["y"] - mast["height"] >= 8


def test_on_a_desktop_the_lead_goes_across_two_columns_and_the_tools_stand_on_top(open_page, pictured):
    page = open_page("/", base_url=pictured, viewport=DESKTOP, script=False)
    lead, *others = [item.bounding_box() for item in page.locator(".list").first.locator("li:not(.day)").all()]
    assert lead["width"] > 900
    assert len({box["x"] for box in others}) == 2
    assert others[0]["y"] == others[1]["y"]
    assert page.locator(".bar").bounding_box()["y"] < 20
    tools, mast = page.locator(".bar").bounding_box(), page.locator(".mast .aa").bounding_box()
    assert tools["x"] + tools["width"] <= mast["x"]
    page.goto("/search")
    tools, preferences = page.locator(".bar").bounding_box(), page.locator(".aa").bounding_box()
    form = page.locator("main form").first.bounding_box()
    assert 0 <= preferences["x"] - tools["x"] - tools["width"] < 40
    assert abs(preferences["x"] + preferences["width"] - form["x"] - form["width"]) < 2


@pytest.mark.parametrize("path", ["/", "/search", "/about", "/a/n1"])
def test_on_a_phone_the_tools_stand_at_the_bottom_of_short_pages_too(open_page, pictured, path):
    page = open_page(path, base_url=pictured, viewport={"width": 412, "height": 1600}, script=False)
    box = page.locator(".bar").bounding_box()
    assert (box["x"], box["width"], box["y"] + box["height"]) == (0, 412, 1600)


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP])
@pytest.mark.parametrize("path", ["/", "/a/n0"])
def test_what_has_the_focus_is_never_below_the_tools(open_page, pictured, path, viewport):
    """WCAG 2.2, 2.4.11."""
    page = open_page(path, base_url=pictured, viewport=viewport)
    links = page.locator("a:not(.bar a):not(.p):not([hidden]):not(details a)").count()
    for _ in range(links):
        page.keyboard.press("Tab")
        hidden = page.evaluate(
            """() => { const e = document.activeElement, r = e.getBoundingClientRect();
                const b = document.querySelector('.bar').getBoundingClientRect();
                return !e.closest('.bar') && r.bottom > b.top + 1 && r.top < b.bottom - 1 && r.right > b.left && r.left < b.right
                    ? e.outerHTML : '' }"""
        )
        assert hidden == ""


def test_the_first_key_offers_to_skip_what_stands_before_the_text(open_page, pictured):
    page = open_page("/a/n1", base_url=pictured, viewport=PHONE)
    skip = page.locator("a.skip")
    assert skip.bounding_box()["y"] < 0
    page.keyboard.press("Tab")
    assert skip.evaluate("e => e === document.activeElement")
    assert skip.bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('main')")


@pytest.mark.parametrize(
    ("cookie", "scheme", "colour"),
    [
        ("", "light", "#fdfcfa"),
        ("", "dark", "#151618"),
        ("dark", "light", "#151618"),
        ("sepia", "dark", "#f4ecd8"),
        ("large", "dark", "#ffffff"),
    ],
)
def test_the_browser_s_own_bar_has_the_colour_of_the_page(open_page, pictured, cookie, scheme, colour):
    page = open_page("/", base_url=pictured, cookie=cookie, color_scheme=scheme)
    first = "[...document.querySelectorAll('[name=theme-color]')].find(m => !m.media || matchMedia(m.media).matches)"
    assert page.evaluate(f"{first}.content") == colour
    painted = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)")
    assert "#" + "".join(f"{part:02x}" for part in painted) == colour


@pytest.mark.parametrize("path", ["/", "/s/要闻/", "/d/2026-05-01/"])
def test_a_slash_leads_to_the_search_box(open_page, pictured, path):
    page = open_page(path, base_url=pictured)
    page.keyboard.press("/")
    page.wait_for_url("**/search#q")
    wait_until(page, "document.activeElement.type === 'search'")
    page.keyboard.type("a/b")
    assert page.locator("#q").input_value() == "a/b"


def test_a_reader_can_turn_the_slash_off(open_page, pictured):
    """WCAG 2.2, 2.1.4: who speaks to the device would leave the page by a word."""
    page = open_page("/preferences", base_url=pictured)
    page.locator("[name=shortcut][value=nokeys]").check()
    page.get_by_role("button", name="保存").click()
    page.goto(f"{pictured}/")
    page.keyboard.press("/")
    page.keyboard.press("Tab")  # answered after the other key
    assert page.url == f"{pictured}/"
    assert "keydown" not in page.content()


def test_a_slash_on_the_search_page_goes_to_its_box(open_page, pictured):
    page = open_page("/search", base_url=pictured)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    assert page.locator("#q").input_value() == ""


def test_a_picture_of_an_article_may_be_wider_than_its_text_on_a_desktop(open_page, pictured):
    page = open_page("/a/n0", base_url=pictured, viewport=DESKTOP, script=False)
    text, figure = page.locator(".body > p").first.bounding_box(), page.locator(".body > figure").bounding_box()
    assert text["width"] <= 720 < figure["width"] <= 1080
    assert abs(figure["x"] + figure["width"] / 2 - 640) < 1
    assert page.evaluate("document.documentElement.scrollWidth") == 1280


@pytest.mark.parametrize("width", few([1024, 1100, 1280, 1440], 2))
def test_a_picture_in_large_print_is_no_wider_than_the_screen(open_page, pictured, width):
    page = open_page("/a/n0", base_url=pictured, width=width, cookie="large", script=False)
    assert (
        page.locator(".body > figure").bounding_box()["width"] > page.locator(".body > p").first.bounding_box()["width"]
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width


FRONTS = [("/", 360), ("/s/要闻/", 1280), ("/", 1280), ("/s/要闻/", 360)]


@pytest.mark.parametrize(("cookie", "front"), pairs(["light", "dark", "large", "hant"], FRONTS))
def test_axe_finds_nothing_on_a_front_page(open_page, pictured, cookie, front):
    path, width = front
    page = open_page(path, base_url=pictured, cookie=cookie, viewport={"width": width, "height": 6000})
    page.add_script_tag(path=AXE)
    violations = page.evaluate("tags => axe.run({runOnly: tags}).then(r => r.violations)", RULES)
    assert [(v["id"], v["nodes"][0]["html"]) for v in violations] == []
