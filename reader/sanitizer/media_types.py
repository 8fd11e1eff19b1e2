"""The files of sound and video that browsers play, by suffix."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

MEDIA_TYPES = {
    **dict.fromkeys(("mp4", "m4v"), "video/mp4"),
    "webm": "video/webm",
    "ogv": "video/ogg",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "wav": "audio/wav",
    "flac": "audio/flac",
    **dict.fromkeys(("ogg", "oga", "opus"), "audio/ogg"),
}
"""MIME type by suffix (RFC 6381, RFC 5334; WAV and FLAC as browsers take them)."""
PLAY = "\u25b6"
"""What the text of a link begins with that plays something."""
VIDEO, AUDIO, EMBEDDED = "Video", "Audio", "Embedded content"
"""What such a link says where it has no title; msgids that ``article_building.media_links`` translates."""

_SUFFIX = re.compile(rf"\.({'|'.join(MEDIA_TYPES)})$", re.IGNORECASE)


def media_suffix(address: str) -> str:
    """The suffix of a file of sound or video, in lower case; empty for any other address."""
    try:
        found = _SUFFIX.search(urlsplit(unescape(address)).path)
    except ValueError:
        return ""
    return found[1].lower() if found else ""


def media_kind(suffix: str) -> str:
    """``audio`` or ``video``; empty for another suffix."""
    return MEDIA_TYPES.get(suffix, "").partition("/")[0]
