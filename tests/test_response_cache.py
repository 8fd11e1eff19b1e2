from __future__ import annotations

import re
import threading
import time
from contextlib import nullcontext
from html import unescape

import brotli
import pytest
from long_forms import pairs
from waiting import LIMIT_SECONDS, wait_for
from werkzeug.test import Client

from reader.app import CatalogRevision
from reader.exports.publications import of_article
from reader.web.middleware.background_compression import Recompressor, recompressed
from reader.web.middleware.response_cache import ONLY_IF_CACHED, NotCached, ResponseCache

ARTICLES = {
    "2026-05-01/rain.md": "---\ntitle: 大雨\nsection: 河北/天气\ntags: [雨]\nbyline: 李白\nsource: 新华社\n---\n今天下雨。"
    * 1,
    "2026-05-01/sun.md": "---\ntitle: 晴天\nsection: 河北/天气\ntags: [雨]\n---\n今天天晴。\n\n"
    + "明天也晴，后天还晴。" * 40,
    "2026-05-02/wind.md": "---\ntitle: Wind\nlanguage: en\nsection: World\n---\nIt blows.",
}
ENCODINGS = ("", "gzip", "br", "zstd, gzip;q=0.5", "gzip, deflate, br, zstd", "br;q=0", "*")


@pytest.fixture
def hot(app, publish):
    publish(ARTICLES)
    app.extensions["response_cache"]._recompressor.submit = lambda variant: None
    return app.extensions["response_cache"]


@pytest.fixture
def asks(hot):
    """``asks(path, **headers)`` returns the responses of Flask and of the response cache, first and repeated."""
    flask, ours = Client(hot.inner), Client(hot)

    def asks(path, method="GET", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        answers = [client.open(path, method=method, headers=headers) for client in (flask, ours, ours)]
        return [(a.status, sorted(a.headers.items()), a.data) for a in answers]

    return asks


def addresses(hot):
    """Every URL of the site that a link, a form or a feed refers to, beginning with the home page."""
    client, seen, waiting = (
        Client(hot.inner),
        set(),
        ["/", "/feeds", "/healthz", "/search?q=今天", "/sitemap.xml", "/robots.txt"],
    )
    while waiting:
        path = waiting.pop()
        made_by_workers = re.search(r"^/[ad]/[^/?]*\.\w+|\.(zip|png|jpg|ico|zim)\b", path)  # not this layer's
        if path in seen or made_by_workers or not path.startswith("/") or path.startswith("//"):
            continue
        seen.add(path)
        answer = client.get(path)
        if answer.mimetype.startswith(("text/", "application/")):
            waiting += [
                unescape(url).partition("#")[0] for url in re.findall(r'(?:href|src|action)="?([^">\s]+)', answer.text)
            ]
    return sorted(seen)


def test_the_hot_layer_answers_every_address_just_as_flask_does(hot, asks):
    for path, encoding in pairs(addresses(hot), ENCODINGS):
        first = asks(path, Accept_Encoding=encoding)
        assert first[0] == first[1] == first[2], path
        headers = dict(first[0][1])
        conditions = {
            "If-None-Match": [headers.get("ETag", '"x"'), "W/" + headers.get("ETag", '"x"'), "*", '"0123-br"', 'junk"', f'"a", {headers.get("ETag")}'],
            "If-Modified-Since": [headers.get("Last-Modified", ""), "Thu, 01 Jan 1970 00:00:00 GMT", "junk"],
        }  # fmt: skip
        for name, values in conditions.items():
            for value in values:
                again = asks(path, Accept_Encoding=encoding, **{name: value})
                assert again[0] == again[1] == again[2], (path, name, value)
        head = asks(path, "HEAD", Accept_Encoding=encoding)
        assert head[0] == head[1] == head[2], path


def test_what_is_asked_for_again_is_answered_without_flask(hot):
    client = Client(hot)
    etag = client.get("/feed.xml").headers["ETag"]
    client.get("/feed.xml", headers={"If-None-Match": etag})
    hot.inner = None
    assert client.get("/feed.xml").status_code == client.head("/feed.xml").status_code == 200
    assert client.get("/feed.xml", headers={"If-None-Match": etag}).status_code == 304
    assert client.get("/feed.xml", headers={"If-None-Match": '"of-another-time"'}).status_code == 200
    assert sum(hot.hits.values()) == 4


def test_a_change_in_the_folder_is_seen_by_the_next_request(hot, publish):
    client = Client(hot)
    before = client.get("/feed.xml")
    assert client.get("/feed.xml").data == before.data
    publish({"2026-05-03/snow.md": "---\ntitle: 大雪\n---\n今天下雪。"})
    after = client.get("/feed.xml", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "大雪" in after.text


def test_what_was_made_of_an_older_state_is_not_kept(hot, publish):
    """The catalog changes during the request: the response is sent, but not cached."""
    flask = hot.inner

    def slow(environ, start_response):
        body = flask(environ, start_response)
        publish({"2026-05-03/snow.md": "---\ntitle: 大雪\n---\n今天下雪。"})
        return body

    hot.inner = slow
    assert "大雪" not in Client(hot).get("/feed.xml").text
    hot.inner = flask
    assert "大雪" in Client(hot).get("/feed.xml").text


@pytest.mark.parametrize(
    "headers",
    [
        {"Cache-Control": "private, no-cache", "ETag": '"x"'},
        {"Cache-Control": "no-store", "ETag": '"x"'},
        {"ETag": '"x"'},
        {"Cache-Control": "public, max-age=60"},
        {"Cache-Control": "public, max-age=60", "ETag": '"x"', "Set-Cookie": "a=b"},
        {"Cache-Control": "public, max-age=60", "ETag": '"x"', "Vary": "*"},
        {"Cache-Control": "public, max-age=60", "ETag": '"x"', "Content-Type": "application/pdf"},
        {"Cache-Control": "public, max-age=0", "ETag": '"x"'},
    ],
)
def test_only_what_any_shared_cache_may_keep_is_kept(hot, headers):
    asked = []
    hot.inner = lambda environ, start: (
        asked.append(1),
        start("200 OK", list(({"Content-Type": "text/html"} | headers).items())),
        [b"x"],
    )[-1]
    client = Client(hot)
    client.get("/"), client.get("/")
    assert len(asked) == 2


def test_visitors_who_differ_in_a_field_that_vary_names_never_share_an_answer(hot):
    def flask(environ, start):
        said = environ.get("HTTP_COOKIE", "") + environ.get("HTTP_SAVE_DATA", "")
        start(
            "200 OK",
            [
                ("Content-Type", "text/html"),
                ("Cache-Control", "public, max-age=60"),
                ("ETag", f'"{said}0"'),
                ("Vary", "Cookie, Save-Data"),
            ],
        )
        return [said.encode()]

    hot.inner = flask
    for _ in range(2):
        for headers in ({}, {"Save-Data": "on"}, {"Cookie": "reader=dark"}, {"Cookie": "reader=s4"}):
            assert Client(hot, use_cookies=False).get("/", headers=headers).text == "".join(headers.values())


def test_a_part_a_delta_and_a_post_always_go_to_flask(hot):
    asked = []
    flask = hot.inner
    hot.inner = lambda environ, start: asked.append(environ["REQUEST_METHOD"]) or flask(environ, start)
    client = Client(hot)
    client.get("/feed.xml")
    client.get("/feed.xml", headers={"Range": "bytes=0-9"})
    client.get("/feed.xml", headers={"A-IM": "feed"})
    client.post("/feed.xml")
    assert asked == ["GET", "GET", "GET", "POST"]


def test_the_table_keeps_what_is_asked_for_and_stays_within_its_bytes(hot):
    hot._limit_bytes = 400_000
    page = [("Content-Type", "text/html"), ("Cache-Control", "public, max-age=60"), ("ETag", '"x"')]
    hot.inner = lambda _, start: (start("200 OK", page), [b"x" * 10_000])[-1]
    client, hits = Client(hot), 0
    for n in range(300):
        client.get(f"/{n}")
        before = sum(hot.hits.values())
        client.get("/0")
        hits += sum(hot.hits.values()) - before
        kept = [
            k for half in (hot._current.pages, hot._current.older) for p in half.values() for k in p.variants.values()
        ]
        assert sum(len(k.ready[2]) for k in kept) <= 400_000
    assert hits == 300


def test_a_page_asked_for_again_is_squeezed_further_under_a_tag_of_its_own(app, publish):
    publish(ARTICLES)
    client, done = Client(app.wsgi_app), threading.Event()
    recompressor = app.extensions["response_cache"]._recompressor
    first = client.get("/feed.xml", headers={"Accept-Encoding": "br"})
    client.get("/feed.xml", headers={"Accept-Encoding": "br"})
    recompressor._queue.put(type("Last", (), {"ready": property(lambda self: done.set())})())
    assert done.wait(LIMIT_SECONDS)
    better = client.get("/feed.xml", headers={"Accept-Encoding": "br"})
    assert len(better.data) < len(first.data)
    assert brotli.decompress(better.data) == brotli.decompress(first.data)
    assert better.headers["ETag"] != first.headers["ETag"]
    for held in (first.headers["ETag"], better.headers["ETag"]):
        for _ in range(2):
            again = client.get("/feed.xml", headers={"Accept-Encoding": "br", "If-None-Match": held})
            assert (again.status_code, again.headers["ETag"]) == (304, held)


def test_ways_of_asking_that_come_down_to_the_same_share_an_answer(hot):
    client = Client(hot, use_cookies=False)
    client.get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9", "Accept-Encoding": "gzip, deflate, br"})
    for n in range(20):
        headers = {
            "Accept-Language": f"zh-CN,zh;q=0.9,fr;q=0.{n}",
            "Accept-Encoding": f"br, x{n}",
            "Cookie": f"_ga={n}",
        }
        client.get("/", headers=headers)
    assert sum(hot.hits.values()) == 20


def test_a_cookie_counts_in_every_form_that_flask_reads(hot, asks):
    asks("/")
    for cookie in ("reader=dark", "reader =dark", 'a=b;reader="dark"', "reader=; reader=dark", "areader=dark"):
        flask, first, again = asks("/", Cookie=cookie)
        assert flask == first == again, cookie


PAGES = ("/", "/a/rain", "/feed.xml", "/atom.xml", "/t/雨/")


def test_a_new_revision_forgets_all(hot, asks, publish):
    """Without a conditional header, as most visitors do: no response from before the change is ever sent again."""
    for _ in range(3):
        for path in PAGES:
            asks(path)
    publish({"2026-05-01/rain.md": "---\ntitle: 暴雨\ntags: [雨]\n---\n今天下暴雨。"})
    inner, asked = hot.inner, []
    hot.inner = lambda environ, start: asked.append(1) or inner(environ, start)
    for path in PAGES:
        flask, first, again = asks(path)
        assert flask == first == again, path
        assert "暴雨" in flask[2].decode(), path
    assert len(asked) == len(PAGES)  # the second time of each is answered from what was kept anew


def test_pages_that_a_change_does_not_touch_are_confirmed_and_not_built_again(hot, asks, publish):
    """After a new revision Flask answers 304 to the cache, and the stored body is sent with the new fields."""
    paths = addresses(hot)
    before = {path: asks(path)[1] for path in paths}
    publish({"2026-05-01/rain.md": "---\ntitle: 大雨\nsection: 河北/天气\ntags: [雨]\n---\n今天下暴雨。"})
    inner, statuses = hot.inner, []

    def recorded(environ, start):
        return inner(environ, lambda status, *more: statuses.append(status[:3]) or start(status, *more))

    hot.inner = recorded
    client, confirmed = Client(hot), set()
    for path in paths:
        flask = Client(inner).get(path)
        statuses.clear()
        for _ in range(2):
            ours = client.get(path)
            assert (ours.status, sorted(ours.headers.items()), ours.data) == (
                flask.status, sorted(flask.headers.items()), flask.data), path  # fmt: skip
        if statuses[0] == "304":
            confirmed.add(path)
            assert before[path][2] == flask.data, path
    assert {"/a/sun", "/a/wind", "/s/World/feed.xml", "/offline"} <= confirmed
    assert not {"/", "/a/rain", "/feed.xml", "/t/雨/"} & confirmed
    assert "暴雨" in client.get("/a/rain").text


def test_a_confirmed_page_keeps_its_best_quality():
    now, origin = Now(1), Origin(body=b"wet " * 200)
    cache = ResponseCache(origin, now, 1 << 20, {})
    cache._recompressor.submit = lambda variant: variant.store(recompressed(variant.ready))
    origin.headers |= {"Content-Encoding": "br", "ETag": '"x11-br"'}
    origin.body = brotli.compress(origin.body, quality=1)
    client, asked = Client(cache), []
    assert [client.get("/").headers["ETag"] for _ in range(3)][-1] == '"x11-br11"'

    def confirming(environ, start):
        asked.append(environ.get("HTTP_IF_NONE_MATCH"))
        start("304 Not Modified", [("ETag", asked[-1]), ("Cache-Control", "public"), ("Last-Modified", "now")])
        return []

    cache.inner, now.revision = confirming, 2
    sent = client.get("/")
    assert (sent.status_code, sent.headers["ETag"], sent.headers["Last-Modified"]) == (200, '"x11-br11"', "now")
    assert brotli.decompress(sent.data) == b"wet " * 200
    assert client.get("/").data == sent.data
    assert asked == ['"x11-br11"']
    now.revision = 3
    assert client.get("/", headers={"If-None-Match": '"x11-br"'}).status_code == 304  # the client's, with its own tag
    assert (client.get("/").headers["ETag"], len(asked)) == ('"x11-br11"', 2)


def test_a_page_confirmed_at_many_revisions_counts_once(hot, publish):
    client = Client(hot)
    sizes = []
    for n in range(4):
        publish({"2026-05-03/snow.md": f"---\ntitle: 第{n}场雪\n---\n今天下雪。"})
        client.get("/a/wind")
        sizes.append(hot._current.size_bytes)
    assert sizes[1:] == sizes[:1] * 3


def test_a_new_revision_forgets_what_has_grown_old_in_the_table_too(hot, publish):
    page = [("Content-Type", "text/html"), ("Cache-Control", "public, max-age=60"), ("ETag", '"x"')]
    flask = hot.inner
    client = Client(hot)
    client.get("/a/rain")
    hot._limit_bytes = 40_000
    hot.inner = lambda _, start: (start("200 OK", page), [b"x" * 10_000])[-1]
    for n in range(3):
        client.get(f"/{n}")
    assert any(key[0] == "/a/rain" for key in hot._current.older)
    publish({"2026-05-01/rain.md": "---\ntitle: 暴雨\n---\n今天下暴雨。"})
    hot.inner = flask
    assert "暴雨" in client.get("/a/rain").text


def test_a_response_stored_while_a_new_revision_comes_is_not_that_of_the_new_one():
    """Nothing but ``encoding`` is called between the check of the revision and the storing, so another thread's request
    comes there."""
    now, origin = Now(1), Origin(body=b"old")
    origin.headers["Vary"] = "Accept-Encoding"

    def encoding(value: str) -> str:
        if origin.asked == 1:
            now.revision, origin.body = 2, b"new"
            assert Client(cache).get("/other").text == "new"
        return value

    cache = ResponseCache(origin, now, 1 << 20, {"HTTP_ACCEPT_ENCODING": encoding})
    assert Client(cache).get("/", headers={"Accept-Encoding": "gzip"}).text == "old"
    assert Client(cache).get("/", headers={"Accept-Encoding": "gzip"}).text == "new"


class Now:
    """A revision that a test sets."""

    def __init__(self, revision: int) -> None:
        self.revision = revision

    def __call__(self) -> int:
        return self.revision

    known = __call__


def test_each_of_many_revisions_is_seen(hot, publish):
    client = Client(hot)
    for n in range(5):
        publish({"2026-05-01/rain.md": f"---\ntitle: 第{n}版\n---\n今天下雨。"})
        for _ in range(2):
            assert f"第{n}版" in client.get("/a/rain").text


def test_what_has_outlived_its_max_age_is_made_anew(hot):
    page = [("Content-Type", "text/html"), ("Cache-Control", "public, max-age=1"), ("ETag", '"x"')]
    asked = []
    hot.inner = lambda _, start: (asked.append(1), start("200 OK", page), [b"x"])[-1]
    client = Client(hot)
    client.get("/"), client.get("/")
    assert len(asked) == 1
    for entry in hot._current.pages.values():
        for variant in entry.variants.values():
            variant.fresh_until -= 1
    client.get("/")
    assert len(asked) == 2


def test_an_answer_larger_than_a_megabyte_is_not_kept(hot):
    asked = []
    for size, times in ((1 << 20, 1), ((1 << 20) + 1, 2)):
        asked.clear()
        page = [
            ("Content-Type", "text/html"),
            ("Cache-Control", "public, max-age=60"),
            ("ETag", '"x"'),
            ("Content-Length", str(size)),
        ]
        hot.inner = lambda _, start: (asked.append(1), start("200 OK", page), [b"x" * size])[-1]  # noqa: B023
        hot._limit_bytes = 8 << 20
        client = Client(hot)
        client.get(f"/{size}"), client.get(f"/{size}")
        assert len(asked) == times


@pytest.mark.parametrize(("size", "is_sent"), [(256 << 10, True), ((256 << 10) + 1, False)])
def test_what_the_event_loop_sends_at_once_is_at_most_a_quarter_of_a_megabyte(hot, size, is_sent):
    hot._limit_bytes = 8 << 20
    hot.inner = Origin(body=b"x" * size)
    Client(hot).get("/")
    wanted = {ONLY_IF_CACHED: hot.revision()}
    with nullcontext() if is_sent else pytest.raises(NotCached):
        assert Client(hot).get("/", environ_overrides=wanted).data == hot.inner.body
    with pytest.raises(NotCached):
        Client(hot).get("/other", environ_overrides=wanted)


def test_a_request_with_credentials_goes_to_flask(hot):
    asked = []
    flask = hot.inner
    hot.inner = lambda environ, start: asked.append(1) or flask(environ, start)
    client = Client(hot)
    client.get("/feed.xml")
    client.get("/feed.xml", headers={"Authorization": "Basic eA=="})
    assert len(asked) == 2


def test_sites_of_other_names_share_no_answer(hot):
    client = Client(hot)
    for host in ("a.example", "b.example", "a.example"):
        assert f"http://{host}/" in client.get("/feed.xml", headers={"Host": host}).text


def test_long_addresses_and_fields_count_as_memory(hot):
    hot._limit_bytes = 1_000_000
    client = Client(hot)
    for n in range(60):
        client.get(f"/opds?a={'x' * 30_000}{n}")
        client.get("/opds", headers={"Cookie": f"reader={'x' * 8_000}{n}"})
    entries = [(key, page) for half in (hot._current.pages, hot._current.older) for key, page in half.items()]
    named = sum(len("".join(key)) for key, _ in entries)
    told_apart = sum(len(str(variant)) for _, page in entries for variant in page.variants)
    assert 0 < named + told_apart <= 1_000_000


def test_only_a_few_pages_wait_to_be_squeezed_further(app, publish, monkeypatch):
    publish(ARTICLES)
    monkeypatch.setattr(Recompressor, "_work", lambda _self: None)  # a thread that never gets on
    client, recompressor = Client(app.wsgi_app), app.extensions["response_cache"]._recompressor

    def starts_no_thread(_self):
        raise RuntimeError("can't start new thread")  # as at the limit of threads: the answer does without

    for n in range(100):
        with monkeypatch.context() as patch:
            if n < 3:
                patch.setattr(threading.Thread, "start", starts_no_thread)
            for _ in range(2):
                answer = client.get("/opds", base_url=f"http://h{n}.example", headers={"Accept-Encoding": "br"})
                assert answer.status_code == 200
    assert recompressor._queue.qsize() == recompressor._queue.maxsize == 64


class Origin:
    """A WSGI application that gives one response and counts the requests for it."""

    def __init__(self, status="200 OK", body=b"x", **headers):
        self.status, self.body, self.asked, self.closed = status, body, 0, 0
        self.headers = {"Content-Type": "text/html", "Cache-Control": "public, max-age=60", "ETag": '"x"'}
        self.headers |= {name.replace("_", "-"): value for name, value in headers.items()}

    def __call__(self, environ, start_response):
        self.asked += 1
        start_response(self.status, list(self.headers.items()))
        return self

    def __iter__(self):
        return iter([self.body])

    def close(self):
        self.closed += 1


@pytest.mark.parametrize("status", ["201 Created", "206 Partial Content", "301 Moved", "404 Not Found", "500 Error"])
def test_only_complete_responses_are_stored(hot, status):
    origin = hot.inner = Origin(status)
    for _ in range(2):
        assert Client(hot).get("/").status == status
    assert origin.asked == 2


@pytest.mark.parametrize(
    ("media_type", "asked"),
    [
        ("text/html; charset=utf-8", 1),
        ("text/css", 1),
        ("application/atom+xml", 1),
        ("application/xml", 1),
        ("application/json", 1),
        ("application/feed+json", 1),
        ("application/javascript", 1),
        ("application/manifest+json", 1),
        ("application/epub+zip", 2),
        ("application/xmlish", 2),
        ("image/png", 2),
        ("", 2),
    ],
)
def test_texts_are_stored_and_files_are_not(hot, media_type, asked):
    origin = hot.inner = Origin(Content_Type=media_type)
    for _ in range(2):
        Client(hot).get("/")
    assert origin.asked == asked


def test_a_response_is_fresh_for_the_seconds_of_max_age_and_a_minute_at_most(hot, monkeypatch):
    for control, seconds in (
        ("public, max-age=300", 60),
        ("public,max-age=7", 7),
        ("max-age=7, public", 7),
        ("public", 60),
        ("public, s-maxage=900, max-age=20", 20),
    ):
        now = 1_000.0
        monkeypatch.setattr("reader.web.middleware.origin_response.time.monotonic", lambda: now)  # noqa: B023
        origin = hot.inner = Origin(Cache_Control=control)
        client, address = Client(hot), f"/?{control}"
        client.get(address)
        now += seconds - 1
        client.get(address)
        assert origin.asked == 1, control
        now += 1
        client.get(address)
        assert origin.asked == 2, control


def test_a_feed_lists_a_finished_export_a_minute_later_although_no_revision_moved(hot, services, monkeypatch):
    client = Client(hot)
    assert "enclosure" not in client.get("/feed.xml").text
    article = services.catalog.article(services.catalog.latest(limit=1)[0].slug)
    service, publication = services.export_service, of_article(article)
    service.store.put(service.key(publication, "epub", ""), b"PK\x03\x04")
    now = time.monotonic() + 61
    monkeypatch.setattr("reader.web.middleware.origin_response.time.monotonic", lambda: now)
    assert "enclosure" in client.get("/feed.xml").text


def test_a_head_request_is_answered_without_a_body_and_its_response_is_not_stored(hot):
    origin = hot.inner = Origin()
    client = Client(hot)
    client.head("/")
    assert client.get("/").data == b"x"
    assert origin.asked == 2
    assert client.head("/").data == b""
    assert origin.asked == 2


def test_the_body_of_a_stored_response_is_closed(hot):
    origin = hot.inner = Origin()
    Client(hot).get("/")
    assert origin.closed == 1


def test_the_date_of_the_stored_response_is_answered_from_the_cache_and_other_dates_by_flask(hot):
    origin = hot.inner = Origin(Last_Modified="Fri, 01 May 2026 00:00:00 GMT")
    client = Client(hot)
    client.get("/")
    origin.status, origin.body = "304 NOT MODIFIED", b""
    for date, asked in (("Fri, 01 May 2026 00:00:00 GMT", 2), ("Thu, 30 Apr 2026 00:00:00 GMT", 4)):
        for _ in range(2):
            assert client.get("/", headers={"If-Modified-Since": date}).status_code == 304
        assert origin.asked == asked
    assert hot.hits == {"304 NOT MODIFIED": 1}


def test_hits_are_counted_by_status(hot):
    hot.inner = Origin()
    client = Client(hot)
    for _ in range(4):
        client.get("/")
    assert hot.hits == {"200 OK": 3}


def test_a_new_version_under_the_same_revision_replaces_the_stored_one(hot):
    origin = hot.inner = Origin()
    client = Client(hot)
    client.get("/")
    origin.headers["ETag"], origin.body = '"y"', b"y"
    assert client.get("/", headers={"Range": "bytes=0-"}).data == b"y"
    origin.asked = 0
    assert client.get("/").data == b"y"
    assert origin.asked == 0


def test_a_changed_vary_separates_the_responses_that_follow(hot):
    origin = hot.inner = Origin(Vary="Save-Data")
    client = Client(hot)
    client.get("/")
    origin.headers["Vary"] = "Save-Data, ,Accept-Language"
    client.get("/", headers={"Save-Data": "on"})
    for language in ("zh", "en"):
        origin.body = language.encode()
        for _ in range(2):
            assert client.get("/", headers={"Accept-Language": language}).text == language
    assert origin.asked == 4


def test_small_responses_count_with_what_storing_them_takes(hot):
    hot._limit_bytes = 100_000
    hot.inner = Origin(body=b"")
    client = Client(hot)
    for n in range(200):
        client.get(f"/{n}")
    assert len(hot._current.pages) + len(hot._current.older) <= 50


def test_a_recompressed_response_names_its_length_and_keeps_its_other_fields():
    body = "明天也晴，后天还晴。今天下雨。".encode() * 400
    fields = [("Content-Type", "text/html"), ("Content-Length", "1"), ("ETag", '"x-br"'), ("Vary", "Cookie")]
    status, headers, smaller = recompressed(("200 OK", fields, brotli.compress(body, quality=0)))
    assert status == "200 OK"
    assert brotli.decompress(smaller) == body
    assert dict(headers) | {"ETag": ""} == dict(fields) | {"Content-Length": str(len(smaller)), "ETag": ""}
    assert dict(headers)["ETag"] not in ('"x-br"', "")
    assert recompressed((status, headers, smaller)) == (status, headers, smaller)  # no smaller: unchanged, same tag


def test_sqlite_is_asked_for_the_revision_at_most_every_five_milliseconds(publish, services, monkeypatch):
    publish(ARTICLES)
    now = 1_000.0
    monkeypatch.setattr("reader.app.time.monotonic", lambda: now)
    revision = CatalogRevision(services.catalog)
    before = revision()
    publish({"2026-05-03/snow.md": "# 大雪\n\n今天下雪。"})
    assert revision() == before
    now += 0.005
    assert revision() == services.catalog.revision > before


def test_a_revision_that_is_known_without_asking_is_at_most_ten_milliseconds_old(publish, services, monkeypatch):
    publish(ARTICLES)
    now = 1_000.0
    monkeypatch.setattr("reader.app.time.monotonic", lambda: now)
    monkeypatch.setattr(CatalogRevision, "_watch", lambda _self: None)  # a thread that never gets on
    revision = CatalogRevision(services.catalog)
    assert revision.cached() is None
    before = revision()
    publish({"2026-05-03/snow.md": "# 大雪\n\n今天下雪。"})
    now += 0.009
    assert revision.cached() == before
    now += 0.001
    assert revision.cached() is None
    assert revision() == revision.cached() == services.catalog.revision > before


def test_the_revision_is_watched_while_requests_come(publish, services):
    """The caller who was told None asks, but the next need not."""
    publish(ARTICLES)
    revision = CatalogRevision(services.catalog)
    before = wait_for(revision.cached)
    publish({"2026-05-03/snow.md": "# 大雪\n\n今天下雪。"})
    assert wait_for(lambda: (revision.cached() or 0) > before)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_revision_is_watched_again_after_an_error():
    class Flaky:
        asked = 0

        @property
        def revision(self) -> int:
            self.asked += 1
            if self.asked == 1:
                raise OSError
            return 7

    revision = CatalogRevision(Flaky())
    assert revision.cached() is None
    assert wait_for(revision.cached) == 7


def test_the_revision_is_not_watched_when_no_requests_come(publish, services):
    publish(ARTICLES)
    revision = CatalogRevision(services.catalog)
    wait_for(revision.cached)
    wait_for(lambda: not revision._refresh.is_set())


def test_a_finished_export_leaves_the_stored_responses(hot, services):
    """Each finished file would empty the cache of every process: pages and feeds list it a minute later."""
    client = Client(hot)
    for path in PAGES:
        client.get(path)
    before, hits = services.catalog.revision, sum(hot.hits.values())
    service, slug = services.export_service, services.catalog.latest(limit=1)[0].slug
    publication = of_article(services.catalog.article(slug))
    for suffix in ("epub", "pdf", "txt"):
        service.store.put(service.key(publication, suffix, ""), b"a file")
    time.sleep(0.02)  # the revision is asked for again
    hot.inner = None
    assert [client.get(path).status_code for path in PAGES] == [200] * len(PAGES)
    assert (services.catalog.revision, sum(hot.hits.values()) - hits) == (before, len(PAGES))
