"""Audio and video players: adds a player to each paragraph that is one link to a media file of the site."""

from __future__ import annotations

import re

from ... import urls
from ...media.sound_and_video import media_files_in, size_text
from ...sanitizer import attributes_of
from ...sanitizer.media_types import MEDIA_TYPES, media_kind
from ..http_responses.content_security_policy import allow
from ..pages.localized_templates import render_template
from ..requests.request_context import request_context
from .responsive_images import PHONE

_LINK = re.compile(
    rf'<p(?: [^>]*)?>(<a [^>]*href="/media/[0-9a-f]{{16}}-\d+\.(?:{"|".join(MEDIA_TYPES)})(?:#[^"]*)?"[^>]*>)'
    r"(?:<img( [^>]*)>)?((?:(?!</?a\b).)*)</a>\s*</p>",
    re.DOTALL,
)
_RENDITION = re.compile(r"/media/([0-9a-f]{16})-(\d+)\.jpg")


def with_players(body: str) -> str:
    """*body* with players. A player loads only the poster of a video until it is started."""
    return _LINK.sub(_player, body) if "/media/" in body else body


def _player(link: re.Match[str]) -> str:
    tag, image, label = link.groups(default="")
    [file] = media_files_in(tag)
    size = size_text(file.size_bytes)
    allow("media-src", "'self'")
    player = render_template(
        "parts/player.html",
        kind=media_kind(file.suffix),
        address=attributes_of(tag[2:-1])["href"],
        poster=_poster(attributes_of(image)) if image and request_context().shows_pictures else {},
    )
    return f'<div class="player">{player}{tag}{label}{"" if label.endswith(size) else f" · {size}"}</a></div>'


def _poster(image: dict[str, str]) -> dict[str, str]:
    """The attributes of the poster *image*, in the rendition for phones; empty for a picture of another site."""
    ours = _RENDITION.fullmatch(image["src"])
    if not ours:
        return {}
    return image | {"src": urls.media(ours[1], min(int(ours[2]), PHONE), "avif")}
