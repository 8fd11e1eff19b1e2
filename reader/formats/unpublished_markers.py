"""Recognizes lines outside of front matter that mark an article as not public: ``draft: true`` in prose, a comment, a
list.

A file with such a line near its beginning is rejected, with the line and the correct notation, because it may be
private. Code is ignored, because an article may be about front matter.
"""

from __future__ import annotations

import html
import re
from datetime import datetime
from itertools import count

from ..errors import UnreadableArticle
from ..i18n import Message
from ..patterns import lazy_pattern
from .dates import date_in_text

YES, NO = "(?:true|yes|on|1|是|真)", "(?:false|no|off|never|0|否)"
_SWITCHES = (
    "draft|草稿|private|unlisted|hidden|wip|unpublished|confidential|(?:is|save_?as)_?(?:draft|private|hidden|unlisted)"
    "|私密|私有|隐藏|隱藏|未发布|未發布|未發佈|未公开|未公開"
)
_PUBLIC_SWITCHES = "(?:(?:is_?)?(?:publish(?:ed)?|public|visible|listed)|发布|發布|發佈|已发布|已發布|公开|公開)"
_STATUSES = r"(?:(?:post|publish|draft|article|content)?[_ -]?(?:status|state)|visibility|状态|狀態|可见性|可見性)"
_PRIVATE = (
    "(?:(?:a |first |rough )?draft(?:s|ing)?|private|hidden|unlisted|pending|unpublished|not[ _-]published|wip"
    "|草稿|私密|私有|隐藏|隱藏|不公开|不公開|未公开|未公開|未发布|未發布|未發佈|待审核?|待審核?|待发布|待發布)"
)
_MARKS = "[\\s#>*/<!?|\\-+.:;%@_`~\"'\\[\\](){},“”‘’〔〕【】\u200b\ufeff]"
_ASSIGNMENT = rf"{_MARKS}{{0,12}}[:：=|]{_MARKS}{{0,12}}"
_DRAFT_FIELD = lazy_pattern(
    rf"{_MARKS}{{0,40}}(?:(?:export (?:const|let|var) (?:\w+ = {{.*[{{,]{_MARKS}{{0,12}})?)?"
    rf"(?:(?:{_SWITCHES}){_ASSIGNMENT}{YES}|{_STATUSES}{_ASSIGNMENT}{_PRIVATE}|{_PUBLIC_SWITCHES}{_ASSIGNMENT}{NO})"
    rf"|PROPERTY:\s+(?:{_SWITCHES})\s+(?:{YES}|t))(?=\s+#|{_MARKS}*$)",
    re.IGNORECASE,
)
_MARKER = lazy_pattern(
    r"\s*(?:<!--|//|\.\. |# |% )\s*(?:draft|wip|private|草稿|私密|未发布)\s*(?:-->)?\s*", re.IGNORECASE
)
"""A comment with only such a word."""

# ``:!draft:`` unsets it in AsciiDoc.
_REQUESTS = "请勿发布|请勿發布|請勿發佈|暂不发布|请勿外传|do not publish|not for publication"
_ONLY_MARKER = lazy_pattern(
    rf"(?!\s*:!|.*!:\s*$)(?:{_MARKS}|[（）])*(?:draft|wip|草稿|未定稿|(?:(?:draft|草稿)\W{{0,4}})?(?:{_REQUESTS}))(?:{_MARKS}|[（）！])*",
    re.IGNORECASE,
)
_HEADING = lazy_pattern(r"\s*(?:#{1,6}|={1,6}|\*+) ")
_UNDERLINE = lazy_pattern(r"\s*([=\-~^\"'+`#*])\1+\s*")

_FIELD = lazy_pattern(rf"{_MARKS}*[\w-]{{1,30}}(?: [\w-]{{1,20}})?{_MARKS}?[:：=]")
_COMMENT = lazy_pattern(r"\s*(?:<!--|-->|\.\. |//|#\+|\[[^\]]*\]:)")
_CODE = lazy_pattern(r"\s*(?:```|~~~|<(?:pre|code|script|style)\b|\.\. code|#\+begin_|\[source)", re.IGNORECASE)
_POSSIBLE_START = lazy_pattern(
    rf"(?:{_MARKS}|[（）])*(?:draft|private|unlisted|hidden|wip|unpublished|confidential|is_?|save_?as|publi|visib|listed"
    "|post|article|content|stat|export |property:|do not|not for|[草私隐隱未已发發公状狀可请請暂])",
    re.IGNORECASE,
)
"""The beginnings of all lines that one of the patterns above can match. Few lines of an ordinary text match."""
_SEARCHED_CHARACTERS = 4000
"""The number of characters at the beginning of a text that are searched."""
_LONGEST_LINE = 300
_MOST_LINES = 60
_MOST_PROSE = 4
"""Below this many lines of prose no fields are expected: a kicker, a title, a subtitle, a first sentence."""
_BLOCK = lazy_pattern(
    r"<(?:br|/?(?:p|div|li|ul|ol|dl|dt|dd|tr|h[1-6]|blockquote|section|table|hr))\b[^>]*>", re.IGNORECASE
)
_HEADING_TAG = lazy_pattern(r"<h[1-6]\b[^>]*>", re.IGNORECASE)
_TAG = lazy_pattern(r"<[^>]*>")
_EMBARGO = lazy_pattern(
    r"(?:(?:embargoed|under embargo|hold for release) until"
    r"|(?:解禁|定时发布|定時發布)(?:时间|時間)?\s?[：:])\s*(.{6,50})",
    re.IGNORECASE,
)
_PRE = lazy_pattern(r"<(?:pre|code)\b.*", re.IGNORECASE | re.DOTALL)


def says_withheld(line: str) -> bool:
    """Whether *line*, without markup of any format, is a field or comment that marks an article as not public."""
    return _DRAFT_FIELD.match(line) is not None or _MARKER.fullmatch(line) is not None


def may_say_withheld(line: str) -> bool:
    """Whether *line* can match one of the slower patterns. Takes a fraction of their time."""
    return _POSSIBLE_START.match(line[:_LONGEST_LINE]) is not None


def refuse_in_text(text: str, first_line: int = 1) -> None:
    """Raises UnreadableArticle with the line if one of the first lines of *text*, in any markup, is such a field.

    *first_line* is the number of the first line of *text* in its file.
    """
    start = text[:_SEARCHED_CHARACTERS]
    lines = start.split("\n", _MOST_LINES)[:_MOST_LINES]
    if not any(map(may_say_withheld, lines)):
        return
    nonblank_count = prose_count = 0
    above = ""
    for number, line, below in zip(count(first_line), lines, [*lines[1:], ""], strict=False):
        if _begins_code(line, above, nonblank_count) or prose_count >= _MOST_PROSE:
            return
        if says_withheld(line[:_LONGEST_LINE]) or _is_only_marker(line, below):
            raise _refusal(line, number)
        prose_count += not (_FIELD.match(line) or _COMMENT.match(line)) and any(map(str.isalpha, line))
        nonblank_count += bool(line.strip())
        above = line


def _is_only_marker(line: str, below: str) -> bool:
    """Whether a line contains only ``DRAFT`` or 请勿发布. False for a heading: an article may have such a section."""
    is_heading = _HEADING.match(line) or _UNDERLINE.fullmatch(below)
    return not is_heading and len(line) < _LONGEST_LINE and _ONLY_MARKER.fullmatch(line) is not None


def _begins_code(line: str, above: str, nonblank_count: int) -> bool:
    if _CODE.match(line) or (line.strip() == "----" and not above.strip()):
        return True
    return nonblank_count > 1 and line.startswith(("    ", "\t"))


def refuse_in_html(body_html: str) -> None:
    """Like ``refuse_in_text``, for the first blocks of HTML that was converted from a document."""
    markdown = _HEADING_TAG.sub("\n## ", _PRE.sub("\n```", body_html[:_SEARCHED_CHARACTERS]))
    refuse_in_text(html.unescape(_TAG.sub("", _BLOCK.sub("\n", markdown))), 0)


def embargo_in_html(body_html: str) -> datetime | None:
    """The date in a line such as ``EMBARGOED UNTIL 1 May 2026`` or 解禁时间：… near the beginning; None without one."""
    found = _EMBARGO.search(html.unescape(_TAG.sub(" ", body_html[:_SEARCHED_CHARACTERS])))
    return date_in_text(found[1]) if found else None


def _refusal(line: str, number: int) -> UnreadableArticle:
    cause = Message("'%(line)s' is outside the front matter", line=" ".join(line.split())[:60])
    hint = Message("of a draft, write it between two lines of --- at the beginning; else change this line")
    return UnreadableArticle(cause, hint, number)
