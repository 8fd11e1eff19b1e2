"""A page as a list of text blocks: parses it, removes what is never article text, splits it at block elements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import lxml.html
from lxml import etree
from lxml.html import HtmlElement

from ...errors import UnreadableArticle
from ...formats.hidden_elements import drop_hidden
from ...i18n import Message
from ...sanitizer import check_attributes, strip_control_characters
from .page_patterns import BODY, COMMENTS, OUTSIDE, POST, STOP, TAXONOMY, TOKEN, UNWELCOME

NEVER_TEXT = frozenset((
    "script", "style", "noscript", "iframe", "select", "textarea", "button", "input", "template", "object", "embed",
    "svg", "canvas", "link", "meta", "audio", "video", "map", "dialog", "menu", "title", "base",
))  # fmt: skip
SELDOM_TEXT = frozenset(("button", "dialog", "menu", "noscript", "select"))
"""These elements remain if they contain most of the prose, for example the text of a page without JavaScript."""
INLINE = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "br", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "img", "ins", "kbd", "label", "mark", "nobr", "picture", "q", "rb", "rp", "rt", "rtc", "ruby", "s", "samp", "small",
    "source", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
))  # fmt: skip
EDIT_LINK = "mw-editsection"
"""MediaWiki's class for the "[edit]" within each heading."""
LEAST_ABOVE_COMMENTS = 40
"""In tokens of prose. A class name such as ``comments-open`` may also be on an element that contains the article."""
DEEPEST_PARSED = 2048
"""libxml2 reads no text from the first element that is nested deeper, and none after it."""

DEEPEST = 150
"""The deepest real page in the corpus has 51 levels."""
MOST_ELEMENTS = 150_000
"""The largest number of elements of a page. Each takes 0.1 ms. The largest real page in the corpus has a tenth of
them."""
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


@dataclass(frozen=True, eq=False)
class TextBlock:
    """The text between two block boundaries. ``tokens`` is its length, ``linked`` the number of tokens in links."""

    owner: HtmlElement
    text: str
    tokens: int
    linked: int
    stops: int

    @property
    def links(self) -> float:
        """The fraction of the text that is in links, 0 to 1."""
        return self.linked / self.tokens

    @property
    def prose(self) -> float:
        """The number of tokens that look like sentences: outside of links, with punctuation."""
        return (self.tokens - self.linked) * min(1.0, 12 * self.stops / self.tokens) * (1 - self.links)


def parse(html: str) -> HtmlElement:
    """The tree of a page, without HTML comments; an empty tree for an empty page.

    Raises UnreadableArticle for a page with more than MOST_ELEMENTS elements, or nested more than DEEPEST_PARSED deep.
    """
    check_attributes(html)
    parser = _parser()
    text = strip_control_characters(_DECLARATION.sub("", html))
    try:
        root = lxml.html.document_fromstring(text, parser=parser)
    except etree.ParserError:  # empty, or only a comment
        root = lxml.html.document_fromstring("<p></p>", parser=_parser())
    if any(error.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for error in parser.error_log):
        cause = Message("tags are nested more than %(most)s deep", most=DEEPEST_PARSED)
        raise UnreadableArticle(cause, Message("close the tags"))
    _check_elements(root)
    etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction, etree.Entity)
    _flatten(root)
    return root


def _check_elements(root: HtmlElement) -> None:
    if sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        cause = Message("the page has more than %(most)s elements", most=f"{MOST_ELEMENTS:,}")
        raise UnreadableArticle(cause, Message("split the file"))


def _flatten(root: HtmlElement) -> None:
    """Replaces elements nested deeper than DEEPEST with their text, because recursive code would fail."""
    depth, too_deep = 0, []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "start" and depth == DEEPEST:
            too_deep.append(element)
    for element in too_deep:
        text = element.text_content()
        del element[:]
        element.text = text


def _parser() -> lxml.html.HTMLParser:
    return lxml.html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)


def drop(element: HtmlElement) -> None:
    """Removes *element*, but not the text after it."""
    if element.getparent() is not None:
        element.drop_tree()


def drop_chrome(root: HtmlElement) -> None:
    """Removes elements that are never article text, and hidden elements unless they are most of the page.

    Hidden prose is usually the next story, preloaded for infinite scrolling.
    """
    for element in list(root.iter(etree.Element)):
        if element.tag in NEVER_TEXT - SELDOM_TEXT:
            drop(element)
    whole = prose_of(root)
    for element in list(root.iter(*SELDOM_TEXT)):
        if prose_of(element) <= whole / 2:
            drop(element)
    for link in root.find_class(EDIT_LINK):
        drop(link)
    drop_comments(root)
    drop_hidden(root)


def drop_comments(root: HtmlElement) -> None:
    """Removes readers' comments below the article, regardless of their length. Without an article above, they
    remain."""
    prose_above = 0.0
    above: dict[HtmlElement, float] = {}
    for block in blocks_of(root):
        for element in lineage(block.owner):
            above.setdefault(element, prose_above)
        prose_above += block.prose
    for element in root.xpath("//body//*[@class or @id]"):
        names = names_of(element)
        is_comments = COMMENTS.search(names) and not is_body(names) and element.find(".//h1") is None
        if is_comments and above.get(element, prose_above) >= LEAST_ABOVE_COMMENTS:
            drop(element)


def blocks_of(root: HtmlElement) -> list[TextBlock]:
    """The text blocks in document order, without those that have no tokens."""
    return [block for owner, runs in _runs(root) if (block := _to_block(owner, runs)).tokens]


def _runs(root: HtmlElement) -> Iterator[tuple[HtmlElement, list[tuple[str, bool]]]]:
    """The owner element of each block with its pieces of text; each piece has a flag for being in a link."""
    owners = [root]
    runs: list[tuple[str, bool]] = []
    link_depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        starts = event == "start"
        if element.tag not in INLINE:
            if runs:
                yield owners[-1], runs
                runs = []
            owners = [*owners, element] if starts else owners[:-1]
        elif element.tag == "a" and element.get("href"):
            link_depth += 1 if starts else -1
        elif element.tag == "br" and starts:
            runs.append(("\n", False))
        piece = element.text if starts else element.tail
        if piece and (starts or element is not root):
            runs.append((piece, link_depth > 0))
    if runs:
        yield root, runs


def _to_block(owner: HtmlElement, runs: list[tuple[str, bool]]) -> TextBlock:
    text = "".join(piece for piece, _ in runs)
    linked = "".join(piece + " " for piece, in_link in runs if in_link)
    return TextBlock(owner, text, len(TOKEN.findall(text)), len(TOKEN.findall(linked)), len(STOP.findall(text)))


def lineage(element: HtmlElement) -> Iterator[HtmlElement]:
    """*element*, its parent, … up to ``body``."""
    current: HtmlElement | None = element
    while current is not None and current.tag != "html":
        yield current
        current = current.getparent()


def names_of(element: HtmlElement) -> str:
    """The class, id, itemprop and role of *element*, as one string."""
    attributes = element.attrib
    return " ".join([attributes[name] for name in ("class", "id", "itemprop", "role") if name in attributes])


@lru_cache(maxsize=8192)
def unwelcome_words(names: str) -> frozenset[str]:
    """The words in *names* for navigation, advertisements and other page chrome. Cached, because names repeat."""
    if POST.search(names):
        names = TAXONOMY.sub("", names)
    return frozenset(found[0].lower() for found in UNWELCOME.finditer(names))


def prose_of(element: HtmlElement) -> float:
    """The amount of prose in *element*, in tokens."""
    return sum(block.prose for block in blocks_of(element))


def words_of_prose(blocks: Iterable[TextBlock], shares: Mapping[HtmlElement, float], most: float) -> frozenset[str]:
    """The unwelcome words that are meaningless on this page, because elements with them contain more than *most* of its
    prose.

    Page builders put each paragraph into a "widget" of its own. Words such as "comment" are always meaningful. *shares*
    are the fractions of the prose by element.
    """
    below: dict[str, float] = {}
    for block in blocks:
        path = [element for element in lineage(block.owner) if shares[element] <= most]
        for word in frozenset[str]().union(*(unwelcome_words(names_of(element)) for element in path)):
            below[word] = below.get(word, 0.0) + block.prose
    whole = sum(block.prose for block in blocks) or 1.0
    return frozenset(word for word, prose in below.items() if prose > most * whole and not OUTSIDE.fullmatch(word))


@lru_cache(maxsize=8192)
def is_body(names: str) -> bool:
    """Whether *names* are names of an article body in common content management systems."""
    return BODY.search(names) is not None
