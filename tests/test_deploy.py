"""The nginx configuration in docs/deploy/ works unchanged, except for names, ports and certificates."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from email.message import Message
from pathlib import Path

import pytest
from nginx_server import NGINX, ask, nginx
from serving import free_port, serving
from waiting import wait_for

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(not NGINX, reason="nginx is not here; scripts/setup.sh test installs it")


SOUND = b"ID3" + bytes(range(256)) * 40


@contextmanager
def nginx_before(upstream: str, folder: Path) -> Iterator[tuple[str, str]]:
    """(https URL, http URL) of a real nginx with our configuration, in front of *upstream*."""
    secure, plain = free_port(), free_port()
    certificate, key = folder / "here.pem", folder / "here.key"
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1"]
    subprocess.run([*new, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    ours = (ROOT / "docs" / "deploy" / "nginx.conf").read_text("utf-8")
    for theirs, here in {
        "127.0.0.1:8000": upstream.removeprefix("http://"),
        "listen 443": f"listen 127.0.0.1:{secure}",
        "listen 80": f"listen 127.0.0.1:{plain}",
        "/etc/ssl/certs/news.example.pem": str(certificate),
        "/etc/ssl/private/news.example.key": str(key),
        "/var/cache/nginx-reader": str(folder / "cache"),
        "gzip off;": "gzip off; add_header X-Cache $upstream_cache_status always;",
    }.items():
        assert theirs in ours
        ours = ours.replace(theirs, here)
    with nginx(ours, folder, f"https://127.0.0.1:{secure}/"):
        yield f"https://127.0.0.1:{secure}", f"http://127.0.0.1:{plain}"


def ask_until_made(url: str) -> tuple[int, Message, bytes]:
    for _ in range(60):
        status, headers, body = ask(url)
        if status != 503:
            return status, headers, body
        time.sleep(int(headers["Retry-After"]))
    raise AssertionError(f"{url} was never made")


@pytest.fixture(scope="module")
def behind_nginx_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("deploy")


@pytest.fixture(scope="module")
def behind_nginx(behind_nginx_folder):
    from reader.settings import Settings

    folder = behind_nginx_folder
    settings = Settings(articles=folder / "articles", instance=folder / "instance", base_url="https://news.example")
    settings = replace(settings, trusted_proxies="127.0.0.1/32", editor_token="a long enough secret")
    settings = replace(settings, exports_ahead=False)  # a page names finished exports: it would change of itself
    settings.articles.mkdir()
    (settings.articles / "rain.md").write_text(
        "---\npublished: 2026-05-01 06:00\n---\n# 大雨\n\n今天下雨。\n\n![雨声](rain.mp3)", "utf-8"
    )
    (settings.articles / "rain.mp3").write_bytes(SOUND)
    with serving(settings) as upstream, nginx_before(upstream, folder) as addresses:
        yield addresses


def test_a_page_comes_through_as_reader_compressed_it(behind_nginx):
    status, headers, body = ask(f"{behind_nginx[0]}/a/rain", Accept_Encoding="br")
    assert (status, headers["Content-Encoding"]) == (200, "br")
    assert len(body) == int(headers["Content-Length"])


def test_a_page_that_is_held_already_is_not_sent_again(behind_nginx):
    _, headers, _ = ask(f"{behind_nginx[0]}/a/rain", Accept_Encoding="gzip")
    status, again, body = ask(f"{behind_nginx[0]}/a/rain", Accept_Encoding="gzip", If_None_Match=headers["ETag"])
    assert (status, again["ETag"], body) == (304, headers["ETag"], b"")


def test_a_broken_download_resumes(behind_nginx):
    _, headers, whole = ask_until_made(f"{behind_nginx[0]}/a/rain.epub")
    status, _, rest = ask(f"{behind_nginx[0]}/a/rain.epub", Range="bytes=1000-", If_Range=headers["ETag"])
    assert (status, rest) == (206, whole[1000:])


def cached(url: str, **headers: str) -> tuple[str, int, bytes]:
    """(X-Cache of the test's nginx, status, body) of the second of two requests."""
    ask(url, **headers)
    status, found, body = ask(url, **headers)
    return found["X-Cache"], status, body


def test_a_hot_page_comes_from_nginx_for_each_encoding_and_language(behind_nginx):
    url = f"{behind_nginx[0]}/a/rain"
    pages = [cached(url, Accept_Encoding="br"), cached(url, Accept_Encoding="gzip"), cached(url, Accept_Language="en")]
    assert [(x_cache, status) for x_cache, status, _ in pages] == [("HIT", 200)] * 3
    assert len({body for _, _, body in pages}) == 3
    assert cached(f"{behind_nginx[0]}/a/none")[:2] == ("HIT", 404)


def test_pages_of_one_visitor_are_not_kept_by_nginx(behind_nginx):
    assert cached(f"{behind_nginx[0]}/a/rain", Cookie="reader=dark")[:2] == ("MISS", 200)
    assert b"dark" in ask(f"{behind_nginx[0]}/a/rain", Cookie="reader=dark")[2]
    assert cached(f"{behind_nginx[0]}/editor")[0] != "HIT"


def test_nginx_fetches_only_the_part_of_a_sound_that_was_asked_for(behind_nginx):
    """With proxy_cache, it would fetch the whole file for each part: X-Cache is sent where it is on."""
    [address] = set(re.findall(r'/media/[^"> ]+\.mp3', ask(f"{behind_nginx[0]}/a/rain")[2].decode()))
    status, headers, part = ask(behind_nginx[0] + address, Range="bytes=100-199")
    assert (status, part, headers["X-Cache"]) == (206, SOUND[100:200], None)


def test_a_change_is_seen_behind_the_cache_of_nginx(behind_nginx, behind_nginx_folder):
    url, file = f"{behind_nginx[0]}/a/snow", behind_nginx_folder / "articles" / "snow.md"
    file.write_text("# 小雪\n\n今天下雪。", "utf-8")
    wait_for(lambda: "小雪" in ask(url)[2].decode())
    file.write_text("# 大雪\n\n今天下大雪。", "utf-8")
    wait_for(lambda: "大雪" in ask(url)[2].decode())


def test_feeds_name_the_public_address(behind_nginx):
    feed = json.loads(ask(f"{behind_nginx[0]}/feed.json")[2])
    assert feed["feed_url"] == "https://news.example/feed.json"
    assert feed["items"][0]["url"] == "https://news.example/a/rain"


def test_plain_http_is_sent_to_https(behind_nginx):
    status, headers, _ = ask(f"{behind_nginx[1]}/a/rain", Host="news.example")
    assert (status, headers["Location"]) == (301, "https://news.example/a/rain")


@pytest.mark.parametrize("path", ["/a/rain", "/nothing", "/metrics", "/editor"])
def test_browsers_are_told_to_come_back_by_https(behind_nginx, path):
    assert ask(f"{behind_nginx[0]}{path}")[1]["Strict-Transport-Security"] == "max-age=31536000"


def test_metrics_are_not_for_the_world(behind_nginx):
    assert ask(f"{behind_nginx[0]}/metrics")[0] == 403


def test_a_visitor_cannot_speak_for_another_address(behind_nginx):
    """nginx replaces the header, so wrong tokens of one visitor are counted for one address."""
    answers = []
    for n in range(8):
        forged = {"X_Forwarded_For": f"203.0.113.{n}", "Forwarded": f"for=203.0.113.{n}"}
        answers.append(ask(f"{behind_nginx[0]}/editor/login", b"token=wrong", **forged)[0])
    assert answers == [403] * 5 + [429] * 3


def test_a_flood_of_one_address_is_stopped_before_it_reaches_reader(behind_nginx):
    """Searches of one address: a burst is answered, some are delayed, the rest get 429."""
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda n: ask(f"{behind_nginx[0]}/search?q=x{n}")[0], range(48)))
    assert set(answers) == {200, 429}


def test_a_visitor_of_https_keeps_https_in_every_redirect(behind_nginx):
    for path in ("/d/latest", "/s/none", "/d/2026-05-01"):
        location = ask(f"{behind_nginx[0]}{path}")[1]["Location"] or "/"
        assert location.startswith("/")
