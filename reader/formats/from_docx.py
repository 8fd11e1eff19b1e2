"""Reads Word files (``.docx``) by mammoth, with headings, tables, notes and pictures.

mammoth is imported only when such a file is read.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from ..errors import NotImported
from ..models import Draft
from .archives import Archive
from .word_processor_files import (
    Manuscript,
    PictureStore,
    element_text,
    property_texts,
    read_manuscript,
    zip_of,
)
from .xml_reader import read_xml

SUFFIXES = (".docx",)
_HEADER = re.compile(r"word/header\d*\.xml")
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OPEN_XML = "http://schemas.openxmlformats.org"
SAMPLE = zip_of(
    {
        "[Content_Types].xml": f'<Types xmlns="{_OPEN_XML}/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_OPEN_XML}/package/2006/relationships"><Relationship Id="r"'
        f' Type="{_OPEN_XML}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
        "</Relationships>",
        "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>'
        + "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in ("大雨", "2026-05-01 06:00", "今天下雨。"))
        + "</w:body></w:document>",
    }
)

_STYLES = "\n".join(
    [
        *(f"p[style-name='{name}'] => h1.title:fresh" for name in ("Title", "标题", "文章标题", "大标题")),
        *(f"p[style-name='{name}'] => h2:fresh" for name in ("Subtitle", "副标题")),
        *(f"p[style-name='{name}'] => blockquote:fresh > p:fresh" for name in ("Quote", "Intense Quote", "引用")),
    ]
)
"""The style map for names of styles that mammoth does not map itself."""


def read(data: bytes) -> Draft:
    return read_manuscript(data, _manuscript)


def _manuscript(archive: Archive) -> Manuscript:
    import mammoth  # loaded for documents only

    pictures = PictureStore()

    def picture(image: mammoth.documents.Image) -> dict[str, str]:
        with image.open() as file:
            content = file.read()
        return {"src": pictures.take(content), "alt": image.alt_text or ""}

    try:
        result = mammoth.convert_to_html(
            io.BytesIO(archive.content), style_map=_STYLES, convert_image=mammoth.images.img_element(picture)
        )
    except NotImported:
        raise
    except Exception as error:  # zipfile, minidom and mammoth raise many kinds of errors
        raise NotImported("", str(error)) from error
    created = element_text(archive, "docProps/core.xml", "created")
    return Manuscript(str(result.value), pictures.by_address, created, tuple(_properties(archive)))


def _properties(archive: Archive) -> Iterator[tuple[str, str]]:
    """The status, the custom properties, and the watermark, such as DRAFT or 草稿, as a status."""
    for path in ("docProps/core.xml", "docProps/custom.xml"):
        yield from property_texts(archive, path)
    for path in filter(_HEADER.fullmatch, archive.members):
        root = read_xml(archive.read(path))
        for mark in root.iter("{urn:schemas-microsoft-com:vml}textpath") if root is not None else ():
            yield "status", str(mark.get("string") or "")
