"""The single-file page and the chapters of an EPUB at 375 px: nothing is wider than the screen, except in boxes that scroll."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from page_waiting import new_context
from wide_content import BODIES

from reader.article_building import to_article
from reader.exports import EXPORTS
from reader.exports.options import Options
from reader.exports.publications import of_article
from reader.formats import read_draft
from reader.settings import ROOT, Settings
from reader.templating import Renderer

WIDER = """() => {
    const width = document.documentElement.clientWidth;
    const scrolls = element => ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
    const inBox = element => element && (scrolls(element) || inBox(element.parentElement));
    const crosses = box => box.width && (box.right > width + 1 || box.left < -1);
    const found = [...document.body.querySelectorAll("*")]
        .filter(element => crosses(element.getBoundingClientRect()) && !inBox(element.parentElement));
    return [document.documentElement.scrollWidth - width, found.map(element => element.tagName)];
}"""


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> list[Path]:
    """Both exports of each body, as files that a browser can open."""
    render = Renderer(ROOT / "templates", ROOT / "static").render
    options = Options(base_url="https://news.example", site_name="样报")
    found = []
    for name, text in BODIES.items():
        folder = tmp_path_factory.mktemp(name.replace(" ", "-"))
        source = f"---\ntitle: 题目\npublished: 2026-05-01 06:00\n---\n{text}\n".encode()
        article = to_article(read_draft(".md", source), PurePosixPath("2026-05-01", "wide.md"), Settings())
        (folder / "single.html").write_bytes(EXPORTS["html"].export(of_article(article), options, render))
        epub = EXPORTS["epub"].export(of_article(article), options, render)
        zipfile.ZipFile(io.BytesIO(epub)).extractall(folder)
        found += [folder / "single.html", folder / "EPUB" / "a1.xhtml"]
    return found


def test_nothing_is_wider_than_a_phone(browser, files):
    context = new_context(browser, viewport={"width": 375, "height": 667})
    page = context.new_page()
    wrong = {}
    for file in files:
        page.goto(file.as_uri())
        wider, elements = page.evaluate(WIDER)
        if wider > 0 or elements:
            wrong[f"{file.parent.name}/{file.name}"] = wider, elements
    context.close()
    assert not wrong
