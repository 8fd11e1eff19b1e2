"""Which element of a page holds the article.

Each text block gets a *chance* of being body text, from what it looks like and where it stands. The body is the
element that would score best if the chances were true: with the chances as weights, the harmonic mean (F1) of how
much of the element is body text and how much of all body text is in the element.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from lxml.html import HtmlElement

from .blocks import Block, is_body, is_unwelcome, lineage, names_of
from .features import CHROME, DATE, SENTENCE_END

WEIGHTS = {
    "always": -1.0,
    "links": -2.0,
    "links nearby": -2.0,
    "unwelcome names": -3.5,
    "body names": 1.5,
    "landmark": -1.0,
    "set phrase": -1.5,
    "paragraph": 1.0,
    "sentence": 0.5,
    "title": -2.0,
    "cell": 1.0,
    "share of element": 1.0,
    "share of parent": 1.0,
    "share of grandparent": 1.0,
    "date": -1.0,
}
"""Log-odds for a sign at its fullest. Fitted by logistic regression on half of the pages, checked on the others,
then rounded: the exact figures matter little."""

DOUBT = 1.5
"""Chances are raised to this power when elements are compared: many doubtful blocks must not outweigh a short story."""

LANDMARKS = frozenset(("nav", "aside", "footer", "header"))
PHRASE_TOKENS = 60
"""A set phrase in a longer block says nothing."""


def probabilities(blocks: Sequence[Block]) -> list[float]:
    """For each block, how likely it is body text, 0 to 1."""
    return [_logistic(signs) for signs in features_of(blocks)]


def _logistic(signs: dict[str, float]) -> float:
    return 1 / (1 + math.exp(-sum(WEIGHTS[name] * value for name, value in signs.items())))


def features_of(blocks: Sequence[Block]) -> list[dict[str, float]]:
    """For each block, every sign in WEIGHTS with how strongly it shows, 0 to 1."""
    prose = prose_by_element(blocks)
    whole = sum(block.prose for block in blocks) or 1.0
    return [
        _own_features(block) | _position_features(block, prose, whole) | _neighbour_features(blocks, place)
        for place, block in enumerate(blocks)
    ]


def prose_by_element(blocks: Sequence[Block]) -> dict[HtmlElement, float]:
    """How much prose each element of the page holds, in tokens."""
    prose: dict[HtmlElement, float] = {}
    for block in blocks:
        for element in lineage(block.owner):
            prose[element] = prose.get(element, 0.0) + block.prose
    return prose


def _own_features(block: Block) -> dict[str, float]:
    text = block.text.strip()
    short = block.tokens < PHRASE_TOKENS
    return {
        "always": 1.0,
        "links": block.links,
        "paragraph": float(block.owner.tag == "p"),
        "sentence": float(bool(SENTENCE_END.search(text))),
        "set phrase": float(short and bool(CHROME.search(text))),
        "date": float(block.tokens < PHRASE_TOKENS / 2 and bool(DATE.search(text))),
    }


def _position_features(block: Block, prose: dict[HtmlElement, float], whole: float) -> dict[str, float]:
    path = list(lineage(block.owner))
    shares = [prose[element] / whole for element in path[:3]] + [1.0] * 3
    named = [(names_of(element), prose[element] / whole, depth) for depth, element in enumerate(path)]
    unwelcome = sum(1 for names, share, depth in named if (share < 0.5 or depth < 2) and is_unwelcome(names))
    return {
        "unwelcome names": min(unwelcome, 2) / 2,
        "body names": float(any(is_body(names) for names, _, _ in named)),
        "landmark": float(any(element.tag in LANDMARKS for element in path)),
        "title": float(any(element.tag == "h1" for element in path)),
        "cell": float(any(element.tag in ("td", "th") for element in path[:2])),
        "share of element": shares[0],
        "share of parent": shares[1],
        "share of grandparent": shares[2],
    }


def _neighbour_features(blocks: Sequence[Block], place: int) -> dict[str, float]:
    """The two blocks before and after; what is missing at the ends counts as empty."""
    nearby = [blocks[i] for i in (place - 2, place - 1, place + 1, place + 2) if 0 <= i < len(blocks)]
    return {
        "links nearby": sum(block.links for block in nearby) / 4,
    }


def body_of(root: HtmlElement, blocks: Sequence[Block]) -> HtmlElement:
    """The element that holds the article; of equals the innermost. *root* when there is no text."""
    likely: dict[HtmlElement, float] = {}
    tokens: dict[HtmlElement, int] = {}
    whole = 0.0
    for block, chance in zip(blocks, probabilities(blocks), strict=True):
        likelihood = block.tokens * chance**DOUBT
        whole += likelihood
        for element in lineage(block.owner):
            likely[element] = likely.get(element, 0.0) + likelihood
            tokens[element] = tokens.get(element, 0) + block.tokens
    if not likely:
        return root
    return max(likely, key=lambda element: likely[element] / (tokens[element] + whole))
