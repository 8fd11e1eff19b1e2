"""How many comments may wait: one abuser shuts no comments for others. On SQLite and PostgreSQL."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from reader.comments import acceptance, pending_limits
from reader.comments.comment import APPROVED, DISPLACED, OPEN, PENDING, REVIEWED, Submission
from reader.comments.comment_store import CommentStore, Rules, Sender
from reader.comments.comment_writes import APPROVE
from reader.comments.word_list import WordList
from reader.errors import Busy, ShareUsed

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
REVIEW, FREE = (Rules(mode, WordList(), ()) for mode in (REVIEWED, OPEN))


@pytest.fixture
def store(state, monkeypatch):
    for name, most in {
        "MOST_OF_ALL": 8,
        "MOST_OF_ARTICLE": 5,
        "MOST_OF_NETWORK": 4,
        "MOST_OF_CLIENT": 2,
        "MOST_DISPLACED": 2,
    }.items():
        monkeypatch.setattr(pending_limits, name, most)
    return CommentStore(state)


def say(store, number: int, *, page: str = "rain", client: str = "", network: str = "", text: str = "", rules=REVIEW):
    sender = Sender(client or f"client {number}", "", f"form {number}", network or f"network {number}")
    sent = Submission("张三", text or f"第{number}条评论写得很好")
    return store.post(page, sent, sender, rules, NOON + timedelta(minutes=number))[0]


def texts(store, status: str) -> list[str]:
    return [comment.text for comment in store.queue(status, "", 1)[0]]


def test_one_client_has_a_share_and_others_go_on(store):
    for number in range(2):
        say(store, number, client="abuser")
    with pytest.raises(ShareUsed):
        say(store, 3, client="abuser")
    assert say(store, 4).status == PENDING
    store.review([1], APPROVE, "周琳", NOON)
    assert say(store, 5, client="abuser").status == PENDING


def test_all_addresses_of_a_network_have_one_share(store):
    for number in range(4):
        say(store, number, network="abuser")
    with pytest.raises(ShareUsed):
        say(store, 5, network="abuser")
    assert say(store, 6).status == PENDING


def test_a_second_press_of_the_button_is_answered_though_the_share_is_used(store):
    made = [say(store, number, client="abuser") for number in range(2)]
    assert say(store, 1, client="abuser").id == made[1].id


def test_an_article_that_is_full_shuts_no_other(store):
    for number in range(5):
        say(store, number)
    with pytest.raises(Busy):
        say(store, 6)
    assert say(store, 7, page="sun").status == PENDING


def test_the_oldest_suspicious_comment_makes_room_and_can_be_approved_later(store):
    say(store, 1)
    suspicious = say(store, 2, text="看 https://a.example")
    for number in range(3, 6):
        say(store, number)
    assert say(store, 6).status == PENDING
    assert texts(store, DISPLACED) == ["看 https://a.example"]
    _, acts, _ = store.queue(DISPLACED, "", 1)
    assert [(act.act, act.by) for act in acts[suspicious.id]] == [("displace", "")]
    with pytest.raises(Busy):
        say(store, 7)
    store.review([suspicious.id], APPROVE, "周琳", NOON)
    assert store.counts(["rain"]) == {"rain": 1}


def test_floods_make_room_before_others(store, monkeypatch):
    say(store, 1, text="看 https://a.example")
    monkeypatch.setattr(acceptance, "MOST_PER_HOUR", 1)
    say(store, 2, client="abuser")
    flood = say(store, 3, client="abuser")
    assert flood.reasons == (acceptance.FLOOD,)
    say(store, 4)
    say(store, 5)
    say(store, 6)
    assert texts(store, DISPLACED) == [flood.text]


def test_a_flood_from_many_networks_leaves_other_articles_open(store):
    for number in range(8):
        say(store, number, page="rain" if number < 5 else "wind")
    assert say(store, 9, page="sun").status == PENDING
    assert texts(store, DISPLACED) == ["第0条评论写得很好"], "of the article that has most, the oldest"
    for number in range(10, 30):
        with suppress(Busy):
            say(store, number, page="rain" if number % 2 else "wind")
    waiting = store.queue(PENDING, "", 1)[0]
    assert len(waiting) == 8
    assert [comment.page for comment in waiting].count("sun") == 1, "the flood displaces only itself"


def test_a_flood_of_one_comment_on_each_of_many_articles_gives_way_too(store):
    for number in range(4):
        say(store, number, page=f"page {number}", network="abuser")
    for number in range(4, 7):
        say(store, number, page="rain")
    say(store, 7, page="wind")
    for number in (8, 9):
        assert say(store, number, page="sun").status == PENDING
    assert sorted(texts(store, DISPLACED)) == ["第0条评论写得很好", "第1条评论写得很好"]
    with pytest.raises(Busy):
        for number in range(10, 14):
            say(store, number, page=f"page {number}", network="abuser")
    assert [comment.page for comment in store.queue(PENDING, "", 1)[0]].count("rain") == 3


def test_in_a_full_article_the_network_that_has_most_gives_way(store):
    for number in range(5):
        say(store, number, network="abuser" if number < 3 else "")
    assert say(store, 6).status == PENDING
    assert texts(store, DISPLACED) == ["第0条评论写得很好"]


def test_a_site_that_is_full_takes_no_more_than_it_can_hold(store):
    for number in range(8):
        say(store, number, page=f"page {number}")
    with pytest.raises(Busy):
        say(store, 9, page="sun")
    assert say(store, 10, page="sun", rules=FREE).status == APPROVED, "what needs no editor waits for none"


def test_what_was_displaced_fills_no_disk(store):
    for number in range(9):
        say(store, number, text=f"看 https://a.example/{number}")
    assert store.queue(PENDING, "", 1)[2] == 5
    assert texts(store, DISPLACED) == ["看 https://a.example/3", "看 https://a.example/2"]


def test_many_comments_of_one_network_are_a_flood(store, monkeypatch):
    monkeypatch.setattr(acceptance, "MOST_OF_NETWORK_PER_HOUR", 2)
    found = [say(store, number, network="abuser", rules=FREE).reasons for number in range(3)]
    assert found == [(), (), (acceptance.FLOOD,)]
