"""One server and one Chromium for all browser tests; a new page for each test."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator

import pytest
from chromium import CHROMIUM
from page_waiting import LIMIT_SECONDS, new_context
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from serving import serving

from reader.settings import ROOT, Settings

SEED = next((ROOT / "articles").glob("2018-11-23/*.txt"))
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
OWN_FONTS = {"FONTCONFIG_FILE": str(ROOT / "tests" / "browser" / "fonts.conf")}
"""Where lines break must not depend on the machine, which may have no Chinese font at all."""

RICH = """---
title: 一篇什么都有的文章
kicker: 引题在上
subtitle: 副题在下
section: 河北新闻/副刊
byline: [记者王小明, 记者李华]
editor: 张三
source: 河北新闻网
tags: [样张]
---
这一段里有*着重的字*、**加粗的字**、`code`和[一个链接](https://example.org/)，还有脚注[^1]。

> 引文里有一段话。

| 栏目 | 数目 | 说明 | 一列很长很长的内容，手机上放不下 |
|---|--:|---|---|
| 甲 | 12,345 | aVeryLongWordThatDoesNotBreakAnywhere | 又一列很长很长的内容，手机上放不下 |

```
python -m reader serve --host 0.0.0.0 --port 8080 --workers 2 --and-a-very-long-line
```

![左红右蓝的照片](photo.jpg)

- 一
- 二
    - 其中之一

1. 甲
2. 乙

---

[^1]: 脚注的内容。
"""
POEM = """<html lang="zh-CN"><head><title>静夜思</title><meta name="date" content="2026-05-01"></head><body><article>
<h1>静夜思</h1><p class="poem">床前明月光，<br>疑是地上霜。</p><p align=right>李白</p><p><ruby>汉<rt>hàn</rt>字<rt>zì</rt></ruby>注音。</p>
</article></body></html>"""
ARABIC = (
    "---\ntitle: مطر غزير\nlanguage: ar\n---\n\nهطل المطر اليوم في المدينة طوال النهار.\n\n> اقتباس قصير من الخبر.\n"
)
ENGLISH = "---\ntitle: Heavy rain\nlanguage: en\nsection: World\n---\n\nIt *rained* all day in the city.\n" * 1


def photo() -> bytes:
    image = Image.effect_noise((1600, 900), 60).convert("RGB")
    image.paste("red", (0, 0, 400, 900))
    target = io.BytesIO()
    image.save(target, "JPEG", quality=90)
    return target.getvalue()


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Iterator[str]:
    """The URL of a server with a few articles of every kind."""
    folder = tmp_path_factory.mktemp("site")
    files: dict[str, bytes] = {
        "2018-11-23/seed.txt": SEED.read_bytes(),
        "2026-05-01/rich.md": RICH.encode(),
        "2026-05-01/photo.jpg": photo(),
        "2026-05-01/poem.html": POEM.encode(),
        "2026-05-01/rtl.md": ARABIC.encode(),
        "2026-05-02/rain.md": ENGLISH.encode(),
    }
    for name, content in files.items():
        path = folder / "articles" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (1_700_000_000, 1_700_000_000))
    with serving(Settings(articles=folder / "articles", instance=folder / "instance")) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=SWITCHES, timeout=LIMIT_SECONDS * 1000, env=os.environ | OWN_FONTS
        )
        yield browser
        browser.close()


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser, site) -> Iterator[Open]:
    """``open_page("/path", width=320, script=False, cookie="dark", …)`` opens a page as a new visitor."""
    contexts: list[BrowserContext] = []

    def open_as_visitor(
        path: str, *, width: int = 360, script: bool = True, cookie: str = "", **options: object
    ) -> Page:
        # wait_for_function() uses eval, which our CSP forbids; test_security_policy.py tests that the CSP is enforced.
        context_options: dict[str, object] = {
            "bypass_csp": True,
            "locale": "zh-CN",
            "viewport": {"width": width, "height": 640},
            "base_url": site,
        } | options
        context = new_context(browser, java_script_enabled=script, **context_options)
        contexts.append(context)
        if cookie:
            context.add_cookies([{"name": "reader", "value": cookie, "url": context_options["base_url"]}])
        page = context.new_page()
        page.goto(path)
        return page

    yield open_as_visitor
    for context in contexts:
        context.close()
