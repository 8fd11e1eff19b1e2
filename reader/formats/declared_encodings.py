"""The encoding that a text declares, and the codecs of the names of encodings."""

from __future__ import annotations

import codecs
import re

import webencodings

_MARKUP = re.compile(rb"""<(?:meta|\?xml)\b[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_COMMENT = re.compile(
    rb"^[^\n\w]{0,20}(?:vim?:.{0,80}?|-\*-.{0,80}?)?\b(?:file)?(?:en)?coding[ \t]*[:=][ \t]*([\w.-]+)", re.MULTILINE
)
"""The line of Emacs and Vim, which Python and docutils read (PEP 263), and AsciiDoc's ``:encoding:``."""
_WITHIN_BYTES = 4096
_LINE_END_SUFFIX = re.compile("-(?:unix|dos|mac)$")
_OTHER_NAMES = re.compile(r"(?:cp|ibm|dos)-?(\d{3,4})|(?:x-)?mac[-_]?(\w+)|(johab|kz-?1048|ptcp154)")
_MAC_CODECS = {"ce": "mac_latin2", "centraleurroman": "mac_latin2", "romanian": "mac_romanian"}


def find_declaration(data: bytes) -> str:
    """The name of the encoding in the markup or in a comment at the beginning of *data*; empty if there is none."""
    beginning = data[:_WITHIN_BYTES]
    found = _MARKUP.search(beginning) or _COMMENT.search(b"\n".join(beginning.split(b"\n", 5)[:5]))
    return found[1].decode("ascii", "ignore") if found else ""


def codec_of_label(label: str) -> str:
    """The codec for a WHATWG label, or for a name of DOS, old Macs or Emacs. Empty for UTF-8, UTF-16 and others."""
    label = _LINE_END_SUFFIX.sub("", label.lower())
    known = webencodings.lookup(label) or webencodings.lookup(label.replace("latin-", "latin"))
    if known is None or known.name == "replacement":
        return _codec_of_other_name(label)
    if known.name.startswith("utf-") or known.name == "x-user-defined":
        return ""
    if known.name == "gbk":
        return "gb18030"
    return known.codec_info.name.replace("-", "_")


def _codec_of_other_name(label: str) -> str:
    found = _OTHER_NAMES.fullmatch(label)
    if not found:
        return ""
    page, mac, other = found.groups()
    name = f"cp{page}" if page else f"mac_{mac}" if mac else other.replace("-", "")
    try:
        return codecs.lookup(_MAC_CODECS.get(mac or "", name)).name.replace("-", "_")
    except LookupError:
        return ""
