"""The fields of an article, as people write them before its text."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath

import pytest
from factories import refusal
from registries import TEXT_FORMATS

from reader.article_building import to_article
from reader.errors import UnreadableArticle
from reader.formats import FORMATS, read_content, read_draft
from reader.formats.fields import front_matter
from reader.formats.person_names import split_names
from reader.importing.extraction.bylines import names_in
from reader.models import Article, Draft
from reader.settings import Settings

ONE_OF_EACH = sorted({known.SUFFIXES[0] for known in FORMATS.values()})


SPOILT = {
    "as it should be": ("---\n", "---\n"),
    "a blank line first": ("\n---\n", "---\n"),
    "blank lines and spaces first": ("  \n\u3000\n---\n", "---\n"),
    "indented": (" ---\n", "---\n"),
    "four dashes": ("----\n", "----\n"),
    "a dash made of two": ("—--\n", "---\n"),
    "dashes made wide": ("———\n", "———\n"),
    "a byte order mark and a blank line": ("\ufeff\n---\n", "---\n"),
    "a no-break space after it": ("---\u00a0\n", "---\n"),
    "spaces and a tab after it": ("---  \t\n", "---\t\n"),
    "the end indented": ("---\n", " ---\n"),
    "the end with four dashes": ("---\n", "----\n"),
    "a comment first": ("---\n# x\n", "---\n"),
    "dots at the end": ("---\n", "...\n"),
}
FIELDS = "title: 甲\npublished: 2018-11-23\nbyline: 张三\ndraft: {draft}\n"


NAMES = [
    ("高原雪、张岩", ("高原雪", "张岩")),
    ("高原雪，张岩,李四；王五;赵六", ("高原雪", "张岩", "李四", "王五", "赵六")),
    ("高原雪 张岩", ("高原雪", "张岩")),
    ("记者 高原雪 通讯员 张三、李四", ("高原雪", "张三", "李四")),
    ("本报记者高原雪", ("高原雪",)),
    ("河北日报记者：高原雪 见习记者 张岩", ("高原雪", "张岩")),
    ("南都记者 林子沛 羊城晚报通讯员：张三", ("林子沛", "张三")),
    ("何　平", ("何平",)),
    ("张三和李四", ("张三", "李四")),
    ("李和平、欧阳和平", ("李和平", "欧阳和平")),
    ("记者王㛃、李𬘡", ("王㛃", "李𬘡")),
    ("葛\U000e0101城、阿依努尔·买买提", ("葛\U000e0101城", "阿依努尔·买买提")),
    ("Ann Lee and Tom O'Brien", ("Ann Lee", "Tom O'Brien")),
    ("By Ann Lee, Tom O'Brien & Bo Li", ("Ann Lee", "Tom O'Brien", "Bo Li")),
    ("Ann Lee、张三", ("Ann Lee", "张三")),
]


def test_a_link_around_a_name_and_dots_in_a_section_refuse_no_file():
    fields = 'title: 题\nauthor: "[Ann Lee](https://a.example/), [李波](https://b.example/)"\nsection: ./甲/../乙'
    draft = read_draft(".md", f"---\n{fields}\n---\n今天下雨。\n".encode())
    assert (draft.byline, draft.section) == (("Ann Lee", "李波"), ("甲", "乙"))


@pytest.mark.parametrize(("typed", "names"), NAMES)
def test_a_byline_is_split_the_same_in_front_matter_pages_and_import(typed, names):
    body = "<p>今天下雨，河水上涨，村民转移到高处。</p>"
    page = f'<html><head><title>题</title><meta name="author" content="{typed}"></head><body>{body}</body></html>'
    assert split_names(typed) == names
    assert read_draft(".md", f"---\ntitle: 题\nbyline: {typed}\n---\n{body}\n".encode()).byline == names
    assert read_draft(".html", page.encode()).byline == names


@pytest.mark.parametrize(("typed", "names"), [pair for pair in NAMES if not set(pair[0]) & set("\U000e0101，A")])
def test_a_byline_is_split_the_same_in_pasted_text_and_in_pages_of_others(typed, names):
    said = typed if "记者" in typed else f"记者 {typed}"
    text = f"题目在此\n\n第一段写得很长，说的是河水上涨的事情。\n\n最后一段。（{said}）\n"
    assert read_draft(".txt", text.encode()).byline == names
    assert names_in(typed) == names


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
@pytest.mark.parametrize("spoilt", SPOILT)
@pytest.mark.parametrize("draft", ["true", "false"])
def test_slightly_spoilt_front_matter_is_read_as_meant_in_every_format(suffix, spoilt, draft):
    head, tail = SPOILT[spoilt]
    read = read_draft(suffix, f"{head}{FIELDS.format(draft=draft)}{tail}\n今天下雨。\n".encode())
    assert (read.title, read.byline, read.draft) == ("甲", ("张三",), draft == "true")
    assert "今天下雨。" in read.body_html
    assert not re.search("draft|published|byline|张三", read.body_html)


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("title：甲\npublished：2018-11-23\ndraft：true\n", {"title": "甲", "draft": True}),
        ("title:甲\npublished:2018-11-23\ndraft:true\n", {"title": "甲", "draft": True}),
        ("title:\t甲\npublished:\t2018-11-23\ntags:\t[天气]\n", {"title": "甲", "tags": ("天气",)}),
        ("title: 甲\npublished: 2018-11-23\ntags:\n\t- 天气\n\t- 河北\n", {"title": "甲", "tags": ("天气", "河北")}),
        ("  title: 甲\n  published: 2018-11-23\n  tags:\n    - 天气\n", {"title": "甲", "tags": ("天气",)}),
        ("\u00a0title: 甲\n\u00a0published: 2018-11-23\n", {"title": "甲"}),
        ("title: 甲\t\npublished: 2018-11-23\u3000\n", {"title": "甲"}),
    ],
)
def test_colons_tabs_and_spaces_within_it_are_read_as_meant(suffix, typed, values):
    read = read_draft(suffix, f"---\n{typed}---\n\n今天下雨。\n".encode())
    assert {name: getattr(read, name) for name in values} == values
    assert read.published == datetime(2018, 11, 23)


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
@pytest.mark.parametrize(
    "head",
    [
        "title: 甲\ndraft: true\n\n",
        "title: 甲\ndraft: true\n---\n\n",
        "# 甲\ndraft: true\n\n",
        "甲\n草稿：是\n\n",
        "***\ntitle: 甲\ndraft: true\n***\n\n",
        "---\ntitle: 甲\ndraft: true\n\n",
        "----\ntitle: 甲\ndraft: true\n\n",
        "--- title: 甲\ndraft: true\n---\n\n",
        "---\n一段话。\ndraft: true\n---\n\n",
        "```\n---\ntitle: 甲\ndraft: true\n---\n```\n\n",
        '---\n{"title": "甲", "draft": true}\n---\n\n',
        "---\n{title: 甲, draft: true}\n---\n\n",
        '---\n{\n"title": "甲",\n"draft": true\n}\n---\n\n',
        '---\n"title": 甲\n"draft": true\n---\n\n',
        "---\n? title\n: 甲\n? draft\n: true\n---\n\n",
        "---\n!!map {title: 甲, draft: !!bool true}\n---\n\n",
        '---json\n{"title": "甲", "draft": true}\n---\n\n',
        "--- {title: 甲, draft: true}\n---\n\n",
        "---\n---\ntitle: 甲\ndraft: true\n---\n\n",
        "---\ntitle: 甲\n---\ndraft: true\n---\n\n",
        "---\nbase: &b {draft: true}\n<<: *b\ntitle: 甲\n---\n\n",
        "---\nshared: &s true\ntitle: 甲\ndraft: *s\n---\n\n",
        "---\ntitle: 甲\nｄｒａｆｔ：ｔｒｕｅ\n---\n\n",
        "---\ntitle: 甲\ndrafts: true\n---\n\n",
        "---\ntitle: 甲\ndr\u200baft: true\n---\n\n",
        "{'title': '甲', 'draft': True}\n\n",
        '{\n// 题\n"title": "甲", "draft": true}\n\n',
        '{"title": "甲", "draft": true}',
        "title: 甲\nstatus: draft\n\n",
        "title: 甲\npublished: false\n\n",
        "title:: 甲\ndraft:: true\n\n",
        "- title: 甲\n- draft: true\n\n",
        "<!-- draft: true -->\n\n",
        "# 甲\n\n---\ndraft: true\n---\n\n",
        "甲\n\n\n---\ntitle: 甲\ndraft: true\n---\n\n",
    ],
)
def test_what_may_be_a_draft_is_never_published(suffix, head):
    try:
        assert read_draft(suffix, f"{head}今天下雨。\n".encode()).draft
    except UnreadableArticle as error:
        assert error.line  # noqa: PT017
        assert error.hint  # noqa: PT017


@pytest.mark.parametrize(
    "text",
    [
        "---\n\n今天下雨。\n",
        "----\n今天下雨：河水上涨。\n----\n",
        "***\n\n今天下雨。\n",
        "—— 题记\n\n今天下雨。\n",
        "--\n今天下雨。\n",
        "---\n{{< toc >}}\n---\n\n今天下雨。\n",
        "---\n{今天}下雨。\n---\n\n今天下雨。\n",
        "Draft: on the origin of rain\n\n今天下雨。\n",
        "Status: drafting goes on\n\n今天下雨。\n",
    ],
)
def test_a_rule_above_the_first_words_is_no_front_matter(text):
    assert front_matter.split(text) == ({}, text, 0)


@pytest.mark.parametrize("first", ["draft 是草稿。", "今天 draft: true 一行。", "```yaml\ntitle: 甲\ndraft: true\n```"])
def test_an_article_may_be_about_drafts(first):
    assert not read_draft(".md", f"---\ntitle: 甲\n---\n{first}\n".encode()).draft


def test_front_matter_in_a_comment_of_a_page_may_be_spoilt_too_and_other_comments_are_none():
    page = "<!DOCTYPE html>\n<!--\n ----\n title：甲\n draft: true\n ---\n-->\n<p>今天下雨。</p>"
    assert read_draft(".html", page.encode()).draft
    assert read_draft(".html", "<!-- title: 乙 -->\n<h1>甲</h1><p>今天下雨。</p>".encode()).title == "甲"
    page = read_draft(".html", "<!--\n---\ntitle: 甲\ntitel: 乙\n---\n-->\n<p>今天下雨。</p>".encode())
    assert page.warnings[0].startswith("line 4: ")


@pytest.mark.parametrize(
    ("line", "cause", "hint"),
    [
        ("date: 23/11", "not a date: '23/11'", "use 2018-11-23 or 2018-11-23 10:40"),
        ("date: 9999-02-30", "date out of range: '9999-02-30'", "use 2018-11-23 or 2018-11-23 10:40"),
        ("draft: perhaps", "draft is neither true nor false: 'perhaps'", "write draft: true"),
    ],
)
def test_a_wrong_field_is_named_with_its_line_and_a_hint(line, cause, hint):
    error = refusal(".md", f"---\ntitle: 甲\n\n{line}\n---\n正文\n")
    assert error.line == 4
    if hint:
        assert (error.cause, error.hint) == (cause, hint)


@pytest.mark.parametrize(
    ("line", "told", "values"),
    [
        ("titel: 乙", "unknown field: titel (did you mean title?)", {}),
        ("来原: 乙", "unknown field: 来原 (did you mean 来源?)", {}),
        ("source: {a: b}", "source is neither text nor a list (write source: text, or source: [one, two])", {}),
        ("slug: a/b", "slug cannot be part of an address: 'a/b' (a-b is used)", {"slug": "a-b"}),
        ("language: 火星文", "invalid language tag: '火星文' (use zh-CN, zh-Hant, en …)", {"language": ""}),
        ("title: 乙", "duplicate field: title (keep one of them)", {}),
        (
            "date: 2018-02-30",
            "date out of range: '2018-02-30' (use 2018-11-23 or 2018-11-23 10:40)",
            {"published": None},
        ),
        (
            "date: last-modified",
            "not a date: 'last-modified' (use 2018-11-23 or 2018-11-23 10:40)",
            {"published": None},
        ),
        ("updated: 昨天", "not a date: '昨天' (use 2018-11-23 or 2018-11-23 10:40)", {"updated": None}),
        ("aliases: ['！']", "alias cannot be part of an address: '！' (use letters, digits and -)", {"aliases": ()}),
    ],
)
def test_what_is_lost_of_a_field_is_a_warning_with_its_line(line, told, values):
    draft = read_draft(".md", f"---\ntitle: 甲\n\n{line}\n---\n正文\n".encode())
    assert draft.warnings == (f"line 4: {told}",)
    assert {name: getattr(draft, name) for name in values} == values
    assert draft.title == "甲"


@pytest.mark.parametrize(
    ("line", "notes", "values"),
    [
        ("layout: post", ("the field layout isn't used",), {}),
        ("weather: 晴", ("the field weather isn't used",), {}),
        ("标题: 乙", ("标题 isn't used, because title says it too",), {}),
        ("标题: 甲", (), {}),
        ("source: [甲, 乙]", (), {"source": "甲, 乙"}),
        ("tags: [a, [b]]", (), {"tags": ("a", "b")}),
        ("tags: &a [*a, b]", (), {"tags": ("b",)}),
        ("status: private", ("a draft, by its field status",), {"draft": True}),
        ("language: 中文", (), {"language": "zh"}),
    ],
)
def test_what_is_not_used_is_a_note_and_refuses_nothing(line, notes, values):
    draft = read_draft(".md", f"---\ntitle: 甲\n{line}\n---\n正文\n".encode())
    assert (draft.title, draft.warnings, draft.notes) == ("甲", (), notes)
    assert {name: getattr(draft, name) for name in values} == values


def test_front_matter_that_is_no_yaml_names_the_line():
    error = refusal(".md", "---\ntitle: 甲\nsource: 乙: 丙\n---\n正文\n")
    assert (error.line, "YAML" in error.cause) == (3, True)


def test_front_matter_without_an_end_is_an_error_and_a_rule_above_the_text_is_not():
    assert refusal(".md", "---\ntitle: 甲\n\n正文\n").hint == "end it with a line of ---"
    assert read_draft(".md", b"---\n\n# A\n\ntext\n").title == "A"


def test_values_are_what_the_editor_typed_not_what_yaml_makes_of_them():
    draft = read_draft(".md", b"---\ntitle: 2018\nsource: no\neditor: ~\nsubtitle: 1.10\n---\n")
    assert (draft.title, draft.source, draft.editor, draft.subtitle) == ("2018", "no", "", "1.10")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2018-11-23", datetime(2018, 11, 23)),
        ("2018-11-23 10:40", datetime(2018, 11, 23, 10, 40)),
        ("2018/11/23 10:40:05", datetime(2018, 11, 23, 10, 40, 5)),
        ("2018年11月23日 10:40", datetime(2018, 11, 23, 10, 40)),
        ("2018年11月23日10时40分", datetime(2018, 11, 23, 10, 40)),
        ("2018-11-23T10:40:00Z", datetime(2018, 11, 23, 10, 40, tzinfo=UTC)),
        ("2018-11-23T10:40:00.5+08:00", datetime(2018, 11, 23, 10, 40, 0, 500_000, timezone(timedelta(hours=8)))),
    ],
)
def test_dates_are_read_in_the_forms_people_write(typed, meant):
    assert read_draft(".md", f"---\ntitle: a\npublished: {typed}\n---\n".encode()).published == meant


def test_chinese_field_names_and_wide_colons_are_understood():
    text = "---\n标题：甲\n来源: 乙\n栏目: 丙 / 丁\n记者: 高原雪 张岩\n标签: 戊，己\n草稿: 是\n---\n"
    draft = read_draft(".md", text.encode())
    assert (draft.title, draft.source, draft.section, draft.byline) == ("甲", "乙", ("丙", "丁"), ("高原雪", "张岩"))
    assert (draft.tags, draft.draft) == (("戊", "己"), True)


def test_no_field_holds_what_xml_cannot():
    draft = read_draft(".md", b'---\ntitle: "a\\x01\\uFFFEb"\ntags: ["\\x07", "\\x08c"]\n---\n')
    assert (draft.title, draft.tags) == ("ab", ("c",))
    assert refusal(".md", b'---\ntitle: "\\x01"\n---\n').cause == "no title"


def test_reporters_are_names_and_sections_are_paths_however_they_are_written():
    draft = read_draft(".md", "---\ntitle: 甲\nbyline: 记者高原雪\nsection: [河北/新闻, 本网]\n---\n".encode())
    assert (draft.byline, draft.section) == (("高原雪",), ("河北", "新闻", "本网"))


AWKWARD = [
    "甲: 乙 # 丙",
    "'",
    '"',
    "true",
    "2018-11-23",
    "- 甲",
    "甲\\n",
    "[甲]",
    "{乙}",
    "甲, 乙",
    "~",
    "@a",
    "`a`",
    "&a",
    "*a",
    "甲：乙",
    "%",
    "?",
    "a\tb",
]


@pytest.mark.parametrize("text", AWKWARD)
def test_written_front_matter_reads_back_to_the_same_fields(text):
    moment = datetime(2018, 11, 23, 10, 40, 5, tzinfo=timezone(timedelta(hours=8)))
    before = Draft(
        title=text, body_html="", kicker=text, source=text, editor=text, published=moment, updated=moment, draft=True,
        section=(text, "乙"), byline=("Jane Doe",), tags=(text, "b"), language="zh-Hant", slug="a-b", images=("图 1.png",),
    )  # fmt: skip
    after, rest, lines = front_matter.split(front_matter.write(before) + "正文\n")
    assert (
        Draft(body_html="", **after) == replace(before, **{"title": " ".join(text.split())} if "\t" in text else {})
        or "\t" in text
    )
    assert rest == "正文\n"
    assert lines == front_matter.write(before).count("\n")


def test_a_field_name_with_a_colon_in_it_is_yaml():
    draft = read_draft("md", b"---\ntitle: A\noverride:tags:\nextra:\n  tags: [rain]\n---\n\nText.\n")
    assert (draft.title, draft.tags) == ("A", ("rain",))


UNFINISHED = {
    "YAML": "---\ntitle: 甲\ndraft: true\n---\n正文。\n",
    "YAML of Windows": "---\r\ntitle: 甲\r\ndraft: true\r\n---\r\n正文。\r\n",
    "YAML after a byte order mark": "\ufeff---\ntitle: 甲\ndraft: true\n---\n正文。\n",
    "TOML": '+++\ntitle = "甲"\ndraft = true\n+++\n正文。\n',
    "JSON": '{\n"title": "甲",\n"draft": true\n}\n正文。\n',
    "a comment": "<!--\n---\ntitle: 甲\ndraft: true\n---\n-->\n<p>正文。</p>\n",
}


@pytest.mark.parametrize("form", UNFINISHED)
@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_no_beginning_of_a_draft_is_an_article(form: str, suffix: str) -> None:
    content = UNFINISHED[form].encode()
    for length in range(len(content) + 1):
        try:
            draft = article_in(suffix, content[:length])
        except UnreadableArticle:
            continue
        assert draft.draft, content[:length]


def article_in(suffix: str, content: bytes) -> Article:
    """The article that a file of this content would be."""
    return to_article(read_content(suffix, content), PurePosixPath(f"rain{suffix}"), Settings())


UNFENCED = {
    "MultiMarkdown": (".md", "Title: 密\nDate: 2026-05-01\nStatus: draft\n\n密文。\n"),
    "a value over two lines": (".md", "Title: 密\n    下\nAuthors: 甲\ndraft: true\n\n密文。\n"),
    "Chinese": (".md", "标题：密\n日期：2026-05-01\n草稿：是\n\n密文。\n"),
    "Hexo": (".md", "title: 密\ndate: 2026-05-01\ndraft: true\n---\n密文。\n"),
    "Nikola": (".md", ".. title: 密\n.. slug: x\n.. status: draft\n\n密文。\n"),
    "plain text": (".txt", "Title: 密\nDate: 2026-05-01\nStatus: draft\n\n密文。\n"),
    "reStructuredText": (".rst", "密\n##\n\n:date: 2026-05-01\n:status: draft\n\n密文。\n"),
    "Nikola's reStructuredText": (".rst", ".. title: 密\n.. slug: x\n.. status: draft\n\n密文。\n"),
    "Org": (".org", "#+TITLE: 密\n#+DATE: 2026-05-01\n#+DRAFT: true\n\n密文。\n"),
    "AsciiDoc": (".adoc", "= 密\n:date: 2026-05-01\n:draft: true\n\n密文。\n"),
}


@pytest.mark.parametrize(("suffix", "text"), UNFENCED.values(), ids=UNFENCED)
def test_a_draft_of_which_a_part_is_written_is_not_published_by_its_first_fields(suffix, text):
    whole = text.encode()
    for size in range(len(whole)):
        with suppress(UnreadableArticle):
            draft = read_draft(suffix, whole[:size])
            assert draft.draft or "密" not in draft.title + draft.body_html, whole[:size].decode("utf-8", "replace")


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".md", "Title: 大雨\n\n今天"),
        (".md", "---\ntitle: 大雨\n---\n"),
        (".md", "# 大雨"),
        (".txt", "大雨\n\n标题"),
        (".rst", "大雨\n####\n\n:date: 2026-05-01\n\nda"),
        (".org", "#+TITLE: 大雨\n\n日期"),
        (".adoc", "= 大雨\n:date: 2026-05-01\n\nimage::a.png[]"),
    ],
)
def test_a_text_that_ends_without_an_end_of_line_is_published(suffix, text):
    assert read_draft(suffix, text.encode()).title == "大雨"


def test_indented_html_below_a_name_is_text_as_in_pelican():
    head = "head:\n    <style>\n        p { margin: 0; }\n    </style>\nstatus: draft\n"
    draft = read_content(".md", f"---\ntitle: 大雨\n{head}---\n\n今天下雨。\n".encode())
    assert (draft.title, draft.draft) == ("大雨", True)


def test_toml_between_its_fences_is_front_matter_whatever_its_fields():
    draft = read_draft(".md", b'+++\ntemplate = "latest.html"\n+++\n# Title\n\nText.\n')
    assert (draft.title, str(draft.body_html).strip()) == ("Title", "<p>Text.</p>")


@pytest.mark.parametrize(
    "mark", ['{% extends "base.html" %}', "{%- block title %}x{%- endblock %}", '{{ define "main" }}', "{{ content }}"]
)
@pytest.mark.parametrize(
    "page", ["<h1>Title</h1>\n{}\n<p>Text.</p>", "<!DOCTYPE html><html><title>Title</title><body>\n{}\n<p>Text.</p>"]
)
def test_a_template_is_no_article_unless_it_is_an_example(page, mark):
    with pytest.raises(UnreadableArticle, match="template") as refused:
        read_draft(".html", page.format(mark).encode())
    assert refused.value.line == 2
    assert read_draft(".html", page.format(f"<pre>{mark}</pre>").encode()).title == "Title"


@pytest.mark.parametrize("mention", ["{% block x %}", "{% endblock %}", "{{ content }}", '{% extends "base.html" %}'])
def test_prose_that_mentions_a_mark_of_templates_is_an_article(mention):
    assert read_draft(".html", f"<h1>Title</h1>\n<p>Write {mention} there.</p>\n".encode()).title == "Title"


@pytest.mark.parametrize(
    "page",
    [
        "<!--\n---\ntitle: Title\npublished: 2020-01-01\n---\n-->\n<p>Text {}.</p>\n",
        "<!DOCTYPE html><title>Title</title><meta name=date content=2020-01-01><p>Text {}.</p>",
        "---\ntitle: Title\ndate: 2020-01-01\n---\n{}\n<p>Text.</p>\n",  # Eleventy: an article that extends a layout
        "<h1>Title</h1><!-- {} --><p>Text.</p>",
        "<h1>Title</h1><p>Text <kbd>{}</kbd>.</p>",
    ],
)
def test_a_page_with_a_date_or_with_template_marks_only_in_examples_is_an_article(page):
    marks = '{% block title %}x{% endblock %}\n{% extends "base.html" %}\n{{ content }}\n'
    draft = read_draft(".html", page.format(marks).encode())
    assert draft.title == "Title"
    assert "Text" in draft.body_html


def test_a_restructuredtext_file_may_begin_with_fields_as_of_a_mail():
    """Python's PEPs do; docutils reads the fields with its PEP reader only."""
    head = "PEP: 655\nTitle: Self ``Type``\nAuthor: Ada Byron <a at b.org>,\n        Carl Dahl\nStatus: Final\nCreated: 30-Jan-2021\n\n\n"
    draft = read_draft(".rst", f"{head}Abstract\n========\n\nText.\n".encode())
    assert (draft.title, draft.byline, f"{draft.published:%F}") == (
        "Self Type",
        ("Ada Byron", "Carl Dahl"),
        "2021-01-30",
    )
    assert "PEP" not in str(draft.body_html)
    assert read_draft(".rst", f"{head.replace('Final', 'Draft')}Text.\n".encode()).draft


def test_fields_of_nikola_in_the_comment_of_a_page_need_no_fence():
    draft = read_draft(".html", b"<!--\n.. title: Rain\n.. date: 2015-01-01\n-->\n<p>Text.</p>\n")
    assert (draft.title, f"{draft.published:%F}", str(draft.body_html).strip()) == (
        "Rain",
        "2015-01-01",
        "<p>Text.</p>",
    )
