"""Builds HTML for the other modules of this folder: figures, asides, details, links.

*prefix* is the beginning of the current line (indent, ``>`` of quotations). It is repeated on each new line.
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import quote

from ...chinese import has_han

_KINDS = {
    "tip": "note", "note": "note", "info": "note", "important": "note", "success": "note", "abstract": "note",
    "summary": "note", "tldr": "note", "todo": "note", "hint": "note", "check": "note", "done": "note",
    "question": "note", "help": "note", "faq": "note", "example": "note", "primary": "note", "default": "note",
    "warning": "warning", "caution": "warning", "danger": "warning", "attention": "warning", "error": "warning",
    "failure": "warning", "fail": "warning", "missing": "warning", "bug": "warning", "alert": "warning",
}  # fmt: skip
_INLINE_MARKUP = re.compile("\\]\\(|\\[[^\\[\\]]*\\]\\[|[*_`~]\\S|\\\\\\W|\ufdd0|\ufdd2")
"""Possible inline markup of Markdown, or a placeholder of ``masking`` for it."""
_BLOCK_MARK, _ESCAPED = re.compile(r"^([0-9]{0,9})([-+*#>.)])(?=\s|$)"), r"\1\\\2"
_QUOTES = frozenset({"quote", "cite", "blockquote"})
TITLES = {
    "tip": "提示", "note": "注意", "info": "信息", "important": "重要", "success": "成功", "abstract": "摘要",
    "summary": "摘要", "tldr": "摘要", "todo": "待办", "hint": "提示", "check": "完成", "done": "完成",
    "question": "问题", "help": "帮助", "faq": "问答", "example": "示例", "warning": "警告", "caution": "小心",
    "danger": "危险", "attention": "注意", "error": "错误", "failure": "失败", "fail": "失败", "missing": "缺失",
    "bug": "缺陷", "alert": "警告", "details": "详情", "quote": "引用", "cite": "引用",
}  # fmt: skip
"""The default titles of callouts in a Chinese article, by kind."""
KINDS = frozenset(_KINDS) | _QUOTES


def is_chinese(text: str) -> bool:
    """Whether the beginning of *text* contains Han characters. Default titles of callouts are then Chinese."""
    return has_han(text[:2000])


def title_of(kind: str, *, chinese: bool) -> str:
    """The default title of a callout; empty for a Chinese one of unknown kind."""
    return TITLES.get(kind, "") if chinese else kind.capitalize()


def aside(kind: str, title: str, body: str, prefix: str = "") -> str:
    """A note or a warning with its title; *body* is Markdown."""
    kind = kind.lower()
    tag = "blockquote" if kind in _QUOTES else f'aside class="{_KINDS.get(kind, "note")}"'
    head = f"**{title.strip()}**\n\n" if title.strip() else ""
    return (
        on_lines(f"<{tag}>\n\n{head}", prefix)
        + _without_first_prefix(body, prefix)
        + on_lines(f"\n\n</{tag.split()[0]}>\n\n", prefix)
    )


def details(title: str, body: str, prefix: str = "") -> str:
    """A ``<details>`` element with its summary; *body* is Markdown."""
    summary = escape(title.strip(), quote=False)
    if _INLINE_MARKUP.search(title):  # between blank lines it is parsed as Markdown
        summary = f"\n\n{title.strip()}\n\n"
    start = on_lines(f"<details><summary>{summary}</summary>\n\n", prefix)
    return start + _without_first_prefix(body, prefix) + on_lines("\n\n</details>\n\n", prefix)


def _without_first_prefix(body: str, prefix: str) -> str:
    """*body* without the *prefix* of its first line, which the line before already ends with."""
    return body.strip("\n").removeprefix(prefix)


def figure(src: str, alt: str, caption: str, link: str = "", prefix: str = "") -> str:
    """A picture with its caption, which may contain HTML and Markdown: Hugo and Zola render both."""
    image = f'<img src="{escape(address(src))}" alt="{escape(alt)}">'
    if link:
        image = f'<a href="{escape(address(link))}">{image}</a>'
    if not caption:
        return on_lines(f"\n\n<p>{image}</p>\n\n", prefix)
    if _INLINE_MARKUP.search(caption):  # between blank lines it is parsed as Markdown
        caption = f"\n\n{_BLOCK_MARK.sub(_ESCAPED, ' '.join(caption.split()))}\n\n"
    return on_lines(f"\n\n<figure>{image}<figcaption>{caption}</figcaption></figure>\n\n", prefix)


def link(text: str, target: str) -> str:
    """An ``<a>`` element with plain *text*."""
    return f'<a href="{escape(address(target))}">{escape(text, quote=False)}</a>'


def address(text: str) -> str:
    """*text* as a URL, with spaces and the markup characters of Markdown percent-encoded."""
    return quote(text.strip(), safe="/:?#@!$&'()+,;=%~*-._")


def on_lines(text: str, prefix: str) -> str:
    """*text* with *prefix* at the beginning of each line except the first, which follows a prefix."""
    return text.replace("\n", f"\n{prefix}") if prefix else text
