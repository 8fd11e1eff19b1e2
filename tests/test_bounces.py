"""Bounces that come as messages: reports of mail servers stop the subscription they are about, and nothing else does."""

from __future__ import annotations

import pytest

from reader.mail.bounces import LARGEST_BYTES, read_bounce, return_address
from reader.mail.mail_models import Choice, Subscriber

BOUNCES = "bounces@news.example"
SUBSCRIBER = Subscriber(12, "gone@example.org", Choice("daily"), "s" * 32)
TO = return_address(BOUNCES, SUBSCRIBER)

POSTFIX = """Return-Path: <>
Delivered-To: {to}
From: MAILER-DAEMON@mail.news.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B/mail"

--B/mail
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

<gone@example.org>: host mx.example.org said: {code}

--B/mail
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.news.example
X-Postfix-Queue-ID: 4Qx
Arrival-Date: Thu, 26 Nov 2026 07:00:00 +0800 (CST)

Final-Recipient: rfc822; gone@example.org
Original-Recipient: rfc822;gone@example.org
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; {code}

--B/mail
Content-Type: message/rfc822

Subject: news

body
--B/mail--
"""
EXCHANGE = """From: postmaster@example.org
To: {to}
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="x"

--x
Content-Type: multipart/alternative; boundary="y"

--y
Content-Type: text/html

<p>Your message couldn't be delivered</p>
--y--

--x
Content-Type: message/delivery-status

Reporting-MTA: dns;PROD.example.org
Received-From-MTA: dns;mail.news.example

Final-Recipient: rfc822;gone@example.org
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound;
 Recipient not found by SMTP address lookup

--x--
"""
QMAIL = """To: {to}
Subject: failure notice

Hi. This is the qmail-send program. I'm afraid I wasn't able to deliver your message.
<gone@example.org>: Sorry, no mailbox here by that name. (#5.1.1)
"""
VACATION = "To: {to}\nAuto-Submitted: auto-replied\nSubject: 5.1.1 Action: failed\n\nI am away. Status: 5.1.1\n"


def postfix(status: str, action: str = "failed", code: str = "", to: str = TO) -> bytes:
    text = POSTFIX.format(to=to, action=action, status=status, code=code or f"550 {status} no such user")
    return text.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("content", "is_lasting"),
    [
        (postfix("5.1.1"), True),
        (postfix("5.1.1", to=TO.upper()), True),
        (postfix("5.4.4", code="host not found"), True),
        (postfix("5.2.1 (mailbox disabled)"), True),
        (EXCHANGE.format(to=TO).encode(), True),
        (postfix("5.0.0", code="550 5.1.1 user unknown"), True),
        (postfix("5.1.1", code="550 <relay@example.org>: user unknown"), True),
        (postfix("5.0.0", code="554 5.7.1 spam"), False),
        (postfix("5.0.0", code="550 no"), False),
        (postfix("5.2.2"), False),
        (postfix("4.4.7", code="delivery time expired"), False),
        (postfix("5.7.1", code="550 5.7.1 blocked"), False),
        (postfix("5.1.8", code="550 5.1.8 domain of sender not found"), False),
        (postfix("4.4.1", action="delayed"), False),
        (postfix("2.1.5", action="delivered"), False),
    ],
)
def test_a_report_says_whether_the_mailbox_is_gone(content, is_lasting):
    bounce = read_bounce(content, BOUNCES)
    assert (bounce.number, bounce.is_lasting) == (12, is_lasting)
    assert bounce.reason.startswith(bounce.status)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 5000,
        QMAIL.format(to=TO).encode(),
        VACATION.format(to=TO).encode(),
        postfix("5.1.1", to=BOUNCES),
        postfix("5.1.1", to=TO.replace("news.example", "other.example")),
        postfix("5.1.1", to=TO.replace("12-", "-")),
        postfix("five"),
        postfix("5.1.1").replace(b"message/delivery-status", b"text/plain"),
        postfix("5.1.1").replace(b"B/mail", b"", 1),
        b"x" * LARGEST_BYTES + postfix("5.1.1"),
        f"To: {TO}\n".encode() + b"Content-Type: message/rfc822\n\n" * 5000,
        f"To: {TO}\n".encode()
        + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000)),
    ],
)
def test_anything_else_is_no_bounce(content):
    assert read_bounce(content, BOUNCES) is None
