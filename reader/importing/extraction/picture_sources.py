"""Finds the file of a picture, including responsive and lazily loaded pictures, and drops elements that are not
pictures."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

LAZY_SOURCES = (
    "data-original", "data-src", "data-lazy-src", "data-actualsrc", "data-original-src", "data-url", "data-lazy",
    "data-echo", "data-lazyload", "real_src", "_src", "src2", "file", "zoomfile", "data-full-src", "data-hi-res-src",
)  # fmt: skip


def image_source(element: HtmlElement) -> str:
    """The address of the best file: the largest in ``srcset``, else a lazy-loading attribute, else ``src``."""
    sets = [element.get("data-srcset") or element.get("srcset") or ""]
    parent = element.getparent()
    if parent is not None and parent.tag == "picture":
        sets += [source.get("data-srcset") or source.get("srcset") or "" for source in parent.iter("source")]
    best = max((candidate for text in sets for candidate in _candidates(text)), default=(0.0, ""))[1]
    lazy = next((value for name in LAZY_SOURCES if (value := element.get(name)) and _is_address(value)), "")
    plain = element.get("src") or ""
    return best or lazy or ("" if plain.startswith("data:") else plain)


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
