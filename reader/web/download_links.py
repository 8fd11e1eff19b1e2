"""What a page offers to take away: every export there is, with its size."""

from __future__ import annotations

from flask_babel import gettext

from ..exports import EXPORTS
from ..model import Publication
from . import services
from .showing import Download

PHONE = "phone"
"""The one paper that is offered beside a format's own: the reader holds a phone. ``?page=`` knows the others."""


def downloads_of(publication: Publication) -> list[Download]:
    """One for each format and paper; the size is None until it has been made, which is ordered if there is room."""
    press, base = services().press, publication.path.rstrip("/")
    offers = [
        (suffix, page)
        for suffix, exporter in EXPORTS.items()
        for page in ("", PHONE)
        if not page or page in exporter.PAGES
    ]
    keys = {offer: press.key(publication, *offer) for offer in offers}
    sizes = services().catalog.export_sizes(list(keys.values()))
    for offer in offers:
        if keys[offer] not in sizes and not press.order_ahead(publication, *offer):
            break
    return [
        Download(
            label_of(*offer), f"{base}.{offer[0]}" + (f"?page={offer[1]}" if offer[1] else ""), sizes.get(keys[offer])
        )
        for offer in offers
    ]


def label_of(suffix: str, page: str) -> str:
    label = gettext(EXPORTS[suffix].LABEL)
    return gettext("%(format)s for phones", format=label) if page == PHONE else label
