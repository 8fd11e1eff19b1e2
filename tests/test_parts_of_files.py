"""Parts of an article in another tool's markup: none is lost without a warning, none is shown that the tool hides."""

from __future__ import annotations

import re

import pytest

from reader.formats import read_draft
from reader.models import Draft
from reader.sanitizer import sanitize

HEADS = {
    ".rst": "雨\n##\n\n",
    ".adoc": "= 雨\n\n",
    ".org": "#+TITLE: 雨\n\n",
    ".md": "# 雨\n\n",
    ".html": "<title>雨</title>",
}


def read(suffix: str, text: str) -> Draft:
    return read_draft(suffix, f"{HEADS[suffix]}{text}".encode())


def shown(suffix: str, text: str) -> str:
    return str(sanitize(read(suffix, text).body_html))


HIDDEN = [
    (".rst", ".. only:: not html\n\n   密"),
    (".rst", ".. only:: latex and html\n\n   密"),
    (".rst", ".. only:: (html)\n\n   密"),
    (".rst", ".. ifconfig:: internal\n\n   密"),
    (".rst", ".. comment::\n\n   密"),
    (".adoc", "ifdef::internal[]\n密\nendif::[]"),
    (".adoc", "ifdef::internal[密]"),
    (".adoc", "ifndef::backend-html5[]\n密\nendif::[]"),
    (".adoc", ":a: 1\n\nifdef::a+b[]\n密\nifdef::a[]\n密\nendif::a[]\nendif::[]"),
    (".adoc", 'ifeval::["{backend}" != "html5"]\n密\nendif::[]'),
    (".adoc", "ifeval::[3 > 2]\n密\nendif::[]"),
    (".adoc", "[comment]\n密\n密"),
    (".adoc", "|===\n|a\n// 密\n|b\n|==="),
    (".adoc", "a(((密))) indexterm:[密]"),
    (".org", "#+begin_src sh :exports none\n密\n#+end_src"),
    (".org", "#+HEADER: :exports results\n#+begin_src sh\n密\n#+end_src"),
    (".org", "#+PROPERTY: header-args:sh :exports none\n#+begin_src sh\n密\n#+end_src"),
    (".org", "src_sh[:exports none]{密}"),
    (".org", "* a :private:\n密\n* b"),
    (".org", "#+EXCLUDE_TAGS: mine\n* a :mine:\n密\n* b"),
    (".org", ":NOTES:\n密\n:END:"),
    (".org", "#+SELECT_TAGS: pub\n* a :pub:\n** 下文\n* 密\n密\n** 密\n* b\n上文\n** 密\n密\n** c :pub:\n** 密"),
    (".org", "* a :ARCHIVE:\n密\n** 密\n* b"),
    (".org", "* a\n:PROPERTIES:\n:header-args: :exports none\n:END:\n** c\n#+begin_src sh\n密\n#+end_src\n* b"),
    (".rst", ".. todo:: 密\n\n   密"),
    (".md", "::: {.content-hidden}\n密\n::: note\n密\n:::\n密\n:::"),
    (".md", '::: {#a .content-visible when-format="pdf"}\n密\n:::'),
    (".md", '::: {.content-hidden unless-format="pdf"}\n密\n:::'),
    (".md", "{{% private %}}密{{% /private %}}{% hide %}密{% endhide %}"),
    (".md", "```{comment}\n密\n```"),
    (".md", f"{{>>密{{a}}{'密' * 2000}<<}} {{--密\n\n密--}} {{~~密~>b~~}}"),
    (".md", "<p hidden>密</p>\n\n<div style='color: red; DISPLAY : none'>\n\n密\n\n</div>"),
    (".html", "<p hidden>密<p><b style='display:none'>密</b>"),
    (".md", "<dialog>密</dialog><p popover>密</p><b style='visibility:hidden'>密</b><datalist><option>密</datalist>"),
    (".md", "{::comment}\n密\n{:/comment}\n\n{::nomarkdown}<b>a</b>{:/}"),
    (".md", '```{note}\na\n```\n\nb\n% 密\n\n+++ {"密": 1}\n\n```{toctree}\n密\n```'),
    (".md", "{{ if false }}密{{ end }}"),
    (".org", "#+OPTIONS: tasks:nil\n* TODO 密\n密\n* b"),
    (".rst", ".. role:: tex(raw)\n   :format: latex\n\na :tex:`密`"),
]


@pytest.mark.parametrize(("suffix", "text"), HIDDEN)
def test_what_its_tool_hides_is_not_shown_and_what_stands_around_it_is(suffix, text):
    html = shown(suffix, f"上文在此，写得很长。\n\n{text}\n\n下文" + "也在此，写得很长。" * 3)
    assert "密" not in html
    assert "上文" in html
    assert "下文" in html


SHOWN = [
    (".md", '```python title="甲"\n乙\n```', ""),
    (".md", "> 丙\n> ```python:甲\n> 乙\n> ```", ""),
    (".md", "- ```{code-block} python\n  :caption: 甲\n\n  乙\n  ```", ""),
    (".md", "(a)=\n\n:::{note} 甲\n乙\n:::", ""),
    (".md", "乙\n\n```{include} a.md\n```", "is not included"),
    (".org", "#+CAPTION: 甲\n#+begin_src sh\n乙\n#+end_src", ""),
    (".rst", ".. header:: 密\n\n甲乙", "may not be for readers"),
    (".rst", "+---+---+\n| 甲 | 乙 |\n+---+--", "can't be read"),
    (".rst", "=====  =====\n甲      乙\n=====  =====\n过长的一格甲乙丙丁   丙\n=====  =====", "can't be read"),
    (".rst", ".. csv-table::\n\n   \"甲", "can't be read"),
    (".rst", ".. code-block:: python\n   :caption: 乙\n   :emphasize-lines: 1\n\n   甲", ""),
    (".rst", ".. admonition:: 乙\n   :collapsible: open\n\n   甲", ""),
    (".rst", ".. list-table::\n   :nosuch: 1\n\n   * - 甲", ""),
    (".rst", ".. only:: html or latex\n\n   甲", ""),
    (".rst", ".. only:: not latex\n\n   甲", ""),
    (".rst", ".. function:: 甲(x)", "isn't known"),
    (".rst", ".. code-block:: jinja\n\n   {% 甲 %}\n\n``{{ 乙 }}`` ::\n\n   {% 丙 %}", ""),
    (".md", "{% capture x %}\n甲\n\n乙\n{% endcapture %}\n\n{% assign y = 1 %}丙", ""),
    (".md", "甲 **{{ site.x }}** 乙", ""),
    (".md", "alias:: 密\n- 甲\n  id:: 1", ""),
    (".md", "+------+------+\n| 乙   | 甲   |\n+======+======+\n| x    | - 丙 |\n+------+------+", ""),
    (".adoc", ",===\n甲,\"乙,丙\"\n===", ""),
    (".adoc", ",===\n甲,\"乙\n,===", ""),
    (".adoc", ":===\n甲:乙\n:===", ""),
    (".adoc", '[format=csv,separator=;]\n|===\n甲;乙\n|===', ""),
    (".adoc", "|===\n甲 | 乙\n|===", ""),
    (".adoc", "!===\n! 甲 ! 乙\n!===", ""),
    (".adoc", "ifdef::backend-html5[甲]\nifndef::x[]\n乙\nendif::[]", ""),
    (".adoc", "menu:甲[乙 > 丙]", ""),
    (".adoc", "* [[[甲]]] 乙 ((丙))", ""),
    (".org", ":smile:\n甲\n* 乙\n:PROPERTIES:\n:ID: x\n:END:\n丙", ""),
    (".org", "#+HTML: <p>甲</p>\nDEADLINE: 乙\n<<<丙>>>", ""),
    (".adoc", "//// 甲\n/// 乙", ""),
    (".adoc", "甲 https://a.b[乙\n丙] *丁\n丁*", ""),
    (".adoc", '[cols="a,a"]\n|===\n|甲 |乙\n\n|\n* 丙\n** 丁\n|\n----\nx\n----\n|===', ""),
    (".org", "甲 [[https://a.b][乙\n丙]] *丁\n丁* [[https://a.b][[x] 甲]]", ""),
    (".adoc", '[quote,title="甲",attribution=乙,citetitle=丙]\n丁', ""),
    (".adoc", ':a: 甲\n:b: {a}乙\n\n{b} [title="丙"]\n\n[title=丁]\n|===\n|x\n|===', ""),
    (".adoc", ".甲\n[quote]\n乙", ""),
    (".org", "#+CAPTION[x]: 甲\n| 乙 |\n#+MACRO: m 丙$1丁\n{{{m(戊)}}}", ""),
    (".org", "* a :PROPERTIES:\n#+begin_src sh :exports code\n甲\n#+end_src\n* b :ARCHIVE:\n密\n* 乙", "may not be"),
    (".md", "甲\n\n<!-- 密\n\n密", "in '<!-- 密 密' may not be"),
    (".md", "甲\n\n%%\n密", "may not be for readers"),
    (".org", "甲\n#+begin_comment\n密", "may not be for readers"),
    (".adoc", "甲\n\n////\n密", "may not be for readers"),
    (".adoc", "甲\n\n////\n密\n////\n\n[comment]\n密", ""),
    (".org", ":NOTES:\n密\n:END:\n甲", "may not be for readers"),
    (".md", "[^a]: 密\n\n甲", "nothing calls the note [^a]"),
    (".md", "{% tabs x %}\n<!-- tab 甲@icon -->\n乙\n<!-- endtab -->\n{% endtabs %}", ""),
    (".md", '{% include note.html content="甲" %}', ""),
    (".md", '{% embed url="https://a.example/" %}\n甲\n{% endembed %}', ""),
    (".md", "{% button 甲, https://a.example/ %}", ""),
    (".md", '::: {.content-visible when-format="html"}\n甲\n:::', ""),
    (".md", "{++甲\n\n乙++} {==丙==} {~~x~>丁~~} {++", ""),
    (".md", "<p hidden>密</p>\n\n" + "甲" * 5, "hides"),
    (".html", "<div hidden><p>甲乙丙丁</div>戊", ""),
]  # fmt: skip


@pytest.mark.parametrize(("suffix", "text", "warning"), SHOWN)
def test_no_text_of_a_part_is_lost_and_a_warning_tells_what_is_left_out(suffix, text, warning):
    draft = read(suffix, text)
    html = str(sanitize(draft.body_html))
    assert [word for word in "甲乙丙丁" if word in text and word not in html] == []
    assert not re.search(r"\[\[|\]\]|\*|\|===", html)
    assert warning in " ".join(map(str, draft.warnings))
    assert bool(warning) == bool(draft.warnings)


def test_a_table_of_asciidoc_has_the_cells_of_its_lines_of_csv():
    assert "<td>丙,丁</td>" in shown(".adoc", ',===\n甲,乙\n"丙,丁"\n,===')


def test_a_refused_block_of_restructuredtext_stands_in_its_place_once():
    html = shown(".rst", "上\n\n.. figure:: a.png\n   :width: wide\n\n   甲\n\n标\n==\n\n下")
    assert html.index("上") < html.index("甲") < html.index("下")
    assert html.count("甲") == html.count("标") == 1
