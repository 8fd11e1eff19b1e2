"""Clean HTML as Markdown; what Markdown has no form for stays HTML within it, which is read back as such."""

from __future__ import annotations

import re
from collections import Counter

from bs4 import Tag
from lxml import html as lxml_html
from markdownify import MarkdownConverter

from ..formats import read_draft
from ..models import Draft

_COUNTED = (
    "h2", "h3", "h4", "li", "tr", "td", "th", "img", "a", "rt", "sub", "sup", "blockquote", "figcaption", "pre",
)  # fmt: skip


class _Converter(MarkdownConverter):
    """Figures with captions, ruby, subscripts and irregular tables have no Markdown."""

    def convert_figure(self, element: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        if element.find("figcaption"):
            return f"\n\n{element}\n\n"
        return f"\n\n{text.strip()}\n\n"

    def convert_table(self, element: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        rows = element.find_all("tr")
        regular = not element.find(lambda tag: tag.has_attr("colspan") or tag.has_attr("rowspan"))
        if regular and rows and rows[0].find("th") and not element.find("br"):
            return f"\n\n{text.strip()}\n\n"
        return "\n\n" + re.sub(r"\n\s*\n", "\n", str(element)) + "\n\n"

    def _as_it_is(self, element: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002
        return str(element)

    convert_ruby = convert_sub = convert_sup = convert_ins = _as_it_is
    convert_mark = convert_kbd = convert_cite = convert_q = _as_it_is


def to_markdown(body_html: str) -> str:
    """*body_html*, as ``cleaning`` makes it, as CommonMark with tables."""
    converter = _Converter(heading_style="ATX", bullets="-", escape_misc=True, newline_style="backslash")
    text = re.sub(r"[ \t]+$", "", converter.convert(body_html), flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def says_the_same(markdown: str, body_html: str) -> bool:
    """Whether *markdown*, read as an article is read, has every word and every element of *body_html*."""
    read: Draft = read_draft(".md", f"---\ntitle: x\n---\n{markdown}".encode())
    words, elements = _inventory(read.body_html)
    wanted_words, wanted = _inventory(body_html)
    return words == wanted_words and elements >= wanted


def _inventory(html: str) -> tuple[str, Counter[str]]:
    """All words in order, and how many there are of each element; a bare address may become a link."""
    root = lxml_html.fragment_fromstring(html, create_parent="div")
    return "".join(re.findall(r"\w", root.text_content())), Counter(element.tag for element in root.iter(*_COUNTED))
