"""A mail (``.eml``) and a page saved as MHTML (``.mht``): both are MIME (RFC 5322, 2045, 2557)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import Header, decode_header
from email.message import Message as MimeMessage
from email.parser import BytesParser
from email.policy import Compat32
from email.utils import parseaddr
from functools import partial
from html import escape
from urllib.parse import unquote

from ...errors import NotImported
from ...formats.dates import date_in_text
from ...formats.decoding import decode_page, decode_text
from ...formats.person_names import split_names
from ...i18n import Message
from ...models import Draft
from .http import Fetched
from .items import SourceItem

CID = "https://cid.invalid/"
"""The prefix of the address of a part with a Content-ID. The domain can't exist (RFC 2606)."""
_HEADER = re.compile(rb"(?:From [^\n]*\n)?([!-9;-~]+):[ \t\r\n]")
_MIME = re.compile(
    rb"^(?:mime-version|received|message-id|return-path|snapshot-content-location):", re.IGNORECASE | re.MULTILINE
)
_REPLY = re.compile(r"^(?:(?:re|fwd?|aw|wg|回复|答复|转发|轉寄|回覆)\s*[:：]\s*)+", re.IGNORECASE)
_CID = re.compile(rb"""(["'(=]\s*)cid:([^"'\s)>]+)""", re.IGNORECASE)
_LONGEST_FIELD = 10_000
_SIGNATURE = re.compile(r"\n-- \n.*\Z", re.DOTALL)
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/jpg")


@dataclass
class Parts:
    """The parts of a message: the text to read, its pictures by address, and other attachments."""

    html: MimeMessage | None = None
    text: MimeMessage | None = None
    pictures: dict[str, bytes] = field(default_factory=dict)
    attached: list[str] = field(default_factory=list)
    """Addresses of the attached pictures."""
    others: list[str] = field(default_factory=list)
    """File names of attachments that are not pictures."""


class _ShortFields(Compat32):
    """Truncates header fields that are longer than any real field, because parsers take quadratic time."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_FIELD]


def is_mail(content: bytes) -> bool:
    """Whether *content* starts with the header of a message."""
    head = content[:20_000].lstrip(b"\xef\xbb\xbf\r\n")
    return _HEADER.match(head) is not None and _MIME.search(re.split(rb"\r?\n\r?\n", head)[0]) is not None


def mail_items(name: str, content: bytes) -> Iterator[SourceItem]:
    """The page, or the mail. Raises NotImported if it has no text."""
    message = BytesParser(policy=_ShortFields()).parsebytes(content.lstrip(b"\xef\xbb\xbf\r\n"))
    parts = _parts(message)
    location = _text(message.get("Snapshot-Content-Location") or message.get("Content-Location") or "")
    if parts.html is not None and (location or parts.html.get("Content-Location")):
        yield _page(name, message, parts, location or _text(parts.html["Content-Location"]))
    elif parts.html is None and parts.text is None:
        raise NotImported(name, Message("the mail has no text"))
    else:
        yield _mail(name, message, parts)


def _page(name: str, message: MimeMessage, parts: Parts, location: str) -> SourceItem:
    html = parts.html
    address = location if re.match(r"https?://", location) else ""
    content = Fetched(address, _html(html) if html else b"", "text/html", _charset(html))
    hints = Draft(_subject(message), "")
    return SourceItem(name, lambda: content, "page", address, hints, partial(_picture, parts.pictures))


def _mail(name: str, message: MimeMessage, parts: Parts) -> SourceItem:
    hints = Draft(
        title=_subject(message),
        body_html="",
        published=date_in_text(_text(message.get("Date") or "")),
        byline=_sender(message),
    )
    pictures = "".join(f'<p><img src="{address}"></p>' for address in parts.attached)
    notes = (Message("attachments left out: %(names)s", names=", ".join(parts.others)),) if parts.others else ()
    if parts.html is not None:
        html = decode_page(_html(parts.html), _charset(parts.html))
        html = re.sub(r"(?i)</body>.*", "", html, flags=re.DOTALL) + pictures
        content = Fetched("", html.encode(), "text/html", "utf-8")
        return SourceItem(name, lambda: content, "clean", "", hints, partial(_picture, parts.pictures), notes)
    text = _unwrapped_text(parts.text) if parts.text is not None else ""
    content = Fetched("", text.encode(), "text/plain", "utf-8")
    if not pictures:
        return SourceItem(name, lambda: content, "text", "", hints, notes=notes)
    lines = "".join(f"<p>{escape(line, quote=False)}</p>" for line in text.splitlines() if line.strip())
    content = Fetched("", (lines + pictures).encode(), "text/html", "utf-8")
    return SourceItem(name, lambda: content, "clean", "", hints, partial(_picture, parts.pictures), notes)


def _picture(pictures: dict[str, bytes], address: str) -> bytes | None:
    return pictures.get(address) or pictures.get(unquote(address))


# -- parts --------------------------------------------------------------------------------------------------------


def _parts(message: MimeMessage) -> Parts:
    found = Parts()
    for part in message.walk():
        kind = part.get_content_type()
        if part.is_multipart():
            continue
        attached = part.get_content_disposition() == "attachment" or (part.get_filename() and "Content-ID" not in part)
        if kind in ("text/html", "application/xhtml+xml") and not attached:
            found.html = found.html or part
        elif kind == "text/plain" and not attached:
            found.text = found.text or part
        elif kind in _PICTURES:
            _add_picture(part, found, is_inline=not attached)
        elif attached and kind not in ("text/css", "application/pgp-signature"):
            found.others.append(_text(part.get_filename() or kind))
    html = _html(found.html) if found.html else b""
    found.attached = [address for address in found.attached if address.encode() not in html]
    return found


def _add_picture(part: MimeMessage, found: Parts, *, is_inline: bool) -> None:
    content = _payload(part)
    names = [f"{CID}{part['Content-ID'].strip().strip('<>')}"] if part.get("Content-ID") else []
    names += [_text(part["Content-Location"])] if part.get("Content-Location") else []
    names = names or [f"{CID}{len(found.pictures)}"]
    found.pictures |= dict.fromkeys(names, content)
    if not is_inline or not part.get("Content-Location"):
        found.attached.append(names[0])


def _html(part: MimeMessage) -> bytes:
    """The part's HTML, with addresses below ``CID`` instead of ``cid:``."""
    return _CID.sub(lambda found: found[1] + CID.encode() + found[2], _payload(part))


def _payload(part: MimeMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _charset(part: MimeMessage | None) -> str:
    return str(part.get_content_charset() or "") if part is not None else ""


def _unwrapped_text(part: MimeMessage) -> str:
    """The text without its signature. A line that ends with a space is joined with the next one (RFC 3676)."""
    text = decode_text(_payload(part), _charset(part)).replace("\r\n", "\n")
    text = _SIGNATURE.sub("\n", text)
    return re.sub(r"(?<=\S) \n(?=\S)", " ", text) if part.get_param("format") == "flowed" else text


# -- header fields ------------------------------------------------------------------------------------------------


def _text(value: object, charset: str = "") -> str:
    """A header field as text: RFC 2047 words, or raw bytes, most likely in the *charset* of the mail."""
    try:
        pieces = decode_header(value if isinstance(value, Header) else str(value))
    except (ValueError, HeaderParseError):
        return str(value)
    decoded = "".join(
        piece
        if isinstance(piece, str)
        else decode_page(piece, charset if encoding in (None, "unknown-8bit") else encoding)
        for piece, encoding in pieces
    )
    return " ".join(decoded.split())


def _subject(message: MimeMessage) -> str:
    return _REPLY.sub("", _text(message.get("Subject") or "", _charset(message)))


def _sender(message: MimeMessage) -> tuple[str, ...]:
    """The sender's name; empty if there is only an address, which must not be published."""
    try:
        name, _ = parseaddr(_text(message.get("From") or "", _charset(message)))
    except RecursionError:  # nested comments
        return ()
    return split_names(name) if name and "@" not in name else ()
