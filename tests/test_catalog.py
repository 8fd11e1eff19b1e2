from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from factories import SHANGHAI, catalog_transaction, make_article

from reader.catalog import Catalog, CatalogWriter
from reader.catalog.tokenizer import folded, joined_words, words
from reader.errors import Gone, Moved, NotFound
from reader.models import ALL, NOTE, UNDATED, Collection, Problem
from reader.sanitizer import sanitize
from reader.storage.sqlite import wal_of

NOON = datetime(2026, 6, 1, 12, tzinfo=SHANGHAI)


@pytest.fixture
def path(settings):
    return settings.catalog


@pytest.fixture
def put(path):
    """Put articles as if each came from ``<slug>.md``."""

    def put(*articles, now=NOON, digest="digest of {}"):
        with catalog_transaction(path, now) as transaction:
            for article in articles:
                transaction.put(f"{article.slug}.md", "1", digest.format(article.slug), article)

    return put


@pytest.fixture
def catalog(path, put):
    put()
    return Catalog(path, SHANGHAI, must_be_complete=False)


def slugs(teasers):
    return [teaser.slug for teaser in teasers]


def test_an_article_comes_back_as_it_was_put(catalog, put):
    article = make_article(
        kicker="引题", subtitle="副题", source="河北新闻网", section=("河北新闻", "本网原创"), byline=("高原雪",),
        editor="张岩", tags=("政协",), aliases=("old",), images=("a.jpg",),
    )  # fmt: skip
    put(article)
    assert catalog.article("rain") == article
    assert catalog.article("rain").version == article.version


def test_lists_are_newest_first_and_ties_keep_slug_order(catalog, put):
    put(make_article("b"), make_article("a"), make_article("new", "2026-05-02 06:00"))
    assert slugs(catalog.latest()) == ["new", "a", "b"]


def test_a_list_goes_on_after_the_last_one_seen(catalog, put):
    put(*(make_article(f"s{n}", f"2026-05-0{1 + n // 3} 06:00") for n in range(9)))
    whole, pages, before = slugs(catalog.latest()), [], None
    while page := catalog.latest(limit=2, before=before):
        pages += slugs(page)
        before = (int(page[-1].published.timestamp()), page[-1].slug)
    assert pages == whole
    assert len(whole) == 9


def test_a_section_holds_what_its_subsections_hold(catalog, put):
    put(make_article("deep", section=("河北", "邯郸")), make_article("top", section=("河北",)))
    assert slugs(catalog.latest(Collection("section", "河北"))) == ["deep", "top"]
    assert slugs(catalog.latest(Collection("section", "河北/邯郸"))) == ["deep"]
    assert catalog.collections("section") == [
        (Collection("section", "河北"), 2),
        (Collection("section", "河北/邯郸"), 1),
    ]


def test_two_shelves_together_hold_what_stands_on_both(catalog, put):
    put(make_article("both", section=("河北",), tags=("政协",)), make_article("one", section=("河北",)))
    assert slugs(catalog.latest(Collection("section", "河北"), Collection("tag", "政协"))) == ["both"]
    assert catalog.latest(Collection("section", "河北"), Collection("tag", "没有")) == []


def test_a_draft_and_a_future_date_stay_hidden_until_their_time(catalog, put, path):
    put(make_article("draft", draft=True), make_article("later", "2026-06-01 13:00"))
    assert catalog.latest() == []
    with pytest.raises(NotFound):
        catalog.article("later")
    with catalog_transaction(path, NOON + timedelta(hours=1)) as transaction:
        transaction.release_due()
    assert slugs(catalog.latest()) == ["later"]


def test_a_change_moves_revision_and_date_on_even_within_one_second(catalog, put):
    put(make_article())
    first = catalog.revision, catalog.changed_at
    put(make_article(title="暴雨"))
    assert (catalog.revision, catalog.changed_at) == (first[0] + 1, first[1] + timedelta(seconds=1))


def test_a_hidden_change_moves_nothing(catalog, put):
    put(make_article())
    before = catalog.revision
    put(make_article("draft", draft=True))
    assert catalog.revision == before


def deleted(path):
    for file in path.parent.glob("catalog*"):
        file.unlink()


def test_a_new_catalog_has_no_revision_of_the_one_before_it_however_often_that_changed(path):
    seen = []
    for _ in range(3):
        for number in range(12):
            with catalog_transaction(path, NOON) as transaction:
                transaction.put("rain.md", "1", f"{number}", make_article(title=f"{number}"))
            seen.append(Catalog(path, SHANGHAI, must_be_complete=False).revision)
        deleted(path)
    assert sorted(set(seen)) == seen


def test_a_catalog_replaced_between_two_questions_is_followed_from_then_on(catalog, put, path, monkeypatch):
    """SQLite counts the changes that a connection notices; the numbers of two connections may be equal."""
    assert catalog.revision
    asked = catalog._connections.rows

    def replaced_meanwhile(query, values):
        found = asked(query, values)
        if "data_version" in query:
            monkeypatch.setattr(catalog._connections, "rows", asked)
            deleted(path)
            put()
            catalog._connections._local.look_at = 0.0
        return found

    put(make_article())
    monkeypatch.setattr(catalog._connections, "rows", replaced_meanwhile)
    seen = [catalog.revision]
    for number in range(8):
        put(make_article(title=f"{number}"))
        seen.append(catalog.revision)
    assert sorted(set(seen)) == seen


def test_a_correction_is_dated_by_when_it_was_seen(catalog, put):
    put(make_article())
    assert catalog.revised(["rain"]) == {}
    put(make_article(title="暴雨"), now=NOON + timedelta(hours=1), digest="edited")
    assert catalog.revised(["rain"]) == {"rain": NOON + timedelta(hours=1)}


def test_a_removed_article_is_gone_and_remembered(catalog, put, path):
    put(make_article())
    with catalog_transaction(path, NOON) as transaction:
        transaction.drop("rain.md")
    with pytest.raises(Gone):
        catalog.article("rain")
    assert [(r.slug, r.title, r.removed_at) for r in catalog.removals()] == [("rain", "大雨", NOON.astimezone(UTC))]
    assert catalog.count() == 0


@pytest.mark.parametrize("hidden", [{"draft": True}, {"published": "2031-05-01 06:00"}])
def test_another_name_of_what_was_never_published_is_as_unknown_as_any(catalog, put, hidden):
    put(make_article("draft", aliases=("secret", "/old/secret.html"), **hidden))
    for name in ("draft", "secret"):
        with pytest.raises(NotFound) as absent:
            catalog.article(name)
        assert type(absent.value) is NotFound
    with pytest.raises(NotFound):
        catalog.moved_from("/old/secret.html")


def test_a_renamed_file_leads_from_its_old_name_to_the_new_one(catalog, put, path):
    put(make_article("rain"))
    with catalog_transaction(path, NOON) as transaction:
        transaction.put("storm.md", "2", "digest of rain", make_article("storm"))
        transaction.drop("rain.md")
    with pytest.raises(Moved) as moved:
        catalog.article("rain")
    assert moved.value.slug == "storm"
    assert catalog.removals() == []


def rename(path, article, old, digest="digest of {}"):
    """In the order of the watcher: the new file first, then the deletion of the old one."""
    with catalog_transaction(path, NOON) as transaction:
        transaction.put(f"{article.slug}.md", "1", digest.format(old), article)
        transaction.drop(f"{old}.md")


def test_a_renamed_file_keeps_its_first_name_through_every_further_one(catalog, put, path):
    put(make_article("one"))
    rename(path, make_article("two"), "one")
    assert catalog.original_slugs(["two"]) == {"two": "one"}
    with catalog_transaction(path, NOON) as transaction:
        transaction.put("three.md", "1", "digest of one", make_article("three"))
        transaction.drop("two.md")
    assert catalog.original_slugs(["three"]) == {"three": "one"}


def test_a_file_renamed_and_edited_at_once_has_moved_if_it_lists_its_former_name(catalog, put, path):
    put(make_article("one"))
    rename(path, make_article("two", aliases=("one",), title="暴雨"), "one", digest="other bytes")
    assert catalog.original_slugs(["two"]) == {"two": "one"}
    assert catalog.removals() == []
    with pytest.raises(Moved):
        catalog.article("one")


def test_an_article_keeps_its_id_when_a_later_copy_of_its_file_is_removed(catalog, put, path):
    put(make_article("one"), digest="same bytes")
    put(make_article("copy"), digest="same bytes", now=NOON + timedelta(minutes=1))
    with catalog_transaction(path, NOON + timedelta(minutes=2)) as transaction:
        transaction.drop("copy.md")
    assert catalog.original_slugs(["one"]) == {"one": "one"}
    with pytest.raises(Moved) as moved:
        catalog.article("copy")
    assert moved.value.slug == "one"


def test_a_file_renamed_by_copying_it_and_removing_the_old_name_later_keeps_the_id(catalog, put, path):
    put(make_article("one"), digest="same bytes")
    put(make_article("two"), digest="same bytes", now=NOON + timedelta(minutes=1))
    put(make_article("three"), digest="same bytes", now=NOON + timedelta(minutes=3))
    for minute, old in ((2, "one"), (4, "two")):
        with catalog_transaction(path, NOON + timedelta(minutes=minute)) as transaction:
            transaction.drop(f"{old}.md")
    assert catalog.original_slugs(["three"]) == {"three": "one"}


def test_an_alias_that_is_added_later_does_not_become_the_first_name(catalog, put):
    put(make_article("rain"), make_article("snow", aliases=("hail",)))
    put(make_article("rain", aliases=("shower",)), digest="edited")
    assert catalog.original_slugs(["rain", "snow"]) == {"rain": "rain", "snow": "hail"}


def test_a_removal_remembers_the_first_name(catalog, put, path):
    put(make_article("rain", aliases=("shower",)))
    with catalog_transaction(path, NOON) as transaction:
        transaction.drop("rain.md")
    assert [(r.slug, r.original_slug) for r in catalog.removals()] == [("rain", "shower")]


def test_what_was_corrected_last_comes_first_and_only_what_an_editor_changed_counts(catalog, put):
    put(make_article("a"), make_article("b", tags=("t",)), make_article("c"))
    put(make_article("b", tags=("t",), title="新"), now=NOON + timedelta(hours=1), digest="edited")
    put(make_article("a", title="新"), now=NOON + timedelta(hours=2), digest="edited")
    put(make_article("c", title="新"), now=NOON + timedelta(hours=3))  # the same bytes, read by newer code
    assert slugs(catalog.corrected()) == ["a", "b"]
    assert slugs(catalog.corrected(Collection("tag", "t"))) == ["b"]
    assert slugs(catalog.corrected(Collection("tag", "none"))) == []


def test_the_oldest_come_in_fixed_pieces(catalog, put):
    put(*(make_article(f"s{n}", f"2026-05-0{1 + n // 3} 06:00") for n in range(7)))
    pieces = [slugs(catalog.oldest(skip=skip, limit=3)) for skip in (0, 3, 6, 9)]
    assert [slug for piece in pieces for slug in piece] == slugs(catalog.latest())[::-1]
    assert [len(piece) for piece in pieces] == [3, 3, 1, 0]


def test_an_alias_leads_to_its_article(catalog, put):
    put(make_article(aliases=("old-rain",)))
    with pytest.raises(Moved) as moved:
        catalog.article("old-rain")
    assert moved.value.slug == "rain"


def test_of_two_files_with_one_name_the_first_keeps_it_and_the_second_is_a_problem(catalog, path):
    with catalog_transaction(path, NOON) as transaction:
        assert transaction.put("a.md", "1", "x", make_article()) is None
        assert "a.md" in str(transaction.put("b.md", "1", "y", make_article(title="另一篇")))
    assert catalog.article("rain").title == "大雨"
    with catalog_transaction(path, NOON) as transaction:
        transaction.drop("a.md")
        assert transaction.reread() == ["b.md"]


def test_neighbours_are_the_next_older_and_the_next_newer(catalog, put):
    put(make_article("a"), make_article("b"), make_article("c", "2026-05-02 06:00"))
    assert [t and t.slug for t in catalog.neighbours("a")] == ["b", "c"]
    assert [t and t.slug for t in catalog.neighbours("c")] == ["a", None]
    assert [t and t.slug for t in catalog.neighbours("b")] == [None, "a"]


def test_related_articles_share_a_tag_before_they_share_a_section(catalog, put):
    put(
        make_article("me", tags=("雨",), section=("天气",)),
        make_article("same-tag", tags=("雨",)),
        make_article("same-section", "2026-05-02 06:00", section=("天气",)),
        make_article("other"),
    )
    assert slugs(catalog.related("me")) == ["same-tag", "same-section"]


def test_an_issue_is_a_day_and_knows_the_days_before_and_after(catalog, put):
    put(make_article("a"), make_article("b", "2026-05-03 23:59"), make_article("c", "2026-05-07 00:00"))
    issue = catalog.issue(date(2026, 5, 3))
    assert (slugs(issue.teasers), issue.older, issue.newer) == (["b"], date(2026, 5, 1), date(2026, 5, 7))
    assert catalog.issues() == [(date(2026, 5, 7), 1), (date(2026, 5, 3), 1), (date(2026, 5, 1), 1)]
    assert catalog.latest_day() == date(2026, 5, 7)
    with pytest.raises(NotFound):
        catalog.issue(date(2026, 5, 2))


def test_the_days_around_an_issue_are_found_and_counted_in_an_index_of_days(catalog, put):
    put(*(make_article(f"s{n}", f"2026-05-{n + 1:02} 12:00") for n in range(9)))
    asked: list[str] = []
    connection = catalog._connections._current()
    connection.set_trace_callback(asked.append)
    assert catalog.issue(date(2026, 5, 4)).number == 4
    connection.set_trace_callback(None)
    days = [query for query in asked if "AS day" in query]
    plans = [row["detail"] for query in days for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert len(plans) == 3
    assert all("INDEX days" in step for step in plans), plans


def test_no_list_is_sorted_or_scanned_to_be_shown(catalog, put):
    put(*(make_article(f"s{n}", section=("河北",), tags=("雨",)) for n in range(50)))
    asked: list[str] = []
    connection = catalog._connections._current()
    connection.set_trace_callback(asked.append)
    catalog.latest(), catalog.latest(Collection("section", "河北"), Collection("tag", "雨")), catalog.neighbours("s7")
    catalog.with_corrections(50), catalog.with_corrections(50, (1_000_000, "s7"))
    connection.set_trace_callback(None)
    lists = [query for query in asked if "collection_items" in query or "articles_corrected" in query]
    plans = [row["detail"] for query in lists for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert len(lists) == 6
    assert not [step for step in plans if "SCAN" in step or "TEMP B-TREE" in step]


def test_a_failed_pass_changes_nothing(catalog, put, path):
    put(make_article())
    with pytest.raises(RuntimeError), catalog_transaction(path, NOON) as transaction:
        transaction.drop("rain.md")
        raise RuntimeError
    assert slugs(catalog.latest()) == ["rain"]


def test_a_new_schema_rebuilds_what_is_derived_and_keeps_history(catalog, put, path, monkeypatch):
    put(make_article("old"), make_article("kept"))
    with catalog_transaction(path, NOON) as transaction:
        transaction.drop("old.md")
    for module in ("schema", "repair"):
        monkeypatch.setattr(f"reader.catalog.{module}.SCHEMA", "of tomorrow")
    with pytest.raises(sqlite3.OperationalError):  # a process that goes on with the code of yesterday
        put(make_article("kept"))
    monkeypatch.setattr("reader.catalog.repair._prepared", set())
    put(make_article("kept"))
    assert slugs(catalog.latest()) == ["kept"]
    with pytest.raises(Gone):
        catalog.article("old")


def test_articles_about_the_same_are_related_without_a_tag_or_a_section(catalog, put):
    def about(slug, title, published):
        return make_article(
            slug, published, title=title, body=sanitize(f"<p>{title}。今天说{title}，明天也说{title}。</p>")
        )

    put(
        about("me", "白洋淀大雨", "2026-05-01 06:00"),
        about("lake", "白洋淀开船", "2020-05-01 06:00"),
        about("other", "石家庄开会", "2026-05-02 06:00"),
    )
    assert slugs(catalog.related("me")) == ["lake"]


def test_the_rarer_what_two_articles_share_the_nearer_they_are(catalog, put):
    put(
        make_article("me", tags=("雨", "白洋淀"), section=("天气",)),
        make_article("rare", "2019-05-01 06:00", tags=("白洋淀",)),
        *(make_article(f"often-{n}", "2026-05-02 06:00", tags=("雨",), section=("天气",)) for n in range(40)),
    )
    assert slugs(catalog.related("me"))[0] == "rare"


def test_what_is_removed_is_related_to_nothing(catalog, put, path):
    put(make_article("a", tags=("雨",)), make_article("b", tags=("雨",)))
    with catalog_transaction(path, NOON) as transaction:
        transaction.drop("b.md")
    assert catalog.related("a") == catalog.related("b") == []


def test_an_address_of_another_site_leads_to_the_article_of_its_day_and_name(catalog, put):
    put(make_article("2026-05-01-rain"), make_article("snow", "2026-05-02 06:00", section=("天气",)))
    for address, slug in {
        "/2026/05/01/rain.html": "2026-05-01-rain",
        "/blog/2026/05/01/rain/": "2026-05-01-rain",
        "/posts/2026-05-01-rain": "2026-05-01-rain",
        "/2026/5/2/snow": "snow",
        "/天气/snow.html": "snow",
    }.items():
        assert catalog.moved_from(address) == slug
    for address in ("/2026/05/02/rain.html", "/05/01/rain", "/2026/05/01/snow", "/sport/snow", "/2026/05/01/", "/"):
        with pytest.raises(NotFound):
            catalog.moved_from(address)


def test_lists_without_a_limit_have_a_page_of_articles_and_a_month_of_days(catalog, put):
    days = [date(2026, 1, 1) + timedelta(n) for n in range(60)]
    put(*(make_article(f"s{day}", f"{day} 06:00", tags=("雨",)) for day in days))
    assert slugs(catalog.latest()) == [f"s{day}" for day in days[:-26:-1]]
    assert slugs(catalog.oldest()) == [f"s{day}" for day in days[:25]]
    assert catalog.issues() == [(day, 1) for day in days[:-32:-1]]
    assert catalog.issues(before=days[1]) == [(days[0], 1)]
    assert len(catalog.related(f"s{days[0]}")) == 5


def test_a_missing_file_keeps_its_article_until_it_is_due(catalog, put, path):
    put(make_article("rain"), make_article("snow"), make_article("draft", draft=True))
    files = ["rain.md", "snow.md", "draft.md"]
    with catalog_transaction(path, NOON) as transaction:
        assert transaction.next_removal() is None
        transaction.mark_missing(["rain.md", "draft.md"], 1_000.0)
        transaction.mark_missing(["rain.md", "snow.md"], 2_000.0)  # the first time counts
        assert transaction.overdue(999.0) == ["draft.md"]  # it published nothing
        assert sorted(transaction.overdue(1_000.0)) == ["draft.md", "rain.md"]
        assert transaction.next_removal() == 1.0
        assert transaction.missing_articles(2_000.0) == ["rain.md"]
        assert transaction.count_published() == 2
        assert transaction.published_stamps(files) == ["1", "1"]
        transaction.mark_found(files)
        assert transaction.overdue(9_999.0) == transaction.missing_articles(0.0) == []
    assert slugs(catalog.latest()) == ["rain", "snow"]


def test_removing_files_of_the_same_bytes_takes_linear_time(tmp_path):
    def operations(number: int) -> int:
        place, count = tmp_path / f"{number}.sqlite3", [0]
        with catalog_transaction(place, NOON) as transaction:
            for n in range(number):
                transaction.put_problem("1", "digest of nothing", Problem(f"{n}.md", 0, "no title"))
            transaction._db.set_progress_handler(lambda: count.__setitem__(0, count[0] + 1), 100)
            for n in range(number):
                transaction.drop(f"{n}.md")
            transaction._db.set_progress_handler(None, 0)
        return count[0]

    assert operations(800) < 3 * operations(400)


def test_the_next_scheduled_article_is_published_at_its_time(catalog, put, path):
    hour = timedelta(hours=1)
    put(make_article("later", "2026-06-01 14:00"), make_article("soon", "2026-06-01 13:00"))
    put(make_article("draft", "2026-06-01 12:30", draft=True))
    with catalog_transaction(path, NOON) as transaction:
        assert transaction.next_due() == int((NOON + hour).timestamp())
        transaction.release_due()
    assert catalog.latest() == []
    for now, shown in ((NOON + hour, ["soon"]), (NOON + 2 * hour, ["later", "soon"])):
        before = catalog.revision
        with catalog_transaction(path, now) as transaction:
            transaction.release_due()
        assert slugs(catalog.latest()) == shown
        assert catalog.revision == before + 1
    with catalog_transaction(path, NOON + 3 * hour) as transaction:
        assert transaction.next_due() is None


def test_of_two_files_with_one_name_in_different_folders_the_second_is_named_by_its_folders(catalog, path):
    for title in ("大雨", "暴雨"):  # the second time the files were edited
        with catalog_transaction(path, NOON) as transaction:
            assert transaction.put("beijing/rain.md", "1", f"a{title}", make_article(title=title)) is None
            assert transaction.put("hebei/rain.md", "1", f"b{title}", make_article(title=f"河北{title}")) is None
        assert catalog.article("rain").title == title
        assert catalog.article("hebei-rain").title == f"河北{title}"
    with catalog_transaction(path, NOON) as transaction:
        copied = transaction.put("shanxi/rain.md", "1", "a暴雨", make_article())
        taken = transaction.put("hebei-rain.md", "1", "c", make_article("hebei-rain"))
    assert "beijing/rain.md" in str(copied)
    assert "hebei/rain.md" in str(taken)
    assert {problem.path for problem in catalog.problems()} == {"shanxi/rain.md", "hebei-rain.md"}
    assert len(catalog.latest()) == 2


def test_a_value_that_is_set_already_is_not_written_again(catalog, path):
    with closing(sqlite3.connect(path)) as other:
        versions = []
        for value in ("mounted", "away", "away"):
            with catalog_transaction(path, NOON) as transaction:
                transaction.set_meta("fault", "".join(value))
                assert transaction.get_meta("fault") == value
            versions.append(other.execute("PRAGMA data_version").fetchone()[0])
    assert versions[0] != versions[1] == versions[2]  # a write would make all web processes drop their caches


def test_a_list_of_several_collections_holds_what_is_in_all_of_them(catalog, put):
    rain, sport, beijing = (Collection("tag", name) for name in ("雨", "体育", "北京"))
    put(
        make_article("a", tags=("雨", "体育", "北京")),
        make_article("b", tags=("雨",)),
        make_article("c", tags=("雨", "北京")),
    )
    put(make_article("d", tags=("体育",)), make_article("e", tags=("北京", "体育")), make_article("f", tags=("北京",)))
    assert slugs(catalog.latest(rain, sport)) == slugs(catalog.latest(sport, rain)) == ["a"]
    assert slugs(catalog.latest(rain, beijing)) == ["a", "c"]
    assert slugs(catalog.latest(beijing, sport)) == ["a", "e"]
    assert slugs(catalog.latest(beijing, sport, rain)) == ["a"]
    assert catalog.latest(rain, Collection("tag", "雪")) == []


@pytest.mark.parametrize(
    "text",
    [
        "", "雨", "今天下雨，明天下雨。", "WTO 在日内瓦；5G网络 ａｂｃ", "한국어 텍스트 ภาษาไทย カタカナ", "𠮷野家𠮷", "，。", "one two one", "甲a乙",
        "  雨 \n\n 雪  ",
    ],
)  # fmt: skip
def test_the_terms_that_are_written_to_the_index_are_those_that_are_searched(text):
    assert set(joined_words(folded(text)).split()) == words(folded(text))


def test_nothing_of_a_removed_article_stays_in_the_index_whose_words_recur(path, put):
    put(make_article("rain", body="<p>大雨大雨大雨，rain rain 雨。</p>"), make_article("snow", body="<p>大雪</p>"))
    with catalog_transaction(path, NOON) as transaction:
        transaction.drop("rain.md")
        transaction.drop("snow.md")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab (main, words, instance)")
        assert connection.execute("SELECT term FROM terms").fetchall() == []
        assert connection.execute("SELECT * FROM collection_items").fetchall() == []
        assert connection.execute("SELECT * FROM collections WHERE count <> 0").fetchall() == []


def test_collections_that_are_new_and_known_are_counted_in_one_transaction(catalog, put):
    put(make_article("rain", tags=("天气", "北京")))
    put(make_article("snow", tags=("天气", "雪")), make_article("rain", tags=("雪",)))
    assert {tag: catalog.count(Collection("tag", tag)) for tag in ("天气", "北京", "雪")} == {
        "天气": 1,
        "北京": 0,
        "雪": 2,
    }
    assert slugs(catalog.latest(Collection("tag", "雪"))) == ["rain", "snow"]


def test_transactions_share_a_connection_until_the_file_is_replaced(path):
    article = make_article("rain")
    with closing(CatalogWriter(path)) as writer:
        for slug in ("rain", "sun"):
            with writer.transaction(NOON) as transaction:
                transaction.put(f"{slug}.md", "1", slug, replace(article, slug=slug))
            assert wal_of(path).stat().st_size > 0, "the log is not copied after each transaction"
        for spoil in (Path.unlink, lambda path: os.truncate(path, 0)):
            spoil(path)
            with writer.transaction(NOON) as transaction:
                transaction.put("snow.md", "1", "snow", replace(article, slug="snow"))
                assert transaction.count_published() == 1, "a new file, in which nothing is known"
        with pytest.raises(ZeroDivisionError), writer.transaction(NOON) as transaction:
            transaction.drop("snow.md")
            raise ZeroDivisionError
        with writer.transaction(NOON) as transaction:
            assert transaction.count_published() == 1, "rolled back"
    assert not wal_of(path).exists()


def test_what_is_recorded_is_what_one_transaction_changed(path):
    recorded: list[set[str]] = []
    with closing(CatalogWriter(path, lambda changes: recorded.append(set(changes["recorded"])))) as writer:
        for slug in ("rain", "sun"):
            with writer.transaction(NOON) as transaction:
                transaction.put(f"{slug}.md", "1", slug, make_article(slug))
        with writer.transaction(NOON) as transaction:
            assert transaction.history.changes() == {}
    assert recorded == [{"rain"}, {"sun"}]


def test_pages_without_a_date_are_counted_but_not_among_the_dated(catalog, put):
    tag = Collection("tag", "雨")
    put(
        *(make_article(name, tags=("雨",)) for name in "abc"),
        replace(make_article("d", tags=("雨",)), published=UNDATED),
    )
    assert [catalog.count(tag), catalog.count_dated(tag)] == [4, 3]
    assert [catalog.count(ALL), catalog.count_dated()] == [4, 3]
    assert [catalog.count(Collection("tag", "雪")), catalog.count_dated(Collection("tag", "雪"))] == [0, 0]


def test_collections_come_by_name_and_the_largest_by_number(catalog, put):
    put(*(make_article(name, tags=tags) for name, tags in (("a", ("b", "c")), ("b", ("c", "a")), ("c", ("c", "b")))))

    def named(**how):
        return [(collection.name, count) for collection, count in catalog.collections("tag", **how)]

    assert named() == [("a", 1), ("b", 2), ("c", 3)]
    assert [named(largest=largest) for largest in (0, 1, 2)] == [[], [("c", 3)], [("c", 3), ("b", 2)]]


def test_a_note_of_a_file_that_never_was_an_article_is_no_news_and_one_of_an_article_is(path, put, catalog):
    put(make_article("rain"))
    with catalog_transaction(path, NOON) as transaction:
        note = {name: Problem(f"{name}.md", 0, "a draft", severity=NOTE) for name in ("rain", "sun")}
        assert transaction.put_problem("2", "x", note["rain"])
        assert not transaction.put_problem("2", "x", note["sun"])
        assert transaction.put_problem("2", "x", Problem("wind.md", 0, "no title"))
        assert not transaction.put_problem("3", "x", Problem("wind.md", 0, "no title"))
    assert catalog.article("rain")
