"""Extracts source, authors, editors and dates from the lines around a news story."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from reader.formats.dates import date_in_address, date_in_text
from reader.importing.extraction.bylines import bylines_of


@pytest.mark.parametrize(
    ("line", "source", "editor", "byline"),
    [
        ("2018年11月23日 10:40 来源：太行日报 作者：赵敏、孙建国", "太行日报", "", ("赵敏", "孙建国")),
        ("来源:晨报 责任编辑:周琳_N1234 字号:大 小", "晨报", "周琳", ()),
        ("编辑 刘晓 校对 李铭", "", "刘晓", ()),
        ("（责编：王鹤、丁思）", "", "王鹤、丁思", ()),
        ("责任编辑：何　平", "", "何平", ()),
        ("2019年10月23日 09:05 江岸时报", "江岸时报", "", ()),
        ("发表于2014-08-24 21:30| 1164次阅读| 来源电脑报| 0 条评论| 作者魏星", "电脑报", "", ("魏星",)),
        ("来源：晨报 作者：王㛃、李𬘡", "晨报", "", ("王㛃", "李𬘡")),
        ("By Ann Lee and Tom O'Brien", "", "", ("Ann Lee", "Tom O'Brien")),
        ("责任编辑：系统管理员 来源：", "", "", ()),
    ],
)
def test_a_line_of_credits_is_understood(line, source, editor, byline):
    found = bylines_of([line], [])
    assert (found.source, found.editor, found.byline) == (source, editor, byline)


@pytest.mark.parametrize(
    ("line", "byline"),
    [
        ("本报讯（记者 赵敏 孙建国）11月22日，记者从市园林局获悉，公园开放。", ("赵敏", "孙建国")),
        ("江岸新闻记者 段彦 廖艳", ("段彦", "廖艳")),
        ("□ 本报记者 葛灵丹", ("葛灵丹",)),
        ("（文/图 刘玺 易赛楠）", ("刘玺", "易赛楠")),
        ("中江社记者 贾天 摄", ()),
        ("记者从市园林局获悉，公园今天开放。", ()),
        ("他对记者说，水位已经下降。", ()),
    ],
)
def test_reporters_who_sign_in_the_body_are_found_and_others_are_not(line, byline):
    assert bylines_of([], [line]).byline == byline


def test_the_responsible_editor_goes_before_others():
    assert bylines_of(["编辑：刘晓", "责任编辑：姚立"], []).editor == "姚立"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2018-11-23 10:40:05", datetime(2018, 11, 23, 10, 40, 5)),
        ("发布时间：2018年11月23日10:40　来源", datetime(2018, 11, 23, 10, 40)),
        ("2018/11/3", datetime(2018, 11, 3)),
        ("2018-11-23T10:40:05.123+08:00", datetime(2018, 11, 23, 10, 40, 5, tzinfo=timezone(timedelta(hours=8)))),
        ("2019-11-18T17:05:00Z", datetime(2019, 11, 18, 17, 5, tzinfo=UTC)),
        ("Published Nov. 18, 2019, 5:05 p.m. EST", datetime(2019, 11, 18, 17, 5, tzinfo=timezone(timedelta(hours=-5)))),
        ("18 November 2019 12:30 AM", datetime(2019, 11, 18, 0, 30)),
        ("Fri, 23 Nov 2018 10:40:00 +0800", datetime(2018, 11, 23, 10, 40, tzinfo=timezone(timedelta(hours=8)))),
        ("11:10 PM EST Nov 19, 2019", datetime(2019, 11, 19, 23, 10, tzinfo=timezone(timedelta(hours=-5)))),
        ("9/17/2004 5:54:13 AM", datetime(2004, 9, 17, 5, 54, 13)),
        ("2018-13-45", None),
        ("昨天下午", None),
        ("电话 0311-88880000", None),
    ],
)  # fmt: skip
def test_dates_are_read_as_pages_write_them(text, moment):
    assert date_in_text(text) == moment


def test_the_day_in_an_address_is_found():
    assert date_in_address("https://news.example/2018-11/23/content_1.htm") == datetime(2018, 11, 23)
    assert date_in_address("https://news.example/20181123/a.html") == datetime(2018, 11, 23)
    assert date_in_address("https://news.example/article/12345678") is None
