"""Article extraction: each case is a folder with a page and the expected article."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from reader.errors import UnreadableArticle
from reader.formats.decoding import decode_page
from reader.importing.extraction.extract import ExtractionResult, extract
from reader.importing.extraction.metadata import Metadata

CASES = sorted(path.parent for path in (Path(__file__).parent / "samples" / "pages").glob("*/page.html"))
ADDRESS = "https://news.example/2018-11/23/page.html"


def found_in(case: Path) -> ExtractionResult:
    address = "" if case.name == "lazy-images" else ADDRESS
    return extract(decode_page((case / "page.html").read_bytes()), address)


def told(metadata: Metadata) -> dict[str, Any]:
    """The known metadata as JSON, without empty fields."""
    return json.loads(json.dumps({key: value for key, value in asdict(metadata).items() if value}, default=str))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_body_comes_out_whole_and_alone(case: Path) -> None:
    assert found_in(case).body_html == (case / "expected.html").read_text("utf-8").strip()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_the_page_says_of_the_article_is_known(case: Path) -> None:
    assert told(found_in(case).metadata) == json.loads((case / "expected.json").read_text("utf-8"))


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["div", "span", "table><tr><td", "blockquote", "ul><li", "b"])
def test_a_tower_of_tags_whose_text_the_parser_would_lose_is_refused(tag: str) -> None:
    with pytest.raises(UnreadableArticle, match="nested more than 2048 deep"):
        extract(f"<{tag}>" * 20_000 + "<p>正文，一句话。</p>" * 5)


@pytest.mark.parametrize(
    "page", ["", "<", "\0", "<html>", "<p", "<?xml version='1.0'?>", "<table><tr>", "&#0;&#xD800;", "]]>"]
)
def test_a_page_without_an_article_gives_an_empty_body(page: str) -> None:
    assert len(extract(page).text) < 9


# -- lists, code and fields within a page -----------------------------------------------------------------------------

FIRST = "<p>今年秋天，河湾县的柿子熟得早，村里的加工车间提前半个月开了工，女工们坐成两排，一天要削三千斤柿子。</p>"
NEXT = "<p>县农业农村局介绍，全县柿子种植面积两万亩，预计产量三万吨，大部分制成柿饼，销往南方各省。</p>"


def body_with(markup: str) -> str:
    page = f"<html><head><title>柿子红了</title></head><body><article><h1>柿子红了</h1>{FIRST}{markup}{NEXT}</article>"
    return extract(f"{page}</body></html>", ADDRESS).body_html


@pytest.mark.parametrize("announced", ["<p>常用的工具有：</p>", ""])
def test_a_list_of_short_links_within_the_story_is_kept(announced: str) -> None:
    links = "".join(f"<li><a href='https://tools.example/{name}'>{name}</a></li>" for name in ("钩秤", "竹匾", "刨刀"))
    assert body_with(f"{announced}<ul>{links}</ul>").count("<li><a href=") == 3


def test_a_list_of_other_headlines_is_not() -> None:
    others = "<ul><li><a href=/1>石榴也红了，今年又是丰收的一年</a></li><li><a href=/2>枣树开花的时候</a></li></ul>"
    assert "石榴" not in body_with(f"<p>相关阅读：</p>{others}")
    assert "石榴" not in body_with(others)


@pytest.mark.parametrize(
    ("markup", "kept"),
    [
        ("<figure><figcaption>雨中的老街</figcaption></figure>", ["雨中的老街"]),
        ("<figure><video src=a.mp4></video><figcaption>录像里的老街</figcaption></figure>", ["录像里的老街"]),
        ("<figure><blockquote>路是人走出来的。</blockquote><figcaption>鲁迅</figcaption></figure>", ["路是人", "鲁迅"]),
        ("<figure><pre>a = 1</pre><figcaption>程序一</figcaption></figure>", ["a = 1", "程序一"]),
        (
            "<figure><img src=a.jpg><figcaption>甲图</figcaption><figcaption>乙图</figcaption></figure>",
            ["甲图", "乙图"],
        ),
        ("<figure><img src=a.jpg><p>图下的一段话。</p></figure>", ["图下的一段话"]),
        (
            "<figure><figure><img src=a.jpg><figcaption>甲图</figcaption></figure><figcaption>两张图</figcaption></figure>",
            ["甲图", "两张图"],
        ),
        (
            "<figure><table><tr><th>站<th>毫米<tr><td>曲周<td>102</table><figcaption>表一</figcaption></figure>",
            ["曲周", "表一"],
        ),
        (
            "<table><caption>各站雨量</caption><tr><th>站<th>毫米<tr><td>曲周<td>102</table>",
            ["<caption>各站雨量</caption>", "曲周"],
        ),
        ("<ul>要带的：<li>钩秤</li>还有<li>竹匾</li></ul>", ["要带的", "还有", "竹匾"]),
        ("<dl><dt>钩秤</dt><dd>称重的。</dd></dl>", ["钩秤", "称重的"]),
        ("<details><summary>背景</summary><p>柿子去年也是大年。</p></details>", ["背景", "去年"]),
        ("<aside><p>柿子去年也是大年，今年又是。</p></aside>", ["去年"]),
        ("<address>河湾县柿子沟一号</address>", ["柿子沟一号"]),
        ("<p><ruby>柿<rt>shì</rt></ruby>子，H<sub>2</sub>O，10<sup>8</sup>。</p>", ["shì", "2</sub>", "8</sup>"]),
    ],
)
def test_no_text_of_a_story_is_lost(markup: str, kept: list[str]) -> None:
    assert [text for text in kept if text not in body_with(markup)] == []


def test_the_caption_of_a_picture_that_cannot_be_shown_goes_with_it() -> None:
    assert "图说" not in body_with("<figure><img><figcaption>图说</figcaption></figure>")


@pytest.mark.parametrize(
    "markup",
    [
        "<pre>for i in x:<br>    go(i)</pre>",
        "<pre><code><div class=line>for i in x:</div><div class=line>    go(i)</div></code></pre>",
        "<pre class='prettyprint linenums'><ol><li>for i in x:</li><li>    go(i)</li></ol></pre>",
        "<pre class=prettyprint><code>for i in x:\n    go(i)</code><ul class=pre-numbering><li>1</li><li>2</li></ul></pre>",
        "<div class=highlight><pre><span class=linenos>1</span>for i in x:\n<span class=linenos>2</span>    go(i)</pre></div>",
        "<table><tr><td class=gutter><pre>1\n2</pre></td><td class=code><pre>for i in x:\n    go(i)</pre></td></tr></table>",
        (
            "<table class=hljs-ln><tr><td class=hljs-ln-numbers>1</td><td class=hljs-ln-code>for i in x:</td></tr>"
            "<tr><td class=hljs-ln-numbers>2</td><td class=hljs-ln-code>    go(i)</td></tr></table>"
        ),
        (
            "<table><tr><td class=blob-num data-line-number=1></td><td class=blob-code>for i in x:</td></tr>"
            "<tr><td class=blob-num data-line-number=2></td><td class=blob-code>    go(i)</td></tr></table>"
        ),
    ],
)
def test_code_keeps_its_lines_and_loses_their_numbers(markup: str) -> None:
    code = body_with(markup).split("<pre>")[1].split("</pre>")[0]
    assert code.strip("\n") == "for i in x:\n    go(i)"


@pytest.mark.parametrize(
    ("markup", "language"),
    [
        ("<pre><code class=language-go>make run()</code></pre>", "go"),
        ("<pre class='brush: js; toolbar: false'>make run()</pre>", "js"),
        ("<pre class=lang-py>make run()</pre>", "py"),
        ("<div class='highlight highlight-source-shell'><pre>make run()</pre></div>", "shell"),
        ("<div class='highlight-python notranslate'><div class=highlight><pre>make run()</pre></div></div>", "python"),
        (
            "<figure class='highlight go'><table><tr><td class=code><pre>make run()</pre></td></tr></table></figure>",
            "go",
        ),
        (
            "<div class=sourceCode><pre class='sourceCode r'><code class='sourceCode r'>make run()</code></pre></div>",
            "r",
        ),
    ],
)
def test_code_keeps_the_language_that_its_class_names(markup: str, language: str) -> None:
    assert f'<pre><code class="language-{language}">make run()</code></pre>' in body_with(markup)


@pytest.mark.parametrize(
    "markup",
    ["<pre class=highlight>make run()</pre>", "<div class='highlight-default notranslate'><pre>make run()</pre></div>"],
)
def test_code_without_a_language_names_none(markup: str) -> None:
    assert "<pre>make run()</pre>" in body_with(markup)


def test_a_page_that_is_one_block_of_plain_text_keeps_its_lines() -> None:
    memo = "\n".join(f"   Line {n} of the memo describes packets,\n      with a hanging indent." for n in range(12))
    assert memo in extract(f"<html><title>Memo</title><body><pre>{memo}</pre></body></html>").body_html


def test_a_title_that_was_escaped_twice_is_read_as_meant() -> None:
    page = f"<title>AT&amp;amp;T 与 Vec&lt;T&gt;</title><body><h1>AT&amp;amp;T 与 Vec&lt;T&gt;</h1>{FIRST}{NEXT}</body>"
    assert extract(page).metadata.title == "AT&T 与 Vec<T>"


@pytest.mark.parametrize(
    ("account", "source", "byline"), [("河湾日报", "河湾日报", ()), ("高原雪", "", ("高原雪",)), ("", "", ())]
)
def test_the_account_of_a_messenger_page_is_its_source_or_its_author(
    account: str, source: str, byline: tuple[str, ...]
) -> None:
    head = f"<h1 id=activity-name>柿子红了</h1><div id=meta_content><a id=js_name> {account} </a></div>"
    page = f"<title></title><meta property=og:title content=柿子红了>{head}<div id=js_content>{FIRST}{NEXT}</div>"
    found = extract(page, "https://weixin.example/s/a").metadata
    assert (found.source, found.byline) == (source, byline)
