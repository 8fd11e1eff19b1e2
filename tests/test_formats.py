"""Files of every article format become drafts."""

from __future__ import annotations

import re
import textwrap
from datetime import datetime, timedelta, timezone

import pytest
from factories import refusal
from registries import TEXT_FORMATS

from reader.editing.picture_markup import picture_markup
from reader.errors import UnknownFormat
from reader.formats import FORMATS, limit_bytes, read_draft
from reader.sanitizer import sanitize
from reader.settings import ROOT

ONE_OF_EACH = sorted({known.SUFFIXES[0] for known in FORMATS.values()})
SEED = ROOT / "articles" / "2018-11-23" / "quzhou-zhengxie.txt"


def paragraphs(draft):
    return [line.removeprefix("<p>").removesuffix("</p>") for line in draft.body_html.splitlines()]


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


def with_picture_markup() -> list[str]:
    """One suffix of each format that a person types, and of which the editor inserts pictures."""
    first = (known.SUFFIXES[0] for known in dict.fromkeys(FORMATS.values()) if hasattr(known, "picture_markup"))
    return sorted(first)


def test_formats_with_pictures_of_their_own_are_known():
    assert {".adoc", ".html", ".md", ".org", ".rst"} <= set(with_picture_markup())


@pytest.mark.parametrize("suffix", with_picture_markup())
def test_the_picture_that_the_desk_puts_in_is_one_of_the_format(suffix):
    written = picture_markup(suffix, "河 1.png", "河水\n上涨 [图]")
    draft = read_draft(suffix, FORMATS[suffix].SAMPLE + written.encode())
    assert 'src="%E6%B2%B3%201.png"' in draft.body_html
    assert "河水 上涨 [图]" in sanitize(draft.body_html)
