"""HTML written as Markdown reads back to the same HTML, and uses Markdown syntax wherever possible."""

from __future__ import annotations

import html
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.formats import FORMATS, read_draft
from reader.formats.from_markdown import body_of
from reader.formats.markdown_writer import comparable, to_markdown
from reader.sanitizer import sanitize
from reader.settings import ROOT

ARTICLES = sorted(path for path in (ROOT / "articles").rglob("*") if path.suffix in FORMATS)
SAMPLES = Path(__file__).parent / "samples"


def read_back(markdown: str) -> str:
    return comparable(sanitize(body_of(markdown)))


WORDS = st.text("汉字，。 ab1*_`[]()<>&|~^$#+-=:\\!\"'{}.\n、·", min_size=1, max_size=16).map(
    lambda s: html.escape(s, quote=False)
)
ADDRESS = st.sampled_from(
    ["https://a.example/x?a=1&copy=2", "/a/rain", "图 片.png", "a(b).png", "#x", "mailto:me@a.example", "a_b*c.png"]
)
TITLE = st.sampled_from(["", ' title="题 &quot;注&quot; *a*"'])


def _inline(inner):
    tags = st.sampled_from(["em", "strong", "del", "code", "sub", "sup", "kbd", "mark", "q", "b"])
    return st.one_of(
        st.builds(lambda tag, text: f"<{tag}>{text}</{tag}>", tags, inner),
        st.builds(lambda text, to, title: f'<a href="{html.escape(to)}"{title}>{text}</a>', inner, ADDRESS, TITLE),
        st.builds(
            lambda alt, to, title: f'<img src="{html.escape(to)}" alt="{html.escape(alt)}"{title}>',
            WORDS,
            ADDRESS,
            TITLE,
        ),
        st.just("<br>"),
        st.just("<ruby>汉<rt>hàn</rt></ruby>"),
        st.builds(lambda one, two: one + two, inner, inner),
    )


INLINE = st.recursive(WORDS, _inline, max_leaves=6)
CODE = st.text("ab`~ \n\t<>&*#-汉", max_size=30).map(lambda s: html.escape(s, quote=False))
CELLS = st.lists(INLINE, min_size=2, max_size=2)


def _table(rows):
    head, *rest = [
        "".join(f"<{'th' if n == 0 else 'td'}>{cell}</{'th' if n == 0 else 'td'}>" for cell in row)
        for n, row in enumerate(rows)
    ]
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(f'<tr>{row}</tr>' for row in rest)}</tbody></table>"


LINES = st.one_of(
    *(st.builds(lambda text, tag=tag: f"<{tag}>{text}</{tag}>", INLINE) for tag in ("p", "h2", "h3", "h6", "p")),
    st.builds(lambda code: f"<pre><code>{code}\n</code></pre>", CODE),
    st.builds(lambda code: f"<pre>{code}</pre>", CODE),
    st.just("<hr>"),
    st.lists(CELLS, min_size=1, max_size=3).map(_table),
    st.builds(lambda text: f'<figure><img src="a.png" alt=""><figcaption>{text}</figcaption></figure>', INLINE),
    st.builds(lambda term, text: f"<dl><dt>{term}</dt><dd>{text}</dd></dl>", INLINE, INLINE),
    st.builds(lambda text: f'<p lang="en" dir="ltr">{text}</p>', INLINE),
    st.builds(lambda text: f'<section class="poem"><p>{text}</p></section>', INLINE),
)


def _nested(block):
    item = st.one_of(INLINE, block, st.builds(lambda text, inner: text + inner, INLINE, block))
    items = st.lists(item, min_size=1, max_size=3).map(lambda many: "".join(f"<li>{one}</li>" for one in many))
    start = st.sampled_from(["", ' start="3"', ' start="0"', " reversed"])
    return st.one_of(
        items.map(lambda many: f"<ul>{many}</ul>"),
        st.builds(lambda many, at: f"<ol{at}>{many}</ol>", items, start),
        st.lists(block, min_size=1, max_size=2).map(lambda many: f"<blockquote>{''.join(many)}</blockquote>"),
        st.lists(block, min_size=1, max_size=2).map(
            lambda many: f"<details><summary>x</summary>{''.join(many)}</details>"
        ),
    )


BODY = st.lists(st.recursive(LINES, _nested, max_leaves=5), min_size=1, max_size=5).map("".join)


@pytest.mark.slow
@given(BODY)
def test_any_body_written_as_markdown_is_read_back_the_same(dirty):
    body = sanitize(dirty)
    assert read_back(to_markdown(body)) == comparable(body)


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.name)
def test_every_shipped_article_written_as_markdown_is_read_back_the_same(path):
    body = sanitize(read_draft(path.suffix, path.read_bytes()).body_html)
    assert read_back(to_markdown(body)) == comparable(body)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("pages/*/expected.html")), ids=lambda path: path.parent.name)
def test_what_import_finds_in_pages_is_read_back_the_same(path):
    body = sanitize(path.read_text("utf-8"))
    assert read_back(to_markdown(body)) == comparable(body)


@pytest.mark.parametrize(
    "markdown",
    [
        "一段，**重点**和*强调*，~~删去~~，`code`。\n",
        '[新闻](https://news.example/a?b=1&c=2 "题注")和![图](rain.png "雨")\n',
        "## 小标题\n\n一段。\n",
        "- 一\n- 二\n  - 二之一\n    - 更深\n- 三\n",
        "3. 三\n4. 四\n",
        "- 一段。\n\n  又一段。\n\n- 二\n",
        "- 一\n\n* 另一个列表\n",
        "> 引文。\n>\n> - 一\n> - 二\n",
        "```\ndef f():\n    return 1\n\n\n\tx\n```\n",
        "````\n```\n````\n",
        "| 甲 | 乙 |\n| --- | --: |\n| 1 | **2** |\n",
        "第一行\\\n第二行\n",
        "***\n",
        "``a`b`` 与 `` ` ``\n",
    ],
)
def test_what_markdown_can_say_is_written_in_its_own_signs(markdown):
    assert to_markdown(sanitize(body_of(markdown))) == markdown


@pytest.mark.parametrize(
    "odd",
    [
        "<p>H<sub>2</sub>O</p>",
        "<p><ruby>汉<rt>hàn</rt></ruby>字</p>",
        '<figure><img src="a.png" alt=""><figcaption>图注</figcaption></figure>',
    ],
)
def test_only_the_odd_element_is_html(odd):
    body = sanitize(f"<p>前文<strong>重</strong>。</p>{odd}<ul><li>一</li></ul>")
    lines = to_markdown(body).split("\n\n")
    assert (lines[0], lines[-1]) == ("前文**重**。", "- 一\n")
    assert read_back(to_markdown(body)) == comparable(body)


@pytest.mark.parametrize("count", [2, 3])
def test_ordered_lists_beside_one_another_stay_lists_of_their_own(count):
    body = sanitize("<ol><li>1</li><li>2<ol><li>a</li></ol></li></ol>" * count)
    assert sanitize(body_of(to_markdown(body))) == body
