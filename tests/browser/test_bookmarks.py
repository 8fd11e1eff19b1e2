"""The reader's own marks, in a real browser: bookmarks, highlights, notes, their page, export and import."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from long_forms import few
from page_waiting import CONTROLLED, wait_until, wait_until_kept
from playwright.sync_api import Page
from serving import serving
from test_accessibility import AXE, RULES

from reader.settings import Settings

SELECT = """quote => {
    const walker = document.createTreeWalker(document.querySelector('.body'), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const at = walker.currentNode.data.indexOf(quote);
        if (at < 0) continue;
        getSelection().setBaseAndExtent(walker.currentNode, at, walker.currentNode, at + quote.length);
        walker.currentNode.parentElement.scrollIntoView({block: 'center'});
        return true
    }
}"""
"""JavaScript: selects the first place of a text, as a finger does."""

NO_SCROLL = "document.documentElement.scrollWidth <= innerWidth"
STORED = "path => JSON.parse(localStorage['m' + path] || 'null')"


def touch(page: Page) -> None:
    """What a reader does before anything else: it loads the script that offers bookmarks."""
    page.dispatch_event("h1", "pointerover")
    page.locator("#mark:not([hidden])").wait_for(state="attached")


def select(page: Page, quote: str) -> None:
    touch(page)
    assert page.evaluate(SELECT, quote)


def highlight(page: Page, quote: str, note: str = "") -> None:
    select(page, quote)
    tools = page.locator("#marking")
    if note:
        tools.get_by_role("button", name="笔记").click()
        page.get_by_role("textbox", name="笔记").fill(note)
        page.get_by_role("button", name="保存").click()
    else:
        tools.get_by_role("button", name="划线").click()
    page.locator("mark", has_text=quote[:4]).first.wait_for()


def marked(page: Page) -> str:
    touch(page)
    page.locator("mark").first.wait_for()
    return "|".join(page.locator("mark").all_inner_texts())


def test_an_article_is_bookmarked_by_one_tap_and_let_go_by_another(open_page) -> None:
    page = open_page("/a/seed")
    touch(page)
    page.get_by_text("收藏", exact=True).click()
    page.get_by_text("已收藏", exact=True).wait_for()
    page.goto("/a/seed")
    touch(page)
    page.get_by_role("link", name="收藏与笔记").click()
    assert page.locator("#list h2").all_inner_texts() == ["曲周县政协在河北省率先实现“两个全覆盖”"]
    page.get_by_role("link", name="曲周县政协").click()
    page.wait_for_url("**/a/seed")
    touch(page)
    page.get_by_role("button", name="已收藏").click()
    page.get_by_role("button", name="收藏", exact=True).wait_for()
    page.goto("/bookmarks")
    assert page.locator("#list li").count() == 0
    assert "暂无收藏" in page.locator("#none").inner_text()


def test_selected_text_is_highlighted_with_a_note_and_stays_so(open_page) -> None:
    page = open_page("/a/seed")
    highlight(page, "“曲周经验”", "值得一读\n第二行")
    assert page.evaluate(NO_SCROLL)
    page.reload()
    assert marked(page) == "“曲周经验”"
    page.locator("mark").click()
    assert page.locator("#marking p").inner_text() == "值得一读\n第二行"
    page.locator("#marking").get_by_role("button", name="删除").click()
    page.locator("mark").wait_for(state="detached")
    assert page.evaluate(STORED, "/a/seed") is None


def test_a_highlight_runs_over_paragraphs_links_and_tables_and_changes_no_text(open_page) -> None:
    page = open_page("/a/rich")
    before = page.locator(".body").inner_text()
    touch(page)
    page.evaluate(
        """() => {
            const all = document.querySelectorAll('.body > *');
            getSelection().setBaseAndExtent(all[0], 0, all[all.length - 1], all[all.length - 1].childNodes.length)
        }"""
    )
    page.locator("#marking").get_by_role("button", name="划线").click()
    assert "着重的字" in marked(page)
    assert page.locator(".body").inner_text() == before
    assert page.locator("ul > mark, table > mark, tr > mark, figure > mark").count() == 0
    page.reload()
    assert "12,345" in marked(page)


def test_a_highlight_is_found_in_the_other_chinese_script(open_page) -> None:
    page = open_page("/a/seed")
    highlight(page, "政协委员")
    quote = page.evaluate("document.querySelector('.body').innerText.match(/[^。]{6,20}。/)[0]")
    highlight(page, quote)
    count = page.locator("mark").count()
    page.goto("/a/seed?script=hant")
    marked(page)
    assert page.locator("mark").count() == count
    assert any("政協委員" in text for text in page.locator("mark").all_inner_texts())
    page.goto("/a/seed?script=hant")
    highlight(page, "黨建大樹")
    page.goto("/a/seed")
    assert "党建大树" in marked(page)


def test_the_way_back_shows_what_was_changed_meanwhile(open_page) -> None:
    page = open_page("/a/seed")
    highlight(page, "“曲周经验”")
    page.get_by_role("link", name="收藏与笔记").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("#list div").get_by_role("button", name="删除").click()
    page.go_back()
    touch(page)
    page.locator("mark").wait_for(state="detached")
    assert page.get_by_text("收藏", exact=True).is_visible()


def test_another_tab_shows_it_at_once(open_page) -> None:
    page = open_page("/a/seed")
    highlight(page, "“曲周经验”")
    other = page.context.new_page()
    other.goto("/a/seed")
    assert marked(other) == "“曲周经验”"
    highlight(page, "曲周县政协")
    other.locator("mark", has_text="曲周县政协").wait_for()


def test_where_reading_stopped_is_listed_and_can_be_forgotten(open_page) -> None:
    page = open_page("/a/seed")
    wait_until(page, CONTROLLED)
    wait_until_kept(page, "/a/seed")
    page.evaluate("document.getElementById('p12').scrollIntoView({block: 'center'})")
    touch(page)
    page.goto("/bookmarks")
    page.locator("#list a", has_text="曲周县政协").wait_for()
    assert re.search(r"/a/seed#p1\d$", page.get_by_role("link", name="继续上次").get_attribute("href"))
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="清除阅读位置").click()
    assert page.locator("#list li").count() == 0


def downloaded(page: Page, name: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return Path(download.value.path()).read_text("utf-8")


def test_it_is_exported_as_markdown_and_as_json_that_another_browser_imports(open_page, tmp_path) -> None:
    page = open_page("/a/seed")
    highlight(page, "“曲周经验”", "重要*的*")
    page.get_by_role("button", name="收藏", exact=True).click()
    page.goto("/bookmarks")
    text = downloaded(page, "导出 Markdown")
    assert text.startswith("# 收藏与笔记\n\n## [曲周县政协在河北省率先实现“两个全覆盖”](http://127.0.0.1")
    assert text.endswith("\n\n> “曲周经验”\n\n重要\\*的\\*\n")
    exported = downloaded(page, "导出 JSON")
    found = json.loads(exported)
    assert (found["@context"], found["type"]) == ("http://www.w3.org/ns/anno.jsonld", "AnnotationPage")
    assert [item["motivation"] for item in found["items"]] == ["bookmarking", "commenting"]
    quote, position, part = found["items"][1]["target"]["selector"]
    assert (quote["type"], quote["exact"]) == ("TextQuoteSelector", "“曲周经验”")
    assert (position["type"], position["end"] - position["start"]) == ("TextPositionSelector", 6)
    assert re.fullmatch(r"p\d", part["value"])
    other = open_page("/bookmarks")
    for _ in range(2):  # a second time adds nothing
        other.locator("#file").set_input_files(
            {"name": "b.json", "mimeType": "application/json", "buffer": exported.encode()}
        )
        other.get_by_text("已导入 2 条").wait_for()
        other.evaluate("document.getElementById('said').textContent = ''")
    assert other.locator("textarea").input_value() == "重要*的*"
    assert json.loads(downloaded(other, "导出 JSON")) == found
    other.locator("blockquote a").click()
    assert marked(other) == "“曲周经验”"
    wait_until(other, "document.querySelector('mark').getBoundingClientRect().top < innerHeight")


@pytest.mark.parametrize(
    "target",
    [
        {"source": "javascript:alert(1)"},
        {"source": "https://news.example/a/../editor"},
        {"source": "https://news.example/a/seed", "selector": {"type": "FragmentSelector", "value": "p1 onclick=x"}},
        {"source": "https://news.example/a/x\"><img src=x onerror='window.hit=1'>", "dcterms:title": "<img src=x>"},
        {"source": "https://news.example/a/seed", "selector": {"type": "TextQuoteSelector", "exact": 7}},
        {
            "source": "https://news.example/a/seed",
            "selector": [{"type": "TextQuoteSelector", "exact": "<b>x</b>" * 999}],
        },
        {"source": 7},
        None,
    ],
)
def test_a_hostile_file_adds_no_address_and_no_markup(open_page, target) -> None:
    page = open_page("/bookmarks")
    content = json.dumps({"items": [{"id": '"><script>', "created": "<b>", "target": target}]}).encode()
    page.locator("#file").set_input_files({"name": "b.json", "mimeType": "application/json", "buffer": content})
    page.locator("#said", has_text="导入").wait_for()
    assert all(
        href.startswith("/a/")
        for href in page.eval_on_selector_all("#list a", "all => all.map(a => a.getAttribute('href'))")
    )
    assert page.locator("#list img, #list script, #list b").count() == 0
    assert page.evaluate("window.hit") is None


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b'{"items": 1}', b"\xff\xfe"])
def test_a_file_that_is_none_is_named_so(open_page, content) -> None:
    page = open_page("/bookmarks")
    page.locator("#file").set_input_files({"name": "b.json", "mimeType": "application/json", "buffer": content})
    page.get_by_text("无法读取该文件").wait_for()


FORMS_STORED = {
    "half": "{",
    "null": "null",
    "number": "7",
    "no-list": '{"marks":null,"title":7}',
    "object": '{"marks":{"a":1}}',
    "no-marks": '{"marks":[null,{},7,{"exact":5}]}',
    "empty": '{"marks":[{"id":"m1","exact":"","prefix":"","suffix":"","start":0}]}',
    "no-time": '{"saved":{"a":1},"marks":[{"exact":"曲周"}]}',
    "hundred-lost": json.dumps({"marks": [{"exact": f"{number}不在文中的话" * 200} for number in range(100)]}),
}


@pytest.mark.parametrize(
    "stored",
    few(FORMS_STORED.values(), 3),
    ids=few(FORMS_STORED, 3),
)
def test_whatever_is_stored_of_one_article_the_page_and_all_others_go_on_working(open_page, stored) -> None:
    page = open_page("/bookmarks")
    page.evaluate(
        """stored => {
        localStorage['m/a/other'] = JSON.stringify({title: '别的', saved: '2026-05-01T00:00:00.000Z', marks: []});
        localStorage['m/a/%E4'] = localStorage['m/a/other'].replace('别的', '');
        localStorage['m/a/seed'] = stored
    }""",
        stored,
    )
    page.reload()
    page.get_by_role("link", name="别的").wait_for()
    assert len(json.loads(downloaded(page, "导出 JSON"))["items"]) >= 2
    page.goto("/a/seed")
    highlight(page, "“曲周经验”", "笔记一")
    assert page.evaluate(STORED, "/a/seed")["marks"][-1]["note"] == "笔记一"


def test_a_note_that_the_browser_has_no_room_for_is_told(open_page) -> None:
    page = open_page("/a/seed")
    highlight(page, "“曲周经验”", "短")
    page.goto("/bookmarks")
    page.evaluate("""() => {
        for (let size = 1 << 20; size; size >>= 1) {
            try { for (;;) localStorage['fill' + size] = (localStorage['fill' + size] || '') + 'x'.repeat(size) } catch {}
        }
    }""")
    told: list[str] = []
    page.on("dialog", lambda dialog: (told.append(dialog.message), dialog.accept()))
    page.locator("textarea").fill("长" * 500)
    page.locator("textarea").blur()  # returns when the message was closed
    page.wait_for_function("document.activeElement == document.body")
    assert "空间" in told[0]
    assert page.evaluate(STORED, "/a/seed")["marks"][0]["note"] == "短"


def test_what_another_tab_changes_takes_no_note_away_that_is_being_typed_and_is_not_overwritten(open_page) -> None:
    page = open_page("/a/seed")
    highlight(page, "“曲周经验”")
    other = page.context.new_page()
    page.goto("/bookmarks")
    page.locator("textarea").press_sequentially("一半")
    other.goto("/a/seed")
    highlight(other, "政协")
    page.locator("textarea").press_sequentially("另一半")
    page.locator("textarea").blur()
    page.locator("textarea").nth(1).wait_for()
    assert sorted(mark["note"] for mark in page.evaluate(STORED, "/a/seed")["marks"]) == ["", "一半另一半"]


def test_without_script_nothing_is_offered_and_the_page_says_why(open_page) -> None:
    page = open_page("/a/seed", script=False)
    assert page.get_by_text("收藏", exact=True).count() == 1
    assert not page.get_by_text("收藏", exact=True).is_visible()
    page.goto("/bookmarks")
    assert "需要启用 JavaScript" in page.locator("main").inner_text()
    assert not page.locator("#tools").is_visible()


def test_nothing_is_loaded_until_it_is_used_and_the_policy_of_the_page_allows_it(open_page) -> None:
    page = open_page("/", bypass_csp=False)
    asked, errors = [], []
    page.context.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto("/a/seed")
    touch(page)
    page.mouse.click(100, 300)
    assert not any("bookmarks" in url for url in asked)
    highlight(page, "“曲周经验”", "好")
    page.goto("/bookmarks")
    assert page.locator("#list li").count() == 1
    assert len([url for url in asked if url.endswith("/bookmarks.js")]) == 1
    assert errors == []


def test_bookmarks_work_without_a_network(open_page) -> None:
    page = open_page("/a/seed")
    wait_until(page, CONTROLLED)
    wait_until_kept(page, "/a/seed")
    highlight(page, "“曲周经验”")
    page.goto("/bookmarks")
    wait_until_kept(page, "/bookmarks")
    page.context.set_offline(True)
    page.goto("/a/seed")
    assert marked(page) == "“曲周经验”"
    page.goto("/bookmarks")
    assert page.locator("#list li").count() == 1


@pytest.mark.parametrize("cookie", few(["light", "dark", "large"]))
def test_axe_finds_no_violation_and_nothing_is_wider_than_a_phone(open_page, cookie) -> None:
    page = open_page("/a/seed", cookie=cookie)
    highlight(page, "“曲周经验”", "一条笔记")
    page.locator("mark").click()
    page.locator("#marking").wait_for()
    found = violations(page)
    page.get_by_role("button", name="笔记").click()
    page.locator("dialog textarea").wait_for()
    found += violations(page)
    page.goto("/bookmarks")
    assert page.evaluate(NO_SCROLL)
    assert found + violations(page) == []


def violations(page: Page) -> list[object]:
    page.add_script_tag(path=AXE)
    found = page.evaluate("tags => axe.run({runOnly: tags}).then(r => r.violations)", RULES)
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]


CORRECTED = [
    ("今天上午，全市普降大雨，河水上涨，道路积水。", "全市普降大雨，河水上涨"),
    ("今天上午，全市普降大到暴雨，河水猛涨，道路积水。", "全市普降大到暴雨，河水猛涨"),
    ("更正前言。\n\n今天上午，全市普降大雨，河水上涨，道路积水。", "全市普降大雨，河水上涨"),
    ("今天上午，道路积水。", ""),
]


@pytest.fixture
def editable(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    file = tmp_path / "articles" / "2026-05-01" / "rain.md"
    file.parent.mkdir(parents=True)
    file.write_text(f"# 大雨\n\n{CORRECTED[0][0]}\n\n市民出行请注意安全。\n", "utf-8")
    with serving(Settings(articles=tmp_path / "articles", instance=tmp_path / "instance", scan_seconds=0.2)) as url:
        yield url, file


def test_a_highlight_is_found_after_a_correction_and_kept_in_the_list_when_its_text_is_gone(
    open_page, editable
) -> None:
    url, file = editable
    page = open_page("/a/rain", base_url=url)
    highlight(page, CORRECTED[0][1])
    for text, expected in CORRECTED:
        file.write_text(f"# 大雨\n\n{text}\n\n市民出行请注意安全。\n", "utf-8")
        wait_until(
            page, f"fetch('/a/rain', {{cache: 'reload'}}).then(r => r.text()).then(t => t.includes({text[-20:-1]!r}))"
        )
        page.goto("/")
        page.evaluate("caches.keys().then(all => Promise.all(all.map(name => caches.delete(name))))")
        page.goto("/a/rain")
        page.reload()
        touch(page)
        page.locator("#marks").wait_for()
        assert "".join(page.locator("mark").all_inner_texts()) == expected
    page.goto("/bookmarks")
    assert page.locator("blockquote").inner_text() == CORRECTED[0][1]
