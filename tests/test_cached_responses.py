"""Responses prepared for equal requests: what the middleware would answer, for as long as it would."""

from __future__ import annotations

import io
import random
from dataclasses import replace

import pytest
from waiting import wait_for

from reader.app import create_app
from reader.server.cached_responses import KEY_FIELDS, LONGEST_KEY, MOST_PREPARED, CachedResponses
from reader.server.web_process import BASIC_ENVIRON, cached_responses_of
from reader.web.middleware import response_cache
from reader.web.middleware.forwarded import CLIENT
from reader.web.middleware.response_cache import ONLY_IF_CACHED

RAIN = {"2026-05-01/rain.md": "---\ntitle: 大雨\n---\n今天下雨。"}
REQUEST = {
    "REQUEST_METHOD": "GET", "PATH_INFO": "/a/rain", "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1",
    "SERVER_NAME": "localhost", "SERVER_PORT": "80", "REMOTE_ADDR": "192.0.2.1", "wsgi.url_scheme": "http",
    "HTTP_HOST": "news.example",
}  # fmt: skip


class Site:
    """An application with a cache, before which responses are prepared."""

    def __init__(self, app):
        self.app, self.cache = app, app.extensions["response_cache"]
        self.cache._recompressor.submit = lambda variant: setattr(variant, "may_recompress", False)
        self.cache.revision.cached = self.cache.revision  # asked for by this thread, however slow the machine is
        self.cached = cached_responses_of(app)

    def environ(self, **fields):
        return {name: value for name, value in (REQUEST | fields).items() if value is not None} | {
            "wsgi.input": io.BytesIO()
        }

    def ask_flask(self, **fields):
        def start(status, headers, _error=None):
            found.extend((int(status[:3]), headers))

        found = []
        body = b"".join(self.app.wsgi_app(BASIC_ENVIRON | self.environ(**fields), start))
        return (*found, body)

    def find(self, cached=None, **fields):
        """What is answered at once; None if nothing is stored."""
        return (cached or self.cached).find(self.environ(**fields))


@pytest.fixture
def site(app, publish):
    publish(RAIN)
    return Site(app)


def is_prepared(site, **fields):
    """Whether the answer comes without any middleware."""
    application, site.cached._application = site.cached._application, None
    try:
        return site.find(**fields) is not None
    except TypeError:
        return False
    finally:
        site.cached._application = application


def test_an_equal_request_passes_no_middleware_and_is_counted(site):
    assert site.find() is None
    first = site.ask_flask()
    held = {"HTTP_IF_NONE_MATCH": dict(first[1])["ETag"]}
    unchanged = site.ask_flask(**held)
    for fields, answer in (({}, first), (held, unchanged)):
        assert not is_prepared(site, **fields)
        assert site.find(**fields) == answer
        assert is_prepared(site, **fields)
        assert site.find(**fields) == answer
    assert site.cache.hits == {"200 OK": 3, "304 NOT MODIFIED": 3}


VALUES = {
    "REQUEST_METHOD": ("GET", "HEAD", "POST"),
    "PATH_INFO": ("/a/rain", "/feed.xml", "//a/rain"),
    "QUERY_STRING": ("", "script=hant", "q=1"),
    "wsgi.url_scheme": ("http", "https"),
    "SERVER_PROTOCOL": ("HTTP/1.1", "HTTP/1"),
    "REMOTE_ADDR": ("192.0.2.1", "10.0.0.1"),
    "HTTP_HOST": ("news.example", "other.example", "bad host", None),
    "HTTP_X_FORWARDED_PROTO": (None, "https", "javascript"),
    "HTTP_X_FORWARDED_HOST": (None, "other.example"),
    "HTTP_X_FORWARDED_FOR": (None, "198.51.100.7", "198.51.100.7, 10.0.0.1"),
    "HTTP_ACCEPT_ENCODING": (None, "br", "gzip, br, zstd"),
    "HTTP_ACCEPT_LANGUAGE": (None, "en", "zh-TW"),
    "HTTP_COOKIE": (None, "a=b", "reader=dark"),
    "HTTP_SAVE_DATA": (None, "on"),
    "HTTP_SEC_FETCH_DEST": (None, "document", "image"),
    "HTTP_SEC_FETCH_MODE": (None, "navigate", "no-cors"),
    "HTTP_UPGRADE_INSECURE_REQUESTS": (None, "1"),
    "HTTP_IF_NONE_MATCH": (None, "*", '"0123-br"', "held"),
    "HTTP_IF_MODIFIED_SINCE": (None, "Thu, 01 Jan 1970 00:00:00 GMT"),
    "HTTP_RANGE": (None, "bytes=0-9"),
    "HTTP_A_IM": (None, "feed"),
    "HTTP_AUTHORIZATION": (None, "Basic eA=="),
    "HTTP_AVAILABLE_DICTIONARY": (None, ":x:"),
    "CONTENT_LENGTH": (None, "3"),
    "HTTP_TRANSFER_ENCODING": (None, "chunked"),
    "HTTP_USER_AGENT": ("newsboat/2", "Mozilla/5.0"),
}


@pytest.mark.slow
def test_a_prepared_response_is_that_of_the_middleware_whatever_fields_a_request_has(services, publish):
    """Requests that differ from the plainest in up to three fields, in any order: as with a server that prepares none."""
    publish(RAIN)
    settings = replace(services.settings, trusted_proxies="10.0.0.1", base_url="http://news.example")
    site = Site(create_app(replace(services, settings=settings)))
    bare = CachedResponses(site.app.wsgi_app, site.cache, BASIC_ENVIRON, may_prepare=False)
    chance, prepared, tags = random.Random(7), 0, []
    for _ in range(1_500):
        fields = {name: chance.choice(VALUES[name]) for name in chance.sample(sorted(VALUES), chance.randrange(4))}
        if fields.get("HTTP_IF_NONE_MATCH") == "held":
            fields["HTTP_IF_NONE_MATCH"] = chance.choice(tags) if tags else "*"
        if fields.get("REQUEST_METHOD") in (None, "GET") and not {"CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"} & set(
            fields
        ):
            tags += [value for name, value in site.ask_flask(**fields)[1] if name == "ETag"][:1]
        prepared += is_prepared(site, **fields)
        assert site.find(**fields) == site.find(bare, **fields), fields
    assert prepared > 300


class Recorded(dict):
    """An ``environ`` that notes which request fields are read."""

    def __init__(self, *parts):
        super().__init__(*parts)
        self.read = set()

    def __getitem__(self, name):
        self.read.add(name)
        return super().__getitem__(name)

    def __contains__(self, name):
        self.read.add(name)
        return super().__contains__(name)

    def get(self, name, default=None):
        self.read.add(name)
        return super().get(name, default)


@pytest.mark.parametrize("path", ["/a/rain", "/feed.xml", "/", "/opds"])
def test_the_middleware_reads_no_field_that_is_missing_in_the_key(site, path):
    site.ask_flask(PATH_INFO=path)
    environ = Recorded(BASIC_ENVIRON | site.environ(PATH_INFO=path) | {ONLY_IF_CACHED: site.cache.revision()})
    assert site.app.wsgi_app(environ, lambda *_: None)
    of_the_client = {name for name in environ.read if name.startswith("HTTP_X_FORWARDED") or name == "HTTP_FORWARDED"}
    of_the_client |= {"HTTP_X_REAL_IP", "REMOTE_ADDR", CLIENT}  # CLIENT is derived from the others
    of_the_client.add("SCRIPT_NAME")  # empty in every request of our server
    only_too_long = {"HTTP_ACCEPT", "HTTP_IF_MATCH", "HTTP_REFERER", "HTTP_USER_AGENT"}
    assert environ.read - set(KEY_FIELDS) - of_the_client - only_too_long == {ONLY_IF_CACHED}
    assert set(KEY_FIELDS) >= response_cache._TO_FLASK


def test_a_change_is_answered_by_no_prepared_response(site, publish):
    site.ask_flask(), site.find()
    assert is_prepared(site)
    publish({"2026-05-01/rain.md": "---\ntitle: 暴雨\n---\n今天下暴雨。"})
    wait_for(lambda: site.find() is None)
    assert "暴雨" in site.ask_flask()[2].decode()
    assert "暴雨" in site.find()[2].decode()


def test_a_prepared_response_is_fresh_as_long_as_the_stored_one(site, monkeypatch):
    site.ask_flask(), site.find()
    assert is_prepared(site)
    [variant] = site.cache._current.pages[next(iter(site.cache._current.pages))].variants.values()
    variant.fresh_until -= 61
    assert site.find() is None


def test_a_response_that_was_compressed_further_replaces_the_prepared_one(site):
    site.ask_flask(), site.find()
    [variant] = site.cache._current.pages[next(iter(site.cache._current.pages))].variants.values()
    status, headers, body = variant.ready
    variant.ready = (status, headers, body + b" ")
    assert site.find()[2] == site.find()[2] == body + b" "


def test_a_response_to_be_compressed_further_is_not_prepared(site):
    site.cache._recompressor.submit = lambda variant: None
    fields = {"HTTP_ACCEPT_ENCODING": "br"}
    assert dict(site.ask_flask(**fields)[1])["Content-Encoding"] == "br"
    assert site.find(**fields)
    assert not is_prepared(site, **fields)


def test_dropped_responses_are_not_kept_in_memory(site):
    site.ask_flask(), site.find()
    assert len(site.cached._prepared) == 1
    site.cache._limit_bytes = 1
    site.ask_flask(PATH_INFO="/feed.xml")
    site.find(PATH_INFO="/none")
    assert not site.cached._prepared


def test_what_clients_choose_fills_no_memory(site):
    for n in range(2 * MOST_PREPARED):
        site.ask_flask(HTTP_ACCEPT_LANGUAGE=f"en, x{n}") if n == 0 else None
        assert site.find(HTTP_ACCEPT_LANGUAGE=f"en, x{n}")
        assert len(site.cached._prepared) <= MOST_PREPARED
    site.find(HTTP_COOKIE="a" * LONGEST_KEY)
    assert not is_prepared(site, HTTP_COOKIE="a" * LONGEST_KEY)


def test_a_response_that_varies_by_another_field_is_not_prepared(site):
    page = [("Content-Type", "text/html"), ("Cache-Control", "public, max-age=60"), ("ETag", '"x"'), ("Vary", "Origin")]
    site.cache.inner = lambda environ, start: (start("200 OK", page), [environ.get("HTTP_ORIGIN", "").encode()])[-1]
    for origin in ("a", "b", "a"):
        site.ask_flask(HTTP_ORIGIN=origin)
        assert site.find(HTTP_ORIGIN=origin)[2] == origin.encode()


def test_each_request_has_its_line_in_the_access_log(services, publish, tmp_path):
    publish(RAIN)
    log = tmp_path / "access.log"
    site = Site(create_app(replace(services, settings=replace(services.settings, access_log=str(log)))))
    site.ask_flask()
    for _ in range(4):
        assert site.find()
    assert len(log.read_text().splitlines()) == 5
