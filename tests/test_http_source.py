"""Import fetches pages within limits, obeys robots.txt, and never reaches the local network by default."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from itertools import pairwise

import pytest
from stub_site import html, site

from reader.errors import NotImported
from reader.importing.sources.http import Fetcher, open_fetcher


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    found = open_fetcher(allow_private=True, delay_seconds=0)
    with found.client:
        yield found


def test_a_page_comes_with_its_address_type_and_charset(fetcher):
    with site({"/a": html("<p>正文</p>")}) as (root, _):
        found = fetcher.fetch(f"{root}/a#part")
    assert (found.address, found.content_type, found.charset) == (f"{root}/a", "text/html", "gb2312")
    assert "正文" in found.content.decode("gb18030")


def test_loopback_is_refused_unless_private_networks_are_allowed():
    with site({"/a": html("secret")}) as (root, asked):
        careful = open_fetcher(delay_seconds=0)
        for address in (f"{root}/a", root.replace("127.0.0.1", "localhost") + "/a", root.replace("127.0.0.1", "[::1]")):
            with pytest.raises(NotImported) as refusal:
                careful.fetch(address)
            assert refusal.value.source == address
        assert asked == []


def test_a_name_that_resolves_to_a_private_address_is_refused_at_connect(monkeypatch):
    monkeypatch.setattr("reader.http_client.network.resolve", lambda host, port: ["127.0.0.1"])
    with site({"/a": html("secret")}) as (root, asked):
        with pytest.raises(NotImported):
            open_fetcher(delay_seconds=0).fetch(root.replace("127.0.0.1", "news.example") + "/a")
        assert asked == []


def test_a_public_address_is_connected_to_as_judged(monkeypatch):
    monkeypatch.setattr("reader.http_client.client.is_public", lambda address: address == "127.0.0.1")
    monkeypatch.setattr("reader.http_client.network.resolve", lambda host, port: ["127.0.0.1"])
    with site({"/a": html("open")}) as (root, asked):
        open_fetcher(delay_seconds=0).fetch(root.replace("127.0.0.1", "news.example") + "/a")
        assert asked[-1][1]["Host"].startswith("news.example:")


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://a.example/", "http://", "http://u:p@a.example/", "http://[", "//a"]
)
def test_only_plain_web_addresses_are_fetched(fetcher, address):
    with pytest.raises(NotImported):
        fetcher.fetch(address)


def test_redirects_are_followed_and_counted(fetcher):
    pages = {f"/{n}": (302, {"Location": f"/{n + 1}"}, b"") for n in range(9)} | {"/5": html("here")}
    with site(pages) as (root, _):
        assert fetcher.fetch(f"{root}/0").address == f"{root}/5"
        pages["/5"] = (302, {"Location": "/6"}, b"")
        with pytest.raises(NotImported, match="redirects"):
            fetcher.fetch(f"{root}/0")


def test_a_redirect_to_a_file_is_refused(fetcher):
    with site({"/a": (302, {"Location": "file:///etc/passwd"}, b"")}) as (root, _), pytest.raises(NotImported):
        fetcher.fetch(f"{root}/a")


def test_what_is_too_large_is_given_up_also_when_it_was_packed_small(fetcher):
    packed = gzip.compress(b"x" * 3_000_000)
    pages = {"/big": html("x" * 3_000), "/bomb": (200, {"Content-Encoding": "gzip"}, packed)}
    with site(pages) as (root, _):
        for name, limit in (("big", 2_000), ("bomb", 100_000)):
            with pytest.raises(NotImported, match="larger than"):
                fetcher.fetch(f"{root}/{name}", largest_bytes=limit)


def test_robots_txt_is_obeyed(fetcher):
    rules = b"User-agent: *\nDisallow: /private/*.html$\n"
    with site({"/robots.txt": (200, {}, rules), "/private/a.html": html("a"), "/b": html("b")}) as (root, asked):
        fetcher.fetch(f"{root}/b")
        with pytest.raises(NotImported, match="robots"):
            fetcher.fetch(f"{root}/private/a.html")
        assert [path for path, _ in asked] == ["/robots.txt", "/b"]


def test_a_host_whose_robots_txt_fails_is_left_alone(fetcher):
    with (
        site({"/robots.txt": (503, {}, b""), "/a": html("a")}) as (root, _),
        pytest.raises(NotImported, match="robots"),
    ):
        fetcher.fetch(f"{root}/a")


def test_a_host_is_asked_no_faster_than_the_delay(fetcher):
    clock = [0.0]
    fetcher.delay_seconds, fetcher.now, fetcher.wait = (
        2.0,
        lambda: clock[0],
        lambda s: clock.__setitem__(0, clock[0] + s),
    )
    asked_at = []
    with site({"/a": html("a")}) as (root, _):
        for _ in range(3):
            fetcher.fetch(f"{root}/a")
            asked_at.append(clock[0])
    assert all(later - earlier >= 2.0 for earlier, later in pairwise(asked_at))


def test_an_error_page_is_no_article(fetcher):
    with site({}) as (root, _), pytest.raises(NotImported, match="404"):
        fetcher.fetch(f"{root}/gone")


def test_a_server_that_drips_is_given_up(fetcher):
    clock = iter(range(0, 10_000, 20))
    fetcher.now = lambda: float(next(clock))
    with site({"/a": html("x" * 200_000)}) as (root, _), pytest.raises(NotImported):
        fetcher.fetch(f"{root}/a")
