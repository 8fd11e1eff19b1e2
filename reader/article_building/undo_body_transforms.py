"""Reverts the body transforms: returns the body of an article as in its file, for the export as Markdown."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from markupsafe import Markup

from ..formats.markdown_writer import HEADINGS
from ..sanitizer import joined, tokens
from .body_transforms import transform_body
from .figures import without_figures

_ID = re.compile(r' id="[^"]*"')
_SIZE = re.compile(r' (?:width|height)="\d*"')


def as_in_file(body: Markup, language: str) -> Markup:
    """*body* without generated heading ids and sizes of pictures, and with paragraphs instead of generated figures."""
    return _without_generated_ids(without_figures(_without_sizes(body), language), language)


def _without_sizes(body: Markup) -> Markup:
    parts = tokens(body)
    for part in parts:
        if part.name == "img":
            part.attributes = _SIZE.sub("", part.attributes)
    return joined(parts)


def _without_generated_ids(body: Markup, language: str) -> Markup:
    """*body* without generated heading ids, which are generated again on reading. Other ids are unchanged."""
    parts = tokens(body)
    headings = [part for part in parts if part.name in HEADINGS and not part.end]
    original_attributes = [part.attributes for part in headings]
    for part in headings:
        part.attributes = _ID.sub("", part.attributes)
    rebuilt = tokens(transform_body(joined(parts), language, PurePosixPath())[0])
    new_attributes = [part.attributes for part in rebuilt if part.name in HEADINGS and not part.end]
    for part, before, after in zip(headings, original_attributes, new_attributes, strict=True):
        part.attributes = part.attributes if before == after else before
    return joined(parts)
