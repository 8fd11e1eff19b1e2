"""Feeds as values and bytes, without a server: ids, addresses, schema."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree
from markupsafe import Markup
from test_feedgen_adapter import FEED

from reader.feeds import FEEDS, Tombstone, atom
from reader.feeds.entries import FinishedExport, SiteIdentity, to_entry, with_absolute_addresses
from reader.feeds.ids import entry_id
from reader.feeds.selection import Selection
from reader.models import Article, Collection

SITE = SiteIdentity("河北新闻", "zh-CN", "https://news.example", "news.example,2026")
PUBLISHED = datetime(2018, 11, 23, 10, 40, tzinfo=UTC)
ARTICLE = Article("台风", "台风登陆", Markup('<p><a href="/d/">期</a></p>'), "摘要", PUBLISHED, PUBLISHED, "zh-CN")
SCHEMA = Path(__file__).parent / "samples" / "atom-rfc4287.rng"


def test_an_id_is_a_tag_uri_of_the_authority_and_the_first_name_whatever_the_host() -> None:
    entry = to_entry(ARTICLE, SITE, original_slug="旧名", revised=None)
    moved = to_entry(ARTICLE, replace(SITE, base_url="http://127.0.0.1:8080"), original_slug="旧名", revised=None)
    assert entry.id == moved.id == "tag:news.example,2026:article/%E6%97%A7%E5%90%8D"
    assert entry_id("a,2026", "x/y") != entry_id("a,2026", "x%2Fy")


def test_a_correction_moves_updated_and_nothing_else() -> None:
    seen = PUBLISHED + timedelta(days=2)
    entry = to_entry(ARTICLE, SITE, original_slug="台风", revised=None)
    assert to_entry(ARTICLE, SITE, original_slug="台风", revised=seen) == replace(entry, updated=seen)


def test_enclosures_stand_in_the_order_given_with_their_true_length() -> None:
    downloads = [FinishedExport("epub", "application/epub+zip", 7), FinishedExport("pdf", "application/pdf", 9)]
    entry = to_entry(ARTICLE, SITE, original_slug="台风", revised=None, downloads=downloads)
    assert [(e.address, e.size_bytes) for e in entry.enclosures] == [
        ("https://news.example/a/%E5%8F%B0%E9%A3%8E.epub", 7),
        ("https://news.example/a/%E5%8F%B0%E9%A3%8E.pdf", 9),
    ]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a href="/d/">x</a>', '<a href="https://e/d/">x</a>'),
        ('<a href="#note">x</a>', '<a href="https://e/a/b#note">x</a>'),
        ('<img alt="a > b" src="c.jpg">', '<img alt="a > b" src="https://e/a/c.jpg">'),
        ('<img srcset="/1.jpg 1x, /2.jpg 2x" src="/1.jpg">',
         '<img srcset="https://e/1.jpg 1x, https://e/2.jpg 2x" src="https://e/1.jpg">'),
        ('<p>in text: src="/x" stays</p>', '<p>in text: src="/x" stays</p>'),
        ('<a href="/?a=1&amp;b=2">x</a>', '<a href="https://e/?a=1&amp;b=2">x</a>'),
        ('<a href="http://[">x</a>', '<a href="http://[">x</a>'),
        ('<a href="mailto:a@b.example">x</a>', '<a href="mailto:a@b.example">x</a>'),
    ],
)  # fmt: skip
def test_every_address_in_the_text_is_absolute(html: str, expected: str) -> None:
    assert with_absolute_addresses(html, "https://e/a/b") == expected


@pytest.mark.parametrize(
    ("selection", "feed"),
    [
        (Selection(), "/feed.xml"),
        (Selection((Collection("section", "河北/本网"),)), "/s/%E6%B2%B3%E5%8C%97/%E6%9C%AC%E7%BD%91/feed.xml"),
        (Selection((Collection("tag", "改革"),)), "/t/%E6%94%B9%E9%9D%A9/feed.xml"),
        (Selection((Collection("section", "a"), Collection("tag", "b&c"))), "/s/a/feed.xml?tag=b%26c"),
        (Selection(query="改 革"), "/search/feed.xml?q=%E6%94%B9+%E9%9D%A9"),
    ],
)
def test_each_selection_has_its_address(selection: Selection, feed: str) -> None:
    assert selection.feed("feed.xml") == feed


@pytest.mark.parametrize("kind", ["live", "archive", "complete"])
def test_atom_fits_the_schema_of_rfc_4287(kind: str) -> None:
    feed = replace(FEED, kind=kind, tombstones=(Tombstone("tag:x,2026:gone", PUBLISHED),))
    schema = etree.RelaxNG(etree.parse(SCHEMA))
    assert schema.validate(etree.fromstring(atom.to_bytes(feed))), schema.error_log


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_without_entries_is_still_a_feed(name: str) -> None:
    assert FEED.title in FEEDS[name].to_bytes(replace(FEED, entries=())).decode()


def test_the_lite_feed_is_the_same_without_full_texts() -> None:
    full, lite = FEEDS["feed.xml"].to_bytes(FEED), FEEDS["lite.xml"].to_bytes(FEED)
    assert FEED.entries[0].id.encode() in lite
    assert b"content:encoded>" in full
    assert b"content:encoded>" not in lite
