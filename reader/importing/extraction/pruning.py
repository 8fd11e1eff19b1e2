"""Removes page chrome from the article's element: share buttons, related stories, the header and the footer.

Removed elements have almost no prose, or a class name that is common for chrome. Paragraphs of sentences are not
removed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from lxml.html import HtmlElement

from .code_blocks import is_code_wrapper
from .page_patterns import CAPTION, DATE, HEAD_LINE, LEAD_IN, SENTENCE_END, TAIL_HEADING, TAIL_LINE, TOKEN
from .scoring import LANDMARKS, probabilities, prose_by_element
from .text_blocks import TextBlock, blocks_of, drop, is_body, lineage, names_of, unwelcome_words, words_of_prose

MOST_PROSE_SHARE = 0.3
"""An element with a larger fraction of the prose, alone or together with others of its class, is never removed."""
MOST_CAPTION_TOKENS = 80
MOST_LINK_TOKENS = 8
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_CAPTION_TAGS = ("figure", "figcaption", "caption")


def prune(body: HtmlElement, title: str) -> None:
    """Removes page chrome from *body*, in place. *title* is the title of the article."""
    for take_out in (_name_captions, _drop_unwelcome, _drop_link_lists, _drop_link_lines):
        take_out(body)
    _drop_head(body, title)
    _drop_tail(body)


def _shares(body: HtmlElement) -> tuple[list[TextBlock], dict[HtmlElement, float]]:
    """The blocks of *body*, and for each element in it the fraction of the prose that it contains."""
    blocks = blocks_of(body)
    whole = sum(block.prose for block in blocks) or 1.0
    return blocks, {element: prose / whole for element, prose in prose_by_element(blocks).items()}


def _name_captions(body: HtmlElement) -> None:
    """Turns an image and its caption into a figure; removes a caption without an image."""
    for element in body.xpath(".//*[@class]"):
        if not CAPTION.search(element.get("class")) or element.tag in _CAPTION_TAGS or element.getparent() is None:
            continue
        size = len(TOKEN.findall(element.text_content()))
        holder = _image_holder(element, body, 2 * size + 10)
        if holder is not None:
            holder.tag, element.tag = "figure", "figcaption"
        elif size < MOST_CAPTION_TOKENS:
            drop(element)


def _image_holder(caption: HtmlElement, body: HtmlElement, most_tokens: int) -> HtmlElement | None:
    for holder in list(lineage(caption))[:5]:
        if holder is body or len(TOKEN.findall(holder.text_content())) > most_tokens:
            return None
        if holder is not caption and holder.find(".//img") is not None:
            return holder
    return None


def _drop_unwelcome(body: HtmlElement) -> None:
    blocks, shares = _shares(body)
    tokens: dict[HtmlElement, int] = {}
    likely: dict[HtmlElement, float] = {}
    for block, chance in zip(blocks, probabilities(blocks), strict=True):
        for element in lineage(block.owner):
            tokens[element] = tokens.get(element, 0) + block.tokens
            likely[element] = likely.get(element, 0.0) + chance * block.tokens
    meaningless = words_of_prose(blocks, shares, MOST_PROSE_SHARE)
    together: defaultdict[str, float] = defaultdict(float)
    for element, share in shares.items():
        together[names_of(element)] += share
    for element in list(body.iterdescendants()):
        names = names_of(element)
        share = max(shares.get(element, 0.0), together[names] if names else 0.0)
        if (
            element not in tokens
            or share > MOST_PROSE_SHARE
            or _is_within(element, "figure")
            or _is_within(element, "pre")
        ):
            continue
        if _is_part_of_data(element):
            continue
        unwelcome = element.tag in LANDMARKS or (unwelcome_words(names) - meaningless and not is_body(names))
        if unwelcome and likely[element] < 0.5 * tokens[element] and not _quotes(element):
            drop(element)


def _is_within(element: HtmlElement, tag: str) -> bool:
    return any(ancestor.tag == tag for ancestor in lineage(element))


def _is_part_of_data(element: HtmlElement) -> bool:
    """Whether it is a row or cell of a table with headings. Removing it would shift the other cells into wrong
    columns."""
    if element.tag not in ("thead", "tbody", "tr", "td", "th"):
        return False
    table = next(element.iterancestors("table"), None)
    return table is not None and table.find(".//th") is not None


def _quotes(element: HtmlElement) -> bool:
    """Whether the element is a wrapper of a quotation, such as an embedded post, or of code."""
    if _is_within(element, "blockquote") or is_code_wrapper(element):
        return True
    quoted = sum(len(quote.text_content()) for quote in element.iter("blockquote"))
    return quoted > len(element.text_content()) / 2


def _drop_link_lists(body: HtmlElement) -> None:
    """Removes elements that are mostly links, unless the whole article is such a list."""
    most = len(TOKEN.findall(body.text_content())) / 2
    for element in list(body.iterdescendants("ul", "ol", "dl", "div", "section", "table", "td")):
        links = element.findall(".//a[@href]")
        size = len(TOKEN.findall(element.text_content()))
        linked = sum(len(TOKEN.findall(link.text_content())) for link in links)
        is_kept = _is_list_in_story(element) or _is_part_of_data(element)
        if len(links) > 1 and 0 < size < most and linked > 0.6 * size and not is_kept:
            drop(element)


def _is_list_in_story(element: HtmlElement) -> bool:
    """Whether it is a list of short links between two paragraphs, for example of tools. Links to other headlines are
    longer."""
    above, below = element.getprevious(), element.getnext()
    if element.tag not in ("ul", "ol") or above is None or below is None or unwelcome_words(names_of(element)):
        return False
    if max((len(TOKEN.findall(item.text_content())) for item in element), default=0) > MOST_LINK_TOKENS:
        return False
    text = above.text_content().strip()
    announced = text.endswith((":", "：")) or (above.tag == "p" and SENTENCE_END.search(text) is not None)
    goes_on = below.tag == "p" and SENTENCE_END.search(below.text_content()) is not None
    return announced and goes_on and not TAIL_HEADING.search(text) and below.find(".//a") is None


def _drop_link_lines(body: HtmlElement) -> None:
    """Removes lines that only link elsewhere, such as "read more"."""
    for block in blocks_of(body):
        if block.owner is body or block.owner.tag in ("td", "th", *_CAPTION_TAGS):
            continue
        text = block.text.strip()
        leads_elsewhere = block.links > 0.9 and (text.isupper() or block.owner.tag in _HEADINGS)
        if leads_elsewhere or (block.links > 0.4 and LEAD_IN.search(text)):
            _drop_block(block)


def _drop_block(block: TextBlock) -> None:
    """Removes the text of the block's owner, but not its images. An owner that contains other blocks is not changed."""
    if block.owner.find(".//img") is None and len(TOKEN.findall(block.owner.text_content())) <= block.tokens:
        drop(block.owner)


def _drop_head(body: HtmlElement, title: str) -> None:
    """Removes everything up to the repeated title, then date, source and authors, up to the first paragraph."""
    blocks = blocks_of(body)
    start = _after_title(blocks, title)
    for block in blocks[:start]:
        if block.owner is not body:
            _drop_block(block)
    rest = blocks_of(body)
    for block, probability in zip(rest[:8], probabilities(rest), strict=False):
        text = block.text.strip()
        is_dateline = HEAD_LINE.search(text) or DATE.search(text)
        paragraph = block.owner is body or block.tokens >= 40 or (SENTENCE_END.search(text) and probability > 0.5)
        if paragraph or (not is_dateline and block.tokens > 3 and probability > 0.4):
            break
        _drop_block(block)


def _after_title(blocks: Sequence[TextBlock], title: str) -> int:
    """The index after the block that repeats *title* within the first fifth of the text; 0 if there is none."""
    wanted = _tokens(title)
    before, whole = 0, sum(block.tokens for block in blocks)
    for index, block in enumerate(blocks):
        if before > whole / 5:
            return 0
        if wanted and _tokens(block.text) == wanted:
            return index + 1
        before += block.tokens
    return 0


def _tokens(text: str) -> list[str]:
    return TOKEN.findall(text.casefold())


def _drop_tail(body: HtmlElement) -> None:
    """Removes related stories from their heading to the end if little text follows, then closing lines, last first."""
    blocks = blocks_of(body)
    whole = left = sum(block.tokens for block in blocks)
    for index, block in enumerate(blocks):
        text = block.text.strip()
        if left < 0.3 * whole and TAIL_HEADING.search(text) and (block.tokens < 20 or "声明" in text):
            _drop_all(blocks[index:], body)
            break
        left -= block.tokens
    rest = blocks_of(body)
    for block, chance in reversed(list(zip(rest, probabilities(rest), strict=True))):
        text = block.text.strip()
        closing = (block.tokens < 80 and TAIL_LINE.search(text)) or (chance < 0.3 and not SENTENCE_END.search(text))
        if block.owner is body or not closing or _is_within(block.owner, "blockquote"):
            break
        _drop_block(block)


def _drop_all(blocks: Sequence[TextBlock], body: HtmlElement) -> None:
    for block in blocks:
        if block.owner is not body:
            _drop_block(block)


def one_story(body: HtmlElement, title: str) -> tuple[HtmlElement, str]:
    """The story with *title* on a page with several stories, or the first one, and its heading.

    Several stories are elements with the same class of an article body, each after a heading and a date. On other
    pages, returns *body* and *title* unchanged.
    """
    groups: dict[tuple[str, str], list[HtmlElement]] = {}
    for element in body.iterdescendants():
        if is_body(element.get("class") or "") and element.tag not in ("p", "span"):
            groups.setdefault((element.tag, element.get("class")), []).append(element)
    blocks = blocks_of(body)
    for stories in groups.values():
        leads = [_lead(blocks, before, story) for before, story in pairwise([None, *stories])]
        if len(stories) > 1 and all(_opens_a_story(lead) for lead in leads[1:]):
            headed = list(zip(stories, (_heading(lead) for lead in leads), strict=True))
            return next((pair for pair in headed if _tokens(pair[1]) == _tokens(title)), headed[0])
    return body, title


def _lead(blocks: Sequence[TextBlock], before: HtmlElement | None, story: HtmlElement) -> list[TextBlock]:
    """The blocks between two stories."""
    inside = [block.owner is story or story in block.owner.iterancestors() for block in blocks]
    if True not in inside:
        return []
    start = 0
    if before is not None:
        ends = [i for i, block in enumerate(blocks) if block.owner is before or before in block.owner.iterancestors()]
        start = ends[-1] + 1 if ends else 0
    return list(blocks[start : inside.index(True)])


def _opens_a_story(lead: Sequence[TextBlock]) -> bool:
    return bool(_heading(lead)) and any(DATE.search(block.text) for block in lead)


def _heading(lead: Sequence[TextBlock]) -> str:
    """The last heading of the blocks; empty if there is none."""
    headings = (
        block.text.strip()
        for block in reversed(lead)
        if block.owner.tag in ("h1", "h2", "h3") or "title" in names_of(block.owner).lower()
    )
    return next((heading for heading in headings if not DATE.search(heading)), "")
