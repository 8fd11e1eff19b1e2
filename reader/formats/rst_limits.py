"""Rejects reStructuredText that would take docutils more than linear time, before it is parsed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import UnreadableArticle
from ..i18n import Message
from ..patterns import lazy_pattern

LONGEST_PARAGRAPH = 50_000
MOST_UNCLOSED, MOST_SEARCHED = 5_000, 20_000_000
"""Marks that are not closed, and the characters from all of them to the ends of their paragraphs: docutils searches 40
million a second, and writes 10,000 warnings, which nobody sees."""
MOST_SUBSTITUTED = 1_000_000
"""Characters that substitutions become, at least one each."""

_BEFORE, _AFTER = r"(?:^|(?<=[\s'\"(\[{<\-/:]))", r"(?=$|[\s'\")\]}>\-/:.,;!?\\])"
_MARKS = tuple(
    (lazy_pattern(rf"{_BEFORE}{mark}(?=\S)", re.MULTILINE), lazy_pattern(rf"(?<=\S){end}{_AFTER}", re.MULTILINE))
    for mark, end in ((r"\*{1,2}", r"\*"), (r"_?`{1,2}", r"`_{0,2}"), (r"\|", r"\|_{0,2}"))
)
"""How inline marks begin and end."""
_DEFINITION = lazy_pattern(r"^[ \t]*\.\. \|([^|\n]+)\| replace:: *(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_REFERENCE = lazy_pattern(r"\|(?=\S)([^|\n]{1,200}?)(?<=\S)\|")


def check(text: str) -> None:
    """Raises UnreadableArticle, with the line if it is one paragraph's."""
    line, unclosed, searched = 1, 0, 0
    for paragraph in text.split("\n\n"):
        if len(paragraph) > LONGEST_PARAGRAPH:
            cause = Message("a paragraph has more than %(most)s characters", most=f"{LONGEST_PARAGRAPH:,}")
            raise UnreadableArticle(cause, Message("put a blank line into it"), line)
        unclosed += (count := _unclosed(paragraph))
        searched += count * len(paragraph)
        if unclosed > MOST_UNCLOSED or searched > MOST_SEARCHED:
            cause = Message("too many marks (*, `, |) that are not closed")
            raise UnreadableArticle(cause, Message("close them, or write a backslash before them"), line)
        line += paragraph.count("\n") + 2
    _check_substitutions(text)


def _unclosed(paragraph: str) -> int:
    """How many marks begin after the last one of their kind has ended."""
    count = 0
    for begins, ends in _MARKS:
        starts = [found.start() for found in begins.finditer(paragraph)]
        last = max((found.start() for found in ends.finditer(paragraph)), default=-1) if starts else -1
        count += sum(start > last for start in starts)
    return count


def _check_substitutions(text: str) -> None:
    definitions = dict(_DEFINITION.findall(text)) if " replace:: " in text else {}
    if not definitions:
        return
    sizes = _sizes(definitions)
    if sum(sizes.get(name, 0) for name in _REFERENCE.findall(text)) >= MOST_SUBSTITUTED:
        cause = Message("substitutions become more than %(most)s characters", most=f"{MOST_SUBSTITUTED:,}")
        raise UnreadableArticle(cause, Message("write fewer of them into each other"))


def _sizes(definitions: Mapping[str, str]) -> dict[str, int]:
    """The characters that each becomes, with those in it to a depth of 40. docutils refuses one that holds itself."""
    sizes = {name: len(content) + 1 for name, content in definitions.items()}
    used = {name: [other for other in _REFERENCE.findall(text) if other in sizes] for name, text in definitions.items()}
    for _ in range(40 if any(used.values()) else 0):
        within = {name: sum(sizes[other] for other in others) for name, others in used.items()}
        sizes = {name: min(MOST_SUBSTITUTED, len(definitions[name]) + 1 + within[name]) for name in sizes}
    return sizes
