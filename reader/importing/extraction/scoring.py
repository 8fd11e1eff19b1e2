"""Finds the element of a page that contains the article.

Each text block gets a *probability* of being body text, from its features and those of its neighbours. The body is
the element with the best expected F1 score: the harmonic mean of the fraction of the element that is body text and
the fraction of all body text that is in the element, weighted by these probabilities.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from lxml.html import HtmlElement

from .page_patterns import CHROME, CONSENT, DATE, SENTENCE_END
from .text_blocks import TextBlock, drop, is_body, lineage, names_of, unwelcome_words, words_of_prose

WEIGHTS = {
    "always": -1.0, "links": -2.0, "links nearby": -2.0, "unwelcome names": -3.5, "body names": 1.5,
    "landmark": -1.0, "main article": 1.5, "beside it": -1.0, "set phrase": -1.5, "paragraph": 1.0, "sentence": 0.5,
    "title": -2.0, "cell": 1.0, "share of element": 1.0, "share of parent": 1.0, "share of grandparent": 1.0,
    "date": -1.0, "list item": 0.5, "repeated": -1.0, "about consent": -1.0,
}  # fmt: skip
"""Log-odds of each feature at 1. Fitted with logistic regression on half of the corpus, checked on the other half,
then rounded: the exact values matter little. The last three and ``beside it`` were added by looking at pages of public
test sets that failed; their weights are rounded guesses: ``beside it`` gives the same results from -1 to -1.5.
"""

PROBABILITY_EXPONENT = 1.5
"""Exponent of the probabilities when elements are compared, so that many doubtful blocks do not outweigh a short
story."""

SIBLING_PROBABILITY = 0.8
"""A sibling of the article with at least this probability (to the power of PROBABILITY_EXPONENT) is part of the
article."""
_ROWS = ("table", "tbody", "tr", "ul", "ol", "dl")

LANDMARKS = frozenset(("nav", "aside", "footer", "header"))
MOST_BELOW_A_WORD = 0.5
MOST_REPEATED_TOKENS = 3
"""Short texts such as "Share" occur twice on many pages. A longer repeated text is a headline in two lists."""
PHRASE_TOKENS = 60
"""A fixed phrase in a longer block is ignored."""
_LARGEST_EXPONENT = 700


def probabilities(blocks: Sequence[TextBlock], article: HtmlElement | None = None) -> list[float]:
    """For each block, the probability that it is body text, 0 to 1. *article* is the result of ``main_article``."""
    return [_logistic(features) for features in features_of(blocks, article)]


def _logistic(features: dict[str, float]) -> float:
    log_odds = sum(WEIGHTS[name] * value for name, value in features.items())
    return 1 / (1 + math.exp(min(-log_odds, _LARGEST_EXPONENT)))


def features_of(blocks: Sequence[TextBlock], article: HtmlElement | None = None) -> list[dict[str, float]]:
    """For each block, the value of every feature in WEIGHTS, 0 to 1."""
    whole = sum(block.prose for block in blocks) or 1.0
    shares = {element: prose / whole for element, prose in prose_by_element(blocks).items()}
    meaningless = words_of_prose(blocks, shares, MOST_BELOW_A_WORD)
    times = Counter(block.text.strip() for block in blocks)
    return [
        _own_features(block)
        | _position_features(block, shares, meaningless)
        | _neighbour_features(blocks, index)
        | _features_beside(block, article)
        | {"repeated": float(times[block.text.strip()] > 1 and block.tokens > MOST_REPEATED_TOKENS)}
        for index, block in enumerate(blocks)
    ]


def prose_by_element(blocks: Sequence[TextBlock]) -> dict[HtmlElement, float]:
    """The amount of prose in each element of the page, in tokens."""
    prose: dict[HtmlElement, float] = {}
    for block in blocks:
        for element in lineage(block.owner):
            prose[element] = prose.get(element, 0.0) + block.prose
    return prose


def main_article(root: HtmlElement) -> HtmlElement | None:
    """The ``article`` or ``main`` element of the page's story: the only one, else the first that contains the ``h1``.

    None if there is none.
    """
    for path in ("//article[not(ancestor::article)]", "//main | //*[@role='main']"):
        found = root.xpath(path)
        headed = [element for element in found if element.find(".//h1") is not None]
        if len(found) == 1 or headed:
            article: HtmlElement = found[0] if len(found) == 1 else headed[0]
            return article
    return None


def _own_features(block: TextBlock) -> dict[str, float]:
    text = block.text.strip()
    short = block.tokens < PHRASE_TOKENS
    return {
        "always": 1.0,
        "links": block.links,
        "paragraph": float(block.owner.tag == "p"),
        "sentence": float(bool(SENTENCE_END.search(text))),
        "set phrase": float(short and bool(CHROME.search(text))),
        "date": float(block.tokens < PHRASE_TOKENS / 2 and bool(DATE.search(text))),
        "about consent": float(bool(CONSENT.search(text))),
    }


def _features_beside(block: TextBlock, article: HtmlElement | None) -> dict[str, float]:
    """The features of blocks outside of *article*: dialogs about cookies and payments, and lists of other stories."""
    within = article is not None and article in lineage(block.owner)
    return {"main article": float(within), "beside it": float(article is not None and not within)}


def _position_features(
    block: TextBlock, share_of: Mapping[HtmlElement, float], meaningless: frozenset[str]
) -> dict[str, float]:
    path = list(lineage(block.owner))
    shares = [share_of[element] for element in path[:3]] + [1.0] * 3
    named = [(names_of(element), share_of[element], depth) for depth, element in enumerate(path)]
    unwelcome = sum(
        1 for names, share, depth in named if (share < 0.5 or depth < 2) and unwelcome_words(names) - meaningless
    )
    return {
        "unwelcome names": min(unwelcome, 2) / 2,
        "body names": float(any(is_body(names) for names, _, _ in named)),
        "landmark": float(any(element.tag in LANDMARKS for element in path)),
        "title": float(any(element.tag == "h1" for element in path)),
        "cell": float(any(element.tag in ("td", "th") for element in path[:2])),
        "list item": float(any(element.tag == "li" for element in path[:3])),
        "share of element": shares[0],
        "share of parent": shares[1],
        "share of grandparent": shares[2],
    }


def _neighbour_features(blocks: Sequence[TextBlock], index: int) -> dict[str, float]:
    """The features of the two blocks before and after; a missing block at the ends counts as empty."""
    nearby = [blocks[i] for i in (index - 2, index - 1, index + 1, index + 2) if 0 <= i < len(blocks)]
    return {"links nearby": sum(block.links for block in nearby) / 4}


def body_of(root: HtmlElement, blocks: Sequence[TextBlock]) -> HtmlElement:
    """The element that contains the article; the innermost if several are equal. *root* if there is no text.

    If siblings belong to the article, returns the parent and removes its other children.
    """
    likely: dict[HtmlElement, float] = {}
    tokens: dict[HtmlElement, int] = {}
    whole = 0.0
    for block, chance in zip(blocks, probabilities(blocks, main_article(root)), strict=True):
        likelihood = block.tokens * chance**PROBABILITY_EXPONENT
        whole += likelihood
        for element in lineage(block.owner):
            likely[element] = likely.get(element, 0.0) + likelihood
            tokens[element] = tokens.get(element, 0) + block.tokens
    if not likely:
        return root
    body = max(likely, key=lambda element: likely[element] / (tokens[element] + whole))
    return _with_siblings(body, {element: likely[element] / tokens[element] for element in likely})


def _with_siblings(body: HtmlElement, probability_by_element: Mapping[HtmlElement, float]) -> HtmlElement:
    """*body*, or its parent with the children that belong to the article: paragraphs, and elements with the same class.

    An advertisement may split a story into two elements, or its first paragraphs may precede a table.
    """
    parent, name = body.getparent(), body.get("class")
    if parent is None or parent.tag in ("html", *_ROWS):
        return body
    more = [
        sibling
        for sibling in parent
        if probability_by_element.get(sibling, 0.0) > SIBLING_PROBABILITY
        and (sibling.tag == "p" or (name and (sibling.tag, sibling.get("class")) == (body.tag, name)))
    ]
    if not [sibling for sibling in more if sibling is not body]:
        return body
    kept = [index for index, child in enumerate(parent) if child is body or child in more]
    for index, child in enumerate(list(parent)):
        is_picture = kept[0] < index < kept[-1] and child not in probability_by_element
        if index not in kept and not is_picture:
            drop(child)
    return parent
