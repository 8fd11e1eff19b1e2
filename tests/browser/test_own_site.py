"""A paper with settings of its own, seen in the browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest
from long_forms import few, pairs
from serving import serving
from test_accessibility import AXE, RULES

from reader.comments.comment import OPEN, Submission
from reader.comments.comment_store import CommentStore, Rules, Sender
from reader.comments.word_list import WordList
from reader.settings import ROOT, Settings
from reader.state import State

STORY = "---\nsection: 民生\npublished: 2026-05-01 06:00\n---\n# 大桥通车\n\n今天大桥通车。\n"
PAGES = ("/", "/a/bridge", "/a/bridge/comments", "/s/民生/", "/about", "/none-such")


@pytest.fixture(scope="module")
def paper(tmp_path_factory) -> Iterator[str]:
    """The URL of a server with the example site and one article, a comment and its answer."""
    folder = tmp_path_factory.mktemp("paper")
    (folder / "articles" / "2026-05-01").mkdir(parents=True)
    (folder / "articles" / "2026-05-01" / "bridge.md").write_text(STORY, "utf-8")
    shutil.copytree(ROOT / "docs" / "examples" / "site", folder / "articles" / "_site")
    settings = Settings(articles=folder / "articles", instance=folder / "instance", comments=OPEN)
    with closing(State(settings.state_url)) as state:
        store, rules = CommentStore(state), Rules(OPEN, WordList(), ())
        for text, answered in (("写得好，希望多报道。", 0), ("同意。", 1)):
            sender = Sender("192.0.2.1", "", text)
            store.post("bridge", Submission("张三", text, answered), sender, rules, datetime.now(UTC))
    with serving(settings) as url:
        yield url


def test_the_comments_of_the_other_tests_are_there(open_page, paper):
    page = open_page("/a/bridge/comments", base_url=paper)
    assert page.locator(".said").count() == 2


def test_the_preferences_stand_beside_the_name_of_the_paper(open_page, paper):
    for cookie, width in (("light", 320), ("light", 412), ("large", 320), ("large", 412)):
        page = open_page("/", base_url=paper, width=width, cookie=cookie, script=False)
        name, link = (page.locator(f".mast {part}").bounding_box() for part in ("h1", ".aa"))
        assert name["y"] <= link["y"] + link["height"] / 2 <= name["y"] + name["height"], (cookie, width)


def test_comments_are_in_the_bar_where_its_words_fit_one_line(open_page, paper):
    for cookie, width, shown in (
        ("", 320, False),
        ("", 360, True),
        ("en", 375, False),
        ("en", 412, True),
        ("en", 409, True),
        ("s4", 412, False),
        ("s5", 412, False),
        ("large", 412, False),
        ("large", 640, True),
        ("", 1280, True),
    ):
        page = open_page("/a/bridge", base_url=paper, width=width, cookie=cookie, script=False)
        link = page.locator(".bar [href='/a/bridge/comments']")
        assert link.is_visible() == shown, (cookie, width)
        heights = {box["height"] for a in page.locator(".bar > a").all() if (box := a.bounding_box())}
        assert len(heights) == 1, (cookie, width)
        assert heights.pop() < (80 if cookie == "large" else 60), (cookie, width)  # one line


@pytest.mark.parametrize(("cookie", "width"), few(pairs(["light", "dark", "sepia", "large", "hant"], [360, 1280]), 3))
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(open_page, paper, cookie, width):
    page = open_page("/", base_url=paper, cookie=cookie, viewport={"width": width, "height": 6000})
    for path in PAGES:
        page.goto(paper + path)
        page.add_script_tag(path=AXE)
        tags = [*RULES, "wcag2aaa"] if cookie == "large" else RULES
        violations = page.evaluate("tags => axe.run({runOnly: tags}).then(r => r.violations)", tags)
        assert [(path, v["id"], v["nodes"][0]["html"]) for v in violations] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_picture_of_the_follow_box_is_loaded_when_the_box_is_opened(open_page, paper):
    page = open_page("/", base_url=paper, viewport={"width": 360, "height": 2000})
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(f"{paper}/a/bridge")
    page.wait_for_load_state("networkidle")
    assert not [url for url in loaded if "/media/" in url]
    with page.expect_response("**/media/*.webp"):
        page.get_by_text("更多精彩内容请关注").click()
