"""Exports a web page in one file with embedded styles and pictures, without requests, for archiving and sharing."""

from __future__ import annotations

from base64 import b64encode

from markupsafe import Markup

from ..i18n import N_
from ..models import Publication
from ..urls import data_picture_name
from .body_tree import Body, scrolling_tables
from .options import Options, Render
from .template_document import qr_code, to_document
from .to_json import fields_of

SUFFIX = "html"
MIMETYPE = "text/html"
LABEL = N_("Web page in one file")
PAGES: tuple[str, ...] = ()
SAMPLE = b"<!doctype html>"

PICTURES = "media:"
REPEATED_BYTES = 5_000_000
"""A picture that occurs several times is embedded each time, up to this size in all. The others show their alternative
text, and the import finds their picture: 3,000 references to a picture of 70 KB would make a file of 208 MB."""


def export(publication: Publication, options: Options, render: Render) -> bytes:
    document = to_document(publication, options, _to_html, PICTURES)
    address = document.colophon.address
    media = document.media | ({"qr": qr_code(address)} if address else {})
    fields = [fields_of(article, options) for article in publication.chapters]
    page = render("export/single.html", **document.context(), site_name=options.site_name, fields=fields)
    for name, content in media.items():
        kind = "png" if name == "qr" else "jpeg"
        source, embedded = f'src="{PICTURES}{name}"', f'src="data:image/{kind};base64,{b64encode(content).decode()}"'
        page = page.replace(source, embedded, max(1, REPEATED_BYTES // len(embedded)))
        page = page.replace(source, f'src="data:,{data_picture_name(content, kind)}"')
    return page.encode()


def _to_html(body: Body) -> Markup:
    return scrolling_tables(body).html()
