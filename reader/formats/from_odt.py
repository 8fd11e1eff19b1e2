"""Reads OpenDocument text (``.odt``) of LibreOffice and other programs."""

from __future__ import annotations

import re
from html import unescape

from ..models import Draft
from .archives import Archive
from .data_pictures import HOST
from .open_document import odt_to_html
from .word_processor_files import Manuscript, element_text, property_texts, read_manuscript, zip_of

SUFFIXES = (".odt",)
_PICTURE = re.compile(rf'src="{re.escape(HOST)}([^"]*)"')
_NAMES = "urn:oasis:names:tc:opendocument:xmlns"
SAMPLE = zip_of(
    {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f'<o:document-content xmlns:o="{_NAMES}:office:1.0" xmlns:t="{_NAMES}:text:1.0"><o:body><o:text>'
        + "".join(f"<t:p>{text}</t:p>" for text in ("大雨", "2026-05-01 06:00", "今天下雨。"))
        + "</o:text></o:body></o:document-content>",
    }
)


def read(data: bytes) -> Draft:
    return read_manuscript(data, _manuscript)


def _manuscript(archive: Archive) -> Manuscript:
    body = odt_to_html(archive)
    shown_pictures = dict.fromkeys(map(unescape, _PICTURE.findall(body)))
    pictures = {HOST + path: archive.read(path) for path in shown_pictures if path in archive.members}
    created = element_text(archive, "meta.xml", "creation-date")
    return Manuscript(body, pictures, created, property_texts(archive, "meta.xml"))
