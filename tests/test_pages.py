"""The pages as a browser gets them: content, size, cache headers."""

from __future__ import annotations

import gzip
import json
import os
import random
import re
from pathlib import Path

import brotli
import pytest
from flask import Flask
from lxml import html

from reader.app import create_app
from reader.services import build_services
from reader.settings import ROOT, Settings
from reader.web.pages.page_weight import WEIGHT_PLACEHOLDER, kilobytes, weighed

SEED = next((ROOT / "articles").glob("2018-11-23/*"))
SLUG = SEED.stem
PAGES = [
    "/",
    f"/a/{SLUG}",
    "/s/河北新闻/",
    "/s/河北新闻/本网原创/",
    "/from/河北新闻网/",
    "/by/高原雪/",
    "/d/",
    "/d/2018-11-23/",
]
STATUS_LINE = len("HTTP/1.1 200 OK\r\n")
SERVERS_OWN = len("date: Mon, 23 Nov 2026 22:15:16 GMT\r\nserver: granian\r\n") + 2
"""Headers that the server adds to those of Flask."""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Settings:
    folder = tmp_path_factory.mktemp("site")
    target = folder / "articles" / "2018-11-23" / SEED.name
    target.parent.mkdir(parents=True)
    target.write_bytes(SEED.read_bytes())
    return Settings(articles=folder / "articles", instance=folder / "instance", base_url="https://news.example")


@pytest.fixture(scope="module")
def client(site):
    for path in site.articles.rglob("*.*"):
        os.utime(path, (1, 1))
    services = build_services(site)
    services.library.scan_all()
    return create_app(services).test_client(use_cookies=False)


def get(client, path: str, cookie: str = "", **headers: str):
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    if cookie:
        fields["Cookie"] = f"reader={cookie}"
    return client.get(path, headers={"Accept-Encoding": "br", "Accept-Language": "zh-CN", **fields})


def page(response):
    return html.fromstring(brotli.decompress(response.data).decode())


def weight(response) -> int:
    fields = sum(len(name) + len(value) + 4 for name, value in response.headers)
    return STATUS_LINE + fields + SERVERS_OWN + len(response.data)


def test_the_seed_articles_first_answer_weighs_at_most_5850_bytes_headers_and_all(client):
    """352 of them are security headers, 117 the footer and the follow box: docs/decisions.md."""
    for _ in range(2):  # the first response is compressed quickly
        response = get(client, f"/a/{SLUG}", Accept_Encoding="gzip, deflate, br, zstd", Sec_Fetch_Dest="document")
        assert response.headers["Content-Encoding"] == "br"
        assert weight(response) <= 5_850


def test_an_article_of_four_thousand_characters_fits_the_first_flight_even_with_gzip(services, publish, client):
    text = "".join(chr(0x4E00 + (n * 7919) % 5000) for n in range(4000))
    paragraphs = "\n\n".join(text[n : n + 100] + "。" for n in range(0, 4000, 100))
    publish({"2026-05-01/long.md": f"# 一篇四千字的文章，每个字都不一样\n\n{paragraphs}"})
    own = create_app(services).test_client(use_cookies=False)
    response = get(own, "/a/long", Accept_Encoding="gzip")
    assert response.headers["Content-Encoding"] == "gzip"
    assert weight(response) <= 14_600


def test_sizes_are_as_short_as_they_can_be_read():
    said = [kilobytes(size).replace("\xa0", " ") for size in (4_505, 133_120, 1_023_000, 1_023_900, 3_400_000)]
    assert said == ["4.4 KB", "130 KB", "999 KB", "1.0 MB", "3.2 MB"]


def test_the_critical_style_is_inside_and_at_most_1600_bytes(client):
    document = page(get(client, f"/a/{SLUG}"))
    assert not document.xpath("//link[@rel='stylesheet']")
    assert len(document.xpath("string(//style)").encode()) <= 1_600


@pytest.mark.parametrize("path", PAGES)
def test_a_page_needs_one_request_and_no_script(client, path):
    document = page(get(client, path))
    assert not document.xpath("//script[@src] | //link[@rel='stylesheet'] | //iframe | //*[@style]")
    assert all(image.get("loading") == "lazy" for image in document.xpath("//img"))
    scripts = document.xpath("//script[not(@type)]")
    assert sum(len(script.text.encode()) for script in scripts) <= (250 if path == f"/a/{SLUG}" else 700)
    registering = [script.text for script in scripts if "serviceWorker" in script.text]
    assert all("requestAnimationFrame(()=>setTimeout(()=>navigator.serviceWorker" in text for text in registering)


def test_the_article_stands_as_a_reader_wants_it(client):
    document = page(get(client, f"/a/{SLUG}"))
    assert document.xpath("string(//h1)") == "曲周县政协在河北省率先实现“两个全覆盖”"
    assert [a.text for a in document.xpath("(//nav)[1]/a")][1:] == ["Reader", "河北新闻", "本网原创"]
    assert document.xpath("//article/@lang") == ["zh-CN"]
    assert document.xpath("//article//time/@datetime") == ["2018-11-23T10:40+08:00"]
    words = " ".join(document.xpath("//article")[0].text_content().split())
    assert all(part in words for part in ("来源：河北新闻网", "记者：高原雪", "责任编辑：张岩"))
    assert len(document.xpath("//div[@class='body']/p")) == 19
    assert len(document.xpath("//div[@class='body']/h2")) == 3
    assert [a.text for a in document.xpath("//nav[@class='bar']/a")] == ["首页", "电子报", "搜索", "分享", "回到顶部"]


def test_the_page_says_what_it_weighs(client):
    """The body at the first, quick compression; better compression later saves about the size of the headers."""
    response = get(client, f"/a/{SLUG}")
    said = float(re.search(r"本页 ([\d.]+)\xa0KB", brotli.decompress(response.data).decode())[1])
    assert len(response.data) / 1024 - 0.05 <= said <= weight(response) / 1024 + 0.05


@pytest.mark.parametrize(("coding", "decoded"), [("gzip", gzip.decompress), ("identity", bytes)])
def test_the_size_that_a_page_says_is_that_of_its_own_bytes(client, coding, decoded):
    for path in (f"/a/{SLUG}", f"/a/{SLUG}?script=hant"):
        response = client.get(path, headers={"Accept-Encoding": coding, "Accept-Language": "zh-CN"})
        size_bytes, label = len(response.data), "本頁" if "hant" in path else "本页"
        may_be_said = {f"{label} {kilobytes(size_bytes + more)}" for more in (-8, 0, 8)}  # at the border of two figures
        assert any(said in decoded(response.data).decode() for said in may_be_said)


BORDERS = (612, 1493, 1804, 2252, 2626, 2947)


def test_a_page_is_the_same_bytes_whatever_was_shown_before():
    """Each web process and each machine sends it with the same strong ETag. With brotli 1.2 two figures are true of some
    of these pages: the size of each with one figure is that figure, and with the other the other."""
    signs = [chr(code) for code in random.Random(1).choices(range(0x4E00, 0x6000), k=600)]
    pages = [f"<p>{''.join(random.Random(n).choices(signs, k=n))}<p>{WEIGHT_PLACEHOLDER}" for n in BORDERS]
    letters, numbers = "".join(random.Random(3).choices("abcdefghij klmnop", k=6000)), " ".join(map(str, range(3000)))
    others = [f"<p>{text}<p>{WEIGHT_PLACEHOLDER}" for text in (letters, numbers, "甲" * 4000)]
    with Flask(__name__).test_request_context(headers={"Accept-Encoding": "br"}):
        found = [{weighed(text) for other in others if weighed(other)} for text in pages]
    assert {len(bodies) for bodies in found} == {1}


def test_every_paragraph_can_be_pointed_at(client):
    document = page(get(client, f"/a/{SLUG}"))
    ids = document.xpath("//div[@class='body']/p/@id")
    assert ids == [f"p{number}" for number in range(1, 20)]
    assert document.xpath("//div[@class='body']/p/a/@href") == [f"#{name}" for name in ids]


@pytest.mark.parametrize("path", [*PAGES, "/preferences", "/offline"])
def test_what_a_page_depends_on_is_named_in_vary(client, path):
    assert {v.strip() for v in get(client, path).headers["Vary"].split(",")} == {
        "Accept-Encoding",
        "Cookie",
        "Accept-Language",
        "Save-Data",
    }


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_everybodys_until_a_cookie_shapes_it(client, path):
    plain, dark = get(client, path), get(client, path, cookie="dark")
    assert plain.headers["Cache-Control"].startswith("public")
    assert dark.headers["Cache-Control"].startswith("private")
    assert plain.headers["ETag"] != dark.headers["ETag"]
    assert get(client, path, cookie="dark", If_None_Match=plain.headers["ETag"]).status_code == 200
    assert get(client, path, If_None_Match=plain.headers["ETag"]).status_code == 304


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("en-GB,zh;q=0.5", "en"), ("zh-TW", "zh-Hant"), ("zh", "zh-Hans"), ("fr", "zh-Hans"), ("", "zh-Hans")],
)
def test_the_interface_follows_the_browser_and_else_the_site(client, accepted, language):
    assert page(get(client, "/", Accept_Language=accepted)).get("lang") == language


def test_traditional_characters_have_an_address_and_a_preference(client):
    for response in (get(client, f"/a/{SLUG}?script=hant"), get(client, f"/a/{SLUG}", cookie="hant")):
        document = page(response)
        assert document.xpath("string(//h1)") == "曲周縣政協在河北省率先實現“兩個全覆蓋”"
        assert document.xpath("//article/@lang") == ["zh-Hant"]
        assert document.xpath("//a[@lang='zh-Hans']/@href") == ["?script=hans"]
    assert get(client, f"/a/{SLUG}?script=hant").headers["Cache-Control"].startswith("public")
    assert get(client, f"/a/{SLUG}?script=latin").status_code == 400


def test_machines_are_told_what_the_article_is_and_where(client):
    document = page(get(client, f"/a/{SLUG}"))
    address = f"https://news.example/a/{SLUG}"
    assert document.xpath("//link[@rel='canonical']/@href") == [address]
    assert document.xpath("//meta[@property='og:url']/@content") == [address]
    assert document.xpath("//meta[@property='og:image']/@content") == [f"{address}/card.png"]
    alternates = dict(zip(document.xpath("//link/@hreflang"), document.xpath("//link[@hreflang]/@href"), strict=True))
    assert alternates == {"zh-CN": address, "zh-Hant": f"{address}?script=hant"}


def test_save_data_is_asked_for_nothing_it_may_not_need(client):
    assert "speculationrules" not in brotli.decompress(get(client, f"/a/{SLUG}", Save_Data="on").data).decode()


def test_old_names_lead_on_withdrawn_articles_say_so_and_unknown_ones_help(services, publish, drop):
    publish(
        {
            "2026-05-01/rain.md": "---\ntitle: 大雨\naliases: [old-rain]\n---\n今天下雨。",
            "2026-05-01/wind.md": "# 风\n\n刮风。",
        }
    )
    (services.settings.articles / "2026-05-01/wind.md").unlink()
    services.library.scan_all()
    client = create_app(services).test_client(use_cookies=False)
    moved = client.get("/a/old-rain")
    assert (moved.status_code, moved.headers["Location"]) == (301, "/a/rain")
    for below in (".pdf?page=phone", ".epub", "/share", "/qr.svg", "/card.png"):
        assert client.get(f"/a/old-rain{below}").headers["Location"] == f"/a/rain{below}"
    for path, status in (
        ("/a/wind", 410),
        ("/a/fog", 404),
        ("/s/nowhere/", 404),
        ("/d/2020-01-01/", 404),
        ("/d/x/", 404),
    ):
        response = get(client, path)
        assert response.status_code == status
        assert page(response).xpath("//ul[@class='list']//a/@href") == ["/a/rain"]


def test_the_sitemaps_lead_to_every_article_and_robots_txt_to_the_sitemaps(client):
    def text(path: str) -> str:
        return brotli.decompress(get(client, path).data).decode()

    assert "Sitemap: https://news.example/sitemap.xml" in text("/robots.txt")
    [month] = re.findall(r"<loc>https://news.example(.*?)</loc>", text("/sitemap.xml"))
    assert re.findall(r"<loc>(.*?)</loc>", text(month)) == [f"https://news.example/a/{SLUG}"]
    assert "<url>" not in text("/news-sitemap.xml")


def test_the_service_worker_is_small_and_knows_the_look(client):
    response = get(client, "/sw.js")
    source = brotli.decompress(response.data).decode()
    assert len(source.encode()) <= 3_072  # 2,560 before it made room on a full device and followed the preferences
    assert re.search(r"shell-[0-9a-f]{16}", source)
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["favicon.ico", "apple-touch-icon.png"])
def test_icons_are_where_browsers_look_for_them(client, name):
    with get(client, f"/{name}") as response:
        assert response.content_type.startswith("image/")


def test_the_manifest_can_be_installed_and_its_icons_exist(client):
    manifest = json.loads(brotli.decompress(get(client, "/manifest.webmanifest").data))
    assert {"name", "start_url", "display", "icons"} <= manifest.keys()
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    for icon in manifest["icons"]:
        with client.get(icon["src"]) as response:
            assert response.status_code == 200


def test_no_template_stands_unused():
    names = {str(path.relative_to(ROOT / "templates")) for path in (ROOT / "templates").rglob("*.html")}
    said = "".join(
        p.read_text("utf-8") for p in [*(ROOT / "reader").rglob("*.py"), *Path(ROOT / "templates").rglob("*.*")]
    )
    assert not [name for name in names if name not in said]


@pytest.mark.parametrize(
    ("field", "value"), [("Upgrade", "websocket"), ("If-Match", '"another"'), ("Range", "bytes=99999999-")]
)
def test_an_error_of_one_request_is_kept_by_no_cache(client, field, value):
    fields = {field: value} | ({"Connection": "Upgrade"} if field == "Upgrade" else {})
    slug = re.search(r"/a/([^/.\"?]+)", client.get("/feed.json").text)[1]
    for path in ("/", "/manifest.webmanifest", f"/a/{slug}", f"/a/{slug}.txt"):
        answer = client.get(path, headers=fields)
        assert answer.status_code < 400 or answer.headers["Cache-Control"] == "no-store", (path, answer.status_code)
    assert client.get("/nothing-here").headers["Cache-Control"] == "public, max-age=60"


def test_a_former_address_of_an_article_takes_no_address_of_ours(publish, app):
    client = app.test_client()
    publish({"rain.md": "---\ntitle: 大雨\naliases: [/editor, /search, /old/rain]\n---\n今天下雨。"})
    assert client.get("/old/rain/").status_code == 301
    assert client.get("/editor/").status_code == 404
    assert client.get("/editor").status_code == 404
    assert client.get("/search").status_code == 200
