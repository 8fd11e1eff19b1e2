"""Exports Markdown with its pictures: a ZIP file with one TextBundle (textbundle.org) per article.

Importing the file creates the same articles with their pictures.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace

from ..i18n import N_
from ..models import Article, Publication
from ..sanitizer import joined, tokens
from .options import Options, Render
from .pictures import OUR_PICTURE, rendered
from .zip_members import add_member

SUFFIX = "zip"
MIMETYPE = "application/zip"
LABEL = N_("Markdown with pictures (ZIP)")
PAGES: tuple[str, ...] = ()
LINKS_PICTURES = True  # only pictures that cannot be read
SAMPLE = b".textbundle/text.md"

ASSETS = "assets/"
_SOURCE = re.compile(rf'(?<= src="){OUR_PICTURE.pattern}(?=")')


def export(publication: Publication, options: Options, render: Render) -> bytes:  # noqa: ARG001 every exporter's
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for article in publication.chapters:
            for name, content in _bundle(article, options):
                add_member(archive, f"{article.slug}.textbundle/{name}", content, compressed=not name.endswith(".jpg"))
    return data.getvalue()


def _bundle(article: Article, options: Options) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of the files of a TextBundle. The address of a picture that cannot be read does not change."""
    from .article_markdown import body_markdown, front  # imports the article formats, which other exports do not need

    pictures: dict[str, bytes] = {}

    def add_picture(found: re.Match[str]) -> str:
        """Adds the picture at an address. Returns its path in the bundle; the address if it cannot be read."""
        name = f"{ASSETS}{found[1]}.jpg"
        pictures[name] = pictures.get(name) or rendered(found[0], options)
        return name if pictures[name] else found[0]

    parts = tokens(article.body)
    for part in parts:
        if part.name == "img":
            part.attributes = _SOURCE.sub(add_picture, part.attributes)
    body = joined(parts)
    images = tuple(OUR_PICTURE.sub(add_picture, address) for address in article.images)
    bundled = replace(article, body=body, images=images)
    address = {"sourceURL": f"{options.base_url}/a/{article.slug}"} if options.base_url else {}
    about = {"version": 2, "type": "net.daringfireball.markdown", "transient": False} | address
    yield "info.json", json.dumps(about).encode()
    yield (
        "text.md",
        f"{front(bundled, options.base_url)}\n{body_markdown(bundled, options.base_url)}".encode(),
    )
    yield from sorted((name, content) for name, content in pictures.items() if content)
