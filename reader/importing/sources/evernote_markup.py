"""The text of a note of Evernote (ENML 2) as HTML: checklists, tasks and code blocks, which it marks in styles."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lxml import etree
from lxml.html import HtmlElement

from ...formats.hidden_elements import drop_hidden
from ..extraction.code_blocks import lines_of
from ..extraction.text_blocks import parse

OPEN, DONE = "☐ ", "☑ "
_MARKED = re.compile(r"-en-(?:codeblock|task-group|checked)\b")
_LANGUAGE = re.compile(r"-en-(?:codeblockLanguage|syntaxLanguage):\s*([\w+#-]+)\s*(?:;|$)")
_ID = re.compile(r"-en-id:\s*([0-9a-f-]{36})")
_CHECKED = re.compile(r"-en-checked:\s*(true|false)")


def with_checklists_and_code(html: str, tasks: Mapping[str, Sequence[str]]) -> str:
    """*html* with what Evernote marks in styles as elements or text. *tasks* are the lines of each group by its id."""
    if not _MARKED.search(html):
        return html
    body = parse(html)
    for element in list(body.iter("div", "li")):
        style = element.get("style") or ""
        if checked := _CHECKED.search(style):
            _prepend(element, DONE if checked[1] == "true" else OPEN)
        elif "-en-task-group:true" in style:
            found = _ID.search(style)
            _replace(element, "ul", "li", *tasks.get(found[1] if found else "", ()))
        elif "-en-codeblock:true" in style:
            language = _LANGUAGE.search(style)
            drop_hidden(element)
            _replace(element, "pre", "code", lines_of(element).replace("\xa0", " ").strip("\n") + "\n")
            if language and language[1] != "plaintext":
                element[0].set("class", f"language-{language[1]}")
    return str(etree.tostring(body, encoding="unicode", method="html"))


def _prepend(item: HtmlElement, mark: str) -> None:
    """Writes *mark* before the text of a list item, which is in a ``div``."""
    inner = item[0] if len(item) and item[0].tag == "div" and not (item.text or "").strip() else item
    inner.text = mark + (inner.text or "").lstrip()


def _replace(element: HtmlElement, tag: str, inner_tag: str, *texts: str) -> None:
    tail = element.tail
    element.clear()
    element.tag, element.tail = tag, tail
    for text in texts:
        etree.SubElement(element, inner_tag).text = text
