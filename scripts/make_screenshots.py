"""Recreates docs/screenshots/: the pages of a made-up paper on a phone and a desktop, for the README."""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from serving import serving  # noqa: E402

from reader.settings import Settings  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
SITE = ROOT / "docs" / "examples" / "site"
SEED = "/a/water-meter"
SHOTS = {
    "home": ("/", "", 360),
    "article": (SEED, "", 360),
    "article-dark": (SEED, "dark", 360),
    "article-large-print": (SEED, "large", 360),
    "article-traditional": (f"{SEED}?script=hant", "serif.sepia", 360),
    "issue": ("/d/2026-05-01/", "", 360),
    "preferences": ("/preferences", "", 360),
    "share": (f"{SEED}/share", "", 360),
    "home-wide": ("/", "light", 1280),
    "article-wide": (SEED, "light", 1280),
}
"""Name to (URL path, cookie, width)."""
LARGEST_BYTES = 60_000
"""Of a picture: both READMEs show several."""

STORIES = {
    "water-meter": ("智能水表进了田间地头：一部手机管好千亩麦田", "民生"),
    "measures": ("澜州推出十二项措施支持小微企业", "时政"),
    "heating": ("今冬供暖准备就绪：一亿平方米住宅按时点火", "民生"),
    "library": ("三处旧厂房改成社区书屋", "文化"),
    "station": ("高铁新站房主体结构封顶", "时政"),
    "lift": ("老旧小区“回头看”：加装电梯为何卡在三楼？", "民生"),
    "lanterns": ("古城灯会开幕，夜游线路增至五条", "文化"),
    "snow": ("周末有小雪，气温下降八到十度", "民生"),
}
"""Slug to (title, section) of the articles of a made-up paper, newest first; each second one has a picture."""
TEXT = """眼下正是小麦灌浆的时候。在澜州东乡，种粮大户不再扛着铁锹守在田埂上，手机一点，水就顺着管道到了地里。

“以前浇一遍地要四个人忙六天，现在我一个人两天就浇完了。”他指着屏幕上的曲线说，哪块地缺水、用了多少水，一目了然。

当地去年起为机井装上智能水表，按方计费，余水可以结转。农技人员算过一笔账：每亩节水五十方，节省电费十二元。
"""


def write_paper(folder: Path) -> None:
    """The articles, their pictures and the site's own files."""
    shutil.copytree(SITE, folder / "_site")
    for number, (slug, (title, section)) in enumerate(STORIES.items()):
        head = f"title: {title}\nslug: {slug}\npublished: 2026-05-01 {19 - number}:12\nsection: {section}"
        picture = "" if number % 2 else f'![麦田]({slug}.jpg "澜州东乡的麦田。图：本报记者")\n\n'
        (folder / f"{slug}.md").write_text(f"---\n{head}\nbyline: 记者林一\n---\n{picture}{TEXT}", "utf-8")
        if picture:
            drawing(number).save(folder / f"{slug}.jpg", quality=85)


def drawing(number: int) -> Image.Image:
    """Fields below a sky, in colours of their own."""
    image = Image.new("RGB", (1200, 675), ("#8fb8d8", "#c9d6df", "#e8c39e", "#33415c")[number // 2])
    pen = ImageDraw.Draw(image)
    pen.ellipse((860, 90, 980, 210), fill="#fbf3d5")
    for row, green in enumerate(("#7d9a5b", "#8fa84f", "#b7b04a", "#6f8f3f")):
        top = 330 + row * 85
        pen.polygon(
            [(0, top + 60), (400, top - number * 6), (800, top + 40), (1200, top), (1200, 675), (0, 675)], green
        )
    return image


def made_up(folder: Path) -> Settings:
    articles = folder / "articles"
    articles.mkdir()
    write_paper(articles)
    return Settings(articles=articles, instance=folder / "instance")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(made_up(Path(folder))) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for path in ("/d/2026-05-01/", "/", SEED):  # the first request generates the downloads, which then have a size
            take(browser, site, path, "", 360)
        time.sleep(20)
        for name, (path, cookie, width) in SHOTS.items():
            picture = Image.open(io.BytesIO(take(browser, site, path, cookie, width)))
            target = FOLDER / f"{name}.png"
            picture.convert("RGB").quantize(48).save(target, optimize=True)
            if target.stat().st_size > LARGEST_BYTES:
                print(f"{target.name} has {target.stat().st_size} bytes, more than {LARGEST_BYTES}", file=sys.stderr)
        browser.close()


def take(browser: Browser, site: str, path: str, cookie: str, width: int) -> bytes:
    scale = 1 if width > 1000 else 1.5
    context = browser.new_context(viewport={"width": width, "height": 640}, device_scale_factor=scale, locale="zh-CN")
    if cookie:
        context.add_cookies([{"name": "reader", "value": cookie, "url": site}])
    page = context.new_page()
    page.goto(site + path)
    page.evaluate("Promise.all([...document.images].filter(i => i.loading != 'lazy').map(i => i.decode()))")
    picture = page.screenshot()
    context.close()
    return picture


if __name__ == "__main__":
    main()
