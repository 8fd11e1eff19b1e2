"""What one visitor sends changes nobody else's answer: a real server, asked for each page with each request field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import quote, urlsplit

import pytest
from serving import serving
from waiting import wait_for

from reader.settings import Settings

pytestmark = pytest.mark.slow

TOKEN = "a long enough secret"
PROXY = "127.0.0.1"
FORM = "application/x-www-form-urlencoded"
PATHS = (
    *(
        "/",
        "/a/rain",
        "/a/rain?script=hant",
        "/a/rain/share",
        "/a/rain/qr.svg",
        "/a/rain.txt",
        "/a/rain.epub",
        "/a/none",
    ),
    *("/feed.xml", "/feed.json", "/atom.xml?piece=1", "/feeds", "/feeds.opml", "/opds", "/opds/search?q=雨", "/d/"),
    *("/opds/search.xml", "/sitemap.xml", "/robots.txt", "/manifest.webmanifest", "/sw.js", "/offline", "/s/河北/"),
    *("/search?q=雨", "/search/feed.xml?q=雨", "/search.txt?q=雨", "/search.md?q=", "/preferences", "/d/latest"),
    *("/selection.txt?a=rain&a=sun", "/selection.md?a=rain&a=sun", "/selection.json?a=sun&a=rain", "/favicon.ico"),
)
FIELDS = (
    *({"Cookie": value} for value in ("reader=dark.hant", "reader=zh-Hant", "x=1; reader=text", "editor=forged")),
    *({"Accept-Language": value} for value in ("en", "zh-TW")),
    *({"Accept": value} for value in ("text/html", "application/json")),
    *({"User-Agent": value} for value in ("newsboat/2", "KOReader", "Mozilla/5.0")),
    *({"Sec-Fetch-Dest": value} for value in ("document", "image")),
    *({"X-Forwarded-Proto": value} for value in ("https", "javascript", "https, http")),
    *({"X-Forwarded-Prefix": "/evil"}, {"X-Forwarded-Port": "444"}, {"X-Forwarded-For": "192.0.2.1"}),
    *({"X-Original-URL": "/none"}, {"X-Rewrite-URL": "/none"}, {"X-HTTP-Method-Override": "POST"}, {"X-Host": "evil"}),
    *({"Forwarded": "host=evil.example;proto=https"}, {"Referer": "https://evil.example/"}, {"Origin": "null"}),
    *({"Save-Data": "on"}, {"Upgrade-Insecure-Requests": "1"}, {"Purpose": "prefetch"}, {"Accept-Charset": "utf-16"}),
    *(
        {"A-IM": "feed"},
        {"Authorization": "Basic YTpi"},
        {"Available-Dictionary": ":x:"},
        {"Cache-Control": "no-cache"},
    ),
)

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("keys")
    settings = Settings(
        articles=folder / "articles",
        instance=folder / "instance",
        trusted_proxies=PROXY,
        editor_token=TOKEN,
        exports_ahead=False,  # pages and feeds name finished exports: they would change of themselves
    )
    day = settings.articles / "2026-05-01"
    day.mkdir(parents=True)
    for name in ("rain", "sun"):
        text = f"---\ntitle: {name}\nsection: 河北\naliases: [{name}2]\n---\n\n今天下雨，河水上涨。"
        (day / f"{name}.md").write_text(text, "utf-8")
    with serving(settings) as url:
        place = urlsplit(url).netloc
        wait_for(lambda: ask(place, "/a/rain.epub")[0] == 200)
        yield place


def ask(site: str, path: str, fields: dict[str, str] | None = None, body: str | None = None) -> Answer:
    connection = HTTPConnection(site, timeout=60)
    headers = {"Accept-Encoding": "identity"} | (fields or {})
    headers |= {"Content-Type": FORM} if body is not None else {}
    connection.request("GET" if body is None else "POST", quote(path, safe="/?&=%"), body, headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders() if name != "date"}, content


def may_be_shared(answer: Answer) -> bool:
    kept = answer[1].get("cache-control", "")
    return "no-store" not in kept and "private" not in kept


@pytest.mark.parametrize("path", PATHS)
def test_a_field_that_changes_a_page_is_named_in_vary_or_the_page_is_for_one_visitor(site, path):
    plain = ask(site, path)
    for fields in FIELDS:
        [name] = fields
        first, again = ask(site, path, fields), ask(site, path)
        if name not in ("X-Forwarded-Proto", "X-Forwarded-For"):  # parts of the address, and who asks
            varies = plain[1].get("vary", "").lower().split(", ")
            is_the_same = (first[0], first[1], first[2]) == plain
            assert is_the_same or name.lower() in varies or not may_be_shared(first), fields
            assert is_the_same or name.lower() in varies or not may_be_shared(plain) or not may_be_shared(first), fields
        assert again == plain, fields


def test_an_address_of_https_never_shares_an_answer_with_that_of_http(site):
    for path in ("/feed.json", "/opds", "/feeds.opml", "/opds/articles"):
        for scheme in ("https", "http", "https"):
            found = ask(site, path, {"X-Forwarded-Proto": scheme})[2].decode()
            assert set(re.findall(rf"(\w+)://{site}", found)) == {scheme}


def test_a_scheme_that_is_none_of_the_web_counts_for_nothing(site):
    for scheme in ("javascript", "HTTPS, data", "file", "https\t,"):
        found = ask(site, "/sitemap.xml", {"X-Forwarded-Proto": scheme})[2].decode()
        assert set(re.findall(rf"(\w+)://{site}", found)) == {"http"}


def test_a_book_of_a_selection_is_the_same_file_in_every_language_of_the_reader(site):
    path = "/selection.epub?a=rain&a=sun"
    while (first := ask(site, path))[0] == 503:
        pass
    assert [ask(site, path, {"Accept-Language": language}) for language in ("en", "zh-TW")] == [first, first]


def test_a_static_file_is_sent_whole_whatever_range_is_asked_for(site):
    path = re.search(r"/static/[^\"]+\.png", ask(site, "/manifest.webmanifest")[2].decode())[0]
    whole = ask(site, path)
    for asked in ("bytes=0-0", "bytes=-1", "bytes=0-9", "bytes=99999999-", "bytes=0-0,5-9"):
        assert ask(site, path, {"Range": asked, "If-Range": '"other"'}) == whole
        assert ask(site, path, {"Range": asked}) == whole
    for held in ("*", f'"x", {whole[1]["etag"]}', f"W/{whole[1]['etag']}"):
        assert ask(site, path, {"If-None-Match": held})[0] == 304
    assert ask(site, path, {"If-None-Match": '"x", "y"'}) == whole


@pytest.mark.parametrize(
    ("fields", "secure"),
    [({}, False), ({"X-Forwarded-Proto": "https"}, True), ({"Origin": "https://news.example"}, True)],
)
def test_a_cookie_is_secure_where_the_browser_uses_https(site, fields, secure):
    login = ask(site, "/editor/login", fields, f"token={quote(TOKEN)}")
    choice = ask(site, "/preferences", fields, "theme=dark")
    assert [("Secure" in answer[1]["set-cookie"]) for answer in (login, choice)] == [secure, secure]


def test_a_proxy_that_is_not_trusted_and_hides_the_host_still_gets_secure_cookies(tmp_path):
    settings = Settings(
        articles=tmp_path / "articles",
        instance=tmp_path / "instance",
        base_url="https://news.example",
        editor_token=TOKEN,
    )
    settings.articles.mkdir()
    with serving(settings) as url:
        site = urlsplit(url).netloc
        for fields, secure in (({"X-Forwarded-For": "192.0.2.1"}, True), ({"Host": "news.example"}, True), ({}, False)):
            answer = ask(site, "/editor/login", fields, f"token={quote(TOKEN)}")
            assert ("Secure" in answer[1]["set-cookie"]) == secure


SAME_PAGE = (
    *(
        ("/a/rain", f"/a/rain?{name}=x{{n}}")
        for name in ("q", "before", "back", "tag", "piece", "more", "order", "a", "page")
    ),
    ("/", "/?script=x{n}"),
    ("/", "/?q=x{n}&tag={n}&piece={n}"),
    ("/d/", "/d/?script=x{n}"),
    ("/feed.json", "/feed.json?page={n}&q={n}&script=x{n}"),
    ("/search?q=雨", "/search?q=雨&order=x{n}&page={n}"),
    ("/sitemap.xml", "/sitemap.xml?page={n}&script=x{n}"),
    ("/a/rain.txt", "/a/rain.txt?q={n}&a=x{n}&tag={n}"),
    ("/opds", "/opds?page={n}&tag=x{n}"),
)


def reads(site: str, view: str) -> float:
    """How many requests Flask has answered with *view*."""
    found = re.findall(rf'reader_requests_total{{status="200",view="{view}"}} (\S+)', ask(site, "/metrics")[2].decode())
    return sum(map(float, found))


@pytest.mark.parametrize(("path", "varied"), SAME_PAGE)
def test_a_parameter_that_a_page_does_not_read_changes_nothing(site, path, varied):
    plain = ask(site, path)
    assert all(ask(site, varied.format(n=n)) == plain for n in range(3))


def test_an_article_is_built_once_whatever_parameters_are_added(site):
    ask(site, "/a/rain")
    before = reads(site, "articles.article")
    for n in range(20):
        ask(site, f"/a/rain?q={n}&before={n}&tag=x{n}&script=")
        ask(site, f"/a/rain?order={n}")
    assert reads(site, "articles.article") - before <= 1  # its minute may have been over


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("//metrics", "/metrics"),
        ("///a/rain?script=hant&q=1", "/a/rain?script=hant"),
        ("/%2Feditor", "/editor"),
        ("//evil.example/%2e%2e", "/evil.example/.."),
        ("//%5Cevil.example", "/%5Cevil.example"),
        ("//%0d%0aSet-Cookie:%20a=b", ""),
        ("//a/%E9%9B%A8%25", "/a/%E9%9B%A8%25"),
    ],
)
def test_a_page_has_one_slash_before_its_path(site, asked, place):
    connection = HTTPConnection(site, timeout=60)
    connection.request("GET", asked)
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Location", "")) == ((308, place) if place else (400, ""))
    assert "content-security-policy" in {name.lower() for name, _ in answer.getheaders()}
    connection.close()


def test_another_site_cannot_set_the_preferences(site):
    assert ask(site, "/preferences", {"Sec-Fetch-Site": "cross-site"}, "mode=large")[0] == 403
    assert ask(site, "/preferences", {"Sec-Fetch-Site": "same-origin"}, "mode=large")[0] == 303
