"""Clients that say nothing, too little or take nothing: everybody else is answered."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import threading
import time
import urllib.parse
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest
from faults.running import Server, descriptors, running, wait_for
from long_forms import few, long_form
from waiting import LIMIT_SECONDS

from reader.jobs.export_service import address_hash
from reader.storage.file_cache import FileCache

CLIENTS = 200
BEGINNINGS = {
    "silent": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-",
    "half a body": b"POST /preferences HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nsize=",
    "half a chunked body": b"POST /preferences HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsize=\r\n",
    "takes no answer": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 20,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    found = Server(tmp_path_factory.mktemp("slow"))
    found.publish("rain")
    with running(found):
        yield found


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS.keys())
def test_two_hundred_slow_clients_stop_nobody_else(server, beginning):
    with ExitStack() as clients:
        for _ in range(CLIENTS):
            client = clients.enter_context(
                closing(socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_SECONDS))
            )
            client.sendall(beginning)
        for _ in range(20):
            assert server.status("/a/rain") == 200
    wait_for(server.answers, server)


@contextmanager
def tricklers(server, count, address="127.0.0.1"):
    """*count* clients at *address*, each of which sends a body byte by byte; yields their connections."""
    stop = threading.Event()
    with ExitStack() as clients:
        connected = []
        for _ in range(count):
            client = clients.enter_context(
                closing(socket.create_connection(("127.0.0.1", server.port), LIMIT_SECONDS, (address, 0)))
            )
            client.sendall(BEGINNINGS["half a body"])
            connected.append(client)

        def trickle():
            while not stop.wait(0.3):
                for client in connected:
                    with suppress(OSError):
                        client.send(b"x")

        sending = threading.Thread(target=trickle)
        sending.start()
        try:
            yield connected
        finally:
            stop.set()
            sending.join()


def answer_to_form(server) -> int:
    """The status. A form that is refused gets an answer, not a reset.

    But the slow clients have its address. Of the connections of one address, ConnectionWatch cannot tell which one carries
    the body that is too slow, as granian names no port: on a busy machine it may end this one, too. Then it is sent again.
    """
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(20):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT_SECONDS)
        with closing(connection), suppress(ConnectionResetError, BrokenPipeError):
            connection.request("POST", "/preferences", urllib.parse.urlencode({"size": "large"}), form)
            return connection.getresponse().status
    raise AssertionError("twenty resets in a row")


def test_a_form_is_taken_although_ten_others_are_sent_byte_by_byte(server):
    wait_for(lambda: answer_to_form(server) == 303, server)
    with tricklers(server, 10):
        time.sleep(2)
        for _ in range(5):
            wait_for(
                lambda: answer_to_form(server) == 303, server
            )  # 503 only if a busy machine takes 8 s for the others
            assert server.status("/a/rain") == 200


def test_a_form_is_taken_when_it_is_sent_again_although_sixty_others_are_sent_byte_by_byte(server):
    with tricklers(server, 60):
        assert server.status("/a/rain") == 200
        wait_for(lambda: answer_to_form(server) == 303, server)  # 503 and Retry-After, or a little patience, before
        for _ in range(5):
            assert answer_to_form(server) in (303, 503)  # the other web process may still be full


def test_a_form_is_taken_at_once_although_another_address_sends_sixty_byte_by_byte(server):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with tricklers(server, 60, "127.0.0.9"):
        time.sleep(1)
        for _ in range(6):  # either web process
            connection = http.client.HTTPConnection("127.0.0.1", server.port, LIMIT_SECONDS, ("127.0.0.2", 0))
            with closing(connection):
                connection.request("POST", "/preferences", "size=large", form)
                assert connection.getresponse().status == 303


def test_a_download_over_a_slow_line_outlasts_a_reload(tmp_path):
    server = Server(tmp_path, workers=1)
    server.publish("rain")
    with running(server):
        path, size_bytes = path_of_export(server, 4 * LARGE_BYTES), 4 * LARGE_BYTES
        with ExitStack() as open_clients:
            [client] = asked_for_without_taking(server, path, 1, open_clients)
            answer = client.recv(4096)
            server.process.send_signal(signal.SIGHUP)
            wait_for(lambda: server.log.count("Started worker") == 2, server)
            for _ in range(130):  # 13 s, more than a stop allows
                answer += client.recv(4096)
                time.sleep(0.1)
            while chunk := client.recv(1 << 20):
                answer += chunk
            head, _, body = answer.partition(b"\r\n\r\n")
            assert (head[:12], len(body)) == (b"HTTP/1.1 200", size_bytes)


@long_form
def test_a_head_and_a_body_that_never_end_are_given_up_also_when_they_come_byte_by_byte(server):
    with tricklers(server, 1) as [trickling], ExitStack() as clients:
        silent = []
        for beginning in ("half a head", "half a body"):
            client = socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_SECONDS)
            silent.append(clients.enter_context(closing(client)))
            client.sendall(BEGINNINGS[beginning])
        for client in silent:
            while client.recv(4096):
                pass
        trickling.settimeout(LIMIT_SECONDS)
        with suppress(ConnectionResetError):
            while trickling.recv(4096):
                pass


@pytest.mark.parametrize("path", ["/a/rain", "/nothing/here", "/feed.json"])
def test_a_body_that_no_page_reads_is_not_waited_for(server, path):
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_SECONDS)) as client:
        client.sendall(BEGINNINGS["half a body"].replace(b"/preferences", path.encode()))
        assert client.recv(12) in (b"HTTP/1.1 404", b"HTTP/1.1 405")


@pytest.mark.parametrize(("path", "status"), [("/a/rain", 405), ("/nothing/here", 404), ("/preferences", 413)])
def test_who_sends_a_large_body_that_nobody_wants_sees_the_answer(server, path, status):
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT_SECONDS)) as connection:
        connection.request("POST", path, bytes(10_000_000))
        assert connection.getresponse().status == status


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(server):
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_SECONDS)) as client:
        client.sendall(BEGINNINGS["half a body"].replace(b"1000", b"100000000"))
        assert client.recv(12) == b"HTTP/1.1 413"


@pytest.mark.parametrize(
    "beginning", few([b"GET /a/rain HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b""]), ids=few(["idle", "silent"])
)
def test_unused_connections_make_room_when_half_of_the_places_are_taken(tmp_path, beginning):
    server = Server(tmp_path, workers=1, prefix=("prlimit", "--nofile=440:440"))  # 224 connections
    server.publish("rain")
    with running(server), ExitStack() as clients:
        visitor = clients.enter_context(
            closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT_SECONDS))
        )
        silent = [
            clients.enter_context(closing(socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_SECONDS)))
            for _ in range(200)
        ]
        for client in silent:
            client.sendall(beginning)
            assert not beginning or client.recv(65_536)
            client.setblocking(False)

        def ended():
            visitor.request("GET", "/a/rain")  # who speaks keeps the connection
            assert visitor.getresponse().read()
            count = sum(is_ended(client) for client in silent)
            return count if count > 80 else 0

        assert wait_for(ended, server) < 200 or beginning  # after 15 s the server ends all that are idle


LARGE_BYTES = 3_000_000


def asked_for_without_taking(server, path, count, clients):
    """*count* clients that ask for *path* and take nothing of it, but for what fits into a small buffer."""
    for _ in range(count):
        client = clients.enter_context(closing(socket.socket()))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(LIMIT_SECONDS)
        client.connect(("127.0.0.1", server.port))
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: identity\r\n\r\n".encode())
        yield client


def path_of_export(server, size_bytes) -> str:
    """The address of a file of that size among the finished exports of the article."""
    key = f"0123456789abcdef-{address_hash('/a/rain')}-{size_bytes}"
    FileCache(server.instance / "exports", 1 << 30).put(f"{key}.pdf", os.urandom(size_bytes))
    return f"/files/{key}/rain.pdf"


def memory_kb(server) -> int:
    """The resident memory of all web processes."""
    statuses = [Path(f"/proc/{pid}/status").read_text("ascii") for pid in server.web_processes()]
    return sum(int(re.search(r"VmRSS:\s+(\d+)", status)[1]) for status in statuses)


def test_a_large_file_that_nobody_takes_is_not_held_in_memory_for_each_of_three_hundred_clients(tmp_path):
    server = Server(tmp_path)
    server.publish("rain")
    with running(server):
        assert server.status("/a/rain") == 200
        path = path_of_export(server, LARGE_BYTES)
        assert server.status(path) == 200
        before = memory_kb(server)
        with ExitStack() as open_clients:
            clients = list(asked_for_without_taking(server, path, 300, open_clients))
            heads = [client.recv(12) for client in clients]
            assert set(heads) <= {b"HTTP/1.1 200", b"HTTP/1.1 503"}
            assert heads.count(b"HTTP/1.1 200") >= 20
            assert server.status("/a/rain") == 200
            assert memory_kb(server) - before < 300 * LARGE_BYTES // 1024 // 3  # 900 MB, if each had its copy
        wait_for(lambda: server.status(path) == 200, server)


def is_being_sent(server, path) -> bool:
    """Whether a web process has the file open."""
    return is_open(server, f"{path.split('/')[2]}.pdf")


def is_open(server, name) -> bool:
    files = [file for pid in server.web_processes() for file in descriptors(pid)]
    with suppress(FileNotFoundError):
        return any(file.readlink().name == name for file in files)
    return True


@long_form
def test_a_client_that_takes_a_byte_now_and_then_does_not_keep_its_place(server):
    path = path_of_export(server, 8 * LARGE_BYTES)
    with ExitStack() as open_clients:
        [client] = asked_for_without_taking(server, path, 1, open_clients)

        def is_given_up():
            time.sleep(2)
            client.recv(512)
            return not is_being_sent(server, path)

        assert not is_given_up()
        wait_for(is_given_up, server)


def is_ended(client) -> bool:
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def test_clients_that_take_a_film_slowly_stop_no_page_no_other_player_and_thirty_of_them_no_download(tmp_path):
    """They come from as many networks. Eighty of them keep all places for large files; sixty-four of four networks don't."""
    server = Server(tmp_path, workers=1, environment={"READER_TRUSTED_PROXIES": "none"})  # each address is a client
    film = os.urandom(12 << 20)
    (tmp_path / "articles" / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + film)
    server.publish("rain", "今天下雨。\n\n![雨](film.mp4)")
    with running(server):
        wait_for(lambda: server.status("/a/rain") == 200, server)
        [path] = set(re.findall(r"/media/[0-9a-f]+-\d+\.mp4", server.get("/a/rain")[1].decode()))
        with ExitStack() as open_clients:

            def heads(hosts, kept=open_clients):
                clients = [
                    kept.enter_context(
                        closing(socket.create_connection(("127.0.0.1", server.port), 60, (f"127.0.{host}", 0)))
                    )
                    for host in hosts
                ]
                for client in clients:
                    client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
                return [client.recv(12) for client in clients]

            with ExitStack() as of_four_networks:
                few = [f"{network}.{host}" for network in range(201, 205) for host in (1, 2)] * 8
                assert set(heads(few, of_four_networks)) == {b"HTTP/1.1 200"}
                assert len(server.get(path)[1]) > len(film)
            wait_for(lambda: not is_open(server, "film.mp4"), server)
            assert set(heads([f"{network}.1" for network in range(30)])) == {b"HTTP/1.1 200"}
            assert len(server.get(path)[1]) > len(film)
            crowd = heads([f"{network}.1" for network in range(30, 80)])
            assert crowd.count(b"HTTP/1.1 200") >= 34
            assert crowd.count(b"HTTP/1.1 503") >= 1  # all places are taken
            for number in range(10):
                assert server.status("/a/rain") == 200
                first = number << 18
                status, body, head = server.request(path, Range=f"bytes={first}-", **{"Sec-Fetch-Dest": "video"})
                assert (status, len(body)) == (206, 1 << 18)
                assert head["Content-Range"].startswith(f"bytes {first}-")
