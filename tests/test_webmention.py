"""Webmention: received, verified and reviewed; sent for new and changed articles. Over real HTTP, on loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from waiting import wait_for

from reader.app import create_app
from reader.child_process.parent import Limits
from reader.comments.comment import APPROVED, PENDING, WITHDRAWN
from reader.comments.comment_writes import APPROVE, HIDE, REJECT
from reader.http_client.client import HttpResponse
from reader.services import Announcements, build_services
from reader.webmentions.mention_queue import MOST_WAITING_OF_HOST, PAUSES, MentionQueue
from reader.webmentions.pages import endpoint_of, mention_in, outgoing_links
from reader.webmentions.worker import MentionWorker

NEWS = "https://news.example"
RAIN = f"{NEWS}/a/rain"
HTML = {"Content-Type": "text/html; charset=utf-8"}
LINK = f'<title>雨中{{n}}</title><p>昨天的<a href="{RAIN}">报道</a>写得好{{n}}。</p>'


@dataclass
class Other:
    """Another site: its pages as (status, headers, body), and what it was asked and told."""

    url: str = ""
    pages: dict[str, tuple[int, dict[str, str], str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    told: list[dict[str, list[str]]] = field(default_factory=list)
    status: int = 202


@contextmanager
def running(other: Other) -> Iterator[Other]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            other.asked.append(self.path)
            status, headers, body = other.pages.get(self.path, (404, HTML, "nothing"))
            self._say(status, headers, body.encode())

        def do_POST(self) -> None:
            other.told.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self._say(other.status, {}, b"")

        def _say(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                for one in value.split("\n"):
                    self.send_header(name, one)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    other.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield other
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Iterator[Other]:
    """A site on loopback, which the guard takes for public."""
    monkeypatch.setattr("reader.http_client.client.is_public", lambda address: address == "127.0.0.1")
    with running(Other()) as found:
        yield found


class Site:
    def __init__(self, settings) -> None:
        self.services = build_services(settings)
        self.services.library.scan_all()
        self.app = create_app(self.services)
        self.client = self.app.test_client(use_cookies=False)
        self.now = datetime.now(UTC) + timedelta(hours=1)
        self.queue = MentionQueue(self.services.state)
        self.worker = MentionWorker(
            self.queue, self.services.catalog, settings.base_url, settings.webmention, lambda: self.now
        )

    def mention(self, source: str, target: str = RAIN, status: int = 202) -> str:
        response = self.client.post("/webmention", data={"source": source, "target": target}, base_url=NEWS)
        assert response.status_code == status, response.text
        return response.text

    def work(self) -> int:
        self.worker._next_check = 0.0
        return self.worker.work(threading.Event())

    def comments(self, status: str = PENDING):
        return self.app.extensions["reader-comments"].queue(status, "", 1)[0]

    def review(self, act: str) -> None:
        numbers = [one.id for status in (PENDING, APPROVED) for one in self.comments(status)]
        self.app.extensions["reader-comments"].review(numbers, act, "周琳", datetime.now(UTC))
        self.app.extensions["reader-comment-watch"].look()


@pytest.fixture
def site_with(settings, drop):
    drop("2026-05-01/rain.md", "# 大雨\n\n今天下雨，河水上涨。")
    drop("2026-05-01/quiet.md", "---\ntitle: 静\ncomments: closed\n---\n今天无风。")
    made: list[Site] = []

    def build(webmention: str = "both", **more: object) -> Site:
        values = {"base_url": NEWS, "comments": "reviewed", "webmention": webmention, "trusted_proxies": "none"} | more
        made.append(Site(replace(settings, **values)))
        return made[-1]

    yield build
    for site in made:
        site.services.state.close()


@pytest.fixture
def site(site_with) -> Site:
    return site_with()


# -- the endpoint -------------------------------------------------------------------------------------------------


def test_it_is_off_unless_a_setting_turns_it_on(site_with) -> None:
    for mode in ("", "off", "send"):
        site = site_with(mode)
        assert site.client.post("/webmention", base_url=NEWS).status_code in (404, 405)
        assert "Link" not in site.client.get("/a/rain", base_url=NEWS).headers


def test_it_needs_comments_and_the_address_of_the_site(site_with) -> None:
    for more in ({"comments": "off"}, {"base_url": ""}):
        site = site_with("receive", **more)
        assert site.client.post("/webmention").status_code in (404, 405)
        assert "Link" not in site.client.get("/a/rain").headers


def test_the_page_of_an_open_article_names_the_endpoint_in_its_header(site: Site) -> None:
    for _ in range(2):  # from the cache, too
        assert site.client.get("/a/rain", base_url=NEWS).headers["Link"] == '</webmention>; rel="webmention"'
    assert "Link" not in site.client.get("/a/quiet", base_url=NEWS).headers
    assert "Link" not in site.client.get("/", base_url=NEWS).headers


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("", RAIN),
        ("ftp://blog.example/x", RAIN),
        ("javascript:alert(1)", RAIN),
        ("https://user:secret@blog.example/", RAIN),
        ("https://blog.example:25/", RAIN),
        ("https://blog.example/" + "x" * 2000, RAIN),
        (f"{RAIN}#a", RAIN),
        (f"{NEWS}/a/quiet", RAIN),
        (f"{NEWS.upper().replace('HTTPS', 'https')}", RAIN),
        ("https://blog.example/", ""),
        ("https://blog.example/", "https://other.example/a/rain"),
        ("https://blog.example/", f"{NEWS}.evil.example/a/rain"),
        ("https://blog.example/", f"{NEWS}/a/nothing"),
        ("https://blog.example/", f"{NEWS}/a/rain/share"),
        ("https://blog.example/", f"{NEWS}/search?q=1"),
        ("https://blog.example/", f"{NEWS}/a/quiet"),
        ("https://[::1", RAIN),
        ("https://blog.example/", "https://[::1"),
        ("https://blog.example/", "https://[#x"),
    ],
)
def test_what_cannot_be_a_mention_is_refused_at_once_with_the_reason(site: Site, source: str, target: str) -> None:
    assert site.mention(source, target, status=400).strip()
    assert site.work() == 0


# -- verifying ----------------------------------------------------------------------------------------------------


def test_a_page_that_links_here_becomes_a_comment_that_an_editor_reads_first(site: Site, other: Other) -> None:
    other.pages["/post"] = (200, HTML, LINK.format(n=""))
    site.mention(f"{other.url}/post")
    assert site.comments() == []
    assert site.work() == 1
    [comment] = site.comments()
    assert (comment.page, comment.name, comment.reasons) == ("rain", "127.0.0.1", ("webmention",))
    assert comment.text == f"雨中\n\n昨天的报道写得好。\n\n{other.url}/post"
    assert "雨中" not in site.client.get("/a/rain/comments", base_url=NEWS).text
    site.review(APPROVE)
    page = site.client.get("/a/rain/comments?page=1", base_url=NEWS).text
    assert f'<a href="{other.url}/post" rel="nofollow ugc noopener">' in page


def test_a_mention_waits_for_an_editor_where_comments_are_open_too(site_with, other: Other) -> None:
    site = site_with(comments="open")
    other.pages["/post"] = (200, HTML, LINK.format(n=""))
    site.mention(f"{other.url}/post")
    site.work()
    assert [len(site.comments(status)) for status in (PENDING, APPROVED)] == [1, 0]


@pytest.mark.parametrize(
    "body",
    [
        "<p>nothing</p>",
        f"<p>{RAIN}</p>",
        f"<!-- <a href='{RAIN}'>x</a> -->",
        f"<script>'<a href=\"{RAIN}\">'</script>",
        f"<a href='{RAIN}-2'>x</a>",
        f"<a data-href='{RAIN}'>x</a>",
        "",
        "<" * 5000,
    ],
)
def test_a_page_that_does_not_link_here_is_no_mention(site: Site, other: Other, body: str) -> None:
    other.pages["/post"] = (200, HTML, body)
    site.mention(f"{other.url}/post")
    assert site.work() == 1
    assert site.comments() == []


def test_the_same_page_is_one_comment_and_a_later_mention_changes_it(site: Site, other: Other) -> None:
    other.pages["/post"] = (200, HTML, LINK.format(n="1"))
    for _ in range(3):
        site.mention(f"{other.url}/post")
    assert site.work() == 1
    site.review(APPROVE)
    site.mention(f"{other.url}/post")
    site.work()
    assert [one.text[:3] for one in site.comments(APPROVED)] == ["雨中1"]  # nothing is other than before
    other.pages["/post"] = (200, HTML, LINK.format(n="2"))
    site.mention(f"{other.url}/post")
    site.work()
    assert site.comments(APPROVED) == []  # nobody has read the new text
    assert [one.text[:3] for one in site.comments()] == ["雨中2"]


def test_a_page_that_links_and_links_no_more_in_turn_leaves_few_comments(site: Site, other: Other) -> None:
    for answer in [(200, HTML, LINK.format(n="")), (200, HTML, "<p>no link</p>")] * 5:
        other.pages["/post"] = answer
        site.mention(f"{other.url}/post")
        site.work()
    assert len(site.comments(WITHDRAWN)) == 4


@pytest.mark.parametrize("answer", [(410, HTML, ""), (404, HTML, ""), (200, HTML, "<p>no link any more</p>")])
def test_a_page_that_is_gone_or_links_no_more_takes_its_comment_along(site: Site, other: Other, answer) -> None:
    other.pages["/post"] = (200, HTML, LINK.format(n=""))
    site.mention(f"{other.url}/post")
    site.work()
    site.review(APPROVE)
    shown = other.pages["/post"]
    other.pages["/post"] = answer
    site.mention(f"{other.url}/post")
    site.work()
    assert [one.text for one in site.comments(WITHDRAWN)] == [""]
    other.pages["/post"] = shown
    site.mention(f"{other.url}/post")
    site.work()
    assert len(site.comments()) == 1


@pytest.mark.parametrize("act", [REJECT, HIDE])
def test_what_an_editor_took_away_stays_away_whatever_the_page_says_later(site: Site, other: Other, act: str) -> None:
    other.pages["/post"] = (200, HTML, LINK.format(n="1"))
    site.mention(f"{other.url}/post")
    site.work()
    site.review(act)
    other.pages["/post"] = (200, HTML, LINK.format(n="2"))
    site.mention(f"{other.url}/post")
    site.work()
    assert site.comments() == site.comments(APPROVED) == []


def test_markup_in_a_page_is_text_here(site: Site, other: Other) -> None:
    hostile = "&lt;img src=x onerror=alert(1)&gt;‮"
    body = f'<title>{hostile}</title><p><b>{hostile}</b><script>alert(2)</script><a href="{RAIN}">x</a></p>'
    other.pages["/post?<script>"] = other.pages["/post?%3Cscript%3E"] = (200, HTML, body)
    site.mention(f"{other.url}/post?<script>")
    site.work()
    site.review(APPROVE)
    page = site.client.get("/a/rain/comments?page=1", base_url=NEWS).text
    assert "&lt;img src=x" in page
    assert "<img src=x" not in page
    assert "alert(2)" not in page
    assert "\u202e" not in page
    assert "post?<script>" not in page


def test_a_page_is_read_after_redirects_and_by_every_way_it_can_refer(site: Site, other: Other) -> None:
    other.pages["/old"] = (301, {"Location": "/new"}, "")
    other.pages["/new"] = (200, HTML, f'<a href="https://[#x">x</a><img src="{RAIN}">')
    other.pages["/note.txt"] = (200, {"Content-Type": "text/plain"}, f"see {RAIN}.")
    other.pages["/note.json"] = (
        200,
        {"Content-Type": "application/json"},
        '{"in": "https:\\/\\/news.example\\/a\\/rain"}',
    )
    for path in ("/old", "/note.txt", "/note.json"):
        site.mention(f"{other.url}{path}")
    assert site.work() == 3
    assert len(site.comments()) == 3


# -- abuse --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["127.0.0.1:{port}", "localhost:{port}", "[::ffff:127.0.0.1]:{port}", "2130706433:{port}"]
)
def test_a_private_address_is_asked_nothing(site: Site, host: str) -> None:
    with running(Other()) as private:
        private.pages["/post"] = (200, HTML, LINK.format(n=""))
        site.mention(f"http://{host.format(port=private.url.rpartition(':')[2])}/post")
        assert site.work() == 1
        assert private.asked == []
        assert site.comments() == []
        site.now += timedelta(days=9)
        assert site.work() == 0  # it is not tried again


def test_a_public_page_leads_to_no_private_one(site: Site, other: Other, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(Other()) as private:
        private.pages["/post"] = (200, HTML, LINK.format(n=""))
        other.pages["/post"] = (302, {"Location": private.url.replace("127.0.0.1", "127.0.0.2") + "/post"}, "")
        site.mention(f"{other.url}/post")
        site.work()
        assert private.asked == []


def test_a_site_can_have_few_mentions_waiting_so_that_nobody_sends_us_to_another_one(
    site: Site, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.app.test_request_context():
        for number in range(MOST_WAITING_OF_HOST):
            site.queue.receive(f"{other.url}/{number}", RAIN, "rain", site.now)
    response = site.client.post("/webmention", data={"source": f"{other.url}/x", "target": RAIN}, base_url=NEWS)
    assert (response.status_code, "Retry-After" in response.headers) == (503, True)
    site.mention("https://third.example/x")
    assert other.asked == []
    monkeypatch.setattr("reader.webmentions.mention_queue.MOST_WAITING_OF_DOMAIN", 3)
    for host in ("a.blog.example", "b.blog.example", "c.d.blog.example"):
        site.mention(f"https://{host}/")
    site.mention("https://e.blog.example/", status=503)
    site.mention("https://notblog.example2/")
    for number in range(4):  # the domains of four owners
        site.mention(f"https://www.news{number}.com.cn/")


def test_pages_that_never_answer_keep_no_others_out(site: Site, other: Other, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reader.webmentions.mention_queue.MOST_WAITING", 3)
    other.pages |= {f"/down/{number}": (503, HTML, "") for number in range(3)}
    other.pages["/post"] = (200, HTML, LINK.format(n=""))
    for number in range(3):
        site.mention(f"{other.url}/down/{number}")
    site.mention(f"{other.url}/post", status=503)
    site.work()
    site.mention(f"{other.url}/post")
    site.now += timedelta(hours=1)
    asked = len(other.asked)
    site.work()
    assert other.asked[asked] == "/post"
    assert len(site.comments()) == 1


def test_an_address_that_a_database_cannot_keep_is_refused(site: Site) -> None:
    site.mention("https://blog.example/", f"{RAIN}#\0", status=400)


def test_one_client_sends_few_mentions_in_a_minute(site: Site) -> None:
    answers = [
        site.client.post("/webmention", data={"source": f"https://s{n}.example/", "target": RAIN}, base_url=NEWS)
        for n in range(30)
    ]
    assert {answer.status_code for answer in answers} == {202, 429}


def test_a_large_page_and_an_endless_chain_of_redirects_are_given_up(site: Site, other: Other) -> None:
    other.pages["/large"] = (200, HTML, "x" * 1_200_000 + LINK.format(n=""))
    other.pages["/round"] = (302, {"Location": "/round"}, "")
    site.mention(f"{other.url}/large")
    site.mention(f"{other.url}/round")
    assert site.work() == 2
    assert len(other.asked) <= 7
    site.now += timedelta(days=9)
    assert site.work() == 0


def test_a_page_that_fails_is_asked_again_a_few_times_with_growing_pauses(site: Site, other: Other) -> None:
    other.pages["/post"] = (503, HTML, "")
    site.mention(f"{other.url}/post")
    assert site.work() == 1
    assert site.work() == 0
    site.now -= timedelta(days=9000)  # the clock was wrong, and is corrected
    assert site.work() == 1
    assert site.work() == 0
    for pause in PAUSES[1:]:
        site.now += pause
        assert site.work() == 1
    site.now += timedelta(days=30)
    assert site.work() == 0
    assert len(other.asked) == 1 + len(PAUSES)


def test_a_mention_outlives_the_process_that_took_it(site: Site, other: Other) -> None:
    other.pages["/post"] = (200, HTML, LINK.format(n=""))
    site.mention(f"{other.url}/post")
    assert len(site.queue.take(site.now)) == 1  # and then it was killed
    assert site.work() == 0
    site.now += timedelta(minutes=11)
    assert site.work() == 1
    assert len(site.comments()) == 1


# -- sending ------------------------------------------------------------------------------------------------------


def page_with(**fields: str) -> HttpResponse:
    body = fields.pop("body", "")
    return HttpResponse("https://a.example/x/y?z", 200, "", body.encode(), "text/html", "utf-8", **fields)


@pytest.mark.parametrize(
    ("fields", "endpoint"),
    [
        ({"links": '</w>; rel="webmention"'}, "https://a.example/w"),
        ({"links": "<w?a=1>; rel=webmention"}, "https://a.example/x/w?a=1"),
        ({"links": '<https://b.example/>; rel="other webmention"; title="a, b"'}, "https://b.example/"),
        ({"links": '<https://c.example/>; rel="next", <https://b.example/>; REL="Webmention"'}, "https://b.example/"),
        ({"links": '<https://c.example/>; rel="not-webmention"'}, ""),
        ({"body": "<a href='/c' rel=webmention>w</a><link rel=webmention href='/w'>"}, "https://a.example/c"),
        ({"body": "<!--<link rel=webmention href=/no>--><link rel='x webmention' href='/w'>"}, "https://a.example/w"),
        ({"body": "<link rel=webmention href=''>"}, "https://a.example/x/y?z"),
        ({"body": "<link rel=webmention><a rel=webmention href=/w></a>"}, "https://a.example/w"),
        ({"body": "<base href='/b/'><link rel=webmention href=w>"}, "https://a.example/b/w"),
        ({"body": "&lt;a rel=webmention href=/w&gt;"}, ""),
        ({"links": "</h>; rel=webmention", "body": "<link rel=webmention href='/w'>"}, "https://a.example/h"),
        ({"body": "<link rel=webmention href='https://[x'>"}, ""),
    ],
)
def test_the_endpoint_of_a_page_is_found_as_the_recommendation_says(fields: dict[str, str], endpoint: str) -> None:
    assert endpoint_of(page_with(**fields)) == endpoint


def test_only_addresses_of_other_sites_are_told() -> None:
    body = (
        f'<a href="{RAIN}">a</a><a href="/a/x">b</a><a href="https://b.example/x#y">c</a><a href="mailto:x@y">d</a>'
        '<a href="https://b.example/x">e</a><a href="https://[x">f</a><img src="https://b.example/p.jpg">'
    )
    assert outgoing_links(body, "news.example") == ["https://b.example/x"]


@pytest.fixture
def sending(site_with, drop, other: Other) -> Callable[..., Site]:
    other.pages["/linked"] = (200, {**HTML, "Link": '</w>; rel="webmention"'}, "")
    other.pages["/plain"] = (200, HTML, "")
    drop("2026-05-02/out.md", f"# 外链\n\n见[这里]({other.url}/linked)和[那里]({other.url}/plain)。")
    return site_with


def told(other: Other) -> list[tuple[str, str]]:
    return [(form["source"][0], form["target"][0]) for form in other.told]


def test_sites_that_a_new_article_links_to_are_told_once(sending, other: Other) -> None:
    site = sending("send")
    site.worker.plan()
    assert site.work() == 2
    assert told(other) == [(f"{NEWS}/a/out", f"{other.url}/linked")]
    restarted = sending("send")
    restarted.worker.plan()
    assert restarted.work() == 0
    assert restarted.queue.sent("out") == {
        f"{other.url}/linked": f"{other.url}/w answered 202",
        f"{other.url}/plain": "no endpoint",
    }


def test_links_of_one_article_that_a_bug_cannot_read_keep_no_others_back(
    sending, drop, other: Other, monkeypatch
) -> None:
    drop("2026-05-03/bad.md", "# 坏\n\n见[这里](https://bad.example/)。")
    site = sending()
    read = outgoing_links

    def failing(body: str, own: str) -> list[str]:
        if "bad.example" in body:
            raise AssertionError("a bug")
        return read(body, own)

    monkeypatch.setattr("reader.webmentions.worker.outgoing_links", failing)
    site.worker.plan()
    site.work()
    assert [target for _, target in told(other)] == [f"{other.url}/linked"]


def test_a_changed_article_tells_the_sites_of_now_and_of_before(sending, drop, other: Other) -> None:
    site = sending("send")
    site.worker.plan()
    site.work()
    other.pages["/more"] = other.pages["/linked"]
    drop("2026-05-02/out.md", f"# 外链\n\n改为[别处]({other.url}/more)。")
    site.services.library.scan_all()
    site.worker.plan()
    site.work()
    assert sorted(told(other)[1:]) == [
        (f"{NEWS}/a/out", f"{other.url}/linked"),
        (f"{NEWS}/a/out", f"{other.url}/more"),
    ]
    site.worker.plan()
    assert site.work() == 0


def test_an_article_that_is_withdrawn_or_renamed_while_the_server_is_down_tells_the_sites(
    sending, drop, settings, other: Other
) -> None:
    for name in ("moved", "wind"):
        drop(f"2026-05-03/{name}.md", f"# {name}\n\n见[这里]({other.url}/linked)。")
    site = sending("send")
    site.worker.plan()
    # Another machine of this site has a later release of the folder.
    site.queue.plan(f"{NEWS}/a/later", "later", "1", [f"{other.url}/linked"], site.now)
    site.work()
    count = len(other.told)
    drop("2026-05-03/wind.md", f"---\ntitle: wind\ndraft: true\n---\n见[这里]({other.url}/linked)。")
    folder = settings.articles
    (folder / "2026-05-02/out.md").unlink()
    (folder / "2026-05-03/moved.md").rename(folder / "2026-05-03/new.md")
    for _ in range(2):  # the second time it has been told
        restarted = sending("send")
        restarted.worker.plan()
        restarted.work()
    assert sorted(told(other)[count:]) == [
        (f"{NEWS}/a/{slug}", f"{other.url}/linked") for slug in ("new", "out", "wind")
    ]


def test_an_endpoint_that_fails_is_told_again_later_and_one_that_refuses_is_not(sending, other: Other) -> None:
    site = sending("send")
    other.status = 503
    site.worker.plan()
    site.work()
    other.status = 400
    site.now += PAUSES[0]
    assert site.work() == 1
    site.now += timedelta(days=9)
    assert site.work() == 0
    assert len(other.told) == 2


def test_no_endpoint_in_a_private_network_is_told(sending, other: Other) -> None:
    with running(Other()) as private:
        address = private.url.replace("127.0.0.1", "127.0.0.2")
        other.pages["/linked"] = (200, {**HTML, "Link": f"<{address}/w>; rel=webmention"}, "")
        site = sending("send")
        site.worker.plan()
        site.work()
        assert private.told == private.asked == []


def test_nothing_is_sent_where_only_receiving_is_on(sending, other: Other) -> None:
    site = sending("receive")
    site.worker.plan()
    assert site.work() == 0
    assert other.asked == []


def test_two_sites_of_reader_mention_each_other(settings, site_with, drop, monkeypatch, other: Other) -> None:
    """What one sends the other takes: the discovery of our header, the form, the verification."""
    site = site_with("both")
    answer = site.client.get("/a/rain", base_url=NEWS)
    page = HttpResponse(RAIN, 200, "", answer.data, "text/html", "utf-8", links=answer.headers["Link"])
    assert endpoint_of(page) == f"{NEWS}/webmention"
    other.pages["/a/story"] = (200, HTML, f'<article><p>见<a href="{RAIN}">大雨</a></p></article>')
    site.mention(f"{other.url}/a/story")
    site.work()
    assert mention_in(
        HttpResponse("https://x.example/", 200, "", b"<a href='https://news.example/a/rain#p2'>", "text/html"), RAIN
    )
    assert len(site.comments()) == 1


@pytest.mark.slow
def test_no_page_of_another_site_is_parsed_in_the_indexing_process(
    sending, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parsed(page: HttpResponse) -> None:
        raise AssertionError(page.address)

    monkeypatch.setattr("reader.webmentions.pages._tree", parsed)
    other.pages["/post"] = (200, HTML, LINK.format(n=""))
    other.pages["/linked"] = (200, HTML, "<link rel=webmention href=/w>")
    site = sending()
    site.mention(f"{other.url}/post")
    site.worker.plan()
    assert site.work() == 3
    assert ["雨中" in one.text for one in site.comments()] == [True]
    assert len(other.told) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "before",
    [
        "<a href='https://news.example/a/rai'>" * 20_000,
        "<!DOCTYPE html [<!ENTITY a 'aaaaaaaaaa'>"
        + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 50}'>" for n in range(20))
        + "]><p>&t;</p>",
        "<div>" * 100_000,
    ],
    ids=["links", "entities", "nested"],
)
def test_a_page_made_to_exhaust_a_parser_holds_up_no_other(site: Site, other: Other, before: str) -> None:
    """libxml2 stops reading where a page is too deep or has too much; the mention is verified or dropped, once."""
    other.pages["/bomb"] = (200, HTML, before + LINK.format(n=""))
    other.pages["/post"] = (200, HTML, LINK.format(n="2"))
    site.mention(f"{other.url}/bomb")
    site.mention(f"{other.url}/post")
    assert site.work() == 2
    assert any("雨中2" in one.text for one in site.comments())
    site.now += timedelta(days=9)
    assert site.work() == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "bomb",
    [
        f"<base href='https://x.example/{'a/' * 200_000}'>{'<a href=b rel=x>' * 30_000}",
        f"<p {' '.join(f'a{n}' for n in range(120_000))}>",
    ],
    ids=["joined to a long base", "attributes"],
)
def test_a_page_that_takes_too_much_processor_time_is_given_up_with_the_reason(
    sending, other: Other, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, bomb: str
) -> None:
    """Each took half a minute and more in the indexing process."""
    monkeypatch.setattr("reader.webmentions.page_child_requests.LIMITS", Limits(memory_mb=500, cpu_seconds=1))
    other.pages["/bomb"] = (200, HTML, bomb + LINK.format(n=""))
    site = sending("receive")
    site.mention(f"{other.url}/bomb")
    with caplog.at_level("INFO", "reader.webmentions.worker"):
        assert site.work() == 1
    assert "needs more than 1 s of processor time" in caplog.text
    assert site.comments() == []
    site.now += timedelta(days=9)
    assert site.work() == 0


@pytest.mark.slow
def test_a_mention_waits_while_no_child_process_can_be_started(
    sending, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    other.pages["/post"] = (200, HTML, LINK.format(n=""))
    site = sending()
    site.mention(f"{other.url}/post")
    site.worker.plan()
    with monkeypatch.context() as patched:
        patched.setattr("reader.webmentions.page_child_requests.COMMAND", ("/nonexistent/python",))
        assert site.work() == 3
    assert (site.comments(), other.told) == ([], [])
    site.now += PAUSES[0]
    assert site.work() == 3
    assert (len(site.comments()), len(other.told)) == (1, 1)


def test_the_thread_works_on_what_comes_in_and_on_articles_that_change(sending, drop, other: Other) -> None:
    other.pages["/post"] = (200, HTML, LINK.format(n=""))
    site, changed, stop = sending(), Announcements(), threading.Event()
    changed.set()  # the first scan was faster than the thread
    site.now += timedelta(hours=1)
    thread = threading.Thread(target=site.worker.run, args=(changed.subscribe(), stop))
    thread.start()
    try:
        wait_for(lambda: len(other.told) == 1)
        site.mention(f"{other.url}/post")
        wait_for(lambda: len(site.comments()) == 1)
        drop("2026-05-02/out.md", f"# 外链\n\n又改了[这里]({other.url}/linked)。")
        site.services.library.scan_all()
        changed.set()
        wait_for(lambda: len(other.told) == 2)
    finally:
        stop.set()
        thread.join()


def test_all_who_wait_for_changes_are_told_of_each() -> None:
    announcements = Announcements()
    one, two = announcements.subscribe(), announcements.subscribe()
    announcements.set()
    one.clear()
    assert (one.is_set(), two.is_set(), announcements.subscribe().is_set()) == (False, True, True)
