"""An editor writes the issue of a day on a phone, without script: articles, each with a picture and its caption."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from long_forms import few
from page_waiting import new_context
from PIL import Image
from serving import serving
from waiting import wait_for

from reader.settings import Settings

TOKEN = "a long secret of the house"
TITLES = [
    f"{place}的步道今日开放"
    for place in few(("河东", "河西", "城南", "城北", "东关", "西关", "南湖", "北山", "新区", "老街"), 4)
]


def picture(n: int) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (640, 400), (20 * n, 90, 120)).save(target, "JPEG")
    return target.getvalue()


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    folder = tmp_path_factory.mktemp("paper")
    (folder / "articles").mkdir()
    settings = Settings(articles=folder / "articles", instance=folder / "instance", editor_token=TOKEN)
    with serving(settings) as url:
        yield url, settings


def write(page, n: int, title: str, today: str) -> None:
    page.goto("/editor/new?blank=1")
    page.fill("#title", title)
    page.fill("#published", f"{today} 00:{n:02}")
    page.fill("#body", f"全长{n + 3}公里，市民可以免费入园。\n\n明年还将在下游再建两处。")
    page.click("button.main")
    page.click("a[href*='/editor/article']")
    page.locator("summary", has_text="添加图片").click()
    page.set_input_files("#picture", {"name": "IMG_1.JPG", "mimeType": "image/jpeg", "buffer": picture(n)})
    page.fill("#caption", f"图{n}：{title}")
    page.click("button[formaction$='/picture']")
    page.click("button.main")
    assert page.locator("[role=status]").count() == 1


def test_an_issue_of_articles_with_pictures_is_written_on_a_phone_without_script(browser, paper):
    site, settings = paper
    options = {"locale": "zh-CN", "viewport": {"width": 360, "height": 640}, "base_url": site}
    context = new_context(browser, java_script_enabled=False, **options)
    today = datetime.now(settings.timezone).date().isoformat()
    page = context.new_page()
    page.goto("/editor")
    page.fill("#token", TOKEN)
    page.click("button")
    for n, title in enumerate(TITLES):
        write(page, n, title, today)
        assert page.locator("body").evaluate("body => body.ownerDocument.documentElement.scrollWidth") <= 360

    def shown() -> list[str]:
        page.goto(f"/d/{today}/")
        return [title for title in TITLES if page.get_by_text(title).count()]

    wait_for(lambda: shown() == TITLES)
    for title in TITLES[:1]:
        page.goto(f"/d/{today}/")
        page.get_by_text(title).first.click()
        caption = page.locator("figure figcaption").first
        wait_for(lambda caption=caption: caption.count() == 1 or (page.reload() is None and caption.count() == 1))
        assert title in caption.inner_text()
    context.close()
