"""What a page offers to take away: every export there is, with its size."""

from __future__ import annotations

from flask_babel import gettext

from ..exports import EXPORTS
from ..model import Publication
from . import services
from .showing import Download


def downloads_of(publication: Publication) -> list[Download]:
    """One for each format; the size is None until it has been made, which is ordered here if the press has room."""
    base = publication.path.rstrip("/")
    keys = {suffix: services().press.key(publication, suffix) for suffix in EXPORTS}
    sizes = services().catalog.export_sizes(list(keys.values()))
    for suffix in EXPORTS:
        if keys[suffix] not in sizes and not services().press.order_ahead(publication, suffix):
            break
    return [
        Download(gettext(exporter.LABEL), f"{base}.{suffix}", sizes.get(keys[suffix]))
        for suffix, exporter in EXPORTS.items()
    ]
