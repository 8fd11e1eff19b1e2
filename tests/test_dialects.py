"""What Hugo, Jekyll, Hexo, Zola, Pelican, Obsidian, VuePress and Docusaurus add to Markdown never shows as source."""

from __future__ import annotations

import re
import time
from pathlib import Path, PurePosixPath

import pytest

from reader.article_building.body_transforms import transform_body
from reader.formats import read_draft
from reader.formats.dialects import to_commonmark
from reader.formats.from_markdown import body_and_warnings, body_of
from reader.sanitizer import sanitize

CASES = sorted((Path(__file__).parent / "cases" / "dialects").glob("*.md"))
FOREIGN = re.compile(r"\{%|\{\{|%\}|\}\}|%%|\[\[|\]\]|:::|\[!|\{:|==|\[TOC\]|import |export |555-0100|私语")
CODE = re.compile(r"<(pre|code)>.*?</\1>", re.DOTALL)


def shown(markdown: str) -> str:
    return str(sanitize(body_of(markdown)))


def on_lines(html: str) -> str:
    return re.sub(r"(?<=>)(?=<(?:p|h[2-6]|ul|ol|li|aside|blockquote|pre|figure|details|section)\b)", "\n", html) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_each_tool_s_markdown_is_read_as_its_case_says(case):
    assert on_lines(shown(case.read_text("utf-8"))) == case.with_suffix(".html").read_text("utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_no_foreign_sign_is_left_outside_of_code(case):
    literal = ("{{&lt; youtube id &gt;}}", "{{ 原样 }}", r"\frac{{a}}{b}")
    text = CODE.sub("", shown(case.read_text("utf-8")))
    for part in literal:
        text = text.replace(part, "")
    assert not FOREIGN.findall(text.replace("a==b", ""))


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ('=== "甲"\n\n    文 *x*\n\n=== "乙"\n\n    ```js\n    y\n    ```\n\n尾',
         '<p><strong>甲</strong></p><p>文 <em>x</em></p><p><strong>乙</strong></p><pre><code class="language-js">y\n</code></pre><p>尾</p>'),
        ('!!! note "题"\n\n    文\n\n尾', '<aside class="note"><p><strong>题</strong></p><p>文</p></aside><p>尾</p>'),
        ("- 甲\n\n  > [!tip] 题\n  > > [!note] 里\n  > > ```py\n  > > x > 1\n  > >\n  > > y\n  > > ```\n  > 尾",
         '<ul><li><p>甲</p><aside class="note"><p><strong>题</strong></p><aside class="note"><p><strong>里</strong></p><pre><code class="language-py">x &gt; 1\n\ny\n</code></pre></aside><p>尾</p></aside></li></ul>'),
        ('--8<-- "a.md"\n\n:material-check: 好 ++ctrl+c++ ^^新^^ { .annotate }',
         "<p>好 <kbd>ctrl</kbd>+<kbd>c</kbd> <ins>新</ins></p>"),
        ("{++加++}{--删--}{>>议<<} {~~旧~>新~~} {==亮==} C++ a++b {x}", "<p>加 新 亮 C++ a++b {x}</p>"),
        ('{% code title="a.js" %}\n```js\nx\n```\n{% endcode %}',
         '<p><strong>a.js</strong></p><pre><code class="language-js">x\n</code></pre>'),
        ("{% folding cyan open, 题 %}\n文\n{% endfolding %}", "<details><summary>题</summary><p>文</p></details>"),
        ("{% hideToggle 题,red %}\n文\n{% endhideToggle %}", "<details><summary>题</summary><p>文</p></details>"),
        ("{% span red, 字 %} {% label 标 blue %} {% label primary@签 %} {% hideInline 藏,看 %}", "<p>字 标 签 藏</p>"),
        ("{% checkbox green checked, 完成 %}", "<p>☑ 完成</p>"),
        ('{% aplayer "歌" "人" "a.mp3" %}', '<p><a href="a.mp3">歌</a></p>'),
        ('{% dplayer "url=a.mp4" "pic=b.jpg" %}', '<p><a href="a.mp4">a.mp4</a></p>'),
        ("{% inlineImg a.png 20px %}", '<p><img src="a.png" alt=""></p>'),
        ("- [>] 移\n- [!] 要\n- [-] 消", "<ul><li>☐ 移</li><li>☐ 要</li><li>☑ 消</li></ul>"),
        ("import C from './c'\n\n<Card>\n\n{props.name}文 {f(x)} {'字'}\n\n</Card>", "<p>文  字</p>"),
        ('<callout emoji="💡">\n**题**\n</callout>\n\n<grid cols="2">\n<column>\n\n- 甲\n\n</column>\n</grid>\n\n<text color="red">红</text>字',
         "<p><strong>题</strong></p><ul><li>甲</li></ul><p>红字</p>"),
        ("运行 cp <path> 即可。", "<p>运行 cp &lt;path&gt; 即可。</p>"),
        ("<table><colgroup><col width=9></colgroup><tr><td>格</td></tr></table>\n\n<ruby><rb>複<rt>ふく</ruby> `x` cut -d <col2>",
         "<table><tbody><tr><td>格</td></tr></tbody></table><p><ruby>複<rt>ふく</rt></ruby> <code>x</code> cut -d &lt;col2&gt;</p>"),
        ("甲\n: 义一\n: 义二\n\n    又一段\n\n乙\n: 义",
         "<dl><dt>甲</dt><dd><p>义一</p></dd><dd><p>义二</p><p>又一段</p></dd><dt>乙</dt><dd>义</dd></dl>"),
        ("cut -f <col>", "<p>cut -f &lt;col&gt;</p>"),
        ("Vec<String> {name}", "<p>Vec&lt;String&gt; {name}</p>"),
        ("按 <leader>w，List<T>、a<k and c>d；<x-y>文</x-y> <br>尾 <Toc/>",
         "<p>按 &lt;leader&gt;w，List&lt;T&gt;、a&lt;k and c&gt;d；文<br>尾</p>"),
        ("# 甲\n\n## `<T>` 与 Vec<T>", "<h2>甲</h2><h2><code>&lt;T&gt;</code> 与 Vec&lt;T&gt;</h2>"),
        ("{% if false %}藏{% if x %}藏{% else %}藏{% endif %}{% else %}见{% endif %}{% unless true %}藏{% endunless %}{% if y %}甲{% else %}乙{% endif %}{% else %}",
         "<p>见甲乙</p>"),
        ("甲{{- /* 藏\n藏 */ -}}乙{{!-- 藏 --}}{{! 藏 }}<%# 藏 %>丙[藏]{.content-hidden}", "<p>甲乙丙</p>"),
        ("{{% comment %}}\n藏\n{{% /comment %}}\n见", "<p>见</p>"),
        ("{% codeblock 题 目 lang:js https://a.example 链 %}\nx\n{% endcodeblock %}",
         '<p><strong>题 目 链</strong></p><pre><code class="language-js">x\n</code></pre>'),
        ("{% codeblock js %}\ny\n{% endcodeblock %}", '<pre><code class="language-js">y\n</code></pre>'),
        ("没有组件 {name}", "<p>没有组件 {name}</p>"),
    ],
)  # fmt: skip
def test_signs_of_mkdocs_gitbook_hexo_s_themes_and_components_are_read(markdown, html):
    assert re.sub(r">\n+<", "><", shown(markdown)) == html


def test_no_cell_of_a_table_is_lost():
    html = shown("| 甲 |\n|---|\n| 乙 | `a|丙` |\n\n> 甲 | 乙\n> ---|---\n> 丙\n> 丁 | 戊 | 己")
    assert re.findall(r"<(?:th scope=.col.|td)>(.*?)</", html) == [
        *"甲",
        "",
        "",
        "乙",
        "`a",
        "丙`",
        *"甲乙",
        "",
        *"丙",
        "",
        "",
        *"丁戊己",
    ]


def test_a_fence_in_a_code_block_that_is_further_right_does_not_end_it():
    """The documentation of Material for MkDocs shows its syntax so, and uses it below."""
    tab = '!!! note\n\n    === "甲"\n\n        ``` js\n        x\n        ```\n'
    html = body_of(f"``` markdown\n{tab}```\n\n{tab}\n尾")
    assert html.startswith(f'<pre><code class="language-markdown">{tab.replace(chr(34), "&quot;")}</code></pre>')
    assert '<p><strong>甲</strong></p>\n<pre><code class="language-js">x\n</code></pre>' in html
    assert html.rstrip().endswith("</aside>\n<p>尾</p>")


@pytest.mark.parametrize("quote", ["", "> "])
def test_a_picture_of_a_shortcode_inside_a_link_has_that_link(quote):
    html = sanitize(body_of(quote + '前 [{{< figure src="a.jpg" caption="图" >}}](https://a.example/ "t")'))
    assert '<a href="https://a.example/" rel="noopener noreferrer"><img src="a.jpg" alt="图"></a><figcaption>图' in html
    assert "[" not in html


@pytest.mark.parametrize(
    ("tag", "alt", "caption"),
    [
        ('{{ figure(src="a.jpg", caption="[Felix](https://a.example/) of\nthe *team*") }}', "Felix of the team",
         '<a href="https://a.example/" rel="noopener noreferrer">Felix</a> of the <em>team</em>'),
        ('> {{< figure src="a.jpg" caption="1. **b** snake_case" >}}', "1. b snake_case", "1. <strong>b</strong> snake_case"),
        ('{{< figure src="a.jpg" caption="5 * 3 and <em>b</em>" >}}', "5 * 3 and b", "5 * 3 and <em>b</em>"),
    ],
)  # fmt: skip
def test_the_caption_of_a_shortcode_may_hold_markdown(tag, alt, caption):
    """Hugo and Zola render it."""
    html = str(transform_body(sanitize(body_of(tag)), "en", PurePosixPath())[0])
    assert f'<figure><img src="a.jpg" alt="{alt}"><figcaption>{caption}</figcaption></figure>' in html


@pytest.mark.parametrize(
    "code",
    [
        "```\n{0}\n```",
        "~~~~ js\n{0}\n~~~~",
        "    {0}",
        "甲 `{0}` 乙",
        "``甲 ` {0}``",
        "> ```\n> {0}\n> ```",
        "- 甲\n\n  ```\n  {0}\n  ```",
        "<pre>{0}</pre>",
    ],
)
@pytest.mark.parametrize(
    "sign", ["{% x %}", "{{ x }}", "%%甲%%", "[[甲]]", "==甲==", "{{% x %}}", ":smile:", "{: .a}", "甲 ^id"]
)
def test_nothing_is_read_in_code(code, sign):
    assert sign in shown(code.replace("{0}", sign))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("** 架构  **：说明", "<p><strong>架构</strong>  ：说明</p>"),
        ("甲** 乙**丙", "<p>甲 <strong>乙</strong>丙</p>"),
        ("甲**（乙） **丙", "<p>甲<strong>（乙）</strong> 丙</p>"),
        ("**场景\n**\n后文", "<p><strong>场景</strong>\n后文</p>"),
        ("> **场景\n> **\n> 后", "<blockquote><p><strong>场景</strong>\n后</p></blockquote>"),
        ("- ** 名 ** 中 **值**", "<ul><li><strong>名</strong>  中 <strong>值</strong></li></ul>"),
        ("**甲** 和 **乙**", "<p><strong>甲</strong> 和 <strong>乙</strong></p>"),
        ("2 ** 3 和 2 ** 4", "<p>2 ** 3 和 2 ** 4</p>"),
        ("x[0] ** 2 加 y ** 2", "<p>x[0] ** 2 加 y ** 2</p>"),
        ("甲 ** 乙", "<p>甲 ** 乙</p>"),
        (r"\*\* 甲 \*\*", "<p>** 甲 **</p>"),
        ("`** 甲 **`", "<p><code>** 甲 **</code></p>"),
    ],
)
def test_blanks_within_stars_keep_no_chinese_text_from_being_bold(text, html):
    assert shown(text) == html


def test_the_size_of_a_picture_is_not_in_its_text():
    assert 'alt="桥"' in shown("![桥 =128x](bridge.png)")
    assert 'alt="桥"' in shown("![桥 =128x96](bridge.png)")
    assert 'alt="a =b"' in shown("![a =b](bridge.png)")


def test_a_note_in_a_quotation_or_a_list_stays_there():
    note = "{% note tip 题 %}\n文\n{% endnote %}"
    aside = '<aside class="note"><p><strong>题</strong></p><p>文</p></aside>'
    assert shown("".join(f"> {line}\n" for line in note.split("\n"))) == f"<blockquote>{aside}</blockquote>"
    listed = "1.  项\n\n" + "".join(f"    {line}\n" for line in note.split("\n"))
    assert shown(listed) == f"<ol><li><p>项</p>{aside}</li></ol>"


def test_short_indices_are_set_low_and_high():
    assert shown("H~2~O x^2^ x^2 + y^2 ~~删~~") == "<p>H<sub>2</sub>O x<sup>2</sup> x^2 + y^2 <del>删</del></p>"


def test_a_tag_in_a_span_of_code_begins_no_code():
    html = shown("`<script>` 甲\n\n::: tip\n`<pre>` 乙\n:::\n\n[[丙]] `</script>` `</pre>`\n")
    assert html.count("<aside") == 1
    assert ">丙</a>" in html


def test_an_unknown_tag_goes_its_text_stays_and_a_warning_names_it():
    body, warnings = body_and_warnings("前{% mystery a %}中{% endmystery %}后 {{< strange >}}{{ odd.value }}")
    assert body == "<p>前中后</p>\n"
    assert {warning.values["name"] for warning in warnings} == {"odd.value", "mystery", "strange"}
    assert read_draft(".md", b"# A\n\n{% mystery %}\n").warnings[0].values["name"] == "mystery"


@pytest.mark.parametrize(
    "text",
    [
        "50%%涨，30%%跌",
        "a == b == c",
        "数组 {{1,2},{3,4}}",
        "${{ secrets.X }}",
        "a <> b",
        "第[1]条",
        "C:\\新建",
        "12:30:45",
        "x ^2",
        "import 是进口，export 是出口",
    ],
)
def test_what_only_looks_foreign_stays(text):
    assert re.sub(r"<[^>]*>", "", shown(text)).replace("&lt;", "<").replace("&gt;", ">") == text


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "{% x %}",
        "{{< x >}}",
        "{{",
        "{%",
        "[[",
        "`",
        "%%",
        "> [!note]\n",
        ":::tip\n",
        "<A ",
        "==",
        "$_",
        "<pre>",
        "{% raw %}",
        "{/*",
        "{#",
        "{% highlight %}\n",
    ],
)
def test_no_sign_written_again_and_again_keeps_the_reader_busy(piece):
    began = time.process_time()
    to_commonmark(piece * 20_000)
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    ("first", "piece", "last"),
    [
        ("!!! ", "a", "!"), ("!!! a", " ", "!"), ("!!! ", "a ", "!"), ('=== "', "a", ""), ("{ .", " ", "x"), ("{ .a ", "b=c ", ""),
        ("{~~", "~>", ""), ("{% aplayer ", "a", " %}"), ('{{< figure src="a.jpg" caption="', "<", '" >}}'),
    ],
)  # fmt: skip
def test_no_long_line_makes_a_pattern_try_all_ways_to_divide_it(first, piece, last):
    began = time.process_time()
    to_commonmark(first + piece * 300_000 + last)
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("> 甲\n> ::: right\n> ——乙\n> :::\n> 丙", "<blockquote><p>甲</p><p>——乙</p><p>丙</p></blockquote>"),
        ("::: tabs\n@tab npm\n\n甲\n\n@tab:active yarn#yarn\n\n乙\n:::", "npm</strong></p><p>甲</p><p><strong>yarn"),
        ("::: vue-playground\n@file /src/App.vue [active]\n甲\n@setup\n:::", "<code>/src/App.vue</code></p><p>甲</p>"),
        ("@tab npm", "<p>@tab npm</p>"),
        ("由 {{< version 0.2.0 >}} 起", "<p>由 0.2.0 起</p>"),
        ('由 {% badge "v1.0" %} 起', "<p>由 v1.0 起</p>"),
        ('{{< person url="https://example.com" name="张三" >}}', '<a href="https://example.com">张三</a>'),
        ('{{< style "color: red" >}}红{{< /style >}}', "<p>红</p>"),
        ('{{< echarts >}}\n{"a": 1}\n{{< /echarts >}}', '<pre><code class="language-echarts">{"a": 1}'),
        ("{{< tencent x003 >}}", '<a href="https://v.qq.com/x/page/x003.html">腾讯视频: x003</a>'),
        ('{% codetitle "a.js" %}\n\n甲', "<p><strong>a.js</strong></p><p>甲</p>"),
    ],
)
def test_parts_of_containers_and_labels_are_words_not_marks(markdown, html):
    made, warnings = body_and_warnings(markdown)
    assert html in str(sanitize(made)).replace(' rel="noopener noreferrer"', "")
    assert not warnings


def test_code_of_a_tag_within_html_is_code_and_ends_no_block():
    tag = '{% highlight "liquid" %}{% raw %}\n{{ a }}\n\n*b*\n{% endraw %}{% endhighlight %}'
    code = '<pre><code class="language-liquid">{{ a }}\n\n*b*'
    assert code in shown(f"<div>\n\t<div>\n{tag}\n\t</div>\n</div>\n\n后\n")
    assert "<p>后</p>" in shown(f"<div>\n\t<div>\n{tag}\n\t</div>\n</div>\n\n后\n")
    assert code in shown(tag)
