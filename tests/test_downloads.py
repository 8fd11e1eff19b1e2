from __future__ import annotations

import re
import threading
import zipfile
from io import BytesIO

import pytest
from long_forms import few
from lxml import html
from waiting import LIMIT_SECONDS
from werkzeug.http import parse_options_header

from reader.exports import EXPORTS
from reader.exports.publications import MOST_ARTICLES, of_article
from reader.exports.size_estimates import estimated_bytes
from reader.settings import ROOT
from reader.web.limits.rate_limits import WaitingSlots
from reader.web.views import downloads

RAIN = {"2026-05-01/rain.md": "---\ntitle: 北京大雨\nsection: 要闻\ntags: [天气]\n---\n今天下雨。\n"}
SUN = {"2026-05-01/sun.md": "---\ntitle: 晴\nsection: 要闻/天气\n---\n今天晴。\n"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(autouse=True)
def _hurry(monkeypatch, request):
    if "export_service" not in request.fixturenames:  # no workers run, so there is nothing to wait for
        monkeypatch.setattr(downloads, "PATIENCE_SECONDS", 0)


@pytest.fixture
def export_service(services):
    """The export service with running workers."""
    stop = threading.Event()
    thread = threading.Thread(target=services.export_service.run_workers, args=(stop,))
    thread.start()
    yield services.export_service
    stop.set()
    thread.join()


@pytest.fixture
def fetch(client, export_service):
    """The final response, after repeating the request while it is 503."""

    def fetch(path, **headers):
        for _ in range(6000):
            response = client.get(path, headers=headers, buffered=True)
            if response.status_code != 503:
                return response
            stop.wait(0.05)
        raise AssertionError(f"{path} was never finished")

    stop = threading.Event()
    return fetch


def links_of(client, path):
    """(text, address) of the links to files that are shown, and of those that are folded."""
    document = html.fromstring(client.get(path).text)
    shown, folded = (
        document.xpath("//nav[@class='get']"),
        document.xpath("//nav[@class='get']/following-sibling::details[1]"),
    )
    return [[(a.text_content(), a.get("href")) for a in part.iter("a")] for [part] in (shown, folded)]


@pytest.mark.parametrize(("path", "base"), [("/a/rain", "/a/rain"), ("/d/2026-05-01/", "/d/2026-05-01")])
def test_three_files_stand_first_each_with_about_its_size_and_the_others_are_folded(publish, client, path, base):
    publish(RAIN)
    shown, folded = links_of(client, path)
    assert [address for _, address in shown] == [f"{base}.pdf?page=phone", f"{base}.pdf", f"{base}.epub"]
    assert all(re.fullmatch(r"(手机 PDF|PDF|EPUB) 约\xa0\d+(\.\d)?\xa0KB", text) for text, _ in shown), shown
    addresses = [address for _, address in folded]
    assert {f"{base}.{suffix}" for suffix in EXPORTS} - set(addresses) == {f"{base}.pdf", f"{base}.epub"}
    assert addresses[-4:] == [
        f"{base}.{end}" for end in ("pdf?page=a6", "pdf?page=large", "pdf?script=hant", "epub?script=hant")
    ]
    assert all(client.get(address, buffered=True).status_code in (200, 503) for address in addresses)


def test_text_in_no_chinese_is_offered_in_no_other_script(publish, client):
    publish({"2026-05-01/x.md": "---\ntitle: Rain\nlanguage: en\n---\n\nIt rained.\n"})
    assert not [address for _, address in links_of(client, "/a/x")[1] if "script=" in address]


@pytest.mark.slow
@pytest.mark.parametrize("offer", [("pdf", "phone"), ("pdf", ""), ("epub", "")])
def test_the_size_said_before_a_file_is_made_is_about_its_size(services, publish, fetch, offer):
    suffix, page = offer
    publish({"2018-11-23/seed.txt": next((ROOT / "articles/2018-11-23").glob("*.txt")).read_bytes()} | RAIN)
    for slug in ("seed", "rain"):
        size = len(fetch(f"/a/{slug}.{suffix}" + (f"?page={page}" if page else "")).data)
        assert 0.6 < estimated_bytes([services.catalog.article(slug)], suffix) / size < 1.6


def test_the_size_of_a_file_that_is_there_is_its_own(services, publish, client):
    publish(RAIN)
    publication = of_article(services.catalog.article("rain"))
    services.export_service.store.put(services.export_service.key(publication, "epub"), b"x" * 4321)
    assert links_of(client, "/a/rain")[0][2][0] == "EPUB 4.2\xa0KB"


@pytest.mark.parametrize("suffix", EXPORTS)
def test_every_format_of_an_article_can_be_downloaded(publish, fetch, suffix):
    publish(RAIN)
    response = fetch(f"/a/rain.{suffix}")
    assert response.status_code == 200
    assert response.mimetype == EXPORTS[suffix].MIMETYPE
    assert int(response.headers["Content-Length"]) == len(response.data) > 0
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_names_that_are_not_ascii_stay_different_files_for_programs_that_read_ascii_only(publish, fetch):
    titles = ("雷雨", "晴天", "雨1", "风1")
    publish({f"2026-05-01/{title}.md": f"# {title}\n\n今天。" for title in titles})
    named = [fetch(f"/a/{title}.txt").headers["Content-Disposition"] for title in titles]
    names = {re.search(r'filename="([\w.-]+\.txt)"', name)[1] for name in named}
    assert len(names) == len(titles)


def test_a_download_bears_the_title_and_an_ascii_name_for_who_cannot_read_it(publish, fetch):
    publish(RAIN)
    kind, options = parse_options_header(fetch("/a/rain.epub").headers["Content-Disposition"])
    assert (kind, options["filename"]) == ("attachment", "北京大雨.epub")
    assert 'filename="rain.epub"' in fetch("/a/rain.epub").headers["Content-Disposition"]
    assert fetch("/a/rain.pdf").headers["Content-Disposition"].startswith("inline")


def test_a_title_cannot_break_out_of_its_header(publish, fetch):
    publish({"2026-05-01/x.md": '---\ntitle: "a\\"; filename=evil.exe\\r\\nX: y/../z"\n---\n字\n'})
    header = fetch("/a/x.epub").headers["Content-Disposition"]
    assert "\n" not in header
    assert header.count('"') == 2
    assert "/" not in parse_options_header(header)[1]["filename"]


def test_a_broken_download_goes_on_where_it_stopped(publish, fetch):
    publish(RAIN)
    whole = fetch("/a/rain.epub")
    rest = fetch("/a/rain.epub", Range="bytes=100-", **{"If-Range": whole.headers["ETag"]})
    assert rest.status_code == 206
    assert rest.headers["Content-Range"] == f"bytes 100-{len(whole.data) - 1}/{len(whole.data)}"
    assert rest.data == whole.data[100:]


def test_a_download_of_a_changed_file_begins_again(publish, fetch):
    publish(RAIN)
    old = fetch("/a/rain.epub").headers["ETag"]
    publish({"2026-05-01/rain.md": "---\ntitle: 北京大雨停了\n---\n雨停了。\n"})
    response = fetch("/a/rain.epub", Range="bytes=100-", **{"If-Range": old})
    assert response.status_code == 200
    assert response.headers["ETag"] != old


def test_who_has_the_file_is_sent_nothing(publish, fetch):
    publish(RAIN)
    first = fetch("/a/rain.pdf")
    assert not first.headers["ETag"].startswith("W/")
    again = fetch("/a/rain.pdf", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_each_version_has_an_address_for_ever_beside_the_stable_one(publish, fetch, client):
    publish(RAIN)
    first = fetch("/a/rain.epub")
    address = first.headers["Content-Location"]
    publish({"2026-05-01/rain.md": "---\ntitle: 北京大雨停了\n---\n雨停了。\n"})
    kept = client.get(address, buffered=True)
    assert kept.data == first.data
    assert "immutable" in kept.headers["Cache-Control"]
    gone = client.get(address.replace(address.split("/")[2], "0" * 16))
    assert (gone.status_code, gone.headers["Location"]) == (302, "/a/rain.epub")


def test_a_file_that_is_made_in_a_moment_comes_with_the_first_request(publish, client, export_service, monkeypatch):
    monkeypatch.setattr(downloads, "PATIENCE_SECONDS", LIMIT_SECONDS)  # a moment takes long on a busy machine
    publish(RAIN)
    assert client.get("/a/rain.pdf", buffered=True).status_code == 200


def test_only_so_many_requests_wait_at_once(publish, client, monkeypatch):
    publish(RAIN)
    monkeypatch.setattr(downloads, "BROWSERS_WAITING", WaitingSlots(total=1, per_client=1))
    monkeypatch.setattr(downloads, "PATIENCE_SECONDS", 3600)
    with downloads.BROWSERS_WAITING.acquire(""):
        assert client.get("/a/rain.pdf").status_code == 503


def test_who_waits_by_browser_is_told_the_place_and_needs_no_script(publish, client):
    publish(RAIN)
    response = client.get("/a/rain.pdf", headers=BROWSER)
    assert response.status_code == 202
    assert "<meta http-equiv=refresh" in response.text
    assert "第 1 位" in response.text or "number 1" in response.text
    assert response.headers["Cache-Control"] == "no-store"


def test_a_program_is_told_when_to_come_back(publish, client):
    publish(RAIN)
    response = client.get("/a/rain.pdf")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) >= 1


def test_a_full_queue_answers_503_with_retry_after(publish, client, services):
    publish(RAIN)
    for number in range(services.settings.export_queue):
        services.export_service.jobs.submit(f"{number}.pdf", "x")
    response = client.get("/a/rain.pdf", headers=BROWSER)
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) >= 1


def test_a_failed_export_is_an_error_and_not_a_page_that_waits_for_ever(publish, client, services):
    publish(RAIN)
    key = services.export_service.key(of_article(services.catalog.article("rain")), "pdf")
    services.export_service.jobs.submit(key, "spec")
    services.export_service.jobs.fail(services.export_service.jobs.claim().key, "it took longer than 120 s")
    assert client.get("/a/rain.pdf", headers=BROWSER).status_code == 500


@pytest.mark.parametrize("path", few(["/d/2026-05-01", "/d/latest", "/s/要闻", "/s/要闻/天气", "/t/天气"], 2))
def test_an_issue_or_a_collection_is_one_book(publish, fetch, path):
    publish(RAIN | SUN)
    book = zipfile.ZipFile(BytesIO(fetch(f"{path}.epub").data))
    assert "EPUB/a1.xhtml" in book.namelist()


def test_a_selection_is_a_book_in_the_order_chosen(publish, fetch):
    publish(RAIN | SUN)
    book = zipfile.ZipFile(BytesIO(fetch("/selection.epub?a=sun&a=rain&a=nobody").data))
    assert "晴" in book.read("EPUB/a1.xhtml").decode()
    assert "北京大雨" in book.read("EPUB/a2.xhtml").decode()


def test_what_a_search_finds_is_a_book(publish, fetch, client):
    publish(RAIN | SUN)
    book = zipfile.ZipFile(BytesIO(fetch("/search.epub?q=下雨").data))
    assert "北京大雨" in book.read("EPUB/a1.xhtml").decode()
    assert "EPUB/a2.xhtml" not in book.namelist()
    assert client.get("/search.epub?q=没有的词", headers=BROWSER).status_code == 404


def test_last_modified_stays_while_the_file_does(publish, fetch):
    publish(RAIN)
    dates = {fetch("/a/rain.epub").headers["Last-Modified"] for _ in range(3)}
    assert len(dates) == 1


def test_too_large_a_selection_is_refused_in_words(publish, client):
    publish(RAIN)
    slugs = "&".join(f"a=x{n}" for n in range(MOST_ARTICLES + 1))
    response = client.get(f"/selection.pdf?{slugs}", headers=BROWSER)
    assert response.status_code == 413
    assert "Too many" in response.text or "文章太多" in response.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/a/nobody.pdf", 404),
        ("/a/rain.docx", 404),
        ("/a/rain.pdf?page=b5", 400),
        ("/a/rain.pdf?script=latin", 400),
        ("/d/2026-05-02.pdf", 404),
        ("/d/yesterday.pdf", 404),
        ("/s/nobody.pdf", 404),
        ("/selection.pdf", 404),
        ("/files/..%2f..%2fetc/rain.pdf", 404),
    ],
)
def test_a_wrong_wish_is_answered_at_once(publish, client, path, status):
    publish(RAIN)
    assert client.get(path, headers=BROWSER).status_code == status


def test_traditional_characters_are_a_matter_of_one_parameter(publish, fetch):
    publish({"2026-05-01/hair.md": "# 理发与发展\n\n头发发展了。\n"})
    book = zipfile.ZipFile(BytesIO(fetch("/a/hair.epub?script=hant").data))
    chapter = book.read("EPUB/a1.xhtml").decode()
    assert "理髮與發展" in chapter
    assert 'lang="zh-Hant"' in chapter


@pytest.mark.parametrize(
    "path",
    few(
        [
            "/a/rain.pdf?page=phone&script=hant",
            "/a/rain.epub?script=hant-hk",
            "/d/2026-05-01.epub",
            "/a/rain.pdf?page=a6",
            "/a/rain.pdf",
        ],
        2,
    ),
)
def test_an_evicted_version_leads_to_the_latest_one_with_its_options(publish, fetch, client, services, path):
    publish(RAIN | SUN)
    place = fetch(path).headers["Content-Location"]
    assert client.get(place, buffered=True).status_code == 200
    for file in (services.settings.instance / "exports").glob("*/*"):
        file.unlink()
    answer = client.get(place, buffered=True)
    assert (answer.status_code, answer.headers["Location"]) == (302, path)


def test_a_finished_issue_is_looked_for_once_since_its_texts_are_not_read_again(publish, fetch, monkeypatch):
    publish(RAIN | SUN)
    whole = fetch("/d/2026-05-01.txt").data
    fetch("/d/2026-05-01.epub")
    found, in_store = [], downloads.export_in_store
    monkeypatch.setattr(downloads, "export_in_store", lambda *asked: found.append(in_store(*asked)) or found[-1])
    assert fetch("/d/2026-05-01.epub", Cache_Control="no-cache").status_code == 200
    assert [file.name.rpartition(".")[2] for file in found] == ["epub"]
    assert fetch("/d/2026-05-01.txt").data == whole
