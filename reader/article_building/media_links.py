"""Labels links to audio and video in the language of the article."""

from __future__ import annotations

from html import unescape
from urllib.parse import unquote, urlsplit

from ..i18n import N_, Message, translated
from ..sanitizer import Token, attributes_of, to_text
from ..sanitizer.media_types import AUDIO, EMBEDDED, PLAY, VIDEO, media_kind, media_suffix

_KINDS = {kind: f"{PLAY} {kind} · " for kind in (VIDEO, AUDIO, EMBEDDED)}
_LINK_ALONE = ["p", "a", "", "a", "p"]
"""The names of the tokens of a paragraph that consists of a link."""
_MSGIDS = (N_("Video"), N_("Audio"), N_("Embedded content"))


def label_media(parts: list[Token], language: str) -> None:
    """Changes *parts* in place: ``![](talk.mp3)`` becomes a link; links without a title get a translated label."""
    if not any(part.name in ("img", "a") for part in parts):
        return
    out: list[Token] = []
    for part in parts:
        if part.name == "img" and (suffix := media_suffix(attributes_of(part.attributes).get("src", ""))):
            out += _link(attributes_of(part.attributes), VIDEO if media_kind(suffix) == "video" else AUDIO)
        else:
            out.append(part)
    for part in out:
        if part.text.startswith(PLAY):
            part.text = _translate_label(part.text, language)
    for start, link in enumerate(out[1:]):
        if link.name == "a" and not link.end and [part.name for part in out[start : start + 5]] == _LINK_ALONE:
            text = out[start + 2]
            if media_suffix(attributes_of(link.attributes).get("href", "")) and PLAY not in text.text:
                text.text = f"{PLAY} {text.text}"
    parts[:] = out


def _link(image: dict[str, str], kind: str) -> list[Token]:
    title = unescape(image.get("title") or image.get("alt", ""))
    address = urlsplit(unescape(image["src"]))
    name = (address.hostname or unquote(address.path.rpartition("/")[2])).removeprefix("www.")
    label = title if title and not address.hostname else f"{title or kind} · {name}"
    attributes = {"href": image["src"]} | ({"rel": "noopener noreferrer"} if address.hostname else {})
    return [Token(name="a", attributes=to_text(attributes)), Token(f"{PLAY} {label}"), Token(name="a", end=True)]


def _translate_label(text: str, language: str) -> str:
    for kind, beginning in _KINDS.items():
        if text.startswith(beginning):
            return f"{PLAY} {translated(Message(kind), language)} · {text[len(beginning) :]}"
    return text
