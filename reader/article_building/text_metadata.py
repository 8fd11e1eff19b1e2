"""Derives date, language and summary of an article from its text, if no field contains them."""

from __future__ import annotations

import html
import posixpath
import re
from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from ..chinese import HAN, is_han
from ..formats.dates import find_dates
from ..models import local_time
from ..patterns import lazy_pattern
from ..sanitizer import formulas_as_text

SUMMARY_LENGTH = 120
_LEAST_SUMMARY = 8
_PICTURE = lazy_pattern(r"\.(?:png|jpe?g|gif|webp|avif|bmp|svg|tiff?)$", re.IGNORECASE)
_TAG = lazy_pattern(r"<[^>]*>")
_NOT_READ = lazy_pattern(r"<(rt|rp|sup|pre)\b[^>]*>.*?</\1>", re.DOTALL)
_PARAGRAPH = lazy_pattern(r"<p(?: [^>]*)?>(.*?)</p>", re.DOTALL)
_PUBLISHED = lazy_pattern(
    r"(?:\b(?:first |originally )?(?:published|posted)(?: on| at)?|发[布表](?:时间|日期|于)?)\s*[:：]?\s*",
    re.IGNORECASE,
)
_HEAD_LENGTH = 600
_SHORT_PARAGRAPH = lazy_pattern(r"<p[^<>]{0,100}>([^<>]{0,60})(</p>)?")
_SENTENCE_END = lazy_pattern(r"[。！？…][”’」』）]*|[.!?][\"”’)]*(?=\s|$)")
_WORD_END = lazy_pattern(r"[\s，、；：,;]")
_PAIRS = ("“”", "‘’", "「」", "『』", "（）", "《》", "【】")


def plain_text(body: str) -> str:
    """The text of sanitized HTML without ruby annotations, note references and code blocks; a space between blocks."""
    return html.unescape(_TAG.sub(" ", _NOT_READ.sub("", formulas_as_text(body))))


def labelled_date(text: str, timezone: ZoneInfo) -> datetime | None:
    """The date in a line such as ``Published on May 1, 2018`` or 发布时间：2018-05-01 near the beginning of *text*."""
    for match in _PUBLISHED.finditer(text[:_HEAD_LENGTH]):
        following = text[match.end() : match.end() + 40]
        if (found := next(find_dates(following), None)) and found.start <= 3:
            return local_time(found.at, timezone)
    return None


def date_of_paragraph(body: str, timezone: ZoneInfo) -> datetime | None:
    """The date of a paragraph that contains only a date, ``<p>2024年5月6日</p>``, among the first three.

    *body* is sanitized HTML. None without such a paragraph, and for a future date, which is the day of an event and
    would hide the article until then.
    """
    for text, end in _SHORT_PARAGRAPH.findall(body[:_HEAD_LENGTH])[:3]:
        words = html.unescape(text).strip() if end else ""
        if (found := next(find_dates(words), None)) and (found.start, found.end) == (0, len(words)):
            at = local_time(found.at, timezone)
            return at if at <= datetime.now(timezone) else None
    return None


def resolve_within(address: str, folder: PurePosixPath) -> str:
    """The path of the picture *address* relative to the articles folder; empty for the URL of another site.

    A path that begins with ``/`` is relative to the articles folder. ``..`` never leads out of it. ``#`` and ``?`` are
    part of a file name if only the text after them has the suffix of a picture.
    """
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return ""
    if parts.scheme or parts.netloc or address.strip().startswith(("//", "\\\\")):
        return ""
    target = parts.path
    if not _PICTURE.search(target) and _PICTURE.search(address.strip()):
        target = address.strip()
    path = unquote(target).replace("\\", "/")  # Windows and browsers accept backslashes
    return posixpath.normpath(posixpath.join("/", str(folder), path)).lstrip("/")


# -- language -----------------------------------------------------------------------------------------------------

_OTHER_SCRIPTS = lazy_pattern("[\u0370-\u06ff\u0900-\u097f\u0e00-\u0e7f\u3041-\u30ff\uac00-\ud7a3]")
_SCRIPTS = {
    "el": "\u0370-\u03ff",
    "ru": "\u0400-\u04ff",
    "he": "\u05d0-\u05ea",
    "ar": "\u0600-\u06ff",
    "hi": "\u0900-\u097f",
    "th": "\u0e00-\u0e7f",
    "ja": "\u3041-\u30ff",
    "ko": "\uac00-\ud7a3",
}
_LETTERS_PER_WORD = 5
_HAN_PER_WORD = 1.5
_SAMPLE_LENGTH = 800
_LATIN = lazy_pattern("[A-Za-z\u00c0-\u024f]+")
_HAN = lazy_pattern(f"[{HAN}]+")
_SIMPLIFIED = frozenset(
    "这们国来时为个说会学对过发后经还动进样开关实现点样长问题应变战争东车马门风报两从众优传伤伦华单卖卢历压厅县"
)
_TRADITIONAL = frozenset(
    "這們國來時為個說會學對過發後經還動進樣開關實現點長問題應變戰爭東車馬門風報兩從眾優傳傷倫華單賣盧歷壓廳縣"
)


_HAS_TRADITIONAL = lazy_pattern(f"[{''.join(_TRADITIONAL)}]")


def language(text: str, default: str) -> str:
    """The language of *text* by its script, or *default* if it is ambiguous: zh-CN, zh-Hant, en, ja, ar …"""
    sample = text[:_SAMPLE_LENGTH]
    words = {"zh": sum(map(len, _HAN.findall(sample))) / _HAN_PER_WORD, "en": len(_LATIN.findall(sample))}
    if _OTHER_SCRIPTS.search(sample):
        words |= {tag: len(re.findall(f"[{script}]", sample)) / _LETTERS_PER_WORD for tag, script in _SCRIPTS.items()}
        words["zh"] *= words["ja"] < words["zh"] / 10  # Japanese contains Han characters, Chinese almost no kana
    best = max(words, key=lambda tag: words[tag])
    if not words[best]:
        return default
    if best == "zh":
        return _chinese(sample)
    return default if default.split("-")[0] == best else best


def _chinese(text: str) -> str:
    if not _HAS_TRADITIONAL.search(text, 0, 400):
        return "zh-CN"
    letters = set(text[:400])
    return "zh-Hant" if len(letters & _TRADITIONAL) > len(letters & _SIMPLIFIED) else "zh-CN"


def canonical(tag: str) -> str:
    """*tag* in the letter case of BCP 47, 2.1.1: ``zh-hant-tw`` → ``zh-Hant-TW``."""
    first, *rest = tag.split("-")
    return "-".join([first.lower(), *({2: str.upper, 4: str.title}.get(len(part), str.lower)(part) for part in rest)])


# -- summary ------------------------------------------------------------------------------------------------------


def summary(body: str, language: str) -> str:
    """The first paragraph of the text, truncated to sentences within ``SUMMARY_LENGTH`` characters; empty without one.

    The limit is twice that for languages other than Chinese, Japanese and Korean.
    """
    story = body.partition('<section class="footnotes">')[0]
    for found in _PARAGRAPH.finditer(story):
        paragraph = found[1]
        text = " ".join(plain_text(paragraph).split()) if not is_han_text(paragraph) else _han_text(paragraph)
        if len(text) >= _LEAST_SUMMARY:
            text = re.sub("：$", "。", re.sub(":$", ".", text))  # the list after the colon is not in the summary
            return truncate(text, SUMMARY_LENGTH if language[:2] in ("zh", "ja", "ko") else SUMMARY_LENGTH * 2)
    return ""


def is_han_text(text: str) -> bool:
    """Whether the first 200 characters contain a Han character."""
    return any(is_han(character) for character in text[:200])


def _han_text(paragraph: str) -> str:
    return " ".join(
        html.unescape(_TAG.sub("", _NOT_READ.sub("", formulas_as_text(paragraph).replace("<br>", " ")))).split()
    )


def truncate(text: str, length: int) -> str:
    """*text* if it has at most *length* characters, else its first complete sentences, else its first words and ``……``.

    The result has no unclosed quotation.
    """
    if len(text) <= length:
        return text
    for end in reversed([found.end() for found in _SENTENCE_END.finditer(text[: length + 1])]):
        if end >= length // 6 and end <= length and _is_closed(text[:end]):
            return text[:end].strip()
    mark = "……" if is_han_text(text) else "…"
    short = text[: length - len(mark)]
    ends = [found.start() for found in _WORD_END.finditer(short) if found.start() > length // 2]
    return _cut_unclosed(short[: ends[-1]] if ends else short).rstrip(" ，、；：,;") + mark


def _is_closed(text: str) -> bool:
    return all(text.count(pair[0]) == text.count(pair[1]) for pair in _PAIRS) and text.count('"') % 2 == 0


def _cut_unclosed(text: str) -> str:
    """*text* before the first unclosed quotation or bracket if that is more than a third of it, else unchanged."""
    opened = [text.rindex(pair[0]) for pair in _PAIRS if text.count(pair[0]) > text.count(pair[1])]
    return text[: min(opened)] if opened and min(opened) > len(text) // 3 else text
