"""Files of every article format become drafts."""

from __future__ import annotations

import contextlib
import random
import re
import textwrap
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath

import pytest

from reader.article_building import to_article
from reader.errors import UnknownFormat, UnreadableArticle
from reader.formats import FORMATS, LARGEST_BYTES, TEXT_FORMATS, front_matter, limit_bytes, read_draft
from reader.formats.person_names import split_names
from reader.importing.extraction.bylines import names_in
from reader.models import Draft
from reader.settings import ROOT, Settings

ONE_OF_EACH = sorted({known.SUFFIXES[0] for known in FORMATS.values()})
SEED = ROOT / "articles" / "2018-11-23" / "quzhou-zhengxie.txt"


def paragraphs(draft):
    return [line.removeprefix("<p>").removesuffix("</p>") for line in draft.body_html.splitlines()]


def refusal(suffix: str, text: str | bytes) -> UnreadableArticle:
    with pytest.raises(UnreadableArticle) as caught:
        read_draft(suffix, text.encode() if isinstance(text, str) else text)
    return caught.value


# -- the registry -----------------------------------------------------------------------------------------------------


def test_an_unknown_suffix_is_refused_with_the_known_ones():
    with pytest.raises(UnknownFormat, match=r"\.docx.*\.html.*\.md.*\.txt"):
        read_draft(".doc", b"")


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_suffix_is_read_in_any_case_with_or_without_its_dot(suffix):
    sample = FORMATS[suffix].SAMPLE
    assert read_draft(suffix.upper(), sample) == read_draft(suffix[1:], sample) == read_draft(suffix, sample)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("data", [b"", b"\n", b"\x00\x01", b"---\n", b"\xff\xfe", b"\xef\xbb\xbf", b"   "])
def test_a_file_without_content_says_so_and_nothing_breaks(suffix, data):
    assert refusal(suffix, data).hint


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_too_large_for_an_article_is_refused_at_once(suffix):
    most = limit_bytes(suffix)
    assert f"{most:,}" in refusal(suffix, bytes(most + 1)).hint


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
def test_front_matter_gives_every_format_its_fields(suffix):
    front = "---\ntitle: 甲\npublished: 2018-11-23 10:40\nsection: 河北新闻>>本网原创\nbyline: 高原雪、张岩\n---\n"
    draft = read_draft(suffix, f"{front}\n正文。\n".encode())
    assert (draft.title, draft.published) == ("甲", datetime(2018, 11, 23, 10, 40))
    assert (draft.section, draft.byline) == (("河北新闻", "本网原创"), ("高原雪", "张岩"))
    assert "正文。" in draft.body_html
    assert "title" not in draft.body_html


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "utf-8-sig", "utf-16"])
def test_old_encodings_are_understood(suffix, encoding):
    front = "---\ntitle: 曲周县政协\npublished: 2018-11-23\n---\n\n加强政协党的建设，是根本保证。\n"
    draft = read_draft(suffix, front.replace("\n", "\r\n").encode(encoding))
    assert draft.title == "曲周县政协"
    assert "加强政协党的建设，是根本保证。" in draft.body_html


def test_bytes_that_are_no_text_are_named_with_their_line():
    error = refusal(".md", b"title\n\ncaf\x81 au lait\n")
    assert (error.line, "0x81" in error.cause) == (3, True)


# -- plain text as copied from a news page ----------------------------------------------------------------------------


def test_the_seed_article_yields_what_a_reader_would_say_of_it():
    draft = read_draft(".txt", SEED.read_bytes())
    assert draft.title == "曲周县政协在河北省率先实现“两个全覆盖”"
    assert draft.section == ("河北新闻", "本网原创")
    assert draft.published == datetime(2018, 11, 23, 10, 40)
    assert (draft.source, draft.byline, draft.editor) == ("河北新闻网", ("高原雪",), "张岩")


def test_the_seed_article_keeps_every_paragraph_and_heading_and_nothing_else():
    lines = [line.strip() for line in SEED.read_text("utf-8").splitlines() if line.strip()]
    story = lines[4 : lines.index("责任编辑:张岩")]
    story[-1] = story[-1].removesuffix("(记者高原雪")
    body = read_draft(".txt", SEED.read_bytes()).body_html
    kept = [line.split(">", 1)[1].rsplit("<", 1)[0] for line in body.splitlines()]
    assert kept == story
    assert [line for line in body.splitlines() if line.startswith("<h2>")] == [
        "<h2>扩大组织覆盖,让战斗堡垒更坚固</h2>",
        "<h2>发挥党员作用,让委员凝聚在党旗下</h2>",
        "<h2>主动担当作为,把政协工作融入全局中</h2>",
    ]
    assert len(kept) == 22


RELATIVE = """当前位置：首页 > 新闻 > 河北 > 正文

2018年11月23日10:40　来源：河北日报　作者：王五　责任编辑：赵六　字号：大 中 小
政协工作出新招
——曲周县的经验
本报记者 高原雪 通讯员 张 三、李四
分享到：微信 微博
　　本报讯（记者高原雪）曲周县推进政协党建工作，取得成效。
　　一、扩大覆盖
　　建立了8个临时党支部，实行双重组织生活。
进入移动版,省流量,体验好
　　相关新闻
　　记者在现场看到，相关新闻栏目前挤满了人。
　　（一）党支部
　　支部开展了活动。
（责编：孙七）
相关阅读：
曲周：一棵大树成林
版权声明：本网所有内容，未经授权不得转载。
"""


def test_other_papers_put_the_same_things_in_another_order():
    draft = read_draft(".txt", RELATIVE.replace("\n", "\r\n").encode("gb18030"))
    assert (draft.title, draft.subtitle) == ("政协工作出新招", "曲周县的经验")
    assert (draft.section, draft.published) == (("新闻", "河北"), datetime(2018, 11, 23, 10, 40))
    assert (draft.source, draft.editor) == ("河北日报", "孙七")
    assert draft.byline == ("王五", "高原雪", "张三", "李四")


def test_headings_by_their_numbers_have_two_levels():
    body = read_draft(".txt", RELATIVE.encode()).body_html
    assert "<h2>一、扩大覆盖</h2>" in body
    assert "<h3>（一）党支部</h3>" in body


def test_a_line_within_the_story_stays_even_if_it_looks_like_a_button():
    body = read_draft(".txt", RELATIVE.encode()).body_html
    assert "<p>进入移动版,省流量,体验好</p>" in body
    assert "<p>相关新闻</p>" in body
    assert "曲周：一棵大树成林" not in body


def test_a_name_between_headline_and_date_is_the_author():
    text = "人民网>>观点\n时评：让数据多跑路\n王小明\n2018年11月23日08:15  来源：人民网－人民日报\n\n数据多跑路，群众少跑腿。\n"
    draft = read_draft(".txt", text.encode())
    assert (draft.title, draft.byline, draft.source) == ("时评：让数据多跑路", ("王小明",), "人民网－人民日报")
    assert paragraphs(draft) == ["数据多跑路，群众少跑腿。"]


def test_wrapped_lines_are_one_paragraph_and_lines_that_end_sentences_are_many():
    wrapped = "题\n\n曲周县政协积极探索创新县级政协党组织设置方式，在全县建立\n了临时党支部，实行党员委员组织关系一方隶属参加双重组织生\n活的办法。\n"
    assert read_draft(".txt", wrapped.encode()).body_html.count("<p>") == 1
    assert read_draft(".txt", "题\n\n一句话。\n两句话。\n三句话。\n".encode()).body_html.count("<p>") == 3


@pytest.mark.parametrize(
    ("end", "names"),
    [
        ("（记者 高原雪）", ("高原雪",)),
        ("(记者高原雪", ("高原雪",)),
        ("（河北日报记者高原雪 通讯员张三、李四）", ("高原雪", "张三", "李四")),
        ("（记者 张 岩）", ("张岩",)),
        ("（记者 王㛃 李𬘡）", ("王㛃", "李𬘡")),
        ("（记者王㛃）", ("王㛃",)),
        ("（见附表）", ()),
        ("（完）", ()),
    ],
)
def test_reporters_in_brackets_at_the_end_leave_the_body_for_the_head(end, names):
    draft = read_draft(".txt", f"题\n\n第一段。\n\n最后一段。{end}\n".encode())
    assert draft.byline == names
    assert paragraphs(draft)[-1] == ("最后一段。" if names else f"最后一段。{end}")


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
def test_names_of_rare_characters_are_read_and_stay_as_typed(suffix):
    front = "---\ntitle: \uf9e1先生\npublished: 2018-11-23\nbyline: 记者王㛃、李𬘡 渚\ufa46\n---\n"
    draft = read_draft(suffix, f"{front}\n书法家\U0002f80d与\u845b\U000e0101氏，猪\ufa1d。\n".encode())
    assert (draft.title, draft.byline) == ("\uf9e1先生", ("王㛃", "李𬘡", "渚\ufa46"))
    assert "书法家\U0002f80d与\u845b\U000e0101氏，猪\ufa1d。" in draft.body_html


def test_text_wrapped_at_a_column_is_joined_where_lines_are_full():
    story = (
        "The river rose through the night and by morning the lower fields were under water, so the people moved. " * 4
    )
    text = "The river rose\n\n" + "\n\n".join(textwrap.fill(f"{word} day. {story}", 72) for word in ("First", "Second"))
    assert read_draft(".txt", text.encode()).body_html.count("<p>") == 2
    han = "今天清晨河水上涨淹没了下游的田地三个村庄的村民转移到山坡上的学校学校里准备了热汤和棉被直到傍晚雨才停下来"
    wrapped = ["　　" + han + "。", "　　第二段" + han + "。"]
    lines = ["\n".join(one[at : at + 38] for at in range(0, len(one), 38)) for one in wrapped]
    body = read_draft(".txt", ("河水上涨\n\n" + "\n".join(lines) + "\n").encode()).body_html
    assert body.count("<p>") == 2


def test_verse_lists_and_rules_of_plain_text_stay_what_they_are():
    text = "静夜思\n\n床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。\n\n***\n\n1. 第一项\n2. 第二项\n3. 第三项\n\n- 甲项\n- 乙项\n\n结尾一句。\n"
    body = read_draft(".txt", text.encode()).body_html
    assert "<p>床前明月光，</p>" in body
    assert "<hr>" in body
    assert "<h" not in body.replace("<hr>", "")
    assert body.index("第一项") < body.index("第二项") < body.index("乙项")


def test_headings_by_figures_stay_headings():
    body = read_draft(
        ".txt", "题目\n\n开头一句话。\n\n1. 水位上涨\n\n河水上涨了两米。\n\n2. 村民转移\n\n村民去了学校。\n".encode()
    ).body_html
    assert body.count("<h2>") == 2


def test_tags_in_plain_text_are_text():
    assert "&lt;b&gt;" in read_draft(".txt", "题\n\n用<b>加粗。".encode()).body_html


# -- front matter -----------------------------------------------------------------------------------------------------


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
    ],
)
def test_a_rule_above_the_first_words_is_no_front_matter(text):
    assert front_matter.split(text) == ({}, text, 0)


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
        ("date: 2018-02-30", "date out of range: '2018-02-30'", "use 2018-11-23 or 2018-11-23 10:40"),
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


# -- Markdown and HTML ------------------------------------------------------------------------------------------------


def test_markdown_has_what_articles_need():
    text = "# 题\n\n**“重点”**之后~~删~~[^1]\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n术语\n\n: 解释\n\n<ruby>曲<rt>qū</rt></ruby>\n\n[^1]: 注\n"
    draft = read_draft(".md", text.encode())
    assert draft.title == "题"
    for part in ("<strong>“重点”</strong>之后", "<del>删</del>", "<table>", "<dl>", "<ruby>", 'class="footnotes"'):
        assert part in draft.body_html
    assert "<h1>" not in draft.body_html


def test_a_bare_address_ends_where_chinese_begins():
    body = read_draft(".md", "# 题\n\n见https://example.com/a。然后".encode()).body_html
    assert '<a href="https://example.com/a">https://example.com/a</a>。然后' in body


def test_a_heading_that_is_not_the_title_stays():
    assert "<h1>乙</h1>" in read_draft(".md", "---\ntitle: 甲\n---\n# 乙\n".encode()).body_html


PAGE = """<!DOCTYPE html><html lang="zh-CN"><head><meta charset="gbk"><title>题 - 站</title>
<meta property="article:published_time" content="2018-11-23T10:40:00+08:00"><meta name="keywords" content="政协,党建">
<script type="application/ld+json">{"@graph": [{"@type": "NewsArticle", "headline": "题", "author": [{"name": "高原雪"}],
"editor": {"name": "张岩"}, "publisher": {"name": "河北新闻网"}, "articleSection": ["河北新闻", "本网原创"]}]}</script>
</head><body><nav>首页</nav><article><header><h1>题</h1></header><p>正文。</p></article><footer>页脚</footer></body></html>"""


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_saved_page_tells_its_fields_by_schema_and_meta(encoding):
    draft = read_draft(".html", PAGE.encode(encoding))
    assert (draft.title, draft.byline, draft.editor, draft.source) == ("题", ("高原雪",), "张岩", "河北新闻网")
    assert (draft.section, draft.tags, draft.language) == (("河北新闻", "本网原创"), ("政协", "党建"), "zh-CN")
    assert draft.published == datetime(2018, 11, 23, 10, 40, tzinfo=timezone(timedelta(hours=8)))
    assert "正文。" in draft.body_html
    assert not re.search("首页|页脚|<h1", draft.body_html)


def test_front_matter_may_stand_in_a_comment_at_the_beginning_of_a_page():
    draft = read_draft(".html", "<!--\n---\ntitle: 甲\nsource: 乙\n---\n-->\n<p>正文</p>".encode())
    assert (draft.title, draft.source) == ("甲", "乙")
    assert refusal(".html", "<!--\n---\ntitle: 甲\ndate: x\n---\n-->\n<p>正文</p>").line == 4


# -- whatever comes ---------------------------------------------------------------------------------------------------


PIECES = [b"---\n", b"title: a\n", b"# a\n", b"\n", b"<p>", b"<", b">", b"&#0;", b"\xff", b"\xe6\x9b\xb2", b"\x00", b"[^1]", b"*", b"`",
          b"|a|\n|-|\n", b"- ", b"> ", b": ", b"&a ", b"*a ", b"[", b"{", b"!!python/object:os.system ", b"<!--", b"-->", b"<html>",
          "（记者".encode(), "来源：".encode(), b"2018-11-23", b"2018-99-99 ", "责任编辑:".encode(), b">>", b"\r", b"\xef\xbb\xbf"]  # fmt: skip


@pytest.mark.parametrize("suffix", ONE_OF_EACH)
def test_any_bytes_are_read_or_refused_and_nothing_breaks(suffix):
    dice = random.Random(suffix)
    for _ in range(600):
        data = b"".join(dice.choices(PIECES, k=dice.randint(1, 14)))
        with contextlib.suppress(UnreadableArticle):
            to_article(read_draft(suffix, data), PurePosixPath("2018-11-23/a.md"), Settings())


@pytest.mark.parametrize("suffix", ONE_OF_EACH)
@pytest.mark.parametrize(
    "piece",
    [b"<div>", b"> ", b"[", b"*a ", b"- ", b"\n\n", b"<!--", b"|", b"a: [", b"\xe6\x9b\xb2,", b"(", b'"\xe6\x9b\xb2'],
)
def test_a_heap_of_one_thing_takes_no_more_than_moments(suffix, piece):
    data = b"# a\n\n" + piece * (LARGEST_BYTES // 8 // len(piece))
    with contextlib.suppress(UnreadableArticle):
        to_article(read_draft(suffix, data), PurePosixPath("2018-11-23/a.md"), Settings())


def test_a_page_that_is_none_is_a_problem_and_does_not_end_the_process_that_reads_it(drop, services):
    drop("a.html", "---\ntitle: 甲\n---\n<!-- -->")
    drop("2018-01-02/b.md", "# 乙\n\n今天下雨。\n")
    services.library.scan_until_settled()
    (problem,) = services.catalog.problems()
    assert "process died" not in str(problem.cause)
    assert services.catalog.count() == 1
