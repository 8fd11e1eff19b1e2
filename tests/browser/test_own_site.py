"""A paper with settings of its own, seen in the browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from serving import serving
from test_accessibility import AXE, RULES

from reader.settings import ROOT, Settings

STORY = "---\nsection: 民生\npublished: 2026-05-01 06:00\n---\n# 大桥通车\n\n今天大桥通车。\n"
PAGES = ("/", "/a/bridge", "/s/民生/", "/about", "/none-such")


@pytest.fixture(scope="module")
def paper(tmp_path_factory) -> Iterator[str]:
    """The URL of a server with the example site and one article."""
    folder = tmp_path_factory.mktemp("paper")
    (folder / "articles" / "2026-05-01").mkdir(parents=True)
    (folder / "articles" / "2026-05-01" / "bridge.md").write_text(STORY, "utf-8")
    shutil.copytree(ROOT / "docs" / "examples" / "site", folder / "articles" / "_site")
    with serving(Settings(articles=folder / "articles", instance=folder / "instance")) as url:
        yield url


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("cookie", ["light", "dark", "sepia", "large", "hant"])
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
