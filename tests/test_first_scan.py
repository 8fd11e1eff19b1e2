"""A new catalog answers no page before its first scan has ended: an existing article is never 404, no list is empty."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

import pytest
from factories import catalog_transaction

from reader.app import create_app
from reader.catalog import Catalog, prepare
from reader.errors import Busy
from reader.library import first_scan, scanner
from reader.library.scanner import Library
from reader.services import build_services
from reader.storage.locks import waiting_lock
from reader.storage.sqlite import file_identity

RAIN = "---\ntitle: 大雨\nsection: 天气\npublished: 2026-05-01 06:00\n---\n今天下雨。\n"
PAGES = (
    *("/", "/a/rain", "/a/rain.md", "/a/rain.txt", "/a/rain/share", "/a/removed", "/a/never-there", "/no/such/page"),
    *(
        "/s/天气/",
        "/sections",
        "/s/天气.epub",
        "/issues",
        "/d/2026-05-01/",
        "/d/latest",
        "/search?q=大雨",
        "/sitemap.xml",
    ),
    *("/atom.xml", "/feed.xml", "/feed.json", "/s/天气/feed.json", "/opds", "/opds/articles", "/selection.txt?a=rain"),
)


def assert_nothing_is_said_of_articles(client):
    for page in PAGES:
        response = client.get(page)
        assert response.status_code == 503, page
        assert int(response.headers["Retry-After"]) > 0, page
        assert response.headers["Cache-Control"] == "no-store", page
    health = client.get("/healthz")
    assert health.status_code == 503
    assert health.json["reason"].startswith("the index of articles is being rebuilt")
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json["checks"]["catalog"].startswith("the index of articles is being rebuilt")


def test_a_new_site_answers_503_until_the_first_scan_has_ended(settings, drop):
    drop("rain.md", RAIN)
    services = build_services(settings)
    client = create_app(services).test_client()
    assert_nothing_is_said_of_articles(client)
    services.library.scan_all()
    assert client.get("/a/rain").status_code == 200
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "lose",
    [
        lambda path: path.unlink(),
        lambda path: os.truncate(path, 0),
        lambda path: path.write_bytes(b"this is no database " * 1000),
        lambda path: (path.unlink(), path.touch()),
    ],
    ids=["deleted", "emptied", "overwritten", "replaced by an empty file"],
)
def test_a_lost_catalog_answers_503_until_it_is_filled_again(services, publish, client, settings, lose):
    publish({"rain.md": RAIN, "removed.md": RAIN})
    (settings.articles / "removed.md").unlink()
    services.library.scan_all()
    assert client.get("/a/rain").status_code == 200
    assert client.get("/a/removed").status_code in (301, 410)
    lose(settings.catalog)
    with catalog_transaction(settings.catalog, datetime.now(UTC)):  # the indexing process may be the first to meet it
        pass
    assert_nothing_is_said_of_articles(create_app(build_services(settings)).test_client())
    services.library.scan_paths(["rain.md"])  # a report of one change is no reason to look at one file only
    assert client.get("/a/rain").status_code == 200


def test_a_catalog_of_other_code_is_not_shown_until_it_is_filled_again(publish, client, settings, monkeypatch):
    publish({"rain.md": RAIN})
    for module in ("schema", "repair"):
        monkeypatch.setattr(f"reader.catalog.{module}.SCHEMA", "of tomorrow")
    monkeypatch.setattr("reader.catalog.repair._prepared", set())
    prepare(settings.catalog)
    assert_nothing_is_said_of_articles(create_app(build_services(settings)).test_client())


def test_a_catalog_that_took_the_place_of_another_during_a_scan_is_not_taken_for_filled(
    services, drop, settings, monkeypatch
):
    for name in ("rain", "wind"):
        drop(f"{name}.md", RAIN)
    real = scanner.read_dated_files

    def lost_in_the_middle(*arguments):
        for number, result in enumerate(real(*arguments)):
            if number == 1:
                settings.catalog.unlink()
            yield result

    monkeypatch.setattr(scanner, "read_dated_files", lost_in_the_middle)
    services.library.scan_all()
    assert not services.library.is_filled()
    with pytest.raises(Busy):
        services.catalog.article("rain")
    monkeypatch.undo()
    services.library.scan_paths([])
    assert {services.catalog.article(name).slug for name in ("rain", "wind")} == {"rain", "wind"}


def test_a_new_catalog_waits_for_a_file_that_is_being_written_but_not_for_ever(settings, drop, monkeypatch):
    drop("rain.md", RAIN)
    written = drop("wind.md", RAIN)
    library = Library(settings)
    os.utime(written, (time.time() + 0.1, time.time() + 0.1))
    assert library.scan_all().unsettled == {"wind.md"} or library.is_filled()
    while not library.is_filled():
        library.scan_paths([])
    assert Catalog(settings.catalog, settings.timezone).article("wind")
    settings.catalog.unlink()
    monkeypatch.setattr(scanner, "fresh_among", lambda stamps, now: set(stamps))
    assert library.scan_all().unsettled
    assert not library.is_filled()
    monkeypatch.setattr(first_scan, "PATIENCE_SECONDS", -1.0)
    library.scan_all()
    assert library.is_filled()


def test_two_processes_that_find_no_catalog_make_one(settings):
    prepare(settings.catalog)
    made = file_identity(settings.catalog)
    prepare(settings.catalog)
    assert file_identity(settings.catalog) == made
    assert [path.name for path in settings.catalog.parent.glob("catalog.sqlite3.*[0-9a-f]")] == [
        settings.catalog.readlink().name
    ]


def test_an_error_of_the_database_is_logged_once_for_many_pages(services, publish, settings, caplog):
    publish({"rain.md": RAIN})
    client = create_app(services).test_client()
    settings.instance.rename(settings.instance.with_name("away"))
    settings.instance.write_text("no folder can be made here")
    answers = {client.get(page).status_code for page in PAGES * 3}
    assert answers == {503}
    assert len([line for line in caplog.messages if line.startswith("/")]) == 1, caplog.messages


def test_no_page_waits_for_a_process_that_was_stopped_while_it_made_a_new_catalog(services, publish, settings):
    publish({"rain.md": RAIN})
    client = create_app(services).test_client()
    settings.catalog.unlink()
    with waiting_lock(settings.catalog.with_name("catalog.sqlite3.lock")):
        assert_nothing_is_said_of_articles(client)
    services.library.scan_all()
    assert client.get("/a/rain").status_code == 200
