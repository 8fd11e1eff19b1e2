"""What a visitor typed into the search box, understood. Anything can be typed; nothing is an error.

    改革 "亚洲女选手" section:河北新闻 tag:政协 author:高原雪 source:新华社 after:2018-11 before:2019

Every term must be found. Quotes of any script keep words together; the names of the fields may be Chinese.
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
"""Characters of a query that are looked at: more than anybody asks, less than would keep a server busy."""

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
    """A word or phrase, folded; ``is_quoted`` ones match whole words only."""

    text: str
    is_quoted: bool = False

    @property
    def runs(self) -> list[str]:
        return runs(self.text)


@dataclass(frozen=True)
class Query:
    """``after`` is the first day that counts, ``before`` the first that does not any more."""

    text: str = ""
    terms: tuple[Term, ...] = ()
    collections: tuple[Collection, ...] = ()
    after: date | None = None
    before: date | None = None

    def __bool__(self) -> bool:
        return bool(self.terms or self.collections or self.after or self.before)


def parse(text: str) -> Query:
    """The query in *text*; what is no field with a usable value is a term to be found."""
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
    """The beginning of the day, in UTC seconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=timezone).timestamp()) if day else otherwise


def expression_of(term: Term, marker: str = "") -> str:
    """The term in FTS5's language: its words, all of which must be there, each after *marker*.

    Each is quoted, so that nothing in it is an operator.
    """
    return " AND ".join(sorted({f'"{marker}{word}"{star}' for run in term.runs for word, star in _asked(run, term)}))


def _asked(run: str, term: Term) -> list[tuple[str, str]]:
    """The words to ask for, with ``*`` where a longer word will do: a single character, an unquoted Latin word."""
    if not is_unspaced(run):
        return [(run, "" if term.is_quoted or len(run) < 3 else "*")]
    return [(word, "") for word in words(run) if len(word) > 1] or [(run, "*")]


def pattern_of(term: Term) -> re.Pattern[str]:
    """Finds the term in an article's own text, whatever stands between its runs there: a space, a comma, nothing."""
    pieces = [re.escape(run) for run in term.runs]
    first, last = term.runs[0], term.runs[-1]
    begins = "" if is_unspaced(first) else f"(?<!{_LETTER})"
    ends = f"(?!{_LETTER})" if term.is_quoted and not is_unspaced(last) else ""
    return re.compile(begins + r"[\W_]*".join(pieces) + ends, re.IGNORECASE)


def needs_proof(term: Term) -> bool:
    """Whether an article can hold all words of the term and still not the term: the words may stand apart."""
    return len(term.runs) > 1 or (is_unspaced(term.runs[0]) and len(term.runs[0]) > 2)
