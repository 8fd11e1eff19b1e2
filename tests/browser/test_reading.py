"""Reading in a real browser, first of all without script."""

from __future__ import annotations

import itertools
import re

import pymupdf
import pytest
from waiting import wait_for

PAGES = {
    "home": "/",
    "article": "/a/seed",
    "everything": "/a/rich",
    "poem and ruby": "/a/poem",
    "right to left": "/a/rtl",
    "English": "/a/rain",
    "section": "/s/河北新闻/",
    "tag": "/t/样张/",
    "reporter": "/by/高原雪/",
    "issue": "/d/2026-05-01/",
    "issues": "/d/",
    "share": "/a/seed/share",
    "preferences": "/preferences",
    "offline": "/offline",
    "bookmarks": "/bookmarks",
    "search": "/search?q=政协",
    "feeds": "/feeds",
    "corrections": "/corrections/",
    "not found": "/a/nothing",
}
WIDTHS = (320, 360, 1280)


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_its_window(open_page, width):
    page = open_page("/", width=width, script=False)
    wide = {}
    for name, path in PAGES.items():
        page.goto(path)
        wide[name] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert {name: more for name, more in wide.items() if more > 0} == {}


def test_no_page_is_wider_at_the_largest_text_either(open_page):
    page = open_page("/", width=320, script=False, cookie="s5.large")
    wide = {}
    for name, path in PAGES.items():
        page.goto(path)
        wide[name] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert {name: more for name, more in wide.items() if more > 0} == {}


@pytest.mark.parametrize(("cookie", "names"), [("", tuple(PAGES)), ("large", ("home", "section", "article"))])
def test_the_tools_stand_in_the_head_row_of_every_page_on_a_desktop(open_page, cookie, names):
    page = open_page("/", width=1280, script=False, cookie=cookie)
    boxes = {}
    for name in names:
        page.goto(PAGES[name])
        boxes[name] = page.locator(".bar").bounding_box()
    assert {name: box for name, box in boxes.items() if box["y"] > 20 or box["x"] + box["width"] > 1280} == {}


def test_links_in_a_row_do_not_overlap_in_large_print(open_page):
    page = open_page("/search?q=政协", width=320, script=False, cookie="large")
    boxes = page.eval_on_selector_all(".chips > *", "all => all.map(e => [e.offsetLeft, e.scrollWidth])")
    assert all(left + width <= following for (left, width), (following, _) in itertools.pairwise(boxes))


@pytest.mark.parametrize("script", [False, True], ids=["without script", "with script"])
def test_an_article_is_there_after_one_request(open_page, script):
    page = open_page("/offline", script=script)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/a/seed", wait_until="domcontentloaded")
    assert len([url for url in asked if not url.endswith(("/sw.js", "/offline"))]) == 1
    assert page.locator("h1").inner_text().startswith("曲周县政协")


def test_nothing_moves_while_a_page_with_a_picture_loads(open_page):
    page = open_page("/a/rich")
    page.evaluate("document.querySelector('img').scrollIntoView()")
    page.wait_for_function("document.querySelector('picture img').complete")
    moved = page.evaluate(  # a space at the end of a line is shown nowhere
        """() => new Promise(done => new PerformanceObserver(list => done(list.getEntries().flatMap(entry => entry.sources)
        .filter(({node}) => node?.data?.trim() !== '').map(({node}) => node?.outerHTML || node?.data || 'gone')))
        .observe({type: 'layout-shift', buffered: true}) || setTimeout(() => done([]), 300))"""
    )
    assert moved == []


@pytest.mark.parametrize(
    ("width", "density", "loaded"), [(360, 2, 720), (412, 2.625, 720), (430, 3, 720), (768, 1, 720), (1280, 1, 1080)]
)
def test_a_picture_comes_in_the_size_that_the_page_tells_for_phones(open_page, width, density, loaded):
    page = open_page("/a/rich", width=width, device_scale_factor=density)
    page.evaluate("document.querySelector('picture img').scrollIntoView()")
    page.wait_for_function("document.querySelector('picture img').naturalWidth")
    assert page.evaluate("document.querySelector('picture img').currentSrc").endswith(f"-{loaded}.avif")


def test_save_data_gets_a_link_with_the_bytes_instead_of_the_picture(open_page):
    first = open_page("/a/rich")
    first.evaluate("document.querySelector('picture img').scrollIntoView()")
    first.wait_for_function("document.querySelector('picture img').naturalWidth")
    page = open_page("/a/rich", extra_http_headers={"Save-Data": "on"})
    link = page.locator("a.pic")
    wait_for(
        lambda: page.reload() and "KB" in link.inner_text(), pause=1
    )  # a page without the size may be in the cache
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    assert not [url for url in asked if "/media/" in url]
    assert page.locator("figcaption").inner_text() == "左红右蓝的照片"
    assert re.fullmatch(r"图 1 · \d+\xa0KB · 点按加载", link.inner_text())
    link.click()
    page.wait_for_url("**/a/rich?pictures=1#pic1")
    page.wait_for_function("document.querySelector('#pic1 img').naturalWidth")
    assert [url.rpartition("-")[2] for url in asked if "/media/" in url] == ["720.avif"]


def test_the_text_grows_in_five_steps_and_its_lines_with_it(open_page):
    measured = []
    for size in ("s1", "s2", "", "s4", "s5"):
        page = open_page("/a/seed", script=False, cookie=size)
        style = "getComputedStyle(document.querySelector('.body p'))"
        text, line = page.evaluate(f"[parseFloat({style}.fontSize), parseFloat({style}.lineHeight)]")
        measured.append((text, line / text))
    assert measured == sorted(measured)
    assert len(set(measured)) == 5


def test_preferences_work_without_script_and_lead_back_to_where_one_was(open_page, site):
    page = open_page("/a/seed", script=False)
    page.get_by_title("阅读设置").click()
    page.get_by_label("深色").check()
    page.get_by_label("宋体").check()
    page.get_by_label("特大").check()
    page.get_by_role("button", name="保存").click()
    page.wait_for_url(f"{site}/a/seed")
    body = "getComputedStyle(document.body)"
    assert page.evaluate(f"[{body}.backgroundColor, {body}.fontFamily]") == ["rgb(21, 22, 24)", "serif"]
    [cookie] = page.context.cookies()
    assert (cookie["name"], cookie["value"]) == ("reader", "s5.dark.serif")
    page.goto("/preferences")
    assert page.get_by_label("深色").is_checked()


@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "/\t/x"]
)
def test_preferences_never_lead_to_another_site(open_page, site, elsewhere):
    page = open_page("/preferences", script=False)
    response = page.request.post(f"{site}/preferences", form={"back": elsewhere, "theme": "dark"}, max_redirects=0)
    assert (response.status, response.headers["location"]) == (303, "/")


def test_the_other_script_is_one_link_away_without_script(open_page):
    page = open_page("/a/seed", script=False)
    page.get_by_role("link", name="繁體").click()
    assert page.locator("h1").inner_text().startswith("曲周縣政協")
    page.get_by_role("link", name="简体").click()
    assert page.locator("h1").inner_text().startswith("曲周县政协")


@pytest.mark.parametrize("path", ["/a/seed", "/", "/d/2026-05-01/", "/preferences"])
def test_large_print_is_large_everywhere(open_page, path):
    """适老版: text of 24 px, lines of 1.5, targets of 48 px."""
    page = open_page(path, script=False, cookie="large")
    small = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(e => e.checkVisibility({opacityProperty: true})
        && [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim())).map(e => [e, getComputedStyle(e)])
        .filter(([e, s]) => parseFloat(s.fontSize) < 24 || parseFloat(s.lineHeight) / parseFloat(s.fontSize) < 1.4)
        .map(([e, s]) => `${e.tagName}.${e.className} ${s.fontSize} ${s.lineHeight} ${e.textContent.slice(0, 20)}`)"""
    )
    assert small == []
    targets = page.evaluate(
        """() => [...document.querySelectorAll('nav a, footer a, button, .list a')].filter(e => e.checkVisibility())
        .map(e => [e.textContent, e.getBoundingClientRect()]).filter(([t, b]) => b.height < 48 || b.width < 48)
        .map(([t, b]) => `${t} ${b.width} × ${b.height}`)"""
    )
    assert targets == []


def test_dark_mode_follows_the_device(open_page):
    page = open_page("/a/seed", script=False, color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 22, 24)"


def test_a_signature_is_at_the_right_without_an_indent(open_page):
    page = open_page("/a/poem", script=False)
    style = "getComputedStyle(document.querySelector('.body > .right'))"
    assert page.evaluate(f"[{style}.textAlign, {style}.textIndent]") == ["end", "0px"]


def test_chinese_is_set_the_chinese_way(open_page):
    page = open_page("/a/rich", script=False)
    paragraph = "getComputedStyle(document.querySelector('.body > p'))"
    emphasis = "getComputedStyle(document.querySelector('.body em'))"
    assert page.evaluate(f"[{paragraph}.textAlign, {paragraph}.lineBreak]") == ["justify", "strict"]
    assert page.evaluate(f"parseFloat({paragraph}.textIndent) / parseFloat({paragraph}.fontSize)") == 2
    assert page.evaluate(f"[{emphasis}.fontStyle, {emphasis}.textEmphasisStyle]") == ["normal", "dot"]


def test_other_languages_are_set_their_own_way(open_page):
    page = open_page("/a/rtl", script=False)
    assert page.locator("article").evaluate("e => [e.dir, e.lang]") == ["rtl", "ar"]
    page.goto("/a/rain")
    assert page.locator(".body em").evaluate("e => getComputedStyle(e).fontStyle") == "italic"
    assert page.locator(".body > p").first.evaluate("e => getComputedStyle(e).textIndent") == "0px"


def test_a_printed_page_is_the_story_and_a_code_that_leads_back(open_page):
    page = open_page("/a/seed", script=False)
    with page.expect_request("**/a/seed/qr.svg"):
        printed = pymupdf.open(stream=page.pdf(format="A4"))
    text = "".join(sheet.get_text() for sheet in printed)
    assert "曲周县政协" in text
    assert "电子报" not in text
    assert "下载" not in text
    code = printed[-1].get_drawings()
    assert sum(len(drawing["items"]) for drawing in code) > 100
