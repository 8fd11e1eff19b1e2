"""A cached file that is deleted between the moment it is found and the moment it is opened, or while it is sent."""

from __future__ import annotations

import re

import pytest
from test_figures import picture

from reader.exports.publications import of_article, of_issue
from reader.storage.file_cache import FileCache
from reader.web.views import downloads

RAIN = {"2026-05-01/rain.md": "---\ntitle: 北京大雨\n---\n今天下雨。\n\n![雨](rain.jpg)\n"}


@pytest.fixture
def delete_found(monkeypatch):
    """Deletes the files that caches find, at most as many as the argument says, right after they are found."""

    def delete(most):
        found, rest = FileCache.find, iter(range(most))

        def find_and_delete(store, key):
            path = found(store, key)
            if path and next(rest, None) is not None:
                path.unlink(missing_ok=True)
            return path

        monkeypatch.setattr(FileCache, "find", find_and_delete)

    monkeypatch.setattr(downloads, "PATIENCE_SECONDS", 0)
    return delete


def finished(services, publication, suffix):
    """The content and the key of a finished export."""
    key = services.export_service.key(publication, suffix)
    content = b"%PDF" + bytes(range(256)) * 40
    services.export_service.store.put(key, content)
    return content, key


@pytest.mark.parametrize("most", [1, 100])
def test_an_export_that_is_deleted_when_it_was_found_is_ordered_again(publish, client, services, delete_found, most):
    publish(RAIN | {"2026-05-01/rain.jpg": picture()})
    article = services.catalog.article("rain")
    day = services.catalog.latest_day()
    issue = of_issue(services.catalog.issue(day), [article])
    for publication, path in ((of_article(article), "/a/rain.pdf"), (issue, f"/d/{day}.pdf")):
        content, key = finished(services, publication, "pdf")
        client.get(path, buffered=True)  # an issue's outline is known from now on
        services.export_service.store.put(key, content)
        delete_found(most)
        answer = client.get(path, buffered=True)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert services.export_service.jobs.status(key)


def test_a_version_that_is_deleted_when_it_was_found_leads_to_the_latest(publish, client, services, delete_found):
    publish(RAIN)
    _, key = finished(services, of_article(services.catalog.article("rain")), "pdf")
    delete_found(1)
    answer = client.get(f"/files/{key.removesuffix('.pdf')}/rain.pdf", buffered=True)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/a/rain.pdf")


def test_a_version_with_a_longer_key_than_any_file_has_leads_to_the_latest(publish, client, services):
    publish(RAIN)
    _, key = finished(services, of_article(services.catalog.article("rain")), "pdf")  # its folder is there
    answer = client.get(f"/files/{key.removesuffix('.pdf')}-{'b' * 300}/rain.pdf")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/a/rain.pdf")


@pytest.mark.parametrize("path", ["/a/rain.pdf", "/files/{}/rain.pdf"])
def test_an_export_that_is_deleted_while_it_is_sent_arrives_whole(publish, client, services, path):
    publish(RAIN)
    content, key = finished(services, of_article(services.catalog.article("rain")), "pdf")
    with client.get(path.format(key.removesuffix(".pdf"))) as answer:
        services.export_service.store.find(key).unlink()
        assert answer.content_length == len(content)
        assert answer.data == content


@pytest.mark.parametrize(("most", "status"), [(2, 200), (100, 503)])
def test_a_picture_that_is_deleted_when_it_was_found_is_made_again(publish, client, delete_found, most, status):
    publish(RAIN | {"2026-05-01/rain.jpg": picture()})
    page = client.get("/a/rain").text
    small = re.search(r"/media/[0-9a-f]+-360\.jpg", page)[0]
    addresses = small, small.replace("-360.", "-thumbnail.")
    assert [client.get(address, buffered=True).status_code for address in addresses] == [200, 200]
    for address in addresses:
        delete_found(most)
        answer = client.get(address, buffered=True)
        assert answer.status_code == status
        assert ("Retry-After" in answer.headers) == (status == 503)
        assert answer.headers.get("Cache-Control") == "no-store" or status == 200


def test_a_film_that_is_deleted_while_it_is_sent_arrives_whole_and_then_is_not_found(publish, client, settings):
    film = b"film" * 500_000
    publish({"2026-05-01/x.md": "# 看\n\n前文。\n\n![](film.mp4)\n\n后文。", "2026-05-01/film.mp4": film})
    [address] = set(re.findall(r"/media/[0-9a-f]+-\d+\.mp4", client.get("/a/x").text))
    with client.get(address) as answer:
        (settings.articles / "2026-05-01/film.mp4").unlink()
        assert answer.data == film
    assert client.get(address, buffered=True).status_code == 404
