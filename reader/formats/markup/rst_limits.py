"""Rejects reStructuredText for which docutils would take more than linear time, before it is parsed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...errors import UnreadableArticle
from ...i18n import Message
from ...patterns import lazy_pattern

LONGEST_PARAGRAPH = 50_000
MOST_UNCLOSED, MOST_SEARCHED = 5_000, 20_000_000
"""The number of unclosed inline marks, and the number of characters from all of them to the ends of their paragraphs.
docutils searches 40 million characters per second, and writes up to 10,000 warnings, which no user sees."""
MOST_SUBSTITUTED = 1_000_000
"""The total size of all substitutions when replaced, in characters, at least one each."""
MOST_REFERENCES_SQUARED = 20_000_000
"""The sum over all paragraphs of the square of the number of references and substitutions: docutils searches all nodes
of a paragraph for each of them, 8 million in a second."""

_BEFORE, _AFTER = r"(?:^|(?<=[\s'\"(\[{<\-/:]))", r"(?=$|[\s'\")\]}>\-/:.,;!?\\])"
_MARKS = tuple(
    (lazy_pattern(rf"{_BEFORE}{mark}(?=\S)", re.MULTILINE), lazy_pattern(rf"(?<=\S){end}{_AFTER}", re.MULTILINE))
    for mark, end in ((r"\*{1,2}", r"\*"), (r"_?`{1,2}", r"`_{0,2}"), (r"\|", r"\|_{0,2}"))
)
"""The patterns of the beginning and the end of each inline mark."""
_DEFINITION = lazy_pattern(r"^[ \t]*\.\. \|([^|\n]+)\| replace:: *(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_REFERENCE = lazy_pattern(r"\|(?=\S)([^|\n]{1,200}?)(?<=\S)\|")
_LINK = lazy_pattern(r"\|(?=\S)[^|\n]{1,200}?(?<=\S)\||[\w`\]]__?(?!\w)")
"""A substitution, or the end of a reference."""


def check(text: str) -> None:
    """Raises UnreadableArticle if *text* exceeds a limit, with the line if a paragraph exceeds it."""
    line, unclosed, searched, squared = 1, 0, 0, 0
    for paragraph in text.split("\n\n"):
        if len(paragraph) > LONGEST_PARAGRAPH:
            cause = Message("a paragraph has more than %(most)s characters", most=f"{LONGEST_PARAGRAPH:,}")
            raise UnreadableArticle(cause, Message("put a blank line into it"), line)
        unclosed += (count := _unclosed_count(paragraph))
        searched += count * len(paragraph)
        if unclosed > MOST_UNCLOSED or searched > MOST_SEARCHED:
            cause = Message("too many marks (*, `, |) that are not closed")
            raise UnreadableArticle(cause, Message("close them, or write a backslash before them"), line)
        squared += len(_LINK.findall(paragraph)) ** 2
        if squared > MOST_REFERENCES_SQUARED:
            cause = Message("too many references (|…|, …_) in one paragraph")
            raise UnreadableArticle(cause, Message("put a blank line into it"), line)
        line += paragraph.count("\n") + 2
    _check_substitutions(text)


def _unclosed_count(paragraph: str) -> int:
    """The number of marks that begin after the last end of a mark of their kind."""
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
    sizes = _substituted_sizes(definitions)
    if sum(sizes.get(name, 0) for name in _REFERENCE.findall(text)) >= MOST_SUBSTITUTED:
        cause = Message("substitutions become more than %(most)s characters", most=f"{MOST_SUBSTITUTED:,}")
        raise UnreadableArticle(cause, Message("write fewer of them into each other"))


def _substituted_sizes(definitions: Mapping[str, str]) -> dict[str, int]:
    """The size of each substitution when replaced, in characters, with nested ones to a depth of 40.

    docutils rejects a substitution that contains itself.
    """
    sizes = {name: len(content) + 1 for name, content in definitions.items()}
    used = {name: [other for other in _REFERENCE.findall(text) if other in sizes] for name, text in definitions.items()}
    for _ in range(40 if any(used.values()) else 0):
        nested = {name: sum(sizes[other] for other in others) for name, others in used.items()}
        sizes = {name: min(MOST_SUBSTITUTED, len(definitions[name]) + 1 + nested[name]) for name in sizes}
    return sizes
