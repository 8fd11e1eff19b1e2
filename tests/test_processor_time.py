"""A client that takes much processor time is refused while others need it, and at no other time."""

from __future__ import annotations

import threading

import pytest
from waiting import LIMIT_SECONDS

from reader.web.middleware.forwarded import CLIENT
from reader.web.middleware.processor_time import MOST_SECONDS_PER_MINUTE, TEXTS_PER_MINUTE, ProcessorTimeLimit


class Site:
    """An application that takes a second of processor time for each page, and waits at ``/wait``."""

    def __init__(self) -> None:
        self.limit = ProcessorTimeLimit(self._answer, busy=1, clock=lambda: self._taken)
        self._taken, self.waits, self.may_end = 0.0, threading.Event(), threading.Event()

    def _answer(self, environ, start_response):
        if environ["PATH_INFO"] == "/wait":
            self.waits.set()
            assert self.may_end.wait(LIMIT_SECONDS)
        self._taken += 1
        start_response("200 OK", [])
        return [b""]

    def status(self, client: str, path: str = "/", method: str = "GET") -> str:
        said = []
        self.limit({"PATH_INFO": path, CLIENT: client, "REQUEST_METHOD": method}, lambda *answer: said.append(answer))
        status, headers = said[0]
        assert status == "200 OK" or int(dict(headers)["Retry-After"]) > 0
        return status[:3]


@pytest.fixture
def busy_site():
    site = Site()
    other = threading.Thread(target=site.status, args=("192.0.2.200", "/wait"))
    other.start()
    assert site.waits.wait(LIMIT_SECONDS)
    yield site
    site.may_end.set()
    other.join()


def test_a_client_that_takes_more_than_its_time_is_refused_and_no_other(busy_site):
    asked = [busy_site.status("192.0.2.1") for _ in range(MOST_SECONDS_PER_MINUTE + 2)]
    assert asked == ["200"] * MOST_SECONDS_PER_MINUTE + ["503"] * 2
    assert busy_site.status("192.0.2.2") == "200"


def test_what_people_type_is_taken_from_an_address_that_is_refused_a_few_times_a_minute(busy_site):
    for _ in range(MOST_SECONDS_PER_MINUTE):
        busy_site.status("192.0.2.1")
    sent = [busy_site.status("192.0.2.1", method="POST") for _ in range(TEXTS_PER_MINUTE + 1)]
    assert sent == ["200"] * TEXTS_PER_MINUTE + ["503"]
    assert busy_site.status("192.0.2.1") == "503"


def test_a_client_that_nobody_knows_is_not_refused(busy_site):
    assert {busy_site.status("") for _ in range(MOST_SECONDS_PER_MINUTE + 2)} == {"200"}


def test_while_nobody_else_is_answered_nobody_is_refused():
    site = Site()
    assert {site.status("192.0.2.1") for _ in range(MOST_SECONDS_PER_MINUTE + 2)} == {"200"}
