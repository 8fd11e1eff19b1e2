"""What is kept for mail: the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select

from reader.errors import Busy
from reader.mail import mail_models, mail_writes, personal_data
from reader.mail.mail_models import DAILY, FAILED, SENT, WEEKLY, Choice
from reader.mail.mail_store import MailStore, token_of
from reader.mail.mail_tables import mail_counts, mail_keys, mail_outbox, mail_requests, mail_subscribers
from reader.mail.outbox import Outbox

NOON = datetime(2026, 5, 7, 12, tzinfo=UTC)


@pytest.fixture
def store(state):
    return MailStore(state)


@pytest.fixture
def outbox(state):
    return Outbox(state)


def rows(state, table):
    with state.reading() as connection:
        return connection.execute(select(table)).all()


def subscribe(state, *addresses: str, frequency: str = DAILY) -> None:
    with state.writing() as connection:
        for address in addresses:
            mail_writes.subscribe(connection, address, Choice(frequency), NOON)


def test_from_an_order_to_a_subscription_and_its_end(state, store, outbox):
    store.request("a@example.org", Choice(WEEKLY, "hant", "en"), "192.0.2.1", NOON)
    [message] = outbox.due(NOON)
    token = message.content["token"]
    assert token not in repr(rows(state, mail_requests))
    assert store.confirm("another", NOON) is None
    for _ in range(2):
        assert store.confirm(token, NOON).address == "a@example.org"
    assert store.request_with(token, NOON + timedelta(hours=49)) is None
    [row] = rows(state, mail_subscribers)
    with state.reading() as connection:
        found = mail_writes.subscriber(connection, row.id)
    assert found.choice == Choice(WEEKLY, "hant", "en")
    assert store.change(token_of(found), DAILY, "", NOON).choice.frequency == DAILY
    assert store.unsubscribe(token_of(found))
    assert not store.unsubscribe(token_of(found))
    assert rows(state, mail_subscribers) == []


def test_an_edition_is_queued_once_however_many_processes_try(state, outbox):
    subscribe(state, *(f"reader{number}@example.org" for number in range(5)))
    subscribe(state, "weekly@example.org", frequency=WEEKLY)
    queued: list[int] = []
    threads = [
        threading.Thread(target=lambda: queued.append(Outbox(state).publish(DAILY, "2026-05-07", ["rain"], NOON)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(queued) == [0, 0, 0, 5]
    assert len(outbox.due(NOON)) == 5
    [edition] = outbox.editions(DAILY, NOON - timedelta(days=1))
    assert (edition.day, edition.slugs) == ("2026-05-07", ("rain",))
    assert outbox.edition(edition.id) == edition


def test_a_confirmation_goes_before_a_long_list(state, store, outbox):
    subscribe(state, *(f"reader{number}@example.org" for number in range(60)))
    outbox.publish(DAILY, "2026-05-07", ["rain"], NOON)
    store.request("new@example.org", Choice(DAILY), "", NOON)
    assert outbox.due(NOON)[0].address == "new@example.org"


def test_one_of_two_machines_gets_a_message_and_both_leave_the_others_alone(state, outbox):
    subscribe(state, "a@example.org", "b@example.org")
    outbox.publish(DAILY, "2026-05-07", ["rain"], NOON)
    first, second = outbox.due(NOON)
    assert [outbox.hand_over(first.id, NOON, machine) for machine in ("one", "two")] == [True, False]
    assert outbox.hand_over(second.id, NOON, "one")
    assert outbox.recover("two", 0, NOON) == 0
    assert outbox.recover("one", second.id, NOON) == 1
    assert [message.id for message in outbox.due(NOON)] == [first.id]


def test_three_refusals_in_a_row_stop_a_subscription_and_a_success_between_counts_anew(state, outbox):
    subscribe(state, "a@example.org")
    outcomes = [FAILED, FAILED, SENT, FAILED, FAILED, FAILED]
    stopped = []
    for number, outcome in enumerate(outcomes):
        outbox.publish(DAILY, f"2026-05-{number + 1:02}", ["rain"], NOON)
        [message] = outbox.due(NOON)
        if outcome == SENT:
            outbox.done(message.id, SENT, NOON)
        else:
            stopped.append(outbox.refused(message, "554 5.7.1", NOON, is_bounce=False))
    assert stopped == [False, False, False, False, True]
    assert outbox.subscriber(message.subscriber) is None
    assert not outbox.has_subscribers(DAILY)


def test_limits_count_addresses_and_clients_by_hashes_whose_key_is_of_the_day(state, store):
    for _ in range(5):
        store.request("a@example.org", Choice(DAILY), "192.0.2.1", NOON)
    assert len(rows(state, mail_outbox)) == mail_models.CONFIRMATIONS_OF_ADDRESS.most
    for number in range(15):
        store.request(f"b{number}@example.org", Choice(DAILY), "192.0.2.1", NOON)
    with pytest.raises(Busy):
        store.request("c@example.org", Choice(DAILY), "192.0.2.1", NOON)
    assert "192.0.2.1" not in repr(rows(state, mail_counts))
    tomorrow = NOON + timedelta(days=1, hours=1)
    store.request("c@example.org", Choice(DAILY), "192.0.2.1", tomorrow)
    Outbox(state).prune(tomorrow)
    assert {row.name for row in rows(state, mail_keys)} == {"site", "2026-05-08"}


def test_one_mailbox_has_one_share_however_its_address_is_written(state, store):
    for address in ("a@example.org", "A@Example.org", "a+1@example.org", "a+2@example.org", "a+3@example.org"):
        store.request(address, Choice(DAILY), "", NOON)
    assert len(rows(state, mail_outbox)) == mail_models.CONFIRMATIONS_OF_ADDRESS.most
    [first, *_] = Outbox(state).due(NOON)
    assert store.block(first.content["token"], NOON)
    store.request("a+4@example.org", Choice(DAILY), "", NOON + timedelta(days=1))
    assert [row.address for row in rows(state, mail_requests)] == ["a+1@example.org"]
    left = next(message for message in Outbox(state).due(NOON) if message.address == "a+1@example.org")
    assert store.confirm(left.content["token"], NOON) is None


def test_one_network_leaves_most_confirmations_of_the_day_to_others(state, store):
    with pytest.raises(Busy):
        for number in range(mail_models.CONFIRMATIONS_OF_SITE.most):
            store.request(f"a{number}@example.org", Choice(DAILY), f"2001:db8::{number // 10}", NOON, "2001:db8::/48")
    assert len(rows(state, mail_outbox)) == mail_models.CONFIRMATIONS_OF_NETWORK.most
    store.request("b@example.org", Choice(DAILY), "192.0.2.1", NOON, "192.0.2.0/24")


def test_a_busy_site_answers_an_address_that_wants_no_mail_like_any_other(state, store, monkeypatch):
    with state.writing() as connection:
        mail_writes.block(connection, "a@example.org", NOON)
    monkeypatch.setattr(mail_models, "CONFIRMATIONS_OF_SITE", mail_models.Limit("confirmations", 0))
    for address in ("a@example.org", "b@example.org"):
        with pytest.raises(Busy):
            store.request(address, Choice(DAILY), "", NOON)


def test_whoever_ends_it_leaves_no_address_and_no_link_that_begins_it_again(state, store, outbox):
    store.request("A@example.org", Choice(DAILY), "", NOON)
    [message] = outbox.due(NOON)
    store.confirm(message.content["token"], NOON)
    outbox.done(message.id, SENT, NOON)
    [row] = rows(state, mail_subscribers)
    assert store.unsubscribe(f"{row.id}-{row.secret}")
    assert store.confirm(message.content["token"], NOON) is None
    assert "example.org" not in repr([rows(state, table) for table in (mail_outbox, mail_requests, mail_subscribers)])


def test_an_edition_is_queued_by_the_same_few_statements_however_many_get_it(state, outbox):
    counts = []
    with state.reading() as connection:
        engine = connection.engine
    for day, people in (("2026-05-07", 3), ("2026-05-08", 300)):
        subscribe(state, *(f"{day}-{number}@example.org" for number in range(people)))
        executed = []
        listener = lambda *_: executed.append(1)  # noqa: B023, E731
        event.listen(engine, "before_cursor_execute", listener)
        queued = outbox.publish(DAILY, day, ["rain"], NOON)
        event.remove(engine, "before_cursor_execute", listener)
        counts.append(len(executed))
    assert queued == 303
    assert counts[0] == counts[1]


def test_an_owner_orders_ten_files_a_day_and_the_eleventh_leaves_nothing(state, store):
    for number in range(10):
        for _ in range(2):  # a button pressed twice
            store.send_document("a@example.org", "a@kindle.com", {"of": f"rain{number}"}, "form", NOON)
    with pytest.raises(Busy):
        store.send_document("a@example.org", "a@kindle.com", {"of": "one more"}, "form", NOON)
    assert len(rows(state, mail_outbox)) == 10


def test_everything_of_an_address_is_exported_and_erased(state, store):
    subscribe(state, "a@example.org", "other@example.org")
    store.request("A@example.org", Choice(DAILY), "", NOON)
    store.send_document("a@example.org", "a@kindle.com", {"of": "rain"}, "form", NOON)
    found = json.loads(personal_data.export_json(state, "a@example.org"))
    assert {name: len(entries) for name, entries in found.items()} == {
        "mail_subscribers": 1, "mail_requests": 1, "mail_outbox": 2, "mail_blocked": 0,
    }  # fmt: skip
    assert personal_data.erase(state, "a@example.org") == 4
    assert not any(json.loads(personal_data.export_json(state, "a@example.org")).values())
    store.send_document("Case@Example.org", "b@kindle.com", {"of": "rain"}, "form", NOON)
    assert len(json.loads(personal_data.export_json(state, "case@example.org"))["mail_outbox"]) == 1
    assert personal_data.erase(state, "case@example.org") == 1
    personal_data.stop(state, "other@example.org", NOON)
    assert personal_data.figures(state).subscribers == {}
    assert len(json.loads(personal_data.export_json(state, "OTHER@example.org"))["mail_blocked"]) == 1


def test_a_cookie_of_another_site_is_nobodys(store, tmp_path):
    from reader.state import State

    other = State(f"sqlite:///{tmp_path}/other/state.sqlite3")
    forged = MailStore(other).cookie_of("victim@example.org")
    assert store.addresses_in(forged) == ("", "")
    assert store.addresses_in(store.cookie_of("a@example.org", "a@kindle.com")) == ("a@example.org", "a@kindle.com")
    other.close()


def test_a_backup_holds_subscribers_and_what_waits_and_the_link_to_end_it_goes_on_working(
    state, store, outbox, tmp_path
):
    from reader.backup.state_rows import dump, load
    from reader.state import State

    subscribe(state, "a@example.org")
    outbox.publish(DAILY, "2026-05-07", ["rain"], NOON)
    [message] = outbox.due(NOON)
    token, cookie = token_of(outbox.subscriber(message.subscriber)), store.cookie_of("a@example.org")
    with state.reading() as connection:
        lines = list(dump(connection))
    elsewhere = State(f"sqlite:///{tmp_path}/elsewhere/state.sqlite3")
    with elsewhere.writing() as connection:
        load(connection, lines)
    assert Outbox(elsewhere).due(NOON) == [message]
    assert MailStore(elsewhere).addresses_in(cookie) == ("a@example.org", "")
    assert MailStore(elsewhere).unsubscribe(token)
    assert Outbox(elsewhere).publish(DAILY, "2026-05-07", ["rain"], NOON) == 0  # it was mailed before
    elsewhere.close()
