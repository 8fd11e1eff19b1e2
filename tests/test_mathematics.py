"""Formulas are MathML on pages and in books, drawn in PDF, TeX in text; money and variables are no formulas."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePosixPath

import pikepdf
import pytest
from factories import make_article
from lxml import etree

from reader.article_building import to_article
from reader.exports import EXPORTS
from reader.exports.body_tree import Body
from reader.exports.formula_drawing import SPOKEN, draw_formulas
from reader.exports.options import options_of
from reader.exports.publications import of_article
from reader.feeds.entries import SiteIdentity, to_entry
from reader.formats import read_draft
from reader.formats.formulas.chemistry import with_chemistry
from reader.formats.formulas.mathematics import LONGEST, LONGEST_TOGETHER, Formulas, to_mathml
from reader.formats.from_markdown import body_and_warnings, body_of
from reader.formats.markdown_writer import comparable, to_markdown
from reader.importing.extraction.extract import extract
from reader.sanitizer import formulas_as_text, sanitize
from reader.sanitizer.mathml import DEEPEST_FORMULA
from reader.settings import Settings

FORMULA = re.compile(r'<math(?: (display)="block")? alttext="([^"]*)">.*?</math>', re.DOTALL)
EQUATION = r"\frac{-b\pm\sqrt{b^2-4ac}}{2a}"
STORY = "<p>" + "爱因斯坦在一九〇五年提出质能方程，说明质量和能量可以互相转换。" * 4 + "</p>"


def formulas_in(markdown: str) -> list[tuple[str, str]]:
    """(``display`` or empty, TeX) of each formula."""
    return FORMULA.findall(sanitize(body_of(markdown)))


# -- finding them -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("质能 $E=mc^2$ 了", ("", "E=mc^2")),
        ("设$x$为实数", ("", "x")),
        ("$x\n+y$", ("", "x +y")),
        ("行内 $$x^2$$ 后", ("", "x^2")),
        ("$$\nx^2\n$$", ("display", "x^2")),
        ("> $$\n> x^2\n> $$", ("display", "x^2")),
        (r"和 \(a+b\) 与", ("", "a+b")),
        (r"和 \\(a+b\\) 与", ("", "a+b")),
        ("\\[\nx=1\n\\]", ("display", "x=1")),
        ("\\begin{equation}\nx=1\n\\end{equation}", ("display", r"\begin{equation} x=1 \end{equation}")),
        ("```math\nx^2\n```", ("display", "x^2")),
        ("{{< katex >}}x_1*y*{{< /katex >}}", ("", "x_1*y*")),
        ("{{< katex display >}}\nx^2\n{{< /katex >}}", ("display", "x^2")),
        ("{% katex %}x^2{% endkatex %}", ("", "x^2")),
        ("GitLab $`x_1`$ 的", ("", "x_1")),
        ("*重 $a*b$ 点*", ("", "a*b")),
        ("## 标题 $x_1$", ("", "x_1")),
        ("| 式 |\n|---|\n| $|x|$ |", ("", "|x|")),
        ("[链接 $x_1$](/a)", ("", "x_1")),
        (r"\$5 和 $x$", ("", "x")),
    ],
)
def test_a_formula_is_found(markdown, found):
    assert formulas_in(markdown) == [found]


@pytest.mark.parametrize(
    "markdown",
    [
        "$5 and $10",
        "从$5到$10，US$5或US$10。",
        "价格从$5，涨到10$。",
        "$20,000 and USD$30, $ 3 $",
        "It costs $5 million, or 10$ each",
        "$PATH:$HOME",
        "PHP 的$a，以及$b，和 $_GET、$_POST",
        "echo $USER-$HOST",
        "`$x^2$` 和 ``$$y$$``",
        "```\n$x^2$\n```",
        "    $x^2$ 缩进",
        "<pre>$x^2$</pre>",
        r"\$x^2\$",
        r"\[1\] 和 \(注\)",
        r"\[附件\_1\]",
        "${{ secrets.X }}",
        "$x^2\n\n另一段$",
        "$ x^2 $",
    ],
)
def test_money_variables_and_code_are_no_formulas(markdown):
    assert formulas_in(markdown) == []
    assert body_and_warnings(markdown)[1] == ()


@pytest.mark.parametrize(
    ("suffix", "text", "found"),
    [
        (".rst", "题\n==\n\n式 :math:`x_1^2`。\n\n.. math::\n\n   a_1\n", [("", "x_1^2"), ("display", "a_1")]),
        (".org", "#+TITLE: 题\n\n式 \\(x_1^2\\) 与 $y_1$ 完。", [("", "x_1^2"), ("", "y_1")]),
        (".adoc", "= 题\n\n式 stem:[x_1^2]。\n\n[stem]\n++++\na_1\n++++\n", [("", "x_1^2"), ("display", "a_1")]),
    ],
)
def test_formulas_of_other_markup_are_found(suffix, text, found):
    assert FORMULA.findall(sanitize(read_draft(suffix, text.encode()).body_html)) == found


def test_formulas_in_an_attribute_stay_text():
    assert 'alt="图 x_1"' in sanitize(body_of("![图 $x_1$](a.png)"))


def test_a_title_with_a_formula_is_text():
    assert read_draft(".md", "# 证明 $E=mc^2$\n\n正文。".encode()).title == "证明 E=mc^2"


@pytest.mark.parametrize(
    ("html", "found"),
    [
        (r"<p>由 \(x^2\) 知</p>", ("", "x^2")),
        ("<p>$$x^2$$</p>", ("display", "x^2")),
        ('<p>前<script type="math/tex">x^2</script>后</p>', ("", "x^2")),
        (
            '<p><span class="MathJax">x2</span><script type="math/tex; mode=display">x<3</script></p>',
            ("display", "x&lt;3"),
        ),
        (
            (
                '<p><span class="katex"><span class="katex-mathml"><math><semantics><mi>x</mi><annotation encoding="applica'
                'tion/x-tex">x^2</annotation></semantics></math></span><span class="katex-html"><b>x2</b></span></span></p>'
            ),
            ("", "x^2"),
        ),
        (
            (
                '<p><span style="display: none;"><math alttext="{\\displaystyle x^2}"><mi>x</mi></math></span>'
                '<img class="mwe-math-fallback-image-inline" src="/x.svg" alt="x"></p>'
            ),
            ("", "x^2"),
        ),
        ("<p>甲<math><msup><mi>x</mi><mn>2</mn></msup></math></p>", ("", "x^2")),
        ("<p>甲 $latex x^2$ 乙</p>", ("", "x^2")),
    ],
)
def test_formulas_of_web_pages_are_found_in_files_and_on_import(html, found):
    page = f"<html><head><title>题</title></head><body><article><h1>题</h1>{STORY}{html}{STORY}</article></body></html>"
    assert FORMULA.findall(sanitize(read_draft(".html", page.encode()).body_html)) == [found]
    assert FORMULA.findall(sanitize(extract(page).body_html)) == [found]


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".md", "# 题\n\n$a^b$ 甲\n\n<p hidden>x</p>"),
        (".rst", "题\n==\n\n:math:`a^b` 甲\n\n.. raw:: html\n\n   <p hidden>x</p>"),
    ],
)
def test_a_formula_stays_where_a_part_of_the_page_is_hidden(suffix, text):
    assert FORMULA.findall(sanitize(read_draft(suffix, text.encode()).body_html)) == [("", "a^b")]


# -- reading them -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tex",
    [
        EQUATION,
        r"\begin{cases}1 & \text{若 }x>0\\0 & \text{否则}\end{cases}",
        r"\begin{align*}a&=b\label{e}\\c&=d\nonumber\end{align*}",
        r"\begin{split}a&=b\end{split}",
        r"\sum_{\substack{i=1\\j=1}}^n \iint_0^\infty \mathbb R \mathcal L \mathbf F \hat x \vec v \overline{AB}",
        r"\left( x \right) \xrightarrow{f} \binom n k \operatorname{rank} A \tag{1}",
        r"\newcommand{\half}{\frac12}\half",
        "a % 注释\n+b",
        "速度=\\frac{距离}{时间}",
    ],
)
def test_tex_of_articles_is_read(tex):
    formulas = Formulas()
    made = sanitize(f"<p>{formulas.html(tex, display=True)}</p>")
    assert made.startswith('<p><math display="block" alttext="')
    assert formulas.warnings() == ()


@pytest.mark.parametrize(
    "tex",
    [
        r"\foo{x}",
        r"\frac{a",
        "a}b",
        r"\def\a{\a\a}\a",
        r"\href{javascript:xss(1)}{x}",
        r"\input{/etc/passwd}",
        "x" * (LONGEST + 1),
        "{" * 2000 + "x" + "}" * 2000,
        r"\left(" * 2000 + r"\right)" * 2000,
        r"\begin{matrix}" * 300 + r"\end{matrix}" * 300,
        "^" * 3000,
        r"\def\a{xxxxxxxxxx}\def\b{\a\a\a\a\a\a\a\a\a\a}\def\c{\b\b\b\b\b\b\b\b\b\b}\def\d{\c\c\c\c\c\c\c\c\c\c}\d\d\d\d",
        "\ud800",
    ],
)
def test_a_formula_that_cannot_be_read_is_shown_as_its_source_with_a_warning(tex):
    formulas = Formulas()
    assert formulas.html(tex, display=False).startswith("<code>")
    assert len(formulas.warnings()) == 1


def test_check_names_the_formula_that_cannot_be_read():
    body, warnings = body_and_warnings(r"坏的 $\foo{x}$ 式")
    assert r"坏的 <code>\foo{x}</code> 式" in body
    assert [str(warning) for warning in warnings] == [r"a formula can't be read; its source is shown: \foo{x}"]


def test_the_formulas_of_one_article_are_limited_together():
    count = LONGEST_TOGETHER // 1000 + 5
    body, warnings = body_and_warnings("\n\n".join(f"$${'x+' * 499}y$$" for _ in range(count)))
    assert body.count("<code>") >= 4
    assert len(warnings) == 1


# -- sanitizing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("<math><mfrac><mi>a</mi></mfrac></math>", "<mrow><mi>a</mi></mrow>"),
        ("<math><mtd><mi>x</mi></mtd></math>", "<mrow><mi>x</mi></mrow>"),
        ("<math><mtable><mi>x</mi></mtable></math>", "<mtable><mtr><mtd><mi>x</mi></mtd></mtr></mtable>"),
        ("<math>x<b>y</b></math>", "<mtext>x</mtext>"),
        ("<math><mtext>x<b>y</b></mtext></math>", "<mtext>xy</mtext>"),
        ("<math><mi>sin</mi><mi>x</mi></math>", '<mi mathvariant="normal">sin</mi><mi>x</mi>'),
        ("<math><mo stretchy=false onclick=x lspace=9zz>|</mo></math>", '<mo stretchy="false">|</mo>'),
        (
            "<math><mmultiscripts><mi>C</mi><mprescripts/><mn>6</mn><mn>14</mn></mmultiscripts></math>",
            "<mmultiscripts><mi>C</mi><mprescripts></mprescripts><mn>6</mn><mn>14</mn></mmultiscripts>",
        ),
        (
            "<math><semantics><mi>x</mi><annotation-xml encoding='text/html'><b>y</b></annotation-xml></semantics></math>",
            "<mi>x</mi>",
        ),
    ],
)
def test_any_mathml_becomes_a_valid_formula(dirty, clean):
    made = sanitize(dirty)
    assert re.sub(r"</?p>|<math[^>]*>|</math>.*", "", made) == clean
    assert sanitize(made) == made


def test_a_formula_is_not_deeper_than_renderers_bear():
    made = sanitize("<math>" + "<mrow>" * 300 + "<mi>x</mi>" + "</mrow>" * 300 + "</math>")
    assert made.count("<mrow>") == DEEPEST_FORMULA - 1
    assert formulas_as_text(made) == "<p>x</p>"


def test_mathml_without_tex_is_text_in_one_line():
    html = "<math><mfrac><mrow><mi>a</mi><mo>+</mo><msup><mi>b</mi><mn>2</mn></msup></mrow><msqrt><mi>c</mi></msqrt></mfrac></math>"
    assert formulas_as_text(sanitize(html)) == "<p>(a+b^2)/(√(c))</p>"


# -- showing them -------------------------------------------------------------------------------------------------


def article(text: str):
    draft = read_draft(".md", f"---\ntitle: 题\n---\n\n{text}".encode())
    return to_article(draft, PurePosixPath("2026-05-01/x.md"), Settings())


def exported(suffix: str, text: str, services, page: str = "") -> bytes:
    return EXPORTS[suffix].export(
        of_article(article(text)), options_of(services.settings, page, ""), services.render.render
    )


def test_only_pages_with_a_formula_carry_its_style(publish, client):
    publish({"2026-05-01/a.md": "# 甲\n\n$x^2$ 正文", "2026-05-01/b.md": "# 乙\n\n正文 $5 和 $6"})
    assert "math{" in client.get("/a/a").text
    assert "math" not in client.get("/a/b").text


def test_a_summary_and_a_search_see_tex(publish, client):
    publish({"2026-05-01/a.md": "# 甲\n\n著名的质能方程 $E=mc^2$ 由爱因斯坦提出。"})
    assert "著名的质能方程 E=mc^2 由爱因斯坦提出。" in client.get("/").text + client.get("/rss.xml").text
    assert "/a/a" in client.get("/search?q=mc").text


def test_feeds_hold_tex_instead_of_mathml():
    site = SiteIdentity("报", "zh", "https://news.example", "news.example,2026")
    body = article("质能 $E<mc^2$ 了。").body
    entry = to_entry(make_article("a", body=body), site, original_slug="a", revised=None)
    assert entry.content == "<p>质能 E&lt;mc^2 了。</p>"


def test_a_book_declares_its_mathml(services):
    with zipfile.ZipFile(io.BytesIO(exported("epub", f"$${EQUATION}$$", services))) as book:
        package = etree.fromstring(book.read("EPUB/package.opf"))
        chapter = etree.fromstring(book.read("EPUB/a1.xhtml"))
    item = package.find(".//{*}item[@href='a1.xhtml']")
    assert item.get("properties") == "mathml"
    assert chapter.find(".//{http://www.w3.org/1998/Math/MathML}math").get("alttext") == EQUATION
    with zipfile.ZipFile(io.BytesIO(exported("epub", "没有", services))) as book:
        assert b"mathml" not in book.read("EPUB/package.opf")


def test_a_heading_in_the_contents_of_a_book_is_text(services):
    with zipfile.ZipFile(io.BytesIO(exported("epub", "## 论 $E=mc^2$\n\n正文", services))) as book:
        assert ">论 E=mc^2</a>" in book.read("EPUB/nav.xhtml").decode()


def test_text_and_markdown_hold_tex(services):
    text = f"质能 $E=mc^2$ 了。\n\n$$\n{EQUATION}\n$$"
    assert f"质能 E=mc^2 了。\n\n{EQUATION}\n" in exported("txt", text, services).decode()
    assert f"质能 $E=mc^2$ 了。\n\n$${EQUATION}$$\n" in exported("md", text, services).decode()


@pytest.mark.parametrize(
    "markdown",
    [
        "质能 $E=mc^2$ 了",
        "$$\n\\begin{pmatrix}a&b\\\\c&d\\end{pmatrix}\n$$",
        r"文 <math><mfrac><mi>a</mi><mi>b</mi></mfrac></math> 字",
        r"\$x\$ 和 &#92;(x&#92;) 和 &#92;[x^2&#92;]",
        "&#91;x=1]",
        "甲 <math display=block><mi>x</mi></math> 乙",
        "| $|x|$ |\n|---|\n| 甲 |",
    ],
)
def test_writing_markdown_keeps_formulas_and_what_looks_like_them(markdown):
    body = sanitize(body_of(markdown))
    assert comparable(sanitize(body_of(to_markdown(body)))) == comparable(body)


@pytest.mark.slow
def test_a_pdf_draws_formulas_and_holds_words_to_read_aloud_and_tex_to_copy(services):
    pdf = exported("pdf", f"质能 $E=mc^2$ 了。\n\n$${EQUATION}$$", services, "phone")
    with pikepdf.open(io.BytesIO(pdf)) as file:
        formulas = [
            item for item in file.objects if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Formula"
        ]
        said = {(str(item.Alt), str(item.ActualText)) for item in formulas}
    assert said == {("E=mc^2", "E=mc^2"), ("(−b±√(b^2−4ac))/(2a)", EQUATION)}


@pytest.mark.slow
def test_a_drawing_stands_on_the_baseline_and_has_han():
    body = Body(sanitize(f"<p>{to_mathml('y', display=False)}{to_mathml('速度', display=False)}</p>"), "a-")
    drawn = draw_formulas(body, "media:")
    (low, han) = body.root.iter("img")
    assert re.fullmatch(r"width:0\.\d+em;height:auto;vertical-align:-0\.[2-5]\d*em", low.get("style"))
    assert (low.get("alt"), han.get("alt")) == (f"{SPOKEN}y{SPOKEN}y", f"{SPOKEN}速度{SPOKEN}速度")
    paths = drawn[han.get("src").removeprefix("media:")].decode().count("<path")
    assert paths == 2


def test_a_formula_that_cannot_be_drawn_is_its_tex():
    body = Body(sanitize('<p><math alttext="x^2"><menclose notation="circle"><mi>x</mi></menclose></math></p>'), "a-")
    body.root.find(".//math")[0].tag = "nonsense"
    draw_formulas(body, "media:")
    assert list(body.root.iter("img")) or body.html() == "<p><code>x^2</code></p>"


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        (r"得 $ f_1\approx exp(-\frac{0^2}{2})$。", r"f_1\approx exp(-\frac{0^2}{2})"),
        (r"得 $f \in \mathbb{R}^{m+1} $。", r"f \in \mathbb{R}^{m+1}"),
        (r"花了 $ 5，又 $ 6，设 $x$", "x"),
        (r"花了 $5 and \alpha costs $x$", "x"),
    ],
)
def test_a_formula_with_spaces_inside_the_dollars_is_one_if_it_has_a_command(markdown, found):
    assert [tex for _, tex in formulas_in(markdown)] == [found]


@pytest.mark.parametrize(
    ("formula", "tex"),
    [
        ("H2O", r"\mathrm{H}_{2}\mathrm{O}"),
        ("2H2 + O2 -> 2H2O", r"2\,\mathrm{H}_{2} + \mathrm{O}_{2} \rightarrow  2\,\mathrm{H}_{2}\mathrm{O}"),
        ("SO4^2-", r"\mathrm{S}\mathrm{O}_{4}^{2-}"),
        ("OH- + H3O+", r"\mathrm{O}\mathrm{H}^{-} + \mathrm{H}_{3}\mathrm{O}^{+}"),
        ("CuSO4*5H2O", r"\mathrm{Cu}\mathrm{S}\mathrm{O}_{4}\cdot 5\,\mathrm{H}_{2}\mathrm{O}"),
        ("A <=>[x][y] B", r"\mathrm{A} \underset{\mathrm{y}}{\overset{\mathrm{x}}{\rightleftharpoons}}  \mathrm{B}"),
        ("CaCO3 v", r"\mathrm{Ca}\mathrm{C}\mathrm{O}_{3} \downarrow "),
        ("CH2=CH2", r"\mathrm{C}\mathrm{H}_{2}=\mathrm{C}\mathrm{H}_{2}"),
    ],
)
def test_chemical_formulas_are_read(formula, tex):
    assert with_chemistry(rf"\ce{{{formula}}}") == f"{{{tex}}}"
    assert to_mathml(rf"\ce{{{formula}}}", display=False)


def test_a_chemical_formula_that_does_not_end_stays():
    assert with_chemistry(r"\ce{H2O" * 100) == r"\ce{H2O" * 100


@pytest.mark.parametrize("tex", [r"\KaTeX", r"\LaTeX", r"\begin{alignat}{2}1&x+&2&y=3\end{alignat}"])
def test_names_of_typesetters_and_columns_of_equations_are_read(tex):
    assert to_mathml(tex, display=True)


@pytest.mark.parametrize(
    "formula", ["\\[\nx_1 = y\n+ z\n\\]", "$$\nx_1 = y\n+ z\n$$", "\\begin{align}\nx_1 &= y \\\\\n&+ z\n\\end{align}"]
)
def test_a_formula_over_several_lines_of_org_is_one(formula):
    body = read_draft("org", f"#+TITLE: 力\n\n前\n{formula}\n后 \\[ z\n\n* 完\n".encode()).body_html
    assert len(FORMULA.findall(sanitize(body))) == 1
    assert "<li>" not in body
    assert "<p>前</p>" in body
