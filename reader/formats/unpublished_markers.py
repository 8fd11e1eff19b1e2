"""Recognizes lines outside of front matter that mark an article as not public: ``draft: true`` in prose, a comment, a
list.

A file that has one near its beginning is a problem with the line and the way to write it: what may be private is not
published. Code is not looked at, since an article may be about front matter.
"""

from __future__ import annotations

import html
import re
from itertools import count

from ..errors import UnreadableArticle
from ..i18n import Message
from ..patterns import lazy_pattern

YES, NO = "(?:true|yes|on|1|是|真)", "(?:false|no|off|never|0|否)"
_SWITCHES = (
    "draft|草稿|private|unlisted|hidden|wip|unpublished|confidential|(?:is|save_?as)_?(?:draft|private|hidden|unlisted)"
    "|私密|私有|隐藏|隱藏|未发布|未發布|未發佈|未公开|未公開"
)
_SHOWN = "(?:(?:is_?)?(?:publish(?:ed)?|public|visible|listed)|发布|發布|發佈|已发布|已發布|公开|公開)"
_STATUSES = r"(?:(?:post|publish|draft|article|content)?[_ -]?(?:status|state)|visibility|状态|狀態|可见性|可見性)"
_PRIVATE = (
    "(?:(?:a |first |rough )?draft(?:s|ing)?|private|hidden|unlisted|pending|unpublished|not[ _-]published|wip"
    "|草稿|私密|私有|隐藏|隱藏|不公开|不公開|未公开|未公開|未发布|未發布|未發佈|待审核?|待審核?|待发布|待發布)"
)
_MARKS = "[\\s#>*/<!?|\\-+.:;%@_`~\"'\\[\\](){},“”‘’〔〕【】\u200b\ufeff]"
_SAYS = rf"{_MARKS}{{0,12}}[:：=|]{_MARKS}{{0,12}}"
_WITHHELD = lazy_pattern(
    rf"{_MARKS}{{0,40}}(?:(?:export (?:const|let|var) (?:\w+ = {{.*[{{,]{_MARKS}{{0,12}})?)?"
    rf"(?:(?:{_SWITCHES}){_SAYS}{YES}|{_STATUSES}{_SAYS}{_PRIVATE}|{_SHOWN}{_SAYS}{NO})"
    rf"|PROPERTY:\s+(?:{_SWITCHES})\s+(?:{YES}|t))(?=\s+#|{_MARKS}*$)",
    re.IGNORECASE,
)
_MARKER = lazy_pattern(
    r"\s*(?:<!--|//|\.\. |# |% )\s*(?:draft|wip|private|草稿|私密|未发布)\s*(?:-->)?\s*", re.IGNORECASE
)
"""A comment that is nothing but the word."""

# ``:!draft:`` unsets it in AsciiDoc.
_ORDERS = "请勿发布|请勿發布|請勿發佈|暂不发布|请勿外传|do not publish|not for publication"
_ALONE = lazy_pattern(
    rf"(?!\s*:!|.*!:\s*$)(?:{_MARKS}|[（）])*(?:draft|wip|草稿|未定稿|(?:(?:draft|草稿)\W{{0,4}})?(?:{_ORDERS}))(?:{_MARKS}|[（）！])*",
    re.IGNORECASE,
)
_HEADING = lazy_pattern(r"\s*(?:#{1,6}|={1,6}|\*+) ")
_UNDERLINE = lazy_pattern(r"\s*([=\-~^\"'+`#*])\1+\s*")

_FIELD = lazy_pattern(rf"{_MARKS}*[\w-]{{1,30}}(?: [\w-]{{1,20}})?{_MARKS}?[:：=]")
_COMMENT = lazy_pattern(r"\s*(?:<!--|-->|\.\. |//|#\+|\[[^\]]*\]:)")
_CODE = lazy_pattern(r"\s*(?:```|~~~|<(?:pre|code|script|style)\b|\.\. code|#\+begin_|\[source)", re.IGNORECASE)
_BEGINS = lazy_pattern(
    rf"(?:{_MARKS}|[（）])*(?:draft|private|unlisted|hidden|wip|unpublished|confidential|is_?|save_?as|publi|visib|listed"
    "|post|article|content|stat|export |property:|do not|not for|[草私隐隱未已发發公状狀可请請暂])",
    re.IGNORECASE,
)
"""How every line begins that one of the patterns above matches: few lines of an ordinary text do."""
_SEARCHED = 4000
"""Characters."""
_LONGEST_LINE = 300
_MOST_LINES = 60
_MOST_PROSE = 4
"""Lines of prose after which no fields are expected: a kicker, a title, a subtitle, a first sentence."""
_BLOCK = lazy_pattern(
    r"<(?:br|/?(?:p|div|li|ul|ol|dl|dt|dd|tr|h[1-6]|blockquote|section|table|hr))\b[^>]*>", re.IGNORECASE
)
_H = lazy_pattern(r"<h[1-6]\b[^>]*>", re.IGNORECASE)
_TAG = lazy_pattern(r"<[^>]*>")
_PRE = lazy_pattern(r"<(?:pre|code)\b.*", re.IGNORECASE | re.DOTALL)


def says_withheld(line: str) -> bool:
    """Whether *line*, without the marks of any format around it, is a field that says that an article is not public."""
    return _WITHHELD.match(line) is not None or _MARKER.fullmatch(line) is not None


def may_say_withheld(line: str) -> bool:
    """Whether the rest has to look at *line*: this takes a fraction of their time."""
    return _BEGINS.match(line[:_LONGEST_LINE]) is not None


def refuse_in_text(text: str, first_line: int = 1) -> None:
    """Raises UnreadableArticle with the line if the first lines of *text*, in any markup, hold such a field."""
    start = text[:_SEARCHED]
    lines = start.split("\n", _MOST_LINES)[:_MOST_LINES]
    if not any(map(may_say_withheld, lines)):
        return
    seen = prose = 0
    above = ""
    for number, line, below in zip(count(first_line), lines, [*lines[1:], ""], strict=False):
        if _begins_code(line, above, seen) or prose >= _MOST_PROSE:
            return
        if says_withheld(line[:_LONGEST_LINE]) or _stands_alone(line, below):
            raise _refusal(line, number)
        prose += not (_FIELD.match(line) or _COMMENT.match(line)) and any(map(str.isalpha, line))
        seen += bool(line.strip())
        above = line


def _stands_alone(line: str, below: str) -> bool:
    """Whether a line is nothing but ``DRAFT`` or 请勿发布, and no heading: an article may have a part of that name."""
    is_heading = _HEADING.match(line) or _UNDERLINE.fullmatch(below)
    return not is_heading and len(line) < _LONGEST_LINE and _ALONE.fullmatch(line) is not None


def _begins_code(line: str, above: str, seen: int) -> bool:
    if _CODE.match(line) or (line.strip() == "----" and not above.strip()):
        return True
    return seen > 1 and line.startswith(("    ", "\t"))


def refuse_in_html(body_html: str) -> None:
    """The same for the first blocks of a body that was made of a document."""
    markdown = _H.sub("\n## ", _PRE.sub("\n```", body_html[:_SEARCHED]))
    refuse_in_text(html.unescape(_TAG.sub("", _BLOCK.sub("\n", markdown))), 0)


def _refusal(line: str, number: int) -> UnreadableArticle:
    cause = Message("'%(line)s' is outside the front matter", line=" ".join(line.split())[:60])
    hint = Message("of a draft, write it between two lines of --- at the beginning; else change this line")
    return UnreadableArticle(cause, hint, number)
