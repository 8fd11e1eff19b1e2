"""Reads XML that may be damaged, without expanding entities or fetching anything."""

from __future__ import annotations

import re

from lxml import etree

from ..sanitizer import strip_control_characters

_PROLOG = re.compile(r"^\s*(?:<\?xml[^>]*\?>)?\s*(?:<!DOCTYPE[^>]*>)?")


def read_xml(content: bytes) -> etree._Element | None:
    """The root element, repaired as far as possible; None if there is none."""
    return _parsed(content, etree.XMLParser(resolve_entities=False, no_network=True, recover=True))


def read_export(content: bytes) -> etree._Element | None:
    """As ``read_xml``, for the UTF-8 export of a whole site, which may be large and hold control characters."""
    text = _PROLOG.sub("", strip_control_characters(content.decode("utf-8", "replace")))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=True, load_dtd=False)
    return _parsed(text.strip().encode(), parser)


def _parsed(content: bytes, parser: etree.XMLParser) -> etree._Element | None:
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError:  # an empty document, even with recover
        return None
