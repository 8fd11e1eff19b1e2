"""A reader orders the issue and a file by mail on a phone, confirms, and ends it: without script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from page_waiting import new_context
from playwright.sync_api import Browser, Page
from serving import serving
from smtp_server import smtp_server
from test_accessibility import AXE, RULES
from waiting import wait_for

from reader.mail.outbox import Outbox
from reader.settings import Settings
from reader.state import State

PHONE = {"width": 360, "height": 640}
BASE = "http://news.example"
NO_SCROLL = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture
def site(tmp_path) -> Iterator[SimpleNamespace]:
    (tmp_path / "articles" / "2026-05-01").mkdir(parents=True)
    (tmp_path / "articles" / "2026-05-01" / "rain.md").write_text("# 大雨\n\n今天下雨，河水上涨。\n", "utf-8")
    with smtp_server() as mail:
        places = {"articles": tmp_path / "articles", "instance": tmp_path / "instance"}
        url = f"smtp://127.0.0.1:{mail.port}"
        settings = Settings(**places, smtp_url=url, mail_from="news@news.example", base_url=BASE)
        with serving(settings) as url:
            yield SimpleNamespace(url=url, mail=mail, state_url=settings.state_url)


def phone(browser: Browser, script: bool = False, **more: object) -> Page:
    return new_context(browser, viewport=PHONE, locale="zh-CN", java_script_enabled=script, **more).new_page()


def link_in(site: SimpleNamespace, number: int) -> str:
    wait_for(lambda: len(site.mail.messages) > number)
    text = site.mail.messages[number].get_body(("plain",)).get_content()
    return site.url + re.search(rf"{BASE}(/mail/\S+)", text)[1]


def send(page: Page, button: str) -> None:
    page.wait_for_timeout(2500)  # a form that is sent within two seconds was filled by a program
    page.get_by_role("button", name=button).click()


def order_confirm(site: SimpleNamespace, page: Page) -> None:
    page.goto(f"{site.url}/a/rain")
    page.get_by_role("link", name="邮件订阅").click()
    page.get_by_label("您的邮箱").fill("me@example.org")
    page.get_by_label("繁體", exact=True).check()
    send(page, "发送确认邮件")
    assert "48 小时" in page.content()
    page.goto(link_in(site, 0))
    page.get_by_role("button", name="确认").click()
    assert "订阅成功" in page.content()


def test_a_reader_orders_confirms_sends_a_file_and_ends_it_on_a_phone(browser: Browser, site: SimpleNamespace) -> None:
    page = phone(browser)
    order_confirm(site, page)
    page.goto(f"{site.url}/a/rain")
    page.get_by_role("link", name="邮件发送").click()
    send(page, "发送")
    assert "已开始发送" in page.content()
    wait_for(lambda: len(site.mail.messages) > 1)
    [file] = site.mail.messages[1].iter_attachments()
    assert file.get_content_type() == "application/epub+zip"
    now = datetime.now(UTC)
    state = State(site.state_url)
    assert Outbox(state).publish("daily", f"{now + timedelta(days=1):%Y-%m-%d}", ["rain"], now) == 1
    page.goto(link_in(site, 2))
    page.get_by_role("button", name="退订").click()
    assert "已退订" in page.content()
    assert Outbox(state).publish("daily", f"{now + timedelta(days=2):%Y-%m-%d}", ["rain"], now) == 0
    state.close()


def test_pages_of_mail_fit_a_phone_and_axe_finds_nothing(browser: Browser, site: SimpleNamespace) -> None:
    page = phone(browser, script=True, bypass_csp=True)
    order_confirm(site, page)
    confirm = link_in(site, 0)
    found = {}
    for address in ("/mail", "/mail?done=1", confirm, "/mail/send?of=rain", "/mail/confirm?done=old"):
        page.goto(address if address.startswith("http") else site.url + address)
        assert page.evaluate(NO_SCROLL), address
        page.set_viewport_size({"width": 360, "height": 6000})
        page.add_script_tag(path=AXE)
        violations = page.evaluate("tags => axe.run({runOnly: tags}).then(r => r.violations)", RULES)
        found |= {(address, v["id"]): [node["html"][:120] for node in v["nodes"]][:3] for v in violations}
        page.set_viewport_size(PHONE)
    assert found == {}
