"""Formats of other programs in the folder: reStructuredText, Org, AsciiDoc, notebooks, Word and OpenDocument files."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import PurePosixPath

import pytest
from PIL import Image
from test_import_documents import DRAWING, open_document, paragraph, word

from reader.article_building import to_article
from reader.errors import UnreadableArticle
from reader.formats import read_draft
from reader.models import Draft
from reader.sanitizer import sanitize
from reader.settings import Settings

HEADS = {
    ".rst": "Heavy Rain\n##########\n\n:date: 2018-01-02 10:20\n:tags: rain, flood\n:author: Ann Lee\n:slug: rain\n\nText.\n",
    ".rst nikola": ".. title: Heavy Rain\n.. date: 2018-01-02 10:20\n.. tags: rain, flood\n.. author: Ann Lee\n.. slug: rain\n\nText.\n",
    ".org": "#+TITLE: Heavy Rain\n#+DATE: <2018-01-02 Tue 10:20>\n#+FILETAGS: :rain:flood:\n#+AUTHOR: Ann Lee\n#+HUGO_SLUG: rain\n\nText.\n",
    ".adoc": "= Heavy Rain\nAnn Lee <ann@example.org>\nv1, 2018-01-02\n:date: 2018-01-02 10:20\n:page-tags: rain, flood\n:page-slug: rain\n\nText.\n",
    ".qmd": '---\ntitle: "Heavy Rain"\ndate: 2018-01-02 10:20\ncategories: []\ntags: [rain, flood]\nauthor: Ann Lee\nslug: rain\n---\n\nText.\n',
}


def read(suffix: str, text: str) -> Draft:
    return read_draft(suffix, text.encode())


def shown(suffix: str, text: str) -> str:
    """The body as it is published, on one line."""
    return re.sub(r">\s+<", "><", str(sanitize(read(suffix, text).body_html)))


@pytest.mark.parametrize("kind", HEADS)
def test_the_fields_of_each_format_go_through_the_same_table(kind):
    draft = read(kind.split(" ")[0], HEADS[kind])
    assert (draft.title, str(draft.published)) == ("Heavy Rain", "2018-01-02 10:20:00")
    assert (draft.tags, draft.byline, draft.slug) == (("rain", "flood"), ("Ann Lee",), "rain")
    assert sanitize(draft.body_html) == "<p>Text.</p>"


RST = """A
=

Words *soft*, **hard**, ``code`` and `a link <https://example.org/>`_, :doc:`that page <other>`, :ref:`its name <x>`.

.. note:: Mind the gap.

.. code-block:: python

   print(":ref:`x`")

.. figure:: {static}/river.png
   :alt: River

   The river.

.. toctree::

   hidden-entry

.. panel:: Two words

   Inside of it.

.. youtube:: aqz-KE-bpKQ
"""


def test_directives_and_roles_of_restructuredtext_are_shown_and_unknown_ones_keep_their_text():
    draft, html = read(".rst", RST), shown(".rst", RST)
    for wanted in (
        "<em>soft</em>", "<strong>hard</strong>", "<code>code</code>", 'href="https://example.org/"', ">that page</a>",
        "its name.", "Mind the gap.", 'print(":ref:`x`")', "<figcaption>", 'src="/river.png"', "Two words", "Inside of it.",
        'href="https://www.youtube.com/watch?v=aqz-KE-bpKQ"',
    ):  # fmt: skip
        assert wanted in html, wanted
    assert not re.search(r"hidden-entry|toctree|panel::|:doc:", html)
    assert [warning for warning in draft.warnings if "panel" in warning]


def test_restructuredtext_reads_no_file(tmp_path):
    (tmp_path / "secret.csv").write_text("geheim,1\n")
    text = f"A\n=\n\nText.\n\n.. include:: {tmp_path}/secret.csv\n\n.. csv-table::\n   :file: {tmp_path}/secret.csv\n\n.. raw:: html\n   :file: {tmp_path}/secret.csv\n\n.. raw:: latex\n\n   raw\n"
    assert not re.search("geheim|raw", read(".rst", text).body_html)


ORG = """#+TITLE: A
Words /soft/, *hard*, =code=, +gone+ and [[https://example.org/][a link]]; snake_case 2 * 3 * 4.[fn:1]
# not shown
* TODO Part :tag:
:PROPERTIES:
:CUSTOM_ID: part
:END:
- one
  - two
- [X] done
- term :: meaning

#+begin_src python
def f():
    pass
#+end_src

#+CAPTION: The river
[[./river.png]]

| a | b |
|---+---|
| 1 | 2 |

#+begin_quote
Said.
#+end_quote
* COMMENT Hidden
secret
** deeper secret
* Also hidden :noexport:
secret
[fn:1] A note.
* Last
"""


def test_org_is_read_as_emacs_exports_it():
    html = shown(".org", ORG)
    for wanted in (
        "<em>soft</em>", "<strong>hard</strong>", "<code>code</code>", "<del>gone</del>", 'href="https://example.org/"',
        "snake_case 2 * 3 * 4.", '<h2 id="part">Part</h2>', "☑ done", "<strong>term</strong> meaning", "def f():\n    pass",
        "<figcaption>The river</figcaption>", '<th scope="col">a</th>', "<blockquote><p>Said.</p></blockquote>",
        "<h2>Last</h2>",
    ):  # fmt: skip
        assert wanted in html, wanted
    assert not re.search(r"secret|not shown|TODO|PROPERTIES|\[fn", html)


ADOC = """= A
:product: Umbrella
:imagesdir: img

Words _soft_, *hard*, `code`, {product} and https://example.org/[a link]; snake_case 2 * 3 * 4.footnote:[A note.] See <<part,below>>.

[#part]
== Part

NOTE: Mind the gap.

[WARNING]
====
* careful
====

[source,python]
----
print("x") # <1>
----
<1> It prints.

. one
.. two
. three

term:: meaning

|===
|a |b

|1 |2
|===

.The river
image::river.png[River]

[quote, Ann Lee]
____
Said.
____

// not shown
////
secret
////
include::secret.adoc[]
"""


def test_asciidoc_is_read_and_includes_nothing():
    draft, html = read(".adoc", ADOC), shown(".adoc", ADOC)
    for wanted in (
        "<em>soft</em>", "<strong>hard</strong>", "<code>code</code>", "Umbrella", 'href="https://example.org/"',
        "snake_case 2 * 3 * 4.", '<h2 id="part">Part</h2>', 'href="#part"', "Mind the gap.", '<aside class="warning">',
        "careful", 'print("x")\n', "It prints.", "<strong>term</strong> meaning", '<th scope="col">a</th>', 'src="img/river.png"',
        "The river", "Said.", "—— Ann Lee", "A note.",
    ):  # fmt: skip
        assert wanted in html, wanted
    assert re.search(r"<li>one<ol>\s*<li>two</li>\s*</ol></li>", html)
    assert not re.search(r"secret|not shown|\[source|====|footnote:|&lt;1&gt;", html)
    assert draft.warnings == ("the file secret.adoc is not included",)


@pytest.mark.parametrize(
    ("suffix", "text", "html"),
    [
        (".adoc", "A \"`smart`\" and '`single`' quote, `code`.", "A “smart” and ‘single’ quote, <code>code</code>."),
        (".adoc", "H~2~O, 10^8^, ~low~ and ^high^.",
         "H<sub>2</sub>O, 10<sup>8</sup>, <sub>low</sub> and <sup>high</sup>."),
        (".adoc", "[.red]#warm# [.line-through]#gone#, #mark#", "warm <del>gone</del>, <mark>mark</mark>"),
        (".adoc", "about ~ 5 and ~/bin or ~~x", "about ~ 5 and ~/bin or ~~x"),
        (".org", "about ~5 and x~~y~~z", "about ~5 and x~~y~~z"),
    ],
)  # fmt: skip
def test_marks_within_a_line_are_those_of_the_format_and_no_other(suffix, text, html):
    assert shown(suffix, f"{'=' if suffix == '.adoc' else '#+title:'} T\n\n{text}\n") == f"<p>{html}</p>"


def test_org_links_to_headings_entities_code_and_citations_are_read():
    text = """#+TITLE: T
* TODO 第一节
  SCHEDULED: <2026-05-01 Fri>
  :PROPERTIES:
  :CUSTOM_ID: x1
  :END:
* 第二节
See [[#x1][above]] and [[*第二节]]: \\alpha, src_python[:results raw]{print(1)}, [cite:@doe2020; see @lee], lost[fn:9].
"""
    html = str(to_article(read(".org", text), PurePosixPath("2026-05-01/a.org"), Settings()).body)
    assert read(".org", text).title == "T"
    assert '<h2 id="x1">第一节</h2>' in html
    assert '<a href="#x1">above</a> and <a href="#第二节">第二节</a>: α, <code>print(1)</code>' in html
    assert "(doe2020; see lee), lost." in html


def test_what_stands_in_directives_of_sphinx_and_docutils_is_shown_as_theirs():
    html = shown(
        ".rst",
        """T
=

.. versionadded:: 1.2
   新增。

.. danger2:: 中文说明

.. only:: html

   on screens

.. only:: latex

   on paper

.. raw:: html

   <p onclick="x()">raw <script>y()</script></p>

.. raw:: html
   :file: /etc/passwd

.. tab:: Linux

   make

| line one
| line two

.. code:: python
   :number-lines:

   x = 1

A [1]_, again [1]_ and [#n]_.

.. [1] First.
.. [#n] Second.

   More.
""",
    )
    for wanted in (
        "1.2 新增。", "<p>中文说明</p>", "<p>on screens</p>", "<p>raw</p>", "<strong>Linux</strong>", "<p>line one<br>line two</p>",
        '<sup class="footnote-ref"><a href="#fn-footnote-1" id="fnref-footnote-1">1</a></sup>', 'id="fnref-footnote-1-2"',
        '<section class="footnotes"><ol><li id="fn-footnote-1"><p>First. <a href="#fnref-footnote-1" class="footnote-backref">↩</a></p></li>',
        '<p>Second.</p><p>More. <a href="#fnref-n"',
    ):  # fmt: skip
        assert wanted in html, wanted
    assert not re.search(r"on paper|root:|onclick|script|>1 <", html)


def test_chunks_of_quarto_and_r_markdown_are_code_without_their_options():
    text = '# A\n\n```{r setup, include=FALSE}\nhidden()\n```\n\n```{python}\n#| label: x\nshown()\n```\n\n```{note} Look\nMind *it*.\n```\n\n::: {.callout-tip title="So"}\nDo.\n:::\n'
    html = shown(".qmd", text)
    assert "<pre><code>shown()\n</code></pre>" in html.replace(' class="language-python"', "")
    assert not re.search(r"hidden|label|\{|:::", html)
    assert html.count('<aside class="note">') == 2
    assert "Mind <em>it</em>" in html


def pixels() -> str:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def notebook(*cells: dict[str, object]) -> str:
    return json.dumps({"cells": list(cells), "metadata": {"language_info": {"name": "python"}}, "nbformat": 4})


def test_a_notebook_shows_its_text_its_code_and_what_the_code_wrote(publish, client, settings):
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["\x1b[31mred\x1b[0m\n"]},
        {"output_type": "display_data", "data": {"image/png": pixels(), "text/plain": "<Figure size 1x1>"}},
        {
            "output_type": "execute_result",
            "data": {"text/html": "<table><tr><td>1</td></tr></table>", "text/plain": "1"},
        },
        {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["…"]},
    ]
    cells = [
        {"cell_type": "raw", "source": "---\ntitle: Rain\ndate: 2018-01-02\n---"},
        {"cell_type": "markdown", "source": ["# Rain\n", "\n", "It *rained*.\n", "\n", "![a](attachment:a.png)"],
         "attachments": {"a.png": {"image/png": pixels()}}},
        {"cell_type": "code", "source": "%matplotlib inline\nprint(1)", "outputs": outputs},
        {"cell_type": "code", "source": "hidden()", "metadata": {"tags": ["remove-cell"]}, "outputs": []},
    ]  # fmt: skip
    publish({"rain.ipynb": notebook(*cells).encode()})
    page = re.sub("</?span[^>]*>", "", client.get("/a/rain").text)  # the colours of code
    for wanted in ("<em>rained</em>", "print(1)", ">red", ">1</td>", "ValueError: no"):
        assert wanted in page, wanted
    assert not re.search(
        r"hidden\(|matplotlib|Figure size|\[31m|data:image/png|attachment:",
        page.split("<article")[1].split("</article>")[0],
    )
    assert len(re.findall(r'<img [^>]*src="[^"]*/media/', page)) == 2
    address = re.search(r'src="(/media/[^"]+)"', page)
    assert address
    with client.get(address[1]) as answer:
        assert answer.status_code == 200


def test_a_word_file_and_an_open_document_in_the_folder_are_articles_with_their_pictures(publish, client, tmp_path):
    body = (
        paragraph("沿河步道开放", "a")
        + paragraph("2018-11-23 10:40 来源：晨报")
        + paragraph("步道全长七公里，沿途设有观鸟亭。")
        + DRAWING
    )
    publish(
        {
            "walk.docx": word(tmp_path / "a.docx", body).read_bytes(),
            "path.odt": open_document(tmp_path / "a.odt").read_bytes(),
        }
    )
    for slug in ("walk", "path"):
        page = client.get(f"/a/{slug}").text
        assert "沿河步道开放" in page
        assert re.search(r'<img [^>]*src="[^"]*/media/', page), slug


def test_a_picture_inside_of_an_article_is_served_and_a_broken_one_costs_only_itself(publish, client, services):
    publish(
        {
            "a.md": f"# 题\n\n正文。\n\n![图](data:image/png;base64,{pixels()})\n\n![坏](data:image/png;base64,AAAA)\n".encode()
        }
    )
    page = client.get("/a/a").text
    assert page.count("<img") == 1
    assert "data:image" not in page.split("<article")[1]
    assert [remark for remark in services.catalog.remarks() if "picture" in str(remark.cause)]


SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100"><rect width="200" height="100" fill="red"/>{}</svg>'
)


def test_an_svg_beside_the_article_is_drawn_and_reads_nothing_outside_of_it(publish, client, settings, tmp_path):
    Image.new("RGB", (9, 9), "blue").save(tmp_path / "secret.png")
    inside = f'<image href="{tmp_path}/secret.png" width="200" height="100"/><script>alert(1)</script>'
    publish({"a.md": "# 题\n\n正文。\n\n![图](a.svg)\n".encode(), "a.svg": SVG.format(inside).encode()})
    page = client.get("/a/a").text
    address = re.search(r'src="(/media/[^"]+\.jpg)"', page)
    assert address
    with client.get(address[1]) as answer, Image.open(io.BytesIO(answer.data)) as drawn:
        assert drawn.width == 720
        red, _, blue = drawn.convert("RGB").getpixel((300, 100))  # type: ignore[misc]
    assert (red > 200, blue < 60) == (True, True)


@pytest.mark.parametrize(
    "bad", [b"<svg", b"<svg xmlns='http://www.w3.org/2000/svg' width='99999' height='9'/>", b"GIF89a"]
)
def test_a_bad_svg_costs_only_itself(publish, client, bad):
    publish({"a.md": "# 题\n\n正文。\n\n![图](a.svg)\n".encode(), "a.svg": bad})
    assert "正文。" in client.get("/a/a").text
    assert "<img" not in client.get("/a/a").text


@pytest.mark.parametrize("text", ["- " * 3000, "*a " * 40_000])
def test_restructuredtext_that_takes_too_long_or_too_deep_is_refused(text):
    with pytest.raises(UnreadableArticle):
        read(".rst", f"A\n=\n\n{text}\n")


def test_a_text_file_of_nikola_is_restructuredtext():
    text = ".. title: Rain\n.. slug: heavy\n.. date: 2018-01-02 10:20\n.. tags: a, b\n\nIt ``rained`` {{% chart x %}}all{{% /chart %}} day.\n"
    draft = read(".txt", text)
    assert (draft.title, draft.slug, draft.tags, str(draft.published)) == (
        "Rain",
        "heavy",
        ("a", "b"),
        "2018-01-02 10:20:00",
    )
    assert sanitize(draft.body_html) == "<p>It <code>rained</code> all day.</p>"
    comment = read(".md", f"<!--\n{text.split(chr(10) * 2)[0]}\n-->\n\nIt rained.\n")
    assert (comment.title, comment.slug) == ("Rain", "heavy")


def test_tags_around_code_of_other_templates_go_and_the_rest_of_the_page_is_read():
    text = '# A\n\n{%- set x %}{% raw %}\nexport default function({n}) {\n  return n;\n};\n{% endraw %}{% endset %}\n\nText {% addedin "0.7" %} on.\n\n{{ "B" | nav({ all: true }) | safe }}\n\nEnd {% raw %} here.\n'
    html = shown(".md", text)
    assert not re.search(r"\{%|\{\{|addedin|nav\(", html)
    assert "Text on." in html.replace("  ", " ")
    assert "here." in html


@pytest.mark.parametrize("head", ["pageTitle: Rain\n", "eleventyNavigation:\n  key: Rain\n  order: 1\n"])
def test_the_title_of_a_page_may_be_that_of_its_menu(head):
    assert read(".md", f"---\n{head}---\n\nText.\n").title == "Rain"


def test_the_warning_of_a_bad_svg_names_it_and_can_be_stored(publish, services):
    publish(
        {
            "a.md": "# 题\n\n正文。\n\n![图](a.svg)\n".encode(),
            "a.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><rect></svg>",
        }
    )
    (remark,) = [remark for remark in services.catalog.remarks() if "a.svg" in str(remark.cause)]
    assert "image is damaged" in str(remark.cause)
    assert services.catalog.problems() == []


def test_tags_of_templates_in_a_page_of_a_site_are_no_text():
    page = "---\ntitle: About\nlayout: page\n---\n<p>{{ site.title }}We {% include x.html %}write.</p><pre>{{ shown }}</pre>\n"
    assert shown(".html", page) == "<p>We write.</p><pre>{{ shown }}</pre>"
    assert "{{" not in read(".html", "<h1>Part</h1><p>Count: {{ count }}, {{ b ? 'x' : 'y' }}</p>").body_html
    whole = "<!DOCTYPE html><title>A</title><p>Write {{ count }} so.</p>"
    assert "{{ count }}" in read(".html", whole).body_html


def test_asciidoc_for_jekyll_has_its_tags_in_brackets_and_literal_text_between_plus_signs():
    draft = read(
        ".adoc", '= A\n:page-tags: [release, "big news"]\n\nTwo +<script>+ tags, +*not bold*+, C++ and 1+1+1.\n'
    )
    assert draft.tags == ("release", "big news")
    text = "Two &lt;script&gt; tags, *not bold*, C++ and 1+1+1."
    assert text in str(sanitize(draft.body_html))


@pytest.mark.parametrize("value", ["a*b", "*甲", "`c", "|x", "12*", "**甲", "``甲", "甲_ [1]_", "|甲|", ":none:`甲`"])
def test_a_sign_of_restructuredtext_in_a_field_or_title_brings_in_no_message_of_docutils(value):
    draft = read(".rst", f"{value}\n{'=' * 40}\n\n:tags: {value}\n:aliases: {value}\n:summary: {value}\n\n文 {value}\n")
    said = repr((draft.title, draft.tags, draft.aliases, draft.summary, draft.body_html))
    assert not re.search("string|WARNING|INFO|ERROR", said)
