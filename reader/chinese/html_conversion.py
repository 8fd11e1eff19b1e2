"""Converts the text of sanitized HTML between Simplified and Traditional Chinese.

A phrase is looked up across inline elements (``头<b>发</b>``), never across blocks. Code, mathematics and text marked
as another language are unchanged. In tags, only visible attributes are converted, so that links and ids stay valid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from markupsafe import Markup

from .scripts import needs_change
from .text_conversion import NO_TERMS, Terms, convert, converted_pieces

_TAG_OR_TEXT = re.compile(r"(<[^>]*>)")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)")
_LANGUAGE = re.compile(r' lang="([^"]*)"')
_VISIBLE_ATTRIBUTE = re.compile(r'(?<= )(alt|title)="([^"]*)"')

_CODE_TAGS = frozenset(("code", "kbd", "math", "pre", "samp", "svg", "var"))
_VOID = frozenset(("br", "col", "hr", "img", "input", "source", "wbr"))
_INLINE = frozenset(
    ("a", "abbr", "b", "bdi", "bdo", "cite", "data", "del", "dfn", "em", "i", "ins", "mark", "s", "small", "span")
    + ("strong", "sub", "sup", "time", "u", "wbr")
)


@dataclass(frozen=True)
class _OpenElement:
    name: str
    stays: bool = False
    """Whether its text is not converted."""
    is_quotation: bool = False


@dataclass(frozen=True)
class _Run:
    """The text of a block, as the indexes of its ``tokens``."""

    tokens: list[int] = field(default_factory=list)
    is_quotation: bool = False


def convert_html(body: Markup, script: str, terms: Terms = NO_TERMS) -> Markup:
    """*body* in *script*, a key of ``SCRIPTS``. *body* is sanitized: all elements are closed, no attribute contains
    ``>``."""
    tokens, of_text, of_attributes = _TAG_OR_TEXT.split(body), terms.in_html(), terms.in_html(quoted=True)
    for run in _runs(tokens, script):
        pieces = converted_pieces([tokens[number] for number in run.tokens], script, of_text, run.is_quotation)
        for number, piece in zip(run.tokens, pieces, strict=True):
            tokens[number] = piece
    return Markup("".join(_convert_token(token, script, of_attributes) for token in tokens))  # noqa: S704 (the tags of a safe body)


def _runs(tokens: list[str], script: str) -> Iterator[_Run]:
    open_elements = [_OpenElement("")]
    run = _Run()
    for number, token in enumerate(tokens):
        if not (tag := _TAG.match(token)):
            if token and not open_elements[-1].stays:
                run.tokens.append(number)
            continue
        name, before = tag[2], open_elements[-1]
        if tag[1] and len(open_elements) > 1:
            open_elements.pop()
        elif not tag[1] and name not in _VOID:
            open_elements.append(_element(name, token, before, script))
        if name not in _INLINE or open_elements[-1].stays != before.stays:
            yield run
            run = _Run(is_quotation=open_elements[-1].is_quotation)
    yield run


def _element(name: str, tag: str, parent: _OpenElement, script: str) -> _OpenElement:
    language = _LANGUAGE.search(tag)
    stays = parent.stays if language is None else not needs_change(language[1], script)
    return _OpenElement(name, stays or name in _CODE_TAGS, parent.is_quotation or name in ("blockquote", "q"))


def _convert_token(token: str, script: str, terms: Terms) -> str:
    """Converts the visible attributes of an ``img`` tag: its alternative text and its caption."""
    if not token.startswith("<img "):
        return token
    return _VISIBLE_ATTRIBUTE.sub(lambda found: f'{found[1]}="{convert(found[2], script, terms)}"', token)
