"""Nothing of an article can be had before it is published, nor after it was withdrawn: real servers, every address."""

from __future__ import annotations

import io
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path

import pytest
from long_forms import few
from PIL import Image, ImageDraw
from serving import serving

from reader.settings import Settings

SECRET = "绝密"
TEXT = f"{SECRET}，今天下雨，河水上涨。"
OTHERS = ("sun", "wind", "snow")
FEEDS = ("feed.xml", "atom.xml", "feed.json", "lite.xml")
PLACES = (
    *("/", "/s/", "/d/", "/d/2026-05-01/", "/d/2026-05-01.txt", "/s/天气/", "/t/机密/", "/by/高原雪/", "/from/密报/"),
    *("/s/天气.txt", "/t/机密.txt", "/by/高原雪.json", "/search?q=绝密", "/search.txt?q=绝密", "/selection.txt?a=rain"),
    *("/sitemap.xml", "/sitemap-2026-05.xml", "/news-sitemap.xml", "/opds", "/opds/articles", "/opds/search?q=绝密"),
    *("/opds/issues", "/sw.js", "/offline", "/feeds", "/feeds.opml", "/a/sun", "/a/wind", "/a/snow", "/?before=9999"),
    *(f"{folder}{feed}" for folder in ("/", "/s/天气/", "/t/机密/", "/by/高原雪/", "/from/密报/") for feed in FEEDS),
    *(f"/{feed}?piece=1" for feed in FEEDS),
    *(f"/search/{feed}?q=绝密" for feed in FEEDS),
)
"""Where an article is listed or its text may be."""

OWN = ("/a/rain", "/a/rain/share", "/a/rain/qr.svg", "/a/rain/card.png", "/opds/cover/rain.png", "/alt/secret.html")
SUFFIXES = ("txt", "md", "json", "html", "epub", "pdf")


def picture(colour: str) -> bytes:
    image = Image.new("RGB", (640, 400), colour)
    ImageDraw.Draw(image).ellipse((50, 50, 300, 300), fill="white")
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def article(**fields: str) -> str:
    front = {"published": "2026-05-01 06:00", "section": "天气", "tags": "[机密]", "byline": "高原雪", "source": "密报"}
    front |= {"title": f"{SECRET}大雨", "aliases": "[/alt/secret.html]"} | fields
    lines = "\n".join(f"{name}: {value}" for name, value in front.items())
    return f"---\n{lines}\n---\n{TEXT}\n\n![雨](own.png)\n\n![河](shared.png)\n"


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    settled = time.time() - 10
    os.utime(path, (settled, settled))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(
        articles=tmp_path / "articles",
        instance=tmp_path / "instance",
        base_url="https://news.example",
        removal_grace_seconds=0,
    )
    folder = settings.articles / "2026-05-01"
    for name in OTHERS:
        text = f"---\ntitle: {name}\nsection: 天气\nbyline: 张岩\n---\n今天{name}。\n\n![河](shared.png)\n"
        write(folder / f"{name}.md", text)
    write(folder / "own.png", picture("red"))
    write(folder / "shared.png", picture("blue"))
    return settings


class Site:
    """A running server. ``get`` gives status, headers and body; it waits for exports and follows no redirect."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(_Unredirected)

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        address = self._url + urllib.request.quote(path, safe="/?=&%:")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for _ in range(300):
            request = urllib.request.Request(address, headers={"Host": "news.example", **named})
            try:
                with self._opener.open(request, timeout=60) as answer:
                    return answer.status, lowered(answer.headers), answer.read()
            except urllib.error.HTTPError as error:
                if error.code != 503:
                    return error.code, lowered(error.headers), error.read()
            time.sleep(0.1)
        raise TimeoutError(path)

    def wait(self, path: str, *statuses: int) -> None:
        for _ in range(600):
            if self.get(path)[0] in statuses:
                return
            time.sleep(0.05)
        raise TimeoutError(path)


def lowered(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class _Unredirected(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def tell_tales(site: Site) -> dict[str, int]:
    """The addresses, with their status, that show something of the article."""
    found = {}
    for path in (*PLACES, *OWN):
        status, headers, body = site.get(path)
        leads_there = path in OWN and (status == 200 or "rain" in headers.get("location", ""))
        if leads_there or (SECRET.encode() in body and not is_echo(path, body)):
            found[path] = status
    for suffix in SUFFIXES:
        if (status := site.get(f"/a/rain.{suffix}")[0]) not in (404, 410):
            found[f"/a/rain.{suffix}"] = status
    return found


def is_echo(path: str, body: bytes) -> bool:
    """Whether it shows the word only because it was searched for."""
    return "绝密" in path and TEXT.encode() not in body and f"{SECRET}大雨".encode() not in body


def test_nothing_of_a_draft_or_a_scheduled_article_can_be_had(settings):
    write(settings.articles / "2026-05-01/rain.md", article(draft="true"))
    later = (datetime.now(UTC) + timedelta(days=3)).isoformat(timespec="seconds")
    write(settings.articles / "2026-05-02/later.md", article(published=later).replace("own.png", "later.png"))
    write(settings.articles / "2026-05-02/later.png", picture("green"))
    write(settings.articles / "2026-05-02/shared.png", picture("blue"))
    with serving(settings) as url:
        site = Site(url)
        site.wait("/a/sun", 200)
        assert tell_tales(site) == {}
        assert site.get("/a/later")[0] == 404
        shown = {digest: site.get(f"/media/{digest}-360.jpg")[0] for digest in digests(settings)}
        assert sorted(shown.values()) == [200, 404, 404]  # the one that other articles show, too


def digests(settings: Settings) -> list[str]:
    return sorted(path.stem for path in (settings.instance / "pictures").glob("*.json"))


def deleted(path: Path) -> None:
    path.unlink()


def made_a_draft(path: Path) -> None:
    write(path, path.read_text("utf-8").replace("---\n", "---\ndraft: true\n", 1))


def dated_to_the_future(path: Path) -> None:
    write(path, path.read_text("utf-8").replace("2026-05-01 06:00", "2199-01-01 06:00"))


def moved_out(path: Path) -> None:
    path.rename(path.parent.parent.parent / "rain.md")


def put_into_a_folder_of_drafts(path: Path) -> None:
    (path.parent / "_drafts").mkdir()
    path.rename(path.parent / "_drafts" / "rain.md")


WITHDRAWALS = [deleted, made_a_draft, dated_to_the_future, moved_out, put_into_a_folder_of_drafts]


@pytest.mark.parametrize("withdraw", few(WITHDRAWALS))
def test_nothing_of_a_withdrawn_article_can_be_had_even_after_a_restart(settings, withdraw: Callable[[Path], None]):
    file = settings.articles / "2026-05-01/rain.md"
    write(file, article())
    with serving(settings) as url:
        site = Site(url)
        site.wait("/a/rain", 200)
        assert len(tell_tales(site)) > 40, "the test looks where nothing is"
        page = site.get("/a/rain")
        pictures = set(re.findall(r"/media/[\w.-]+", page[2].decode()))
        other = set(re.findall(r"/media/[\w.-]+", site.get("/a/sun")[2].decode()))
        assert pictures - other
        for address in pictures:
            assert site.get(address)[0] == 200
        files = {s: site.get(f"/a/rain.{s}") for s in ("epub", "pdf")} | {"issue": site.get("/d/2026-05-01.epub")}
        places = [answer[1]["content-location"] for answer in files.values()]
        assert all(site.get(place)[0] == 200 for place in places)
        withdraw(file)
        site.wait("/a/rain", 404, 410)
        is_out(site, pictures - other, places, page[1]["etag"])
        assert all(site.get(address)[0] == 200 for address in other)
    with serving(replace(settings)) as url:
        is_out(Site(url), pictures - other, places, page[1]["etag"])


def is_out(site: Site, pictures: set[str], files: list[str], etag: str) -> None:
    site.wait("/a/sun", 200)
    assert tell_tales(site) == {}
    assert {site.get(address)[0] for address in pictures} == {404}
    assert site.get("/a/rain", If_None_Match=etag)[0] in (404, 410)
    for place in files:
        status, headers, _ = site.get(place, Range="bytes=0-99")
        assert status in (302, 404, 410), place
        assert status != 302 or "/files/" not in headers["location"]
