"""A page of comments costs the same however many there are, and what is derived of comments is what they say."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event, insert, select, text

from reader.comments.comment import APPROVED, HIDDEN, OPEN, REVIEWED, Cursor, Submission
from reader.comments.comment_store import CommentStore, Rules, Sender
from reader.comments.comment_tables import comment_counts, comments
from reader.comments.comment_writes import APPROVE, HIDE, REJECT
from reader.comments.word_list import WordList
from reader.state.migrations.versions import comments_0002_threads as migration

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
FEW, MANY = 500, 5_000


@pytest.fixture
def store(state):
    return CommentStore(state)


def fill(store, count: int) -> None:
    """Two thirds of the comments are answers, half of them below the first."""
    rows = []
    for number in range(1, count + 1):
        thread = 0 if number % 3 == 1 else 1 if number % 3 == 2 else 1 + 3 * (number // 9)
        rows.append(
            {"id": number, "page": "rain", "thread": thread, "reply_to": thread, "name": "张三", "text": f"第{number}条",
             "posted_at": NOON + timedelta(seconds=number // 2), "status": HIDDEN if number % 7 == 0 else APPROVED,
             "is_paper": False, "author": f"author {number % 100}", "client": "", "digest": "", "reasons": "", "origin": f"x:{number}"}
        )  # fmt: skip
    with store.state.writing() as connection:
        connection.execute(comments.delete())
        connection.execute(comment_counts.delete())
        connection.execute(insert(comments), rows)
        derive_again(connection)
        connection.execute(text("ANALYZE"))


def derive_again(connection) -> None:
    for statement in migration.FILL.split(";"):
        connection.execute(text(statement))


def work_of(store, question) -> int:
    """Of the statements that *question* executes: rows that PostgreSQL reads, or steps of SQLite's virtual machine."""
    asked: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        question()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    queries = [(statement, values) for statement, values in asked if statement.lstrip().startswith("SELECT")]
    assert queries
    if store.state.path:
        return sum(steps_of(store.state.path, *query) for query in queries)
    with store.state.reading() as connection:
        return sum(rows_of(connection, *query) for query in queries)


def steps_of(path, statement, values) -> int:
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    with closing(sqlite3.connect(path)) as connection:
        connection.set_progress_handler(count, 1)
        connection.execute(statement, values).fetchall()
    return steps[0]


def rows_of(connection, statement, values) -> int:
    found = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values).scalar_one()
    plan = found if isinstance(found, list) else json.loads(found)
    return scanned(plan[0]["Plan"])


def scanned(plan) -> int:
    own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return sum(map(scanned, plan["Plans"])) if "Plans" in plan else int(own)


def test_a_page_reads_what_it_shows_and_not_what_there_is(store):
    cookie = store.signatures.author_cookie("me")
    questions = {
        "newest first": lambda: store.page("rain", cookie="", oldest_first=False),
        "oldest first": lambda: store.page("rain", cookie="", oldest_first=True),
        "of an author": lambda: store.page("rain", cookie=cookie, oldest_first=False),
        "a page in the middle": lambda: store.page("rain", cookie="", oldest_first=False, cursor=Cursor(after=121)),
        "the page before it": lambda: store.page("rain", cookie="", oldest_first=False, cursor=Cursor(before=100)),
        "a long thread": lambda: store.thread("rain", 1),
        "the middle of it": lambda: store.thread("rain", 1, Cursor(after=242)),
        "the link below the article": lambda: store.counts(["rain", "sun"]),
        "the feed": lambda: store.newest("rain"),
        "one comment": lambda: store.comment(7),
    }
    work = {}
    for count in (FEW, MANY):
        fill(store, count)
        work[count] = {name: work_of(store, question) for name, question in questions.items()}
    for name in questions:
        assert work[MANY][name] <= 1.3 * work[FEW][name] + 30, (name, work)


def test_the_pages_of_a_list_hold_each_thread_once(store):
    fill(store, FEW)
    for oldest_first in (False, True):
        seen, cursor = [], Cursor()
        while True:
            found = store.page("rain", cookie="", oldest_first=oldest_first, cursor=cursor).threads
            seen += [thread.first.id for thread in found.items]
            if not found.has_after:
                break
            cursor = Cursor(after=seen[-1])
        with store.state.reading() as connection:
            shown = select(comments.c.id).where(comments.c.is_shown.is_(True))
            assert sorted(seen) == sorted(connection.execute(shown).scalars())
        assert seen == sorted(seen, reverse=not oldest_first)


def derived(store) -> tuple[list, list]:
    with store.state.reading() as connection:
        rows = select(comments.c.id, comments.c.answers, comments.c.is_shown).order_by(comments.c.id)
        counts = connection.execute(select(comment_counts).order_by(comment_counts.c.page)).all()
        return [tuple(row) for row in connection.execute(rows)], [tuple(row) for row in counts]


def test_what_is_derived_stays_right_whatever_visitors_and_editors_do(store):
    chance, cookies = random.Random(4), {}
    for number in range(150):
        moment = NOON + timedelta(seconds=number)
        known = list(cookies)
        if not known or chance.random() < 0.4:
            rules = Rules(chance.choice((OPEN, REVIEWED)), WordList(), ())
            sent = Submission("张三", f"第{number}条", chance.choice(known) if known and chance.random() < 0.7 else 0)
            made, author = store.post(chance.choice(("rain", "sun")), sent, Sender("", "", f"{number}"), rules, moment)
            cookies[made.id] = store.signatures.author_cookie(author)
            continue
        one = chance.choice(known)
        act = chance.choice((APPROVE, HIDE, REJECT, "answer", "correct", "withdraw"))
        if act == "answer":
            store.answer(one, Submission("本报", f"回复{number}"), "周琳", moment)
        elif act == "correct":
            store.correct(
                one, cookies[one], Submission("张三", f"第{number}次修改"), Rules(REVIEWED, WordList(), ()), moment
            )
        elif act == "withdraw":
            store.withdraw(one, cookies[one], moment)
        else:
            store.review(chance.sample(known, min(3, len(known))), act, "周琳", moment)
    found = derived(store)
    assert sum(row[2] for row in found[0]) > 5
    with store.state.writing() as connection:
        connection.execute(text("UPDATE comments SET answers = 0"))
        connection.execute(comment_counts.delete())
        derive_again(connection)
    again = derived(store)
    assert found[0] == again[0]
    assert [row for row in found[1] if row[1:] != (0, 0)] == [row for row in again[1] if row[1:] != (0, 0)]
