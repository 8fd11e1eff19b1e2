"""Outgoing requests are limited and reach the public internet only. Uses loopback servers and fake DNS."""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import brotli
import pytest
from stub_site import site

from reader.errors import FetchFailed, NotImported
from reader.http_client import network
from reader.http_client.client import LONGEST_REASON, HttpClient, checked_url
from reader.http_client.content_encoding import CHUNK_BYTES, decode
from reader.http_client.public_ip_addresses import is_not_metadata, is_private_by_name, is_public
from reader.importing.sources.http import open_fetcher
from reader.webmentions.fetching import is_permanent

NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.9",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2600::5efe:7f00:1",
    "2600::200:5efe:a00:1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
PUBLIC = [
    "8.8.8.8",
    "93.184.215.14",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "198.20.0.1",
    "223.255.255.254",
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "2400:3200::1",
    "2001:200::1",
    "2001:4860:4860::8888",
    "::ffff:93.184.215.14",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_of_private_and_special_networks_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address):
    assert is_public(address)


@pytest.fixture
def client() -> Iterator[HttpClient]:
    with HttpClient("test", allow_private=True) as found:
        yield found


@pytest.fixture
def careful() -> Iterator[HttpClient]:
    with HttpClient("test") as found:
        yield found


def get(client: HttpClient, address: str, largest_bytes: int = 1_000_000, seconds: float = 20.0):
    return client.get(address, largest_bytes=largest_bytes, seconds=seconds)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost",
     "[::]", "0", "①②⑦.0.0.1", "127。0。0。1", "LOCALHOST", "localhost."],
)  # fmt: skip
def test_no_way_of_writing_loopback_reaches_it(careful, host):
    with site({"/": (200, {}, b"secret")}) as (root, asked):
        port = root.rpartition(":")[2]
        with pytest.raises(FetchFailed):
            get(careful, f"http://{host}:{port}/")
        assert asked == []


def test_a_name_that_changes_its_answer_gains_nothing(careful, monkeypatch):
    answers = itertools.chain([["93.184.215.14", "127.0.0.1"]], itertools.repeat(["127.0.0.1"]))
    monkeypatch.setattr(network, "resolve", lambda host, port: next(answers))
    with site({"/": (200, {}, b"secret")}) as (root, asked):
        for _ in range(3):
            with pytest.raises(FetchFailed, match="private network"):
                get(careful, root.replace("127.0.0.1", "news.example"))
        assert asked == []


def test_the_connection_goes_to_the_address_that_was_judged(monkeypatch):
    judged, resolved = [], itertools.chain([["127.0.0.1"]], itertools.repeat(["127.0.0.2"]))
    monkeypatch.setattr(network, "resolve", lambda host, port: next(resolved))
    monkeypatch.setattr("reader.http_client.client.is_public", lambda address: judged.append(address) or True)
    with site({"/": (200, {}, b"open")}) as (root, asked), HttpClient("test") as client:
        assert get(client, root.replace("127.0.0.1", "news.example") + "/").content == b"open"
        assert asked[0][1]["Host"].startswith("news.example:")
    assert judged == ["127.0.0.1"]


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "gopher://a.example/", "ftp://a.example/", "javascript:1", "http://", "http:///a", "//a", "",
     "http://user@a.example/", "http://user:word@a.example/", "http://@a.example/", "http://[", "http://a.example:0/",
     "http://a.example:22/", "http://a.example:25/", "http://a.example:6379/", "http://a.example:99999/", "http://a b/",
     "http://a\x00b.example/", "http://a\u3000b.example/"],
)  # fmt: skip
def test_only_plain_web_addresses_are_fetched(careful, address, monkeypatch):
    monkeypatch.setattr(network, "resolve", lambda host, port: pytest.fail("it was looked up"))
    with pytest.raises(FetchFailed):
        get(careful, address)


@pytest.mark.parametrize("port", ["", ":80", ":443", ":8080", ":8443"])
def test_ports_of_the_web_are_allowed(port):
    assert checked_url(f"https://a.example{port}/b#c") == f"https://a.example{port}/b"


def test_a_redirect_is_told_and_never_followed_unjudged():
    with site({"/a": (302, {"Location": "/b?c#d"}, b""), "/empty": (301, {"Location": " "}, b"")}) as (root, asked):
        with HttpClient("test", allow_private=True) as client:
            assert get(client, f"{root}/a").redirect == f"{root}/b?c#d"
            assert get(client, f"{root}/empty").redirect == ""
        assert len(asked) == 2


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "http://u:p@127.0.0.1/", "http://169.254.169.254/latest/", "http://[::1]/"]
)
def test_each_redirect_is_judged(target, monkeypatch):
    """The first host counts as public here; the target of its redirect is checked as usual."""
    monkeypatch.setattr("reader.http_client.client.is_public", lambda address: address == "127.0.0.1")
    with site({"/a": (302, {"Location": target}, b"")}) as (root, asked):
        with pytest.raises(NotImported):
            open_fetcher(delay_seconds=0).fetch(f"{root}/a")
        assert [path for path, _ in asked] == ["/robots.txt", "/a"]


PACKERS: dict[str, list[Callable[[bytes], bytes]]] = {
    "gzip": [gzip.compress, lambda content: gzip.compress(content[:7]) + gzip.compress(content[7:])],
    "x-gzip": [gzip.compress],
    "br": [brotli.compress],
    "identity": [bytes],
    "gzip, br": [lambda content: brotli.compress(gzip.compress(content))],
}
CASES = [(coding, pack) for coding, packers in PACKERS.items() for pack in packers]


@pytest.mark.parametrize(("coding", "pack"), CASES)
@pytest.mark.parametrize("chunk_bytes", [1, 100, 1 << 20])
def test_every_coding_is_undone_however_the_bytes_arrive(coding, pack, chunk_bytes):
    content = b"".join(b"%d, " % number for number in range(40_000))
    packed = pack(content)
    chunks = (packed[n : n + chunk_bytes] for n in range(0, len(packed), chunk_bytes))
    assert b"".join(decode(chunks, coding)) == content
    assert b"".join(decode([pack(b"")], coding)) == b""


@pytest.mark.parametrize(("coding", "pack"), [case for case in CASES if case[0] != "identity"])
def test_a_bomb_comes_out_in_small_pieces(coding, pack):
    pieces = decode([pack(bytes(50_000_000))], coding)
    assert max(len(piece) for piece in itertools.islice(pieces, 20)) <= 4 * CHUNK_BYTES


@pytest.mark.parametrize(("coding", "pack"), [case for case in CASES if case[0] != "identity"])
def test_a_bomb_is_given_up_at_the_limit_of_size(client, coding, pack):
    with (
        site({"/": (200, {"Content-Encoding": coding}, pack(bytes(50_000_000)))}) as (root, _),
        pytest.raises(FetchFailed, match="larger than 1000 kB"),
    ):
        get(client, root)


def test_a_bomb_that_comes_to_nothing_in_the_next_coding_is_checked_all_the_same():
    """A few kilobytes of Brotli are gigabytes of empty gzip blocks, and those are no byte: no limit of size counts them."""
    packed = brotli.compress(gzip.compress(b"")[:10] + b"\x00\x00\x00\xff\xff" * 4_000_000, quality=1)
    assert len(packed) < 10_000
    checks = itertools.count()

    def check() -> None:
        if next(checks) > 100:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        list(decode([packed], "gzip, br", check))


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "compress", "x" * 5000, "gzip, gzip, gzip"])
def test_a_broken_or_unknown_coding_is_refused_by_name(client, coding):
    with (
        site({"/": (200, {"Content-Encoding": coding}, b"\xff\xfeno such thing" * 20)}) as (root, _),
        pytest.raises(FetchFailed) as refused,
    ):
        get(client, root)
    assert len(str(refused.value.reason)) < 200


@contextmanager
def dripping(first: bytes, drip: bytes) -> Iterator[str]:
    """A server that sends *first*, and then *drip* repeatedly and slowly, without end."""
    listener, stop = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(first)
                while not stop.wait(0.02):
                    connection.sendall(drip)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        stop.set()
        listener.close()
        thread.join()


@pytest.mark.parametrize(
    ("first", "drip"),
    [
        (b"", b""),
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", b"z"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nz\r\n"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10],
            b"\0",
        ),
    ],
    ids=["silence", "status line", "headers", "one header", "100 Continue", "body", "chunks", "packed body"],
)
def test_what_trickles_is_given_up_when_the_time_is_over(client, first, drip):
    with dripping(first, drip) as address, pytest.raises(FetchFailed):
        get(client, address, seconds=0.5)


def test_a_name_server_that_is_silent_is_given_up(careful, monkeypatch):
    silent = threading.Event()
    monkeypatch.setattr(network, "resolve", lambda host, port: silent.wait(60) and [])
    with pytest.raises(FetchFailed, match="timed out after 0 s"):
        get(careful, "http://news.example/", seconds=0.2)
    silent.set()


@pytest.mark.parametrize(("code", "is_lasting"), [(socket.EAI_AGAIN, False), (socket.EAI_NONAME, True)])
def test_only_a_name_that_does_not_exist_is_a_lasting_failure(careful, monkeypatch, code, is_lasting):
    """While the resolver is down, mentions of other sites wait for the next try."""

    def fail(*_args: object, **_options: object) -> None:
        raise socket.gaierror(code, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(FetchFailed, match=r"news\.example cannot be found") as failed:
        get(careful, "http://news.example/")
    assert is_permanent(failed.value) is is_lasting


def test_endless_headers_are_given_up(client):
    with dripping(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200_000, b"a: b\r\n") as address, pytest.raises(FetchFailed):
        get(client, address)


@pytest.mark.parametrize(
    "answer", [b"", b"\r\n\r\n", b"HTTP/9 x\r\n\r\n", b"SSH-2.0-OpenSSH_9\r\n", b"\x16\x03\x01\0\0", bytes(100)]
)
def test_an_answer_that_is_no_http_is_refused(client, answer):
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(10_000)
            connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    with pytest.raises(FetchFailed):
        get(client, f"http://127.0.0.1:{listener.getsockname()[1]}/", seconds=5)
    thread.join()
    listener.close()


def test_a_hub_may_be_private_only_if_its_address_says_so():
    assert all(
        map(is_private_by_name, ("http://localhost:8080/", "http://127.0.0.1/", "http://[::1]/", "http://10.1.1.1/hub"))
    )
    assert not any(map(is_private_by_name, ("https://hub.example/", "https://8.8.8.8/", "http://localhost.example/")))


METADATA = [
    "169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "168.63.129.16", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
    "fd00:ec2::254", "fd20:ce::254", "fe80::a9fe:a9fe%eth0",
]  # fmt: skip


@pytest.mark.parametrize("address", METADATA)
def test_addresses_where_a_cloud_tells_its_keys_are_refused_also_where_private_ones_are_allowed(address, monkeypatch):
    monkeypatch.setattr(network, "resolve", lambda host, port: [address])
    with HttpClient("test", allow_private=True) as client, pytest.raises(FetchFailed, match="private network"):
        client.get("http://intranet.example/", largest_bytes=1000, seconds=5)
    assert not is_not_metadata(address)


def test_other_private_addresses_are_no_such_ones():
    assert all(
        map(is_not_metadata, ("127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "fd00::1", "::ffff:10.0.0.1", "8.8.8.8"))
    )


def test_a_redirect_to_such_an_address_is_refused():
    pages = {"/": (302, {"Location": "http://169.254.169.254/latest/meta-data/"}, b"")}
    with site(pages) as (root, _), pytest.raises(NotImported, match=r"169\.254\.169\.254.*private network"):
        open_fetcher(allow_private=True, delay_seconds=0).fetch(f"{root}/")


def test_a_long_reason_of_a_server_is_cut(client):
    with dripping(b"HTTP/1.1 500 " + b"A" * 60_000 + b"\r\nContent-Length: 0\r\n\r\n", b"") as address:
        assert get(client, address).reason == "A" * LONGEST_REASON
    with dripping(b"HTTP/1.1 99 " + b"A" * 60_000 + b"\r\n\r\n", b"") as address, pytest.raises(FetchFailed) as failed:
        get(client, address)
    assert len(failed.value.reason) == LONGEST_REASON
