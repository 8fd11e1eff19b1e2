"""Responses with drawn pictures: share cards, covers, the icon of a site."""

from __future__ import annotations

from datetime import datetime

from flask import Response

from ...jobs.share_cards_and_covers import MIMETYPE
from .. import services
from ..limits.rate_limits import client, client_limits
from .responses import Representation, conditional_response, version_of

DRAWINGS_PER_MINUTE = 120
"""For each client: an e-reader asks for 25 covers at a time. Pictures that were drawn before do not count."""


def drawn_picture(changed_at: datetime | None, kind: str, *texts: str) -> Response:
    """The picture of *kind* with these *texts*; 304 without drawing. Raises Busy, TooManyRequests."""
    version = version_of(kind, *texts, services().render.build_id)

    def build() -> bytes:
        drawings = services().drawings
        if found := drawings.find(version):
            return found
        client_limits().spend("drawings", DRAWINGS_PER_MINUTE, client())
        return drawings.get(version, kind, *texts)

    return conditional_response(Representation(version, changed_at, MIMETYPE), build)
