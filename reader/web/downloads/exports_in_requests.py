"""Exports that are generated during the request, because they take only milliseconds."""

from __future__ import annotations

from contextlib import suppress
from typing import BinaryIO

from ...chinese.script_conversion import terms_of
from ...exports import EXPORTS, page_of
from ...exports.options import options_of, script_of
from ...exports.publications import in_chosen_script
from ...models import Publication
from .. import services

LIGHT_BYTES = 200_000
"""Text formats of up to this many characters of HTML are exported during the request.

That takes 0.4 to 10 ms for an article of 2,265 characters; in the worst case (Markdown of a text full of marks) 0.9 s.
Larger ones are queued and count toward the client's limit.
"""

TEXT_FORMATS = frozenset(("txt", "md", "json", "html"))


def is_light(publication: Publication, suffix: str) -> bool:
    """Whether the file is exported during the request: a text format or the EPUB of one article, short, no pictures."""
    chapters = publication.chapters
    if sum(len(chapter.body) for chapter in chapters) > LIGHT_BYTES or any(c.images for c in chapters):
        return False
    return suffix in TEXT_FORMATS or (suffix == "epub" and len(chapters) == 1)


def export_now(publication: Publication, suffix: str, page: str, script: str) -> bytes:
    """The file's bytes, identical to those that a worker process produces. Raises BadOption."""
    options = options_of(services().settings, page_of(suffix, page), script_of(script), services().catalog.site)
    return EXPORTS[suffix].export(
        in_chosen_script(publication, script, terms_of(options.site)), options, services().render.render
    )


def store_if_possible(key: str, content: bytes) -> BinaryIO | bytes:
    """Stores the file and opens it; returns *content* if the disk is full."""
    store = services().export_service.store
    with suppress(OSError):
        store.put_here(key, content)  # other machines make it as quickly
        return store.open(key) or content
    return content
