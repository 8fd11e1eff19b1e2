"""Compression dictionary transport (RFC 9842): an article is compressed with the previous article as dictionary."""

from __future__ import annotations

import base64
import hashlib

import brotli
import pytest
import zstandard

from reader.app import create_app
from reader.settings import ROOT

SEED = next((ROOT / "articles").glob("2018-11-23/*"))
WITHOUT = {"Accept-Encoding": "gzip, deflate, br, zstd", "Accept-Language": "zh-CN"}
CHROMIUM = WITHOUT | {"Sec-Fetch-Dest": "document"}


@pytest.fixture
def client(services, publish):
    other = "# 大雨如期而至\n\n" + "今天下雨，气象台说还要下三天。" * 20
    publish({f"2018-11-23/{SEED.name}": SEED.read_bytes(), "2026-05-01/大雨.md": other})
    return create_app(services).test_client(use_cookies=False)


def offered(response, page: bytes) -> dict[str, str]:
    """The headers of the next request of a browser that has *page* in its cache."""
    digest = base64.b64encode(hashlib.sha256(page).digest()).decode()
    name = response.headers["Use-As-Dictionary"].partition("id=")[2]
    asked = {"Accept-Encoding": "gzip, deflate, br, zstd, dcb, dcz", "Dictionary-ID": name}
    return CHROMIUM | asked | {"Available-Dictionary": f":{digest}:"}


def unpacked(body: bytes, dictionary: bytes) -> bytes:
    """Decompresses like a browser: magic, the dictionary's SHA-256, a zstd frame."""
    assert body[:8] == bytes.fromhex("5e2a4d1820000000")
    assert body[8:40] == hashlib.sha256(dictionary).digest()
    raw = zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    return zstandard.ZstdDecompressor(dict_data=raw).decompressobj().decompress(body[40:])


def weight(response) -> int:
    return 19 + 57 + len(response.data) + sum(len(name) + len(value) + 4 for name, value in response.headers)


def test_the_seed_article_after_another_weighs_at_most_4250_bytes_headers_and_all(client):
    first = client.get("/a/大雨", headers=CHROMIUM)
    page = brotli.decompress(first.data)
    second = client.get(f"/a/{SEED.stem}", headers=offered(first, page))
    assert second.headers["Content-Encoding"] == "dcz"
    assert weight(second) <= 4_250
    assert "Available-Dictionary" in second.headers["Vary"]
    assert unpacked(second.data, page) == brotli.decompress(client.get(f"/a/{SEED.stem}", headers=WITHOUT).data)


def test_the_first_page_stays_the_dictionary_for_all_that_follow(client):
    first = client.get(f"/a/{SEED.stem}?script=hant", headers=CHROMIUM)
    page = brotli.decompress(first.data)
    for path in ("/a/大雨", f"/a/{SEED.stem}"):
        response = client.get(path, headers=offered(first, page))
        assert "Use-As-Dictionary" not in response.headers
        assert "</article>" in unpacked(response.data, page).decode()


def test_a_page_that_the_service_worker_fetches_becomes_a_dictionary(client):
    worker = WITHOUT | {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "navigate"}
    assert "Use-As-Dictionary" in client.get("/a/大雨", headers=worker).headers
    ahead = worker | {"Sec-Fetch-Mode": "cors"}
    assert "Use-As-Dictionary" not in client.get("/a/大雨", headers=ahead).headers


def test_who_cannot_keep_a_dictionary_gets_not_a_byte_more(client):
    response = client.get(f"/a/{SEED.stem}", headers=WITHOUT)
    assert response.headers["Content-Encoding"] == "br"
    assert "Use-As-Dictionary" not in response.headers
    assert "Dictionary" not in response.headers["Vary"]


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, br;q=0, zstd", "zstd"),
        ("gzip, br;q=0, zstd, dcz", "zstd"),
        ("br, zstd;q=0", "br"),
        ("gzip, br, zstd", "br"),  # a proxy has taken the others away
        ("gzip, br, zstd, dcb", "br"),
        ("gzip, br, zstd, dcz;q=0", "br"),
        ("gzip, br, zstd, dcz;q=0.9", "dcz"),
    ],
)
def test_a_page_comes_in_no_coding_that_was_not_accepted(client, accepted, coding):
    first = client.get("/a/大雨", headers=CHROMIUM)
    headers = offered(first, brotli.decompress(first.data)) | {"Accept-Encoding": accepted}
    assert client.get(f"/a/{SEED.stem}", headers=headers).headers["Content-Encoding"] == coding


@pytest.mark.parametrize(
    "changes",
    [
        {"Available-Dictionary": ":47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"},
        {"Available-Dictionary": "nonsense"},
        {"Dictionary-ID": '"/a/unknown"'},
        {"Dictionary-ID": '"/a/../preferences"'},
        {"Dictionary-ID": '"/healthz"'},
        {"Dictionary-ID": ""},
    ],
)
def test_a_dictionary_that_is_not_ours_or_not_what_it_was_is_left_aside(client, changes):
    first = client.get("/a/大雨", headers=CHROMIUM)
    headers = offered(first, brotli.decompress(first.data)) | changes
    response = client.get(f"/a/{SEED.stem}", headers=headers)
    assert (response.status_code, response.headers["Content-Encoding"]) == (200, "br")


def test_what_came_by_dictionary_is_confirmed_by_a_304(client):
    first = client.get("/a/大雨", headers=CHROMIUM)
    headers = offered(first, brotli.decompress(first.data))
    etag = client.get(f"/a/{SEED.stem}", headers=headers).headers["ETag"]
    again = client.get(f"/a/{SEED.stem}", headers=headers | {"If-None-Match": etag})
    assert (again.status_code, again.headers["ETag"], again.data) == (304, etag, b"")


def test_other_preferences_make_another_page_and_so_no_dictionary(client):
    first = client.get("/a/大雨", headers=CHROMIUM)
    headers = offered(first, brotli.decompress(first.data)) | {"Cookie": "reader=dark"}
    assert client.get(f"/a/{SEED.stem}", headers=headers).headers["Content-Encoding"] == "br"


def test_a_page_too_long_to_be_packed_quickly_is_neither_dictionary_nor_sent_in_terms_of_one(services, publish):
    long = "# 长篇\n\n" + "\n\n".join(f"第{n}段，今天下雨，气象台说还要下三天。" for n in range(3_000))
    publish({"2026-05-01/long.md": long, "2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    client = create_app(services).test_client(use_cookies=False)
    for first, second in (("long", "rain"), ("rain", "long")):
        held = client.get(f"/a/{first}", headers=CHROMIUM)
        answer = client.get(f"/a/{second}", headers=offered(held, brotli.decompress(held.data)))
        assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "br")
