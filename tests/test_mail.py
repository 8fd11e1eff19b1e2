"""Mail: ordered on the site, confirmed, sent once by a real SMTP server, ended by one click or by a bounce."""

from __future__ import annotations

import io
import re
import threading
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from types import SimpleNamespace

import lxml.html
import pytest
from long_forms import long_form
from smtp_server import SmtpStub, smtp_server
from sqlalchemy import select
from test_bounces import postfix
from waiting import wait_for

from reader.app import create_app
from reader.comments import acceptance
from reader.errors import Busy
from reader.i18n import Message
from reader.mail import sender as sender_module
from reader.mail.editions import day_of_edition
from reader.mail.mail_models import DAILY, WEEKLY, Choice
from reader.mail.mail_tables import mail_outbox, mail_requests, mail_subscribers
from reader.mail.outbox import Outbox
from reader.mail.sender import MailSender
from reader.services import build_services
from reader.web.limits.client_counts import LocalCounts

BASE = "https://news.example"
THURSDAY = datetime(2026, 5, 7, 8, tzinfo=UTC)
"""16:00 in Shanghai; READER_MAIL_HOUR is 7."""

ARTICLES = {
    "2026-05-06/rain.md": "---\ntitle: 大雨\nsection: 天气\n---\n今天下雨，河水上涨。",
    "2026-05-07/sun.md": "---\ntitle: 后来天晴\n---\n今天天晴，里面很热。",
}


class Site:
    """A site with mail, an SMTP server, and a clock that stands still."""

    def __init__(self, settings, server: SmtpStub) -> None:
        self.server, self.now = server, THURSDAY
        self.services = build_services(settings)
        self.services.library.scan_all()
        self.app = create_app(self.services)
        self.store = self.app.extensions["reader-mail"]
        self.outbox = Outbox(self.services.state)
        s = self.services
        self.sender = MailSender(s.settings, s.catalog, s.export_service, s.state, s.render, clock=lambda: self.now)

    def visitor(self, address: str = "192.0.2.1"):
        """Pages use the real clock: the sender's is put beyond it, half a year after the articles."""
        self.now = datetime.now(UTC) + timedelta(minutes=5)
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        return client

    def subscribe(self, *addresses: str, choice: Choice = Choice(DAILY)) -> None:  # noqa: B008 frozen
        from reader.mail.mail_writes import subscribe

        with self.services.state.writing() as connection:
            for address in addresses:
                subscribe(connection, address, choice, self.now)

    def rows(self, table):
        with self.services.state.reading() as connection:
            return connection.execute(select(table)).all()

    def work(self) -> int:
        self.sender._retry_at = float("-inf")
        return self.sender.work_once()

    def later(self, **more: float) -> None:
        self.now += timedelta(**more)


@pytest.fixture
def site_with(settings, drop, monkeypatch, empty_state):
    monkeypatch.setattr(acceptance, "LEAST_SECONDS", 0)
    monkeypatch.setattr(sender_module, "QUIET", timedelta(days=-100_000))
    made: list[Site] = []
    stacks = []

    def site_with(stub: SmtpStub | None = None, files=ARTICLES, **more) -> Site:
        running = smtp_server(stub)
        server = running.__enter__()
        stacks.append(running)
        for name, text in files.items():
            drop(name, text)
        fields = {"smtp_url": f"smtp://127.0.0.1:{server.port}", "mail_from": "news@news.example", "base_url": BASE}
        fields |= {"site_name": "河北新闻网", "trusted_proxies": "none"}
        made.append(Site(replace(settings, **fields | more), server))
        return made[-1]

    yield site_with
    for site in made:
        site.sender.close()
        site.services.state.close()
    for running in stacks:
        running.__exit__(None, None, None)


@pytest.fixture
def site(site_with):
    return site_with()


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    return message.get_body((kind,)).get_content()


def link_in(message: EmailMessage) -> str:
    return re.search(rf"{BASE}(/mail/\S+)", text_of(message))[1]


def fields_in(page: str, number: int = 0) -> dict[str, str]:
    form = [form for form in lxml.html.fromstring(page).forms if form.method == "POST"][number]
    return {name: value or "" for name, value in form.fields.items() if value is not None}


def order(visitor, address: str, **more: str):
    return visitor.post("/mail", data=fields_in(visitor.get("/mail").text) | {"address": address} | more)


# -- off ----------------------------------------------------------------------------------------------------------


def test_without_a_server_nothing_of_mail_is_there(client, publish):
    publish(ARTICLES)
    for path in ("/mail", "/mail/confirm", "/mail/send?of=rain", "/mail/unsubscribe"):
        assert client.get(path).status_code == 404
    assert not any("/mail" in client.get(path).text for path in ("/", "/a/rain", "/d/2026-05-06/", "/feeds"))


def test_with_a_server_pages_link_to_it(site):
    visitor = site.visitor()
    assert "<a href=/mail>" in visitor.get("/").text
    assert 'href="/mail/send?of=rain"' in visitor.get("/a/rain").text
    assert 'href="/mail/send?of=d/2026-05-06"' in visitor.get("/d/2026-05-06/").text


# -- double opt-in ------------------------------------------------------------------------------------------------


def test_an_address_is_subscribed_after_its_owner_pressed_the_button_and_not_before(site):
    visitor = site.visitor()
    assert order(visitor, "Reader@Example.org", frequency="weekly", script="hant").location == "/mail?done=1"
    assert site.rows(mail_subscribers) == []
    assert site.work() == 1
    assert site.server.receivers == ["Reader@example.org"]
    link = link_in(site.server.messages[0])
    assert "确认" in visitor.get(link, headers={"Accept-Language": "zh-CN"}).text
    assert visitor.head(link).status_code == 200
    assert site.rows(mail_subscribers) == []  # a virus scanner has opened the link
    answer = visitor.post(link)
    assert answer.location == "/mail/confirm?done=confirmed"
    assert visitor.get(answer.location).status_code == 200
    [row] = site.rows(mail_subscribers)
    assert (row.address, row.frequency, row.script) == ("Reader@example.org", WEEKLY, "hant")
    visitor.post(link)
    assert len(site.rows(mail_subscribers)) == 1


def test_a_known_address_gets_the_same_answer_and_the_same_mail_as_an_unknown_one(site):
    site.subscribe("known@example.org")
    visitor = site.visitor()
    answers = [order(visitor, address) for address in ("known@example.org", "unknown@example.org")]
    pages = [(answer.status, answer.location, answer.data) for answer in answers]
    assert pages[0] == pages[1]
    site.work()
    texts = [re.sub(r"t=\S+", "", text_of(m)) for m in site.server.messages[-2:]]
    assert texts[0] == texts[1]


def test_nobody_is_buried_in_confirmations(site, monkeypatch):
    from reader.web.views import mail as view

    monkeypatch.setattr(view, "ORDERS_PER_MINUTE", 1000)
    for number in range(10):
        assert order(site.visitor(f"192.0.2.{number}"), "victim@example.org").status_code == 303
    site.work()
    assert site.server.receivers == ["victim@example.org"] * 3


def test_one_client_cannot_order_mail_to_many(site, monkeypatch):
    from reader.web.views import mail as view

    monkeypatch.setattr(view, "ORDERS_PER_MINUTE", 1000)
    visitor = site.visitor()
    statuses = [order(visitor, f"reader{number}@example.org").status_code for number in range(25)]
    assert statuses == [303] * 20 + [503] * 5


def test_a_client_is_slowed_down_within_a_minute(site):
    visitor = site.visitor()
    statuses = [order(visitor, f"reader{number}@example.org").status_code for number in range(7)]
    assert statuses == [303] * 5 + [429] * 2


def test_who_wants_no_mail_says_so_once(site):
    visitor = site.visitor()
    order(visitor, "tired@example.org")
    site.work()
    link = link_in(site.server.messages[0])
    assert visitor.post(link, data={"block": "1"}).location == "/mail/confirm?done=blocked"
    assert site.rows(mail_requests) == []
    assert order(visitor, "TIRED@example.org").status_code == 303
    assert site.work() == 0


def test_a_link_works_for_two_days(site, monkeypatch):
    visitor = site.visitor()
    order(visitor, "late@example.org")
    site.work()
    monkeypatch.setattr("reader.web.views.mail.now", lambda: datetime.now(UTC) + timedelta(hours=49))
    assert visitor.post(link_in(site.server.messages[0])).status_code == 404
    assert "链接已失效" in visitor.get("/mail/confirm?t=guess", headers={"Accept-Language": "zh-CN"}).text
    assert visitor.post("/mail/confirm?t=guess").status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b",
        "a@localhost",
        "a b@example.org",
        "a@example.org\r\nBcc: x@example.org",
        "a@example.org,b@example.org",
        "a%b@example.org",
        "x!a@example.org",
        '"a b"@example.org',
        "a@[127.0.0.1]",
        "<a@example.org>",
        "张三@example.org",
        "=?utf-8?q?victim=40x.org=2C?=@example.org",
        "=?x?q?a?=@example.org",
        f"{'a' * 65}@example.org",
        f"a@{'b.' * 130}org",
    ],
)
def test_an_address_that_no_server_takes_is_refused_with_the_reason(site, address):
    answer = order(site.visitor(), address)
    assert answer.status_code == 422
    assert "role=alert" in answer.text
    assert site.rows(mail_outbox) == []


def test_a_chinese_domain_is_sent_to_by_its_ascii_name(site):
    order(site.visitor(), "news＠例子.中国")
    site.work()
    assert site.server.receivers == ["news@xn--fsqu00a.xn--fiqs8s"]


def test_a_page_to_return_to_that_a_database_cannot_keep_is_left_out(site):
    assert order(site.visitor(), "a@example.org", of="rain\0").status_code == 303
    assert [row.back for row in site.rows(mail_requests)] == [""]


def test_forms_of_other_sites_and_of_programs_are_refused(site):
    visitor = site.visitor()
    fields = fields_in(visitor.get("/mail").text) | {"address": "a@example.org"}
    assert visitor.post("/mail", data=fields, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert visitor.post("/mail", data=fields | {"topic": "buy"}).status_code == 422
    assert visitor.post("/mail", data=fields | {"token": ""}).status_code == 422
    assert site.rows(mail_outbox) == []


def test_pages_of_mail_are_private(site):
    for path in ("/mail", "/mail/confirm?t=x", "/mail/unsubscribe?u=1-x", "/mail/send?of=rain"):
        headers = site.visitor().get(path).headers
        assert "no-store" in headers["Cache-Control"]
        assert headers["X-Robots-Tag"] == "noindex"


def test_unconfirmed_addresses_are_not_kept(site):
    order(site.visitor(), "gone@example.org")
    site.work()
    assert [row.address for row in site.rows(mail_outbox)] == [""]
    site.outbox.prune(datetime.now(UTC) + timedelta(days=3))
    assert site.rows(mail_requests) == []


def test_mail_that_cannot_be_written_is_logged_without_its_address(site, monkeypatch, caplog):
    def confirmation(message: object) -> bytes:
        raise ValueError("Invalid header: gone@example.org")

    monkeypatch.setattr(site.sender._messages, "confirmation", confirmation)
    order(site.visitor(), "gone@example.org")
    site.work()
    assert "was not sent: ValueError" in caplog.text
    assert "gone@example.org" not in caplog.text


# -- the issue ----------------------------------------------------------------------------------------------------


def test_the_new_issue_is_mailed_once_in_text_and_html_with_what_mail_programs_need(site):
    site.subscribe("a@example.org", "b@example.org")
    assert site.work() == 2
    assert site.work() == 0
    site.later(hours=3)
    assert site.work() == 0
    message = site.server.messages[0]
    token = re.search(r"u=(\S+)>", message["List-Unsubscribe"])[1]
    assert message["Subject"] == "河北新闻网 2026年5月7日 后来天晴"
    assert message["From"] == "河北新闻网 <news@news.example>"
    assert message["List-Unsubscribe"] == f"<{BASE}/mail/unsubscribe?u={token}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "<daily.news.example>"
    assert (message["Precedence"], message["Auto-Submitted"]) == ("list", "auto-generated")
    assert message["Message-ID"] != site.server.messages[1]["Message-ID"]
    for kind in ("plain", "html"):
        text = text_of(message, kind)
        assert "后来天晴" in text
        assert "大雨" in text
        assert f"{BASE}/a/rain" in text
        assert f"/mail/unsubscribe?u={token}" in text
    assert "<img" not in text_of(message, "html")
    assert all(len(line) <= 998 and line.isascii() for _, raw in site.server.taken for line in raw.split(b"\r\n"))


def test_each_subscriber_reads_in_their_script(site):
    site.subscribe("hant@example.org", choice=Choice(DAILY, "hant"))
    site.subscribe("en@example.org", choice=Choice(DAILY, "", "en"))
    site.work()
    hant, english = site.server.messages
    assert "後來天晴" in hant["Subject"]
    assert (hant["Content-Language"], english["Content-Language"]) == ("zh-Hant", "en")
    assert "裡面很熱" in text_of(hant)
    assert "退訂" in text_of(hant) or "結束" in text_of(hant)
    assert "后来天晴" in english["Subject"]
    assert "confirmed" in text_of(english)


def test_an_article_that_comes_late_is_in_the_next_mail_and_none_is_mailed_twice(site, drop):
    site.subscribe("a@example.org")
    site.work()
    drop("2026-05-07/late.md", "---\ntitle: 晚到的稿件\n---\n同一天。")
    drop("2026-05-08/new.md", "---\ntitle: 新的一天\n---\n第二天。")
    site.services.library.scan_all()
    assert site.work() == 0
    site.now = datetime(2026, 5, 7, 22, 59, tzinfo=UTC)
    assert site.work() == 0
    site.now = datetime(2026, 5, 7, 23, 0, tzinfo=UTC)  # 07:00 in Shanghai
    assert site.work() == 1
    text = text_of(site.server.messages[-1])
    assert "晚到的稿件" in text
    assert "新的一天" in text
    assert "大雨" not in text


def test_days_are_those_of_the_sites_time_zone():
    from zoneinfo import ZoneInfo

    shanghai, utc = ZoneInfo("Asia/Shanghai"), datetime(2026, 5, 6, 23, 0, tzinfo=UTC)
    assert f"{day_of_edition(DAILY, utc.astimezone(shanghai), 7)}" == "2026-05-07"
    assert f"{day_of_edition(DAILY, utc, 7)}" == "2026-05-06"
    assert day_of_edition(DAILY, (utc - timedelta(minutes=1)).astimezone(shanghai), 7) is None
    monday = datetime(2026, 5, 4, 7, 0, tzinfo=shanghai)
    assert f"{day_of_edition(WEEKLY, monday, 7)}" == "2026-05-04"
    assert f"{day_of_edition(WEEKLY, monday + timedelta(days=6), 7)}" == "2026-05-04"
    assert f"{day_of_edition(WEEKLY, monday + timedelta(hours=-1), 7)}" == "None"


def test_the_weekly_mail_comes_once_a_week_and_by_day(site):
    site.subscribe("a@example.org", choice=Choice(WEEKLY))
    assert site.work() == 1
    text = text_of(site.server.messages[0])
    assert text.index("2026年5月7日") < text.index("2026年5月6日")
    site.later(days=2)
    assert site.work() == 0


def test_an_issue_made_while_the_clock_was_wrong_stops_no_later_one(site):
    site.subscribe("a@example.org")
    wrong = site.now + timedelta(days=9000)
    assert site.sender._outbox.publish(DAILY, wrong.date().isoformat(), ["gone"], wrong) == 1
    assert site.work() == 1
    assert sorted(row.status for row in site.rows(mail_outbox)) == ["failed", "sent"]


def test_a_withdrawn_article_is_not_mailed(site):
    site.subscribe("a@example.org")
    site.sender.make_edition(DAILY)
    (site.services.settings.articles / "2026-05-06/rain.md").unlink()
    site.services.library.scan_all()
    site.work()
    assert "大雨" not in text_of(site.server.messages[0])


def test_where_articles_come_every_minute_the_issue_is_mailed_half_an_hour_late(site, monkeypatch):
    monkeypatch.setattr(sender_module, "QUIET", timedelta(days=100_000))
    site.subscribe("a@example.org")
    site.now = THURSDAY.replace(day=6, hour=23, minute=29)  # 7:29 in Shanghai
    assert site.work() == 0
    site.later(minutes=1)
    assert site.work() == 1


def test_nothing_new_is_no_mail(site):
    site.subscribe("a@example.org")
    site.work()
    site.later(days=1)
    assert site.work() == 0
    assert len(site.server.taken) == 1


def test_a_title_with_line_ends_adds_no_header(site_with):
    files = {"2026-05-07/evil.md": '---\ntitle: "Rain\\r\\nBcc: victim@example.org\\r\\n\\r\\nBuy"\n---\ntext'}
    site = site_with(files=files, site_name="News\r\nX-Evil: 1")
    site.subscribe("a@example.org")
    assert site.work() == 1
    assert site.server.receivers == ["a@example.org"]
    message = site.server.messages[0]
    assert message["Bcc"] is None
    assert message["X-Evil"] is None
    assert "Bcc: victim@example.org" in message["Subject"]


# -- ending it ----------------------------------------------------------------------------------------------------


@pytest.fixture
def subscribed(site):
    site.subscribe("a@example.org")
    site.work()
    link = re.search(r"<https://news.example(.*)>", site.server.messages[0]["List-Unsubscribe"])[1]
    return SimpleNamespace(site=site, link=link, visitor=site.visitor())


def test_one_click_of_a_mail_program_ends_it_from_anywhere(subscribed):
    answer = subscribed.visitor.post(
        subscribed.link,
        data={"List-Unsubscribe": "One-Click"},
        headers={"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 200
    assert subscribed.site.rows(mail_subscribers) == []
    assert [row for row in subscribed.site.rows(mail_outbox) if "a@example.org" in repr(row)] == []


def test_opening_the_link_ends_nothing_and_its_button_does(subscribed):
    assert "name=end" in subscribed.visitor.get(subscribed.link).text
    assert len(subscribed.site.rows(mail_subscribers)) == 1
    assert subscribed.visitor.post(subscribed.link, data={"end": "1"}).location == "/mail/unsubscribe?done=ended"
    assert subscribed.site.rows(mail_subscribers) == []
    assert subscribed.visitor.get(subscribed.link).status_code == 200  # pressed long ago
    assert subscribed.visitor.post(subscribed.link, data={"List-Unsubscribe": "One-Click"}).status_code == 200


def test_frequency_and_script_can_be_changed(subscribed):
    fields = fields_in(subscribed.visitor.get(subscribed.link).text, 1)
    sent = fields | {"change": "1", "frequency": "weekly", "script": "hant"}
    assert subscribed.visitor.post(subscribed.link, data=sent).status_code == 303
    [row] = subscribed.site.rows(mail_subscribers)
    assert (row.frequency, row.script, row.address) == (WEEKLY, "hant", "a@example.org")


def test_a_guessed_link_ends_nothing(subscribed):
    [row] = subscribed.site.rows(mail_subscribers)
    for token in (f"{row.id}-", f"{row.id}-{'0' * 32}", f"{row.id}", "-", "x", f"{10**20}-x"):
        subscribed.visitor.post(f"/mail/unsubscribe?u={token}", data={"List-Unsubscribe": "One-Click"})
    assert len(subscribed.site.rows(mail_subscribers)) == 1


# -- servers that refuse ------------------------------------------------------------------------------------------


def test_a_bounce_stops_one_address_and_the_others_get_theirs(site_with):
    site = site_with(SmtpStub(rcpt=lambda to: "550 5.1.1 no such user" if to.startswith("gone") else ""))
    site.subscribe("a@example.org", "gone@example.org", "b@example.org")
    assert site.work() == 2
    assert [row.address for row in site.rows(mail_subscribers) if row.stopped_at] == ["gone@example.org"]
    site.later(days=1)
    assert site.work() == 0


def test_a_server_that_refuses_the_sender_stops_nobody_at_once(site_with):
    site = site_with(SmtpStub(rcpt=lambda _to: "550 5.7.1 relaying denied"))
    site.subscribe("a@example.org")
    site.work()
    assert [row.stopped_at for row in site.rows(mail_subscribers)] == [None]


def test_a_server_that_refuses_the_senders_domain_for_days_stops_nobody_and_loses_nothing_within_two(site_with):
    answers = ["550 5.1.8 domain of sender not found"]
    site = site_with(SmtpStub(mail=lambda _from: answers[-1]))
    site.subscribe("a@example.org", "b@example.org")
    for _ in range(4):
        assert site.work() == 0
        site.later(hours=9)
    answers.append("")
    assert site.work() == 2
    assert [(row.stopped_at, row.refusals) for row in site.rows(mail_subscribers)] == [(None, 0)] * 2


def test_a_message_that_a_bug_cannot_build_holds_up_no_other(site, monkeypatch):
    site.subscribe("a@example.org", "bug@example.org", "b@example.org")
    build = site.sender._messages.issue

    def failing(queued, edition, subscriber):
        if queued.address.startswith("bug"):
            raise AttributeError("a bug")
        return build(queued, edition, subscriber)

    monkeypatch.setattr(site.sender._messages, "issue", failing)
    assert site.work() == 2
    monkeypatch.undo()
    site.later(minutes=5)
    assert site.work() == 1


def test_while_a_new_catalog_is_filled_mail_waits_and_is_not_given_up(site, monkeypatch):
    site.subscribe("a@example.org")
    site.sender.make_edition(DAILY)

    def filling(*_):
        raise Busy(Message("a new catalog is being filled"), retry_seconds=5)

    monkeypatch.setattr(site.sender._messages, "issue", filling)
    assert site.sender.send_due() == 0
    monkeypatch.undo()
    site.later(minutes=1)
    assert site.work() == 1


def test_what_is_put_off_is_tried_again_later_and_less_and_less_often(site_with):
    answers = iter(["450 4.2.0 greylisted", "451 4.3.0 later", ""])
    site = site_with(SmtpStub(rcpt=lambda _to: next(answers)))
    site.subscribe("a@example.org")
    assert site.work() == 0
    assert site.work() == 0  # not at once
    site.later(minutes=1)
    assert site.work() == 0
    site.later(minutes=1)
    assert site.work() == 0
    site.later(minutes=1)
    assert site.work() == 1


def test_what_was_put_off_for_two_days_is_given_up(site_with):
    site = site_with(SmtpStub(data=lambda _to: "451 4.3.0 later"))
    site.subscribe("a@example.org")
    for _ in range(40):
        site.work()
        site.later(hours=2)
        (site.services.settings.articles / "2026-05-07/sun.md").touch()
    assert {row.status for row in site.rows(mail_outbox)} == {"failed"}
    assert [row.stopped_at for row in site.rows(mail_subscribers)] == [None]


def test_a_server_that_is_down_loses_nothing(settings, site_with):
    site = site_with()
    up, down = site.sender._server, replace(site.sender._server, port=1)
    site.subscribe("a@example.org")
    site.sender._server = down
    assert site.work() == 0
    assert site.sender._failures == 1
    site.sender._server = up
    assert site.work() == 1


def test_of_several_senders_one_sends_each_message(site_with):
    """On several machines, which share a database and no lock."""
    site = site_with(SmtpStub(slow_seconds=0.01))
    site.subscribe(*(f"reader{number}@example.org" for number in range(30)))
    s = site.services

    def work() -> None:
        sender = MailSender(s.settings, s.catalog, s.export_service, s.state, s.render, clock=lambda: site.now)
        for _ in range(40):
            sender._retry_at = float("-inf")
            sender.work_once()
        sender.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    site.later(hours=1)
    site.work()
    assert sorted(site.server.receivers) == sorted(f"reader{number}@example.org" for number in range(30))


def test_after_a_kill_a_message_is_sent_unless_its_end_was(site):
    site.subscribe("a@example.org", "b@example.org")
    site.sender.make_edition(DAILY)
    first, second = site.outbox.due(site.now)
    record = site.sender._open_record()
    for message in (first, second):  # claimed by the process before
        assert site.outbox.hand_over(message.id, site.now, record.machine)
    record.write(first.id)
    assert site.work() == 0
    site.sender.recover()
    assert site.work() == 1
    site.sender.recover()  # nor after the next kill
    assert site.work() == 0
    assert site.server.receivers == [second.address]


def test_what_another_machine_is_sending_is_left_to_it(site):
    site.subscribe("a@example.org")
    site.sender.make_edition(DAILY)
    [message] = site.outbox.due(site.now)
    assert site.outbox.hand_over(message.id, site.now, "another")
    assert not site.outbox.hand_over(message.id, site.now, "this")
    site.sender.recover()
    assert site.work() == 0


# -- the operator -------------------------------------------------------------------------------------------------


@pytest.fixture
def operate(site, runner, monkeypatch):
    from reader.cli import main

    s = site.services.settings
    for name in ("articles", "instance", "smtp_url", "mail_from", "base_url"):
        monkeypatch.setenv(f"READER_{name.upper()}", str(getattr(s, name)))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return lambda *words, **more: runner.invoke(main, ["mail", *words], **more)


def test_the_command_exports_and_erases_everything_of_an_address(site, operate):
    site.subscribe("a@example.org", "b@example.org")
    site.store.request("A@example.org", Choice(DAILY), "", site.now)
    site.store.send_document("a@example.org", "a@kindle.com", {"of": "rain"}, "form", site.now)
    shown = operate("export", "a@example.org").output
    assert all(table in shown for table in ("mail_subscribers", "mail_requests", "mail_outbox"))
    assert "a@kindle.com" in shown
    assert "secret" not in shown
    assert operate("erase", "a@example.org").output == "4 entries were deleted\n"
    assert "example.org" not in operate("export", "a@example.org").output
    assert [row.address for row in site.rows(mail_subscribers)] == ["b@example.org"]


def test_the_command_stops_an_address_for_good_and_resumes_bounced_ones(site, operate):
    site.subscribe("a@example.org", "b@example.org")
    assert operate("stop", "a@example.org").exit_code == 0
    site.store.request("a@example.org", Choice(DAILY), "", site.now)
    assert [row.address for row in site.rows(mail_subscribers)] == ["b@example.org"]
    assert site.rows(mail_requests) == []
    site.sender.make_edition(DAILY)
    [message] = site.outbox.due(site.now)
    assert site.outbox.refused(message, "550 5.1.1", site.now, is_bounce=True)
    assert "1 stopped by bounces" in operate("status").output
    assert "not sent: 1 (550 5.1.1)" in operate("status").output
    assert operate("resume").output == "1 subscribers get mail again\n"


def test_a_report_to_the_return_address_of_a_subscriber_stops_them_and_a_forged_one_nobody(
    site, operate, monkeypatch, tmp_path
):
    monkeypatch.setenv("READER_MAIL_BOUNCES", "bounces@news.example")
    site.sender._settings = replace(site.services.settings, mail_bounces="bounces@news.example")
    site.subscribe("gone@example.org", "b@example.org")
    assert site.work() == 2
    address = site.server.senders["gone@example.org"]
    assert address != site.server.senders["b@example.org"]

    def stopped() -> list[str]:
        return [row.address for row in site.rows(mail_subscribers) if row.stopped_at]

    report = tmp_path / "bounce"
    forged = re.sub("-[0-9a-f]{16}@", f"-{'0' * 16}@", address)
    for to, status in ((forged, "5.1.1"), (address, "4.4.7")):
        report.write_bytes(postfix(status, to=to))
        assert operate("bounce", str(report)).exit_code == 0
        assert stopped() == []
    assert "550 5.1.1 no such user" in operate("bounce", input=postfix("5.1.1", to=address)).output
    assert stopped() == ["gone@example.org"]
    assert "no subscription was stopped" in operate("bounce", input=postfix("5.1.1", to=address)).output
    assert operate("bounce", input="hello").output == "no bounce of an issue\n"


def test_the_command_sends_a_test_and_shows_what_is_wrong(site, operate, monkeypatch):
    assert operate("test", "me@example.org").exit_code == 0
    assert site.server.receivers == ["me@example.org"]
    site.server.rcpt = lambda _to: "550 5.7.1 not from here"
    answer = operate("test", "me@example.org")
    assert answer.exit_code == 1
    assert "not from here" in answer.output
    assert operate("test", "nobody").exit_code == 2


# -- files --------------------------------------------------------------------------------------------------------


def confirmed(site, address: str = "a@example.org"):
    """The browser of somebody who has confirmed this address."""
    visitor = site.visitor()
    page = visitor.get("/mail/send?of=rain").text
    visitor.post("/mail", data=fields_in(page) | {"address": address})
    site.work()
    answer = visitor.post(link_in(site.server.messages[-1]), data={"confirm": "1"})
    assert answer.location == "/mail/send?of=rain"
    site.server.taken.clear()
    return visitor


def send_file(visitor, of: str = "rain", **fields: str):
    return visitor.post(f"/mail/send?of={of}", data=fields_in(visitor.get(f"/mail/send?of={of}").text) | fields)


def deliver(site) -> None:
    """Works until nothing waits. Exports are made by real workers."""

    def is_done() -> bool:
        site.work()
        site.later(minutes=1)
        return not [row for row in site.rows(mail_outbox) if row.status == "waiting"]

    stop = threading.Event()
    workers = threading.Thread(target=site.services.export_service.run_workers, args=(stop,))
    workers.start()
    try:
        wait_for(is_done)
    finally:
        stop.set()
        workers.join()


def attachment_of(message: EmailMessage):
    [part] = message.iter_attachments()
    return part


def test_a_file_goes_to_the_confirmed_address_as_epub_or_pdf(site):
    visitor = confirmed(site)
    for number in ("0", "1", "2"):
        assert send_file(visitor, format=number).location == "/mail/send?of=rain&done=1"
    deliver(site)
    assert site.server.receivers == ["a@example.org"] * 3
    found = sorted(attachment_of(m).get_content_type() for m in site.server.messages)
    assert found == ["application/epub+zip", "application/pdf", "application/pdf"]
    contents = {attachment_of(m).get_content()[:4] for m in site.server.messages}
    assert contents == {b"PK\x03\x04", b"%PDF"}
    assert site.rows(mail_subscribers) == []  # sending files is no subscription


def test_a_file_is_named_in_ascii_and_with_all_characters(site):
    send_file(confirmed(site), to="device", device="me@kindle.com")
    deliver(site)
    [(receiver, raw)] = site.server.taken
    assert receiver == "me@kindle.com"
    [field] = re.findall(rb"(?m)^Content-Disposition: (.*)\r$", raw)
    assert field == b"attachment; filename=\"rain.epub\"; filename*=UTF-8''%E5%A4%A7%E9%9B%A8.epub"
    assert attachment_of(site.server.messages[0]).get_filename() in ("rain.epub", "大雨.epub")


def test_an_issue_in_another_script_is_sent(site):
    send_file(confirmed(site), "d/2026-05-07", script="hant")
    deliver(site)
    content = attachment_of(site.server.messages[0]).get_content()
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert any("後來天晴" in book.read(name).decode("utf-8", "replace") for name in book.namelist())


def test_an_issue_too_large_for_one_file_says_so_and_leads_to_its_articles(site, monkeypatch):
    visitor = confirmed(site)
    fields = fields_in(visitor.get("/mail/send?of=d/2026-05-07").text)
    waiting = site.rows(mail_outbox)
    monkeypatch.setattr("reader.exports.publications.MOST_ARTICLES", 0)
    for answer, status in (
        (visitor.get("/mail/send?of=d/2026-05-07"), 200),
        (site.visitor().get("/mail/send?of=d/2026-05-07"), 200),
        (visitor.post("/mail/send?of=d/2026-05-07", data=fields), 422),
    ):
        assert answer.status_code == status
        assert "无法作为一个文件发送" in answer.text
        assert lxml.html.fromstring(answer.text).xpath("//main//a/@href") == ["/d/2026-05-07/"]
        assert "no-store" in answer.headers["Cache-Control"]
    assert site.rows(mail_outbox) == waiting


def test_nobody_orders_files_without_a_confirmed_address_or_to_anybody_else(site):
    stranger = site.visitor()
    fields = fields_in(stranger.get("/mail/send?of=rain").text)
    assert stranger.post("/mail/send?of=rain", data=fields).status_code == 403
    stranger.set_cookie("mail", "forged", path="/mail")
    assert stranger.post("/mail/send?of=rain", data=fields).status_code == 403
    visitor = confirmed(site)
    for device in ("victim@example.org", "me@kindle.com.example.org", "", "me@kindle.com, b@example.org"):
        assert send_file(visitor, to="device", device=device).status_code == 422
    cross = {"Sec-Fetch-Site": "cross-site"}
    page = fields_in(visitor.get("/mail/send?of=rain").text)
    assert visitor.post("/mail/send?of=rain", data=page, headers=cross).status_code == 403
    assert [row for row in site.rows(mail_outbox) if row.kind == "document"] == []


def test_ten_files_a_day_are_enough(site):
    visitor = confirmed(site)
    statuses = []
    for number in range(12):
        site.app.extensions["reader-limits"]._counts = LocalCounts()  # the limit of a minute
        statuses.append(send_file(visitor, to="device", device=f"me{number}@kindle.com").status_code)
    assert statuses == [303] * 10 + [429] * 2


def test_the_button_pressed_twice_sends_one_file(site):
    visitor = confirmed(site)
    fields = fields_in(visitor.get("/mail/send?of=rain").text)
    for _ in range(2):
        assert visitor.post("/mail/send?of=rain", data=fields).status_code == 303
    assert len([row for row in site.rows(mail_outbox) if row.kind == "document"]) == 1


def test_what_kindle_would_refuse_or_is_too_large_is_told_to_who_ordered_it(site, monkeypatch):
    visitor = confirmed(site)
    monkeypatch.setattr("reader.mail.file_message.largest_for", lambda _address: 100)
    send_file(visitor, to="device", device="me@kindle.com")
    deliver(site)
    [message] = site.server.messages
    assert message["To"] == "a@example.org"
    assert "大雨" in text_of(message)
    assert f"{BASE}/a/rain" in text_of(message)
    assert visitor.get("/mail/send?of=gone").status_code == 404


def test_a_kindle_that_refuses_is_told_to_who_ordered_it(site):
    visitor = confirmed(site)
    site.server.rcpt = lambda to: "550 5.1.1 unknown" if to.endswith("kindle.com") else ""
    send_file(visitor, to="device", device="me@kindle.com")
    deliver(site)
    assert site.server.receivers == ["a@example.org"]


def test_an_article_in_a_language_that_kindle_refuses_goes_as_pdf(site_with):
    site = site_with(files=ARTICLES | {"2026-05-07/bod.md": "---\ntitle: བོད\nlanguage: bo\n---\nབོད་ཡིག"})
    send_file(confirmed(site), "bod", to="device", device="me@kindle.com")
    deliver(site)
    assert attachment_of(site.server.messages[0]).get_content_type() == "application/pdf"


def test_an_epub_has_what_kindle_asks_for(site):
    """It takes XHTML without an encoding for ISO 8859-1, and refuses books without a language, links from the table of
    contents to the id of a body, and pictures without an address (E999 and silent refusals)."""
    send_file(confirmed(site), "d/2026-05-07")
    deliver(site)
    with zipfile.ZipFile(io.BytesIO(attachment_of(site.server.messages[0]).get_content())) as book:
        pages = {
            name: book.read(name).decode() for name in book.namelist() if name.endswith((".xhtml", ".opf", ".ncx"))
        }
    assert len(pages) >= 5
    for name, page in pages.items():
        assert page.startswith('<?xml version="1.0" encoding="UTF-8"?>'), name
        assert not re.search(r"<img(?![^>]*\ssrc=)|<body[^>]*\sid=|<script", page), name
    package = next(page for name, page in pages.items() if name.endswith(".opf"))
    assert "<dc:language>zh" in package


@pytest.mark.usefixtures("operate")
@long_form
def test_a_static_site_has_no_forms_of_mail(tmp_path, runner):
    from reader.cli import main

    done = runner.invoke(main, ["export", "--all", "--output", str(tmp_path / "public")])
    assert done.exit_code == 0, done.output
    assert not (tmp_path / "public" / "mail").exists()
    assert "/mail" not in (tmp_path / "public" / "index.html").read_text("utf-8")
