"""An article of many pictures that nobody has seen yet: all of them show in the end, without a reload."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator

import pytest
from long_forms import LONG, few, long_form
from page_waiting import wait_until
from PIL import Image
from serving import serving

from reader.settings import Settings

PICTURES = 40 if LONG else 16
SHOWN = "[...document.images].filter(image => image.complete && image.naturalWidth).length"
AT_THE_END = "scrollY + innerHeight > document.documentElement.scrollHeight - 9"
BROKEN = "[...document.images].filter(image => image.complete && !image.naturalWidth).length"


def photo(number: int) -> bytes:
    """Another picture for each number, of 8 megapixels."""
    target = io.BytesIO()
    Image.linear_gradient("L").resize((3264, 2448)).point(lambda value: value ^ number).save(target, "JPEG")
    return target.getvalue()


@pytest.fixture
def cold_site(tmp_path) -> Iterator[str]:
    folder = tmp_path / "articles" / "2026-05-01"
    folder.mkdir(parents=True)
    for number in range(PICTURES):
        (folder / f"p{number}.jpg").write_bytes(photo(number))
    body = "\n\n".join(f"第{number}张。\n\n![图](p{number}.jpg)" for number in range(PICTURES))
    (folder / "photos.md").write_text(f"# 照片\n\n{body}\n", "utf-8")
    for path in folder.iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    with serving(Settings(articles=tmp_path / "articles", instance=tmp_path / "instance")) as url:
        yield url


@pytest.mark.parametrize("script", few([False, True]), ids=few(["without script", "with script"]))
def test_every_picture_shows_without_a_reload(open_page, cold_site, script):
    page = open_page("/healthz", script=script)
    page.goto(f"{cold_site}/a/photos")
    page.wait_for_timeout(100)
    while not page.evaluate(AT_THE_END):  # as one reads: down a screen at a time
        page.mouse.wheel(0, 640)
        page.wait_for_timeout(50)
    wait_until(page, f"{SHOWN} == {PICTURES}")
    assert (page.evaluate(SHOWN), page.evaluate(BROKEN)) == (PICTURES, 0)


@long_form
def test_a_picture_that_got_503_is_asked_for_again(open_page, cold_site):
    """As when more visitors wait than the server lets wait."""
    page = open_page("/healthz")
    refused: list[str] = []

    def answer(route):
        if route.request.url not in refused:
            refused.append(route.request.url)
            route.fulfill(status=503, headers={"Retry-After": "5"}, body="busy")
        else:
            route.continue_()

    page.route("**/media/**", answer)
    page.goto(f"{cold_site}/a/photos")
    wait_until(page, "document.querySelector('article img').naturalWidth")
    assert refused
