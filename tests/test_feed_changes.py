"""Feeds after changes to the library (U): publishing, correcting, renaming, removing; history, delta, locale."""

from __future__ import annotations

import gzip
import io
import json
import locale
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from feed_site import COUNT, NS, SELECTIONS, FeedSite, feed_site, fill, items_of, text_of
from long_forms import pairs
from lxml import etree
from PIL import Image

from reader.feeds import FEEDS, WINDOW

ALL = [SELECTIONS["everything"].feed(name) for name in FEEDS]
NEWSBOAT, LIFEREA = "newsboat/2.21.0 (Linux x86_64)", "Liferea/1.14.4 (Linux; https://lzone.de/liferea/) AppleWebKit"
TAKERS = [NEWSBOAT, LIFEREA]
OTHERS = [
    "feedparser/6.0.12 +https://github.com/kurtmckee/feedparser/",
    "rss2email/3.13.1",
    "Mozilla/5.0",
    "notnewsboat/1",
]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[FeedSite]:
    with feed_site(tmp_path) as site:
        fill(site)
        yield site


def ids(site: FeedSite, path: str) -> list[str]:
    return [item.id for item in items_of(path, site.get(path).body)]


def item(site: FeedSite, path: str, slug: str):
    return next(item for item in items_of(path, site.get(path).body) if item.id.endswith(f"/{slug}"))


def stamp(site: FeedSite, path: str = "/feed.xml") -> datetime:
    return parsedate_to_datetime(site.get(path)["last-modified"])


# --- Publishing, correcting, renaming, removing ----------------------------------------------------------------------


@pytest.mark.parametrize("path", ALL)
def test_u06_a_new_article_comes_first_and_both_validators_move(site: FeedSite, path: str) -> None:
    before = site.get(path)
    site.drop("new.md", text_of(3).replace("2026-01-04", "2026-05-01"))
    after = site.get(path)
    assert ids(site, path)[0].endswith("/new")
    assert after["etag"] != before["etag"]
    assert parsedate_to_datetime(after["last-modified"]) > parsedate_to_datetime(before["last-modified"])
    assert site.fetch(path, If_None_Match=before["etag"]).status == 200
    assert site.fetch(path, If_Modified_Since=before["last-modified"]).status == 200


def test_u06_a_feed_that_is_not_concerned_stays_as_it_was(site: FeedSite) -> None:
    path = SELECTIONS["tag"].feed("feed.xml")
    before = site.get(path)
    site.drop("other.md", "---\ntitle: 别的\npublished: 2026-05-01\n---\n\n别的事。\n")
    assert site.fetch(path, If_None_Match=before["etag"]).status == 304


@pytest.mark.parametrize("path", ALL)
def test_u07_a_correction_keeps_id_and_date_and_moves_updated(site: FeedSite, path: str) -> None:
    before = item(site, path, "n59")
    site.drop("n59.md", text_of(59).replace("政协工作之59", "政协工作之五十九"))
    after = item(site, path, "n59")
    assert (after.id, after.published) == (before.id, before.published)
    assert after.updated > before.updated
    assert len(ids(site, path)) == len(set(ids(site, path)))


def test_u07_an_old_article_that_is_corrected_comes_back(site: FeedSite) -> None:
    assert "tag:news.example,2026:article/n05" not in ids(site, "/atom.xml")
    site.drop("n05.md", text_of(5).replace("政协工作之5。", "政协工作之五。"))
    assert ids(site, "/atom.xml")[-1] == "tag:news.example,2026:article/n05"
    assert len(ids(site, "/atom.xml")) == WINDOW + 1


def test_u04_a_renamed_article_keeps_its_id_and_its_old_address_leads_on(site: FeedSite) -> None:
    before = ids(site, "/feed.xml")
    (site.articles / "n59.md").rename(site.articles / "moved.md")
    site.sync()
    assert ids(site, "/feed.xml") == before
    moved = site.fetch("/a/n59")
    assert (moved.status, moved["location"]) == (301, "/a/moved")
    root = etree.fromstring(site.get("/atom.xml").body)
    assert not root.findall("at:deleted-entry", NS)


@pytest.mark.parametrize("path", ALL)
def test_u08_a_removed_article_leaves_the_feed_and_both_validators_move(site: FeedSite, path: str) -> None:
    before = site.get(path)
    gone = ids(site, path)[1]
    site.remove("n59.md")
    assert gone not in ids(site, path)
    assert site.fetch(path, If_None_Match=before["etag"]).status == 200
    assert site.fetch(path, If_Modified_Since=before["last-modified"]).status == 200
    assert stamp(site, path) > parsedate_to_datetime(before["last-modified"])


def test_u04_what_was_removed_is_gone_for_good(site: FeedSite) -> None:
    site.remove("n59.md")
    assert site.fetch("/a/n59").status == 410
    assert site.fetch("/a/n59.epub").status == 410


def test_u05_atom_leaves_a_tombstone_with_the_id_of_the_entry(site: FeedSite) -> None:
    site.remove("n59.md")
    stones = etree.fromstring(site.get("/atom.xml").body).findall("at:deleted-entry", NS)
    assert [stone.get("ref") for stone in stones] == ["tag:news.example,2026:article/n59"]
    assert datetime.now(UTC) - datetime.fromisoformat(stones[0].get("when")) < timedelta(minutes=5)


def test_changes_within_one_second_move_the_date_each_time(site: FeedSite) -> None:
    dates = [stamp(site)]
    for number in (59, 58, 57):
        site.remove(f"n{number}.md")
        dates.append(stamp(site))
    assert dates == sorted(set(dates))


def test_e15_a_picture_comes_small_beside_the_entry_and_whole_in_the_text(tmp_path: Path) -> None:
    picture = io.BytesIO()
    Image.effect_noise((1200, 800), 90).convert("RGB").save(picture, "JPEG")
    with feed_site(tmp_path) as site:
        site.drop("one.jpg", picture.getvalue())
        site.drop("one.md", text_of(1) + "\n![说明](one.jpg)\n")
        for root in (etree.fromstring(site.get(path).body) for path in ("/feed.xml", "/atom.xml")):
            thumbnail = root.find(".//{http://search.yahoo.com/mrss/}thumbnail").get("url")
            with Image.open(io.BytesIO(site.get(thumbnail.removeprefix(site.url)).body)) as small:
                assert small.size == (360, 240)
        (whole,) = json.loads(site.get("/feed.json").body)["items"]
        assert f'src="{whole["image"]}"' in whole["content_html"]
        assert site.get(whole["image"].removeprefix(site.url))["content-type"] == "image/jpeg"


# --- History (RFC 5005) ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [s.feed(n) for s in (SELECTIONS["everything"], SELECTIONS["tag"]) for n in FEEDS])
def test_u01_the_whole_history_can_be_walked(site: FeedSite, path: str) -> None:
    found: dict[str, None] = {}
    walked, here = [], site.url + path
    while here:
        walked.append(here)
        answer = site.get(here.removeprefix(site.url))
        found |= dict.fromkeys(i.id for i in items_of(path, answer.body))
        here = _older(answer.body)
    assert len(found) == COUNT + 1
    assert len(walked) == len(set(walked)) == 1 + (COUNT + 1) // WINDOW


def _older(raw: bytes) -> str:
    if raw.startswith(b"{"):
        return json.loads(raw).get("next_url", "")
    link = etree.fromstring(raw).find(".//a:link[@rel='prev-archive']", NS)
    return "" if link is None else link.get("href")


def test_u01_pieces_are_closed_linked_both_ways_and_lead_to_the_live_feed(site: FeedSite) -> None:
    root = etree.fromstring(site.get("/atom.xml?piece=1").body)
    links = {link.get("rel"): link.get("href") for link in root.findall("a:link", NS)}
    assert root.find("fh:archive", NS) is not None
    assert links["current"] == f"{site.url}/atom.xml"
    assert links["next-archive"] == f"{site.url}/atom.xml?piece=2"
    assert "prev-archive" not in links


def test_u01_a_closed_piece_does_not_change_when_something_new_comes(site: FeedSite) -> None:
    before = site.get("/feed.xml?piece=2")
    site.drop("new.md", text_of(3).replace("2026-01-04", "2026-05-01"))
    assert site.get("/feed.xml?piece=2").body == before.body
    assert site.fetch("/feed.xml?piece=2", If_None_Match=before["etag"]).status == 304


def test_u01_a_feed_that_holds_everything_says_so(tmp_path: Path) -> None:
    with feed_site(tmp_path) as site:
        site.drop("one.md", text_of(1))
        for root in (etree.fromstring(site.get(path).body) for path in ("/feed.xml", "/atom.xml")):
            assert root.find(".//fh:complete", NS) is not None
            assert root.find(".//a:link[@rel='prev-archive']", NS) is None


@pytest.mark.parametrize("path", ALL)
def test_a_feed_of_an_empty_site_is_a_feed(tmp_path: Path, path: str) -> None:
    with feed_site(tmp_path) as site:
        site.sync()
        assert site.get(path).status == 200
        assert items_of(path, site.get(path).body) == []
        assert site.fetch(path, If_None_Match=site.get(path)["etag"]).status == 304


# --- Delta (RFC 3229) ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "client"), pairs(ALL, TAKERS))
def test_u02_known_clients_are_sent_what_is_new_only(site: FeedSite, path: str, client: str) -> None:
    before = site.get(path)
    site.drop("new.md", text_of(3).replace("2026-01-04", "2026-05-01"))
    site.drop("n59.md", text_of(59).replace("政协工作之59", "政协工作之五十九"))
    delta = site.fetch(path, A_IM="feed", If_None_Match=before["etag"], User_Agent=client)
    assert (delta.status, delta["im"], delta["cache-control"]) == (226, "feed", "no-store")
    assert "A-IM" in delta["vary"]
    assert [i.id.rpartition("/")[2] for i in items_of(path, delta.body)] == ["new", "n59"]
    assert delta["etag"] == site.get(path)["etag"]
    assert site.fetch(path, A_IM="feed", If_None_Match=delta["etag"], User_Agent=client).status == 304


@pytest.mark.parametrize("client", OTHERS)
def test_u02_no_other_client_ever_gets_a_part(site: FeedSite, client: str) -> None:
    before = site.get("/feed.xml")
    site.drop("new.md", text_of(3).replace("2026-01-04", "2026-05-01"))
    answer = site.fetch("/feed.xml", A_IM="feed", If_None_Match=before["etag"], User_Agent=client)
    assert answer.status == 200
    assert answer.body == site.get("/feed.xml").body


def test_u02_without_a_known_tag_without_asking_or_behind_a_proxy_the_whole_feed_comes(site: FeedSite) -> None:
    before = site.get("/feed.xml")
    site.drop("new.md", text_of(3).replace("2026-01-04", "2026-05-01"))
    for headers in (
        {"A_IM": "feed"},
        {"A_IM": "feed", "If_None_Match": '"unknown"'},
        {"A_IM": "vcdiff", "If_None_Match": before["etag"]},
        {"If_None_Match": before["etag"]},
        {"A_IM": "feed", "If_None_Match": before["etag"], "Via": "1.1 cache.example"},  # the tag may be the cache's own
        {"A_IM": "feed", "If_None_Match": before["etag"], "X_Forwarded_For": "203.0.113.7"},
    ):
        assert site.fetch("/feed.xml", User_Agent=NEWSBOAT, **headers).status == 200, headers


def test_u02_a_delta_is_compressed_and_counts_from_any_encodings_tag(site: FeedSite) -> None:
    before = site.fetch("/feed.xml", Accept_Encoding="gzip")
    site.drop("new.md", text_of(3).replace("2026-01-04", "2026-05-01"))
    asked = {"A_IM": "feed", "If_None_Match": before["etag"], "User_Agent": NEWSBOAT, "Accept_Encoding": "gzip"}
    delta = site.fetch("/feed.xml", **asked)
    assert (delta.status, delta["content-encoding"]) == (226, "gzip")
    assert len(items_of("/feed.xml", gzip.decompress(delta.body))) == 1


def test_u02_when_something_only_left_the_whole_feed_comes(tmp_path: Path) -> None:
    with feed_site(tmp_path) as site:
        for number in range(3):
            site.drop(f"n{number}.md", text_of(number))
        before = site.get("/feed.xml")
        site.remove("n1.md")
        answer = site.fetch("/feed.xml", A_IM="feed", If_None_Match=before["etag"], User_Agent=NEWSBOAT)
        assert (answer.status, len(items_of("/feed.xml", answer.body))) == (200, 2)


# --- Threads ---------------------------------------------------------------------------------------------------------


def test_eight_threads_of_feeds_leave_the_locale_as_it_was(site: FeedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    called = threading.Event()
    original = locale.setlocale

    def watched(category: int, value: object = None) -> str:
        if value is not None:
            called.set()
        return original(category, value)

    monkeypatch.setattr(locale, "setlocale", watched)
    before = (original(locale.LC_ALL), locale.getencoding())
    wanted = [selection.feed(name) for selection in SELECTIONS.values() for name in FEEDS] * 2
    with ThreadPoolExecutor(8) as pool:
        statuses = {answer.status for answer in pool.map(site.fetch, wanted)}
    assert statuses == {200}
    assert not called.is_set()
    assert (original(locale.LC_ALL), locale.getencoding()) == before
