"""Dates: every unambiguous notation is read; others are rejected with a hint; dates within a text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registries import TEXT_FORMATS

from reader.article_building import to_article
from reader.errors import UnreadableArticle
from reader.formats import read_draft
from reader.formats.dates import FIRST_YEAR, UnreadableDate, date_in_text, find_dates, parse_date
from reader.models import WARNING, Embargo, is_dated
from reader.settings import Settings

EAST = timezone(timedelta(hours=8))
NEW_YORK_WINTER = timezone(timedelta(hours=-5))
DAY = datetime(2026, 5, 1)
SIX, THREE = datetime(2026, 5, 1, 6), datetime(2026, 5, 1, 15)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        *((text, DAY) for text in ("2026-05-01", "2026-5-1", "2026/05/01", "2026.05.01", "20260501", "2026年5月1日", "2026 05/01")),
        *((text, DAY) for text in ("二〇二六年五月一日", "２０２６年５月１日", "May 1, 2026", "Friday, May 1st, 2026")),
        *((text, DAY) for text in ("1 May 2026", "01-May-2026", "1.5.2026", "2026年5月1日 星期五", " 2026 - 05 - 01 ")),
        *((text, SIX) for text in ("2026-05-01 06:00", "2026-05-01T06:00:00", "20260501T060000", "20260501060000")),
        *((text, SIX) for text in ("May 1, 2026 at 6:00 a.m.", "1 May 2026 6 AM", "6:00 am, May 1, 2026")),
        *((text, SIX) for text in ("Fri May  1 06:00:00 2026", "2026年5月1日6时", "2026-05-01 星期五 06:00")),
        *((text, THREE) for text in ("2026年5月1日 下午3:00", "2026年5月1日15时0分", "1 May 2026 3:00 PM", "2026年5月1日下午3点")),
        ("2026-05-01T06:00:00Z", SIX.replace(tzinfo=UTC)),
        ("2026-05-01 06:00:00 UTC", SIX.replace(tzinfo=UTC)),
        ("2026-05-01T06:00:00+08:00[Asia/Shanghai]", SIX.replace(tzinfo=EAST)),
        ("2026-05-01T06:00:00+0800", SIX.replace(tzinfo=EAST)),
        ("2026-05-01 06:00 +8", SIX.replace(tzinfo=EAST)),
        ("2026-05-01 06:00 Asia/Shanghai", SIX.replace(tzinfo=ZoneInfo("Asia/Shanghai"))),
        ("2026-05-01 06:00 北京时间", SIX.replace(tzinfo=EAST)),
        ("2026-05-01 06:00:00.000 +0800 CST", SIX.replace(tzinfo=EAST)),
        ("2026-05-01 06:00:00.000000001 +0800 CST m=+0.012", SIX.replace(tzinfo=EAST)),
        ("Fri, 01 May 2026 06:00:00 +0800", SIX.replace(tzinfo=EAST)),
        ("Fri May 1 06:00:00 EST 2026", SIX.replace(tzinfo=NEW_YORK_WINTER)),
        ("1777586400", SIX.replace(tzinfo=EAST)),
        ("1777586400000", SIX.replace(tzinfo=EAST)),
        ("13/04/2026", datetime(2026, 4, 13)),
        ("04/13/2026", datetime(2026, 4, 13)),
        ("04/04/2026", datetime(2026, 4, 4)),
        ("2026-05-01 12:30 AM", datetime(2026, 5, 1, 0, 30)),
        ("二〇二六年十二月二十三日", datetime(2026, 12, 23)),
    ],
)  # fmt: skip
def test_every_form_that_means_one_thing_is_read(text, moment):
    read = parse_date(text)
    assert read == moment
    assert (read.tzinfo is None) == (moment.tzinfo is None)


@pytest.mark.parametrize(
    ("text", "cause", "fix"),
    [
        ("03/04/2026", "ambiguous date", "2018-11-23"),
        ("3-4-2026", "ambiguous date", "2018-11-23"),
        ("2026-05-01 06:00:00 CST", "ambiguous time zone: 'CST'", "+08:00"),
        ("Fri May 1 06:00:00 CST 2026", "ambiguous time zone: 'CST'", "+08:00"),
        ("2026-05-01 06:00 IST", "ambiguous time zone", "+08:00"),
        ("2026-05-01 06:00 Mars/Olympus", "unknown time zone", "+08:00"),
        ("2026-05-01 06:00 +25:00", "unknown time zone", "+08:00"),
        ("2026-02-30", "out of range", "2018-11-23"),
        ("2026-05-01 25:00", "out of range", "2018-11-23"),
        ("1900-12-31", "out of range", "1901 to 9998"),
        ("9999-01-01", "out of range", "1901 to 9998"),
        *((text, "not a date", "2018-11-23") for text in ("23/11", "2026", "2026-05", "May 2026", "昨天", "maybe 2026-05-01")),
    ],
)  # fmt: skip
def test_the_others_are_refused_with_the_fix(text, cause, fix):
    with pytest.raises(UnreadableDate, match=cause) as caught:
        parse_date(text)
    assert fix in caught.value.hint


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("03/04/2026", datetime(2026, 4, 3)),
        ("2026-05-01 06:00 CST", datetime(2026, 5, 1, 6)),
    ],
)
def test_a_date_that_can_mean_two_is_none_and_told_with_its_line(suffix, typed, meant):
    draft = read_draft(suffix, f"---\ntitle: 题\ndate: {typed}\n---\n\n正文。\n".encode())
    assert (draft.published, draft.embargo) == (None, Embargo(meant, 3))
    assert draft.warnings[0].startswith("line 3: ")


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
@pytest.mark.parametrize(
    "typed", ["1900-06-01", "1872-04-30 08:00 +08:00", "0002-01-01T00:00:00+14:00", "一八七二年四月三十日"]
)
def test_a_date_of_long_ago_is_none_and_told_with_its_line(suffix, typed):
    draft = read_draft(suffix, f"---\ntitle: 题\ndate: {typed}\n---\n\n正文。\n".encode())
    assert draft.published is None
    assert [text for text in draft.warnings if text.startswith("line 3: ") and "1901 to 9998" in text]


def test_an_article_of_long_ago_is_published_without_a_date_and_breaks_no_list(drop, services, client):
    drop("shen-bao.md", "---\ntitle: 申报创刊\ndate: 1872-04-30\nupdated: 1872-05-01\n---\n\n正文。\n")
    drop("zero.md", "---\ntitle: 零日\ndate: 0001-01-01\n---\n\n正文。\n")
    drop("2018-03-04/now.md", "---\ntitle: 今日\n---\n\n正文。\n")
    services.library.scan_until_settled()
    assert services.catalog.problems() == []
    assert not is_dated(services.catalog.article("shen-bao").published)
    told = {str(r.cause) for r in services.catalog.remarks() if r.path == "shen-bao.md" and r.severity == WARNING}
    for line, typed in ((3, "1872-04-30"), (4, "1872-05-01")):
        assert f"line {line}: date out of range: '{typed}' (use a year from 1901 to 9998)" in told
    assert not [r for r in services.catalog.remarks() if r.path == "zero.md" and "out of range" in r.cause]
    for path in ("/", "/feed.xml", "/atom.xml", "/feed.json", "/d/", "/sitemap.xml", "/opds", "/a/shen-bao"):
        assert client.get(path, follow_redirects=True).status_code == 200, path
    assert "申报创刊" in client.get("/").text


def test_what_follows_a_date_is_left_out_and_told():
    draft = read_draft(".md", "---\ntitle: 题\ndate: 2026-05-01 18:30:22 2026 -0800\n---\n\n正文。\n".encode())
    assert draft.published == datetime(2026, 5, 1, 18, 30, 22)
    assert draft.warnings[0].startswith("line 3: ")


def test_a_date_that_can_mean_two_leaves_the_day_to_the_path_and_keeps_a_possible_embargo(drop, services):
    drop("2018-03-04/a.md", "---\ntitle: 甲\ndate: 03/04/2018\n---\n\n正文。\n")
    drop("b.md", "---\ntitle: 乙\ndate: 03/04/2018\n---\n\n正文。\n")
    drop("c.md", "---\ntitle: 丙\ndate: 03/04/2999\n---\n\n正文。\n")
    drop("2021-07-04/d.md", "---\ntitle: 丁\ndate: 2021-06-34\n---\n\n正文。\n")
    drop("e.md", "---\ntitle: 戊\ndate: 2999-06-34\n---\n\n正文。\n")
    services.library.scan_until_settled()
    assert f"{services.catalog.article('a').published:%Y-%m-%d}" == "2018-03-04"
    assert not is_dated(services.catalog.article("b").published)
    assert f"{services.catalog.article('d').published:%Y-%m-%d}" == "2021-07-04"
    problems = {(problem.path, problem.line) for problem in services.catalog.problems()}
    assert problems == {("c.md", 3), ("e.md", 3)}


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
def test_a_date_that_cannot_be_read_is_a_problem_because_it_may_be_an_embargo(suffix):
    with pytest.raises(UnreadableArticle, match="not a date") as caught:
        read_draft(suffix, "---\ntitle: 题\ndate: 下周一\n---\n\n正文。\n".encode())
    assert caught.value.line == 3


@pytest.mark.parametrize("zero", ["0001-01-01T00:00:00Z", "0001-01-01", "0001-01-01 00:00:00 +0000 UTC"])
def test_the_zero_date_of_hugo_means_no_date(zero):
    draft = read_draft(".md", f"---\ntitle: 题\ndate: {zero}\n---\n正文。\n".encode())
    assert draft.published is None
    assert to_article(draft, PurePosixPath("2026-05-01/a.md"), Settings()).published.date() == DAY.date()
    assert not is_dated(to_article(draft, PurePosixPath("0001-01-01/a.md"), Settings()).published)


@pytest.mark.parametrize(
    "zone", ["Asia/Shanghai", "Europe/Amsterdam", "Africa/Monrovia", "Pacific/Apia", "America/New_York"]
)
def test_whatever_is_read_has_an_offset_of_whole_minutes_everywhere(zone):
    draft = read_draft(".md", f"---\ntitle: 题\ndate: {FIRST_YEAR}-01-01\n---\n正文。\n".encode())
    article = to_article(draft, PurePosixPath("a.md"), Settings(timezone=ZoneInfo(zone)))
    assert article.published.utcoffset() % timedelta(minutes=1) == timedelta()
    assert (article.published.year, article.published.hour) == (FIRST_YEAR, 0)


@given(st.datetimes(datetime(FIRST_YEAR, 1, 2), datetime(2099, 12, 30)), st.integers(-14 * 60, 14 * 60))
def test_what_a_program_writes_is_read_back(moment, minutes):
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    for text in (aware.isoformat(), aware.isoformat(sep=" "), f"{aware:%Y-%m-%dT%H:%M:%S.%f%z}"):
        assert parse_date(text) == aware
    for form in (
        "%a, %d %b %Y %H:%M:%S %z",
        "%d %B %Y %H:%M:%S %z",
        "%B %d, %Y %I:%M:%S %p %z",
        "%Y年%m月%d日 %H:%M:%S %z",
    ):
        assert parse_date(aware.strftime(form)) == aware.replace(microsecond=0)
    assert parse_date(f"{moment:%Y%m%d}") == datetime(moment.year, moment.month, moment.day)


@given(st.text(max_size=60))
def test_any_text_is_a_date_or_refused_and_searching_it_breaks_nothing(text):
    try:
        parse_date(text)
    except UnreadableDate as error:
        assert error.hint  # noqa: PT017
    assert all(found.at.year >= FIRST_YEAR for found in find_dates(text))
    date_in_text(text)
