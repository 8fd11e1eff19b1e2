"""Titles break between phrases, tables keep words whole and their first column in sight, other scripts keep their order."""

from __future__ import annotations

LINES = """selector => {
    const found = [], heading = document.querySelector(selector);
    const walker = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT);
    let top = -Infinity;
    for (let node; (node = walker.nextNode());)
        for (let at = 0; at < node.data.length; at++) {
            const range = document.createRange();
            range.setStart(node, at);
            range.setEnd(node, at + 1);
            const box = range.getBoundingClientRect();
            if (box.top > top + 9) { found.push(""); top = box.top; }
            found[found.length - 1] += node.data[at];
        }
    return found;
}"""
CELL_LINES = """() => [...document.querySelectorAll("td, th")].map(cell => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return [cell.textContent, new Set([...range.getClientRects()].map(box => Math.round(box.top))).size];
})"""


def test_a_title_breaks_between_its_phrases(open_page):
    page = open_page("/a/seed", width=360)
    assert page.evaluate(LINES, "h1") == ["曲周县政协在河北省率先实现", "“两个全覆盖”"]
    assert page.locator("h1").inner_text() == "曲周县政协在河北省率先实现“两个全覆盖”"


def test_a_title_in_a_list_breaks_between_its_phrases(open_page):
    page = open_page("/s/河北新闻/本网原创/", width=310, cookie="titles")
    assert page.evaluate(LINES, ".list h2 [href='/a/seed']") == ["曲周县政协在河北省率先实现", "“两个全覆盖”"]


def test_a_phrase_longer_than_a_line_breaks_between_words(open_page):
    for width, cookie in ((320, ""), (320, "large"), (360, "s5")):
        for path, selector in (("/a/seed", "h1"), ("/s/河北新闻/本网原创/", ".list h2 [href='/a/seed']")):
            lines = open_page(path, width=width, cookie=cookie).evaluate(LINES, selector)
            ends = {sum(map(len, lines[:number])) for number in range(1, len(lines))}
            assert ends <= {3, 5, 6, 9, 11, 13, 16, 17}, (path, cookie, lines)


def test_a_phrase_longer_than_a_line_is_divided_without_a_single_character(open_page):
    page = open_page("/a/seed", width=320)
    assert all(len(line) > 2 for line in page.evaluate(LINES, "h1"))


def test_the_words_of_the_tools_are_whole_at_every_text_size(open_page):
    lines = (
        "all => all.map(e => Math.round(e.getBoundingClientRect().height / parseFloat(getComputedStyle(e).lineHeight)))"
    )
    for cookie in ("", "en", "s4", "s5", "s5.en", "large"):
        page = open_page("/a/seed", width=320, cookie=cookie)
        assert set(page.eval_on_selector_all(".bar > a", lines)) <= {1, 2}, cookie
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_short_cells_of_a_table_stay_in_one_line(open_page):
    page = open_page("/a/rich", width=320)
    lines = dict(page.evaluate(CELL_LINES))
    assert lines["栏目"] == lines["12,345"] == lines["甲"] == 1


def test_no_word_of_a_table_runs_into_the_next_cell(open_page):
    page = open_page("/a/rich", width=320)
    assert page.eval_on_selector_all("td", "all => all.filter(e => e.scrollWidth > e.clientWidth).length") == 0


def test_the_first_column_stays_while_a_table_scrolls(open_page):
    page = open_page("/a/rich", width=320)
    page.evaluate("document.querySelector('.wide').scrollLeft = 120")
    assert page.evaluate("document.querySelector('.wide').scrollLeft") > 60
    left = page.evaluate("document.querySelector('td').getBoundingClientRect().left")
    assert abs(left - page.evaluate("document.querySelector('.wide').getBoundingClientRect().left")) <= 2


def test_an_article_from_right_to_left_has_its_labels_in_order(open_page):
    page = open_page("/a/rtl")
    direction = "element => getComputedStyle(element).direction"
    assert page.eval_on_selector("h1", direction) == "rtl"
    assert page.eval_on_selector("article .note", direction) == "ltr"


def test_a_line_of_a_list_is_in_the_order_of_its_language(open_page):
    page = open_page("/")
    found = page.eval_on_selector_all(
        "li[lang=ar], li[lang^=zh]", "all => all.map(e => [e.lang, getComputedStyle(e).direction])"
    )
    assert ["ar", "rtl"] in found
    assert all(direction == "ltr" for language, direction in found if language != "ar")
