"""Feed pages from the catalog: the current page, the archive, corrected articles."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from reader.errors import NotFound
from reader.feeds.entries import FinishedExport, SiteIdentity
from reader.feeds.feed import WINDOW
from reader.feeds.feed_page import look_up, to_feed
from reader.feeds.selection import EVERYTHING, Selection
from reader.models import Collection

SITE = SiteIdentity("河北新闻", "zh-CN", "https://news.example", "news.example,2026")
WEATHER, RAIN = Collection("section", "天气"), Collection("tag", "雨")


def no_downloads(_teasers):
    return {}


def article(n: int, text: str = "正文", tags: str = "雨") -> str:
    return f"---\ntitle: 第{n}篇\npublished: 2026-05-01 {n // 60:02d}:{n % 60:02d}\nsection: 天气\ntags: [{tags}]\n---\n{text}\n"


@pytest.fixture
def many(publish):
    """``many(60)`` publishes 60 articles, one minute apart."""
    return lambda count: publish({f"n{n}.md": article(n) for n in range(count)})


@pytest.fixture
def page(services):
    """``page(selection, number)`` returns a feed page."""
    return lambda selection=EVERYTHING, number=0, downloads=no_downloads: look_up(
        services.catalog, selection, number, downloads
    )


def slugs(page) -> list[str]:
    return [teaser.slug for teaser in page.teasers]


def named(first: int, last: int) -> list[str]:
    """Titles from the newest to the oldest."""
    return [f"n{n}" for n in range(first, last - 1, -1)]


def test_a_library_smaller_than_the_window_is_a_complete_feed(many, page):
    many(WINDOW - 1)
    live = page()
    assert slugs(live) == named(WINDOW - 2, 0)
    assert (live.kind, live.archive_pages) == ("complete", 0)


def test_a_full_window_is_closed_and_offered_as_history(many, page):
    many(WINDOW)
    assert (page().kind, page().archive_pages) == ("live", 1)
    assert slugs(page(number=1)) == slugs(page())
    assert page(number=1).kind == "archive"


def test_the_pieces_of_the_history_hold_every_article_once_the_oldest_first(many, page):
    many(2 * WINDOW + 3)
    assert page().archive_pages == 2
    assert slugs(page()) == named(2 * WINDOW + 2, WINDOW + 3)
    assert slugs(page(number=1)) == named(WINDOW - 1, 0)
    assert slugs(page(number=2)) == named(2 * WINDOW - 1, WINDOW)
    with pytest.raises(NotFound):
        page(number=3)


def test_a_selection_of_two_and_a_search_have_no_history(many, page):
    many(2 * WINDOW)
    assert page(Selection((WEATHER,))).archive_pages == 2
    for selection in (Selection((WEATHER, RAIN)), Selection(query="正文")):
        live = page(selection)
        assert (live.archive_pages, live.kind, len(live.teasers)) == (0, "live", WINDOW)
        with pytest.raises(NotFound):
            page(selection, 1)


def test_a_feed_of_nothing_is_not_found_but_that_of_the_site_is_empty(page):
    assert slugs(page()) == []
    with pytest.raises(NotFound):
        page(Selection((Collection("tag", "没有"),)))


def test_an_older_article_that_is_corrected_comes_back_behind_the_newest(many, page, publish):
    many(WINDOW + 5)
    before = page()
    publish({"n1.md": article(1, "改正"), "n3.md": article(3, "改正")})
    after = page()
    assert slugs(after) == [*slugs(before), "n3", "n1"]
    assert set(after.revised) == {"n1", "n3"}
    assert after.version != before.version
    assert after.updated == max(after.revised.values()).replace(microsecond=0)
    assert slugs(page(number=1)) == named(WINDOW - 1, 0)


def test_a_correction_within_the_window_moves_nothing(many, page, publish):
    many(WINDOW + 5)
    before = page()
    publish({f"n{WINDOW}.md": article(WINDOW, "改正")})
    assert slugs(page()) == slugs(before)
    assert page().version != before.version


def test_each_thing_an_entry_says_moves_the_version_and_its_own_state_only(many, page):
    many(3)
    plain = page()
    epub = MappingProxyType({"n1": (FinishedExport("epub", "application/epub+zip", 7),)})
    with_epub = page(downloads=lambda _teasers: epub)
    assert with_epub.version != plain.version == page().version
    changed = {slug for slug in plain.states if plain.states[slug] != with_epub.states[slug]}
    assert changed == {"n1"}


def test_a_removal_is_told_in_the_live_feed_only(many, page, settings, services):
    many(WINDOW + 1)
    (settings.articles / "n2.md").unlink()
    services.library.scan_all()
    services.library.scan_all()
    live = page()
    if live.removals:  # announced after the grace period
        assert [removal.original_slug for removal in live.removals] == ["n2"]
        assert live.updated >= live.removals[0].removed_at.replace(microsecond=0)
    assert page(number=1).removals == ()


def test_updated_is_of_whole_seconds_and_of_the_newest_fact(many, page):
    many(2)
    assert page().updated == datetime(2026, 4, 30, 16, 1, tzinfo=UTC)
    assert page().updated.microsecond == 0


def test_the_feed_links_its_history_both_ways_and_its_hub_only_while_it_is_live(many, page, services):
    many(3 * WINDOW)

    def links(number: int, hub: str = "https://hub.example/") -> dict[str, str]:
        found = page(number=number)
        articles = services.catalog.articles(slugs(found))
        feed = to_feed(found, articles, SITE, "atom.xml", "application/atom+xml", hub)
        assert [entry.id for entry in feed.entries] == [
            f"tag:news.example,2026:article/{slug}" for slug in slugs(found)
        ]
        return {link.rel: link.address for link in feed.links}

    base = "https://news.example/atom.xml"
    assert links(0) == {"hub": "https://hub.example/", "prev-archive": f"{base}?piece=3"}
    assert links(0, hub="") == {"prev-archive": f"{base}?piece=3"}
    assert links(3) == {"current": base, "prev-archive": f"{base}?piece=2"}
    assert links(2) == {"current": base, "prev-archive": f"{base}?piece=1", "next-archive": f"{base}?piece=3"}
    assert links(1) == {"current": base, "next-archive": f"{base}?piece=2"}


def test_the_title_and_the_addresses_name_what_is_selected(many, page, services):
    many(2)
    for selection, title, path in (
        (EVERYTHING, "河北新闻", "/"),
        (Selection((WEATHER,)), "河北新闻 · 天气", "/s/%E5%A4%A9%E6%B0%94/"),
    ):
        feed = to_feed(page(selection), services.catalog.articles(["n1"]), SITE, "feed.xml", "application/rss+xml")
        assert feed.title == title
        assert feed.page == f"https://news.example{path}"
        assert feed.address == f"https://news.example{path}feed.xml"
        assert feed.publisher == "河北新闻"
