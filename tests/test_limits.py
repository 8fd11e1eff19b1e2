"""The cost of a small file is limited by its size. Above a limit it is rejected, and the error names the limit."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path, PurePosixPath

import pytest
from long_forms import few, pairs
from PIL import Image

from reader.article_building import to_article
from reader.article_building.body_transforms import _name_headings
from reader.catalog.search_terms import terms_of
from reader.child_process.cpu_time import limited_cpu_time
from reader.errors import UnreadableArticle
from reader.formats import read_draft
from reader.formats.pasted_pages import (
    dateline,
    headline,
    labels,
    line_patterns,
    lines_above_story,
    lines_below_story,
    notices,
)
from reader.importing.extraction.text_blocks import parse
from reader.media.images import link_pictures
from reader.models import Article
from reader.sanitizer import Token, check_attributes, sanitize, tokens
from reader.sanitizer.blocks import DEEPEST_INLINE
from reader.sanitizer.limits import MOST_CELLS, MOST_TAGS
from reader.settings import Settings

HEADS = {
    ".md": "---\ntitle: 题目\n---\n\n",
    ".txt": "题目\n\n中文的正文。\n\n",
    ".html": "<title>题</title><body><p>中文。",
}
UNITS = [
    *(
        "*",
        "_",
        "[",
        "<",
        "`",
        ">",
        "|",
        "“",
        "《",
        "(",
        "（",
        '"',
        "'",
        "![",
        "](",
        "~",
        "^",
        "#",
        "-",
        "=",
        ":",
        "&",
        "\\",
    ),
    *(
        "</",
        "<!--",
        "<?",
        "<a ",
        "[^",
        "「",
        "。",
        "……",
        ".",
        '"中',
        "(中",
        "中(",
        "“中（",
        "“中”",
        'x"',
        "—",
        "http://",
        "www.",
    ),
    *(
        "a@",
        "@",
        "记者",
        "（记者",
        "来源:",
        "> ",
        "1.",
        "- ",
        "* ",
        "a ",
        " ",
        "\t",
        "\u3000",
        "\n",
        "<br>",
        "<b>中,</b>",
        "。\n",
    ),
    *(
        "责编：",
        "报",
        "分享到/ ",
        "2018年",
        "&lt;",
        "&#1;",
        "**中,**",
        "a[^1]",
        "<i>",
        "<p>中",
        "<h2>同题</h2>",
        "\n\n## 同题\n\n",
    ),
    *(
        "<nav></nav>甲",
        "<sup>1</sup>",
        "<a id=x href=#x>甲</a>",
        "<table>",
        "<td>",
        "<ul><li>",
        "<blockquote>",
        "<font color=1>",
    ),
    *(
        "[a](b",
        "中 ,",
        "中.a.",
        "￼",
        "~~",
        "``",
        "<ruby>汉<rt>h</rt></ruby>",
        "![](a.png)",
        "<details>",
        "> > ",
        "a,b;",
    ),
]
GENEROUS_SECONDS = 600
"""A linear algorithm takes less than one second; any other takes minutes."""


@pytest.fixture(autouse=True)
def _no_test_hangs() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError("this takes more than linear time")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(GENEROUS_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def article_of(suffix: str, text: str) -> Article | None:
    """The article in a file; None if it is rejected."""
    settings = Settings(articles=Path("nowhere"), instance=Path("nowhere"))
    try:
        return to_article(read_draft(suffix, text.encode()), PurePosixPath(f"2026-05-01/x{suffix}"), settings)
    except UnreadableArticle:
        return None


def calls(work: Callable[[], object]) -> int:
    """The number of calls of Python and C functions during *work*, without those of a garbage collection."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    gc.disable()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


def everything(suffix: str, text: str) -> None:
    article = article_of(suffix, text)
    if article:
        terms_of(article)


@pytest.mark.parametrize(("unit", "suffix"), pairs(UNITS, tuple(HEADS)))
def test_twice_as_long_a_text_is_at_most_twice_the_work(suffix, unit):
    few, many = (calls(lambda n=n: everything(suffix, HEADS[suffix] + unit * n)) for n in (500, 1000))
    assert many <= 2.3 * few + 300


@pytest.mark.parametrize(("unit", "suffix"), pairs(UNITS, tuple(HEADS)))
def test_a_long_file_of_one_thing_is_read_or_refused_but_never_for_minutes(suffix, unit):
    size = 60_000 if len(unit.encode()) < 8 else 30_000
    everything(suffix, HEADS[suffix] + unit * (size // len(unit.encode())))


LINE_PATTERNS = {
    f"{module.__name__.split('.')[-1]}.{name}": value
    for module in (dateline, lines_above_story, headline, labels, notices, line_patterns, lines_below_story)
    for name, value in vars(module).items()
    if hasattr(value, "fullmatch") and hasattr(value, "groupindex")
}


LINE_UNITS = [
    *("报", "社台", "本报", "  通讯员  ", "记者 摄影 ", "/ ", "分享到/ ", "[】", "【关闭】", "by ›", "首页 > ", "\u3000 \u3000", "1 "),
    *("[1]", "来源:a ", "张三、", "by A. ", "大 ", "| ", "·", "图文/", "：", "a-b ", "编辑 ", "www.", "版 "),
]  # fmt: skip


@pytest.mark.parametrize("pattern", LINE_PATTERNS.values(), ids=list(LINE_PATTERNS))
def test_no_line_makes_a_pattern_try_all_ways_to_divide_it(pattern):
    """A pattern that does is stopped, and the traceback shows the line."""
    for unit, first, last in product(LINE_UNITS, ("", "记者", "（记者", "分享到", "关闭", "编辑:"), ("", "\x01")):
        line = (first + unit * 300)[: line_patterns.LONGEST_LINE - 1] + last
        line_patterns.whole_line(pattern, line)
        pattern.match(line)
        pattern.search(line[-line_patterns.LONGEST_BYLINE :])


@pytest.mark.parametrize(
    ("suffix", "text", "cause"),
    [
        (
            ".md",
            "|" + "a|" * 1700 + "\n|" + "-|" * 1700 + "\n" + "|a\n" * 1700,
            r"2,8\d\d,\d\d\d cells; at most 20,000",
        ),
        (".md", "> |" + "a|" * 300 + "\n> |" + "-|" * 300 + "\n" + "> |a\n" * 300, "cells; at most 20,000"),
        (".html", "<table>" + "<tr><td colspan=999>a</td></tr>" * 100 + "</table>", "99,900 cells; at most 20,000"),
        (".md", "a[^1]" * 40_000 + "\n\n[^1]: x\n", "more than 100,000 tags"),
        (".html", "<b><i><u><s><em>" * 8 + "<p>a" * 10_000, "more than 100,000 tags"),
        (".html", "<br>" * 450_000, "more than 100,000 tags"),
        (".html", "<p " + " ".join(f"a{n}=1" for n in range(20_000)) + ">x", "a tag has more than 2,000 attributes"),
        (".html", "<div>" * 1000, "tags are nested more than 400 deep"),
        (".md", "&" * 300_000, "more than 100,000 & without a tag between them"),
    ],
)
def test_what_is_over_a_limit_is_refused_with_its_name_its_figure_and_its_fix(suffix, text, cause):
    settings = Settings(articles=Path("nowhere"), instance=Path("nowhere"))
    with pytest.raises(UnreadableArticle, match=cause) as caught:
        to_article(read_draft(suffix, (HEADS[suffix] + text).encode()), PurePosixPath("2026-05-01/x"), settings)
    assert caught.value.hint


NAMES = [f"a{number}" for number in range(20_000)]


@pytest.mark.parametrize(
    "tag",
    [
        "<p {0}>", '<p b="<" {0}>', "<p b='>' {0}>", "</p {0}>", '</p b="<" {0}>', '<p b=">"{0}>',
        '<!-- <p b=" --><p b="<" {0}>', '<script>"<p b=\\"</script><p b="<" {0}>', '<svg><![CDATA[<p "]]><p b="<" {0}>',
    ],
)  # fmt: skip
@pytest.mark.parametrize("joined", [" ", "/", "\t", "=<\t", '="<" ', '=">"', "='\"'", " = b ", '" ', "= "])
def test_many_attributes_are_refused_however_they_are_written(tag, joined):
    """A parser compares each with all others, and goes on within ``<`` and ``>`` in quotes."""
    with pytest.raises(UnreadableArticle, match="more than 2,000 attributes"):
        check_attributes(tag.format(joined.join(NAMES)))


@pytest.mark.parametrize(
    "unit", few(["i<n;", '<a b="c">', "<a b='", "<a b=\"<a c='", "x<y ", "<p>", f"<a {'<a ' * 1900}>"], 4)
)
def test_tags_within_tags_are_not_searched_again_and_again(unit):
    with suppress(UnreadableArticle), limited_cpu_time(120):
        check_attributes(unit * (4_000_000 // len(unit)))


def test_a_script_with_comparisons_and_a_page_of_many_attributes_are_no_attack():
    check_attributes(
        "<script>" + "for(i=0;i<n;i++){a[i] = b<c ? 1 : 2}\n" * 900 + "/* > */" + "x=y;" * 20_000 + "</script>"
    )
    check_attributes(
        '<img src="a.png" alt="1 < 2 > 1" class="b c" width="1" height="2" data-x=\'{"a": "<b>"}\'>' * 2_000
    )
    check_attributes(
        f'<div data-drawing="<path d={"M1.5 2 L3 4" * 300}>" data-list=\'[{{"<p>a b c", ' + "x " * 900 + "'>"
    )


def test_a_page_of_too_many_elements_is_refused_before_it_takes_long():
    with pytest.raises(UnreadableArticle, match="more than 150,000 elements"):
        parse("<p>今天下雨。</p>" * 150_001)


@pytest.mark.parametrize(
    "html",
    [
        "<table>" + ("<tr>" + "<td>甲</td>" * 20 + "</tr>") * (MOST_CELLS // 20) + "</table>",
        "<p>甲<br>乙</p>" * (MOST_TAGS // 3),
        '<p><a href="https://example.org/">甲</a>乙</p>' * 20_000,
        "<figure><img src='data:image/png;base64," + "A/+B" * 50_000 + "' alt=甲></figure><p>乙</p>",
        "<table>" + "<tr><td colspan=3>甲</td></tr>" * 1000 + "</table>",
    ],
)
def test_what_a_large_article_needs_is_allowed(html):
    assert sanitize(html)


def test_pipes_at_both_ends_of_the_rows_of_a_table_make_no_columns():
    rows = "".join(f"| 第{n}行 | 今天 |\n" for n in range(8000))
    assert article_of(".md", f"# 表\n\n|甲|乙|\n|--|--|\n{rows}").body.count("<td") == 16_000


def test_a_rule_across_the_page_makes_no_table_of_the_lines_around_it():
    assert article_of(".md", "# 诗\n\na | b\n\n" + "行\n" * 12_000 + "---\n" + "行\n" * 12_000)


def test_a_span_of_cells_that_no_table_has_is_no_span():
    assert "colspan" not in sanitize("<table><tr><td colspan=65534>甲</table>")
    assert 'colspan="12"' in sanitize("<table><tr><td colspan=12>甲</table>")


def test_inline_tags_without_end_are_not_written_again_in_each_block_without_end():
    html = sanitize("<span id=a lang=zh>" * 300 + "<p>甲</p>" * 100)
    assert html.count("<span") <= 100 * DEEPEST_INLINE


def test_equal_headings_get_names_that_differ():
    article = article_of(".html", HEADS[".html"] + "<h2>同题</h2><p>甲</p>" * 3 + "<h2 id=同题-2>乙</h2>")
    assert article
    assert all(f'id="{name}"' in article.body for name in ("同题", "同题-2", "同题-3", "同题-4"))


def test_html_is_bounded_in_characters():
    with pytest.raises(UnreadableArticle, match="characters of HTML; at most 5,000,000"):
        sanitize("<" * 1_300_000)


class CountedList(list[Token]):
    """Counts what is taken out of it, slices by their length."""

    taken = 0

    def __getitem__(self, key):
        found = super().__getitem__(key)
        self.taken += len(found) if isinstance(key, slice) else 1
        return found


def test_naming_headings_looks_at_each_token_a_few_times():
    parts = CountedList(tokens(sanitize("<h2>同题</h2><p>甲</p>" * 500)))
    _name_headings(parts)
    assert parts.taken < 4 * len(parts)


def test_a_picture_shown_many_times_is_read_once(tmp_path, monkeypatch):
    (tmp_path / "2026-05-01").mkdir()
    Image.new("RGB", (9, 9)).save(tmp_path / "2026-05-01" / "a.png")
    article = article_of(".md", HEADS[".md"] + "![](a.png)\n\n" * 50)
    kept: list[Path] = []
    link_pictures(article, tmp_path, lambda _, file: kept.append(file))
    assert len(kept) == 1


RST = "大雨\n####\n\n"
CHAIN = ".. |s0| replace:: 雨\n" + "".join(f".. |s{n}| replace:: |s{n - 1}| |s{n - 1}|\n" for n in range(1, 40))


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("*a " * 8_000, "marks"),
        ("`a " * 8_000, "marks"),
        ("``a " * 8_000, "marks"),
        ("|a " * 8_000, "marks"),
        ("*雨* a* " + "*a " * 8_000, "marks"),
        (("*a " * 200 + "\n\n") * 100, "marks"),
        (f"{CHAIN}\n|s39|", "substitutions"),
        (f".. |a| replace:: {'雨' * 1000}\n\n" + "|a| |a| |a|\n\n" * 500, "substitutions"),
        ("|a| " * 5000, "references"),
        ("`a`_\n" * 5000, "references"),
    ],
)
def test_restructuredtext_that_costs_more_than_linear_time_is_refused(text, cause):
    with pytest.raises(UnreadableArticle, match=cause) as caught:
        read_draft(".rst", (RST + text).encode())
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*雨* **大** `风`_ ``码`` |雪| 3 * 4 a*b ``*`` " * 300 + "\n\n.. |雪| replace:: **暴雪**", "暴雪"),
        ("雨 * 风\n\n" * 3_000, "雨"),
        (CHAIN.split("\n.. |s8|")[0] + "\n\n|s7|", "雨"),
    ],
)
def test_restructuredtext_with_many_marks_is_read(text, shown):
    assert shown in read_draft(".rst", (RST + text).encode()).body_html
