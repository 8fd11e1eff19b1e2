"""Parses a page of another site: links, Webmention endpoint, title, and the text around a link.

Pure functions. Their results are untrusted text. Call them through ``page_child_requests``, which runs them in a child
process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

import lxml.etree
import lxml.html

from ..formats.decoding import decode_page
from ..http_client.client import HttpResponse
from ..patterns import lazy_pattern

LONGEST_TITLE, LONGEST_EXCERPT = 120, 280
"""The maximum number of characters."""

_LINKING = {
    "a": "href", "area": "href", "img": "src", "video": "src", "audio": "src", "source": "src", "blockquote": "cite",
    "q": "cite", "ins": "cite",
}  # fmt: skip
"""Element -> the attribute with the URL of another page."""

_BLOCKS = ("p", "li", "blockquote", "td", "dd", "figcaption", "h1", "h2", "h3", "h4", "article", "div", "body")
_SHOWN = ".//text()[not(ancestor::script or ancestor::style or ancestor::template)]"
_HEADER_LINK = lazy_pattern(r'<([^<>]*)>((?:[^<",]|"[^"]*")*)')
_REL = lazy_pattern(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)
_BEFORE_MORE = r"(?![\w/?#%&=~+.-]*[\w/?#%&=~+-])"
"""Matches the end of a URL in plain text: no longer URL begins with the same characters."""


@dataclass(frozen=True)
class Mention:
    """The title of a page and the text around its link to this site, in plain text. Both may be empty."""

    title: str
    excerpt: str


def mention_in(page: HttpResponse, target: str) -> Mention | None:
    """The link to *target* in *page* (Webmention 3.2.2); None if there is no such link."""
    if page.content_type in ("text/html", "application/xhtml+xml"):
        tree = _tree(page)
        found = next((e for e, url in _links(tree, page.address) if is_same(url, target)), None)
        return None if found is None else Mention(_title(tree), _excerpt(found))
    if page.content_type.startswith("text/") or page.content_type.endswith("json"):
        text = page.content.decode("utf-8", "replace").replace("\\/", "/")
        return Mention("", "") if re.search(re.escape(_without_fragment(target)) + _BEFORE_MORE, text) else None
    return None


def endpoint_of(page: HttpResponse) -> str:
    """The absolute URL of the Webmention endpoint of *page*; empty if it has none.

    The Link header fields have priority over the elements ``link`` and ``a``.
    """
    for address, parameters in _HEADER_LINK.findall(page.links):
        rel = _REL.search(parameters)
        if rel and "webmention" in (rel[1] or rel[2] or "").lower().split():
            return _joined(page.address, address.strip())
    if page.content_type not in ("text/html", "application/xhtml+xml"):
        return ""
    for element in _tree(page).iter("link", "a"):
        if "webmention" in (element.get("rel") or "").lower().split() and element.get("href") is not None:
            return _joined(_base(element.getroottree().getroot(), page.address), (element.get("href") or "").strip())
    return ""


def outgoing_links(body: str, own_host: str) -> list[str]:
    """The URLs of other sites in the links of an article's *body*: no fragments, no duplicates, in document order."""
    tree = lxml.html.fragment_fromstring(body, create_parent="div")
    found = [_without_fragment(element.get("href") or "") for element in tree.iter("a")]
    return [url for url in dict.fromkeys(found) if _host(url) not in ("", own_host)]


def is_same(one: str, other: str) -> bool:
    """Whether two URLs are equal, ignoring the fragment and percent-encoding."""
    return unquote(_without_fragment(one)) == unquote(_without_fragment(other))


def _without_fragment(url: str) -> str:
    """*url* without its fragment. ``urldefrag`` raises ValueError for ``http://[#``, which is possible input."""
    return url.partition("#")[0]


def _host(url: str) -> str:
    """The host of an http or https URL; empty for other URLs and for malformed ones."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _tree(page: HttpResponse) -> lxml.html.HtmlElement:
    """The parsed page; an empty page for bytes that libxml2 cannot parse."""
    text = decode_page(page.content, page.charset)
    parser = lxml.html.HTMLParser(encoding="utf-8", no_network=True)
    try:
        return lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.LxmlError, ValueError):
        return lxml.html.document_fromstring("<html></html>")


def _base(tree: lxml.html.HtmlElement, address: str) -> str:
    base = next(tree.iter("base"), None)
    return _joined(address, base.get("href") or "") if base is not None else address


def _links(tree: lxml.html.HtmlElement, address: str) -> Iterator[tuple[lxml.html.HtmlElement, str]]:
    base = _base(tree, address)
    for element in tree.iter(*_LINKING):
        if value := element.get(_LINKING[element.tag]):
            yield element, _joined(base, value.strip())


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address)
    except ValueError:  # http://[…
        return ""


def _title(tree: lxml.html.HtmlElement) -> str:
    found = next((text for name in ("title", "h1") for e in tree.iter(name) if (text := _text(e))), "")
    return _cut(found, LONGEST_TITLE)


def _excerpt(link: lxml.html.HtmlElement) -> str:
    """The text of the block around the link, at most LONGEST_EXCERPT characters, with the link about in the middle."""
    block = next((e for e in link.iterancestors() if e.tag in _BLOCKS), link)
    text, own = _text(block), _text(link)
    start = max(0, text.find(own) - LONGEST_EXCERPT // 2) if own else 0
    return ("…" if start else "") + _cut(text[start:], LONGEST_EXCERPT)


def _text(element: lxml.html.HtmlElement) -> str:
    return " ".join("".join(element.xpath(_SHOWN)).split())


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest].rstrip()}…"
