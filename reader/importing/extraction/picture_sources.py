"""Finds the file of a picture, including responsive and lazily loaded pictures, and drops elements that are not
pictures."""

from __future__ import annotations

import re
from urllib.parse import unquote

from lxml.html import HtmlElement

LAZY_SOURCES = (
    "data-original", "data-src", "data-lazy-src", "data-actualsrc", "data-original-src", "data-url", "data-lazy",
    "data-echo", "data-lazyload", "real_src", "_src", "src2", "file", "zoomfile", "data-full-src", "data-hi-res-src",
)  # fmt: skip

_SAVED = re.compile(r"(?:\./)?[^/:?#]+(?:_files|\.files)/")
"""An address in the folder that a browser writes beside a page saved as “complete”."""
_NAME_END = re.compile(r"(?:\s?\(\d+\))?(?:\.\w{1,5})?$")


def image_source(element: HtmlElement) -> str:
    """The address of the best file: the largest in ``srcset``, else a lazy-loading attribute, else ``src``.

    In a page saved as “complete”, the file beside it, unless it is the placeholder of a picture that loads lazily.
    """
    sets = [element.get("data-srcset") or element.get("srcset") or ""]
    parent = element.getparent()
    if parent is not None and parent.tag == "picture":
        sets += [source.get("data-srcset") or source.get("srcset") or "" for source in parent.iter("source")]
    best = max((candidate for text in sets for candidate in _candidates(text)), default=(0.0, ""))[1]
    lazy = next((value for name in LAZY_SOURCES if (value := element.get(name)) and _is_address(value)), "")
    plain = element.get("src") or ""
    if _SAVED.match(plain) and (not lazy or _stem(plain) == _stem(lazy)):
        return plain
    return best or lazy or ("" if plain.startswith("data:") else plain)


def _stem(address: str) -> str:
    """The name of a file without its suffix, and without the number that a browser appends: ``640(1).png``."""
    return _NAME_END.sub("", unquote(address).partition("?")[0].rpartition("/")[2])


def _is_address(value: str) -> bool:
    return not value.startswith("data:") and ("/" in value or "." in value)


def _candidates(srcset: str) -> list[tuple[float, str]]:
    """(size, address) pairs of a ``srcset``; sizes are widths or densities (HTML, image candidate strings)."""
    found = []
    for address, size in re.findall(r"([^\s,]\S*[^\s,])(?:\s+([\d.]+)[wx])?\s*(?:,|$)", srcset):
        if not address.startswith("data:"):
            found.append((float(size or 1), address))
    return found


def is_tracker(element: HtmlElement) -> bool:
    """Whether it is a tracking pixel or a spacer: at most 3 pixels wide or high."""
    sizes = (re.match(r"\d+", element.get(name) or "") for name in ("width", "height"))
    return any(size is not None and int(size[0]) <= 3 for size in sizes)
