"""Dates and labels in the language of the publication."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from ..chinese.scripts import script_of
from ..chinese.text_conversion import convert
from ..i18n import translations
from ..models import Article, has_time

Gettext = Callable[[str], str]


def gettext_of(language: str) -> Gettext:
    """The gettext function for *language*. Traditional Chinese is converted from the Simplified translations."""
    gettext = translations(language).gettext
    if script_of(language) != "hant":
        return gettext
    return lambda msgid: convert(gettext(msgid), "hant")


def is_chinese(language: str) -> bool:
    return language.lower().split("-")[0] in ("zh", "yue")


def long_date(day: date, language: str) -> str:
    """2018年11月23日 in Chinese, 23 November 2018 in English, 2018-11-23 in other languages."""
    if is_chinese(language):
        return f"{day.year}年{day.month}月{day.day}日"
    if language.lower().split("-")[0] == "en":
        return f"{day.day} {day:%B} {day.year}"
    return day.isoformat()


def date_with_weekday(day: date, language: str) -> str:
    """2018年11月23日 星期五 in Chinese, Friday, 23 November 2018 in English, 2018-11-23 in other languages."""
    if is_chinese(language):
        return f"{long_date(day, language)} 星期{'一二三四五六日'[day.weekday()]}"
    if language.lower().split("-")[0] == "en":
        return f"{day:%A}, {long_date(day, language)}"
    return long_date(day, language)


def long_time(at: datetime, language: str) -> str:
    """``long_date``, followed by the time of day if *at* has one."""
    day = long_date(at.date(), language)
    return f"{day} {at:%H:%M}" if has_time(at) else day


def imprint(article: Article, gettext: Gettext) -> list[tuple[str, str]]:
    """(label, value) of source and reporters, if known, for the lines below a headline."""
    between = "、" if is_chinese(article.language) else ", "
    facts = [(gettext("Source"), article.source), (gettext("Reporter"), between.join(article.byline))]
    return [(label, value) for label, value in facts if value]
