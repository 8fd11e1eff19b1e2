"""Reads Markdown (CommonMark with tables, footnotes, strikethrough, definition lists, emoji) with front matter.

``dialects`` converts the extensions of other tools.

HTML in Markdown passes unchanged, for ruby, poems, figures and right-to-left text. The sanitizer runs later.
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
from ..sanitizer.allowlist import HTML_NAMES
from .decoding import decode_text
from .dialects import MOST_WARNINGS, to_commonmark
from .dialects.heading_ids import with_own_ids
from .dialects.masking import Masks
from .fields import front_matter
from .formulas.mathematics import Formulas, with_tex
from .hidden_elements import LEFT_OUT, without_hidden

SUFFIXES = (".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd")
SAMPLE = "---\ntitle: 大雨\npublished: 2026-05-01 06:00\n---\n\n今天下雨。\n".encode()

_FIRST_HEADING = re.compile(r"\s*(?:<hr />\s*)?<h1(?: id=[^<>]*)?>(.*?)</h1>\s*", re.DOTALL)
_FENCED_FORMULA = re.compile(r'<pre><code class="language-math"[^>]*>([^<]*)</code></pre>')
_TAG = re.compile(r"<[^>]+>")
_ANY_TAG = re.compile(r"<(/?)([A-Za-z][^\s<>/]*)([^<>]*)>")
_NOTE_CALL = re.compile(r'<sup class="footnote-ref">.*?</sup>')
"""The reference to a footnote. Its number is not part of a title."""
_NOTE_REFERENCE = re.compile(r"\[\^([^\]\s]{1,80})\]")
_NOTE_DEFINITION = re.compile(rf"^[ >]{{0,9}}{_NOTE_REFERENCE.pattern}:", re.MULTILINE)
_BARE_LINK = re.compile(r'<a href="[^"]*">((?:https?://|www\.)[!-;=-~]*?)([^!-~][^<]*)</a>')


def read(data: bytes) -> Draft:
    """The title is from front matter, else from the first heading if it is an h1, which is removed from the body."""
    whole = decode_text(data)
    front_matter.refuse_lines_alone(whole)
    values, text, _ = front_matter.split_markdown(whole)
    body, warnings = body_and_warnings(text)
    return with_title({**values, "warnings": (*values.get("warnings", ()), *warnings)}, body)


def with_title(values: dict[str, Any], body: str) -> Draft:
    """A Draft with the fields *values* and *body*.

    If the body begins with an h1, and there is no other title, the h1 becomes the title and is removed from the body.
    """
    heading = _FIRST_HEADING.match(body)
    if not heading:
        return Draft(**{"title": "", **values}, body_html=body)
    title = " ".join(html.unescape(_TAG.sub("", with_tex(_NOTE_CALL.sub("", heading[1])))).split())
    if values.get("title") not in (None, "", title):
        return Draft(**values, body_html=body)
    return Draft(**{**values, "title": title}, body_html=body[heading.end() :])


def body_of(text: str) -> str:
    """Converts Markdown to HTML, which is not sanitized. Raises UnreadableArticle for too deep nesting."""
    return body_and_warnings(text)[0]


def body_and_warnings(text: str) -> tuple[str, tuple[str, ...]]:
    """Like ``body_of``, with warnings (Messages) about content that is not shown."""
    masks, formulas = Masks(), Formulas()
    text, warnings = to_commonmark(text, masks)
    check_markdown(text)
    body: str = comrak.render_markdown(text, extension_options=_extension_options(), render_options=_render_options())
    body = with_own_ids(body)
    if "://" in body or "www." in body:
        body = _BARE_LINK.sub(_end_link_before_chinese, body)
    if "language-math" in body:
        body = _FENCED_FORMULA.sub(lambda found: f"<p>{formulas.html(html.unescape(found[1]), display=True)}</p>", body)
    body, hidden = without_hidden(masks.restore_formulas(_escape_unknown_tags(body), formulas.html))
    return body, (*warnings, *_unused_note_warnings(text), *([LEFT_OUT] if hidden else []), *formulas.warnings())


def _unused_note_warnings(text: str) -> tuple[Message, ...]:
    """Warnings about footnotes without a reference, which are not shown (GFM)."""
    if "]:" not in text or not (definitions := Counter(_NOTE_DEFINITION.findall(text))):
        return ()
    references = Counter(_NOTE_REFERENCE.findall(text))
    unused = [name for name in definitions if references[name] == definitions[name]]
    return tuple(
        Message("nothing calls the note [^%(name)s]; it is left out", name=name) for name in unused[:MOST_WARNINGS]
    )


_WITHIN = {"col": "table", "colgroup": "table", "rb": "ruby", "rtc": "ruby"}
"""Elements without an end tag that are elements only with a certain other one: ``cut -f <col>`` is text."""


def _escape_unknown_tags(body: str) -> str:
    """*body* with ``List<T>`` as text: ``<T>`` is neither an HTML element nor has an end tag."""
    tags = _ANY_TAG.findall(body)
    if HTML_NAMES.issuperset(name.lower() for _, name, _ in tags):
        return body
    end_tags, start_tags = ({name for sign, name, _ in tags if sign == end} for end in ("/", ""))
    elements = (end_tags & start_tags) | {
        name
        for _, name, rest in tags
        if name.lower() in HTML_NAMES or rest.endswith("/") or _WITHIN.get(name.lower()) in start_tags
    }
    return _ANY_TAG.sub(lambda tag: tag[0] if tag[2] in elements else html.escape(tag[0], quote=False), body)


def _end_link_before_chinese(found: re.Match[str]) -> str:
    """The link without its end from 。 on: GFM includes it in a bare URL, but a URL is ASCII (RFC 3986)."""
    address, rest = found[1], found[2]
    target = address if "://" in address else f"http://{address}"
    return f'<a href="{target}">{address}</a>{rest}'


@cache
def _extension_options() -> comrak.ExtensionOptions:
    options = comrak.ExtensionOptions()
    options.table = options.footnotes = options.strikethrough = options.autolink = options.description_lists = True
    options.shortcodes = options.inline_footnotes = True
    options.cjk_friendly_emphasis = True  # **“重点”**之后 is bold, contrary to CommonMark's flanking rule
    return options


@cache
def _render_options() -> comrak.RenderOptions:
    options = comrak.RenderOptions()
    options.unsafe_ = True
    return options


def picture_markup(address: str, caption: str) -> str:
    plain = caption.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return f"![{plain}]({address})\n"
