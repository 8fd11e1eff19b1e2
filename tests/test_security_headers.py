"""Security headers: every response tells browsers what it may do."""

from __future__ import annotations

import base64
import hashlib
import re

import brotli
import pytest

from reader.app import create_app
from reader.settings import ROOT
from reader.web.middleware.security_headers import SECURITY_HEADERS

PAGES = (
    "/",
    "/a/rain",
    "/s/",
    "/s/河北/",
    "/d/",
    "/d/2026-05-01/",
    "/search?q=雨",
    "/feeds",
    "/preferences",
    "/offline",
    "/bookmarks",
)
OTHERS = (
    *(
        "/feed.xml",
        "/feed.json",
        "/opds",
        "/sitemap.xml",
        "/robots.txt",
        "/manifest.webmanifest",
        "/sw.js",
        "/bookmarks.js",
        "/healthz",
    ),
    *("/a/rain/share", "/a/rain/qr.svg", "/a/rain/card.png", "/favicon.ico", "/metrics", "/d/latest", "/feeds.opml"),
    *(
        "/nowhere",
        "/a/rain?script=latin",
        "/editor",
        "/s/河北",
        "/a/old-rain",
        "/files/x/rain.pdf",
        "/opds/cover/rain.png",
    ),
)


@pytest.fixture
def client(settings, drop):
    from dataclasses import replace

    from reader.services import build_services

    drop("2026-05-01/rain.md", "---\ntitle: 大雨\nsection: 河北\naliases: [old-rain]\n---\n\n今天下雨。")
    drop("2026-04-30/wind.md", "# 风\n\n刮风。")
    services = build_services(replace(settings, editor_token="a long enough secret"))
    services.library.scan_all()
    return create_app(services).test_client(use_cookies=False)


def policy_of(response) -> dict[str, str]:
    parts = (part.partition(" ") for part in response.headers["Content-Security-Policy"].split(";"))
    return {name: sources for name, _, sources in parts}


@pytest.mark.parametrize("path", [*PAGES, *OTHERS])
def test_every_answer_forbids_what_it_does_not_need(client, path):
    for method in ("GET", "HEAD", "OPTIONS", "POST"):
        with client.open(path, method=method) as response:
            assert {name for name, _ in SECURITY_HEADERS} <= set(response.headers.keys()), (method, path)
            policy = policy_of(response)
            assert policy["default-src"] == policy["base-uri"] == "'none'"
            assert policy["frame-ancestors"] in ("'none'", "'self'")
            assert {"form-action"} <= policy.keys()
            assert "unsafe" not in policy.get("script-src", "")
            assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_static_files_and_what_is_answered_from_memory_are_guarded_too(client):
    icon = re.search(r'"src": "(/static/[^"]+)"', client.get("/manifest.webmanifest").text)[1]
    for path in (icon, "/", "/", "/static/none/x.js"):
        with client.get(path) as response:
            assert {name for name, _ in SECURITY_HEADERS} <= set(response.headers.keys()), path


def test_a_304_leaves_the_stored_headers_in_force(client):
    """RFC 9111 3.2, 4.3.4: its fields replace the stored ones, the others stay."""
    for path in ("/a/rain", "/opds", "/a/rain/qr.svg", "/a/rain/card.png"):
        etag = client.get(path).headers["ETag"]
        for _ in range(2):
            response = client.get(path, headers={"If-None-Match": etag})
            assert response.status_code == 304
            assert not {name for name, _ in SECURITY_HEADERS} & set(response.headers.keys())


@pytest.mark.parametrize("path", PAGES)
def test_the_policy_of_a_page_allows_its_own_scripts_by_hash_and_no_other(client, path):
    """And that of an article the files of this site that they load."""
    response = client.get(path, headers={"Accept-Encoding": "br"})
    page = brotli.decompress(response.data).decode()
    scripts = re.findall(r"<script(?: type=speculationrules)?>(.*?)</script>", page, re.DOTALL)
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts]
    trusted = ["'self'"] if path.startswith("/a/") and "import(" in page else []
    assert sorted(policy_of(response)["script-src"].split()) == sorted([*hashes, *trusted])
    assert not re.search(r"<[^>]* on\w+=", page)


def test_no_template_has_an_inline_handler_or_a_javascript_address():
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text("utf-8")
        assert not re.search(r"<[^>{]*\son\w+=|javascript:", text), path


def test_what_the_headers_cost_in_each_answer(client):
    """Over HTTP/1.1, with CRLF; HTTP/2 compresses headers (HPACK)."""

    def cost(response) -> int:
        names = {name for name, _ in SECURITY_HEADERS}
        return sum(len(name) + len(value) + 4 for name, value in response.headers if name in names)

    assert cost(client.get("/a/wind")) <= 352
    assert cost(client.get("/a/rain")) <= 406  # it also lets the browser fetch the next article ahead
    assert cost(client.get("/feed.xml")) <= 242
    held = client.get("/a/rain").headers["ETag"]
    assert cost(client.get("/a/rain", headers={"If-None-Match": held})) == 0


def test_the_service_worker_may_ask_this_site_and_no_other(client):
    """Its own policy counts for what it fetches."""
    assert policy_of(client.get("/sw.js"))["connect-src"] == "'self'"
