"""The HTTP field Content-Disposition of a download."""

from __future__ import annotations

import re
from urllib.parse import quote

from ..models import fingerprint

INLINE_TYPES = frozenset(("application/pdf",))
"""Media types with ``Content-Disposition: inline``; others are attachments."""


def disposition(name: str, plain_name: str, mimetype: str) -> str:
    """Content-Disposition (RFC 6266): ``filename*`` (RFC 8187) is *name*, and ``filename`` an ASCII name.

    The ASCII name is built from *plain_name*, or from *name* if that is empty.
    """
    kind = "inline" if mimetype in INLINE_TYPES else "attachment"
    suffix = name.rpartition(".")[2]
    ascii_name = _in_ascii(plain_name or name.rpartition(".")[0])
    safe = "".join(char for char in name if char.isprintable() and char not in '/\\:*?"<>|')
    return f"{kind}; filename=\"{ascii_name}.{suffix}\"; filename*=UTF-8''{quote(safe, safe='')}"


def _in_ascii(name: str) -> str:
    """*name* reduced to ASCII. If that changes it, a part of its hash is appended, so that names stay distinct."""
    ascii_name = re.sub(r"[^\w.-]+", "-", name.encode("ascii", "ignore").decode()).strip("-_. ")
    return ascii_name if ascii_name == name else f"{ascii_name or 'reader'}-{fingerprint(name)[:6]}"
