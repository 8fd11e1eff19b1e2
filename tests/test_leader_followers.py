"""The threads of a web process: one at a time answers from the response cache; others wait, read and compute."""

from __future__ import annotations

import io
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from waiting import LIMIT_SECONDS, wait_for

from reader.server.draining_middleware import DrainingMiddleware
from reader.server.leader_followers import LeaderFollowers
from reader.server.request_body import RequestBodies
from reader.server.web_process import cached_responses_of, granian_callback


class Request:
    """A request that can be answered at once or not, whose answer begins and may end when a test allows it."""

    def __init__(self, is_quick=True, may_end=True):
        self.is_quick, self.begun, self.may_end, self.answered = is_quick, threading.Event(), threading.Event(), 0
        self.thread = None
        if may_end:
            self.may_end.set()

    def answer(self):
        self.thread = threading.current_thread()
        self.begun.set()
        assert self.may_end.wait(LIMIT_SECONDS)
        self.answered += 1


def try_answer(request):
    if request.is_quick:
        request.answer()
    return request.is_quick


@pytest.fixture
def threads():
    return LeaderFollowers(try_answer, Request.answer)


@pytest.fixture
def start(threads):
    """``start(request)`` has a new thread handle it, as granian has one of its own, and returns the thread."""
    started = []

    def start(request, handle=threads.handle):
        thread = threading.Thread(target=handle, args=(request,), daemon=True)
        thread.start()
        started.append(thread)
        return thread

    yield start
    threads._has_leader, threads._followers = False, 0
    for _ in started:
        threads._tasks.put(None)
    for thread in started:
        thread.join(LIMIT_SECONDS)


def test_requests_that_come_while_the_leader_answers_are_left_to_it(threads, start):
    first, others = Request(may_end=False), [Request() for _ in range(5)]
    leading = start(first)
    assert first.begun.wait(LIMIT_SECONDS)
    followers = [start(request) for request in others]
    wait_for(lambda: threads._followers == 5)
    assert not any(request.answered for request in others)
    first.may_end.set()
    leading.join(LIMIT_SECONDS)
    assert [request.answered for request in (first, *others)] == [1] * 6
    assert {request.thread for request in others} == {leading}
    assert all(thread.is_alive() for thread in followers)  # they sleep


def test_who_needs_time_is_answered_by_a_follower_and_another_takes_the_next_request(threads, start):
    first = Request(may_end=False)
    slow = [Request(is_quick=False, may_end=False) for _ in range(2)]
    leading = start(first)
    assert first.begun.wait(LIMIT_SECONDS)
    for request in (*slow, Request()):
        start(request)
    wait_for(lambda: threads._followers == 3)
    first.may_end.set()
    assert all(request.begun.wait(LIMIT_SECONDS) for request in slow)
    assert leading in {request.thread for request in slow}
    assert len({request.thread for request in slow}) == 2
    wait_for(lambda: threads._followers == 1)  # one answers, one was let go to take requests
    for request in slow:
        request.may_end.set()


def test_a_leader_that_has_to_answer_lets_a_follower_go(threads, start):
    first = Request(may_end=False)
    start(first)
    assert first.begun.wait(LIMIT_SECONDS)
    follower = start(Request())
    wait_for(lambda: threads._followers == 1)
    first.may_end.set()
    wait_for(lambda: not threads._has_leader)
    slow = Request(is_quick=False, may_end=False)
    start(slow)
    assert slow.begun.wait(LIMIT_SECONDS)
    follower.join(LIMIT_SECONDS)
    assert (follower.is_alive(), threads._followers) == (False, 0)
    slow.may_end.set()


def test_a_thread_with_a_body_to_receive_lets_a_follower_go_and_answers_by_itself(threads, start):
    first = Request(may_end=False)
    start(first).join(0)
    assert first.begun.wait(LIMIT_SECONDS)
    follower = start(Request())
    wait_for(lambda: threads._followers == 1)
    first.may_end.set()
    wait_for(lambda: not threads._has_leader)
    body = Request(is_quick=False, may_end=False)
    receiving = start(body, threads.handle_here)
    assert body.begun.wait(LIMIT_SECONDS)
    assert body.thread is receiving
    follower.join(LIMIT_SECONDS)
    assert not follower.is_alive()
    body.may_end.set()


def test_an_idle_follower_ends(start):
    threads = LeaderFollowers(try_answer, Request.answer, idle_seconds=0.01)
    first = Request(may_end=False)
    start(first, threads.handle)
    assert first.begun.wait(LIMIT_SECONDS)
    follower = start(Request(), threads.handle)
    wait_for(lambda: threads._followers == 1)
    first.may_end.set()
    follower.join(LIMIT_SECONDS)
    assert (follower.is_alive(), threads._followers) == (False, 0)


def test_an_error_ends_no_leadership(caplog):
    def fail(_request):
        raise SystemExit("stopped")

    answered = []
    threads = LeaderFollowers(fail, answered.append)
    for n in range(3):
        threads.handle(n)
    assert answered == [0, 1, 2]
    assert caplog.text.count("could not be answered from the response cache") == 3


def test_every_request_is_answered_once_however_they_come():
    """Some 20,000 requests in 12 threads, as granian has them: each takes the next when it has handled one."""
    chance = random.Random(3)
    requests = [Request(is_quick=chance.random() < 0.9) for _ in range(20_000)]
    threads = LeaderFollowers(try_answer, Request.answer, idle_seconds=0.001)
    waiting = iter(requests)

    def take():
        for request in waiting_safely():
            (threads.handle_here if id(request) % 50 == 0 else threads.handle)(request)

    lock = threading.Lock()

    def waiting_safely():
        while True:
            with lock:
                request = next(waiting, None)
            if request is None:
                return
            yield request

    with ThreadPoolExecutor(12) as pool:
        for done in [pool.submit(take) for _ in range(12)]:
            done.result(LIMIT_SECONDS)
    assert {request.answered for request in requests} == {1}
    assert (threads._has_leader, threads._followers, len(threads._requests)) == (False, 0, 0)


# --- With the application ---------------------------------------------------------------------------------------------


class Protocol:
    """Stands for granian's: keeps the response."""

    def response_bytes(self, status, headers, body):
        self.status, self.headers, self.body = status, dict(headers), body

    def response_iter(self, status, headers, rest):
        chunks = []
        with suppress(StopIteration):
            while True:
                chunks.append(rest.__next__())
        rest.close()
        self.response_bytes(status, headers, b"".join(chunks))


@pytest.fixture
def server(app, publish):
    """``server(path)`` returns the ``Protocol`` with the response; ``server.asked`` are requests of the application."""
    publish({"2026-05-01/rain.md": "---\ntitle: 大雨\n---\n今天下雨。"})
    cache = app.extensions["response_cache"]
    cache._recompressor.submit = lambda variant: setattr(variant, "may_recompress", False)
    cache.revision.cached = cache.revision  # asked for by this thread, however slow the machine is
    application, asked = DrainingMiddleware(app.wsgi_app, RequestBodies(lambda _path: True)), []
    inner = application._inner
    application._inner = lambda environ, start: asked.append(environ["PATH_INFO"]) or inner(environ, start)
    answer = granian_callback(application, cached_responses_of(app))

    def ask(path="/a/rain", method="GET", **fields):
        scope = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1"}
        scope |= {"SERVER_NAME": "localhost", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1"}
        scope |= {"wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "HTTP_HOST": "localhost"} | fields
        protocol = Protocol()
        answer(protocol, scope)
        return protocol

    ask.asked, ask.application = asked, application
    return ask


def test_an_answer_that_fails_midway_is_closed():
    class Broken:
        closed = False

        def __iter__(self):
            yield b"x"
            raise OSError("the disk is gone")

        def close(self):
            self.closed = True

    answer = Broken()
    application = DrainingMiddleware(lambda _environ, _start: answer, RequestBodies(lambda _path: True))
    with pytest.raises(OSError, match="the disk is gone"):
        application({"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.input": io.BytesIO()}, lambda *_: None)
    assert answer.closed


def test_a_stored_response_is_answered_without_the_application(server):
    first = server()
    held = {"HTTP_IF_NONE_MATCH": first.headers["ETag"]}
    assert server(**held).status == 304
    server.asked.clear()
    again, unchanged = server(), server(**held)
    assert (again.status, again.body, unchanged.status, unchanged.body) == (200, first.body, 304, b"")
    assert server.asked == []


@pytest.mark.parametrize(
    "request_",
    [
        {"path": "/feed.xml"},
        {"method": "POST"},
        {"method": "OPTIONS"},
        {"HTTP_RANGE": "bytes=0-9"},
        {"HTTP_A_IM": "feed"},
        {"HTTP_AUTHORIZATION": "Basic eA=="},
        {"CONTENT_LENGTH": "0"},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"HTTP_COOKIE": "reader=dark"},
    ],
)
def test_what_is_not_stored_goes_to_the_application(server, request_):
    server(), server()
    server.application.bodies.receive = lambda environ: None
    server.asked.clear()
    server(**request_)
    assert len(server.asked) == 1


def test_a_page_that_an_event_loop_would_not_take_whole_goes_to_the_application(server, app, publish):
    publish({"2026-05-01/long.md": "---\ntitle: 长\n---\n" + "\n\n".join(f"第{n}段下雨。" for n in range(9_000))})
    assert len(server("/a/long").body) > 256 << 10
    server.asked.clear()
    hits = app.extensions["response_cache"].hits
    before = sum(hits.values())
    server("/a/long")
    assert server.asked == ["/a/long"]
    assert sum(hits.values()) - before == 1  # it is stored, and counted once


def test_while_a_process_ends_every_connection_is_closed_after_its_answer(server):
    server(), server()
    server.application.draining = True
    assert server().headers["Connection"] == "close"


def test_a_change_is_seen_although_requests_are_answered_at_once(server, publish):
    server(), server()
    publish({"2026-05-01/rain.md": "---\ntitle: 暴雨\n---\n今天下暴雨。"})
    wait_for(lambda: "暴雨" in server().body.decode())
    server.asked.clear()
    assert "暴雨" in server().body.decode()
    assert server.asked == []


def test_an_error_of_the_application_is_500(server, app, monkeypatch, caplog):
    def fail(environ, _start_response):
        raise OSError(environ["PATH_INFO"])

    monkeypatch.setattr(app.extensions["response_cache"], "inner", fail)
    assert [server().status for _ in range(2)] == [500, 500]
    assert caplog.text.count("a request ended with an error") == 2
