"""Fields of files whose heads are TOML, JSON or lines are changed at the desk; all else in the file stays, byte for byte."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reader.editing.apply_edits import open_text, with_form
from reader.errors import UnreadableArticle
from reader.formats import LARGEST_BYTES

TOML = """+++
# kept
title = "大雨"   # the title
date = 2026-05-01T06:00:00+08:00
categories = ["天气"]
weird = {a = 1,  b=[1,2]}
tags = [
  "河流", # one
  "天气",
]

[params]
  author = "张三"
  x = 0x10
[[menu.main]]
weight = 1
+++

今天下雨。
"""
JSON = """{
    "title": "大雨",
    "date": "2026-05-01T06:00:00+08:00",
    "tags": [
        "河流",
        "天气"
    ],
    "weird" : {"a": 1.50,  "title": "\\u0041"}
}

今天下雨。
"""
BODY = "\n今天下雨。\n"


def changed(suffix: str, text: str, **values: str) -> str:
    """The text with other fields, and what it was is found again by undoing that."""
    content = text.encode()
    form = open_text(suffix, content, LARGEST_BYTES).form
    assert form is not None
    assert with_form(suffix, content, form, LARGEST_BYTES).content == content
    return with_form(suffix, content, replace(form, **values), LARGEST_BYTES).content.decode()


@pytest.mark.parametrize(
    ("values", "old", "new"),
    [
        ({"title": '暴"雨'}, '"大雨"', '"暴\\"雨"'),
        ({"published": "2026-05-02 07:30+08:00"}, "2026-05-01T06:00:00+08:00", "2026-05-02T07:30:00+08:00"),
        ({"section": "社会"}, 'categories = ["天气"]', 'categories = ["社会"]'),
        ({"section": ""}, 'categories = ["天气"]\n', ""),
        ({"byline": "李四"}, '"张三"', '"李四"'),
        ({"byline": ""}, '  author = "张三"\n', ""),
        ({"tags": "一、二"}, '  "河流", # one\n  "天气",\n', '    "一",\n    "二",\n'),
        ({"slug": "storm", "draft": "1"}, "]\n\n[params]", ']\nslug = "storm"\ndraft = true\n\n[params]'),
        ({"comments_closed": "1"}, "]\n\n[params]", ']\ncomments = "closed"\n\n[params]'),
        (
            {"corrections": "2026-05-01 07:00 甲改为乙\n2026-05-01 08:00 又改"},
            "]\n\n[params]",
            ']\ncorrections = ["2026-05-01 07:00:00 甲改为乙", "2026-05-01 08:00:00 又改"]\n\n[params]',
        ),
        ({"body": "\n明天下雨。\n"}, "今天", "明天"),
    ],
)
def test_a_field_of_toml_is_changed_and_nothing_else(values, old, new):
    assert old in TOML
    assert changed(".md", TOML, **values) == TOML.replace(old, new)


@pytest.mark.parametrize(
    ("values", "old", "new"),
    [
        ({"title": '暴"雨'}, '"大雨"', '"暴\\"雨"'),
        ({"published": "2026-05-02 07:30"}, "2026-05-01T06:00:00+08:00", "2026-05-02T07:30:00"),
        ({"tags": "一、二"}, '"河流",\n        "天气"', '"一",\n        "二"'),
        ({"tags": ""}, '\n    "tags": [\n        "河流",\n        "天气"\n    ],', ""),
        ({"draft": "1"}, '"\\u0041"}\n', '"\\u0041"},\n    "draft" : true\n'),
        ({"comments_closed": "1"}, '"\\u0041"}\n', '"\\u0041"},\n    "comments" : "closed"\n'),
        ({"section": "社会 > 城市"}, '"\\u0041"}\n', '"\\u0041"},\n    "section" : ["社会 > 城市"]\n'),
    ],
)
def test_a_field_of_json_is_changed_and_nothing_else(values, old, new):
    assert old in JSON
    assert changed(".md", JSON, **values) == JSON.replace(old, new)


@pytest.mark.parametrize(
    ("suffix", "before", "values", "after"),
    [
        (".md", '{"title": "大雨"}\n', {"source": "本报"}, '{"title": "大雨", "source": "本报"}\n'),
        (".md", '{"draft": true, "title": "雨"}\n', {"draft": ""}, '{"title": "雨"}\n'),
        (
            ".md",
            '{"comments": true, "title": "雨"}\n',
            {"comments_closed": "1"},
            '{"comments": false, "title": "雨"}\n',
        ),
        (".md", '"title": "雨",\n"tags": ["a"]\n;;;\n', {"tags": "b"}, '"title": "雨",\n"tags": ["b"]\n;;;\n'),
        (".md", "Title: 雨\nTags: a, b\n", {"tags": "c、d"}, "Title: 雨\nTags: c, d\n"),
        (".md", "Title: 雨\nDate: 2026-05-01\n", {"source": "本报"}, "Title: 雨\nDate: 2026-05-01\nSource: 本报\n"),
        (".md", "Title: 雨\nSummary: 一\n    二\n", {"summary": "三"}, "Title: 雨\nSummary: 三\n"),
        (".md", "标题：雨\n来源：甲\n", {"source": "乙"}, "标题：雨\n来源：乙\n"),
        (
            ".md",
            "title: 雨\nx: {a: 1}\n---\n",
            {"title": "暴雨", "top": "1"},
            "title: 暴雨\nx: {a: 1}\ntop: true\n---\n",
        ),
        (
            ".md",
            "<!--\ntitle: 雨\ndate: 2026-05-01\n-->\n",
            {"title": "风"},
            "<!--\ntitle: 风\ndate: 2026-05-01\n-->\n",
        ),
        (".md", ".. title: 雨\n.. slug: a\n", {"slug": "b"}, ".. title: 雨\n.. slug: b\n"),
        (".rst", ".. title: 雨\n.. slug: a\n", {"title": "风"}, ".. title: 风\n.. slug: a\n"),
        (".org", "#+TITLE: 雨\n#+FILETAGS: :a:b:\n", {"tags": "c、d"}, "#+TITLE: 雨\n#+FILETAGS: :c:d:\n"),
        (".org", "#+TITLE: 雨\n#+STARTUP: x\n", {"source": "报"}, "#+TITLE: 雨\n#+STARTUP: x\n#+SOURCE: 报\n"),
        (".org", "#+HUGO_DRAFT: true\n#+TITLE: 雨\n", {"draft": ""}, "#+TITLE: 雨\n"),
        (".adoc", "= 雨\n:toc:\n", {"title": "风", "source": "报"}, "= 风\n:toc:\n:source: 报\n"),
        (".adoc", "= 雨\n:page-tags: a\n:x: y\n", {"tags": "b、c"}, "= 雨\n:page-tags: b, c\n:x: y\n"),
        (
            ".adoc",
            "= 雨\n张三 <a@b.example>\nv1, 2026-05-01\n",
            {"slug": "a"},
            "= 雨\n张三 <a@b.example>\nv1, 2026-05-01\n:slug: a\n",
        ),
        (".adoc", "= 雨\n:x: y \\\n  z\n", {"source": "报"}, "= 雨\n:x: y \\\n  z\n:source: 报\n"),
        (".adoc", "= 雨\n:summary: y \\\n  z\n:toc:\n", {"summary": "报"}, "= 雨\n:summary: 报\n:toc:\n"),
        (".rst", "雨\n==\n\n:date: 2026-05-01\n", {"title": "暴雨"}, "暴雨\n====\n\n:date: 2026-05-01\n"),
        (".rst", "====\n 雨\n====\n\n:a: b\n", {"source": "报"}, "====\n 雨\n====\n\n:a: b\n:source: 报\n"),
        (".rst", "雨水\n####\n", {"source": "报"}, "雨水\n####\n\n:source: 报\n"),
        (".md", "---\npublish: true\ntitle: 雨\n---\n", {"draft": "1"}, "---\ntitle: 雨\ndraft: true\n---\n"),
        (".md", "---\ntitle: 雨\n---\n", {"comments_closed": "1"}, "---\ntitle: 雨\ncomments: closed\n---\n"),
    ],
)
def test_a_field_is_changed_in_the_form_that_the_file_has(suffix, before, values, after):
    assert changed(suffix, before + BODY, **values) == after + BODY


@pytest.mark.parametrize("text", [TOML, JSON])
def test_the_encoding_and_line_ends_of_the_file_stay(text):
    content = text.replace("\n", "\r\n").encode("gb18030")
    form = open_text(".md", content, LARGEST_BYTES).form
    new = with_form(".md", content, replace(form, title="暴雨"), LARGEST_BYTES).content
    assert new == content.replace("大雨".encode("gb18030"), "暴雨".encode("gb18030"))


def test_an_attribute_of_asciidoc_that_goes_on_is_one_value():
    content = "= 雨\n:summary: 一 \\\n  二 \\\n三\n:source: 报\n\n今天下雨。\n".encode()
    form = open_text(".adoc", content, LARGEST_BYTES).form
    assert (form.summary, form.source, form.body) == ("一 二 三", "报", "\n今天下雨。\n")


ENDS = {
    "json": ('{"title": "雨", "draft": true, "expiryDate": "2036-01-01"}\n', '"draft": true, '),
    "toml": ('+++\ntitle="雨"\ndraft=true\nexpiryDate=2036-01-01\n[build]\nlist="always"\n+++\n', "draft=true\n"),
    "lines": ("Title: 雨\nDraft: true\nExpiryDate: 2036-01-01\n", "Draft: true\n"),
    "yaml": ("---\ntitle: 雨\ndraft: true\nexpiryDate: 2036-01-01\nbuild:\n  list: always\n---\n", "draft: true\n"),
}


@pytest.mark.parametrize("form", ENDS)
def test_an_end_to_come_stays_when_an_article_becomes_a_draft_and_when_it_is_published(form):
    head, draft = ENDS[form]
    public = changed(".md", head + BODY, draft="")
    assert public == head.replace(draft, "") + BODY
    again = changed(".md", public, draft="1")
    assert "2036-01-01" in again
    assert open_text(".md", again.encode(), LARGEST_BYTES).form.draft == "1"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"description": "a", "summary": "b"}', '{"description": "a", "summary": "新"}'),
        ('+++\nsummary="b"\ndescription="a"\n+++', '+++\nsummary="新"\ndescription="a"\n+++'),
        ("Description: a\nSummary: b", "Description: a\nSummary: 新"),
        ("---\ndescription: a\nsummary: b\n---", "---\ndescription: a\nsummary: 新\n---"),
        ("---\nsummary: b\ndescription: a\n---", "---\nsummary: 新\ndescription: a\n---"),
    ],
)
def test_what_another_name_says_beside_the_one_that_is_read_stays(before, after):
    assert changed(".md", f"{before}\n\n# 雨\n{BODY}", summary="新") == f"{after}\n\n# 雨\n{BODY}"


@pytest.mark.parametrize("said", ['"password": "geheim"', '"expiryDate": "2020-01-01"', '"build": {"render": "never"}'])
def test_what_withholds_an_article_goes_when_it_is_published(said):
    assert changed(".md", f'{{"title": "雨", {said}}}\n{BODY}', draft="") == f'{{"title": "雨"}}\n{BODY}'


def test_what_a_form_cannot_hold_is_refused():
    content = b"= Rain\n:x: y\n\nToday.\n"
    form = open_text(".adoc", content, LARGEST_BYTES).form
    with pytest.raises(UnreadableArticle):
        with_form(".adoc", content, replace(form, corrections="2026-05-01 07:00 a\n2026-05-01 08:00 b"), LARGEST_BYTES)
