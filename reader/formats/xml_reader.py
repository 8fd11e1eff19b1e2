"""Parses XML that may be damaged. Entities are not expanded, and no file or URL is read."""

from __future__ import annotations

import re

from lxml import etree

from ..sanitizer import strip_control_characters

_PROLOG = re.compile(r"^\s*(?:<\?xml[^>]*\?>)?\s*(?:<!DOCTYPE[^>]*>)?")


def read_xml(content: bytes) -> etree._Element | None:
    """The root element, repaired as far as possible; None without one."""
    return _parse(content, etree.XMLParser(resolve_entities=False, no_network=True, recover=True))


def read_export(content: bytes) -> etree._Element | None:
    """Like ``read_xml``, for the UTF-8 export of a whole site, which may be large and contain control characters."""
    text = _PROLOG.sub("", strip_control_characters(content.decode("utf-8", "replace")))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=True, load_dtd=False)
    return _parse(text.strip().encode(), parser)


def _parse(content: bytes, parser: etree.XMLParser) -> etree._Element | None:
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError:  # an empty document, even with recover
        return None
