"""Malformed and hostile requests over a real socket: each gets a correct response, never a 500."""

from __future__ import annotations

import re
import socket
import threading
from urllib.parse import urlsplit

import pytest
from serving import serving
from waiting import LIMIT_SECONDS

from reader.settings import Settings

TOKEN = "a long enough secret"


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("http") / "server.log"


@pytest.fixture(scope="module")
def site(log):
    folder = log.parent
    settings = Settings(
        articles=folder / "articles",
        instance=folder / "instance",
        base_url="https://news.example",
        editor_token=TOKEN,
        metrics_allow="127.0.0.1/32",
        access_log=str(folder / "access.log"),
    )
    (settings.articles / "2026-05-01").mkdir(parents=True)
    for name in ("rain", "雨"):
        article = f"---\ntitle: {name}\nsection: 河北/天气\ntags: [雨]\n---\n\n今天下雨，河水上涨。"
        (settings.articles / "2026-05-01" / f"{name}.md").write_text(article, "utf-8")
    with serving(settings, log=log) as url:
        yield urlsplit(url).netloc


def send(site: str, raw: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, lower-case headers and body of the response; 0 if the connection was closed without one."""
    host, port = site.split(":")
    with socket.create_connection((host, int(port)), timeout=LIMIT_SECONDS) as connection:
        answer = b""
        try:
            connection.sendall(raw)
            while chunk := connection.recv(65_536):
                answer += chunk
        except ConnectionError:
            pass
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return int(lines[0].split()[1]) if lines[0] else 0, fields, body


def request(
    site: str, target: str = "/", *fields: str, method: str = "GET", host: str = "news.example", body: str = ""
):
    head = [f"{method} {target} HTTP/1.1", *([f"Host: {host}"] if host else []), "Connection: close", *fields]
    if body:
        head += [f"Content-Length: {len(body)}", "Content-Type: application/x-www-form-urlencoded"]
    return send(site, ("\r\n".join(head) + "\r\n\r\n" + body).encode("latin-1"))


@pytest.fixture(scope="module")
def book(site):
    return request(site, "/a/rain.txt")[2]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("bytes=0-0", 206),
        ("bytes=0-", 206),
        ("bytes=-5", 206),
        ("bytes=-99999999999999999999", 206),
        ("bytes=0-99999999999999999999", 206),
        ("bytes=0-1,3-4", 200),
        ("bytes=0-1, 0-1, 1-2", 200),
        ("bytes=0-1,99999999-", 200),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(1000)), 200),
        ("bytes=99999999999999999999-", 416),
        ("bytes=5-2", 200),
        ("bytes=-0", 200),
        ("bytes=", 200),
        ("bytes=a-b", 200),
        ("bytes=\xb2-\xb3", 200),
        ("lines=0-1", 200),
        ("bytes 0-1", 200),
    ],
)
def test_an_absurd_range_gets_the_part_or_the_whole(site, book, asked, status):
    found, fields, body = request(site, "/a/rain.txt", f"Range: {asked}")
    assert found == status
    if status == 200:
        assert body == book
    if status == 206:
        first, last = map(int, re.fullmatch(rf"bytes (\d+)-(\d+)/{len(book)}", fields["content-range"]).groups())
        assert body == book[first : last + 1]


def test_a_range_of_another_version_gets_the_whole(site, book):
    etag = request(site, "/a/rain.txt")[1]["etag"]
    for validator, status in ((etag, 206), ('"other"', 200), (f"W/{etag}", 200), ("nonsense", 200), ("\xff", 200)):
        assert request(site, "/a/rain.txt", "Range: bytes=0-1", f"If-Range: {validator}")[0] == status


FIELDS = [
    "Accept-Encoding: " + ",".join(f"x{n};q=0.{n}" for n in range(3000)),
    "Accept-Encoding: br;q=\xb2",
    "Accept-Encoding: gzip;q=1e999, br;q=nan, zstd;q=-1",
    "Accept-Language: " + ",".join(f"zh-{n:08}" for n in range(3000)),
    "Accept-Language: zh;q=\xb2\xb3, ;;;=,",
    "Accept: " + "text/html;q=0.1," * 3000,
    "If-None-Match: " + ",".join(f'"{n}"' for n in range(5000)),
    'If-None-Match: "' + "\\" * 4000,
    "If-None-Match: \xff\xfe",
    "If-Modified-Since: Mon, 99 Foo 99999 99:99:99 GMT",
    "If-Modified-Since: Mon, 01 Jan 0001 00:00:00 +9999",
    "Cookie: " + "reader=dark; " * 500,
    "Cookie: reader=" + "s4." * 2000,
    "Cookie: reader=\xff\x80; editor=\xe4; =;;",
    "Available-Dictionary: :\xff:",
    'Dictionary-ID: "/a/%00"',
    "Sec-Fetch-Dest: " + "x" * 5000,
    "Referer: http://[::1/",
    'Forwarded: for="[::1";host="evil"',
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Proto: javascript",
    "Content-Length: 0",
    "Expect: 100-continue",
    "X-Many: 1\r\n" + "\r\n".join(f"X-{n}: {n}" for n in range(60)),
    'Accept-Encoding: br\r\nAccept-Encoding: gzip\r\nIf-None-Match: *\r\nIf-None-Match: "a"',
]


@pytest.mark.parametrize("field", FIELDS, ids=range(len(FIELDS)))
@pytest.mark.parametrize("path", ["/a/rain", "/feed.xml", "/a/rain.epub", "/preferences", "/editor"])
def test_absurd_header_fields_never_cost_an_answer(site, path, field):
    assert request(site, path, field)[0] in (200, 304, 400, 431)


@pytest.mark.parametrize(
    "head",
    [
        "GET / HTTP/1.1\r\nConnection: close",
        "GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\nConnection: close",
        "GET / HTTP/1.1\r\nHost: a b\r\nConnection: close",
        "GET / HTTP/1.1\r\nHost: evil.example/path\r\nConnection: close",
        "GET / HTTP/1.1\r\nHost: user@evil.example\r\nConnection: close",
        "GET / HTTP/1.1\r\nHost: <script>\r\nConnection: close",
        "GET / HTTP/1.1\r\nHost: \xff\r\nConnection: close",
        "GET / HTTP/1.1\r\nHost: " + "a" * 300 + "\r\nConnection: close",
        "GET / HTTP/1.1\r\nHost:\r\nConnection: close",
        "GET /a/rain/share HTTP/1.1\r\nHost: [::::]\r\nConnection: close",
        "GET /feed.xml HTTP/1.1\r\nHost: [....]\r\nConnection: close",
        "GET /a/rain/share HTTP/1.1\r\nHost: xn--0.xn--zzzzzz--\r\nConnection: close",
    ],
)
def test_a_request_without_one_valid_host_is_refused(site, head):
    status, _, body = send(site, (head + "\r\n\r\n").encode("latin-1"))
    assert status in (0, 400)  # 0: the server closes the connection at once
    assert b"evil" not in body


def test_under_a_name_that_is_not_ours_nothing_may_be_kept(site):
    for path in ("/", "/a/rain", "/feed.xml", "/opds", "/sitemap.xml", "/nowhere", "/a/rain.txt"):
        for _ in range(2):
            status, fields, body = request(site, path, host="evil.example")
            assert status in (200, 404)
            assert fields["cache-control"] == "private, no-store"
            assert b"evil.example" not in body
    assert "public" in request(site, "/")[1]["cache-control"]


TARGETS = [
    "/a/%00",
    "/a/rain%00.pdf",
    "/a/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/a/..%2f..%2fetc/passwd",
    "/../../etc/passwd",
    "/static/../../etc/passwd",
    "/static/x/%2e%2e/%2e%2e/reader/settings.py",
    "/files/../../../etc/x.pdf",
    "/files/%2e%2e/rain.pdf",
    "/a/%ff%fe",
    "/a/%",
    "/a/%zz",
    "/a/%e9%9b",
    "/s/%00/",
    "/s/%ff/feed.xml",
    "/t/%0d%0aX:1/",
    "//evil.example/",
    "///evil.example/s/x",
    "/\\evil.example",
    "/s//evil.example",
    "//evil.example/s/河北".encode().decode("latin-1"),
    "/s/%2f%2fevil.example",
    "/d/latest%0d%0aX-Evil:1",
    "/d/9999-99-99/",
    "/d/0001-01-01/",
    "/sitemap-0000-00.xml",
    "/sitemap-9999-12.xml",
    "/media/0123456789abcdef-99999999999999999999.jpg",
    "/media/..%2f..-1.jpg",
    "/opds/cover/%00.png",
    "/opds/cover/0-0-0.png",
    "/opds?before=%00",
    "/?before=99999999999,%00",
    "/?before=-1,x",
    "/d/?before=%ff",
    "/search?q=%00",
    "/search?q=" + "%22" * 3000,
    "/search?q=%ff%fe&order=%00&before=1e9,NaN",
    "/search?before=" + "9" * 500 + ",1",
    "/selection.txt?" + "&".join("a=%00" for _ in range(50)),
    "/selection.txt",
    "/a/rain.pdf?page=%00",
    "/a/rain?script=%0d%0a",
    "/feed.xml?piece=" + "9" * 400,
    "/feed.xml?tag=%00&tag=%ff",
    "/a/" + "x" * 5000,
    "/?" + "q=1&" * 20000,
    "/a/" + "%e9%9b%a8" * 400,
    "/preferences?back=//evil.example",
    "/preferences?back=%0d%0aX:1",
    "*",
    "http://evil.example/a/rain",
    "/a/old%0aname/share",
    "/metrics%00",
    "/healthz/../editor",
    "/a/rain/qr.svg%00.png",
    "/search.pdf?q=",
    "/s/%E6%B2%B3%E5%8C%97",
    "/by/%00.pdf",
]


@pytest.mark.parametrize("target", TARGETS, ids=range(len(TARGETS)))
def test_tricks_in_an_address_lead_nowhere(site, target):
    for method in ("GET", "HEAD", "OPTIONS", "POST", "DELETE"):
        status, fields, body = request(site, target, method=method)
        assert status < 500, (method, status)
        assert b"root:" not in body
        assert b"READER_" not in body
        assert "x-evil" not in fields
        assert "x" not in fields
        location = fields.get("location", "/")
        assert re.match(r"/(?![/\\])", location), location


ROUTES = [
    "/",
    "/a/rain",
    "/a/rain.pdf",
    "/a/rain/share",
    "/s/",
    "/s/%E6%B2%B3%E5%8C%97/",
    "/d/",
    "/d/2026-05-01/",
    "/d/latest",
    "/feeds",
    "/feed.xml",
    "/feeds.opml",
    "/opds",
    "/opds/articles",
    "/opds/search?q=x",
    "/search",
    "/search/atom.xml",
    "/offline",
    "/preferences",
    "/sw.js",
    "/manifest.webmanifest",
    "/sitemap.xml",
    "/robots.txt",
    "/favicon.ico",
    "/healthz",
    "/metrics",
    "/editor",
    "/editor/login",
    "/editor/preview",
    "/editor/save",
    "/editor/logout",
    "/selection.txt?a=rain",
    "/a/rain/card.png",
]


@pytest.mark.parametrize("path", ROUTES)
def test_every_route_answers_every_method_in_order(site, path):
    got, head = request(site, path), request(site, path, method="HEAD")
    assert head[0] in (got[0], 200, 202, 503)
    assert head[2] == b""
    assert request(site, path, method="OPTIONS")[0] in (200, 404)
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"):
        assert request(site, path, method=method, body="a=b" * 10)[0] in (303, 403, 404, 405, 422, 415, 429, 501)


def test_a_redirect_stays_on_this_site(site):
    for form in (
        "back=//evil.example",
        "back=/%0d%0aSet-Cookie:a",
        "back=https://evil.example/",
        "back=/\\evil.example",
        "back=%00",
    ):
        status, fields, _ = request(site, "/preferences", method="POST", body=form)
        assert (status, fields["location"]) == (303, "/")


def test_a_load_balancer_that_speaks_http_1_0_and_names_no_host_asks_for_the_health(site):
    assert send(site, b"GET /healthz HTTP/1.0\r\n\r\n")[0] == 200
    assert send(site, b"OPTIONS /healthz HTTP/1.0\r\n\r\n")[0] == 200
    assert send(site, b"GET / HTTP/1.0\r\n\r\n")[0] == 400
    assert send(site, b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")[0] == 400


def test_metrics_are_for_whom_the_operator_names(site):
    assert request(site, "/metrics")[0] == 200
    assert request(site, "/metrics", "X-Forwarded-For: 127.0.0.1")[0] == 403
    assert request(site, "/metrics", "Forwarded: for=127.0.0.1")[0] == 403


def test_a_forwarded_field_that_nobody_expects_is_warned_of_once(site, log):
    for _ in range(5):
        request(site, "/", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example")
    assert log.read_text("utf-8").count("READER_TRUSTED_PROXIES") == 1


def log_in(site: str, *fields: str) -> str:
    status, found, _ = request(site, "/editor/login", *fields, method="POST", body=f"token={TOKEN.replace(' ', '+')}")
    assert status == 303
    return found["set-cookie"]


def test_a_session_ends_with_logging_out_and_its_cookie_is_for_https_only(site):
    cookie = log_in(site)
    assert {"Secure", "HttpOnly", "SameSite=Strict"} <= {part.strip() for part in cookie.split(";")}
    held = f"Cookie: {cookie.partition(';')[0]}"
    word = re.search(rb'name=csrf_token value="([0-9a-f]+)"', request(site, "/editor", held)[2])[1].decode()
    assert request(site, "/editor/logout", held, method="POST", body=f"csrf_token={word}")[0] == 303
    assert b"name=csrf_token" not in request(site, "/editor", held)[2]
    assert request(site, "/editor/save", held, method="POST", body=f"csrf_token={word}&title=x&body=y")[0] == 403
    assert request(site, "/editor/logout", held, method="POST", body="csrf_token=\xff")[0] == 303
    again = f"Cookie: {log_in(site).partition(';')[0]}"
    assert request(site, "/editor/logout", again, method="POST", body="csrf_token=\xff")[0] == 403


def test_two_saves_at_once_are_two_answers(site):
    held = f"Cookie: {log_in(site).partition(';')[0]}"
    word = re.search(rb'name=csrf_token value="([0-9a-f]+)"', request(site, "/editor", held)[2])[1].decode()
    answers: list[int] = []

    def save() -> None:
        body = f"csrf_token={word}&title=Two&body=It+rained+all+day+in+the+city.&published=2026-05-01"
        answers.append(request(site, "/editor/save", held, method="POST", body=body)[0])

    threads = [threading.Thread(target=save) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {201, 422}
    assert 201 in answers


def test_logs_hold_no_personal_data(site, log):
    request(site, "/search?q=secretword", "User-Agent: secretbrowser", "Cookie: reader=dark; s=secretcookie")
    request(site, "/editor/login", method="POST", body="token=secrettoken")
    written = log.read_text("utf-8") + (log.parent / "access.log").read_text("utf-8")
    assert '"path": "/search"' in written
    assert "secret" not in written
    assert "Traceback" not in written
