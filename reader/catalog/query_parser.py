"""Parses the text of the search box. Any text is valid; there are no syntax errors.

    改革 "亚洲女选手" section:河北新闻 tag:政协 author:高原雪 source:新华社 after:2018-11 before:2019

An article must match every term. Quotes of any script make a phrase; field names may be Chinese.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from ..models import Collection
from .tokenizer import UNSPACED, folded, is_unspaced, runs, words

SHELVES = {
    "section": "section", "栏目": "section", "频道": "section",
    "tag": "tag", "标签": "tag",
    "author": "author", "记者": "author", "作者": "author",
    "source": "source", "来源": "source",
}  # fmt: skip
DATES = {"before": "before", "早于": "before", "after": "after", "晚于": "after"}

MAX_LENGTH = 200
"""Characters of a query that are read; the rest is ignored. Limits the cost of one search."""

_FIELD = "|".join((*SHELVES, *DATES))
_TERM = re.compile(
    rf"(?:(?P<field>{_FIELD})[:：]\s*)?"
    r"""(?:"(?P<a>[^"]*)"?|[“”](?P<b>[^“”]*)[“”]?|「(?P<c>[^」]*)」?|『(?P<d>[^』]*)』?|(?P<plain>[^\s"“”「」『』，、；。！？]+))""",
    re.IGNORECASE,
)
_LETTER = f"[^\\W_{UNSPACED}]"
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?)?年?")


@dataclass(frozen=True)
class Term:
    """A word or phrase, case-folded; a quoted one (``is_quoted``) matches whole words only."""

    text: str
    is_quoted: bool = False

    @property
    def runs(self) -> list[str]:
        return runs(self.text)


@dataclass(frozen=True)
class Query:
    """A parsed search. ``after`` is the first day included, ``before`` the first day excluded.

    Example: ``parse("改革 tag:政协 after:2018-11")`` is ``Query("改革 tag:政协 after:2018-11", (Term("改革"),),
    (Collection("tag", "政协"),), after=date(2018, 11, 1))``. An empty query is false.
    """

    text: str = ""
    terms: tuple[Term, ...] = ()
    collections: tuple[Collection, ...] = ()
    after: date | None = None
    before: date | None = None

    def __bool__(self) -> bool:
        return bool(self.terms or self.collections or self.after or self.before)


def parse(text: str) -> Query:
    """Parses *text*. A field with an unusable value becomes a search term."""
    text = " ".join(text[:MAX_LENGTH].split())
    terms: list[Term] = []
    collections: list[Collection] = []
    dates: dict[str, date] = {}
    for match in _TERM.finditer(text):
        field = (match["field"] or "").lower()
        plain = match["plain"]
        value = plain if plain is not None else next(v for v in match.group("a", "b", "c", "d") if v is not None)
        if field in SHELVES and value:
            collections.append(Collection(SHELVES[field], value.strip()))
        elif field in DATES and (day := day_of(value)):
            dates[DATES[field]] = day
        else:
            term = Term(folded(match.group() if field else value).strip(), plain is None)
            terms += [term] if term.runs else []
    return Query(text, tuple(dict.fromkeys(terms)), tuple(dict.fromkeys(collections)), **dates)


def day_of(text: str) -> date | None:
    """``2018``, ``2018-11``, ``2018-11-23`` or 2018年11月23日 as its first day; None if it is no date."""
    match = _DATE.fullmatch(text.strip())
    try:
        return date(int(match[1]), int(match[2] or 1), int(match[3] or 1)) if match else None
    except ValueError:
        return None


def seconds_of(day: date | None, timezone: tzinfo, otherwise: int) -> int:
    """The start of the day in UTC seconds; *otherwise* without a day."""
    return int(datetime(day.year, day.month, day.day, tzinfo=timezone).timestamp()) if day else otherwise


def expression_of(term: Term, marker: str = "") -> str:
    """The FTS5 query expression of the term: all of its words, each prefixed with *marker*.

    Each word is quoted, so that it is never read as an operator.
    """
    return " AND ".join(
        sorted({f'"{marker}{word}"{star}' for run in term.runs for word, star in _query_terms(run, term)})
    )


def _query_terms(run: str, term: Term) -> list[tuple[str, str]]:
    """The words to search for, with ``*`` for a prefix search: a single character, an unquoted Latin word."""
    if not is_unspaced(run):
        return [(run, "" if term.is_quoted or len(run) < 3 else "*")]
    return [(word, "") for word in words(run) if len(word) > 1] or [(run, "*")]


def pattern_of(term: Term) -> re.Pattern[str]:
    """Matches the term in the text of an article; between its runs may be spaces, punctuation or nothing."""
    pieces = [re.escape(run) for run in term.runs]
    first, last = term.runs[0], term.runs[-1]
    begins = "" if is_unspaced(first) else f"(?<!{_LETTER})"
    ends = f"(?!{_LETTER})" if term.is_quoted and not is_unspaced(last) else ""
    return re.compile(begins + r"[\W_]*".join(pieces) + ends, re.IGNORECASE)


def needs_proof(term: Term) -> bool:
    """Whether an article can contain all words of the term without the term: the words may be apart."""
    return len(term.runs) > 1 or (is_unspaced(term.runs[0]) and len(term.runs[0]) > 2)
