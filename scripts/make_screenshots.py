"""Recreates docs/screenshots/: the pages of ``articles/`` on a phone, for the README."""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from serving import serving  # noqa: E402

from reader.settings import Settings  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
SEED = "/a/quzhou-zhengxie"
SHOTS = {
    "article": (SEED, "", 360),
    "article-dark": (SEED, "dark", 360),
    "article-large-print": (SEED, "large", 360),
    "article-traditional": (f"{SEED}?script=hant", "serif.sepia", 360),
    "home": ("/", "", 360),
    "issue": ("/d/2018-11-23/", "", 360),
    "preferences": ("/preferences", "", 360),
    "share": (f"{SEED}/share", "", 360),
    "article-wide": (SEED, "light", 1280),
}
"""Name to (URL path, cookie, width)."""


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Settings(instance=Path(folder, "instance"))) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for path in ("/d/2018-11-23/", SEED):  # the first request generates the downloads, which then have a size
            take(browser, site, path, "", 360)
        time.sleep(20)
        for name, (path, cookie, width) in SHOTS.items():
            picture = Image.open(io.BytesIO(take(browser, site, path, cookie, width)))
            picture.convert("RGB").quantize(48).save(FOLDER / f"{name}.png", optimize=True)
        browser.close()


def take(browser: Browser, site: str, path: str, cookie: str, width: int) -> bytes:
    scale = 1 if width > 1000 else 1.5
    context = browser.new_context(viewport={"width": width, "height": 640}, device_scale_factor=scale, locale="zh-CN")
    if cookie:
        context.add_cookies([{"name": "reader", "value": cookie, "url": site}])
    page = context.new_page()
    page.goto(site + path)
    picture = page.screenshot()
    context.close()
    return picture


if __name__ == "__main__":
    main()
