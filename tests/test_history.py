"""What was published stays known when the instance folder is lost: renames, removals, corrections, versions."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from reader.app import create_app
from reader.catalog import Catalog
from reader.errors import Gone, Moved, StateUnusable
from reader.publication_history import database_writer_client
from reader.publication_history.history_tables import COPIED, recorded, versions
from reader.services import build_services
from reader.state import State

DATE = "---\ndate: 2026-11-01\n---\n\n"
ARTICLES = {
    name: f"{DATE}# 第 {name} 篇\n\n正文 {name}。\n" for name in ("rain", "snow", "hail", "fog", "wind", "sun", "dew")
}


@pytest.fixture
def settings(settings, state_url):
    """Each test runs once on SQLite and once on PostgreSQL."""
    return replace(settings, database_url=state_url)


@pytest.fixture
def site(settings, publish, services):
    """A site with a removed, a renamed and a corrected article."""
    publish({f"{name}.md": text for name, text in ARTICLES.items()})
    (settings.articles / "rain.md").unlink()
    (settings.articles / "snow.md").rename(settings.articles / "white.md")
    services.library.scan_all()
    services.library.scan_all()
    publish({"hail.md": f"{DATE}# 第 hail 篇\n\n正文，更正过。\n"})
    return services


def again(settings):
    """The site after its instance folder was deleted."""
    shutil.rmtree(settings.instance)
    services = build_services(settings)
    services.library.scan_all()
    return services


def facts(catalog: Catalog):
    removals = [(r.slug, r.title, r.removed_at, r.original_slug) for r in catalog.removals()]
    return removals, catalog.original_slugs(["white"]), catalog.revised(["hail", "fog"])


def rows(settings, table):
    state = State(settings.state_url)
    with state.reading() as connection:
        found = connection.execute(select(table)).all()
    state.close()
    return found


def feed_of(services) -> bytes:
    return create_app(services).test_client().get("/atom.xml").data


def told(feed: bytes) -> list[bytes]:
    """What a subscriber's program knows entries and tombstones by."""
    return re.findall(rb"<id>.*?</id>|<published>.*?</published>|<updated>.*?</updated>|<at:deleted-entry[^>]*>", feed)


def test_deleting_the_instance_folder_loses_nothing(site, settings):
    before, feed = facts(site.catalog), feed_of(site)
    assert before[0][0][0] == "rain"
    assert before[1] == {"white": "snow"}
    assert list(before[2]) == ["hail"]
    services = again(settings)
    assert facts(services.catalog) == before
    with pytest.raises(Gone):
        services.catalog.article("rain")
    with pytest.raises(Moved):
        services.catalog.article("snow")
    assert len(told(feed)) > 10
    assert b"deleted-entry" in feed
    assert told(feed_of(services)) == told(feed)


def test_a_state_database_that_was_lost_gets_what_the_catalog_knows(site, settings):
    """So does that of a site whose catalog was made by the release before: the history is taken over once."""
    before = {name: sorted(rows(settings, table)) for name, table in COPIED.items()}
    state = State(settings.state_url)
    if state.path:
        shutil.rmtree(state.path.parent)
        database_writer_client._children.end_idle()  # as a restart does
    else:
        with state.writing() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        state.close()
    services = build_services(settings)
    services.library.scan_all()
    if state.path is None:  # a server says nothing of it, but the next start asks
        services = build_services(settings)
        services.library.scan_all()
    assert {name: sorted(rows(settings, table)) for name, table in COPIED.items()} == before


def test_what_happened_while_there_was_no_instance_folder_is_told(site, settings, drop):
    shutil.rmtree(settings.instance)
    (settings.articles / "fog.md").unlink()
    (settings.articles / "wind.md").rename(settings.articles / "storm.md")
    drop("sun.md", f"{DATE}# 第 sun 篇\n\n别的正文。\n")
    services = build_services(settings)
    services.library.scan_all()
    catalog = services.catalog
    with pytest.raises(Gone):
        catalog.article("fog")
    with pytest.raises(Moved) as moved:
        catalog.article("wind")
    assert moved.value.slug == "storm"
    assert catalog.original_slugs(["storm"]) == {"storm": "wind"}
    assert sorted(catalog.revised(["sun", "dew", "hail"])) == ["hail", "sun"]


def test_an_empty_folder_after_the_loss_of_the_instance_announces_no_removal(site, settings, drop, caplog):
    shutil.rmtree(settings.instance)
    kept = settings.articles.rename(settings.articles.with_name("elsewhere"))
    settings.articles.mkdir()
    drop("new.md", "# 新的\n\n一篇。\n")
    services = build_services(settings)
    services.library.scan_all()
    assert [removal.slug for removal in services.catalog.removals()] == ["rain"]
    assert "are not announced as removed" in caplog.text
    for path in kept.iterdir():
        shutil.copy2(path, settings.articles)
    services.library.scan_all()
    assert services.catalog.article("fog").title == "第 fog 篇"
    assert list(services.catalog.revised(["fog", "hail"])) == ["hail"]


def test_the_ledger_names_every_version_and_what_changed(site, settings, publish):
    publish({"hail.md": f"{DATE}# 冰雹\n\n正文，更正过。\n"})
    found = sorted((row for row in rows(settings, versions) if row.slug == "hail"), key=lambda row: row.id)
    assert [row.changed for row in found] == ["", "summary,body", "title"]
    assert found[-1].title == "冰雹"
    assert len({row.version for row in found}) == 3
    assert all(row.seen_at <= datetime.now(UTC) for row in found)
    site.library.scan_all()
    again(settings)
    assert len(rows(settings, versions)) == len(ARTICLES) + 1 + 2, "reading the same files again adds no version"


def test_a_removed_article_that_comes_back_is_known_as_public_again(site, settings, publish):
    publish({"rain.md": ARTICLES["rain"]})
    assert rows(settings, COPIED["removed"]) == []
    assert "rain" in {row.slug for row in rows(settings, recorded)}
    assert again(settings).catalog.removals() == []


@pytest.fixture
def blocked(site, settings):
    """A site whose state database has gone. ``blocked()`` brings it back."""
    state = State(settings.state_url)
    if state.path is None:
        pytest.skip("only a file can be moved away; no test stops PostgreSQL yet")
    kept = state.path.with_name("kept")
    state.path.rename(kept)
    return lambda: kept.rename(state.path)


def test_what_cannot_be_recorded_is_not_announced_but_new_articles_appear(site, settings, publish, blocked, caplog):
    client = create_app(site).test_client()
    (settings.articles / "fog.md").unlink()
    for _ in range(2):
        with pytest.raises(StateUnusable):
            publish({"new.md": "# 新的\n\n一篇。\n"})
    assert site.catalog.article("new").title == "新的"
    assert site.catalog.article("fog").title == "第 fog 篇"
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "was deleted" in answer.json["reason"]
    assert caplog.text.count("removals and corrections are not announced") == 1
    blocked()
    site.library.scan_all()
    with pytest.raises(Gone):
        site.catalog.article("fog")
    assert {row.slug for row in rows(settings, COPIED["removed"])} == {"fog", "rain"}
    assert "new" in {row.slug for row in rows(settings, recorded)}
    assert create_app(site).test_client().get("/healthz").status_code == 200
