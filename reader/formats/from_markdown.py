"""Markdown (CommonMark with tables, footnotes, strikethrough, definition lists, emoji) with front matter.

What other tools add to Markdown is read by ``dialects``.

HTML within it is let through for ruby, poems, figures and right-to-left passages: the sanitizer comes after.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from functools import cache
from typing import Any

import comrak

from ..i18n import Message
from ..models import Draft
from ..sanitizer import check_markdown
from . import front_matter
from .decoding import decode_text
from .dialects import MOST_NAMED, to_commonmark
from .dialects.heading_ids import with_own_ids
from .dialects.masking import Masks
from .dialects.source_comments import HTML_NAMES
from .hidden_elements import LEFT_OUT, without_hidden
from .mathematics import Formulas, with_tex

SUFFIXES = (".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd")
SAMPLE = "---\ntitle: 大雨\npublished: 2026-05-01 06:00\n---\n\n今天下雨。\n".encode()

_FIRST_HEADING = re.compile(r"\s*(?:<hr />\s*)?<h1>(.*?)</h1>\s*", re.DOTALL)
_FENCED_FORMULA = re.compile(r'<pre><code class="language-math"[^>]*>([^<]*)</code></pre>')
_TAG = re.compile(r"<[^>]+>")
_ANY_TAG = re.compile(r"<(/?)([A-Za-z][^\s<>/]*)([^<>]*)>")
_MARK = re.compile(r'<sup class="footnote-ref">.*?</sup>')
"""The mark of a note, whose number is no part of a title."""
_NOTE_NAMED = re.compile(r"\[\^([^\]\s]{1,80})\]")
_NOTE_DEFINED = re.compile(rf"^[ >]{{0,9}}{_NOTE_NAMED.pattern}:", re.MULTILINE)
_BARE_LINK = re.compile(r'<a href="[^"]*">((?:https?://|www\.)[!-;=-~]*?)([^!-~][^<]*)</a>')


def read(data: bytes) -> Draft:
    """The title is the front matter's, else the first heading when it is an h1; that heading leaves the body."""
    whole = decode_text(data)
    front_matter.refuse_lines_alone(whole)
    values, text, _ = front_matter.split_markdown(whole)
    body, warnings = body_and_warnings(text)
    return with_title({**values, "warnings": (*values.get("warnings", ()), *warnings)}, body)


def with_title(values: dict[str, Any], body: str) -> Draft:
    """A Draft of front matter and body. A first h1 is the title; the one that repeats it is not shown twice."""
    heading = _FIRST_HEADING.match(body)
    if not heading:
        return Draft(**{"title": "", **values}, body_html=body)
    title = " ".join(html.unescape(_TAG.sub("", with_tex(_MARK.sub("", heading[1])))).split())
    if values.get("title") not in (None, "", title):
        return Draft(**values, body_html=body)
    return Draft(**{**values, "title": title}, body_html=body[heading.end() :])


def body_of(text: str) -> str:
    """Markdown as HTML, not sanitized."""
    return body_and_warnings(text)[0]


def body_and_warnings(text: str) -> tuple[str, tuple[str, ...]]:
    """Markdown as HTML, not sanitized, and what of it is not shown (Messages)."""
    masks, formulas = Masks(), Formulas()
    text, warnings = to_commonmark(text, masks)
    check_markdown(text)
    body: str = comrak.render_markdown(text, extension_options=_extensions(), render_options=_rendering())
    body = with_own_ids(body)
    if "://" in body or "www." in body:
        body = _BARE_LINK.sub(_link_ends_before_chinese, body)
    if "language-math" in body:
        body = _FENCED_FORMULA.sub(lambda found: f"<p>{formulas.html(html.unescape(found[1]), display=True)}</p>", body)
    body, hidden = without_hidden(_with_names_in_brackets(body))
    body = masks.restore_formulas(body, formulas.html)
    return body, (*warnings, *_lost_notes(text), *([LEFT_OUT] if hidden else []), *formulas.warnings())


def _lost_notes(text: str) -> tuple[Message, ...]:
    """Notes that nothing calls: they are not shown (GFM)."""
    if "]:" not in text or not (defined := Counter(_NOTE_DEFINED.findall(text))):
        return ()
    named = Counter(_NOTE_NAMED.findall(text))
    lost = [name for name in defined if named[name] == defined[name]]
    return tuple(Message("nothing calls the note [^%(name)s]; it is left out", name=name) for name in lost[:MOST_NAMED])


def _with_names_in_brackets(body: str) -> str:
    """*body* with ``List<T>`` as text: ``<T>`` is no element of HTML, and has no end."""
    tags = _ANY_TAG.findall(body)
    if HTML_NAMES.issuperset(name.lower() for _, name, _ in tags):
        return body
    ended, begun = ({name for sign, name, _ in tags if sign == end} for end in ("/", ""))
    elements = (ended & begun) | {name for _, name, rest in tags if name.lower() in HTML_NAMES or rest.endswith("/")}
    return _ANY_TAG.sub(lambda tag: tag[0] if tag[2] in elements else html.escape(tag[0], quote=False), body)


def _link_ends_before_chinese(found: re.Match[str]) -> str:
    """GFM takes 。 and what follows for a part of a bare address; an address is ASCII (RFC 3986)."""
    address, rest = found[1], found[2]
    target = address if "://" in address else f"http://{address}"
    return f'<a href="{target}">{address}</a>{rest}'


@cache
def _extensions() -> comrak.ExtensionOptions:
    options = comrak.ExtensionOptions()
    options.table = options.footnotes = options.strikethrough = options.autolink = options.description_lists = True
    options.shortcodes = options.inline_footnotes = True
    options.cjk_friendly_emphasis = True  # **“重点”**之后 is bold, which CommonMark's flanking rule denies
    return options


@cache
def _rendering() -> comrak.RenderOptions:
    options = comrak.RenderOptions()
    options.unsafe_ = True
    return options


def picture_markup(address: str, caption: str) -> str:
    plain = caption.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return f"![{plain}]({address})\n"
