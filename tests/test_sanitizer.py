"""Any HTML becomes valid blocks for pages, feeds and books; tested on ordinary and on hostile samples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree
from markupsafe import Markup

from reader.errors import UnreadableArticle
from reader.sanitizer import INLINES, joined, sanitize, tokens
from reader.sanitizer.allowlist import ATTRIBUTES, BLOCKS, CLASSES, LINES, MATHML, MATHML_ATTRIBUTES, PARENTS
from reader.sanitizer.blocks import DEEPEST

SAMPLES = sorted((Path(__file__).parent / "samples" / "hostile").glob("*.html"))
TOP = {"p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre", "figure", "section", "aside"}
TOP |= {"details", "hr"}
WHITE = " \t\n\u00a0\u3000"


def tree(html: str) -> etree._Element:
    """The HTML parsed as XML, which EPUB requires. Fails if it is not well-formed."""
    closed = re.sub(r"<((?:br|hr|img)\b[^>]*)>", r"<\1/>", html)
    return etree.fromstring(f"<body>{closed}</body>", etree.XMLParser(huge_tree=True))


def words(html: str) -> str:
    return "".join("".join(tree(html).itertext()).split())


def name(sample: Path) -> str:
    return sample.stem


@pytest.fixture(params=SAMPLES, ids=name)
def clean(request):
    return sanitize(request.param.read_text("utf-8", "surrogatepass"))


def test_there_are_samples():
    assert len(SAMPLES) >= 3


def test_what_comes_out_is_markup_that_cleaning_again_leaves_alone(clean):
    assert isinstance(clean, Markup)
    assert sanitize(clean) == clean


def test_only_known_tags_attributes_and_classes_come_out(clean):
    for element in tree(clean).iterdescendants():
        assert element.tag in (BLOCKS | INLINES) - {"div", "h1"}
        known = ATTRIBUTES["*"] | ATTRIBUTES.get(element.tag, set()) | {"class", "rel"}
        known = MATHML_ATTRIBUTES.get(element.tag, MATHML_ATTRIBUTES["*"]) if element.tag in MATHML else known
        assert set(element.attrib) <= known - {"align"}
        assert set(element.get("class", "").split()) <= CLASSES


def test_addresses_lead_only_to_safe_places(clean):
    for element in tree(clean).iterdescendants():
        for attribute in ("href", "src", "cite"):
            address = element.get(attribute, "")
            assert re.match(r"(https?:|mailto:|tel:|[^:]*$|[^:]*[/?#])", address, re.IGNORECASE), address
            assert not re.search(r"\s", address)


def test_links_out_of_the_site_name_no_referrer_and_no_target(clean):
    for link in tree(clean).iter("a"):
        outside = re.match(r"https?:|//", link.get("href", ""))
        assert link.get("rel") == ("noopener noreferrer" if outside else None)


def test_at_the_top_stand_only_blocks(clean):
    body = tree(clean)
    assert {child.tag for child in body} <= TOP
    assert not (body.text or "").strip()
    assert not [child.tail for child in body if (child.tail or "").strip()]


def test_lines_hold_only_inline_tags_and_inline_tags_no_blocks(clean):
    for element in tree(clean).iter(*(LINES | INLINES)):
        assert {inner.tag for inner in element.iterdescendants()} <= INLINES


def test_lists_hold_only_items_and_parts_stand_only_in_their_wholes(clean):
    for element in tree(clean).iterdescendants():
        if element.tag in ("ul", "ol", "dl"):
            assert {child.tag for child in element} <= ({"li"} if element.tag != "dl" else {"dt", "dd"})
            assert not (element.text or "").strip()
        if element.tag in PARENTS:
            assert element.getparent().tag in PARENTS[element.tag] or element.tag in ("rt", "rp")
        if element.tag == "details":
            assert [child.tag for child in element].count("summary") == 1
            assert element[0].tag == "summary"


def test_no_block_is_empty_and_none_begins_or_ends_with_white_space(clean):
    for element in tree(clean).iter("p", "h2", "h3", "h4", "li", "dt", "dd", "section", "blockquote", "figure"):
        text = "".join(element.itertext())
        assert text.strip(WHITE) or element.find(".//img") is not None
        if element.tag in ("p", "h2", "h3", "h4"):
            assert text == text.strip(WHITE)
            assert not re.search(r"<br/?>\s*</p>|<p>\s*<br", etree.tostring(element, encoding="unicode"))


def test_names_are_unique_and_fit_for_xml_and_links_to_them_arrive(clean):
    names = [element.get("id") for element in tree(clean).iterdescendants() if element.get("id") is not None]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[^\W\d][\w.-]*", one) for one in names)
    links = [link.get("href") for link in tree(clean).iter("a")]
    assert {link[1:] for link in links if link and link.startswith("#")} <= set(names)


def test_pictures_have_an_address_and_a_text(clean):
    for picture in tree(clean).iter("img"):
        assert picture.get("src")
        assert picture.get("alt") is not None


def test_no_control_characters_come_out(clean):
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]", clean)


def test_taking_apart_and_joining_gives_the_same(clean):
    assert joined(tokens(clean)) == clean


def test_no_word_of_the_story_is_lost():
    told = words(sanitize((SAMPLES[0].parent / "structure.html").read_text("utf-8")))
    for word in [
        "正文没有段落",
        "一段",
        "仍粗",
        "格里",
        "后",
        "散一二三",
        "外四",
        "词条释",
        "孤",
        "独",
        "大题",
        "列",
        "空",
        "无题",
        "深",
        "床前明月光",
        "散题",
        "散行",
        "内",
        "链块接",
    ]:
        assert word in told


@pytest.mark.parametrize(
    ("dirty", "wanted"),
    [
        ("<h1>甲</h1>", "<h2>甲</h2>"),
        ("<div>甲</div><div>乙</div>", "<p>甲</p><p>乙</p>"),
        ("甲<br><br>乙", "<p>甲</p><p>乙</p>"),
        ("<p>　　甲</p>", "<p>甲</p>"),
        ("<p>甲\n乙</p>", "<p>甲\n乙</p>"),
        ("<b>甲<p>乙</p></b>", "<p><b>甲</b></p><p><b>乙</b></p>"),
        ("<p><span>甲</span> <a>乙</a></p>", "<p>甲 乙</p>"),
        ("<ruby>曲<rt>qū</rt></ruby>", "<p><ruby>曲<rt>qū</rt></ruby></p>"),
        ('<div class="poem">甲\n乙\n\n丙</div>', '<section class="poem"><p>甲<br>乙</p><p>丙</p></section>'),
        ('<p dir="rtl" lang="ar">نص</p>', '<p dir="rtl" lang="ar">نص</p>'),
        ("<pre>a\n  b\n</pre>", "<pre>a\n  b\n</pre>"),
        ("a &lt;b&gt; &amp; c", "<p>a &lt;b&gt; &amp; c</p>"),
        ('<a href="mailto:a@b.cn">a</a>', '<p><a href="mailto:a@b.cn">a</a></p>'),
        ("<table><tr><td align=right>1</table>", '<table><tbody><tr><td class="right">1</td></tr></tbody></table>'),
        ("<table><thead><tr><th>甲", '<table><thead><tr><th scope="col">甲</th></tr></thead></table>'),
        ('<p>甲<img src="javascript:x" alt=\'<img src="a.png">\'>乙</p>', "<p>甲乙</p>"),
        ("<p>甲<img alt='src='>乙</p>", "<p>甲乙</p>"),
        ("", ""),
        ("<p> </p>&nbsp;<br>", ""),
        ('<p><b class="evil center">甲</b></p>', '<p><b class="center">甲</b></p>'),
        ('<code class="evil language-c">a</code>', '<p><code class="language-c">a</code></p>'),
        ('<p align="justify">甲</p>', "<p>甲</p>"),
        ('<p class="center" align="right">甲</p>', '<p class="center">甲</p>'),
        ('<p style="text-align:left;text-align:center;text-align:right">甲</p>', '<p class="right">甲</p>'),
        ('<p style="text-align:right;text-align:left">甲</p>', "<p>甲</p>"),
        (
            '<p><abbr href="https://a.example">甲</abbr><a href="//a.example">乙</a></p>',
            '<p><abbr>甲</abbr><a href="//a.example" rel="noopener noreferrer">乙</a></p>',
        ),
        ('<p>甲<a id="t"></a></p><p><a href="#t">乙</a></p>', '<p>甲<a id="t"></a></p><p><a href="#t">乙</a></p>'),
        ('<p>甲<a id="t"></a></p><p>乙<a href="#t"></a></p>', "<p>甲</p><p>乙</p>"),
        ("<details><p>甲</p><summary>乙</summary></details>", "<section><p>甲</p><p>乙</p></section>"),
        (
            "<details><summary>甲</summary><summary>乙</summary>丙</details>",
            "<details><summary>甲</summary><p>乙</p><p>丙</p></details>",
        ),
        (
            "<section><details><summary>甲</summary><p>乙</p></details></section>",
            "<section><details><summary>甲</summary><p>乙</p></details></section>",
        ),
        (
            '<p><a href="x">甲<b><a href="y">乙</a></b></a></p>',
            '<p><a href="x">甲</a><b><a href="y">乙</a></b></p>',
        ),
        ("<ul><li>甲<pre>a<br>b<b>c </b>\nd</pre></li></ul>", "<ul><li>甲<pre>a\nb<b>c </b>\nd</pre></li></ul>"),
        ("<p><b>甲 </b>乙</p>", "<p><b>甲</b> 乙</p>"),
        ('<p>甲<a id="t"></a></p><p><a href="#t"><a id="u"></a></a></p><p><a href="#u"></a></p>', "<p>甲</p>"),
        (
            '<p><a href="#Ｔ x">甲</a><a id="Ｔ x"></a></p>',
            '<p><a href="#Ｔ-x">甲</a><a id="Ｔ-x"></a></p>',
        ),
        ("<p>cp <path> 即可</p><p>后文</p>", "<p>cp  即可</p><p>后文</p>"),
        (f"<p>{'İ' * 40}<svg></svg>cp <path> 即可</p>", f"<p>{'İ' * 40}cp  即可</p>"),  # longer in lower case
        ("vector<int> a; <text>b</text> <ms c", "<p>vector a; b</p>"),
        ("<svg><desc><p>x</p></desc><text>y</text></svg>a <set>b", "<p>a b</p>"),
        ("<math><semantics><mi>x</mi></semantics></math> a<in>b", '<p><math alttext="x"><mi>x</mi></math> ab</p>'),
    ],
)
def test_this_becomes_that(dirty, wanted):
    assert sanitize(dirty) == wanted


@pytest.mark.parametrize("tag", ["div", "b", "blockquote", "span", "ul><li", "section", "x", "svg", "a href=x", "rt"])
def test_towers_of_tags_are_refused_in_no_time(tag):
    with pytest.raises(UnreadableArticle, match="deep") as caught:
        sanitize("<p>甲</p>\n" + f"<{tag}>" * 100_000)
    assert caught.value.line == 2


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["p", "li", "td", "dd", "hr", "br", "img src=x", "tr", "option"])
def test_many_tags_side_by_side_are_read(tag):
    assert sanitize(f"甲<{tag}>" * 20_000)


def test_deep_nesting_is_flattened_before_it_can_hurt_a_renderer():
    html = sanitize("<blockquote>" * 300 + "甲" + "</blockquote>" * 300)
    assert html.count("<blockquote>") < DEEPEST
    assert words(html) == "甲"


@pytest.mark.parametrize(
    ("link", "heading"),
    [
        ("一背景", "一、背景"),
        ("git-bash-使用说明", "Git Bash 使用说明"),
        ("Git-Bash-使用说明", "Git Bash 使用说明"),
        ("c", "C++"),
        ("2-方法", "2. 方法"),
        ("%E5%B0%8F%E7%BB%93", "小结"),
        (
            "关于进一步加强全省汛期山洪地质灾害防御工作的若干具体意见",
            "关于进一步加强全省汛期山洪地质灾害防御工作的若干具体意见",
        ),
        ("a_b-c", "a_b-c"),
        ("what-s-new", "What's <em>new</em>?"),
    ],
)
def test_a_link_by_github_s_rule_leads_to_its_heading(link, heading):
    html = sanitize(f'<p><a href="#{link}">去</a></p><h2>{heading}</h2><p>文</p>')
    target = re.search(r'href="#([^"]*)"', html)
    assert target
    assert f'<h2 id="{target[1]}">' in html
    assert sanitize(html) == html


def test_the_second_heading_of_a_name_is_numbered_by_github_s_rule():
    html = sanitize('<p><a href="#小结-1">去</a></p><h2>小结</h2><p>一</p><h2>小结</h2><p>二</p>')
    assert html.endswith('<h2>小结</h2><p>一</p><h2 id="小结-1">小结</h2><p>二</p>')


def test_a_heading_without_links_gets_no_name_and_an_own_name_stays():
    assert sanitize("<h2>甲</h2><p>文</p>") == "<h2>甲</h2><p>文</p>"
    assert 'href="#b"' not in sanitize('<p><a href="#甲">去</a></p><h2 id="b">甲</h2>')


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("<h2>Rain<div>in Hebei</div>today</h2>", "<h2>Rain in Hebei today</h2>"),
        ("<h2>Rain<p>in Hebei</p></h2>", "<h2>Rain in Hebei</h2>"),
        ("<h2><div>Rain</div><div>in <b>Hebei</b></div></h2>", "<h2>Rain in <b>Hebei</b></h2>"),
        ("<h2><b>Rain<section>in Hebei</section>today</b></h2>", "<h2><b>Rain in Hebei today</b></h2>"),
        ("<h2>Rain<div>in Hebei<br></div>today</h2>", "<h2>Rain in Hebei<br>today</h2>"),
        ("<h2>Rain<div>in<hr>Hebei</div>today</h2>", "<h2>Rain in</h2><hr><p>Hebei</p><p>today</p>"),
        ("<h2><p></p>Rain<p></p></h2>", "<h2>Rain</h2>"),
        ("<pre>a<p>b</p>c</pre>", "<pre>a b c</pre>"),
    ],
)
def test_blocks_within_a_heading_are_words_of_its_line(dirty, clean):
    assert sanitize(dirty) == clean
    assert sanitize(clean) == clean


def test_ids_begin_with_a_letter_or_an_underscore():
    ids = {"x": "x", "_x": "_x", "1": "n1", "1_": "n1_", "-_": "n-_", "雨_": "雨_"}
    for given, allowed in ids.items():
        assert sanitize(f'<h2 id="{given}">a</h2>') == f'<h2 id="{allowed}">a</h2>'


def test_a_space_at_the_end_of_an_inline_tag_moves_behind_it():
    assert sanitize("<p>雨<b>雨 </b>雪</p>") == "<p>雨<b>雨</b> 雪</p>"
    assert sanitize("<p>a <b>b </b>c <i>d </i></p>") == "<p>a <b>b</b> c <i>d</i></p>"


@pytest.mark.parametrize(("start", "end"), [("<p>", "</p>"), ("<ul><li>", "</li></ul>")])
def test_lines_of_a_poem_end_where_they_end_in_the_source_whatever_is_emphasized(start, end):
    loose = start.removesuffix("<p>").removesuffix("<li>"), end.removeprefix("</p>").removeprefix("</li>")
    poem = "床前<b>明月</b>光，\n疑是<i>地上</i>霜。"
    wanted = f'<blockquote class="poem">{start}{poem}{end}</blockquote>'.replace("\n", "<br>")
    assert sanitize(f'<blockquote class="poem">{loose[0]}{poem}{loose[1]}</blockquote>') == wanted


def test_the_groups_of_a_list_of_terms_stay_terms_and_descriptions():
    groups = "<dl><div><dt>甲</dt><dd>义<div>二</div></dd></div><div><dt>乙</dt><dd>义</dd></div></dl><div>外</div>"
    assert sanitize(groups) == "<dl><dt>甲</dt><dd>义<p>二</p></dd><dt>乙</dt><dd>义</dd></dl><p>外</p>"


def test_a_term_that_becomes_a_description_is_still_part_of_the_poem():
    clean = '<dl class="poem"><dd><hr>床前<br>明月</dd></dl>'
    assert sanitize('<dl class="poem"><dt><hr>床前\n明月</dt></dl>') == sanitize(clean) == clean
