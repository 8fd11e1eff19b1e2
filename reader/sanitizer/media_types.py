"""The types of audio and video files that browsers play, by suffix."""

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
"""MIME types by suffix (RFC 6381, RFC 5334; WAV and FLAC as browsers accept them)."""
PLAY = "\u25b6"
"""The first character in the text of a link to audio, video or embedded content."""
VIDEO, AUDIO, EMBEDDED = "Video", "Audio", "Embedded content"
"""The texts of such a link without a title: msgids that ``article_building.media_links`` translates."""

_SUFFIX = re.compile(rf"\.({'|'.join(MEDIA_TYPES)})$", re.IGNORECASE)


def media_suffix(address: str) -> str:
    """The suffix of an audio or video file, in lower case without its dot; empty for any other URL."""
    try:
        found = _SUFFIX.search(urlsplit(unescape(address)).path)
    except ValueError:
        return ""
    return found[1].lower() if found else ""


def media_kind(suffix: str) -> str:
    """``audio`` or ``video``; empty for another suffix."""
    return MEDIA_TYPES.get(suffix, "").partition("/")[0]
