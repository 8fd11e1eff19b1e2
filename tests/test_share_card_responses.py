"""Pictures drawn from text (share cards, covers): drawn once, in a child process, within limits for each client."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from reader.app import create_app
from reader.errors import Busy
from reader.jobs import share_cards_and_covers
from reader.services import build_services
from reader.web.http_responses import share_card_responses

PATHS = ("/a/rain/card.png", "/opds/cover/rain.png", "/opds/cover/2026-05-01.png")


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """The requests to the child."""
    requests: list[str] = []
    request_card = share_cards_and_covers._children.request

    def counted(command, limits, request, timeout_seconds):
        requests.append(request)
        return request_card(command, limits, request, timeout_seconds)

    monkeypatch.setattr(share_cards_and_covers._children, "request", counted)
    return requests


@pytest.mark.parametrize("path", PATHS)
def test_a_picture_is_drawn_once_for_all_requests_and_servers(settings, services, publish, asked, path):
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    client = create_app(services).test_client()
    first = client.get(path)
    assert (first.status_code, first.data[:4]) == (200, b"\x89PNG")
    assert first.headers["Cache-Control"].startswith("public, max-age=")
    assert "Content-Encoding" not in first.headers
    for _ in range(3):
        assert client.get(path).data == first.data
        assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert create_app(build_services(settings)).test_client().get(path).data == first.data
    assert len(asked) == 1


def test_another_title_is_another_picture(services, publish, client):
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    first = client.get(PATHS[0])
    publish({"2026-05-01/rain.md": "# 暴雨\n\n今天下雨。"})
    assert client.get(PATHS[0]).headers["ETag"] != first.headers["ETag"]


def test_a_client_may_have_a_limited_number_drawn_and_any_number_of_those_that_are_there(settings, drop, monkeypatch):
    monkeypatch.setattr(share_card_responses, "DRAWINGS_PER_MINUTE", 2)
    for n in range(3):
        drop(f"2026-05-01/a{n}.md", f"# 第{n}篇\n\n今天下雨。")
    services = build_services(replace(settings, trusted_proxies="none"))
    services.library.scan_all()
    client = create_app(services).test_client()

    def get(number: int, address: str) -> int:
        return client.get(f"/a/a{number}/card.png", environ_overrides={"REMOTE_ADDR": address}).status_code

    assert [get(n, "203.0.113.7") for n in range(3)] == [200, 200, 429]
    assert [get(n, "203.0.113.7") for n in (0, 1, 0, 1)] == [200] * 4
    assert get(2, "203.0.113.8") == 200
    assert get(2, "203.0.113.7") == 200


def test_few_requests_wait_and_the_next_is_told_to_come_again(services, settings):
    released = threading.Event()
    services.drawings._executor.submit(released.wait)
    with ThreadPoolExecutor(share_cards_and_covers.MOST_WAITING_REQUESTS) as visitors:
        waiting = [
            visitors.submit(services.drawings.get, f"a{n}", "cover", "题", "报", "")
            for n in range(share_cards_and_covers.MOST_WAITING_REQUESTS)
        ]
        while services.drawings._request_slots._value:
            pass
        with pytest.raises(Busy):
            services.drawings.get("b", "cover", "题", "报", "")
        released.set()
        assert {future.result(60)[:4] for future in waiting} == {b"\x89PNG"}


def test_a_full_disk_costs_no_picture(settings, services):
    settings.instance.mkdir(exist_ok=True)
    (settings.instance / "drawings").write_text("in the way")
    assert services.drawings.get("a", "card", "题", "报", "Reader")[:4] == b"\x89PNG"


def test_a_title_of_any_length_is_drawn(services):
    assert services.drawings.get("a", "card", "长" * 50_000, "", "")[:4] == b"\x89PNG"
    assert services.drawings.get("b", "cover", "\u202e<b>{{7*7}}\x01", "", "")[:4] == b"\x89PNG"
