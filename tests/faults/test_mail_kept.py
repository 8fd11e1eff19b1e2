"""Mail and processes: each issue is sent once to each subscriber, by one of several processes, whoever is killed."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from faults.running import Server, is_alive, wait_for
from long_forms import LONG
from smtp_server import SmtpStub, smtp_server
from sqlalchemy import update

from reader.mail.mail_models import WEEKLY, Choice
from reader.mail.mail_tables import mail_subscribers
from reader.mail.mail_writes import subscribe
from reader.mail.outbox import Outbox
from reader.state import State

ROUNDS = int(os.environ.get("FAULTS_ROUNDS", "60" if LONG else "2"))
READERS = 40


@pytest.fixture
def server(tmp_path: Path):
    with smtp_server(SmtpStub(slow_seconds=0.02)) as mail:
        settings = {
            "READER_SMTP_URL": f"smtp://127.0.0.1:{mail.port}",
            "READER_MAIL_FROM": "news@news.example",
            "READER_BASE_URL": "http://news.example",
            "READER_MAIL_HOUR": "0",
            "READER_EXPORTS_AHEAD": "0",
        }
        found = Server(tmp_path, workers=3, environment=settings)
        found.mail = mail
        yield found


def order_issue(server: Server, round_number: int) -> None:
    """New subscribers, and the issue of a day for them."""
    state = State(f"sqlite:///{server.folder}/data/state.sqlite3")
    names = [f"reader{number}.{round_number}@example.org" for number in range(READERS)]
    with state.writing() as connection:
        for name in names:
            subscribe(connection, name, Choice(WEEKLY), datetime.now(UTC))
    day = date(2026, 1, 5) + timedelta(weeks=round_number)
    assert Outbox(state).publish(WEEKLY, day.isoformat(), ["rain"], datetime.now(UTC)) == READERS
    with state.writing() as connection:  # they get no other round's
        connection.execute(update(mail_subscribers).values(frequency="never"))
    state.close()


def unsent(server: Server) -> set[str]:
    """The receivers of messages that wait, or were begun and have not arrived."""
    query = "SELECT address FROM mail_outbox WHERE status IN ('waiting', 'handed over')"
    with closing(sqlite3.connect(server.folder / "data" / "state.sqlite3", timeout=30)) as database:
        return {row[0] for row in database.execute(query)} - set(server.mail.receivers)


def test_each_issue_is_sent_once_to_each_whoever_is_killed(server, tmp_path):
    chance = random.Random(1)
    server.publish("rain")
    server.start()
    for round_number in range(ROUNDS):
        before = len(server.mail.taken)
        order_issue(server, round_number)
        wait_for(lambda before=before: len(server.mail.taken) > before, server)
        time.sleep(chance.random() * 0.6)
        everyone = [server.process.pid, *server.descendants()]
        for pid in everyone:
            os.kill(pid, signal.SIGKILL)
        server.process.wait()
        wait_for(lambda everyone=everyone: not any(map(is_alive, everyone)))
        server.start()
    wait_for(lambda: not unsent(server), server)
    server.stop()
    counts = Counter(server.mail.receivers)
    assert len(counts) == ROUNDS * READERS
    assert set(counts.values()) == {1}
