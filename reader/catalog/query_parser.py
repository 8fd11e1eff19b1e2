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

COLLECTION_FIELDS = {
    "section": "section", "栏目": "section", "频道": "section",
    "tag": "tag", "标签": "tag",
    "author": "author", "记者": "author", "作者": "author",
    "source": "source", "来源": "source",
}  # fmt: skip
DATES = {"before": "before", "早于": "before", "after": "after", "晚于": "after"}

MAX_LENGTH = 200
"""How many characters of a query are used; the rest is ignored. This limits the cost of one search."""

_FIELD = "|".join((*COLLECTION_FIELDS, *DATES))
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
        if field in COLLECTION_FIELDS and value:
            collections.append(Collection(COLLECTION_FIELDS[field], value.strip()))
        elif field in DATES and (day := day_of(value)):
            dates[DATES[field]] = day
        else:
            term = Term(folded(match.group() if field else value).strip(), plain is None)
            terms += [term] if term.runs else []
    return Query(text, tuple(dict.fromkeys(terms)), tuple(dict.fromkeys(collections)), **dates)


def day_of(text: str) -> date | None:
    """The first day of ``2018``, ``2018-11``, ``2018-11-23`` or 2018年11月23日; None if *text* is not a date."""
    match = _DATE.fullmatch(text.strip())
    try:
        return date(int(match[1]), int(match[2] or 1), int(match[3] or 1)) if match else None
    except ValueError:
        return None


def seconds_of(day: date | None, timezone: tzinfo, otherwise: int) -> int:
    """The start of the day in UTC seconds; *otherwise* if *day* is None."""
    return int(datetime(day.year, day.month, day.day, tzinfo=timezone).timestamp()) if day else otherwise


def expression_of(term: Term, marker: str = "") -> str:
    """The FTS5 expression for all words of the term, each with the prefix *marker*.

    Each word is quoted, so that FTS5 does not parse it as an operator.
    """
    return " AND ".join(
        sorted({f'"{marker}{word}"{star}' for run in term.runs for word, star in _query_terms(run, term)})
    )


def _query_terms(run: str, term: Term) -> list[tuple[str, str]]:
    """(word, suffix) to search for. The suffix is ``*`` for a prefix search: for a single Chinese character and an
    unquoted Latin word; else empty."""
    if not is_unspaced(run):
        return [(run, "" if term.is_quoted or len(run) < 3 else "*")]
    return [(word, "") for word in words(run) if len(word) > 1] or [(run, "*")]


def pattern_of(term: Term) -> re.Pattern[str]:
    """A pattern that matches the term in a text, with any spaces and punctuation between its runs."""
    pieces = [re.escape(run) for run in term.runs]
    first, last = term.runs[0], term.runs[-1]
    begins = "" if is_unspaced(first) else f"(?<!{_LETTER})"
    ends = f"(?!{_LETTER})" if term.is_quoted and not is_unspaced(last) else ""
    return re.compile(begins + r"[\W_]*".join(pieces) + ends, re.IGNORECASE)


def needs_proof(term: Term) -> bool:
    """Whether an article with all words of the term may not contain the term itself, because the words are apart."""
    return len(term.runs) > 1 or (is_unspaced(term.runs[0]) and len(term.runs[0]) > 2)
