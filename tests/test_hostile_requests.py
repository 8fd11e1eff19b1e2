"""Malformed and absurd requests to every route, on a real server: never an internal error, never an injected header."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

import pytest
from serving import serving
from werkzeug.routing import Rule

from reader.app import create_app
from reader.services import build_services
from reader.settings import Settings

TOKEN = "a long enough secret"
RAIN = (
    "---\ntitle: 大雨\nsection: 河北/城事\ntags: [天气]\nbyline: [高原雪]\nsource: 晨报\n---\n\n今天下雨，河水上涨。\n"
)

SEGMENTS = {
    "NUL": "%00",
    "dots": "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "dots and semicolon": "..;/..;/etc/passwd",
    "plain dots": "../../../../etc/passwd",
    "backslashes": "..%5c..%5cetc%5cpasswd",
    "overlong UTF-8": "%c0%ae%c0%ae%c0%af",
    "half a character": "%e5%a4",
    "surrogate": "%ed%a0%80",
    "beyond Unicode": "%f4%90%80%80",
    "raw bytes": "\xff\xfe",
    "raw UTF-8": "大雨".encode().decode("latin-1"),
    "eight kilobytes": "a" * 8_192,
    "four kilobytes": "%E5%A4%A7" * 450,
    "bidi": "%E2%80%AEtxt.exe%E2%80%AC",
    "zero width": "a%E2%80%8Bb%EF%BB%BF",
    "template": "{{91379*97531}}",
    "encoded template": "%7B%7B91379*97531%7D%7D%7B%25x%25%7D",
    "header": "%0d%0aSet-Cookie:%20fuzz=1",
    "header in UTF-8": "%E5%98%8D%E5%98%8ASet-Cookie:%20fuzz=1",
    "javascript": "javascript:fuzz(1)",
    "element": "%3Cfuzz%3E%22%27%3E%3Cfuzz%20onx=1",
    "raw element": "<fuzz>\"'",
    "percent": "%",
    "bad percent": "%zz%u5927",
    "format": "%25s%25n%(x)s",
    "huge number": "9" * 400,
    "negative": "-1",
    "day": "2026-02-31",
    "Arabic digits": "%D9%A2%D9%A0%D9%A2%D9%A6-%D9%A0%D9%A5-%D9%A0%D9%A1",
    "empty": "",
    "slashes": "//evil.example//",
    "dot": ".",
    "asterisk": "*",
    "quotation": "'%22;--%20OR%201=1",
    "FTS": "%22AND%28*%29NEAR",
    "reserved": "a;b=c,d@e:f&g+h$i!",
}
DEFAULTS = {"slug": "rain", "day": "2026-05-01", "name": "x", "key": "x", "digest": "x", "collection": "x"}

FIELDS: list[dict[str, str]] = [
    {"Cookie": "reader=" + "a." * 4_000},
    {"Cookie": 'reader="\\073\\015\\012"; editor=' + "." * 2_000},
    {"Cookie": "reader=<fuzz>; a; =; ;;; b=\x80\xff"},
    {"If-None-Match": ",".join(f'"{n}"' for n in range(1_000))},
    {"If-None-Match": '*, W/"', "If-Modified-Since": "Thu, 99 Foo 99999 99:99:99 GMT"},
    {"If-Modified-Since": "-1", "If-Range": '"', "Range": "bytes=0-0"},
    {"If-Match": '"x"', "If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    {"Accept-Language": "zh-" + "-".join(["x" * 8] * 40) + ";q=nan, *;q=9e999, <fuzz>"},
    {"Accept-Language": "en;q=1;q=2,,;,=,zh;q=\xff"},
    {"Accept-Encoding": "*;q=0, identity;q=0, br;q=1e9, gzip;q=-1, zstd;q=NaN"},
    {"Accept-Encoding": "dcz, br, zstd", "Available-Dictionary": ":x:", "Dictionary-ID": '"/a/../../etc"'},
    {"Accept": "text/html;q=x, */*;q=\x80, application/epub+zip"},
    {"Range": "bytes=0-0,1-1,2-2,-0,99999999999999999999-"},
    {"Range": "bytes=" + ",".join(f"{n}-" for n in range(300))},
    {"Range": "bytes=18446744073709551616-"},
    {"Range": "lines=1-2"},
    {"A-IM": "feed, , ;", "User-Agent": "newsboat/2", "If-None-Match": '"-br", "x-"'},
    {"Referer": "http://[::1", "Origin": "null", "Sec-Fetch-Site": "\xff"},
    {"Sec-Fetch-Dest": "document", "Upgrade-Insecure-Requests": "1" * 90},
    {"X-Forwarded-For": "'; DROP", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "javascript"},
    {"Forwarded": "for=_x;host=evil.example", "X-Forwarded-Prefix": "//evil.example"},
    {"Content-Type": "multipart/form-data; boundary=" + "x" * 300, "Content-Length": "0"},
    {"Save-Data": "on" * 500, "X-HTTP-Method-Override": "DELETE", "X-Original-URL": "/editor"},
    {"Expect": "100-continue", "Upgrade": "h2c, websocket", "Connection": "Upgrade"},
]
HOSTS = [
    *("", "a b", "evil.example/<fuzz>", "[::1", "x" * 300, "a@b", "a:99999999", "xn--\xff", "%0d%0aSet-Cookie: fuzz=1"),
    *("evil.example:80:80", "<fuzz>", "localhost, evil.example", "127.0.0.1\t", "[fe80::1%25eth0]"),
]
PATHS = (
    *(
        "/",
        "/a/rain",
        "/a/rain.txt",
        "/a/rain.epub",
        "/feed.xml",
        "/feed.json",
        "/s/河北/",
        "/d/2026-05-01/",
        "/search",
    ),
    *(
        "/opds/articles",
        "/sitemap.xml",
        "/robots.txt",
        "/favicon.ico",
        "/healthz",
        "/preferences",
        "/editor",
        "/nowhere",
    ),
    *("/a/rain/share", "/a/rain/qr.svg", "/sw.js", "/manifest.webmanifest", "/feeds.opml", "/opds/search.xml", "/s/"),
    *(
        "/s/河北.txt",
        "/selection.txt?a=rain",
        "/search.md?q=雨",
        "/d/latest",
        "/atom.xml",
        "/offline",
        "/files/x/y.pdf",
    ),
)
"""Every kind of answer."""


@dataclass(frozen=True)
class Answer:
    status: int
    fields: list[tuple[str, str]]
    body: bytes

    @property
    def named(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.fields}


class RawClient:
    """Sends bytes as they are."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        self._address = (urlsplit(url).hostname, urlsplit(url).port)

    def send(
        self, target: str, fields: Mapping[str, str] | None = None, method: str = "GET", body: bytes = b""
    ) -> Answer:
        given = {"Host": self.host} | dict(fields or {})
        head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        return self.raw(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body, method)

    def raw(self, request: bytes, method: str = "GET", timeout_seconds: float = 60) -> Answer:
        """Status 0 if the connection ended, or stayed silent, without an answer."""
        with closing(socket.create_connection(self._address, timeout_seconds)) as connection:
            with suppress(OSError):  # the answer may come before all is sent
                connection.sendall(request)
            response = HTTPResponse(connection, method=method)
            try:
                response.begin()
                return Answer(response.status, response.getheaders(), response.read())
            except (HTTPException, OSError):
                return Answer(0, [], b"")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Settings:
    folder = tmp_path_factory.mktemp("hostile")
    files = {"2026-05-01/rain.md": RAIN, "2026-04-30/wind.md": "# 风\n\n刮风，沙尘。\n"}
    for name, content in files.items():
        path = folder / "articles" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return Settings(articles=folder / "articles", instance=folder / "instance", editor_token=TOKEN)


@pytest.fixture(scope="module")
def client(site) -> Iterator[RawClient]:
    with serving(site) as url:
        client = RawClient(url)
        assert "server" in client.send("/a/rain").named  # so that ``judge`` sees all of what Reader answers
        yield client
        assert client.send("/a/rain").status == 200  # it lives
        log = site.instance.with_suffix(".log").read_text("utf-8", "replace")
        assert "Traceback" not in log
        assert not re.search(r"(?m)^Set-Cookie: fuzz", log)


def judge(answer: Answer, what: object) -> None:
    """What holds for every answer."""
    named = answer.named
    assert answer.status != 500, what
    assert answer.status < 500 or answer.status in (501, 503), (what, answer.status)
    assert "fuzz" not in named.get("set-cookie", ""), what
    assert not any(re.search(r"[\r\n]", value) for value in named.values()), what
    if not answer.status or answer.status == 304 or "server" not in named:
        return  # a request that granian itself refuses
    assert "default-src 'none'" in named["content-security-policy"], what
    assert named["x-content-type-options"] == "nosniff", what
    assert {"referrer-policy", "permissions-policy"} <= named.keys(), what
    assert not named.get("location", "").startswith(("//", "/\\", "http", "javascript")), (what, named["location"])
    if named.get("content-type", "").startswith(("text/html", "application/xml", "image/svg", "application/rss")):
        assert b"<fuzz" not in answer.body.lower(), what
        assert not re.search(rb"(?i)(?:href|src|action|content)=[\"']?(?:0;url=)?javascript:", answer.body), what
    assert b"8912285249" not in answer.body, what  # 91379*97531


def rules() -> list[Rule]:
    settings = Settings(editor_token=TOKEN)
    variable = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    app = create_app(build_services(settings))
    if variable is None:
        os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    return list(app.url_map.iter_rules())


def targets(rule: str, segment: str) -> Iterator[str]:
    """The rule's path with *segment* for each of its variables in turn, and for all of them."""
    names = re.findall(r"<(?:[^<>]*:)?(\w+)>", rule)
    choices = [{name} for name in names] + ([set(names)] if len(names) > 1 else [])
    for chosen in choices or [set()]:
        yield re.sub(
            r"<(?:[^<>]*:)?(\w+)>",
            lambda found, chosen=chosen: segment if found[1] in chosen else _usual(found[0], found[1]),
            rule,
        )


def _usual(converter: str, name: str) -> str:
    if "any(" in converter:
        return re.findall(r"'([^']+)'", converter)[0]
    return "1" if "int" in converter else DEFAULTS.get(name, "x")


RULES = sorted({rule.rule for rule in rules()})


@pytest.mark.parametrize("segment", SEGMENTS.values(), ids=list(SEGMENTS))
def test_a_hostile_path_to_any_route_is_answered_calmly(client, segment):
    for rule in RULES:
        for target in targets(rule, segment):
            judge(client.send(target), target[:200])


@pytest.mark.parametrize("segment", SEGMENTS.values(), ids=list(SEGMENTS))
def test_a_hostile_query_to_any_page_is_answered_calmly(client, segment):
    query = "&".join(
        f"{name}={segment}"
        for name in ("q", "before", "page", "script", "order", "a", "tag", "piece", "more", "back", "x", segment[:20])
    )
    for path in PATHS:
        target = f"{path.partition('?')[0]}?{query}".encode().decode("latin-1")
        judge(client.send(target), target[:200])


@pytest.mark.parametrize("fields", FIELDS, ids=[" ".join(fields) + f" {n}" for n, fields in enumerate(FIELDS)])
def test_hostile_request_fields_are_answered_calmly(client, fields):
    for path in PATHS:
        judge(client.send(path.encode().decode("latin-1"), fields), (path, fields))


@pytest.mark.parametrize("host", HOSTS)
def test_a_hostile_host_is_refused_or_does_nothing(client, host):
    for path in ("/", "/a/rain", "/feed.xml", "/opds", "/sitemap.xml", "/a/rain/share", "/robots.txt", "/d/latest"):
        answer = client.send(path, {"Host": host})
        judge(answer, (path, host))
        assert "evil.example" not in answer.named.get("location", "")


MALFORMED = [
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    b"GET  /  HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET\r\n\r\n",
    b"\r\n\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET http://evil.example/a/rain HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET javascript:fuzz(1) HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 2_000 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /preferences HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST /preferences HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    b"POST /preferences HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\nx",
    b"POST /preferences HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    b"POST /preferences HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabcGET /editor HTTP/1.1\r\nHost: x\r\n\r\n",
]


@pytest.mark.parametrize("request_bytes", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_request_is_refused_and_the_next_is_answered(client, request_bytes):
    judge(client.raw(request_bytes, timeout_seconds=2), request_bytes[:80])
    assert client.send("/a/rain").status == 200


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_the_body(client, path):
    target = path.encode().decode("latin-1")
    get, head = client.send(target), client.send(target, method="HEAD")
    ignored = ("date", "age", "set-cookie", "connection")
    assert head.body == b""
    assert head.status == get.status
    assert {k: v for k, v in head.named.items() if k not in ignored} == {
        k: v for k, v in get.named.items() if k not in ignored
    }


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "BREW", "get", "X" * 30])
def test_another_method_is_refused_everywhere(client, method):
    for path in PATHS:
        answer = client.send(path.encode().decode("latin-1"), method=method)
        judge(answer, (method, path))
        assert answer.status in (400, 404, 405, 501), (method, path, answer.status)
    assert client.send("/a/rain").status == 200


FORMS = [
    (b"size=s4&back=//evil.example", "application/x-www-form-urlencoded"),
    (b"back=/\\evil.example", "application/x-www-form-urlencoded"),
    (b"back=/%0d%0aSet-Cookie:%20fuzz=1", "application/x-www-form-urlencoded"),
    (b"back=javascript:fuzz(1)", "application/x-www-form-urlencoded"),
    (b"back=/" + "\u202e大".encode() + b"&size=\xff&theme=<fuzz>", "application/x-www-form-urlencoded"),
    (b"a=b&" * 20_000, "application/x-www-form-urlencoded"),
    (b"--x\r\nContent-Disposition: form-data; name=size\r\n\r\ns4", "multipart/form-data; boundary=x"),
    (b"--x\r\n" * 5_000, "multipart/form-data; boundary=x"),
    (b'{"size": "s4"}', "application/json"),
    (b"\x00" * 5_000, "multipart/form-data"),
    (b"", ""),
]


@pytest.mark.parametrize("form", FORMS, ids=range(len(FORMS)))
def test_a_hostile_form_is_answered_calmly(client, form):
    body, mimetype = form
    fields = {"Content-Type": mimetype, "Content-Length": str(len(body))}
    for path in ("/preferences", "/editor/login", "/editor/preview", "/editor/save", "/editor/logout", "/", "/a/rain"):
        judge(client.send(path, fields, "POST", body), (path, body[:40]))
