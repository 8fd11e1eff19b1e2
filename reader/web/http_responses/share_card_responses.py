"""Responses with drawn pictures: share cards, covers, the icon of a site."""

from __future__ import annotations

from datetime import datetime

from flask import Response

from ...jobs.share_cards_and_covers import MIMETYPE
from .. import services
from ..limits.rate_limits import client, client_limits
from .conditional_responses import Representation, conditional_response, version_of

DRAWINGS_PER_MINUTE = 120
"""The limit for each client. An e-reader requests 25 covers at a time. Cached pictures do not count."""


def drawn_picture(changed_at: datetime | None, kind: str, *texts: str) -> Response:
    """The response with the picture of *kind* and *texts*. A 304 draws nothing. Raises Busy, TooManyRequests."""
    version = version_of(kind, *texts, services().render.build_id)

    def build() -> bytes:
        drawings = services().drawings
        if found := drawings.find(version):
            return found
        client_limits().spend("drawings", DRAWINGS_PER_MINUTE, client())
        return drawings.get(version, kind, *texts)

    return conditional_response(Representation(version, changed_at, MIMETYPE), build)
