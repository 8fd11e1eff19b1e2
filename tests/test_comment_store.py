"""Comments in the state database: what visitors and editors do, on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event, func, select

from reader.comments import acceptance
from reader.comments import comment_store as store_module
from reader.comments.comment import APPROVED, HIDDEN, OPEN, PENDING, REJECTED, REVIEWED, WITHDRAWN, Cursor, Submission
from reader.comments.comment_store import CommentStore, Rules, Sender
from reader.comments.comment_tables import comment_acts, comment_counts, comment_keys, comments
from reader.comments.comment_writes import APPROVE, HIDE, REJECT, NewComment, key_of_day, post
from reader.comments.importing.comment_import import store_comments
from reader.comments.importing.imported_comment import ImportedComment
from reader.comments.word_list import WordList

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
REVIEW, FREE = (Rules(mode, WordList(), ()) for mode in (REVIEWED, OPEN))
SOMEBODY = Sender("192.0.2.1", "", "form-token")


@pytest.fixture
def store(state):
    return CommentStore(state)


def say(store, text, *, page="rain", name="张三", reply_to=0, sender=SOMEBODY, rules=FREE, now=NOON):
    return store.post(page, Submission(name, text, reply_to), sender, rules, now)[0]


def shown(store, page="rain", cookie="", **options):
    return store.page(page, cookie=cookie, **({"oldest_first": False} | options))


def texts(page) -> list:
    return [(thread.first.text, [answer.text for answer in thread.answers]) for thread in page.threads.items]


def test_a_comment_under_review_is_seen_by_its_author_only_until_it_is_approved(store):
    comment, author_id = store.post("rain", Submission("张三", "写得好"), SOMEBODY, REVIEW, NOON)
    cookie = store.signatures.author_cookie(author_id)
    assert (comment.status, texts(shown(store)), store.counts(["rain"])) == (PENDING, [], {})
    assert [own.text for own in shown(store, cookie=cookie).own] == ["写得好"]
    assert shown(store, cookie=cookie + "x").own == shown(store, page="sun", cookie=cookie).own == ()
    before = store.state.revision
    assert store.review([comment.id], APPROVE, "周琳", NOON) == 1
    assert (texts(shown(store)), store.counts(["rain", "sun"])) == ([("写得好", [])], {"rain": 1})
    assert store.state.changes_since(before).things == {("comments", "rain")}


def test_what_nobody_sees_yet_moves_no_revision(store):
    say(store, "第一条", rules=REVIEW)
    before = store.state.revision
    waiting = say(store, "第二条", rules=REVIEW, now=NOON + timedelta(minutes=1))
    store.review([waiting.id], REJECT, "", NOON)
    assert store.state.revision == before


def test_an_open_comment_moves_the_revision_once_so_every_process_shows_it(store):
    before = store.state.revision
    say(store, "写得好")
    after = store.state.revision
    assert (after > before, store.state.changes_since(before).things) == (True, {("comments", "rain")})
    say(store, "写得好")
    assert store.state.revision == after


def test_open_comments_appear_at_once_unless_something_is_suspicious(store):
    assert say(store, "写得好").status == APPROVED
    assert say(store, "看 https://a.example").reasons == (acceptance.LINKS,)
    listed = Rules(OPEN, WordList(review_words=("广告",)), ("河北新闻网",))
    assert say(store, "广 告", rules=listed).status == PENDING
    assert say(store, "大家好", name="河北新闻网", rules=listed).reasons == (acceptance.PAPER_NAME,)


def test_the_same_text_again_waits_but_a_second_press_of_the_button_is_one_comment(store):
    first = say(store, "今天下雨了，河水上涨")
    assert say(store, "今天下雨了，河水上涨").id == first.id
    other = Sender("198.51.100.7", "", "another-token")
    again = say(store, "今天下雨了 河水上涨！", sender=other)
    assert (again.id != first.id, again.reasons) == (True, (acceptance.DUPLICATE,))
    short = [say(store, "支持", sender=Sender(f"198.51.100.{n}", "", f"t{n}")) for n in range(2)]
    assert [comment.status for comment in short] == [APPROVED, APPROVED]


def test_two_presses_get_the_same_cookie_which_nobody_can_guess(store):
    ids = {store.post("rain", Submission("张三", "写得好"), SOMEBODY, REVIEW, NOON)[1] for _ in range(2)}
    assert len(ids) == 1
    assert len(ids.pop()) >= 32
    known = Sender("192.0.2.1", store.signatures.author_cookie("me"), "form-token")
    assert store.post("rain", Submission("张三", "又一条"), known, REVIEW, NOON)[1] == ""


def test_many_comments_from_one_place_wait_and_the_next_hour_is_free(store):
    for number in range(acceptance.MOST_PER_HOUR):
        assert say(store, f"第{number}条评论写得很好", sender=Sender("192.0.2.1", "", f"{number}")).status == APPROVED
    assert say(store, "还有一条").reasons == (acceptance.FLOOD,)
    assert say(store, "隔壁的", sender=Sender("192.0.2.2", "", "x")).status == APPROVED
    assert say(store, "过了一小时", now=NOON + timedelta(hours=2)).status == APPROVED


def test_no_address_is_stored_and_the_key_of_a_day_goes_with_it(store):
    say(store, "写得好")
    with store.state.writing() as connection:
        (client,) = connection.execute(select(comments.c.client)).one()
        assert "192.0.2.1" not in str(connection.execute(select(comments)).one())
        key_of_day(connection, NOON + timedelta(days=1))
        names = set(connection.execute(select(comment_keys.c.name)).scalars())
    assert names == {"site", "2026-05-02"}
    say(store, "第二天", now=NOON + timedelta(days=1))
    with store.state.reading() as connection:
        clients = list(connection.execute(select(comments.c.client).order_by(comments.c.id)).scalars())
    assert clients[0] == client != clients[1]


def test_threads_are_two_deep_and_paged(store):
    first = say(store, "第一条")
    answer = say(store, "回复第一条", reply_to=first.id)
    say(store, "回复那条回复", reply_to=answer.id)
    say(store, "第二条", now=NOON + timedelta(minutes=1))
    say(store, "回复别的文章", reply_to=first.id, page="sun")
    newest, oldest = texts(shown(store)), texts(shown(store, oldest_first=True))
    assert newest == [("第二条", []), ("第一条", ["回复第一条", "回复那条回复"])]
    assert oldest == newest[::-1]
    assert texts(shown(store, page="sun")) == [("回复别的文章", [])]
    for number in range(store_module.THREADS_PER_PAGE):
        say(store, f"更多{number}", now=NOON + timedelta(hours=number + 1))
    first = shown(store)
    last = shown(store, cursor=Cursor(after=first.threads.items[-1].first.id))
    assert (first.count, len(texts(first)), texts(last)) == (24, store_module.THREADS_PER_PAGE, newest)
    assert (first.threads.has_before, first.threads.has_after) == (False, True)
    assert (last.threads.has_before, last.threads.has_after) == (True, False)
    assert texts(shown(store, cursor=Cursor(before=last.threads.items[0].first.id))) == texts(first)
    assert (
        shown(store, cursor=Cursor(after=answer.id))
        is shown(store, page="sun", cursor=Cursor(after=first.threads.items[0].first.id))
        is None
    )


def test_a_hidden_comment_keeps_its_place_while_it_has_answers(store):
    first = say(store, "第一条")
    answer = say(store, "回复", reply_to=first.id)
    store.review([first.id], HIDE, "周琳", NOON)
    assert [(thread.first.status, len(thread.answers)) for thread in shown(store).threads.items] == [(HIDDEN, 1)]
    assert store.counts(["rain"]) == {"rain": 1}
    store.review([answer.id], HIDE, "周琳", NOON)
    assert shown(store).threads.items == ()


def test_the_author_corrects_and_withdraws_for_fifteen_minutes(store):
    comment, author_id = store.post("rain", Submission("张三", "写的好"), SOMEBODY, FREE, NOON)
    cookie = store.signatures.author_cookie(author_id)
    corrected = Submission("张三", "写得好")
    assert store.correct(comment.id, "", corrected, FREE, NOON) is None
    assert store.correct(comment.id, store.signatures.author_cookie("x"), corrected, FREE, NOON) is None
    assert store.correct(comment.id, cookie, corrected, FREE, NOON + timedelta(minutes=16)) is None
    assert store.correct(comment.id, cookie, corrected, FREE, NOON + timedelta(minutes=14))
    assert (store.comment(comment.id).text, store.comment(comment.id).status) == ("写得好", APPROVED)
    store.correct(comment.id, cookie, Submission("张三", "看 https://a.example"), FREE, NOON)
    assert store.comment(comment.id).status == PENDING
    assert store.withdraw(comment.id, cookie, NOON + timedelta(minutes=16)) is None
    assert store.withdraw(comment.id, cookie, NOON)
    gone = store.comment(comment.id)
    assert (gone.status, gone.text, gone.name) == (WITHDRAWN, "", "")
    store.review([comment.id], APPROVE, "周琳", NOON)
    assert store.comment(comment.id).status == WITHDRAWN


def test_an_approved_comment_that_is_corrected_waits_again_under_review(store):
    comment, author_id = store.post("rain", Submission("张三", "写的好"), SOMEBODY, REVIEW, NOON)
    store.review([comment.id], APPROVE, "周琳", NOON)
    cookie = store.signatures.author_cookie(author_id)
    store.correct(comment.id, cookie, Submission("张三", "写得好"), REVIEW, NOON)
    assert (store.comment(comment.id).status, store.counts(["rain"])) == (PENDING, {})


def test_every_act_is_recorded_with_who_did_it(store):
    comment = say(store, "写得好", rules=REVIEW)
    store.review([comment.id], APPROVE, "周琳", NOON)
    store.review([comment.id], APPROVE, "高原雪", NOON)  # nothing changes
    store.review([comment.id], REJECT, "高原雪", NOON)
    answer = store.answer(comment.id, Submission("本报", "谢谢"), "周琳", NOON)
    found, acts, count = store.queue(APPROVED, "", 1)
    assert [(act.act, act.by) for act in acts[comment.id]] == [
        ("approve", "周琳"), ("reject", "高原雪"), ("approve", "周琳")
    ]  # fmt: skip
    assert [(act.act, act.by) for act in acts[answer.id]] == [("answer", "周琳")]
    assert (count, {c.text for c in found}, answer.is_paper, answer.thread) == (2, {"写得好", "谢谢"}, True, comment.id)
    assert store.answer(999, Submission("本报", "谢谢"), "周琳", NOON) is None


def test_the_queue_shows_the_oldest_first_and_can_be_searched(store):
    say(store, "河水上涨", rules=REVIEW)
    say(store, "100% 同意_", name="李四", rules=REVIEW, now=NOON + timedelta(minutes=1))
    rejected = say(store, "广告", rules=REVIEW)
    store.review([rejected.id], REJECT, "", NOON)
    assert [comment.text for comment in store.queue(PENDING, "", 1)[0]] == ["河水上涨", "100% 同意_"]
    for words, found in (("河水", 1), ("李四", 1), ("rain", 2), ("100%", 1), ("意_", 1), ("%", 1), ("河水 李四", 0)):
        assert store.queue(PENDING, words, 1)[2] == found, words
    assert (store.queue(REJECTED, "", 1)[2], store.queue(PENDING, "", 1)[2]) == (1, 2)


def test_counts_are_left_out_while_the_database_is_gone_and_nobody_waits_for_it(store, monkeypatch):
    say(store, "写得好")
    broken = CommentStore(store.state)
    asked: list[int] = []

    def fails():
        from reader.errors import StateUnusable

        asked.append(1)
        raise StateUnusable("gone")

    monkeypatch.setattr(broken.state, "reading", fails)
    assert [broken.counts(["rain"]), broken.counts(["rain"]), len(asked)] == [None, None, 1]


def test_a_hundred_threads_that_post_and_review_lose_none(store):
    barrier = threading.Barrier(100)

    def work(number: int) -> None:
        barrier.wait(300)
        made = say(store, f"第{number}条", page=f"p{number % 3}", sender=Sender("", "", f"{number}"), rules=REVIEW)
        store.review([made.id], APPROVE if number % 2 else REJECT, f"editor {number}", NOON)

    with ThreadPoolExecutor(100) as pool:
        list(pool.map(work, range(100)))
    with store.state.reading() as connection:
        by_status = dict(connection.execute(select(comments.c.status, func.count()).group_by(comments.c.status)).all())
        acts = connection.execute(select(func.count()).select_from(comment_acts)).scalar_one()
    assert (by_status, acts) == ({APPROVED: 50, REJECTED: 50}, 100)
    assert sum(store.counts(["p0", "p1", "p2"]).values()) == 50


def test_one_origin_is_one_comment_however_many_send_it_at_once(store):
    new = NewComment("rain", Submission("张三", "写得好"), NOON, APPROVED, "isso:1")

    def send(_: int) -> int:
        with store.state.writing() as connection:
            return post(connection, new).id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(send, range(24)))) == 1


def test_of_a_withdrawn_comment_no_text_stays(store):
    comment, author_id = store.post("rain", Submission("张三", "第一稿"), SOMEBODY, FREE, NOON)
    cookie = store.signatures.author_cookie(author_id)
    store.correct(comment.id, cookie, Submission("张三", "第二稿"), FREE, NOON)
    store.withdraw(comment.id, cookie, NOON)
    found, acts, _ = store.queue("withdrawn", "", 1)
    assert ([c.text for c in found], [act.note for act in acts[comment.id]]) == ([""], ["", ""])


def test_a_correction_to_what_another_said_waits(store):
    say(store, "这是一条重复的广告")
    mine, author_id = store.post("rain", Submission("李四", "写得非常非常好"), SOMEBODY, FREE, NOON)
    cookie = store.signatures.author_cookie(author_id)
    store.correct(mine.id, cookie, Submission("李四", "写得非常非常好！"), FREE, NOON)
    assert store.comment(mine.id).status == APPROVED
    store.correct(mine.id, cookie, Submission("李四", "这是一条,重复的广告"), FREE, NOON)
    assert store.comment(mine.id).status == PENDING


def test_comments_are_read_while_another_process_writes(store, state):
    say(store, "写得好")
    with state.writing():
        key = CommentStore(state).signatures.key
    assert key == store.signatures.key


def test_an_import_of_many_comments_asks_the_database_a_few_times_and_counts_as_if_each_were_posted(store, state):
    def of(number, parent="", address="rain", status=APPROVED):
        text, when = f"第{number}条", NOON + timedelta(minutes=number)
        return ImportedComment(str(number), address, "读者", text, when, status, parent)

    say(store, "这里写的")
    imported = [of(number, str(number - 1) if number % 3 else "") for number in range(60)]
    imported += [of(100 + number, address="sun", status=(APPROVED, PENDING)[number % 2]) for number in range(20)]
    imported += [of(200, "101", "sun"), of(201, "200", "sun", REJECTED)]
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_):
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        outcome = store_comments(state, "Isso", imported, lambda address: address, "匿名")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert (outcome.stored, outcome.known) == (82, 0)
    assert len(asked) < 40
    assert store.counts(["rain", "sun"]) == {"rain": 61, "sun": 11}
    threads = texts(shown(store, oldest_first=True))
    assert ("第3条", ["第4条", "第5条"]) in threads
    with state.reading() as connection:
        of_sun = connection.execute(select(comment_counts).where(comment_counts.c.page == "sun")).one()
    assert of_sun.threads == 11, "ten approved ones, and one that waits below which an answer is approved"
    again = store_comments(state, "Isso", [*imported, of(202, "59")], lambda address: address, "匿名")
    assert (again.stored, again.known) == (1, 82)
    assert store.counts(["rain"]) == {"rain": 62}
