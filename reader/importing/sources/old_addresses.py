"""Former addresses of an imported article, stored as aliases so that old links continue to work."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from ...errors import UnreadableArticle
from ...formats.fields import front_matter
from ...models import Draft, slug_of


def aliases_of(*addresses: str) -> tuple[str, ...]:
    """For each old address or slug, its path, else its last part: the first one that an article file can store as an
    alias."""
    found = (alias for address in addresses for alias in [next(filter(_is_alias, _candidates(address)), "")])
    return tuple(dict.fromkeys(alias for alias in found if alias))


def _candidates(address: str) -> Iterator[str]:
    """The possible aliases of an address, best first. An address with a query (``/?p=2``) has none."""
    parts = urlsplit(address.strip())
    if parts.query or not parts.path.strip("/"):
        return
    path = unquote(parts.path)
    if parts.netloc:
        yield path
    last = path.rstrip("/").rpartition("/")[2]
    yield last
    yield slug_of(last.rpartition(".")[0] or last)


def _is_alias(text: str) -> bool:
    try:
        values, _, _ = front_matter.split(front_matter.write(Draft("-", "", aliases=(text,))))
    except UnreadableArticle:
        return False
    return bool(values.get("aliases") == (text,))
