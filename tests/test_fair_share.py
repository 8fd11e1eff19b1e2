"""One visitor cannot exhaust shared resources: exports, searches, token attempts, response cache memory."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import pytest

from reader.app import create_app
from reader.server.draining_middleware import LargeResponse
from reader.server.large_response_slots import LargeResponseSlots
from reader.services import build_services
from reader.web.limits.bounded_cache import BoundedCache
from reader.web.limits.rate_limits import NETWORK_SHARES, ClientLimits, WaitingSlots
from reader.web.views import downloads, issues

PROXY = "127.0.0.1"


@pytest.fixture
def behind_proxy(settings, drop, monkeypatch):
    """``ask(path, client, …)`` sends a request through a trusted proxy."""
    for name in ("rain", "sun", "wind"):
        drop(f"2026-05-01/{name}.md", f"# {name}\n\n今天{name}。")
    services = build_services(
        replace(settings, trusted_proxies=PROXY, exports_per_minute=3, searches_per_minute=4, editor_token="a" * 16)
    )
    services.library.scan_all()
    monkeypatch.setattr(downloads, "PATIENCE_SECONDS", 0)
    client = create_app(services).test_client(use_cookies=False)

    def ask(path, address, **options):
        return client.open(path, headers={"X-Forwarded-For": address}, **options)

    return ask


def test_a_visitors_share_of_exports_ends_and_anothers_does_not(behind_proxy):
    asked = ["/a/rain.pdf", "/a/sun.pdf", "/a/wind.pdf", "/a/rain.pdf?page=a4"]
    assert [behind_proxy(path, "203.0.113.7").status_code for path in asked] == [503, 503, 503, 429]
    refused = behind_proxy("/a/sun.pdf?page=a4", "203.0.113.7")
    assert (refused.status_code, int(refused.headers["Retry-After"]) > 0) == (429, True)
    assert behind_proxy("/a/sun.pdf?page=a4", "203.0.113.8").status_code == 503
    assert behind_proxy("/a/sun.txt", "203.0.113.7").status_code == 200


def test_a_forged_address_before_the_proxys_own_entry_buys_nothing(behind_proxy):
    answers = [behind_proxy(f"/search?q=x{n}", f"198.51.100.{n}, 203.0.113.7").status_code for n in range(6)]
    assert answers == [200] * 4 + [429] * 2


def test_a_household_of_ipv6_counts_as_one(behind_proxy):
    answers = [behind_proxy(f"/search?q=x{n}", f"2001:db8:0:1::{n}").status_code for n in range(1, 7)]
    assert answers == [200] * 4 + [429] * 2


def test_clients_of_ipv4_are_told_apart_on_a_socket_that_listens_on_both(settings, drop):
    drop("2026-05-01/rain.md", "# 大雨\n\n今天下雨。")
    services = build_services(replace(settings, trusted_proxies="none", searches_per_minute=2))
    services.library.scan_all()
    client = create_app(services).test_client()

    def search(address, word):
        return client.get(f"/search?q={word}", environ_overrides={"REMOTE_ADDR": address}).status_code

    assert [search("::ffff:203.0.113.7", word) for word in "abc"] == [200, 200, 429]
    assert search("::ffff:203.0.113.8", "d") == 200
    assert search("203.0.113.7", "e") == 429


def test_a_port_that_a_proxy_adds_to_the_address_buys_nothing(behind_proxy):
    answers = [behind_proxy(f"/search?q=x{n}", f"203.0.113.7:{n + 1024}").status_code for n in range(6)]
    assert answers == [200] * 4 + [429] * 2


def test_no_cache_keeps_for_others_what_one_client_was_refused(behind_proxy):
    refused = [behind_proxy(f"/search?q=x{n}", "203.0.113.7") for n in range(5)][-1]
    assert (refused.status_code, refused.headers["Cache-Control"]) == (429, "no-store")
    refused = behind_proxy("/metrics", "203.0.113.7")
    assert (refused.status_code, refused.headers["Cache-Control"]) == (403, "no-store")


def test_without_a_named_proxy_nobody_is_counted_together(client, publish):
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    answers = {
        client.get(f"/search?q=x{n}", headers={"X-Forwarded-For": "203.0.113.7"}).status_code for n in range(200)
    }
    assert answers == {200}


def test_guessing_the_token_is_slowed_for_each_and_for_all(behind_proxy):
    def guess(address, token="wrong"):
        return behind_proxy("/editor/login", address, method="POST", data={"token": token}).status_code

    assert [guess("203.0.113.7") for _ in range(7)] == [403] * 5 + [429] * 2
    assert guess("203.0.113.7", "a" * 16) == 429
    assert guess("203.0.113.8", "a" * 16) == 303
    assert 429 in [guess(f"203.0.113.{n}") for n in range(20, 60)]
    assert guess("203.0.113.20", "a" * 16) == 429  # it has guessed
    assert guess("203.0.113.61", "a" * 16) == 303  # strangers cannot lock the editor out, not even of his network
    assert guess("198.51.100.9", "a" * 16) == 303


def test_guessing_it_on_the_page_of_an_ended_session_is_slowed_too_and_loses_no_text(behind_proxy):
    typed = {"title": "新稿", "body": "写了很久", "token": "wrong"}
    answers = [behind_proxy("/editor/save", "203.0.113.7", method="POST", data=typed) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429] * 2
    assert all("写了很久" in answer.text for answer in answers)


def test_an_address_is_not_kept_as_it_is():
    limits = ClientLimits()
    limits.spend("exports", 5, "203.0.113.7")
    assert "203.0.113" not in repr([vars(counts) for counts in limits._counts._counts.values()])


def test_light_formats_are_made_at_once_and_leave_no_row(client, publish, services):
    publish({f"2026-05-01/a{n}.md": f"# 第{n}篇\n\n今天下雨。" for n in range(6)})
    for path in ("/a/a1.txt", "/a/a1.md", "/a/a1.json", "/a/a1.html", "/a/a1.epub", "/d/2026-05-01.txt"):
        assert client.get(path, buffered=True).status_code == 200, path
    for n in range(5):
        assert client.get(f"/selection.txt?a=a{n}&a=a{n + 1}").status_code == 200
    assert services.export_service.jobs.waiting() == 0


def test_a_light_format_is_the_same_file_that_a_worker_makes(client, publish):
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    first, again = client.get("/a/rain.txt"), client.get("/a/rain.txt")
    assert (first.data, first.headers["ETag"]) == (again.data, again.headers["ETag"])
    part = client.get("/a/rain.txt", headers={"Range": "bytes=0-3", "If-Range": first.headers["ETag"]})
    assert (part.status_code, part.data) == (206, first.data[:4])
    assert client.get("/a/rain.txt", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_unknown_parameters_and_their_order_make_no_further_entry_in_the_response_cache(app, client, publish):
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    cache = app.extensions["response_cache"]
    for n in range(50):
        client.get(f"/a/rain?utm_source={n}&script=hant&script={n}&{n}={n}")
        client.get(f"/opds?x={n}")
    assert len(cache._current.pages) == 2
    assert "x=" not in client.get("/opds?x=evil").text


def test_random_addresses_never_take_more_memory_than_the_cache_may(settings, drop):
    drop("2026-05-01/rain.md", "# 大雨\n\n今天下雨。")
    services = build_services(replace(settings, response_cache_mb=1))
    services.library.scan_all()
    app = create_app(services)
    client, cache = app.test_client(), app.extensions["response_cache"]
    for n in range(300):
        client.get(f"/search?q={n}", headers={"Host": f"h{n}.example", "Accept-Language": "zh," + "x" * 4000})
    held = sum(page.size_bytes for table in (cache._current.pages, cache._current.older) for page in table.values())
    assert held <= 1 << 20


def test_machines_are_kept_from_what_costs_work(client, publish):
    publish({"2026-05-01/rain.md": "---\ntags: [雨]\n---\n# 大雨\n\n今天下雨。"})
    rules = client.get("/robots.txt").text
    for pattern in ("/search", "/selection.", "/*.pdf$", "/*.epub$", "/files/"):
        assert f"Disallow: {pattern}\n" in rules
    searches = (
        "/search?q=雨",
        "/opds/search?q=雨",
        "/search/feed.json?q=雨",
        "/search/feed.xml?q=雨",
        "/feed.xml?tag=雨",
    )
    for path in (*searches, "/a/rain.txt", "/a/rain.epub", "/a/rain.pdf"):
        assert client.get(path, buffered=True).headers["X-Robots-Tag"] == "noindex"
    for path in ("/a/rain", "/feed.json", "/opds/articles"):
        assert "X-Robots-Tag" not in client.get(path).headers, path


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"User-Agent": "KOReader/2026.03"}, True),
        ({"User-Agent": "Moon+ Reader/9"}, True),
        ({"Accept": "application/epub+zip"}, True),
        ({"Accept": "text/html,*/*;q=0.8", "User-Agent": "Mozilla/5.0"}, False),
        ({"User-Agent": "curl/8"}, False),
    ],
)
def test_an_e_reader_waits_for_its_book(app, headers, waits):
    with app.test_request_context("/d/latest.epub", headers=headers):
        assert downloads.is_e_reader() is waits


def test_whoever_has_a_whole_network_has_the_share_of_some_clients_only(settings, drop):
    drop("2026-05-01/rain.md", "# 大雨\n\n今天下雨。")
    services = build_services(replace(settings, trusted_proxies="none", searches_per_minute=2))
    services.library.scan_all()
    client = create_app(services).test_client()

    def search(address, word):
        return client.get(f"/search?q={word}", environ_overrides={"REMOTE_ADDR": address}).status_code

    for network, other in (("203.0.113.{}", "203.0.114.1"), ("2001:db8:7:{}::1", "2001:db8:8::1")):
        answers = [search(network.format(n % 60 + 1), f"{other}{n}") for n in range(120)]
        assert answers.count(200) == 2 * NETWORK_SHARES
        assert search(other, "x") == 200


def test_one_client_does_not_take_all_places_to_wait_in():
    slots = WaitingSlots(total=3, per_client=2)
    with slots.acquire("203.0.113.7") as first, slots.acquire("203.0.113.7:99") as second:
        with slots.acquire("203.0.113.7") as third, slots.acquire("203.0.113.8") as other:
            assert (first, second, third, other) == (True, True, False, True)
            with slots.acquire("") as unknown:
                assert not unknown
        with slots.acquire("") as unknown:
            assert unknown
    assert not slots._used


FIELDS_OF_A_VISITOR = [
    ("/a/rain", "Cookie", "reader=x{}"),
    ("/a/rain", "Cookie", "a{}=1; reader=s3"),
    ("/feed.xml", "Sec-Fetch-Dest", "x{}"),
    ("/feed.xml", "Upgrade-Insecure-Requests", "x{}"),
    ("/a/rain", "Save-Data", "x{}"),
    ("/a/rain", "Accept-Language", "x{}"),
    ("/a/rain", "Accept-Encoding", "x{}"),
    ("/feed.xml", "Accept", "x{}"),
    ("/a/rain", "User-Agent", "x{}"),
]


@pytest.mark.parametrize(("path", "field", "value"), FIELDS_OF_A_VISITOR)
def test_no_request_field_has_one_page_built_again_and_again(app, client, publish, path, field, value):
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    for n in range(6):
        assert client.get(path, headers={field: value.format(n)}).status_code == 200
    assert app.extensions["response_cache"].hits == {"200 OK": 5}


def test_a_finished_book_is_sent_without_reading_its_articles(client, publish, services, monkeypatch):
    publish({f"2026-05-01/a{n}.md": f"---\nsection: 河北\n---\n# 第{n}篇\n\n今天下雨。" for n in range(3)})
    for path, name in (("/d/2026-05-01.pdf", "issue"), ("/s/河北.epub", "section")):
        client.get(path)
        [job] = [services.export_service.jobs.claim()]
        services.export_service.store.put(job.key, b"%PDF-1.7 " + name.encode())
        services.export_service.jobs.finish(job.key)
        assert client.get(path, buffered=True).status_code == 200
    monkeypatch.setattr(services.catalog, "articles", lambda slugs: pytest.fail("the articles were read"))
    for path in ("/d/2026-05-01.pdf", "/s/河北.epub"):
        whole = client.get(path, buffered=True)
        assert client.get(path, headers={"Range": "bytes=0-3"}, buffered=True).data == whole.data[:4]
        assert client.get(path, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304


def test_an_issue_page_compresses_each_article_once_whoever_asks(client, publish, services, monkeypatch):
    publish({f"2026-05-01/a{n}.md": f"# 第{n}篇\n\n今天下雨。" for n in range(5)})
    compressed = []
    compress = issues.compressed

    def counted(raw, encoding):
        compressed.append(raw)
        return compress(raw, encoding)

    monkeypatch.setattr(issues, "compressed", counted)
    monkeypatch.setattr(issues, "_weights", BoundedCache(100))
    for theme in ("dark", "sepia", "light"):
        client.set_cookie("reader", theme)
        page = client.get("/d/2026-05-01/")
        assert (page.status_code, page.headers["Cache-Control"]) == (200, "private, no-cache")
    assert len(compressed) == 5
    publish({"2026-05-01/a0.md": "# 第零篇\n\n今天下大雨。"})
    assert client.get("/d/2026-05-01/").status_code == 200
    assert len(compressed) == 6


def test_sitemaps_are_made_once_whatever_name_the_site_is_asked_under(client, publish, services, monkeypatch):
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    for path in ("/sitemap.xml", "/sitemap-2026-05.xml", "/news-sitemap.xml"):
        first = client.get(path)
        assert (first.status_code, "http://localhost/" in first.text or "news" in path) == (200, True)
        with monkeypatch.context() as patched:
            for name in ("latest", "issues"):
                patched.setattr(services.catalog, name, lambda *_, **__: pytest.fail("it was made again"))
            for n in range(3):
                other = client.get(path, headers={"Host": f"h{n}.example"}).text
                assert other == first.text.replace("http://localhost", f"http://h{n}.example")


def test_no_option_makes_the_same_file_twice(client, publish, services, monkeypatch):
    monkeypatch.setattr(downloads, "PATIENCE_SECONDS", 0)  # nobody works on the queue
    publish(
        {
            "2026-05-01/rain.md": "# 大雨\n\n今天下雨。",
            "2026-05-01/en.md": "---\nlanguage: en\n---\n# Rain\n\nIt rains.",
        }
    )
    for path in ("/a/rain.pdf", "/a/en.pdf", "/d/2026-05-01.epub"):
        for query in ("", "?page=", "?script=hans", "?page=a4", "?script=hans&page=a4", "?utm=1", "?page=a4&page=a6"):
            client.get(f"{path}{'' if path.endswith('epub') and 'page' in query else query}")
    assert services.export_service.jobs.waiting() == 3
    client.get("/a/en.pdf?script=hant")
    assert services.export_service.jobs.waiting() == 3
    client.get("/a/rain.pdf?script=hant")
    assert services.export_service.jobs.waiting() == 4
    assert client.get("/a/rain.pdf?script=latin").status_code == 400


def test_what_has_as_many_addresses_as_one_likes_is_counted(behind_proxy):
    for path in (
        "/feed.xml?tag=x{}",
        "/opds/issues?before=2026-05-{:02}",
        "/opds/search?q=x{}",
        "/search/atom.xml?q=x{}",
    ):
        address = f"203.0.113.{len(path)}"
        answers = [behind_proxy(path.format(n), address).status_code for n in range(1, 7)]
        assert answers[4:] == [429, 429], path


TEXTS = ("/a/rain.txt", "/a/rain.md", "/selection.txt?a=rain&a=sun", "/d/2026-05-01.json")


def test_texts_made_in_the_request_are_counted_unless_they_are_in_the_cache(behind_proxy, monkeypatch):
    monkeypatch.setattr(downloads, "TEXTS_PER_MINUTE", 3)
    assert {behind_proxy("/a/rain.txt", "203.0.113.7").status_code for _ in range(9)} == {200}
    answers = [behind_proxy(path, "203.0.113.7", buffered=True).status_code for path in TEXTS[1:] for _ in range(2)]
    assert 429 in answers
    assert behind_proxy("/a/sun.txt", "203.0.113.8").status_code == 200


def test_a_book_counts_for_as_many_exports_as_its_articles_are_worth(settings, drop, monkeypatch):
    """So one visitor cannot fill the places of books that wait."""
    for n in range(60):
        drop(f"2026-05-01/a{n}.md", f"# 第{n}篇\n\n今天下雨。")
    services = build_services(replace(settings, trusted_proxies="none", exports_per_minute=10))
    services.library.scan_all()
    monkeypatch.setattr(downloads, "PATIENCE_SECONDS", 0)
    client = create_app(services).test_client()

    def order(first: int, count: int, address: str, suffix: str = "pdf") -> int:
        slugs = "&".join(f"a=a{n}" for n in range(first, first + count))
        return client.get(f"/selection.{suffix}?{slugs}", environ_overrides={"REMOTE_ADDR": address}).status_code

    assert [order(n, 40, "203.0.113.7") for n in range(3)] == [503, 503, 429]
    assert [order(n, 1, "198.51.100.7") for n in range(11)] == [503] * 10 + [429]
    assert order(0, 60, "192.0.2.7", "epub") == 503


def test_the_addresses_of_one_network_leave_places_to_others():
    slots = WaitingSlots(total=10, per_client=6)
    with ExitStack() as taken:
        of_one = [taken.enter_context(slots.acquire(f"2001:db8:1:{number:x}::1")) for number in range(12)]
        assert of_one == [True] * 8 + [False] * 4
        assert [taken.enter_context(slots.acquire(other)) for other in ("192.0.2.1", "", "192.0.2.1")] == [
            True,
            True,
            False,
        ]
    with ExitStack() as taken:
        assert all(taken.enter_context(slots.acquire(f"192.0.{number}.1")) for number in range(10))


def test_where_all_large_files_are_being_sent_the_slowest_of_the_greatest_network_makes_room():
    slots = LargeResponseSlots(total=6, per_client=2, per_network=3, ending=3)
    with ExitStack() as taken:

        def take(client):
            if slot := taken.enter_context(slots.acquire(client)):
                slot.has_content_length, slot.started, slot.sent_bytes = True, slot.started - 60, 5000
            return slot

        crowd = [take(f"192.0.{network}.{host}") for network in (1, 2) for host in (1, 1, 2)]
        for slot, sent_bytes in zip(crowd, (2000, 1000, 10, 500, 700, 600), strict=True):
            slot.sent_bytes = sent_bytes

        def lost():
            return [number for number, slot in enumerate(crowd) if slot.is_lost]

        assert take("192.0.1.3")
        assert lost() == [1], "in a network whose share is used, the client that has two more makes room"
        assert take("192.0.1.4") is None
        assert take("198.51.100.1")
        assert lost() == [1, 2], "of two networks with as many, the first"
        assert take("198.51.100.2")
        assert lost() == [1, 2, 3]
        assert take("203.0.113.1") is None, "three have not noticed yet that they lost their slot"
    assert not slots._slots


def test_a_place_is_taken_only_from_who_has_two_more_and_knows_the_length_of_the_file():
    slots = LargeResponseSlots(total=4, per_client=4, per_network=4, ending=4)
    with ExitStack() as taken:
        crowd = [taken.enter_context(slots.acquire(client)) for client in ("192.0.1.1", "192.0.1.1", "192.0.2.1", "")]
        assert taken.enter_context(slots.acquire("198.51.100.1")) is None
        crowd[0].has_content_length = True
        assert taken.enter_context(slots.acquire("")) is None, "an unknown client may be anybody"
        assert taken.enter_context(slots.acquire("192.0.2.1")) is None
        assert taken.enter_context(slots.acquire("198.51.100.1"))
        assert [slot.is_lost for slot in crowd] == [True, False, False, False]
        answer = LargeResponse([b"begun"], iter([b"rest"]), list, crowd[0])
        assert list(answer) == []
